"""Formulas that refer to themselves are found, whichever way round."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ecopark.indicators.cycles import cycles, find_cycles, references


def test_the_shipped_catalogue_has_no_cycle() -> None:
    assert cycles() == []


def test_every_reference_of_the_catalogue_is_read() -> None:
    found = references()
    assert "park_gdp" in found["energy.intensity_gdp"]
    assert found["co2_emissions_t"] >= {"fuel_use_co2_t", "electricity_consumption_kwh"}


def test_a_cycle_names_its_path() -> None:
    found = cycles(
        {"park_gdp": "park_area_km2 * unit(1, '10k CNY/km2')", "park_area_km2": "park_gdp * unit(1, 'km2/10k CNY')"}
    )
    assert [p.code for p in found] == ["cycle"]
    assert "park_area_km2 -> park_gdp -> park_area_km2" in found[0].message("en")
    assert "循环引用" in found[0].message("zh")


def test_going_back_a_year_at_each_turn_is_a_cycle_too() -> None:
    assert cycles({"park_gdp": "lag(park_gdp, 1)"})


def test_a_formula_that_cannot_be_read_is_a_problem() -> None:
    assert [p.code for p in cycles({"park_gdp": "1 +"})] == ["formula"]


@given(st.dictionaries(st.integers(0, 7).map(str), st.sets(st.integers(0, 7).map(str)), max_size=8))
def test_there_is_a_cycle_exactly_when_names_cannot_be_put_in_order(graph: dict[str, set[str]]) -> None:
    left = dict(graph)
    while ready := [n for n, below in left.items() if not below & left.keys()]:
        for name in ready:
            del left[name]
    assert bool(find_cycles(graph)) == bool(left)
    for path in find_cycles(graph):
        assert path[0] == path[-1]
        assert all(b in graph[a] for a, b in pairwise(path))
