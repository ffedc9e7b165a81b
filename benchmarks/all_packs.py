"""All packs over all zones of a country: 2,543 zones, 3 years, results and fingerprints kept.

    python benchmarks/all_packs.py [--zones 2543] [--years 3] [--engine polars] [--sample 1000] [--missing 0.05]
    python benchmarks/all_packs.py --write province.parquet

Figures are invented: for every quantity a log-normal size per zone that grows or shrinks by a few per cent a year, parts never
above their wholes, figures missing at random, shares that are often exactly 100 %. They are written to Parquet first; the
clock runs from reading that file to the written results, in a process of its own. Then `--sample` results are rebuilt
with their trace by the traced form and compared. `--write` only writes figures that `ecopark assess` accepts, to time
the command.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import polars as pl

from ecopark.observations.meaning import Meanings
from ecopark.observations.quantity import catalogue


def synthetic(zones: int, years: Sequence[int], missing: float = 0.05, seed: int = 1) -> pl.DataFrame:
    """Long facts of invented zones: subject, quantity, period, value (text), unit, by."""
    rng = np.random.default_rng(seed)
    known = catalogue()
    meanings = Meanings(known)
    names = pl.Series("subject", [f"zone{i:04d}" for i in range(zones)])
    wholes = dict(known.identities)
    span = range(min(years) - 4, max(years) + 1)
    base: dict[str, np.ndarray] = {}
    order = sorted(known.quantities.values(), key=lambda q: q.id in wholes)
    pieces = []

    def emit(quantity: str, year: str, values: list[str], unit: str, by: str = "") -> None:
        keep = rng.random(zones) >= missing
        frame = pl.DataFrame({"subject": names, "value": values}).filter(pl.Series(keep))
        pieces.append(
            frame.select(
                "subject",
                pl.lit(quantity).alias("quantity"),
                pl.lit(year).alias("period"),
                "value",
                pl.lit(unit).alias("unit"),
                pl.lit(by).alias("by"),
            )
        )

    for q in order:
        if q.id == "emission_factor" or (q.kind == "attribute" and not q.codes and not q.unit):
            continue
        if q.codes:
            emit(q.id, "", [q.codes[i].id for i in rng.integers(0, len(q.codes), zones)], "")
            continue
        if q.kind == "flag":
            for year in span:
                emit(q.id, str(year), ["true" if v else "false" for v in rng.random(zones) < 0.93], "")
            continue
        whole = base.get(wholes.get(q.id, ""))
        if whole is not None:
            share = np.where(rng.random(zones) < 0.25, 1.0, rng.beta(8, 2, zones))
            size = whole * share
        else:
            size = (
                np.exp(rng.normal(7, 1.2, zones)) if q.kind in ("flow", "stock") else rng.integers(0, 40, zones) * 1.0
            )
        base[q.id] = size
        growth = 1 + rng.normal(0.03, 0.05, zones)
        keys = [""]
        if q.breakdowns:
            first = known.breakdowns[q.breakdowns[0]]
            codes = first.codes if first.closed else first.codes[:3]
            keys = [f"{first.dimension}={c.id}" for c in codes]
        most = float(q.high) if q.unit == "%" and q.high is not None else np.inf
        for year in span:
            now = size if whole is not None and rng.random() < 0.5 else size * growth ** (year - span[0])
            for by in keys:
                unit = meanings.canonical_unit(q, by)
                if unit == "by code":
                    continue
                whole_number = q.kind == "count"
                values = [
                    str(round(v)) if whole_number else f"{v:.2f}" for v in np.clip(now / len(keys), 0.0, most).tolist()
                ]
                emit(q.id, str(year), values, unit, by)
    return pl.concat(pieces)


def without_holes(facts: pl.DataFrame) -> pl.DataFrame:
    """The facts without closed lists that lack a code, which the command refuses."""
    known = catalogue()
    list_ = ["subject", "quantity", "period"]
    for quantity in known.quantities.values():
        for closed in (known.breakdowns[name] for name in quantity.breakdowns):
            codes = [f"{closed.dimension}={code}" for code in closed.required]
            given = pl.col("by").is_in(codes).sum().over(list_)
            mine = (pl.col("quantity") == quantity.id) & (pl.col("by") != "")
            if codes:
                facts = pl.concat([facts.filter(~mine), facts.filter(mine).filter(given == len(codes))])
    return facts


def work(path: str, out: str, years: Sequence[int], engine: str) -> None:
    """What is measured, in a process of its own."""
    start = time.perf_counter()
    from ecopark.packs.load import shipped_ids
    from ecopark.standards.batch import assess_batch

    batch = assess_batch(path, shipped_ids(), periods=list(years), engine=engine, out=out)
    seconds = time.perf_counter() - start
    status = Path("/proc/self/status").read_text()
    peak = int(status.split("VmHWM:")[1].split()[0]) / 1024
    near = float(batch.results["near"].mean())  # type: ignore[arg-type]
    report = {
        "seconds": seconds,
        "cpu": time.process_time(),
        "peak_mb": peak,
        "results": len(batch.results),
        "near": near,
    }
    print(json.dumps(report | {"verdicts": len(batch.verdicts)}))


def rebuilt(path: str, out: str, sample: int) -> tuple[float, float, int]:
    """Mean and greatest seconds to rebuild a result with its trace, and how many are not equal."""
    from ecopark.observations.long_frame import long_facts
    from ecopark.packs.load import find_pack
    from ecopark.standards.batch import rebuild

    long = long_facts(path)
    results = pl.read_parquet(Path(out) / "results.parquet").sample(sample, seed=1)
    times, wrong = [], 0
    for row in results.iter_rows(named=True):
        pack = find_pack(row["pack"])
        start = time.perf_counter()
        found = rebuild(row, long, pack=pack)
        times.append(time.perf_counter() - start)
        value = float(found.value) if isinstance(found.value, bool | Fraction) else None
        same = (value is None) == (row["value"] is None)
        if same and value is not None:
            same = abs(value - row["value"]) <= 1e-9 * max(abs(value), abs(row["value"]))
        missing = ";".join(sorted({str(i) for i in found.missing}))
        wrong += not (same and found.status == row["status"] and missing == row["missing"])
    return sum(times) / len(times), sorted(times)[int(len(times) * 0.99)], wrong


def main(argv: Sequence[str] | None = None) -> int:
    """Run and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--zones", type=int, default=2543)
    parser.add_argument("--years", type=int, default=3)
    parser.add_argument("--engine", default="polars")
    parser.add_argument("--sample", type=int, default=1000)
    parser.add_argument("--missing", type=float, default=0.05)
    parser.add_argument("--write", metavar="PATH", help="only write the figures, without lists that lack a code")
    parser.add_argument("--work", nargs=2, metavar=("PATH", "OUT"), help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    years = list(range(2024 - options.years, 2024))
    if options.work:
        work(*options.work, years, options.engine)
        return 0
    if options.write:
        facts = without_holes(synthetic(options.zones, years, options.missing))
        facts.sample(fraction=1.0, shuffle=True, seed=1).write_parquet(options.write)
        print(f"{len(facts):,} observations")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        path, out = f"{folder}/facts.parquet", f"{folder}/out"
        facts = synthetic(options.zones, years, options.missing)
        facts.sample(fraction=1.0, shuffle=True, seed=random.Random(1).randint(0, 9)).write_parquet(path)
        print(f"{options.zones:,} zones, {len(facts):,} observations, {options.years} years, engine {options.engine}")
        command = [
            sys.executable,
            __file__,
            "--work",
            path,
            out,
            "--years",
            str(options.years),
            "--engine",
            options.engine,
        ]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        report = json.loads(done.stdout.strip().splitlines()[-1])
        print(
            f"{report['results']:,} results, {report['verdicts']:,} verdicts in {report['seconds']:.1f} s, "
            f"({report['cpu']:.1f} s of processor), peak {report['peak_mb']:,.0f} MB, "
            f"{report['near']:.2%} decided by the traced form"
        )
        mean, high, wrong = rebuilt(path, out, options.sample)
        print(
            f"{options.sample} results rebuilt: mean {mean * 1000:.1f} ms, 99 % within {high * 1000:.1f} ms, {wrong} differ"
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
