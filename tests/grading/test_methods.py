"""Methods as data: every shipped one loads, its cases hold, and what is wrong with one is said with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecopark.errors import PackError
from ecopark.grading.cases import check_method
from ecopark.grading.load import UnknownMethodError, find_method, shipped_methods
from ecopark.workflows.grade_firms import grade
from tests.grading.samples import HEAD, PLAIN, written


@pytest.mark.parametrize("name", shipped_methods())
def test_a_shipped_method_loads_names_its_source_and_its_cases_hold(name: str) -> None:
    method = find_method(name)
    assert method.id == name
    assert method.sources
    assert method.title.zh and method.title.en
    assert (Path(method.folder) / "NOTES.md").exists()
    assert [p.message() for p in check_method(method)] == []


def test_every_method_of_the_brief_is_shipped() -> None:
    wanted = "huangyan-2022 huaian-2024 jiangshan-2023-draft jingning-2022 wenling-2021 cixi-2024 wujin-2017-draft anhui-city"
    assert set(f"{wanted} changle-2023 sichuan-2021 zhejiang-common".split()) == set(shipped_methods())


def test_what_was_not_seen_stays_empty_and_is_never_law() -> None:
    for name in shipped_methods():
        for c in find_method(name).consequences:
            assert c.basis == "recalled"
    assert find_method("huangyan-2022").cutoffs is None
    assert all(i.base is None for i in find_method("huaian-2024").groups[0].items)


def test_a_method_without_weights_says_so() -> None:
    with pytest.raises(PackError) as caught:
        grade([{"firm": "a", "group": "规下", "tax_per_mu": "3"}], "wenling-2021")
    assert "no weights of tax_per_mu" in str(caught.value)


def test_an_unknown_method_offers_the_nearest() -> None:
    with pytest.raises(UnknownMethodError, match="huangyan-2022"):
        find_method("huangyan_2022")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('weight: "60"', 'weight: "50"', "add up to 90, not 100"),
        ("indicator: tax_per_mu, base", "indicator: tax_per_moo, base", "Did you mean 'tax_per_mu'"),
        ('base: "10"', 'base: "ten"', "is no number"),
        ('base: "10"', 'base: "0"', "the base is positive"),
        ("when: accident", "when: acident", "Did you mean 'accident'"),
        ("grade: C}", "grade: X}", "no class 'X'"),
        ('to: "60"', 'to: "15"', "not in order"),
        ("rule: group_average", "rule: group_mean", "Did you mean 'group_average'"),
        ("unit(3, 'mu')", "unit(3, 'tce')", "formula"),
        ("cutoffs:", "cutofs:", "Did you mean 'cutoffs'"),
    ],
)
def test_a_wrong_method_is_told_with_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(PackError) as caught:
        written(tmp_path, PLAIN.replace(old, new, 1))
    assert said in str(caught.value)
    assert all(p.place.line for p in caught.value.problems)


def test_all_problems_come_together(tmp_path: Path) -> None:
    bad = PLAIN.replace('weight: "60"', 'weight: "x"').replace("when: utility", "when: nobody")
    with pytest.raises(PackError) as caught:
        written(tmp_path, bad)
    assert len(caught.value.problems) == 2


def test_an_inverse_score_needs_a_lower_is_better_indicator(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="inverse_linear needs direction lower"):
        written(
            tmp_path,
            HEAD
            + "groups:\n  - id: g\n    items:\n      - {indicator: tax_per_mu, score: inverse_linear, weight: '100'}\n",
        )
