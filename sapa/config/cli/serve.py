"""`sapa serve`: everything, or one role."""

import importlib

import click

from sapa.config import orphan
from sapa.config.cli._django import set_up_django
from sapa.config.supervisor import Supervisor

ROLES = {"web": "sapa.config.server", "work": "sapa.config.work", "demo": "sapa.demo.serve"}


@click.command()
@click.argument("role", required=False, type=click.Choice(["web", "work", "demo"]), metavar="[web|work]")
@click.option("--demo", is_flag=True, help="With a company that never was, and mail that keeps coming.")
def serve(role: str | None, demo: bool) -> None:
    """Start Sapa on this machine, or only its ROLE: web answers browsers, work delivers, fetches and follows."""
    if role is None:
        Supervisor(["work", "web", *(["demo"] if demo else [])]).run()
        return
    orphan.end_with_supervisor()
    set_up_django()
    # Loaded only now: the supervisor, which comes by here too, shall stay small.
    importlib.import_module(ROLES[role]).serve()
