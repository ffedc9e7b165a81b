"""How firms add up to their park, and months to their year.

A roll-up over firms is missing unless every firm active in the period reports ("73 of 76"); the partial sum is only a
lower bound (for quantities that cannot be negative).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ecopark.core.period import Period
from ecopark.observations.model import Facts, Observation, Subject

TOLD = 300
"""Up to how many firms a roll-up keeps each of them for the trace."""


@dataclass(frozen=True, slots=True)
class FirmSum:
    """Sum over the firms of a park.

    Parameters
    ----------
    total
        Sum of what was reported, in the canonical unit.
    reported, expected
        Firms that report, firms active in the period.
    flags
        For flags: the values reported.
    rows
        What was reported, the largest first; kept for parks of at most `TOLD` firms.
    """

    total: Fraction
    reported: int
    expected: int
    flags: tuple[bool, ...] = ()
    rows: tuple[Observation, ...] = ()

    @property
    def complete(self) -> bool:
        return self.reported == self.expected


class RollUp:
    """Firm sums of one set of facts, added up in one pass and kept."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._firms: dict[str, list[Subject]] = {}
        self._sums: dict[tuple[str, str, Period], list[Observation]] | None = None

    def firms(self, park: str) -> list[Subject]:
        """All firms of a park."""
        if park not in self._firms:
            self._firms[park] = self.facts.children(park)
        return self._firms[park]

    def over_firms(self, park: str, quantity: str, period: Period, where: str = "") -> FirmSum | None:
        """The sum of `quantity` over the firms of `park` active in `period`; None if the park has no firms.

        Parameters
        ----------
        where
            ``attribute=value`` conditions joined by ``;``; a value matches as a prefix (``industry=C39``).
        """
        firms = self.firms(park)
        if not firms:
            return None
        active = {f.id for f in firms if f.active(period) and _matches(f, where)}
        rows = [
            o for o in self._rows().get((park, quantity, period), ()) if o.subject in active and not o.not_applicable
        ]
        skipped = sum(
            1 for o in self._rows().get((park, quantity, period), ()) if o.subject in active and o.not_applicable
        )
        numbers = [o.value for o in rows if isinstance(o.value, Fraction)]
        flags = tuple(o.value for o in rows if isinstance(o.value, bool))
        told: tuple[Observation, ...] = ()
        if len(rows) <= TOLD and len(numbers) == len(rows):
            told = tuple(sorted(rows, key=lambda o: (-Fraction(o.value), o.subject)))
        return FirmSum(sum(numbers, Fraction(0)), len(rows) + skipped, len(active), flags, told)

    def _rows(self) -> dict[tuple[str, str, Period], list[Observation]]:
        if self._sums is None:
            self._sums = {}
            ancestors: dict[str, tuple[str, ...]] = {}
            for o in self.facts.observations:
                subject = self.facts.subjects[o.subject]
                if subject.kind != "firm" or o.by:
                    continue
                if o.subject not in ancestors:
                    ancestors[o.subject] = self._above(subject)
                for park in ancestors[o.subject]:
                    self._sums.setdefault((park, o.quantity, o.period), []).append(o)
        return self._sums

    def _above(self, subject: Subject) -> tuple[str, ...]:
        found: list[str] = []
        while subject.parent and subject.parent not in found:
            found.append(subject.parent)
            above = self.facts.subjects.get(subject.parent)
            if above is None:
                break
            subject = above
        return tuple(found)


def _matches(firm: Subject, where: str) -> bool:
    if not where:
        return True
    attributes = dict(firm.attributes)
    for condition in where.split(";"):
        key, _, value = condition.partition("=")
        if not attributes.get(key.strip(), "").startswith(value.strip()):
            return False
    return True


def sub_periods(period: Period) -> tuple[tuple[Period, ...], ...]:
    """The ways a year is made up: twelve months, or four quarters."""
    if period.kind != "year":
        return ()
    months = tuple(Period(period.year, "month", m) for m in range(1, 13))
    quarters = tuple(Period(period.year, "quarter", q) for q in range(1, 5))
    return (months, quarters)


@dataclass(frozen=True, slots=True)
class TimeSum:
    """Sum over months or quarters: the observations found and the periods that are missing."""

    found: tuple[Observation, ...]
    missing: tuple[Period, ...]

    @property
    def total(self) -> Fraction:
        return sum((o.value for o in self.found if isinstance(o.value, Fraction)), Fraction(0))


def over_time(facts: Facts, subject: str, quantity: str, period: Period, by: str = "") -> TimeSum | None:
    """The months or quarters of a year; None if none is given. Only flows and counts add up over time."""
    for parts in sub_periods(period):
        rows = [facts.exact(subject, quantity, p, by) for p in parts]
        if any(rows):
            found = tuple(o for o in rows if o is not None)
            return TimeSum(found, tuple(p for p, o in zip(parts, rows, strict=True) if o is None))
    return None
