"""Kinds of cases, severities, clocks and escalation: data, read from `data/cases.yaml` or a file of the same form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from ecopark.core.rounding import exact
from ecopark.core.text import Text
from ecopark.errors import InputError, PackError, Place, Problem
from ecopark.packs.yaml_lines import Map, load_yaml

LEGS = ("assign", "rectify", "verify")
"""The steps that run against the clock."""
CLOCK_TEXT = {
    "assign": Text("交办", "assigning"),
    "rectify": Text("整改", "rectifying"),
    "verify": Text("核验", "verifying"),
    "longest": Text("延期上限", "longest extension"),
}
"""What a park can set of a severity, each in hours."""
LONGEST_CLOCK, LONGEST_SOURCE = 8760, 300
WHO = ("firm", "keeper", "office")
KEYS = {
    "severities": {"id", "zh", "en", "note", "tone", "hours", "longest", "basis", "source"},
    "kinds": {"id", "zh", "en", "to", "department", "severity"},
    "sources": {"id", "zh", "en"},
    "escalation": {"after", "zh", "en"},
}


@dataclass(frozen=True, slots=True)
class Severity:
    """How serious a case is, and how long each step may take.

    Parameters
    ----------
    hours
        Length of each step of `LEGS`. [h]
    longest
        How far the time for rectifying can be extended with permission. [h]
    basis, source
        ``seen`` in the source, or ``own``: set by the file.
    """

    id: str
    label: Text
    note: Text
    tone: str
    hours: tuple[tuple[str, int], ...]
    longest: int
    basis: str
    source: str

    def length(self, leg: str) -> int:
        """How long a step may take. [h]"""
        return dict(self.hours)[leg]


@dataclass(frozen=True, slots=True)
class CaseKind:
    """What a case is about: who usually puts it right, which department answers, how serious it usually is."""

    id: str
    label: Text
    to: str
    department: str
    severity: str


@dataclass(frozen=True, slots=True)
class Level:
    """Who hears of a late step, `after` lengths of its clock beyond the end."""

    after: Fraction
    label: Text


@dataclass(frozen=True)
class CaseRules:
    """Everything about cases that is data."""

    severities: dict[str, Severity]
    kinds: dict[str, CaseKind]
    sources: dict[str, Text]
    escalation: tuple[Level, ...]

    def severity(self, name: str) -> Severity:
        """The severity with this id; one that a later file no longer has is taken as the ordinary (middle) one."""
        known = list(self.severities.values())
        return self.severities.get(name) or known[len(known) // 2]


@cache
def shipped_rules() -> CaseRules:
    """The rules that come with the program."""
    with as_file(files("ecopark.casework") / "data" / "cases.yaml") as path:
        return read_rules(path, "casework/data/cases.yaml")


def read_rules(path: Path, name: str = "") -> CaseRules:
    """Read one file of rules.

    Raises
    ------
    PackError
        With every problem of the file and its line.
    """
    reader = _Reader(name or str(path))
    tree = load_yaml(path, name or str(path))
    if not isinstance(tree, Map):
        raise PackError([Problem("not-a-mapping", Place(reader.file), "应为映射", "a mapping was expected")])
    rows = {key: reader.rows(tree, key) for key in KEYS}
    severities = {r["id"]: reader.severity(r) for r in rows["severities"]}
    kinds = {r["id"]: reader.kind(r, severities) for r in rows["kinds"]}
    sources = {r["id"]: _text(r) for r in rows["sources"]}
    levels = tuple(Level(reader.number(r, "after"), _text(r)) for r in rows["escalation"])
    if not severities or not kinds or not sources or not levels:
        reader.problem(tree.line, "缺少 severities、kinds、sources 或 escalation", "a list is missing or empty")
    if list(levels) != sorted(levels, key=lambda level: level.after):
        reader.problem(tree.line_of("escalation"), "escalation 须从早到晚", "escalation must go from early to late")
    if reader.problems:
        raise PackError(reader.problems)
    return CaseRules(severities, kinds, sources, levels)


def with_clocks(rules: CaseRules, own: Mapping[str, Mapping[str, Any]]) -> CaseRules:
    """The rules with the clocks that a park set for itself, as `read_clocks` gave them: its own, with the document it named."""
    severities = {
        name: s
        if (given := own.get(name)) is None
        else replace(
            s, hours=tuple((leg, int(given[leg])) for leg in LEGS), longest=int(given["longest"]), basis="own",
            source=str(given.get("source", "")),
        )
        for name, s in rules.severities.items()
    }  # fmt: skip
    return replace(rules, severities=severities)


def read_clocks(rules: CaseRules, given: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, Any]]:
    """The clocks somebody typed, by severity; a severity with the hours of `rules` and no document of its own is left out.

    Parameters
    ----------
    given
        By severity the hours of `CLOCK_TEXT` and the ``source``, as typed; what is not given is as in `rules`.

    Raises
    ------
    InputError
        With everything that is no whole number of hours within a year, and every extension shorter than the time to rectify.
    """
    problems: list[Problem] = []

    def wrong(label: Text, zh: str, en: str) -> None:
        problems.append(Problem("case-clock", Place(""), f"{label.zh}：{zh}。", f"{label.en}: {en}."))

    for name in sorted(set(given) - set(rules.severities)):
        wrong(Text(name, name), "没有这个紧急程度", "there is no such severity")
    own: dict[str, dict[str, Any]] = {}
    for name, s in rules.severities.items():
        typed = given.get(name, {})
        known = dict(s.hours) | {"longest": s.longest}
        hours: dict[str, Any] = {}
        for part, words in CLOCK_TEXT.items():
            text = str(typed.get(part, known[part])).strip()
            if text.isascii() and text.isdigit() and len(text) <= 6 and 1 <= int(text) <= LONGEST_CLOCK:
                hours[part] = int(text)
            else:
                wrong(
                    s.label, f"{words.zh}应为 1–{LONGEST_CLOCK} 的整数小时",
                    f"{words.en} is a whole number of hours from 1 to {LONGEST_CLOCK}",
                )  # fmt: skip
        if hours.get("longest", LONGEST_CLOCK) < hours.get("rectify", 0):
            wrong(s.label, "延期上限短于整改时限", "the longest extension is shorter than the time to rectify")
        source = str(typed.get("source", "")).strip()[:LONGEST_SOURCE]
        if source == s.source:
            source = ""  # hours of the park's own do not stand in the document of those that ship
        if hours != known or source:
            own[name] = hours | {"source": source}
    if problems:
        raise InputError(problems)
    return own


def _text(node: Any) -> Text:
    return Text(str(node.get("zh") or ""), str(node.get("en") or "")) if isinstance(node, dict) else Text()


class _Reader:
    """Reads the rows of one file and keeps the problems."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def problem(self, line: int, zh: str, en: str) -> None:
        self.problems.append(Problem("bad-case-rules", Place(self.file, line=line or None), zh, en))

    def rows(self, tree: Map, key: str) -> list[Map]:
        found: list[Map] = []
        seen: set[str] = set()
        for row in tree.get(key) or ():
            if not isinstance(row, Map):
                self.problem(tree.line_of(key), f"{key} 的每一项应为映射", f"each entry of {key} must be a mapping")
                continue
            for extra in sorted(set(row) - KEYS[key]):
                self.problem(row.line_of(extra), f"不认识的键“{extra}”", f"unknown key '{extra}'")
            name = str(row.get("id", len(found)))
            if name in seen:
                self.problem(row.line, f"编号“{name}”重复", f"the id '{name}' is given twice")
            if not (row.get("zh") and row.get("en")):
                self.problem(row.line, f"“{name}”缺少中文或英文名", f"'{name}' lacks a label in zh or en")
            if "id" in KEYS[key] and "id" not in row:
                self.problem(row.line, "缺少 id", "the id is missing")
                continue
            seen.add(name)
            found.append(row)
        return found

    def number(self, row: Map, key: str) -> Fraction:
        try:
            return exact(str(row.get(key, "")))
        except (ValueError, ZeroDivisionError):
            self.problem(row.line_of(key), f"{key} 应为数字", f"{key} must be a number")
            return Fraction(0)

    def hours(self, row: Map, key: str) -> int:
        value = self.number(row, key)
        if value.denominator != 1 or value <= 0:
            self.problem(row.line_of(key), f"{key} 应为正整数小时", f"{key} must be a whole number of hours above 0")
            return 1
        return int(value)

    def severity(self, row: Map) -> Severity:
        hours = row.get("hours")
        lengths: tuple[tuple[str, int], ...] = tuple((leg, 1) for leg in LEGS)
        if not isinstance(hours, Map) or set(hours) != set(LEGS):
            self.problem(row.line_of("hours"), f"hours 须有 {LEGS}", f"hours must have exactly {LEGS}")
        else:
            lengths = tuple((leg, self.hours(hours, leg)) for leg in LEGS)
        longest = self.hours(row, "longest")
        if longest < dict(lengths)["rectify"]:
            self.problem(row.line_of("longest"), "longest 短于整改时限", "longest is shorter than the time to rectify")
        return Severity(
            row["id"], _text(row), _text(row.get("note")), str(row.get("tone") or "open"), lengths, longest,
            str(row.get("basis") or "own"), str(row.get("source") or ""),
        )  # fmt: skip

    def kind(self, row: Map, severities: dict[str, Severity]) -> CaseKind:
        if row.get("to") not in WHO:
            self.problem(row.line_of("to"), f"to 应为 {WHO} 之一", f"to must be one of {WHO}")
        if row.get("severity") not in severities:
            self.problem(row.line_of("severity"), "不认识的紧急程度", "unknown severity")
        return CaseKind(
            row["id"], _text(row), str(row.get("to")), str(row.get("department") or ""), str(row.get("severity"))
        )
