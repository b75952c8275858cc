import asyncio

import psycopg
import pytest
from django.db import connection

from conftest import World
from sapa.accounts.changed import access_changed
from sapa.accounts.models import User
from sapa.accounts.tokens import create_token
from sapa.core.loop import listen_params
from sapa.timeline import backlog, hub, live
from sapa.timeline.live import Streams
from sapa.timeline.tell import tell
from sapa.timeline.tests.stream import Client, in_thread, log_in, with_streams


def test_each_person_hears_what_they_may_see(lasting_world: World) -> None:
    world = lasting_world
    alice, bob = log_in(world.alice), log_in(world.bob)

    async def test(streams: Streams) -> None:
        async with Client(streams, alice) as of_alice, Client(streams, bob) as of_bob:
            await of_alice.until("ready")
            await of_bob.until("ready")
            private = await in_thread(lambda: world.receive(inbox=world.billing))
            shared = await in_thread(world.receive)
            heard = await of_alice.until("message.created")
            assert heard.data["conversation"] == shared.pk  # and nothing of the private one before it
            assert heard.data["message"] > 0
            assert (await of_bob.until("message.created")).data["conversation"] == private.pk
            assert (await of_bob.until("message.created")).data["conversation"] == shared.pk

    with_streams(test)


def test_a_lost_connection_loses_nothing(lasting_world: World) -> None:
    world, alice = lasting_world, log_in(lasting_world.alice)

    async def test(streams: Streams) -> None:
        async with Client(streams, alice) as before:
            first = await in_thread(world.receive)
            assert (await before.until("message.created")).data["conversation"] == first.pk
        assert len(streams.hub) == 0
        missed = await in_thread(world.receive)
        async with Client(streams, alice, last=before.last) as after:
            kinds = [(await after.next()).kind for _ in range(4)]
            assert kinds == ["case.created", "contact.started", "message.created", "ready"]
            later = await in_thread(world.receive)
            assert (await after.until("message.created")).data["conversation"] == later.pk
            assert later.pk != missed.pk

    with_streams(test)


def test_a_new_page_hears_what_happened_while_it_was_made(lasting_world: World) -> None:
    world, alice = lasting_world, log_in(lasting_world.alice)
    world.receive()

    async def test(streams: Streams) -> None:
        async with Client(streams, alice, query="age=300") as young, Client(streams, alice) as ageless:
            assert (await young.next()).kind == "case.created"
            assert (await ageless.next()).kind == "ready"

    with_streams(test)


@pytest.mark.parametrize("last", ["9999999999999999-1", "17", "a-b", "1-2-3", "-", "9" * 40 + "-1"])
def test_a_place_that_is_not_ours_reads_everything_anew(lasting_world: World, last: str) -> None:
    alice = log_in(lasting_world.alice)

    async def test(streams: Streams) -> None:
        async with Client(streams, alice, last=last) as client:
            assert (await client.next()).kind == "reset"

    with_streams(test)


def test_too_far_behind_reads_everything_anew(lasting_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world, alice = lasting_world, log_in(lasting_world.alice)
    for _ in range(backlog.MOST_EVENTS // 3 + 1):
        world.receive()

    async def test(streams: Streams) -> None:
        async with Client(streams, alice, last="1-0") as client:
            assert (await client.next()).kind == "reset"

    with_streams(test)


def test_an_open_transaction_elsewhere_delays_nobody(lasting_world: World) -> None:
    world, alice = lasting_world, log_in(lasting_world.alice)

    async def test(streams: Streams) -> None:
        with psycopg.connect(**listen_params()) as slow:
            slow.execute("update accounts_user set name = name")
            async with Client(streams, alice) as client:
                early = await in_thread(world.receive)
                heard = await client.until("message.created")
                assert (heard.data["conversation"], heard.id) == (early.pk, "")
                slow.rollback()
                late = await in_thread(world.receive)
                heard = await client.until("message.created")
                assert heard.data["conversation"] == late.pk  # the first one is not told twice
                assert heard.id
        async with Client(streams, alice, last=client.last) as again:
            assert (await again.next()).kind == "ready"

    with_streams(test)


def test_without_a_session_nobody_hears(lasting_world: World) -> None:
    gone = log_in(lasting_world.bob)
    User.objects.filter(pk=lasting_world.bob.pk).update(is_active=False)

    async def test(streams: Streams) -> None:
        for session in ("", "nonsense", gone, "x" * 5000, "'; drop"):
            async with Client(streams, session) as client:
                assert client.status.result() == 401
        client = Client(streams)
        client.scope["method"] = "POST"
        async with client:
            assert client.status.result() == 405

    with_streams(test)


def test_a_changed_password_ends_the_session(lasting_world: World) -> None:
    alice = log_in(lasting_world.alice)
    lasting_world.alice.set_password("a new long password")
    lasting_world.alice.save()

    async def test(streams: Streams) -> None:
        async with Client(streams, alice) as client:
            assert client.status.result() == 401

    with_streams(test)


def test_changed_access_ends_the_streams_of_that_person_at_once(lasting_world: World) -> None:
    alice, bob = log_in(lasting_world.alice), log_in(lasting_world.bob)

    async def test(streams: Streams) -> None:
        async with Client(streams, alice) as of_alice, Client(streams, bob) as of_bob:
            await of_alice.until("ready")
            await of_bob.until("ready")
            await in_thread(lambda: access_changed(lasting_world.alice.pk))
            assert (await of_alice.until("reset")).kind == "reset"
            assert await of_alice.ended()
            assert not await of_bob.ended(0.1)

    with_streams(test)


def test_access_that_changed_without_a_word_ends_it_a_little_later(
    lasting_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "REVALIDATE_SECONDS", 0.2)
    alice, carol = log_in(lasting_world.alice), log_in(lasting_world.carol)

    async def test(streams: Streams) -> None:
        async with Client(streams, alice) as of_alice, Client(streams, carol) as of_carol:
            await in_thread(lambda: User.objects.filter(pk=lasting_world.alice.pk).update(is_active=False))
            assert await of_alice.ended()
            assert not await of_carol.ended(0.5)

    with_streams(test)


def test_stopping_ends_every_stream_in_milliseconds(lasting_world: World) -> None:
    alice = log_in(lasting_world.alice)

    async def test(streams: Streams) -> None:
        async with Client(streams, alice) as client:
            await client.until("ready")
            await streams.stop()
            assert await client.ended(0.2)
        async with Client(streams, alice) as late:
            assert late.status.result() == 503

    with_streams(test)


def test_a_client_that_takes_nothing_is_dropped(lasting_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "SEND_SECONDS", 0.3)
    monkeypatch.setattr(hub, "MOST_WAITING", 20)
    alice = log_in(lasting_world.alice)

    async def test(streams: Streams) -> None:
        async with Client(streams, alice) as slow:
            await slow.until("ready")
            slow.taking.clear()
            for _ in range(30):
                await in_thread(lambda: tell(["all"], "presence", conversation=1))
            assert await slow.ended(3)

    with_streams(test)


def test_the_reader_goes_on_after_the_database_was_away(lasting_world: World) -> None:
    world, alice = lasting_world, log_in(lasting_world.alice)

    def cut() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
                " and (query like 'listen %' or query like '%timeline_fact f%')"
            )

    async def test(streams: Streams) -> None:
        async with Client(streams, alice) as client:
            await client.until("ready")
            await in_thread(cut)
            missed = await in_thread(world.receive)
            assert (await client.until("message.created")).data["conversation"] == missed.pk

    with_streams(test)


def test_a_token_listens_too(lasting_world: World) -> None:
    _, good = create_token(lasting_world.alice, name="all")
    _, narrow = create_token(lasting_world.alice, name="narrow", scopes=["customers:read"])

    async def test(streams: Streams) -> None:
        async with Client(streams, authorization=f"Bearer {good}") as client:
            assert (await client.next()).kind == "ready"
        for raw, status in ((narrow, 403), ("sapa_unknown", 401), ("", 401)):
            async with Client(streams, authorization=f"Bearer {raw}") as client:
                assert client.status.result() == status

    with_streams(test)


def test_passing_news_reach_those_who_hear_the_topic(lasting_world: World) -> None:
    alice = log_in(lasting_world.alice)

    async def test(streams: Streams) -> None:
        async with Client(streams, alice) as client:
            await client.until("ready")
            topics = [f"user:{n}" for n in range(10**6, 10**6 + 400)]
            await in_thread(lambda: tell([*topics, f"user:{lasting_world.alice.pk}"], "presence", conversation=7))
            heard = await client.next()
            assert (heard.kind, heard.data, heard.id) == ("presence", {"conversation": 7}, "")

    with_streams(test)


def test_one_person_cannot_take_all_streams(lasting_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST_OF_A_PERSON", 2)
    alice = log_in(lasting_world.alice)

    async def test(streams: Streams) -> None:
        async with Client(streams, alice), Client(streams, alice), Client(streams, alice) as third:
            assert third.status.result() == 429
        await asyncio.sleep(0)
        async with Client(streams, alice) as client:
            assert client.status.result() == 200

    with_streams(test)
