"""Hold the columnar form against the traced one on very many random formulas and rows.

    python benchmarks/fuzz_agreement.py [--pairs 1000000] [--rows 500] [--seed 1] [--workers 2]

Each formula is evaluated both ways on `rows` rows: 15 % of the figures are missing, 10 % zero, many are the constants of
the formula itself, some very large or small; and on 10 % of the rows the limit it is held against is exactly its own
traced value. They must agree in missingness, in the names of the missing items, in flags and codes wherever the row is
not marked near, and in values within the computed error bound. Exits 1 on any disagreement.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.expr.agreement import PERIOD, DictLookup, Tally, frame_of, judge, run

from ecopark.core.text import Text
from ecopark.core.unit import unit
from ecopark.core.value import Missing, Result, not_given
from ecopark.expr.expand import expand
from ecopark.expr.fit import FLAG, WORD, Fitted, fit
from ecopark.expr.nodes import (
    Binary,
    Call,
    Choice,
    Compare,
    Flag,
    Leaf,
    Logic,
    Negate,
    Node,
    Not,
    Number,
    Undefined,
    Word,
    leaves,
)  # fmt: skip
from ecopark.expr.traced import evaluate

POOL = [
    Fraction(t)
    for t in ("0", "1", "2", "3", "5", "10", "100", "-1", "1/2", "1/4", "3/5", "7/10", "99/100", "1/3", "12345")
]
NUMBERS, FLAGS, WORDS = "abcdef", ("yes", "no"), ("north", "south", "east")
KINDS = {"yes": "flag", "no": "flag", "region": "word"}
_SORTS = {"flag": FLAG, "word": WORD}


class Maker:
    """Random formulas."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def leaf(self) -> Node:
        return Leaf("name", (self.rng.choice(NUMBERS),), self.rng.choice((0, 0, 0, 1, 3)))

    def number(self, depth: int) -> Node:
        rng, below = self.rng, depth - 1
        if depth <= 0:
            return self.leaf() if rng.random() < 0.7 else Number(rng.choice(POOL))
        pick = rng.random()
        if pick < 0.45:
            return Binary(rng.choice("+-*/"), self.number(below), self.number(below))
        if pick < 0.50:
            return Binary("**", self.number(below), Number(Fraction(rng.choice((-3, -2, -1, 2, 3)))))
        if pick < 0.60:
            return Choice(self.flag(below), self.number(below), self.number(below))
        if pick < 0.64:
            return Choice(self.flag(below), self.number(below), Undefined(Text("", "no limit")))
        if pick < 0.68:
            part = self.number(below)
            return Call("share", (part, Binary("+", part, self.number(below))))
        if pick < 0.74:
            plain = Leaf("name", (rng.choice(NUMBERS),))
            return Call(rng.choice(("growth", "cagr")), (plain, Number(Fraction(rng.choice((1, 3))))))
        if pick < 0.77:
            x, y = (Leaf("name", (rng.choice(NUMBERS),)) for _ in range(2))
            return Call("elasticity", (x, y, Number(Fraction(rng.choice((1, 3))))))
        if pick < 0.85:
            return Call(
                rng.choice(("min", "max", "mean")), tuple(self.number(below) for _ in range(rng.choice((2, 3))))
            )
        if pick < 0.88:
            return Call("abs", (self.number(below),))
        if pick < 0.91:
            return Negate(self.number(below))
        name, options = ("root", (2, 3)) if pick < 0.95 else ("round", (0, 1, 2))
        return Call(name, (self.number(below), Number(Fraction(rng.choice(options)))))

    def flag(self, depth: int) -> Node:
        rng, below = self.rng, depth - 1
        pick = rng.random()
        if depth <= 0 or pick < 0.15:
            if rng.random() < 0.2:
                return Compare(rng.choice(("==", "!=")), Leaf("name", ("region",)), Word(rng.choice(WORDS)))
            return Leaf("name", (rng.choice(FLAGS),)) if rng.random() < 0.8 else Flag(rng.random() < 0.5)
        if pick < 0.6:
            return Compare(rng.choice(("<", "<=", ">", ">=", "==", "!=")), self.number(below), self.number(below))
        if pick < 0.8:
            return Logic(rng.choice(("and", "or")), tuple(self.flag(below) for _ in range(rng.choice((2, 2, 3)))))
        if pick < 0.9:
            return Not(self.flag(below))
        if pick < 0.95:
            return Call("given", (self.number(below),))
        return Choice(self.flag(below), self.flag(below), self.flag(below))

    def value(self, kind: str) -> Result:
        rng = self.rng
        if rng.random() < 0.15:
            return not_given("-", PERIOD)
        if kind == "flag":
            return rng.random() < 0.5
        if kind == "word":
            return rng.choice(WORDS)
        pick = rng.random()
        if pick < 0.1:
            return Fraction(0)
        if pick < 0.45:
            return rng.choice(POOL)
        if pick < 0.95:
            return Fraction(rng.randint(-2000, 10 ** rng.randint(1, 9)), 10 ** rng.randint(0, 4))
        if pick < 0.98:
            return Fraction(10) ** rng.randint(-20, 20)
        return Fraction(10) ** rng.choice((-320, -305, -160, 160, 300, 309))


def one_formula(seed: int, count: int) -> tuple[Tally, list[float]]:
    """One random formula and its comparison with a limit, on `count` rows."""
    rng = random.Random(seed)
    maker = Maker(rng)
    node = maker.number(rng.choice((1, 2, 2, 3, 3, 4))) if rng.random() < 0.7 else maker.flag(rng.choice((1, 2, 3)))
    node = expand(node)
    made = fit(node, lambda leaf: _SORTS.get(KINDS.get(leaf.name, ""), unit("1")))
    names = sorted({(leaf.name, leaf.back) for leaf in leaves(made.node)}) or [("a", 0)]
    rows: list[dict[tuple[str, int], Result]] = []
    for _ in range(count):
        row = {(n, PERIOD.year - back): maker.value(KINDS.get(n, "number")) for n, back in names}
        rows.append({k: v for k, v in row.items() if not isinstance(v, Missing)})
    tame = seed % 3 == 0
    if tame:  # keep the promises, so that the unguarded expressions are tried as well
        for row in rows:
            for key, value in row.items():
                if isinstance(value, Fraction) and not isinstance(value, bool):
                    small = value and not Fraction(1, 10**30) <= abs(value) <= 10**30
                    row[key] = Fraction(7) if small or value == Fraction(1, 3) else value
    tally = Tally()
    traced = [evaluate(made, DictLookup(row), PERIOD).value for row in rows]
    formulas, results = [made], [traced]
    if isinstance(made.sort, str) is False:
        limit = Compare(rng.choice(("<", "<=", ">", ">=", "==", "!=")), made.node, Leaf("name", ("limit",)))
        test = Fitted(limit, FLAG)
        for row, value in zip(rows, traced, strict=True):
            exactly = isinstance(value, Fraction) and rng.random() < 0.1 and abs(value) < 10**30
            found = value if exactly else maker.value("number")
            if tame and isinstance(found, Fraction):
                found = found.limit_denominator(10**6) if abs(found) < 10**30 else Fraction(1)
                if Fraction(repr(float(found))) != found:
                    found = Fraction(1)
            if not isinstance(found, Missing):
                row["limit", PERIOD.year] = found
        names = [*names, ("limit", 0)]
        formulas.append(test)
        results.append([evaluate(test, DictLookup(row), PERIOD).value for row in rows])
    promises = {"magnitude": 30, "exact": True} if tame else {}
    tables = run(formulas, frame_of(names, rows, KINDS), KINDS, **promises)
    for one, (table, missing), exact in zip(formulas, tables, results, strict=True):
        judge(one, rows, table, missing, exact, tally)
    return tally, [tally.widest]


def some(job: tuple[int, int, int]) -> tuple[int, int, int, list[float], list[str]]:
    """A share of the work: formulas `first` to `last`."""
    first, last, count = job
    total, widest = Tally(), []
    for seed in range(first, last):
        tally, bounds = one_formula(seed, count)
        total.pairs += tally.pairs
        total.near += tally.near
        total.missing += tally.missing
        total.failures += [f"seed {seed}: {f}" for f in tally.failures]
        widest += bounds
    return total.pairs, total.near, total.missing, widest, total.failures


def main(argv: Sequence[str] | None = None) -> int:
    """Run and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=1_000_000, help="how many formula-row pairs at least")
    parser.add_argument("--rows", type=int, default=500, help="rows per formula")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args(argv)
    start, step = time.perf_counter(), 20
    pairs = near = missing = formulas = 0
    failures: list[str] = []
    widest: list[float] = []
    with ProcessPoolExecutor(options.workers) as pool:
        first = options.seed * 10_000_000
        while pairs < options.pairs:
            wave = max(1, min(50, (options.pairs - pairs) // (step * options.rows) + 1))
            jobs = [(first + i * step, first + (i + 1) * step, options.rows) for i in range(wave)]
            first += wave * step
            formulas += wave * step
            for p, n, m, w, f in pool.map(some, jobs):
                pairs, near, missing = pairs + p, near + n, missing + m
                failures += f
                widest += w
    seconds = time.perf_counter() - start
    print(
        f"{pairs:,} pairs of {formulas:,} formulas and {options.rows} rows in {seconds:.0f} s: {len(failures)} disagreements"
    )
    print(f"marked near {near / pairs:.2%}, missing {missing / pairs:.2%}")
    print(f"widest relative error bound per formula: median {median(widest):.1e}, greatest {max(widest):.1e}")
    for failure in failures[:20]:
        print(failure[:600])
    return 1 if failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
