"""What grading gives: a line per item, a grade per firm, and all of them together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from ecopark.core.rounding import decimal_text
from ecopark.core.text import Text
from ecopark.errors import Problem
from ecopark.grading.firms import Firm, FirmTable
from ecopark.grading.method import Method
from ecopark.grading.score import Spread

OUTSIDE = "outside"
"""How firms out of scope are counted."""


@dataclass(frozen=True, slots=True)
class ItemScore:
    """One line of a firm's sheet.

    Parameters
    ----------
    value, unit
        The indicator's value; None where missing.
    points
        None where the missing-value rule leaves it open.
    note
        Which rule was used, what was missing.
    filled
        The points come from a missing-value rule.
    base_note
        How the base was made from last year's figures.
    """

    id: str
    label: Text
    value: Fraction | None
    unit: str
    base: Fraction | None
    weight: Fraction | None
    points: Fraction | None
    note: Text = Text()
    filled: bool = False
    base_note: Text = Text()

    def to_dict(self) -> dict[str, Any]:
        """As in the JSON of `ecopark grade`."""
        return {
            "id": self.id,
            "value": _text(self.value),
            "base": _text(self.base),
            "weight": _text(self.weight),
            "points": _text(self.points),
        }


@dataclass(frozen=True)
class FirmGrade:
    """What a method says of one firm.

    Parameters
    ----------
    score, rank, of
        None where something the score needs is missing; `of` is how many were ranked together.
    by_rank
        The class that rank or score alone give, before vetoes and floors.
    grade
        The class in the end; None where there is none.
    treated_as
        An exempt firm's treatment.
    outside
        Why the firm does not belong into the method's scope; it has no items then.
    """

    firm: Firm
    group: str
    items: tuple[ItemScore, ...]
    score: Fraction | None = None
    rank: int | None = None
    of: int = 0
    by_rank: str | None = None
    grade: str | None = None
    treated_as: str = ""
    notes: tuple[Text, ...] = ()
    exempt: bool = False
    outside: Text = Text()

    def to_dict(self) -> dict[str, Any]:
        """As in the JSON of `ecopark grade`; a firm outside the scope says so under a key of its own."""
        more = {"outside": {"zh": self.outside.zh, "en": self.outside.en}} if self.outside else {}
        return more | {
            "firm": self.firm.id,
            "group": self.group,
            "score": _text(self.score),
            "rank": self.rank,
            "grade": self.grade,
            "items": [i.to_dict() for i in self.items],
        }


@dataclass(frozen=True)
class Grading:
    """All firms graded by one method, in the order they were given."""

    method: Method
    table: FirmTable
    firms: tuple[FirmGrade, ...]
    warnings: tuple[Problem, ...] = ()
    spreads: Mapping[tuple[str, str], Spread] = field(default_factory=dict, compare=False)

    def to_list(self) -> list[dict[str, Any]]:
        """As in the JSON of `ecopark grade`."""
        return [f.to_dict() for f in self.firms]

    def of(self, firm_id: str) -> FirmGrade:
        """The grade of the firm with this id, name or credit code."""
        firm = self.table.firm(firm_id)
        return next(g for g in self.firms if g.firm.id == firm.id)

    def counts(self) -> dict[str, dict[str, int]]:
        """Number of firms by group and class; ``""`` counts those without a class, ``outside`` those out of scope."""
        found: dict[str, dict[str, int]] = {}
        for g in self.firms:
            here = found.setdefault(g.group, {})
            key = OUTSIDE if g.outside else g.grade or ""
            here[key] = here.get(key, 0) + 1
        return found


def _text(number: Fraction | None) -> str | None:
    return None if number is None else decimal_text(number)
