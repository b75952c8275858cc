"""`sapa serve`: starts PostgreSQL and the roles, restarts what dies, ends all. Without Django, to stay small."""

import fcntl
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import FrameType

from sapa.config import place, postgres
from sapa.config.orphan import PARENT

STEADY_SECONDS = 30.0  # a role that lived so long begins anew with short pauses
LONGEST_PAUSE = 30.0
READY_SECONDS = 90.0
STOP_SECONDS = 30.0
TICK = 0.1


class CannotServe(Exception):
    """The start is refused. Carries one sentence that says why and what to do."""


@dataclass
class Role:
    """One part of Sapa in a process of its own (`sapa serve web`), started again whenever it ends."""

    name: str
    process: subprocess.Popen[bytes] | None = None
    born: float = 0.0
    deaths: int = 0
    not_before: float = field(default=0.0)

    def start(self) -> None:
        """In a session of its own, so that Ctrl-C in the terminal reaches the supervisor alone."""
        command = [sys.executable, "-m", "sapa", "serve", self.name]
        environ = {**os.environ, PARENT: str(os.getpid())}
        self.process = subprocess.Popen(command, env=environ, stdin=subprocess.DEVNULL, start_new_session=True)
        self.born = time.monotonic()

    def look_after(self) -> None:
        """Start it when it is not there; after a death, only when its pause is over."""
        now = time.monotonic()
        if self.process is not None and (status := self.process.poll()) is not None:
            self.process = None
            self.deaths = 1 if now - self.born > STEADY_SECONDS else self.deaths + 1
            pause = min(0.1 * 2 ** min(self.deaths, 12), LONGEST_PAUSE)
            self.not_before = now + pause
            say(f"{self.name} ended ({_why(status)}); it starts again in {pause:.1f} s")
        if self.process is None and now >= self.not_before:
            self.start()

    def signal(self, number: int) -> None:
        """Send a signal, if it is there."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def end(self, until: float) -> None:
        """Wait until the monotonic time `until`, then kill it with all that it started."""
        if self.process is None:
            return
        try:
            self.process.wait(max(until - time.monotonic(), 0.01))
        except subprocess.TimeoutExpired:
            say(f"{self.name} did not finish in time and is ended")
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Supervisor:
    """All of Sapa on one machine. `run` returns when a signal ended it."""

    def __init__(self, roles: Sequence[str]) -> None:
        self.demo = "demo" in roles
        self.roles = [Role(name) for name in roles]
        self.stopping = 0
        self.started_postgres = False

    def run(self) -> None:
        """Start everything, look after it until SIGTERM or SIGINT, stop everything."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._stop)
        place.HOME.mkdir(parents=True, exist_ok=True)
        with (place.HOME / "serve.lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise CannotServe(f"Sapa already runs in {place.HOME}: stop it, or set another SAPA_HOME") from error
            check_port("SAPA_PORT", place.HOST, place.PORT)
            check_port("SAPA_LMTP_PORT", place.LMTP_HOST, place.LMTP_PORT)
            try:
                self._serve()
            finally:
                self._end()

    def _serve(self) -> None:
        begun = time.monotonic()
        say(f"Sapa starts; its data lie in {place.HOME}")
        if place.EMBEDDED:
            folder = postgres.socket_folder(place.HOME)
            self.started_postgres = not postgres.is_ready(folder)
            step("PostgreSQL", lambda: str(postgres.start(place.HOME)))
            if (place.HOME / "postgres").is_symlink():
                say(f"  its files lie in {(place.HOME / 'postgres').resolve()}, where an account without rights may go")
        prepared = step("Database and demo company" if self.demo else "Database", lambda: _prepare(self.demo))
        for role in self.roles:
            role.start()
        self._wait_until_ready(begun, json.loads(prepared))
        while not self.stopping:
            self._look_after()
            time.sleep(TICK)

    def _wait_until_ready(self, begun: float, prepared: dict[str, str]) -> None:
        until, reason = time.monotonic() + READY_SECONDS, ""
        while not self.stopping and time.monotonic() < until:
            self._look_after()
            ready, reason = _health()
            if ready:
                say(f"Ready in {time.monotonic() - begun:.1f} s:  {place.PUBLIC_URL}/")
                if link := prepared["first_run"]:
                    say(f"First visit: make your account here:  {place.PUBLIC_URL}{link}")
                if prepared["login"]:
                    say(prepared["login"])
                return
            time.sleep(TICK)
        if not self.stopping:
            say(f"Not ready after {READY_SECONDS:.0f} s ({reason}); it keeps trying. `sapa doctor` tells more.")

    def _look_after(self) -> None:
        for role in self.roles:
            role.look_after()
        if not place.EMBEDDED or postgres.is_running(place.HOME):
            return
        say("PostgreSQL ended; it starts again")
        try:
            postgres.start(place.HOME)
            self.started_postgres = True
        except postgres.NoPostgres as error:
            say(f"{error}; the next try follows")

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping += 1
        for role in self.roles:
            role.signal(signal.SIGTERM if self.stopping == 1 else signal.SIGKILL)

    def _end(self) -> None:
        self.stopping += 1
        for role in self.roles:
            role.signal(signal.SIGTERM)
        until = time.monotonic() + STOP_SECONDS
        for role in self.roles:
            role.end(until)
        if self.started_postgres:
            postgres.stop(place.HOME)
        say("Sapa has stopped")


def check_port(name: str, host: str, port: int) -> None:
    """Refuse to start on a port that is taken; `name` is the variable that changes it. Port 0 stands for none."""
    if not port:
        return
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        raise CannotServe(
            f"{host}:{port} cannot be used ({error.strerror or error}): set {name} to another port"
        ) from error


def say(text: str, end: str = "\n") -> None:
    """Text for the terminal, at once."""
    sys.stderr.write(text + end)
    sys.stderr.flush()


def step(title: str, do: Callable[[], str]) -> str:
    """Do one step of the start and show how long it took; its result."""
    begun = time.monotonic()
    say(f"  {title:<32}", end="")
    try:
        result = do()
    except BaseException:
        say("failed")
        raise
    say(f"done in {time.monotonic() - begun:.1f} s")
    return result


def _prepare(demo: bool) -> str:
    """Bring the database to this version in a child process; what `sapa prepare` printed, as JSON."""
    done = subprocess.run(
        [sys.executable, "-m", "sapa", "prepare", *(["--demo"] if demo else [])],
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise CannotServe("the database could not be made ready: see the lines above, or run `sapa doctor`")
    return done.stdout.splitlines()[-1]


def _health() -> tuple[bool, str]:
    """Whether /healthz says that all is ready, and otherwise which parts are not."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(place.HOST, place.HOST)  # noqa: S104 (compared, not bound)
    web = http.client.HTTPConnection(host, place.PORT, timeout=10)
    try:
        web.request("GET", "/healthz")
        answer = web.getresponse()
        parts = json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError):
        return False, "web does not answer yet"
    finally:
        web.close()
    lacking = [name for name, part in parts.items() if isinstance(part, dict) and part.get("ok") is False]
    return answer.status == 200, ", ".join(lacking)


def _why(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"status {status}"
