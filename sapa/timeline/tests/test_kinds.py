from pathlib import Path

from sapa.timeline.facts import KINDS
from sapa.timeline.kinds import table

DOCS = Path(__file__).parents[3] / "docs" / "timeline.md"


def test_the_documentation_lists_every_kind() -> None:
    said = DOCS.read_text(encoding="utf-8").partition("<!-- kinds -->")[2].partition("<!-- /kinds -->")[0]
    assert said.strip() == table(), "run `python -m sapa.timeline.kinds` and put its table into docs/timeline.md"


def test_kinds_are_named_for_what_happened() -> None:
    for kind in KINDS:
        noun, dot, participle = kind.partition(".")
        assert [noun.isidentifier(), dot, participle.isidentifier()] == [True, ".", True], kind
