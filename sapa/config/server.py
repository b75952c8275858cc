"""The web role: Granian on one port; live streams and files in the event loop, all else Django in a few threads."""

import asyncio
import gc
import json
import logging
import os
import signal
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import django
from asgiref.typing import ASGIReceiveCallable, ASGIReceiveEvent, ASGISendCallable, HTTPScope, Scope
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sapa.config.settings")
django.setup()

from django.conf import settings  # noqa: E402 (Django must be set up before its parts are used)
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connections  # noqa: E402
from django.utils import translation  # noqa: E402
from django.utils.translation import gettext as _  # noqa: E402

from sapa.config import health, orphan  # noqa: E402
from sapa.config.bridge import Bridge  # noqa: E402
from sapa.core import limits  # noqa: E402
from sapa.timeline.live import live, shutdown  # noqa: E402

log = logging.getLogger("sapa.server")
Part = Callable[[HTTPScope, ASGIReceiveCallable, ASGISendCallable], Awaitable[None]]
YEAR = 365 * 24 * 3600
TRANSACTION_SECONDS = 30
DRAIN_SECONDS = 10  # what a request in hand gets at SIGTERM

django_application = get_wsgi_application()


def too_large(path: str, limit: int) -> tuple[str, bytes]:
    """The refusal of an upload over the limit (413), as a problem for machines or a sentence for people."""
    with translation.override(settings.LANGUAGE_CODE):
        sentence = _("The upload is too large: at most %(size)d MB are taken at once.") % {
            "size": limit // 1024 // 1024
        }
    if path.startswith("/api/"):
        return "application/problem+json", json.dumps({"title": sentence, "status": 413}).encode()
    return "text/plain; charset=utf-8", sentence.encode()


bridge = Bridge(
    django_application,
    files=settings.FILES,
    threads=settings.WEB_THREADS,
    body_limit=settings.BODY_LIMIT,
    too_large=too_large,
    released=connections.close_all,
)
_health_thread = ThreadPoolExecutor(1, thread_name_prefix="health")
_ending: set[asyncio.Task[None]] = set()  # the loop itself keeps tasks only weakly


async def app(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """The ASGI application; what Granian hands in are no coroutines, so they are wrapped."""

    async def take() -> ASGIReceiveEvent:
        return await receive()

    async def give(event: Any) -> None:
        await send(event)

    if scope["type"] == "lifespan":
        await _lifespan(take, give)
    elif scope["type"] == "http":
        native: dict[str, Part] = {"/healthz": _healthz, "/live": live}
        await native.get(scope["path"], bridge)(scope, take, give)


async def _healthz(scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    ready, parts = await asyncio.get_running_loop().run_in_executor(_health_thread, health.report)
    page = json.dumps(parts).encode()
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    status = 200 if ready else 503
    await send({"type": "http.response.start", "status": status, "headers": headers, "trailers": False})
    await send({"type": "http.response.body", "body": page, "more_body": False})


async def _lifespan(receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]) -> None:
    while True:
        event = await receive()
        if event["type"] == "lifespan.startup":
            _hear_signals()
            await send({"type": "lifespan.startup.complete"})
        else:
            await send({"type": "lifespan.shutdown.complete"})
            return


def _hear_signals() -> None:
    """End live streams at SIGTERM and SIGINT: Granian would wait for them, and they never end by themselves."""
    loop = asyncio.get_running_loop()
    orphan.end_with_parent(os.getppid())
    for number in (signal.SIGTERM, signal.SIGINT):
        before = signal.getsignal(number)

        def stop(number: int, frame: Any, before: Any = before) -> None:
            loop.call_soon_threadsafe(lambda: _ending.add(loop.create_task(shutdown())))
            if callable(before):
                before(number, frame)

        signal.signal(number, stop)


def serve() -> None:
    """Run the web role until SIGTERM. Workers are forked from here, so what is loaded now is in memory only once."""
    limits.limit_transactions(TRANSACTION_SECONDS)
    limits.allow_many_connections()
    server = Server(
        "sapa.config.server:app",
        address=settings.HOST,
        port=settings.PORT,
        interface=Interfaces.ASGI,
        workers=settings.WEB_WORKERS,
        websockets=False,
        backlog=8192,
        backpressure=20000,  # live streams count; the default lets connection 1,025 hang
        workers_kill_timeout=DRAIN_SECONDS,
        respawn_failed_workers=True,
        log_level=LogLevels.warning,
        static_path_route=["/static"],
        static_path_mount=[settings.STATIC_ROOT],
        static_path_expires=YEAR,  # every name carries the hash of its content
    )
    gc.collect()
    gc.freeze()
    server.serve()
