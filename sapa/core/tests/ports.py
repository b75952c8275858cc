"""Ports for servers that a test starts."""

import os
import random
import socket

_EACH = 2_000  # ports for each of the test processes that run beside each other
_FIRST = (
    12_000  # below those that the kernel gives to outgoing connections, which could take one before the server does
)
_draw = random.Random(os.urandom(8))


def free_port() -> int:
    """A port of 127.0.0.1 on which nothing listens, and which no other test process draws."""
    process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 8
    for _ in range(200):
        port = _FIRST + process * _EACH + _draw.randrange(_EACH)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise OSError("no port of 127.0.0.1 is free")
