"""A province: all packs over thousands of parks from one file, as tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from ecopark import __version__
from ecopark.core.rounding import decimal_text, exact
from ecopark.core.whole import all_or_nothing
from ecopark.errors import EcoparkError, InputError, Place, Problem
from ecopark.observations.layout import recognise
from ecopark.observations.long_frame import LongFacts, long_facts
from ecopark.observations.model import Facts, Subject
from ecopark.observations.readers.parquet_table import from_polars
from ecopark.observations.reading import subjects_beside
from ecopark.packs.load import find_pack
from ecopark.packs.model import Clause, Pack
from ecopark.packs.verify import verified_clauses
from ecopark.standards.batch import Batch, assess_batch
from ecopark.standards.result import basis_brief
from ecopark.workflows.assess_park import (
    Options,
    check_options,
    every_pack,
    known_reported,
    read_facts,
    with_run_settings,
)

ENGINES = ("polars", "duckdb", "spark")
TABLES = (".parquet", ".csv", ".xlsx")
HEAD = 20
"""Rows of a table by which its form is recognised."""


def assess_many(
    facts: Any,
    packs: Sequence[str | Pack],
    *,
    engine: str = "polars",
    periods: Sequence[str | int] | None = None,
    subject: str | None = None,
    since: int | None = None,
    options: Options | None = None,
    set_aside: bool = False,
    step: Callable[[str], None] | None = None,
) -> Batch:
    """Hold every park against several packs at once.

    Parameters
    ----------
    facts
        A Parquet file or a Polars frame in the long form (read straight into columns, with the subjects declared beside the
        file), or anything `read_facts` takes.
    engine
        ``polars``, ``duckdb`` or ``spark``.
    subject
        Only this park.
    step
        Is told the id of each pack as it is begun.

    Returns
    -------
    batch
        ``results`` (a row per park, year and clause), ``verdicts`` (a row per park, year and pack); ``rebuild(row)`` gives the
        full trace of any row.

    Raises
    ------
    EcoparkError
        Unknown engine, or its library is not installed.
    InputError
        The facts cannot be used.
    """
    if engine not in ENGINES:
        raise EcoparkError(
            f"--engine is {', '.join(ENGINES)}, not '{engine}'",
            zh=f"--engine 应为 {', '.join(ENGINES)}，而不是“{engine}”",
        )
    loaded = [p if isinstance(p, Pack) else find_pack(p) for p in every_pack(packs)]
    source = _source(facts, options, set_aside)
    check_options(loaded, source.settings, options)
    if subject is not None:
        source = _only(source, subject)
    return assess_batch(
        source,
        loaded,
        engine=engine,
        periods=periods,
        since=since,
        options=options,
        step=step,
    )


def _source(facts: Any, options: Options | None, set_aside: bool) -> Facts | LongFacts:
    """The facts, read into columns where they are a table in the long form; checked either way.

    Raises
    ------
    InputError
        They cannot be used; every problem is listed.
    """
    if isinstance(facts, LongFacts):
        return facts
    settings = with_run_settings(Facts([]), options).settings
    if isinstance(facts, pl.DataFrame) and not set_aside and _is_long(facts.head(HEAD)):
        return _columns(facts.lazy(), [], settings, "")
    if isinstance(facts, str | Path) and not set_aside and Path(facts).suffix.lower() == ".parquet":
        path = Path(facts)
        try:
            table = pl.scan_parquet(path)
            if path.is_file() and _is_long(table.head(HEAD).collect()):
                return _columns(table, subjects_beside(path), settings, str(path))
        except (pl.exceptions.PolarsError, OSError):
            zh, en = "不是可读的 Parquet 文件。", "is no readable Parquet file."
            raise InputError([Problem("unreadable-file", Place(str(path)), zh, en)]) from None
    return with_run_settings(read_facts(facts, set_aside=set_aside), options)


def _is_long(head: pl.DataFrame) -> bool:
    """Whether a table is in the long form under the names of the facts contract, and so can be read by the column."""
    layout = recognise(from_polars(head, ""))
    named = all(head.columns[at] == name for name, at in layout.columns.items())
    return layout.kind == "long" and named and not layout.problems and "period" in layout.columns


def _columns(table: pl.LazyFrame, subjects: Sequence[Subject], settings: Mapping[str, Any], name: str) -> LongFacts:
    if table.collect_schema()["period"].is_float():  # years beside an empty cell
        period = pl.col("period")
        whole = period.cast(pl.Int64, strict=False)
        text = pl.when(period == whole).then(whole.cast(pl.String)).otherwise(period.cast(pl.String))
        table = table.with_columns(text.alias("period"))
    return long_facts(table, subjects, settings=settings, known_reported=known_reported, checks=True, name=name)


def _only(source: Facts | LongFacts, subject: str) -> Facts | LongFacts:
    """The facts of one park and its firms.

    Raises
    ------
    InputError
        There is no such subject.
    """
    if subject not in (source.subjects if isinstance(source, Facts) else source.ids):
        zh, en = f"没有对象 '{subject}'", f"there is no subject '{subject}'"
        raise InputError([Problem("unknown-subject", Place(), zh, en)])
    if isinstance(source, LongFacts):
        return source.of(subject)
    firms = {s.id for s in source.children(subject)}
    kept = [o for o in source.observations if o.subject == subject or o.subject in firms]
    subjects = [s for s in source.subjects.values() if s.id == subject or s.id in firms]
    return Facts(kept, subjects, settings=source.settings)


def with_basis(batch: Batch) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Results and verdicts, each with how it is known: ``basis`` and ``verified`` per clause, ``basis`` per standard."""
    known = [
        {"pack": pack.id, "clause": clause.id, "basis": clause.basis.overall, "verified": clause.tail in verified}
        for pack in batch.packs.values()
        for verified in [_verified(batch, pack)]
        for clause in pack.clauses
    ]
    words = [{"pack": name, "basis": text} for name, text in pack_basis(batch, "en").items()]
    schema = {"pack": pl.String, "clause": pl.String, "basis": pl.String, "verified": pl.Boolean}
    results = batch.results.join(
        pl.DataFrame(known, schema=schema), on=["pack", "clause"], how="left", maintain_order="left"
    )
    per_pack = pl.DataFrame(words, schema={"pack": pl.String, "basis": pl.String})
    return results, batch.verdicts.join(per_pack, on="pack", how="left", maintain_order="left")


def pack_basis(batch: Batch, lang: str) -> dict[str, str]:
    """Pack id -> how its limits are known, in a few words (of all clauses where none has a limit)."""
    found = {}
    for pack in batch.packs.values():
        verified = _verified(batch, pack)
        limited = [c for c in pack.clauses if c.limits or c.benchmark is not None] or pack.clauses
        found[pack.id] = basis_brief(((c.basis.overall, c.tail in verified) for c in limited), lang)
    return found


def _verified(batch: Batch, pack: Pack) -> Mapping[str, str]:
    return verified_clauses(pack, batch.long.settings.get("verified") or ())


def write_batch(batch: Batch, out: Path) -> list[Path]:
    """Write the tables: into a directory both as Parquet; into a file (``.parquet``, ``.csv``, ``.xlsx``) the results.

    Beside a single file the verdicts go into ``<name>-verdicts`` of the same kind; an ``.xlsx`` has both as sheets.
    """
    kind = out.suffix.lower()
    results, verdicts = with_basis(batch)
    if not kind or out.is_dir():
        with all_or_nothing(out) as work:
            made = replace(batch, results=results, verdicts=verdicts).write(work)
        return [out / path.name for path in made]
    if kind not in TABLES:
        raise EcoparkError(
            f"cannot write '{out.suffix}' for many parks; there are {', '.join(TABLES)}, or a directory",
            zh=f"许多园区的结果不能写成“{out.suffix}”；可写成 {', '.join(TABLES)}，或写入文件夹",
        )
    names = {"results": out.name, "verdicts": out.with_stem(out.stem + "-verdicts").name}
    with all_or_nothing(out.parent) as work:
        if kind == ".xlsx":
            import xlsxwriter

            del names["verdicts"]
            with xlsxwriter.Workbook(work / out.name, {"in_memory": False}) as book:
                verdicts.write_excel(book, worksheet="verdicts", autofit=True)
                results.write_excel(book, worksheet="results")
        elif kind == ".parquet":
            results.write_parquet(work / names["results"])
            verdicts.write_parquet(work / names["verdicts"])
        else:
            results.write_csv(work / names["results"], include_bom=True)
            verdicts.write_csv(work / names["verdicts"], include_bom=True)
    return [out.parent / name for name in names.values()]


def batch_data(batch: Batch) -> list[dict[str, Any]]:
    """The results in the JSON contract: one object per subject, period and pack. Values are float64 of the columnar form."""
    verified = {p.id: _verified(batch, p) for p in batch.packs.values()}
    order = {c.id: i for pack in batch.packs.values() for i, c in enumerate(pack.clauses)}
    clauses: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in batch.results.iter_rows(named=True):
        pack = batch.packs[row["pack"]]
        clause = pack.clause(row["clause"])
        flag = clause.direction == "flag"
        missing = row["missing"].split(";") if row["missing"] else []
        clauses.setdefault((row["subject"], row["period"], row["pack"]), []).append(
            {
                "id": clause.id,
                "name": {"zh": clause.label.zh, "en": clause.label.en},
                "kind": clause.kind,
                "group": clause.group,
                "status": row["status"],
                "value": _shown(row["value"], flag),
                "bounds": None,
                "unit": clause.unit or "1",
                "limit": _limit(clause, row, flag),
                "basis": clause.basis.overall,
                "verified": clause.tail in verified[pack.id],
                "reported": row["reported"],
                "reason": "",
                "missing": missing if row["status"] == "undetermined" else [],
            }
        )
    packs = list(batch.packs)
    found = []
    for row in sorted(
        batch.verdicts.iter_rows(named=True), key=lambda r: (r["subject"], r["period"], packs.index(r["pack"]))
    ):
        key = (row["subject"], row["period"], row["pack"])
        score = row.get("score")
        found.append(
            {
                "pack": row["pack"],
                "subject": row["subject"],
                "period": row["period"],
                "verdict": row["verdict"],
                "score": None if score is None else decimal_text(exact(score)),
                "score_bounds": None,
                "clauses": sorted(clauses.get(key, []), key=lambda c: order[c["id"]]),
                "pack_hash": batch.packs[row["pack"]].hash,
                "version": __version__,
            }
        )
    return found


def _shown(value: float | None, flag: bool) -> str | None:
    if value is None:
        return None
    return ("true" if value else "false") if flag else decimal_text(exact(value))


def _limit(clause: Clause, row: Mapping[str, Any], flag: bool) -> str:
    case = row["case"]
    shown = _shown(row["limit"], flag)
    if case is None or case < 0 or shown is None:
        return ""
    require = clause.limits[case].require
    return f"{require.op} {shown}" if require is not None else ""


def verdict_counts(batch: Batch) -> Mapping[str, Mapping[str, int]]:
    """Pack id -> verdict -> number of parks and years."""
    counts: dict[str, dict[str, int]] = {}
    for pack, verdict, n in batch.verdicts.group_by("pack", "verdict").len().sort("pack", "verdict").iter_rows():
        counts.setdefault(pack, {})[verdict] = n
    return counts
