"""A million firms graded by one method: ecopark's columnar form against the same method in pandas, each in its own process.

    python benchmarks/grading_1m.py [--firms 1000000] [--rounds 3]

Both read one Parquet file of quantities (tax, land, value added, energy, four pollutants, staff, revenue, R&D, power; 10 %
of the firms without emissions), put firms into groups by revenue, score them by `huangyan-2022` with the published bases and
weights (missing emission: the mean score of the above-scale firms), rank within groups, cut at 20/45/30/5 and write firm,
group, score, rank and class as Parquet. The wall time of the work (imports left out) is the best of the turns; peak memory
is the process's; the two take turns, so that other work on the machine meets both. The answers must be the same but for ties
that only exact arithmetic sees, which are counted.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

CUTOFFS = (("A", 20), ("B", 65), ("C", 95), ("D", 100))
ABOVE = (
    ("tax_per_mu", 24.097, 30),
    ("value_added_per_mu", 136.16, 20),
    ("value_added_per_energy", 2.694, 20),
    ("value_added_per_emission", 4929.81, 10),
    ("labour_productivity", 18.14, 10),
    ("rd_share", 0.0302, 10),
)
BELOW = (("tax_per_mu", 11.5932, 50), ("tax_per_power", 0.2352, 50))


def make(firms: int, seed: int = 1) -> pl.DataFrame:
    """Invented figures with as many decimals as people report."""
    r = np.random.default_rng(seed)

    def amounts(mean: float, spread: float, decimals: int = 2) -> np.ndarray:
        return np.round(r.lognormal(mean, spread, firms), decimals)

    frame = pl.DataFrame(
        {
            "firm": [f"F{i:07d}" for i in range(firms)],
            "tax_paid_10k_cny": amounts(6, 1),
            "land_area_mu": amounts(3, 0.8) + 1,
            "industrial_value_added": amounts(8, 1),
            "energy_industrial_tce": amounts(6.5, 1) + 1,
            "industrial_employees": np.floor(amounts(4.5, 1)) + 3,
            "rd_expenditure": amounts(5, 1),
            "firm_revenue_10k_cny": amounts(9, 1),
            "electricity_consumption_kwh": np.round(amounts(13, 1)),
            "emission_cod_t": amounts(0, 1, 4),
            "emission_nh3n_t": amounts(-2, 1, 4),
            "emission_so2_t": amounts(0, 1, 4),
            "emission_nox_t": amounts(0, 1, 4),
        }
    )
    gone = pl.Series(r.random(firms) < 0.1)
    return frame.with_columns(pl.when(~gone).then(pl.col("emission_cod_t")).alias("emission_cod_t"))


def with_ecopark(source: Path, target: Path) -> float:
    """Seconds of ecopark's way."""
    from ecopark.workflows.grade_firms import grade_many, method_with

    started = time.perf_counter()
    method = method_with("huangyan-2022", cutoffs="A=20,B=45,C=30,D=5")
    graded = grade_many(source, method)
    graded.frame.select("firm", "group", "score", "rank", "grade").write_parquet(
        target, compression="snappy"
    )  # as pandas
    return time.perf_counter() - started


def with_pandas(source: Path, target: Path) -> float:
    """Seconds of the same in pandas, as one would write it."""
    import pandas as pd

    started = time.perf_counter()
    d = pd.read_parquet(source)
    assert not d["firm"].duplicated().any()
    assert not (d["land_area_mu"] < 0).any()
    ratios = pd.DataFrame(
        {
            "tax_per_mu": d["tax_paid_10k_cny"] / d["land_area_mu"],
            "value_added_per_mu": d["industrial_value_added"] / d["land_area_mu"],
            "value_added_per_energy": d["industrial_value_added"] / d["energy_industrial_tce"],
            "value_added_per_emission": d["industrial_value_added"]
            / (d["emission_cod_t"] + d["emission_nh3n_t"] + d["emission_so2_t"] + d["emission_nox_t"]),
            "labour_productivity": d["industrial_value_added"] / d["industrial_employees"],
            "rd_share": d["rd_expenditure"] / d["firm_revenue_10k_cny"],
            "tax_per_power": d["tax_paid_10k_cny"] / (d["electricity_consumption_kwh"] / 10000),
        }
    )
    above = d["firm_revenue_10k_cny"] >= 2000
    parts = []
    for group, rows, items in (("above_scale", above, ABOVE), ("below_scale", ~above, BELOW)):
        r = ratios[rows]
        points = pd.DataFrame({name: r[name] / base * weight for name, base, weight in items})
        if "value_added_per_emission" in points:
            points["value_added_per_emission"] = points["value_added_per_emission"].fillna(
                points["value_added_per_emission"].mean()
            )
        part = pd.DataFrame({"firm": d.loc[rows, "firm"], "group": group, "score": points.sum(axis=1, skipna=False)})
        part["rank"] = part["score"].rank(method="min", ascending=False).astype("int64")
        limits = [0, *(share * len(part) // 100 for _, share in CUTOFFS)]
        part["grade"] = pd.cut(part["rank"], limits, labels=[c for c, _ in CUTOFFS]).astype(str)
        parts.append(part)
    pd.concat(parts).sort_index().to_parquet(target, index=False)
    return time.perf_counter() - started


WAYS = {"ecopark": with_ecopark, "pandas": with_pandas}


def run_one(way: str, source: Path, target: Path, rounds: int) -> None:
    """One process: its times and its peak memory as JSON."""
    seconds = [WAYS[way](source, target) for _ in range(rounds)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peak_mb": round(peak)}))


def compare(a: pl.DataFrame, b: pl.DataFrame) -> str:
    """How far two answers agree."""
    both = a.join(b, on="firm", suffix="_b")
    same = both.height == a.height == b.height
    wrong_group = both.filter(pl.col("group") != pl.col("group_b")).height
    ranks = both.filter(pl.col("rank") != pl.col("rank_b"))
    grades = both.filter(pl.col("grade") != pl.col("grade_b")).height
    gap = float(both.select(((pl.col("score") - pl.col("score_b")).abs() / pl.col("score")).max()).item())
    furthest = 0 if ranks.is_empty() else int(ranks.select((pl.col("rank") - pl.col("rank_b")).abs().max()).item())
    return (
        f"same firms {same}; groups that differ {wrong_group}; ranks that differ {ranks.height} (by at most {furthest}); "
        f"classes that differ {grades}; largest relative difference of scores {gap:.1e}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--firms", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", choices=sorted(WAYS), help=argparse.SUPPRESS)
    parser.add_argument("--source", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--target", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one:
        run_one(chosen.one, chosen.source, chosen.target, chosen.rounds)
        return
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "firms.parquet"
        make(chosen.firms).write_parquet(source)
        taken: dict[str, list[float]] = {way: [] for way in WAYS}
        peak = dict.fromkeys(WAYS, 0)
        for _ in range(chosen.rounds):
            for way in WAYS:
                command = [sys.executable, __file__, "--one", way, "--rounds", "2", "--source", str(source)]
                command += ["--target", str(Path(folder) / f"{way}.parquet")]
                said = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
                taken[way].append(min(said["seconds"]))
                peak[way] = max(peak[way], said["peak_mb"])
        best = {way: min(seconds) for way, seconds in taken.items()}
        for way, seconds in taken.items():
            times = ", ".join(f"{s:.2f}" for s in seconds)
            print(f"{way:8} best {best[way]:.2f} s (turns {times}); peak {peak[way]} MB")
        ratios = sorted(a / b for a, b in zip(taken["ecopark"], taken["pandas"]))
        print(f"turn by turn: {', '.join(f'{r:.2f}' for r in ratios)} of pandas' time")
        print(f"ecopark takes {best['ecopark'] / best['pandas']:.2f} of pandas' time for {chosen.firms:,} firms")
        print(compare(*(pl.read_parquet(Path(folder) / f"{way}.parquet") for way in WAYS)))
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, polars {pl.__version__}")


if __name__ == "__main__":
    main()
