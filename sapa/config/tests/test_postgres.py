"""The launcher of the embedded PostgreSQL, on real servers in folders of their own."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from sapa.config import postgres
from sapa.config.owner import ELSEWHERE
from sapa.core.tests.ports import free_port

START = "import sys, pathlib; from sapa.config import postgres; print(postgres.start(pathlib.Path(sys.argv[1])))"


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="sapa-pg-"))
    folder.chmod(0o755)
    yield folder / "var"
    if (folder / "var").exists():
        postgres.stop(folder / "var")
    shutil.rmtree(folder)


def connect(socket: Path) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(host=str(socket), user=postgres.USER, dbname=postgres.DATABASE, connect_timeout=5)


def select(socket: Path, sql: str) -> list[tuple[object, ...]]:
    with connect(socket) as connection:
        return connection.execute(sql.encode()).fetchall()


def keep_seven(socket: Path) -> None:
    with connect(socket) as connection:
        connection.execute("create table kept as select 7 as n")


def server_process(home: Path) -> int:
    return int((home / "postgres" / "data" / "postmaster.pid").read_text().split()[0])


def test_fresh_folder_gets_a_server_that_answers(home: Path) -> None:
    socket = postgres.start(home)
    ((version, who),) = select(socket, "select current_setting('server_version_num')::int, current_user::text")
    assert isinstance(version, int)
    assert version // 10000 == postgres.MAJOR
    assert who == postgres.USER


def test_only_its_owner_may_enter_the_socket_folder_and_there_is_no_network(home: Path) -> None:
    socket = postgres.start(home)
    assert socket.stat().st_mode & 0o777 == 0o700
    assert select(socket, "select current_setting('listen_addresses')") == [("",)]


def test_second_start_finds_it_running(home: Path) -> None:
    postgres.start(home)
    process = server_process(home)
    begun = time.monotonic()
    postgres.start(home)
    assert server_process(home) == process
    assert time.monotonic() - begun < 2


def test_data_survive_stop_and_start(home: Path) -> None:
    keep_seven(postgres.start(home))
    postgres.stop(home)
    assert not postgres.is_ready(postgres.socket_folder(home))
    assert select(postgres.start(home), "select n from kept") == [(7,)]


def test_two_starts_at_once_make_one_server(home: Path) -> None:
    starts = [
        subprocess.Popen([sys.executable, "-c", START, str(home)], stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    assert {start.communicate(timeout=120)[0].strip() for start in starts} == {str(postgres.socket_folder(home))}
    assert {start.returncode for start in starts} == {0}
    assert select(postgres.socket_folder(home), "select 1") == [(1,)]


def test_the_server_outlives_who_started_it(home: Path) -> None:
    subprocess.run([sys.executable, "-c", START, str(home)], check=True, timeout=120, stdout=subprocess.DEVNULL)
    assert select(postgres.socket_folder(home), "select 1") == [(1,)]


def test_start_recovers_after_kill_minus_nine(home: Path) -> None:
    keep_seven(postgres.start(home))
    os.kill(server_process(home), signal.SIGKILL)
    assert select(postgres.start(home), "select n from kept") == [(7,)]


def test_a_backend_of_a_killed_server_does_not_hinder_the_next_start(home: Path) -> None:
    socket = postgres.start(home)
    keep_seven(socket)
    with closing(connect(socket)) as busy:
        busy.execute("select 1")
        os.kill(server_process(home), signal.SIGKILL)
        postgres.start(home)
    assert select(socket, "select n from kept") == [(7,)]


def test_a_stale_number_of_a_living_stranger_is_no_server(home: Path) -> None:
    postgres.start(home)
    pid_file = home / "postgres" / "data" / "postmaster.pid"
    text = pid_file.read_text()
    postgres.stop(home)
    with subprocess.Popen(["sleep", "60"]) as stranger:
        pid_file.write_text(text.replace(text.split()[0], str(stranger.pid), 1))
        assert select(postgres.start(home), "select 1") == [(1,)]
        assert stranger.poll() is None
        stranger.kill()


def test_half_made_data_folder_is_made_anew(home: Path) -> None:
    postgres.start(home)
    postgres.stop(home)
    (home / "postgres" / "data").rename(home / "postgres" / "data.new")
    (home / "postgres" / "data.new" / "PG_VERSION").unlink()
    assert select(postgres.start(home), "select 1") == [(1,)]


def test_data_of_another_version_are_refused_with_the_way_out(home: Path) -> None:
    postgres.start(home)
    postgres.stop(home)
    (home / "postgres" / "data" / "PG_VERSION").write_text("17\n")
    with pytest.raises(postgres.NoPostgres, match=r"made by PostgreSQL 17 .* `sapa restore`"):
        postgres.start(home)


def test_a_wrong_own_setting_is_named(home: Path) -> None:
    postgres.start(home)
    postgres.stop(home)
    (home / "postgres" / "own.conf").write_text("shared_buffers = plenty\n")
    with pytest.raises(postgres.NoPostgres, match=r"did not start.*(shared_buffers|errors)"):
        postgres.start(home)
    (home / "postgres" / "own.conf").write_text("work_mem = 9MB\n")
    assert select(postgres.start(home), "select current_setting('work_mem')") == [("9MB",)]


def test_a_path_too_long_for_a_socket_gets_a_short_one(home: Path) -> None:
    long = home / ("n" * 60) / ("n" * 60)
    try:
        assert len(str(postgres.socket_folder(long))) < 60
        assert select(postgres.start(long), "select 1") == [(1,)]
    finally:
        postgres.stop(long)
        shutil.rmtree(postgres.socket_folder(long))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root steps down to another account")
def test_as_root_a_closed_parent_stays_closed_and_the_data_go_elsewhere(home: Path) -> None:
    home.parent.chmod(0o700)
    assert select(postgres.start(home), "select 1") == [(1,)]
    assert home.parent.stat().st_mode & 0o777 == 0o700
    place = (home / "postgres").resolve()
    assert place.parent == ELSEWHERE
    postgres.stop(home)
    shutil.rmtree(place)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may act as another account")
def test_root_serves_the_data_of_an_ordinary_user_as_that_user(home: Path) -> None:
    data = home / "postgres" / "data"
    data.mkdir(parents=True)
    os.chown(data, 65534, 65534)
    assert select(postgres.start(home), "select 1") == [(1,)]
    assert (data / "PG_VERSION").stat().st_uid == 65534


def test_a_server_over_tcp_answers_on_this_machine_only(home: Path) -> None:
    url = postgres.start_tcp(home, free_port())
    with psycopg.connect(url, connect_timeout=5) as connection:
        assert connection.execute("show listen_addresses").fetchone() == ("127.0.0.1",)


def test_stop_without_a_server_does_nothing(home: Path) -> None:
    home.mkdir()
    postgres.stop(home)
