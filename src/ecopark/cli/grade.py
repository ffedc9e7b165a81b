"""grade: firms into classes A-D by a published method, every point explained."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ecopark.cli.output import columns, complain, guarded, known_format, language, report_problems, say, say_json
from ecopark.errors import EcoparkError

if TYPE_CHECKING:
    from ecopark.grading.method import Method
    from ecopark.grading.result import Grading

MANY_BYTES = 1_000_000
"""A csv or parquet file above this size is graded in columns. [B]"""

FORMATS = ("text", "json", "xlsx", "html")

FIRMS = typer.Argument(..., metavar="FIRMS", help="A file (csv, xlsx, parquet; wide or long) or a park folder.")
METHOD = typer.Option(..., "--method", "-m", help="Id of a method, or its directory. See: ecopark methods")
PERIOD = typer.Option(None, "--period", help="Year; default: the latest with figures.")
LANG = typer.Option(None, "--lang", help="zh or en (default: as the environment says).")
WEIGHT = typer.Option([], "--weight", help="ITEM=NUMBER or GROUP.ITEM=NUMBER: another weight.")
BASE = typer.Option([], "--base", help="ITEM=NUMBER or GROUP.ITEM=NUMBER: another base.")
APPEALS = typer.Option(None, "--appeals", help="Folder with appeals.jsonl: its corrections are applied.")
LAST_YEAR = typer.Option(None, "--last-year", help="Last year's firms, for bases that are last year's mean.")
CUTOFFS = typer.Option(None, "--cutoffs", help="Other shares of the classes: A=20,B=45,C=30,D=5")


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("grade")(grade)
    app.command("regrade")(regrade)
    app.command("appeal")(appeal)
    app.command("methods")(methods)
    app.command("match")(match)


def pairs(given: list[str], option: str) -> dict[str, str]:
    """``KEY=VALUE`` options as a dict."""
    found = {}
    for text in given:
        key, sign, value = text.partition("=")
        if not sign:
            raise EcoparkError(f"{option} is ITEM=NUMBER, not '{text}'", zh=f"{option} 应为“指标=数值”，而不是“{text}”")
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
    last_year: Path | None = LAST_YEAR,
    sheet: str | None = typer.Option(None, "--sheet", help="The sheet of one firm: id, name or credit code."),
    appeals: Path | None = APPEALS,
    engine: str = typer.Option("auto", "--engine", help="exact, columnar (very many firms), or auto: by number."),
    lang: str | None = LANG,
    format: str = typer.Option("text", "--format", help="text, json, xlsx or html."),
    out: Path | None = typer.Option(None, "--out", help="File to write; its suffix may name the format."),
) -> None:
    """Grade firms by a method: score, rank, class, every item. 企业亩均效益分类评价。

    FIRMS is wide (one row a firm: firm, group, then columns such as tax_per_mu or "rd_share [%]"), long (subject, quantity,
    period, value, unit), or a park folder. Problems are listed on stderr with their place; nothing is written then.

    ecopark grade firms.csv -m huangyan-2022 --cutoffs A=20,B=45,C=30,D=5

    ecopark grade firms.csv -m huangyan-2022 --format json

    ecopark grade 2023.csv -m huaian-2024 --last-year 2022.csv --out grades.xlsx

    ecopark grade firms.csv -m my-method/ --sheet F3 --out F3.docx
    """
    from ecopark.workflows.grade_firms import grade as run
    from ecopark.workflows.grade_firms import method_with

    lang = language(lang)
    known_format(format, FORMATS)
    chosen = method_with(method, weights=pairs(weight, "--weight"), bases=pairs(base, "--base"), cutoffs=cutoffs)
    if engine not in ("auto", "exact", "columnar"):
        raise EcoparkError(
            f"--engine is auto, exact or columnar, not '{engine}'",
            zh=f"--engine 应为 auto、exact 或 columnar，而不是“{engine}”",
        )
    if engine == "columnar" or (engine == "auto" and not (sheet or appeals) and _many(firms, format, out)):
        _grade_many(firms, chosen, period, last_year, format, out, lang)
        return
    grading = run(firms, chosen, period=period, appeals=appeals, last_year=last_year)
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
        for lack in grading.method.lacks():
            complain(("方法未见：" if lang == "zh" else "not seen of the method: ") + lack[lang])
        return
    target = out or Path(f"grades.{format}")
    written = write_grades(grading, target if target.suffix else target.with_suffix(f".{format}"), lang=lang)
    complain(("已写入 " if lang == "zh" else "wrote ") + str(written))


def _sheet(grading: Grading, firm: str, out: Path | None, lang: str) -> None:
    from ecopark.grading.sheet import sheet_of
    from ecopark.workflows.write_sheet import sheet_text, write_sheet

    made = sheet_of(grading, firm)
    if out is None:
        say(sheet_text(made, lang))
        return
    write_sheet(made, out, lang=lang)
    complain(("已写入 " if lang == "zh" else "wrote ") + str(out))


def _many(firms: Path, format: str, out: Path | None) -> bool:
    """Whether a file is so large, and what is asked of it so plain, that it is graded in columns."""
    if not firms.is_file() or firms.suffix.lower() not in (".csv", ".parquet") or firms.stat().st_size <= MANY_BYTES:
        return False
    from ecopark.grading.firm_frame import is_wide

    plain = format in ("text", "json") and (out is None or out.suffix.lower() in (".csv", ".parquet", ".json"))
    return plain and is_wide(firms)


def _grade_many(
    firms: Path, method: Method, period: str | None, last_year: Path | None, format: str, out: Path | None, lang: str
) -> None:
    """The columnar way: a table instead of documents."""
    from ecopark.grading.firm_frame import is_wide
    from ecopark.workflows.grade_firms import grade_many

    if not firms.is_file() or firms.suffix.lower() not in (".csv", ".parquet") or not is_wide(firms):
        raise EcoparkError(
            "--engine columnar reads a wide csv or parquet file", zh="--engine columnar 只读取宽表 csv 或 parquet 文件"
        )
    if format not in ("text", "json"):
        raise EcoparkError(
            "so many firms are written as --out FILE.parquet or FILE.csv, not as a document",
            zh="企业数量太多，请写成 --out FILE.parquet 或 FILE.csv，不能写成文档",
        )
    graded = grade_many(firms, method, period=period, last_year=last_year)
    report_problems(graded.warnings, lang)
    if out is not None:
        if out.suffix.lower() == ".parquet":
            graded.frame.write_parquet(out)
        elif out.suffix.lower() == ".csv":
            graded.frame.write_csv(out)
        elif out.suffix.lower() == ".json":
            out.write_text(json.dumps(graded.to_list(), ensure_ascii=False) + "\n", encoding="utf-8")
        else:
            raise EcoparkError(
                "so many firms are written as .parquet, .csv or .json",
                zh="企业数量太多，请写成 .parquet、.csv 或 .json",
            )
        complain(("已写入 " if lang == "zh" else "wrote ") + str(out))
    elif format == "json":
        say_json(graded.to_list())
        return
    head = ("分组", "类别", "企业数") if lang == "zh" else ("group", "class", "firms")
    say(columns([head, *((g, c or "-", str(n)) for g, c, n in graded.counts().iter_rows())]))


@guarded
def regrade(
    firms: Path = FIRMS,
    method: str = METHOD,
    period: str | None = PERIOD,
    weight: list[str] = WEIGHT,
    base: list[str] = BASE,
    cutoffs: str | None = CUTOFFS,
    last_year: Path | None = LAST_YEAR,
    now: str | None = typer.Option(None, "--now", help="Shares of the classes as they are, where the method has none."),
    draws: int = typer.Option(0, "--stability", help="Instead: draw the weights so many times; who keeps the class?"),
    spread: float = typer.Option(
        0.1, "--spread", help="With --stability: how far a weight may be off, as a part of it."
    ),
    seed: int = typer.Option(7, "--seed", help="With --stability: seed of the draws."),
    lang: str | None = LANG,
    format: str = typer.Option("text", "--format", help="text or json."),
    out: Path | None = typer.Option(
        None, "--out", help="Report to write: .html, .docx or .csv (of the firms that move)."
    ),
) -> None:
    """Other weights, bases or cut-offs: who moves and why; or how firm every class is. 模拟与稳定性。

    Weights of a group add up to 100 as before: change at least two. --stability alone tests the method as it is; with --out and
    changes beside it the report has both.

    ecopark regrade firms.csv -m huangyan-2022 --now A=20,B=45,C=30,D=5 --stability 500

    ecopark regrade firms.csv -m invented-park --weight tax_per_mu=30 --weight labour_productivity=20 --out moves.html
    """
    from ecopark.workflows.grade_firms import grade as run
    from ecopark.workflows.grade_firms import method_with
    from ecopark.workflows.write_simulation import Study, move_rows, stability_rows, write_study

    lang = language(lang)
    known_format(format)
    if draws < 0 or not 0 < spread < 1:
        raise EcoparkError(
            "--stability is a number of draws, --spread lies between 0 and 1",
            zh="--stability 是抽样次数，--spread 在 0 与 1 之间",
        )
    changes = {"weights": pairs(weight, "--weight"), "bases": pairs(base, "--base")}
    asked = bool(weight or base or cutoffs)
    current = now if asked and not (draws and out is None) else cutoffs or now
    grading = run(firms, method_with(method, cutoffs=current), period=period, last_year=last_year)
    report_problems(grading.warnings, lang)
    changed = method_with(grading.method, **changes, cutoffs=cutoffs)  # type: ignore[arg-type]
    study = Study(grading, changed if asked or not draws else None, draws=draws, spread=spread, seed=seed)
    if draws and study.grading.method.cutoffs is None:
        raise EcoparkError(
            f"{grading.method.id} has no cut-offs: give them with --now or --cutoffs",
            zh=f"{grading.method.id} 没有分档比例：请用 --now 或 --cutoffs 给出",
        )
    if out is not None:
        write_study(study, out, lang=lang)
        complain(("已写入 " if lang == "zh" else "wrote ") + str(out))
        return
    if draws:
        found = study.stability
        if format == "json":
            say_json([{"firm": s.firm, "grade": s.grade, "kept": s.kept, "shares": dict(s.shares)} for s in found])
        else:
            say(columns(stability_rows(study, lang)))
        return
    moves = study.moves
    if format == "json":
        say_json([m.to_dict() for m in moves])
        return
    say(columns(move_rows(study, lang)))
    moved = sum(m.moved for m in moves)
    say(f"{moved} / {len(moves)} 家变动" if lang == "zh" else f"{moved} of {len(moves)} firms move")


@guarded
def appeal(
    firms: Path = FIRMS,
    method: str = METHOD,
    firm: str = typer.Option(..., "--firm", help="Id, name or credit code."),
    set_: str = typer.Option(..., "--set", help="QUANTITY=VALUE: the corrected figure."),
    evidence: Path = typer.Option(..., "--evidence", help="The file that supports it."),
    by: str = typer.Option(..., "--by", help="Who accepted the appeal."),
    log: Path = typer.Option(
        ..., "--log", help="Folder of the log (appeals.jsonl); earlier entries are applied first."
    ),
    on: str | None = typer.Option(None, "--on", help="Day (default: today)."),
    period: str | None = PERIOD,
    weight: list[str] = WEIGHT,
    base: list[str] = BASE,
    cutoffs: str | None = CUTOFFS,
    last_year: Path | None = LAST_YEAR,
    lang: str | None = LANG,
) -> None:
    """Correct a figure with its evidence, grade everybody again, log it. 申诉复核。

    ecopark appeal firms.csv -m huangyan-2022 --firm F3 --set tax_per_mu=14 --evidence receipt.pdf --by Li --log appeals

    ecopark grade firms.csv -m huangyan-2022 --appeals appeals
    """
    from ecopark.grading.appeals import appeal as run_appeal
    from ecopark.grading.appeals import log_appeal
    from ecopark.workflows.grade_firms import grade as run
    from ecopark.workflows.grade_firms import method_with

    lang = language(lang)
    title, sign, value = set_.partition("=")
    if not sign:
        raise EcoparkError(f"--set is QUANTITY=VALUE, not '{set_}'", zh=f"--set 应为“数据项=数值”，而不是“{set_}”")
    try:
        day = date.fromisoformat(on) if on else date.today()
    except ValueError:
        raise EcoparkError(
            f"--on is a day such as 2026-11-21, not '{on}'", zh=f"--on 应为 2026-11-21 这样的日期，而不是“{on}”"
        ) from None
    chosen = method_with(method, weights=pairs(weight, "--weight"), bases=pairs(base, "--base"), cutoffs=cutoffs)
    grading = run(firms, chosen, period=period, appeals=log, last_year=last_year)
    made, _ = run_appeal(grading, firm, title.strip(), value.strip(), evidence=evidence, by=by, on=day)
    path = log_appeal(log, made, chosen)
    a, b = made.before.to_dict(), made.after.to_dict()
    head = ("", "得分", "排名", "类别") if lang == "zh" else ("", "score", "rank", "class")
    words = ("原", "复核后") if lang == "zh" else ("was", "is")
    rows = [(word, *(str(d[k] or "-") for k in ("score", "rank", "grade"))) for word, d in zip(words, (a, b))]
    say(columns([head, *rows]))
    complain(("已记入 " if lang == "zh" else "logged in ") + str(path))


@guarded
def methods(
    method: str | None = typer.Argument(
        None, metavar="METHOD", help="Id or directory: check it and show what it lacks."
    ),
    lang: str | None = LANG,
) -> None:
    """The grading methods; or one of them checked, its worked cases run. 评价方法。"""
    from ecopark.errors import InputError
    from ecopark.grading.cases import check_method
    from ecopark.grading.load import find_method, shipped_methods

    lang = language(lang)
    if method is None:
        head = ("方法", "名称", "状态", "未见") if lang == "zh" else ("method", "title", "status", "not seen")
        known = [find_method(m) for m in shipped_methods()]
        say(columns([head, *((m.id, m.title[lang], m.status, str(len(m.lacks()))) for m in known)]))
        return
    found = find_method(method)
    if problems := check_method(found):
        raise InputError(problems)
    say(f"{found.id}  {found.title[lang]}  ({found.status})")
    for line in (found.warning, *found.lacks()):
        if line:
            say(f"- {line[lang]}")
    for group in found.groups:
        say(f"\n{group.label[lang]} ({group.id})")
        titles = (
            ("指标", "计分", "基准值", "权重", "依据") if lang == "zh" else ("item", "score", "base", "weight", "basis")
        )
        say(columns([titles, *((i.id, i.score, _plain(i.base), _plain(i.weight), i.basis) for i in group.items)]))


def _plain(number: object) -> str:
    from fractions import Fraction

    from ecopark.core.rounding import decimal_text

    return decimal_text(number) if isinstance(number, Fraction) else str(number or "-")


@guarded
def match(
    table: list[str] = typer.Option(..., "--table", help="DEPARTMENT=FILE, such as tax=tax.xlsx; repeat."),
    out: Path | None = typer.Option(
        None, "--out", help="Table to write (.csv): one row a record, with the firm it belongs to."
    ),
    lang: str | None = LANG,
    format: str = typer.Option("text", "--format", help="text or json."),
) -> None:
    """The same firms in several departments' tables, by code, then name and address. 企业匹配。

    ecopark match --table tax=tax.xlsx --table power=power.csv --table land=land.xlsx --out firms_matched.csv
    """
    from ecopark.workflows.match_firms import match_files, write_matching

    lang = language(lang)
    known_format(format)
    found = match_files({k: Path(v) for k, v in pairs(table, "--table").items()})
    if out is not None:
        write_matching(found, out)
        complain(("已写入 " if lang == "zh" else "wrote ") + str(out))
    if format == "json":
        say_json(found.report())
        return
    say(columns([(k, str(v)) for k, v in found.report().items()]))
    for pair in found.doubtful[:50]:
        say(f"? {pair.left.table}:{pair.left.name} ~ {pair.right.table}:{pair.right.name} ({pair.score})")
    for record in found.alone[:50]:
        say(f"! {record.table}:{record.key} {record.name}")
