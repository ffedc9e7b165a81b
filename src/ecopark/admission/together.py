"""Which set of waiting projects uses what is left best: a knapsack over quotas, parcels and carrying capacity (HiGHS)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ecopark.admission.capacity_rules import Claim
from ecopark.admission.decision import Decision
from ecopark.admission.policy import QuotaState
from ecopark.admission.project import SUBJECT
from ecopark.core.rounding import decimal_text
from ecopark.core.solver import quiet_solver
from ecopark.errors import InputError, Place, Problem, did_you_mean
from ecopark.observations.quantity import catalogue

Key = tuple[str, str]
"""What is shared: (quota, year), (rule of carrying capacity, unit) or ("parcel", id)."""
SHARED_KINDS = ("quota", "capacity")


@dataclass(frozen=True)
class Choice:
    """The projects to take together.

    Parameters
    ----------
    taken, left
        Places in the list that was given: those to admit, and those that can pass but find no room.
    refused
        Those that the gate refuses, or cannot decide, for other reasons than what is shared.
    total
        Sum of the value of those taken.
    gap
        Relative gap of the proof; 0 if proven best.
    used, room
        What those taken book, and what there is, by what is shared.
    held_back
        For each of `left`: what would not bear it beside those taken.
    decisions
        What the gate said to each alone.
    value
        The quantity whose sum was made as large as it can be.
    """

    taken: tuple[int, ...]
    left: tuple[int, ...]
    refused: tuple[int, ...]
    total: Fraction
    gap: float
    used: dict[Key, Fraction]
    room: dict[Key, Fraction]
    held_back: dict[int, tuple[Key, ...]]
    decisions: tuple[Decision, ...]
    value: str

    def to_dict(self) -> dict[str, Any]:
        """The choice as plain data."""
        return {
            "taken": list(self.taken),
            "left": [{"project": i, "held_back_by": ["/".join(k) for k in self.held_back[i]]} for i in self.left],
            "refused": list(self.refused),
            "names": [d.project.name for d in self.decisions],
            "value": self.value,
            "total": decimal_text(self.total),
            "gap": self.gap,
            "shared": [
                {"of": key[0], "at": key[1], "used": decimal_text(used), "room": decimal_text(self.room[key])}
                for key, used in sorted(self.used.items())
                if key in self.room
            ],
        }


def choose_together(
    decisions: Sequence[Decision],
    quotas: QuotaState,
    *,
    value: str = "tax_paid_10k_cny",
    claims: Sequence[Claim] = (),
) -> Choice:
    """The set of projects with the largest sum of `value` that quotas, parcels and carrying capacity bear.

    Parameters
    ----------
    decisions
        What the gate said to each alone; a project that fails only on what is shared takes part.
    quotas
        What is left by (quota, year). A quota that is not named does not bind.
    value
        A quantity; a project that does not give it counts as nothing.
    claims
        What each takes of the ground, as `capacity_rules.claims` finds it.

    Raises
    ------
    InputError
        The quantity is unknown, or none of the projects that could pass gives it.
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
    if able and not any(worth.values()):
        zh, en = f"没有项目填报“{quantity.label.zh}”", f"none of the projects gives '{quantity.id}'"
        raise InputError([Problem("value-missing", Place(), zh, en, "请换一个 --value。", "Choose another --value.")])
    room = {(quota, str(year)): left for (quota, year), left in quotas.items()}
    needs: dict[int, dict[Key, Fraction]] = {}
    for i in able:
        needs[i] = _bookings(decisions[i])
        for key, (need, there) in (claims[i] if claims else {}).items():
            needs[i][key] = need
            room[key] = there
    taken, gap = _knapsack(able, worth, needs, room)
    used: dict[Key, Fraction] = {}
    for i in taken:
        for key, amount in needs[i].items():
            used[key] = used.get(key, Fraction(0)) + amount
    total = sum((worth[i] for i in taken), Fraction(0))
    left = tuple(i for i in able if i not in taken)
    nothing = Fraction(0)
    held = {i: tuple(k for k, n in needs[i].items() if k in room and used.get(k, nothing) + n > room[k]) for i in left}
    return Choice(tuple(taken), left, refused, total, gap, used, room, held, tuple(decisions), quantity.id)


def _bookings(decision: Decision) -> dict[Key, Fraction]:
    """What it takes of each quota; several rules on one quota add up."""
    found: dict[Key, Fraction] = {}
    for b in decision.bookings:
        key = (b.quota, str(b.year))
        found[key] = found.get(key, Fraction(0)) + b.required
    return found


def _able(decision: Decision) -> bool:
    """Whether nothing but a lack of what is shared stands against the project."""
    return all(
        f.rule.kind in SHARED_KINDS and f.status == "not_met"
        for f in decision.findings
        if f.decides in ("refuse", "undetermined")
    )


def _worth(decision: Decision, quantity: str) -> Fraction:
    period = decision.project.period(decision.on.year)
    found = decision.project.facts.get(SUBJECT, quantity, period)
    return found.value if found is not None and isinstance(found.value, Fraction) else Fraction(0)


def _knapsack(
    able: list[int],
    worth: dict[int, Fraction],
    needs: dict[int, dict[Key, Fraction]],
    quotas: dict[Key, Fraction],
) -> tuple[list[int], float]:
    if not able:
        return [], 0.0
    solver = quiet_solver(time_limit=20.0, mip_rel_gap=0.0)
    top = float(max(worth.values())) or 1.0
    picks = {i: solver.addBinary(obj=float(worth[i]) / top + 1e-9) for i in able}
    for key, room in quotas.items():
        asked = [(i, needs[i][key]) for i in able if needs[i].get(key)]
        if asked:
            scale = float(max(n for _, n in asked))
            solver.addConstr(sum(float(n) / scale * picks[i] for i, n in asked) <= max(float(room) / scale, 0.0))
    solver.maximize()
    found = [i for i in able if solver.val(picks[i]) > 0.5]
    taken = _within(found, worth, needs, quotas)
    gap = float(solver.getInfo().mip_gap)
    lost = sum((worth[i] for i in found if i not in taken), Fraction(0))
    gap = (gap if gap == gap and gap > 1e-9 else 0.0) + float(lost) / top
    return taken, gap


def _within(
    taken: list[int],
    worth: dict[int, Fraction],
    needs: dict[int, dict[Key, Fraction]],
    quotas: dict[Key, Fraction],
) -> list[int]:
    """The same set, decided exactly: a sum that passes a quota by a rounding of the solver loses its least project."""
    kept = list(taken)
    for key, room in quotas.items():
        while sum((needs[i].get(key, Fraction(0)) for i in kept), Fraction(0)) > room:
            kept.remove(min((i for i in kept if needs[i].get(key)), key=lambda i: worth[i]))
    return kept
