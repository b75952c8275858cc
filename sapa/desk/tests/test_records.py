import pytest
from django.test import Client
from django.urls import reverse

from conftest import World, incoming
from sapa.accounts.models import AuditEntry, Role
from sapa.conversations import actions as conversations
from sapa.conversations.models import Conversation, Message, Tag
from sapa.core.errors import NotAllowed, Refused
from sapa.customers import actions
from sapa.customers.models import Company, Customer, CustomField, Identity
from sapa.timeline.models import Fact

READ = ["records:customers", "records:companies"]
CHANGE = ["records:create_customer", "records:create_company"]
SETTINGS = ["records:fields", "records:create_field", "records:tags"]


@pytest.fixture
def planner(world: World) -> None:
    world.bob.role = Role.objects.get(key="planner")
    world.bob.save()


@pytest.mark.parametrize("name", [*READ, *CHANGE])
def test_customers_open_for_who_may_read_them(world: World, planner: None, client: Client, name: str) -> None:
    assert client.get(reverse(name)).status_code == 302
    client.force_login(world.alice)
    answer = client.get(reverse(name))
    assert answer.status_code == 200
    assert " style=" not in answer.content.decode()
    client.force_login(world.bob)
    assert client.get(reverse(name)).status_code == 403


@pytest.mark.parametrize("name", SETTINGS)
def test_fields_and_tags_open_for_administrators(world: World, client: Client, name: str) -> None:
    client.force_login(world.ada)
    assert client.get(reverse(name)).status_code == 200
    client.force_login(world.alice)
    assert client.get(reverse(name)).status_code == 403


def test_who_may_only_read_changes_nothing(world: World, client: Client) -> None:
    world.carol.role = Role.objects.get(key="quality")
    world.carol.save()
    client.force_login(world.carol)
    assert client.get(reverse("records:customer", args=[world.dan.pk])).status_code == 200
    for name in ("change_customer", "merge", "add_identity"):
        assert client.post(reverse(f"records:{name}", args=[world.dan.pk]), {"name": "X"}).status_code == 403
    with pytest.raises(NotAllowed):
        actions.change_customer(world.dan, name="X", by=world.carol)
    company = actions.create_company(name="Toko", by=None)
    client.post(reverse("records:company", args=[company.pk]), {"name": "Owned"})
    company.refresh_from_db()
    assert company.name == "Toko"


def test_the_page_shows_only_conversations_that_the_person_may_see(world: World, client: Client) -> None:
    world.receive("Hello", subject="For everybody")
    world.receive("Hello", inbox=world.billing, subject="For billing only")
    client.force_login(world.alice)
    page = client.get(reverse("records:customer", args=[world.dan.pk])).content.decode()
    assert "For everybody" in page
    assert "For billing only" not in page


def test_a_change_is_audited_and_the_timeline_hears_only_which_fields(world: World, client: Client) -> None:
    CustomField.objects.create(target="customer", key="birthday", name="Birthday", type="date")
    client.force_login(world.alice)
    url = reverse("records:change_customer", args=[world.dan.pk])
    answer = client.post(url, {"name": "Dan C.", "note": "Secret note", "field_birthday": "31.12."})
    assert "is not a date" in answer.content.decode()
    client.post(url, {"name": "Dan C.", "note": "Secret note", "field_birthday": "2000-12-31"})
    world.dan.refresh_from_db()
    assert (world.dan.name, world.dan.fields) == ("Dan C.", {"birthday": "2000-12-31"})
    line = AuditEntry.objects.get(action="customer.changed")
    assert line.changes["name"] == ["Dan Customer", "Dan C."]
    fact = Fact.objects.get(kind="customer.changed")
    assert fact.payload == {"fields": ["field:birthday", "name", "note"]}


@pytest.mark.parametrize(
    ("kind", "given", "kept"),
    [("email", " Dan@HOME.example", "dan@home.example"), ("phone", "0812-3456-7890", "+6281234567890")],
)
def test_addresses_are_kept_in_one_form(world: World, kind: str, given: str, kept: str) -> None:
    assert actions.add_identity(world.dan, kind=kind, address=given, by=world.alice).address == kept


def test_an_address_of_somebody_else_is_refused_with_their_name(world: World, client: Client) -> None:
    eva = actions.create_customer(name="Eva", by=world.alice)
    client.force_login(world.alice)
    url = reverse("records:add_identity", args=[eva.pk])
    page = client.post(url, {"kind": "email", "address": "DAN@customer.example"}).content.decode()
    assert "belongs to Dan Customer" in page
    assert "is not a telephone number" in client.post(url, {"kind": "phone", "address": "call me"}).content.decode()
    assert not eva.identities.exists()


def test_addresses_come_and_go_but_only_the_customers_own(world: World, client: Client) -> None:
    eva = actions.create_customer(name="Eva", by=world.alice)
    identity = world.dan.identities.get()
    client.force_login(world.alice)
    assert client.post(reverse("records:remove_identity", args=[eva.pk, identity.pk])).status_code == 404
    client.post(reverse("records:remove_identity", args=[world.dan.pk, identity.pk]))
    assert not world.dan.identities.exists()


def test_merging_moves_everything_and_the_next_mail_finds_the_one_that_stays(world: World, client: Client) -> None:
    first = incoming(world.support, address="dan@home.example", name="D.")
    conversations.receive([first])
    gone = Identity.objects.get(address="dan@home.example").customer
    client.force_login(world.alice)
    url = reverse("records:merge", args=[world.dan.pk])
    assert str(gone.pk) in client.get(url, {"q": "dan@home"}).content.decode()
    client.post(url, {"other": gone.pk})
    assert not Customer.objects.filter(pk=gone.pk).exists()
    assert Conversation.objects.get().customer == world.dan
    assert Message.objects.get().customer == world.dan
    conversations.receive([incoming(world.support, "Again", address="dan@home.example")])
    assert set(Conversation.objects.values_list("customer", flat=True)) == {world.dan.pk}
    assert Fact.objects.get(kind="customer.merged").payload == {"gone_id": gone.pk}
    assert client.post(url, {"other": world.dan.pk}).status_code == 302
    assert client.post(url, {"other": "x"}).status_code == 404


def test_a_company_brings_new_customers_by_mail_domain(world: World) -> None:
    company = actions.create_company(name="Toko", domains=["@Toko.example"], by=world.alice)
    conversations.receive(
        [incoming(world.support, address="ani@toko.example"), incoming(world.support, address="b@else.example")]
    )
    assert Identity.objects.get(address="ani@toko.example").customer.company == company
    assert Identity.objects.get(address="b@else.example").customer.company is None
    for domains, sentence in [
        (["toko.example"], "belongs to Toko"),
        (["gmail.com"], "Anybody"),
        (["no domain"], "not a mail"),
    ]:
        with pytest.raises(Refused, match=sentence):
            actions.create_company(name="Other", domains=domains, by=world.alice)
    with pytest.raises(Refused, match="already"):
        actions.create_company(name="TOKO", by=world.alice)
    actions.delete_company(company, by=world.alice)
    assert Customer.objects.filter(company__isnull=False).count() == 0


def test_the_pages_of_companies_work(world: World, client: Client) -> None:
    client.force_login(world.alice)
    client.post(reverse("records:create_company"), {"name": "Toko", "domains": "toko.example\nshop.example"})
    company = Company.objects.get()
    assert company.domains == ["shop.example", "toko.example"]
    url = reverse("records:company", args=[company.pk])
    assert "toko.example" in client.get(url).content.decode()
    client.post(url, {"name": "Toko 2", "domains": "toko.example"})
    client.post(reverse("records:delete_company", args=[company.pk]))
    assert list(AuditEntry.objects.order_by("id").values_list("action", flat=True)) == [
        "company.created",
        "company.changed",
        "company.deleted",
    ]


@pytest.mark.parametrize("count", [1, 30])
def test_the_list_takes_the_same_number_of_statements_for_any_number(
    world: World, client: Client, django_assert_max_num_queries: object, count: int
) -> None:
    conversations.receive([incoming(world.support, address=f"c{n}@x.example") for n in range(count)])
    client.force_login(world.alice)
    with django_assert_max_num_queries(8):  # type: ignore[operator]
        client.get(reverse("records:customers"), {"q": "c"})


def test_pages_follow_each_other_without_gaps(world: World, client: Client) -> None:
    Customer.objects.bulk_create(Customer(name=f"Page {n}") for n in range(120))
    client.force_login(world.alice)
    seen, before = [], ""
    while True:
        page = client.get(reverse("records:customers"), {"q": "page", "before": before}).context["page"]
        seen += [customer.pk for customer in page.items]
        if page.next is None:
            break
        before = str(page.next)
    assert len(seen) == len(set(seen)) == 120
    assert client.get(reverse("records:customers"), {"before": "x" * 400}).status_code == 200


def test_fields_are_made_and_changed(world: World, client: Client) -> None:
    client.force_login(world.ada)
    form = {"target": "customer", "name": "Segment Baru", "type": "choice", "choices": "", "position": 0}
    assert "one in each line" in client.post(reverse("records:create_field"), form).content.decode()
    client.post(reverse("records:create_field"), {**form, "choices": "VIP\nnew"})
    field = CustomField.objects.get()
    assert (field.key, field.choices) == ("segment_baru", ["VIP", "new"])
    url = reverse("records:field", args=[field.pk])
    assert client.get(url).status_code == 200
    client.post(url, {"name": "Segment", "choices": "VIP", "position": 3})
    field.refresh_from_db()
    assert (field.name, field.key, field.is_active, field.position) == ("Segment", "segment_baru", False, 3)


def test_tags_are_renamed_merged_and_deleted(world: World, client: Client) -> None:
    conversation = world.receive()
    conversations.set_tags(conversation, ["refund", "money"], by=world.alice)
    other = world.receive(address="x@x.example")
    conversations.set_tags(other, ["money"], by=world.alice)
    refund, money = Tag.objects.get(name="refund"), Tag.objects.get(name="money")
    client.force_login(world.ada)
    assert "already" in client.post(reverse("records:tag", args=[money.pk]), {"name": "Refund"}).content.decode()
    client.post(reverse("records:tag", args=[refund.pk]), {"name": "Refunds"})
    client.post(reverse("records:merge_tag", args=[money.pk]), {"into": refund.pk})
    assert [tag.name for tag in conversation.tags.all()] == ["refunds"]
    assert [tag.name for tag in other.tags.all()] == ["refunds"]
    client.post(reverse("records:delete_tag", args=[refund.pk]))
    assert not Tag.objects.exists()
    client.force_login(world.alice)
    assert client.post(reverse("records:delete_tag", args=[1])).status_code == 403
