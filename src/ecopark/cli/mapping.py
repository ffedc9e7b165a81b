"""mapping: what the columns of a department's own table are."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import typer

from ecopark.cli.output import complain, guarded, language, say
from ecopark.cli.parks import LANG


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("mapping")(mapping)


@guarded
def mapping(
    file: Path = typer.Argument(
        ..., help="A table of one's own (.xlsx, .csv), such as data/energy.xlsx of a park folder."
    ),
    sheet: str = typer.Option("", "--sheet", help="Which sheet (default: the one with most known titles)."),
    header: int | None = typer.Option(
        None, "--header", min=1, max=200, help="First row of the header (default: found)."
    ),
    header_rows: int = typer.Option(1, "--header-rows", min=1, max=5, help="Rows of the header, with --header."),
    year: str = typer.Option("", "--year", help="The year of the whole file, where the table does not say it."),
    write: bool = typer.Option(False, "--write", help="Write it beside the file as FILE.mapping.yaml."),
    lang: str | None = LANG,
) -> None:
    """Suggest a column mapping for a department's own table; with it beside the file every command reads the table. 列对应。"""
    from ecopark.workflows.map_columns import mapping_text, suggested_mapping, write_beside

    lang = language(lang)
    rows = None if header is None else (header, header_rows)
    text = mapping_text(suggested_mapping(file, sheet=sheet, header=rows, year=year, on=date.today()), lang)
    if not write:
        say(text.rstrip())
        return
    path = write_beside(file, text)
    complain(("已写入，请逐列核对：" if lang == "zh" else "wrote; check every column: ") + str(path))
