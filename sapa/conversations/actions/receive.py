"""Messages from customers come in: any number at once, in a fixed number of statements, safe to repeat."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from sapa.conversations.audience import audience, participants_of
from sapa.conversations.facts import ContactStarted, ConversationCreated, MessageCreated, StatusChanged
from sapa.conversations.models import Attachment, Contact, Conversation, Inbox, Message
from sapa.core import clock
from sapa.customers.models import Customer, Identity
from sapa.customers.queries import companies_of
from sapa.timeline.facts import Payload
from sapa.timeline.record import Envelope, record_many

Status = Conversation.Status


@dataclass(frozen=True, kw_only=True)
class IncomingFile:
    """A file that came with a message; it lies in the file store already."""

    name: str
    content_type: str
    size: int
    sha256: str
    key: str
    content_id: str = ""
    is_inline: bool = False


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """A message from outside, parsed and typed.

    outside_id: the channel's id; the same id in the same inbox is received once. references: outside ids of the messages
    it answers, most likely first. conversation_id: proven by the channel otherwise (a signed reply token), used when no
    reference is known. Never empty strings among the references.
    """

    inbox_id: int
    channel: str
    outside_id: str
    identity_kind: str
    address: str
    name: str = ""
    subject: str = ""
    text: str = ""
    html: str = ""
    quoted: str = ""
    quoted_html: str = ""
    signature: str = ""
    recipients: dict[str, Any] = field(default_factory=dict)
    references: tuple[str, ...] = ()
    conversation_id: int | None = None
    in_reply_to: str = ""
    raw: str = ""
    problems: tuple[str, ...] = ()
    is_automatic: bool = False
    is_spam: bool = False
    sent_at: datetime | None = None
    files: tuple[IncomingFile, ...] = ()


@dataclass(frozen=True)
class Received:
    """What became of one incoming message; `is_new` is False when it had been received before."""

    message_id: int
    conversation_id: int
    is_new: bool


@transaction.atomic
def receive(batch: Sequence[Incoming]) -> list[Received]:
    """Write customers, conversations, contacts, messages and facts for a batch; one answer each, in order.

    Raises IntegrityError when another process receives the same message at the same instant: call it again.
    """
    known = _known(batch)
    fresh: dict[tuple[int, str], Incoming] = {}
    for item in batch:
        if (item.inbox_id, item.outside_id) not in known:
            fresh.setdefault((item.inbox_id, item.outside_id), item)
    stored = _store(list(fresh.values())) if fresh else {}
    answers = []
    for item in batch:
        key = (item.inbox_id, item.outside_id)
        is_new = key in stored and fresh.pop(key, None) is not None
        message_id, conversation_id = stored.get(key) or known[key]
        answers.append(Received(message_id, conversation_id, is_new))
    return answers


def _known(batch: Sequence[Incoming]) -> dict[tuple[int, str], tuple[int, int]]:
    rows = Message.objects.filter(direction="in", outside_id__in={item.outside_id for item in batch})
    return {
        (inbox_id, str(outside_id)): (id, conversation_id)
        for id, conversation_id, inbox_id, outside_id in rows.values_list(
            "id", "conversation_id", "inbox_id", "outside_id"
        )
    }


def _store(items: list[Incoming]) -> dict[tuple[int, str], tuple[int, int]]:
    now = clock.now()
    customers = _customers(items)
    conversations, created = _conversations(items, customers, now)
    contacts, started = _contacts({row.pk: row for row in conversations}, now)
    messages = Message.objects.bulk_create(
        _message(item, conversation, contacts[conversation.pk], customers[item.identity_kind, item.address], now)
        for item, conversation in zip(items, conversations, strict=True)
    )
    Attachment.objects.bulk_create(
        Attachment(message=message, **vars(file))
        for item, message in zip(items, messages, strict=True)
        for file in item.files
    )
    facts = _facts(items, conversations, messages, contacts, created, started)
    _save_conversations(conversations)
    record_many(facts)
    return {
        (item.inbox_id, item.outside_id): (message.pk, conversation.pk)
        for item, message, conversation in zip(items, messages, conversations, strict=True)
    }


@transaction.atomic
def customer_at(kind: str, address: str, *, name: str = "") -> Customer:
    """The customer with this (normalised) address, made when there is none."""
    return _people({(kind, address): name})[kind, address]


def _customers(items: Sequence[Incoming]) -> dict[tuple[str, str], Customer]:
    return _people({(item.identity_kind, item.address): item.name for item in reversed(items)})


def _people(names: dict[tuple[str, str], str]) -> dict[tuple[str, str], Customer]:
    """Find or make the customer of every address; a lock for each new address keeps two processes from making two."""
    found = _identities(names)
    missing = sorted(set(names) - set(found))
    if not missing:
        return found
    keys = sorted(
        int.from_bytes(hashlib.blake2b(f"{k}\0{a}".encode(), digest_size=8).digest(), "big", signed=True)
        for k, a in missing
    )
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(k) from unnest(%s::bigint[]) as k", (keys,))
    found |= _identities(missing)
    missing = [key for key in missing if key not in found]
    companies = companies_of(address for kind, address in missing if kind == Identity.Kind.EMAIL)
    made = Customer.objects.bulk_create(
        Customer(name=names[kind, address][:160], company_id=companies.get(address.rpartition("@")[2]))
        for kind, address in missing
    )
    Identity.objects.bulk_create(
        Identity(customer=customer, kind=kind, address=address)
        for customer, (kind, address) in zip(made, missing, strict=True)
    )
    return found | dict(zip(missing, made, strict=True))


def _identities(keys: "Sequence[tuple[str, str]] | dict[tuple[str, str], str]") -> dict[tuple[str, str], Customer]:
    rows = Identity.objects.filter(address__in={address for _, address in keys}).select_related("customer")
    wanted = set(keys)
    return {(row.kind, row.address): row.customer for row in rows if (row.kind, row.address) in wanted}


def _conversations(
    items: Sequence[Incoming], customers: dict[tuple[str, str], Customer], now: datetime
) -> tuple[list[Conversation], set[int]]:
    """The conversation of each item (locked if it existed), and the positions of the items that opened a new one."""
    references = {reference for item in items for reference in item.references if reference}
    threads = {
        (inbox_id, str(outside_id)): conversation_id
        for inbox_id, outside_id, conversation_id in Message.objects.filter(outside_id__in=references).values_list(
            "inbox_id", "outside_id", "conversation_id"
        )
    }
    wanted = {*threads.values(), *(item.conversation_id for item in items if item.conversation_id)}
    locked = {row.pk: row for row in Conversation.objects.select_for_update().filter(pk__in=wanted).order_by("pk")}
    inboxes = {row.pk: row for row in Inbox.objects.filter(pk__in={item.inbox_id for item in items})}
    by_item: list[Conversation] = []
    opened: dict[int, Conversation] = {}
    in_batch: dict[tuple[int, str], Conversation] = {}
    for position, item in enumerate(items):
        places = [(item.inbox_id, reference) for reference in item.references if reference]
        found = next(
            (
                in_batch.get(place) or locked.get(threads.get(place, 0))
                for place in places
                if place in in_batch or place in threads
            ),
            None,
        )
        if found is None and item.conversation_id:
            found = locked.get(item.conversation_id)
        if found is None or found.status == Status.CLOSED or found.inbox_id != item.inbox_id:
            found = opened[position] = _new_conversation(
                item, inboxes[item.inbox_id], customers[item.identity_kind, item.address], now
            )
        in_batch[item.inbox_id, item.outside_id] = found
        by_item.append(found)
    Conversation.objects.bulk_create(opened.values())
    return by_item, set(opened)


def _new_conversation(item: Incoming, inbox: Inbox, customer: Customer, now: datetime) -> Conversation:
    return Conversation(
        inbox=inbox,
        channel=item.channel,
        customer=customer,
        subject=item.subject[:300],
        status=Status.SPAM if item.is_spam or customer.is_blocked else Status.OPEN,
        team_id=inbox.default_team_id,
        created_at=now,
        updated_at=now,
        last_message_at=now,
    )


def _contacts(conversations: dict[int, Conversation], now: datetime) -> tuple[dict[int, Contact], set[int]]:
    """The open contact of each conversation, made where there is none; and the conversations that got one."""
    open_now = {
        contact.conversation_id: contact
        for contact in Contact.objects.filter(conversation__in=conversations, ended_at__isnull=True)
        if contact.channel == conversations[contact.conversation_id].channel
    }
    fresh = [
        Contact(conversation=conversation, channel=conversation.channel, direction=Contact.Direction.IN, started_at=now)
        for id, conversation in conversations.items()
        if id not in open_now
    ]
    Contact.objects.bulk_create(fresh)
    return open_now | {contact.conversation_id: contact for contact in fresh}, {
        contact.conversation_id for contact in fresh
    }


def _message(
    item: Incoming, conversation: Conversation, contact: Contact, customer: Customer, now: datetime
) -> Message:
    return Message(
        conversation=conversation,
        contact=contact,
        inbox_id=item.inbox_id,
        direction=Message.Direction.IN,
        author_kind=Message.Author.CUSTOMER,
        customer=customer,
        subject=item.subject[:300],
        text=item.text,
        html=item.html,
        quoted=item.quoted,
        quoted_html=item.quoted_html,
        signature=item.signature,
        recipients=item.recipients,
        outside_id=item.outside_id,
        in_reply_to=item.in_reply_to[:512],
        raw=item.raw,
        problems=list(item.problems),
        is_automatic=item.is_automatic,
        state=Message.State.RECEIVED,
        sent_at=item.sent_at,
        created_at=now,
    )


def _facts(
    items: Sequence[Incoming],
    conversations: Sequence[Conversation],
    messages: Sequence[Message],
    contacts: dict[int, Contact],
    created: set[int],
    started: set[int],
) -> list[tuple[Payload, Envelope]]:
    """Change the conversations in memory as the messages do, and say what happened."""
    participants = participants_of({row.pk for row in conversations})
    facts: list[tuple[Payload, Envelope]] = []
    for position, (item, conversation, message) in enumerate(zip(items, conversations, messages, strict=True)):
        about = Envelope(
            actor_kind="customer",
            customer_id=message.customer_id,
            conversation_id=conversation.pk,
            contact_id=contacts[conversation.pk].pk,
            channel=conversation.channel,
            audience=audience(conversation, participants=participants[conversation.pk]),
        )
        if position in created:
            facts.append(
                (
                    ConversationCreated(
                        number=conversation.number, inbox_id=conversation.inbox_id, priority=conversation.priority
                    ),
                    about,
                )
            )
        if conversation.pk in started:
            started.discard(conversation.pk)
            facts.append((ContactStarted(direction="in", entry=f"{item.channel}:{item.inbox_id}"), about))
        facts.append(
            (
                MessageCreated(
                    message_id=message.pk,
                    direction="in",
                    author_kind="customer",
                    visibility="public",
                    automated=item.is_automatic,
                ),
                about,
            )
        )
        facts += [(change, about) for change in _apply(conversation, message)]
    return facts


def _apply(conversation: Conversation, message: Message) -> list[Payload]:
    conversation.last_message_at = conversation.updated_at = message.created_at
    conversation.last_message_text = " ".join(message.text.split())[:200]
    conversation.last_message_direction = "in"
    if message.is_automatic:
        return []  # an absence notice neither reopens a case nor waits for an answer
    conversation.waiting_since = conversation.waiting_since or message.created_at
    if conversation.status in (Status.RESOLVED, Status.PENDING, Status.SNOOZED):
        before, conversation.status = conversation.status, Status.OPEN
        conversation.snoozed_until = conversation.resolved_at = None
        if conversation.holder == Conversation.Holder.AGENT and conversation.assignee_id is None:
            conversation.holder = Conversation.Holder.QUEUE
        return [StatusChanged(from_status=before, to_status=Status.OPEN, reason="customer_reply")]
    return []


def _save_conversations(conversations: Sequence[Conversation]) -> None:
    """One UPDATE for all of them (a bulk_update of this many columns is five times as slow to build)."""
    rows = list({row.pk: row for row in conversations}.values())
    with connection.cursor() as cursor:
        cursor.execute(
            "update conversations_conversation c set last_message_at = v.at, updated_at = v.at, last_message_text = v.words,"
            " last_message_direction = 'in', waiting_since = v.since, status = v.status, snoozed_until = v.snoozed,"
            " resolved_at = v.resolved, holder = v.holder"
            " from unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::timestamptz[], %s::text[], %s::timestamptz[],"
            " %s::timestamptz[], %s::text[]) as v(id, at, words, since, status, snoozed, resolved, holder) where c.id = v.id",
            (
                [row.pk for row in rows],
                [row.last_message_at for row in rows],
                [row.last_message_text for row in rows],
                [row.waiting_since for row in rows],
                [str(row.status) for row in rows],
                [row.snoozed_until for row in rows],
                [row.resolved_at for row in rows],
                [str(row.holder) for row in rows],
            ),
        )
