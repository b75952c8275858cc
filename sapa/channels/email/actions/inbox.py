"""Make and change an e-mail inbox: its addresses, who may open it, what it writes under its answers."""

from collections.abc import Iterable
from typing import TypedDict, Unpack

from django.db import connection, transaction
from django.utils.translation import gettext as _

from sapa.accounts.audit import audit, differences
from sapa.accounts.models import Team, User
from sapa.channels.email import address as addresses
from sapa.channels.email.actions._allowed import check, target
from sapa.channels.email.capabilities import capabilities
from sapa.channels.email.models import EmailInbox
from sapa.conversations.models import Inbox
from sapa.conversations.models.inbox import Channel
from sapa.core.errors import Refused

MOST_ALIASES = 50
_OF_INBOX = ("name", "address", "signature", "is_active")
_OF_EMAIL = ("from_name", "auto_reply", "auto_reply_text", "plus_address")


class InboxChange(TypedDict, total=False):
    """What may be changed; what is left out stays. teams: ids, none of them opens the inbox to everybody."""

    name: str
    address: str
    aliases: Iterable[str]
    from_name: str
    signature: str
    teams: Iterable[int]
    default_team: int | None
    auto_reply: bool
    auto_reply_text: str
    plus_address: bool
    is_active: bool


@transaction.atomic
def create_inbox(*, by: User | None, **wanted: Unpack[InboxChange]) -> Inbox:
    """Make an e-mail inbox; `name` and `address` are needed. Raises NotAllowed, Refused with the field to blame."""
    check(by)
    _one_at_a_time()
    inbox = Inbox(channel=Channel.EMAIL, capabilities=capabilities())
    _write(inbox, EmailInbox(inbox=inbox), {"name": "", "address": "", **wanted})
    audit("inbox.created", actor=by, target=target(inbox), changes=_shown(inbox, inbox.email))
    return inbox


@transaction.atomic
def change_inbox(inbox: Inbox, *, by: User | None, **wanted: Unpack[InboxChange]) -> Inbox:
    """Change an e-mail inbox. Raises NotAllowed, Refused with the field to blame."""
    check(by)
    _one_at_a_time()
    inbox = Inbox.objects.select_for_update().get(pk=inbox.pk, channel=Channel.EMAIL)
    email = EmailInbox.objects.get_or_create(inbox=inbox)[0]
    before = _shown(inbox, email)
    inbox.capabilities = capabilities()
    _write(inbox, email, wanted)
    if changes := differences(before, _shown(inbox, email)):
        audit("inbox.changed", actor=by, target=target(inbox), changes=changes)
    return inbox


def _one_at_a_time() -> None:
    """An address belongs to one inbox, as its own or as an alias; no constraint can say that, so changes queue up."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('channels.inbox.address'))")


def _write(inbox: Inbox, email: EmailInbox, wanted: InboxChange) -> None:
    _fill(inbox, email, wanted)
    if not inbox.name:
        raise Refused(_("Give the inbox a name."), field="name")
    if email.auto_reply and not email.auto_reply_text:
        raise Refused(_("Write the automatic answer, or switch it off."), field="auto_reply_text")
    team_ids = _team_ids(inbox, wanted)
    inbox.save()
    email.inbox = inbox
    email.save()
    inbox.teams.set(team_ids)


def _fill(inbox: Inbox, email: EmailInbox, wanted: InboxChange) -> None:
    for field, value in wanted.items():
        clean = value.strip() if isinstance(value, str) else value
        if field in _OF_INBOX:
            setattr(inbox, field, clean)
        elif field in _OF_EMAIL:
            setattr(email, field, clean)
    if "address" in wanted:
        inbox.address = _free(inbox, wanted["address"], field="address")
    if "aliases" in wanted:
        found = dict.fromkeys(_free(inbox, alias, field="aliases") for alias in wanted["aliases"] if alias.strip())
        email.aliases = [alias for alias in found if alias != inbox.address]
    elif inbox.address in email.aliases:
        email.aliases = [alias for alias in email.aliases if alias != inbox.address]
    if len(email.aliases) > MOST_ALIASES:
        raise Refused(
            _("An inbox can have at most %(most)d further addresses.") % {"most": MOST_ALIASES}, field="aliases"
        )


def _free(inbox: Inbox, text: str, *, field: str) -> str:
    """The normal, lower-case form of an address that no other inbox has."""
    if not text.strip():
        raise Refused(_("Enter the e-mail address of this inbox."), field=field)
    address = addresses.normal(text).lower()
    if not address or len(address) > 254:
        raise Refused(_("«%(text)s» is not an e-mail address.") % {"text": text.strip()[:100]}, field=field)
    others = EmailInbox.objects.exclude(inbox=inbox.pk).select_related("inbox")
    if owner := Inbox.objects.filter(channel=Channel.EMAIL, address=address).exclude(pk=inbox.pk).first():
        raise Refused(
            _("The address %(address)s belongs to the inbox «%(inbox)s» already.")
            % {"address": address, "inbox": owner.name},
            field=field,
        )
    if alias_of := others.filter(aliases__contains=[address]).first():
        raise Refused(
            _("The address %(address)s is a further address of the inbox «%(inbox)s».")
            % {"address": address, "inbox": alias_of.inbox.name},
            field=field,
        )
    return address


def _team_ids(inbox: Inbox, wanted: InboxChange) -> list[int]:
    """The ids of the teams that may open it; the default team must be among them."""
    if "teams" in wanted:
        asked = set(wanted["teams"])
        found = set(Team.objects.filter(pk__in=asked).values_list("pk", flat=True))
        if asked != found:
            raise Refused(_("One of these teams is gone; choose again."), field="teams")
    else:
        found = set(inbox.teams.values_list("pk", flat=True)) if inbox.pk else set()
    if "default_team" in wanted:
        inbox.default_team = Team.objects.filter(pk=wanted["default_team"]).first() if wanted["default_team"] else None
        if wanted["default_team"] and inbox.default_team is None:
            raise Refused(_("This team is gone; choose another."), field="default_team")
    if found and inbox.default_team_id and inbox.default_team_id not in found:
        raise Refused(
            _("New conversations would go to a team that may not open this inbox; choose one of its teams."),
            field="default_team",
        )
    return sorted(found)


def _shown(inbox: Inbox, email: EmailInbox) -> dict[str, object]:
    """What the audit log compares."""
    return {
        **{field: getattr(inbox, field) for field in _OF_INBOX},
        **{field: getattr(email, field) for field in _OF_EMAIL},
        "aliases": list(email.aliases),
        "teams": list(inbox.teams.order_by("pk").values_list("pk", flat=True)),
        "default_team": inbox.default_team_id,
    }
