"""The work role: every loop that settings.LOOPS plugs in (followers, delivery, mailboxes, timers), and background jobs."""

import asyncio
import gc
import os
import signal
import threading

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sapa.config.settings")
django.setup()

from django.conf import settings  # noqa: E402 (Django must be set up before its parts are used)

from sapa.core import jobs, loop  # noqa: E402


def serve() -> None:
    """Run until SIGTERM; the steps and jobs in hand are finished first."""
    loops = loop.load(settings.LOOPS)
    gc.collect()
    gc.freeze()
    asyncio.run(_serve(loops))


async def _serve(loops: list[loop.Loop]) -> None:
    stop, stopped = threading.Event(), asyncio.Event()

    def end() -> None:
        stop.set()
        stopped.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, end)
    # A thread of its own and not the pool of asyncio, which is for the jobs.
    steps = threading.Thread(target=loop.run, args=(loops, stop), name="loops")
    steps.start()
    try:
        await jobs.work(stopped)
    finally:
        stop.set()
        await asyncio.to_thread(steps.join)
