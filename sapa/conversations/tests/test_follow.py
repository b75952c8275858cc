from pytest_django import DjangoAssertNumQueries

from conftest import World, incoming
from sapa.conversations import actions
from sapa.conversations.follow import notify
from sapa.conversations.models import Conversation, Message, Notification
from sapa.timeline.models import Fact


def told() -> list[tuple[str, str]]:
    return list(Notification.objects.order_by("id").values_list("user__name", "kind"))


def follow() -> None:
    """Hand over every fact, as a rebuild does (the cursor's own tests are in timeline)."""
    notify.handle(list(Fact.objects.filter(kind__in=notify.kinds).order_by("id")))


def story(world: World) -> Conversation:
    """A mail comes, Carol gives it to Alice, the customer writes again, Alice mentions Bob, an answer fails."""
    first = incoming(world.support)
    conversation = Conversation.objects.get(pk=actions.receive([first])[0].conversation_id)
    actions.assign(conversation, by=world.carol, to=world.alice, team=None)
    actions.receive([incoming(world.support, "Hello?", references=(first.outside_id,))])
    actions.note(conversation, by=world.alice, html=f'<span data-mention="{world.bob.pk}">@Bob</span>')
    answer = actions.reply(conversation, by=world.alice, text="x")
    Message.objects.filter(pk=answer.pk).update(state="sending")
    actions.mark_failed(answer, "no such mailbox")
    return conversation


EXPECTED = [("Alice", "assigned"), ("Alice", "replied"), ("Bob", "mentioned"), ("Alice", "failed")]


def test_people_are_told_what_concerns_them(world: World) -> None:
    story(world)
    follow()
    assert told() == EXPECTED


def test_a_rebuild_tells_nothing_twice_and_keeps_what_was_read(world: World) -> None:
    story(world)
    follow()
    actions.mark_read(by=world.alice)
    follow()
    assert told() == EXPECTED
    assert Notification.objects.filter(user=world.alice, read_at__isnull=True).count() == 0


def test_a_rebuild_does_not_tell_a_later_holder_about_earlier_answers(world: World) -> None:
    conversation = story(world)
    actions.assign(conversation, by=world.alice, to=world.carol, team=None)
    follow()
    assert [kind for name, kind in told() if name == "Carol"] == ["assigned"]


def test_nobody_is_told_what_they_did_themselves(world: World) -> None:
    actions.assign(world.receive(), by=world.alice, to=world.alice, team=None)
    follow()
    assert told() == []


def test_a_rebuild_passes_over_a_deleted_conversation(world: World) -> None:
    story(world).delete()
    follow()
    assert told() == []


def test_an_absence_notice_tells_nobody(world: World) -> None:
    first = incoming(world.support)
    conversation = Conversation.objects.get(pk=actions.receive([first])[0].conversation_id)
    actions.assign(conversation, by=world.carol, to=world.alice, team=None)
    actions.receive([incoming(world.support, is_automatic=True, references=(first.outside_id,))])
    follow()
    assert told() == [("Alice", "assigned")]


def test_a_batch_of_any_size_takes_the_same_number_of_statements(
    world: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    story(world)
    story(world)
    with django_assert_max_num_queries(8):
        follow()
