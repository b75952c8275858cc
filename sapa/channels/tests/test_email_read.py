"""Kept mail becomes messages."""

from email.message import EmailMessage
from pathlib import Path

import pytest

from conftest import World
from sapa.channels.email import directory, read
from sapa.channels.email.incoming import incoming
from sapa.channels.email.intake import RawMail, keep
from sapa.channels.email.models import IncomingMail
from sapa.channels.email.threading import new_message_id, reply_address
from sapa.conversations import actions
from sapa.conversations.models import Conversation, Message
from sapa.core import clock, files

_counter = iter(range(10**9))


@pytest.fixture(autouse=True)
def fresh_directory() -> None:
    directory._known = directory.Directory()


def mail(
    body: str = "Where is my order?", *, id: str | None = None, sender: str = "dan@customer.example", **headers: str
) -> bytes:
    """A mail of Dan as bytes."""
    message = EmailMessage()
    message["From"] = f"Dan <{sender}>"
    message["To"] = headers.pop("To", "support@shop.example")
    message["Subject"] = headers.pop("Subject", "Order 88213")
    if id != "":
        message["Message-ID"] = id or f"<m{next(_counter)}@customer.example>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(body)
    return message.as_bytes().replace(b"\n", b"\r\n")


def deliver(content: bytes, *recipients: str, sender: str = "dan@customer.example") -> IncomingMail:
    """Keep and read one mail; how it lies in the intake afterwards."""
    source = f"lmtp:{next(_counter)}"
    keep(
        [RawMail(source=source, content=content, mail_from=sender, recipients=recipients or ("support@shop.example",))]
    )
    while read.read_batch():
        pass
    return IncomingMail.objects.get(source=source)


def test_a_mail_becomes_a_conversation(world: World) -> None:
    row = deliver(mail("Where is my order?"))
    message = Message.objects.get()
    assert (row.state, row.conversation) == ("read", message.conversation)
    assert message.conversation.customer == world.dan
    assert (message.text, message.subject, message.raw) == ("Where is my order?", "Order 88213", f"incoming:{row.pk}")
    assert message.recipients["to"] == [{"name": "", "address": "support@shop.example"}]


def test_the_same_source_is_kept_once(world: World) -> None:
    raw = RawMail(source="imap:1:1:7", content=mail(), inbox_id=world.support.pk)
    keep([raw, raw])
    keep([raw])
    assert IncomingMail.objects.count() == 1


def test_a_large_mail_lies_in_the_file_store(world: World) -> None:
    row = deliver(mail("x" * 100_000))
    assert row.content is None
    assert files.read(row.key).endswith(b"x\r\n")
    assert len(Message.objects.get().text) == 100_000


def test_a_mail_to_two_inboxes_becomes_one_message_in_each(world: World) -> None:
    deliver(mail(), "support@shop.example", "billing@shop.example", "Support+tag@shop.example")
    assert sorted(Message.objects.values_list("inbox_id", flat=True)) == sorted([world.support.pk, world.billing.pk])


def test_the_same_mail_again_is_received_once(world: World) -> None:
    content = mail(id="<same@customer.example>")
    deliver(content)
    row = deliver(content)
    assert Message.objects.count() == 1
    assert "before" in row.reason


def test_another_mail_under_a_known_id_is_not_lost(world: World) -> None:
    deliver(mail("First", id="<1@broken.example>"))
    deliver(mail("Second", id="<1@broken.example>", Subject="Else"))
    assert Message.objects.count() == 2


def test_a_mail_without_an_id_gets_a_stable_one(world: World) -> None:
    content = mail(id="")
    deliver(content)
    deliver(content)
    outside_id = Message.objects.get().outside_id
    assert outside_id is not None
    assert outside_id.startswith("sha256:")


def test_a_reference_comes_before_the_token(world: World) -> None:
    deliver(mail(id="<first@customer.example>"))
    first, other = Conversation.objects.get(), world.receive("Something else")
    deliver(
        mail("By reference", In_Reply_To="<first@customer.example>"), reply_address("support@shop.example", other.pk)
    )
    assert Message.objects.latest("id").conversation == first


def test_a_signed_token_finds_the_conversation(world: World) -> None:
    conversation = world.receive()
    deliver(mail("By token", Subject="Anything"), reply_address("support@shop.example", conversation.pk))
    assert Message.objects.latest("id").conversation == conversation


def test_neither_a_subject_nor_a_forged_token_joins(world: World) -> None:
    conversation = world.receive()
    deliver(mail(Subject=f"Re: {conversation.subject} [#{conversation.number}]"))
    deliver(mail(), f"support+r.{conversation.pk}-aaaaaaaaaaaaaaaa@shop.example")
    deliver(mail(In_Reply_To="<>", References="<> <>"))
    assert Conversation.objects.count() == 4


def test_our_own_mail_coming_back_is_skipped(world: World) -> None:
    row = deliver(mail(id=f"<{new_message_id('shop.example')}>"))
    assert (row.state, Message.objects.count()) == ("skipped", 0)
    assert "ours" in row.reason


def test_a_blocked_customer_goes_to_spam(world: World) -> None:
    world.dan.is_blocked = True
    world.dan.save()
    deliver(mail())
    assert Conversation.objects.get().status == "spam"


@pytest.mark.parametrize(
    "header", [{"List-Id": "<news.example>"}, {"Auto-Submitted": "auto-replied"}, {"Precedence": "bulk"}]
)
def test_mail_of_machines_is_automatic_and_waits_for_nobody(world: World, header: dict[str, str]) -> None:
    deliver(mail(**header))
    assert Message.objects.get().is_automatic
    assert Conversation.objects.get().waiting_since is None


def test_an_unreadable_mail_is_shown_with_the_original_attached(world: World) -> None:
    content = b"Subject: x\r\n" + b"X-A: b\r\n" * 6000 + b"\r\nbody\r\n"
    row = deliver(content)
    message = Message.objects.get()
    assert row.state == "unreadable"
    assert "5,000 headers" in message.text
    attachment = message.attachments.get()
    assert attachment.name.endswith(".eml")
    assert files.read(attachment.key) == content


def test_a_mail_that_fails_in_a_batch_does_not_stop_the_others(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = incoming

    def broken(row: IncomingMail, parsed: object, known: object) -> object:
        if b"poison" in bytes(row.content or b""):
            raise ZeroDivisionError
        return usual(row, parsed, known)  # type: ignore[arg-type]

    monkeypatch.setattr(read, "incoming", broken)
    contents = [mail("good 1"), mail("poison"), mail("good 2")]
    keep([RawMail(source=f"s{n}", content=c, recipients=("support@shop.example",)) for n, c in enumerate(contents)])
    for _ in range(read.MOST_ATTEMPTS + 2):
        read.read_batch()
    assert set(IncomingMail.objects.values_list("source", "state")) == {
        ("s0", "read"),
        ("s1", "unreadable"),
        ("s2", "read"),
    }
    assert Message.objects.count() == 3
    assert "could not be read" in Message.objects.latest("id").text


def test_a_mail_that_ended_the_process_is_set_aside(world: World) -> None:
    keep([RawMail(source="s", content=mail(), recipients=("support@shop.example",))])
    IncomingMail.objects.update(attempts=read.MOST_ATTEMPTS)
    read.Reader().step()
    assert IncomingMail.objects.get().state == "unreadable"


def test_what_waited_at_the_start_is_read_and_counted(world: World) -> None:
    keep([RawMail(source=f"s{n}", content=mail(), recipients=("support@shop.example",)) for n in range(3)])
    reader = read.Reader()
    while reader.step():
        pass
    assert list(IncomingMail.objects.values_list("state", "attempts")) == [("read", 1)] * 3


def bounce(id: str, *, action: str, status: str) -> bytes:
    """A delivery report as Postfix writes it."""
    return (
        "From: MAILER-DAEMON@mx.example\r\nTo: support@shop.example\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        f"Message-ID: <b{next(_counter)}@mx.example>\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=B\r\n\r\n"
        "--B\r\nContent-Type: text/plain\r\n\r\nIt failed.\r\n"
        "--B\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; dan@customer.example\r\nAction: {action}\r\nStatus: {status}\r\n"
        "Diagnostic-Code: smtp; 550 no such user\r\n\r\n"
        f"--B\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{id}>\r\nSubject: x\r\n\r\n--B--\r\n"
    ).encode()


def sent(world: World) -> Message:
    """An answer that has left."""
    message = actions.reply(world.receive(), by=world.alice, text="Here it is.", undo_seconds=0)
    Message.objects.filter(pk=message.pk).update(state="sent", sent_at=clock.now(), outside_id="answer@shop.example")
    message.refresh_from_db()
    return message


def test_a_bounce_fails_the_message_that_it_is_about(world: World) -> None:
    message = sent(world)
    row = deliver(bounce("answer@shop.example", action="failed", status="5.1.1"), sender="")
    message.refresh_from_db()
    assert (message.state, row.state, row.conversation) == ("failed", "read", message.conversation)
    assert "The address does not exist" in message.error
    assert Conversation.objects.count() == 1


def test_a_delay_is_noted_and_nothing_fails(world: World) -> None:
    message = sent(world)
    deliver(bounce("answer@shop.example", action="delayed", status="4.4.1"), sender="")
    message.refresh_from_db()
    assert message.state == "sent"
    assert "Not delivered yet" in message.error


def test_a_bounce_without_an_id_is_found_by_the_token(world: World) -> None:
    message = sent(world)
    content = bounce("unknown@x.example", action="failed", status="5.1.1")
    deliver(content, reply_address("support@shop.example", message.conversation_id), sender="")
    message.refresh_from_db()
    assert message.state == "failed"


def test_a_bounce_of_an_unknown_mail_is_an_automatic_conversation(world: World) -> None:
    deliver(bounce("stranger@x.example", action="failed", status="5.1.1"), sender="")
    assert Message.objects.get().is_automatic


def test_attachments_and_inline_pictures_are_kept(world: World, tmp_path: Path) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Message-ID"] = (
        "dan@customer.example",
        "support@shop.example",
        "<p@c.example>",
    )
    message.set_content("See the picture")
    message.add_alternative('<p>See <img src="cid:pic"></p>', subtype="html")
    message.get_payload()[1].add_related(b"\x89PNG", "image", "png", cid="<pic>")  # type: ignore[union-attr,index]
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="invoice.pdf")
    deliver(message.as_bytes())
    kept = {item.name: item for item in Message.objects.get().attachments.all()}
    assert files.read(kept["invoice.pdf"].key) == b"%PDF"
    assert [item.content_id for item in kept.values() if item.is_inline] == ["pic"]


def test_a_batch_of_any_size_takes_the_same_number_of_statements(
    world: World, django_assert_max_num_queries: object
) -> None:
    contents = [mail(f"mail {n}", sender=f"c{n}@x.example") for n in range(40)]
    keep([RawMail(source=f"s{n}", content=c, recipients=("support@shop.example",)) for n, c in enumerate(contents)])
    with django_assert_max_num_queries(30):  # type: ignore[operator]
        read.read_batch()
    assert Message.objects.count() == 40
