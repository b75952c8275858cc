"""New words, quoted history and signature: told apart, and together the whole to the letter."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapa.channels.email.quote import split_text
from sapa.channels.email.quote_html import split_html

INTROS = [
    "On Sat, Nov 21, 2026 at 10:00 AM Toko <halo@toko.id> wrote:",
    "On Sat, Nov 21, 2026 at 10:00 AM Toko Nusantara Sejahtera\n<halo@toko.id> wrote:",
    "Pada tanggal Sab, 21 Nov 2026 pukul 10.00 Toko <halo@toko.id>\nmenulis:",
    "Pada 21 Nov 2026, pukul 10.00, Toko <halo@toko.id> menulis:",
    "Am 21.11.2026 um 10:00 schrieb Toko:",
    "-----Original Message-----\nFrom: Toko",
    "---------- Pesan terusan ---------",
    "________________________________\nFrom: Toko\nSent: Saturday\nTo: Dan\nSubject: Pesanan",
    "Dari: Toko <halo@toko.id>\nDikirim: Sabtu 21 November 2026 10:00\nKepada: Dan\nPerihal: Pesanan",
    "*From:* Toko\n*Sent:* Saturday\n*To:* Dan\n*Subject:* Pesanan",
]


@pytest.mark.parametrize("intro", INTROS)
def test_history_is_found_in_every_manner(intro: str) -> None:
    found = split_text(f"Sudah sampai.\n\n{intro}\n\nApakah sudah sampai?\n")
    assert found.fresh.strip() == "Sudah sampai."
    assert found.quoted.startswith(intro)


def test_marked_lines_are_quoted_and_answers_between_them_stay() -> None:
    found = split_text("> sudah?\nsudah\n> rusak?\ntidak\n")
    assert found.fresh == "sudah\ntidak\n"
    assert found.is_interleaved
    assert not split_text("sudah\n\n> sudah?\n").is_interleaved


@pytest.mark.parametrize(
    "sign",
    [
        "-- \nDan Wijaya\nPT X",
        "Salam hormat,\nDan",
        "Dikirim dari iPhone saya",
        "Sent from my iPhone",
        "Best regards,\nDan",
    ],
)
def test_signature_is_found(sign: str) -> None:
    found = split_text(f"Sudah sampai.\n\n{sign}\n\nOn 21 Nov 2026, Toko wrote:\n> sudah?\n")
    assert found.fresh.strip() == "Sudah sampai."
    assert found.signature.strip() == sign
    assert found.quoted.startswith("On 21")


@pytest.mark.parametrize(
    "text",
    [
        "Dari: Jakarta\nKe: Bandung\nBerat: 2 kg\n",
        "On Monday I wrote:\nno answer came",
        "Salam,\nsaya mau bertanya panjang lebar tentang pesanan yang sudah saya buat minggu lalu dan belum juga tiba sampai hari ini.\n",
        "---------- Forwarded message ---------\nFrom: Dan\nhalo\n",
        "> hanya kutipan\n",
        "",
    ],
)  # fmt: skip
def test_plain_words_are_not_folded_away(text: str) -> None:
    assert split_text(text).fresh == text or text.startswith("On Monday")


@given(
    st.lists(
        st.sampled_from(
            [*INTROS, "> a", ">", "", "-- ", "Salam,", "halo", "From: x", "\r", "\x0b", "wrote:", "\u2028x"]
        ),
        max_size=25,
    ),
    st.sampled_from(["\n", "\r\n"]),
)
def test_no_letter_of_the_text_is_lost(lines: list[str], end: str) -> None:
    text = end.join(lines)
    assert "".join(stretch.content for stretch in split_text(text).stretches) == text


@given(st.text(max_size=200))
def test_no_text_breaks_it(text: str) -> None:
    assert "".join(stretch.content for stretch in split_text(text).stretches) == text
    assert "".join(stretch.content for stretch in split_html(text).stretches) == text


@pytest.mark.parametrize(
    ("name", "history"),
    [
        ("gmail", '<div class="gmail_quote"><div class="gmail_attr">Pada 21 Nov Toko menulis:</div><blockquote>lama</blockquote></div>'),
        ("apple", "<div>On 21 Nov 2026, at 10:00, Toko &lt;a@b.id&gt; wrote:</div><blockquote type=\"cite\">lama</blockquote>"),
        ("outlook web", '<div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>From:</b> Toko</div><p>lama</p>'),
        ("outlook", '<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt"><p><b>From:</b> Toko</p></div><p>lama</p>'),
        ("yahoo", '<div id="ydp1" class="yahoo_quoted"><div>Pada Sabtu, Toko menulis:</div>lama</div>'),
        ("thunderbird", '<div class="moz-cite-prefix">On 21/11/2026 Toko wrote:</div><blockquote type="cite">lama</blockquote>'),
        ("proton", '<div class="protonmail_quote">lama<blockquote>x</blockquote></div><br>'),
    ],
)  # fmt: skip
def test_html_history_is_found_in_every_mailer(name: str, history: str) -> None:
    found = split_html(f"<p>Sudah sampai</p>{history}")
    assert found.fresh == "<p>Sudah sampai</p>", name
    assert found.quoted == history


def test_html_signature_is_found() -> None:
    found = split_html(
        '<p>Sudah</p><div class="gmail_signature"><div>Dan</div></div><div class="gmail_quote">lama</div>'
    )
    assert (found.fresh, found.signature) == ("<p>Sudah</p>", '<div class="gmail_signature"><div>Dan</div></div>')


def test_html_answers_below_or_between_quotes_are_not_folded() -> None:
    html = (
        '<blockquote type="cite">sudah?</blockquote><p>sudah</p><blockquote type="cite">rusak?</blockquote><p>tidak</p>'
    )
    assert split_html(html).fresh == html


@pytest.mark.parametrize("line", ["On " * 130 + "\n", "From: a\n", "Salam,\n", "On a wrote:x\n", "> " * 150 + "\n"])
def test_text_made_to_be_slow_is_split_in_time(line: str) -> None:
    began = time.process_time()
    split_text(line * (1_000_000 // len(line)))
    assert time.process_time() - began < 4


@pytest.mark.parametrize(
    "piece", ["<div class=gmail_quote>", "<blockquote type=cite>x</blockquote>", "<div id=appendonsend", "<div "]
)
def test_html_made_to_be_slow_is_split_in_time(piece: str) -> None:
    began = time.process_time()
    split_html(piece * (1_000_000 // len(piece)))
    assert time.process_time() - began < 4
