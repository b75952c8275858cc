import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection, transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from conftest import World
from sapa.config.tests.place import HOME
from sapa.core.models import Heartbeat


@pytest.fixture
def start(lasting_world: World, tmp_path: Path) -> Iterator[Callable[[], "subprocess.Popen[bytes]"]]:
    """Starts a work process on the test database, and ends it after the test."""
    started: list[subprocess.Popen[bytes]] = []
    script = Path(__file__).with_name("work_process.py")
    environment = {**os.environ, "SAPA_HOME": str(HOME), "PYTHONPATH": os.getcwd()}

    def begin() -> "subprocess.Popen[bytes]":
        command = [sys.executable, str(script), str(connection.settings_dict["NAME"]), str(tmp_path / "nap")]
        started.append(subprocess.Popen(command, env=environment))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.wait(10)


def until(found: Callable[[], object], seconds: float) -> float:
    begun = time.monotonic()
    while not found():
        assert time.monotonic() - begun < seconds, "did not happen in time"
        time.sleep(0.05)
    return time.monotonic() - begun


def defer(seconds: float) -> int:
    job: int = app.configure_task("test nap", allow_unknown=True).defer(seconds=seconds)
    return job


@pytest.mark.crash
def test_sigterm_finishes_the_job_in_hand_and_a_killed_one_is_taken_up_again(
    start: Callable[[], "subprocess.Popen[bytes]"], tmp_path: Path
) -> None:
    said = tmp_path / "nap"
    first = start()
    until(lambda: Heartbeat.objects.filter(name="wake snoozed").exists(), 30)

    defer(1.0)
    until(said.exists, 10)
    first.send_signal(signal.SIGTERM)
    assert first.wait(10) == 0
    assert said.read_text() == "begun done "
    assert not ProcrastinateJob.objects.filter(task_name="test nap").exists()  # successful ones go at once

    said.unlink()
    second = start()
    defer(60.0)
    until(said.exists, 30)
    second.send_signal(signal.SIGKILL)
    second.wait(10)
    start()
    until(lambda: said.read_text() == "begun begun done ", 30)


def test_a_job_goes_with_the_transaction_that_wanted_it(world: World) -> None:
    before = ProcrastinateJob.objects.count()
    with transaction.atomic():
        defer(0)
        assert ProcrastinateJob.objects.count() == before + 1
        transaction.set_rollback(True)
    assert ProcrastinateJob.objects.count() == before
