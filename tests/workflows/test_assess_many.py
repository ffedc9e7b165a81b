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


def row(subject, quantity, value, unit="", by="", period="2023"):
    return {"subject": subject, "quantity": quantity, "period": period, "value": value, "unit": unit, "by": by}


def stored(path, rows):
    pl.DataFrame(rows).write_parquet(path)
    return path


HOLE = [row("a", "pollutant_emission_t", "1", "t", f"pollutant={c}") for c in ("cod", "nox", "nh3n")]


def test_every_problem_of_a_parquet_file_is_listed_with_its_row(tmp_path):
    rows = [
        row("b", "publicity_events", "2", "次"),
        *HOLE,
        row("b", "publicity_evnts", "2", "次"),
        row("b", "publicity_events", "many", "次", period="2022"),
    ]
    path = stored(tmp_path / "province.parquet", rows)
    with pytest.raises(InputError) as columns:
        assess_many(path, ["hj274-2015"])
    with pytest.raises(InputError) as ordinary:
        ep.read_facts(path)
    assert {(p.code, str(p.place)) for p in columns.value.problems} == {
        ("breakdown-hole", f"{path} row 2"),
        ("unknown-quantity", f"{path} row 5"),
        ("unreadable-number", f"{path} row 6"),
    }
    assert {p.message("en") for p in columns.value.problems} == {p.message("en") for p in ordinary.value.problems}


@pytest.mark.parametrize("as_frame", [True, False])
def test_a_hole_is_found_under_any_name_and_beside_rows_that_need_the_ordinary_reader(tmp_path, as_frame):
    hole = [
        {**r, "subject": " a ", "quantity": ep.catalogue()[r["quantity"]].label.zh, "period": "2023年"} for r in HOLE
    ]
    path = stored(tmp_path / "province.parquet", [row("a", "publicity_events", "2", "次"), *hole])
    with pytest.raises(InputError, match="pollutant=so2"):
        assess_many(pl.read_parquet(path) if as_frame else path, ["hj274-2015"])
    full = [*hole, {**hole[0], "by": "pollutant=so2"}]
    assert len(assess_many(stored(path, full), ["hj274-2015"]).verdicts) == 1


def test_two_units_side_by_side_are_refused(tmp_path):
    one, other = ep.catalogue().same_units[0]
    rows = [row("a", one, "1", "kgce/t", "product=x"), row("a", other, "1", "kgce/m3", "product=x")]
    with pytest.raises(InputError) as found:
        assess_many(stored(tmp_path / "province.parquet", rows), ["hj274-2015"])
    with pytest.raises(InputError) as ordinary:
        ep.read_facts(tmp_path / "province.parquet")
    assert [p.message("en") for p in found.value.problems] == [p.message("en") for p in ordinary.value.problems]


def test_firms_declared_beside_a_parquet_file_are_part_of_their_park(tmp_path):
    (tmp_path / "subjects.csv").write_text("subject,kind,name,parent\nz,park,Zone,\nf,firm,Works,z\n", encoding="utf-8")
    rows = [row("Works", "industrial_fresh_water_m3", "5", "m3"), row("z", "industrial_value_added", "2", "万元")]
    path = stored(tmp_path / "province.parquet", [*rows, row("other", "publicity_events", "2", "次")])
    batch = assess_many(path, ["hj274-2015"])
    assert set(batch.verdicts["subject"]) == {"z", "other"}
    traced = [a.to_dict() for a in ep.assess_all(path, ["hj274-2015"], subject="z", detail=False)]
    [mine] = batch_data(assess_many(path, ["hj274-2015"], subject="z"))
    found = [(c["id"], c["status"], sorted(c["missing"])) for c in mine["clauses"]]
    assert found == [(c["id"], c["status"], sorted(c["missing"])) for c in traced[0]["clauses"]]


def test_one_park_of_a_file_is_assessed_alone(tmp_path):
    path = stored(tmp_path / "p.parquet", [row(n, "publicity_events", "2", "次") for n in ("a", "b")])
    batch = assess_many(path, ["hj274-2015"], subject="b")
    assert batch.verdicts["subject"].to_list() == ["b"]
    with pytest.raises(InputError, match="'nobody'"):
        assess_many(path, ["hj274-2015"], subject="nobody")


def test_years_beside_an_empty_cell_and_other_headers_are_read(tmp_path):
    frame = pl.DataFrame({"subject": ["a", "a"], "quantity": ["publicity_events", "park_area_km2"], "period": [2023.0, None],
                          "value": [2.0, 9.0], "unit": ["次", "km2"]})  # fmt: skip
    chinese = frame.rename({"subject": "对象", "quantity": "数据项", "period": "期间", "value": "数值", "unit": "单位"})
    tables = []
    for name, table in (("en", frame), ("zh", chinese)):
        table.write_parquet(tmp_path / f"{name}.parquet")
        tables.append(assess_many(tmp_path / f"{name}.parquet", ["hj274-2015"]).results.drop("fingerprint"))
    assert tables[0].equals(tables[1])
    assert tables[0].filter(pl.col("clause") == "hj274-2015/32")["status"].to_list() == ["met"]


def test_each_pack_is_told_as_it_is_begun(facts):
    told = []
    assess_many(facts, PACKS, step=told.append)
    assert told == PACKS
