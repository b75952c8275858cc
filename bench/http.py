"""A small keep-alive HTTP client, so that the measuring costs little beside the measured."""

import re
import socket
import time
from urllib.parse import urlencode

from bench import ground

SECONDS = 30.0


class Client:
    """One connection with cookies. Raises OSError when the server goes, ValueError for what it cannot read."""

    def __init__(self, port: int, *, token: str = "") -> None:
        self.port, self.token = port, token
        self.cookies: dict[str, str] = {}
        self._connect()

    def _connect(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")

    def close(self) -> None:
        self.file.close()
        self.socket.close()

    def call(
        self, method: str, path: str, body: bytes = b"", *, kind: str = "", htmx: bool = False
    ) -> tuple[int, bytes]:
        """Status and body."""
        head = [
            f"{method} {path} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            f"Content-Length: {len(body)}",
            "Accept-Language: en",
        ]
        if self.token:
            head.append(f"Authorization: Bearer {self.token}")
        if self.cookies:
            head.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        if kind:
            head.append(f"Content-Type: {kind}")
        if htmx:
            head.append("HX-Request: true")
        if method != "GET" and "csrftoken" in self.cookies:
            head += [f"X-CSRFToken: {self.cookies['csrftoken']}", f"Origin: http://127.0.0.1:{self.port}"]
        self.socket.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + body)
        return self._answer()

    def _answer(self) -> tuple[int, bytes]:
        status = int(self.file.readline().split()[1])
        length, chunked = 0, False
        while (line := self.file.readline()) not in (b"\r\n", b""):
            name, _, value = line.decode("latin1").partition(":")
            match name.lower():
                case "content-length":
                    length = int(value)
                case "transfer-encoding":
                    chunked = "chunked" in value
                case "set-cookie":
                    key, _, rest = value.strip().partition("=")
                    self.cookies[key] = rest.partition(";")[0]
        if not chunked:
            return status, self.file.read(length)
        parts = []
        while size := int(self.file.readline(), 16):
            parts.append(self.file.read(size))
            self.file.readline()
        self.file.readline()
        return status, b"".join(parts)

    def log_in(self) -> None:
        """As the bench's agent. Raises SystemExit when it is refused."""
        page = self.call("GET", "/accounts/login/")[1].decode()
        hidden = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        form = {"login": ground.EMAIL, "password": ground.PASSWORD, "csrfmiddlewaretoken": hidden[1] if hidden else ""}
        status, _body = self.call(
            "POST", "/accounts/login/", urlencode(form).encode(), kind="application/x-www-form-urlencoded"
        )
        if status != 302:
            raise SystemExit(f"the bench's agent could not log in ({status})")


def timed(client: Client, path: str, *, htmx: bool = False) -> float:
    """Milliseconds of one GET. Raises SystemExit when the answer is not 200."""
    begun = time.perf_counter()
    status, _body = client.call("GET", path, htmx=htmx)
    if status != 200:
        raise SystemExit(f"GET {path}: {status}")
    return (time.perf_counter() - begun) * 1000
