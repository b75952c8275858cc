"""Says that what a person may see has changed, so that whoever remembers it (the live streams) asks again."""

from sapa.core.loop import wake

TOPIC = "access:"


def access_changed(*user_ids: int) -> None:
    """Call it in the transaction that changes role, teams, password or activity of people, or ends their sessions."""
    for user_id in user_ids:
        wake(f"{TOPIC}{user_id}")
