"""Land renewal: the list by rule, an order no brute force beats, and a story that is only added to."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecopark.errors import EcoparkError, InputError, PackError
from ecopark.grading.land import Plot, load_rules, low_efficiency, read_plots, renewal_order, stories, track
from ecopark.workflows.renew_land import list_land, order_land, write_plan

CSV = """\
plot,firm,area_mu,grade,idle,floor_area_ratio,used_share,cost_10k_cny,output_10k_cny,output_after_10k_cny,energy_tce,energy_after_tce,earliest_year
P1,F1,30,D,,1.1,,300,100,900,50,10,
P2,F2,20,B,是,,,150,0,400,,,2027
P3,F3,12,A,否,1.2,90%,50,10,20,5,4,
P4,F4,8,C,否,0.4,0.3,80,40,200,9,3,
"""


def table(tmp_path: Path, text: str = CSV) -> Path:
    path = tmp_path / "plots.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_list_names_every_rule_and_what_it_could_not_decide(tmp_path: Path) -> None:
    listed, rules = list_land(table(tmp_path))
    assert [x.plot.id for x in listed] == ["P1", "P2", "P4"]
    assert [r.id for r in listed[2].reasons] == ["under_used", "half_empty"]
    assert "idle" in {r.id for r, _ in listed[0].open}
    assert set(rules.kinds) == {"replace", "scattered", "village", "demolish"}


def test_grades_of_firms_put_their_plots_on_the_list(tmp_path: Path) -> None:
    path = table(tmp_path, "plot,firm,area_mu\nP1,F1,3\nP2,F2,3\n")
    listed = low_efficiency(read_plots(path, grades={"F1": "D", "F2": "A"}), load_rules())
    assert [x.plot.id for x in listed] == ["P1"]


def test_problems_of_a_plot_table_come_together(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_plots(table(tmp_path, "plot,area_mu,foo,cost_10k_cny\nP1,-3,1,x\nP1,2,1,1\n"))
    assert {p.code for p in caught.value.problems} == {
        "unknown-column",
        "negative-figure",
        "unreadable-number",
        "plot-twice",
    }


def test_a_wrong_rule_is_told(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text("rules:\n  - {id: a, when: 'areamu > 3'}\n", encoding="utf-8")
    with pytest.raises(PackError, match="area_mu"):
        load_rules(path)


def test_money_of_two_years_and_a_plan(tmp_path: Path) -> None:
    path = table(tmp_path)
    order = order_land(path, {2026: Fraction(100), 2027: Fraction(130)})
    assert [(s.plot.id, s.year) for s in order.steps] == [("P4", 2026), ("P2", 2027)]
    assert order.proven
    assert order.steps[-1].total["land"] == 28
    assert [p.id for p, _ in order.left] == ["P1"]
    listed, rules = list_land(path)
    for suffix in ("docx", "html"):
        assert write_plan(
            listed[0], rules, tmp_path / f"p.{suffix}", lang="zh", on=date(2026, 1, 1), order=order
        ).exists()


@settings(max_examples=25, deadline=None)
@given(
    plots=st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=5),
    money=st.tuples(st.integers(0, 15), st.integers(0, 15)),
)
def test_no_order_on_tiny_inputs_is_better(plots: list[tuple[int, int]], money: tuple[int, int]) -> None:
    made = [Plot(str(i), {"area_mu": Fraction(a), "cost_10k_cny": Fraction(c)}) for i, (a, c) in enumerate(plots)]
    order = renewal_order(made, {2026: Fraction(money[0]), 2027: Fraction(money[1])})
    whole = sum(a for a, _ in plots)
    best = 0.0
    for years in product((None, 0, 1), repeat=len(plots)):
        first = sum(c for (_, c), y in zip(plots, years) if y == 0)
        both = first + sum(c for (_, c), y in zip(plots, years) if y == 1)
        if first <= money[0] and both <= sum(money):
            best = max(best, sum(a / whole * (0.95 if y else 1) for (a, _), y in zip(plots, years) if y is not None))
    assert order.value == pytest.approx(best, abs=1e-7)
    assert sum(order.spent.values()) <= sum(money)


def test_an_order_exactly_on_the_money_is_found() -> None:
    made = [Plot(str(i), {"area_mu": Fraction(1), "cost_10k_cny": Fraction(1, 10)}) for i in range(10)]
    assert len(renewal_order(made, {2026: Fraction(1)}).steps) == 10


def test_a_story_is_only_added_to_and_never_goes_back(tmp_path: Path) -> None:
    track(tmp_path, "P1", "planned", by="Li", on=date(2026, 1, 5))
    track(tmp_path, "P1", "completed", by="Li", on=date(2026, 6, 5), freed={"land": "29.5"})
    assert [e["step"] for e in stories(tmp_path)["P1"]] == ["planned", "completed"]
    for options, said in (
        ({"plot": "P1", "step": "rebuilt", "by": "Li"}, "is completed"),
        ({"plot": "P2", "step": "plan", "by": "Li"}, "Did you mean 'planned'"),
        ({"plot": "P2", "step": "planned", "by": ""}, "by whom"),
        ({"plot": "P2", "step": "completed", "by": "Li", "freed": {"land": "x"}}, "no number"),
    ):
        with pytest.raises(EcoparkError, match=said):
            track(tmp_path, on=date(2026, 7, 1), **options)  # type: ignore[arg-type]


def test_no_money_is_an_error() -> None:
    with pytest.raises(EcoparkError):
        renewal_order([], {})
