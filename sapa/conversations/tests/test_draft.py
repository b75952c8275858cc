import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from conftest import World
from sapa.accounts.models import Role
from sapa.conversations import actions
from sapa.conversations.actions import Recipient, Recipients
from sapa.conversations.models import Conversation, Draft, DraftFile, Message
from sapa.core.errors import Conflict, NotAllowed, Refused, TooMuch
from sapa.timeline.models import Fact

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64


def draft_of(conversation: Conversation, world: World, kind: str = "reply") -> Draft:
    return Draft.objects.get(conversation=conversation, user=world.alice, kind=kind)


def test_saving_keeps_text_recipients_and_counts_versions(world: World) -> None:
    conversation = world.receive()
    people = Recipients(to=(Recipient("dan@customer.example", "Dan"),), bcc=(Recipient("boss@x.example"),))
    first = actions.save_draft(
        conversation, by=world.alice, kind="reply", html="<p>Hello</p>", recipients=people, editor="a"
    )
    second = actions.save_draft(
        conversation, by=world.alice, kind="reply", html="<p>Hello Dan</p>", version=1, editor="a"
    )
    assert (first.version, second.version, second.others) == (1, 2, [])
    assert second.bcc == [{"address": "boss@x.example", "name": ""}]
    assert "Hello Dan" in draft_of(conversation, world).html


def test_the_newest_of_two_tabs_wins_and_the_other_text_is_kept(world: World) -> None:
    conversation = world.receive()

    def save(html: str, version: int, editor: str) -> Draft:
        return actions.save_draft(conversation, by=world.alice, kind="reply", html=html, version=version, editor=editor)

    save("<p>from one</p>", 0, "one")
    two = save("<p>from two</p>", 0, "two")
    assert ("from two" in two.html, [other["editor"] for other in two.others]) == (True, ["one"])
    one = save("<p>from one, more</p>", 1, "one")
    assert [other["editor"] for other in one.others] == ["two"]  # one's own older text is in one's own tab
    three = save("<p>from three</p>", 0, "three")
    assert {other["editor"] for other in three.others} == {"one", "two"}
    actions.settle_draft(conversation, by=world.alice, kind="reply")
    assert draft_of(conversation, world).others == []


def test_a_repeated_save_of_the_same_tab_is_no_conflict(world: World) -> None:
    conversation = world.receive()
    for _ in range(3):  # the answer to the first got lost on the way
        saved = actions.save_draft(conversation, by=world.alice, kind="reply", html="<p>x</p>", version=0, editor="one")
    assert saved.others == []


def test_scripts_do_not_reach_a_draft(world: World) -> None:
    html = '<p onclick="x()">hi<script>alert(1)</script><img src=x onerror=alert(1)><a href="javascript:x()">l</a></p>'
    saved = actions.save_draft(world.receive(), by=world.alice, kind="reply", html=html)
    assert not any(word in saved.html for word in ("script", "onclick", "onerror"))


def test_a_text_beyond_the_limit_is_refused(world: World) -> None:
    with pytest.raises(TooMuch, match="too long"):
        actions.save_draft(world.receive(), by=world.alice, kind="reply", html="x" * 500_001)


def test_who_may_not_answer_has_no_reply_draft_but_a_note(world: World) -> None:
    conversation = world.receive()
    world.alice.role = Role.objects.get(key="quality")
    with pytest.raises(NotAllowed):
        actions.save_draft(conversation, by=world.alice, kind="reply", html="<p>x</p>")
    actions.save_draft(conversation, by=world.alice, kind="note", html="<p>x</p>")


def test_sending_makes_one_message_with_the_files_and_ends_the_draft(world: World) -> None:
    conversation = world.receive()
    actions.save_draft(
        conversation,
        by=world.alice,
        kind="reply",
        html="<p>Here</p>",
        recipients=Recipients(to=(Recipient("d@x.example"),)),
    )
    actions.add_file(conversation, by=world.alice, kind="reply", name="a.txt", content=b"hello")
    message = actions.send_draft(conversation, by=world.alice, kind="reply", signature="Alice, Shop")
    assert (message.state, message.text, message.signature) == ("queued", "Here", "Alice, Shop")
    assert [file.name for file in message.attachments.all()] == ["a.txt"]
    assert message.recipients["to"] == [{"address": "d@x.example", "name": ""}]
    assert not Draft.objects.exists()
    with pytest.raises(Conflict, match="already"):
        actions.send_draft(conversation, by=world.alice, kind="reply")
    assert Message.objects.filter(direction="out").count() == 1


def test_an_empty_draft_is_not_sent_and_stays(world: World) -> None:
    conversation = world.receive()
    actions.save_draft(conversation, by=world.alice, kind="reply", html="<p><br></p>")
    with pytest.raises(Refused, match="Write something"):
        actions.send_draft(conversation, by=world.alice, kind="reply")
    assert Draft.objects.count() == 1


def test_the_text_of_another_tab_outlives_sending(world: World) -> None:
    conversation = world.receive()
    actions.save_draft(conversation, by=world.alice, kind="reply", html="<p>the other</p>", editor="one")
    actions.save_draft(conversation, by=world.alice, kind="reply", html="<p>mine</p>", editor="two")
    assert actions.send_draft(conversation, by=world.alice, kind="reply").text == "mine"
    assert "the other" in draft_of(conversation, world).html


def test_a_note_draft_mentions_people_and_stays_internal(world: World) -> None:
    conversation = world.receive()
    html = f'<p><span data-mention="{world.bob.pk}">@Bob</span> look</p>'
    actions.save_draft(conversation, by=world.alice, kind="note", html=html)
    message = actions.send_draft(conversation, by=world.alice, kind="note")
    assert message.direction == "note"
    assert Fact.objects.filter(kind="message.created").latest("id").payload["mentions"] == [world.bob.pk]


def test_taking_back_restores_text_recipients_and_files_above_what_was_begun(world: World) -> None:
    conversation = world.receive()
    waiting = conversation.waiting_since
    people = Recipients(to=(Recipient("dan@customer.example"),), cc=(Recipient("c@x.example"),))
    file = actions.add_file(conversation, by=world.alice, kind="reply", name="p.png", content=PNG, inline=True)
    html = f'<p>sent too early <img src="cid:{file.content_id}"></p>'
    actions.save_draft(conversation, by=world.alice, kind="reply", html=html, recipients=people)
    message = actions.send_draft(conversation, by=world.alice, kind="reply")
    actions.save_draft(conversation, by=world.alice, kind="reply", html="<p>begun meanwhile</p>")
    draft = actions.take_back(message, by=world.alice)
    assert draft.html.index("sent too early") < draft.html.index("begun meanwhile")
    assert draft.cc == [{"address": "c@x.example", "name": ""}]
    assert [(file.name, file.is_inline) for file in draft.files.all()] == [("p.png", True)]
    assert not Message.objects.filter(direction="out").exists()
    conversation.refresh_from_db()
    assert (conversation.waiting_since, conversation.last_message_direction) == (waiting, "in")


def test_somebody_elses_answer_cannot_be_taken_back(world: World) -> None:
    message = actions.reply(world.receive(), by=world.alice, text="x")
    with pytest.raises(Conflict, match="too late"):
        actions.take_back(message, by=world.carol)


def test_discarding_is_safe_to_repeat(world: World) -> None:
    conversation = world.receive()
    actions.add_file(conversation, by=world.alice, kind="reply", name="a.txt", content=b"hello")
    for _ in range(2):
        actions.discard_draft(conversation, by=world.alice, kind="reply")
    assert not DraftFile.objects.exists()


@pytest.mark.parametrize("round_", range(6))
def test_undo_and_the_sender_race_and_exactly_one_wins(lasting_world: World, round_: int) -> None:
    world = lasting_world
    message = actions.reply(world.receive(), by=world.alice, text="x")
    Message.objects.filter(pk=message.pk).update(send_after=timezone.now() - timedelta(seconds=1))
    start, won = threading.Barrier(2), []

    def take_back() -> None:
        actions.take_back(message, by=world.alice)
        won.append("undo")

    def claim() -> None:
        won.extend("sender" for _ in actions.claim())

    _both(start, take_back, claim)
    assert len(won) == 1
    assert Message.objects.filter(pk=message.pk).exists() == (won == ["sender"])
    assert Draft.objects.exists() == (won == ["undo"])


def test_two_clicks_on_send_at_the_same_instant_send_once(lasting_world: World) -> None:
    world = lasting_world
    conversation = world.receive()
    actions.save_draft(conversation, by=world.alice, kind="reply", html="<p>once</p>")
    start = threading.Barrier(2)

    def send() -> None:
        actions.send_draft(conversation, by=world.alice, kind="reply")

    _both(start, send, send)
    assert Message.objects.filter(direction="out").count() == 1


def test_two_tabs_that_save_first_at_the_same_instant_make_one_draft(lasting_world: World) -> None:
    world = lasting_world
    conversation = world.receive()
    start = threading.Barrier(2)

    def save(editor: str) -> Callable[[], None]:
        return lambda: void(
            actions.save_draft(conversation, by=world.alice, kind="reply", html=f"<p>{editor}</p>", editor=editor)
        )

    _both(start, save("one"), save("two"))
    draft = draft_of(conversation, world)
    assert {draft.editor, *(other["editor"] for other in draft.others)} == {"one", "two"}


def void(_value: object) -> None:
    """For lambdas that are called for what they do."""


def _both(start: threading.Barrier, *steps: Callable[[], None]) -> None:
    """Run the steps at the same instant, each on a connection of its own; a Conflict is how one of them loses."""

    def run(step: Callable[[], None]) -> None:
        start.wait(5)
        try:
            step()
        except Conflict:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(step,)) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
