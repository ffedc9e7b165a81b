"""Thresholds and lists as forms: an entry of `rules.yaml` into fields, and the fields back into the entry.

What the form has no field for (other readings, labels of limits) stays in the entry as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ecopark.admission.policy import Policy
from ecopark.admission.rules import CLASSES
from ecopark.core.text import Text
from ecopark.errors import Problem
from ecopark.packs.load import OPERATORS
from ecopark.packs.yaml_lines import Map
from ecopark.web.templatetags.ui import t
from ecopark.web.typed import number_in

KINDS = ("threshold", "list")
"""Kinds of rules that have a form; all others are edited as YAML."""
BLANK = 3
"""Empty rows offered below those that are filled."""
MOST_ROWS = 200
BASES = {
    "seen": Text("已查阅原文（须写来源文件）", "seen in the text (name the document)"),
    "inferred": Text("推断", "inferred"),
    "recalled": Text("凭记忆", "recalled"),
}
EFFECTS = {
    "refuse": Text("不予准入", "refuses"),
    "veto": Text("一票否决", "vetoes"),
    "condition": Text("有条件准入", "admits under a condition"),
}
OPERATOR_WORDS = {
    ">=": Text("≥ 不低于", "≥ at least"),
    "<=": Text("≤ 不高于", "≤ at most"),
    ">": Text("> 高于", "> above"),
    "<": Text("< 低于", "< below"),
    "==": Text("= 等于", "= equal to"),
}
SIMPLE = ("zh", "en", "clause", "source", "basis", "effect", "from", "until")
LIMIT, ENTRY = ("op", "value", "codes", "from", "until", "when"), ("class", "codes", "words", "zh", "en", "clause")
SPLIT = re.compile(r"[,，;；、\s]+")
WORDS = re.compile(r"[,，;；、\n]+")


@dataclass
class RuleForm:
    """A threshold or list as its form shows it.

    Parameters
    ----------
    fields
        What stands in the entry under `SIMPLE`, the measure, the note.
    rows
        Limits of a threshold, lines of a list.
    measures
        Ratios to choose from: id, label, unit.
    """

    kind: str
    fields: dict[str, str]
    rows: list[dict[str, str]]
    measures: list[tuple[str, Text, str]]
    only: bool = False

    @property
    def operators(self) -> list[tuple[str, Text]]:
        """Comparisons to choose from."""
        return [(op, OPERATOR_WORDS.get(op, Text(op, op))) for op in OPERATORS if op != "!="]

    @property
    def classes(self) -> list[tuple[str, Text]]:
        """Classes of a list."""
        return list(CLASSES.items())


def form_of(node: Mapping[str, Any], policy: Policy) -> RuleForm:
    """The form with an entry in it."""
    kind = str(node.get("kind") or "")
    fields = {key: _text(node.get(key)) for key in SIMPLE}
    fields["basis"] = fields["basis"] or "recalled"
    fields["effect"] = fields["effect"] or "refuse"
    fields |= {
        "ratio": _text(node.get("ratio")),
        "formula": _text(node.get("formula")),
        "unit": _text(node.get("unit")),
    }
    if kind == "threshold" and not fields["ratio"] and not fields["formula"] and str(node.get("id")) in policy.ratios:
        fields["ratio"] = str(node.get("id"))
    note = node.get("note")
    fields |= {f"note_{k}": _text(note.get(k)) if isinstance(note, dict) else "" for k in ("zh", "en")}
    names = LIMIT if kind == "threshold" else ENTRY
    rows = []
    for i, entry in enumerate(_entries(node, kind)):
        rows.append({k: _joined(entry.get(k)) for k in names} | {"at": str(i), "none": _none(entry)})
        if kind == "threshold":
            rows[-1]["op"] = rows[-1]["op"] or _text(node.get("op"))
    rows += [dict.fromkeys((*names, "at", "none"), "") for _ in range(BLANK)]
    measures = sorted(((r.id, r.label, r.unit) for r in policy.ratios.values()), key=lambda m: m[0])
    return RuleForm(kind, fields, rows, measures, node.get("only") is True)


def node_of(post: Any, before: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed, as an entry; keys the form has no field for are those of `before`."""
    kind = str(before.get("kind") or "")
    node: dict[str, Any] = {"id": before.get("id"), "kind": kind}
    node |= {k: v for k, v in before.items() if k not in ("to_fill", "limit", "limits", "entries", "op")}
    for key in SIMPLE:
        _put(node, key, post.get(key, ""))
    notes = {k: post.get(f"note_{k}", "").strip() for k in ("zh", "en")}
    node.pop("note", None)
    if any(notes.values()):
        node["note"] = {k: v or notes["zh" if k == "en" else "en"] for k, v in notes.items()}
    if kind == "list":
        node["entries"] = _rows(post, ENTRY, _entries(before, kind))
        node.pop("only", None)
        if post.get("only"):
            node["only"] = True
    else:
        measure = post.get("ratio", "")
        for key in ("ratio", "formula", "unit"):
            node.pop(key, None)
        if measure:
            node["ratio"] = measure
        else:
            _put(node, "formula", post.get("formula", ""))
            _put(node, "unit", post.get("unit", ""))
        node["limits"] = _rows(post, LIMIT, _entries(before, kind))
    return node


def _rows(post: Any, names: tuple[str, ...], before: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    columns = {name: post.getlist(f"row_{name}")[:MOST_ROWS] for name in (*names, "at")}
    made = []
    for i in range(max(map(len, columns.values()))):
        given = {name: found[i].strip() if i < len(found) else "" for name, found in columns.items()}
        at = given.pop("at")
        n = number_in(at)
        old = dict(before[n]) if n is not None and n < len(before) else {}
        typed = {k for k, v in given.items() if v and k not in ("op", "class")}
        if not typed and "none" not in old:
            continue
        kept = {k: v for k, v in old.items() if k not in names}
        row: dict[str, Any] = {}
        for name in names:
            if name in ("codes", "words"):
                found = [w for w in (SPLIT if name == "codes" else WORDS).split(given[name]) if w]
                if found:
                    row[name] = found
            elif given[name]:
                row[name] = given[name]
        made.append(row | kept)
    return made


def where(problem: Problem, node: Any) -> Text | None:
    """Which row of the form a problem is in; None for one of the rule as a whole."""
    line = problem.place.line
    kind = str(node.get("kind") or "") if isinstance(node, Map) else ""
    rows = node.get("limits" if kind == "threshold" else "entries") if kind in KINDS else None
    if line is None or not isinstance(rows, list):
        return None
    found = [i for i, row in enumerate(rows, 1) if isinstance(row, Map) and row.line <= line]
    after = [v for v in node.lines.values() if v > rows[-1].line and v <= line] if rows and found else []
    if not found or after:
        return None
    return Text(f"第 {found[-1]} 行", f"row {found[-1]}")


def _entries(node: Mapping[str, Any], kind: str) -> list[Mapping[str, Any]]:
    if kind == "list":
        found = node.get("entries")
    else:
        found = node.get("limits") or ([node["limit"]] if node.get("limit") else [])
    return [e for e in found if isinstance(e, dict)] if isinstance(found, list) else []


def _put(node: dict[str, Any], key: str, value: str) -> None:
    node.pop(key, None)
    if value.strip():
        node[key] = " ".join(value.split())


def _text(value: Any) -> str:
    return "" if value is None or isinstance(value, dict | list) else str(value)


def _joined(value: Any) -> str:
    return t("、", ", ").join(str(v) for v in value) if isinstance(value, list) else _text(value)


def _none(entry: Mapping[str, Any]) -> str:
    return "1" if "none" in entry else ""
