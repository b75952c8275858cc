"""The list of conversations: every view, the first page and the hundredth."""

from collections.abc import Iterator

from bench import baseline, cost, ground
from bench.figure import Figure, percentile
from bench.ground import Server
from bench.http import Client, timed

VIEWS = ("mine", "unassigned", "open", "snoozed", "resolved", "spam", "team", "inbox")
TARGET_MS = 40.0


def run(server: Server, *, quick: bool) -> Iterator[Figure]:
    client = Client(server.port)
    client.log_in()
    plain = baseline.select_ms(server, seconds=2)
    ids = {
        "team": ground.rows(server, "select min(id) from accounts_team")[0][0],
        "inbox": ground.rows(server, "select min(id) from conversations_inbox")[0][0],
    }
    everything: list[float] = []
    spent = cost.begun(server)
    for view in VIEWS:
        path = f"/inbox/{view}-{ids[view]}/" if view in ids else f"/inbox/{view}/"
        timed(client, path)
        times = [timed(client, path) for _ in range(10 if quick else 40)]
        everything += times
        yield Figure(
            name=f"list.{view}.p95",
            value=percentile(times, 0.95),
            unit="ms",
            target=TARGET_MS,
            baseline=plain,
            beside=BESIDE,
        )
    yield spent("list.cpu", len(everything) + len(VIEWS))
    yield Figure(
        name="list.first.p95",
        value=percentile(everything, 0.95),
        unit="ms",
        target=TARGET_MS,
        baseline=plain,
        beside=BESIDE,
    )
    deep = deep_page(server)
    times = [timed(client, f"/inbox/resolved/?cursor={deep}", htmx=True) for _ in range(10 if quick else 60)]
    yield Figure(
        name="list.hundredth.p95",
        value=percentile(times, 0.95),
        unit="ms",
        target=TARGET_MS,
        baseline=plain,
        beside=BESIDE,
    )
    client.close()


BESIDE = "one indexed select"


def deep_page(server: Server) -> str:
    """The cursor behind 99 pages of 50."""
    sql = (
        "select (extract(epoch from last_message_at) * 1000000)::bigint, id from conversations_conversation"
        " where status in ('resolved', 'closed') order by last_message_at desc, id desc offset {} limit 1"
    )
    found = ground.rows(server, sql.format(99 * 50))
    moment, id = found[0]
    return f"{moment}.{id}"
