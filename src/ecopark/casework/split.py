"""A target split into tasks: what each is expected to bring towards it, and whether that is enough to close the gap.

An effect is an amount in the unit of the target, counted towards it: 60 of a use that must fall by 100 is 60, not -60. What
works against the target is negative. That effects add up is what the people say who split the target; nothing here shows it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from ecopark.casework.tasks import Target


@dataclass(frozen=True, slots=True)
class Split:
    """Expected effects against the gap.

    Parameters
    ----------
    gap
        How far the figure is from its target; None where it is not known where it stands.
    promised
        What the tasks are expected to bring together.
    unsaid
        Tasks that say nothing of their effect.
    """

    gap: Fraction | None
    promised: Fraction
    unsaid: int

    @property
    def short(self) -> Fraction | None:
        """What is lacking, zero if it is enough; None where the gap is not known."""
        return None if self.gap is None else max(self.gap - self.promised, Fraction(0))


def gap_of(target: Target) -> Fraction | None:
    """How far the figure must go from where it started; zero where it is there already, None without a start.

    Examples
    --------
    >>> gap_of(Target("<=", Fraction(900), Fraction(1000))), gap_of(Target(">=", Fraction(5), Fraction(7)))
    (Fraction(100, 1), Fraction(0, 1))
    """
    if target.base is None:
        return None
    return Fraction(0) if target.reached(target.base) else abs(target.value - target.base)


def split(target: Target, effects: Iterable[Fraction | None]) -> Split:
    """What the tasks of one target are expected to bring, against its gap; None: a task that says nothing.

    Examples
    --------
    >>> found = split(Target("<=", Fraction(900), Fraction(1000)), [Fraction(60), None, Fraction(10)])
    >>> found.gap, found.promised, found.short, found.unsaid
    (Fraction(100, 1), Fraction(70, 1), Fraction(30, 1), 1)
    """
    known = list(effects)
    said = [effect for effect in known if effect is not None]
    return Split(gap_of(target), sum(said, Fraction(0)), len(known) - len(said))


def portion(target: Target, share: Fraction) -> Fraction | None:
    """The amount that a share (0 to 1) of the gap comes to; None where the gap is not known."""
    gap = gap_of(target)
    return None if gap is None else gap * share
