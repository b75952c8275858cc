"""What the machine does without Sapa, in the same run: pgbench on the same server."""

import re
import subprocess
import tempfile
from pathlib import Path

from bench.ground import Server
from sapa.config import postgres

INSERT = "insert into bench_plain (word, at) values ('a message of some forty characters in length', now());\n"
SELECT = "\\set id random(1, {most})\nselect id, subject, status from conversations_conversation where id = :id;\n"


def inserts_per_second(server: Server, *, clients: int, seconds: int) -> float:
    """Single-row inserts, each committed."""
    return _pgbench(server, INSERT, clients, seconds)[0]


def select_ms(server: Server, *, seconds: int) -> float:
    """Mean milliseconds of a plain indexed select."""
    return _pgbench(server, SELECT.format(most=server.conversations), 1, seconds)[1]


def _pgbench(server: Server, script: str, clients: int, seconds: int) -> tuple[float, float]:
    import psycopg

    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute(
            "create table if not exists bench_plain (id bigserial primary key, word text, at timestamptz)"
        )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "script.sql"
        file.write_text(script, encoding="ascii")
        command = [postgres.binary("pgbench"), "-n", "-c", str(clients), "-j", "1", "-T", str(seconds), "-f", file]
        host = postgres.socket_folder(server.home)
        done = subprocess.run(
            [*map(str, command), "-h", str(host), "-U", postgres.USER, postgres.DATABASE],
            capture_output=True,
            text=True,
            check=True,
            timeout=seconds + 60,
        )
    rate = re.search(r"tps = ([\d.]+)", done.stdout)
    latency = re.search(r"latency average = ([\d.]+) ms", done.stdout)
    if not rate or not latency:
        raise SystemExit(f"pgbench said: {done.stdout[-500:]}")
    return float(rate[1]), float(latency[1])
