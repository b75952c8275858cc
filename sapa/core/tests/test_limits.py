import resource
from typing import Any

import psycopg
import pytest
from django.db import connections

from sapa.core.limits import SINCE, allow_many_connections, limit_transactions
from sapa.core.loop import listen_params


def test_a_long_transaction_is_ended_by_the_server(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    options: dict[str, Any] = connections.settings["default"]["OPTIONS"]
    monkeypatch.setitem(options, "options", options["options"])
    limit_transactions(1)
    with psycopg.connect(**listen_params()) as mine:
        if mine.info.server_version < SINCE:
            pytest.skip("PostgreSQL 16 has no transaction_timeout")
        with pytest.raises(psycopg.errors.TransactionTimeout):
            mine.execute("select pg_sleep(1.5)")


def test_the_soft_limit_of_sockets_becomes_the_hard_one() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, before[1]))
    try:
        allow_many_connections()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (before[1], before[1])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
