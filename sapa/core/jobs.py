"""The worker of background jobs (procrastinate), inside the work process: one event loop, few connections.

A job is a row: enqueued in the transaction that wants it done, taken by SKIP LOCKED, and taken up again when the
process that had it died. Each task must therefore be safe to run twice.
"""

import asyncio
import contextlib
import logging

import psycopg
from django.conf import settings
from procrastinate import App, PsycopgConnector
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException

from sapa.core.loop import listen_params

log = logging.getLogger("sapa.jobs")
CONCURRENCY = 4
CONNECTIONS = 4
FINISH_SECONDS = 20.0
RESCUE_SECONDS = 5.0


async def work(stop: asyncio.Event) -> None:
    """Do jobs until `stop` is set and those in hand are finished; outlives a lost database."""
    pause = 0.5
    while not stop.is_set():
        connector = PsycopgConnector(kwargs=listen_params(), min_size=1, max_size=CONNECTIONS, timeout=10)
        try:
            async with app.with_connector(connector).open_async() as opened:
                await _work(opened, stop)
                pause = 0.5
        except (ConnectorException, psycopg.Error) as error:
            log.warning("jobs wait for the database: %s", str(error).strip().split("\n")[0])
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)
        pause = min(pause * 2, 10)


async def _work(opened: App, stop: asyncio.Event) -> None:
    """Ends when told to stop, or when the worker has lost its database."""
    worker = asyncio.create_task(
        opened.run_worker_async(
            concurrency=CONCURRENCY,
            install_signal_handlers=False,
            shutdown_graceful_timeout=FINISH_SECONDS,
            delete_jobs="successful",
            update_heartbeat_interval=settings.PROCRASTINATE_WORKER_DEFAULTS["update_heartbeat_interval"],
            stalled_worker_timeout=settings.PROCRASTINATE_WORKER_DEFAULTS["stalled_worker_timeout"],
        )
    )
    others = [asyncio.create_task(stop.wait()), asyncio.create_task(_rescue(opened))]
    try:
        await asyncio.wait([worker, *others], return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (*others, worker):
            task.cancel()  # the worker takes it as «finish what is in hand»
        results = await asyncio.gather(worker, *others, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result


async def _rescue(opened: App) -> None:
    """Give back the jobs of processes that died. A shorter time than the heartbeat's would run living jobs twice."""
    dead = settings.PROCRASTINATE_WORKER_DEFAULTS["stalled_worker_timeout"]
    while True:
        await asyncio.sleep(RESCUE_SECONDS)
        for job in await opened.job_manager.get_stalled_jobs(seconds_since_heartbeat=dead):
            log.warning("job %s (%s) is taken up again: its process died", job.id, job.task_name)
            await opened.job_manager.retry_job(job)
