"""Clause results built by hand, for rules that only look at results."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ecopark.core.text import Text
from ecopark.core.trace import Trace
from ecopark.core.value import Missing, MissingItem, Result
from ecopark.packs.model import Clause, OptionSet, Pack, Rule
from ecopark.standards.result import Bounds, ChosenLimit, ClauseResult

GONE = Missing(Text("未填报", "not given"), (MissingItem("x", "2023"),))


def clause(tail: str, kind: str = "mandatory", **fields: Any) -> Clause:
    return Clause(f"p/{tail}", Text(tail, tail), kind, "x", **fields)


def result(
    made: Clause, status: str = "met", value: Result = GONE, *, counts: bool = True, bounds: Bounds | None = None
) -> ClauseResult:
    trace = Trace("indicator", made.id, value)
    return ClauseResult(made, status, value, ChosenLimit(None, None), trace, counts=counts, bounds=bounds)


def pack(
    clauses: list[Clause], verdict: tuple[Rule, ...] = (), score: Rule | None = None, sets: tuple[OptionSet, ...] = ()
) -> Pack:
    name = Text("样例", "sample")
    return Pack("p", name, name, "", "draft", tuple(clauses), option_sets=sets, verdict=verdict, score=score)


def ratio(value: str | int) -> Fraction:
    return Fraction(str(value))
