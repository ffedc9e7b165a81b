"""The batch and the single assessment are the same assessment."""

from __future__ import annotations

import gc
import random
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ecopark.core.period import Period
from ecopark.errors import InputError
from ecopark.indicators.rollup import RollUp
from ecopark.observations.long_frame import long_facts
from ecopark.observations.model import Facts
from ecopark.packs.load import find_pack, shipped_ids
from ecopark.packs.model import Pack
from ecopark.standards.assess import assess_pack
from ecopark.standards.batch import Batch, assess_batch
from ecopark.standards.engines import EngineError
from ecopark.standards.result import Assessment
from tests.standards.random_facts import random_facts

PACKS = [find_pack(name) for name in shipped_ids()]


def traced(facts: Facts, pack: Pack, years: list[int], since: int | None = None) -> Iterator[Assessment]:
    rollup = RollUp(facts)
    for park in facts.parks:
        for year in years:
            options = facts.settings.get("options", {}).get(pack.id, {})
            yield assess_pack(
                pack, facts, park.id, Period(year), since=since, options=options, rollup=rollup, detail=False
            )


def differences(batch: Batch, facts: Facts, packs: list[Pack], years: list[int], since: int | None = None) -> list[str]:
    results = {(r["subject"], r["period"], r["clause"]): r for r in batch.results.iter_rows(named=True)}
    verdicts = {(r["subject"], r["period"], r["pack"]): r for r in batch.verdicts.iter_rows(named=True)}
    wrong = []
    for pack in packs:
        for assessment in traced(facts, pack, years, since):
            found = verdicts[assessment.subject, assessment.period, pack.id]
            where = f"{assessment.subject} {assessment.period}"
            if found["verdict"] != assessment.verdict:
                wrong.append(f"{where} {pack.id}: {found['verdict']}, traced {assessment.verdict}")
            if not _same(found["score"], assessment.score):
                wrong.append(f"{where} {pack.id}: score {found['score']}, traced {assessment.score}")
            for clause in assessment.clauses:
                row = results[assessment.subject, assessment.period, clause.id]
                wrong += [f"{where} {clause.id} {text}" for text in _clause_differences(row, clause)]
    return wrong


def _clause_differences(row: dict[str, Any], clause: Any) -> Iterator[str]:
    if row["status"] != clause.status:
        yield f"{row['status']}, traced {clause.status}; value {row['value']} / {clause.value_text}, near {row['near']}"
        return
    if row["missing"] != ";".join(sorted({str(i) for i in clause.missing})):
        yield f"missing {row['missing']}, traced {clause.missing}"
    if not _same(row["value"], clause.value) or not _same(row["limit"], clause.limit.value):
        yield f"value {row['value']} limit {row['limit']}, traced {clause.value_text} {clause.limit.text()}"
    if row["reported"] != clause.reported:
        yield f"reported {row['reported']}, traced {clause.reported}"


def _same(value: float | None, exact: Any) -> bool:
    if not isinstance(exact, Fraction | bool):
        return value is None
    if value is None:
        return False
    return abs(value - float(exact)) <= 1e-9 * max(abs(value), abs(float(exact))) + 1e-12


def exact_rows(facts: Facts) -> pl.DataFrame:
    """Facts as somebody would send them: decimal texts."""
    return pl.DataFrame(facts.to_rows())


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_status_value_and_missing_item_is_that_of_the_single_assessment(seed: int) -> None:
    facts = random_facts(12, PACKS, seed)
    batch = assess_batch(facts, PACKS, periods=[2022, 2023])
    wrong = differences(batch, facts, PACKS, [2022, 2023])
    assert not wrong, "\n".join(wrong[:30])
    assert batch.results["near"].mean() < 0.5  # type: ignore[operator]


def test_the_construction_period_reaches_the_formulas() -> None:
    facts = random_facts(6, PACKS, 5)
    packs = [find_pack("hj274-2015")]
    batch = assess_batch(facts, packs, periods=[2022, 2023], since=2020)
    assert not differences(batch, facts, packs, [2022, 2023], since=2020)


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("engine", ["duckdb", "spark"])
def test_other_engines_give_the_same(engine: str) -> None:
    pytest.importorskip({"duckdb": "duckdb", "spark": "pyspark"}[engine])
    names = ["zero-carbon-park-2025"] if engine == "spark" else shipped_ids()
    packs = [find_pack(n) for n in names]
    facts = random_facts(6, PACKS, 4)
    ours = assess_batch(facts, packs, periods=[2023])
    theirs = assess_batch(facts, packs, periods=[2023], engine=engine)
    keys = ["subject", "period", "clause"]
    a, b = (x.results.sort(keys) for x in (ours, theirs))
    assert a.select(*keys, "status", "missing", "case").equals(b.select(*keys, "status", "missing", "case"))
    assert ((a["value"] - b["value"]).abs() <= 1e-9 * a["value"].abs()).all()
    if engine == "spark":
        from pyspark.sql import SparkSession

        SparkSession.builder.getOrCreate().stop()
        gc.collect()  # sockets of the session are closed here, not in the middle of another test


def test_any_result_is_rebuilt_with_its_trace() -> None:
    facts = random_facts(6, PACKS, 6)
    batch = assess_batch(facts, PACKS, periods=[2023])
    rows = random.Random(1).sample(batch.results.to_dicts(), 40)
    for row in rows:
        result = batch.rebuild(row)
        assert result.status == row["status"]
        assert _same(row["value"], result.value)
        assert result.trace.what


def test_fingerprints_depend_on_the_figures_and_on_nothing_else() -> None:
    rows = pl.DataFrame(
        {
            "subject": ["a", "a", "b", "b"],
            "quantity": ["publicity_events"] * 4,
            "period": ["2022", "2023"] * 2,
            "value": ["1", "2", "1", "2"],
            "unit": ["events/year"] * 4,
        }
    )
    pack = ["hj274-2015"]

    def prints(frame: pl.DataFrame) -> dict[str, str]:
        found = assess_batch(frame, pack, periods=[2023]).results
        return dict(found.select("subject", "fingerprint").unique().iter_rows())

    first = prints(rows)
    assert first["a"] == first["b"]
    assert first == prints(rows.reverse())
    changed = prints(rows.with_columns(pl.Series("value", ["1", "2", "1", "3"])))
    assert changed["a"] == first["a"]
    assert changed["b"] != first["b"]


def test_typed_text_converted_units_and_odd_rows_are_read_as_the_reader_reads_them(tmp_path: Path) -> None:
    rows = pl.DataFrame(
        [
            ("a", "park_area_km2", "2023", "1,500", "mu", "", ""),
            ("a", "industrial_fresh_water_m3", "2023", "3.2万", "m3", "", ""),
            ("a", "solid_waste_generated_t", "2023", "n/a", "t", "", "none"),
            ("b", "park_area_km2", "2023", "0.30", "km2", "", ""),
        ],
        schema=["subject", "quantity", "period", "value", "unit", "by", "note"],
        orient="row",
    )
    path = tmp_path / "facts.parquet"
    rows.write_parquet(path)
    long = long_facts(path)
    values = {(o.subject, o.quantity): o.value for o in long.facts(["a", "b"])}
    assert values["a", "park_area_km2"] == 1
    assert values["b", "park_area_km2"] == Fraction(3, 10)
    assert values["a", "industrial_fresh_water_m3"] == 32000
    batch = assess_batch(path, ["hj274-2015"], out=tmp_path / "out")
    assert (tmp_path / "out" / "results.parquet").exists()
    assert len(batch.verdicts) == 2


def test_every_problem_of_the_input_is_listed_at_once() -> None:
    rows = pl.DataFrame(
        {
            "subject": ["a", "a", "b", "b"],
            "quantity": ["park_area", "park_area_km2", "park_area_km2", "park_area_km2"],
            "period": ["2023"] * 4,
            "value": ["1", "one", "1", "2"],
            "unit": ["km2"] * 4,
        }
    )
    with pytest.raises(InputError) as caught:
        assess_batch(rows, ["hj274-2015"])
    assert len(caught.value.problems) >= 2


def test_an_unknown_engine_is_named() -> None:
    rows = [{"subject": "a", "quantity": "park_area_km2", "period": "2023", "value": "1", "unit": "km2"}]
    with pytest.raises(EngineError, match="duckdb"):
        assess_batch(pl.DataFrame(rows), ["hj274-2015"], engine="duck")
