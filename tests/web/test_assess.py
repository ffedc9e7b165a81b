"""Assessments are kept whole, found again by what they rest on, and computed anew only when that changes."""

from __future__ import annotations

from html import escape

import pytest

import ecopark as ep
from ecopark.web.assess import keep
from ecopark.web.assess.models import Kept
from ecopark.web.figures.change import Change, write
from ecopark.web.figures.facts import facts_of
from ecopark.web.parks.models import Park

from .conftest import World


def test_a_kept_assessment_is_what_the_library_says(world: World) -> None:
    kept = keep.assessed(world.park, "hj274-2015", "2023")
    told = ep.assess(facts_of(world.park), "hj274-2015", period="2023").to_dict()
    assert kept.verdict == told["verdict"]
    shown = {c["id"]: (c["status"], c["value"], c["limit"], c["missing"]) for c in kept.result["clauses"]}
    assert shown == {c["id"]: (c["status"], c["value"], c["limit"], c["missing"]) for c in told["clauses"]}
    assert kept.pack_hash == told["pack_hash"]


def test_only_what_a_pack_needs_makes_it_anew(world: World) -> None:
    first = [keep.assessed(world.park, name, "2023") for name in ("hj274-2015", "zero-carbon-park-2025")]
    write(world.park, [Change("alpha", "publicity_events", "2023", "1", "events/year")], world.people["office"], "")
    second = [keep.assessed(world.park, name, "2023") for name in ("hj274-2015", "zero-carbon-park-2025")]
    assert first[0].pk != second[0].pk
    assert first[1].pk == second[1].pk
    status = {c["tail"]: c["status"] for c in second[0].result["clauses"]}
    assert status["32"] == "not_met"
    assert {c["tail"]: c["status"] for c in first[0].result["clauses"]}["32"] == "met"
    assert Kept.objects.count() == 3


def test_every_missing_figure_stands_on_the_page(world: World) -> None:
    gaps = keep.assessed(world.park, "hj274-2015", "2023").result["gaps"]
    client = world.client_of("office")
    client.cookies["django_language"] = "en"
    text = client.get("/p/alpha/assess/hj274-2015/2023/").content.decode()
    assert len(gaps) > 15
    assert f"{len(gaps) - 15} more" in text
    listed = text[text.index("Gaps: collect these first") :]
    assert all(escape(gap["label"]["en"]) in listed for gap in gaps)


@pytest.mark.parametrize(
    ("lang", "words"), [("zh-hans", "弹性系数(工业新鲜水量"), ("en", "elasticity of (Industrial fresh water")]
)
def test_a_formula_stands_in_words_beside_its_codes(world: World, lang: str, words: str) -> None:
    client = world.client_of("office")
    client.cookies["django_language"] = lang
    page = client.get("/p/alpha/assess/hj274-2015/2023/clause/13/").content.decode()
    formula, _, trace = page.partition('class="trace"')
    assert f"{words}" in formula
    assert "<code>elasticity(industrial_fresh_water_m3" in formula
    assert words in trace


def test_a_park_without_figures_leads_only_those_to_them_who_may_see_them(world: World) -> None:
    """A published park is shown to anybody; its data are its own people's."""
    Park.objects.create(slug="gamma", key="gamma", name="园区 gamma", published=True)
    for page in ("", "assess/", "assess/briefing/", "assess/compare/"):
        seen = {}
        for role in ("admin", "office"):
            answer = world.client_of(role).get(f"/p/gamma/{page}", follow=True)
            seen[role] = answer.status_code, 'href="/p/gamma/data/"' in answer.content.decode().partition("<main")[2]
        assert seen["admin"] == (200, True), page
        assert seen["office"] in ((200, False), (403, False), (404, False)), page
