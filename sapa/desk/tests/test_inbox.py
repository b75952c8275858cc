import pytest
from django.test import Client

from conftest import World
from sapa.conversations import actions

HTMX = {"HX-Request": "true"}


@pytest.fixture
def alice(world: World, client: Client) -> Client:
    client.force_login(world.alice)
    return client


def test_a_new_conversation_stands_in_the_list_in_bold(world: World, alice: Client) -> None:
    conversation = world.receive("Where is my order?")
    page = alice.get("/inbox/unassigned/").content.decode()
    assert f'id="c{conversation.pk}"' in page
    assert "row unread" in page
    assert "Where is my order?" in page


def test_htmx_gets_rows_only(world: World, alice: Client) -> None:
    world.receive()
    fragment = alice.get("/inbox/open/", headers=HTMX).content.decode()
    assert "<html" not in fragment
    assert 'class="row' in fragment


def test_open_with_a_conversation_shows_its_thread(world: World, alice: Client) -> None:
    conversation = world.receive("Where is my order?")
    page = alice.get(f"/inbox/open/{conversation.pk}/").content.decode()
    assert 'id="messages"' in page
    assert 'aria-current="true"' in page


@pytest.mark.parametrize(
    "path",
    ["/inbox/open/", "/inbox/open/{id}/", "/conversations/{id}/thread", "/conversations/{id}/side", "/search/?q=x"],
)
def test_a_stranger_is_sent_to_the_log_in(world: World, client: Client, path: str) -> None:
    conversation = world.receive()
    answer = client.get(path.format(id=conversation.pk))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


def test_another_team_sees_neither_row_nor_thread(world: World, alice: Client) -> None:
    conversation = world.receive("Bill is wrong", inbox=world.billing)
    assert f'id="c{conversation.pk}"' not in alice.get("/inbox/open/").content.decode()
    for path in ("thread", "side", "people", "tag-menu", ""):
        assert alice.get(f"/conversations/{conversation.pk}/{path}").status_code == 404
    assert alice.get(f"/inbox/open/{conversation.pk}/").status_code == 404
    assert alice.get(f"/inbox/inbox-{world.billing.pk}/").status_code == 404


def test_only_reading_is_answered_on_the_pages(world: World, alice: Client) -> None:
    conversation = world.receive()
    assert alice.post("/inbox/open/").status_code == 405
    assert alice.post(f"/conversations/{conversation.pk}/thread").status_code == 405


def test_names_subjects_and_texts_are_never_markup(world: World, alice: Client) -> None:
    evil = "<script>alert(1)</script>"
    conversation = world.receive(evil, name=evil, subject=evil, address="evil@customer.example")
    actions.set_tags(conversation, ["<b>tag</b>"], by=world.alice)
    for path in (
        f"/inbox/open/{conversation.pk}/",
        f"/conversations/{conversation.pk}/side",
        "/search/?q=script",
        f"/conversations/{conversation.pk}/tag-menu",
    ):
        page = alice.get(path).content.decode()
        assert "<script>alert" not in page
        assert "<b>tag" not in page


def test_a_page_costs_a_fixed_number_of_queries(
    world: World, alice: Client, django_assert_max_num_queries: object
) -> None:
    for number in range(60):
        conversation = world.receive(f"Number {number}")
        actions.set_tags(conversation, ["one", "two"], by=world.alice)
    with django_assert_max_num_queries(8):  # type: ignore[operator]
        page = alice.get("/inbox/open/")
    assert page.content.decode().count('class="row') == 51  # fifty rows and the element around them
    with django_assert_max_num_queries(7):  # type: ignore[operator]
        alice.get("/inbox/open/", headers=HTMX)
    with django_assert_max_num_queries(8):  # type: ignore[operator]
        alice.get("/inbox/views")


def test_the_second_page_goes_on_where_the_first_ended(world: World, alice: Client) -> None:
    ids = [world.receive(f"Number {number}").pk for number in range(55)]
    first = alice.get("/inbox/open/").content.decode()
    cursor = first.split("?cursor=")[1].split('"')[0]
    second = alice.get(f"/inbox/open/?cursor={cursor}", headers=HTMX).content.decode()
    assert all((f'id="c{id}"' in first) != (f'id="c{id}"' in second) for id in ids)


@pytest.mark.parametrize(
    "cursor", ["x", "1", "1.2.3", "99999999999999999999999.1", "-1.-1", "1.99999999999999999999999"]
)
def test_a_broken_cursor_is_no_such_page(world: World, alice: Client, cursor: str) -> None:
    assert alice.get(f"/inbox/open/?cursor={cursor}").status_code in (200, 404)


def test_counts_follow_what_a_person_sees(world: World, alice: Client) -> None:
    world.receive()
    world.receive(inbox=world.billing)
    conversation = world.receive()
    actions.assign(conversation, by=world.alice, to=world.alice, team=None)
    page = alice.get("/inbox/views").content.decode()
    assert page.count('class="count">1<') == 2  # mine, unassigned
    assert page.count('class="count">2<') == 1  # open


def test_a_row_alone_is_given_while_it_belongs_to_the_view(world: World, alice: Client) -> None:
    conversation = world.receive()
    assert alice.get(f"/inbox/open/{conversation.pk}/row").status_code == 200
    actions.change_status(conversation, "resolved", by=world.alice)
    assert alice.get(f"/inbox/open/{conversation.pk}/row").status_code == 204
    assert alice.get(f"/inbox/resolved/{conversation.pk}/row").status_code == 200


def test_the_lasting_address_leads_to_the_view_where_it_is(world: World, alice: Client) -> None:
    conversation = world.receive()
    assert alice.get(f"/conversations/{conversation.pk}/")["Location"] == f"/inbox/open/{conversation.pk}/"


def test_search_finds_number_subject_name_and_address(world: World, alice: Client) -> None:
    conversation = world.receive(subject="Broken teapot handle")
    world.receive(subject="Something else", address="eve@other.example", name="Eve")
    for q in (f"#{conversation.number}", "teapot", "broken tea", "Dan", "dan@cust"):
        page = alice.get("/search/", {"q": q}, headers=HTMX).content.decode()
        assert f'id="c{conversation.pk}"' in page, q
        assert page.count('id="c') == 1, q


@pytest.mark.parametrize("q", ["'", "\\", "& | !", "a:*b", "\0", "x" * 5000, "<->", "%", "( )"])
def test_search_takes_any_text(world: World, alice: Client, q: str) -> None:
    assert alice.get("/search/", {"q": q}).status_code == 200


def test_what_is_closed_is_found_among_the_resolved(world: World, alice: Client) -> None:
    conversation = world.receive()
    actions.change_status(conversation, "closed", by=world.alice)
    assert f'id="c{conversation.pk}"' in alice.get("/inbox/resolved/", headers=HTMX).content.decode()
    assert alice.get(f"/conversations/{conversation.pk}/")["Location"] == f"/inbox/resolved/{conversation.pk}/"
