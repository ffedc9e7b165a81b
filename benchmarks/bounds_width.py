"""How wide our bounds are beside a search by brute force, over the shapes of formula that clauses have.

For each formula and random park some inputs are deleted and given a range around the truth. The peer evaluates the
formula at every corner of these ranges, on a grid and at random points: its interval is never too wide, ours never too
narrow, so a ratio of 1 means that both are exact.

    python benchmarks/bounds_width.py --n 200 --seed 1
"""

from __future__ import annotations

import argparse
import random
import time
from fractions import Fraction
from itertools import product
from statistics import median

from ecopark.core.period import Period, year
from ecopark.core.trace import Trace
from ecopark.core.unit import unit
from ecopark.core.value import not_given
from ecopark.expr.bounded import bounds
from ecopark.expr.expand import expand
from ecopark.expr.fit import Fitted, fit
from ecopark.expr.invert import With, leaf_key
from ecopark.expr.nodes import Leaf, leaves
from ecopark.expr.parse import parse
from ecopark.expr.traced import evaluate

PERIOD = year(2023)
FORMULAS = {
    "intensity": "energy / value_added",
    "share of a sum": "reused / (reused + fresh)",
    "share of three": "(a + b) / (a + b + c)",
    "complement": "1 - hazardous / (hazardous + general)",
    "growth": "growth(value_added)",
    "average growth": "cagr(value_added, 3)",
    "elasticity": "elasticity(energy, value_added, 3)",
    "index of ratios": "(a / b) / 2 + 3 * (c / d) / 4 + e / (e + f)",
    "inverse ratio": "20 / (energy / value_added)",
    "weighted mean": "(a * b + c * d) / (a + c)",
    "difference of shares": "a / (a + b) - b / (a + b)",
    "not monotone": "a * b / (a + b) ** 2",
    "capped": "min(a / b, 1) + max(c / d, 1)",
    "case by growth": "energy / value_added if growth(value_added) > 0 else energy / (2 * value_added)",
}


class Facts:
    """A park's figures as (name, year) to value."""

    def __init__(self, values: dict[tuple[str, int], Fraction]) -> None:
        self.values = values

    def resolve(self, leaf: Leaf, period: Period) -> Trace:
        found = self.values.get((leaf.name, period.year))
        return Trace("observation", leaf.name, not_given(leaf.name, period) if found is None else found)


def searched(formula: Fitted, facts: Facts, gone: dict, rng: random.Random) -> tuple[Fraction, Fraction] | None:
    """Least and greatest value over corners, a grid and random points."""
    keys = list(gone)
    steps = 5 if len(keys) <= 4 else 2
    points = [tuple(lo + (hi - lo) * Fraction(i, steps - 1) for (lo, hi), i in zip(gone.values(), at, strict=True))
              for at in product(range(steps), repeat=len(keys))]  # fmt: skip
    points += [tuple(lo + (hi - lo) * Fraction(rng.random()) for lo, hi in gone.values()) for _ in range(50)]
    found = []
    for point in points:
        values = {leaf_key(leaf, period): v for (leaf, period), v in zip(keys, point, strict=True)}
        value = evaluate(formula, With(facts, values), PERIOD).value
        if isinstance(value, Fraction):
            found.append(value)
    return (min(found), max(found)) if found else None


def run(n: int, seed: int) -> list[tuple[str, list[float], int, float]]:
    rows = []
    for name, text in FORMULAS.items():
        rng = random.Random(f"{seed}/{name}")
        formula = fit(expand(parse(text)), lambda leaf: unit("1"))
        needed = list(dict.fromkeys(leaves(formula.node)))
        ratios, unbounded, seconds = [], 0, 0.0
        for _ in range(n):
            full = {(leaf.name, PERIOD.year - leaf.back): Fraction(rng.randint(1, 10000), 10) for leaf in needed}
            lost = rng.sample(needed, rng.randint(1, min(4, len(needed))))
            gone = {}
            for leaf in lost:
                truth, spread = full[leaf.name, PERIOD.year - leaf.back], Fraction(rng.randint(1, 90), 100)
                gone[leaf, PERIOD.years_back(leaf.back)] = (truth * (1 - spread), truth * (1 + spread))
            kept = {k: v for k, v in full.items() if k not in {(leaf.name, p.year) for leaf, p in gone}}
            start = time.perf_counter()
            ours = bounds(formula, Facts(kept), lambda leaf, period, gone=gone: gone.get((leaf, period)), PERIOD)
            seconds += time.perf_counter() - start
            peer = searched(formula, Facts(kept), gone, rng)
            if peer is None:
                continue
            below, above = ours.low is None or ours.low <= peer[0], ours.high is None or ours.high >= peer[1]
            if not (below and above):
                raise SystemExit(f"{name}: {ours} does not hold {peer}")
            if ours.width is None:
                unbounded += 1
            elif peer[1] > peer[0]:
                ratios.append(float(ours.width / (peer[1] - peer[0])))
        rows.append((name, sorted(ratios), unbounded, seconds / n * 1e3))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=100, help="random parks per formula")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rows = run(args.n, args.seed)
    print(f"{'formula':<22}{'n':>6}{'median':>9}{'p95':>9}{'open':>6}{'ms':>8}")
    for name, ratios, unbounded, ms in rows:
        middle, high = (median(ratios), ratios[int(len(ratios) * 0.95)]) if ratios else (float("nan"), float("nan"))
        print(f"{name:<22}{len(ratios):>6}{middle:>9.3f}{high:>9.3f}{unbounded:>6}{ms:>8.2f}")
    every = [ratio for _, ratios, _, _ in rows for ratio in ratios]
    print(f"{'all':<22}{len(every):>6}{median(every):>9.3f}")


if __name__ == "__main__":
    main()
