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
from ecopark.grading.land import LABELS, Plot, load_rules, low_efficiency, read_plots
from ecopark.grading.renewal import renewal_order, stories, track
from ecopark.workflows.grade_firms import grade, method_with
from ecopark.workflows.renew_land import list_land, not_graded, order_land, read_budget
from ecopark.workflows.write_renewal import plan_document, programme_document, write_document

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


def test_money_of_two_years(tmp_path: Path) -> None:
    path = table(tmp_path)
    order = order_land(path, {2026: Fraction(100), 2027: Fraction(130)})
    assert [(s.plot.id, s.year) for s in order.steps] == [("P4", 2026), ("P2", 2027)]
    assert order.proven
    assert order.steps[-1].total["land"] == 28
    assert [p.id for p, _ in order.left] == ["P1"]


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


def test_what_is_not_known_is_not_zero() -> None:
    plot = Plot("P", {"area_mu": Fraction(3), "output_10k_cny": Fraction(5), "cost_10k_cny": Fraction(1)})
    assert plot.frees() == {"land": 3, "output": None, "energy": None, "emission": None}
    other = Plot(
        "Q",
        {
            "area_mu": Fraction(1),
            "energy_tce": Fraction(9),
            "energy_after_tce": Fraction(2),
            "cost_10k_cny": Fraction(1),
        },
    )
    order = renewal_order([plot, other], {2026: Fraction(9)}, weights={"energy": Fraction(1)})
    assert [s.plot.id for s in order.steps] == ["Q"]
    assert "energy before and after" in order.left[0][1].en
    both = renewal_order([plot, other], {2026: Fraction(9)})
    assert both.steps[-1].total["energy"] == 7
    assert both.unknown == {"land": 0, "output": 2, "energy": 1, "emission": 2}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("plot,kind\nP1,vilage\n", "unknown-kind"),
        ("plot,used_share\nP1,90\n", "out-of-range"),
        ("plot,earliest_year\nP1,26\n", "out-of-range"),
        ("plot,area_mu\nP1,3 tce\n", "incompatible-unit"),
        ("plot,area_mu\nP1,-3\n", "negative-figure"),
    ],
)
def test_wrong_plots_are_told(tmp_path: Path, text: str, code: str) -> None:
    with pytest.raises(InputError) as caught:
        list_land(table(tmp_path, text))
    assert [p.code for p in caught.value.problems] == [code]
    assert caught.value.problems[0].zh and caught.value.problems[0].place.line == 2


def test_units_behind_numbers_count(tmp_path: Path) -> None:
    plots = read_plots(table(tmp_path, "plot,area_mu,energy_tce [10k tce]\nP1,2公顷,0.3\n"))
    assert plots[0].number("area_mu") == 30
    assert plots[0].number("energy_tce") == 3000


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_table_with_our_own_labels_as_headings_is_read(tmp_path: Path, lang: str) -> None:
    text = {**{name: "1" for name in LABELS}, "plot": "P1", "firm": "F1", "grade": "D", "earliest_year": "2027"}
    read = read_plots(table(tmp_path, ",".join(LABELS[n][lang] for n in text) + "\n" + ",".join(text.values()) + "\n"))
    assert set(read[0].values) == set(LABELS)
    assert read[0].number("output_after_10k_cny") == 1


def test_a_unit_that_is_none_is_told_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="furlong"):
        read_plots(table(tmp_path, "plot,area_mu [furlong]\nP1,2\n"))


@pytest.mark.parametrize("budget", [["2026"], ["2026=x"], ["2026=-1"], ["26=5"], ["2026=1", "2026=2"]])
def test_wrong_money_is_told(budget: list[str]) -> None:
    with pytest.raises(InputError):
        read_budget(budget)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_plan_and_a_programme_say_everything(tmp_path: Path, lang: str) -> None:
    path = table(tmp_path)
    money = {2026: Fraction(100), 2027: Fraction(130)}
    order = order_land(path, money)
    listed, rules = list_land(path)
    track(tmp_path / "log", "P4", "planned", by="Li", on=date(2026, 1, 5))
    track(tmp_path / "log", "P4", "completed", by="Li", on=date(2026, 6, 5), freed={"land": "7.5"})
    events = stories(tmp_path / "log")
    plan = plan_document([listed[2]], rules, lang=lang, on=date(2026, 1, 1), order=order, events=events)
    cells = {c.text for t in plan.tables() for row in t.rows for c in row}
    assert {"P4", "2026", "80", "8", "160", "6", "floor_area_ratio < 0.6", "2026-06-05"} <= cells | {"P4"}
    whole = programme_document(listed, rules, order, money, lang=lang, on=date(2026, 1, 1), events=events)
    tables = list(whole.tables())
    by_year = [[c.text for c in row] for row in tables[1].rows]
    assert by_year == [["2026", "100", "80", "20", "1"], ["2027", "130", "150", "0", "1"]]
    assert [c.text for c in tables[2].rows[-1]][4:9] == ["230", "28", "560", "6", "-"]
    assert [c.text for c in tables[-1].rows[0]][2:] == ["8", "7.5", "-0.5"]
    for document in (plan, whole):
        for suffix in ("docx", "html"):
            assert write_document(document, tmp_path / f"p.{suffix}").stat().st_size > 1000


def test_a_firm_that_is_not_graded_is_told(tmp_path: Path) -> None:
    firms = [{"firm": "F1", "group": "规下", "tax_per_mu": "1"}, {"firm": "F2", "group": "规下", "tax_per_mu": "2"}]
    grading = grade(firms, method_with("jingning-2022", cutoffs="A=50,D=50"))
    path = table(tmp_path, "plot,firm,area_mu\nP1,F1,3\nP2,F22,3\n")
    assert [x.plot.id for x in list_land(path, grading=grading)[0]] == ["P1"]
    assert [(p.code, p.severity) for p in not_graded(path, grading)] == [("firm-not-graded", "warning")]
    assert "Did you mean 'F2'" in not_graded(path, grading)[0].en
