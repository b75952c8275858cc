"""Where it is measured: a data folder of its own, filled once by COPY, and a real `sapa serve` on it."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from sapa.config import postgres

ROOT = Path(__file__).parent.parent
PORT, LMTP_PORT, SMTP_PORT = 8790, 8791, 8792
EMAIL, PASSWORD = "agent@bench.example", "bench and nothing else"
START_SECONDS = 120.0


@dataclass(frozen=True)
class Server:
    """A running Sapa. `process` is its supervisor; `dsn` opens its database; `token` is one of its API tokens."""

    port: int
    lmtp_port: int
    smtp_port: int
    process: subprocess.Popen[bytes]
    dsn: str
    token: str
    home: Path
    conversations: int


@contextmanager
def served(*, quick: bool) -> Iterator[Server]:
    """Fill the data folder if needed and serve it; everything is stopped at the end."""
    home = Path(os.environ.get("SAPA_BENCH_HOME", ROOT / "var" / ("bench-quick" if quick else "bench"))).absolute()
    home.mkdir(parents=True, exist_ok=True)
    os.environ.update(
        SAPA_HOME=str(home),
        SAPA_ENV="/nonexistent",
        SAPA_PORT=str(PORT),
        SAPA_URL=f"http://127.0.0.1:{PORT}",
        SAPA_LMTP_PORT=str(LMTP_PORT),
        SAPA_SMTP_URL=f"smtp://127.0.0.1:{SMTP_PORT}",
        SAPA_LANGUAGE="en",
        SAPA_LOG="ERROR",
        DJANGO_SETTINGS_MODULE="sapa.config.settings",
    )
    os.environ.pop("DATABASE_URL", None)
    from bench import load  # after the environment is set: it opens Django

    conversations, token = load.fill(home, conversations=20_000 if quick else 1_000_000)
    postgres.stop(home)  # a fresh one, so that its memory is that of a start and not that of the loading
    process = subprocess.Popen([sys.executable, "-m", "sapa", "serve"], cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        wait_until_ready(process)
        yield Server(PORT, LMTP_PORT, SMTP_PORT, process, load.dsn(home), token, home, conversations)
    finally:
        process.terminate()
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            process.kill()


def wait_until_ready(process: subprocess.Popen[bytes]) -> None:
    """Until /healthz says 200. Raises SystemExit after START_SECONDS."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise SystemExit("sapa serve ended; start it by hand with the same SAPA_HOME to see why")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/healthz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"sapa serve was not ready after {START_SECONDS:.0f} s")


def rows(server: Server, sql: str) -> list[tuple[object, ...]]:
    """Ask the database."""
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        return connection.execute(sql).fetchall()
