"""The role `demo` of `sapa serve --demo`: the customers' side, until SIGTERM."""

import asyncio
import random
import signal

from django.conf import settings

from sapa.demo.mail import Customers, customers_port


def serve() -> None:
    """Let customers write, and take in what the shop answers."""
    asyncio.run(_live())


async def _live() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    lmtp = (settings.LMTP_HOST, settings.LMTP_PORT)
    customers = Customers(lmtp=lmtp, port=customers_port(), rand=random.Random())  # noqa: S311
    await customers.live(stop)
