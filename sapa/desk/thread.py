"""What a thread shows: messages and events in the order in which they happened, days between them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from sapa.accounts.models import Team, User
from sapa.conversations.models import Attachment, Conversation, Message, Tag
from sapa.core import clock
from sapa.core import html as markup
from sapa.desk import when
from sapa.desk.files import shown_inline
from sapa.desk.rows import hue, initials
from sapa.timeline.models import Fact

MOST = 50  # messages at first, and with each «earlier»
MOST_AT_ONCE = 300
MOST_EVENTS = 200
ONE_GO = timedelta(seconds=2)
EVENTS = ("case.status_changed", "case.assigned", "case.reclassified", "message.withdrawn")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a thread; `day` is set where a new day begins; exactly one of `message` and `event` is set."""

    id: str
    at: datetime
    time: str
    full_time: str
    day: str = ""
    message: "Shown | None" = None
    event: str = ""
    by: int | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A message with what a template would have to ask for."""

    row: Message
    author: str
    initials: str
    hue: str
    body: SafeString
    has_frame: bool
    has_remote_images: bool
    is_mine: bool
    recipients: Sequence[tuple[str, str]]
    pictures: Sequence[Attachment]
    files: Sequence[Attachment]
    state: str
    state_icon: str
    due: str


@dataclass(frozen=True)
class Thread:
    """The newest entries, or those before some message. `earlier`: the id to ask for more, 0 when these are the first."""

    entries: Sequence[Entry]
    earlier: int
    newest: int


def thread(conversation: Conversation, user: User, *, before: int = 0, since: int = 0) -> Thread:
    """MOST messages before the message `before` (else the newest), or all from `since` on; at most seven queries."""
    rows = conversation.messages.select_related("user", "customer").prefetch_related("attachments").order_by("-id")
    if before:
        rows = rows.filter(id__lt=before)
    if since:
        rows = rows.filter(id__gte=since)
    limit = MOST_AT_ONCE if since else MOST
    found = list(rows[: limit + 1])
    messages = found[:limit][::-1]
    is_whole = len(found) <= limit and not (since and conversation.messages.filter(id__lt=since).exists())
    facts = _facts(conversation, messages, is_whole=is_whole, until_first=bool(before))
    entries = _in_order([*_events(facts), *_messages(messages, user)])
    earlier = messages[0].pk if messages and not is_whole else 0
    return Thread(entries, earlier=earlier, newest=messages[-1].pk if messages else 0)


def _facts(conversation: Conversation, messages: Sequence[Message], *, is_whole: bool, until_first: bool) -> list[Fact]:
    """The events that belong between these messages."""
    rows = Fact.objects.filter(conversation_id=conversation.pk, kind__in=EVENTS).order_by("-id")
    if messages and not is_whole:
        rows = rows.filter(occurred_at__gte=messages[0].created_at)
    if messages and until_first:
        rows = rows.filter(occurred_at__lte=messages[-1].created_at)
    return list(rows[:MOST_EVENTS])[::-1]


def _in_order(entries: Iterable[Entry]) -> list[Entry]:
    """By moment; what one person did in one go stands in one line; days are named where they begin."""
    now, day, result = clock.now(), "", list[Entry]()
    for entry in sorted(entries, key=lambda entry: entry.at):
        last = result[-1] if result else None
        if last and last.event and entry.event and last.by == entry.by and entry.at - last.at < ONE_GO:
            result[-1] = replace(last, event=f"{last.event} · {entry.event}")
            continue
        begins = when.day(entry.at, now)
        result.append(replace(entry, day=begins) if begins != day else entry)
        day = begins
    return result


# --- Messages -----------------------------------------------------------------------------------------------------


def _messages(messages: Sequence[Message], user: User) -> list[Entry]:
    return [
        Entry(
            f"m{row.pk}",
            row.created_at,
            when.clock_time(row.created_at),
            when.full(row.created_at),
            message=shown(row, user),
        )
        for row in messages
    ]


def shown(row: Message, user: User) -> Shown:
    """What a person sees of a message; needs `user`, `customer` and `attachments` loaded."""
    author = _author(row)
    files = [file for file in row.attachments.all() if not (file.is_inline and file.content_id and row.html)]
    # Mail of strangers is shown in a frame of its own; what colleagues wrote was cleaned and stands in the page.
    is_framed = row.direction == Message.Direction.IN and bool(row.html)
    return Shown(
        row=row,
        author=author,
        initials=initials(author),
        hue=hue((row.user_id if row.user_id else row.customer_id) or 0),
        body=mark_safe("" if is_framed else _body(row)),  # noqa: S308  (escaped or cleaned by core.html)
        has_frame=is_framed,
        has_remote_images=is_framed and markup.has_remote_images(row.html),
        is_mine=row.user_id == user.pk,
        recipients=[
            (label, _names(row.recipients.get(kind)))
            for kind, label in (("from", _("From")), ("to", _("To")), ("cc", _("Cc")), ("bcc", _("Bcc")))
            if row.recipients.get(kind)
        ],
        pictures=[file for file in files if file.content_type.startswith("image/") and shown_inline(file.content_type)],
        files=[
            file for file in files if not (file.content_type.startswith("image/") and shown_inline(file.content_type))
        ],
        state=str(Message.State(row.state).label) if row.direction == Message.Direction.OUT else "",
        state_icon={
            "queued": "clock",
            "sending": "send",
            "failed": "warning",
            "delivered": "delivered",
            "read": "delivered",
        }.get(row.state, "sent"),
        due=when.until(row.send_after, clock.now())
        if row.state == "queued" and row.send_after and row.attempts
        else "",
    )


def _author(row: Message) -> str:
    if row.user_id and row.user:
        return str(row.user)
    if row.author_kind == Message.Author.CUSTOMER:
        return str(row.customer or _("Customer"))
    return _("Bot") if row.author_kind == Message.Author.BOT else _("Automatic answer")


def _body(row: Message) -> str:
    if not row.html:
        return markup.from_text(row.text)
    inline = {file.content_id: file_address(file) for file in row.attachments.all() if file.content_id}
    return markup.reveal(row.html, inline=inline)


def file_address(file: Attachment) -> str:
    """Where an attachment is fetched; the name at the end is for the person who saves it."""
    return f"/files/{file.pk}/"


def _names(found: object) -> str:
    people = found if isinstance(found, list) else []
    return ", ".join(_named(person) for person in people if isinstance(person, dict))


def _named(person: dict[str, Any]) -> str:
    name, address = str(person.get("name") or ""), str(person.get("address") or "")
    return f"{name} <{address}>" if name and name != address else address


# --- Events -------------------------------------------------------------------------------------------------------


def _events(facts: Sequence[Fact]) -> list[Entry]:
    """Facts as sentences; those that say nothing to a reader are left out."""
    words = _words(facts)
    told = [(fact, sentence) for fact in facts if (sentence := _sentence(fact, words))]
    return [_event(fact, sentence) for fact, sentence in told]


def _event(fact: Fact, sentence: str) -> Entry:
    at = fact.occurred_at
    return Entry(f"f{fact.pk}", at, when.clock_time(at), when.full(at), event=sentence, by=fact.agent_id)


@dataclass(frozen=True)
class _Words:
    people: dict[int, str]
    teams: dict[int, str]
    tags: dict[int, str]


def _words(facts: Sequence[Fact]) -> _Words:
    """Names of the people, teams and tags that these facts speak of, in one query each."""
    people, teams, tags = {fact.agent_id for fact in facts}, set[int | None](), set[int | None]()
    for fact in facts:
        payload = fact.payload
        if fact.kind == "case.assigned":
            people |= {payload.get("from_user"), payload.get("to_user")}
            teams |= {payload.get("from_team"), payload.get("to_team")}
        elif payload.get("field") == "tag":
            tags |= {payload.get("before"), payload.get("after")}
    return _Words(
        people={user.pk: str(user) for user in User.objects.filter(pk__in=_ids(people))} if _ids(people) else {},
        teams={team.pk: team.name for team in Team.objects.filter(pk__in=_ids(teams))} if _ids(teams) else {},
        tags={tag.pk: tag.name for tag in Tag.objects.filter(pk__in=_ids(tags))} if _ids(tags) else {},
    )


def _ids(found: set[int | None]) -> list[int]:
    return [id for id in found if id is not None]


def _sentence(fact: Fact, words: _Words) -> str:
    who = words.people.get(fact.agent_id or 0, "")
    match fact.kind:
        case "case.status_changed":
            return _moved(fact.payload, who)
        case "case.assigned":
            return _given(fact.payload, who, words)
        case "case.reclassified":
            return _changed(fact.payload, who, words)
        case "message.withdrawn":
            return _("%(who)s took an answer back before it left") % {"who": who}
        case _:
            return ""


def _moved(payload: dict[str, Any], who: str) -> str:
    status = payload.get("to_status", "")
    reason = payload.get("reason", "")
    if reason == "customer_reply":
        return _("Reopened by the customer's answer")
    if reason == "snooze_over":
        return _("The snooze is over")
    if not who:
        return _("Status is now: %(status)s") % {"status": dict(Conversation.Status.choices).get(status, status)}
    sentences = {
        "open": _("%(who)s reopened it"),
        "pending": _("%(who)s set it to pending"),
        "snoozed": _("%(who)s snoozed it"),
        "resolved": _("%(who)s resolved it"),
        "closed": _("%(who)s closed it"),
        "spam": _("%(who)s marked it as spam"),
    }
    return sentences.get(status, "") % {"who": who} if status in sentences else ""


def _given(payload: dict[str, Any], who: str, words: _Words) -> str:
    parts = []
    to_user, to_team = payload.get("to_user"), payload.get("to_team")
    if payload.get("from_user") != to_user:
        name = words.people.get(to_user or 0, _("somebody who left"))
        if to_user is None:
            parts.append(_("%(who)s gave it back") % {"who": who} if who else _("Given back"))
        elif name == who:
            parts.append(_("%(who)s took it") % {"who": who})
        else:
            parts.append(
                _("%(who)s gave it to %(name)s") % {"who": who, "name": name}
                if who
                else _("Given to %(name)s") % {"name": name}
            )
    if payload.get("from_team") != to_team:
        team = words.teams.get(to_team or 0, _("a team that is gone"))
        parts.append(_("Team: %(team)s") % {"team": team} if to_team else _("No team"))
    return " · ".join(parts)


def _changed(payload: dict[str, Any], who: str, words: _Words) -> str:
    field, after = payload.get("field"), payload.get("after")
    if field == "priority":
        label = dict(Conversation.Priority.choices).get(int(after or 0), "")
        return _("%(who)s set the priority to %(priority)s") % {"who": who or "Sapa", "priority": label}
    if field == "tag":
        tag = words.tags.get(after or payload.get("before") or 0, "")
        if not tag:
            return ""
        sentence = _("%(who)s added the tag %(tag)s") if after else _("%(who)s removed the tag %(tag)s")
        return sentence % {"who": who or "Sapa", "tag": tag}
    if field == "subject":
        return _("%(who)s changed the subject") % {"who": who or "Sapa"}
    return ""
