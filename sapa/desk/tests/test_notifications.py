import pytest
from django.test import Client

from conftest import World
from sapa.conversations import actions
from sapa.conversations.models import Conversation, Notification


def tell(world: World, conversation: Conversation, fact: int = 1) -> Notification:
    return Notification.objects.create(
        user=world.alice, kind="mentioned", conversation=conversation, fact_id=fact, created_at=conversation.created_at
    )


@pytest.fixture
def alice(world: World, client: Client) -> Client:
    client.force_login(world.alice)
    return client


def test_the_bell_counts_what_is_unread_and_lists_the_newest(world: World, alice: Client) -> None:
    conversation = world.receive()
    for fact in range(3):
        tell(world, conversation, fact)
    page = alice.get("/notifications/bell").content.decode()
    assert 'data-unread="3"' in page
    assert page.count("data-told=") == 3


def test_opening_one_marks_it_read_and_leads_to_its_conversation(world: World, alice: Client) -> None:
    told = tell(world, world.receive())
    answer = alice.get(f"/notifications/{told.pk}")
    assert answer["Location"] == f"/conversations/{told.conversation_id}/"
    told.refresh_from_db()
    assert told.read_at is not None


def test_opening_the_conversation_marks_them_read(world: World, alice: Client) -> None:
    told = tell(world, world.receive())
    alice.post(f"/conversations/{told.conversation_id}/seen")
    assert 'data-unread="0"' in alice.get("/notifications/bell").content.decode()


def test_mark_all_leaves_what_came_after_the_page_was_made(world: World, alice: Client) -> None:
    conversation = world.receive()
    first, second = tell(world, conversation, 1), tell(world, conversation, 2)
    alice.post("/notifications/read", {"upto": first.pk}, headers={"HX-Request": "true"})
    assert list(Notification.objects.filter(read_at__isnull=True)) == [second]


def test_what_one_may_no_longer_see_is_not_listed(world: World, alice: Client) -> None:
    told = tell(world, world.receive(inbox=world.billing))
    assert 'data-unread="0"' in alice.get("/notifications/bell").content.decode()
    assert alice.get(f"/notifications/{told.pk}").status_code == 404


def test_somebody_elses_notification_is_not_there(world: World, client: Client) -> None:
    told = tell(world, world.receive())
    client.force_login(world.carol)
    assert client.get(f"/notifications/{told.pk}").status_code == 404


def test_the_page_goes_on_with_older_ones(world: World, alice: Client) -> None:
    conversation = world.receive()
    for fact in range(60):
        tell(world, conversation, fact)
    first = alice.get("/notifications/").content.decode()
    assert first.count("data-told=") == 50
    older = first.partition("?before=")[2].partition('"')[0]
    assert alice.get(f"/notifications/?before={older}").content.decode().count("data-told=") == 10


def test_the_wish_for_desktop_notifications_is_kept(world: World, alice: Client) -> None:
    for on in ("1", ""):
        alice.post("/notifications/desktop", {"on": on})
        world.alice.refresh_from_db()
        assert world.alice.desktop_notifications is bool(on)


@pytest.mark.parametrize("path", ["", "bell", "1"])
def test_reading_needs_a_log_in_and_get(world: World, client: Client, path: str) -> None:
    assert client.get(f"/notifications/{path}").status_code == 302
    client.force_login(world.alice)
    assert client.post(f"/notifications/{path}").status_code == 405


@pytest.mark.parametrize("path", ["read", "desktop"])
def test_changing_needs_a_log_in_and_post(world: World, client: Client, path: str) -> None:
    assert client.post(f"/notifications/{path}").status_code == 302
    client.force_login(world.alice)
    assert client.get(f"/notifications/{path}").status_code == 405


def test_the_bell_takes_the_same_few_queries_for_any_number(
    world: World, alice: Client, django_assert_max_num_queries: object
) -> None:
    for fact in range(12):
        tell(world, world.receive(), fact)
    with django_assert_max_num_queries(8):  # type: ignore[operator]
        alice.get("/notifications/bell")


def test_actions_are_used_by_both_ways_of_reading(world: World) -> None:
    told = tell(world, world.receive())
    assert actions.mark_read(by=world.alice, ids=[told.pk]) == 1
    assert actions.mark_read(by=world.alice, ids=[told.pk]) == 0
