"""Fifty mails that mean harm come by LMTP: each is refused or kept, and the mailbox goes on."""

import io
import smtplib
import zipfile
from base64 import encodebytes
from types import SimpleNamespace

import pytest

from conftest import World
from sapa.channels.email import directory, read
from sapa.channels.email.lmtp import Listener
from sapa.channels.email.models import IncomingMail
from sapa.conversations.models import Message

HEAD = b"From: dan@customer.example\r\nSubject: %d\r\n"


def zip_bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("zeros", b"\x00" * 50_000_000)
    return encodebytes(packed.getvalue()).replace(b"\n", b"\r\n")


def hostile() -> list[bytes]:
    """Contents without their first headers."""
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(3_000))
    charsets = [
        b"",
        b"utf-8",
        b"utf-7",
        b"utf-16",
        b"x-unknown",
        b"idna",
        b"\xff\xfe",
        b"iso-2022-jp",
        b"gb2312",
        b"hz",
    ]
    return [
        b"\r\n" + b"x" * 50_000_000,
        b"X-Long: " + b"y" * 10_000_000 + b"\r\n\r\nbody",
        b"".join(b"X-%d: z\r\n" % n for n in range(6_000)) + b"\r\nbody",
        b"X-Folded: a\r\n" + b" more and more\r\n" * 700_000 + b"\r\nbody",
        b"To: " + b", ".join(b"c%d@x.example" % n for n in range(1_000)) + b"\r\n\r\nbody",
        b"\x00" * 1_000 + b"\r\n\r\n" + b"\x00" * 1_000,
        nested,
        b"MIME-Version: 1.0\r\nContent-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + zip_bomb(),
        b"Content-Type: text/html\r\n\r\n" + b"<div>" * 100_000 + b"deep",
        b"Content-Type: text/html\r\n\r\n<script>alert(1)</script><img src=x onerror=alert(1)>",
        b"Content-Type: multipart/mixed; boundary=\r\n\r\n----\r\n",
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + b"--a\r\n\r\n.\r\n" * 20_000,
        b"Content-Type: application/ms-tnef; name=winmail.dat\r\n\r\n\x78\x9f\x3e\x22" + b"\xff" * 1_000,
        b"Content-Transfer-Encoding: base64\r\n\r\n" + b"=" * 100_000,
        b"Content-Disposition: attachment; filename=../../../etc/passwd\r\n\r\nroot",
        b"Date: Mon, 99 Foo 99999 99:99:99 +9999\r\nMessage-ID: <>\r\nReferences: <> < > <a@b\r\n\r\nbody",
        b"Message-ID: <" + b"i" * 5_000 + b"@x>\r\nIn-Reply-To: <" + b"j" * 5_000 + b"@x>\r\n\r\nbody",
        b"Subject: =?utf-8?B?" + b"A" * 100_000 + b"?=\r\n\r\nbody",
        b"Auto-Submitted: \xff\r\nList-Id: \x00\r\n\r\nbody",
        b"",
        b"\r\n",
        *[b"Content-Type: text/plain; charset=%s\r\n\r\n\xe9\xff\xfe\x80 \x1b$B ~{ +AGE-" % name for name in charsets],
        *[bytes((n * 37 + m * 11) % 256 for m in range(5_000)) for n in range(19)],
    ]


@pytest.mark.slow
def test_fifty_hostile_mails_stop_nothing(lasting_world: World, settings: SimpleNamespace) -> None:
    directory._known = directory.Directory()
    door = Listener("127.0.0.1", 0)
    door.start()
    contents = hostile()
    assert len(contents) == 50
    refused: list[int] = []
    for number, content in enumerate(contents):
        with smtplib.LMTP("127.0.0.1", door.port, timeout=60) as client:
            try:
                client.sendmail("d@customer.example", ["support@shop.example"], HEAD % number + content)
            except smtplib.SMTPResponseException as error:
                refused.append(error.smtp_code)
    with smtplib.LMTP("127.0.0.1", door.port, timeout=60) as client:
        client.sendmail("d@customer.example", ["support@shop.example"], HEAD % 99 + b"\r\nGood day")
    door.stop()
    reader = read.Reader()
    while reader.step():
        pass
    states = list(IncomingMail.objects.values_list("state", flat=True))
    assert refused == [552]
    assert len(states) == 50
    assert set(states) == {"read", "unreadable"}
    assert states.count("unreadable") >= 2
    assert not IncomingMail.objects.filter(state="unreadable", reason="").exists()
    assert Message.objects.filter(direction="in").count() == 50
    assert Message.objects.latest("id").text == "Good day"
