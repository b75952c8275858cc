"""Mail that was damaged on the way, or made to hurt: only Unreadable may come out, soon, and texts that the database can hold."""

import random
import time

import pytest

from sapa.channels.email.mail import ParsedMail, Unreadable
from sapa.channels.email.parse import parse
from sapa.channels.email.quote import split_text
from sapa.channels.email.quote_html import split_html
from sapa.channels.email.threading import decide, search_for
from sapa.channels.tests.samples import SAMPLES

COUNT = 20_000
SEED = 20261122
LONGEST = 2.0  # seconds for one mail of a few kB; a typical one takes half a millisecond
CHARSETS = [
    b"utf-8",
    b"utf-16",
    b"utf-7",
    b"iso-2022-jp",
    b"big5",
    b"x-none",
    b"idna",
    b"zlib",
    b"\xff",
    b"",
    b"cp037",
    b"unicode_escape",
]
SNIPPETS = [
    b"--",
    b"\r\n",
    b"\n\n",
    b"=?",
    b"?=",
    b'"',
    b"<",
    b">",
    b"(",
    b";",
    b"\x00",
    b"\xff\xfe",
    b"boundary=",
    b"=",
    b"%",
    b"''",
    b"\r",
    b":",
    b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n",
    b"Content-Transfer-Encoding: base64\r\n",
    b"&#xd800;",
    b"<div>" * 50,
]


def mutated(raw: bytes, chance: random.Random) -> bytes:
    data = bytearray(raw)
    for _ in range(chance.randint(1, 6)):
        where = chance.randrange(len(data) + 1)
        match chance.randrange(9):
            case 0:
                for _ in range(chance.randint(1, 30)):
                    if data:
                        data[chance.randrange(len(data))] = chance.randrange(256)
            case 1:
                del data[where:]
            case 2:
                lines = bytes(data).split(b"\r\n")
                lines.insert(chance.randrange(len(lines)), chance.choice(lines))
                data = bytearray(b"\r\n".join(lines))
            case 3:
                data = data.replace(
                    b"--=_b1", chance.choice([b"-=_b1", b"--=_b1--", b"--=_B1", b"--"]), chance.randint(1, 3)
                )
            case 4:
                data = data.replace(b"utf-8", chance.choice(CHARSETS)).replace(b"UTF-8", chance.choice(CHARSETS))
            case 5:
                data[where:where] = chance.choice(SNIPPETS) * chance.choice([1, 1, 1, 2, 40])
            case 6:
                del data[where : where + chance.randint(1, 200)]
            case 7:
                end = where + chance.randint(1, 300)
                data[where:where] = data[where:end] * chance.randint(1, 5)
            case 8:
                other = chance.choice(list(SAMPLES.values()))
                data = data[:where] + other[chance.randrange(len(other)) :]
    return bytes(data[:200_000])


def check(mail: ParsedMail) -> None:
    """What the rest of the channel relies on."""
    texts = [
        mail.subject,
        mail.text,
        mail.html,
        mail.message_id,
        mail.from_.email,
        mail.from_.name,
        *mail.in_reply_to,
        *mail.references,
    ]
    texts += [text for item in mail.attachments for text in (item.name, item.content_type, item.content_id)]
    texts += [text for pair in mail.headers for text in pair]
    texts += [text for address in (*mail.to, *mail.cc, *mail.reply_to) for text in (address.email, address.name)]
    if mail.bounce:
        texts += [mail.bounce.message_id, mail.bounce.recipient, mail.bounce.status, mail.bounce.reason]
    for text in texts:
        assert "\x00" not in text
        text.encode("utf-8")
    assert all(mail.in_reply_to)
    assert all(mail.references)
    assert mail.outside_id
    assert all("/" not in item.name and item.name and len(item.name) <= 255 for item in mail.attachments)
    assert "".join(stretch.content for stretch in split_text(mail.text).stretches) == mail.text
    assert "".join(stretch.content for stretch in split_html(mail.html).stretches) == mail.html
    assert decide(search_for(mail), messages={"": 1}, conversations=()) is None


@pytest.mark.slow
def test_damaged_mail_never_breaks_the_reader() -> None:
    chance = random.Random(SEED)
    names = sorted(SAMPLES)
    refused, worst = 0, 0.0
    for number in range(COUNT):
        name = names[number % len(names)]
        raw = mutated(SAMPLES[name], chance)
        began = time.process_time()
        try:
            mail = parse(raw, own_domains=("toko.id",))
        except Unreadable as unreadable:
            refused += bool(unreadable.reason)
        except Exception as error:
            raise AssertionError(f"mail {number}, made from «{name}» with seed {SEED}: {error!r}") from error
        else:
            check(mail)
        worst = max(worst, time.process_time() - began)
    assert worst < LONGEST
    assert refused < COUNT / 10, "most damaged mail must still be readable"


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_every_sample_is_readable(name: str) -> None:
    mail = parse(SAMPLES[name])
    check(mail)
    assert mail.text or mail.html or mail.attachments
