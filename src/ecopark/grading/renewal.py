"""Which plots to renew in which year within the money, and what became of it.

The order is a mixed-integer programme solved by HiGHS: each plot at most once, each year within the money that is left, so
that most is freed; the gap to the proven best is stated, and the money is checked exactly afterwards. What happens is told
by events in a file of JSON lines that is only ever added to.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from ecopark.core.rounding import exact
from ecopark.core.solver import quiet_solver
from ecopark.core.text import Text
from ecopark.errors import EcoparkError, InputError, Place, Problem, did_you_mean
from ecopark.grading.land import GOALS, Plot

LOG = "renewal.jsonl"
STEPS = ("listed", "planned", "agreed", "cleared", "rebuilt", "completed", "dropped")
GOAL_TEXT = {
    "land": Text("面积", "area"),
    "output": Text("改造前后产值", "output before and after"),
    "energy": Text("改造前后能耗", "energy before and after"),
    "emission": Text("改造前后排放", "emission before and after"),
}


@dataclass(frozen=True)
class Step:
    """One plot renewed in one year, what it costs and frees (None: not known), and the sums of what is known up to it."""

    plot: Plot
    year: int
    cost: Fraction
    frees: Mapping[str, Fraction | None]
    total: Mapping[str, Fraction]


@dataclass(frozen=True)
class Order:
    """A renewal order.

    Parameters
    ----------
    gap
        Largest possible distance to the best order, as a part of it; 0: proven best.
    left
        Plots that no year's money reaches, or whose cost or gain is not known.
    spent
        By year.
    unknown
        How many of the steps' plots have no figure of a goal, and so are not in its sums.
    """

    steps: tuple[Step, ...]
    left: tuple[tuple[Plot, Text], ...]
    spent: Mapping[int, Fraction]
    gap: float
    proven: bool
    value: float
    unknown: Mapping[str, int] = field(default_factory=dict)


def renewal_order(
    plots: Sequence[Plot], budget: Mapping[int, Fraction], *, weights: Mapping[str, Fraction] | None = None,
    discount: Fraction = Fraction(5, 100), seconds: float = 20.0,
) -> Order:  # fmt: skip
    """Which plots to renew in which year, so that most is freed within each year's money.

    Parameters
    ----------
    budget
        Money by year; what a year does not spend goes on to the next. [10k CNY]
    weights
        What counts, of ``land`` [mu], ``output`` [10k CNY], ``energy`` [tce], ``emission`` [t]; each is taken as a part of
        what all plots together would free. Default: land alone.
    discount
        What is freed a year later counts this much less.

    Raises
    ------
    EcoparkError
        No years, a negative budget, an unknown goal.
    """
    if not budget or any(v < 0 for v in budget.values()):
        raise EcoparkError(
            "a renewal order needs the money of at least one year, and none below zero",
            zh="更新次序至少须有一年的资金，且不得为负",
        )
    goals = dict(weights or {"land": Fraction(1)})
    for name in goals:
        if name not in GOALS:
            raise EcoparkError(
                f"unknown goal '{name}'. {did_you_mean(name, list(GOALS))} There are: {', '.join(GOALS)}",
                zh=f"没有目标“{name}”。{did_you_mean(name, list(GOALS), lang='zh')}现有：{', '.join(GOALS)}",
            )
    left, known = [], []
    for p in plots:
        if (why := _lacks(p, goals)) is not None:
            left.append((p, why))
        else:
            known.append(p)
    whole = {g: sum((abs(p.frees()[g] or Fraction(0)) for p in known), Fraction(0)) for g in goals}
    worth = [
        sum((w * (p.frees()[g] or Fraction(0)) / whole[g] for g, w in goals.items() if whole[g]), Fraction(0))
        for p in known
    ]
    if any(w < 0 for w in goals.values()) or not any(goals.values()):
        raise EcoparkError(
            "the weights of the goals are not below zero, and at least one is above",
            zh="目标权重不得为负，且至少一个大于零",
        )
    years = sorted(budget)
    chosen, gap, proven, value = _solve(known, worth, years, budget, discount, seconds)
    steps, total = [], dict.fromkeys(GOALS, Fraction(0))
    spent, unknown = dict.fromkeys(years, Fraction(0)), dict.fromkeys(GOALS, 0)
    for year in years:
        here = [i for i, y in chosen.items() if y == year]
        for i in sorted(here, key=lambda i: (-worth[i], known[i].id)):
            frees, cost = known[i].frees(), known[i].number("cost_10k_cny") or Fraction(0)
            total = {g: total[g] + (frees[g] or Fraction(0)) for g in GOALS}
            unknown = {g: unknown[g] + (frees[g] is None) for g in GOALS}
            spent[year] += cost
            steps.append(Step(known[i], year, cost, frees, total))
    left += [(p, _why_left(worth[i])) for i, p in enumerate(known) if i not in chosen]
    return Order(tuple(steps), tuple(left), spent, gap, proven, value, unknown)


def _lacks(plot: Plot, goals: Mapping[str, Fraction]) -> Text | None:
    """Why a plot cannot be ordered: its cost, or what it frees of a goal, is not known."""
    if plot.number("cost_10k_cny") is None:
        return Text("改造费用未填", "its cost is not given")
    frees = plot.frees()
    names = [g for g, w in goals.items() if w and frees[g] is None]
    if not names:
        return None
    zh, en = "、".join(GOAL_TEXT[g].zh for g in names), ", ".join(GOAL_TEXT[g].en for g in names)
    return Text(f"腾出量无法计算，缺：{zh}", f"what it frees is not known; missing: {en}")


def _why_left(worth: Fraction) -> Text:
    if worth <= 0:
        return Text("改造没有净收益", "its renewal frees nothing that counts")
    return Text("资金不足", "not within the money")


def _solve(
    plots: Sequence[Plot], worth: Sequence[Fraction], years: Sequence[int], budget: Mapping[int, Fraction],
    discount: Fraction, seconds: float,
) -> tuple[dict[int, int], float, bool, float]:  # fmt: skip
    """Year by index of a plot; the gap; whether it is proven; the value.

    The solver works to a tolerance. The money is checked exactly; where an order passes it, it is solved again with less.
    """
    slack = 0.0
    for _ in range(6):
        found = _solve_once(plots, worth, years, budget, discount, seconds, slack)
        over = _overspent(found[0], plots, years, budget)
        if over <= 0:
            return found[0], found[1], found[2] and slack < 1e-3, found[3]
        slack = max(2 * slack, 2 * float(over))
    raise EcoparkError(
        "no order keeps within the money: are there figures of very different size?",
        zh="资金不够安排任何次序：数值是否相差悬殊？",
    )


def _solve_once(
    plots: Sequence[Plot], worth: Sequence[Fraction], years: Sequence[int], budget: Mapping[int, Fraction],
    discount: Fraction, seconds: float, slack: float,
) -> tuple[dict[int, int], float, bool, float]:  # fmt: skip
    """x[i, t] = plot i is renewed in year t; what was not spent before can be spent now."""
    import highspy

    model = quiet_solver(time_limit=seconds, mip_rel_gap=1e-9, random_seed=7)
    variables: dict[tuple[int, int], int] = {}
    for i, plot in enumerate(plots):
        earliest = plot.number("earliest_year") or Fraction(0)
        for t, year in enumerate(years):
            if year >= earliest and worth[i] > 0:
                variables[(i, t)] = len(variables)
                model.addVar(0.0, 1.0)
                model.changeColCost(variables[(i, t)], -float(worth[i] * (1 - discount) ** (year - years[0])))
                model.changeColIntegrality(variables[(i, t)], highspy.HighsVarType.kInteger)
    if not variables:
        return {}, 0.0, True, 0.0
    own: dict[int, list[int]] = {}
    for (i, _), v in variables.items():
        own.setdefault(i, []).append(v)
    for same in own.values():
        model.addRow(-highspy.kHighsInf, 1.0, len(same), same, [1.0] * len(same))
    cost = [float(p.number("cost_10k_cny") or 0) for p in plots]
    for t in range(len(years)):
        money = float(sum((budget[y] for y in years[: t + 1]), Fraction(0))) - slack
        terms = [(v, cost[i]) for (i, s), v in variables.items() if s <= t]
        model.addRow(-highspy.kHighsInf, money, len(terms), [v for v, _ in terms], [c for _, c in terms])
    model.run()
    solution = model.getSolution().col_value
    chosen = {i: years[t] for (i, t), v in variables.items() if solution[v] > 0.5}
    info = model.getInfo()
    proven = model.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return chosen, 0.0 if proven else float(info.mip_gap), proven, -float(info.objective_function_value)


def _overspent(
    chosen: Mapping[int, int], plots: Sequence[Plot], years: Sequence[int], budget: Mapping[int, Fraction]
) -> Fraction:
    """By how much the money is passed at worst, exactly."""
    money = spent = worst = Fraction(0)
    for year in years:
        money += budget[year]
        spent += sum(
            (plots[i].number("cost_10k_cny") or Fraction(0) for i, y in chosen.items() if y == year), Fraction(0)
        )
        worst = max(worst, spent - money)
    return worst


# -- what became of it -----------------------------------------------------------------------------------------------


def track(
    folder: Path, plot: str, step: str, *, by: str, on: date, note: str = "", freed: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Add one event to a plot's story; nothing is ever changed.

    Parameters
    ----------
    step
        One of `STEPS`.
    freed
        What was really freed, at completion: ``land`` [mu] and so on, as decimal texts.

    Raises
    ------
    EcoparkError
        An unknown step, one that goes back, or a story that has ended.
    """
    if step not in STEPS:
        raise EcoparkError(
            f"unknown step '{step}'. {did_you_mean(step, list(STEPS))} There are: {', '.join(STEPS)}",
            zh=f"没有步骤“{step}”。{did_you_mean(step, list(STEPS), lang='zh')}现有：{', '.join(STEPS)}",
        )
    if not by.strip():
        raise EcoparkError("an event says by whom (--by)", zh="事件须写明由谁办理（--by）")
    before = stories(folder).get(plot, [])
    last = before[-1]["step"] if before else ""
    if last in ("completed", "dropped"):
        raise EcoparkError(
            f"plot {plot} is {last} since {before[-1]['on']}", zh=f"地块 {plot} 自 {before[-1]['on']} 起已处于 {last}"
        )
    if last and step != "dropped" and STEPS.index(step) <= STEPS.index(last):
        raise EcoparkError(
            f"plot {plot} is already {last}: '{step}' would go back", zh=f"地块 {plot} 已处于 {last}：“{step}”是倒退"
        )
    if before and on.isoformat() < before[-1]["on"]:
        raise EcoparkError(
            f"the last event of plot {plot} is of {before[-1]['on']}, later than {on.isoformat()}",
            zh=f"地块 {plot} 最近的事件为 {before[-1]['on']}，晚于 {on.isoformat()}",
        )
    known = {}
    for name, amount in (freed or {}).items():
        if name not in GOALS:
            raise EcoparkError(
                f"unknown amount '{name}'. There are: {', '.join(GOALS)}",
                zh=f"没有数量“{name}”。现有：{', '.join(GOALS)}",
            )
        try:
            known[name] = str(amount)
            exact(str(amount))
        except (ValueError, ZeroDivisionError):
            raise EcoparkError(f"{name} is no number: {amount!r}", zh=f"{name} 不是数字：{amount!r}") from None
    event = {"on": on.isoformat(), "plot": plot, "step": step, "by": by.strip(), "note": note, "freed": known}
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOG).open("a", encoding="utf-8") as file:
        file.write(json.dumps(event, ensure_ascii=False) + "\n")
    return event


def stories(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The events of every plot, oldest first.

    Raises
    ------
    InputError
        A line is damaged.
    """
    path = folder / LOG
    found: dict[str, list[dict[str, Any]]] = {}
    problems = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines() if path.exists() else [], 1):
        try:
            event = json.loads(line)
            found.setdefault(str(event["plot"]), []).append(event)
        except (ValueError, KeyError, TypeError):
            problems.append(
                Problem("log-damaged", Place(str(path), line=number), "这一行不能读取。", "this line cannot be read.")
            )
    if problems:
        raise InputError(problems)
    return found
