"""Formulas as worksheet text, held against the traced form by a small evaluator of worksheet formulas."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest

from ecopark.core.period import Period
from ecopark.core.trace import Trace
from ecopark.core.unit import unit
from ecopark.core.value import not_given
from ecopark.errors import FormulaError
from ecopark.expr.expand import expand
from ecopark.expr.export import constant, to_excel, trace_to_excel
from ecopark.expr.fit import FLAG, Fitted, Sort, fit
from ecopark.expr.functions import FUNCTIONS
from ecopark.expr.nodes import Call, Leaf, Number
from ecopark.expr.parse import parse
from ecopark.expr.traced import evaluate

GIVEN = {"a": Fraction(7, 2), "b": Fraction(2), "c": Fraction(-5), "yes": True, "no": False}
FORMULAS = [
    "a + b * c", "(a + b) * c", "a - (b - c)", "-a + b", "-(a + b)", "a / b / c", "a / (b * c)", "a ** 2 - b", "root(a, 3)",
    "min(a, b, c) + max(a, b)", "abs(c)", "round(a, 0)", "round(b + 0.5, 0)", "round(a / 3, 2)", "a if b > 1 else c", "a if not (b > 1 or c > 0) else c",
    "growth(a)", "cagr(a, 3)", "share(a, b)", "mean(a, b, c)", "a * 100 / 3", "lag(a, 1) / a", "elasticity(a, b, 2)",
    "a / (b - 2 + 1)", "1 / 3 * a",
]  # fmt: skip
TESTS = ["a > b", "a >= 3.5 and b != 2", "yes and not no", "between(a, b, 4)", "given(a)"]


def _address(name: str, back: int) -> str:
    return f"Data!${'ABCDE'[['a', 'b', 'c', 'yes', 'no'].index(name)]}${back + 1}"


def _value(name: str, back: int) -> Fraction | bool:
    value = GIVEN[name]
    return value if isinstance(value, bool) else value - Fraction(back, 4)


class _Facts:
    def resolve(self, leaf: Leaf, period: Period) -> Trace:
        return Trace("observation", leaf.name, _value(leaf.name, 2023 - period.year), "1", period=str(period))


def _fitted(text: str) -> Fitted:
    def unit_of(leaf: Leaf) -> Sort:
        return FLAG if isinstance(GIVEN[leaf.name], bool) else unit("1")

    return fit(expand(parse(text)), unit_of)


def _cell(step: Trace) -> str | None:
    return _address(step.what, 2023 - int(step.period)) if step.kind == "observation" else None


class NotAvailable(Exception):
    """#N/A, seen by whoever reaches it."""


def _na() -> float:
    raise NotAvailable


def _worksheet(formula: str) -> float | bool:
    """The little of a worksheet that exported formulas use, by way of Python; only texts of our own making come here."""
    names = {(c, r): _value(n, r - 1) for c, n in zip("ABCDE", GIVEN, strict=True) for r in range(1, 9)}
    text = re.sub(r"'?Data'?!\$([A-E])\$(\d)", lambda m: f"cell[{m[1]!r},{m[2]}]", formula)
    text = text.replace("<>", "!=").replace("^", "**")
    text = re.sub(r"(?<![<>!=])=(?!=)", "==", text)
    text = _lazy_if(text)
    scope = {
        "cell": {k: v if isinstance(v, bool) else float(v) for k, v in names.items()},
        "NA": _na, "POWER": pow, "MIN": min, "MAX": max, "ABS": abs, "MOD": lambda x, d: x % d, "ROUND": lambda x, d: round(x, int(d)),
        "AND": lambda *x: all(x), "OR": lambda *x: any(x), "NOT": lambda x: not x, "ISBLANK": lambda x: x is None,
        "TRUE": True, "FALSE": False, "__builtins__": {},
    }  # fmt: skip
    found = eval(text, scope)
    assert isinstance(found, float | bool | int)
    return found


def _lazy_if(text: str) -> str:
    """``IF(a,b,c)`` as ``((b) if (a) else (c))``, inside out."""
    while (at := re.search(r"(?<![A-Z])IF\(", text)) is not None:
        depth, parts, start = 0, [], at.end()
        for n in range(at.end() - 1, len(text)):
            depth += (text[n] in "([") - (text[n] in ")]")
            if (text[n] == "," and depth == 1) or depth == 0:
                parts.append(text[start:n])
                start = n + 1
            if depth == 0:
                break
        test, then, otherwise = parts
        text = f"{text[: at.start()]}(({then}) if ({test}) else ({otherwise})){text[n + 1 :]}"
    return text


@pytest.mark.parametrize("text", FORMULAS)
def test_an_exported_formula_gives_the_traced_value(text: str) -> None:
    fitted = _fitted(text)
    trace = evaluate(fitted, _Facts(), Period(2023))
    assert isinstance(trace.value, Fraction)
    exported = to_excel(fitted.node, lambda leaf: _address(leaf.name, leaf.back))
    for formula in (exported, trace_to_excel(trace, _cell)):
        assert _worksheet(formula) == pytest.approx(float(trace.value), rel=1e-12), formula


@pytest.mark.parametrize("text", TESTS)
def test_an_exported_test_gives_the_traced_answer(text: str) -> None:
    fitted = _fitted(text)
    trace = evaluate(fitted, _Facts(), Period(2023))
    assert _worksheet(to_excel(fitted.node, lambda leaf: _address(leaf.name, leaf.back))) is trace.value
    assert _worksheet(trace_to_excel(trace, _cell)) is trace.value


@pytest.mark.parametrize(
    "text", ["a / (b - 2)", "share(a, b - 2)", "growth(c)", "a if b > 9 else undefined('no value')"]
)
def test_what_is_undefined_is_not_available(text: str) -> None:
    fitted = _fitted(text)
    with pytest.raises(NotAvailable):
        _worksheet(to_excel(fitted.node, lambda leaf: _address(leaf.name, leaf.back)))


def test_every_elementary_function_has_a_worksheet_form() -> None:
    for name, function in FUNCTIONS.items():
        assert function.expand is not None or function.excel is not None or name == "given"


def test_a_sum_over_a_breakdown_adds_its_rows_and_its_holes() -> None:
    parts = tuple(
        Trace("observation", f"fuel[{k}]", Fraction(n), "t", period="2023") for k, n in (("coal", 3), ("gas", 4))
    )
    whole = Trace("rollup", "fuel", Fraction(7), "t", period="2023", inputs=parts)
    cells = {"fuel[coal]": "$D$2", "fuel[gas]": "$D$3", "fuel[oil]": "$D$4"}
    assert trace_to_excel(whole, lambda s: cells.get(s.what)) == "$D$2+$D$3"
    hole = Trace("rollup", "fuel", not_given("fuel", Period(2023), by="oil"), "t", period="2023", inputs=parts)
    assert trace_to_excel(hole, lambda s: cells.get(s.what)) == "$D$2+$D$3+$D$4"


def test_amount_times_factor_keeps_its_scale() -> None:
    amount = Trace("observation", "fuel[coal]", Fraction(10), "t", period="2023")
    factor = Trace("factor", "coal", Fraction(714, 1000), "kgce/kg")
    row = Trace("operation", "fuel=coal: fuel * factor('coal')", Fraction(714, 100) * 2, "tce", inputs=(amount, factor))
    whole = Trace("function", "sum_with_factor(fuel, 'fuel.tce')", Fraction(714, 50), "tce", inputs=(row,))
    cells = {"fuel[coal]": "$D$2", "coal": "$D$3"}
    assert trace_to_excel(whole, lambda s: cells.get(s.what)) == "$D$2*$D$3*2"


def test_constants_are_written_exactly_and_codes_are_quoted() -> None:
    assert constant(Fraction(-1, 2)) == "(-0.5)"
    assert constant(Fraction(1, 3)) == "(1/3)"
    assert constant('a"b') == '"a""b"'
    assert to_excel(Number(Fraction(1, 8)), lambda _: "") == "0.125"


def test_a_formula_that_does_not_fit_a_worksheet_is_refused() -> None:
    with pytest.raises(FormulaError, match="longer"):
        to_excel(expand(parse("a + a + a")), lambda _: "x" * 4000)
    with pytest.raises(FormulaError, match="no worksheet form"):
        to_excel(Call("sum_firms", (Number(Fraction(1)),)), lambda _: "")
