"""The `ecopark` command: each group of commands has a file of its own beside this one."""

from __future__ import annotations

import sys

import typer

from ecopark import __version__
from ecopark.cli import admit, catalogue, demo, grade, land, ledger, mapping, packs, parks, register, site

app = typer.Typer(
    name="ecopark",
    help="Measure, decide and act on one set of facts for industrial parks. 园区指标、判定与自评价。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
parks.register(app)
mapping.register(app)
admit.register(app)
grade.register(app)
land.register(app)
ledger.register(app)
register.register(app)
catalogue.register(app)
app.add_typer(packs.app, name="packs", help="Standards as data: list, show, check, compare, verify. 评价标准。")
demo.register(app)
site.register(app)


@app.callback(invoke_without_command=True)
def _root(version: bool = typer.Option(False, "--version", help="Print the version and exit.", is_eager=True)) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit


def run() -> None:
    """Entry point of the command; output is always UTF-8."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
    app()
