"""Scores: a better value never scores lower, and what is missing counts as zero only in the lower bound."""

from __future__ import annotations

from fractions import Fraction as F

from hypothesis import assume, given
from hypothesis import strategies as st

from ecopark.packs.model import OptionSet, Pack, Rule
from ecopark.standards.result import ClauseResult
from ecopark.standards.score import Score, score
from tests.standards.results import GONE, clause, pack, result

HIGH = clause("h", unit="%", benchmark=F(80))
LOW = clause("l", unit="t", direction="lower", benchmark=F(5))
YES = clause("y", direction="flag", benchmark=F(1))
O1, O2, O3 = (clause(f"o{n}", "optional", option_set="O", benchmark=F(10)) for n in (1, 2, 3))
INDEX = Rule("ratio_index", (("divisor", "4"), ("scale", "100")))
RATIOS = pack([HIGH, LOW, YES, O1, O2, O3], score=INDEX, sets=(OptionSet("O", (O1.id, O2.id, O3.id), 1),))
values = st.fractions(min_value=0, max_value=200, max_denominator=20)


def scored(made: Pack, rows: list[ClauseResult], parameters: dict | None = None, options: dict | None = None) -> Score:
    found = score(made, rows, parameters or {}, options or {})
    assert found is not None
    return found


def index(h: object, low: object, y: object, *o: object, cap: F | None = None, options: dict | None = None) -> Score:
    given_values = dict(zip((HIGH, LOW, YES, O1, O2, O3), (h, low, y, *o), strict=True))
    rows = [result(c, "reported", v) for c, v in given_values.items()]  # type: ignore[arg-type]
    return scored(RATIOS, rows, {} if cap is None else {"cap": cap}, options)


def test_the_index_is_the_sum_of_ratios_to_the_benchmarks() -> None:
    found = index(F(40), F(10), True, F(5), F(20), F(10))
    # 100/4 * (40/80 + 5/10 + 1 + 20/10)
    assert found.value == 100
    assert found.bounds == (100, 100)
    assert found.choices == (("O", ("p/o2",)),)


def test_a_cap_cuts_each_ratio_at_one() -> None:
    assert index(F(160), F(1), True, F(20), F(0), F(0), cap=F(1)).value == 100


def test_the_park_s_own_choice_stands_though_another_scores_more() -> None:
    found = index(F(80), F(5), True, F(5), F(20), F(10), options={"O": "o1"})
    assert found.value == F(25) * (3 + F(1, 2))
    assert found.choices == (("O", ("p/o1",)),)


def test_what_is_missing_counts_as_zero_only_in_the_lower_bound() -> None:
    found = index(GONE, F(5), True, F(10), F(0), F(0), cap=F(1))
    assert found.value is None
    assert found.bounds == (75, 100)


def test_a_missing_yes_or_no_is_worth_between_nothing_and_one() -> None:
    found = index(F(80), F(5), GONE, F(10), F(0), F(0))
    assert found.value is None
    assert found.bounds == (75, 100)


def test_without_a_cap_a_missing_ratio_leaves_the_upper_side_open() -> None:
    found = index(GONE, F(5), True, F(10), F(0), F(0))
    assert found.bounds is None or found.bounds[1] is None


def test_an_option_that_is_missing_may_still_be_the_best() -> None:
    found = index(F(80), F(5), True, F(5), GONE, GONE, cap=F(1))
    assert found.bounds == (F(25) * (3 + F(1, 2)), 100)


@given(values, values, values, values)
def test_a_better_value_never_scores_lower(first: F, second: F, other: F, option: F) -> None:
    assume(first > 0 and second > 0)
    worse, better = sorted((first, second))
    for cap in (None, F(1)):
        rest = (True, option, F(1), F(2))
        a, b = index(worse, other, *rest, cap=cap).value, index(better, other, *rest, cap=cap).value
        c, d = index(other, better, *rest, cap=cap).value, index(other, worse, *rest, cap=cap).value
        assert a is not None and b is not None and a <= b
        assert c is not None and d is not None and c <= d


@given(st.lists(values.filter(bool), min_size=5, max_size=5), st.sets(st.integers(0, 4)))
def test_the_full_score_lies_within_the_bounds_of_any_part_of_it(numbers: list[F], gone: set[int]) -> None:
    h, low, *o = numbers
    full = index(h, low, True, *o, cap=F(1)).value
    part = [GONE if n in gone else v for n, v in enumerate(numbers)]
    found = index(part[0], part[1], True, *part[2:], cap=F(1))
    assert full is not None
    assert found.bounds is not None
    assert found.bounds[0] is not None
    assert found.bounds[1] is not None
    assert found.bounds[0] <= full <= found.bounds[1]


POINTS = Rule("points", ())


def points(*statuses: str, overall: str = "items") -> Score:
    clauses = [clause(str(n), "scored", group="a" if n < 2 else "b") for n in range(len(statuses))]
    rows = [result(c, s) for c, s in zip(clauses, statuses)]
    return scored(pack(clauses, score=POINTS), rows, {"overall": overall})


def test_points_are_a_percentage_of_what_could_be_reached() -> None:
    assert points("met", "partly_met", "not_met", "met").value == F(250, 4)


def test_categories_weigh_the_same_where_the_rule_says_so() -> None:
    assert points("met", "met", "not_met", overall="categories").value == 50
    assert points("met", "met", "not_met").value == F(200, 3)


def test_what_does_not_apply_is_left_out() -> None:
    assert points("met", "not_applicable", "not_due").value == 100


def test_an_undetermined_item_opens_the_score() -> None:
    found = points("met", "undetermined", "met", "met")
    assert found.value is None
    assert found.bounds == (75, 100)


@given(st.lists(st.sampled_from(["met", "partly_met", "not_met"]), min_size=1, max_size=6), st.integers(0, 5))
def test_a_better_status_never_scores_lower(statuses: list[str], place: int) -> None:
    assume(place < len(statuses))
    before, after = points(*statuses).value, points(*statuses[:place], "met", *statuses[place + 1 :]).value
    assert before is not None
    assert after is not None
    assert before <= after


def test_a_pack_without_a_rule_has_no_score() -> None:
    assert score(pack([HIGH]), [result(HIGH, "met", F(1))], {}, {}) is None
