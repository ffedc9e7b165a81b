"""land: badly used plots, a plan for each, an order within a budget, and what became of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ecopark.cli.output import columns, complain, guarded, language, say, say_json
from ecopark.errors import EcoparkError

if TYPE_CHECKING:
    from ecopark.grading.result import Grading

PLOTS = typer.Argument(..., metavar="PLOTS", help="Table of plots (csv, xlsx, parquet): plot, firm, area_mu, ...")
RULES = typer.Option(None, "--rules", help="A file in the place of the shipped rules.")
FIRMS = typer.Option(None, "--firms", help="Figures of the firms: they are graded, and class D is listed.")
METHOD = typer.Option(None, "--method", "-m", help="Grading method for --firms.")
CUTOFFS = typer.Option(None, "--cutoffs", help="Shares of the classes for --firms: A=20,B=45,C=30,D=5")
LANG = typer.Option(None, "--lang", help="zh or en (default: as the environment says).")
FORMAT = typer.Option("text", "--format", help="text or json.")
app = typer.Typer(no_args_is_help=True, add_completion=False)


def register(root: typer.Typer) -> None:
    """Add the commands of this file."""
    root.add_typer(app, name="land", help="Low-efficiency land: list, plan, order, track. 低效用地再开发。")


def _grading(firms: Path | None, method: str | None, cutoffs: str | None) -> Grading | None:
    if firms is None:
        return None
    if method is None:
        raise EcoparkError("--firms needs --method")
    from ecopark.workflows.grade_firms import grade

    return grade(firms, method, cutoffs=cutoffs)


def _format(format: str) -> None:
    if format not in ("text", "json"):
        raise EcoparkError(f"--format is text or json, not '{format}'")


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
    """The plots that are used badly, and by which rule. 低效用地清单。"""
    from ecopark.workflows.renew_land import list_land, listed_data

    lang = language(lang)
    _format(format)
    listed, known = list_land(plots, rules=rules, grading=_grading(firms, method, cutoffs))
    if format == "json":
        say_json(listed_data(listed))
        return
    head = (
        ("地块", "企业", "亩", "改造类型", "原因（依据）")
        if lang == "zh"
        else ("plot", "firm", "mu", "kind", "reasons (basis)")
    )
    rows: list[tuple[str, ...]] = [head]
    for x, data in zip(listed, listed_data(listed)):
        kind = known.kinds[x.kind][lang] if x.kind in known.kinds else x.kind
        reasons = "; ".join(f"{r.label[lang]} ({r.basis})" for r in x.reasons)
        rows.append((x.plot.id, data["firm"], data["area_mu"] or "-", kind, reasons))
    say(columns(rows))


@app.command("plan")
@guarded
def plan(
    plots: Path = PLOTS,
    plot: str = typer.Option(..., "--plot", help="Id of the plot."),
    out: Path = typer.Option(..., "--out", help="File to write: .docx or .html."),
    rules: Path | None = RULES,
    firms: Path | None = FIRMS,
    method: str | None = METHOD,
    cutoffs: str | None = CUTOFFS,
    lang: str | None = LANG,
) -> None:
    """The plan of one plot: why, what, cost, and what it frees. 一企一策。"""
    from ecopark.errors import did_you_mean
    from ecopark.workflows.renew_land import list_land, write_plan

    lang = language(lang)
    listed, known = list_land(plots, rules=rules, grading=_grading(firms, method, cutoffs))
    found = next((x for x in listed if x.plot.id == plot), None)
    if found is None:
        hint = did_you_mean(plot, [x.plot.id for x in listed])
        raise EcoparkError(f"the plot '{plot}' is not on the low-efficiency list. {hint}".strip())
    write_plan(found, known, out, lang=lang, on=date.today())
    complain(("已写入 " if lang == "zh" else "wrote ") + str(out))


@app.command("order")
@guarded
def order(
    plots: Path = PLOTS,
    budget: list[str] = typer.Option(..., "--budget", help="YEAR=MONEY in 10k CNY; repeat for several years."),
    goal: list[str] = typer.Option([], "--goal", help="GOAL=WEIGHT of land, output, energy, emission (default: land)."),
    everything: bool = typer.Option(False, "--all", help="All plots of the table, not only the listed ones."),
    rules: Path | None = RULES,
    firms: Path | None = FIRMS,
    method: str | None = METHOD,
    cutoffs: str | None = CUTOFFS,
    lang: str | None = LANG,
    format: str = FORMAT,
) -> None:
    """Which plots to renew in which year within the money, and what each step frees. 改造时序。"""
    from ecopark.cli.grade import pairs
    from ecopark.workflows.renew_land import NAMES, order_data, order_land, read_budget

    lang = language(lang)
    _format(format)
    made = order_land(
        plots, read_budget(budget), weights=pairs(goal, "--goal"), rules=rules, grading=_grading(firms, method, cutoffs),
        everything=everything,
    )  # fmt: skip
    data = order_data(made)
    if format == "json":
        say_json(data)
        return
    head = ("年度", "地块", "费用（万元）") if lang == "zh" else ("year", "plot", "cost [10k CNY]")
    total = "累计" if lang == "zh" else "total "
    rows: list[list[str]] = [[*head, *(NAMES[g][lang] for g in NAMES), total + NAMES["land"][lang]]]
    for s in data["steps"]:
        rows.append([str(s["year"]), s["plot"], s["cost_10k_cny"], *(s["frees"][g] for g in NAMES), s["total"]["land"]])
    say(columns(rows))
    if lang == "zh":
        say("已证明最优" if made.proven else f"未证明最优，差距不超过 {made.gap:.2%}")
    else:
        say("proven best" if made.proven else f"not proven best: within {made.gap:.2%} of it")
    for left in data["left"]:
        complain(f"{left['plot']}: {left[lang]}")


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
    """Add an event to a plot's story, or show where all plots stand. 跟踪至完成。"""
    from ecopark.cli.grade import pairs
    from ecopark.workflows.renew_land import standing, track

    lang = language(lang)
    _format(format)
    if plot is not None or step is not None:
        if plot is None or step is None:
            raise EcoparkError("an event needs --plot and --step")
        try:
            day = date.fromisoformat(on) if on else date.today()
        except ValueError:
            raise EcoparkError(f"--on is a day such as 2026-11-21, not '{on}'") from None
        track(folder, plot, step, by=by, on=day, note=note, freed=pairs(freed, "--freed"))
    now = standing(folder)
    if format == "json":
        say_json(now)
        return
    head = ("地块", "进度", "日期", "经办") if lang == "zh" else ("plot", "step", "on", "by")
    say(columns([head, *((e["plot"], e["step"], e["on"], e["by"]) for e in now)]))
