"""Kinds of rules that weigh or tell: scorecards with vetoes, and which procedure a project needs."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib.resources import files

from ecopark.admission.industry import covers
from ecopark.admission.policy import Case, Outcome, PolicyRule, Source, rows_of, rule_kind, undetermined
from ecopark.admission.ratios import Ratio
from ecopark.admission.rules import NO_CODE, Entry, Limit, matches, read_limits, read_ratio
from ecopark.core.rounding import decimal_text
from ecopark.core.text import Text
from ecopark.core.trace import Trace
from ecopark.core.value import Missing
from ecopark.core.words import counted
from ecopark.expr.traced import compare
from ecopark.packs.yaml_lines import Map

# -- scorecard ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Level:
    """Points for a value that holds against a limit; the first level that holds counts."""

    op: str
    value: Fraction
    points: Fraction


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a scorecard: points by levels of a ratio, or by industry."""

    id: str
    label: Text
    most: Fraction
    ratio: Ratio | None
    levels: tuple[Level, ...]
    entries: tuple[tuple[Entry, Fraction], ...] = ()


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Items, the marks that pass, and what is refused whatever the score."""

    items: tuple[Item, ...]
    enough: Fraction
    condition: Fraction | None
    vetoes: tuple[tuple[Text, Ratio, Limit], ...] = ()


def _read_scorecard(node: Map, source: Source) -> Scorecard | None:
    items = []
    for entry in rows_of(node, "items"):
        if not isinstance(entry, Map) or not entry.get("id"):
            source.problem("id-missing", node.line_of("items"), "每个评分项须有 id", "every item has an id")
            continue
        item = _read_item(entry, source)
        if item is not None:
            items.append(item)
    enough = source.number(node.get("pass"), node.line_of("pass"), "pass")
    if not items or enough is None:
        source.problem("scorecard-shape", node.line, "评分表须有 items 与 pass", "a scorecard has items and pass")
        return None
    vetoes = []
    for entry in rows_of(node, "vetoes"):
        ratio = read_ratio(entry, source) if isinstance(entry, Map) else None
        limits = read_limits(entry, source) if isinstance(entry, Map) else ()
        if ratio is not None and limits and limits[0].value is not None:
            vetoes.append((Text(str(entry.get("zh") or ""), str(entry.get("en") or "")), ratio, limits[0]))
    if enough > sum((i.most for i in items), Fraction(0)):
        zh, en = "及格分高于满分", "the pass mark is above the full score"
        source.problem("scorecard-shape", node.line_of("pass"), zh, en)
    condition = source.number(node.get("condition"), node.line_of("condition"), "condition")
    return Scorecard(tuple(items), enough, condition, tuple(vetoes))


def _read_item(entry: Map, source: Source) -> Item | None:
    label = Text(str(entry.get("zh") or ""), str(entry.get("en") or ""))
    levels, entries = [], []
    for level in rows_of(entry, "levels"):
        if not isinstance(level, Map):
            zh, en = "档次应为映射", "a level is a mapping with points, and value or codes or words"
            source.problem("scorecard-shape", entry.line_of("levels"), zh, en)
            continue
        points = source.number(level.get("points"), level.line_of("points"), "points") or Fraction(0)
        value = source.number(level.get("value"), level.line_of("value"), "value")
        if value is not None:
            op = str(level.get("op") or ">=")
            if op not in (">=", "<=", ">", "<", "=="):
                source.problem(
                    "unknown-operator", level.line_of("op"), f"比较符 {op!r} 无效", f"operator {op!r} is unknown"
                )
                continue
            levels.append(Level(op, value, points))
        elif level.get("codes") or level.get("words"):
            name = Text(str(level.get("zh") or ""), str(level.get("en") or ""))
            codes, words = source.strings(level.get("codes")), source.strings(level.get("words"))
            entries.append((Entry("permitted", codes, words, name), points))
    ratio = read_ratio(entry, source) if levels else None
    if not levels and not entries:
        source.problem("scorecard-shape", entry.line, "评分项没有档次 levels", "the item has no levels")
        return None
    most = max([level.points for level in levels] + [points for _, points in entries])
    return Item(str(entry["id"]), label, most, ratio, tuple(levels), tuple(entries))


@rule_kind("scorecard", keys="items pass condition vetoes", read=_read_scorecard)
def scorecard(rule: PolicyRule, case: Case) -> Outcome:
    """Points by item against a pass mark; a veto refuses whatever the score."""
    spec: Scorecard = rule.spec
    low = high = Fraction(0)
    missing: Missing | None = None
    steps: list[Trace] = []
    for label, ratio, limit in spec.vetoes:
        value = case.ratio(ratio).value
        if isinstance(value, Missing):
            missing = value if missing is None else missing | value
        elif limit.value is not None and compare(limit.op, value, limit.value):
            return Outcome(
                "not_met", Text(f"一票否决：{label.zh}", f"veto: {label.en}"), value, limit.text(), ratio.unit
            )
    open_veto = missing is not None
    for item in spec.items:
        points = _points(item, case)
        if isinstance(points, Missing):
            missing = points if missing is None else missing | points
            high += item.most
        else:
            low, high = low + points, high + points
        steps.append(Trace("operation", item.id, points, "", item.label))
    trace = Trace("function", rule.id, low if missing is None else missing, "", rule.label, inputs=tuple(steps))
    limit_text = f">= {decimal_text(spec.enough)}"
    span = decimal_text(low) if low == high else f"{decimal_text(low)}–{decimal_text(high)}"
    mark = decimal_text(spec.enough)
    reason = Text(f"评分 {span}，及格 {mark}", f"score {span}, pass mark {mark}")
    total = low if low == high else None
    bar = spec.condition if spec.condition is not None else spec.enough
    if high < bar:
        return Outcome("not_met", reason, total, limit_text, "", trace)
    if low >= spec.enough and not open_veto:
        return Outcome("met", reason, total, limit_text, "", trace)
    if missing is not None:
        return undetermined(Missing(reason, missing.items), limit=limit_text, trace=trace)
    return Outcome("condition", reason, total, limit_text, "", trace)


def _points(item: Item, case: Case) -> Fraction | Missing:
    for entry, points in item.entries:
        held = matches(entry, case)
        if isinstance(held, Missing):
            return held
        if held:
            return points
    if item.ratio is None:
        return Fraction(0)
    value = case.ratio(item.ratio).value
    if isinstance(value, Missing):
        return value
    return next((x.points for x in item.levels if compare(x.op, value, x.value)), Fraction(0))


# -- procedure ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Procedure:
    """Which national classification says what procedure a project needs, and what a regional assessment covers."""

    table: str
    covered: tuple[tuple[str, ...], Text] | None = None


@cache
def procedure_rows(table: str) -> tuple[tuple[tuple[str, ...], str, tuple[tuple[str, str], ...]], ...]:
    """Rows of a classification: (code prefixes, what it is about, (procedure, when))."""
    text = (files("ecopark.admission") / "tables" / f"{table}.csv").read_text(encoding="utf-8")
    found = []
    for row in csv.DictReader(text.splitlines()):
        levels = tuple((k, v) for k, v in row.items() if k not in ("codes", "about") and v not in ("", "/", "-"))
        found.append((tuple(row["codes"].split()), row["about"], levels))
    return tuple(found)


@cache
def _by_prefix(table: str) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    """Which rows of a classification name a prefix, and which name it or a finer one."""
    named: dict[str, list[int]] = {}
    within: dict[str, list[int]] = {}
    for number, (prefixes, _, _) in enumerate(procedure_rows(table)):
        for prefix in prefixes:
            named.setdefault(prefix, []).append(number)
            for length in range(len(prefix) + 1):
                within.setdefault(prefix[:length], []).append(number)
    return named, within


def lines_for(table: str, code: str) -> list[tuple[tuple[str, ...], str, tuple[tuple[str, str], ...]]]:
    """The rows of a classification that a code falls under, or that are finer than it."""
    rows, (named, within) = procedure_rows(table), _by_prefix(table)
    found = set(within.get(code, ()))
    for length in range(1, len(code)):
        found.update(named.get(code[:length], ()))
    return [rows[i] for i in sorted(found)]


def _read_procedure(node: Map, source: Source) -> Procedure | None:
    table = str(node.get("table") or "")
    if table not in ("eia_2021", "permit_2019"):
        zh, en = f"没有名录 {table!r}", f"table {table!r} is none of eia_2021, permit_2019"
        source.problem("unknown-table", node.line_of("table"), zh, en)
        return None
    covered = node.get("covered")
    if not isinstance(covered, Map):
        return Procedure(table)
    return Procedure(table, (source.strings(covered.get("codes")), source.text(covered)))


@rule_kind("procedure", keys="table covered", read=_read_procedure)
def procedure(rule: PolicyRule, case: Case) -> Outcome:
    """Which environmental-impact or permit procedure the project needs, from the national classification: information only."""
    spec: Procedure = rule.spec
    code = case.project.industry_code
    if not code:
        return Outcome("reported", NO_CODE.reason)
    rows = lines_for(spec.table, code)
    if not rows:
        return Outcome("reported", Text("名录中没有该行业的条目", "the classification has no line for this industry"))
    zh = "；".join(
        f"{about}：" + "，".join(f"{name}：{when}" for name, when in levels) for _, about, levels in rows[:3]
    )
    reason = Text(zh, f"{counted(len(rows), 'line')} of the classification: {zh}")
    if spec.covered is not None and (not spec.covered[0] or covers(spec.covered[0], code)):
        text = spec.covered[1]
        reason = Text(f"{reason.zh}。{text.zh}", f"{reason.en}. {text.en}")
    return Outcome("reported", reason)
