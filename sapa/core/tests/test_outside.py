"""Requests to addresses that people enter stay outside."""

import http.server
import threading

import pytest

from sapa.core import outside
from sapa.core.errors import Passing, Permanent, Refused


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("127.0.0.1", False), ("10.1.2.3", False), ("192.168.1.1", False), ("169.254.169.254", False), ("0.0.0.0", False),
        ("::1", False), ("fe80::1%eth0", False), ("fd00::1", False), ("::ffff:127.0.0.1", False), ("224.0.0.1", False),
        ("100.64.0.1", False), ("8.8.8.8", True), ("2606:4700::1111", True), ("::ffff:8.8.8.8", True),
    ],
)  # fmt: skip
def test_private_addresses_are_known(address: str, public: bool) -> None:
    assert outside.is_public(address) is public


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://id.example/",
        "ftp://id.example",
        "https://",
        "https://u:p@id.example/",
        "https://a b/",
        "https://x:y/",
    ],
)
def test_only_plain_https_addresses_are_taken(url: str) -> None:
    with pytest.raises(Refused):
        outside.check(url, field="token_url")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1"])
def test_private_address_is_refused_whatever_its_spelling(host: str) -> None:
    with pytest.raises((Permanent, Passing)):
        outside.post_form(f"https://{host}:9/", {})


def test_redirect_is_not_followed(settings: object) -> None:
    settings.OUTSIDE_PRIVATE = True  # type: ignore[attr-defined]

    class Elsewhere(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Nothing on the terminal."""

    with http.server.HTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert outside.post_form(f"http://127.0.0.1:{server.server_port}/", {"a": "b"}).status == 302
        server.shutdown()
