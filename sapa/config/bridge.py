"""Django's WSGI application inside ASGI: right on cookies, bodies, disconnects and aborted streams, and quick.

The body is read by the event loop (spooled to disk when large), so that a slow client holds no thread. A plain response
goes back in one hop. A streamed one goes chunk by chunk at the client's pace, in threads of its own. A file that a view
names in the header X-Sapa-File is sent by the event loop (sapa.config.sendfile).
"""

import asyncio
import contextvars
import logging
import sys
import tempfile
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, HTTPResponseStartEvent, HTTPScope

from sapa.config.sendfile import send_file

log = logging.getLogger("sapa.bridge")
Headers = list[tuple[bytes, bytes]]
Application = Callable[[dict[str, Any], Any], Any]  # PEP 3333; Django gives its response object
FILE_HEADER = b"x-sapa-file"
SPOOL = 1024 * 1024  # bytes of a body that are kept in memory
PATIENCE = 60.0  # seconds that a client may stand still while it sends or takes
DRAIN = 1024 * 1024 * 1024  # bytes that are read and thrown away, so that a browser reads the refusal


class Gone(Exception):
    """The client left; raised into a stream's iteration so that it is closed."""


@dataclass
class Answer:
    """What the application said: its status and headers, then either the whole body or what is left to iterate."""

    status: int
    headers: Headers
    body: bytes = b""
    stream: Iterator[bytes] | None = None
    close: Callable[[], object] = lambda: None

    def take(self, name: bytes) -> str:
        """Remove the header `name` and return its value, or an empty string."""
        found = [value for key, value in self.headers if key == name]
        self.headers = [(key, value) for key, value in self.headers if key != name]
        return found[0].decode() if found else ""


class Bridge:
    """An ASGI application for http scopes around a WSGI one.

    threads: for requests; streams have their own, as many. body_limit: bytes. files: the only folder X-Sapa-File may
    name. too_large: the page for a body over the limit.
    """

    def __init__(
        self,
        application: Application,
        *,
        files: Path,
        threads: int = 4,
        body_limit: int = 64 * 1024 * 1024,
        too_large: Callable[[str, int], tuple[str, bytes]] = lambda path, limit: (
            "text/plain",
            b"The upload is too large.",
        ),
        released: Callable[[], None] = lambda: None,
    ) -> None:
        self.application = application
        self.files = files
        self.body_limit = body_limit
        self.too_large = too_large
        self.released = released
        self.requests = ThreadPoolExecutor(threads, thread_name_prefix="request")
        self.streams = ThreadPoolExecutor(threads, thread_name_prefix="stream")

    async def __call__(self, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        body: IO[bytes] = tempfile.SpooledTemporaryFile(SPOOL)  # noqa: SIM115 (closed in the thread that reads it)
        size = await self._read(scope, receive, send, body)
        if size is None:
            body.close()
            return
        environ = environ_of(scope, body, size)
        context = contextvars.copy_context()
        loop = asyncio.get_running_loop()
        gone = threading.Event()
        watch = loop.create_task(_watch(receive, gone))
        try:
            answer = await asyncio.shield(loop.run_in_executor(self.requests, context.run, self._call, environ, body))
            if path := answer.take(FILE_HEADER):
                await send_file(scope, self._allowed(path), answer.status, answer.headers, send, gone)
            elif answer.stream is None:
                await send(_start(answer))
                await send({"type": "http.response.body", "body": answer.body, "more_body": False})
            else:
                push = _Push(loop, send, gone, _start(answer))
                await asyncio.shield(loop.run_in_executor(self.streams, context.run, _stream, answer, push))
        except Gone:
            pass
        except FileNotFoundError:  # before anything was sent, see send_file
            log.error("%s: the file behind it is not in the store", scope["path"])
            await _plain(send, 404, "text/plain; charset=utf-8", b"The file is no longer there.")
        except asyncio.CancelledError:
            gone.set()
            raise
        finally:
            watch.cancel()

    async def _read(
        self, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable, body: IO[bytes]
    ) -> int | None:
        """The size of the body, read into `body`; None when the client left or was refused."""
        size, more = 0, True
        while more:
            try:
                event: Any = await asyncio.wait_for(receive(), PATIENCE)
            except TimeoutError:
                await _plain(send, 408, "text/plain; charset=utf-8", b"The request did not arrive in time.")
                return None
            if event["type"] == "http.disconnect":
                return None
            chunk = event.get("body", b"")
            size += len(chunk)
            more = event.get("more_body", False) and size <= DRAIN
            if size <= self.body_limit:
                body.write(chunk)
        if size > self.body_limit:
            await _plain(send, 413, *self.too_large(scope["path"], self.body_limit))
            return None
        body.seek(0)
        return size

    def _call(self, environ: dict[str, Any], body: IO[bytes]) -> Answer:
        """Run the application in this thread, up to the end of a plain response or the start of a streamed one."""
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> None:
            started[:] = [(status, headers)]

        try:
            result = self.application(environ, start_response)
        except BaseException:
            body.close()
            raise
        close: Callable[[], object] = getattr(result, "close", lambda: None)
        streaming = getattr(result, "streaming", False)
        try:
            chunks = iter(result)
            whole = b"" if streaming else b"".join(chunks)
            status, headers = started[0]
            answer = Answer(
                int(status[:3]), [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
            )
        except BaseException:
            close()
            body.close()
            raise
        if streaming:
            answer.stream, answer.close = chunks, lambda: (close(), body.close())
            self.released()
        else:
            answer.body = whole
            close()
            body.close()
        return answer

    def _allowed(self, path: str) -> Path:
        full = Path(path).resolve()
        if not full.is_relative_to(self.files.resolve()):
            raise PermissionError(f"X-Sapa-File names {path}, which is outside of {self.files}")
        return full


class _Push:
    """Sends chunks from a thread through the event loop, and waits for each: that is the client's pace."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        send: ASGISendCallable,
        gone: threading.Event,
        start: HTTPResponseStartEvent,
    ) -> None:
        self.loop, self.deliver, self.gone = loop, send, gone
        self.start: HTTPResponseStartEvent | None = start

    def __call__(self, chunk: bytes, more: bool) -> None:
        if self.gone.is_set():
            raise Gone
        future = asyncio.run_coroutine_threadsafe(self._send(chunk, more), self.loop)
        try:
            future.result(PATIENCE)
        except TimeoutError as error:
            future.cancel()
            raise Gone from error

    async def _send(self, chunk: bytes, more: bool) -> None:
        if self.start:
            await self.deliver(self.start)
            self.start = None
        await self.deliver({"type": "http.response.body", "body": chunk, "more_body": more})


def _stream(answer: Answer, push: _Push) -> None:
    """An error on the way goes up: the server then breaks the connection, and the client sees that it is not whole."""
    try:
        for chunk in answer.stream or ():
            if chunk:
                push(chunk, more=True)
        push(b"", more=False)
    finally:
        answer.close()


async def _watch(receive: Callable[[], Awaitable[Any]], gone: threading.Event) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    gone.set()


def _start(answer: Answer) -> HTTPResponseStartEvent:
    return {"type": "http.response.start", "status": answer.status, "headers": answer.headers, "trailers": False}


async def _plain(send: ASGISendCallable, status: int, kind: str, page: bytes) -> None:
    headers = [
        (b"content-type", kind.encode()),
        (b"content-length", str(len(page)).encode()),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers, "trailers": False})
    await send({"type": "http.response.body", "body": page, "more_body": False})


def environ_of(scope: HTTPScope, body: IO[bytes], size: int) -> dict[str, Any]:
    """The WSGI environment of a request (PEP 3333), with CONTENT_LENGTH as counted, not as claimed."""
    host, port = scope.get("server") or ("localhost", 80)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": host or "localhost",
        "SERVER_PORT": str(port or 80),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    if client := scope.get("client"):
        environ["REMOTE_ADDR"] = client[0]
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if "_" in name:
            continue  # `X_Forwarded_For` would become the same key as `X-Forwarded-For`
        key = name.upper().replace("-", "_")
        if key not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
            key = f"HTTP_{key}"
        if key in environ:
            # HTTP/2 may send each cookie in a header of its own (RFC 9113, 8.2.3).
            value = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{value}"
        environ[key] = value
    environ["CONTENT_LENGTH"] = str(size)
    return environ
