"""Where a project passes, as a region of its figures: inequalities between polynomials, joined by *all of* and *one of*.

A region speaks of variables by number; `counter_formulas` makes regions of formulas, `counter_demands` of rules, and
`counter_model` finds the cheapest point in one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from ecopark.expr.polynomial import Interval, Poly, value_at

Box = Sequence[tuple[float, float]]
"""Low and high of every variable."""


@dataclass(frozen=True, eq=False, slots=True)
class Below:
    """``poly <= 0``, or ``poly < 0`` where `strict`."""

    poly: Poly
    strict: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class AllOf:
    """Every part holds."""

    parts: tuple[Region, ...]


@dataclass(frozen=True, eq=False, slots=True)
class OneOf:
    """At least one part holds."""

    parts: tuple[Region, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Marks:
    """The points of all items together reach `least`; of each item one option counts, where its region holds."""

    least: Fraction
    items: tuple[tuple[tuple[Fraction, Region], ...], ...]


@dataclass(frozen=True, eq=False, slots=True)
class Opaque:
    """A test that is no inequality of polynomials; `possible` says whether it can hold anywhere in a box of figures.

    Parameters
    ----------
    possible
        Asked with the range of every variable; True where it does not know.
    variables
        On which the test depends.
    """

    possible: Callable[[Mapping[int, Interval]], bool]
    variables: frozenset[int]


Region = Below | AllOf | OneOf | Marks | Opaque

YES = AllOf(())
NO = OneOf(())


def all_of(*parts: Region) -> Region:
    """Every part; nested ones are flattened, and one that never holds decides."""
    found: list[Region] = []
    for part in parts:
        if isinstance(part, OneOf) and not part.parts:
            return NO
        found += part.parts if isinstance(part, AllOf) else (part,)
    return found[0] if len(found) == 1 else AllOf(tuple(found))


def one_of(*parts: Region) -> Region:
    """At least one part; nested ones are flattened, and one that always holds decides."""
    found: list[Region] = []
    for part in parts:
        if isinstance(part, AllOf) and not part.parts:
            return YES
        found += part.parts if isinstance(part, OneOf) else (part,)
    return found[0] if len(found) == 1 else OneOf(tuple(found))


def holds(region: Region, at: Mapping[int, Fraction]) -> bool:
    """Whether a point lies in a region, exactly; an opaque test counts as held."""
    match region:
        case Below(poly, strict):
            value = value_at(poly, at)
            return value < 0 if strict else value <= 0
        case AllOf(parts):
            return all(holds(p, at) for p in parts)
        case OneOf(parts):
            return any(holds(p, at) for p in parts)
        case Marks(least, items):
            total = Fraction(0)
            for options in items:
                points = [p for p, inner in options if holds(inner, at)]
                if not points:
                    return False
                total += max(points)
            return total >= least
        case Opaque():
            return True


def atoms(region: Region) -> list[Below | Opaque]:
    """Every inequality and opaque test below a region."""
    match region:
        case AllOf(parts) | OneOf(parts):
            return [a for p in parts for a in atoms(p)]
        case Marks(_, items):
            return [a for options in items for _, inner in options for a in atoms(inner)]
        case _:
            return [region]
