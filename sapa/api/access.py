"""Who calls: bearer tokens, their scopes and their rate."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.security import HttpBearer

from sapa.accounts import tokens
from sapa.accounts.models import ApiToken, User
from sapa.core.errors import NotAllowed

P = ParamSpec("P")
R = TypeVar("R")


class Bearer(HttpBearer):
    """`Authorization: Bearer sapa_…`; the request then carries the token as `request.auth`."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        address = str(request.META.get("REMOTE_ADDR", ""))
        if not FAILURES.allows(address, spend=False):
            raise Throttled(FAILURES.wait(address))
        found = tokens.authenticate(token)
        if found is None:
            FAILURES.allows(address)
            return None
        if not CALLS.allows(str(found.pk)):
            raise Throttled(CALLS.wait(str(found.pk)))
        request.user = found.user
        return found


class Throttled(Exception):
    """Too many calls; `seconds` until the next one is allowed."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@dataclass
class _Level:
    tokens: float
    at: float


class Bucket:
    """A token bucket for each key, in memory: the limit holds for one web process, which is what protects it.

    rate: calls a second. burst: calls at once. At most 10,000 keys are remembered.
    """

    MOST_KEYS = 10_000

    def __init__(self, rate: float, burst: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate, self.burst, self.clock = rate, burst, clock
        self._levels: OrderedDict[str, _Level] = OrderedDict()
        self._lock = threading.Lock()

    def allows(self, key: str, *, spend: bool = True) -> bool:
        """Whether one more call is allowed now; takes it from the bucket when `spend`."""
        with self._lock:
            level = self._level(key)
            if level.tokens < 1:
                return False
            level.tokens -= spend
            return True

    def wait(self, key: str) -> float:
        """Seconds until one call is allowed."""
        with self._lock:
            return max(0.0, (1 - self._level(key).tokens) / self.rate)

    def _level(self, key: str) -> _Level:
        now = self.clock()
        level = self._levels.setdefault(key, _Level(self.burst, now))
        level.tokens = min(self.burst, level.tokens + (now - level.at) * self.rate)
        level.at = now
        self._levels.move_to_end(key)
        while len(self._levels) > self.MOST_KEYS:
            self._levels.popitem(last=False)
        return level


CALLS = Bucket(settings.API_RATE / 60, settings.API_RATE / 60 * 2)
FAILURES = Bucket(0.2, 20)


def scope(wanted: tokens.TokenScope) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """The operation needs this scope. Raises NotAllowed (403)."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            request: Any = args[0]
            if wanted not in request.auth.scopes:
                raise NotAllowed(_("This token lacks the scope «%(scope)s».") % {"scope": wanted.value})
            return view(*args, **kwargs)

        return checked

    return decorate


def caller(request: HttpRequest) -> User:
    """The person whose token it is."""
    token: ApiToken = request.auth  # type: ignore[attr-defined]  # set by Bearer
    return token.user
