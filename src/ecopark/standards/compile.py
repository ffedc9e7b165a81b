"""A clause into formulas that can be evaluated: its value, its limits, and the test `value op limit` as one formula.

The traced and the columnar assessment, the bounds and the counter-questions ("what must change?") all start from these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from ecopark.core.rounding import exact
from ecopark.core.text import Text
from ecopark.core.value import Scalar
from ecopark.errors import FormulaError
from ecopark.expr.expand import expand
from ecopark.expr.fit import FLAG, Fitted, fit
from ecopark.expr.nodes import Call, Choice, Compare, Flag, Node, Number, Undefined
from ecopark.expr.parse import parse
from ecopark.indicators.catalogue import indicators
from ecopark.indicators.resolve import unit_of
from ecopark.packs.model import Clause, LimitCase, Pack, Requirement

CONSTRUCTION_YEARS = "construction_years"
NO_LIMIT = Text("条文未规定该情形的标准值", "the text sets no limit for this case")


@dataclass(frozen=True)
class CompiledCase:
    """One possible limit: when it holds (None: always) and what it is, in the clause's unit."""

    case: LimitCase
    when: Fitted | None
    limit: Fitted | None
    years: tuple[int | None, int | None] = (None, None)

    def in_years(self, year: int) -> bool:
        since, until = self.years
        return (since is None or since <= year) and (until is None or year <= until)


@dataclass(frozen=True)
class CompiledClause:
    """A clause ready to be evaluated.

    Parameters
    ----------
    value
        Value formula in the clause's unit, or a flag; None for a frame clause without a formula.
    cases
        Possible limits in order.
    """

    clause: Clause
    value: Fitted | None
    cases: tuple[CompiledCase, ...]

    def first_year(self) -> int | None:
        """The first year for which any limit is set; None if one always holds."""
        years = [c.years[0] for c in self.cases]
        return None if not years or None in years else min(y for y in years if y is not None)

    def active(self, year: int) -> tuple[CompiledCase, ...]:
        """The cases that can hold in `year`, in order."""
        return tuple(c for c in self.cases if c.in_years(year))

    def test(self, year: int) -> Fitted | None:
        """`value op limit` of `year` as one yes/no formula; None if the clause has no value or no limit."""
        active = self.active(year)
        if self.value is None or not active:
            return None
        node: Node = Undefined(NO_LIMIT)
        for case in reversed(active):
            if case.case.require is None or case.limit is None:
                step: Node = Undefined(case.case.reason or NO_LIMIT)
            else:
                step = Compare(case.case.require.op, self.value.node, case.limit.node)
            node = step if case.when is None else Choice(case.when.node, step, node)
        return Fitted(node, FLAG, dict(self.value.units))


def run_parameters(pack: Pack, options: Mapping[str, Any] | None = None, years: int | None = None) -> dict[str, Scalar]:
    """Values of the pack's parameters: defaults, then the user's options, then `--since`.

    Raises
    ------
    FormulaError
        A number was expected.
    """
    values: dict[str, Scalar] = {p.id: p.default for p in pack.parameters}
    for key, given in (options or {}).items():
        if key in values:
            values[key] = _scalar(given)
    if years is not None and CONSTRUCTION_YEARS in values:
        values[CONSTRUCTION_YEARS] = Fraction(years)
    return values


def _scalar(given: Any) -> Scalar:
    if isinstance(given, bool):
        return given
    try:
        return exact(str(given))
    except (ValueError, ZeroDivisionError):
        return str(given)


def option_limits(pack: Pack, options: Mapping[str, Any] | None) -> dict[str, Fraction]:
    """Limits that the user supplies for single clauses: ``limit_11 = "0.4"`` (a footnote that lets a sector limit stand).

    Raises
    ------
    FormulaError
        A limit is no number.
    """
    found = {}
    for key, given in (options or {}).items():
        if key.startswith("limit_"):
            try:
                found[key.removeprefix("limit_")] = exact(str(given))
            except (ValueError, ZeroDivisionError):
                raise FormulaError(f"{pack.id}.{key}: {given!r} is no number") from None
    return found


def compile_clause(clause: Clause, parameters: Mapping[str, Scalar]) -> CompiledClause:
    """Parse, expand and fit the formulas of a clause.

    Raises
    ------
    FormulaError
        A formula cannot be read, a name is unknown, or units do not fit.
    """
    given = tuple(sorted(parameters.items()))
    return _compiled(clause, given, repr((clause.limits, clause.weight, given)))


@lru_cache(maxsize=4096)
def _compiled(clause: Clause, parameters: tuple[tuple[str, Scalar], ...], key: str) -> CompiledClause:
    """`key` tells apart what Python holds equal: a limit of 1 and a limit of true."""
    known = dict(parameters)
    text = clause.formula
    if clause.indicator:
        if clause.indicator not in indicators():
            raise FormulaError(f"unknown indicator '{clause.indicator}'")
        text = indicators()[clause.indicator].formula
    value = _value(clause, text, known) if text else None
    cases = tuple(_case(clause, case, known) for case in clause.limits)
    return CompiledClause(clause, value, cases)


def _value(clause: Clause, text: str, parameters: Mapping[str, Scalar]) -> Fitted:
    if clause.direction == "flag":
        fitted = fit(expand(parse(text), parameters), unit_of)
        if fitted.sort != FLAG:
            raise FormulaError(f"'{text}' is no yes/no value, but the clause's direction is flag")
        return fitted
    fitted = fit(expand(parse(text), parameters), unit_of, clause.unit or "1")
    if clause.rounding is not None:
        rounded = Call("round", (fitted.node, Number(Fraction(clause.rounding))))
        fitted = Fitted(rounded, fitted.sort, {**fitted.units, rounded: clause.unit or "1"})
    return fitted


def _case(clause: Clause, case: LimitCase, parameters: Mapping[str, Scalar]) -> CompiledCase:
    when = None
    if case.when:
        when = fit(expand(parse(case.when), parameters), unit_of)
        if when.sort != FLAG:
            raise FormulaError(f"the condition '{case.when}' is no yes/no test")
    limit = None if case.require is None else _limit(clause, case.require, parameters)
    return CompiledCase(case, when, limit, (case.since, case.until))


def _limit(clause: Clause, require: Requirement, parameters: Mapping[str, Scalar]) -> Fitted:
    if require.formula:
        return fit(expand(parse(require.formula), parameters), unit_of, clause.unit or "1")
    if isinstance(require.value, bool):
        if clause.direction != "flag":
            raise FormulaError("the limit is yes or no, but the clause is a number")
        return Fitted(Flag(require.value), FLAG)
    if isinstance(require.value, Fraction):
        if clause.direction == "flag":
            raise FormulaError("a flag is compared with true or false")
        node = Number(require.value)
        return Fitted(node, "any", {node: clause.unit or "1"})
    raise FormulaError("the limit has neither a value nor a formula")
