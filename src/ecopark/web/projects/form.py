"""The project form: what is typed into the description the gate reads, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ecopark.admission.policy import Policy
from ecopark.admission.project_form import LABELS, SECTIONS, UNITS
from ecopark.core.text import Text
from ecopark.core.unit import unit
from ecopark.observations.quantity import catalogue

TOP = ("name", "industry_code", "kind", "start", "words", "place")
KINDS = {"new": Text("新建", "new"), "expansion": Text("扩建", "expansion"), "retrofit": Text("技改", "retrofit")}
RATES = Text("已知比率（没有分项数时填）", "Rates, where the figures behind them are not known")
WORD_KEYS = ("words", "processes", "products", "technology")


@dataclass
class Row:
    """One figure of the form."""

    quantity: str
    label: Text
    units: list[str]
    value: str = ""
    unit: str = ""

    @property
    def name(self) -> str:
        """Of its fields."""
        return self.quantity


@dataclass
class Form:
    """The form as it is shown.

    Parameters
    ----------
    top
        Name, industry, kind, start, words, place as texts.
    others
        Figures that the form has no field for (by kind, by year): they stay as they are.
    """

    top: dict[str, str]
    sections: list[tuple[Text, list[Row]]]
    others: list[dict[str, Any]] = field(default_factory=list)


@lru_cache(maxsize=256)
def units_of(symbol: str) -> tuple[str, ...]:
    """A unit and those that convert to it."""
    mine = unit(symbol)
    return (symbol, *(u for u in UNITS if u != symbol and unit(u).compatible(mine)))


def form_of(given: Mapping[str, Any], policy: Policy | None) -> Form:
    """The form with a description in it."""
    words = [str(w) for key in WORD_KEYS for w in _list(given.get(key))]
    top = {
        "name": str(given.get("name") or ""),
        "industry_code": str(given.get("industry_code") or ""),
        "kind": str(given.get("kind") or "new"),
        "start": str(given.get("start") or ""),
        "words": "；".join(words),
        "place": f"parcel:{given['parcel']}"
        if given.get("parcel")
        else f"group:{given['group']}"
        if given.get("group")
        else "",
    }
    sections = [(Text(zh, en), [_row(q) for q in names]) for zh, en, names in SECTIONS]
    rates = [m.quantity for m in policy.movable if m.quantity in policy.ratios] if policy else []
    if policy and rates:
        rows = [Row(r, policy.ratios[r].label, list(units_of(policy.ratios[r].unit))) for r in rates]
        sections.append((RATES, rows))
    known = {row.quantity: row for _, rows in sections for row in rows}
    others = []
    for fact in given.get("facts") or ():
        row = known.get(str(fact.get("quantity")))
        if row is None or fact.get("by") or fact.get("period") or row.value:
            others.append(dict(fact))
        else:
            row.value, row.unit = str(fact.get("value", "")), str(fact.get("unit") or "")
            if row.unit and row.unit not in row.units:
                row.units.insert(0, row.unit)
    return Form(top, sections, others)


def given_of(post: Mapping[str, str], before: Mapping[str, Any], policy: Policy | None) -> dict[str, Any]:
    """What was typed, as a description; figures the form has no field for are those of `before`."""
    form = form_of(before, policy)
    given: dict[str, Any] = {"name": post.get("name", "").strip()[:200]}
    for key in ("industry_code", "start"):
        if post.get(key, "").strip():
            given[key] = post[key].strip()[:40]
    if post.get("kind", "") in KINDS:
        given["kind"] = post["kind"]
    kind, _, name = post.get("place", "").partition(":")
    if name and kind in ("parcel", "group"):
        given[kind] = name
    elif before.get("geometry") and not name:
        given["geometry"] = before["geometry"]
    words = [w.strip() for w in post.get("words", "").replace(";", "；").replace("、", "；").split("；") if w.strip()]
    if words:
        given["words"] = words[:50]
    facts = []
    for _, rows in form.sections:
        for row in rows:
            value = post.get(f"value|{row.name}", "").strip()[:60]
            if value:
                facts.append(
                    {"quantity": row.quantity, "value": value, "unit": post.get(f"unit|{row.name}", row.units[0])[:40]}
                )
    given["facts"] = [*facts, *form.others]
    return given


def facts_said(given: Mapping[str, Any], policy: Policy | None) -> list[dict[str, Any]]:
    """The figures of a description with their labels."""
    ratios = policy.ratios if policy else {}
    found = []
    for fact in given.get("facts") or ():
        name = str(fact.get("quantity"))
        quantity = catalogue().find(name)
        label = (
            Text(*LABELS[name])
            if name in LABELS
            else ratios[name].label
            if name in ratios
            else quantity.label
            if quantity
            else Text(name, name)
        )
        found.append({**fact, "label": label})
    return found


def _row(name: str) -> Row:
    quantity = catalogue()[name]
    label = Text(*LABELS[name]) if name in LABELS else quantity.label
    return Row(name, label, list(units_of(quantity.unit)))


def _list(found: Any) -> list[Any]:
    return list(found) if isinstance(found, list | tuple) else [found] if found else []
