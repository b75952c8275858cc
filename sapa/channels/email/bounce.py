"""Delivery reports: which mail of ours failed, for whom, why, and whether for good (RFC 3464, and those who never read it)."""

import re
from collections.abc import Sequence

from django.utils.translation import gettext as _

from sapa.channels.email.address import Address, parse_addresses
from sapa.channels.email.headers import Headers, split
from sapa.channels.email.mail import Bounce
from sapa.channels.email.threading import message_ids

MAX_SCAN = 20_000  # characters of the text looked at
MAX_REASON = 500
MAX_REPORT = 64_000  # bytes
STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
REPLY_CODE = re.compile(r"(?<![\d.])([45]\d\d)[ -](?=\D)")
FAILED = re.compile(
    r"undeliver|delivery (?:status notification|.{0,20}fail)|returned mail|mail delivery (?:failed|system)|failure notice|"
    r"could ?n[o']t be delivered|not delivered|non remis|unzustellbar|gagal (?:dikirim|terkirim)|tidak (?:dapat|bisa) dikirim|"
    r"pengiriman gagal",
    re.IGNORECASE,
)
DELAYED = re.compile(
    r"delay|warning: message|still being retried|will (?:keep|continue) trying|tertunda", re.IGNORECASE
)
DAEMON = re.compile(r"^(?:mailer-daemon|mail-daemon|maildaemon|postmaster)\b", re.IGNORECASE)
RETURNED_BELOW = re.compile(
    r"^[ \t>]*(?:-{2,}.{0,80}(?:original|returned|copy of).{0,60}-*|.{0,40}(?:original message|message headers).{0,40}:?)[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
ID_LINE = re.compile(r"^[ \t>]*Message-ID:\s*(<[^<>\s]{1,500}>)", re.IGNORECASE | re.MULTILINE)
ADDRESS = re.compile(r"<?([\w.+=\-]{1,64}@[\w.\-]{3,253})>?")


def detect(
    headers: Headers, *, sender: Address, subject: str, content_type: str, report_type: str, text: str,
    reports: Sequence[bytes], returned: Sequence[bytes],
) -> Bounce | None:  # fmt: skip
    """The report that this mail is, or None. A disposition notification («read») is no bounce."""
    if reports:
        return _standard(reports[0], returned, text)
    if content_type == "multipart/report" and report_type == "delivery-status":
        return _free_form(headers, returned, text)
    local = sender.email.rpartition("@")[0]
    null_path = headers.get("return-path").replace(" ", "") == "<>"
    failed_header = headers.get("x-failed-recipients")
    if failed_header or ((DAEMON.match(local) or null_path) and FAILED.search(f"{subject}\n{text[:2_000]}")):
        return _free_form(headers, returned, text)
    return None


def _standard(report: bytes, returned: Sequence[bytes], text: str) -> Bounce:
    """RFC 3464: a block about the message, then one block for each recipient; the worst recipient is told."""
    report = report[:MAX_REPORT]
    blocks: list[Headers] = []
    at = 0
    while 0 <= at < len(report):
        block, behind, _ended = split(report, at)
        if block.fields:
            blocks.append(block)
        at = behind if behind > at else report.find(b"\n", at) + 1 or len(report)
    people = [
        block
        for block in blocks
        if block.raw("final-recipient") or block.raw("original-recipient") or block.raw("status")
    ]
    order = {"failed": 0, "delayed": 1}
    worst = min(people or blocks or [Headers(())], key=lambda block: order.get(block.get("action").lower(), 2))
    action = worst.get("action").lower()
    diagnostic = worst.get("diagnostic-code")
    status = _status(worst.get("status")) or _status(diagnostic)
    recipient = _recipient(worst.get("original-recipient")) or _recipient(worst.get("final-recipient"))
    delivered = action in {"delivered", "relayed", "expanded"} or (not action and status.startswith("2"))
    return Bounce(
        message_id=_original_id(returned, text),
        recipient=recipient or _first_address(text),
        status=status,
        permanent=not delivered and (action == "failed" if action else status.startswith("5")),
        reason=_reason(status, diagnostic.partition(";")[2] or diagnostic),
        delivered=delivered,
    )


def _free_form(headers: Headers, returned: Sequence[bytes], text: str) -> Bounce:
    """Exim, qmail, old Exchange, Gmail and the like: the same facts, dug out of the text above the returned mail."""
    below = RETURNED_BELOW.search(text[:MAX_SCAN])
    above = text[: below.start()] if below else text[:MAX_SCAN]
    failed = parse_addresses(headers.get("x-failed-recipients"), limit=1)
    status = _status(above)
    code = REPLY_CODE.search(above)
    if not status and code:
        status = f"{code.group(1)[0]}.0.0"
    is_delayed = bool(DELAYED.search(f"{headers.get('subject')}\n{above[:2_000]}")) and not status.startswith("5")
    told = next((line.strip() for line in above.splitlines() if STATUS.search(line) or REPLY_CODE.search(line)), "")
    return Bounce(
        message_id=_original_id(returned, text) or next(iter(message_ids(headers.get("in-reply-to"))), ""),
        recipient=failed[0].email if failed else _first_address(above),
        status=status,
        permanent=not is_delayed and not status.startswith("4"),
        reason=_reason(status, told),
    )


def _status(text: str) -> str:
    found = STATUS.search(text)
    return found.group() if found else ""


def _recipient(field: str) -> str:
    """`rfc822; dan@toko.id` → `dan@toko.id`."""
    found = parse_addresses(field.partition(";")[2] or field, limit=1)
    return found[0].email if found else ""


def _first_address(text: str) -> str:
    for match in ADDRESS.finditer(text[:MAX_SCAN]):
        if not DAEMON.match(match.group(1)):
            return match.group(1).rstrip(".-")
    return ""


def _original_id(returned: Sequence[bytes], text: str) -> str:
    for data in returned:
        headers, _body, _ended = split(data, 0, min(len(data), 64_000))
        ids = message_ids(headers.get("message-id"))
        if ids:
            return ids[0]
    quoted = ID_LINE.search(text[: MAX_SCAN * 5])
    return next(iter(message_ids(quoted.group(1))), "") if quoted else ""


def _reason(status: str, diagnostic: str) -> str:
    """One plain sentence from the status code (RFC 3463), and the words of the other server behind it."""
    said = " ".join(diagnostic.split())[:MAX_REASON]
    subject, _dot, detail = status.partition(".")[2].partition(".")
    plain = {
        ("1", "1"): _("The address does not exist."),
        ("1", "2"): _("The domain of the address does not exist."),
        ("1", "10"): _("The domain of the address takes no mail."),
        ("2", "1"): _("The mailbox is closed."),
        ("2", "2"): _("The mailbox is full."),
        ("2", "3"): _("The mail is too large for the mailbox."),
        ("3", "4"): _("The mail is too large for the other server."),
        ("4", "1"): _("The other server did not answer."),
        ("4", "4"): _("No way to the other server was found."),
        ("4", "7"): _("The other server could not be reached in time."),
    }.get((subject, detail)) or {
        "1": _("The address was refused."),
        "2": _("The mailbox takes no mail."),
        "3": _("The other mail system has a fault."),
        "4": _("The other server could not be reached."),
        "5": _("The two servers did not understand each other."),
        "6": _("The content of the mail was refused."),
        "7": _("The other server refused the mail as unwanted or not allowed."),
    }.get(subject, _("The mail was not delivered."))
    return f"{plain} «{said}»" if said else plain
