"""docs/configuration.md says what the code reads: each variable, its default and what it accepts."""

import ast
import re
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[3]
ROW = re.compile(r"^\| `([A-Z_]+)` \| (.+?) \| (.+?) \| .+ \|$", re.MULTILINE)
READERS = {"text", "integer", "boolean", "choice", "words", "folder", "url", "zone", "country"}
COMPUTED = {"SAPA_URL", "SAPA_FROM", "SAPA_STATIC", "SAPA_SECRET_KEY", "SAPA_EMAIL_BACKEND"}  # no constant in the code
ELSEWHERE = {"SAPA_ENV", "SAPA_NEW_PASSWORD"}  # read before the readers, and by two commands


class Read(NamedTuple):
    """One call of a reader in `sapa.core.env`."""

    reader: str
    name: str
    default: object
    more: dict[str, object]


def _constant(node: ast.expr) -> object:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return ast.literal_eval(node.args[0]) if isinstance(node, ast.Call) and node.args else None


def reads() -> list[Read]:
    found = []
    for path in sorted((ROOT / "sapa").rglob("*.py")):
        if "tests" in path.parts or path.name == "env.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if getattr(node.func.value, "id", "") != "env" or node.func.attr not in READERS:
                continue
            name, *values = [_constant(value) for value in node.args]
            more = {word.arg or "": _constant(word.value) for word in node.keywords}
            if len(values) > 1:
                more["among"] = values[1]
            found.append(Read(node.func.attr, str(name), values[0] if values else "", more))
    return found


def documented() -> dict[str, tuple[str, str]]:
    """Name: (default, accepts)."""
    rows = ROW.findall((ROOT / "docs" / "configuration.md").read_text(encoding="utf-8"))
    assert len(rows) == len({name for name, *_ in rows}), "a variable stands there twice"
    return {name: (default.strip("`"), accepts) for name, default, accepts in rows}


def test_every_variable_is_documented_and_no_other() -> None:
    assert set(documented()) == {read.name for read in reads()} | ELSEWHERE


@pytest.mark.parametrize("read", [read for read in reads() if read.name not in COMPUTED], ids=lambda read: read.name)
def test_its_default_is_the_one_documented(read: Read) -> None:
    match read.default:
        case bool(value):
            expected = "yes" if value else "no"
        case None | "":
            expected = "none"
        case value:
            expected = str(value)
    assert documented()[read.name][0] == expected


@pytest.mark.parametrize("read", reads(), ids=lambda read: read.name)
def test_what_it_accepts_is_what_is_documented(read: Read) -> None:
    accepts = documented()[read.name][1]
    match read.reader:
        case "integer":
            assert accepts == f"{read.more['low']}–{read.more['high']}"
        case "boolean":
            assert accepts == "yes, no"
        case "choice":
            assert accepts == ", ".join(read.more["among"])  # type: ignore[arg-type]
        case "url":
            assert accepts == ", ".join(read.more["schemes"]) + " URL"  # type: ignore[arg-type]
        case "words":
            assert accepts == "words"
        case "folder":
            assert accepts == "a folder"
        case "zone":
            assert accepts == "a time zone"
        case "country":
            assert accepts == "two capital letters"
