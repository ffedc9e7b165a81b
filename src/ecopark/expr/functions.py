"""The functions of the formula language, each with all its forms in one place.

A function is either *composed* (`expand` says what it stands for in terms of the others, so its traced, columnar,
bounded, exported forms and its unit rule all follow) or *elementary* (it declares its five forms here), or a *lookup*
(it names something in the facts; `expand` turns it into a `Leaf`).

To add one: write it here, describe it in `docs/concepts/formula-language.md` (a test compares the two lists), and the
agreement tests in `tests/expr` pick it up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from fractions import Fraction
from math import isqrt
from typing import Any

from ecopark.core.rounding import round_to
from ecopark.core.text import Text
from ecopark.errors import FormulaError, did_you_mean
from ecopark.expr.nodes import Binary, Call, Choice, Compare, Leaf, Logic, Named, Node, Number, Undefined, Word, to_text

ROOT_DIGITS = 50
"""Significant digits of roots in the traced form."""

ONE = Number(Fraction(1))
ZERO = Number(Fraction(0))


@dataclass(frozen=True)
class Function:
    """One function of the language.

    Parameters
    ----------
    signature, help
        For the docs page.
    expand
        Composed functions and lookups: the tree it stands for. Called with the arguments, already expanded.
    unit
        Elementary: the unit rule, one of ``same`` (all arguments and the result share it), ``number`` (dimensionless
        in, dimensionless out), ``first`` (that of the first argument), ``flag``.
    traced
        Elementary: exact value from exact values. Raises `ValueError` with a `Text` where undefined.
    columnar
        Elementary: dataframe expression from dataframe expressions.
    bounded
        Elementary: interval from intervals, ``((lo, hi), ...) -> (lo, hi)``.
    excel
        Elementary: worksheet formula text from argument texts.
    """

    signature: str
    help: str
    least: int
    most: int
    expand: Callable[..., Node] | None = None
    unit: str = ""
    traced: Callable[..., Fraction] | None = None
    columnar: Callable[..., Any] | None = None
    bounded: Callable[..., Any] | None = None
    excel: Callable[..., str] | None = None
    options: tuple[str, ...] = field(default=())


FUNCTIONS: dict[str, Function] = {}


def _composed(signature: str, help: str, least: int, most: int) -> Callable[[Callable[..., Node]], Callable[..., Node]]:
    name = signature.split("(")[0]

    def register(expand: Callable[..., Node]) -> Callable[..., Node]:
        FUNCTIONS[name] = Function(signature, help, least, most, expand=expand)
        return expand

    return register


# -- lookups -----------------------------------------------------------------------------------------------------------


def _quantity(node: Node, function: str) -> str:
    if isinstance(node, Leaf) and node.kind == "name" and not node.back:
        return node.name
    raise FormulaError(f"{function}(...) takes the name of a quantity first")


def _word(node: Node, function: str) -> str:
    if isinstance(node, Word):
        return node.value
    raise FormulaError(f"{function}(...) takes a text in quotes there")


@_composed("part(q, 'kind=other')", "One breakdown value of a quantity.", 2, 2)
def part(q: Node, by: Node) -> Node:
    return Leaf("part", (_quantity(q, "part"), _word(by, "part")))


@_composed("total(q)", "Sum of all breakdown values; a closed list needs every code.", 1, 1)
def total(q: Node) -> Node:
    return Leaf("total", (_quantity(q, "total"),))


@_composed(
    "sum_firms(q, where='industry=C39')", "Sum over the firms active in the period; every one must report.", 1, 2
)
def sum_firms(q: Node, where: Node | None = None) -> Node:
    return Leaf("sum_firms", (_quantity(q, "sum_firms"), _word(where, "sum_firms") if where else ""))


@_composed("all_within(q, cap)", "Whether every breakdown value of q is at most that of cap.", 2, 2)
def all_within(q: Node, cap: Node) -> Node:
    return Leaf("all_within", (_quantity(q, "all_within"), _quantity(cap, "all_within")))


@_composed("sum_product(a, b)", "Sum over the codes of a of a[code] * b[code].", 2, 2)
def sum_product(a: Node, b: Node) -> Node:
    return Leaf("sum_product", (_quantity(a, "sum_product"), _quantity(b, "sum_product")))


@_composed(
    "sum_with_factor(q, 'family', exclude='use=feedstock')", "Sum over codes of amount times dated factor.", 2, 3
)
def sum_with_factor(q: Node, family: Node, exclude: Node | None = None) -> Node:
    excluded = _word(exclude, "sum_with_factor") if exclude else ""
    return Leaf("sum_with_factor", (_quantity(q, "sum_with_factor"), _word(family, "sum_with_factor"), excluded))


@_composed(
    "factor('id')", "A named factor: measured by the user, else fixed by the pack, else of the dated table.", 1, 1
)
def factor(name: Node) -> Node:
    return Leaf("factor", (_word(name, "factor"),))


# -- composed ----------------------------------------------------------------------------------------------------------


def _years(node: Node, function: str) -> int:
    if isinstance(node, Number) and node.unit == "1" and node.value.denominator == 1 and 0 <= node.value <= 100:
        return int(node.value)
    raise FormulaError(f"{function}(...) takes a whole number of years (a constant or a parameter)")


def shifted(node: Node, years: int) -> Node:
    """`node` as it was `years` earlier: every leaf looks up the calendar year t - years, never an earlier row."""
    from ecopark.expr.expand import rebuild

    def move(n: Node) -> Node:
        if isinstance(n, Leaf) and n.kind != "param":
            return Leaf(n.kind, n.args, n.back + years)
        return n

    return rebuild(node, move)


@_composed("lag(x, n)", "x as it was n calendar years earlier.", 2, 2)
def lag(x: Node, n: Node) -> Node:
    return shifted(x, _years(n, "lag"))


def _named(function: str, body: Node, *args: Node) -> Node:
    """`body` under the name of the function call it stands for, so that the trace shows a step people know."""
    return Named(to_text(Call(function, args)), body)


_ZERO_BASE = Text("基期为零或负，增长率无意义", "growth from a zero or negative base is undefined")
_NEGATIVE = Text("期末值为负，年均增长率无意义", "an average growth rate to a negative value is undefined")
_STANDS_STILL = Text(
    "增加值（基数）零增长，弹性系数无法计算", "the base stands still (growth is zero), so the elasticity is undefined"
)
_ZERO_WHOLE = Text("分母为零", "the whole is zero")


@_composed("growth(x, n=1)", "x / lag(x, n) - 1; undefined from a zero or negative base.", 1, 2)
def growth(x: Node, n: Node = ONE) -> Node:
    base = shifted(x, _years(n, "growth"))
    return Choice(Compare(">", base, ZERO), Binary("-", Binary("/", x, base), ONE), Undefined(_ZERO_BASE))


@_composed(
    "cagr(x, n)", "Average annual growth (x / lag(x, n)) ** (1/n) - 1; undefined from a zero or negative base.", 2, 2
)
def cagr(x: Node, n: Node) -> Node:
    years = _years(n, "cagr")
    if years < 1:
        raise FormulaError("cagr(...) needs at least one year")
    base = shifted(x, years)
    rate = Binary("-", Call("root", (Binary("/", x, base), Number(Fraction(years)))), ONE)
    return Choice(
        Compare(">", base, ZERO), Choice(Compare(">=", x, ZERO), rate, Undefined(_NEGATIVE)), Undefined(_ZERO_BASE)
    )


@_composed("elasticity(x, y, n)", "cagr(x, n) / cagr(y, n); undefined where the base y stands still.", 3, 3)
def elasticity(x: Node, y: Node, n: Node) -> Node:
    top, base = _named("cagr", cagr(x, n), x, n), _named("cagr", cagr(y, n), y, n)
    return Choice(Compare("!=", base, ZERO), Binary("/", top, base), Undefined(_STANDS_STILL))


@_composed("share(a, whole)", "a / whole; undefined where the whole is zero.", 2, 2)
def share(a: Node, whole: Node) -> Node:
    return Choice(Compare("!=", whole, ZERO), Binary("/", a, whole), Undefined(_ZERO_WHOLE))


@_composed("mean(a, b, ...)", "Arithmetic mean; missing if any is missing.", 1, 50)
def mean(*items: Node) -> Node:
    sum_: Node = items[0]
    for item in items[1:]:
        sum_ = Binary("+", sum_, item)
    return Binary("/", sum_, Number(Fraction(len(items))))


@_composed("between(x, low, high)", "low <= x <= high.", 3, 3)
def between(x: Node, low: Node, high: Node) -> Node:
    return Logic("and", (Compare(">=", x, low), Compare("<=", x, high)))


# -- elementary --------------------------------------------------------------------------------------------------------


def exact_root(value: Fraction, n: int) -> Fraction:
    """The n-th root: exact where it is rational, else to `ROOT_DIGITS` digits.

    Raises
    ------
    ValueError
        The value is negative.
    """
    if value < 0:
        raise ValueError("root of a negative number")
    top, bottom = _integer_root(value.numerator, n), _integer_root(value.denominator, n)
    if top**n == value.numerator and bottom**n == value.denominator:
        return Fraction(top, bottom)
    with localcontext() as context:
        context.prec = ROOT_DIGITS + 10
        number = Decimal(value.numerator) / Decimal(value.denominator)
        root = (number.ln() / n).exp()
        context.prec = ROOT_DIGITS
        return Fraction(+root)


def _integer_root(value: int, n: int) -> int:
    if value < 2 or n == 1:
        return value
    if n == 2:
        return isqrt(value)
    low, high = 1, 1 << (value.bit_length() // n + 1)
    while low < high:
        middle = (low + high + 1) // 2
        if middle**n <= value:
            low = middle
        else:
            high = middle - 1
    return low


def _root_columnar(x: Any, n: int) -> Any:
    return x ** (1.0 / n)


def _columnar_extreme(name: str) -> Callable[..., Any]:
    def build(*items: Any) -> Any:
        import narwhals as nw

        def pick(a: Any, b: Any) -> Any:
            test = a <= b if name == "min" else a >= b
            return (
                nw.when(a.is_null() | b.is_null())
                .then(nw.lit(None, nw.Float64))
                .otherwise(nw.when(test).then(a).otherwise(b))
            )

        result = items[0]
        for item in items[1:]:
            result = pick(result, item)
        return result

    return build


Bounds = tuple[Any, Any]


def _bounded_abs(x: Bounds) -> Bounds:
    low, high = x
    if low is not None and low >= 0:
        return x
    if high is not None and high <= 0:
        return (-high, None if low is None else -low)
    return (Fraction(0), None if low is None or high is None else max(-low, high))


def _bounded_each(pick: Callable[[Sequence[Any]], Any]) -> Callable[..., Bounds]:
    def build(*items: Bounds) -> Bounds:
        lows, highs = [i[0] for i in items], [i[1] for i in items]
        if pick is min:
            return (None if None in lows else min(lows), min((h for h in highs if h is not None), default=None))
        return (max((v for v in lows if v is not None), default=None), None if None in highs else max(highs))

    return build


def _bounded_root(x: Bounds, n: Bounds) -> Bounds:
    low, high = x
    degree = int(n[0])
    return (
        Fraction(0) if low is None or low < 0 else exact_root(low, degree),
        None if high is None else exact_root(max(high, Fraction(0)), degree),
    )


def _bounded_round(x: Bounds, decimals: Bounds) -> Bounds:
    low, high = (None if v is None else round_to(v, int(decimals[0])) for v in x)
    return (low, high)


FUNCTIONS["root"] = Function(
    "root(x, n)", "The n-th root of x; exact where rational, else to 50 digits.", 2, 2, unit="number",
    traced=lambda x, n: exact_root(x, int(n)),
    columnar=_root_columnar, bounded=_bounded_root, excel=lambda x, n: f"POWER({x},1/{n})",
)  # fmt: skip
FUNCTIONS["abs"] = Function(
    "abs(x)", "Absolute value.", 1, 1, unit="same",
    traced=abs, columnar=lambda x: x.abs(), bounded=_bounded_abs, excel=lambda x: f"ABS({x})",
)  # fmt: skip
FUNCTIONS["min"] = Function(
    "min(a, b, ...)", "The least; missing if any is missing.", 1, 50, unit="same",
    traced=lambda *items: min(items), columnar=_columnar_extreme("min"), bounded=_bounded_each(min),
    excel=lambda *items: f"MIN({','.join(items)})",
)  # fmt: skip
FUNCTIONS["max"] = Function(
    "max(a, b, ...)", "The greatest; missing if any is missing.", 1, 50, unit="same",
    traced=lambda *items: max(items), columnar=_columnar_extreme("max"), bounded=_bounded_each(max),
    excel=lambda *items: f"MAX({','.join(items)})",
)  # fmt: skip
FUNCTIONS["round"] = Function(
    "round(x, decimals)", "Rounded half to even on the exact value; use only where the clause says so.", 2, 2, unit="first",
    traced=lambda x, decimals: round_to(x, int(decimals)),
    columnar=lambda x, decimals: x.round(int(decimals)), bounded=_bounded_round,
    excel=lambda x, d: (
        f"IF(ABS(MOD(({x})*10^{d},1)-0.5)<1E-9,2*ROUND(({x})*10^{d}/2,0)/10^{d},ROUND({x},{d}))"
    ),
)  # fmt: skip
FUNCTIONS["given"] = Function(
    "given(x)", "Whether x has a value; never missing itself. Filling a gap this way shows in the trace.", 1, 1, unit="flag",
)  # fmt: skip


def find(name: str) -> Function:
    """The function called `name`.

    Raises
    ------
    FormulaError
        There is none; the nearest names are offered.
    """
    if name not in FUNCTIONS:
        raise FormulaError(f"unknown function '{name}'. {did_you_mean(name, list(FUNCTIONS))}".strip())
    return FUNCTIONS[name]
