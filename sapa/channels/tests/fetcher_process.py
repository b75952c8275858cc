"""Fetching processes to be killed: each line on the standard input forks one and prints its number.

Run as `python -m sapa.channels.tests.fetcher_process DATABASE`; Django is loaded once, so that a fork is there at once.
"""

import os
import sys
import threading

import django
from django.conf import settings

settings.DATABASES["default"]["NAME"] = sys.argv[1]
django.setup()

from sapa.channels.email.actions.mailbox import TOPIC  # noqa: E402
from sapa.channels.email.imap import fetch  # noqa: E402
from sapa.channels.email.imap.fetchers import Fetchers  # noqa: E402
from sapa.channels.tests.fetching import QUICK  # noqa: E402
from sapa.core.loop import Loop, run  # noqa: E402

fetch.PIECE_MAILS = 5  # more and smaller transactions: more places to die in
for _line in sys.stdin:
    if child := os.fork():
        print(child, flush=True)
        os.waitpid(child, 0)
        continue
    fetchers = Fetchers(QUICK, claim_seconds=1)
    run([Loop("mailboxes", fetchers.step, frozenset({TOPIC}), poll_seconds=0.2)], threading.Event())
