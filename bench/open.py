"""Opening a conversation of ten messages."""

import random
import time
from collections.abc import Iterator

from bench import baseline, cost
from bench.crowd import crowd
from bench.figure import Figure, percentile
from bench.ground import Server
from bench.http import Client, timed

BESIDE = "one indexed select"


def run(server: Server, *, quick: bool) -> Iterator[Figure]:
    client = Client(server.port)
    client.log_in()
    cookies = dict(client.cookies)
    rand = random.Random(7)
    plain = baseline.select_ms(server, seconds=2)
    paths = [f"/conversations/{rand.randint(1, server.conversations)}/thread" for _ in range(60 if quick else 300)]
    spent = cost.begun(server)
    times = [timed(client, path, htmx=True) for path in paths][20:]
    yield spent("open.cpu", len(paths))
    client.close()
    yield Figure(name="open.p95", value=percentile(times, 0.95), unit="ms", target=30, baseline=plain, beside=BESIDE)

    def work(n: int, deadline: float) -> list[float]:
        own = random.Random(n)
        reader = Client(server.port)
        reader.cookies = dict(cookies)
        done = []
        while time.monotonic() < deadline:
            done.append(timed(reader, f"/conversations/{own.randint(1, server.conversations)}/thread", htmx=True))
        return done

    rate, values = crowd(8, 4 if quick else 12, work)
    yield Figure(name="open.eight_clients", value=rate, unit="pages/s", target=200, lower=False)
    yield Figure(name="open.eight_clients.p95", value=percentile(values, 0.95), unit="ms")
