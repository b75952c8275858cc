"""What every command that works with the database needs: a server that answers, and errors in one sentence."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import click
from django.db import OperationalError, ProgrammingError, connection, connections

from sapa.config import place, postgres
from sapa.core.errors import Refused


@contextmanager
def database() -> Iterator[None]:
    """The embedded server is started when it does not run, and then stopped at the end."""
    started = place.EMBEDDED and not postgres.is_ready(postgres.socket_folder(place.HOME))
    if started:
        postgres.start(place.HOME)
    os.environ["PGAPPNAME"] = f"sapa command {os.getpid()}"  # so that it can tell its own connections from others
    try:
        yield
    except Refused as error:
        raise click.ClickException(str(error)) from error
    except ProgrammingError as error:
        raise click.ClickException(f"{_line(error)}: run `sapa migrate` first") from error
    except OperationalError as error:
        raise click.ClickException(f"the database does not answer: {_line(error)}") from error
    finally:
        close_connections()
        if started:
            postgres.stop(place.HOME)


def close_connections() -> None:
    """Give back all connections of this process, the pool's own included."""
    connections.close_all()
    close_pool = getattr(connection, "close_pool", None)
    if close_pool:
        close_pool()


def _line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
