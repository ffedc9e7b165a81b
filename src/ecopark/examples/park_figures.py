"""What the office of the invented park reports itself: areas, counts, flags and totals that are not sums over firms.

Figures that follow from the firms (areas, high-tech output, renewable energy, CO2) are computed from their sums; the
others are invented. The last three years are complete for HJ 274, the green park, the zero-carbon park and the Jiangsu
sets; earlier years hold what growth rates need.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ecopark.examples.firms import COLUMNS, DECIMALS, Firms
from ecopark.examples.industries import INDUSTRIES
from ecopark.examples.paths import ELECTRICITY_CALORIFIC, FACTORS_TCE, PATHS, SIZE_EXPONENT, VALUE_ADDED

PARK_ID = "yunqi"

CO2_FACTORS = {"natural_gas": 21.6219, "diesel": 3.1451, "coal": 2.0715, "heat": 0.11}
"""tCO2 per 10^4 m3, t, t and GJ."""
GRID_AVERAGE = ((2023, 0.5306), (2022, 0.5366), (0, 0.5568))
"""National average of electricity [kgCO2/kWh] from a year on; before 2022 that of 2021."""
GRID_FOSSIL = 0.8325
"""Factor that the zero-carbon method fixes for electricity of other kinds. [kgCO2/kWh]"""

OFFICE = "虚构·园区管委会年度统计公报"
ENVIRONMENT = "虚构·园区生态环境管理年报"
ENERGY = "虚构·园区能源平衡表"
CARBON = "虚构·园区碳排放核算报告"
CONSTRUCTION = "虚构·园区建设管理台账"

POLLUTANTS = ("cod", "nh3n", "so2", "nox")
"""Pollutants under total control: codes of the breakdown and keys of the firms' figures."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the facts, in the long form; `value` is a decimal text, ``true``/``false`` or a code."""

    subject: str
    quantity: str
    period: str
    value: str
    unit: str = ""
    by: str = ""
    source: str = ""
    note: str = ""


def park_rows(firms: Firms) -> list[Row]:
    """All park-level rows of all years."""
    rows = [
        Row(PARK_ID, "water_region", "", "other", source=OFFICE),
        Row(PARK_ID, "water_scarce_city", "", "false", source=OFFICE),
        Row(PARK_ID, "dominant_sector_declared", "", "false", source=OFFICE, note="没有任何行业占产值70%以上"),
    ]
    for year in firms.years:
        rows += _Year(firms, year).rows()
    return rows


def _plain(value: float | int | str | bool, decimals: int = 2) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    text = f"{value:.{decimals}f}" if isinstance(value, float) else str(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


class _Year:
    """The park's own figures of one year."""

    def __init__(self, firms: Firms, year: int) -> None:
        self.firms, self.year = firms, year
        self.t = firms.years.index(year)
        self.step = year - firms.years[-1]
        """0 in the last year, -1 in the year before."""
        self.active = firms.active[:, self.t]
        self.size = (len(firms.ids) / 50) ** SIZE_EXPONENT

    def total(self, key: str, where: str = "") -> float:
        values = self.firms.values[key][:, self.t]
        chosen = self.active & self.firms.flags(where) if where else self.active
        return int(values[chosen].sum()) / float(10 ** DECIMALS[key])

    def rows(self) -> list[Row]:
        """Core figures for every year, the rest for the last three."""
        rows = [*self._land(), *self._energy(), *self._carbon(), *self._caps()]
        if self.step > -3:
            rows += [*self._economy(), *self._environment(), *self._counts(), *self._buildings(), *self._flags()]
        return rows

    def row(
        self,
        quantity: str,
        value: float | int | str | bool,
        unit: str = "",
        *,
        by: str = "",
        source: str = OFFICE,
        note: str = "",
    ) -> Row:
        return Row(PARK_ID, quantity, str(self.year), _plain(value), unit, by, source, note)

    def _land(self) -> Iterator[Row]:
        area = round(self.first_land() / 0.42, 2)
        self.area = area
        yield self.row("park_area_km2", area, "km2")
        yield self.row("green_cover_area_km2", round(area * (0.345 + 0.006 * self.step), 2), "km2")
        value_added = self.total("va")
        yield self.row("park_gdp", round(value_added * 1.32, 2), "10k CNY")
        yield self.row(
            "modern_services_value_added", round(value_added * 1.32 * (0.212 + 0.008 * self.step), 2), "10k CNY"
        )

    def first_land(self) -> float:
        """Industrial land of the year in which most of it was in use. [km2]"""
        land = np.where(self.firms.active, self.firms.values["land"], 0).sum(axis=0)
        return float(land.max()) / float(10 ** DECIMALS["land"])

    def _power(self) -> tuple[float, float, float]:
        return self.total("power_direct"), self.total("power_green"), self.total("power_other")

    def _energy(self) -> Iterator[Row]:
        direct, green, other = self._power()
        power = direct + green + other
        heat_fossil, heat_nonfossil = self.total("heat_fossil"), self.total("heat_nonfossil")
        fuels = {k: self.total(k) for k in ("gas", "diesel", "coal")}
        fuel_tce = (
            fuels["gas"] * FACTORS_TCE["natural_gas"]
            + fuels["diesel"] * FACTORS_TCE["diesel"]
            + fuels["coal"] * FACTORS_TCE["coal"]
        )
        final = power / 10_000 * ELECTRICITY_CALORIFIC + (heat_fossil + heat_nonfossil) * FACTORS_TCE["heat"] + fuel_tce
        renewable = (direct + green) / 10_000 * FACTORS_TCE["electricity"] + heat_nonfossil * FACTORS_TCE["heat"]
        clean = final - heat_fossil * FACTORS_TCE["heat"] - fuel_tce + fuels["gas"] * FACTORS_TCE["natural_gas"]
        total = self.total("energy_total")
        yield self.row(
            "energy_total_tce", total, "tce", source=ENERGY, note="电力按等价值 3.00 tce/万kWh（虚构园区固定取值）"
        )
        yield self.row("annual_energy_consumption_tce", total, "tce", source=ENERGY, note="电力按等价值 3.00 tce/万kWh")
        yield self.row("renewable_energy_tce", renewable, "tce", source=ENERGY, note="含绿证电量，等价值")
        yield self.row("non_fossil_energy_tce", renewable, "tce", source=ENERGY)
        yield self.row("clean_energy_consumption_tce", renewable, "tce", source=ENERGY, note="不含天然气")
        yield self.row("final_energy_tce", final, "tce", source=ENERGY, note="电力按当量值")
        yield self.row("clean_energy_final_tce", clean, "tce", source=ENERGY, note="电力、天然气、非化石热力")
        yield self.row("electricity_final_tce", power / 10_000 * ELECTRICITY_CALORIFIC, "tce", source=ENERGY)
        for kind, amount in (("direct_nonfossil", direct), ("green_certificate", green), ("other", other)):
            yield self.row("electricity_in_kwh", int(amount), "kWh", by=f"kind={kind}", source=ENERGY)
            yield self.row("electricity_out_kwh", 0, "kWh", by=f"kind={kind}", source=ENERGY)
        for kind, amount in (("fossil", heat_fossil), ("nonfossil", heat_nonfossil)):
            yield self.row("heat_in_gj", amount, "GJ", by=f"kind={kind}", source=ENERGY)
            yield self.row("heat_out_gj", 0, "GJ", by=f"kind={kind}", source=ENERGY)
        for column in COLUMNS:
            if column.quantity == "fuel_consumption":
                text = _plain(self.total(column.key), column.decimals)
                yield self.row("fuel_consumption", text, column.unit, by=column.by, source=ENERGY)

    def _carbon(self) -> Iterator[Row]:
        _, _, other = self._power()
        average = next(factor for since, factor in GRID_AVERAGE if self.year >= since)
        fuel = (
            self.total("gas") * CO2_FACTORS["natural_gas"]
            + self.total("diesel") * CO2_FACTORS["diesel"]
            + self.total("coal") * CO2_FACTORS["coal"]
        )
        yield self.row(
            "co2_emissions_t",
            fuel + self.total("power") / 1000 * average,
            "tCO2",
            source=CARBON,
            note=f"化石燃料与全部用电；电力因子 {average} kgCO2/kWh",
        )
        yield self.row(
            "park_co2_emissions_t",
            fuel + self.total("heat_fossil") * CO2_FACTORS["heat"] + other / 1000 * GRID_FOSSIL,
            "tCO2",
            source=CARBON,
            note="按零碳园区核算方法：除直供和绿证绿电外，电力因子 0.8325 kgCO2/kWh",
        )

    def _caps(self) -> Iterator[Row]:
        for code in POLLUTANTS:
            cap = VALUE_ADDED.first * self.size * PATHS[f"{code}_t"].first * 1.08 * 0.985**self.t
            yield self.row(
                "pollutant_emission_t", _plain(self.total(code), 5), "t", by=f"pollutant={code}", source=ENVIRONMENT
            )
            yield self.row("pollutant_cap_t", round(cap, 1), "t", by=f"pollutant={code}", source=ENVIRONMENT)

    def _economy(self) -> Iterator[Row]:
        hightech, green = self.total("output", "hightech"), self.total("va", "green")
        yield self.row("hightech_industry_output", hightech, "10k CNY")
        yield self.row("hightech_enterprise_output", round(hightech * 0.86, 2), "10k CNY")
        yield self.row("green_industry_value_added", green, "10k CNY")
        yield self.row("resource_recycling_value_added", self.total("va", "recycling"), "10k CNY")
        base = self.total("output") * 0.97
        yield self.row("rd_base", base, "10k CNY", note="主营业务收入")
        yield self.row("rd_green_expenditure", base * (0.036 + 0.002 * self.step), "10k CNY")

    def _environment(self) -> Iterator[Row]:
        source = ENVIRONMENT
        treated = self.total("wastewater") * 1.35
        yield self.row("wastewater_treated_m3", round(treated), "m3", source=source, note="含园区生活污水")
        yield self.row("reclaimed_water_used_m3", round(treated * (0.27 + 0.02 * self.step)), "m3", source=source)
        yield self.row("major_environmental_incidents", 0, "count", source=source)
        for quantity in ("env_mgmt_score", "env_risk_score", "info_platform_score"):
            yield self.row(quantity, 100, "%", source=source, note="按虚构的检查表自评")
        days = 366 if self.year % 4 == 0 else 365
        yield self.row("monitored_days", days, "day", source=source)
        yield self.row("good_air_days", 306 + 4 * self.step, "day", source=source)
        heat = self.total("heat_fossil") * 0.38
        yield self.row("waste_heat_available_gj", heat, "GJ", source=ENERGY)
        yield self.row("waste_heat_recovered_gj", heat * (0.66 + 0.03 * self.step), "GJ", source=ENERGY)
        yield self.row("waste_cold_available_gj", heat * 0.08, "GJ", source=ENERGY)
        yield self.row("waste_cold_recovered_gj", heat * 0.08 * (0.44 + 0.03 * self.step), "GJ", source=ENERGY)
        yield self.row("waste_pressure_available_gj", heat * 0.06, "GJ", source=ENERGY)
        yield self.row("waste_pressure_recovered_gj", heat * 0.06 * (0.62 + 0.02 * self.step), "GJ", source=ENERGY)
        gas = self.total("gas") * 10_000 * 0.2
        yield self.row("waste_gas_available_m3", round(gas), "m3", source=source)
        yield self.row("waste_gas_recovered_m3", round(gas * (0.88 + 0.02 * self.step)), "m3", source=source)
        secondary = self.total("waste") * 0.6
        yield self.row("secondary_resources_available_t", secondary, "t", source=source)
        yield self.row("secondary_resources_recycled_t", secondary * (0.85 + 0.02 * self.step), "t", source=source)

    def _counts(self) -> Iterator[Row]:
        industrial = self.active & self.firms.flags("industrial")
        output = self.firms.values["output"][:, self.t] / 100
        inside = int(industrial.sum())
        above = int((industrial & (output >= 2000)).sum())
        codes = np.array([i.hazardous >= 10 for i in INDUSTRIES])[self.firms.industry]
        key = max(int((industrial & codes).sum()), 4)
        yield self.row("firms_total", int(self.active.sum()), "count")
        yield self.row(
            "enterprises_above_size", above, "count", note="年产值 2000 万元以上（虚构园区以产值代替主营收入）"
        )
        yield self.row("enterprises_assessed", inside, "count", note="园区内全部工业企业")
        for quantity, share in (
            ("enterprises_at_benchmark", 0.53 + 0.04 * self.step),
            ("green_enterprises", 0.44 + 0.05 * self.step),
            ("enterprises_carbon_verified", 0.24 + 0.04 * self.step),
            ("enterprises_footprint", 0.13 + 0.03 * self.step),
        ):
            yield self.row(quantity, int(inside * share), "count")
        yield self.row("enterprises_digital_diagnosed", above, "count")
        yield self.row("enterprises_disclosing", int(above * (0.62 + 0.05 * self.step)), "count")
        required = max(key, inside // 2 + 1)
        yield self.row("enterprises_cp_required", required, "count", source=ENVIRONMENT)
        yield self.row("enterprises_cp_audited", required, "count", source=ENVIRONMENT)
        for quantity in (
            "key_sources_total",
            "key_sources_compliant",
            "key_enterprises_total",
            "key_enterprises_disclosing",
        ):
            yield self.row(quantity, key, "count", source=ENVIRONMENT)
        yield self.row("eco_chain_projects_new", 11 + 2 * self.step, "count", note="规划实施以来累计")
        yield self.row("publicity_events", 5 + self.step, "events/year")
        yield self.row("innovation_platforms", 6 + self.step, "count")
        freight = self.total("output") * 0.9
        yield self.row("freight_total_t", round(freight), "t")
        yield self.row("freight_clean_t", round(freight * (0.71 + 0.06 * self.step)), "t")
        vehicles = int(1800 * self.size)
        yield self.row("vehicles_total", vehicles, "count")
        yield self.row("vehicles_clean", int(vehicles * (0.82 + 0.08 * self.step)), "count")
        buses = int(64 * self.size)
        yield self.row("buses_total", buses, "count")
        yield self.row("buses_new_energy", int(buses * (0.94 + 0.05 * self.step)), "count")

    def _buildings(self) -> Iterator[Row]:
        source = CONSTRUCTION
        industrial, public = 186_000 * self.size, 42_000 * self.size
        yield self.row("new_industrial_building_area", round(industrial), "m2", source=source)
        yield self.row(
            "new_industrial_building_green_area", round(industrial * (0.41 + 0.05 * self.step)), "m2", source=source
        )
        yield self.row("new_public_building_area", round(public), "m2", source=source)
        yield self.row("new_public_building_green_area", round(public * (0.78 + 0.06 * self.step)), "m2", source=source)
        yield self.row("new_building_area", round(industrial) + round(public), "m2", source=source)
        yield self.row(
            "new_building_2star_area", round((industrial + public) * (0.47 + 0.04 * self.step)), "m2", source=source
        )
        road, parking = 118 * self.size, 236_000 * self.size
        yield self.row("road_length_km", round(road, 1), "km", source=source)
        yield self.row("shaded_road_length_km", round(road * (0.83 + 0.02 * self.step), 1), "km", source=source)
        yield self.row("open_parking_area_m2", round(parking), "m2", source=source)
        yield self.row("shaded_parking_area_m2", round(parking * (0.72 + 0.03 * self.step)), "m2", source=source)
        yield self.row(
            "area_within_500m_bus_stop_km2", round(self.area * (0.86 + 0.02 * self.step), 2), "km2", source=source
        )

    def _flags(self) -> Iterator[Row]:
        for quantity in FLAGS:
            yield self.row(quantity, True, source=OFFICE)
        yield self.row("green_staff", 4, "person")
        for product, used, limit in (("product_1", 41, 45), ("product_2", 186, 195)):
            by = f"product={product}"
            note = "虚构产品及其限额2级值"
            yield self.row("product_specific_energy", used - self.step, "kgce/t", by=by, source=ENERGY, note=note)
            yield self.row("energy_limit_grade2", limit, "kgce/t", by=by, source=ENERGY, note=note)


FLAGS: tuple[str, ...] = (
    "centralised_wastewater_treatment",
    "green_plan_in_place",
    "green_info_platform_complete",
    "green_standard_system_complete",
    "green_policies_implemented",
    "no_major_pollution_3y",
    "assigned_reduction_targets_met",
    "carbon_intensity_falling",
    "environmental_zone_quality_met",
    "enterprise_discharge_within_limits",
    "pollutant_totals_within_caps",
    "no_eliminated_processes",
    "green_body_exists",
    "environmental_energy_systems_in_place",
    "renewable_facilities_in_place",
    "zero_carbon_applicant_eligible",
    "zero_carbon_scope_defined",
    "energy_carbon_statistics_foundation",
    "no_major_safety_environment_accident_3y",
    "environmental_duties_fulfilled",
    "no_major_environmental_incident_3y",
    "key_pollutants_stably_within_limits",
)
"""What is in place, and the basic requirements of the packs."""
