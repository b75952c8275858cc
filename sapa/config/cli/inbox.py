"""`sapa inbox`: the addresses at which customers reach the company."""

import click

from sapa.channels.email import actions
from sapa.config.cli._database import database


@click.group()
def inbox() -> None:
    """Addresses at which customers reach you."""


@inbox.group()
def create() -> None:
    """Make an inbox."""


@create.command()
@click.option("--name", required=True, help="What agents call it.")
@click.option("--address", required=True, help="The e-mail address that customers write to.")
def email(name: str, address: str) -> None:
    """Make an inbox for mail to ADDRESS. Mail reaches it over LMTP; a mailbox to fetch from is added in the settings."""
    with database():
        made = actions.create_inbox(by=None, name=name, address=address)
        click.echo(f"{made.pk} {made.name} <{made.address}>")
