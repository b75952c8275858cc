"""A reply in parts: what is new, what is quoted history, what is signature. The parts put together are the whole, to the letter.

The words by which mailers announce a quote in fifteen languages come from mail-parser-reply. Its own reader is not used:
it strips every line and joins them again, and some of its patterns take minutes on a purpose-made line.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from mailparser_reply.constants import MAIL_LANGUAGES

MAX_LINES = 10_000  # looked at; what follows is of the kind of the last one
MAX_LINE = 400  # longer lines announce nothing
MAX_SIGNATURE_LINES = 10
INDONESIAN = r"^(?:> ?)*(?:Pada|Tanggal)\s.{4,300}?\s(?:menulis|menuliskan|berkata)\s?:$"
SEPARATOR = re.compile(
    r"^[ \t>*]*(?:-{2,}|_{2,})[ \t]*(?:original (?:message|appointment)|pesan (?:asli|terusan|yang diteruskan)|forwarded (?:message|by.*)|"
    r"begin forwarded message|ursprüngliche nachricht|weitergeleitete nachricht|message d'origine|mensaje original|"
    r"oorspronkelijk bericht|messaggio originale|mensagem original)[ \t]*:?[ \t]*(?:-{2,}|_{2,})?[ \t*]*$|"
    r"^[ \t]*(?:begin forwarded message|pesan yang diteruskan dimulai)[ \t]*:[ \t]*$",
    re.IGNORECASE,
)
RULE = re.compile(r"^[ \t]*[_-]{20,}[ \t]*$")
LABEL = re.compile(
    r"^[ \t>*]*(?:(?P<who>from|dari|von|de|van|da)|(?P<when>sent|date|dikirim|tanggal|gesendet|datum|envoyé|enviado(?: el)?|verzonden|"
    r"inviato|fecha|data)|(?P<what>to|cc|subject|ke|kepada|untuk|perihal|subjek|hal|judul|an|betreff|à|objet|para|"
    r"asunto|aan|onderwerp|a|oggetto|assunto|"
    r"reply-to|importance))[ \t*]*:(?=[ \t*]|$)",
    re.IGNORECASE,
)
SIGNATURE = re.compile(r"^(?:-- ?|—|__)$")
SENT_FROM = re.compile(
    r"^(?:sent from (?:my|mail for|outlook|yahoo|samsung)|get outlook for|dikirim dari|dapatkan outlook untuk|terkirim dari|"
    r"gesendet von|von meinem \w+ gesendet|envoyé (?:de|depuis)|enviado (?:desde|do meu)|inviato da|verzonden (?:vanaf|met))\b.{0,120}$",
    re.IGNORECASE,
)
CLOSING = re.compile(
    r"^(?:(?:best|kind|warm|with best|many)? ?(?:regards|wishes)|sincerely(?: yours)?|yours (?:truly|sincerely|faithfully)|cheers|"
    r"salam(?: (?:hormat|hangat|sejahtera|kenal))?|hormat (?:saya|kami)|dengan hormat kami|wassalam|mit freundlichen grüßen|mfg|"
    r"cordialement|saludos|met vriendelijke groet)[,.!]?$",
    re.IGNORECASE,
)


class Kind(StrEnum):
    """What a stretch of a reply is."""

    FRESH = "fresh"
    QUOTED = "quoted"
    SIGNATURE = "signature"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Neighbouring characters of one kind."""

    kind: Kind
    content: str


@dataclass(frozen=True, slots=True)
class Split:
    """The stretches in their order; `"".join(stretch.content …)` is the input, unchanged."""

    stretches: tuple[Stretch, ...]

    def of(self, kind: Kind) -> str:
        return "".join(stretch.content for stretch in self.stretches if stretch.kind == kind)

    @property
    def fresh(self) -> str:
        return self.of(Kind.FRESH)

    @property
    def quoted(self) -> str:
        return self.of(Kind.QUOTED)

    @property
    def signature(self) -> str:
        return self.of(Kind.SIGNATURE)

    @property
    def is_interleaved(self) -> bool:
        """Whether new words follow quoted ones, so that folding the quotes would hide what is being answered."""
        kinds = [stretch.kind for stretch in self.stretches if stretch.content.strip()]
        return Kind.QUOTED in kinds and Kind.FRESH in kinds[kinds.index(Kind.QUOTED) :]


def split_text(text: str) -> Split:
    """The parts of a plain text reply."""
    lines = text.splitlines(keepends=True)
    kinds = list(_kinds([line.strip() for line in lines[:MAX_LINES]]))
    kinds += kinds[-1:] * (len(lines) - len(kinds))
    stretches: list[Stretch] = []
    start = 0
    for number in range(1, len(lines) + 1):
        if number == len(lines) or kinds[number] != kinds[start]:
            stretches.append(Stretch(kinds[start], "".join(lines[start:number])))
            start = number
    return unfolded(Split(tuple(stretches)))


def unfolded(split: Split) -> Split:
    """A mail without new words (a forward, a lone quote) is new as a whole: there would be nothing left to read."""
    if split.fresh.strip() or not split.quoted:
        return split
    return Split((Stretch(Kind.FRESH, "".join(stretch.content for stretch in split.stretches)),))


def _kinds(lines: list[str]) -> Iterator[Kind]:
    """The kind of each (stripped) line."""
    at, kind = 0, Kind.FRESH
    while at < len(lines):
        line = lines[at]
        announced = _announced(lines, at) if line else 0
        if announced and not _next_word(lines, at + announced).startswith(">"):
            yield from [Kind.QUOTED] * (len(lines) - at)  # nothing marks its end: it goes on to the last line
            return
        if announced or line.startswith(">"):
            end = _end_of_quote(lines, at + announced)
            yield from [Kind.QUOTED] * (end - at)
            at, kind = end, Kind.FRESH
            continue
        if kind is Kind.FRESH and line and _starts_signature(lines, at):
            kind = Kind.SIGNATURE
        yield kind
        at += 1


def _next_word(lines: list[str], at: int) -> str:
    return next((line for line in lines[at : at + 5] if line), "")


def _end_of_quote(lines: list[str], at: int) -> int:
    """Behind the last line of the block of `>` lines; empty lines inside belong to it."""
    end = at
    while at < len(lines) and (not lines[at] or lines[at].startswith(">")):
        at += 1
        if lines[at - 1]:
            end = at
    return end if at < len(lines) else at


def _announced(lines: list[str], at: int) -> int:
    """How many lines from `at` on announce quoted history; 0 when they do not."""
    line = lines[at]
    if len(line) > MAX_LINE:
        return 0
    if line[0] in "-_*>Bb<Pp" and SEPARATOR.match(line):
        return 1
    if RULE.match(line) and at + 1 < len(lines) and _is_header_block(lines, at + 1):
        return 1
    if _is_header_block(lines, at):
        return 1
    return announcement(lines[at : at + 4])


def announcement(lines: list[str]) -> int:
    """How many of the lines make up «On … wrote:», «Pada … menulis:» and the like, broken over up to three lines; else 0."""
    joined = ""
    for count, line in enumerate(lines[:3], 1):
        joined = f"{joined} {line}".strip()
        if not line or len(joined) > MAX_LINE:
            return 0
        if joined[-1] in ":：" and _wrote().match(joined):
            return count
    return 0


def _is_header_block(lines: list[str], at: int) -> bool:
    """Outlook's «From: … Sent: … To: … Subject: …»: who first, then when or what, at least three in the next lines."""
    first = LABEL.match(lines[at]) if ":" in lines[at][:40] else None
    if not first or not first.group("who"):
        return False
    found = [match.lastgroup for line in lines[at : at + 8] if (match := LABEL.match(line[:MAX_LINE]))]
    return len(found) >= 3 and "what" in found


def _starts_signature(lines: list[str], at: int) -> bool:
    line = lines[at]
    if SIGNATURE.match(line) or SENT_FROM.match(line):
        return True
    if not CLOSING.match(line) or at == 0:
        return False
    below = [other for other in lines[at + 1 : at + 1 + MAX_SIGNATURE_LINES * 2] if other]
    end = next(
        (n for n, other in enumerate(below) if other.startswith(">") or announcement(below[n : n + 3])), len(below)
    )
    return end <= MAX_SIGNATURE_LINES and all(len(other) <= 100 for other in below[:end])


@lru_cache(maxsize=1)
def _wrote() -> re.Pattern[str]:
    """«On … wrote:» in every language, for one line; lines are short here, so the library's patterns cannot run away."""
    patterns = [str(language["wrote_header"]) for language in MAIL_LANGUAGES.values() if language.get("wrote_header")]
    return re.compile("|".join(f"(?:{pattern})" for pattern in [INDONESIAN, *patterns]), re.IGNORECASE)
