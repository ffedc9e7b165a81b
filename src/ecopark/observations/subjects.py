"""Subjects: what the figures are about, from a table or from ``park.toml``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ecopark.core.text import Text
from ecopark.errors import Place, Problem, did_you_mean
from ecopark.observations.layout import Layout
from ecopark.observations.model import Subject
from ecopark.observations.numbers import is_none_given, shown
from ecopark.observations.readers.table import Table
from ecopark.observations.rows import read_period
from ecopark.observations.safe_text import safe_cell

KINDS = {
    "park": "园区 开发区 工业园",
    "firm": "企业 公司 enterprise company",
    "group": "组团 功能组团",
    "parcel": "地块 宗地",
    "project": "项目",
    "meter": "表计 仪表",
}
"""Kinds of subjects, and what people call them."""

_KIND = {word: kind for kind, words in KINDS.items() for word in (kind, *words.split())}

Placed = tuple[Subject, Place]


def from_table(table: Table, layout: Layout) -> tuple[list[Placed], list[Problem]]:
    """The subjects of a table that `layout` has recognised as one."""
    found: list[Placed] = []
    problems: list[Problem] = []
    for index in range(layout.header + 1, len(table.rows)):
        row = table.rows[index]
        entry = {name: row[column] for name, column in layout.columns.items() if column < len(row)}
        extra = {title: row[column] for column, title in layout.others if column < len(row)}
        if all(is_none_given(cell) for cell in (*entry.values(), *extra.values())):
            continue
        subject, more = from_mapping(entry, table.place(index, layout.columns["subject"]), extra)
        problems += more
        if subject is not None:
            found.append((subject, table.place(index, layout.columns["subject"])))
    return found, problems


def from_mapping(
    entry: Mapping[str, Any], place: Place, extra: Mapping[str, Any] | None = None
) -> tuple[Subject | None, list[Problem]]:
    """One subject from its fields ``subject, kind, parent, from, until, name`` and attributes."""
    problems: list[Problem] = []
    name = _cell(entry.get("subject"))
    if not name:
        return None, [
            Problem(
                "missing-subject",
                place,
                "对象没有编码。",
                "the subject has no id.",
                "请填写“对象”列。",
                "Fill in 'subject'.",
            )
        ]
    word = _cell(entry.get("kind")).lower() or "park"
    kind = _KIND.get(word, "")
    if not kind:
        problems.append(
            Problem(
                "unknown-kind",
                place,
                f"“{word}”不是对象类型。",
                f"'{word}' is no kind of subject.",
                f"可用：{'、'.join(KINDS)}。",
                f"{did_you_mean(word, list(_KIND))} Kinds: {', '.join(KINDS)}.".strip(),
            )
        )
    years: list[int | None] = []
    for key in ("from", "until"):
        year, problem = _year(entry.get(key), place)
        years.append(year)
        problems += problem
    if years[0] is not None and years[1] is not None and years[0] > years[1]:
        problems.append(
            Problem(
                "bad-period",
                place,
                "起始年晚于终止年。",
                "it ends before it begins.",
                "请核对。",
                "Check the two years.",
            )
        )
    if problems:
        return None, problems
    attributes = tuple((key, _cell(value)) for key, value in (extra or {}).items() if not is_none_given(value))
    subject = Subject(
        id=safe_cell(name),
        name=safe_cell(_cell(entry.get("name"))) or safe_cell(name),
        kind=kind,
        parent=safe_cell(_cell(entry.get("parent"))),
        since=years[0],
        until=years[1],
        attributes=attributes,
    )
    return subject, []


def _cell(cell: Any) -> str:
    return "" if is_none_given(cell) else shown(cell)


def _year(cell: Any, place: Place) -> tuple[int | None, list[Problem]]:
    if is_none_given(cell):
        return None, []
    try:
        return read_period(cell).year or None, []
    except (ValueError, OverflowError):
        text = shown(cell)[:40]
        return None, [
            Problem(
                "bad-period",
                place,
                f"“{text}”不是年份。",
                f"'{text}' is not a year.",
                "请写四位年份。",
                "Write a year.",
            )
        ]


def together(placed: Iterable[Placed]) -> tuple[list[Subject], list[Problem]]:
    """All subjects, each once: repeated ids, unknown parents and circles are reported."""
    subjects: dict[str, Subject] = {}
    places: dict[str, Place] = {}
    problems: list[Problem] = []
    for subject, place in placed:
        earlier = subjects.get(subject.id)
        if earlier is None:
            subjects[subject.id], places[subject.id] = subject, place
        elif earlier != subject:
            problems.append(
                Problem(
                    "duplicate-subject",
                    place,
                    f"对象“{subject.id}”与 {places[subject.id]} 的内容不一致。",
                    f"the subject '{subject.id}' differs from {places[subject.id]}.",
                    "请只保留一条。",
                    "Keep one of them.",
                )
            )
    for subject in subjects.values():
        if subject.parent and subject.parent not in subjects:
            problems.append(
                Problem(
                    "unknown-parent",
                    places[subject.id],
                    f"对象“{subject.id}”的上级“{subject.parent}”没有声明。",
                    f"the parent '{subject.parent}' of '{subject.id}' is not declared.",
                    "请补充或核对。",
                    did_you_mean(subject.parent, list(subjects)),
                    "warning",
                )
            )
        elif _in_circle(subject, subjects):
            problems.append(
                Problem(
                    "circular-parent",
                    places[subject.id],
                    f"对象“{subject.id}”的上级关系成环。",
                    f"'{subject.id}' is, through its parents, part of itself.",
                    "请核对“上级”列。",
                    "Check the column 'parent'.",
                )
            )
    return list(subjects.values()), problems


def _in_circle(subject: Subject, subjects: Mapping[str, Subject]) -> bool:
    seen = {subject.id}
    while subject.parent in subjects:
        subject = subjects[subject.parent]
        if subject.id in seen:
            return True
        seen.add(subject.id)
    return False


def scopes_of(entries: Any, place: Place) -> tuple[tuple[tuple[int, Text], ...], list[Problem]]:
    """The dated scopes of ``[[scope]]`` entries: ``from``, ``zh``, ``en``."""
    scopes: list[tuple[int, Text]] = []
    problems: list[Problem] = []
    for entry in entries if isinstance(entries, list) else []:
        year, more = _year(entry.get("from") if isinstance(entry, dict) else None, place)
        problems += more
        if year is None:
            if not more:
                problems.append(
                    Problem("bad-period", place, "[[scope]] 缺少 from 年份。", "[[scope]] has no year 'from'.")
                )
            continue
        scopes.append((year, Text(str(entry.get("zh", "")), str(entry.get("en", "")))))
    return tuple(sorted(scopes, key=lambda scope: scope[0])), problems
