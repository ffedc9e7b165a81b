"""10,000 projects against 5,000 control units and every rule of the invented park: ecopark against geopandas and pandas.

    python benchmarks/gate_10k.py [--projects 10000] [--units 5000] [--rounds 3]

Both start from files (a Parquet table of projects, GeoJSON layers) and end with a Parquet table: a finding for every
project and rule with status, value, unit, limit, both reasons, basis, clause and what is missing, with the verdicts and the
bookings in tables beside it. Each way runs in a process of its own, in turns; imports are left out. The peer is one script,
written for these rules and vectorised: `sjoin` for units and groups, `sjoin_nearest` for setbacks, columns for the rules,
lines of the classifications once per industry code. It does less: no exact decision near a limit, and nothing but what this
table and this policy need. What both say is compared. One project and one counter-offer after start are timed as well.

Needs the `bench` extra (geopandas).
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl

ON = "2026-11-21"
BOX = (119.9, 30.2, 120.5, 30.7)
QUOTAS = {"energy": "2500", "cod": "12", "nox": "8"}
WORDS = ("封装测试", "晶圆减薄;划片", "硝化工序", "无硝化", "含汞催化", "露天喷漆", "注塑", "总装", "发酵;提取", "")
GROUPS = [f"G{i:02d}" for i in range(1, 11)]


# -- the invented data -------------------------------------------------------------------------------------------------


def make_map(folder: Path, units: int, seed: int = 1) -> None:
    """Voronoi cells with crooked edges as control units, ten groups, housing, water intakes, reserve and parcels."""
    import shapely

    r = np.random.default_rng(seed)
    west, south, east, north = BOX
    whole = shapely.box(*BOX)
    seeds = np.column_stack([r.uniform(west, east, units), r.uniform(south, north, units)])
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(seeds), extend_to=whole))
    cells = shapely.segmentize(shapely.intersection(cells, whole), 0.0008)

    def crook(xy: np.ndarray) -> np.ndarray:
        x, y = xy.T
        moved = np.stack([x + 6e-4 * np.sin(900 * x) * np.cos(1100 * y), y + 6e-4 * np.cos(1000 * x) * np.sin(800 * y)])
        return moved.T.round(7)

    cells = shapely.transform(cells, crook)
    classes = ["priority" if i % 20 == 0 else "key" if i % 3 == 0 else "general" for i in range(units)]
    bears = r.uniform(5, 60, (units, 2)).round(1)
    loads = (bears * r.uniform(0.3, 1.02, (units, 2))).round(2)
    write_layer(
        folder,
        "control_units",
        cells,
        [
            {"id": f"U{i:04d}", "zh": f"管控单元{i:04d}", "en": f"unit {i:04d}", "class": classes[i]}
            | {"cod_capacity_t": bears[i, 0], "cod_load_t": loads[i, 0]}
            | {"nox_capacity_t": bears[i, 1], "nox_load_t": loads[i, 1]}
            for i in range(units)
        ],
    )
    edges = np.linspace(west - 0.001, east + 0.001, 11)
    strips = [shapely.box(a, south - 0.001, b, north + 0.001) for a, b in pairwise(edges)]
    write_layer(folder, "groups", strips, [{"id": g, "zh": f"{g}组团", "en": f"group {g}"} for g in GROUPS])
    points = shapely.points(r.uniform(west, east, 320).round(6), r.uniform(south, north, 320).round(6))
    kinds = ["residential"] * 300 + ["water_source"] * 20
    about = [
        {"id": f"S{i:03d}", "zh": f"敏感点{i:03d}", "en": f"place {i:03d}", "type": k} for i, k in enumerate(kinds)
    ]
    write_layer(folder, "sensitive", points, about)
    corners = np.column_stack([r.uniform(west, east, 30), r.uniform(south, north, 30)]).round(5)
    write_layer(
        folder,
        "reserve",
        [shapely.box(x, y, x + 0.006, y + 0.006) for x, y in corners],
        [{"id": f"R{i:02d}", "zh": f"留白{i:02d}", "en": f"reserve {i:02d}"} for i in range(30)],
    )


def write_layer(folder: Path, name: str, shapes: object, about: list[dict]) -> None:
    import shapely

    features = [
        {"type": "Feature", "geometry": json.loads(shapely.to_geojson(s)), "properties": p}
        for s, p in zip(shapes, about)
    ]
    (folder / "map").mkdir(parents=True, exist_ok=True)
    text = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)
    (folder / "map" / f"{name}.geojson").write_text(text, encoding="utf-8")


def make_projects(count: int, seed: int = 2) -> pl.DataFrame:
    """Invented projects: two decimals as people report, one figure in twenty missing, some words, some opinions."""
    from ecopark.admission.industry import industries

    r = np.random.default_rng(seed)
    codes = [c for c in industries() if len(c) == 4 and "13" <= c[:2] <= "43"]

    def amounts(mean: float, spread: float, decimals: int = 2) -> pl.Series:
        values = np.round(r.lognormal(np.log(mean), spread, count), decimals)
        return pl.Series(values).scatter(np.flatnonzero(r.random(count) < 0.05), None)

    def pick(options: list, weights: list | None = None) -> list:
        return [options[i] for i in r.choice(len(options), count, p=weights)]

    said = ["agree", "conditions", "oppose", None]
    frame = {
        "project": [f"项目{i:05d}" for i in range(count)],
        "industry_code": pick([*codes, "3973", "2761"], [0.8 / len(codes)] * len(codes) + [0.1, 0.1]),
        "words": pick(list(WORDS)),
        "longitude": r.uniform(BOX[0] + 0.002, BOX[2] - 0.002, count).round(6),
        "latitude": r.uniform(BOX[1] + 0.002, BOX[3] - 0.002, count).round(6),
        "energy_total_tce": amounts(700, 0.9),
        "industrial_value_added": amounts(2400, 0.8),
        "industrial_gross_output": amounts(20000, 0.9),
        "tax_paid_10k_cny": amounts(1600, 0.9),
        "fixed_investment": amounts(14000, 0.8),
        "land_area_mu": amounts(40, 0.7),
        "floor_area_m2": amounts(36000, 0.7),
        "rd_expenditure": amounts(800, 0.9),
        "industrial_fresh_water_m3": amounts(15000, 0.8),
        "co2_emissions_t": amounts(2500, 1.0),
        "emission_cod_t": amounts(1.5, 1.0),
        "emission_nox_t": amounts(1.0, 1.0),
    }
    for office in ("environment", "investment", "land", "energy"):
        frame[f"opinion.{office}"] = pick(said, [0.5, 0.1, 0.05, 0.35])
        frame[f"opinion.{office}.by"] = ["某某"] * count
        frame[f"opinion.{office}.date"] = ["2026-11-20"] * count
    return pl.DataFrame(frame)


# -- our way -----------------------------------------------------------------------------------------------------------


def with_ecopark(folder: Path, target: Path) -> float:
    """Seconds of ecopark's way."""
    from ecopark.workflows.admit_many import admit_many

    started = time.perf_counter()
    left = {(name, 2026): value for name, value in QUOTAS.items()}
    admit_many(folder / "projects.parquet", "invented-park", park=folder, on=ON, quotas=left, out=target)
    return time.perf_counter() - started


# -- the peer ----------------------------------------------------------------------------------------------------------


def with_geopandas(folder: Path, target: Path) -> float:
    """Seconds of the same with geopandas and pandas."""
    import gate_10k_peer

    started = time.perf_counter()
    gate_10k_peer.screen(folder, target, {k: float(v) for k, v in QUOTAS.items()})
    return time.perf_counter() - started


WAYS = {"ecopark": with_ecopark, "geopandas": with_geopandas}


def run_one(way: str, folder: Path, target: Path, rounds: int) -> None:
    """One process: its times and its peak memory as JSON. Modules and classifications are loaded by a first small round."""
    small = folder / "small"
    WAYS[way](small, small / f"{way}.parquet")
    seconds, processor = [], []
    for _ in range(rounds):
        gc.collect()
        before = time.process_time()
        seconds.append(WAYS[way](folder, target))
        processor.append(time.process_time() - before)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "processor": processor, "peak_mb": round(peak)}))


def refused(turn: int) -> dict:
    """A chip packager that Anji refuses for energy and tax, a little different every time."""
    figures = {
        "energy_total_tce": 760 + turn, "industrial_value_added": 2000, "industrial_gross_output": 22000,
        "tax_paid_10k_cny": 1280 + turn, "fixed_investment": 14400, "land_area_mu": 40, "floor_area_m2": 40000,
        "rd_expenditure": 880, "industrial_fresh_water_m3": 14000, "co2_emissions_t": 1900, "emission_cod_t": 1.5,
        "emission_nox_t": 0.4,
    }  # fmt: skip
    facts = [{"quantity": name, "value": str(value), "unit": ""} for name, value in figures.items()]
    return {"name": f"P{turn}", "industry_code": "3973", "words": ["封装测试"], "facts": facts}


def run_single(folder: Path) -> None:
    """One project and one counter-offer after start."""
    from datetime import date
    from fractions import Fraction

    from ecopark.admission.batch_projects import read_projects
    from ecopark.admission.load import find_policy
    from ecopark.admission.places import read_map
    from ecopark.workflows.admit_project import admit, decide_alone

    table = read_projects(folder / "projects.parquet")
    policy, layers = find_policy("invented-park"), read_map(folder)
    left = {(name, 2026): value for name, value in QUOTAS.items()}
    exact = {k: Fraction(v) for k, v in left.items()}
    alone, offers = [], []
    for row in range(40):
        described = table.describe(row)
        started = time.perf_counter()
        decide_alone(described, policy, date.fromisoformat(ON), layers=layers, quotas=exact)
        alone.append(time.perf_counter() - started)
    for turn in range(20):
        started = time.perf_counter()
        found = admit(refused(turn), "anji", on=ON)
        assert found.counter_offer is not None
        offers.append(time.perf_counter() - started)
    print(json.dumps({"alone": alone, "offers": offers}))


def compare(folder: Path) -> str:
    """How far the two answers agree."""
    a, b = (pl.read_parquet(folder / f"{way}.parquet") for way in WAYS)
    columns = [pl.col(c).cast(pl.String) for c in ("project", "rule", "verdict", "status", "reason_zh", "missing")]
    both = a.select(columns).join(b.select(columns), on=["project", "rule"], suffix="_b")
    same = both.height == a.height == b.height
    verdicts = both.filter(pl.col("verdict") != pl.col("verdict_b"))["project"].n_unique()
    statuses = both.filter(pl.col("status") != pl.col("status_b"))
    texts = both.filter(pl.col("reason_zh") == pl.col("reason_zh_b")).height / max(both.height, 1)
    where = dict(statuses["rule"].value_counts().iter_rows())
    lists = both.filter(pl.col("missing").fill_null("") != pl.col("missing_b").fill_null("")).height
    sums = [pl.read_parquet(folder / f"{way}-bookings.parquet")["required"].sum() for way in WAYS]
    missing = [pl.read_parquet(folder / f"{way}-projects.parquet").sort("project")["missing"] for way in WAYS]
    return (
        f"{both.height:,} findings, same pairs {same}; verdicts that differ {verdicts}; statuses that differ {statuses.height} "
        f"{where or ''}; lists of what is missing that differ {lists}, by project {(missing[0] != missing[1]).sum()}; "
        f"booked {sums[0]:,.2f} and {sums[1]:,.2f}; Chinese reasons that are letter for letter the same {texts:.1%}"
    )


def call(*arguments: str) -> dict:
    here = Path(__file__).resolve().parent.parent
    paths = os.pathsep.join(filter(None, [str(here), os.environ.get("PYTHONPATH", "")]))
    command = [sys.executable, __file__, *arguments]
    done = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": paths}
    )
    return json.loads(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--projects", type=int, default=10_000)
    parser.add_argument("--units", type=int, default=5_000)
    parser.add_argument("--runs", type=int, default=5, help="how often the two ways take turns")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each turn; the best counts")
    parser.add_argument("--one", choices=[*WAYS, "single"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one == "single":
        run_single(chosen.folder)
        return
    if chosen.one:
        run_one(chosen.one, chosen.folder, chosen.folder / f"{chosen.one}.parquet", chosen.rounds)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_map(folder, chosen.units)
        make_map(folder / "small", 50)
        make_projects(chosen.projects).write_parquet(folder / "projects.parquet")
        make_projects(200).write_parquet(folder / "small" / "projects.parquet")
        wall, work = [], []
        for _ in range(chosen.runs):
            best, cpu = {}, {}
            for way in WAYS:
                said = call("--one", way, "--rounds", str(chosen.rounds), "--folder", name)
                best[way], cpu[way] = min(said["seconds"]), min(said["processor"])
                told = f"{way:10} best {best[way]:.2f} s; processor {cpu[way]:.2f} s; peak {said['peak_mb']} MB"
                print(f"{told}; load {os.getloadavg()[0]:.1f}")
            wall.append(best["geopandas"] / best["ecopark"])
            work.append(cpu["geopandas"] / cpu["ecopark"])
        for what, ratios in (("as long", wall), ("the processor", work)):
            span = f"{statistics.median(ratios):.2f} times {what} ({min(ratios):.2f} to {max(ratios):.2f})"
            print(f"geopandas takes, median of {chosen.runs} runs, {span} for {chosen.projects:,} projects")
        print(compare(folder))
        said = call("--one", "single", "--folder", name)
        alone, offers = sorted(said["alone"]), sorted(said["offers"])
        print(f"one project: median {alone[len(alone) // 2] * 1000:.1f} ms, longest {alone[-1] * 1000:.1f} ms")
        middle = offers[len(offers) // 2]
        print(f"decision and counter-offer ({len(offers)}): median {middle:.2f} s, longest {offers[-1]:.2f} s")
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, polars {pl.__version__}")


if __name__ == "__main__":
    main()
