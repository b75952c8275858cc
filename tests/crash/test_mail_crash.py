"""kill -9 while mails come in and answers go out: nothing is lost, nothing comes twice but what says so."""

import os
import random
import re
import signal
import smtplib
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from sapa.channels.tests.sink import Sink, sink
from sapa.config import postgres
from sapa.core.tests.ports import free_port

pytestmark = [pytest.mark.crash, pytest.mark.slow, pytest.mark.timeout(1500)]
SECONDS = 600  # the most that everything may take to settle


class Desk:
    """A Sapa of its own: a database, a work process that is killed and started, an agent who answers."""

    def __init__(self, home: Path, server: Sink) -> None:
        self.home, self.port = home, free_port()
        self.environ = {
            **{name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
            "SAPA_HOME": str(home),
            "SAPA_ENV": "/nonexistent",
            "SAPA_LMTP_PORT": str(self.port),
            "SAPA_SMTP_URL": server.url,
            "SAPA_LANGUAGE": "en",
            "DJANGO_SETTINGS_MODULE": "sapa.config.settings",
        }
        postgres.start(home)
        subprocess.run([sys.executable, "-m", "sapa", "migrate"], env=self.environ, check=True, capture_output=True)
        with (home / "agent.log").open("ab") as log:
            self.agent = subprocess.Popen(
                [sys.executable, "-m", "tests.crash.replies"],
                env=self.environ,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        assert self.agent.stdout is not None
        assert self.agent.stdout.readline() == b"ready\n"
        self.work: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the work process and wait until it takes mail."""
        with (self.home / "work.log").open("ab") as log:
            self.work = subprocess.Popen(
                [sys.executable, "-m", "sapa", "serve", "work"], env=self.environ, stderr=log, start_new_session=True
            )
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with suppress(OSError), smtplib.LMTP("127.0.0.1", self.port, timeout=5):
                return
            time.sleep(0.05)
        raise AssertionError((self.home / "work.log").read_text()[-4000:])

    def kill(self) -> None:
        """End the work process at once."""
        assert self.work is not None
        os.killpg(self.work.pid, signal.SIGKILL)
        self.work.wait()

    def kill_postgres(self) -> None:
        """End the database at once, and start it again."""
        with self.connected() as asked:
            backend = asked.execute("select pg_backend_pid()").fetchone()
            assert backend is not None
            parent = re.search(r"PPid:\t(\d+)", Path(f"/proc/{backend[0]}/status").read_text())
            assert parent is not None
            os.kill(int(parent.group(1)), signal.SIGKILL)
        postgres.start(self.home)

    def connected(self) -> "psycopg.Connection[Any]":
        folder = str(postgres.socket_folder(self.home))
        return psycopg.connect(host=folder, user=postgres.USER, dbname=postgres.DATABASE, autocommit=True)

    def ask(self, question: str) -> list[Any]:
        with self.connected() as asked:
            found = asked.execute(question)
            return found.fetchall() if found.description else []

    def forget_claims(self, *, older: int = 0) -> None:
        """As if two minutes had passed: what was claimed `older` seconds ago and more is free again."""
        self.ask(
            "update conversations_message set claimed_until = now()"
            f" where state = 'sending' and claimed_until < now() + interval '{120 - older} seconds'"
        )

    def close(self) -> None:
        for process in (self.work, self.agent):
            if process is not None and process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        if self.agent.stdout is not None:
            self.agent.stdout.close()
        postgres.stop(self.home)


class Customers:
    """Threads that deliver mails until each is accepted, as a mail server would."""

    def __init__(self, port: int, threads: int = 3) -> None:
        self.port, self.accepted, self.over = port, set[str](), threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(number,), daemon=True) for number in range(threads)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self.over.set()
        for thread in self._threads:
            thread.join(60)

    def _write(self, thread: int) -> None:
        number = 0
        client: smtplib.LMTP | None = None
        while not self.over.is_set():
            id = f"{thread}.{number}@customer.example"
            content = (
                f"From: c{thread}.{number}@customer.example\r\nMessage-ID: <{id}>\r\nSubject: {id}\r\n\r\nHello\r\n"
            )
            try:
                client = client or smtplib.LMTP("127.0.0.1", self.port, timeout=20)
                client.sendmail("c@customer.example", ["support@shop.example"], content)
            except (smtplib.SMTPException, OSError):
                client = None
                time.sleep(0.1)
                continue
            self.accepted.add(id)
            number += 1
            time.sleep(random.uniform(0, 0.06))


@contextmanager
def desk(home: Path) -> Iterator[tuple[Desk, Sink, Customers]]:
    with sink() as server:
        place = Desk(home, server)
        try:
            customers = Customers(place.port)
            yield place, server, customers
        finally:
            customers.stop()
            place.close()


def settle(place: Desk) -> None:
    """Until everything that came in was read and answered, and every answer has left."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        place.forget_claims(older=10)
        open_ends = place.ask(
            "select (select count(*) from channels_incomingmail where state = 'new')"
            " + (select count(*) from conversations_conversation where last_message_direction = 'in')"
            " + (select count(*) from conversations_message where state in ('queued', 'sending'))"
        )[0][0]
        if open_ends == 0:
            return
        # A refusal while the database was away put some off for a minute: that minute is over now.
        place.ask("update conversations_message set send_after = now() where state = 'queued' and send_after > now()")
        time.sleep(1)
    raise AssertionError(f"{open_ends} mails or answers are still on their way")


def examine(place: Desk, server: Sink, customers: Customers) -> Counter[str]:
    """What was promised: each accepted mail once; each answer at least once, more often only under its id and told."""
    received = Counter(id for (id,) in place.ask("select outside_id from conversations_message where direction = 'in'"))
    assert set(received) >= customers.accepted
    assert set(received.values()) == {1}
    assert len(customers.accepted) > 50
    facts = place.ask(
        "select count(*), count(distinct payload->>'message_id') from timeline_fact"
        " where kind = 'message.created' and payload->>'direction' = 'in'"
    )[0]
    assert facts == (len(received), len(received))
    answers = place.ask(
        "select outside_id, text, perhaps_twice, state from conversations_message where direction = 'out'"
    )
    assert {state for *_, state in answers} == {"sent"}
    assert len({text for _, text, *_ in answers}) == len(answers) == len(received)
    arrived = Counter(str(got.mail["Message-ID"]).strip("<>") for got in server.got)
    assert set(arrived) == {id for id, *_ in answers}
    told = {id for id, _, perhaps_twice, _ in answers if perhaps_twice}
    assert {id for id, times in arrived.items() if times > 1} <= told
    return arrived


def test_killing_the_work_process_forty_times_loses_and_doubles_nothing(tmp_path: Path) -> None:
    with desk(tmp_path / "home") as (place, server, customers):
        for _ in range(40):
            place.start()
            time.sleep(random.uniform(0.0, 1.2))
            place.kill()
            place.forget_claims()
        place.start()
        time.sleep(1)
        customers.stop()
        settle(place)
        arrived = examine(place, server, customers)
        print(
            f"40 kills: {len(customers.accepted)} mails, {sum(arrived.values())} answers arrived, {len(arrived)} different"
        )


def test_killing_postgresql_twelve_times_loses_and_doubles_nothing(tmp_path: Path) -> None:
    with desk(tmp_path / "home") as (place, server, customers):
        place.start()
        for _ in range(12):
            time.sleep(random.uniform(0.3, 2.5))
            place.kill_postgres()
        time.sleep(1)
        customers.stop()
        settle(place)
        arrived = examine(place, server, customers)
        assert place.work is not None
        assert place.work.poll() is None
        print(
            f"12 kills: {len(customers.accepted)} mails, {sum(arrived.values())} answers arrived, {len(arrived)} different"
        )
