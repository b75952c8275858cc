"""`sapa serve` as a whole, in a folder of its own: it starts, mends what dies, and ends."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from sapa.config import postgres
from sapa.core.tests.ports import free_port

pytestmark = pytest.mark.slow


@dataclass
class Serving:
    """A running `sapa serve`, its address, its folder and what it writes."""

    process: subprocess.Popen[bytes]
    port: int
    home: Path
    environ: dict[str, str]

    @property
    def lines(self) -> str:
        return (self.home / "lines").read_text()

    def health(self) -> dict[str, Any]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=10) as answer:
                return dict(json.loads(answer.read()))
        except urllib.error.HTTPError as error:
            return dict(json.loads(error.read()))
        except OSError:
            return {"ok": False}

    def role(self, name: str) -> psutil.Process | None:
        """The role's process; None while it is dead."""
        for child in psutil.Process(self.process.pid).children():
            with contextlib.suppress(psutil.Error):
                if child.cmdline()[-1:] == [name]:
                    return child
        return None

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "sapa", *words], env=self.environ, capture_output=True, text=True, check=False
        )


def wait_for(what: Callable[[], bool], seconds: float = 90) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.2)


@pytest.fixture(scope="module")
def serving() -> Iterator[Serving]:
    folder = Path(tempfile.mkdtemp(prefix="sapa-serve-"))
    folder.chmod(0o755)
    port = free_port()
    environ = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environ |= {"SAPA_HOME": str(folder), "SAPA_PORT": str(port), "SAPA_LMTP_PORT": str(free_port())}
    with (folder / "lines").open("wb") as lines:
        process = subprocess.Popen([sys.executable, "-m", "sapa", "serve"], env=environ, stderr=lines)
    found = Serving(process, port, folder, environ)
    try:
        wait_for(lambda: found.health()["ok"] or process.poll() is not None)
        assert process.poll() is None, found.lines
        yield found
    finally:
        process.terminate()
        process.wait(60)
        postgres.stop(folder)
        shutil.rmtree(folder)


def test_it_says_where_it_is_and_how_to_begin(serving: Serving) -> None:
    wait_for(lambda: "First visit" in serving.lines)
    assert f"http://127.0.0.1:{serving.port}/" in serving.lines
    assert f"http://127.0.0.1:{serving.port}/welcome/?token=" in serving.lines


def test_health_names_the_parts(serving: Serving) -> None:
    parts = serving.health()
    assert parts["database"]["ok"]
    assert parts["migrations"] == {"ok": True, "missing": 0}
    assert parts["work"]["loops"] > 0
    assert set(parts["followers"]) == {"notify", "auto_reply"}


def test_a_second_one_in_the_same_folder_is_refused(serving: Serving) -> None:
    done = serving.command("serve")
    assert done.returncode == 1
    assert "Sapa already runs in" in done.stderr


@pytest.mark.parametrize("name", ["web", "work"])
def test_a_role_that_is_killed_comes_back(serving: Serving, name: str) -> None:
    killed = serving.role(name)
    assert killed is not None
    workers = killed.children()
    killed.kill()
    wait_for(lambda: serving.role(name) not in {None, killed} and serving.health()["ok"])
    _, alive = psutil.wait_procs(workers, timeout=15)
    assert not alive, "workers of the killed role still answer"


def test_postgresql_that_is_killed_comes_back(serving: Serving) -> None:
    number = int((serving.home / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
    os.kill(number, signal.SIGKILL)
    wait_for(lambda: "PostgreSQL ended; it starts again" in serving.lines)
    time.sleep(2)  # each web process keeps its answer for a second
    wait_for(lambda: serving.health()["ok"])


def test_doctor_finds_it_well_but_for_the_missing_mail_server(serving: Serving) -> None:

    def troubles() -> list[str]:
        lines = serving.command("doctor").stdout.splitlines()
        return [
            line for line in lines if line.startswith("look") and "Sending mail" not in line and "Static" not in line
        ]

    wait_for(lambda: troubles() == [])


def test_all_of_it_together_is_small(serving: Serving) -> None:
    """Proportional memory, shared pages counted once: the design allows 350 MB."""
    roles = [psutil.Process(serving.process.pid)]
    roles += roles[0].children(recursive=True)
    number = int((serving.home / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
    roles += [psutil.Process(number), *psutil.Process(number).children()]
    total = sum(process.memory_full_info().pss for process in roles if process.is_running()) / 1024 / 1024
    assert total < 350, f"{total:.0f} MB"


def test_sigterm_ends_everything_quickly(serving: Serving) -> None:
    """Last in this file: it ends what the others use."""
    children = psutil.Process(serving.process.pid).children(recursive=True)
    begun = time.monotonic()
    serving.process.terminate()
    assert serving.process.wait(40) == 0
    assert time.monotonic() - begun < 15
    assert not psutil.wait_procs(children, timeout=5)[1]
    assert not postgres.is_running(serving.home)
