from conftest import World
from sapa.conversations import actions
from sapa.timeline.live import Streams
from sapa.timeline.tests.stream import Client, in_thread, log_in, with_streams


def test_what_left_somebodys_view_is_told_to_them(lasting_world: World) -> None:
    world, alice = lasting_world, log_in(lasting_world.alice)
    conversation = world.receive()

    async def test(streams: Streams) -> None:
        async with Client(streams, alice) as client:
            await client.until("ready")
            await in_thread(lambda: actions.assign(conversation, to=world.bob, team=world.billing_team, by=world.carol))
            assert (await client.until("case.assigned")).data["conversation"] == conversation.pk

    with_streams(test)
