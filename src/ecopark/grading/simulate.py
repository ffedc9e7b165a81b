"""What if: other weights, bases or cut-offs, who moves and why; and how firm a class is under small changes of weights."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecopark.core.rounding import decimal_text
from ecopark.core.text import Text
from ecopark.grading.grade import grade_firms, last_position
from ecopark.grading.method import Cutoffs, Method
from ecopark.grading.result import FirmGrade, Grading

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Move:
    """One firm under two methods.

    Parameters
    ----------
    reasons
        Items by how much their points changed, largest first.
    """

    firm: str
    before: FirmGrade
    after: FirmGrade
    reasons: tuple[tuple[str, Fraction], ...]

    @property
    def moved(self) -> bool:
        """Whether the class changed."""
        return self.before.grade != self.after.grade

    def to_dict(self) -> dict[str, Any]:
        """The move as plain data."""
        before, after = self.before.to_dict(), self.after.to_dict()
        return {
            "firm": self.firm,
            "moved": self.moved,
            "before": {k: before[k] for k in ("score", "rank", "grade")},
            "after": {k: after[k] for k in ("score", "rank", "grade")},
            "reasons": [{"id": k, "points": decimal_text(v)} for k, v in self.reasons if v],
        }

    def why(self) -> Text:
        """The largest changes of points, or that others moved."""
        top = [(k, v) for k, v in self.reasons if v][:3]
        if not top:
            return Text(
                "本企业得分不变，因他人名次或界限变化", "its own points are the same: others or the cut-offs moved"
            )
        labels = {i.id: i.label for i in (*self.before.items, *self.after.items)}
        amounts = [f"{'+' if v > 0 else ''}{float(v):.4g}" for _, v in top]
        zh, en = ([f"{labels[k][lang]} {v}" for (k, _), v in zip(top, amounts)] for lang in ("zh", "en"))
        return Text(f"得分变化：{'、'.join(zh)}", f"points: {', '.join(en)}")


def simulate(grading: Grading, changed: Method) -> list[Move]:
    """Every firm under a changed method; those whose class changes first."""
    after = {g.firm.id: g for g in grade_firms(grading.table, changed).firms}
    moves = []
    for before in grading.firms:
        now = after[before.firm.id]
        earned = {i.id: i.points or Fraction(0) for i in now.items}
        reasons = {i.id: earned.pop(i.id, Fraction(0)) - (i.points or Fraction(0)) for i in before.items} | earned
        ordered = tuple(sorted(reasons.items(), key=lambda r: -abs(r[1])))
        moves.append(Move(before.firm.id, before, now, ordered))
    return sorted(moves, key=lambda m: (not m.moved, m.after.rank or 10**9))


@dataclass(frozen=True, slots=True)
class Stability:
    """How often a firm keeps its class when every weight is changed a little at random."""

    firm: str
    grade: str
    kept: float
    shares: tuple[tuple[str, float], ...]


def stability(grading: Grading, *, draws: int = 500, spread: float = 0.1, seed: int = 7) -> list[Stability]:
    """Keep-rates by class, most shaky first.

    Parameters
    ----------
    draws
        How often all weights are drawn anew.
    spread
        Each weight is multiplied by a factor drawn evenly from ``1 - spread`` to ``1 + spread``; the weights of a group then
        add up to what they did.
    seed
        Of the generator (PCG64): the same seed gives the same answer.
    """
    method = grading.method
    if method.cutoffs is None:
        return []
    rng = np.random.Generator(np.random.PCG64(seed))
    pools: dict[str, list[FirmGrade]] = {}
    for g in grading.firms:
        if g.rank is not None:
            pools.setdefault(g.group if method.rank_within == "group" else "", []).append(g)
    factors = {g.id: _factors(rng, [i.weight for i in g.items], draws, spread) for g in method.groups}
    found = []
    for firms in pools.values():
        scores = np.array([_scores(f, factors[f.group], draws) for f in firms])
        levels = np.array([_levels(scores[:, d], method.cutoffs) for d in range(draws)]).T
        for f, own in zip(firms, levels):
            names = method.cutoffs.ids
            shares = tuple((c, float(np.mean(own == at))) for at, c in enumerate(names))
            kept = dict(shares).get(f.by_rank or "", 0.0)
            found.append(Stability(f.firm.id, f.by_rank or "", kept, tuple(s for s in shares if s[1])))
    return sorted(found, key=lambda s: (s.kept, s.firm))


def _factors(rng: np.random.Generator, weights: list[Fraction | None], draws: int, spread: float) -> Floats:
    """Relative weights (draws, items) whose weighted sum stays."""
    own = np.array([float(w or 0) for w in weights])
    drawn = 1 + spread * rng.uniform(-1, 1, (draws, len(own)))
    total = drawn @ own
    scale = np.where(total > 0, own.sum() / np.where(total > 0, total, 1.0), 1.0)
    return np.asarray(drawn * scale[:, None], dtype=np.float64)


def _scores(firm: FirmGrade, factors: Floats, draws: int) -> Floats:
    """The firm's score in every draw: points of an item grow with its weight, bonus and malus stay."""
    points = np.array([float(i.points or 0) for i in firm.items])
    n = factors.shape[1]
    fixed = float(points[n:].sum())
    return np.asarray(factors @ points[:n] + fixed if n else np.full(draws, fixed), dtype=np.float64)


def _levels(scores: Floats, cutoffs: Cutoffs) -> NDArray[np.int64]:
    of = len(scores)
    level = np.full(of, len(cutoffs.classes) - 1, dtype=np.int64)
    down = np.sort(-scores)
    better = np.searchsorted(down, -scores, side="left")
    place = better + 1 if cutoffs.ties == "best" else np.searchsorted(down, -scores, side="right")
    for at in reversed(range(len(cutoffs.classes) - 1)):
        entry = cutoffs.classes[at]
        assert entry.limit is not None
        reached = (
            scores >= float(entry.limit) if cutoffs.kind == "scores" else place <= last_position(entry.id, of, cutoffs)
        )
        level[reached] = at
    return level
