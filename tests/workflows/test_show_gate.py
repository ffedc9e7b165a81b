"""The invented park's story at the gate: refused, back with the counter-offer, a firm regraded, a plot renewed."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecopark.examples.gate_story import BUDGET, plots
from ecopark.examples.invented_park import invented_park
from ecopark.workflows.show_gate import GateStory, show_gate, write_gate


@pytest.fixture(scope="module")
def park(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return invented_park(50).write(tmp_path_factory.mktemp("gate") / "park")


@pytest.fixture(scope="module")
def story(park: Path) -> GateStory:
    return show_gate(park)


def test_the_project_is_refused_for_water_and_comes_back_with_its_counter_offer(story: GateStory) -> None:
    assert story.refused.verdict == "refuse"
    wrong = {f.id.split("/")[1] for f in story.refused.findings if f.status == "not_met"}
    assert wrong == {"water", "cod_capacity"}
    offer = story.refused.counter_offer
    assert offer is not None
    assert offer.proven
    assert {c.quantity for c in offer.changes} == {"industrial_fresh_water_m3", "emission_cod_t"}
    assert story.again is not None
    assert story.again.verdict == "conditional"
    assert not [f for f in story.again.findings if f.status == "not_met"]


def test_the_chip_plant_is_regraded(story: GateStory) -> None:
    assert story.before.firm.id == story.after.firm.id == invented_park(50).firms.ids[invented_park(50).firms.plant]
    assert (story.before.grade, story.after.grade) == ("C", "B")


def test_low_efficiency_plots_are_renewed_within_the_budget(story: GateStory) -> None:
    assert story.order.steps
    assert story.order.proven
    for year, money in BUDGET.items():
        assert story.order.spent.get(year, 0) <= sum(m for y, m in BUDGET.items() if y <= year), money


def test_the_plots_are_those_of_the_firms() -> None:
    park = invented_park(50)
    rows = {r["firm"]: r for r in plots(park)}
    land = {
        r["subject"]: float(r["value"])
        for r in park.rows()
        if r["quantity"] == "industrial_land_area_km2" and r["period"] == "2025"
    }
    for firm, km2 in land.items():
        if firm in rows and km2:
            assert float(rows[firm]["area_mu"]) == pytest.approx(km2 * 1500, abs=0.06)


def test_the_story_is_told_in_both_languages_and_written(story: GateStory, park: Path, tmp_path: Path) -> None:
    for text in story.told():
        assert text.zh
        assert text.en
    written = write_gate(story, park, tmp_path / "gate", "zh")
    assert [p.suffix for p in written] == [".docx"] * 4
    assert all(p.stat().st_size > 5000 for p in written)


@pytest.mark.parametrize("firms", [30, 200])
def test_parks_of_other_sizes_have_a_story_too(firms: int, tmp_path: Path) -> None:
    story = show_gate(invented_park(firms).write(tmp_path / "park"))
    assert all(text.zh for text in story.told())
