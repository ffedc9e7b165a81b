"""Land renewal: which plots are used badly and by which rule, a plan for each, and in which order within a budget.

The list is by rule (data, `data/land.yaml` or a file of the user's). The order is a mixed-integer programme solved by HiGHS:
which plots to renew in which year, within each year's money, so that most is freed; the gap to the proven best is stated.
What happens afterwards is told by events in a file of JSON lines that is only ever added to.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from ecopark.core.period import ALWAYS, Period
from ecopark.core.rounding import exact
from ecopark.core.text import Text
from ecopark.core.trace import Trace
from ecopark.core.unit import unit
from ecopark.core.value import Missing, Scalar, not_given
from ecopark.errors import EcoparkError, FormulaError, InputError, PackError, Place, Problem, did_you_mean
from ecopark.expr.expand import expand
from ecopark.expr.fit import FLAG, WORD, Fitted, Sort, fit
from ecopark.expr.nodes import Leaf
from ecopark.expr.parse import parse
from ecopark.expr.traced import evaluate
from ecopark.grading.load import data_folder
from ecopark.observations.numbers import Number, UnreadableError, clean, is_none_given, read_flag, read_number, shown
from ecopark.observations.readers import read_tables
from ecopark.packs.yaml_lines import Map, load_yaml

LOG = "renewal.jsonl"
STEPS = ("listed", "planned", "agreed", "cleared", "rebuilt", "completed", "dropped")
NUMBERS = {
    "area_mu": ("mu", "面积 用地面积 亩数"),
    "output_10k_cny": ("10k CNY", "产值 现状产值"),
    "tax_10k_cny": ("10k CNY", "税收 现状税收"),
    "energy_tce": ("tce", "能耗 综合能耗"),
    "emission_t": ("t", "排放 排放量"),
    "energy_quota_tce": ("tce", "用能指标"),
    "emission_quota_t": ("t", "排污指标"),
    "floor_area_ratio": ("1", "容积率"),
    "used_share": ("1", "厂房使用率 使用率"),
    "cost_10k_cny": ("10k CNY", "费用 改造费用 腾退费用"),
    "output_after_10k_cny": ("10k CNY", "改造后产值 预期产值"),
    "energy_after_tce": ("tce", "改造后能耗"),
    "emission_after_t": ("t", "改造后排放"),
    "earliest_year": ("1", "最早年份"),
}
TEXTS = {
    "plot": "plot parcel 地块 地块编号 宗地",
    "firm": "firm 企业 企业名称",
    "kind": "kind 改造类型 类型",
    "grade": "grade 类别 评价类别",
    "note": "note 备注 说明",
}
FLAGS = {"idle": "idle 闲置", "village": "village 村级工业点", "scattered": "scattered 散乱污"}
GOALS = {"land": "area_mu", "output": "output", "energy": "energy", "emission": "emission"}


@dataclass(frozen=True)
class Plot:
    """One plot: who uses it, for what, and what its renewal would cost and bring."""

    id: str
    values: Mapping[str, Scalar]
    place: Place = field(default_factory=Place)

    def number(self, name: str) -> Fraction | None:
        """A figure, or None where it was not given."""
        found = self.values.get(name)
        return found if isinstance(found, Fraction) else None

    def word(self, name: str) -> str:
        """A text, empty where it was not given."""
        found = self.values.get(name)
        return found if isinstance(found, str) else ""

    def frees(self) -> dict[str, Fraction]:
        """What renewal frees: land, energy and emission set free, and output gained (a loss is negative)."""

        def gap(before: str, after: str) -> Fraction:
            a, b = self.number(before), self.number(after)
            return (a or Fraction(0)) - (b or Fraction(0))

        return {
            "land": self.number("area_mu") or Fraction(0),
            "output": -gap("output_10k_cny", "output_after_10k_cny"),
            "energy": gap("energy_tce", "energy_after_tce"),
            "emission": gap("emission_t", "emission_after_t"),
        }


@dataclass(frozen=True)
class LandRule:
    """One reason to list a plot."""

    id: str
    label: Text
    when: str
    fitted: Fitted = field(compare=False)
    basis: str = "recalled"


@dataclass(frozen=True)
class LandRules:
    """Rules of listing and kinds of renewal."""

    rules: tuple[LandRule, ...]
    kinds: Mapping[str, Text]


@dataclass(frozen=True)
class Listed:
    """A plot with the rules that hold for it and those that could not be decided, with what they miss."""

    plot: Plot
    reasons: tuple[LandRule, ...]
    open: tuple[tuple[LandRule, Text], ...] = ()
    kind: str = ""


def _unit_of(leaf: Leaf) -> Sort:
    if leaf.name in NUMBERS:
        return unit(NUMBERS[leaf.name][0])
    if leaf.name in FLAGS:
        return FLAG
    if leaf.name in TEXTS:
        return WORD
    raise FormulaError(f"unknown name '{leaf.name}'. {did_you_mean(leaf.name, [*NUMBERS, *FLAGS, *TEXTS])}".strip())


def load_rules(path: Path | None = None) -> LandRules:
    """The rules that ship with ecopark, or those of a file.

    Raises
    ------
    PackError
        The file is wrong; every problem has its line.
    """
    source = path or data_folder() / "land.yaml"
    head = load_yaml(source, source.name)
    problems: list[Problem] = []
    rules = []
    entries = head.get("rules") if isinstance(head, Map) else None
    for node in entries or []:
        line = node.line if isinstance(node, Map) else 1
        try:
            fitted = fit(expand(parse(str(node["when"])), {}), _unit_of)
            if fitted.sort != FLAG:
                raise FormulaError(f"'{node['when']}' is no condition")
            label = Text(str(node.get("zh") or ""), str(node.get("en") or ""))
            rules.append(
                LandRule(str(node["id"]), label, str(node["when"]), fitted, str(node.get("basis") or "recalled"))
            )
        except (EcoparkError, KeyError, TypeError) as error:
            problems.append(Problem("land-rule", Place(source.name, line=line), f"规则有误：{error}", f"rule: {error}"))
    if problems or not rules:
        none = Problem("land-rule", Place(source.name), "没有规则。", "there are no rules.")
        raise PackError(problems or [none])
    kinds = {str(k["id"]): Text(str(k.get("zh") or ""), str(k.get("en") or "")) for k in head.get("kinds") or []}
    return LandRules(tuple(rules), kinds)


class _Lookup:
    def __init__(self, plot: Plot) -> None:
        self.plot = plot

    def resolve(self, leaf: Leaf, period: Period) -> Trace:
        found = self.plot.values.get(leaf.name)
        return Trace("observation", leaf.name, not_given(leaf.name, ALWAYS) if found is None else found)


def low_efficiency(plots: Sequence[Plot], rules: LandRules) -> list[Listed]:
    """The plots for which a rule holds, largest first. A rule that lacks a figure is told as open, never as met."""
    found = []
    for plot in plots:
        reasons, still_open = [], []
        for rule in rules.rules:
            value = evaluate(rule.fitted, _Lookup(plot), ALWAYS).value
            if value is True:
                reasons.append(rule)
            elif isinstance(value, Missing):
                still_open.append((rule, value.reason))
        if reasons:
            found.append(Listed(plot, tuple(reasons), tuple(still_open), kind_of(plot)))
    return sorted(found, key=lambda x: (-(x.plot.number("area_mu") or 0), x.plot.id))


def kind_of(plot: Plot) -> str:
    """The kind of renewal: as given, else by what the plot is."""
    if given := plot.word("kind"):
        return given
    if plot.values.get("scattered") is True:
        return "scattered"
    if plot.values.get("village") is True:
        return "village"
    return "demolish" if plot.values.get("idle") is True and plot.number("floor_area_ratio") else "replace"


# -- reading -----------------------------------------------------------------------------------------------------------


def read_plots(path: Path, *, grades: Mapping[str, str] | None = None) -> list[Plot]:
    """The plots of a wide table: ``plot, firm, area_mu, ...``, units in brackets where they differ.

    Parameters
    ----------
    grades
        Class by firm, for plots whose own row does not say it.

    Raises
    ------
    InputError
        With every problem.
    """
    tables, problems = read_tables(path, str(path))
    if not tables:
        raise InputError(problems)
    table = tables[0]
    columns: dict[int, tuple[str, Fraction]] = {}
    for at, cell in enumerate(table.rows[0]):
        title = clean(shown(cell))
        try:
            if title:
                columns[at] = _column(title)
        except EcoparkError as error:
            problems.append(Problem("unknown-column", table.place(0, at), f"“{title}”：{error}", f"{title}: {error}"))
    if "plot" not in {name for name, _ in columns.values()}:
        problems.append(Problem("plot-missing", table.whole, "没有地块列。", "there is no column `plot`."))
        raise InputError(problems)
    plots: dict[str, Plot] = {}
    for index in range(1, len(table.rows)):
        row = table.rows[index]
        if all(is_none_given(c) for c in row):
            continue
        values: dict[str, Scalar] = {}
        for at, (name, factor) in columns.items():
            cell = row[at] if at < len(row) else None
            try:
                value = _cell(cell, name, factor)
            except UnreadableError as error:
                problems.append(
                    Problem("unreadable-number", table.place(index, at), f"{name}：{error.zh}", f"{name}: {error.en}")
                )
                continue
            if isinstance(value, Fraction) and value < 0:
                en = f"{name} cannot be negative."
                problems.append(Problem("negative-figure", table.place(index, at), f"{name} 不能为负。", en))
            if value is not None:
                values[name] = value
        key, place = str(values.get("plot", "")), table.place(index, 0)
        if not key or key in plots:
            en = "the plot stands there twice." if key else "this row names no plot."
            problems.append(Problem("plot-twice" if key else "plot-missing", place, "地块重复或缺失。", en))
            continue
        if grades and "grade" not in values and (grade := grades.get(str(values.get("firm", "")))):
            values["grade"] = grade
        plots[key] = Plot(key, values, place)
    if any(p.severity == "error" for p in problems):
        raise InputError(problems)
    return list(plots.values())


def _column(title: str) -> tuple[str, Fraction]:
    bare, _, rest = title.partition("[")
    name = bare.strip().lower()
    for known, words in TEXTS.items():
        if name in words.split():
            return known, Fraction(1)
    for known, words in FLAGS.items():
        if name in words.split():
            return known, Fraction(1)
    for known, (unit_text, words) in NUMBERS.items():
        if name == known or name in words.split():
            typed = rest.rstrip("]").strip()
            return known, unit(typed).factor_to(unit(unit_text)) if typed else Fraction(1)
    raise EcoparkError(f"not a column of plots. {did_you_mean(name, [*NUMBERS, *TEXTS, *FLAGS])}".strip())


def _cell(cell: Any, name: str, factor: Fraction) -> Scalar | None:
    if name in TEXTS:
        return None if is_none_given(cell) else shown(cell).strip()
    if name in FLAGS:
        flag = read_flag(cell)
        return flag if isinstance(flag, bool) else None
    number = read_number(cell)
    if not isinstance(number, Number):
        return None
    return number.value * (Fraction(1, 100) if number.percent == "%" else 1) * factor


# -- the order ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One plot renewed in one year, what it costs and frees, and the sums up to it."""

    plot: Plot
    year: int
    cost: Fraction
    frees: Mapping[str, Fraction]
    total: Mapping[str, Fraction]


@dataclass(frozen=True)
class Order:
    """A renewal order.

    Parameters
    ----------
    gap
        Largest possible distance to the best order, as a part of it; 0: proven best.
    left
        Plots that no year's money reaches, or whose cost is not known.
    spent
        By year.
    """

    steps: tuple[Step, ...]
    left: tuple[tuple[Plot, Text], ...]
    spent: Mapping[int, Fraction]
    gap: float
    proven: bool
    value: float


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
        raise EcoparkError("a renewal order needs the money of at least one year, and none below zero")
    goals = dict(weights or {"land": Fraction(1)})
    for name in goals:
        if name not in GOALS:
            raise EcoparkError(
                f"unknown goal '{name}'. {did_you_mean(name, list(GOALS))} There are: {', '.join(GOALS)}"
            )
    left = [(p, Text("改造费用未填", "its cost is not given")) for p in plots if p.number("cost_10k_cny") is None]
    known = [p for p in plots if p.number("cost_10k_cny") is not None]
    whole = {g: sum((abs(p.frees()[g]) for p in known), Fraction(0)) for g in goals}
    worth = [sum((w * p.frees()[g] / whole[g] for g, w in goals.items() if whole[g]), Fraction(0)) for p in known]
    years = sorted(budget)
    chosen, gap, proven, value = _solve(known, worth, years, budget, discount, seconds)
    steps, total = [], dict.fromkeys(GOALS, Fraction(0))
    spent = dict.fromkeys(years, Fraction(0))
    for year in years:
        here = [i for i, y in chosen.items() if y == year]
        for i in sorted(here, key=lambda i: (-worth[i], known[i].id)):
            frees, cost = known[i].frees(), known[i].number("cost_10k_cny") or Fraction(0)
            total = {g: total[g] + frees[g] for g in GOALS}
            spent[year] += cost
            steps.append(Step(known[i], year, cost, frees, total))
    left += [(p, _why_left(worth[i])) for i, p in enumerate(known) if i not in chosen]
    return Order(tuple(steps), tuple(left), spent, gap, proven, value)


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
    raise EcoparkError("no order keeps within the money: are there figures of very different size?")


def _solve_once(
    plots: Sequence[Plot], worth: Sequence[Fraction], years: Sequence[int], budget: Mapping[int, Fraction],
    discount: Fraction, seconds: float, slack: float,
) -> tuple[dict[int, int], float, bool, float]:  # fmt: skip
    """x[i, t] = plot i is renewed in year t; what was not spent before can be spent now."""
    import highspy

    make: Any = highspy.Highs
    model = make()
    for option, value in (("output_flag", False), ("time_limit", seconds), ("mip_rel_gap", 1e-9), ("random_seed", 7)):
        model.setOptionValue(option, value)
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


# -- what became of it -------------------------------------------------------------------------------------------------


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
        raise EcoparkError(f"unknown step '{step}'. {did_you_mean(step, list(STEPS))} There are: {', '.join(STEPS)}")
    if not by.strip():
        raise EcoparkError("an event says by whom (--by)")
    before = stories(folder).get(plot, [])
    last = before[-1]["step"] if before else ""
    if last in ("completed", "dropped"):
        raise EcoparkError(f"plot {plot} is {last} since {before[-1]['on']}")
    if last and step != "dropped" and STEPS.index(step) <= STEPS.index(last):
        raise EcoparkError(f"plot {plot} is already {last}: '{step}' would go back")
    if before and on.isoformat() < before[-1]["on"]:
        raise EcoparkError(f"the last event of plot {plot} is of {before[-1]['on']}, later than {on.isoformat()}")
    known = {}
    for name, amount in (freed or {}).items():
        if name not in GOALS:
            raise EcoparkError(f"unknown amount '{name}'. There are: {', '.join(GOALS)}")
        try:
            known[name] = str(amount)
            exact(str(amount))
        except (ValueError, ZeroDivisionError):
            raise EcoparkError(f"{name} is no number: {amount!r}") from None
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
