"""The firms of the invented park: who they are, when they open and close, and what they use and make, year by year.

Everything is drawn from one seeded generator and kept as whole numbers of the smallest unit that is reported (0.01 t,
1 kWh, ...), so that sums over firms are exact at any size.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ecopark.examples.codes import invented_credit_codes
from ecopark.examples.industries import CHIP_CODE, CHIP_GROUP, FIRST_WORDS, GROUPS, INDUSTRIES, SECOND_WORDS
from ecopark.examples.paths import (
    BASE_YEAR,
    DEFLATOR_STEP,
    ELECTRICITY_CALORIFIC,
    FACTORS_TCE,
    LAND_DENSITY,
    PATHS,
    SIZE_EXPONENT,
    VALUE_ADDED,
    WOBBLE,
    Path,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Column:
    """One figure that every firm reports.

    Parameters
    ----------
    key
        Short name inside this package.
    quantity, by, unit
        What it is called in the facts.
    decimals
        Decimal places that are reported.
    source
        The (invented) form it stands on.
    """

    key: str
    quantity: str
    unit: str
    decimals: int = 2
    by: str = ""
    source: str = "虚构·企业统计年报"


ENERGY_FORM = "虚构·企业能源购进消费表"
WATER_FORM = "虚构·企业用水台账"
ENVIRONMENT_FORM = "虚构·企业环境统计报表"

COLUMNS: tuple[Column, ...] = (
    Column("output", "industrial_gross_output", "10k CNY"),
    Column("va", "industrial_value_added", "10k CNY"),
    Column("va_const", "industrial_value_added_const", f"10k CNY@{BASE_YEAR}"),
    Column("employees", "industrial_employees", "person", 0),
    Column("tax", "tax_paid_10k_cny", "10k CNY"),
    Column("land", "industrial_land_area_km2", "km2", 6, source="虚构·土地台账"),
    Column("energy", "energy_industrial_tce", "tce", 2, source=ENERGY_FORM),
    Column("energy_calorific", "energy_industrial_tce_calorific", "tce", 2, source=ENERGY_FORM),
    Column("power", "electricity_consumption_kwh", "kWh", 0, source=ENERGY_FORM),
    Column("power_renewable", "renewable_electricity_kwh", "kWh", 0, source=ENERGY_FORM),
    Column("heat_fossil", "heat_in_gj", "GJ", 2, "kind=fossil", ENERGY_FORM),
    Column("heat_nonfossil", "heat_in_gj", "GJ", 2, "kind=nonfossil", ENERGY_FORM),
    Column("gas", "fuel_consumption", "10k m3", 4, "fuel=natural_gas_oilfield;use=combustion", ENERGY_FORM),
    Column("diesel", "fuel_consumption", "t", 2, "fuel=diesel;use=combustion", ENERGY_FORM),
    Column("coal", "fuel_consumption", "t", 2, "fuel=bituminous_coal;use=combustion", ENERGY_FORM),
    Column("fresh_water", "industrial_fresh_water_m3", "m3", 0, source=WATER_FORM),
    Column("reused_water", "industrial_water_reused_m3", "m3", 0, source=WATER_FORM),
    Column("wastewater", "industrial_wastewater_discharge_t", "t", 0, source=WATER_FORM),
    Column("waste", "solid_waste_generated_t", "t", 2, source=ENVIRONMENT_FORM),
    Column("waste_used", "solid_waste_utilised_t", "t", 2, source=ENVIRONMENT_FORM),
    Column("waste_from_stock", "solid_waste_utilised_from_stock_t", "t", 2, source=ENVIRONMENT_FORM),
    Column("waste_all", "solid_waste_generated_incl_hazardous_t", "t", 2, source=ENVIRONMENT_FORM),
    Column("waste_all_used", "solid_waste_utilised_current_t", "t", 2, source=ENVIRONMENT_FORM),
    Column("waste_all_disposed", "solid_waste_disposed_current_t", "t", 2, source=ENVIRONMENT_FORM),
    Column("hazardous", "hazardous_waste_generated_t", "t", 2, source=ENVIRONMENT_FORM),
    Column("hazardous_used", "hazardous_waste_utilised_t", "t", 2, source=ENVIRONMENT_FORM),
    Column("cod", "emission_cod_t", "t", 4, source=ENVIRONMENT_FORM),
    Column("nh3n", "emission_nh3n_t", "t", 5, source=ENVIRONMENT_FORM),
    Column("so2", "emission_so2_t", "t", 4, source=ENVIRONMENT_FORM),
    Column("nox", "emission_nox_t", "t", 4, source=ENVIRONMENT_FORM),
    Column("vocs", "emission_vocs_t", "t", 4, source=ENVIRONMENT_FORM),
)
"""What a firm reports, in the order of the rows."""

DECIMALS = {c.key: c.decimals for c in COLUMNS} | {
    "power_direct": 0,
    "power_green": 0,
    "power_other": 0,
    "energy_total": 2,
}
"""Decimal places of all figures, with those that only the park's totals use."""


@dataclass(frozen=True)
class Firms:
    """All firms of an invented park.

    Parameters
    ----------
    years
        Calendar years of the figures.
    ids, names, credit_codes
        One per firm.
    industry
        Index into `INDUSTRIES`, one per firm.
    since, until
        First and last year; 0 for open-ended.
    active
        Whether a firm exists in a year (firms, years).
    values
        Whole numbers of the smallest reported unit (firms, years), by column key.
    plant
        Index of the new chip plant.
    """

    years: tuple[int, ...]
    ids: list[str]
    names: list[str]
    credit_codes: list[str]
    industry: Ints
    since: Ints
    until: Ints
    active: NDArray[np.bool_]
    values: dict[str, Ints]
    plant: int
    groups: list[str] = field(default_factory=list)

    def total(self, key: str, year: int) -> int:
        """Sum over the active firms in whole smallest units."""
        t = self.years.index(year)
        return int(self.values[key][self.active[:, t], t].sum())

    def flags(self, name: str) -> NDArray[np.bool_]:
        """Which firms belong to industries with a property such as ``hightech``."""
        return np.array([getattr(i, name) for i in INDUSTRIES], dtype=bool)[self.industry]


def draw_firms(count: int, seed: int, years: tuple[int, ...]) -> Firms:
    """Draw `count` firms over `years`; the same arguments always give the same firms."""
    rng = np.random.Generator(np.random.PCG64(seed))
    industry = _industries(rng, count)
    since, until, active = _lives(rng, count, years)
    raw = _raw_value_added(rng, industry, active)
    industrial = _property("industrial", industry).astype(bool)
    scale = (count / 50) ** SIZE_EXPONENT
    background = VALUE_ADDED.first * scale * _growth(VALUE_ADDED, len(years), WOBBLE)
    real = _fit(np.where(industrial[:, None], raw, 0.0), background, VALUE_ADDED)
    activity = _fit(raw, background, VALUE_ADDED)
    flows = {name: _flow(rng, name, path, activity, industry, background[0]) for name, path in PATHS.items()}
    prices = DEFLATOR_STEP ** (np.array(years) - BASE_YEAR)
    width = len(str(count))
    values = _figures(rng, real, flows, industry, industrial, prices, active)
    return Firms(
        years=years,
        ids=[f"F{i:0{width}d}" for i in range(1, count + 1)],
        names=_names(rng, industry),
        credit_codes=invented_credit_codes(count),
        industry=industry,
        since=since,
        until=until,
        active=active,
        values=values,
        plant=count - 1,
        groups=[INDUSTRIES[i].group for i in industry],
    )


def _property(name: str, industry: Ints) -> Floats:
    return np.array([float(getattr(i, name)) for i in INDUSTRIES])[industry]


def _industries(rng: np.random.Generator, count: int) -> Ints:
    """An industry for each firm: two firms for every group first, then by the weight of the groups; the plant last."""
    groups = [g for g, _, _ in GROUPS]
    weights = np.array([14, 14, 18, 14, 7, 5, 6, 5, 9, 8], dtype=float)
    chosen = np.concatenate(
        [np.tile(np.arange(len(groups)), 2), rng.choice(len(groups), count, p=weights / weights.sum())]
    )
    order = rng.random(count)
    result = np.zeros(count, dtype=np.int64)
    for g, group in enumerate(groups):
        members = np.array([i for i, x in enumerate(INDUSTRIES) if x.group == group and x.code != CHIP_CODE])
        here = chosen[:count] == g
        result[here] = members[(order[here] * len(members)).astype(int)]
    result[-1] = next(i for i, x in enumerate(INDUSTRIES) if x.code == CHIP_CODE and x.group == CHIP_GROUP)
    return result


def _lives(rng: np.random.Generator, count: int, years: tuple[int, ...]) -> tuple[Ints, Ints, NDArray[np.bool_]]:
    """Since, until and activity: most firms were there before, some open, a few close."""
    first, last = years[0], years[-1]
    fate = rng.random(count)
    opening = rng.integers(first + 1, last + 1, count)
    old = rng.integers(first - 16, first, count)
    since = np.where(fate < 0.14, opening, old)
    closing = rng.integers(first, last, count)
    until = np.where(fate > 0.93, closing, 0)
    since[:20], until[:20] = old[:20], 0
    since[-1], until[-1] = years[-2], 0
    calendar = np.array(years)
    active = (since[:, None] <= calendar) & ((until[:, None] == 0) | (calendar <= until[:, None]))
    return since, until, active


def _raw_value_added(rng: np.random.Generator, industry: Ints, active: NDArray[np.bool_]) -> Floats:
    count, periods = active.shape
    size = _property("size", industry) * np.clip(rng.lognormal(0.0, 0.8, count), 0.12, 6.0)
    steps = np.cumsum(rng.normal(0.0, 0.035, (count, periods)), axis=1)
    return np.asarray(size[:, None] * np.exp(steps) * active, dtype=np.float64)


def _growth(path: Path, periods: int, wobble: tuple[float, ...] = (0.0,)) -> Floats:
    """Index of a path, 1 in the first year."""
    steps = [1 + path.growth + wobble[i % len(wobble)] for i in range(periods - 1)]
    return np.asarray(np.cumprod(np.array([1.0, *steps])), dtype=np.float64)


def _fit(raw: Floats, totals: Floats, path: Path) -> Floats:
    """Scale all firms but the plant to `totals` year by year, and give the plant its share."""
    fitted = raw.copy()
    fitted[-1] = 0.0
    sums = fitted.sum(axis=0)
    fitted *= np.where(sums > 0, totals / np.where(sums > 0, sums, 1.0), 0.0)
    fitted[-1, -2:] = totals[-2:] * np.array(path.plant)
    return fitted


_INTENSITY = {
    "electricity_kwh": "power",
    "gas_m3": "gas",
    "heat_gj": "heat",
    "diesel_t": "gas",
    "coal_t": "heat",
    "fresh_water_m3": "water",
    "reused_water_m3": "water",
    "wastewater_t": "water",
    "general_waste_t": "waste",
    "hazardous_waste_t": "hazardous",
    "cod_t": "water",
    "nh3n_t": "water",
    "so2_t": "air",
    "nox_t": "air",
    "vocs_t": "air",
}
_SMOOTH = ("fresh_water_m3", "wastewater_t", "reused_water_m3")


def _flow(rng: np.random.Generator, name: str, path: Path, activity: Floats, industry: Ints, first: float) -> Floats:
    """What firms use or emit: activity times intensity of the industry times a firm's own habit, fitted to the path."""
    count, periods = activity.shape
    intensity = _property(_INTENSITY[name], industry) if name in _INTENSITY else np.full(count, 10.0)
    if name not in ("electricity_kwh", "heat_gj", "gas_m3", "diesel_t"):
        intensity = intensity * _property("industrial", industry)
    habit = np.asarray(rng.lognormal(0.0, 0.12 if name in _SMOOTH else 0.25, count))
    if name == "coal_t":
        habit = habit * (rng.random(count) < 0.3)
        habit[:20] = np.clip(habit[:20], 0.2, None)
    noise = np.exp(rng.normal(0.0, 0.015, (count, periods)))
    return _fit(activity * (intensity * habit)[:, None] * noise, path.first * first * _growth(path, periods), path)


def _whole(amount: Floats, key: str) -> Ints:
    return np.asarray(np.rint(amount * 10 ** DECIMALS[key]), dtype=np.int64)


def _figures(
    rng: np.random.Generator,
    real: Floats,
    flows: dict[str, Floats],
    industry: Ints,
    industrial: NDArray[np.bool_],
    prices: Floats,
    active: NDArray[np.bool_],
) -> dict[str, Ints]:
    """The reported figures; whatever follows from others is computed from the rounded ones, so identities hold."""
    count, periods = real.shape[0], len(prices)
    trend = np.linspace(0.0, 1.0, periods)
    own: Floats = rng.uniform(0.7, 1.3, (4, count, 1))
    v: dict[str, Ints] = {}
    v["va_const"] = _whole(real, "va_const")
    v["va"] = _whole(real * prices, "va")
    share = _property("va_share", industry) / 100 * rng.uniform(0.9, 1.1, count)
    v["output"] = _whole(real * prices / share[:, None], "output")
    v["employees"] = np.where(active & industrial[:, None], np.maximum(_whole(flows["employees"], "employees"), 3), 0)
    v["tax"] = _whole(flows["tax"] * prices, "tax")
    v["land"] = _land(rng, real, industrial, active)

    v["power"] = power = _whole(flows["electricity_kwh"], "power")
    v["power_direct"] = (power * np.clip((0.06 + 0.12 * trend) * own[0], 0, 0.4)).astype(np.int64)
    v["power_green"] = (power * np.clip((0.05 + 0.17 * trend) * own[1], 0, 0.4)).astype(np.int64)
    v["power_renewable"] = v["power_direct"] + v["power_green"]
    v["power_other"] = power - v["power_renewable"]
    heat = _whole(flows["heat_gj"], "heat_fossil")
    v["heat_nonfossil"] = (heat * np.clip((0.08 + 0.12 * trend) * own[2], 0, 0.5)).astype(np.int64)
    v["heat_fossil"] = heat - v["heat_nonfossil"]
    v["gas"] = _whole(flows["gas_m3"] / 10_000, "gas")
    v["diesel"] = _whole(flows["diesel_t"], "diesel")
    v["coal"] = _whole(flows["coal_t"], "coal")
    equal, calorific = energy_tce(v, FACTORS_TCE["electricity"]), energy_tce(v, ELECTRICITY_CALORIFIC)
    v["energy_total"] = _whole(equal, "energy")
    v["energy"] = v["energy_total"] * industrial[:, None]
    v["energy_calorific"] = _whole(calorific, "energy_calorific") * industrial[:, None]

    v["fresh_water"] = _whole(flows["fresh_water_m3"], "fresh_water")
    v["reused_water"] = _whole(flows["reused_water_m3"], "reused_water")
    v["wastewater"] = np.minimum(_whole(flows["wastewater_t"], "wastewater"), v["fresh_water"])
    _waste(v, flows, own[3], trend)
    for name in ("cod", "nh3n", "so2", "nox", "vocs"):
        v[name] = _whole(flows[f"{name}_t"], name)
    return v


def energy_tce(values: dict[str, Ints], electricity_tce: float) -> Floats:
    """All energy of each firm and year in tce, electricity at `electricity_tce` per 10^4 kWh."""
    amounts = {key: values[key] / 10 ** DECIMALS[key] for key in DECIMALS if key in values}
    power = amounts["power"] / 10_000
    return (  # type: ignore[no-any-return]
        power * electricity_tce
        + (amounts["heat_fossil"] + amounts["heat_nonfossil"]) * FACTORS_TCE["heat"]
        + amounts["gas"] * FACTORS_TCE["natural_gas"]
        + amounts["diesel"] * FACTORS_TCE["diesel"]
        + amounts["coal"] * FACTORS_TCE["coal"]
    )


def _land(rng: np.random.Generator, real: Floats, industrial: NDArray[np.bool_], active: NDArray[np.bool_]) -> Ints:
    """Land of each firm, the same in all its years."""
    usual = real.sum(axis=1) / np.maximum(active.sum(axis=1), 1) * rng.lognormal(0.0, 0.3, len(real))
    usual[-1] *= 0.6
    wanted = real[:-1, 0].sum() / 10_000 / LAND_DENSITY
    present = usual[:-1][active[:-1, 0] & industrial[:-1]].sum()
    area = np.maximum(usual * wanted / present, 0.0004) * industrial
    return _whole(area[:, None] * active, "land")


def _waste(v: dict[str, Ints], flows: dict[str, Floats], own: Floats, trend: Floats) -> None:
    """Solid waste: what is not used is disposed of in the same year, so nothing is left lying about."""
    general = _whole(flows["general_waste_t"], "waste")
    hazardous = _whole(flows["hazardous_waste_t"], "hazardous")
    lost = np.clip((0.034 - 0.012 * trend) * own, 0.0, 1.0)
    used = general - np.rint(general * lost).astype(np.int64)
    hazardous_used = np.rint(hazardous * np.clip((0.38 + 0.1 * trend) * own, 0, 0.9)).astype(np.int64)
    v["waste"], v["hazardous"], v["hazardous_used"] = general, hazardous, hazardous_used
    v["waste_from_stock"] = np.rint(general * 0.004 * (1 - 0.5 * trend)).astype(np.int64)
    v["waste_used"] = used + v["waste_from_stock"]
    v["waste_all"] = general + hazardous
    v["waste_all_used"] = used + hazardous_used
    v["waste_all_disposed"] = v["waste_all"] - v["waste_all_used"]


def _names(rng: np.random.Generator, industry: Ints) -> list[str]:
    first = rng.integers(0, len(FIRST_WORDS), len(industry))
    second = rng.integers(0, len(SECOND_WORDS), len(industry))
    shorts = [i.short for i in INDUSTRIES]
    return [
        f"{FIRST_WORDS[a]}{SECOND_WORDS[b]}{shorts[i]}有限公司（虚构）"
        for a, b, i in zip(first.tolist(), second.tolist(), industry.tolist(), strict=True)
    ]
