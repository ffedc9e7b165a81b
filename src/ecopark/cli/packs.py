"""packs list | show | check | compare | verify: standards as data."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import typer

from ecopark.cli.output import CANNOT_USE, columns, guarded, known_format, language, report_problems, say, say_json
from ecopark.cli.parks import FORMAT, LANG, PERIOD, SUBJECT
from ecopark.errors import EcoparkError

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
@guarded
def list_(lang: str | None = LANG, format: str = FORMAT) -> None:
    """The packs that ship with ecopark, and how well their text is known."""
    from ecopark.packs.load import find_pack, shipped_ids
    from ecopark.standards.describe import pack_summary

    lang = language(lang)
    known_format(format)
    summaries = [pack_summary(find_pack(name)) for name in shipped_ids()]
    if format == "json":
        say_json(summaries)
        return
    head = (
        ("编号", "名称", "状态", "条款", "见于来源/推断/凭记忆")
        if lang == "zh"
        else ("id", "title", "status", "clauses", "seen/inferred/recalled")
    )
    rows = [head]
    for s in summaries:
        basis = s["basis"]
        known = f"{basis['seen']}/{basis['inferred']}/{basis['recalled']}"
        rows.append((s["id"], s["title"][lang], s["status_text"][lang], str(s["clauses"]), known))
    say(columns(rows))


@app.command("show")
@guarded
def show(pack: str = typer.Argument(..., metavar="ID"), lang: str | None = LANG, format: str = FORMAT) -> None:
    """One pack: clauses, limits, rules, basis, sources."""
    from ecopark.packs.load import find_pack
    from ecopark.standards.describe import describe_pack, pack_data

    lang = language(lang)
    known_format(format)
    found = find_pack(pack)
    if format == "json":
        say_json(pack_data(found))
    else:
        say(describe_pack(found, lang))


@app.command("check")
@guarded
def check(
    directory: list[str] = typer.Argument(
        None, metavar="[DIR]...", help="Pack directories or ids; default: all that ship."
    ),
    lang: str | None = LANG,
) -> None:
    """Check packs: names, functions, units, limits, rules, and their own worked cases; with file and line."""
    from ecopark.errors import PackError
    from ecopark.packs.load import find_pack, shipped_ids
    from ecopark.standards.cases import check_pack, load_cases

    lang = language(lang)
    bad = 0
    for name in directory or shipped_ids():
        try:
            pack = find_pack(name)
        except PackError as error:
            report_problems(error.problems, lang)
            bad += 1
            continue
        problems = check_pack(pack)
        if problems:
            report_problems(problems, lang)
        if any(problem.severity == "error" for problem in problems):
            bad += 1
        else:
            cases = len(load_cases(pack))
            text = (
                f"{len(pack.clauses)} 条，{cases} 个算例"
                if lang == "zh"
                else f"{len(pack.clauses)} clauses, {cases} cases"
            )
            say(f"ok  {pack.id}  ({text})")
    if bad:
        raise SystemExit(CANNOT_USE)


@app.command("compare")
@guarded
def compare(
    first: str = typer.Argument(..., metavar="ID"),
    second: str = typer.Argument(..., metavar="ID"),
    facts: Path | None = typer.Option(None, "--facts", help="A park: what the new edition changes for it."),
    period: str | None = PERIOD,
    subject: str | None = SUBJECT,
    lang: str | None = LANG,
    format: str = FORMAT,
) -> None:
    """What changes between two packs or editions, and what that means for a park."""
    from ecopark.workflows.compare_editions import compare_editions

    lang = language(lang)
    known_format(format)
    found = compare_editions(first, second, facts, period=period, subject=subject)
    if format == "json":
        say_json(found.to_dict())
    else:
        say(columns(found.rows_as_text(lang)))
        say()
        say(found.sentence(lang))


@app.command("verify")
@guarded
def verify(
    folder: Path = typer.Argument(
        ..., metavar="FOLDER", help="The park folder (or pack directory) that keeps the record."
    ),
    clause: list[str] = typer.Argument(..., help="PACK/CLAUSE, or PACK/* for all clauses."),
    by: str = typer.Option(..., "--by", help="Name of the person who checked."),
    against: str = typer.Option(..., "--against", help="The document it was checked against."),
    on: str = typer.Option("", "--on", help="Day of the check, YYYY-MM-DD (default: today)."),
    lang: str | None = LANG,
) -> None:
    """Record who checked which clause against which document. Only then is a clause called verified."""
    from ecopark.packs.load import find_pack
    from ecopark.packs.verify import record

    lang = language(lang)
    try:
        day = date.fromisoformat(on) if on else date.today()
    except ValueError:
        raise EcoparkError(
            f"--on {on} is not a day such as 2026-11-21", zh=f"--on {on} 不是 2026-11-21 这样的日期"
        ) from None
    if day > date.today():
        raise EcoparkError(
            f"--on {on} lies in the future: a check can only be recorded when it has been made",
            zh=f"--on {on} 在将来：核对之后才能记录",
        )
    if not any((folder / name).is_file() for name in ("park.toml", "pack.yaml")):
        raise EcoparkError(
            f"{folder} is neither a park folder (park.toml) nor a pack directory (pack.yaml)",
            zh=f"{folder} 既不是园区文件夹（park.toml），也不是标准目录（pack.yaml）",
        )
    by_pack: dict[str, list[str]] = {}
    for name in clause:
        if "/" not in name:
            raise EcoparkError(
                f"'{name}' is not PACK/CLAUSE, such as hj274-2015/10", zh=f"“{name}”不是“标准/条款”，例如 hj274-2015/10"
            )
        by_pack.setdefault(name.split("/", 1)[0], []).append(name)
    packs = {pack_id: find_pack(pack_id) for pack_id in by_pack}
    for pack_id, names in by_pack.items():
        for made in record(folder, packs[pack_id], names, by, against, day.isoformat()):
            say(("已记录 " if lang == "zh" else "recorded ") + f"{made.clause}: {made.text()}")
