"""What time it is: the one place that asks, so that tests can move it."""

from datetime import datetime

from django.utils import timezone


def now() -> datetime:
    """The present instant, aware, UTC."""
    return timezone.now()
