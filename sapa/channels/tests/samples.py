"""Mails as they come in real life, written here: each sample has a name that says what is special about it."""

import base64
import struct

HEAD = (
    b"Return-Path: <dan@example.id>\r\nReceived: from mx.example.id by mx.toko.id; Sat, 21 Nov 2026 10:00:01 +0700\r\n"
    b"From: Dan Wijaya <dan@example.id>\r\nTo: Toko Nusantara <halo@toko.id>\r\nSubject: Pesanan 12\r\n"
    b"Message-ID: <1@example.id>\r\nDate: Sat, 21 Nov 2026 10:00:00 +0700\r\nMIME-Version: 1.0\r\n"
)
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
ICS = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:e1@example.id\r\nSUMMARY:Rapat pengiriman\r\n"
    b"DTSTART:20261125T030000Z\r\nDTEND:20261125T040000Z\r\nLOCATION:Jakarta\r\nORGANIZER:mailto:dan@example.id\r\n"
    b"END:VEVENT\r\nEND:VCALENDAR\r\n"
)


def mail(body: bytes, content_type: str = "text/plain; charset=utf-8", *more: bytes, head: bytes = HEAD) -> bytes:
    """A mail with the usual headers, `more` header lines and this body."""
    lines = b"".join(line + b"\r\n" for line in more)
    return head + lines + b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body


def parts(kind: str, *children: bytes, boundary: str = "=_b1", parameters: str = "") -> bytes:
    """A multipart as a part: its Content-Type line, an empty line, its children."""
    inside = b"".join(b"--" + boundary.encode() + b"\r\n" + child + b"\r\n" for child in children)
    header = f'Content-Type: multipart/{kind}; boundary="{boundary}"{parameters}\r\n\r\n'.encode()
    return header + inside + b"--" + boundary.encode() + b"--\r\n"


def part(body: bytes, content_type: str, *headers: bytes) -> bytes:
    """One leaf."""
    return (
        b"Content-Type: "
        + content_type.encode()
        + b"\r\n"
        + b"".join(line + b"\r\n" for line in headers)
        + b"\r\n"
        + body
    )


def encoded(body: bytes, content_type: str, *headers: bytes) -> bytes:
    """One leaf in base64."""
    return part(base64.encodebytes(body), content_type, b"Content-Transfer-Encoding: base64", *headers)


def tnef_object(level: int, name: int, kind: int, data: bytes) -> bytes:
    """One object of a winmail.dat."""
    return struct.pack("<BHHI", level, name, kind, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def winmail(*objects: bytes) -> bytes:
    """A winmail.dat."""
    return struct.pack("<IH", 0x223E9F78, 1) + b"".join(objects)


WINMAIL = winmail(
    tnef_object(1, 0x9006, 8, struct.pack("<I", 0x10000)),
    tnef_object(1, 0x9007, 6, struct.pack("<II", 1252, 0)),
    tnef_object(1, 0x800C, 2, b"Isi dari Outlook\x00"),
    tnef_object(2, 0x9002, 6, b"\x00" * 14),
    tnef_object(2, 0x8010, 1, b"faktur.pdf\x00"),
    tnef_object(2, 0x800F, 6, b"%PDF-1.4 faktur"),
)
DSN_STATUS = (
    b"Reporting-MTA: dns; mx.toko.id\r\nArrival-Date: Sat, 21 Nov 2026 10:00:00 +0700\r\n\r\n"
    b"Original-Recipient: rfc822;budi@example.id\r\nFinal-Recipient: rfc822;budi@example.id\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    b"Diagnostic-Code: smtp; 550 5.1.1 <budi@example.id>: user unknown\r\n"
)
DSN_HEAD = (
    b"Return-Path: <>\r\nFrom: Mail Delivery System <MAILER-DAEMON@mx.toko.id>\r\nTo: halo@toko.id\r\n"
    b"Subject: Undelivered Mail Returned to Sender\r\nMessage-ID: <dsn1@mx.toko.id>\r\nAuto-Submitted: auto-replied\r\n"
    b"Date: Sat, 21 Nov 2026 10:00:00 +0700\r\nMIME-Version: 1.0\r\n"
)
DSN = DSN_HEAD + parts(
    "report",
    part(b"I'm sorry, your message could not be delivered.", "text/plain"),
    part(DSN_STATUS, "message/delivery-status"),
    part(b"Message-ID: <sent-7@toko.id>\r\nSubject: Jawaban\r\n\r\nhalo", "message/rfc822"),
    parameters="; report-type=delivery-status",
)
EXIM = (
    b"Return-path: <>\r\nFrom: Mail Delivery System <Mailer-Daemon@mx.toko.id>\r\nTo: halo@toko.id\r\n"
    b"Subject: Mail delivery failed: returning message to sender\r\nX-Failed-Recipients: budi@example.id\r\n"
    b"Message-Id: <E1@mx.toko.id>\r\n\r\nThis message was created automatically by mail delivery software.\r\n\r\n"
    b"  budi@example.id\r\n    host mx.example.id [192.0.2.1]: 552 5.2.2 Mailbox full\r\n\r\n"
    b"------ This is a copy of the message, including all the headers. ------\r\n\r\n"
    b"Message-ID: <sent-8@toko.id>\r\nFrom: halo@toko.id\r\nSubject: Jawaban 5.9.9\r\n\r\nhalo\r\n"
)
QMAIL = (
    b"Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example.id\r\nTo: halo@toko.id\r\nSubject: failure notice\r\n\r\n"
    b"Hi. This is the qmail-send program at mx.example.id.\r\n\r\n<budi@example.id>:\r\nSorry, no mailbox here by that name. (#5.1.1)\r\n\r\n"  # noqa: E501
    b"--- Below this line is a copy of the message.\r\n\r\nMessage-ID: <sent-9@toko.id>\r\nSubject: x\r\n\r\nhalo\r\n"
)
GMAIL_REPLY = (
    b'<div dir="ltr">Sudah sampai, terima kasih</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">'
    b"Pada tanggal Sab, 21 Nov 2026 pukul 10.00 Toko &lt;halo@toko.id&gt; menulis:<br></div>"
    b'<blockquote class="gmail_quote">Apakah pesanan sudah sampai?</blockquote></div>'
)

SAMPLES: dict[str, bytes] = {
    "plain": mail("Selamat pagi — pesanan saya?\r\n".encode()),
    "latin1": mail("Grüße aus Köln".encode("latin-1"), "text/plain; charset=iso-8859-1"),
    "wrong_charset": mail("Déjà vu €".encode("cp1252"), "text/plain; charset=us-ascii"),
    "unknown_charset": mail("Selamat pagi ✓".encode(), "text/plain; charset=x-unknown"),
    "iso2022jp": mail("こんにちは".encode("iso2022_jp"), "text/plain; charset=iso-2022-jp"),
    "gb2312": mail("您好，我的订单".encode("gb18030"), "text/plain; charset=gb2312"),
    "utf16": mail("halo €".encode("utf-16"), "text/plain; charset=utf-16"),
    "koi8_unlabelled": mail(("Здравствуйте, где мой заказ номер двенадцать? " * 4).encode("koi8-r"), "text/plain"),
    "html_only": mail(b"<html><body><p>Halo,</p><p>pesanan <b>12</b>?</p></body></html>", "text/html"),
    "alternative": HEAD + parts("alternative", part(b"teks", "text/plain"), part(b"<p>teks</p>", "text/html")),
    "gmail_reply": HEAD
    + parts(
        "alternative", part(b"Sudah\r\n\r\n> Apakah?\r\n", "text/plain"), part(GMAIL_REPLY, "text/html; charset=utf-8")
    ),
    "inline_image": HEAD
    + parts(
        "related",
        part(b'<p>Lihat: <img src="cid:foto@1"></p>', "text/html"),
        encoded(
            PNG, "image/png; name=foto.png", b"Content-ID: <foto@1>", b"Content-Disposition: inline; filename=foto.png"
        ),
    ),
    "attachment_2231": HEAD
    + parts(
        "mixed",
        part(b"terlampir", "text/plain"),
        encoded(
            b"%PDF-1.4",
            "application/pdf",
            b"Content-Disposition: attachment;\r\n filename*0*=UTF-8''bukti%20;\r\n filename*1*=b%C3%A4yar.pdf",
        ),
    ),
    "attachment_2047": HEAD
    + parts(
        "mixed",
        part(b"terlampir", "text/plain"),
        encoded(
            b"x",
            'application/octet-stream; name="=?utf-8?b?ZsO8ci5kb2M=?="',
            b'Content-Disposition: attachment; filename="=?utf-8?b?ZsO8ci5kb2M=?="',
        ),
    ),
    "apple_pieces": HEAD
    + parts(
        "mixed",
        part(b"satu", "text/plain"),
        encoded(PNG, "image/png", b"Content-Disposition: inline; filename=a.png"),
        part(b"dua", "text/plain"),
    ),
    "winmail": HEAD
    + parts("mixed", part(b"", "text/plain"), encoded(WINMAIL, "application/ms-tnef; name=winmail.dat")),
    "nested": HEAD + parts("mixed", part(b"teruskan", "text/plain"), part(mail(b"isi dalam"), "message/rfc822")),
    "digest": HEAD + parts("digest", b"\r\n" + mail(b"satu"), b"\r\n" + mail(b"dua")),
    "calendar": HEAD
    + parts("alternative", part(b"undangan", "text/plain"), part(ICS, "text/calendar; method=REQUEST; charset=utf-8")),
    "dsn": DSN,
    "exim": EXIM,
    "qmail": QMAIL,
    "read_receipt": HEAD
    + parts(
        "report",
        part(b"dibaca", "text/plain"),
        part(b"Disposition: manual-action/MDN-sent-manually; displayed\r\n", "message/disposition-notification"),
        parameters="; report-type=disposition-notification",
    ),
    "vacation": mail(b"Saya sedang cuti", "text/plain", b"Auto-Submitted: auto-replied (vacation)"),
    "list": mail(b"berita", "text/plain", b"List-Id: <warta.toko.id>", b"Precedence: list"),
    "damaged_base64": HEAD
    + b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\nSGFs*bywg\r\ncGVzYW5hbiBzYX\r\n",
    "damaged_qp": HEAD
    + b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nHalo =C3=A4 =ZZ =\r\nlanjut =",
    "eight_bit_headers": b"From: D\xc3\xa4n <dan@example.id>\r\nTo: \xe4\xf6 <halo@toko.id>\r\nSubject: Gr\xfc\xdfe\r\n\r\nhalo",
    "broken_words": b"From: =?utf-8?b?!!!?= <dan@example.id>\r\nSubject: =?utf-8?q?a=C3?= =?utf-8?q?=A4b?= =?x?z?y?= =?utf-8?b?4pyT\r\n ?=\r\n\r\nhalo",  # noqa: E501
    "no_message_id": b"From: dan@example.id\r\nTo: halo@toko.id\r\nMessage-ID: <>\r\n\r\nhalo",
    "nul_bytes": b"From: dan@example.id\r\nSubject: a\x00b\r\nMessage-ID: <a\x00b@x.id>\r\n\r\nha\x00lo",
    "no_closing_boundary": HEAD
    + b'Content-Type: multipart/mixed; boundary="zz"\r\n\r\n--zz\r\n\r\nhalo\r\n--zz\r\nContent-Type: text/html\r\n\r\n<p>dua</p>',
    "wrong_boundary": HEAD
    + b'Content-Type: multipart/mixed; boundary="aa"\r\n\r\n--zz\r\nContent-Type: text/plain\r\n\r\nhalo\r\n--zz--\r\n',
    "signed": HEAD
    + parts(
        "signed",
        part(b"halo", "text/plain"),
        part(b"-----BEGIN PGP SIGNATURE-----", "application/pgp-signature; name=signature.asc"),
    ),
    "mbox": b"From dan@example.id Sat Nov 21 10:00:00 2026\n" + HEAD.replace(b"\r\n", b"\n") + b"\nhalo\n",
    "uuencode": HEAD
    + b"Content-Type: text/plain\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 a.txt\r\n$:&%L;P  \r\n`\r\nend\r\n",
}
