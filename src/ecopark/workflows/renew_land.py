"""Land renewal from start to end: list badly used plots, write a plan for each, order them within a budget, keep track.

Grades come from `grade_firms` where they are asked for; `grading.land` itself knows nothing of firms but their class.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from ecopark.core.rounding import decimal_text, exact
from ecopark.core.text import Text
from ecopark.errors import EcoparkError
from ecopark.grading.land import (
    GOALS,
    LandRules,
    Listed,
    Order,
    Plot,
    load_rules,
    low_efficiency,
    read_plots,
    renewal_order,
    stories,
    track,
)
from ecopark.grading.result import Grading
from ecopark.reports.blocks import Block, Cell, Cover, Document, Heading, Pairs, Paragraph, Table
from ecopark.reports.html import render_html
from ecopark.reports.word import write_word

UNITS = {"land": "mu", "output": "10k CNY", "energy": "tce", "emission": "t"}
NAMES = {
    "land": Text("土地（亩）", "land [mu]"),
    "output": Text("新增产值（万元）", "output [10k CNY]"),
    "energy": Text("能耗（吨标准煤）", "energy [tce]"),
    "emission": Text("排放（吨）", "emission [t]"),
}


def list_land(
    plots: Path, *, rules: Path | None = None, grading: Grading | None = None
) -> tuple[list[Listed], LandRules]:
    """The low-efficiency list of a table of plots, and the rules it was made by.

    Parameters
    ----------
    rules
        A file in the place of the shipped rules.
    grading
        Grades of the firms on the plots, by id, name or credit code.
    """
    known = load_rules(rules)
    return low_efficiency(read_plots(plots, grades=grades_by_firm(grading)), known), known


def grades_by_firm(grading: Grading | None) -> dict[str, str]:
    """Class by every name a firm has."""
    if grading is None:
        return {}
    return {
        word: g.grade for g in grading.firms if g.grade for word in (g.firm.id, g.firm.name, g.firm.credit_code) if word
    }


def listed_data(listed: Sequence[Listed]) -> list[dict[str, Any]]:
    """The list as plain data."""
    return [
        {
            "plot": x.plot.id,
            "firm": x.plot.word("firm"),
            "area_mu": _text(x.plot.number("area_mu")),
            "kind": x.kind,
            "reasons": [{"id": r.id, "zh": r.label.zh, "en": r.label.en, "basis": r.basis} for r in x.reasons],
            "undecided": [{"id": r.id, "zh": why.zh, "en": why.en} for r, why in x.open],
        }
        for x in listed
    ]


def read_budget(texts: Sequence[str]) -> dict[int, Fraction]:
    """``2026=5000`` texts as money by year. [10k CNY]

    Raises
    ------
    EcoparkError
        One cannot be read.
    """
    found = {}
    for text in texts:
        year, sign, money = text.partition("=")
        try:
            if not sign or not 1900 <= int(year) <= 2200:
                raise ValueError(text)
            found[int(year)] = exact(money.strip())
        except (ValueError, ZeroDivisionError):
            raise EcoparkError(f"--budget is YEAR=MONEY in 10k CNY, such as 2026=5000, not '{text}'") from None
    return found


def order_land(
    plots: Path,
    budget: Mapping[int, Fraction],
    *,
    weights: Mapping[str, Any] | None = None,
    rules: Path | None = None,
    grading: Grading | None = None,
    everything: bool = False,
) -> Order:
    """The renewal order of the listed plots (or of `everything` in the table) within a budget."""
    listed, _ = list_land(plots, rules=rules, grading=grading)
    chosen = read_plots(plots) if everything else [x.plot for x in listed]
    goals = {}
    for name, weight in (weights or {}).items():
        try:
            goals[name] = exact(str(weight))
        except (ValueError, ZeroDivisionError):
            raise EcoparkError(f"the weight of {name} is no number: {weight!r}") from None
    return renewal_order(chosen, budget, weights=goals or None)


def order_data(order: Order) -> dict[str, Any]:
    """An order as plain data; amounts as decimal texts."""
    return {
        "steps": [
            {
                "plot": s.plot.id, "firm": s.plot.word("firm"), "year": s.year, "cost_10k_cny": _text(s.cost),
                "frees": {k: _text(v) for k, v in s.frees.items()}, "total": {k: _text(v) for k, v in s.total.items()},
            }
            for s in order.steps
        ],
        "left": [{"plot": p.id, "zh": why.zh, "en": why.en} for p, why in order.left],
        "spent": {str(y): _text(v) for y, v in order.spent.items()},
        "gap": order.gap,
        "proven": order.proven,
    }  # fmt: skip


def _text(number: Fraction | None) -> str | None:
    return None if number is None else decimal_text(number)


def plan_document(listed: Listed, rules: LandRules, *, lang: str, on: date, order: Order | None = None) -> Document:
    """One firm, one plan (一企一策): why the plot is listed, what is to be done, what it costs and frees."""
    plot, zh = listed.plot, lang == "zh"
    kind = rules.kinds.get(listed.kind, Text(listed.kind, listed.kind))
    title = Text("低效用地改造方案（一企一策）", "Renewal plan of a plot")[lang]
    cover = Cover(title, kind[lang], plot.word("firm") or plot.id, on.isoformat(), (plot.id,))
    step = next((s for s in order.steps if s.plot.id == plot.id), None) if order else None
    facts = [(k, _text(v) if isinstance(v, Fraction) else str(v)) for k, v in plot.values.items()]
    rows = tuple((Cell(r.label[lang]), Cell(r.when), Cell(r.basis)) for r in listed.reasons)
    frees = tuple((Cell(NAMES[g][lang]), Cell(_text(v) or "-", number=True)) for g, v in plot.frees().items())
    blocks: list[Block] = [
        Heading(1, "为何列入" if zh else "Why it is listed"),
        Table(("原因", "规则", "依据") if zh else ("Reason", "Rule", "Basis"), rows),
        *(Paragraph(f"{r.label[lang]}: {why[lang]}", "note") for r, why in listed.open),
        Heading(1, "地块现状" if zh else "The plot"),
        Pairs(tuple((k, v or "-") for k, v in facts)),
        Heading(1, "改造方式" if zh else "What is to be done"),
        Paragraph(kind[lang], "lead"),
        Heading(1, "腾出与新增" if zh else "What it frees"),
        Table(("项目", "数量") if zh else ("Item", "Amount"), frees),
    ]
    if step is not None:
        blocks.append(Paragraph(f"安排年度：{step.year}" if zh else f"Planned for {step.year}", "lead"))
    blocks.append(Paragraph("责任单位（签字）：" if zh else "Responsible (signature):", "sign"))
    return Document(lang, cover, tuple(blocks))


def write_plan(
    listed: Listed, rules: LandRules, path: Path, *, lang: str, on: date, order: Order | None = None
) -> Path:
    """Write a plan as .docx or .html.

    Raises
    ------
    EcoparkError
        The suffix names neither.
    """
    document = plan_document(listed, rules, lang=lang, on=on, order=order)
    if path.suffix.lower() == ".docx":
        write_word(document, path)
    elif path.suffix.lower() == ".html":
        path.write_text(render_html(document), encoding="utf-8")
    else:
        raise EcoparkError(f"a plan is .docx or .html, not '{path.suffix}'")
    return path


def standing(folder: Path) -> list[dict[str, Any]]:
    """Where every tracked plot stands, by its last event."""
    return [
        {"plot": plot, **{k: v for k, v in events[-1].items() if k != "plot"}}
        for plot, events in stories(folder).items()
    ]


__all__ = ["GOALS", "Plot", "list_land", "order_land", "plan_document", "standing", "track", "write_plan"]
