"""Low-efficiency land: plots and their figures, and which of them are used badly by which rule.

The rules are data (`data/land.yaml` or a file of the user's). A rule that lacks a figure is told as undecided, never as met;
what a renewal frees is known only where both figures, before and after, are given. `grading.renewal` orders the plots.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from ecopark.core.period import ALWAYS, Period
from ecopark.core.text import Text
from ecopark.core.trace import Trace
from ecopark.core.unit import unit
from ecopark.core.value import Missing, Scalar, not_given
from ecopark.errors import EcoparkError, FormulaError, InputError, PackError, Place, Problem, did_you_mean
from ecopark.expr.expand import expand
from ecopark.expr.fit import FLAG, WORD, Fitted, Sort, fit
from ecopark.expr.nodes import Leaf, leaves
from ecopark.expr.parse import parse
from ecopark.expr.traced import evaluate
from ecopark.grading.load import data_folder
from ecopark.observations.mapping import split_unit, title_of
from ecopark.observations.numbers import Number, UnreadableError, clean, is_none_given, read_flag, read_number, shown
from ecopark.observations.readers import read_tables
from ecopark.packs.yaml_lines import Map, load_yaml

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
LABELS: dict[str, Text] = {
    "plot": Text("地块", "plot"),
    "firm": Text("企业", "firm"),
    "grade": Text("评价类别", "class"),
    "kind": Text("改造类型", "kind of renewal"),
    "note": Text("备注", "note"),
    "idle": Text("闲置", "idle"),
    "village": Text("村级工业点", "village industry plot"),
    "scattered": Text("散乱污", "scattered and polluting"),
    "area_mu": Text("用地面积（亩）", "area [mu]"),
    "output_10k_cny": Text("现状产值（万元）", "output now [10k CNY]"),
    "tax_10k_cny": Text("现状税收（万元）", "tax now [10k CNY]"),
    "energy_tce": Text("现状能耗（吨标准煤）", "energy now [tce]"),
    "emission_t": Text("现状排放（吨）", "emission now [t]"),
    "energy_quota_tce": Text("用能指标（吨标准煤）", "energy quota [tce]"),
    "emission_quota_t": Text("排污指标（吨）", "emission quota [t]"),
    "floor_area_ratio": Text("容积率", "floor-area ratio"),
    "used_share": Text("厂房使用率", "share of the floor area in use"),
    "cost_10k_cny": Text("改造费用（万元）", "cost of renewal [10k CNY]"),
    "output_after_10k_cny": Text("改造后产值（万元）", "output after [10k CNY]"),
    "energy_after_tce": Text("改造后能耗（吨标准煤）", "energy after [tce]"),
    "emission_after_t": Text("改造后排放（吨）", "emission after [t]"),
    "earliest_year": Text("最早年份", "earliest year"),
}
FLAGS = {"idle": "idle 闲置", "village": "village 村级工业点", "scattered": "scattered 散乱污"}
_WORDS = {**TEXTS, **FLAGS, **{name: words for name, (_, words) in NUMBERS.items()}}
_NAMES = {
    title: known
    for known, words in _WORDS.items()
    for title in (
        known,
        *words.split(),
        *(split_unit(title_of(LABELS[known][lang]).lower())[0] for lang in ("zh", "en")),
    )
}
"""Every heading that is understood: the name of the column, its words, and its label in both languages."""
_BRACKET = re.compile(r"^(.*?)\s*[(\[](.*)[)\]]$")
GOALS = ("land", "output", "energy", "emission")
"""What renewal frees or brings."""


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

    def frees(self) -> dict[str, Fraction | None]:
        """What renewal frees: land, energy and emission set free, and output gained (a loss is negative).

        None where a figure of it, before or after, is not given.
        """

        def gap(before: str, after: str) -> Fraction | None:
            a, b = self.number(before), self.number(after)
            return None if a is None or b is None else a - b

        lost = gap("output_10k_cny", "output_after_10k_cny")
        return {
            "land": self.number("area_mu"),
            "output": None if lost is None else -lost,
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

    def figures(self, rule: LandRule) -> list[tuple[str, Scalar]]:
        """The figures of the plot that a rule looks at."""
        names = dict.fromkeys(leaf.name for leaf in leaves(rule.fitted.node) if leaf.kind == "name")
        return [(n, self.plot.values[n]) for n in names if n in self.plot.values]


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
        return Trace(
            "observation", leaf.name, not_given(leaf.name, ALWAYS, LABELS[leaf.name]) if found is None else found
        )


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
    """The plots of a wide table: ``plot, firm, area_mu, ...`` or its labels, units in brackets where they differ.

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
            except EcoparkError as error:
                problems.append(
                    Problem("incompatible-unit", table.place(index, at), f"{name}：{error}", f"{name}: {error}")
                )
                continue
            if isinstance(value, Fraction) and (wrong := _out_of_range(name, value)):
                code = "negative-figure" if value < 0 else "out-of-range"
                problems.append(Problem(code, table.place(index, at), wrong.zh, wrong.en))
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
    """What a heading means, and what makes its figures those of the unit we keep."""
    name, typed = split_unit(title_of(title).lower())
    if name not in _NAMES and (bare := _BRACKET.match(name)):
        name, typed = bare[1], bare[2]  # the unit in brackets is not one: said below, where the name is known
    if name not in _NAMES:
        raise EcoparkError(
            f"not a column of plots. {did_you_mean(name, [*NUMBERS, *TEXTS, *FLAGS])}".strip(),
            zh=f"不是地块表的列。{did_you_mean(name, [*NUMBERS, *TEXTS, *FLAGS], lang='zh')}",
        )
    known = _NAMES[name]
    return known, unit(typed).factor_to(unit(NUMBERS[known][0])) if typed and known in NUMBERS else Fraction(1)


def _cell(cell: Any, name: str, factor: Fraction) -> Scalar | None:
    if name in TEXTS:
        return None if is_none_given(cell) else shown(cell).strip()
    if name in FLAGS:
        flag = read_flag(cell)
        return flag if isinstance(flag, bool) else None
    number = read_number(cell)
    if not isinstance(number, Number):
        return None
    own = number.percent or number.unit
    typed = unit(own).factor_to(unit(NUMBERS[name][0])) if own else factor
    return number.value * typed


def _out_of_range(name: str, value: Fraction) -> Text:
    """What is wrong with a figure, empty for nothing."""
    if value < 0:
        return Text(f"{name} 不能为负。", f"{name} cannot be negative.")
    if name == "used_share" and value > 1:
        return Text(f"{name} 应在 0 与 1 之间（或写百分数）。", f"{name} lies between 0 and 1 (or is typed with %).")
    if name == "earliest_year" and not (value.denominator == 1 and 1900 <= value <= 2200):
        return Text(f"{name} 应为年份。", f"{name} is a year.")
    return Text()


def check_kinds(plots: Sequence[Plot], rules: LandRules) -> None:
    """Raise where a plot names a kind of renewal that is not known.

    Raises
    ------
    InputError
        With every plot, the nearest kinds offered.
    """
    problems = []
    for plot in plots:
        kind = plot.word("kind")
        if kind and kind not in rules.kinds:
            known = ", ".join(rules.kinds)
            hint = did_you_mean(kind, list(rules.kinds))
            zh, en = f"地块 {plot.id}：没有改造类型“{kind}”。", f"plot {plot.id}: unknown kind of renewal '{kind}'."
            problems.append(
                Problem("unknown-kind", plot.place, zh, en, f"可用：{known}", f"{hint} There are: {known}".strip())
            )
    if problems:
        raise InputError(problems)
