"""Long facts are the same however they are handed over and in whatever pieces they are converted."""

import polars as pl
import pytest

from ecopark.observations import long_frame as module
from ecopark.observations.long_frame import long_facts

ROWS = [
    ("p2", "publicity_events", "2023", "3", "次"),
    ("p1", "publicity_events", "2022", None, "次"),
    ("p1", "energy_industrial_tce", "2023", "3.2万", "tce"),
    (" p1 ", "publicity_events", "2023", "4", "次"),
    ("p1", "industrial_value_added", "2023", "1.25", "亿元"),
    ("p1", "publicity_events", "2021", "", "次"),
    ("p2", "energy_industrial_tce", "2023", "1234567.12345678901", "tce"),
    ("p1", "park_area_km2", "2022", "8", "km2"),
    ("p1", "park_area_km2", "2023", "/", "km2"),
]
FRAME = pl.DataFrame(ROWS, schema=["subject", "quantity", "period", "value", "unit"], orient="row")


def figures(long):
    facts = long.facts(["p1", "p2"])
    return {(o.subject, o.quantity, str(o.period)): o.value for o in facts.observations}


@pytest.mark.parametrize("piece", [1, 2, 4, 1 << 19])
@pytest.mark.parametrize("how", ["frame", "lazy", "file"])
def test_pieces_and_ways_make_no_difference(tmp_path, monkeypatch, piece, how):
    monkeypatch.setattr(module, "PIECE", piece)
    FRAME.write_parquet(tmp_path / "facts.parquet")
    given = {"frame": FRAME, "lazy": FRAME.lazy(), "file": tmp_path / "facts.parquet"}[how]
    long = long_facts(given)
    found = figures(long)
    assert {k: str(v) for k, v in found.items()} == {
        ("p2", "publicity_events", "2023"): "3",
        ("p1", "energy_industrial_tce", "2023"): "32000",
        ("p1", "publicity_events", "2023"): "4",
        ("p1", "industrial_value_added", "2023"): "12500",
        ("p2", "energy_industrial_tce", "2023"): str(found["p2", "energy_industrial_tce", "2023"]),
        ("p1", "park_area_km2", "2022"): "8",
    }
    assert found["p2", "energy_industrial_tce", "2023"] * 10**11 == 123456712345678901
    assert "energy_industrial_tce" in long.inexact


def test_a_table_without_rows_has_no_figures():
    long = long_facts(FRAME.head(0))
    assert len(long.rows) == 0
    assert long.names == []


def test_equal_figures_of_a_late_year_are_kept_once():
    rows = FRAME.head(1).with_columns(pl.lit("4100").alias("period"))
    assert len(long_facts(pl.concat([rows, rows])).rows) == 1
