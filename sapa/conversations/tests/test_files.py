import pytest
from pytest_django import Settings

from conftest import World
from sapa.conversations import actions
from sapa.conversations.models import DraftFile
from sapa.core import files
from sapa.core.errors import Refused, TooMuch
from sapa.core.names import clean_name, sniffed_type

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64


def add(world: World, name: str = "a.txt", content: bytes = b"hello", inline: bool = False) -> DraftFile:
    conversation = world.receive()
    return actions.add_file(conversation, by=world.alice, kind="reply", name=name, content=content, inline=inline)


def test_a_file_lies_in_the_store_under_its_draft(world: World) -> None:
    file = add(world)
    assert (file.name, file.content_type, file.size, file.content_id) == ("a.txt", "text/plain", 5, "")
    assert files.read(file.key) == b"hello"


def test_a_picture_in_the_text_gets_a_content_id_and_other_files_never(world: World) -> None:
    assert add(world, "p.png", PNG, inline=True).content_id.endswith("@sapa")
    fake = add(world, "p.png", b"<html>", inline=True)
    assert (fake.is_inline, fake.content_type) == (False, "text/plain")


def test_a_file_over_the_limit_is_refused_by_name(world: World, settings: Settings) -> None:
    settings.UPLOAD_LIMIT = 1024 * 1024
    with pytest.raises(TooMuch, match=r"«big\.bin» is too large: a file may have at most 1 MB"):
        add(world, "big.bin", b"x" * (1024 * 1024 + 1))


def test_all_files_together_stay_below_what_the_channel_takes(world: World) -> None:
    world.support.capabilities["attachments"] = 1024 * 1024
    world.support.save()
    conversation = world.receive()
    actions.add_file(conversation, by=world.alice, kind="reply", name="a", content=b"x" * 700_000)
    with pytest.raises(TooMuch, match="together"):
        actions.add_file(conversation, by=world.alice, kind="reply", name="b", content=b"x" * 700_000)


def test_the_41st_file_is_refused(world: World) -> None:
    conversation = world.receive()
    for number in range(40):
        actions.add_file(conversation, by=world.alice, kind="reply", name=f"{number}.txt", content=b"x")
    with pytest.raises(TooMuch, match="at most 40 files"):
        actions.add_file(conversation, by=world.alice, kind="reply", name="41.txt", content=b"x")


def test_an_empty_file_is_refused(world: World) -> None:
    with pytest.raises(Refused, match="empty or a folder"):
        add(world, content=b"")


def test_only_the_owner_takes_a_file_off(world: World) -> None:
    conversation = world.receive()
    file = actions.add_file(conversation, by=world.alice, kind="reply", name="a.txt", content=b"x")
    actions.remove_file(conversation, by=world.carol, file_id=file.pk)
    assert DraftFile.objects.count() == 1
    actions.remove_file(conversation, by=world.alice, file_id=file.pk)
    assert DraftFile.objects.count() == 0


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\dan\\invoice.pdf", "invoice.pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("a\x00b\r\nContent-Type: x.html", "a b Content-Type x.html"),
        ("...hidden", "hidden"),
        ("  .. ", "file"),
        ("", "file"),
        ('"><script>.png', "script .png"),
        ("Faktur pajak (1).pdf", "Faktur pajak (1).pdf"),
    ],
)
def test_hostile_names_become_harmless(given: str, kept: str) -> None:
    assert clean_name(given) == kept


def test_a_long_name_keeps_its_ending() -> None:
    name = clean_name("x" * 500 + ".pdf")
    assert len(name) <= 180
    assert name.endswith(".pdf")


@pytest.mark.parametrize(
    ("content", "name", "type_"),
    [
        (PNG, "evil.html", "image/png"),
        (b"%PDF-1.7 ...", "x.txt", "application/pdf"),
        (b"MZ\x90\x00" + b"\0" * 80, "holiday.jpg", "application/x-msdownload"),
        (b"a,b\n1,2", "x.csv", "text/csv"),
        ("größe".encode("latin-1"), "x.txt", "application/octet-stream"),
        (b"no ending", "README", "text/plain"),
    ],
)
def test_the_type_is_read_from_the_content(content: bytes, name: str, type_: str) -> None:
    assert sniffed_type(content, name) == type_
