"""Who is looking at what: each browser tab says so again and again, and is forgotten when it stops saying it."""

from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from sapa.accounts.models import User
from sapa.core import clock
from sapa.core.errors import Refused
from sapa.timeline.models import Presence
from sapa.timeline.tell import tell

SECONDS = 30
MOST_TABS = 50  # of a person
TAB_LENGTH = 40


@transaction.atomic
def be_present(user: User, *, tab: str, conversation_id: int, doing: str) -> None:
    """This tab looks at, or types in, the conversation for the next 30 seconds. Raises Refused for words unknown.

    Those who are there hear of it only when something changed, so that renewing costs one row and no event.
    """
    if doing not in Presence.Doing.values:
        raise Refused(_("A tab is «viewing» or «typing», not «%(doing)s».") % {"doing": doing[:20]}, field="doing")
    if not 0 < len(tab) <= TAB_LENGTH:
        raise Refused(_("The name of a tab has 1 to %(most)d characters.") % {"most": TAB_LENGTH}, field="tab")
    now = clock.now()
    mine = Presence.objects.select_for_update().filter(user=user)
    before = mine.filter(tab=tab).first()
    if before is None:
        mine.filter(until__lt=now).delete()
        if Presence.objects.filter(user=user).count() >= MOST_TABS:
            raise Refused(_("Too many windows are open; close some."), field="tab")
    was = (before.conversation_id, before.doing) if before and before.until > now else None
    Presence.objects.update_or_create(
        user=user,
        tab=tab,
        defaults={"conversation_id": conversation_id, "doing": doing, "until": now + timedelta(seconds=SECONDS)},
    )
    if was != (conversation_id, doing):
        _tell(conversation_id, user)
    if was and was[0] != conversation_id:
        _tell(was[0], user)


@transaction.atomic
def leave(user: User, *, tab: str, conversation_id: int) -> None:
    """This tab no longer shows the conversation; a tab that shows another one by now stays there."""
    if Presence.objects.filter(user=user, tab=tab, conversation_id=conversation_id).delete()[0]:
        _tell(conversation_id, user)


def forget_absent() -> int:
    """Remove what has expired. Gives the number of rows."""
    return Presence.objects.filter(until__lt=clock.now()).delete()[0]


def _tell(conversation_id: int, by: User) -> None:
    """The others who are there (a hundred at most) hear that they should look again."""
    there = Presence.objects.filter(conversation_id=conversation_id, until__gt=clock.now()).exclude(user=by)
    topics = [f"user:{id}" for id in there.values_list("user_id", flat=True)[:100]]
    tell(topics, "presence", conversation=conversation_id)
