"""`sapa migrate`, and what `sapa serve` asks for before it starts the roles."""

import json

import click
from django.core.management import call_command

from sapa.accounts import first
from sapa.config import health
from sapa.config.cli._database import database
from sapa.demo.prepare import prepare as prepare_demo


@click.command()
def migrate() -> None:
    """Bring the database to this version of Sapa. Safe to repeat."""
    with database():
        call_command("migrate", interactive=False, verbosity=1)


@click.command(hidden=True)
@click.option("--demo", is_flag=True)
def prepare(demo: bool) -> None:
    """Migrate in silence, then print as JSON where the first administrator is made (empty: there is one)."""
    with database():
        if health.missing_migrations():  # asking costs a hundredth of a second, migrating half a second
            call_command("migrate", interactive=False, verbosity=0)
        login = prepare_demo() if demo else ""
        click.echo(json.dumps({"first_run": first.link_path(), "login": login}))
