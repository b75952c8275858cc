"""Typed readers of the environment; a wrong value stops the start with one line that names the variable.

Every variable may come from the environment, from one `.env` file, or, for secrets, from the file that `NAME_FILE` names.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

T = TypeVar("T")


class WrongSetting(SystemExit):
    """A variable holds something it does not accept. Carries one line for the terminal, exit status 1."""


def load_dotenv(path: Path) -> None:
    """Put the `NAME=value` lines of `path` into the environment; what is set there already wins."""
    if not path.is_file():
        return
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        name, equals, value = text.removeprefix("export ").partition("=")
        if not equals or not name.strip().isidentifier():
            raise WrongSetting(f"{path}, line {number}: expected NAME=value, got {text[:60]!r}")
        value = value.strip()
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        os.environ.setdefault(name.strip(), value)


def text(name: str, default: str = "") -> str:
    """The variable as text; `NAME_FILE` names a file that holds it instead (both at once is refused)."""
    value, file = os.environ.get(name), os.environ.get(f"{name}_FILE")
    if file:
        if value:
            raise WrongSetting(f"{name} and {name}_FILE are both set; keep one of them")
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise WrongSetting(f"{name}_FILE: cannot read {file}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise WrongSetting(f"{name}_FILE: {file} is not UTF-8 text") from error
    return default if value is None or value == "" else value


def _typed(name: str, default: T, parse: Callable[[str], T], accepts: str) -> T:
    raw = text(name)
    if raw == "":
        return default
    try:
        return parse(raw)
    except (ValueError, KeyError) as error:
        raise WrongSetting(f"{name}={raw[:80]!r}: accepts {accepts}") from error


def integer(name: str, default: int, *, low: int = 0, high: int = 2**31 - 1) -> int:
    """A whole number in `low`..`high`, both included."""

    def parse(raw: str) -> int:
        number = int(raw)
        if not low <= number <= high:
            raise ValueError(raw)
        return number

    return _typed(name, default, parse, f"a whole number from {low} to {high}")


def boolean(name: str, default: bool) -> bool:
    """yes/no, true/false, on/off, 1/0; case does not matter."""
    known = {"yes": True, "true": True, "on": True, "1": True, "no": False, "false": False, "off": False, "0": False}
    return _typed(name, default, lambda raw: known[raw.lower()], "yes or no")


def choice(name: str, default: str, among: tuple[str, ...]) -> str:
    """One of the words `among`."""

    def parse(raw: str) -> str:
        if raw not in among:
            raise ValueError(raw)
        return raw

    return _typed(name, default, parse, "one of " + ", ".join(among))


def words(name: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Words parted by commas or spaces."""
    return _typed(name, default, lambda raw: tuple(raw.replace(",", " ").split()), "words parted by commas")


def zone(name: str, default: str) -> str:
    """The name of a time zone of the IANA database."""

    def parse(raw: str) -> str:
        try:
            return ZoneInfo(raw).key
        except OSError as error:  # a folder of the database, such as «Asia»
            raise ValueError(raw) from error

    return _typed(name, default, parse, "a time zone such as Asia/Jakarta")


def country(name: str, default: str) -> str:
    """A country's two capital letters (ISO 3166)."""

    def parse(raw: str) -> str:
        if not (len(raw) == 2 and raw.isascii() and raw.isalpha() and raw.isupper()):
            raise ValueError(raw)
        return raw

    return _typed(name, default, parse, "two capital letters such as ID")


def folder(name: str, default: Path) -> Path:
    """A folder's absolute path; it is not made here."""
    return _typed(name, default, lambda raw: Path(raw).expanduser(), "a folder's path").absolute()


def url(name: str, default: str, *, schemes: tuple[str, ...]) -> SplitResult:
    """A URL with one of `schemes`; an empty one when the variable and the default are empty."""

    def parse(raw: str) -> SplitResult:
        parts = urlsplit(raw)
        if parts.scheme not in schemes or not (parts.hostname or parts.path.strip("/")):
            raise ValueError(raw)
        _ = parts.port  # raises ValueError when it is not a number
        return parts

    return _typed(name, urlsplit(default), parse, "a URL such as " + " or ".join(f"{s}://…" for s in schemes))
