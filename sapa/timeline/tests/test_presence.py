from datetime import timedelta

import pytest
from django.utils import timezone

from conftest import World
from sapa.accounts.models import User
from sapa.core.errors import Refused
from sapa.timeline.actions import MOST_TABS, be_present, forget_absent, leave
from sapa.timeline.live import Streams
from sapa.timeline.models import Presence
from sapa.timeline.present import present_in
from sapa.timeline.tests.stream import Client, in_thread, log_in, with_streams


def look(user: User, conversation_id: int = 1, *, tab: str = "one", doing: str = "viewing") -> None:
    be_present(user, tab=tab, conversation_id=conversation_id, doing=doing)


def names(conversation_id: int = 1, *, besides: User | None = None) -> list[tuple[str, bool]]:
    return [(one.user.name, one.is_typing) for one in present_in(conversation_id, besides=besides)]


def test_people_who_look_are_there_and_oneself_is_not_counted(world: World) -> None:
    look(world.alice)
    look(world.carol, doing="typing")
    assert names(besides=world.alice) == [("Carol", True)]
    assert names() == [("Alice", False), ("Carol", True)]


def test_two_tabs_are_one_person_who_types_when_one_tab_does(world: World) -> None:
    look(world.alice, tab="one", doing="typing")
    look(world.alice, tab="two")
    assert names() == [("Alice", True)]
    leave(world.alice, tab="one", conversation_id=1)
    assert names() == [("Alice", False)]


def test_a_tab_is_in_one_conversation_at_a_time(world: World) -> None:
    look(world.alice, 1)
    look(world.alice, 2)
    leave(world.alice, tab="one", conversation_id=1)  # comes late: the tab is elsewhere by now
    assert (names(1), names(2)) == ([], [("Alice", False)])


def test_who_says_nothing_for_half_a_minute_is_gone(world: World) -> None:
    look(world.alice)
    Presence.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert names() == []
    assert forget_absent() == 1


@pytest.mark.parametrize(("tab", "doing"), [("", "viewing"), ("x" * 41, "viewing"), ("one", "sleeping"), ("one", "")])
def test_words_unknown_are_refused_with_a_sentence(world: World, tab: str, doing: str) -> None:
    with pytest.raises(Refused):
        look(world.alice, tab=tab, doing=doing)


def test_a_person_has_a_bounded_number_of_tabs(world: World) -> None:
    for number in range(MOST_TABS):
        look(world.alice, tab=str(number))
    with pytest.raises(Refused):
        look(world.alice, tab="one too many")
    look(world.alice, 2, tab="7")  # a known one may go on


def test_those_who_are_there_hear_of_changes_only(lasting_world: World) -> None:
    alice, carol = lasting_world.alice, lasting_world.carol
    session = log_in(alice)
    look(alice)

    async def test(streams: Streams) -> None:
        async with Client(streams, session) as client:
            await client.until("ready")
            await in_thread(lambda: look(carol))
            assert (await client.next()).data == {"conversation": 1}
            await in_thread(lambda: look(carol))  # renewed: nothing new
            await in_thread(lambda: look(carol, doing="typing"))
            await in_thread(lambda: look(carol, 2))
            await in_thread(lambda: look(carol, 1))
            await in_thread(lambda: leave(carol, tab="one", conversation_id=1))
            heard = [(await client.next()).kind for _ in range(4)]
            assert heard == ["presence"] * 4
            with pytest.raises(TimeoutError):
                await client.next(0.2)

    with_streams(test)
