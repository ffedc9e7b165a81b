"""Every way to a figure gives the same in columns as one by one: codes, quarters and months, firms, computed totals."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import polars as pl
import pytest

from ecopark.core.period import Period
from ecopark.observations.model import Facts, Observation, Subject
from ecopark.packs.model import Pack
from ecopark.standards.batch import assess_batch
from tests.standards.random_facts import random_facts
from tests.standards.results import clause, pack
from tests.standards.test_batch import PACKS, differences

FORMULAS = {
    "part(fuel_consumption, 'fuel=diesel')": "t",
    "part(fuel_consumption, 'fuel=diesel;use=combustion')": "t",
    "part(electricity_in_kwh, 'kind=other')": "kWh",
    "part(pollutant_emission_t, 'pollutant=so2')": "t",
    "part(pollutant_emission_t, 'pollutant=vocs')": "t",
    "part(product_output, 'product=lime')": "t",
    "total(pollutant_emission_t)": "t",
    "total(product_output)": "t",
    "pollutant_emission_t": "t",
    "product_output": "t",
    "sum_product(product_output, process_emission_factor)": "tCO2",
    "sum_with_factor(conversion_input, 'fuel.co2_full_oxidation')": "tCO2",
    "sum_firms(industrial_fresh_water_m3)": "m3",
    "growth(industrial_fresh_water_m3)": "1",
    "park_co2_emissions_t": "tCO2",
    "co2_emissions_t": "tCO2",
    "annual_energy_consumption_tce": "tce",
    "employees": "person",
    "pm25_ug_m3": "ug/m3",
    "good_air_days": "day",
    "firms_total": "count",
    "dominant_sector_share": "%",
}


def every_way() -> Pack:
    asked = [
        replace(clause(str(number), unit=unit), formula=formula)
        for number, (formula, unit) in enumerate(FORMULAS.items())
    ]
    flag = replace(clause("caps", direction="flag"), formula="all_within(pollutant_emission_t, pollutant_cap_t)")
    return pack([*asked, flag])


@pytest.mark.parametrize(("seed", "rare"), [(61, 0.02), (62, 0.0), (63, 0.0)])
def test_every_way_to_a_figure_agrees(seed: int, rare: float) -> None:
    facts, packs = random_facts(30, PACKS, seed, rare=rare), [every_way()]
    batch = assess_batch(facts, packs, periods=[2022, 2023])
    wrong = differences(batch, facts, packs, [2022, 2023])
    assert not wrong, "\n".join(wrong[:30])
    known = batch.results.filter(~batch.results["near"] & batch.results["value"].is_not_null())["clause"].unique()
    assert len(known) >= len(FORMULAS) - 5  # most are decided in columns, with a value somewhere


def test_a_code_that_one_firm_left_out_is_named_in_columns() -> None:
    firms = [Subject("p"), *(Subject(f, kind="firm", parent="p") for f in ("a", "b"))]
    given = {"a": ("cod", "nh3n", "so2", "nox"), "b": ("cod", "nh3n", "so2")}
    rows = [
        Observation(firm, "pollutant_emission_t", Period(2023), Fraction(1), "t", f"pollutant={code}")
        for firm, codes in given.items()
        for code in codes
    ]
    facts, packs = Facts(rows, firms), [every_way()]
    batch = assess_batch(facts, packs, periods=[2023])
    assert not differences(batch, facts, packs, [2023])
    total = f"p/{list(FORMULAS).index('total(pollutant_emission_t)')}"
    (row,) = batch.results.filter(pl.col("clause") == total).iter_rows(named=True)
    assert (row["missing"], row["near"]) == ("pollutant_emission_t[pollutant=nox]@2023", False)
