"""The table of all kinds of facts, for docs/timeline.md: `python -m sapa.timeline.kinds` prints it."""

import sys
from dataclasses import fields

import django
from django.utils.module_loading import autodiscover_modules

from sapa.timeline.facts import KINDS


def table() -> str:
    """A Markdown table: kind, payload, and the sentence of its class where it has one of its own."""
    autodiscover_modules("facts")
    rows = ["| kind | payload | says |", "|---|---|---|"]
    for kind, cls in sorted(KINDS.items()):
        names = ", ".join(f"`{field.name}`" for field in fields(cls))
        # A dataclass without a docstring gets its signature as one.
        sentence = "" if (cls.__doc__ or "").startswith(f"{cls.__name__}(") else " ".join((cls.__doc__ or "").split())
        rows.append(f"| `{kind}` | {names} | {sentence} |")
    return "\n".join(rows)


if __name__ == "__main__":
    django.setup()
    sys.stdout.write(table() + "\n")
