"""Housekeeping of the timeline."""

from django.db import close_old_connections
from procrastinate.contrib.django import app

from sapa.timeline.actions import forget_absent


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="forget absent", name="forget absent")
def forget_presence(timestamp: int) -> None:
    """Browser tabs that stopped saying where they are."""
    try:
        forget_absent()
    finally:
        close_old_connections()
