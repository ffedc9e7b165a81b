"""new, check, assess, explain, reuse: what a park office and a consultant do with a folder of figures."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import typer

from ecopark.cli.output import (
    columns,
    complain,
    guarded,
    known_format,
    language,
    progress,
    report_problems,
    say,
    say_json,
)
from ecopark.errors import EcoparkError

FACTS = typer.Argument(..., help="A park folder, or one file (csv, xlsx, parquet).")
PACK = typer.Option(..., "--pack", "-p", help="Pack id; repeat for several, or `all`. See: ecopark packs list")
PERIOD = typer.Option(None, "--period", help="Year; default: the latest with figures.")
SUBJECT = typer.Option(None, "--subject", help="Which park, where there are several.")
SINCE = typer.Option(None, "--since", help="First year of the construction period (default: three years back).")
SET = typer.Option(
    [],
    "--set",
    help="PACK.KEY=VALUE: an option or parameter of a pack; factors.confirm=ID, factors.grid=CODE, bounds.narrow=TIMES.",
)
ASIDE = typer.Option(False, "--set-aside", help="Go on without unusable rows; they are written to rejected.csv.")
LANG = typer.Option(None, "--lang", help="zh or en (default: as the environment says).")
FORMAT = typer.Option("text", "--format", help="text or json.")


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("new")(new)
    app.command("check")(check)
    app.command("assess")(assess)
    app.command("briefing")(briefing)
    app.command("explain")(explain)
    app.command("reuse")(reuse)


@guarded
def new(
    directory: Path = typer.Argument(..., metavar="DIR", help="Folder to write; must not exist."),
    name: str = typer.Option("", "--name", help="What the park is called (default: the folder's name)."),
    pack: list[str] = typer.Option([], "--pack", "-p", help="Only the quantities these packs need (default: all)."),
    last_year: int | None = typer.Option(
        None, "--last-year", min=1950, max=2100, help="Last year of the templates (default: last year)."
    ),
    years: int = typer.Option(6, "--years", min=1, max=30, help="How many years the templates have."),
    lang: str | None = LANG,
) -> None:
    """Write a park folder: park.toml, Excel templates, a README. 新建园区文件夹。"""
    from ecopark.workflows.start_park import start_park

    lang = language(lang)
    written = start_park(directory, name=name, packs=pack, last_year=last_year, years=years)
    say(f"{directory}" + (" 已建立：" if lang == "zh" else ": written"))
    for path in written:
        say(f"  {path.relative_to(directory)}")
    todo = ("填好 data 中的表格，然后运行", "Fill in the sheets in data/, then run")[lang != "zh"]
    say(f"{todo}: ecopark check {directory}")


@guarded
def check(facts: Path = FACTS, lang: str | None = LANG, format: str = FORMAT) -> None:
    """List every problem of the figures with file, sheet, cell and repair. 检查填报数据。"""
    from ecopark.errors import InputError
    from ecopark.workflows.assess_park import read_facts

    lang = language(lang)
    known_format(format)
    try:
        found = read_facts(facts)
    except InputError as error:
        if format == "json":
            say_json([_problem_data(p) for p in error.problems])
        raise
    if format == "json":
        say_json([_problem_data(p) for p in found.warnings])
        return
    report_problems(found.warnings, lang)
    if not len(found):
        say("尚未填报任何数值" if lang == "zh" else "nothing is filled in yet")
        return
    parks = ", ".join(s.name or s.id for s in found.parks[:5])
    if lang == "zh":
        say(f"可以使用：{len(found)} 个填报值，{len(found.subjects)} 个对象（{parks}），{len(found.warnings)} 条提醒")
    else:
        say(
            f"usable: {len(found)} figures, {len(found.subjects)} subject(s) ({parks}), {len(found.warnings)} warning(s)"
        )


def _problem_data(problem: object) -> dict[str, str]:
    from ecopark.errors import Problem

    assert isinstance(problem, Problem)
    return {
        "code": problem.code,
        "severity": problem.severity,
        "place": str(problem.place),
        "zh": problem.zh,
        "en": problem.en,
        "repair_zh": problem.repair_zh,
        "repair_en": problem.repair_en,
    }


@guarded
def assess(
    facts: Path = FACTS,
    pack: list[str] = PACK,
    period: str | None = PERIOD,
    subject: str | None = SUBJECT,
    since: int | None = SINCE,
    set_: list[str] = SET,
    set_aside: bool = ASIDE,
    engine: str | None = typer.Option(
        None, "--engine", help="polars, duckdb or spark: many parks at once, as a table."
    ),
    years: int = typer.Option(3, "--years", min=1, max=10, help="Years side by side in the dossier."),
    lang: str | None = LANG,
    format: str = FORMAT,
    out: Path | None = typer.Option(None, "--out", help="A directory: every format. A file: the one its suffix names."),
) -> None:
    """Hold a park against standards: verdict, score, every clause, what is missing. 评价。"""
    from ecopark.workflows.assess_park import assess_all, parse_set, read_facts

    lang = language(lang)
    known_format(format)
    options = parse_set(set_)
    if engine is not None:
        _assess_many(facts, pack, engine, period, subject, since, options, set_aside, out, lang, format)
        return
    read = read_facts(facts, set_aside=set_aside)
    periods = [period] if period else None
    results = assess_all(read, pack, periods=periods, subject=subject, since=since, options=options)
    if out is not None:
        from ecopark.workflows.write_dossier import write_dossiers

        with progress("dossier" if lang == "en" else "报告") as step:
            written = write_dossiers(
                read, pack, out, periods=periods, subject=subject, since=since, options=options, years=years, lang=lang,
                on=date.today(), step=step,
            )  # fmt: skip
    elif read.rejected:
        from ecopark.workflows.write_dossier import write_rejected

        written = [write_rejected(read, Path("rejected.csv"))]
    else:
        written = []
    if format == "json":
        say_json([a.to_dict() for a in results])
    else:
        from ecopark.reports.text import summary

        for number, result in enumerate(results):
            say(("\n" if number else "") + summary(result, lang))
        errors = Counter(p.code for p in read.warnings)
        if errors:
            total = sum(errors.values())
            say(
                f"\n{total} 条数据提醒，见 ecopark check"
                if lang == "zh"
                else f"\n{total} warning(s) on the figures: see ecopark check"
            )
    if read.rejected:
        n = len(read.rejected)
        text = f"{n} 行未采用，见 rejected.csv" if lang == "zh" else f"{n} row(s) set aside: see rejected.csv"
        complain(text)
        if format == "text":
            say(f"\n{text}")
    for path in written:
        complain(("已写入 " if lang == "zh" else "wrote ") + str(path))


def _assess_many(
    facts: Path, pack: list[str], engine: str, period: str | None, subject: str | None, since: int | None,
    options: dict[str, dict[str, str]], set_aside: bool, out: Path | None, lang: str, format: str,
) -> None:  # fmt: skip
    """The columnar way: tables instead of documents."""
    from ecopark.observations.model import Facts
    from ecopark.workflows.assess_many import assess_many, batch_data, pack_basis, verdict_counts, write_batch
    from ecopark.workflows.assess_park import read_facts
    from ecopark.workflows.write_dossier import write_rejected

    source: Path | Facts

    with progress("assess" if lang == "en" else "评价") as step:
        step(engine)
        source = facts
        if set_aside:
            source = read_facts(facts, set_aside=True)
        batch = assess_many(
            source, pack, engine=engine, periods=[period] if period else None, subject=subject, since=since, options=options,
            set_aside=set_aside, step=step,
        )  # fmt: skip
        if out is not None:
            step(str(out))
        written = write_batch(batch, out) if out is not None else []
    if isinstance(source, Facts) and source.rejected:
        folder = Path() if out is None else out if out.is_dir() else out.parent
        written.append(write_rejected(source, folder / "rejected.csv"))
        n = len(source.rejected)
        complain(f"{n} 行未采用，见 rejected.csv" if lang == "zh" else f"{n} row(s) set aside: see rejected.csv")
    if format == "json":
        say_json(batch_data(batch))
    else:
        from ecopark.standards.result import VERDICT_TEXT

        head = (
            ("评价标准", "判定", "园区×年度", "依据")
            if lang == "zh"
            else ("standard", "verdict", "parks x years", "basis")
        )
        rows, basis = [head], pack_basis(batch, lang)
        for name, counts in verdict_counts(batch).items():
            rows += [(name, VERDICT_TEXT[verdict][lang], str(n), basis[name]) for verdict, n in counts.items()]
        say(columns(rows))
    for path in written:
        complain(("已写入 " if lang == "zh" else "wrote ") + str(path))


@guarded
def briefing(
    facts: Path = FACTS,
    pack: list[str] = PACK,
    period: str | None = PERIOD,
    subject: str | None = SUBJECT,
    since: int | None = SINCE,
    set_: list[str] = SET,
    set_aside: bool = ASIDE,
    by: str = typer.Option("", "--by", help="Who makes it (default: the login name)."),
    lang: str | None = LANG,
    out: Path = typer.Option(Path("briefing.pdf"), "--out", help="A .pdf or .pptx file, or a directory for both."),
) -> None:
    """The leader's one page: verdicts, key indicators, what is missing, what changed. 领导简报。"""
    from ecopark.cli.clock import who
    from ecopark.workflows.assess_park import parse_set, read_facts
    from ecopark.workflows.write_briefing import write_briefings

    lang = language(lang)
    written = write_briefings(
        read_facts(facts, set_aside=set_aside), pack, out, period=period, subject=subject, since=since,
        options=parse_set(set_), lang=lang, on=date.today(), by=who(by),
    )  # fmt: skip
    for path in written:
        say(("已写入 " if lang == "zh" else "wrote ") + str(path))


@guarded
def explain(
    facts: Path = FACTS,
    clause: str = typer.Argument(..., help="PACK/CLAUSE, e.g. hj274-2015/10"),
    period: str | None = PERIOD,
    subject: str | None = SUBJECT,
    since: int | None = SINCE,
    set_: list[str] = SET,
    set_aside: bool = ASIDE,
    lang: str | None = LANG,
    format: str = FORMAT,
) -> None:
    """The whole story of one number, down to the cell it was typed in. 数据溯源。"""
    from ecopark.errors import did_you_mean
    from ecopark.packs.load import find_pack
    from ecopark.standards.explain import explain_clause
    from ecopark.workflows.assess_park import assess_all, parse_set, read_facts

    lang = language(lang)
    known_format(format)
    if "/" not in clause:
        raise EcoparkError(
            f"'{clause}' is not PACK/CLAUSE, such as hj274-2015/10", zh=f"“{clause}”不是“标准/条款”，例如 hj274-2015/10"
        )
    pack = find_pack(clause.split("/", 1)[0])
    try:
        wanted = pack.clause(clause)
    except KeyError:
        tail, tails = clause.split("/", 1)[1], [c.tail for c in pack.clauses]
        hint = did_you_mean(tail, tails)
        raise EcoparkError(
            f"{pack.id} has no clause '{tail}'. {hint} There are: {', '.join(tails)}",
            zh=f"{pack.id} 没有条款“{tail}”。{did_you_mean(tail, tails, lang='zh')}现有：{', '.join(tails)}",
        ) from None
    read = read_facts(facts, set_aside=set_aside)
    periods = [period] if period else None
    for result in assess_all(read, [pack], periods=periods, subject=subject, since=since, options=parse_set(set_)):
        found = result.clause(wanted.id)
        if format == "json":
            trace = found.trace.to_dict()
            limit = found.limit.trace.to_dict() if found.limit.trace else None
            say_json(
                {
                    **found.to_dict(),
                    "subject": result.subject,
                    "period": result.period,
                    "trace": trace,
                    "limit_trace": limit,
                }
            )
        else:
            say(explain_clause(result, found, lang))
    if read.rejected:
        n = len(read.rejected)
        complain(f"{n} 行未采用，见 ecopark check" if lang == "zh" else f"{n} row(s) set aside: see ecopark check")


@guarded
def reuse(
    facts: Path = FACTS,
    pack: list[str] = PACK,
    period: str | None = PERIOD,
    subject: str | None = SUBJECT,
    lang: str | None = LANG,
    format: str = FORMAT,
) -> None:
    """Typed once, reported everywhere: which quantities the packs need, who uses them, what is there. 一数多用。"""
    from ecopark.workflows.assess_park import every_pack, read_facts
    from ecopark.workflows.reuse_facts import reuse_table

    lang = language(lang)
    known_format(format)
    table = reuse_table(read_facts(facts), every_pack(pack), period=period, subject=subject)
    if format == "json":
        say_json(table.to_dict())
        return
    say(columns(table.rows_as_text(lang)))
    say()
    say(table.sentence(lang))
