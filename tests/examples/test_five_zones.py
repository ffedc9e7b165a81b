"""What five real zones have published: as published, and nothing made of it that it is not."""

from __future__ import annotations

from fractions import Fraction

from ecopark.core.period import Period
from ecopark.examples.five_zones import five_zones, published, title, zones
from ecopark.observations.quantity import catalogue

IDS = ["daxing-medicine-valley", "zhangjiagang-etdz", "yizhuang-new-city", "tianjin-eco-city", "anji-edz"]


def test_there_are_five_zones_with_names_sources_and_what_is_missing() -> None:
    assert [z.id for z in zones()] == IDS
    for zone in zones():
        assert zone.name.zh
        assert zone.name.en
        assert zone.source.zh
        assert zone.source.en
        assert zone.unpublished
    assert title().zh == "各区公布了什么，还缺什么"
    assert title().en == "What the zones publish, and what is missing"


def test_every_figure_has_both_labels_a_value_and_a_source() -> None:
    figures = published()
    assert len(figures) == 46
    for figure in figures:
        assert figure.label.zh
        assert figure.label.en
        assert figure.source
        assert figure.op in ("=", ">=", ">")
        assert figure.value == "true" or Fraction(figure.value) is not None
        assert figure.quantity == "" or figure.near == ""


def test_solid_waste_rates_are_reported_rates_of_their_years() -> None:
    facts = five_zones()
    for zone, year, value in [(IDS[0], 2019, 100), (IDS[0], 2021, 100), (IDS[1], 2022, 98)]:
        rate = facts.get(zone, "waste.utilisation", Period(year))
        assert rate is not None
        assert rate.value == value
        assert rate.unit == "%"
    assert "waste.utilisation" not in catalogue()


def test_lower_bounds_changes_and_undated_figures_do_not_become_facts() -> None:
    facts = five_zones()
    assert facts.get(IDS[0], "firms_total", Period(2022)) is None
    for figure in published():
        if figure.op != "=" or not figure.year or figure.whole:
            assert not figure.exact
    assert len(facts) == 10
    assert not facts.years("anji-edz")
    assert not facts.years("tianjin-eco-city")


def test_all_zones_are_subjects_even_those_without_a_fact() -> None:
    assert [s.id for s in five_zones().parks] == IDS


def test_the_area_after_the_expansion_is_dated() -> None:
    zone = five_zones().subjects[IDS[0]]
    assert [year for year, _ in zone.scopes] == [2020]
    area = five_zones().get(IDS[0], "park_area_km2", Period(2022))
    assert area is not None
    assert area.value == Fraction(45, 2)


def test_no_target_or_threshold_is_among_the_figures() -> None:
    words = " ".join(f.label.zh for f in published())
    assert "门槛" not in words
    assert "目标" not in words
    assert "PM2.5" not in words


def test_what_else_the_articles_say_in_numbers_is_listed_with_the_reason_why_it_is_no_figure() -> None:
    other = [s for zone in zones() for s in zone.other]
    assert len(published()) + len(other) == 89, "every number of the five articles is either a figure or listed here"
    for statement in other:
        assert statement.label.zh
        assert statement.label.en
        assert statement.value
        assert statement.why_not.zh
        assert statement.why_not.en


def test_every_figure_is_a_fact_or_says_why_it_is_none() -> None:
    for figure in published():
        assert bool(figure.why_not) != figure.exact
    why = {f.label.en: f.why_not.en for f in published()}
    assert why["Times in a row a civilised city"] == "about the whole city of Zhangjiagang"
    assert why["Major projects of 5 billion CNY"] == "no year is given"
    assert why["Regional water-recycling chains"] == "no quantity is this"


def test_listed_companies_are_facts_and_company_research_units_are_not_all_institutions() -> None:
    facts = five_zones()
    assert [facts.get(zone, "listed_companies", Period(2022)).value for zone in IDS[:2]] == [20, 10]  # type: ignore[union-attr]
    assert facts.get(IDS[1], "rd_institutions_provincial", Period(2022)) is None
