"""New conversations get the inbox's automatic answer, where it is wanted and harmless."""

from datetime import timedelta
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from django.core.mail import EmailMessage, get_connection

from conftest import World
from sapa.channels.email import directory, forget
from sapa.channels.email.models import AutoReply, EmailInbox, IncomingMail
from sapa.channels.follow import MOST_PER_HOUR, auto_reply
from sapa.channels.tests.sink import sink
from sapa.channels.tests.test_email_read import deliver, mail
from sapa.conversations.models import Conversation, Message
from sapa.core import clock, files
from sapa.core.tests.ports import free_port
from sapa.timeline import followers
from sapa.timeline.models import Fact


@pytest.fixture(autouse=True)
def switched_on(world: World) -> None:
    directory._known = directory.Directory()
    EmailInbox.objects.create(inbox=world.support, auto_reply=True, auto_reply_text="We got your mail.")


def follow() -> None:
    """Hand all facts to the follower, as a rebuild does."""
    auto_reply.handle(list(Fact.objects.filter(kind__in=auto_reply.kinds).order_by("id")))


def answers() -> list[Message]:
    return list(Message.objects.filter(direction="out").order_by("id"))


def test_a_new_conversation_is_answered_once_even_after_a_rebuild(world: World) -> None:
    deliver(mail())
    follow()
    follow()
    (answer,) = answers()
    assert (answer.text, answer.author_kind, answer.is_automatic, answer.state) == (
        "We got your mail.",
        "automation",
        True,
        "queued",
    )
    conversation = Conversation.objects.get()
    assert conversation.waiting_since is not None
    assert conversation.assignee is None


def test_the_follower_is_plugged_in() -> None:
    assert followers.every()["auto_reply"] is auto_reply


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto-Submitted": "auto-generated"},
        {"Precedence": "bulk"},
        {"List-Id": "<a.b>"},
        {"X-Auto-Response-Suppress": "OOF, AutoReply"},
        {"Reply-To": "billing@shop.example"},
        {"Subject": "Out of office"},
    ],
)
def test_machines_are_not_answered(world: World, headers: dict[str, str]) -> None:
    deliver(mail(**headers))
    follow()
    assert answers() == []


def test_an_empty_return_path_is_not_answered(world: World) -> None:
    deliver(mail(), sender="")
    follow()
    assert answers() == []


def test_spam_is_not_answered(world: World) -> None:
    world.dan.is_blocked = True
    world.dan.save()
    deliver(mail())
    follow()
    assert answers() == []


def test_one_sender_gets_few_answers_an_hour(world: World) -> None:
    for _ in range(MOST_PER_HOUR + 3):
        deliver(mail())
        follow()
    assert len(answers()) == MOST_PER_HOUR
    AutoReply.objects.update(created_at=clock.now() - timedelta(hours=2))
    deliver(mail())
    follow()
    assert len(answers()) == MOST_PER_HOUR + 1


def test_old_conversations_are_not_answered_late(world: World) -> None:
    deliver(mail())
    facts = list(Fact.objects.filter(kind="case.created"))
    for fact in facts:
        fact.occurred_at = clock.now() - timedelta(hours=3)
    auto_reply.handle(facts)
    assert answers() == []


def test_old_read_mail_is_dropped_and_unreadable_mail_stays(world: World) -> None:
    deliver(mail())
    large = deliver(mail("y" * 100_000))
    deliver(b"X: y\r\n" * 6_000 + b"\r\n")
    IncomingMail.objects.update(read_at=clock.now() - timedelta(days=31))
    forget.step()
    kept = [row.state for row in IncomingMail.objects.order_by("id") if row.content is not None or row.key]
    assert kept == ["unreadable"]
    assert not files.path(large.key).exists()


BACKEND = "sapa.channels.email.backend.SapaBackend"


def test_mails_of_sapa_itself_leave_through_the_same_server(settings: SimpleNamespace) -> None:
    with sink() as server:
        settings.SMTP_URL = urlsplit(server.url)
        letter = EmailMessage("Welcome", "Hello.\n.dot", "Sapa <sapa@shop.example>", ["Dan <dan@customer.example>"])
        assert get_connection(BACKEND).send_messages([letter]) == 1
    (got,) = server.got
    assert (got.sender, got.recipients) == ("sapa@shop.example", ["dan@customer.example"])
    assert got.content.endswith(b"Hello.\r\n.dot\r\n")


@pytest.mark.parametrize("server", ["none", "dead"])
def test_a_mail_of_sapa_that_cannot_leave_is_told_in_the_log(
    settings: SimpleNamespace, caplog: pytest.LogCaptureFixture, server: str
) -> None:
    settings.SMTP_URL = urlsplit("" if server == "none" else f"smtp://127.0.0.1:{free_port()}")
    assert get_connection(BACKEND).send_messages([EmailMessage("Welcome", "x", "a@b.example", ["c@d.example"])]) == 0
    assert "Welcome" in caplog.text
    assert ("SAPA_SMTP_URL" if server == "none" else "cannot be reached") in caplog.text
