"""A real `sapa serve` for the browser tests: a folder of its own, free ports, its own web and work processes."""

import json
import os
import shutil
import signal
import smtplib
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path

from sapa.core.tests.ports import free_port

ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse battery"  # of everybody here
READY_SECONDS = 240.0  # the first start with a demo makes its past
BUILT = ROOT / "sapa" / "static_built"


class Sapa:
    """Started by `start`, ended by `stop`. What it writes lies in `lines`."""

    def __init__(self, *, smtp_url: str = "", demo: bool = False) -> None:
        self.port, self.lmtp_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.home = Path(tempfile.mkdtemp(prefix="sapa-browser-"))
        self.home.chmod(0o755)
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("SAPA_", "DATABASE_", "PYTHONDONT"))
        }
        self.environ = {
            **kept,
            "PYTHONPATH": str(ROOT),
            "DJANGO_SETTINGS_MODULE": "sapa.config.settings",
            "SAPA_ENV": "/nonexistent",
            "SAPA_HOME": str(self.home / "var"),
            "SAPA_PORT": str(self.port),
            "SAPA_LMTP_PORT": str(self.lmtp_port),
            "SAPA_LANGUAGE": "en",
            "SAPA_SMTP_URL": smtp_url,
            "SAPA_OUTSIDE_PRIVATE": "yes",
        }
        if not _is_fresh(BUILT):
            self.environ["SAPA_STATIC"] = str(self.home / "static")
        self._demo = ["--demo"] if demo else []
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def lines(self) -> str:
        path = self.home / "lines"
        return path.read_text(errors="replace") if path.exists() else ""

    def start(self) -> None:
        if "SAPA_STATIC" in self.environ:
            self.run("manage.py", "collectstatic", "--no-input", "-v0")
        with (self.home / "lines").open("ab") as lines:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "sapa", "serve", *self._demo],
                cwd=ROOT,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=lines,
                stderr=lines,
                start_new_session=True,
            )
        until = time.monotonic() + READY_SECONDS
        while not self._is_ready():
            if time.monotonic() > until or self._process.poll() is not None:
                raise AssertionError(f"sapa serve did not get ready:\n{self.lines}")
            time.sleep(0.1)

    def stop(self) -> None:
        """End it with all its processes, and forget its folder."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(45)
            finally:
                if self._process.poll() is None:
                    self._process.kill()
        shutil.rmtree(self.home, ignore_errors=True)

    def run(self, *words: str) -> str:
        """A Python program with the server's environment; what it printed."""
        done = subprocess.run(
            [sys.executable, *words], cwd=ROOT, env=self.environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{words}: {done.stderr}"
        return done.stdout

    def deliver(self, mail: EmailMessage | bytes, *, to: str = "") -> None:
        """A mail comes in as from the company's mail server."""
        with smtplib.LMTP("127.0.0.1", self.lmtp_port, timeout=30) as lmtp:
            if isinstance(mail, bytes):
                lmtp.sendmail("dan@customer.example", [to], mail)
            else:
                lmtp.send_message(mail, parseaddr(str(mail["From"]))[1], [to or parseaddr(str(mail["To"]))[1]])

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as answer:
                return bool(json.loads(answer.read())["ok"])
        except (urllib.error.URLError, OSError, ValueError):
            return False


def _is_fresh(built: Path) -> bool:
    """Whether the collected static files are as new as their sources."""
    manifest = built / "staticfiles.json"
    if not manifest.exists():
        return False
    sources = (path for path in ROOT.glob("sapa/*/static/**/*") if path.is_file())
    return max(path.stat().st_mtime for path in sources) < manifest.stat().st_mtime
