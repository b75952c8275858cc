"""A fetching process that dies at any moment loses no mail and keeps none twice."""

import os
import random
import re
import signal
import subprocess
import sys
import threading
import time

import pytest
from django.db import connection

from conftest import World
from sapa.channels.email.models import IncomingMail
from sapa.channels.tests.dovecot import PROGRAM, Dovecot, mail
from sapa.channels.tests.fetching import kept, mailbox_at, soon

MAILS = 1_500
KILLS = 50
NUMBER = re.compile(rb"^Message-ID: <(\d+)@", re.MULTILINE)


@pytest.mark.dovecot
@pytest.mark.crash
@pytest.mark.slow
@pytest.mark.skipif(PROGRAM is None, reason="Debian's dovecot-imapd is not installed")
def test_fetcher_killed_at_random_moments_loses_none_and_keeps_none_twice(
    lasting_world: World, dovecot: Dovecot
) -> None:
    mailbox = mailbox_at(dovecot, lasting_world.support, afterwards="move", move_to="Done")
    with dovecot.box(mailbox.user) as client:
        client.create("Done")
    mails = [mail(f"number {number}", message_id=f"<{number}@customer.example>") for number in range(MAILS)]
    arriving = threading.Thread(target=_deliver_slowly, args=(dovecot, mailbox.user, mails))
    nursery = subprocess.Popen(
        [sys.executable, "-m", "sapa.channels.tests.fetcher_process", str(connection.settings_dict["NAME"])],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "sapa.config.settings"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    last = 0
    try:
        arriving.start()
        for _ in range(KILLS):
            last = _new_fetcher(nursery)
            time.sleep(random.uniform(0.05, 1.0))
            os.kill(last, signal.SIGKILL)
        arriving.join()
        before = kept()
        last = _new_fetcher(nursery)
        soon(lambda: kept() >= MAILS, seconds=60)
        soon(lambda: not dovecot.mails(mailbox.user), seconds=60)
    finally:
        os.kill(last, signal.SIGKILL)
        nursery.communicate(timeout=20)
    assert before > 20, "the killed processes fetched too little to prove anything"
    contents = IncomingMail.objects.values_list("content", flat=True)
    found = sorted(int(number) for content in contents for number in NUMBER.findall(bytes(content or b"")))
    assert found == list(range(MAILS))


def _deliver_slowly(dovecot: Dovecot, user: str, mails: list[bytes]) -> None:
    for start in range(0, len(mails), 50):
        dovecot.deliver(user, *mails[start : start + 50])
        time.sleep(0.5)


def _new_fetcher(nursery: "subprocess.Popen[str]") -> int:
    """The number of a new process that fetches on the test's database."""
    assert nursery.stdin
    assert nursery.stdout
    nursery.stdin.write("\n")
    nursery.stdin.flush()
    return int(nursery.stdout.readline())
