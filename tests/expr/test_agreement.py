"""The traced and the columnar form are two implementations of one language: they must agree."""

from __future__ import annotations

from fractions import Fraction

import duckdb
import narwhals as nw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecopark.core.unit import unit
from ecopark.core.value import Result
from ecopark.expr.columnar import Program
from ecopark.expr.expand import expand
from ecopark.expr.fit import FLAG, WORD, Fitted, Sort, fit
from ecopark.expr.nodes import Compare, Leaf, leaves
from ecopark.expr.parse import parse
from ecopark.expr.traced import evaluate
from tests.expr import strategies
from tests.expr.agreement import PERIOD, DictLookup, Tally, compare, frame_of, judge, run

KINDS = {"yes": "flag", "no": "flag", "region": "word"}
ROWS = st.lists(strategies.facts(), min_size=1, max_size=12)


def formula(text: str) -> Fitted:
    def sort(leaf: Leaf) -> Sort:
        return {"flag": FLAG, "word": WORD}.get(KINDS.get(leaf.name, ""), unit("1"))

    return fit(expand(parse(text)), sort)


def agree(text: str, *rows: dict[str, object], **promises: object) -> Tally:
    """Compare on rows given as name=value (this year) and name_1=value (the year before)."""
    given_: list[dict[tuple[str, int], Result]] = []
    for row in rows:
        facts: dict[tuple[str, int], Result] = {}
        for key, value in row.items():
            name, _, back = key.partition("_")
            facts[name, PERIOD.year - int(back or 0)] = (
                value if isinstance(value, bool) or name == "region" else Fraction(str(value))  # type: ignore[assignment]
            )
        given_.append(facts)
    tally = compare(formula(text), given_, KINDS, **promises)
    assert not tally.failures, "\n".join(tally.failures)
    return tally


@settings(max_examples=150, deadline=None)
@given(strategies.formulas(2), ROWS)
def test_numbers_agree_within_the_computed_bound(made: Fitted, rows: list[strategies.Facts]) -> None:
    tally = compare(made, rows)
    assert not tally.failures, "\n".join(tally.failures)


@settings(max_examples=150, deadline=None)
@given(strategies.flag_formulas(2), ROWS)
def test_flags_agree_except_where_marked(made: Fitted, rows: list[strategies.Facts]) -> None:
    tally = compare(made, rows, magnitude=30, exact=True)
    assert not tally.failures, "\n".join(tally.failures)


@settings(max_examples=75, deadline=None)
@given(strategies.formulas(2), ROWS, st.sampled_from(("<", "<=", ">", ">=", "==", "!=")))
def test_rows_exactly_on_a_computed_limit_agree(made: Fitted, rows: list[strategies.Facts], op: str) -> None:
    placed = []
    for row in rows:
        value = evaluate(made, DictLookup(row), PERIOD).value
        limit = value if isinstance(value, Fraction) and abs(value) < 10**200 else Fraction(1)
        placed.append({**row, ("limit", PERIOD.year): limit})
    test = Fitted(Compare(op, made.node, Leaf("name", ("limit",))), FLAG)
    tally = compare(test, placed)
    assert not tally.failures, "\n".join(tally.failures)


def test_missing_is_never_zero_and_names_what_was_reached() -> None:
    agree("a / b", {"a": 1, "b": 2}, {"a": 1}, {"b": 0}, {"a": 1, "b": 0}, {})
    agree("a if c > 1 else b", {"c": 2, "b": 1}, {"c": 2, "a": 1}, {"c": 0, "b": 1}, {"a": 1, "b": 1})


def test_a_deciding_operand_outweighs_a_missing_one() -> None:
    rows = [{"yes": y, "no": n} for y in (True, False) for n in (True, False)]
    rows += [{"yes": True}, {"yes": False}, {"no": True}, {"no": False}, {}]
    agree("yes and no", *rows)
    agree("yes or no", *rows)
    agree("not (yes or no) and yes != no", *rows)
    agree("given(yes) or no", *rows)


def test_codes_compare_for_equality() -> None:
    agree("a if region == 'north' else b", {"region": "north", "a": 1}, {"region": "south", "b": 1}, {"a": 1, "b": 1})


def test_an_undefined_branch_is_missing_without_an_item() -> None:
    agree("growth(a)", {"a": 1, "a_1": 0}, {"a": 1}, {"a_1": 2}, {"a": 3, "a_1": -2}, {"a": 1, "a_1": 2})
    agree("elasticity(a, b, 1)", {"a": 1, "a_1": 2, "b": 1, "b_1": 1}, {"a": 1, "a_1": 2, "b": 3, "b_1": 1})


def test_a_row_on_its_limit_is_marked_unless_both_sides_are_typed_figures() -> None:
    row = {"a": "0.3", "b": "0.1"}
    assert agree("a >= 3 * b", row).near == 1
    assert agree("a >= 0.3", row).near == 1
    assert agree("a >= 0.3", row, exact=True, magnitude=30).near == 0
    assert agree("a >= 0.31", row).near == 0


def test_cancellation_is_seen_by_the_error_bound_not_by_a_fixed_tolerance() -> None:
    row = {"a": "1000000000000.1", "b": "1000000000000", "c": "0.1000001"}
    assert agree("a - b >= c", row).near == 1


def test_overflow_and_vanishing_numbers_are_marked_and_never_leak() -> None:
    big, small = "1e300", "1e-300"
    tally = agree("a * b", {"a": big, "b": big}, {"a": small, "b": small}, {"a": 0, "b": small}, {"a": 2, "b": 3})
    assert tally.near == 3
    agree("a ** 3 + 1 / b", {"a": big, "b": 1}, {"a": 2, "b": small}, {"a": 2, "b": 3})


def test_rounding_is_decided_on_the_exact_value() -> None:
    rows = [{"a": v} for v in ("0.35", "1.05", "1.051", "-0.25", "2.5", "-1.449999999999", "99.94")]
    assert agree("round(a, 1)", *rows).near == 5 - 1


@pytest.mark.parametrize("engine", ["duckdb"])
@settings(max_examples=15, deadline=None)
@given(made=st.lists(strategies.formulas(2), min_size=1, max_size=3), rows=ROWS)
def test_another_engine_agrees_too(engine: str, made: list[Fitted], rows: list[strategies.Facts]) -> None:
    names = sorted({(leaf.name, leaf.back) for f in made for leaf in leaves(f.node)}) or [("_", 0)]
    frame = frame_of(names, rows, {})
    relation = duckdb.from_arrow(frame.to_arrow())
    tally = Tally()
    for one, (table, missing) in zip(made, run(made, relation, {}), strict=True):
        judge(one, rows, table, missing, [evaluate(one, DictLookup(r), PERIOD).value for r in rows], tally)
    assert not tally.failures, "\n".join(tally.failures)


def test_common_steps_are_computed_once() -> None:
    program = Program(lambda leaf: nw.col(leaf.name), magnitude=30)
    first = program.add(formula("(a + b) / c"))
    count = sum(len(s) for s in program.stages)
    second = program.add(formula("(a + b) / c >= 0.5"))
    assert sum(len(s) for s in program.stages) <= count + 3
    assert (first.kind, second.kind) == ("number", "flag")


def test_a_step_made_of_constants_alone_is_a_column_like_any_other() -> None:
    rows = [{"a": "0.1"}, {"a": 1}, {}]
    agree("root(0.5, 3) != a", *rows)
    agree("root(0.5, 3) > 0.7 or a > 0.5", *rows)
    agree("round(root(2, 2), 1)", *rows)


def test_a_quotient_of_typed_figures_exactly_on_its_limit_is_decided_here() -> None:
    rows = [{"a": 3, "b": 4}, {"a": "0.3", "b": "0.4"}, {"a": 7, "b": "9.3"}, {"a": 0, "b": 4}, {"a": 3, "b": 0}]
    for text in ("a / b >= 0.75", "a / b > 0.75", "100 * share(a, b) <= 75", "growth(a) >= 0", "1 - a / b < 0.25"):
        kept = agree(text, *rows, exact=True, magnitude=30)
        assert kept.near == 0, text
    assert agree("a / b >= 0.75", *rows).near == 2


@pytest.mark.parametrize("text", ["0 < root(a, 2)", "0 <= root(a, 2)", "1 > a", "0 != a", "3 >= a"])
def test_a_constant_on_the_left_of_columns_without_a_value(text: str) -> None:
    """Polars 2.1 answered with one row for a literal beside a sorted column of nothing."""
    made = fit(parse(text), lambda leaf: unit("1"))
    tally = compare(made, [{}, {}, {}], magnitude=30, exact=True)
    assert not tally.failures
    assert tally.pairs == 3
