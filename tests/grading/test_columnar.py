"""The columnar form says what the exact one says, ties and boundaries included."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from ecopark.grading.columnar import GradedFrame
from ecopark.grading.method import Method
from ecopark.grading.result import Grading
from ecopark.workflows.grade_firms import grade, grade_many, method_with
from tests.grading.samples import CUT, HEAD, PLAIN, one_item, random_firms, written


def differences(exact: Grading, columnar: GradedFrame) -> list[str]:
    """Where two gradings differ."""
    found = []
    for a, b in zip(exact.firms, columnar.frame.iter_rows(named=True)):
        if (a.firm.id, a.group, a.rank, a.grade, a.by_rank) != (
            b["firm"],
            b["group"],
            b["rank"],
            b["grade"],
            b["by_rank"],
        ):
            found.append(f"{a.firm.id}: {(a.group, a.rank, a.grade, a.by_rank)} {b}")
        elif (a.score is None) != (b["score"] is None) or (
            a.score is not None and abs(float(a.score) - b["score"]) > 1e-9
        ):
            found.append(f"{a.firm.id}: {a.score} {b['score']}")
    return found


@pytest.mark.parametrize("seed", range(12))
def test_a_whole_method_agrees(seed: int, tmp_path: Path) -> None:
    method = written(tmp_path)
    frame = random_firms(300, seed)
    assert differences(grade(frame, method), grade_many(frame, method)) == []


@pytest.mark.parametrize("ties", ["best", "worst"])
@pytest.mark.parametrize(
    "item",
    [
        "{indicator: tax_per_mu, base: '7', weight: '100'}",
        "{indicator: tax_per_mu, base: '7', weight: '100', cap: '0.9'}",
        "{indicator: tax_per_mu, base: mean, weight: '100'}",
        "{indicator: tax_per_mu, base: best, weight: '100'}",
        "{indicator: tax_per_mu, score: ratio_to_best, weight: '100'}",
        "{indicator: tax_per_mu, score: min_max, weight: '100'}",
        "{indicator: tax_per_mu, score: rank_only, weight: '100'}",
        "{indicator: intensity, score: inverse_linear, base: mean, weight: '100', missing: {rule: group_average}}",
        "{indicator: intensity, base: '1', weight: '100', missing: {rule: points, points: '-3'}}",
        "{indicator: intensity, score: ratio_to_best, weight: '100'}",
        "{indicator: intensity, score: min_max, weight: '100'}",
    ],
)
def test_every_score_type_agrees(item: str, ties: str, tmp_path: Path) -> None:
    lower = "indicators:\n  - {id: intensity, zh: 强度, en: intensity, unit: tce/10k CNY, direction: lower, formula: energy_industrial_tce / industrial_value_added}\n"
    cut = f"cutoffs: {{kind: shares, ties: {ties}, classes: [{{id: A, to: '20'}}, {{id: B, to: '65'}}, {{id: C, to: '100'}}]}}\n"
    method = written(tmp_path, HEAD + lower + f"groups:\n  - id: all\n    items:\n      - {item}\n{cut}")
    for seed in range(3):
        frame = random_firms(150, seed, digits=0).drop("bonus_points", "accident", "new_firm", "utility", "tenant")
        assert differences(grade(frame, method), grade_many(frame, method)) == []


def test_equal_ratios_of_unequal_figures_are_ties(tmp_path: Path) -> None:
    """0.3 / 0.1 and 3 / 1 are one number, though not in float64."""
    method = one_item(tmp_path, "{indicator: tax_per_mu, base: '0.7', weight: '100'}")
    frame = pl.DataFrame(
        {"firm": ["a", "b", "c"], "tax_paid_10k_cny": [0.3, 3.0, 2.9], "land_area_mu": [0.1, 1.0, 1.0]}
    )
    graded = grade_many(frame, method)
    assert graded.frame["rank"].to_list() == [1, 1, 3]
    assert graded.decided > 0


def test_a_score_on_the_limit_is_decided_exactly(tmp_path: Path) -> None:
    cut = "cutoffs: {kind: scores, classes: [{id: A, from: '60'}, {id: B, from: '30'}, {id: C}]}\n"
    method = one_item(tmp_path, "{indicator: tax_per_mu, base: '0.3', weight: '100'}", cutoffs=cut)
    frame = pl.DataFrame({"firm": ["a", "b", "c"], "tax_per_mu": [0.18, 0.09, 0.0899999999]})
    assert grade_many(frame, method).frame["grade"].to_list() == ["A", "B", "C"]
    assert [f.grade for f in grade(frame, method).firms] == ["A", "B", "C"]


def test_the_average_is_summed_exactly_only_where_it_matters(tmp_path: Path) -> None:
    item = "{indicator: tax_per_mu, base: '3', weight: '100', missing: {rule: group_average}}"
    method = one_item(tmp_path, item)
    frame = pl.DataFrame({"firm": list("abcde"), "tax_per_mu": [0.1, 0.2, 0.3, 0.2, None]})
    a, b = grade(frame, method), grade_many(frame, method)
    assert differences(a, b) == []
    assert a.firms[4].rank == a.firms[1].rank == 2


def test_huangyan_as_json_has_the_shape_of_the_exact_form(tmp_path: Path) -> None:
    method: Method = method_with("huangyan-2022", cutoffs=CUT)
    rows = pl.DataFrame({"firm": ["a"], "group": ["规下"], "tax_per_mu": [12.0], "tax_per_power": [0.3]})
    exact, columnar = grade(rows, method).to_list()[0], grade_many(rows, method).to_list()[0]
    assert exact.keys() == columnar.keys()
    assert [i.keys() for i in exact["items"]] == [i.keys() for i in columnar["items"]]
    assert (exact["rank"], exact["grade"]) == (columnar["rank"], columnar["grade"])


def test_ranking_all_groups_together_agrees(tmp_path: Path) -> None:
    method = written(tmp_path, PLAIN.replace("status: draft", "status: draft\nrank_within: all"))
    frame = random_firms(200, 5)
    assert differences(grade(frame, method), grade_many(frame, method)) == []


def test_ratios_that_differ_from_their_inputs_are_told_by_both_forms(tmp_path: Path) -> None:
    """Exactly 2 % apart is no finding, a little more is; beyond twenty they are counted."""
    method = written(tmp_path)
    rows = [(f"F{i}", 49.0, 1.0) for i in range(30)] + [("same", 50.0, 1.0), ("edge", 49.0, 0.98), ("over", 48.99, 1.0)]
    frame = pl.DataFrame(
        {
            "firm": [r[0] for r in rows],
            "group": ["big"] * len(rows),
            "tax_paid_10k_cny": [5 * r[1] for r in rows],
            "land_area_mu": [5 * r[2] for r in rows],
            "tax_per_mu": [55.0] * 30 + [50.0, 50.0, 50.0],
        }
    )
    told = []
    for part in (frame, frame.tail(3), frame.tail(4).head(3)):
        exact, columnar = grade(part, method).warnings, grade_many(part, method).warnings
        told.append([(p.code, p.en, p.zh) for p in exact])
        assert told[-1] == [(p.code, p.en, p.zh) for p in columnar]
    assert [t[0] for t in told[0]] == ["rate-differs"] * 21
    assert told[0][-1][1].startswith("11 more")
    assert [t[1][:4] for t in told[1]] == ["over"]


@pytest.mark.parametrize("seed", range(4))
def test_findings_of_a_whole_method_agree(seed: int, tmp_path: Path) -> None:
    method = written(tmp_path)
    frame = random_firms(120, seed).with_columns(
        (pl.col("tax_paid_10k_cny") / pl.col("land_area_mu") * (0.9 + 0.2 * pl.int_range(pl.len()) / 120))
        .round(2)
        .alias("tax_per_mu")
    )
    exact, columnar = grade(frame, method), grade_many(frame, method)
    assert sorted((p.code, p.en) for p in exact.warnings) == sorted((p.code, p.en) for p in columnar.warnings)
    assert differences(exact, columnar) == []


def test_the_json_of_both_forms_is_equal_up_to_the_last_digits(tmp_path: Path) -> None:
    method = written(tmp_path, PLAIN.replace('base: "10", weight: "60"', 'base: mean, weight: "60"'))
    frame = random_firms(80, 3)
    for a, b in zip(grade(frame, method).to_list(), grade_many(frame, method).to_list()):
        assert {k: a.get(k) for k in ("firm", "group", "rank", "grade", "outside")} == {
            k: b.get(k) for k in ("firm", "group", "rank", "grade", "outside")
        }
        assert [i["id"] for i in a["items"]] == [i["id"] for i in b["items"]]
        for x, y in zip(a["items"], b["items"]):
            for key in ("value", "base", "weight", "points"):
                assert (x[key] is None) == (y[key] is None), (x, y)
                assert x[key] is None or float(x[key]) == pytest.approx(float(y[key]), rel=1e-9, abs=1e-9)
