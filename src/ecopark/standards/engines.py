"""Where a batch runs: Polars in this process, DuckDB, or Spark. The plan is the same; only moving data differs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import polars as pl

from ecopark.errors import EcoparkError, did_you_mean

ENGINES = ("polars", "duckdb", "spark")


class EngineError(EcoparkError):
    """The engine is unknown or not installed."""


@dataclass(frozen=True)
class Engine:
    """How data gets into an engine and results out of it.

    Parameters
    ----------
    convert
        A Polars frame as a table of the engine; None: Polars itself.
    keep
        Compute a narwhals frame once, because several queries start from it.
    collect
        A narwhals frame as a Polars frame.
    """

    convert: Callable[[pl.DataFrame], Any] | None
    keep: Callable[[Any], Any]
    collect: Callable[[Any], pl.DataFrame]


@contextmanager
def engine(name: str) -> Iterator[Engine]:
    """The engine called `name`, for as long as the block lasts.

    Raises
    ------
    EngineError
        There is no such engine, or it is not installed.
    """
    if name not in ENGINES:
        raise EngineError(
            f"unknown engine '{name}'. {did_you_mean(name, ENGINES)} There are {', '.join(ENGINES)}.",
            zh=f"没有引擎“{name}”。{did_you_mean(name, ENGINES, lang='zh')}现有：{', '.join(ENGINES)}。",
        )
    if name == "polars":
        yield Engine(None, lambda f: nw.from_native(f.to_native().collect().lazy()), _collect)
    elif name == "duckdb":
        yield from _duckdb()
    else:
        yield from _spark()


def _collect(frame: Any) -> pl.DataFrame:
    found = frame.collect("polars") if isinstance(frame, nw.LazyFrame) else frame
    native: pl.DataFrame = found.to_native()
    return native


def _duckdb() -> Iterator[Engine]:
    try:
        import duckdb
    except ImportError:
        raise EngineError(
            "the engine duckdb is not installed: pip install 'ecopark[duckdb]'",
            zh="未安装引擎 duckdb：pip install 'ecopark[duckdb]'",
        ) from None
    count = iter(range(10**9))
    with duckdb.connect() as connection:

        def convert(frame: pl.DataFrame) -> Any:
            arrow = frame.to_arrow()  # noqa: F841  (found by its name)
            name = f"t{next(count)}"
            connection.execute(f"create table {name} as select * from arrow")
            return connection.table(name)

        def keep(frame: Any) -> Any:
            name = f"t{next(count)}"
            frame.to_native().create(name)
            return nw.from_native(connection.table(name))

        yield Engine(convert, keep, _collect)


def _spark() -> Iterator[Engine]:
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise EngineError(
            "the engine spark is not installed: pip install 'ecopark[spark]'",
            zh="未安装引擎 spark：pip install 'ecopark[spark]'",
        ) from None
    builder = SparkSession.builder.appName("ecopark")
    if SparkSession.getActiveSession() is None:
        builder = (
            builder.master("local[2]")
            .config("spark.sql.shuffle.partitions", "4")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.execution.arrow.pyspark.enabled", "true")
        )
    session = builder.getOrCreate()

    def convert(frame: pl.DataFrame) -> Any:
        signed = frame.with_columns(pl.selectors.unsigned_integer().cast(pl.Int64))  # Spark has no unsigned numbers
        return session.createDataFrame(signed.to_arrow())

    def keep(frame: Any) -> Any:
        return nw.from_native(frame.to_native().localCheckpoint())

    yield Engine(convert, keep, _collect)
