"""The work role: every loop that settings.LOOPS plugs in, such as followers, delivery, mailboxes and timers."""

import os
import signal
import threading

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sapa.config.settings")
django.setup()

from django.conf import settings  # noqa: E402 (Django must be set up before its parts are used)

from sapa.core import loop  # noqa: E402


def serve() -> None:
    """Run until SIGTERM; the steps in hand are finished first."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    loop.run(loop.load(settings.LOOPS), stop)
