"""Checks that every text of the product has an Indonesian translation, in a copy: nothing here is changed.

Needs xgettext (Debian: gettext). `python web/translations.py --write` brings the .po file itself up to date.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
LANGUAGE = "id"
MOST_SHOWN = 40
IGNORED = ("tests/*", "*/tests/*", "static/*", "*/static/*", "static_built/*")


def main() -> None:
    """Status 1 with the texts that lack a translation."""
    if not shutil.which("xgettext"):
        if os.environ.get("CI") == "true":
            sys.exit("xgettext is missing (Debian: apt install gettext), so translations cannot be checked")
        print("skipped: xgettext is missing (Debian: apt install gettext)")  # noqa: T201
        return
    if "--write" in sys.argv:
        collect(ROOT / "sapa")
        return
    with tempfile.TemporaryDirectory(prefix="sapa-translations-") as folder:
        copy = Path(folder) / "sapa"
        unwanted = shutil.ignore_patterns("tests", "static", "static_built", "migrations", "__pycache__", "*.mo")
        shutil.copytree(ROOT / "sapa", copy, ignore=unwanted)
        collect(copy)
        lacking = untranslated(copy / "locale" / LANGUAGE / "LC_MESSAGES" / "django.po")
    if lacking:
        shown = "\n".join(f"  {text[:110]!r}" for text in lacking[:MOST_SHOWN])
        sys.exit(f"{len(lacking)} texts lack a translation ({LANGUAGE}):\n{shown}")


def collect(package: Path) -> None:
    """Run makemessages in `package`; the language's file is made when there is none."""
    (package / "locale" / LANGUAGE / "LC_MESSAGES").mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "django", "makemessages", "-l", LANGUAGE, "--no-location", "--no-obsolete", "-v0"]
    command += [word for pattern in IGNORED for word in ("-i", pattern)]
    environ = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    subprocess.run(command, cwd=package, env=environ, check=True)


def untranslated(path: Path) -> list[str]:
    """The texts without a translation, or with one that is only guessed (fuzzy)."""
    with path.open("rb") as file:
        catalog = read_po(file)
    lacking = []
    for message in catalog:
        text = message.id if isinstance(message.id, str) else message.id[0]
        done = message.string if isinstance(message.string, str) else all(message.string)
        if text and (not done or message.fuzzy):
            lacking.append(text)
    return lacking


if __name__ == "__main__":
    main()
