"""100 formulas in 4 dependency levels over many observations, Parquet in and out, each way in a process of its own.

    python benchmarks/columnar_vs_polars.py [--observations 10000000] [--ways polars,ecopark,openfisca] [--repeat 5]

Three ways to the same 100 columns: ecopark's columnar form, a Polars query written by hand that streams its result, and
OpenFisca-core. All read the same long Parquet file (subject, quantity, period, value; 20 quantities), make one row per subject
and year of it, and write 75 values and 25 verdicts. They run in turn, `--repeat` times; time and peak memory are those of the
whole process, Python's start included. Ratios are taken round by round, then their median. Each way compresses as it does by
default (zstd; the peers at level 3, ecopark at level 1); `--peer-level 1` lets the peers write at level 1 too.

Verdicts are then compared with the traced (exact) form, on a random sample and on every subject (up to 5,000) on which the
three differ or ecopark is in doubt: a flip is a verdict that differs from the traced one. The ecopark file also says which
rows are too close to call; these are decided by the traced form and counted apart.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

QUANTITIES = 20
LEVELS, PER_LEVEL = 4, 25
NAMES = [f"q{i}" for i in range(QUANTITIES)]
YEAR = 2023
ROUND = (1.0, 3.0, 5.0, 6.0, 7.0, 10.0, 17.0, 20.0, 35.0, 60.0, 85.0, 100.0)
Spec = tuple[str, str, tuple[str, ...], str]
"""Name, template, arguments, limit."""


def specs() -> list[Spec]:
    """The 100 formulas: name, template, arguments; those of the last level are verdicts."""
    rng = random.Random(5)
    made: list[Spec] = []
    below: list[str] = []
    for level in range(LEVELS):
        here = []
        for i in range(PER_LEVEL):
            name = f"f{level}_{i}"
            pool = below or NAMES
            first = rng.choice(pool)
            if (
                level == LEVELS - 1 and i % 2
            ):  # every second verdict is on a ratio of two figures, often exactly on its limit
                first = rng.choice([m[0] for m in made[:PER_LEVEL]])
            rest = tuple(rng.choice(NAMES if rng.random() < 0.7 else pool) for _ in range(3))
            template = (
                "verdict" if level == LEVELS - 1 else rng.choice(("ratio", "sum", "choice", "least", "rest", "share"))
            )
            limit = rng.choice(("0.35", "0.6", "1", "0.85", "3"))
            made.append((name, template, (first, *rest), limit))
            here.append(name)
        below = here
    return made


TEXTS = {
    "ratio": "{0} / {1}",
    "sum": "({0} + {1}) / {2} - {3}",
    "choice": "{0} if {1} > {2} else {3} / {1}",
    "least": "min({0}, {1}) / {2}",
    "rest": "1 - {0} / {1}",
    "share": "{0} / ({0} + {1})",
    "verdict": "{0} >= {limit}",
}


def observations(count: int, path: Path) -> None:
    """Long facts: 2 % of the figures missing, 1 % zero, two decimals; 5 % of the zones have round figures."""
    rng = np.random.default_rng(3)
    rows = count // QUANTITIES
    pieces = []
    plain = rng.random(rows) < 0.05  # zones whose figures are round: many of their ratios are exactly on a limit
    for name in NAMES:
        values = np.round(np.exp(rng.normal(3, 1.5, rows)), 2)
        values[rng.random(rows) < 0.01] = 0.0
        values = np.where(plain, np.array(ROUND)[rng.integers(0, len(ROUND), rows)], values)
        frame = pl.DataFrame({"subject": np.arange(rows, dtype=np.int32), "value": values})
        frame = frame.filter(pl.Series(rng.random(rows) >= 0.02))
        pieces.append(frame.with_columns(pl.lit(name).alias("quantity"), pl.lit(YEAR, pl.Int32).alias("period")))
    pl.concat(pieces).sort("subject").select("subject", "quantity", "period", "value").write_parquet(path)


# -- the three ways ----------------------------------------------------------------------------------------------------


def by_polars(source: str, target: str, level: int | None) -> None:
    """A query as a careful person writes it."""
    frame = pl.scan_parquet(source)
    frame = frame.group_by("subject", "period").agg(
        pl.when(pl.col("quantity") == n).then(pl.col("value")).max().alias(n) for n in NAMES
    )

    def over(a: pl.Expr, b: pl.Expr) -> pl.Expr:
        return pl.when(b != 0).then(a / b)

    forms: dict[str, Callable[..., pl.Expr]] = {
        "ratio": lambda a, b, c, d, k: over(a, b),
        "sum": lambda a, b, c, d, k: over(a + b, c) - d,
        "choice": lambda a, b, c, d, k: pl.when(b > c).then(a).when(b <= c).then(over(d, b)),
        "least": lambda a, b, c, d, k: over(pl.when(a <= b).then(a).when(a > b).then(b), c),
        "rest": lambda a, b, c, d, k: 1 - over(a, b),
        "share": lambda a, b, c, d, k: over(a, a + b),
        "verdict": lambda a, b, c, d, k: a >= k,
    }
    made = specs()
    for step_number in range(LEVELS):
        step = made[step_number * PER_LEVEL : (step_number + 1) * PER_LEVEL]
        frame = frame.with_columns(
            forms[form](*(pl.col(a) for a in args), float(limit)).alias(name) for name, form, args, limit in step
        )
    frame.select("subject", "period", *[s[0] for s in made]).sink_parquet(target, compression_level=level)


def texts() -> dict[str, str]:
    """The formulas in ecopark's language."""
    return {name: TEXTS[form].format(*args, limit=limit) for name, form, args, limit in specs()}


def by_ecopark(source: str, target: str, _: int | None) -> None:
    """The columnar form: the same, and it also marks what is too close to call."""
    from ecopark.workflows.evaluate_file import evaluate_file

    evaluate_file(source, texts(), target)


def by_openfisca(source: str, target: str, level: int | None) -> None:
    """OpenFisca-core: a variable per column, float32 inside."""
    from openfisca_core.entities import build_entity
    from openfisca_core.periods import DateUnit
    from openfisca_core.simulation_builder import SimulationBuilder
    from openfisca_core.taxbenefitsystems import TaxBenefitSystem
    from openfisca_core.variables import Variable

    zone = build_entity(key="zone", plural="zones", label="zone", is_person=True)
    system = TaxBenefitSystem([zone])

    def over(a: Any, b: Any) -> Any:
        with np.errstate(all="ignore"):
            return np.where(b != 0, a / b, np.nan)

    def chosen(a: Any, b: Any, c: Any, d: Any) -> Any:
        return np.where(np.isnan(b) | np.isnan(c), np.nan, np.where(b > c, a, over(d, b)))

    forms: dict[str, Callable[..., Any]] = {
        "ratio": lambda a, b, c, d, k: over(a, b),
        "sum": lambda a, b, c, d, k: over(a + b, c) - d,
        "choice": lambda a, b, c, d, k: chosen(a, b, c, d),
        "least": lambda a, b, c, d, k: over(np.minimum(a, b), c),
        "rest": lambda a, b, c, d, k: 1 - over(a, b),
        "share": lambda a, b, c, d, k: over(a, a + b),
        "verdict": lambda a, b, c, d, k: np.where(np.isnan(a), np.nan, (a >= k) * 1.0),
    }

    def variable(name: str, formula: Any = None) -> None:
        body: dict[str, Any] = {"value_type": float, "entity": zone, "definition_period": DateUnit.YEAR, "label": name}
        if formula is not None:
            body["formula"] = formula
        system.add_variable(type(name, (Variable,), body))

    def formula_of(form: str, args: tuple[str, ...], k: float) -> Any:
        def formula(zones: Any, period: Any, parameters: Any) -> Any:
            return forms[form](*(zones(a, period) for a in args), k)

        return formula

    for name in NAMES:
        variable(name)
    for name, form, args, limit in specs():
        variable(name, formula_of(form, args, float(limit)))
    frame = pl.scan_parquet(source)
    wide = (
        frame.group_by("subject", "period")
        .agg(pl.when(pl.col("quantity") == n).then(pl.col("value")).max().alias(n) for n in NAMES)
        .collect(engine="streaming")
    )
    simulation = SimulationBuilder().build_default_simulation(system, len(wide))
    for name in NAMES:
        simulation.set_input(name, str(YEAR), wide[name].fill_null(float("nan")).to_numpy())
    out = {"subject": wide["subject"].to_numpy(), "period": wide["period"].to_numpy()}
    for name, _, _, _ in specs():
        out[name] = simulation.calculate(name, str(YEAR))
    pl.DataFrame(out).write_parquet(target, compression_level=level)


WAYS = {"ecopark": by_ecopark, "polars": by_polars, "openfisca": by_openfisca}


# -- comparing ---------------------------------------------------------------------------------------------------------


def _disputed(targets: dict[str, Path], most: int = 5000) -> list[int]:
    """Subjects on whose verdicts the ways differ, or that are marked near."""
    verdicts = [name for name, form, _, _ in specs() if form == "verdict"]
    tables = []
    for path in targets.values():
        table = pl.read_parquet(path).sort("subject")
        tables.append(
            table.select("subject", *[pl.col(v).cast(pl.Float64).fill_nan(None).fill_null(-1.0) for v in verdicts])
        )
        near = [c for c in table.columns if c.startswith("near_")]
        tables[-1] = tables[-1].with_columns(
            pl.Series("near", table.select(pl.any_horizontal(near)).to_series() if near else [False] * len(table))
        )
    first = tables[0]
    different = first["near"]
    for other in tables[1:]:
        different = different | other["near"]
        for v in verdicts:
            different = different | (other[v] != first[v])
    return first["subject"].filter(different).to_list()[:most]


def flips(source: Path, targets: dict[str, Path], sample: int) -> dict[str, tuple[int, int, int]]:
    """Per way: verdicts that differ from the traced form, those marked near, and those compared."""
    from ecopark.core.period import Period
    from ecopark.core.rounding import exact
    from ecopark.core.trace import Trace
    from ecopark.core.value import Missing, not_given
    from ecopark.expr.traced import evaluate
    from ecopark.workflows.evaluate_file import fit_all

    formulas = fit_all(texts())
    rows = pl.scan_parquet(source)
    count = int(rows.select(pl.col("subject").max()).collect().item()) + 1
    chosen = sorted({*random.Random(1).sample(range(count), min(sample, count)), *_disputed(targets)})
    long = rows.filter(pl.col("subject").is_in(chosen)).collect()
    facts: dict[int, dict[str, Fraction]] = {s: {} for s in chosen}
    for subject, quantity, _, value in long.iter_rows():
        facts[subject][quantity] = exact(value)
    verdicts = [name for name, form, _, _ in specs() if form == "verdict"]

    class Lookup:
        def __init__(self, known: dict[str, Fraction]) -> None:
            self.known = known
            self.made: dict[str, Trace] = {}

        def resolve(self, leaf: Any, period: Period) -> Trace:
            if leaf.name in formulas:
                if leaf.name not in self.made:
                    self.made[leaf.name] = evaluate(formulas[leaf.name], self, period)
                return self.made[leaf.name]
            return Trace("observation", leaf.name, self.known.get(leaf.name, not_given(leaf.name, period)))

    truth: dict[tuple[int, str], bool | None] = {}
    for subject in chosen:
        lookup = Lookup(facts[subject])
        for name in verdicts:
            value = evaluate(formulas[name], lookup, Period(YEAR)).value
            truth[subject, name] = None if isinstance(value, Missing) else bool(value)
    result = {}
    for way, path in targets.items():
        table = pl.scan_parquet(path).filter(pl.col("subject").is_in(chosen)).collect()
        wrong = near = 0
        for row in table.iter_rows(named=True):
            for name in verdicts:
                if row.get(f"near_{name}"):
                    near += 1
                    continue
                found = row[name]
                found = None if found is None or found != found else bool(found)
                wrong += found != truth[row["subject"], name]
        result[way] = (wrong, near, len(truth))
    return result


def peak_mb() -> float:
    """Peak memory of this process (ru_maxrss would count that of the parent before exec)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return float("nan")


def run(way: str, source: Path, target: Path, level: int | None) -> dict[str, float] | None:
    """One way in a process of its own; None if it failed."""
    command = [sys.executable, __file__, "--work", way, str(source), str(target)]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        command + ([] if level is None else ["--peer-level", str(level)]), capture_output=True, text=True
    )
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        print(done.stderr[-2000:])
        return None
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall": wall, "cpu": cpu, "peak": float(done.stdout.split()[-1])}


def report(rounds: list[dict[str, dict[str, float]]], targets: dict[str, Path]) -> None:
    """Medians, and the medians of the ratios of each round."""
    for way, target in targets.items():
        line = [f"{way:10}"]
        for what, unit in (("wall", "s"), ("cpu", "s"), ("peak", "MB")):
            digits = 0 if what == "peak" else 2
            line.append(f"{what} {statistics.median(r[way][what] for r in rounds):.{digits}f} {unit}")
            for other in targets:
                if way == "ecopark" and other != way:
                    ratio = statistics.median(r[way][what] / r[other][what] for r in rounds)
                    line.append(f"({ratio:.2f} of {other})")
        print("  ".join(line), f" file {target.stat().st_size / 1e6:.0f} MB")


def main(argv: Sequence[str] | None = None) -> int:
    """Run and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--observations", type=int, default=10_000_000)
    parser.add_argument("--ways", default="polars,ecopark,openfisca")
    parser.add_argument("--sample", type=int, default=4000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--peer-level", type=int, help="zstd level of the peers; default: their own")
    parser.add_argument("--work", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.work:
        way, source, target = options.work
        WAYS[way](source, target, options.peer_level)
        print(peak_mb())
        return 0
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "facts.parquet"
        observations(options.observations, source)
        print(f"{options.observations:,} observations, {LEVELS * PER_LEVEL} formulas in {LEVELS} levels")
        targets = {way: Path(folder) / f"{way}.parquet" for way in options.ways.split(",")}
        rounds = []
        for _ in range(options.repeat):
            found = {way: run(way, source, target, options.peer_level) for way, target in targets.items()}
            targets = {way: target for way, target in targets.items() if found[way] is not None}
            rounds.append({way: one for way, one in found.items() if one is not None})
        report(rounds, targets)
        print(f"load of the machine: {os.getloadavg()[1]:.1f}")
        for way, (wrong, near, count) in flips(source, targets, options.sample).items():
            text = f", {near} marked near and decided by the traced form" if way == "ecopark" else ""
            print(f"{way:10} {wrong} of {count:,} verdicts differ from the traced form{text}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
