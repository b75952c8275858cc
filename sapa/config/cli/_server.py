"""The programs pg_dump and pg_restore, pointed at the database of the settings."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import click
from django.db import connection

from sapa.config import place, postgres


def run_program(name: str, *options: str | Path) -> None:
    """Run one of PostgreSQL's programs on our database; the password travels in the environment. Fails in one sentence."""
    where = connection.settings_dict
    environ = {
        "PATH": os.defpath,
        "LC_ALL": "C.UTF-8",
        "PGHOST": str(where["HOST"]),
        "PGPORT": str(where["PORT"] or 5432),
        "PGUSER": str(where["USER"]),
        "PGPASSWORD": str(where["PASSWORD"]),
        "PGDATABASE": str(where["NAME"]),
        "PGCONNECT_TIMEOUT": "10",
        # Django's own limits are for requests; a dump may take its time.
        "PGOPTIONS": "-c lock_timeout=60s -c statement_timeout=0",
    }
    done = subprocess.run(
        [_program(name), *map(str, options)],
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or [f"status {done.returncode}"]
        raise click.ClickException(f"{name} failed: {lines[0]}")


def _program(name: str) -> str:
    """Ours for the embedded server; for another one that of the machine, if it is new enough: it can speak TLS."""
    installed = None if place.EMBEDDED else shutil.which(name)
    if installed:
        text = subprocess.run([installed, "--version"], capture_output=True, text=True, check=True).stdout
        version = re.search(r"(\d+)", text)
        with connection.cursor() as cursor:
            cursor.execute("select current_setting('server_version_num')::int / 10000")
            (major,) = cursor.fetchone()
        if version and int(version.group()) >= major:
            return installed
    return str(postgres.binary(name))
