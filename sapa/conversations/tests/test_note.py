from conftest import World
from sapa.conversations import actions
from sapa.timeline.models import Fact


def test_a_number_in_plain_text_becomes_the_name_of_who_is_mentioned(world: World) -> None:
    note = actions.note(world.receive(), by=world.alice, text=f"Look <here>, @[{world.bob.pk}] and @[999999]")
    assert note.text == "Look <here>, @Bob and @[999999]"
    assert Fact.objects.filter(kind="message.created").latest("id").payload["mentions"] == [world.bob.pk]
