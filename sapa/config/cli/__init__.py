"""The command `sapa`. A subcommand's file is loaded when it is called, so that `sapa serve` stays small."""

import importlib

import click

import sapa
from sapa.config.cli._django import set_up_django
from sapa.config.owner import NoAccount
from sapa.config.postgres import NoPostgres
from sapa.config.supervisor import CannotServe

COMMANDS = {
    "serve": "serve:serve",
    "migrate": "database:migrate",
    "prepare": "database:prepare",
    "backup": "backup:backup",
    "restore": "backup:restore",
    "doctor": "doctor:doctor",
    "user": "user:user",
    "token": "token:token",
    "inbox": "inbox:inbox",
    "rebuild": "follower:rebuild",
}


class Commands(click.Group):
    """Finds a subcommand by its name in COMMANDS."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        if module != "serve":
            set_up_django()
        command = getattr(importlib.import_module(f"{__name__}.{module}"), name)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(sapa.__version__, prog_name="Sapa")
def commands() -> None:
    """Sapa: the customer service of a company in one piece of software."""


def main() -> None:
    """Run the command line; what a person can mend is said in one sentence, with status 1."""
    try:
        commands()
    except (CannotServe, NoPostgres, NoAccount) as error:
        raise SystemExit(f"sapa: {error}") from error
