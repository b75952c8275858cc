"""The readers of the environment: what they take, and the line that they end with."""

from pathlib import Path

import pytest

from sapa.core import env


@pytest.fixture
def name(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.delenv("SAPA_TRIED", raising=False)
    monkeypatch.delenv("SAPA_TRIED_FILE", raising=False)
    return "SAPA_TRIED"


def test_what_is_not_set_or_empty_is_the_default(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.text(name, "default") == "default"
    monkeypatch.setenv(name, "")
    assert env.integer(name, 7) == 7


def test_a_secret_comes_from_a_file(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hush\n")
    monkeypatch.setenv(f"{name}_FILE", str(tmp_path / "secret"))
    assert env.text(name) == "hush"


def test_value_and_file_at_once_are_refused(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(name, "a")
    monkeypatch.setenv(f"{name}_FILE", str(tmp_path / "secret"))
    with pytest.raises(env.WrongSetting, match="SAPA_TRIED and SAPA_TRIED_FILE are both set"):
        env.text(name)


def test_a_file_that_is_not_there_is_named(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(f"{name}_FILE", str(tmp_path / "absent"))
    with pytest.raises(env.WrongSetting, match=r"SAPA_TRIED_FILE: cannot read .*absent"):
        env.text(name)


@pytest.mark.parametrize("raw", ["no number", "0", "11", "1.5"])
def test_a_wrong_number_says_what_is_accepted(name: str, monkeypatch: pytest.MonkeyPatch, raw: str) -> None:
    monkeypatch.setenv(name, raw)
    with pytest.raises(env.WrongSetting, match=r"SAPA_TRIED=.*: accepts a whole number from 1 to 10$"):
        env.integer(name, 5, low=1, high=10)


@pytest.mark.parametrize(("raw", "meant"), [("yes", True), ("On", True), ("1", True), ("FALSE", False), ("off", False)])
def test_yes_and_no_in_their_forms(name: str, monkeypatch: pytest.MonkeyPatch, raw: str, meant: bool) -> None:
    monkeypatch.setenv(name, raw)
    assert env.boolean(name, not meant) is meant


def test_a_wrong_choice_lists_the_words(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "fr")
    with pytest.raises(env.WrongSetting, match="accepts one of id, en"):
        env.choice(name, "id", ("id", "en"))


@pytest.mark.parametrize("raw", ["mail.example:25", "http://mail.example", "smtp://", "smtp://mail.example:port"])
def test_a_wrong_url_is_refused(name: str, monkeypatch: pytest.MonkeyPatch, raw: str) -> None:
    monkeypatch.setenv(name, raw)
    with pytest.raises(env.WrongSetting, match="accepts a URL such as smtp://"):
        env.url(name, "", schemes=("smtp",))


@pytest.mark.parametrize("raw", ["Jakarta", "Asia", "../etc", "asia/nowhere"])
def test_a_time_zone_that_nobody_knows_is_refused(name: str, monkeypatch: pytest.MonkeyPatch, raw: str) -> None:
    assert env.zone(name, "Asia/Jakarta") == "Asia/Jakarta"
    monkeypatch.setenv(name, raw)
    with pytest.raises(env.WrongSetting, match="accepts a time zone such as Asia/Jakarta"):
        env.zone(name, "Asia/Jakarta")


@pytest.mark.parametrize("raw", ["id", "IDN", "62", "Indonesia"])
def test_a_country_is_two_capital_letters(name: str, monkeypatch: pytest.MonkeyPatch, raw: str) -> None:
    assert env.country(name, "ID") == "ID"
    monkeypatch.setenv(name, raw)
    with pytest.raises(env.WrongSetting, match="accepts two capital letters"):
        env.country(name, "ID")


def test_words_are_parted_by_commas_or_spaces(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "a.example, b.example c.example")
    assert env.words(name) == ("a.example", "b.example", "c.example")


def test_a_folder_is_absolute(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "data")
    assert env.folder(name, Path("var")) == Path.cwd() / "data"


def test_dotenv_fills_in_what_the_environment_leaves_open(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(name, "")
    monkeypatch.delenv(name)
    monkeypatch.setenv("SAPA_SET", "before")
    (tmp_path / ".env").write_text(f"# a comment\n\nexport {name}='from the file'\nSAPA_SET=file\n")
    env.load_dotenv(tmp_path / ".env")
    assert env.text(name) == "from the file"
    assert env.text("SAPA_SET") == "before"


def test_a_dotenv_line_that_makes_no_sense_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SAPA_A=1\nwhat is this\n")
    with pytest.raises(env.WrongSetting, match=r"\.env, line 2: expected NAME=value"):
        env.load_dotenv(tmp_path / ".env")
