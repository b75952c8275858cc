"""Fetch what is new in one folder, in bounded pieces; each piece is kept and passed over in one transaction."""

import imaplib
import logging
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.utils.translation import gettext as _
from imapclient.exceptions import IMAPClientError

from sapa.channels.email.imap import progress
from sapa.channels.email.imap.client import Client, select_folder
from sapa.channels.email.intake import RawMail
from sapa.channels.email.models import Mailbox
from sapa.core.errors import Passing

log = logging.getLogger("sapa.imap")
PIECE_MAILS = 100
PIECE_BYTES = 8 * 1024 * 1024
WINDOW = 500  # UIDs asked for at once; doubled while nothing is found, for folders with large gaps
WIDEST = 50_000  # an answer about so many still fits into one line of the protocol
HEADER_BYTES = 64 * 1024
# A single mail that the server does not hand over is given up after this many tries over at least so many seconds.
TRIES = 5
TRY_SECONDS = 600.0


@dataclass
class Trouble:
    """Pieces that failed, over all connections of a mailbox, so that one broken mail does not stop the others.

    careful: fetch one by one up to this UID. tries: how often a UID failed alone, and since when.
    """

    careful: int = 0
    tries: dict[int, tuple[int, float]] = field(default_factory=dict)

    def note(self, uids: Sequence[int]) -> None:
        self.careful = max(self.careful, uids[-1])
        if len(uids) == 1:
            count, since = self.tries.get(uids[0], (0, time.monotonic()))
            self.tries[uids[0]] = (count + 1, since)

    def is_hopeless(self, uid: int) -> bool:
        count, since = self.tries.get(uid, (0, 0.0))
        return count >= TRIES and time.monotonic() - since >= TRY_SECONDS


@dataclass
class Fetch:
    """One connection's fetching. `mailbox` is as the database has it; raises progress.ClaimLost when it no longer is."""

    client: Client
    claim: progress.Claim
    mailbox: Mailbox
    stop: threading.Event
    trouble: Trouble

    def catch_up(self) -> None:
        """Keep everything that has come since; returns early when told to stop."""
        validity, following = select_folder(self.client, self.mailbox)
        if self.mailbox.uid_validity != validity:
            self.mailbox = progress.start_over(self.claim, validity=validity)
        self._afterwards()
        low, width = self.mailbox.last_uid + 1, WINDOW
        while low < following and not self.stop.is_set():
            high = min(low + width - 1, following - 1)
            found = self._window(low, high)
            for piece in self._pieces(found):
                if self.stop.is_set():
                    return
                self._keep(piece, validity)
            width = WINDOW if found else min(width * 2, WIDEST)
            low = high + 1
            self._afterwards()
        if not self.stop.is_set():
            self.mailbox = progress.keep(self.claim, [], validity=validity, upto=max(following - 1, 0))

    def _window(self, low: int, high: int) -> list[tuple[int, int]]:
        """UID and size of the wanted mails in a range, oldest first."""
        uids = sorted(uid for uid in self.client.search(["UID", f"{low}:{high}"]) if low <= uid <= high)
        found = []
        for start in range(0, len(uids), WINDOW):
            part = uids[start : start + WINDOW]
            answer = self.client.fetch(part, ["RFC822.SIZE", "INTERNALDATE"])
            for uid in part:
                about = answer.get(uid, {})
                arrived = about.get(b"INTERNALDATE")
                if self.mailbox.since and arrived and arrived < self.mailbox.since:
                    continue
                if about:  # else it was removed in between
                    found.append((uid, int(about.get(b"RFC822.SIZE") or 0)))
        return found

    def _pieces(self, found: Sequence[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
        """Groups that fit into memory; a large mail comes alone."""
        piece: list[tuple[int, int]] = []
        weight = 0
        for uid, size in found:
            alone = uid <= self.trouble.careful or size > settings.MAIL_LIMIT
            if piece and (alone or weight + size > PIECE_BYTES or len(piece) >= PIECE_MAILS):
                yield piece
                piece, weight = [], 0
            piece.append((uid, size))
            weight += PIECE_BYTES if alone else size
        if piece:
            yield piece

    def _keep(self, piece: list[tuple[int, int]], validity: int) -> None:
        uids = [uid for uid, _size in piece]
        mails: list[RawMail] = []
        parts: list[progress.Part] = []
        try:
            for mail in self._fetched(piece, validity):
                if isinstance(mail, progress.Part):
                    parts.append(mail)
                else:
                    mails.append(mail)
        except (imaplib.IMAP4.error, IMAPClientError, OSError):
            self.trouble.note(uids)
            raise
        try:
            self.mailbox = progress.keep(self.claim, mails, validity=validity, upto=uids[-1], parts=parts)
        except OSError as error:
            raise Passing(_("The mail could not be kept: %(why)s.") % {"why": error.strerror or error}) from error
        for uid in uids:
            self.trouble.tries.pop(uid, None)

    def _fetched(self, piece: list[tuple[int, int]], validity: int) -> Iterator[RawMail | progress.Part]:
        """The mails of a piece; one that was removed in between is left out."""
        if len(piece) == 1:
            uid, size = piece[0]
            if size > settings.MAIL_LIMIT or self.trouble.is_hopeless(uid):
                yield self._header(uid, size, validity)
                return
        answer = self.client.fetch([uid for uid, _size in piece], ["BODY.PEEK[]"])
        for uid, _size in piece:
            content = answer.get(uid, {}).get(b"BODY[]")
            if uid not in answer:
                continue
            if not isinstance(content, bytes):
                raise IMAPClientError(f"no content for mail {uid}")
            source = progress.source(self.mailbox.pk, validity, uid)
            if len(content) > settings.MAIL_LIMIT:  # some servers only guess the size
                size = len(content)
                yield progress.Part(source=source, header=content[:HEADER_BYTES], size=size, reason=_too_large(size))
            else:
                yield RawMail(source=source, content=content, inbox_id=self.mailbox.inbox_id)

    def _header(self, uid: int, size: int, validity: int) -> progress.Part:
        """The header alone, as far as the server gives it."""
        content: object = b""
        try:
            answer = self.client.fetch([uid], [f"BODY.PEEK[HEADER]<0.{HEADER_BYTES}>"]).get(uid, {})
            content = next((value for name, value in answer.items() if name.startswith(b"BODY[HEADER]")), b"")
        except imaplib.IMAP4.abort:
            raise
        except IMAPClientError as error:
            log.warning("mailbox %d gives not even the header of mail %d: %s", self.mailbox.pk, uid, error)
        return progress.Part(
            source=progress.source(self.mailbox.pk, validity, uid),
            header=content if isinstance(content, bytes) else b"",
            size=size,
            reason=_too_large(size)
            if size > settings.MAIL_LIMIT
            else _("The mail server does not hand over this mail; only its header could be kept."),
        )

    def _afterwards(self) -> None:
        """Do with kept mail on the server what the settings say; after a crash it is made up for here."""
        mailbox = self.mailbox
        if mailbox.afterwards == Mailbox.Afterwards.LEAVE or mailbox.done_uid >= mailbox.last_uid:
            return
        for low in range(mailbox.done_uid + 1, mailbox.last_uid + 1, WIDEST):
            high = min(low + WIDEST - 1, mailbox.last_uid)
            there = [uid for uid in self.client.search(["UID", f"{low}:{high}"]) if low <= uid <= high]
            kept = progress.whole(mailbox.pk, mailbox.uid_validity or 0, there)
            for start in range(0, len(kept), WINDOW):
                self._put_away(kept[start : start + WINDOW])
        self.mailbox = progress.done(self.claim, upto=mailbox.last_uid)

    def _put_away(self, uids: list[int]) -> None:
        if self.mailbox.afterwards == Mailbox.Afterwards.SEEN:
            self.client.add_flags(uids, [rb"\Seen"], silent=True)
        elif self.mailbox.afterwards == Mailbox.Afterwards.DELETE:
            self._delete(uids)
        elif self.client.has_capability("MOVE"):
            self.client.move(uids, self.mailbox.move_to)
        else:
            self.client.copy(uids, self.mailbox.move_to)
            self._delete(uids)

    def _delete(self, uids: list[int]) -> None:
        self.client.delete_messages(uids, silent=True)
        if self.client.has_capability("UIDPLUS"):
            # Without it an EXPUNGE would also remove what somebody else only marked.
            self.client.uid_expunge(uids)


def _too_large(size: int) -> str:
    return _("The mail has %(size)d MB, more than the %(limit)d MB that are taken; only its header was kept.") % {
        "size": -(-size // 1024**2),
        "limit": settings.MAIL_LIMIT // 1024**2,
    }
