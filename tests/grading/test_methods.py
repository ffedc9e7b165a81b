"""Methods as data: every shipped one loads, its cases hold, and what is wrong with one is said with its line."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
import yaml

from ecopark.core.rounding import exact
from ecopark.errors import PackError
from ecopark.grading.cases import check_method
from ecopark.grading.load import UnknownMethodError, find_method, shipped_methods
from ecopark.grading.method import LastYear
from ecopark.workflows.grade_firms import grade
from tests.grading.samples import HEAD, PLAIN, SHARED, written


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
    more = "changle-2023 sichuan-2021 zhejiang-common suzhou-2017 wuxi tongling-2021 invented-park"
    assert set(f"{wanted} {more}".split()) == set(shipped_methods())


def test_every_method_of_the_facts_is_shipped_and_what_is_incomplete_is_a_draft() -> None:
    path = SHARED / "policy-facts" / "permu_classification.yaml"
    if not path.exists():
        pytest.skip("the shared facts are not here")
    facts = yaml.safe_load(path.read_text(encoding="utf-8"))
    named = {"anhui_city_gu456": "anhui-city"}
    for entry in facts["methods"]:
        method = find_method(named.get(entry["id"], entry["id"].replace("_", "-")))
        if method.status == "published":
            assert not any(method.cannot_score(g) for g in method.groups), method.id
        for items, group in (("above_scale", "above_scale"), ("below_scale", "below_scale"), ("indicators", "all")):
            known = [i for i in entry.get(items) or [] if isinstance(i, dict)] if items in entry else []
            for wanted, item in zip(known, method.group(group).items if known else ()):
                if "weight" in wanted:
                    assert item.weight == wanted["weight"], (method.id, wanted)
                if "base" in wanted:
                    assert item.base == exact(str(wanted["base"])), (method.id, wanted)
        shares = [c["rank_to_pct"] for c in entry.get("classes") or [] if isinstance(c, dict) and "rank_to_pct" in c]
        if shares:
            assert method.cutoffs is not None
            assert [int(c.limit or 100) for c in method.cutoffs.classes] == shares


def test_what_was_not_seen_stays_empty_and_is_never_law() -> None:
    for name in shipped_methods():
        for c in find_method(name).consequences:
            assert c.basis == "recalled" or (c.basis, c.source[:4]) == ("seen", "http") or name == "invented-park"
    assert find_method("huangyan-2022").cutoffs is None
    assert all(i.base == LastYear(Fraction(2)) for i in find_method("huaian-2024").groups[0].items)


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
        ('base: "10"', "base: {last_year_mean: 0}", "positive number of times"),
        ('base: "10"', "base: {last_year_meen: 2}", "Did you mean 'last_year_mean'"),
        ("follows: landlord", "scope: [{id: a, when: 'land_area_mu'}]", "is no condition"),
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
