"""A small WSGI application behind the real bridge and server, for test_bridge.py. SAPA_BRIDGE_TEST names its folder."""

import asyncio
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, HTTPScope

from sapa.config import server
from sapa.config.bridge import Bridge

FOLDER = Path(os.environ["SAPA_BRIDGE_TEST"])
LIMIT = 3 * 1024 * 1024
stopping = asyncio.Event()


class Stream:
    """As Django's streaming response: marked, iterable, closed at the end."""

    streaming = True

    def __init__(self, name: str, chunks: int, pause: float, breaks: bool) -> None:
        self.name, self.chunks, self.pause, self.breaks = name, chunks, pause, breaks

    def __iter__(self) -> Iterator[bytes]:
        for _ in range(self.chunks):
            yield b"x" * 65536
            time.sleep(self.pause)
        if self.breaks:
            raise RuntimeError("broken on purpose")

    def close(self) -> None:
        (FOLDER / f"{self.name}.closed").write_text("closed")


def application(environ: dict[str, Any], start_response: Callable[..., object]) -> Any:
    """Routes of the tests."""
    path = environ["PATH_INFO"]
    if path == "/echo":
        body = environ["wsgi.input"].read()
        seen = {name: value for name, value in environ.items() if isinstance(value, str)}
        answer = {**seen, "length": len(body), "sha256": hashlib.sha256(body).hexdigest()}
        start_response("200 OK", [("Content-Type", "application/json"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
        return [json.dumps(answer).encode()]
    if path == "/file":
        start_response(
            "200 OK", [("Content-Type", "image/png"), ("X-Sapa-File", str(FOLDER / environ["QUERY_STRING"]))]
        )
        return [b""]
    if path in {"/endless", "/breaking"}:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return Stream(path[1:], 100_000 if path == "/endless" else 2, 0.001, breaks=path == "/breaking")
    if path == "/slow":
        time.sleep(1.0)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"ok"]


async def live(scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """An event stream that ends only at shutdown."""
    await send({"type": "http.response.start", "status": 200, "headers": [], "trailers": False})
    await send({"type": "http.response.body", "body": b": begun\n\n", "more_body": True})
    await stopping.wait()
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def shutdown() -> None:
    """What the server calls at SIGTERM."""
    stopping.set()


server.bridge = Bridge(application, files=FOLDER, threads=2, body_limit=LIMIT, too_large=server.too_large)
server.live, server.shutdown = live, shutdown  # type: ignore[attr-defined]  # imported there, replaced here
app = server.app
