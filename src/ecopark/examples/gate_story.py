"""What the invented park's gate and its land office look at: a project that stands at the gate, and the table of plots.

The plots are made from the firms' own land, output, tax, energy and emissions (NOx); their buildings, use and cost of renewal
come from a generator seeded by the park's seed. Nothing here exists.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ecopark.examples.firms import DECIMALS

if TYPE_CHECKING:
    from ecopark.examples.invented_park import InventedPark

PROJECT: dict[str, Any] = {
    "name": "先进封装测试项目（虚构） / advanced packaging plant (invented)",
    "industry_code": "3973",
    "words": ["封装测试"],
    "start": 2027,
    "parcel": "V04",
    "facts": [
        {"quantity": "fixed_investment", "value": "60000", "unit": "10k CNY"},
        {"quantity": "land_area_mu", "value": "90", "unit": "mu"},
        {"quantity": "floor_area_m2", "value": "90000", "unit": "m2"},
        {"quantity": "industrial_gross_output", "value": "120000", "unit": "10k CNY"},
        {"quantity": "industrial_value_added", "value": "40000", "unit": "10k CNY"},
        {"quantity": "tax_paid_10k_cny", "value": "5400", "unit": "10k CNY"},
        {"quantity": "rd_expenditure", "value": "4500", "unit": "10k CNY"},
        {"quantity": "energy_total_tce", "value": "9000", "unit": "tce"},
        {"quantity": "industrial_fresh_water_m3", "value": "400000", "unit": "m3"},
        {"quantity": "co2_emissions_t", "value": "30000", "unit": "tCO2"},
        {"quantity": "emission_cod_t", "value": "3.2", "unit": "t"},
        {"quantity": "emission_nox_t", "value": "6", "unit": "t"},
    ],
}
"""A chip packaging plant that uses too much fresh water for what it adds, and more COD than its control unit has left."""
DECIDED_ON = "2026-03-01"
BUDGET = {2026: 30_000, 2027: 30_000}
"""What the park may spend on renewal in a year. [10k CNY]"""

COLUMNS = (
    "plot", "firm", "area_mu", "idle", "floor_area_ratio", "used_share", "kind", "output_10k_cny", "tax_10k_cny",
    "energy_tce", "emission_t", "cost_10k_cny", "output_after_10k_cny", "energy_after_tce", "emission_after_t",
)  # fmt: skip


MU_PER_KM2 = 1500


def plots(park: InventedPark) -> list[dict[str, str]]:
    """One row for every industrial firm's plot, in the columns of `grading.land`.

    After renewal a plot brings the park's median output per mu, or what it brings now if that is more, with the median energy
    and emission per output. A firm that has left leaves its plot idle.
    """
    firms, last = park.firms, len(park.years) - 1
    rng = np.random.Generator(np.random.PCG64([park.seed, 77]))
    drawn = rng.uniform([0.4, 0.3, 60.0], [1.8, 1.0, 140.0], (len(firms.ids), 3))

    def value(key: str, firm: int, year: int = last) -> float:
        return float(firms.values[key][firm, year]) / 10.0 ** DECIMALS[key]

    industrial = firms.flags("industrial")
    here = [i for i in range(len(firms.ids)) if industrial[i] and firms.active[i, last]]
    per_mu = float(np.median([value("output", i) / (value("land", i) * MU_PER_KM2) for i in here]))
    energy, nox = (
        float(np.median([value(k, i) / value("output", i) for i in here])) for k in ("energy", "nox")
    )  # fmt: skip
    rows = []
    for i, name in enumerate(firms.ids):
        seen = np.nonzero(firms.active[i])[0]
        if not industrial[i] or not len(seen):
            continue
        idle = not firms.active[i, last]
        ratio, used, cost = drawn[i]
        mu = value("land", i, int(seen[-1])) * MU_PER_KM2
        now = {key: 0.0 if idle else value(key, i) for key in ("output", "tax", "energy", "nox")}
        after = max(now["output"], per_mu * mu)
        rows.append(
            {
                "plot": f"P{name[1:]}", "firm": name, "area_mu": f"{mu:.1f}", "idle": "true" if idle else "false",
                "floor_area_ratio": f"{ratio:.2f}", "used_share": f"{0.0 if idle else used:.2f}", "kind": "replace",
                "output_10k_cny": f"{now['output']:.0f}", "tax_10k_cny": f"{now['tax']:.0f}",
                "energy_tce": f"{now['energy']:.1f}", "emission_t": f"{now['nox']:.3f}", "cost_10k_cny": f"{mu * cost:.0f}",
                "output_after_10k_cny": f"{after:.0f}", "energy_after_tce": f"{after * energy:.1f}",
                "emission_after_t": f"{after * nox:.3f}",
            }
        )  # fmt: skip
    return rows


def write_gate_story(park: InventedPark, folder: Path) -> list[Path]:
    """Write ``projects/packaging.json`` and ``land/plots.csv`` into the park folder."""
    project, land = folder / "projects" / "packaging.json", folder / "land" / "plots.csv"
    for path in (project, land):
        path.parent.mkdir(parents=True, exist_ok=True)
    project.write_text(json.dumps(PROJECT, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    with land.open("w", newline="", encoding="utf-8-sig") as file:
        out = csv.DictWriter(file, COLUMNS)
        out.writeheader()
        out.writerows(plots(park))
    return [project, land]
