"""What an e-mail inbox can do; written on the Inbox row, where conversations and the composer read it as data."""

from django.conf import settings


def capabilities() -> dict[str, bool | int]:
    """`attachments`: the most that the files of one message may weigh together, in bytes."""
    return {"html": True, "subject": True, "cc": True, "attachments": settings.UPLOAD_LIMIT}
