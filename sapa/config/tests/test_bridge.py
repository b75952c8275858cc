"""The bridge behind the real server, over real sockets."""

import hashlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from sapa.config.bridge import environ_of
from sapa.config.sendfile import Unsatisfiable, requested_range
from sapa.core.tests.ports import free_port

LIMIT = 3 * 1024 * 1024  # as in bridge_app


@dataclass
class Served:
    """A running server, its port and the folder of its files."""

    process: subprocess.Popen[bytes]
    port: int
    folder: Path

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)

    def get(self, path: str, method: str = "GET", **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
        connection = self.connect()
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer, content

    def raw(self, request: bytes) -> socket.socket:
        client = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        client.sendall(request)
        return client


def start(folder: Path) -> Served:
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers-kill-timeout", "10", "sapa.config.tests.bridge_app:app"]
    process = subprocess.Popen(command, env={**os.environ, "SAPA_BRIDGE_TEST": str(folder)}, stderr=subprocess.DEVNULL)
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            assert process.poll() is None, "the server did not start"
            time.sleep(0.1)
    return Served(process, port, folder)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    found = start(tmp_path_factory.mktemp("bridge"))
    yield found
    found.process.terminate()
    found.process.wait(20)


def echo(served: Served, request: bytes) -> Any:
    with served.raw(request) as client:
        answer = http.client.HTTPResponse(client)
        answer.begin()
        return json.loads(answer.read())


def test_headers_body_and_address_reach_the_application(served: Served) -> None:
    seen = echo(
        served,
        b"POST /echo?q=1%202 HTTP/1.1\r\nHost: shop.example\r\nContent-Type: text/x\r\nContent-Length: 5\r\n\r\nhello",
    )
    assert (seen["HTTP_HOST"], seen["CONTENT_TYPE"], seen["CONTENT_LENGTH"]) == ("shop.example", "text/x", "5")
    assert (seen["QUERY_STRING"], seen["REMOTE_ADDR"], seen["length"]) == ("q=1%202", "127.0.0.1", 5)


def test_two_cookie_headers_become_one(served: Served) -> None:
    seen = echo(served, b"GET /echo HTTP/1.1\r\nHost: x\r\nCookie: a=1\r\nCookie: b=2\r\n\r\n")
    assert seen["HTTP_COOKIE"] == "a=1; b=2"


def test_a_header_with_an_underscore_cannot_pose_as_another(served: Served) -> None:
    seen = echo(served, b"GET /echo HTTP/1.1\r\nHost: x\r\nX_Forwarded_For: 6.6.6.6\r\nX-Other: y\r\n\r\n")
    assert "HTTP_X_FORWARDED_FOR" not in seen
    assert seen["HTTP_X_OTHER"] == "y"


def test_both_cookies_of_an_answer_arrive(served: Served) -> None:
    answer, _ = served.get("/echo")
    assert answer.headers.get_all("Set-Cookie") == ["a=1", "b=2"]


def test_a_chunked_body_arrives_whole_and_counted(served: Served) -> None:
    body = os.urandom(2 * 1024 * 1024)
    connection = served.connect()
    connection.request("POST", "/echo", body=iter([body[:1000], body[1000:]]), encode_chunked=True)
    seen = json.loads(connection.getresponse().read())
    connection.close()
    assert (seen["length"], seen["sha256"]) == (len(body), hashlib.sha256(body).hexdigest())
    assert seen["CONTENT_LENGTH"] == str(len(body))


@pytest.mark.parametrize("path", ["/echo", "/api/v1/files"])
def test_too_large_a_body_is_refused_in_a_sentence_and_the_server_goes_on(served: Served, path: str) -> None:
    connection = served.connect()
    connection.request("POST", path, body=b"x" * (LIMIT + 1))
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    assert answer.status == 413
    assert "at most 3 MB" in text
    assert ("problem+json" in answer.headers["Content-Type"]) == path.startswith("/api/")
    assert served.get("/ok")[1] == b"ok"


def test_a_body_of_exactly_the_limit_is_taken(served: Served) -> None:
    connection = served.connect()
    connection.request("POST", "/echo", body=b"x" * LIMIT)
    assert json.loads(connection.getresponse().read())["length"] == LIMIT
    connection.close()


def test_paths_are_passed_as_bytes_in_latin_1() -> None:
    scope: Any = {"method": "GET", "path": "/søk", "query_string": b"", "http_version": "2", "headers": []}
    environ = environ_of(scope, BytesIO(), 0)
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/søk"


def test_cookies_that_http_2_splits_are_joined() -> None:
    headers = [(b"cookie", b"sessionid=1"), (b"cookie", b"csrftoken=2"), (b"accept", b"a"), (b"accept", b"b")]
    scope: Any = {"method": "GET", "path": "/", "query_string": b"", "http_version": "2", "headers": headers}
    environ = environ_of(scope, BytesIO(), 0)
    assert environ["HTTP_COOKIE"] == "sessionid=1; csrftoken=2"
    assert environ["HTTP_ACCEPT"] == "a,b"


def test_a_client_that_leaves_ends_the_stream(served: Served) -> None:
    with served.raw(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n") as client:
        assert client.recv(1000).startswith(b"HTTP/1.1 200")
    until = time.monotonic() + 10
    while not (served.folder / "endless.closed").exists():
        assert time.monotonic() < until, "the iteration went on for nobody"
        time.sleep(0.05)


def test_a_stream_that_breaks_looks_broken(served: Served) -> None:
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        served.get("/breaking")


def test_slow_readers_of_streams_leave_the_request_threads_free(served: Served) -> None:
    readers = [served.raw(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n") for _ in range(6)]
    try:
        time.sleep(0.5)
        begun = time.monotonic()
        assert served.get("/ok")[1] == b"ok"
        assert time.monotonic() - begun < 2
    finally:
        for reader in readers:
            reader.close()


# --- files ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def content(served: Served) -> bytes:
    made = os.urandom(1_000_003)
    (served.folder / "big").write_bytes(made)
    (served.folder / "empty").write_bytes(b"")
    return made


def test_a_file_arrives_whole_under_the_views_headers(served: Served, content: bytes) -> None:
    answer, got = served.get("/file?big")
    assert got == content
    assert (answer.headers["Content-Type"], answer.headers["Content-Length"]) == ("image/png", "1000003")
    assert answer.headers["X-Sapa-File"] is None


@pytest.mark.parametrize(
    ("asked", "begin", "end"),
    [("bytes=0-0", 0, 1), ("bytes=1000-", 1000, 1_000_003), ("bytes=-3", 1_000_000, 1_000_003)],
)
def test_a_range_of_a_file_arrives(served: Served, content: bytes, asked: str, begin: int, end: int) -> None:
    answer, got = served.get("/file?big", Range=asked)
    assert answer.status == 206
    assert answer.headers["Content-Range"] == f"bytes {begin}-{end - 1}/1000003"
    assert got == content[begin:end]


def test_a_range_behind_the_end_is_refused(served: Served, content: bytes) -> None:
    answer, got = served.get("/file?big", Range="bytes=1000003-")
    assert (answer.status, answer.headers["Content-Range"], got) == (416, "bytes */1000003", b"")


def test_a_file_that_the_client_has_is_not_sent_again(served: Served, content: bytes) -> None:
    etag = served.get("/file?big", method="HEAD")[0].headers["ETag"]
    assert served.get("/file?big", If_None_Match=etag)[0].status == 304
    assert served.get("/file?big", Range="bytes=0-9", If_Range='"other"')[0].status == 200


def test_head_and_an_empty_file_have_no_body(served: Served, content: bytes) -> None:
    head, nothing = served.get("/file?big", method="HEAD")
    assert (head.headers["Content-Length"], nothing) == ("1000003", b"")
    empty, nothing = served.get("/file?empty")
    assert (empty.status, empty.headers["Content-Length"], nothing) == (200, "0", b"")


def test_a_file_that_the_store_lost_is_not_found(served: Served) -> None:
    answer, got = served.get("/file?absent")
    assert (answer.status, got) == (404, b"The file is no longer there.")


def test_a_file_outside_of_the_store_is_never_sent(served: Served) -> None:
    answer, got = served.get("/file?../../../../../../etc/hostname")
    assert answer.status == 500
    assert Path("/etc/hostname").read_bytes() not in (got or b"nothing")


@pytest.mark.parametrize("text", ["", "bytes=-", "bytes=5-2", "lines=1-2", "bytes=0-1,4-5", "bytes=x-"])
def test_a_range_not_understood_means_the_whole(text: str) -> None:
    assert requested_range(text, 10) is None


def test_no_range_of_an_empty_file_can_be_had() -> None:
    with pytest.raises(Unsatisfiable):
        requested_range("bytes=0-", 0)


# --- the end -------------------------------------------------------------------------------------------------------


def test_sigterm_ends_live_streams_at_once_and_finishes_requests_in_hand(tmp_path: Path) -> None:
    served = start(tmp_path)
    streams = [served.raw(b"GET /live HTTP/1.1\r\nHost: x\r\n\r\n") for _ in range(3)]
    for stream in streams:
        assert stream.recv(1000).startswith(b"HTTP/1.1 200")
    slow = served.raw(b"GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    time.sleep(0.3)
    begun = time.monotonic()
    served.process.send_signal(signal.SIGTERM)
    assert slow.makefile("rb").read().endswith(b"ok")
    served.process.wait(9)
    assert time.monotonic() - begun < 5
    for connection in (*streams, slow):
        connection.close()
