"""`sapa token`: keys to the REST API."""

import click

from sapa.accounts import tokens
from sapa.accounts.models import User
from sapa.config.cli._database import database


@click.group()
def token() -> None:
    """Bearer tokens for the REST API."""


@token.command()
@click.option("--email", required=True, help="Whose token it is: it may do what they may.")
@click.option("--name", default="command line", show_default=True, help="What it is for.")
@click.option("--scope", "scopes", multiple=True, help="What it may be used for; repeat it. All, when there is none.")
def create(email: str, name: str, scopes: tuple[str, ...]) -> None:
    """Make a token and print it: it cannot be shown again."""
    with database():
        owner = User.objects.filter(email__iexact=email.strip(), is_active=True).first()
        if owner is None:
            raise click.ClickException(f"nobody with the address {email} is here: `sapa user create` makes an account")
        click.echo(tokens.create_token(owner, name=name, scopes=scopes or None)[1])
