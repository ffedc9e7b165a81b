"""Parquet files and data frames: the long form with the columns of the facts contract."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecopark.errors import Place, Problem
from ecopark.observations.readers.table import Limits, Outcome, Table, empty_file, reader, too_big

if TYPE_CHECKING:
    import polars as pl


@reader(".parquet")
def read_parquet(path: Path, name: str, limits: Limits) -> Outcome:
    """The one table of a Parquet file; places count data rows from 1."""
    import polars as pl

    with path.open("rb") as file:
        magic = file.read(4)
    if magic != b"PAR1":
        raise ValueError("no Parquet file")
    lazy = pl.scan_parquet(path)
    width = len(lazy.collect_schema())
    height = lazy.select(pl.len()).collect().item()
    if width * height > limits.cells:
        return [], [too_big(Place(name), f"{width * height:,}", f"{limits.cells:,}")]
    if not height:
        return [], [empty_file(Place(name))]
    return [from_polars(lazy.collect(), name)], []


def from_polars(frame: pl.DataFrame, name: str) -> Table:
    """A polars frame as a table, its column names as row 0."""
    rows: list[list[Any]] = [list(frame.columns)]
    rows += map(list, frame.iter_rows())
    return Table(name, "", rows, numbered=True)


def from_data(data: Any, name: str = "<data>") -> tuple[Table | None, list[Problem]]:
    """A polars or pandas frame, or a list of mappings, as a table."""
    if isinstance(data, list | tuple):
        columns = list(dict.fromkeys(str(key) for row in data for key in row))
        rows: list[list[Any]] = [list(columns)]
        rows += [[row.get(column) for column in columns] for row in data]
        return Table(name, "", rows, numbered=True), []
    module = type(data).__module__.partition(".")[0]
    if module == "polars":
        frame = data.collect() if hasattr(data, "collect") else data
        return from_polars(frame, "<dataframe>" if name == "<data>" else name), []
    if module == "pandas":
        rows = [[str(column) for column in data.columns]]
        columns_of = [data[column].astype(object).where(data[column].notna(), None).tolist() for column in data.columns]
        rows += map(list, zip(*columns_of, strict=True))
        return Table("<dataframe>" if name == "<data>" else name, "", rows, numbered=True), []
    return None, [
        Problem(
            "unknown-format",
            Place(name),
            f"不能读取 {type(data).__name__} 类型的数据。",
            f"data of type {type(data).__name__} is not read.",
            "请给 polars / pandas 表，或字典列表。",
            "Give a polars or pandas frame, or a list of dicts.",
        )
    ]
