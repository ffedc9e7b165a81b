"""Thousands of parks at once: the columnar assessment.

The same clauses, limits, verdict and score rules as `standards.assess`, compiled to dataframe expressions. Of every result the
batch keeps value, limit case, limit, status, what is missing, pack hash and input fingerprint. Rows that the columnar form
marks as too close to call are decided by the traced one before anybody sees them, and `rebuild` gives the whole
story of any row again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import polars as pl

from ecopark.core.period import Period
from ecopark.core.value import Scalar
from ecopark.expr.nodes import Binary, Number
from ecopark.expr.pieces import Part, Piece, constant, nothing
from ecopark.indicators.cells import Cells
from ecopark.indicators.columns import Atoms, reached
from ecopark.indicators.resolve import SubjectLookup
from ecopark.indicators.rollup import RollUp
from ecopark.observations.long_frame import LongFacts, long_facts
from ecopark.observations.model import Facts
from ecopark.packs.load import find_pack
from ecopark.packs.model import Clause, Pack
from ecopark.packs.verify import verified_clauses
from ecopark.standards import engines
from ecopark.standards.assess import (
    DOMINANT_ABOVE,
    Run,
    assess_clause,
    footnote_partners,
    footnoted,
)
from ecopark.standards.batch_score import verdicts_of
from ecopark.standards.compile import CompiledCase, CompiledClause, compile_clause, option_limits, run_parameters
from ecopark.standards.needs import DOMINANT_SECTOR, DOMINANT_SHARE
from ecopark.standards.result import STATUSES, ClauseResult

STATUS = pl.Enum(STATUSES)
_CODE = {status: i for i, status in enumerate(STATUSES)}
MAX_KEYS = 52
"""So many missing items of one clause fit into the bits of a float64."""

Options = Mapping[str, Mapping[str, Any]]


@dataclass
class Batch:
    """Results of many subjects.

    Parameters
    ----------
    results
        One row per subject, period and clause: ``subject, period, pack, clause, value`` (flags as 1 and 0), ``case`` (index of
        the limit, -1: none), ``limit, status, missing`` (ids joined by ``;``), ``reported, near`` (decided by the traced form),
        ``pack_hash, fingerprint``.
    verdicts
        One row per subject, period and pack: ``verdict, met, asked, score``.
    """

    results: pl.DataFrame
    verdicts: pl.DataFrame
    long: LongFacts
    packs: dict[str, Pack]
    since: int | None = None
    options: Options = field(default_factory=dict)

    def rebuild(self, row: Mapping[str, Any]) -> ClauseResult:
        """The full result, with its trace, of one row of `results`."""
        return rebuild(row, self.long, pack=self.packs[row["pack"]], since=self.since, options=self.options)

    def write(self, out: Path | str) -> tuple[Path, Path]:
        """Write ``results.parquet`` and ``verdicts.parquet`` into a directory."""
        folder = Path(out)
        folder.mkdir(parents=True, exist_ok=True)
        paths = folder / "results.parquet", folder / "verdicts.parquet"
        self.results.write_parquet(paths[0])
        self.verdicts.write_parquet(paths[1])
        return paths

    def __repr__(self) -> str:
        counts = ", ".join(f"{n:,} {s}" for s, n in self.results["status"].value_counts(sort=True).iter_rows())
        return f"Batch({len(self.verdicts):,} verdicts, {len(self.results):,} results: {counts})"


def assess_batch(
    data: Any,
    packs: Sequence[str | Pack],
    *,
    subjects: Any = None,
    periods: Sequence[int | str] | None = None,
    engine: str = "polars",
    since: int | None = None,
    options: Options | None = None,
    settings: Mapping[str, Any] | None = None,
    known_reported: Any = None,
    out: Path | str | None = None,
    step: Callable[[str], None] | None = None,
) -> Batch:
    """Assess every park of the facts against every pack.

    Parameters
    ----------
    data
        `Facts`, a Parquet file or a data frame in the long form of the facts contract.
    packs
        Pack ids or loaded packs.
    subjects
        Declared subjects (firms with their parks): `Subject` objects or a frame.
    periods
        Calendar years; default: the latest year of each subject.
    engine
        ``polars``, ``duckdb`` or ``spark``.
    since
        First year of the construction period.
    options
        Options by pack id.
    settings
        As in a park folder: factors to confirm, grid, base year.
    out
        Directory to write the two tables to.
    step
        Is told the id of each pack as it is begun.

    Raises
    ------
    InputError
        The facts cannot be used; every problem is listed.
    """
    long = long_facts(data, subjects, settings=settings, known_reported=known_reported)
    loaded = {p.id: p for p in (p if isinstance(p, Pack) else find_pack(p) for p in packs)}
    merged = {
        name: {**long.settings.get("options", {}).get(name, {}), **(options or {}).get(name, {})} for name in loaded
    }
    grid = _grid(long, periods)
    years = sorted(grid["year"].unique().to_list())
    groups = [years] if since is None else [[y] for y in years]
    raw = []
    for group in groups:
        raw.append(_assess_years(list(loaded.values()), long, group, grid, engine, since, merged, step))
    rows = pl.concat(raw)
    rows = _decide_near(rows, long, loaded, since, merged)
    rows = _footnotes(rows, loaded)
    verdicts = verdicts_of(rows, loaded, since, merged)
    hashes = pl.DataFrame({"pack": list(loaded), "pack_hash": [p.hash for p in loaded.values()]})
    prints = fingerprints(long)
    kept = ["case", "limit", "status", "missing", "reported", "near"]
    results = rows.select("subject", pl.col("year").cast(pl.String).alias("period"), "pack", "clause", "value", *kept)
    results = results.join(hashes, on="pack", how="left", maintain_order="left")
    results = results.join(prints, on="subject", how="left", maintain_order="left")
    batch = Batch(results, verdicts, long, loaded, since, merged)
    if out is not None:
        batch.write(out)
    return batch


def _grid(long: LongFacts, periods: Sequence[int | str] | None) -> pl.DataFrame:
    """Subjects and years to assess: (sid, year)."""
    parks = {s.id for s in long.subjects.values() if s.kind == "park"}
    seen = {long.names[i] for i in long.rows["sid"].unique().to_list()}
    names = sorted(parks | {s for s in seen if s not in long.subjects})
    sids = pl.DataFrame({"sid": pl.Series([long.ids[n] for n in names], dtype=pl.UInt32)})
    if periods is not None:
        years = pl.DataFrame({"year": pl.Series([Period.parse(str(p)).year for p in periods], dtype=pl.Int32)})
        return sids.join(years, how="cross")
    last = long.rows.filter(pl.col("year") > 0).group_by("sid").agg(pl.col("year").max())
    return sids.join(last, on="sid", how="inner", maintain_order="left")


def _names(long: LongFacts) -> pl.DataFrame:
    return pl.DataFrame({"sid": pl.Series(range(len(long.names)), dtype=pl.UInt32), "subject": long.names})


# -- columns -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Made:
    """A clause as expressions: names of its columns, and the missing items by bit."""

    clause: Clause
    exprs: list[nw.Expr]
    keys: list[tuple[str, str, int]]


def _assess_years(
    packs: Sequence[Pack], long: LongFacts, years: list[int], grid: pl.DataFrame, engine: str, since: int | None,
    options: Options, step: Callable[[str], None] | None,
) -> pl.DataFrame:  # fmt: skip
    cells = Cells(long, years)
    plans = []
    for number, pack in enumerate(packs):
        parameters = run_parameters(pack, options[pack.id], None if since is None else years[0] - since)
        atoms = Atoms(cells, pack.factors, parameters, prefix=f"p{number}_")
        own = option_limits(pack, options[pack.id])
        clauses = [
            _clause(i, compile_clause(clause, parameters), atoms, pack, parameters, own)
            for i, clause in enumerate(pack.clauses)
        ]
        plans.append((pack, atoms, clauses))
    sids = grid["sid"].unique(maintain_order=True).to_list()
    order = grid.join(_names(long), on="sid", how="left", maintain_order="left")
    made = []
    with engines.engine(engine) as chosen:
        wide = chosen.keep(cells.wide(sids, chosen.convert))
        for pack, atoms, clauses in plans:
            if step is not None:
                step(pack.id)
            frame = atoms.program.apply(wide)
            table = chosen.collect(frame.select("sid", "year", *[e for c in clauses for e in c.exprs]))
            table = table.with_columns(pl.col("sid").cast(pl.UInt32), pl.col("year").cast(pl.Int32))
            table = order.join(table, on=["sid", "year"], how="inner", maintain_order="left")
            made += [_long(table, i, c, pack) for i, c in enumerate(clauses)]
    return pl.concat(made)


def _long(table: pl.DataFrame, i: int, made: _Made, pack: Pack) -> pl.DataFrame:
    """The rows of one clause."""
    status = (
        pl.col(f"s{i}").cast(pl.Int32).replace_strict(list(range(len(STATUSES))), list(STATUSES), return_dtype=STATUS)
    )
    near = pl.col(f"n{i}")
    rows = table.select(
        "subject", "year", pl.lit(pack.id).alias("pack"), pl.lit(made.clause.id).alias("clause"),
        pl.col(f"v{i}").alias("value"), pl.col(f"c{i}").cast(pl.Int32).alias("case"), pl.col(f"l{i}").alias("limit"),
        status.alias("status"), pl.col(f"m{i}").alias("mask"), pl.col(f"r{i}").alias("reported"), near.alias("near"),
    )  # fmt: skip
    mask = pl.when((pl.col("status") == "undetermined") & ~pl.col("near")).then(pl.col("mask")).otherwise(0.0)
    rows = rows.with_columns(mask.alias("mask"))
    distinct = rows.select("mask", "year").unique()
    texts = [_missing_text(int(m), y, made.keys) for m, y in distinct.iter_rows()]
    names = distinct.with_columns(pl.Series("missing", texts, dtype=pl.String))
    return rows.join(names, on=["mask", "year"], how="left", maintain_order="left").drop("mask")


def _missing_text(mask: int, year: int, keys: Sequence[tuple[str, str, int]]) -> str:
    found = []
    for bit, (quantity, by, back) in enumerate(keys):
        if mask >> bit & 1:
            found.append(quantity + (f"[{by}]" if by else "") + f"@{year - back}")
    return ";".join(sorted(found))


def _clause(
    i: int,
    compiled: CompiledClause,
    atoms: Atoms,
    pack: Pack,
    parameters: Mapping[str, Scalar],
    own: Mapping[str, Fraction],
) -> _Made:
    clause, program = compiled.clause, atoms.program
    computed = nothing("any") if compiled.value is None else program.part(compiled.value.node)
    if computed.kind == "any":
        computed = nothing("flag" if clause.direction == "flag" else "number", computed.near, computed.missing)
    names = [clause.id, *([clause.indicator] if clause.indicator else [])]
    value = program.shared(atoms.or_reported(computed, names, clause.unit))
    reported = nw.lit(False, nw.Boolean())
    if value is not computed and any(n in atoms.cells.present for n in names):
        reported = ~value.value.expr.is_null() & program.share(computed.value).expr.is_null()
    missing: dict[Hashable, Piece] = dict(value.missing)
    nears = [value.near]
    limit, index = nothing("number" if clause.direction != "flag" else "flag"), _number(-1)
    test, partly = nothing("flag"), nothing("flag")
    for position, case in reversed(list(enumerate(compiled.cases))):
        found, held, part_held = _case(case, value, atoms, parameters)
        here = _number(position)
        holds = _holds(case, atoms)
        if holds is None:
            limit, index, test, partly = found, here, held, part_held
        else:
            limit = program.choice(holds, found, limit)
            index = program.choice(holds, here, index)
            test = program.choice(holds, held, test)
            partly = program.choice(holds, part_held, partly)
    if any(f.rule == "dominant_sector" and f.id in clause.footnotes for f in pack.footnotes):
        declared, found, held = _sector(compiled, value, atoms, pack, own)
        limit, index = program.choice(declared, found, limit), program.choice(declared, _number(-1), index)
        test, partly = program.choice(declared, held, test), program.choice(declared, nothing("flag"), partly)
    for part in (limit, index, test):
        nears.append(part.near)
        if part is not test:
            for key, piece in part.missing.items():
                known = missing.get(key)
                missing[key] = (
                    piece if known is None else Piece(known.expr | piece.expr, max(known.level, piece.level), 3)
                )
    asked = program.share(test.value)
    status = _status(compiled, value, asked, partly, test)
    if partly.near is not None:
        no = Piece((~asked.expr).fill_null(False) & partly.near.expr, max(asked.level, partly.near.level), 2)
        nears.append(no)
    near = nw.lit(False, nw.Boolean())
    for piece in dict.fromkeys(p for p in nears if p is not None):
        near = near | piece.expr
    keys = list(missing)
    mask = nw.lit(0.0, nw.Float64())
    for bit, key in enumerate(keys[:MAX_KEYS]):
        mask = mask + nw.when(missing[key].expr).then(nw.lit(float(2**bit), nw.Float64())).otherwise(
            nw.lit(0.0, nw.Float64())
        )
    for key in keys[MAX_KEYS:]:
        near = near | missing[key].expr
    exprs = [
        _as_float(value).alias(f"v{i}"), _as_float(limit).alias(f"l{i}"), index.value.expr.alias(f"c{i}"),
        status.alias(f"s{i}"), mask.alias(f"m{i}"), near.alias(f"n{i}"), reported.alias(f"r{i}"),
    ]  # fmt: skip
    return _Made(clause, exprs, keys)  # type: ignore[arg-type]


def _sector(
    compiled: CompiledClause, value: Part, atoms: Atoms, pack: Pack, own: Mapping[str, Fraction]
) -> tuple[Part, Part, Part]:
    """Whether a dominant sector is declared, its limit (given by the park, else missing), and whether it is met."""
    program, tail = atoms.program, compiled.clause.tail
    column = atoms.cells.ask(("d", DOMINANT_SECTOR), 0)
    weight = atoms.cells.ask(("d", DOMINANT_SHARE), 0)
    small = (weight <= float(DOMINANT_ABOVE)).fill_null(False)
    declared = Part("flag", Piece((column == 1.0).fill_null(False) & ~small, 0, 2))
    for name in (DOMINANT_SECTOR, DOMINANT_SHARE):
        declared = atoms.odd(name, 0, declared)
    if tail not in own:
        item = (f"{pack.id}.limit_{tail}", "", 0)
        return declared, nothing("number", None, {item: Piece(nw.lit(True, nw.Boolean()), fixed=True)}), nothing("flag")
    first = next((c.case.require for c in compiled.cases if c.case.require is not None), None)
    limit = program.part(Number(own[tail]))
    test = program.shared(program.compare(first.op if first else ">=", value, limit))
    share = atoms.parameter("partly_share")
    if isinstance(share, Fraction) and share > 0:  # rare: left to the traced form
        test = program.marked(test, (column == 1.0).fill_null(False))
    return declared, limit, test


def _number(value: int) -> Part:
    return constant(Fraction(value))


def _as_float(part: Part) -> nw.Expr:
    if part.kind == "flag":
        one, zero = nw.lit(1.0, nw.Float64()), nw.lit(0.0, nw.Float64())
        return nw.when(part.value.expr).then(one).otherwise(nw.when(~part.value.expr).then(zero))
    return part.value.expr


def _holds(case: CompiledCase, atoms: Atoms) -> Part | None:
    """When a limit applies: its years and its condition; None: always."""
    since, until = case.years
    tests = []
    year = nw.col("year")
    if since is not None:
        tests.append(Part("flag", Piece(year >= since, 0, 1)))
    if until is not None:
        tests.append(Part("flag", Piece(year <= until, 0, 1)))
    if case.when is not None:
        tests.append(atoms.program.part(case.when.node))
    if not tests:
        return None
    return tests[0] if len(tests) == 1 else atoms.program.shared(atoms.program.logic("and", tests))


def _case(case: CompiledCase, value: Part, atoms: Atoms, parameters: Mapping[str, Scalar]) -> tuple[Part, Part, Part]:
    """The limit of a case, whether the value meets it, and whether it meets the weaker one."""
    program, require = atoms.program, case.case.require
    nothing_flag = nothing("flag")
    if require is None or case.limit is None:
        return nothing("flag" if value.kind == "flag" else "number"), nothing_flag, nothing_flag
    limit = program.part(case.limit.node)
    test = program.compare(require.op, value, limit)
    weaker: Part | None = None
    share = parameters.get("partly_share")
    if require.partly is not None:
        weaker = program.part(Number(require.partly))
    elif isinstance(share, Fraction) and share > 0 and limit.kind == "number" and value.kind == "number":
        op = "*" if require.op in (">=", ">") else "/"
        weaker = program.part(Binary(op, case.limit.node, Number(share)))
    if weaker is None or value.kind != "number":
        return limit, program.shared(test), nothing_flag
    return limit, program.shared(test), program.shared(program.compare(require.op, value, weaker))


def _status(compiled: CompiledClause, value: Part, asked: Piece, partly: Part, test: Part) -> nw.Expr:
    def code(status: str) -> nw.Expr:
        return nw.lit(_CODE[status], nw.Int32())

    known = ~value.value.expr.is_null()
    if not compiled.cases:
        status = nw.when(known).then(code("reported")).otherwise(code("undetermined"))
    else:
        less = nw.when(partly.value.expr).then(code("partly_met")).otherwise(code("not_met"))
        decided = nw.when(~asked.expr).then(less).otherwise(code("undetermined"))
        status = nw.when(asked.expr).then(code("met")).otherwise(decided)
    first = compiled.first_year()
    if first is not None:
        status = nw.when(nw.col("year") < first).then(code("not_due")).otherwise(status)
    return status


# -- rows too close to call --------------------------------------------------------------------------------------------


def _run_of(
    pack: Pack, facts: Facts, subject: str, year: int, since: int | None, options: Mapping[str, Any], rollup: RollUp
) -> Run:
    period = Period(year)
    parameters = run_parameters(pack, options, None if since is None else year - since)
    lookup = SubjectLookup(facts, subject, pack_factors=pack.factors, rollup=rollup, parameters=parameters)
    verified = verified_clauses(pack, facts.settings.get("verified", ()))
    return Run(pack, facts, subject, period, lookup, parameters, options, option_limits(pack, options), verified)


def _decide_near(
    rows: pl.DataFrame, long: LongFacts, packs: Mapping[str, Pack], since: int | None, options: Options
) -> pl.DataFrame:
    """Rows marked near, decided by the traced form."""
    near = rows.filter("near").sort("subject", "year", "pack")
    if not len(near):
        return rows
    pairs = near.select("subject", "pack", "clause").unique()
    facts = long.facts(pairs["subject"].unique().to_list(), _needed(pairs, packs))
    rollup = RollUp(facts)
    runs: dict[tuple[str, int, str], Run] = {}
    made = []
    for subject, year, pack, clause in near.select("subject", "year", "pack", "clause").iter_rows():
        key = (subject, year, pack)
        if key not in runs:
            runs.clear()  # rows are sorted: one run at a time
            runs[key] = _run_of(packs[pack], facts, subject, year, since, options[pack], rollup)
        made.append(_row(assess_clause(packs[pack].clause(clause), runs[key]), subject, year, pack))
    decided = pl.DataFrame(made, schema=rows.schema, orient="row")
    return pl.concat([rows.filter(~pl.col("near")), decided]).sort("subject", "year", "pack", maintain_order=True)


def _needed(pairs: pl.DataFrame, packs: Mapping[str, Pack]) -> pl.DataFrame:
    """The figures that the traced form looks up for some clauses: (subject, quantity)."""
    clauses = pairs.select("pack", "clause").unique()
    rows = [(p, c, q) for p, c in clauses.iter_rows() for q in quantities_of(packs[p], packs[p].clause(c))]
    table = pl.DataFrame(rows, schema={"pack": pl.String, "clause": pl.String, "quantity": pl.String}, orient="row")
    return pairs.join(table, on=["pack", "clause"], how="inner").select("subject", "quantity").unique()


_REACHED: dict[tuple[str, str, str], frozenset[str]] = {}


def quantities_of(pack: Pack, clause: Clause) -> frozenset[str]:
    """Everything that may be looked up for a clause: quantities, indicators, measured factors."""
    key = (pack.folder, pack.hash, clause.id)
    if key not in _REACHED:
        compiled = compile_clause(clause, run_parameters(pack))
        formulas = (compiled.value, *(f for c in compiled.cases for f in (c.when, c.limit)))
        found = {clause.id, DOMINANT_SECTOR, DOMINANT_SHARE, *([clause.indicator] if clause.indicator else [])}
        _REACHED[key] = frozenset(found.union(*(reached(f.node) for f in formulas if f is not None)))
    return _REACHED[key]


def _row(result: ClauseResult, subject: str, year: int, pack: str) -> tuple[Any, ...]:
    index = next(
        (i for i, c in enumerate(result.clause.limits) if c.require is not None and c.require is result.limit.require),
        -1,
    )
    missing = ";".join(sorted({str(item) for item in result.missing}))
    limit = _float(result.limit.value)
    return (
        subject,
        year,
        pack,
        result.id,
        _float(result.value),
        index,
        limit,
        result.status,
        result.reported,
        True,
        missing,
    )


def _float(value: Any) -> float | None:
    return float(value) if isinstance(value, bool | Fraction) else None


def _footnotes(rows: pl.DataFrame, packs: Mapping[str, Pack]) -> pl.DataFrame:
    """Optional clauses that may be chosen only if another one is met; adds ``counts``."""
    rows = rows.with_columns(pl.lit(True).alias("counts"), pl.lit(False).alias("choice_open"))
    for pack in packs.values():
        for clause in pack.clauses:
            for footnote in pack.footnotes:
                if footnote.id not in clause.footnotes or footnote.rule != "not_selectable_unless_met":
                    continue
                other = f"{pack.id}/{dict(footnote.settings).get('clause', '')}"
                theirs = rows.filter(pl.col("clause") == other).select(
                    "subject", "year", pl.col("status").alias("theirs")
                )
                mine = pl.col("clause") == clause.id
                rows = rows.join(theirs, on=["subject", "year"], how="left", maintain_order="left")
                open_ = mine & (pl.col("theirs") == "undetermined") & (pl.col("status") == "met")
                closed = mine & ~pl.col("theirs").is_in(["met", "undetermined"])
                rows = rows.with_columns(
                    (pl.col("choice_open") | open_.fill_null(False)).alias("choice_open"),
                    (pl.col("counts") & ~closed.fill_null(False)).alias("counts"),
                ).drop("theirs")
    return rows


# -- one result again --------------------------------------------------------------------------------------------------


def rebuild(
    row: Mapping[str, Any], data: Any, *, pack: Pack | None = None, since: int | None = None,
    options: Options | None = None,
) -> ClauseResult:  # fmt: skip
    """The full result, with its trace, of one row of a batch.

    Parameters
    ----------
    row
        With ``subject, period, pack, clause``.
    data
        What the batch was made from: `LongFacts` or `Facts`.
    """
    long = long_facts(data)
    pack = pack or find_pack(row["pack"])
    clause = pack.clause(row["clause"])
    clauses = [clause, *footnote_partners(clause, pack)]
    names = sorted({DOMINANT_SECTOR, DOMINANT_SHARE, *(q for c in clauses for q in quantities_of(pack, c))})
    wanted = pl.DataFrame({"subject": [row["subject"]] * len(names), "quantity": names})
    facts = long.facts([row["subject"]], wanted)
    run = _run_of(
        pack, facts, row["subject"], int(row["period"]), since, (options or {}).get(pack.id, {}), RollUp(facts)
    )
    return footnoted([assess_clause(c, run) for c in clauses], run)[0]


# -- fingerprints ------------------------------------------------------------------------------------------------------


def fingerprints(long: LongFacts) -> pl.DataFrame:
    """A 64-bit fingerprint of each subject's figures: (subject, fingerprint), beginning with ``float:``.

    Texts are hashed with SHA-256 once each, figures by the bits of their float64; both are mixed by splitmix64 and added
    up, so neither the order of rows nor the version of any library matters. `Facts.fingerprint` is another one, of exact
    values (``exact:``); fingerprints of the two kinds cannot be compared.
    """
    rows, about = long.rows, long.about.sort("mid")
    meant = [_text_hash(f"{q}|{b}|{y or ''}") for q, b, y in about.select("quantity", "by", "base").iter_rows()]
    mixed = np.array(meant, dtype=np.uint64)[rows["mid"].to_numpy()] if len(rows) else np.zeros(0, dtype=np.uint64)
    mixed = _mix(mixed ^ rows["year"].cast(pl.UInt64).to_numpy())
    kinds = about["kind"].is_in(["code", "text"]).to_numpy()[rows["mid"].to_numpy()] if len(rows) else mixed == 1
    words = np.flatnonzero(kinds | rows["na"].to_numpy() | rows["part"].is_not_null().to_numpy())
    if len(words):
        known: dict[tuple[Any, ...], int] = {}
        few = rows.select("text", "na", "part").with_columns(pl.Series(kinds).alias("code"))[words]
        hashes = [
            known.setdefault(row, _text_hash("|".join(str(v) for v in ((row[0] if row[3] else ""), *row[1:3]))))
            for row in few.iter_rows()
        ]
        mixed[words] = _mix(mixed[words] ^ np.array(hashes, dtype=np.uint64))
    x = rows["x"].fill_null(0.0).to_numpy() + 0.0
    mixed = _mix(mixed ^ x.view(np.uint64))
    sid, size = rows["sid"].to_numpy(), len(long.names)
    low = np.bincount(sid, (mixed & np.uint64(0xFFFFFFFF)).astype(np.float64), size)
    high = np.bincount(sid, (mixed >> np.uint64(32)).astype(np.float64), size)
    texts = [f"float:{(int(h) * 2**32 + int(w)) % 2**64:016x}" for h, w in zip(high, low, strict=True)]
    return pl.DataFrame({"subject": long.names, "fingerprint": pl.Series(texts, dtype=pl.String)})


def _text_hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def _mix(value: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """splitmix64."""
    with np.errstate(over="ignore"):
        value = value + np.uint64(0x9E3779B97F4A7C15)
        value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(value ^ (value >> np.uint64(31)))


__all__ = ["Batch", "assess_batch", "fingerprints", "rebuild"]
