"""After entry: what a project promised against what it delivers, year by year.

A promise without a year is one of full production: it counts from the first year of production on. Only where it is known
which way is better is a figure judged; others are shown side by side.
"""

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

LESS = {
    "energy_total_tce", "energy_industrial_tce", "electricity_in_kwh", "heat_in_gj", "fuel_consumption",
    "industrial_fresh_water_m3", "wastewater_generated_m3", "industrial_wastewater_discharge_t", "co2_emissions_t",
    "solid_waste_generated_t", "hazardous_waste_generated_t", "land_area_mu",
    *(f"emission_{name}_t" for name in ("cod", "nh3n", "so2", "nox", "vocs", "dust")),
}  # fmt: skip
"""Quantities of which less is better."""
MORE = {
    "fixed_investment", "industrial_gross_output", "industrial_value_added", "tax_paid_10k_cny", "rd_expenditure",
    "employees", "floor_area_m2",
}  # fmt: skip
"""Quantities of which more is better."""
STATUSES = ("kept", "short", "not_due", "shown", "undetermined")
KEPT = Fraction(1)


@dataclass(frozen=True, slots=True)
class Promise:
    """One promised figure in one year.

    Parameters
    ----------
    status
        One of `STATUSES`: kept, short, before the first year of production, shown without judgement (nobody says which way
        is better), or nothing reported.
    share
        Delivered over promised, where more is better; promised over delivered, where less is. None where either is zero
        and the other is not.
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
            early = not str(o.period) and project.start is not None and number < project.start
            found.append(_held(o.quantity, o.value, policy, lookup, period, early))
    return tuple(found)


def _held(name: str, promised: Fraction, policy: Policy, lookup: SubjectLookup, period: Period, early: bool) -> Promise:
    ratio = policy.ratios.get(name)
    if ratio is not None:
        label, unit, formula = ratio.label, ratio.unit, ratio.formula
        better = {"lower": "less", "higher": "more"}.get(ratio.direction, "")
    else:
        quantity = catalogue()[name]
        label, unit, formula = quantity.label, quantity.unit, name
        better = "less" if name in LESS else "more" if name in MORE else ""
    value: Any = evaluate(compiled(formula, unit), lookup, period).value if formula else None
    delivered = value if isinstance(value, Fraction) and not isinstance(value, Missing) else None
    if delivered is None or early or not better:
        status = "not_due" if early else "undetermined" if delivered is None else "shown"
        return Promise(name, label, period.year, unit, promised, delivered, None, status)
    good = delivered <= promised if better == "less" else delivered >= promised
    top, bottom = (promised, delivered) if better == "less" else (delivered, promised)
    share = top / bottom if bottom else None if top else KEPT
    return Promise(name, label, period.year, unit, promised, delivered, share, "kept" if good else "short")
