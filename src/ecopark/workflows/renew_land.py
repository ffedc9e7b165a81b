"""Land renewal from start to end: list badly used plots, order them within a budget, keep track; `write_renewal` writes it.

Grades come from `grade_firms` where they are asked for; `grading.land` itself knows nothing of firms but their class.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from ecopark.core.rounding import decimal_text, exact
from ecopark.core.text import Text
from ecopark.errors import EcoparkError, InputError, Place, Problem, did_you_mean
from ecopark.grading.land import GOALS, LandRules, Listed, Plot, check_kinds, load_rules, low_efficiency, read_plots
from ecopark.grading.renewal import Order, renewal_order, stories, track
from ecopark.grading.result import Grading

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

    Raises
    ------
    InputError
        The table or the rules cannot be used.
    """
    known = load_rules(rules)
    found = read_plots(plots, grades=grades_by_firm(grading))
    check_kinds(found, known)
    return low_efficiency(found, known), known


def not_graded(plots: Path, grading: Grading) -> list[Problem]:
    """A remark on plots whose firm is not among the graded ones, so that no rule on its class can hold."""
    known = {w for g in grading.firms for w in (g.firm.id, g.firm.name, g.firm.credit_code) if w}
    found = []
    for plot in read_plots(plots):
        firm = plot.word("firm")
        if firm and firm not in known and not plot.word("grade"):
            hint = did_you_mean(firm, sorted(known))
            zh, en = (
                f"地块 {plot.id}：评价名单中没有企业“{firm}”。",
                f"plot {plot.id}: the firm '{firm}' is not graded. {hint}",
            )
            found.append(Problem("firm-not-graded", plot.place, zh, en.strip(), severity="warning"))
    return found


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
    InputError
        One cannot be read, or a year stands there twice.
    """
    found: dict[int, Fraction] = {}
    for text in texts:
        year, sign, money = text.partition("=")
        try:
            if not sign or not 1900 <= int(year) <= 2200 or exact(money.strip()) < 0:
                raise ValueError(text)
            if int(year) in found:
                zh, en = f"{year.strip()} 年的资金写了两次。", f"the money of {year.strip()} stands there twice."
                raise InputError([Problem("budget-twice", Place("--budget"), zh, en)])
            found[int(year)] = exact(money.strip())
        except (ValueError, ZeroDivisionError):
            zh = f"应写作 年份=万元，例如 2026=5000，而不是“{text}”。"
            en = f"it is YEAR=MONEY in 10k CNY, such as 2026=5000, not '{text}'."
            raise InputError([Problem("bad-budget", Place("--budget"), zh, en)]) from None
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
            raise EcoparkError(
                f"the weight of {name} is no number: {weight!r}", zh=f"{name} 的权重不是数字：{weight!r}"
            ) from None
    return renewal_order(chosen, budget, weights=goals or None)


def order_data(order: Order) -> dict[str, Any]:
    """An order as plain data; amounts as decimal texts, null where they are not known."""
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
        "not_in_total": dict(order.unknown),
        "gap": order.gap,
        "proven": order.proven,
    }  # fmt: skip


def _text(number: Fraction | None) -> str | None:
    return None if number is None else decimal_text(number)


def standing(folder: Path) -> list[dict[str, Any]]:
    """Where every tracked plot stands, by its last event."""
    return [
        {"plot": plot, **{k: v for k, v in events[-1].items() if k != "plot"}}
        for plot, events in stories(folder).items()
    ]


__all__ = ["GOALS", "NAMES", "Plot", "list_land", "order_land", "standing", "stories", "track"]
