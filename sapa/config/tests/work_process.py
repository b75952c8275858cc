"""A work process on the test database, with a job of its own, for test_work.py: DATABASE FILE."""

import os
import sys
import time
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "sapa.config.settings"

from sapa.config import settings

DATABASE, FILE = sys.argv[1:]
settings.DATABASES["default"]["NAME"] = DATABASE
settings.LOOPS = ["sapa.conversations.timers.loops"]

from procrastinate.contrib.django import app  # noqa: E402 (the settings are changed before they are read)

from sapa.config import work  # noqa: E402


@app.task(name="test nap")
def nap(seconds: float) -> None:
    """Sleeps the first time only; writes down when it begins and ends."""
    path = Path(FILE)
    first = not path.exists()
    with path.open("a") as file:
        file.write("begun ")
    if first:
        time.sleep(seconds)
    with path.open("a") as file:
        file.write("done ")


work.serve()
