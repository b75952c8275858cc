"""A loop repeats its step when it is woken or due, and shows that it lives."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest.mock import patch

from conftest import World
from sapa.core import clock, loop
from sapa.core.loop import Loop
from sapa.core.models import Heartbeat


@contextmanager
def running(*loops: Loop) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=loop.run, args=(loops, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)


def soon(condition: Callable[[], object]) -> None:
    until = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.02)


class Counted:
    """Counts its steps."""

    def __init__(self, more: Callable[[int], bool] = lambda number: False) -> None:
        self.steps, self._more = 0, more

    def __call__(self) -> bool:
        self.steps += 1
        return self._more(self.steps)


def fails_once(number: int) -> bool:
    if number == 1:
        raise ZeroDivisionError
    return False


def test_a_loop_that_sleeps_long_beats_all_the_same(lasting_world: World) -> None:
    step = Counted()
    sleeper = Loop(name="sleeper", step=step, poll_seconds=600)
    with patch.object(loop, "LONGEST_SLEEP", 0.05), patch.object(loop, "HEARTBEAT_SECONDS", 0.0), running(sleeper):
        soon(lambda: Heartbeat.objects.filter(name="sleeper").exists())
        begun = clock.now()
        soon(lambda: Heartbeat.objects.filter(name="sleeper", at__gt=begun).exists())
    assert step.steps == 1


def test_a_woken_loop_steps_at_once(lasting_world: World) -> None:
    step = Counted()
    sleeper = Loop(name="sleeper", step=step, poll_seconds=600)
    with running(sleeper):
        soon(lambda: step.steps == 1)
        sleeper.wake.set()
        soon(lambda: step.steps == 2)


def test_a_step_that_has_more_to_do_is_repeated_without_a_pause(lasting_world: World) -> None:
    step = Counted(lambda number: number < 50)
    with running(Loop(name="busy", step=step, poll_seconds=600)):
        soon(lambda: step.steps == 50)


def test_a_step_that_fails_is_tried_again(lasting_world: World) -> None:
    step = Counted(fails_once)
    with running(Loop(name="failing", step=step, poll_seconds=600)):
        soon(lambda: step.steps == 2)


def test_a_topic_wakes_one_sleeper_of_a_group_and_all_others_that_listen() -> None:
    first, second = (Loop(name=name, step=lambda: False, topics=frozenset({"work"}), group="team") for name in "ab")
    alone = Loop(name="c", step=lambda: False, topics=frozenset({"work"}))
    deaf = Loop(name="d", step=lambda: False, topics=frozenset({"other"}))
    loops = [first, second, alone, deaf]
    second.sleeps = True
    assert loop.woken_by("work", loops) == [alone, second]
    second.wake.set()
    assert loop.woken_by("work", loops) == [alone, first, second], "nobody sleeps: whoever is done first looks again"
