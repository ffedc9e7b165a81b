"""land: badly used plots, a plan for each firm, one programme within a budget, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ecopark.cli.output import columns, complain, guarded, known_format, language, report_problems, say, say_json
from ecopark.errors import EcoparkError

if TYPE_CHECKING:
    from ecopark.grading.land import Listed
    from ecopark.grading.result import Grading

PLOTS = typer.Argument(..., metavar="PLOTS", help="Table of plots (csv, xlsx, parquet): plot, firm, area_mu, ...")
RULES = typer.Option(None, "--rules", help="A file in the place of the shipped rules.")
FIRMS = typer.Option(None, "--firms", help="Figures of the firms: they are graded, and class D is listed.")
METHOD = typer.Option(None, "--method", "-m", help="Grading method for --firms.")
CUTOFFS = typer.Option(None, "--cutoffs", help="Shares of the classes for --firms: A=20,B=45,C=30,D=5")
BUDGET = typer.Option(..., "--budget", help="YEAR=MONEY in 10k CNY; repeat for several years.")
PLAN_BUDGET = typer.Option([], "--budget", help="YEAR=MONEY in 10k CNY; names the year of the plan.")
GOAL = typer.Option([], "--goal", help="GOAL=WEIGHT of land, output, energy, emission (default: land).")
TRACKED = typer.Option(None, "--log", help="Folder with renewal.jsonl: its progress is shown.")
LANG = typer.Option(None, "--lang", help="zh or en (default: as the environment says).")
FORMAT = typer.Option("text", "--format", help="text or json.")
app = typer.Typer(no_args_is_help=True, add_completion=False)


def register(root: typer.Typer) -> None:
    """Add the commands of this file."""
    root.add_typer(app, name="land", help="Low-efficiency land: list, plan, programme, order, track. 低效用地再开发。")


def _grading(firms: Path | None, method: str | None, cutoffs: str | None, plots: Path, lang: str) -> Grading | None:
    """The firms graded, with a remark on plots whose firm is not among them."""
    if firms is None:
        return None
    if method is None:
        raise EcoparkError("--firms needs --method", zh="--firms 须与 --method 同用")
    from ecopark.workflows.grade_firms import grade
    from ecopark.workflows.renew_land import not_graded

    grading = grade(firms, method, cutoffs=cutoffs)
    report_problems([*grading.warnings, *not_graded(plots, grading)], lang)
    return grading


def _format(format: str) -> None:
    known_format(format)


@app.command("list")
@guarded
def list_(
    plots: Path = PLOTS,
    rules: Path | None = RULES,
    firms: Path | None = FIRMS,
    method: str | None = METHOD,
    cutoffs: str | None = CUTOFFS,
    lang: str | None = LANG,
    format: str = FORMAT,
) -> None:
    """The plots that are used badly, and by which rule. 低效用地清单。

    ecopark land list plots.csv --firms firms.csv -m huangyan-2022 --cutoffs A=20,B=45,C=30,D=5
    """
    from ecopark.workflows.renew_land import list_land, listed_data
    from ecopark.workflows.write_grades import BASIS_TEXT

    lang = language(lang)
    zh = lang == "zh"
    _format(format)
    listed, known = list_land(plots, rules=rules, grading=_grading(firms, method, cutoffs, plots, lang))
    if format == "json":
        say_json(listed_data(listed))
        return
    head = (
        ("地块", "企业", "亩", "改造类型", "原因（依据）", "未能判断")
        if zh
        else ("plot", "firm", "mu", "kind", "reasons (basis)", "undecided")
    )
    rows: list[tuple[str, ...]] = [head]
    joint = "；" if zh else "; "
    for x, data in zip(listed, listed_data(listed)):
        kind = known.kinds[x.kind][lang] if x.kind in known.kinds else x.kind
        reasons = joint.join(f"{r.label[lang]} ({BASIS_TEXT[r.basis][lang]})" for r in x.reasons)
        undecided = joint.join(r.label[lang] for r, _ in x.open)
        rows.append((x.plot.id, data["firm"], data["area_mu"] or "-", kind, reasons, undecided))
    say(columns(rows))


@app.command("plan")
@guarded
def plan(
    plots: Path = PLOTS,
    plot: str | None = typer.Option(None, "--plot", help="Id of the plot."),
    firm: str | None = typer.Option(None, "--firm", help="Instead: all listed plots of this firm in one plan."),
    out: Path = typer.Option(..., "--out", help="File to write: .docx or .html."),
    budget: list[str] = PLAN_BUDGET,
    goal: list[str] = GOAL,
    log: Path | None = TRACKED,
    rules: Path | None = RULES,
    firms: Path | None = FIRMS,
    method: str | None = METHOD,
    cutoffs: str | None = CUTOFFS,
    lang: str | None = LANG,
) -> None:
    """The plan of one firm or plot: why, what, cost, what it frees, by when. 一企一策。

    ecopark land plan plots.csv --firm F3 --budget 2026=5000 --out F3.docx
    """
    from ecopark.cli.grade import pairs
    from ecopark.grading.renewal import stories
    from ecopark.workflows.renew_land import list_land, order_land, read_budget
    from ecopark.workflows.write_renewal import plan_document, write_document

    lang = language(lang)
    if (plot is None) == (firm is None):
        raise EcoparkError("give either --plot or --firm", zh="请给出 --plot 或 --firm 之一")
    grading = _grading(firms, method, cutoffs, plots, lang)
    listed, known = list_land(plots, rules=rules, grading=grading)
    found = [x for x in listed if plot in (x.plot.id,) or (firm and x.plot.word("firm") == firm)]
    if not found:
        raise _not_listed(plot or firm or "", listed, by_plot=plot is not None)
    money, goals = read_budget(budget), pairs(goal, "--goal")
    order = order_land(plots, money, weights=goals, rules=rules, grading=grading) if money else None
    events = stories(log) if log else None
    write_document(plan_document(found, known, lang=lang, on=date.today(), order=order, events=events), out)
    complain(("已写入 " if lang == "zh" else "wrote ") + str(out))


def _not_listed(name: str, listed: Sequence[Listed], *, by_plot: bool) -> EcoparkError:
    from ecopark.errors import did_you_mean

    known = [x.plot.id if by_plot else x.plot.word("firm") for x in listed]
    hint, hint_zh = (did_you_mean(name, known, lang=lang) for lang in ("en", "zh"))
    return EcoparkError(
        f"the {'plot' if by_plot else 'firm'} '{name}' is not on the low-efficiency list. {hint}".strip(),
        zh=f"{'地块' if by_plot else '企业'}“{name}”不在低效用地清单中。{hint_zh}",
    )


@app.command("order")
@guarded
def order(
    plots: Path = PLOTS,
    budget: list[str] = BUDGET,
    goal: list[str] = GOAL,
    everything: bool = typer.Option(False, "--all", help="All plots of the table, not only the listed ones."),
    rules: Path | None = RULES,
    firms: Path | None = FIRMS,
    method: str | None = METHOD,
    cutoffs: str | None = CUTOFFS,
    lang: str | None = LANG,
    format: str = FORMAT,
) -> None:
    """Which plots to renew in which year within the money, and what each step frees. 改造时序。

    ecopark land order plots.csv --budget 2026=5000 --budget 2027=5000 --goal land=0.6 --goal energy=0.4
    """
    from ecopark.cli.grade import pairs
    from ecopark.workflows.renew_land import NAMES, order_data, order_land, read_budget

    lang = language(lang)
    _format(format)
    made = order_land(
        plots, read_budget(budget), weights=pairs(goal, "--goal"), rules=rules,
        grading=_grading(firms, method, cutoffs, plots, lang), everything=everything,
    )  # fmt: skip
    data = order_data(made)
    if format == "json":
        say_json(data)
        return
    head = ("年度", "地块", "费用（万元）") if lang == "zh" else ("year", "plot", "cost [10k CNY]")
    total = "累计" if lang == "zh" else "total "
    rows: list[list[str]] = [[*head, *(NAMES[g][lang] for g in NAMES), total + NAMES["land"][lang]]]
    for s in data["steps"]:
        frees = (s["frees"][g] or "-" for g in NAMES)
        rows.append([str(s["year"]), s["plot"], s["cost_10k_cny"], *frees, s["total"]["land"]])
    say(columns(rows))
    if lang == "zh":
        say("已证明最优" if made.proven else f"未证明最优，差距不超过 {made.gap:.2%}")
    else:
        say("proven best" if made.proven else f"not proven best: within {made.gap:.2%} of it")
    for left in data["left"]:
        complain(f"{left['plot']}: {left[lang]}")


@app.command("programme")
@guarded
def programme(
    plots: Path = PLOTS,
    budget: list[str] = BUDGET,
    goal: list[str] = GOAL,
    out: Path = typer.Option(..., "--out", help="File to write: .docx or .html."),
    log: Path | None = TRACKED,
    rules: Path | None = RULES,
    firms: Path | None = FIRMS,
    method: str | None = METHOD,
    cutoffs: str | None = CUTOFFS,
    lang: str | None = LANG,
) -> None:
    """One programme for all kinds of renewal: by kind, by year, the order, what is left, progress. 再开发总体方案。

    ecopark land programme plots.csv --budget 2026=5000 --budget 2027=5000 --log renewal --out programme.docx
    """
    from ecopark.cli.grade import pairs
    from ecopark.grading.renewal import stories
    from ecopark.workflows.renew_land import list_land, order_land, read_budget
    from ecopark.workflows.write_renewal import programme_document, write_document

    lang = language(lang)
    money = read_budget(budget)
    grading = _grading(firms, method, cutoffs, plots, lang)
    listed, known = list_land(plots, rules=rules, grading=grading)
    made = order_land(plots, money, weights=pairs(goal, "--goal"), rules=rules, grading=grading)
    events = stories(log) if log else None
    write_document(programme_document(listed, known, made, money, lang=lang, on=date.today(), events=events), out)
    complain(("已写入 " if lang == "zh" else "wrote ") + str(out))


@app.command("track")
@guarded
def track_(
    folder: Path = typer.Argument(..., metavar="FOLDER", help="Folder of the log (renewal.jsonl)."),
    plot: str | None = typer.Option(None, "--plot", help="Plot of the new event; without it, where every plot stands."),
    step: str | None = typer.Option(
        None, "--step", help="listed, planned, agreed, cleared, rebuilt, completed, dropped."
    ),
    by: str = typer.Option("", "--by", help="Who says so."),
    on: str | None = typer.Option(None, "--on", help="Day of the event (default: today)."),
    note: str = typer.Option("", "--note", help="A remark."),
    freed: list[str] = typer.Option([], "--freed", help="GOAL=AMOUNT really freed, at completion."),
    lang: str | None = LANG,
    format: str = FORMAT,
) -> None:
    """Add an event to a plot's story, or show where all plots stand. 跟踪至完成。

    ecopark land track renewal --plot P1 --step completed --by Li --freed land=30
    """
    from ecopark.cli.grade import pairs
    from ecopark.workflows.renew_land import standing, track
    from ecopark.workflows.write_renewal import STEP_TEXT

    lang = language(lang)
    _format(format)
    if plot is not None or step is not None:
        if plot is None or step is None:
            raise EcoparkError("an event needs --plot and --step", zh="须同时给出 --plot 和 --step")
        try:
            day = date.fromisoformat(on) if on else date.today()
        except ValueError:
            raise EcoparkError(
                f"--on is a day such as 2026-11-21, not '{on}'", zh=f"--on 应为 2026-11-21 这样的日期，而不是“{on}”"
            ) from None
        track(folder, plot, step, by=by, on=day, note=note, freed=pairs(freed, "--freed"))
    now = standing(folder)
    if format == "json":
        say_json(now)
        return
    head = ("地块", "进度", "日期", "经办") if lang == "zh" else ("plot", "step", "on", "by")
    say(columns([head, *((e["plot"], STEP_TEXT[e["step"]][lang], e["on"], e["by"]) for e in now)]))
