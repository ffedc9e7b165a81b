"""How firms add up to their park.

A roll-up over firms is missing unless every firm active in the period reports ("73 of 76"); the partial sum is only a
lower bound (for quantities that cannot be negative). A firm's own year is typed, the sum of its codes, or made of its months
(`indicators.one_year`). By code the firms add up like the rows of a park: an open list of a firm (its fuels) is complete once
it has given one row, a closed one needs every code.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from ecopark.core.period import Period
from ecopark.core.trace import Trace
from ecopark.indicators.one_year import Figure, code_figures, holes, part_figures, year_figure
from ecopark.observations.model import Facts, Subject
from ecopark.observations.quantity import Quantity, catalogue

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
        What each firm reported, the largest first; kept for parks of at most `TOLD` firms.
    applies
        Whether any firm reported more than that it does not apply.
    """

    total: Fraction
    reported: int
    expected: int
    flags: tuple[bool, ...] = ()
    rows: tuple[tuple[str, Figure], ...] = ()
    applies: bool = True

    @property
    def complete(self) -> bool:
        return self.reported == self.expected


@dataclass(frozen=True)
class FirmCodes:
    """The breakdowns of the firms of a park.

    Parameters
    ----------
    quantity
        What is broken down.
    expected
        Firms active in the period.
    firms
        By firm what it gave by code; nothing for a firm that said n/a. Firms that gave no breakdown are left out.
    """

    quantity: Quantity
    expected: int
    firms: dict[str, dict[str, Figure]]
    _sums: dict[str, FirmSum] = field(default_factory=dict, compare=False)

    @property
    def reported(self) -> int:
        """Firms that gave their breakdown, with no month of it lacking."""
        return sum(all(f.told for f in codes.values()) for codes in self.firms.values())

    @property
    def complete(self) -> bool:
        return self.reported == self.expected

    def holes(self) -> list[str]:
        """The codes of closed lists that some firm that gave rows did not give."""
        lacking = {piece for codes in self.firms.values() if codes for piece in holes(self.quantity, codes)}
        return [piece for piece in holes(self.quantity, ()) if piece in lacking]

    def codes(self) -> list[str]:
        """The breakdowns that any firm gave."""
        return sorted({by for codes in self.firms.values() for by in codes})

    def row(self, by: str) -> FirmSum:
        """The sum of one row as firms gave it, finer rows left out: rows add up to the whole."""
        return self._sum(by, ((firm, [codes[by]]) for firm, codes in self.firms.items() if by in codes))

    def part(self, by: str) -> FirmSum:
        """The sum of one breakdown value; a firm reports it where its rows say what it is, if only that it is zero."""
        if by not in self._sums:
            parts = (
                (f, [] if not codes else part_figures(self.quantity, codes, by)) for f, codes in self.firms.items()
            )
            self._sums[by] = self._sum(by, ((firm, found) for firm, found in parts if found is not None))
        return self._sums[by]

    def _sum(self, by: str, parts: Iterable[tuple[str, list[Figure]]]) -> FirmSum:
        rows: list[tuple[str, Figure]] = []
        reported, total = 0, Fraction(0)
        for firm, figures in parts:
            reported += all(f.told for f in figures)
            for figure in figures:
                if isinstance(figure.value, Fraction):
                    total += figure.value
                    rows.append((firm, figure))
        return FirmSum(total, reported, self.expected, rows=_largest(rows))


class RollUp:
    """Firm sums of one set of facts, each made once and kept."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._firms: dict[str, list[Subject]] = {}
        self._actives: dict[tuple[str, Period, str], set[str]] = {}
        self._sums: dict[tuple[str, str, Period, str], FirmSum | None] = {}
        self._codes: dict[tuple[str, str, Period], FirmCodes | None] = {}
        self.told: dict[tuple[str, str, Period, str], Trace] = {}
        """The steps that tell of the sums, for whoever explains them."""

    @classmethod
    def of(cls, facts: Facts) -> RollUp:
        """The firm sums of these facts, shared by all who ask."""
        found = facts.derived.get(cls)
        if not isinstance(found, cls):
            found = facts.derived[cls] = cls(facts)
        return found

    def after(self, facts: Facts, changed: frozenset[str]) -> RollUp:
        """The sums of the quantities that have not changed."""
        made = RollUp(facts)
        made._firms, made._actives = self._firms, self._actives
        made._sums = {key: found for key, found in list(self._sums.items()) if key[1] not in changed}
        made._codes = {key: found for key, found in list(self._codes.items()) if key[1] not in changed}
        made.told = {key: step for key, step in list(self.told.items()) if key[1] not in changed}
        return made

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
        key = (park, quantity, period, where)
        if key not in self._sums:
            self._sums[key] = self._over_firms(*key)
        return self._sums[key]

    def _over_firms(self, park: str, name: str, period: Period, where: str) -> FirmSum | None:
        if not self.firms(park):
            return None
        quantity = catalogue()[name]
        active, reporters = self._active(park, name, period, where)
        found = [
            (f, figure) for f in reporters if (figure := year_figure(self.facts, f, quantity, period)) and figure.told
        ]
        numbers = [f.value for _, f in found if isinstance(f.value, Fraction)]
        flags = tuple(f.value for _, f in found if isinstance(f.value, bool))
        rows = [(firm, figure) for firm, figure in found if isinstance(figure.value, Fraction)]
        told = _largest(rows) if not flags else ()
        return FirmSum(sum(numbers, Fraction(0)), len(found), len(active), flags, told, bool(numbers or flags))

    def codes(self, park: str, name: str, period: Period) -> FirmCodes | None:
        """The breakdowns of the firms of `park` active in `period`; None if no firm gave any, or they do not add up."""
        key = (park, name, period)
        if key not in self._codes:
            self._codes[key] = self._by_code(*key)
        return self._codes[key]

    def _by_code(self, park: str, name: str, period: Period) -> FirmCodes | None:
        quantity = catalogue()[name]
        if quantity.rollup != "sum" or not quantity.breakdowns or not self.firms(park):
            return None
        active, reporters = self._active(park, name, period, "")
        firms: dict[str, dict[str, Figure]] = {}
        for firm in reporters:
            codes = code_figures(self.facts, firm, quantity, period)
            said = self.facts.get(firm, name, period)
            if codes or (said is not None and said.not_applicable):
                firms[firm] = codes
        return FirmCodes(quantity, len(active), firms) if any(firms.values()) else None

    def _active(self, park: str, name: str, period: Period, where: str) -> tuple[set[str], list[str]]:
        """The firms active in the period, and those of them that have said anything of a quantity."""
        key = (park, period, where)
        if key not in self._actives:
            self._actives[key] = {f.id for f in self.firms(park) if f.active(period) and matches(f, where)}
        active = self._actives[key]
        said = self.facts.reporters(name, period.year)
        if period.year and (always := self.facts.reporters(name, 0)):
            said = {**said, **always}
        return active, [firm for firm in said if firm in active]


def _largest(rows: list[tuple[str, Figure]]) -> tuple[tuple[str, Figure], ...]:
    """What each firm gave, the largest first; nothing where they are too many to be told."""
    return tuple(sorted(rows, key=_size)) if len(rows) <= TOLD else ()


def _size(row: tuple[str, Figure]) -> tuple[Fraction, str]:
    value = row[1].value
    return (-value if isinstance(value, Fraction) else Fraction(0), row[0])


def matches(firm: Subject, where: str) -> bool:
    """Whether a firm has the attributes that ``sum_firms(..., where=...)`` asks for."""
    if not where:
        return True
    attributes = dict(firm.attributes)
    for condition in where.split(";"):
        key, _, value = condition.partition("=")
        if not attributes.get(key.strip(), "").startswith(value.strip()):
            return False
    return True
