"""Housekeeping: what is out of date goes, every hour, in the background."""

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.db import close_old_connections, connection
from procrastinate.contrib.django import app

from sapa.core import clock
from sapa.core.models import Heartbeat

KEPT_BEATS = timedelta(days=1)
KEPT_JOBS_HOURS = 24 * 30  # failed ones stay so long, to be looked at


@app.periodic(cron="7 * * * *")
@app.task(queueing_lock="forget expired", name="forget expired")
def forget_expired(timestamp: int) -> None:
    """Sessions and cached values past their end, heartbeats of loops that are no more."""
    try:
        now = clock.now()
        Session.objects.filter(expire_date__lt=now).delete()
        Heartbeat.objects.filter(at__lt=now - KEPT_BEATS).delete()
        with connection.cursor() as cursor:
            cursor.execute("delete from core_cache where expires < %s", (now,))
    finally:
        close_old_connections()


@app.periodic(cron="17 3 * * *")
@app.task(queueing_lock="forget jobs", name="forget jobs")
async def forget_jobs(timestamp: int) -> None:
    """Jobs that ended long ago, failed ones too."""
    await app.job_manager.delete_old_jobs(
        nb_hours=KEPT_JOBS_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
    )
