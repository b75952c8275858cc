"""Requests to addresses that a person entered: HTTPS, a time limit, a size limit, no redirects, no private addresses.

The name is resolved once, every answer is checked, and the connection goes to the checked address: a name that changes
its answer in between gains nothing.
"""

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from sapa.core.errors import Passing, Permanent, Refused

TIMEOUT_SECONDS = 15.0
MOST_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Answer:
    """What came back: the HTTP status and at most MOST_BYTES of the body."""

    status: int
    body: bytes


def check(url: str, *, field: str = "") -> SplitResult:
    """The parts of an address that may be called as far as its text tells. Raises Refused."""
    try:
        parts = urlsplit(url)
        _port = parts.port  # raises ValueError when it is not a number
    except ValueError:
        parts = urlsplit("")
    schemes = ("https", "http") if settings.OUTSIDE_PRIVATE else ("https",)
    if parts.scheme not in schemes or not parts.hostname or parts.username or not url.isascii() or " " in url:
        raise Refused(_("Enter an address that begins with https://."), field=field)
    return parts


def post_form(url: str, form: Mapping[str, str], *, timeout: float = TIMEOUT_SECONDS) -> Answer:
    """POST a form. Raises Passing when the service cannot be reached, Permanent when the address may not be called."""
    try:
        parts = check(url)
    except Refused as error:
        raise Permanent(str(error)) from error
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    link = _link(parts.scheme, host, port, _allowed_address(host, port), timeout)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    try:
        link.request("POST", path, urlencode(form), headers)
        answer = link.getresponse()
        return Answer(answer.status, answer.read(MOST_BYTES))
    except (OSError, http.client.HTTPException) as error:
        raise Passing(_("%(host)s could not be reached: %(why)s.") % {"host": host, "why": str(error)[:200]}) from error
    finally:
        link.close()


def _allowed_address(host: str, port: int) -> str:
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except OSError as error:
        raise Passing(_("The name %(host)s could not be found.") % {"host": host}) from error
    # One private answer among public ones is refused as a whole: it is no accident.
    if not settings.OUTSIDE_PRIVATE and not all(is_public(address) for address in found):
        raise Permanent(
            _("%(host)s lies in a private network; SAPA_OUTSIDE_PRIVATE=yes would allow it.") % {"host": host}
        )
    return sorted(found, key=lambda address: ":" in address)[0]


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet (not loopback, private, link-local, multicast)."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(ip, "ipv4_mapped", None)
    return is_public(str(mapped)) if mapped else ip.is_global and not ip.is_multicast


def _link(scheme: str, host: str, port: int, address: str, timeout: float) -> http.client.HTTPConnection:
    if scheme == "http":
        return _Plain(host, port, address=address, timeout=timeout)
    return _Encrypted(host, port, address=address, timeout=timeout, context=ssl.create_default_context())


class _Plain(http.client.HTTPConnection):
    """A connection to `address` that speaks as if to `host`."""

    def __init__(self, host: str, port: int, *, address: str, **more: Any) -> None:
        super().__init__(host, port, **more)
        self._address = address

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), self.timeout)


class _Encrypted(http.client.HTTPSConnection):
    """The same with TLS; the certificate must be that of `host`."""

    def __init__(self, host: str, port: int, *, address: str, context: ssl.SSLContext, **more: Any) -> None:
        super().__init__(host, port, context=context, **more)
        self._address, self._ssl = address, context

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), self.timeout)
        self.sock = self._ssl.wrap_socket(plain, server_hostname=self.host)
