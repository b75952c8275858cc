"""Agents answer: eight clients over the REST API, committed with facts and outbox."""

import json
import random
import time
from collections.abc import Iterator

from bench import baseline, cost, ground
from bench.crowd import crowd
from bench.figure import Figure, percentile
from bench.ground import Server
from bench.http import Client
from bench.sink import sink

ANSWERABLE = "select id from conversations_conversation where status in ('open', 'pending') order by id limit 50000"


def run(server: Server, *, quick: bool) -> Iterator[Figure]:
    ids = [int(str(row[0])) for row in ground.rows(server, ANSWERABLE)]
    plain = baseline.inserts_per_second(server, clients=8, seconds=3)

    def work(n: int, deadline: float) -> list[float]:
        own = random.Random(n)
        client = Client(server.port, token=server.token)
        done: list[float] = []
        while time.monotonic() < deadline:
            body = json.dumps({"text": "Terima kasih, pesanan Anda sudah kami kirim ulang hari ini."}).encode()
            begun = time.perf_counter()
            path = f"/api/v1/conversations/{own.choice(ids)}/reply"
            status, answer = client.call("POST", path, body, kind="application/json")
            if status == 201:
                done.append((time.perf_counter() - begun) * 1000)
            else:
                raise SystemExit(f"POST {path}: {status} {answer[:200]!r}")
        return done

    spent = cost.begun(server)
    with sink(server.smtp_port) as received:
        rate, values = crowd(8, 4 if quick else 12, work)
        yield Figure(
            name="reply.eight_clients",
            value=rate,
            unit="/s",
            target=500,
            lower=False,
            baseline=plain,
            beside="single-row inserts",
        )
        yield Figure(name="reply.p99", value=percentile(values, 0.99), unit="ms")
        left = received.drained(len(values), seconds=30 if quick else 90)
        yield Figure(name="reply.left_by_smtp", value=left, unit="/s")
        yield spent("reply.cpu_written_and_sent", len(values))
