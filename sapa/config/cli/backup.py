"""`sapa backup` and `sapa restore`: the database and the files in one tar file."""

import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any

import click
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction

import sapa
from sapa.config import health, place
from sapa.config.cli._database import close_connections, database
from sapa.config.cli._server import run_program
from sapa.core import clock

FORMAT = 1
TRANSIENT = ("core_cache", "timeline_presence")  # tables whose rows mean nothing tomorrow

# Transaction ids begin anew in another server, and new facts would sort before the old ones: so all old ones get id 0,
# which leaves their order to `id`. A follower goes on at the first fact that it had not read (it may meet some twice).
_RENUMBER = """
update timeline_cursor c set xid = '0', fact_id = coalesce(
  (select min(f.id) - 1 from timeline_fact f where (f.xid, f.id) > (c.xid, c.fact_id)),
  (select max(f.id) from timeline_fact f), 0);
alter table timeline_fact alter column xid type xid8 using '0'::xid8;
"""


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> None:
    """Write everything that Sapa knows to FILE (tar). Sapa may go on working meanwhile.

    The file holds all mail and all secrets: keep it as safe as the server itself.
    """
    with database(), tempfile.TemporaryDirectory(prefix=".sapa-backup-", dir=file.absolute().parent) as folder:
        dump = Path(folder) / "database.dump"
        run_program("pg_dump", "-Fc", *(f"--exclude-table-data={table}" for table in TRANSIENT), "-f", dump)
        # The files after the database: each row's file was there before the row.
        part = Path(folder) / "backup.tar"
        with _create(part) as raw, tarfile.open(fileobj=raw, mode="w") as tar:
            _add_text(tar, "manifest.json", json.dumps(_manifest()), folder)
            tar.add(dump, "database.dump", filter=_anonymous)
            if (place.HOME / "secret_key").is_file():
                tar.add(place.HOME / "secret_key", "secret_key", filter=_anonymous)
            files = _add_files(tar)
            tar.close()
            raw.flush()
            os.fsync(raw.fileno())
        part.replace(file)
    click.echo(f"{file}: the database and {files} files, {file.stat().st_size / 1e6:.1f} MB")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--replace", is_flag=True, help="Throw away what the database holds now.")
def restore(file: Path, replace: bool) -> None:
    """Put the backup FILE into this Sapa's empty database and its files beside it. Sapa must not run."""
    with database(), _opened(file) as tar:
        manifest = _read_manifest(tar)
        _check_quiet()
        _make_empty(replace)
        with tempfile.TemporaryDirectory(prefix="sapa-restore-") as folder:
            dump = Path(folder) / "database.dump"
            with dump.open("wb") as target:
                shutil.copyfileobj(_member(tar, "database.dump"), target)
            close_connections()
            run_program(
                "pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "-j", "2", "-d", _name(), dump
            )
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_RENUMBER)
        files = _put_files(tar)
        _put_secret_key(tar)
        call_command("migrate", interactive=False, verbosity=0)
    click.echo(
        f"Restored the backup of {manifest['made_at']} (Sapa {manifest['sapa']}): the database and {files} files"
    )


def _manifest() -> dict[str, Any]:
    return {
        "format": FORMAT,
        "sapa": sapa.__version__,
        "made_at": clock.now().isoformat(timespec="seconds"),
        "migrations": sorted(f"{app}.{name}" for app, name in health.written()),
    }


def _create(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def _add_text(tar: tarfile.TarFile, name: str, text: str, folder: str) -> None:
    path = Path(folder) / name
    path.write_text(text, encoding="utf-8")
    tar.add(path, name, filter=_anonymous)


def _add_files(tar: tarfile.TarFile) -> int:
    count, root = 0, Path(settings.FILES)
    for path in sorted(root.rglob("*")) if root.is_dir() else ():
        if path.is_file() and path.suffix != ".part":
            tar.add(path, f"files/{path.relative_to(root)}", filter=_anonymous)
            count += 1
    return count


@contextmanager
def _opened(file: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(file) as tar:
            yield tar
    except (tarfile.TarError, EOFError) as error:
        raise click.ClickException(f"{file} is not a whole backup: {error}") from error


def _member(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    try:
        found = tar.extractfile(name)
    except KeyError:
        found = None
    if found is None:
        raise click.ClickException(f"{tar.name!s} is not a backup of Sapa: it has no {name}")
    return found


def _read_manifest(tar: tarfile.TarFile) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads(_member(tar, "manifest.json").read(1_000_000))
    unknown = set(manifest["migrations"]) - {f"{app}.{name}" for app, name in health.written()}
    if manifest["format"] != FORMAT or unknown:
        raise click.ClickException(
            f"the backup was made by Sapa {manifest['sapa']}, newer than this one: install that first"
        )
    return manifest


def _check_quiet() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from pg_stat_activity where datname = current_database()"
            " and backend_type = 'client backend' and application_name <> current_setting('application_name')"
        )
        (others,) = cursor.fetchone()
    if others:
        raise click.ClickException(f"{others} other connections use the database: stop Sapa (and whatever else) first")


def _make_empty(replace: bool) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from pg_tables where schemaname = 'public'")
        (tables,) = cursor.fetchone()
        if not tables:
            return
        if not replace:
            raise click.ClickException(f"the database already has {tables} tables: add --replace to throw them away")
        cursor.execute("drop schema public cascade; create schema public")


def _name() -> str:
    return str(connection.settings_dict["NAME"])


def _put_files(tar: tarfile.TarFile) -> int:
    """Each under a name that cannot leave the store, whatever the tar file says."""
    count, root = 0, Path(settings.FILES)
    for member in tar:
        parts = PurePosixPath(member.name).parts
        if not member.isfile() or parts[:1] != ("files",) or ".." in parts or len(parts) < 2:
            continue
        target = root.joinpath(*parts[1:])
        target.parent.mkdir(parents=True, exist_ok=True)
        source = tar.extractfile(member)
        assert source is not None
        part = target.with_name(f"{target.name}.part")
        with part.open("wb") as file:
            shutil.copyfileobj(source, file)
        part.chmod(0o600)
        part.replace(target)
        count += 1
    return count


def _put_secret_key(tar: tarfile.TarFile) -> None:
    """The key that opens the stored mailbox passwords, unless the environment gives one."""
    if (
        "secret_key" not in tar.getnames()
        or os.environ.get("SAPA_SECRET_KEY")
        or os.environ.get("SAPA_SECRET_KEY_FILE")
    ):
        return
    path = place.HOME / "secret_key"
    path.unlink(missing_ok=True)
    with _create(path) as file:
        file.write(_member(tar, "secret_key").read(10_000))
