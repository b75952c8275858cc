"""Mail of 2 kB comes in over LMTP: accepted (durable), and read into conversations."""

import random
import smtplib
import time
from collections.abc import Iterator

from bench import baseline, cost, ground
from bench.crowd import crowd
from bench.figure import Figure, percentile
from bench.ground import Server

BODY = "Halo, pesanan saya belum sampai. Mohon bantuannya, terima kasih banyak.\r\n" * 22


def run(server: Server, *, quick: bool) -> Iterator[Figure]:
    plain = baseline.inserts_per_second(server, clients=8, seconds=3)
    before = int(str(ground.rows(server, "select count(*) from channels_incomingmail where state = 'read'")[0][0]))
    stamp = int(time.time())

    def work(n: int, deadline: float) -> list[float]:
        own = random.Random(n)
        done: list[float] = []
        with smtplib.LMTP("127.0.0.1", server.lmtp_port, timeout=60) as lmtp:
            while time.monotonic() < deadline:
                mail = (
                    f"From: Pelanggan <customer{own.randint(1, 200_000)}@mail.example>\r\nTo: inbox{n % 8}@bench.example\r\n"
                    f"Subject: Pesanan {own.randint(1, 10**6)}\r\nMessage-ID: <{stamp}.{n}.{len(done)}@mail.example>\r\n"
                    f"Date: Sun, 22 Nov 2026 03:00:00 +0000\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{BODY}"
                )
                begun = time.perf_counter()
                lmtp.sendmail("customer@mail.example", [f"inbox{n % 8}@bench.example"], mail)
                done.append((time.perf_counter() - begun) * 1000)
        return done

    spent = cost.begun(server)
    begun = time.monotonic()
    rate, values = crowd(16, 5 if quick else 15, work)
    yield Figure(
        name="mail.accepted",
        value=rate,
        unit="/s",
        target=400,
        lower=False,
        baseline=plain,
        beside="single-row inserts",
    )
    yield Figure(name="mail.accepted.p99", value=percentile(values, 0.99), unit="ms")
    until = time.monotonic() + 180
    while time.monotonic() < until:
        left = ground.rows(server, "select count(*) from channels_incomingmail where state = 'new'")[0][0]
        if not left:
            break
        time.sleep(0.2)
    took = time.monotonic() - begun
    read = (
        int(str(ground.rows(server, "select count(*) from channels_incomingmail where state = 'read'")[0][0])) - before
    )
    yield Figure(name="mail.in_conversations", value=len(values) / took, unit="/s", target=400, lower=False)
    yield spent("mail.cpu_accepted_and_read", len(values))
    if read < len(values) * 0.9:
        print(f"  of {len(values)} mails only {read} were read", flush=True)
