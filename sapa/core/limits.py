"""Limits that a serving process sets for itself."""

import resource

import psycopg
from django.db import connections

from sapa.core.loop import listen_params

SINCE = 170000  # transaction_timeout came with PostgreSQL 17


def limit_transactions(seconds: int) -> None:
    """From now on the server ends a transaction of this process that is open for so long, as it holds back all followers.

    Call it before the first connection is made; PostgreSQL 16 ends only idle ones.
    """
    with psycopg.connect(**listen_params(), autocommit=True) as asked:
        if asked.info.server_version < SINCE:
            return
    options = connections.settings["default"]["OPTIONS"]
    options["options"] += f" -c transaction_timeout={seconds * 1000}"


def allow_many_connections() -> None:
    """As many open sockets as the system lets us have; the usual 1,024 would be the end of live streams."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
