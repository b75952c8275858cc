"""`bin/bench [NAME…] [--quick] [--json FILE]`."""

import importlib
import json
import sys
from pathlib import Path

import click

from bench import cost, ground
from bench.figure import Figure

NAMES = ("idle", "list", "open", "reply", "mail", "live")


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(NAMES), metavar="[NAME…]")
@click.option("--quick", is_flag=True, help="20,000 conversations instead of a million, short runs.")
@click.option("--json", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures there too.")
def bench(names: tuple[str, ...], quick: bool, file: Path | None) -> None:
    """Measure NAMEs (all of them without one): idle, list, open, reply, mail, live."""
    figures: list[Figure] = []
    with ground.served(quick=quick) as server:
        for name in names or NAMES:
            share = Figure(name=f"{name}.machine", value=cost.share_of_a_core() * 100, unit="% of a core")
            figures.append(share)
            click.echo(f"· {name} … (a busy process gets {share.value:.0f} % of a core here now)", err=True)
            for figure in importlib.import_module(f"bench.{name}").run(server, quick=quick):
                figures.append(figure)
                click.echo(line(figure))
    if file:
        file.write_text(json.dumps([figure.to_json() for figure in figures], indent=2) + "\n", encoding="utf-8")
    sys.exit(any(figure.ok is False for figure in figures) and not quick)


def line(figure: Figure) -> str:
    """One row of the table."""
    mark = {True: "ok", False: "MISSED", None: ""}[figure.ok]
    target = "" if figure.target is None else f"{'≤' if figure.lower else '≥'} {figure.target:g}"
    beside = "" if figure.baseline is None else f"{figure.beside}: {figure.baseline:.4g} {figure.unit}"
    return f"{figure.name:<44}{figure.value:>10.4g} {figure.unit:<12}{target:<10}{mark:<8}{beside}"


if __name__ == "__main__":
    bench()
