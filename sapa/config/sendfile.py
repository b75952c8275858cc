"""Sends a file from the event loop, whole or one range of it (RFC 9110, 14): downloads hold no request thread."""

import asyncio
import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from pathlib import Path

from asgiref.typing import ASGISendCallable, HTTPScope

CHUNK = 256 * 1024
PATIENCE = 60.0  # seconds without progress until the client counts as gone
_readers = ThreadPoolExecutor(4, thread_name_prefix="file")
_RANGE = re.compile(r"bytes=([0-9]*)-([0-9]*)$")


class Unsatisfiable(Exception):
    """The range begins after the end of the file."""


async def send_file(
    scope: HTTPScope,
    path: Path,
    status: int,
    headers: list[tuple[bytes, bytes]],
    send: ASGISendCallable,
    gone: threading.Event,
) -> None:
    """Answer with the file's content under the view's `headers`. Raises FileNotFoundError before anything is sent."""
    loop = asyncio.get_running_loop()
    descriptor = await loop.run_in_executor(_readers, os.open, path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        found = os.fstat(descriptor)
        asked = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        kept = [(name, value) for name, value in headers if name != b"content-length"]
        etag = next((value.decode() for name, value in kept if name == b"etag"), "")
        if not etag:
            etag = f'"{found.st_mtime_ns:x}-{found.st_size:x}"'
            kept.append((b"etag", etag.encode()))
        kept += [(b"accept-ranges", b"bytes"), (b"last-modified", formatdate(found.st_mtime, usegmt=True).encode())]
        begin, end = 0, found.st_size
        if status == 200 and etag in [part.strip() for part in asked.get(b"if-none-match", "").split(",")]:
            await _begin(send, 304, kept)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        if status == 200 and asked.get(b"if-range", etag) == etag:
            try:
                part = requested_range(asked.get(b"range", ""), found.st_size)
            except Unsatisfiable:
                await _begin(send, 416, [*kept, (b"content-range", f"bytes */{found.st_size}".encode())])
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                return
            if part:
                status, (begin, end) = 206, part
                kept.append((b"content-range", f"bytes {begin}-{end - 1}/{found.st_size}".encode()))
        await _begin(send, status, [*kept, (b"content-length", str(end - begin).encode())])
        if scope["method"] == "HEAD":
            begin = end
        while begin < end and not gone.is_set():
            chunk = await loop.run_in_executor(_readers, os.pread, descriptor, min(CHUNK, end - begin), begin)
            if not chunk:
                raise OSError(f"{path} became shorter while it was sent")
            begin += len(chunk)
            await asyncio.wait_for(_body(send, chunk, begin < end), PATIENCE)
        if begin == end == 0 or scope["method"] == "HEAD":
            await _body(send, b"", more=False)
    finally:
        os.close(descriptor)


def requested_range(text: str, size: int) -> tuple[int, int] | None:
    """The half-open range that a Range header asks for; None when there is none to honour (several are not)."""
    found = _RANGE.match(text.strip())
    if not found or found.group(1) == found.group(2) == "":
        return None
    first, last = found.groups()
    if first == "":
        begin, end = max(size - int(last), 0), size
        if int(last) == 0:
            raise Unsatisfiable
    else:
        begin, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < begin:
            return None
    if begin >= size:
        raise Unsatisfiable
    return begin, end


async def _begin(send: ASGISendCallable, status: int, headers: list[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers, "trailers": False})


async def _body(send: ASGISendCallable, chunk: bytes, more: bool) -> None:
    await send({"type": "http.response.body", "body": chunk, "more_body": more})
