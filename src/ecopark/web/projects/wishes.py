"""What the officer lets the counter-offer move: weights, what must stay, least and greatest values; asked, never kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ecopark.admission.policy import Policy
from ecopark.observations.quantity import catalogue
from ecopark.web.projects.form import facts_said

PARTS = ("weight", "fix", "low", "high")
"""Fields of a form, as ``PART.QUANTITY``."""


@dataclass(frozen=True)
class Asked:
    """An officer's wishes as `admit` takes them.

    Parameters
    ----------
    weights
        Cost of a relative change of one, by quantity or ratio.
    fix
        What must not move.
    ranges
        Least and greatest value, in the canonical unit; None is open.
    """

    weights: Mapping[str, str] = field(default_factory=dict)
    fix: tuple[str, ...] = ()
    ranges: Mapping[str, tuple[str | None, str | None]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.weights or self.fix or self.ranges)


NONE = Asked()


def asked_in(form: Mapping[str, Any]) -> Asked:
    """The wishes of a form's fields; what is left empty is not asked for."""
    given: dict[str, dict[str, str]] = {part: {} for part in PARTS}
    for name, value in form.items():
        part, dot, quantity = name.partition(".")
        if dot and quantity and part in given and str(value).strip():
            given[part][quantity] = str(value).strip()
    ends = {q: (given["low"].get(q), given["high"].get(q)) for q in {**given["low"], **given["high"]}}
    return Asked(given["weight"], tuple(given["fix"]), ends)


def rows(description: Mapping[str, Any], policy: Policy | None, asked: Asked) -> list[dict[str, Any]]:
    """The form's rows: a project's numbers, each with what was asked of it and the unit its ends are in."""
    ratios = policy.ratios if policy else {}
    found = {}
    for fact in facts_said(description, policy):
        quantity = catalogue().find(str(fact["quantity"]))
        name = quantity.id if quantity else str(fact["quantity"])
        if fact.get("by") or (quantity is not None and quantity.kind in ("flag", "code", "text", "attribute")):
            continue
        low, high = asked.ranges.get(name, (None, None))
        found[name] = {
            "name": name, "label": fact["label"], "value": fact.get("value"), "unit": fact.get("unit"),
            "own": quantity.unit if quantity else ratios[name].unit if name in ratios else "",
            "weight": asked.weights.get(name, ""), "fixed": name in asked.fix, "low": low or "", "high": high or "",
        }  # fmt: skip
    return list(found.values())


def fields(asked: Asked) -> list[tuple[str, str]]:
    """The wishes as hidden fields of another form."""
    found = [(f"weight.{q}", w) for q, w in asked.weights.items()] + [(f"fix.{q}", "on") for q in asked.fix]
    for q, ends in asked.ranges.items():
        found += [(f"{part}.{q}", end) for part, end in zip(("low", "high"), ends, strict=True) if end]
    return found
