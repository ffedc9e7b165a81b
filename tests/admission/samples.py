"""Small projects and parks for the tests of the gate; all invented."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

README = {
    "name": "虚构项目",
    "facts": [
        {"quantity": "energy_intensity", "value": "0.38", "unit": "tce/10k CNY"},
        {"quantity": "tax_per_mu", "value": "450000", "unit": "CNY/mu"},
    ],
}
ON = "2026-11-21"
FIGURES = {
    "energy_total_tce": ("760", "tce"),
    "industrial_value_added": ("2000", "10k CNY"),
    "industrial_gross_output": ("22000", "10k CNY"),
    "tax_paid_10k_cny": ("1280", "10k CNY"),
    "fixed_investment": ("14400", "10k CNY"),
    "land_area_mu": ("40", "mu"),
    "floor_area_m2": ("40000", "m2"),
    "rd_expenditure": ("880", "10k CNY"),
    "industrial_fresh_water_m3": ("14000", "m3"),
    "co2_emissions_t": ("1900", "tCO2"),
    "emission_cod_t": ("1.5", "t"),
    "emission_nox_t": ("0.4", "t"),
}


def project(changes: dict[str, Any] | None = None, **rest: Any) -> dict[str, Any]:
    """The chip packager of the invented park's story, with other figures where `changes` says so."""
    figures = {q: (str((changes or {}).get(q, v)), u) for q, (v, u) in FIGURES.items()}
    facts = [{"quantity": q, "value": v, "unit": u} for q, (v, u) in figures.items()]
    return {"name": "虚构封装测试项目", "industry_code": "3973", "words": ["封装测试"], "facts": facts, **rest}


def square(x: float, y: float, size: float = 0.01) -> dict[str, Any]:
    """A square with its south-west corner at (x, y). [degree]"""
    ring = [[x, y], [x + size, y], [x + size, y + size], [x, y + size], [x, y]]
    return {"type": "Polygon", "coordinates": [ring]}


def feature(geometry: dict[str, Any], **properties: Any) -> dict[str, Any]:
    """One GeoJSON feature."""
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def write_park(folder: Path, **layers: list[dict[str, Any]]) -> Path:
    """A park folder with these layers of the map."""
    (folder / "map").mkdir(parents=True, exist_ok=True)
    for name, features in layers.items():
        data = {"type": "FeatureCollection", "features": features}
        (folder / "map" / f"{name}.geojson").write_text(json.dumps(data), encoding="utf-8")
    return folder


def small_park(folder: Path) -> Path:
    """Two groups side by side, three parcels, a control unit under each group."""
    g02, g09 = square(120.0, 30.0), square(120.01, 30.0)
    bears = {"cod_capacity_t": 130, "cod_load_t": 120, "nox_capacity_t": 90, "nox_load_t": 80}
    return write_park(
        folder,
        groups=[
            feature(g02, id="G02", zh="电子区", en="electronics"),
            feature(g09, id="G09", zh="材料园", en="materials"),
        ],
        control_units=[
            feature(g02, id="U1", **{"class": "key"}, **bears),
            feature(g09, id="U2", **{"class": "priority"}, **bears),
        ],
        reserve=[feature(square(120.019, 30.009, 0.0005), id="R1", zh="留白", en="reserve")],
        parcels=[
            feature(square(120.001, 30.001, 0.002), id="A", group="G02", area_mu=60),
            feature(square(120.004, 30.001, 0.002), id="B", group="G02", area_mu=30),
            feature(square(120.011, 30.001, 0.002), id="C", group="G09", area_mu=90),
            feature(square(120.007, 30.001, 0.002), id="D", group="G02", area_mu=80, firm="F1"),
        ],
        sensitive=[feature({"type": "Point", "coordinates": [120.02, 30.0]}, id="S", type="residential", en="village")],
    )
