"""Raw mail that was read is dropped after its time; what could not be read stays."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Q

from sapa.channels.email.models import IncomingMail
from sapa.conversations.models import Attachment, DraftFile
from sapa.core import clock, files
from sapa.core.loop import Loop

MOST = 500
State = IncomingMail.State


def step() -> bool:
    """Drop the content of some old mails; True when there may be more. Zero days keep everything."""
    if not settings.MAIL_KEEP_DAYS:
        return False
    before = clock.now() - timedelta(days=settings.MAIL_KEEP_DAYS)
    old = IncomingMail.objects.filter(state__in=[State.READ, State.SKIPPED], read_at__lt=before)
    kept = old.filter(Q(content__isnull=False) | ~Q(key=""))
    rows = list(kept.order_by("read_at").values_list("pk", "key")[:MOST])
    IncomingMail.objects.filter(pk__in=[id for id, _ in rows]).update(content=None, key="")
    for key in {key for _, key in rows if key}:
        if not any(table.objects.filter(key=key).exists() for table in (IncomingMail, Attachment, DraftFile)):
            files.path(key).unlink(missing_ok=True)
    return len(rows) == MOST


def loops() -> list[Loop]:
    return [Loop(name="mail retention", step=step, poll_seconds=600.0)]
