"""The wide rows of a long file are the same however it is cut, sorted or typed."""

import random

import polars as pl
import pytest

from ecopark.errors import InputError
from ecopark.observations.slices import WideRows, ranges

NAMES = ["a", "b", "c"]


def long_rows(count, seed=1):
    rng = random.Random(seed)
    keys = [
        (f"s{rng.randrange(count):05d}", year, name) for year in (2022, 2023) for name in NAMES for _ in range(count)
    ]
    return pl.DataFrame(
        [(s, y, n, rng.choice([0.0, 0.35, 1.0, round(rng.lognormvariate(3, 2), 2)])) for s, y, n in dict.fromkeys(keys)],
        schema={"subject": pl.String, "period": pl.Int32, "quantity": pl.String, "value": pl.Float64}, orient="row",
    )  # fmt: skip


def pivoted(rows):
    wide = rows.pivot("quantity", index=["subject", "period"], values="value", aggregate_function="max")
    return wide.select("subject", "period", *NAMES).sort("subject", "period")


def written(rows, tmp_path, **options):
    path = tmp_path / "facts.parquet"
    rows.write_parquet(path, **options)
    return path


@pytest.mark.parametrize("order", ["sorted", "by quantity", "shuffled"])
@pytest.mark.parametrize("at_once", [1, 97, 400, 10**6])
def test_every_way_to_cut_gives_the_same_rows(tmp_path, order, at_once):
    rows = long_rows(300)
    expected = pivoted(rows)
    by = {"sorted": ["subject", "period"], "by quantity": ["quantity", "subject"], "shuffled": None}[order]
    rows = rows.sample(fraction=1, shuffle=True, seed=2) if by is None else rows.sort(by)
    path = written(rows, tmp_path, row_group_size=150)
    wide = WideRows(path, NAMES, rows=at_once)
    assert wide.scan().collect().sort("subject", "period").equals(expected)
    assert wide.seen == set(NAMES)


def test_ranges_hold_every_row_once_and_no_more_than_asked_in_a_sorted_file(tmp_path):
    rows = long_rows(300).sort("subject")
    found = ranges(written(rows, tmp_path) and pl.scan_parquet(tmp_path / "facts.parquet"), "subject", 200)
    assert found[0][0] is None
    assert found[-1][1] is None
    assert [low for low, _ in found[1:]] == [high for _, high in found[:-1]]
    sizes = [
        len(rows.filter((pl.col("subject") >= (low or "")) & (pl.col("subject") < (high or "t"))))
        for low, high in found
    ]
    assert sum(sizes) == len(rows)
    assert max(sizes) < 300


def test_a_query_asks_only_for_what_it_needs(tmp_path):
    rows = long_rows(50).sort("subject")
    query = WideRows(written(rows, tmp_path), NAMES, rows=40).scan()
    expected = pivoted(rows)
    few = query.filter(pl.col("period") == 2023).select("subject", "b").head(7).collect()
    assert few.equals(expected.filter(pl.col("period") == 2023).select("subject", "b").head(7))


def test_what_is_not_given_is_null_and_its_row_stays(tmp_path):
    rows = pl.DataFrame(
        {
            "subject": [None, "x", "x", "y", "z", "z"],
            "period": [2023] * 6,
            "quantity": ["a", "a", "other", "b", None, "a"],
            "value": [1.0, 2.0, 9.0, None, 4.0, float("nan")],
        }
    )
    wide = WideRows(written(rows, tmp_path), ["a", "b"])
    assert wide.scan().collect().rows() == [
        (None, 2023, 1.0, None), ("x", 2023, 2.0, None), ("y", 2023, None, None), ("z", 2023, None, None)
    ]  # fmt: skip


def test_a_figure_given_twice_counts_once_if_it_is_the_same_and_is_a_problem_if_not(tmp_path):
    rows = {"subject": ["x", "x"], "period": [2023, 2023], "quantity": ["a", "a"]}
    same = written(pl.DataFrame(rows | {"value": [2.0, 2.0]}), tmp_path)
    assert WideRows(same, ["a"]).scan().collect().rows() == [("x", 2023, 2.0)]
    other = written(pl.DataFrame(rows | {"value": [2.0, 3.0]}), tmp_path)
    with pytest.raises(InputError, match="x 2023 a is given more than once") as raised:
        WideRows(other, ["a"]).scan().collect()
    assert [p.code for p in raised.value.problems] == ["differing-duplicate"]


@pytest.mark.parametrize("value", [1e31, -1e31, 1e-31, float("inf")])
def test_a_number_beyond_the_promise_is_a_problem(tmp_path, value):
    path = written(pl.DataFrame({"subject": ["x"], "period": [2023], "quantity": ["a"], "value": [value]}), tmp_path)
    assert WideRows(path, ["a"]).scan().collect()["a"].to_list() == [value]
    with pytest.raises(InputError) as raised:
        WideRows(path, ["a"], magnitude=30).scan().collect()
    assert [p.code for p in raised.value.problems] == ["beyond-magnitude"]


def test_a_file_without_the_columns_or_with_texts_is_refused(tmp_path):
    rows = pl.DataFrame({"subject": ["x"], "period": [2023], "quantity": ["a"], "value": ["1"]})
    with pytest.raises(InputError) as raised:
        WideRows(written(rows, tmp_path), ["a"])
    assert [p.code for p in raised.value.problems] == ["not-a-number"]
    with pytest.raises(InputError) as raised:
        WideRows(written(rows.drop("period"), tmp_path), ["a"])
    assert [p.code for p in raised.value.problems] == ["no-header"]


def test_an_empty_file_has_no_rows_and_names_what_is_absent(tmp_path):
    wide = WideRows(written(long_rows(5).head(0), tmp_path), ["a"])
    assert wide.scan().collect().rows() == []
    assert [p.code for p in wide.unknown()] == ["unknown-quantity"]
