"""Kept mail becomes messages: in batches, one by one when a batch fails, shown raw when it cannot be read."""

import hashlib
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Max
from django.utils.translation import gettext as _

from sapa.channels.email import directory as directories
from sapa.channels.email.bounced import report
from sapa.channels.email.directory import Directory
from sapa.channels.email.incoming import inboxes_of, incoming, unreadable
from sapa.channels.email.intake import TOPIC, content_of
from sapa.channels.email.mail import AutomaticKind, ParsedMail, Unreadable
from sapa.channels.email.models import IncomingMail
from sapa.channels.email.parse import parse
from sapa.conversations.actions import Incoming, Received, receive
from sapa.conversations.models import Message
from sapa.core import clock
from sapa.core.loop import Loop

log = logging.getLogger("sapa.mail")
State = IncomingMail.State
BATCH = 100
BATCH_BYTES = 8 * 1024 * 1024
MOST_ATTEMPTS = 4
LOCK = 7_301  # first half of the advisory lock of a mail that is being read

# A row lock would make this a writing transaction while mails are parsed, and would hold back every follower.
_TAKE = """
with waiting as materialized (select id from channels_incomingmail where state = 'new' order by id limit 500)
select id from waiting where pg_try_advisory_xact_lock(%s, (id %% 2147483647)::int) limit %s
"""
_MARK = """
update channels_incomingmail m set state = v.state, reason = v.reason, conversation_id = v.conversation, read_at = %(now)s
from unnest(%(ids)s::bigint[], %(states)s::text[], %(reasons)s::text[], %(conversations)s::bigint[])
  as v(id, state, reason, conversation) where m.id = v.id
"""


@dataclass
class Outcome:
    """What becomes of one mail: messages to take in, or none; then its state and why."""

    mail: IncomingMail
    items: list[Incoming] = field(default_factory=list)
    state: str = State.READ
    reason: str = ""
    conversation_id: int | None = None


class Reader:
    """Reads what is new; what waited when the process began may have ended the one before and is read with care."""

    def __init__(self) -> None:
        self._waiting_at_start: int | None = None

    def step(self) -> bool:
        """Read one batch; True when there may be more."""
        if self._waiting_at_start is None:
            newest: int | None = IncomingMail.objects.filter(state=State.NEW).aggregate(at=Max("id"))["at"]
            self._waiting_at_start = newest or 0
        if self._waiting_at_start and _read_with_care(self._waiting_at_start):
            return True
        self._waiting_at_start = 0
        return read_batch()


def _read_with_care(newest: int) -> bool:
    """Count the attempt before reading: a mail that ends the process is read alone next time, and set aside at last."""
    waiting = IncomingMail.objects.filter(state=State.NEW, pk__lte=newest).order_by("pk")
    chosen = _few(waiting.values_list("pk", "size")[:BATCH])
    if not chosen:
        return False
    suspects = waiting.filter(pk__in=chosen, attempts__gte=2).values_list("pk", flat=True)
    for id in list(suspects):
        _read_alone(id)
    if waiting.filter(pk__in=chosen).update(attempts=F("attempts") + 1):
        read_batch()
    return True


def read_batch() -> bool:
    """Read the next mails in one transaction; when that fails, each in its own."""
    taken: list[int] = []
    try:
        with transaction.atomic():
            mails = _take()
            taken = [mail.pk for mail in mails]
            if mails:
                _finish([_outcome(mail, directories.current()) for mail in mails])
    except (OperationalError, InterfaceError):
        raise
    except OSError:
        log.exception("attachments cannot be kept; the mails wait")
        raise
    except Exception:
        log.exception("a batch of %d mails failed; they are read one by one", len(taken))
        if not taken:
            raise
        for id in taken:
            _read_alone(id)
    return len(taken) > 0


def _take() -> list[IncomingMail]:
    """The next mails that no other process reads, so many that they can be parsed in seconds."""
    with connection.cursor() as cursor:
        cursor.execute("set local idle_in_transaction_session_timeout = '10min'")
        cursor.execute(_TAKE, (LOCK, BATCH))
        ids = [row[0] for row in cursor.fetchall()]
    if not ids:
        return []
    chosen = _few(IncomingMail.objects.filter(pk__in=ids, state=State.NEW).order_by("pk").values_list("pk", "size"))
    return list(IncomingMail.objects.filter(pk__in=chosen, state=State.NEW).order_by("pk"))


def _few(sizes: Iterable[tuple[int, int]]) -> list[int]:
    """The first mails of `(id, bytes)` that together can be parsed in seconds; at least one."""
    chosen: list[int] = []
    total = 0
    for id, size in sizes:
        if chosen and total + size > BATCH_BYTES:
            break
        chosen.append(id)
        total += size
    return chosen


def _outcome(mail: IncomingMail, directory: Directory) -> Outcome:
    """Parse one mail. Raises OSError when attachments cannot be kept, and whatever a fault of ours raises."""
    if not inboxes_of(mail, directory):
        directory = directories.current(0)
        if not inboxes_of(mail, directory):
            return Outcome(mail, state=State.SKIPPED, reason=_("No inbox has the address that it came to any more."))
    try:
        content = content_of(mail)
    except FileNotFoundError:
        return _shown(mail, None, _("its content is lost."), directory)
    try:
        parsed = parse(_with_return_path(content, mail), own_domains=directory.domains)
    except Unreadable as error:
        return _shown(mail, content, error.reason, directory)
    if parsed.automatic is not None and parsed.automatic.kind == AutomaticKind.OWN:
        return Outcome(mail, state=State.SKIPPED, reason=parsed.automatic.reason)
    return _bounced(mail, parsed) or Outcome(mail, incoming(mail, parsed, directory))


def _with_return_path(content: bytes, mail: IncomingMail) -> bytes:
    """The envelope's sender as a header, where the mail server that delivers last puts it (RFC 5321 §4.4)."""
    if mail.inbox_id or b"\nreturn-path:" in b"\n" + content[:2000].lower():
        return content
    sender = mail.mail_from if mail.mail_from.isascii() and mail.mail_from.isprintable() else ""
    return b"Return-Path: <" + sender.encode("ascii") + b">\r\n" + content


def _bounced(mail: IncomingMail, parsed: ParsedMail) -> Outcome | None:
    """A report about a mail of ours is shown on that message; about an unknown one it is a mail like others."""
    if parsed.bounce is None or parsed.bounce.delivered:
        return None
    conversation_id = report(parsed.bounce, parsed, envelope_to=mail.recipients)
    if conversation_id is None:
        return None
    return Outcome(mail, reason=parsed.bounce.reason[:500], conversation_id=conversation_id)


def _shown(mail: IncomingMail, content: bytes | None, reason: str, directory: Directory) -> Outcome:
    return Outcome(mail, unreadable(mail, content, reason, directory), State.UNREADABLE, reason[:500])


def _finish(outcomes: Sequence[Outcome]) -> None:
    """Take all messages in at once and mark the mails as read, in the caller's transaction."""
    items = [item for outcome in outcomes for item in outcome.items]
    received = iter(_receive(items))
    for outcome in outcomes:
        answers = [next(received) for _ in outcome.items]
        if answers:
            outcome.conversation_id = answers[0].conversation_id
            if not any(answer.is_new for answer in answers):
                outcome.reason = outcome.reason or _("It had been received before.")
    with connection.cursor() as cursor:
        cursor.execute(
            _MARK,
            {
                "now": clock.now(),
                "ids": [outcome.mail.pk for outcome in outcomes],
                "states": [str(outcome.state) for outcome in outcomes],
                "reasons": [outcome.reason for outcome in outcomes],
                "conversations": [outcome.conversation_id for outcome in outcomes],
            },
        )


def _receive(items: Sequence[Incoming]) -> list[Received]:
    """Take them in; another mail under an id that is known already is a mail all the same, and gets its own id."""
    answers = receive(items) if items else []
    for position, answer in enumerate(answers):
        if not answer.is_new and _is_another(items[position], answer.message_id):
            answers[position] = receive([_renamed(items[position])])[0]
    return answers


def _is_another(item: Incoming, message_id: int) -> bool:
    before = Message.objects.only("subject", "text", "quoted", "sent_at").get(pk=message_id)
    return (before.subject, before.text, before.sent_at) != (item.subject, item.text, item.sent_at)


def _renamed(item: Incoming) -> Incoming:
    told = f"{item.address}\0{item.subject}\0{item.sent_at}\0{item.text}".encode()
    return replace(item, outside_id=f"{item.outside_id[:440]}#{hashlib.sha256(told).hexdigest()[:32]}")


def _read_alone(id: int) -> None:
    """Read one mail in its own transaction; one that failed too often is shown as unreadable, whatever the fault."""
    IncomingMail.objects.filter(pk=id, state=State.NEW).update(attempts=F("attempts") + 1)
    mail = IncomingMail.objects.filter(pk=id, state=State.NEW).first()
    if mail is None:
        return
    try:
        if mail.attempts > MOST_ATTEMPTS:
            _give_up(mail)
            return
        with transaction.atomic():
            _finish([_outcome(mail, directories.current())])
    except (OperationalError, InterfaceError, OSError):
        raise
    except Exception:
        log.exception("mail %d cannot be read, try %d", id, mail.attempts)


def _give_up(mail: IncomingMail) -> None:
    reason = _("reading it failed %(times)d times because of a fault of Sapa.") % {"times": mail.attempts - 1}
    try:
        content = content_of(mail)
    except FileNotFoundError:
        content = None
    try:
        with transaction.atomic():
            _finish([_shown(mail, content, reason, directories.current())])
    except DatabaseError:
        log.exception("mail %d cannot even be shown as unreadable; it stays in the intake", mail.pk)
        IncomingMail.objects.filter(pk=mail.pk).update(state=State.UNREADABLE, reason=reason[:500], read_at=clock.now())


def loops() -> list[Loop]:
    """The loop that reads; woken by the intake."""
    return [Loop(name="mail reader", step=Reader().step, topics=frozenset({TOPIC}))]
