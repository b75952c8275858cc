"""A backup of one Sapa, restored into another with a server of its own."""

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from sapa.config import postgres

pytestmark = pytest.mark.slow


def sapa(home: Path, *words: str, code: int = 0) -> str:
    """Run the command line on `home`; its output and errors."""
    environ = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "SAPA_SECRET_KEY"}}
    environ |= {"SAPA_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-m", "sapa", *words], env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def connect(home: Path) -> psycopg.Connection[Any]:
    return psycopg.connect(host=str(postgres.socket_folder(home)), user=postgres.USER, dbname=postgres.DATABASE)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="sapa-backup-"))
    made.chmod(0o755)
    yield made
    for home in ("old", "new"):
        if (made / home).exists():
            postgres.stop(made / home)
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def backup(folder: Path) -> Path:
    """A Sapa with an account, three facts of which a follower read the first two, and a file; its backup."""
    old = folder / "old"
    postgres.start(old)
    sapa(old, "migrate")
    sapa(old, "user", "create", "--email", "ada@shop.example", "--password", "correct horse battery")
    with connect(old) as database:
        for number in range(1, 4):
            database.execute("select txid_current()")
            database.execute("insert into timeline_fact (kind, occurred_at, seq, source, tenant_id, channel, actor_kind,"
                             " payload, version, audience) values (%s, now(), 0, 'test', 1, '', 'system', '{}', 1, '{}')",
                             (f"test.{number}",))  # fmt: skip
            database.commit()
        database.execute(
            "insert into timeline_cursor select 'tester', xid, id, now() from timeline_fact where kind = 'test.2'"
        )
    (old / "files" / "ab").mkdir(parents=True)
    (old / "files" / "ab" / "abcdef").write_bytes(b"a picture")
    sapa(old, "backup", str(folder / "all.tar"))
    return folder / "all.tar"


def test_a_backup_is_for_its_owner_only(backup: Path) -> None:
    assert backup.stat().st_mode & 0o777 == 0o600
    with tarfile.open(backup) as tar:
        assert {"manifest.json", "database.dump", "secret_key", "files/ab/abcdef"} == set(tar.getnames())


def test_restore_brings_everything_back_and_followers_go_on_where_they_were(backup: Path, folder: Path) -> None:
    new = folder / "new"
    assert "1 files" in sapa(new, "restore", str(backup))
    postgres.start(new)
    with connect(new) as database:
        assert database.execute("select email from accounts_user").fetchall() == [("ada@shop.example",)]
        facts = database.execute("select kind, xid::text, id from timeline_fact order by id").fetchall()
        assert [(kind, xid) for kind, xid, _ in facts][-3:] == [("test.1", "0"), ("test.2", "0"), ("test.3", "0")]
        database.execute("insert into timeline_fact (kind, occurred_at, seq, source, tenant_id, channel, actor_kind,"
                         " payload, version, audience) values ('test.4', now(), 0, 'test', 1, '', 'system', '{}', 1, '{}')")  # fmt: skip
        database.commit()
        unread = database.execute(
            "select f.kind from timeline_fact f, timeline_cursor c where c.follower = 'tester'"
            " and (f.xid, f.id) > (c.xid, c.fact_id) order by f.xid, f.id"
        ).fetchall()
        assert unread == [("test.3",), ("test.4",)]
        with pytest.raises(psycopg.errors.RestrictViolation):
            database.execute("delete from timeline_fact")
    assert (new / "files" / "ab" / "abcdef").read_bytes() == b"a picture"
    assert (new / "secret_key").read_text() == (folder / "old" / "secret_key").read_text()


def test_restore_spares_what_is_there_unless_told(backup: Path, folder: Path) -> None:
    assert "--replace" in sapa(folder / "old", "restore", str(backup), code=1)
    with connect(folder / "old") as busy:
        busy.execute("select 1")
        assert "stop Sapa" in sapa(folder / "old", "restore", "--replace", str(backup), code=1)
    assert "Restored" in sapa(folder / "old", "restore", "--replace", str(backup))


def test_a_file_that_is_no_backup_is_refused(backup: Path, folder: Path) -> None:
    (folder / "half.tar").write_bytes(backup.read_bytes()[:600])
    (folder / "other").write_text("not a tar file")
    for name in ("half.tar", "other"):
        assert "not a" in sapa(folder / "old", "restore", str(folder / name), code=1)
