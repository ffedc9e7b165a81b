"""Holds the columnar form against the traced one, row by row: used by the tests and by `benchmarks/fuzz_agreement.py`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import narwhals as nw
import polars as pl

from ecopark.core.period import Period
from ecopark.core.trace import Trace
from ecopark.core.value import Missing, Result, not_given
from ecopark.expr.columnar import Program
from ecopark.expr.fit import Fitted
from ecopark.expr.nodes import Leaf, leaves, to_text
from ecopark.expr.traced import evaluate

PERIOD = Period(2023)
Row = Mapping[tuple[str, int], Result]
"""(name, calendar year) to value; what is not there is missing."""

_TYPES = {"number": pl.Float64, "flag": pl.Boolean, "word": pl.String}


@dataclass
class DictLookup:
    """The facts of one row, for the traced form."""

    facts: Row

    def resolve(self, leaf: Leaf, period: Period) -> Trace:
        value = self.facts.get((leaf.name, period.year), not_given(leaf.name, period))
        return Trace("missing" if isinstance(value, Missing) else "observation", leaf.name, value)


@dataclass
class Tally:
    """What was compared."""

    pairs: int = 0
    near: int = 0
    missing: int = 0
    widest: float = 0.0
    failures: list[str] = field(default_factory=list)


def as_float(value: Result | None) -> Any:
    """A value as a column holds it: correctly rounded; too large is infinite, and what is not zero does not become zero."""
    if not isinstance(value, Fraction):
        return None if isinstance(value, Missing) else value
    try:
        number = float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
    return number if number or not value else 5e-324


def frame_of(names: Sequence[tuple[str, int]], rows: Sequence[Row], kinds: Mapping[str, str]) -> pl.DataFrame:
    """One column per (name, years back)."""
    return pl.DataFrame(
        {"row": pl.Series(range(len(rows)), dtype=pl.Int64)}
        | {
            f"{name}_{back}": pl.Series(
                [as_float(row.get((name, PERIOD.year - back))) for row in rows], dtype=_TYPES[kinds.get(name, "number")]
            )
            for name, back in names
        }
    )


def run(
    formulas: Sequence[Fitted], frame: Any, kinds: Mapping[str, str], **promises: Any
) -> list[tuple[Any, dict[str, str]]]:
    """Evaluate columnar on any narwhals frame: per formula a list of row tuples (value, near, bound, missing ...)."""
    program = Program(
        lambda leaf: nw.col(f"{leaf.name}_{leaf.back}"), lambda leaf: kinds.get(leaf.name, "number"), **promises
    )
    made = [program.add(f) for f in formulas]
    done = program.apply(nw.from_native(frame))
    found = []
    for compiled in made:
        keys = list(compiled.missing)
        table = done.select(
            "row", compiled.value.alias("value"), compiled.near.alias("near"), compiled.bound.alias("bound"),
            *[compiled.missing[k].alias(f"m{i}") for i, k in enumerate(keys)],
        )  # fmt: skip
        if isinstance(table, nw.LazyFrame):
            table = table.collect("polars")
        table = table.sort("row").drop("row")
        names = [f"{k.name}@{PERIOD.year - k.back}" for k in keys]  # type: ignore[attr-defined]
        found.append((table.rows(), dict(enumerate(names))))
    return found


def compare(
    formula: Fitted,
    rows: Sequence[Row],
    kinds: Mapping[str, str] | None = None,
    tally: Tally | None = None,
    **promises: Any,
) -> Tally:
    """Evaluate both ways and collect every disagreement."""
    kinds = kinds or {}
    names = sorted({(leaf.name, leaf.back) for leaf in leaves(formula.node)}) or [("_", 0)]
    ((table, missing_names),) = run([formula], frame_of(names, rows, kinds), kinds, **promises)
    traced = [evaluate(formula, DictLookup(row), PERIOD).value for row in rows]
    return judge(formula, rows, table, missing_names, traced, tally or Tally())


def judge(
    formula: Fitted,
    rows: Sequence[Row],
    table: Any,
    missing_names: dict[int, str],
    traced: Sequence[Result],
    tally: Tally,
) -> Tally:
    """Collect the disagreements of two evaluations of the same rows."""
    for row, (value, near, bound, *flags), exact in zip(rows, table, traced, strict=True):
        tally.pairs += 1
        if near is None or any(f is None for f in flags):
            tally.failures.append(f"null mark: {to_text(formula.node)} on {dict(row)}")
            continue
        if near:
            tally.near += 1
            continue
        problem = ""
        if isinstance(exact, Missing):
            tally.missing += 1
            wanted = {str(item) for item in exact.items}
            got = {missing_names[i] for i, flag in enumerate(flags) if flag}
            if value is not None:
                problem = f"{value} but missing"
            elif wanted != got:
                problem = f"missing {sorted(got)}, traced {sorted(wanted)}"
        elif any(flags):
            problem = "something is missing though there is a value"
        elif isinstance(exact, Fraction):
            if not isinstance(value, float) or not math.isfinite(value):
                problem = f"{value}, traced {float(exact)}"
            elif bound == math.inf:
                tally.near += 1  # too large to say anything: correct, and useless
            elif bound is None or abs(Fraction(value) - exact) > Fraction(bound):
                problem = f"{value}, traced {float(exact)}, bound {bound}"
            elif exact:
                tally.widest = max(tally.widest, float(Fraction(bound) / abs(exact)))
        elif value is not exact and value != exact:
            problem = f"{value}, traced {exact}"
        if problem:
            tally.failures.append(f"{problem}: {to_text(formula.node)} on {dict(row)}")
    return tally
