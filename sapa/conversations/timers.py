"""What time itself does to conversations: snoozed ones come back."""

from sapa.conversations.actions.status import wake_snoozed
from sapa.core.loop import Loop

MOST = 200


def loops() -> list[Loop]:
    return [Loop(name="wake snoozed", step=lambda: wake_snoozed(MOST) == MOST, poll_seconds=5.0)]
