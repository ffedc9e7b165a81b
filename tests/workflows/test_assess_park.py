"""From facts to a verdict, through the door a researcher uses; and what must hold when data are taken away."""

from fractions import Fraction

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ecopark as ep
from ecopark.core.value import Missing
from ecopark.errors import InputError
from ecopark.examples import invented_park
from ecopark.observations.model import Facts

PACKS = ("hj274-2015", "miit-green-park-2016", "zero-carbon-park-2025", "jiangsu-near-zero-2024")


@pytest.fixture(scope="module")
def full() -> Facts:
    return invented_park(30, seed=11).facts()


@pytest.fixture(scope="module")
def answers(full):
    return {a.pack.id: a for a in ep.assess_all(full, PACKS, periods=["2025"])}


def test_the_story_of_the_invented_park(answers):
    result = answers["hj274-2015"]
    assert result.verdict == "fail"
    failing = [c.clause.tail for c in result.clauses if c.status == "not_met" and c.clause.kind == "mandatory"]
    assert failing == ["13"]
    changes = {c.quantity: c for c in result.clause("13").changes}
    assert changes["industrial_fresh_water_m3"].needed < changes["industrial_fresh_water_m3"].now


def test_what_would_meet_it_meets_it(full, answers):
    change = next(c for c in answers["hj274-2015"].clause("13").changes if c.quantity == "industrial_fresh_water_m3")
    rows = [
        {
            "subject": full.parks[0].id,
            "quantity": change.quantity,
            "period": "2025",
            "value": str(float(change.needed)),
            "unit": "m3",
        }
    ]
    moved = Facts(
        [*ep.read_facts(rows).observations, *full.observations], full.subjects.values(), settings=full.settings
    )
    assert ep.assess(moved, "hj274-2015", period="2025").clause("13").status == "met"


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), share=st.sampled_from((0.02, 0.1, 0.3)))
def test_with_data_taken_away_the_full_answer_lies_inside(full, answers, seed, share):
    import random

    draw = random.Random(seed)
    kept = [o for o in full.observations if draw.random() > share]
    less = Facts(kept, full.subjects.values(), settings=full.settings)
    for result in ep.assess_all(less, PACKS, periods=["2025"]):
        whole = answers[result.pack.id]
        for now, then in zip(result.clauses, whole.clauses, strict=True):
            assert now.status in (then.status, "undetermined"), now.id
            if isinstance(now.value, Missing) and now.bounds and isinstance(then.value, Fraction):
                low, high = now.bounds
                assert low is None or low <= then.value, now.id
                assert high is None or then.value <= high, now.id
        if whole.score is not None and result.score_bounds is not None:
            low, high = result.score_bounds
            assert low is None or low <= whole.score
            assert high is None or whole.score <= high
        assert result.verdict in (whole.verdict, "undetermined")


def test_what_is_missing_is_ranked_and_has_a_department(full):
    kept = [o for o in full.observations if o.quantity != "industrial_value_added_const"]
    result = ep.assess(Facts(kept, full.subjects.values()), "hj274-2015", period="2025")
    first = result.gaps[0]
    assert first.item.quantity == "industrial_value_added_const"
    assert first.department.zh
    assert len(first.clauses) >= 3


def test_a_reported_rate_counts_and_says_what_it_is():
    rows = [{"quantity": "waste.utilisation", "period": "2022", "value": "98", "unit": "%"}]
    found = ep.assess(rows, "hj274-2015", period="2022").clause("6")
    assert found.status == "met"
    assert found.reported is True
    assert "not recomputable" in ep.assess(rows, "hj274-2015", period="2022").explain("6")


def test_a_clause_id_may_carry_a_reported_rate_too():
    rows = [{"quantity": "hj274-2015/20", "period": "2022", "value": "99.6", "unit": "%"}]
    found = ep.assess(rows, "hj274-2015", period="2022").clause("20")
    assert found.status == "not_met", "99.6 does not meet 100"


def test_a_scope_that_changed_breaks_the_trend(tmp_path):
    folder = tmp_path / "park"
    (folder / "data").mkdir(parents=True)
    (folder / "park.toml").write_text(
        '[park]\nid = "p"\nname = "P"\n[[scope]]\nfrom = 2022\nzh = "扩区"\nen = "extension by 9 km2"\n',
        encoding="utf-8",
    )
    (folder / "data" / "facts.csv").write_text(
        "quantity,period,value,unit\nindustrial_value_added_const,2020,1000,10k CNY@2020\n"
        "industrial_value_added_const,2023,1331,10k CNY@2020\n",
        encoding="utf-8",
    )
    found = ep.assess(folder, "hj274-2015").clause("3")
    assert found.value == 10
    assert any("extension by 9 km2" in note.en for note in found.notes)


def test_frames_and_notebooks(answers):
    frame = answers["hj274-2015"].to_frame()
    assert isinstance(frame, pl.DataFrame)
    assert frame.height == 32
    assert "<table>" in answers["hj274-2015"]._repr_html_()
    assert "hj274-2015" in repr(answers["hj274-2015"])


def test_several_parks_ask_which():
    rows = [{"subject": s, "quantity": "publicity_events", "period": "2023", "value": "3", "unit": "次"} for s in "ab"]
    with pytest.raises(InputError, match="several parks"):
        ep.assess(rows, "hj274-2015")
    assert ep.assess(rows, "hj274-2015", subject="b").clause("32").status == "met"


def test_units_convert_between_packs():
    rows = [
        {"quantity": "industrial_value_added_const", "period": "2023", "value": "3", "unit": "亿元@2020"},
        {"quantity": "industrial_value_added", "period": "2023", "value": "3", "unit": "亿元"},
        {"quantity": "industrial_land_area_km2", "period": "2023", "value": "1500", "unit": "亩"},
    ]
    hj = ep.assess(rows, "hj274-2015", period="2023").clause("8")
    miit = ep.assess(rows, "miit-green-park-2016", period="2023").clause("5")
    assert hj.value == miit.value == 3


def test_the_park_may_choose_its_optional_terms(full):
    free = ep.assess(full, "miit-green-park-2016", period="2025")
    chosen = ep.assess(full, "miit-green-park-2016", period="2025", options={"O1": "8,9"})
    assert dict(chosen.choices)["O1"] == ("miit-green-park-2016/8", "miit-green-park-2016/9")
    assert chosen.score <= free.score


def test_a_share_of_a_whole_stays_within_it():
    rows = [{"quantity": "park_area_km2", "period": "2023", "value": "20", "unit": "km2"}]
    assert ep.assess(rows, "hj274-2015", period="2023").clause("29").bounds == (0, 100)


def test_a_missing_figure_is_narrowed_by_other_years_only_where_the_user_allows_it():
    rows = [
        {"quantity": "energy_industrial_tce", "period": "2022", "value": "100", "unit": "tce"},
        {"quantity": "industrial_value_added", "period": "2023", "value": "1000", "unit": "万元"},
    ]
    wide = ep.assess(rows, "hj274-2015", period="2023").clause("11").bounds
    facts = (
        ep.assess_all(rows, ["hj274-2015"], periods=["2023"], options={"bounds": {"narrow": "2"}})[0]
        .clause("11")
        .bounds
    )
    assert facts == (Fraction(50, 1000), Fraction(200, 1000))
    assert wide[0] <= facts[0]
    assert wide[1] > facts[1]


def _lone(year):
    return [{"subject": "p", "quantity": "park_area_km2", "period": str(year), "value": "9", "unit": "km2"}]


@pytest.mark.parametrize(("year", "asked"), [(2023, False), (2031, False), (2032, True), (2099, True)])
def test_a_lone_year_far_beyond_the_newest_rules_is_asked_about(year, asked):
    codes = [w.code for w in ep.read_facts(_lone(year)).warnings]
    assert codes == (["year-ahead"] if asked else [])


def test_a_year_that_stands_apart_is_asked_about_once():
    rows = [row for year in (2022, 2023, 2099) for row in _lone(year)]
    assert [w.code for w in ep.read_facts(rows).warnings if "year" in w.code] == ["isolated-year"]


def test_water_that_may_not_be_fresh_is_a_doubt_beside_the_clause():
    keys = ("subject", "period", "quantity", "value", "unit")
    rows = [("water.intensity_iva", "30.76", "m3/10k CNY"), ("water.industrial_reuse", "96.5", "%")]
    found = ep.assess([dict(zip(keys, ("p", "2017", *r), strict=True)) for r in rows], "hj274-2015", period="2017")
    assert found.clause("14").status == "not_met"
    assert "fresh water" in found.clause("14").doubts[0].en
    assert found.clause("15").status == "met"
