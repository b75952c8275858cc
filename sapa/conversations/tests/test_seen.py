from conftest import World, incoming
from sapa.conversations import actions
from sapa.conversations.models import Conversation, Notification, Seen
from sapa.conversations.queries import unread_by


def unread(world: World, conversation: Conversation) -> bool:
    return conversation.pk in unread_by(world.alice, [conversation])


def test_opening_sees_everything_and_a_new_message_is_unread_again(world: World) -> None:
    first = incoming(world.support)
    conversation = Conversation.objects.get(pk=actions.receive([first])[0].conversation_id)
    assert unread(world, conversation)
    actions.see(conversation, by=world.alice)
    assert not unread(world, conversation)
    actions.receive([incoming(world.support, references=(first.outside_id,))])
    assert unread(world, conversation)


def test_seeing_never_moves_back_nor_beyond_what_is_there(world: World) -> None:
    conversation = world.receive()
    newest = conversation.messages.latest("id").pk
    actions.see(conversation, by=world.alice, message_id=newest + 1000)
    actions.see(conversation, by=world.alice, message_id=newest - 1)
    assert Seen.objects.get(user=world.alice).message_id == newest


def test_mark_unread_brings_it_back(world: World) -> None:
    conversation = world.receive()
    actions.see(conversation, by=world.alice)
    actions.unsee(conversation, by=world.alice)
    assert unread(world, conversation)


def test_seeing_marks_what_one_was_told_about_it_as_read(world: World) -> None:
    conversation, other = world.receive(), world.receive()
    for about in (conversation, other):
        Notification.objects.create(
            user=world.alice, kind="assigned", conversation=about, fact_id=about.pk, created_at=about.created_at
        )
    actions.see(conversation, by=world.alice)
    assert [row.conversation for row in Notification.objects.filter(read_at__isnull=True)] == [other]


def test_marking_read_touches_only_ones_own(world: World) -> None:
    conversation = world.receive()
    told = Notification.objects.create(
        user=world.bob, kind="assigned", conversation=conversation, fact_id=1, created_at=conversation.created_at
    )
    assert actions.mark_read(by=world.alice, ids=[told.pk]) == 0
    assert actions.mark_read(by=world.bob, upto=told.pk) == 1
