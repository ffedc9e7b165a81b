"""After entry: what a project promised against what it delivers, year by year."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ecopark.admission.policy import Policy
from ecopark.admission.project import SUBJECT, Project
from ecopark.core.period import Period, year
from ecopark.core.rounding import decimal_text
from ecopark.core.text import Text
from ecopark.core.value import Missing
from ecopark.expr.traced import evaluate
from ecopark.indicators.resolve import SubjectLookup, compiled
from ecopark.observations.model import Facts
from ecopark.observations.quantity import catalogue

LESS_IS_BETTER = ("energy", "emission", "water", "co2", "waste", "land")
KEPT = Fraction(1)


@dataclass(frozen=True, slots=True)
class Promise:
    """One promised figure in one year.

    Parameters
    ----------
    status
        ``kept``, ``short`` or ``undetermined`` (nothing delivered yet, or nothing reported).
    share
        Delivered over promised, where more is better; promised over delivered, where less is.
    """

    quantity: str
    label: Text
    year: int
    unit: str
    promised: Fraction
    delivered: Fraction | None
    share: Fraction | None
    status: str

    def to_dict(self) -> dict[str, Any]:
        """The line as plain data."""
        return {
            "quantity": self.quantity,
            "year": self.year,
            "unit": self.unit,
            "promised": decimal_text(self.promised),
            "delivered": None if self.delivered is None else decimal_text(self.delivered),
            "share": None if self.share is None else decimal_text(self.share, 4),
            "status": self.status,
        }


def post_entry(
    project: Project, policy: Policy, facts: Facts, subject: str, years: Iterable[int]
) -> tuple[Promise, ...]:
    """What was promised at the gate against the firm's own figures.

    Parameters
    ----------
    project
        As it was admitted.
    facts, subject
        The firm's figures, under its own id.
    years
        Years to look at; a promise without a year counts for each of them.
    """
    found = []
    lookup = SubjectLookup(facts, subject)
    for number in years:
        period = year(number)
        for o in project.facts.observations:
            current = project.facts.get(SUBJECT, o.quantity, period, o.by)
            if current is not o or o.by or not isinstance(o.value, Fraction) or isinstance(o.value, bool):
                continue
            found.append(_held(o.quantity, o.value, policy, lookup, period))
    return tuple(found)


def _held(name: str, promised: Fraction, policy: Policy, lookup: SubjectLookup, period: Period) -> Promise:
    ratio = policy.ratios.get(name)
    if ratio is not None:
        label, unit, lower = ratio.label, ratio.unit, ratio.direction == "lower"
        formula = ratio.formula
    else:
        quantity = catalogue()[name]
        label, unit, formula = quantity.label, quantity.unit, name
        lower = any(word in name for word in LESS_IS_BETTER)
    value: Any = evaluate(compiled(formula, unit), lookup, period).value if formula else None
    delivered = value if isinstance(value, Fraction) and not isinstance(value, Missing) else None
    if delivered is None:
        return Promise(name, label, period.year, unit, promised, None, None, "undetermined")
    top, bottom = (promised, delivered) if lower else (delivered, promised)
    share = top / bottom if bottom else KEPT
    return Promise(name, label, period.year, unit, promised, delivered, share, "kept" if share >= KEPT else "short")
