"""A province: tables on three engines, the same statuses as the traced assessment."""

import json

import polars as pl
import pytest

import ecopark as ep
from ecopark.errors import EcoparkError, InputError
from ecopark.examples import invented_park
from ecopark.workflows.assess_many import assess_many, batch_data, verdict_counts, write_batch

PACKS = ["hj274-2015", "miit-green-park-2016", "zero-carbon-park-2025"]


@pytest.fixture(scope="module")
def facts():
    return invented_park(30, seed=3).facts()


def statuses(data):
    return {(a["pack"], c["id"]): (c["status"], c["missing"]) for a in data for c in a["clauses"]}


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_the_batch_says_what_the_traced_assessment_says(facts, engine):
    if engine == "duckdb":
        pytest.importorskip("duckdb", reason="the duckdb extra is not installed")
    batch = assess_many(facts, PACKS, engine=engine)
    traced = [a.to_dict() for a in ep.assess_all(facts, PACKS, detail=False)]
    assert statuses(batch_data(batch)) == statuses(traced)
    for mine, theirs in zip(batch_data(batch), traced, strict=True):
        assert mine["verdict"] == theirs["verdict"]
        for a, b in zip(mine["clauses"], theirs["clauses"], strict=True):
            assert a["limit"] == b["limit"]
            if b["value"] not in (None, "true", "false"):
                assert float(a["value"]) == pytest.approx(float(b["value"]), rel=1e-9)


def test_any_row_opens_to_its_trace(facts):
    batch = assess_many(facts, PACKS)
    row = batch.results.filter(pl.col("clause") == "hj274-2015/13").row(0, named=True)
    assert batch.rebuild(row).trace.to_text() == ep.assess(facts, "hj274-2015").clause("13").trace.to_text()


@pytest.mark.parametrize("name", ["out", "out.parquet", "out.csv", "out.xlsx"])
def test_tables_are_written_in_every_form(facts, tmp_path, name):
    paths = write_batch(assess_many(facts, ["hj274-2015"]), tmp_path / name)
    assert paths
    assert all(p.exists() and p.stat().st_size for p in paths)
    assert not list(tmp_path.glob(".*"))


def test_a_parquet_file_of_many_parks(tmp_path):
    rows = [
        {"subject": f"z{n}", "quantity": "publicity_events", "period": "2023", "value": str(n), "unit": "次"}
        for n in range(5)
    ]
    path = tmp_path / "province.parquet"
    pl.DataFrame(rows).write_parquet(path)
    batch = assess_many(path, ["hj274-2015"])
    assert verdict_counts(batch)["hj274-2015"] == {"fail": 2, "undetermined": 3}
    assert json.dumps(batch_data(batch))


def test_what_cannot_be_used_is_refused(tmp_path, facts):
    with pytest.raises(EcoparkError, match="oracle"):
        assess_many(facts, PACKS, engine="oracle")
    with pytest.raises(EcoparkError, match="pdf"):
        write_batch(assess_many(facts, ["hj274-2015"]), tmp_path / "x.pdf")
    path = tmp_path / "bad.parquet"
    path.write_bytes(b"no parquet")
    with pytest.raises(InputError, match=r"bad\.parquet"):
        assess_many(path, PACKS)
    with pytest.raises(InputError, match="'nobody'"):
        assess_many(facts, PACKS, subject="nobody")


def test_a_rebuilt_row_keeps_what_footnotes_say():
    rows = [{"subject": "p", "quantity": "hj274-2015/7", "period": "2023", "value": "90", "unit": "%"}]
    batch = assess_many(ep.read_facts(rows), ["hj274-2015"])
    row = batch.results.filter(pl.col("clause") == "hj274-2015/7").row(0, named=True)
    traced = ep.assess(rows, "hj274-2015").clause("7")
    assert batch.rebuild(row).status == row["status"] == traced.status == "met"
    assert batch.rebuild(row).choice_open
    assert traced.choice_open


def test_a_parquet_file_says_what_cannot_be_as_well(tmp_path):
    path = tmp_path / "province.parquet"
    rows = [{"subject": "a", "quantity": "park_area_km2", "period": "2023", "value": -3.0, "unit": "km2"}]
    pl.DataFrame(rows).write_parquet(path)
    with pytest.raises(InputError, match="cannot be"):
        assess_many(path, ["hj274-2015"])


def test_the_tables_say_how_each_limit_is_known(facts, tmp_path):
    batch = assess_many(facts, PACKS)
    results, verdicts = (pl.read_csv(p) for p in write_batch(batch, tmp_path / "out.csv"))
    row = results.filter(pl.col("clause") == "hj274-2015/13").row(0, named=True)
    assert (row["basis"], row["verified"]) == ("recalled", False)
    assert len(results) == len(batch.results)
    assert not results["basis"].null_count()
    assert verdicts.filter(pl.col("pack") == "hj274-2015")["basis"][0].endswith("0 of 32 verified")
    stored = pl.read_parquet(write_batch(batch, tmp_path / "out")[0])
    assert {"basis", "verified"} <= set(stored.columns)


def test_a_fingerprint_says_of_what_it_was_taken(facts):
    """Two kinds exist, of exact values and of float64 columns: they must never be held against each other."""
    assert ep.assess(facts, "hj274-2015").fingerprint.startswith("exact:")
    assert assess_many(facts, ["hj274-2015"]).results["fingerprint"].str.starts_with("float:").all()
