import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction

from conftest import World
from sapa.core.loop import listen_params
from sapa.timeline.followers import Follower, _Pace, step
from sapa.timeline.models import Cursor, Fact
from sapa.timeline.tests.writers import (
    KIND,
    follower,
    handed_over,
    in_order,
    memory,
    write,
    writers,
)
from sapa.timeline.watch import lag, old_writing_transactions


@pytest.fixture
def remembered(lasting_world: World) -> Iterator[None]:
    Cursor.objects.all().delete()
    with memory():
        yield


def catch_up(one: Follower) -> None:
    while Cursor.objects.filter(follower=one.name).count() == 0 or step(one):
        step(one)


def test_a_late_commit_is_never_missed_nor_seen_twice(remembered: None) -> None:
    threads = writers(20, 6)
    naive: list[int] = []
    while any(thread.is_alive() for thread in threads):
        step(follower())
        naive += Fact.objects.filter(pk__gt=max(naive, default=0)).order_by("pk").values_list("pk", flat=True)
        time.sleep(0.01)
    catch_up(follower())
    assert len(in_order()) > 500
    assert handed_over() == in_order()
    assert set(naive) != set(in_order()), "the writers were too tame: even a reader by id missed nothing"


def test_two_processes_at_once_have_one_leader(remembered: None) -> None:
    write(5)
    step(follower())  # makes the cursor
    inside, go_on = threading.Event(), threading.Event()

    def slow(facts: Sequence[Fact]) -> None:
        inside.set()
        go_on.wait(10)
        follower().handle(facts)

    def lead() -> None:
        step(Follower(name="test", kinds=frozenset({KIND}), handle=slow))
        connection.close()

    leader = threading.Thread(target=lead)
    leader.start()
    assert inside.wait(10)
    assert step(follower()) is False
    assert handed_over() == []
    go_on.set()
    leader.join()
    assert handed_over() == in_order()


@pytest.mark.crash
def test_followers_killed_at_any_moment_lose_and_double_nothing(remembered: None) -> None:
    script, chance = Path(__file__).with_name("follow_process.py"), random.Random(7)
    command = [sys.executable, str(script), str(connection.settings_dict["NAME"])]
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    threads = writers(4, 8, delay=0.02)
    kills = 0
    while any(thread.is_alive() for thread in threads) or kills < 3:
        two = [subprocess.Popen(command, env=environment) for _ in range(2)]
        before = len(handed_over())
        while len(handed_over()) == before and any(thread.is_alive() for thread in threads):
            time.sleep(0.02)
        time.sleep(chance.random() * 0.3)
        for process in two:
            process.kill()
            process.wait()
        kills += 1
    catch_up(follower())
    assert handed_over() == in_order()


def test_a_failing_follower_keeps_neither_cursor_nor_writes(remembered: None) -> None:
    write(3)
    step(follower())

    def fail(facts: Sequence[Fact]) -> None:
        follower().handle(facts)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        step(Follower(name="test", kinds=frozenset({KIND}), handle=fail))
    assert handed_over() == []
    step(follower())
    assert handed_over() == in_order()


def test_a_cursor_set_back_gives_everything_again_in_the_same_order(remembered: None) -> None:
    write(30)
    catch_up(follower(batch=7))
    first = handed_over()
    Cursor.objects.update(xid="0", fact_id=0)
    catch_up(follower(batch=11))
    assert handed_over() == first + first


def test_other_kinds_move_the_cursor_only(remembered: None) -> None:
    write(3)
    other = Follower(name="test", kinds=frozenset({"another.kind"}), handle=follower().handle)
    catch_up(other)
    assert (handed_over(), lag()) == ([], {"test": 0})


def test_a_fact_held_back_is_followed_soon_after_the_transaction_ends(remembered: None) -> None:
    pace = _Pace(follower())
    pace()
    with psycopg.connect(**listen_params()) as slow:
        slow.execute("update accounts_user set name = name")
        write(1)
        assert pace() is True  # something is there, and held back
        assert handed_over() == []
        assert lag() == {"test": 1}
        slow.rollback()  # nobody is notified of this
    while pace():
        pass
    assert handed_over() == in_order()


def test_an_idle_follower_takes_no_transaction_id(remembered: None) -> None:
    pace = _Pace(follower())
    write(2)
    while pace():
        pass

    def next_xid() -> int:
        with connection.cursor() as cursor:
            cursor.execute("select pg_snapshot_xmax(pg_current_snapshot())::text")
            return int(cursor.fetchone()[0])

    before = next_xid()
    assert [pace() for _ in range(20)] == [False] * 20
    assert next_xid() - before < 5  # the server's own housekeeping may take one


def test_old_writing_transactions_are_found_and_reading_ones_are_not(lasting_world: World) -> None:
    with psycopg.connect(**listen_params()) as writer, psycopg.connect(**listen_params()) as reader:
        reader.execute("select 1")
        writer.execute("update accounts_user set name = name")
        time.sleep(0.1)
        assert [one.pid for one in old_writing_transactions(0.05)] == [writer.info.backend_pid]
        assert old_writing_transactions(60) == []


@pytest.mark.parametrize(
    "sql",
    [
        "update timeline_fact set kind = 'x'",
        "delete from timeline_fact",
        "truncate timeline_fact",
        "insert into timeline_fact select * from timeline_fact on conflict (id) do update set kind = 'x'",
    ],
)
def test_the_database_refuses_to_change_a_fact(world: World, sql: str) -> None:
    world.receive()
    before = list(Fact.objects.order_by("pk").values())
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert list(Fact.objects.order_by("pk").values()) == before
