"""`sapa doctor`: looks at everything that Sapa stands on and says, line by line, «ok» or what to do."""

import os
import shutil
import smtplib
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote

import click
import django
from django.conf import settings
from django.db import connection
from django.utils import timezone

import sapa
from sapa.config import health, place, postgres
from sapa.config.cli._database import database

GIGABYTE = 1_000_000_000
SECONDS = 5.0


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at and how it is; `advice` says what to do when it is not well."""

    what: str
    how: str
    advice: str = ""


@click.command()
def doctor() -> None:
    """Check database, versions, clock, disk and mail, and say what to do. Status 1 when something is wrong."""
    troubles = 0
    for finding in _findings():
        troubles += bool(finding.advice)
        mark = click.style("look", fg="red") if finding.advice else click.style("ok", fg="green")
        click.echo(f"{mark:>4}  {finding.what}: {finding.how}")
        if finding.advice:
            click.echo(f"      → {finding.advice}")
    raise SystemExit(1 if troubles else 0)


def _findings() -> Iterator[Finding]:
    yield _versions()
    yield _home()
    yield _disk()
    yield _static()
    try:
        with database():
            yield from _database()
    except (click.ClickException, postgres.NoPostgres) as error:
        yield Finding("Database", str(error), "make it answer first; SAPA_HOME/postgres/data/log tells why it does not")
    yield _clock()
    yield _sending()
    yield _receiving()
    yield _address()


def _versions() -> Finding:
    how = f"Sapa {sapa.__version__}, Python {sys.version.split()[0]}, Django {django.__version__}"
    return Finding("Versions", how, "" if sys.version_info >= (3, 11) else "install Python 3.11 or later")


def _home() -> Finding:
    key = place.HOME / "secret_key"
    if not os.access(place.HOME, os.W_OK):
        return Finding("Folder", f"{place.HOME} cannot be written", "give it to the user that runs Sapa")
    if key.exists() and key.stat().st_mode & 0o077:
        return Finding("Folder", f"others may read {key}", f"chmod 600 {key}")
    return Finding("Folder", str(place.HOME))


def _disk() -> Finding:
    free = shutil.disk_usage(place.HOME).free
    advice = "" if free > 2 * GIGABYTE else "make room: without space no mail is taken in"
    return Finding("Disk", f"{free / GIGABYTE:.1f} GB free", advice)


def _static() -> Finding:
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    found = manifest.is_file()
    return Finding("Static files", "collected" if found else f"no {manifest}", "" if found else "run bin/prepare")


def _database() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('server_version_num')::int, current_setting('server_encoding')")
        version, encoding = cursor.fetchone()
        cursor.execute(
            "select extract(epoch from max(now() - xact_start))::int from pg_stat_activity where backend_xid is not null"
        )
        (longest,) = cursor.fetchone()
        cursor.execute("select extract(epoch from clock_timestamp())::float8")
        apart = abs(timezone.now().timestamp() - cursor.fetchone()[0])
    where = "embedded" if place.EMBEDDED else str(connection.settings_dict["HOST"])
    advice = "" if version >= 160000 else "Sapa needs PostgreSQL 16 or later"
    advice = advice if encoding == "UTF8" else "make a database with encoding UTF8"
    yield Finding("Database", f"PostgreSQL {version // 10000}.{version % 10000}, {where}, {encoding}", advice)
    advice = "set both machines' clocks by NTP" if apart > 2 else ""
    yield Finding("Clocks of database and machine", f"{apart:.1f} s apart", advice)
    if longest and longest > 60:
        yield Finding("Transactions", f"one is open for {longest} s", "end it: followers wait for it")
    _, parts = health.report()
    missing = parts["migrations"]["missing"]
    yield Finding(
        "Migrations", "complete" if not missing else f"{missing} missing", "run `sapa migrate`" if missing else ""
    )
    if missing:
        return
    work = parts["work"]
    late = ", ".join(work["late"][:5])
    how = f"{work['loops']} loops" + (f", late: {late}" if late else "")
    yield Finding("Work role", how, "" if work["ok"] and not late else "is `sapa serve` running? its lines tell more")
    slow = {name: lag for name, lag in parts["followers"].items() if lag > 60}
    how = ", ".join(f"{name} {lag:.0f} s" for name, lag in slow.items()) or "up to date"
    yield Finding("Followers", how, "see the lines of the work role; `sapa rebuild` reads anew" if slow else "")


def _clock() -> Finding:
    now = datetime.now().astimezone()
    how = f"{now:%Y-%m-%d %H:%M:%S %Z}, time zone of Sapa {settings.TIME_ZONE}"
    if now.year < 2026:
        return Finding("Clock", how, "set the clock: tokens, sessions and mail dates depend on it")
    if shutil.which("timedatectl"):
        command = ["timedatectl", "show", "-p", "NTPSynchronized", "--value"]
        asked = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
        if asked.returncode == 0 and asked.stdout.strip() == "no":
            return Finding("Clock", how, "nothing keeps it right: timedatectl set-ntp true")
    return Finding("Clock", how)


def _sending() -> Finding:
    url = settings.SMTP_URL
    if not url.scheme:
        return Finding(
            "Sending mail", "no server", "set SAPA_SMTP_URL, e.g. smtp+starttls://user:password@mail.example:587"
        )
    where = (
        f"{url.hostname}:{url.port or {'smtps': 465}.get(url.scheme, 587 if url.scheme.endswith('starttls') else 25)}"
    )
    host, _, port = where.rpartition(":")
    try:
        if url.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host, int(port), timeout=SECONDS, context=ssl.create_default_context()
            )
        else:
            server = smtplib.SMTP(host, int(port), timeout=SECONDS)
        with server:
            if url.scheme == "smtp+starttls":
                server.starttls(context=ssl.create_default_context())
            if url.username:
                server.login(unquote(url.username), unquote(url.password or ""))
            server.noop()
    except (OSError, smtplib.SMTPException) as error:
        return Finding(
            "Sending mail", f"{where}: {error}", "correct SAPA_SMTP_URL, or let this machine reach the server"
        )
    return Finding("Sending mail", f"{where} answers" + (" and knows us" if url.username else ""))


def _receiving() -> Finding:
    where = f"{place.LMTP_HOST}:{place.LMTP_PORT}"
    if not place.LMTP_PORT:
        return Finding("Receiving mail (LMTP)", "switched off")
    try:
        with socket.create_connection((place.LMTP_HOST, place.LMTP_PORT), timeout=SECONDS) as client:
            client.settimeout(SECONDS)
            greeting = client.recv(200).decode("ascii", "replace").strip()
    except OSError as error:
        return Finding("Receiving mail (LMTP)", f"{where}: {error.strerror or error}", "is `sapa serve` running?")
    advice = "" if greeting.startswith("220") else "something else has this port: set SAPA_LMTP_PORT"
    return Finding("Receiving mail (LMTP)", f"{where} answers", advice)


def _address() -> Finding:
    advice = ""
    if settings.DEBUG:
        advice = "SAPA_DEBUG shows the inside of Sapa to everybody: switch it off"
    elif place.HOST not in {"127.0.0.1", "localhost", "::1"} and place.PUBLIC_URL.startswith("http://127.0.0.1"):
        advice = "others may reach this Sapa: set SAPA_URL to the address that they use"
    return Finding("Address", place.PUBLIC_URL, advice)
