"""`sapa user`: accounts."""

import click

from sapa.accounts import actions
from sapa.accounts.models import User
from sapa.config.cli._database import database


@click.group()
def user() -> None:
    """People who work with Sapa."""


@user.command()
@click.option("--email", required=True, help="The address to log in with.")
@click.option("--name", default="", help="Their name; without it, what stands before the @.")
@click.option("--password", envvar="SAPA_NEW_PASSWORD", help="At least ten characters; asked for when it is missing.")
@click.option("--role", default="agent", show_default=True, help="The key of a role, such as agent or administrator.")
def create(email: str, name: str, password: str | None, role: str) -> None:
    """Make an account that can log in at once."""
    if password is None:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    with database():
        made = actions.create_user(email=email, name=name or email.partition("@")[0], role=role, password=password)
        click.echo(f"{made.email} ({made.role.key})")


@user.command()
@click.option("--email", required=True, help="The address of the account.")
@click.option("--password", envvar="SAPA_NEW_PASSWORD", help="At least ten characters; asked for when it is missing.")
def password(email: str, password: str | None) -> None:
    """Set another password, for somebody who is locked out; their sessions end."""
    if password is None:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    with database():
        found = User.objects.filter(email__iexact=email.strip()).first()
        if found is None:
            raise click.ClickException(f"nobody here has the address {email}")
        actions.set_password(found, password)
        click.echo(f"{found.email}: the password is set")
