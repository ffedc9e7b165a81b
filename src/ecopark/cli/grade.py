"""grade: firms into classes A-D by a published method, every point explained."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ecopark.cli.output import columns, complain, guarded, language, report_problems, say, say_json
from ecopark.errors import EcoparkError

if TYPE_CHECKING:
    from ecopark.grading.grade import Grading

FORMATS = ("text", "json", "xlsx", "html")

FIRMS = typer.Argument(..., metavar="FIRMS", help="A file (csv, xlsx, parquet; wide or long) or a park folder.")
METHOD = typer.Option(..., "--method", "-m", help="Id of a method, or its directory. See: ecopark methods")
PERIOD = typer.Option(None, "--period", help="Year; default: the latest with figures.")
LANG = typer.Option(None, "--lang", help="zh or en (default: as the environment says).")
WEIGHT = typer.Option([], "--weight", help="ITEM=NUMBER or GROUP.ITEM=NUMBER: another weight.")
BASE = typer.Option([], "--base", help="ITEM=NUMBER or GROUP.ITEM=NUMBER: another base.")
CUTOFFS = typer.Option(None, "--cutoffs", help="Other shares of the classes: A=20,B=45,C=30,D=5")


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("grade")(grade)


def pairs(given: list[str], option: str) -> dict[str, str]:
    """``KEY=VALUE`` options as a dict."""
    found = {}
    for text in given:
        key, sign, value = text.partition("=")
        if not sign:
            raise EcoparkError(f"{option} is ITEM=NUMBER, not '{text}'")
        found[key.strip()] = value.strip()
    return found


@guarded
def grade(
    firms: Path = FIRMS,
    method: str = METHOD,
    period: str | None = PERIOD,
    weight: list[str] = WEIGHT,
    base: list[str] = BASE,
    cutoffs: str | None = CUTOFFS,
    sheet: str | None = typer.Option(None, "--sheet", help="The sheet of one firm: id, name or credit code."),
    lang: str | None = LANG,
    format: str = typer.Option("text", "--format", help="text, json, xlsx or html."),
    out: Path | None = typer.Option(None, "--out", help="File to write; its suffix may name the format."),
) -> None:
    """Grade firms by a method: score, rank, class, every item. 企业亩均效益分类评价。"""
    from ecopark.workflows.grade_firms import grade as run
    from ecopark.workflows.grade_firms import method_with

    lang = language(lang)
    if format not in FORMATS:
        raise EcoparkError(f"--format is {', '.join(FORMATS)}, not '{format}'")
    chosen = method_with(method, weights=pairs(weight, "--weight"), bases=pairs(base, "--base"), cutoffs=cutoffs)
    grading = run(firms, chosen, period=period)
    report_problems(grading.warnings, lang)
    if sheet:
        _sheet(grading, sheet, out, lang)
        return
    if format == "json" and out is None:
        say_json(grading.to_list())
        return
    from ecopark.workflows.write_grades import count_rows, table_rows, write_grades

    if out is None and format == "text":
        say(columns(table_rows(grading, lang)))
        say()
        say(columns(count_rows(grading, lang)))
        for lack in chosen.lacks():
            complain(("方法未见：" if lang == "zh" else "not seen of the method: ") + lack[lang])
        return
    target = out or Path(f"grades.{format}")
    if target.suffix.lower() == ".json" or (format == "json" and not target.suffix):
        target.write_text(json.dumps(grading.to_list(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    else:
        write_grades(grading, target if target.suffix else target.with_suffix(f".{format}"), lang=lang)
    complain(("已写入 " if lang == "zh" else "wrote ") + str(target))


def _sheet(grading: Grading, firm: str, out: Path | None, lang: str) -> None:
    from ecopark.grading.sheet import sheet_of
    from ecopark.workflows.write_grades import sheet_text, write_sheet

    made = sheet_of(grading, firm)
    if out is None:
        say(sheet_text(made, lang))
        return
    write_sheet(made, out, lang=lang)
    complain(("已写入 " if lang == "zh" else "wrote ") + str(out))
