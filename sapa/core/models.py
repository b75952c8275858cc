"""Heartbeats of the processes, read by /healthz and `sapa doctor`."""

from django.db import models


class Heartbeat(models.Model):
    """A loop of a process that was alive at `at`."""

    name = models.CharField(max_length=100, primary_key=True)
    at = models.DateTimeField()
    note = models.CharField(max_length=300, blank=True)
