"""Commit → page: 500 agents who hear every message of an inbox, and 5,000 people who each hear only what is theirs."""

import asyncio
import random
import re
import resource
import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from bench import baseline
from bench.figure import Figure, percentile
from bench.ground import Server

AGENTS, OTHERS = 500, 5_000
DOMAIN = "live.bench.example"
AT_ONCE = 50
MESSAGE = re.compile(rb'"message":(\d+)')


def run(server: Server, *, quick: bool) -> Iterator[Figure]:
    """Opens the streams, writes for some seconds, and compares the moment before each COMMIT with each arrival."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    agents, others = _people(*((AGENTS // 5, OTHERS // 10) if quick else (AGENTS, OTHERS)))
    seconds, rate = (5.0, 5.0) if quick else (20.0, 5.0)
    begun, sent, arrived, expected = asyncio.run(_measure(server, agents, others, seconds, rate))
    late = [(at - sent[message]) * 1000 for message, at in arrived if message in sent]
    yield Figure(name="live.connected", value=(len(agents) + len(others)) / begun, unit="/s")
    yield Figure(name="live.commit_to_page_p50", value=percentile(late, 0.5), unit="ms")
    yield Figure(
        name="live.commit_to_page_p99",
        value=percentile(late, 0.99),
        unit="ms",
        target=100,
        baseline=1000 / baseline.inserts_per_second(server, clients=1, seconds=2),
        beside="a single-row insert",
    )
    yield Figure(name="live.missed", value=expected - len(late), unit="events", target=0)


def _people(agents: int, others: int) -> tuple[list[str], list[tuple[int, str]]]:
    """Session keys of agents who see unassigned conversations; user ids and session keys of people who see their own."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.contrib.sessions.models import Session
    from django.utils import timezone

    from sapa.accounts.models import Role, User
    from sapa.accounts.permissions import Permission, Scope

    own, _ = Role.objects.update_or_create(
        key="bench-own", defaults={"name": "Bench", "permissions": [str(Permission.READ)], "scope": str(Scope.OWN)}
    )
    agent = Role.objects.get(key="agent")
    wanted = [(f"agent-{n}@{DOMAIN}", agent) for n in range(agents)] + [
        (f"own-{n}@{DOMAIN}", own) for n in range(others)
    ]
    known = set(User.objects.filter(email__endswith=f"@{DOMAIN}").values_list("email", flat=True))
    User.objects.bulk_create(
        User(email=email, name=email.split("@")[0], role=role, password=f"!{secrets.token_hex(20)}")
        for email, role in wanted
        if email not in known
    )
    users = {user.email: user for user in User.objects.filter(email__endswith=f"@{DOMAIN}")}
    store, keys, rows = SessionStore(), {}, []
    for email, _role in wanted:
        keys[email] = secrets.token_hex(16)
        data = {
            SESSION_KEY: str(users[email].pk),
            BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
            HASH_SESSION_KEY: users[email].get_session_auth_hash(),
        }
        end = timezone.now() + timedelta(hours=1)
        rows.append(Session(session_key=keys[email], session_data=store.encode(data), expire_date=end))
    Session.objects.bulk_create(rows, batch_size=1000)
    return (
        [keys[f"agent-{n}@{DOMAIN}"] for n in range(agents)],
        [(users[f"own-{n}@{DOMAIN}"].pk, keys[f"own-{n}@{DOMAIN}"]) for n in range(others)],
    )


async def _measure(
    server: Server, agents: list[str], others: list[tuple[int, str]], seconds: float, rate: float
) -> tuple[float, dict[int, float], list[tuple[int, float]], int]:
    arrived: list[tuple[int, float]] = []
    gate = asyncio.Semaphore(AT_ONCE)
    begun = time.monotonic()
    keys = [*agents, *(key for _, key in others)]
    streams = await asyncio.gather(*(_open(server.port, key, gate) for key in keys))
    opened = time.monotonic() - begun
    readers = [asyncio.create_task(_read(reader, arrived)) for reader, _ in streams]
    await asyncio.sleep(1)
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1) as thread:
        sent, expected = await loop.run_in_executor(thread, _write, others, len(agents), seconds, rate)
    await asyncio.sleep(2)
    for task in readers:
        task.cancel()
    for _, writer in streams:
        writer.close()
    return opened, sent, arrived, expected


async def _open(port: int, key: str, gate: asyncio.Semaphore) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    async with gate:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: sessionid={key}\r\n\r\n".encode())
        await asyncio.wait_for(reader.readuntil(b"event: ready"), 60)
        return reader, writer


async def _read(reader: asyncio.StreamReader, arrived: list[tuple[int, float]]) -> None:
    while line := await reader.readline():
        if line.startswith(b"data: ") and (found := MESSAGE.search(line)):
            arrived.append((int(found[1]), time.monotonic()))


def _write(others: list[tuple[int, str]], agents: int, seconds: float, rate: float) -> tuple[dict[int, float], int]:
    """Messages of customers, heard by all agents, and facts that one person hears; the moment before each COMMIT."""
    from django.db import connection, transaction

    from sapa.conversations.actions import Incoming, receive
    from sapa.conversations.facts import MessageCreated
    from sapa.conversations.models import Inbox
    from sapa.timeline.record import Envelope, record

    inbox = Inbox.objects.filter(teams=None, default_team=None).order_by("pk")[0]
    sent: dict[int, float] = {}
    expected, chance, end, due = 0, random.Random(1), time.monotonic() + seconds, time.monotonic()
    while time.monotonic() < end:
        with transaction.atomic():
            answer = receive(
                [
                    Incoming(
                        inbox_id=inbox.pk,
                        channel=inbox.channel,
                        outside_id=f"{secrets.token_hex(12)}@{DOMAIN}",
                        identity_kind="email",
                        address=f"customer-{chance.randrange(1000)}@{DOMAIN}",
                        subject="Pesanan 88213",
                        text="Pesanan saya belum sampai.",
                    )
                ]
            )[0]
            sent[answer.message_id] = time.monotonic()
        expected += agents
        for user_id, _ in chance.sample(others, 10):
            number = 10**12 + len(sent)
            payload = MessageCreated(
                message_id=number, direction="in", author_kind="customer", visibility="public", automated=True
            )
            with transaction.atomic():
                record(payload, Envelope(audience=(f"user:{user_id}",)))
                sent[number] = time.monotonic()
            expected += 1
        due += 1 / rate
        time.sleep(max(0.0, due - time.monotonic()))
    connection.close()
    return sent, expected
