"""What time it is: the one place that asks, so that tests and the demo can move it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from django.utils import timezone

_moved: ContextVar[datetime | None] = ContextVar("moved", default=None)


def now() -> datetime:
    """The present instant, aware, UTC; inside `at` the moment given there."""
    return _moved.get() or timezone.now()


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Let `now` be `moment` (aware) for what is called inside. The database's own clock stays as it is."""
    token = _moved.set(moment)
    try:
        yield
    finally:
        _moved.reset(token)
