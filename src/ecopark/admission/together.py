"""Which set of waiting projects uses the remaining quotas best: a knapsack over every quota and year, solved by HiGHS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ecopark.admission.decision import Decision
from ecopark.admission.policy import QuotaState
from ecopark.admission.project import SUBJECT
from ecopark.core.rounding import decimal_text
from ecopark.errors import InputError, Place, Problem, did_you_mean
from ecopark.observations.quantity import catalogue


@dataclass(frozen=True)
class Choice:
    """The projects to take together.

    Parameters
    ----------
    taken, left
        Places in the list that was given: those to admit, and those that can pass but find no room.
    refused
        Those that the gate refuses, or cannot decide, for other reasons than the quotas.
    total
        Sum of the value of those taken.
    gap
        Relative gap of the proof; 0 if proven best.
    used, room
        What those taken book, and what there is, by (quota, year).
    """

    taken: tuple[int, ...]
    left: tuple[int, ...]
    refused: tuple[int, ...]
    total: Fraction
    gap: float
    used: dict[tuple[str, int], Fraction]
    room: QuotaState

    def to_dict(self) -> dict[str, Any]:
        """The choice as plain data."""
        return {
            "taken": list(self.taken),
            "left": list(self.left),
            "refused": list(self.refused),
            "total": decimal_text(self.total),
            "gap": self.gap,
            "quotas": [
                {"quota": q, "year": y, "used": decimal_text(v), "room": decimal_text(self.room[(q, y)])}
                for (q, y), v in sorted(self.used.items())
                if (q, y) in self.room
            ],
        }


def choose_together(decisions: Sequence[Decision], quotas: QuotaState, *, value: str = "tax_paid_10k_cny") -> Choice:
    """The set of projects with the largest sum of `value` that the quotas bear.

    Parameters
    ----------
    decisions
        What the gate said to each alone; a project that fails only on quotas takes part.
    quotas
        What is left by (quota, year). A quota that is not named does not bind.
    value
        A quantity; projects that do not give it count as nothing and are named in the problems.

    Raises
    ------
    InputError
        The quantity is unknown, or no project gives it.
    """
    quantity = catalogue().find(value)
    if quantity is None:
        hint = did_you_mean(value, catalogue().names)
        raise InputError(
            [Problem("unknown-quantity", Place(), f"没有数据项“{value}”", f"unknown quantity '{value}'.", hint, hint)]
        )
    able = [i for i, d in enumerate(decisions) if _able(d)]
    refused = tuple(i for i in range(len(decisions)) if i not in able)
    worth = {i: _worth(decisions[i], quantity.id) for i in able}
    needs = {i: {(b.quota, b.year): b.required for b in decisions[i].bookings} for i in able}
    taken, gap = _knapsack(able, worth, needs, quotas)
    used: dict[tuple[str, int], Fraction] = {}
    for i in taken:
        for key, amount in needs[i].items():
            used[key] = used.get(key, Fraction(0)) + amount
    total = sum((worth[i] for i in taken), Fraction(0))
    left = tuple(i for i in able if i not in taken)
    return Choice(tuple(taken), left, refused, total, gap, used, dict(quotas))


def _able(decision: Decision) -> bool:
    """Whether nothing but a lack of quota stands against the project."""
    return all(f.rule.kind == "quota" for f in decision.findings if f.decides in ("refuse", "undetermined"))


def _worth(decision: Decision, quantity: str) -> Fraction:
    period = decision.project.period(decision.on.year)
    found = decision.project.facts.get(SUBJECT, quantity, period)
    return found.value if found is not None and isinstance(found.value, Fraction) else Fraction(0)


def _knapsack(
    able: list[int],
    worth: dict[int, Fraction],
    needs: dict[int, dict[tuple[str, int], Fraction]],
    quotas: QuotaState,
) -> tuple[list[int], float]:
    import highspy

    if not able:
        return [], 0.0
    solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("time_limit", 20.0)
    solver.setOptionValue("mip_rel_gap", 0.0)
    top = float(max(worth.values())) or 1.0
    picks = {i: solver.addBinary(obj=float(worth[i]) / top + 1e-9) for i in able}
    for key, room in quotas.items():
        asked = [(i, needs[i][key]) for i in able if needs[i].get(key)]
        if asked:
            scale = float(max(n for _, n in asked))
            solver.addConstr(sum(float(n) / scale * picks[i] for i, n in asked) <= float(room) / scale)
    solver.maximize()
    taken = [i for i in able if solver.val(picks[i]) > 0.5]
    taken = _within(taken, worth, needs, quotas)
    gap = float(solver.getInfo().mip_gap)
    return taken, gap if gap == gap and gap > 1e-9 else 0.0


def _within(
    taken: list[int],
    worth: dict[int, Fraction],
    needs: dict[int, dict[tuple[str, int], Fraction]],
    quotas: QuotaState,
) -> list[int]:
    """The same set, decided exactly: a sum that passes a quota by a rounding of the solver loses its least project."""
    kept = list(taken)
    for key, room in quotas.items():
        while sum((needs[i].get(key, Fraction(0)) for i in kept), Fraction(0)) > room:
            kept.remove(min((i for i in kept if needs[i].get(key)), key=lambda i: worth[i]))
    return kept
