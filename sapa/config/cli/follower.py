"""`sapa rebuild`: let a follower read the timeline anew."""

import click

from sapa.config.cli._database import database
from sapa.timeline import followers


@click.command()
@click.argument("follower", default="")
def rebuild(follower: str) -> None:
    """Set FOLLOWER back to the first fact; without a name, list them. The work role then reads everything again."""
    with database():
        known = sorted(followers.every())
        if not follower:
            click.echo("\n".join(known))
            return
        if follower not in known:
            raise click.ClickException(f"there is no follower {follower!r}; there are: {', '.join(known)}")
        followers.rebuild(follower)
        click.echo(f"{follower} begins anew")
