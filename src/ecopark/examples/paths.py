"""Where the invented park as a whole is going: totals in the first year, growth, and the plant that spoils it.

Firms are drawn at random; then each quantity is scaled, year by year, so that the firms which are already there (the
"background") add up to these paths exactly but for rounding. So the story holds for every seed and every size.
"""

from __future__ import annotations

from dataclasses import dataclass

from ecopark.core.text import Text

BASE_YEAR = 2020
"""Base year of the constant prices."""

DEFLATOR_STEP = 1.012
"""Yearly rise of industrial prices."""

FACTORS_TCE = {"electricity": 3.00, "diesel": 1.4571, "natural_gas": 13.3, "coal": 0.7143, "heat": 0.0341}
"""tce per 10^4 kWh (equal-value, fixed for this park), t, 10^4 m3, t and GJ."""

ELECTRICITY_CALORIFIC = 1.229
"""tce per 10^4 kWh, calorific value."""


@dataclass(frozen=True, slots=True)
class Path:
    """How one total of the background develops.

    Parameters
    ----------
    first
        Amount per 10k CNY of value added in the first year; for value added itself the total of a park of 50 firms.
    growth
        Growth per year. [1/a]
    plant
        What the new plant adds, in parts of the background, in its first and in its second year.
    """

    first: float
    growth: float
    plant: tuple[float, float]


VALUE_ADDED = Path(1_500_000, 0.075, (0.012, 0.030))
"""Industrial value added at constant prices. [10k CNY]"""

WOBBLE = (0.006, -0.003, -0.005, 0.003, -0.001)
"""Added to every growth rate of value added in turn, so that the years differ."""

PATHS: dict[str, Path] = {
    "electricity_kwh": Path(434.0, 0.030, (0.025, 0.060)),
    "gas_m3": Path(34.0, 0.012, (0.005, 0.012)),
    "heat_gj": Path(0.74, 0.010, (0.004, 0.010)),
    "diesel_t": Path(0.0028, -0.040, (0.001, 0.002)),
    "coal_t": Path(0.0042, -0.220, (0.0, 0.0)),
    "fresh_water_m3": Path(5.2, 0.010, (0.050, 0.180)),
    "reused_water_m3": Path(39.0, 0.030, (0.030, 0.070)),
    "wastewater_t": Path(3.3, 0.004, (0.045, 0.120)),
    "general_waste_t": Path(0.062, 0.010, (0.005, 0.012)),
    "hazardous_waste_t": Path(0.0041, 0.006, (0.008, 0.020)),
    "cod_t": Path(0.000098, -0.025, (0.005, 0.012)),
    "nh3n_t": Path(0.0000074, -0.030, (0.005, 0.014)),
    "so2_t": Path(0.000052, -0.060, (0.0025, 0.006)),
    "nox_t": Path(0.000118, -0.035, (0.004, 0.010)),
    "vocs_t": Path(0.00016, -0.040, (0.004, 0.010)),
    "employees": Path(0.038, 0.015, (0.004, 0.008)),
    "tax": Path(0.17, 0.060, (0.005, 0.012)),
}
"""Flows per 10k CNY of the first year's value added; the unit is in the name."""

SIZE_EXPONENT = 0.5
"""A park of n firms has (n / 50) to this power times the value added of one of 50 firms."""

LAND_DENSITY = 11.0
"""Value added per industrial land in the first year. [100m CNY/km2]"""

STORY = Text(
    "云栖示范园（虚构）六年来增长平稳，能耗、水耗和排放都控制得住。{opened}年，电子信息产业区（G02）投产一座"
    "集成电路工厂（{plant}），{last}年满产：工业增加值只占全园约{va_share:.0f}%，新鲜水却占约{water_share:.0f}%。"
    "{start}至{last}年全园工业新鲜水年均增长{water_growth:.2f}%，工业增加值（不变价）年均增长{va_growth:.2f}%，"
    "新鲜水耗弹性系数{elasticity:.2f}，超过 HJ 274 第13条的0.55；没有这座工厂时只有{without:.2f}。其余必选指标均达标。"
    "补救：该厂每年约{excess:.0f}万 m³ 新鲜水改用再生水，即可达标。",
    "Yunqi demonstration park (invented) grows steadily, with energy, water and emissions under control. In {opened} a "
    "chip plant ({plant}) opened in the electronics district (G02); in {last} it ran at full capacity: about "
    "{va_share:.0f} % of the park's value added, but about {water_share:.0f} % of its fresh water. From {start} to "
    "{last} fresh water grew by {water_growth:.2f} % a year and value added at constant prices by {va_growth:.2f} %: "
    "an elasticity of {elasticity:.2f}, above the 0.55 of HJ 274 clause 13; without the plant it would be "
    "{without:.2f}. All other mandatory clauses are met. The way out: replace about {excess:.0f} x 10^4 m3 of the "
    "plant's fresh water a year by reclaimed water.",
)
