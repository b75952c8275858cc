"""What a fetcher writes: whose mailbox it is, how far it was fetched, what went wrong."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from sapa.channels.email import intake
from sapa.channels.email.models import IncomingMail, Mailbox
from sapa.core import clock
from sapa.core.crypto import decrypt, encrypt

CLAIM_SECONDS = 15
MOST_CLAIMS = 500  # mailboxes of one process: each takes a thread


class ClaimLost(Exception):
    """The mailbox was changed or removed, or another process fetches it now."""


@dataclass(frozen=True)
class Claim:
    """One process's right to fetch one mailbox with the settings of that revision."""

    mailbox_id: int
    owner: str
    revision: int


_CLAIM = """
update channels_mailbox set claimed_by = %(owner)s, claimed_until = now() + make_interval(secs => %(seconds)s)
where id in (
    select m.id from channels_mailbox m join conversations_inbox i on i.id = m.inbox_id
    where m.is_active and i.is_active
      and (m.claimed_by = %(owner)s or m.claimed_until is null or m.claimed_until < now())
    order by m.id limit %(most)s for update of m skip locked
)
"""


def claim(owner: str, *, seconds: int = CLAIM_SECONDS) -> dict[int, Claim]:
    """Renew the owner's claims, take what is free, and tell what is the owner's now."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"owner": owner, "seconds": seconds, "most": MOST_CLAIMS})
    rows = Mailbox.objects.filter(claimed_by=owner, is_active=True, inbox__is_active=True)
    return {id: Claim(id, owner, revision) for id, revision in rows.values_list("id", "revision")}


def release(owner: str) -> None:
    """Give all claims back, so that another process takes them at once."""
    Mailbox.objects.filter(claimed_by=owner).update(claimed_by="", claimed_until=None)


def load(claim: Claim) -> Mailbox:
    """The mailbox as it is now. Raises ClaimLost."""
    found = Mailbox.objects.filter(pk=claim.mailbox_id, claimed_by=claim.owner, revision=claim.revision).first()
    if found is None:
        raise ClaimLost
    return found


@dataclass(frozen=True, kw_only=True)
class Part:
    """A mail of which only the header could be kept; `size` is that of the whole, `reason` a sentence for people."""

    source: str
    header: bytes
    size: int
    reason: str


@transaction.atomic
def keep(
    claim: Claim, mails: Sequence[intake.RawMail], *, validity: int, upto: int, parts: Sequence[Part] = ()
) -> Mailbox:
    """Keep mails and move the mailbox past them, both or neither. Raises ClaimLost, OSError for the file store."""
    mailbox = _locked(claim)
    if mailbox.uid_validity != validity:
        raise ClaimLost
    if mails:
        intake.keep(mails)
    if parts:
        _keep_parts(mailbox, parts)
    mailbox.last_uid = max(mailbox.last_uid, upto)
    if mailbox.afterwards == Mailbox.Afterwards.LEAVE:
        mailbox.done_uid = mailbox.last_uid
    mailbox.checked_at, mailbox.error = clock.now(), ""
    mailbox.save(update_fields=["last_uid", "done_uid", "checked_at", "error"])
    return mailbox


@transaction.atomic
def start_over(claim: Claim, *, validity: int) -> Mailbox:
    """The server numbers the folder anew: begin at its start; what is known already is recognised by its Message-ID."""
    mailbox = _locked(claim)
    mailbox.uid_validity, mailbox.last_uid, mailbox.done_uid = validity, 0, 0
    mailbox.save(update_fields=["uid_validity", "last_uid", "done_uid"])
    return mailbox


@transaction.atomic
def done(claim: Claim, *, upto: int) -> Mailbox:
    """What is to happen on the server after fetching has happened up to there. Raises ClaimLost."""
    mailbox = _locked(claim)
    mailbox.done_uid = max(mailbox.done_uid, upto)
    mailbox.save(update_fields=["done_uid"])
    return mailbox


def report(claim: Claim, sentence: str) -> None:
    """Keep what went wrong for the settings page."""
    Mailbox.objects.filter(pk=claim.mailbox_id, claimed_by=claim.owner, revision=claim.revision).update(
        error=sentence[:500], checked_at=clock.now()
    )


def source(mailbox_id: int, validity: int, uid: int) -> str:
    """How the intake names a fetched mail: the same mail is kept once."""
    return f"imap:{mailbox_id}:{validity}:{uid}"


def whole(mailbox_id: int, validity: int, uids: Iterable[int]) -> list[int]:
    """Those of the UIDs whose mail is kept with all of its content."""
    names = {source(mailbox_id, validity, uid): uid for uid in uids}
    kept = IncomingMail.objects.filter(source__in=names, is_whole=True)
    return sorted(names[name] for name in kept.values_list("source", flat=True))


@transaction.atomic
def keep_refresh_token(mailbox: Mailbox, refresh_token: str) -> None:
    """The token service handed out a new refresh token: it replaces the old one in all folders of this account."""
    same = {field: getattr(mailbox, field) for field in ("user", "auth", "client_id", "token_url")}
    old = json.loads(decrypt(mailbox.secret))["refresh_token"]
    for row in Mailbox.objects.select_for_update().filter(**same).order_by("pk"):
        secret = json.loads(decrypt(row.secret))
        if secret["refresh_token"] == old:
            row.secret = encrypt(json.dumps({**secret, "refresh_token": refresh_token}))
            row.save(update_fields=["secret"])
            if row.pk == mailbox.pk:
                mailbox.secret = row.secret


def _keep_parts(mailbox: Mailbox, parts: Sequence[Part]) -> None:
    rows = (
        IncomingMail(
            inbox_id=mailbox.inbox_id,
            source=part.source,
            content=part.header,
            size=part.size,
            is_whole=False,
            state=IncomingMail.State.SKIPPED,
            reason=part.reason[:500],
            received_at=clock.now(),
        )
        for part in parts
    )
    IncomingMail.objects.bulk_create(rows, ignore_conflicts=True)


def _locked(claim: Claim) -> Mailbox:
    found = (
        Mailbox.objects.select_for_update()
        .filter(pk=claim.mailbox_id, claimed_by=claim.owner, revision=claim.revision)
        .first()
    )
    if found is None:
        raise ClaimLost
    return found
