"""Random formulas and facts for the tests of `expr`: every evaluator is held against the traced one on the same ones.

Formulas are well-typed, expanded, dimensionless and over the leaves `a` to `f` of this year, the year before and three
years before. Constants of formulas and values of facts come from one small pool, so that many comparisons fall exactly
on their limit. One fact in five is missing; zeros and negative values are common.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from hypothesis import strategies as st

from ecopark.core.period import Period, year
from ecopark.core.text import Text
from ecopark.core.trace import Trace
from ecopark.core.unit import unit
from ecopark.core.value import Missing, Result, not_given
from ecopark.expr.expand import expand
from ecopark.expr.fit import Fitted, fit
from ecopark.expr.nodes import Binary, Call, Choice, Compare, Leaf, Logic, Negate, Node, Not, Number, Undefined

NAMES = "abcdef"
LAGS = (0, 1, 3)
PERIOD: Period = year(2023)
POOL = tuple(
    Fraction(t) for t in ("0", "1", "2", "3", "4", "8", "10", "-1", "-2", "1/2", "1/4", "3/5", "7/10", "99/100")
)
"""Numbers that are both limits and values: many comparisons fall exactly on the boundary."""

Facts = dict[tuple[str, int], Fraction]
"""(name, calendar year) to value; what is not there is missing."""


@dataclass
class DictLookup:
    """A lookup over a dictionary: (name, calendar year) to value."""

    facts: Mapping[tuple[str, int], Result] = field(default_factory=dict)

    def resolve(self, leaf: Leaf, period: Period) -> Trace:
        value = self.facts.get((leaf.name, period.year), not_given(leaf.name, period))
        kind = "missing" if isinstance(value, Missing) else "observation"
        return Trace(kind, leaf.name, value, "1", period=str(period))


def fitted(node: Node) -> Fitted:
    """A written tree as evaluators take it: expanded and with its (dimensionless) units checked."""
    return fit(expand(node), lambda leaf: unit("1"))


def leaf_nodes(names: str = NAMES) -> st.SearchStrategy[Node]:
    return st.builds(lambda n, back: Leaf("name", (n,), back), st.sampled_from(names), st.sampled_from((0, 0, 0, 1, 3)))


def values() -> st.SearchStrategy[Fraction]:
    """Mostly the pool (zero, negative, exactly a limit), else any short decimal."""
    return st.one_of(
        st.sampled_from(POOL),
        st.sampled_from(POOL),
        st.integers(-2000, 100000).map(lambda n: Fraction(n, 100)),
    )


def numbers(depth: int = 3, names: str = NAMES) -> st.SearchStrategy[Node]:
    """Numeric formulas, not yet expanded."""
    simple = st.one_of(leaf_nodes(names), leaf_nodes(names), st.sampled_from(POOL).map(Number))
    if depth <= 0:
        return simple
    below = st.deferred(lambda: numbers(depth - 1, names))
    tests = st.deferred(lambda: flags(depth - 1, names))
    plain = leaf_nodes(names).filter(lambda n: not n.back)  # type: ignore[union-attr]
    years = st.sampled_from((1, 3)).map(lambda n: Number(Fraction(n)))
    power = st.sampled_from((-2, -1, 2, 3)).map(lambda n: Number(Fraction(n)))
    return st.one_of(
        simple,
        st.builds(Binary, st.sampled_from("+-*/"), below, below),
        st.builds(Binary, st.sampled_from("+-*/"), below, below),
        st.builds(lambda x, n: Binary("**", x, n), below, power),
        st.builds(Negate, below),
        st.builds(Choice, tests, below, below),
        st.builds(lambda test, x: Choice(test, x, Undefined(Text("", "no limit"))), tests, below),
        st.builds(lambda x, y: Call("share", (x, Binary("+", x, y))), below, below),
        st.builds(lambda x, n: Call("growth", (x, n)), plain, years),
        st.builds(lambda x, n: Call("cagr", (x, n)), plain, years),
        st.builds(lambda x, y, n: Call("elasticity", (x, y, n)), plain, plain, years),
        st.builds(lambda f, x, y: Call(f, (x, y)), st.sampled_from(("min", "max", "mean")), below, below),
        st.builds(lambda x: Call("abs", (x,)), below),
        st.builds(lambda x, n: Call("root", (x, Number(Fraction(n)))), below, st.sampled_from((2, 3))),
        st.builds(lambda x, n: Call("round", (x, Number(Fraction(n)))), below, st.sampled_from((0, 1, 2))),
    )


def flags(depth: int = 3, names: str = NAMES) -> st.SearchStrategy[Node]:
    """Yes/no formulas, not yet expanded."""
    number = numbers(max(depth - 1, 0), names)
    compare = st.builds(Compare, st.sampled_from(("<", "<=", ">", ">=", "==", "!=")), number, number)
    limit = st.builds(Compare, st.sampled_from(("<", "<=", ">", ">=")), number, st.sampled_from(POOL).map(Number))
    if depth <= 0:
        return st.one_of(compare, limit)
    below = st.deferred(lambda: flags(depth - 1, names))
    return st.one_of(
        compare,
        limit,
        st.builds(lambda op, x, y: Logic(op, (x, y)), st.sampled_from(("and", "or")), below, below),
        st.builds(Not, below),
        st.builds(lambda x: Call("given", (x,)), number),
        st.builds(Choice, below, below, below),
    )


def formulas(depth: int = 3, names: str = NAMES) -> st.SearchStrategy[Fitted]:
    """Numeric formulas, ready to evaluate."""
    return numbers(depth, names).map(fitted)


def flag_formulas(depth: int = 3, names: str = NAMES) -> st.SearchStrategy[Fitted]:
    """Yes/no formulas, ready to evaluate."""
    return flags(depth, names).map(fitted)


@st.composite
def facts(draw: st.DrawFn, missing: float = 0.2, names: str = NAMES) -> Facts:
    """Facts for this year and the lagged ones; each is missing with the chance `missing`."""
    found: Facts = {}
    for name in names:
        for back in LAGS:
            if draw(st.integers(0, 99)) >= missing * 100:
                found[name, PERIOD.year - back] = draw(values())
    return found
