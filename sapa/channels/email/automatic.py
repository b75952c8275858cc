"""Mail that no person wrote for us: replies of machines, lists, bulk, bounces, our own mail coming back (RFC 3834 and habits)."""

import re
from collections.abc import Iterable

from django.utils.translation import gettext as _

from sapa.channels.email.address import Address, is_own
from sapa.channels.email.headers import Headers
from sapa.channels.email.mail import Automatic, AutomaticKind, ParsedMail
from sapa.channels.email.threading import is_own_id

ROBOTS = re.compile(
    r"(?:mailer-daemon|postmaster|mail-daemon|maildaemon|bounces?|no-?reply|do-?not-?reply|noresponse|auto-?reply|"
    r"autoresponder|listserv|majordomo)(?:[-+=.].*)?",
    re.IGNORECASE,
)
DAEMONS = re.compile(r"(?:mailer-daemon|mail-daemon|maildaemon|postmaster)(?:[-+=.].*)?", re.IGNORECASE)
SUPPRESS = re.compile(r"\b(?:all|autoreply|oof)\b", re.IGNORECASE)
REPLY_HEADERS = ("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply", "x-mail-autoreply", "auto-reply")
LIST_HEADERS = ("list-id", "list-post", "list-help", "list-subscribe", "mailing-list", "x-mailing-list")
VACATION = re.compile(
    r"^\s*(?:auto(?:matic)?[ -]?(?:reply|response)|auto:|out of (?:the )?office|abwesenheit|absence|vacation|balasan otomatis|"
    r"jawaban otomatis|di luar kantor|sedang cuti)\b",
    re.IGNORECASE,
)


def detect(
    headers: Headers,
    *,
    sender: Address,
    message_id: str,
    content_type: str,
    is_bounce: bool,
    own_domains: Iterable[str] = (),
) -> Automatic | None:
    """Which kind of machine wrote it, most telling sign first; None for what a person wrote."""
    raw = {name for name, _value in headers.fields}
    if is_own_id(message_id, own_domains):
        return Automatic(AutomaticKind.OWN, _("Its Message-ID is one of ours: we sent it ourselves."))
    if is_bounce:
        return Automatic(AutomaticKind.BOUNCE, _("It reports that a mail was not delivered."))
    local = sender.email.rpartition("@")[0].strip('"')
    if DAEMONS.fullmatch(local):
        return Automatic(AutomaticKind.BOUNCE, _("It comes from a mail server, not from a person."))
    if "return-path" in raw and headers.get("return-path").replace(" ", "") == "<>":
        return Automatic(AutomaticKind.GENERATED, _("It has an empty return path, as reports of mail servers have."))
    return _reply(headers, raw) or _bulk(headers, raw) or _robot(local, content_type)


def _reply(headers: Headers, raw: set[str]) -> Automatic | None:
    submitted = headers.get("auto-submitted").partition(";")[0].strip().lower() if "auto-submitted" in raw else ""
    if submitted.startswith("auto-replied"):
        return Automatic(AutomaticKind.AUTO_REPLY, _("It says that it is an automatic reply (Auto-Submitted)."))
    if submitted and submitted != "no":
        return Automatic(AutomaticKind.GENERATED, _("It says that a program made it (Auto-Submitted)."))
    if any(name in raw for name in REPLY_HEADERS) or headers.get("precedence").strip().lower() == "auto_reply":
        return Automatic(AutomaticKind.AUTO_REPLY, _("It carries the mark of an automatic reply."))
    if VACATION.match(headers.get("subject")):
        return Automatic(AutomaticKind.AUTO_REPLY, _("Its subject is that of an absence note."))
    return None


def _bulk(headers: Headers, raw: set[str]) -> Automatic | None:
    precedence = headers.get("precedence").strip().lower() if "precedence" in raw else ""
    if precedence == "list" or any(name in raw for name in LIST_HEADERS):
        return Automatic(AutomaticKind.LIST, _("It comes from a mailing list."))
    if precedence in {"bulk", "junk"} or "list-unsubscribe" in raw or "feedback-id" in raw:
        return Automatic(AutomaticKind.BULK, _("It was sent to many people at once."))
    return None


def _robot(local: str, content_type: str) -> Automatic | None:
    if content_type == "multipart/report":
        return Automatic(AutomaticKind.GENERATED, _("It is a report of a mail program."))
    if ROBOTS.fullmatch(local):
        return Automatic(AutomaticKind.GENERATED, _("Its sender's address takes no mail."))
    return None


def may_be_answered(mail: ParsedMail, *, own: Iterable[str]) -> bool:
    """Whether a rule or the bot may answer by itself. How many answers one sender gets per hour is the caller's count."""
    target = mail.reply_to[0] if mail.reply_to else mail.from_
    if mail.automatic or mail.bounce or not mail.from_.email or not target.email:
        return False
    if SUPPRESS.search(mail.header("x-auto-response-suppress")):
        return False
    own = tuple(own)
    return not is_own(mail.from_, own) and not is_own(target, own)
