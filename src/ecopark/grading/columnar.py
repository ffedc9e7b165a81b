"""Grade hundreds of thousands of firms at once: the same method as dataframe expressions in float64.

An independent second form of `grading.grade`. Scores are sorted; where two neighbours, or a score and a cut-off, lie within
1e-9 of one another, or a condition is too close to call, the exact form decides: firms with the same figures once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import narwhals as nw
import numpy as np
import polars as pl
from numpy.typing import NDArray

from ecopark.core.unit import unit
from ecopark.errors import InputError, Place, Problem
from ecopark.expr.columnar import Compiled, Program
from ecopark.expr.fit import Fitted
from ecopark.expr.nodes import Leaf
from ecopark.grading.columnar_exact import (
    Floats,
    Ints,
    Run,
    Sorted,
    differing_rates,
    exactly,
    filled_points,
    members,
)
from ecopark.grading.grade import (
    NOWHERE,
    base_problems,
    check_scorable,
    guessed,
    holds,
    labels_of,
    last_position,
    mean,
    out_of_scope,
    scope_open,
)
from ecopark.grading.last_year import Means
from ecopark.grading.load import substitutes
from ecopark.grading.method import ClassRule, Group, LastYear, Method
from ecopark.observations.quantity import catalogue

NEAR = 1e-9
"""Points closer than this are told apart exactly."""

ROUNDING = 1e-12
"""The same as a part of the score, for scores in the thousands and above: float64 knows about 1e-15 of them."""

MAGNITUDE = 250.0
NO_GROUP = "no-group"
"""Stands in the column ``outside`` of a firm that no group takes."""


@dataclass(frozen=True)
class GradedFrame:
    """All firms graded, as a table.

    Parameters
    ----------
    frame
        Columns ``firm, group, score, rank, of, by_rank, grade, outside`` and ``value:<item>``, ``points:<item>``. ``outside``
        is the id of the condition of scope that a firm does not meet, or ``no-group``.
    decided
        How many firms the exact form decided.
    bases
        By group and item, where there is one.
    """

    method: Method
    frame: pl.DataFrame
    decided: int = 0
    warnings: tuple[Problem, ...] = ()
    bases: Mapping[tuple[str, str], float] = field(default_factory=dict)

    def __len__(self) -> int:
        return self.frame.height

    def counts(self) -> pl.DataFrame:
        """Number of firms by group and class."""
        return self.frame.group_by("group", "grade").len("firms").sort("group", "grade")

    def to_list(self) -> list[dict[str, Any]]:
        """As in the JSON of `ecopark grade`; numbers are float64 as texts, so their last digits can differ."""
        why = {r.id: out_of_scope(r) for g in self.method.groups for r in g.scope} | {NO_GROUP: NOWHERE}
        groups = {g.id: g for g in self.method.groups}
        extra = [a for a in self.method.adjustments]
        found = []
        for row in self.frame.iter_rows(named=True):
            group = groups[row["group"]]
            items = [
                {
                    "id": i.id,
                    "value": _text(row.get(f"value:{i.id}")),
                    "base": _text(self.bases.get((group.id, i.id))),
                    "weight": None if i.weight is None else _text(float(i.weight)),
                    "points": _text(row.get(f"points:{i.id}")),
                }
                for i in group.items
            ]
            items += [
                {
                    "id": a.id,
                    "value": _text(row[f"value:{a.id}"]),
                    "base": None,
                    "weight": None,
                    "points": _text(row[f"points:{a.id}"]),
                }
                for a in extra
                if not a.groups or group.id in a.groups
            ]
            outside = why.get(row["outside"] or "")
            found.append({
                **({"outside": {"zh": outside.zh, "en": outside.en}} if outside else {}),
                "firm": row["firm"], "group": row["group"], "score": _text(row["score"]), "rank": row["rank"],
                "grade": row["grade"], "items": [] if outside else items,
            })  # fmt: skip
        return found


def _text(number: float | None) -> str | None:
    return None if number is None else np.format_float_positional(number, trim="-")


def grade_frame(frame: pl.DataFrame, method: Method, warnings: Iterable[Problem] = ()) -> GradedFrame:
    """Grade a wide table: ``firm``, optionally ``group`` and ``landlord``, then Float64 or Boolean columns by canonical id.

    Raises
    ------
    PackError
        The method lacks a weight or a base that is needed.
    InputError
        There is no firm.
    """
    if not frame.height:
        raise InputError([Problem("no-firms", Place(), "没有企业。", "there are no firms.")])
    run, wide = _run(frame, method)
    who = _sorted_out(run, wide)
    check_scorable(method, {method.groups[i].id for i in np.unique(who.group[who.inside])})
    differing_rates(run, who)
    score = np.full(frame.height, np.nan)
    shown: dict[str, Floats] = {}
    bases: dict[tuple[str, str], float] = {}
    for at, one in enumerate(method.groups):
        rows = np.flatnonzero((who.group == at) & who.inside)
        if len(rows):
            score[rows] = _score(run, one, rows, who.exempt[rows] < 0, wide, shown, bases)
    result = _classes(run, who, score, wide)
    columns_out = {f"value:{k}": v for k, v in run.values.items()} | {f"points:{k}": v for k, v in shown.items()}
    if not who.inside.all():
        for name, value in columns_out.items():
            columns_out[name] = np.where(who.inside, value, np.nan)
    extra = pl.DataFrame(columns_out).fill_nan(None)
    told = (*warnings, *base_problems(method), *who.findings.problems())
    return GradedFrame(method, result.with_columns(extra.get_columns()), run.decided, told, bases)


def frame_means(frame: pl.DataFrame, method: Method) -> Means:
    """`last_year.means_of` for a wide table: groups and scope in columns, the means exact."""
    run, wide = _run(frame, method)
    who = _sorted_out(run, wide)
    found = {}
    for one in method.groups:
        for item in one.items:
            if isinstance(item.base, LastYear) and (values := members(run, one, item, who.group, who.exempt)):
                found[(one.id, item.id)] = (mean(values), len(values))
    return found


def _run(frame: pl.DataFrame, method: Method) -> tuple[Run, pl.DataFrame]:
    """Every value and condition of the method, in columns."""
    names = tuple(c for c in frame.columns if c not in ("firm", "group", "name", "landlord", "credit_code"))
    run = Run(method, frame, dict(labels_of(method)), names)
    program, columns = _program(run)
    wide = _collected(program, frame, _compile(run, program, columns))
    _values(run, wide)
    return run, wide


# -- values and conditions ---------------------------------------------------------------------------------------------


def _program(run: Run) -> tuple[Program, dict[str, nw.Expr]]:
    columns: dict[str, nw.Expr] = {}

    def column(leaf: Leaf) -> nw.Expr:
        name = leaf.name
        if name in columns:
            return columns[name]
        flag = next((i.kind == "flag" for i in run.method.inputs if i.id == name), None)
        if flag is None:
            quantity = catalogue().find(name)
            flag = quantity is not None and quantity.kind == "flag"
        found = nw.col(name) if name in run.frame.columns else None
        other = substitutes().get(name)
        if other in run.frame.columns:
            factor = unit(catalogue()[str(other)].unit).factor_to(unit(catalogue()[name].unit))
            stand_in = nw.col(str(other)) * float(factor)
            found = stand_in if found is None else nw.coalesce(found, stand_in)
        if found is None:
            found = nw.lit(None, dtype=nw.Boolean() if flag else nw.Float64())
        columns[name] = found
        return found

    def kind(leaf: Leaf) -> str:
        own = next((i.kind for i in run.method.inputs if i.id == leaf.name), None)
        quantity = catalogue().find(leaf.name)
        return "flag" if own == "flag" or (quantity is not None and quantity.kind == "flag") else "number"

    return Program(column, kind, magnitude=MAGNITUDE, exact=True), columns


def _compile(run: Run, program: Program, columns: dict[str, nw.Expr]) -> dict[str, Compiled]:
    """Every formula and condition of the method under a key, those whose columns are not there left out."""
    method, made = run.method, {}

    def add(key: str, fitted: Fitted | None) -> None:
        if fitted is not None:
            made[key] = program.add(fitted)

    for indicator in method.indicators.values():
        add(f"value:{indicator.id}", indicator.fitted)
    if "group" not in run.frame.columns or run.frame["group"].null_count():
        for group in method.groups:
            add(f"group:{group.id}", group.fitted)
    for rule in (*method.exemptions, *method.vetoes, *method.floors):
        add(f"rule:{rule.id}", rule.fitted)
    for group in method.groups:
        for rule in group.scope:
            add(f"scope:{group.id}:{rule.id}", rule.fitted)
    for a in method.adjustments:
        add(f"when:{a.id}", a.when)
        add(f"points:{a.id}", a.points)
    return made


def _collected(program: Program, frame: pl.DataFrame, made: dict[str, Compiled]) -> pl.DataFrame:
    whole = program.apply(nw.from_native(frame.lazy()))
    wanted = []
    for key, one in made.items():
        wanted.append(one.value.alias(key))
        if not key.startswith(("value:", "points:")):
            wanted.append(one.near.alias(f"near:{key}"))
    if not wanted:
        return pl.DataFrame()
    native: pl.DataFrame = whole.select(*wanted).to_native().collect()
    if native.height != frame.height:  # literals only
        native = pl.concat([native] * frame.height)
    return native


def _values(run: Run, wide: pl.DataFrame) -> None:
    for indicator in run.method.indicators.values():
        key, parts = f"value:{indicator.id}", []
        if key in wide.columns:
            parts.append(wide[key])
        if indicator.id in run.frame.columns:
            parts.append(run.frame[indicator.id])
        both = pl.select(pl.coalesce(parts)).to_series() if len(parts) > 1 else parts[0] if parts else None
        if len(parts) > 1:
            run.given[indicator.id] = (parts[0], parts[1])
        if both is None:
            run.values[indicator.id] = np.full(run.frame.height, np.nan)
        else:
            run.values[indicator.id] = both.cast(pl.Float64).to_numpy()


def _condition(run: Run, wide: pl.DataFrame, key: str, fitted: Fitted) -> NDArray[np.bool_]:
    """Where a condition holds; what is too close to call is decided exactly."""
    return _told(run, wide, key, fitted)[0]


def _told(run: Run, wide: pl.DataFrame, key: str, fitted: Fitted) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Where a condition holds, and where it can be told at all."""
    found = wide[key].fill_null(False).to_numpy().copy()
    known = wide[key].is_not_null().to_numpy().copy()
    for row in np.flatnonzero(wide[f"near:{key}"].to_numpy()):
        told = holds(fitted, run.firm(int(row)), run.labels)
        found[row], known[row] = told is True, told is not None
        run.decided += 1
    return np.asarray(found, dtype=bool), np.asarray(known, dtype=bool)


def _sorted_out(run: Run, wide: pl.DataFrame) -> Sorted:
    """Group, scope and exemption of every firm, with what is to be told about them."""
    who = _groups(run, wide)
    firms = run.frame["firm"]
    for at, group in enumerate(run.method.groups):
        still_open: dict[int, list[ClassRule]] = {}
        for rule in group.scope:
            here = (who.group == at) & (who.outside < 0)
            holding, known = _told(run, wide, f"scope:{group.id}:{rule.id}", rule.fitted)
            out = here & known & ~holding
            for row in np.flatnonzero(here & ~known).tolist():
                still_open.setdefault(row, []).append(rule)
            if out.any():
                who.put_out(out, rule.id)
                who.findings.add_many("outside-scope", out_of_scope(rule), map(str, firms.filter(pl.Series(out))))
        together: dict[tuple[ClassRule, ...], list[int]] = {}
        for row, rules in still_open.items():
            if who.outside[row] < 0:
                together.setdefault(tuple(rules), []).append(row)
        for some, rows in together.items():
            who.findings.add_many("scope-open", scope_open(some), map(str, firms.gather(rows)))
    who.inside = who.outside < 0
    who.exempt = _first_rule(run, wide, run.method.exemptions)
    who.exempt[~who.inside] = len(run.method.exemptions)
    return who


def _groups(run: Run, wide: pl.DataFrame) -> Sorted:
    """Every firm's group: as given, by condition, else the one it has the most figures for."""
    method, height = run.method, run.frame.height
    index = np.full(height, -1, dtype=np.int64)
    who = Sorted(index, np.full(height, -1, dtype=np.int64), np.ones(height, dtype=bool), index)
    if "group" in run.frame.columns:
        mapped = run.frame["group"].replace_strict(
            {g.id: i for i, g in enumerate(method.groups)}, default=-1, return_dtype=pl.Int64
        )
        index[:] = mapped.fill_null(-1).to_numpy()
    if (index < 0).any() and len(method.groups) == 1 and not method.groups[0].when:
        index[:] = 0
    if not (index < 0).any():
        return who
    nowhere = np.ones(height, dtype=bool)
    for at, group in enumerate(method.groups):
        if group.fitted is None:
            nowhere[:] = False
        else:
            holding, known = _told(run, wide, f"group:{group.id}", group.fitted)
            nowhere &= known
            index[(index < 0) & holding] = at
    rest = np.flatnonzero(index < 0)
    if len(rest):
        counts = np.array(
            [
                sum((~np.isnan(run.values[i.id][rest])).astype(int) for i in g.items) + np.zeros(len(rest))
                for g in method.groups
            ]
        )
        index[rest] = counts.argmax(axis=0)
        firms = run.frame["firm"]
        if nowhere[rest].any():
            who.put_out(rest[nowhere[rest]], NO_GROUP)
            who.findings.add_many("outside-scope", NOWHERE, map(str, firms.gather(rest[nowhere[rest]])))
        for at, group in enumerate(method.groups):
            rows = rest[~nowhere[rest] & (index[rest] == at)]
            if len(rows):
                who.findings.add_many("group-guessed", guessed(group), map(str, firms.gather(rows)))
    return who


def _first_rule(run: Run, wide: pl.DataFrame, rules: tuple[ClassRule, ...]) -> Ints:
    """Index of the first rule that holds, -1 for none."""
    found = np.full(run.frame.height, -1, dtype=np.int64)
    for at, rule in reversed(list(enumerate(rules))):
        found[_condition(run, wide, f"rule:{rule.id}", rule.fitted)] = at
    return found


# -- points ------------------------------------------------------------------------------------------------------------


def _score(
    run: Run, group: Group, rows: Ints, counted: NDArray[np.bool_], wide: pl.DataFrame, shown: dict[str, Floats],
    bases: dict[tuple[str, str], float],
) -> Floats:  # fmt: skip
    total = np.zeros(len(rows))
    for item in group.items:
        earned, base = filled_points(item, run.values[item.id][rows], counted)
        if not np.isnan(base):
            bases[(group.id, item.id)] = base
        total += earned
        shown.setdefault(item.id, np.full(run.frame.height, np.nan))[rows] = earned
    for a in run.method.adjustments:
        if a.groups and group.id not in a.groups:
            continue
        claimed = wide[f"points:{a.id}"].cast(pl.Float64).to_numpy()
        run.values.setdefault(a.id, np.full(run.frame.height, np.nan))[rows] = claimed[rows]
        worth = np.nan_to_num(claimed[rows], nan=0.0).clip(min=0)
        if a.cap is not None:
            worth = np.minimum(worth, float(a.cap))
        if a.when is not None:
            worth = np.where(_condition(run, wide, f"when:{a.id}", a.when)[rows], worth, 0.0)
        signed = worth if a.kind == "bonus" else -worth
        total += signed
        shown.setdefault(a.id, np.full(run.frame.height, np.nan))[rows] = signed
    if not group.items and not run.method.adjustments:
        total[:] = np.nan
    return total


# -- ranks and classes -------------------------------------------------------------------------------------------------


def _classes(run: Run, who: Sorted, score: Floats, wide: pl.DataFrame) -> pl.DataFrame:
    method, height = run.method, run.frame.height
    group, exempt = who.group, who.exempt
    rank, of = np.zeros(height, dtype=np.int64), np.zeros(height, dtype=np.int64)
    level = np.full(height, -1, dtype=np.int64)
    for at in range(len(method.groups)) if method.rank_within == "group" else (-1,):
        rows = np.flatnonzero(((group == at) | (at < 0)) & (exempt < 0) & ~np.isnan(score))
        if not len(rows):
            continue
        first, last = _ranks(run, rows, score, group, exempt)
        rank[rows], of[rows] = first, len(rows)
        if method.cutoffs is not None:
            position = first if method.cutoffs.ties == "best" else last
            level[rows] = _levels(run, rows, position, score, group, exempt)
    final = level.copy()
    vetoed = np.zeros(height, dtype=bool)
    if method.cutoffs is not None:
        for rule in method.vetoes:
            hit = _condition(run, wide, f"rule:{rule.id}", rule.fitted) & (level >= 0)
            vetoed |= hit
            final[hit] = np.maximum(final[hit], method.cutoffs.ids.index(rule.grade))
        for rule in method.floors:
            hit = _condition(run, wide, f"rule:{rule.id}", rule.fitted) & (level >= 0)
            hit &= ~(vetoed & rule.unless_vetoed)
            final[hit] = np.minimum(final[hit], method.cutoffs.ids.index(rule.grade))
    names = list(method.cutoffs.ids) if method.cutoffs is not None else []
    outside = [*(r.grade or None for r in method.exemptions), None]
    code = np.where(exempt >= 0, len(names) + exempt, final)
    words: dict[int, str | None] = dict(enumerate([*names, *outside]))
    frame = pl.DataFrame(
        {
            "firm": run.frame["firm"],
            "group": _named(group, dict(enumerate(g.id for g in method.groups))),
            "score": pl.Series(score).fill_nan(None),
            "rank": pl.Series(rank),
            "of": pl.Series(of),
            "by_rank": _named(level, dict(enumerate(names))),
            "grade": _named(code, words),
            "outside": _named(who.outside, dict(enumerate(who.reasons))),
        }
    ).with_columns(pl.when(pl.col("rank", "of") > 0).then(pl.col("rank", "of")))
    return _followed(run, frame)


def _named(codes: Ints, words: dict[int, Any]) -> pl.Series:
    known = {k: v for k, v in words.items() if v is not None}
    if not known:
        return pl.repeat(None, len(codes), dtype=pl.String, eager=True)
    table = pl.Series([known.get(i) for i in range(max(known) + 1)], dtype=pl.String)
    at = pl.Series(np.where(codes < 0, len(table) + 1, codes))
    at = pl.select(pl.when(at < len(table)).then(at)).to_series()
    return table.gather(at)


def _followed(run: Run, frame: pl.DataFrame) -> pl.DataFrame:
    """Tenants take the class of their landlord."""
    following = [g.id for g in run.method.groups if g.follows]
    if not following:
        return frame
    tenant = pl.col("group").is_in(following)
    owner = (
        run.frame["landlord"] if "landlord" in run.frame.columns else pl.Series([None] * frame.height, dtype=pl.String)
    )
    classes = frame.select(pl.col("firm").cast(pl.String).alias("landlord"), pl.col("grade").alias("theirs"))
    if "credit_code" in run.frame.columns:
        by_code = classes.with_columns(run.frame["credit_code"].cast(pl.String).alias("landlord"))
        classes = pl.concat([classes, by_code.filter(pl.col("landlord").is_not_null())]).unique(
            "landlord", keep="first"
        )
    joined = frame.with_columns(owner.cast(pl.String).alias("landlord")).join(
        classes, on="landlord", how="left", maintain_order="left"
    )
    own = pl.col("landlord") != pl.col("firm").cast(pl.String)
    none = pl.lit(None)
    return joined.with_columns(
        pl.when(tenant).then(pl.when(own).then(pl.col("theirs"))).otherwise(pl.col("grade")).alias("grade"),
        *(pl.when(tenant).then(none).otherwise(pl.col(c)).alias(c) for c in ("score", "rank", "of", "by_rank")),
    ).drop("landlord", "theirs")


def _ranks(run: Run, rows: Ints, score: Floats, group: Ints, exempt: Ints) -> tuple[Ints, Ints]:
    """First and last place of every firm among `rows`, ties decided exactly."""
    down = -score[rows]
    order = np.argsort(down)
    down = down[order]
    close = np.diff(down) <= np.maximum(NEAR, ROUNDING * np.abs(down[1:]))
    tied = np.zeros(len(rows), dtype=bool)
    stretches = list(_runs(close))
    if stretches:
        run.fetch(rows[order[np.concatenate([[False], close]) | np.concatenate([close, [False]])]])
    for first, last in stretches:
        members = order[first : last + 1]
        values = exactly(run, rows[members], group, exempt)
        sort = sorted(range(len(members)), key=lambda i: -values[i])
        order[first : last + 1] = members[sort]
        for at in range(1, len(sort)):
            tied[first + at] = values[sort[at]] == values[sort[at - 1]]
    place = np.arange(1, len(rows) + 1)
    first_place = last_place = place
    if tied.any():
        first_place = np.maximum.accumulate(np.where(tied, 0, place))
        ends = np.append(~tied[1:], True)
        last_place = np.minimum.accumulate(np.where(ends, place, len(rows) + 1)[::-1])[::-1]
    firsts, lasts = np.empty_like(place), np.empty_like(place)
    firsts[order] = first_place
    if last_place is first_place:
        return firsts, firsts
    lasts[order] = last_place
    return firsts, lasts


def _runs(close: NDArray[np.bool_]) -> Iterable[tuple[int, int]]:
    """First and last index of every stretch of neighbours too close to tell apart."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], close, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2])]


def _levels(run: Run, rows: Ints, position: Ints, score: Floats, group: Ints, exempt: Ints) -> Ints:
    """Index of the class of every firm among `rows`."""
    cutoffs = run.method.cutoffs
    assert cutoffs is not None
    level = np.full(len(rows), len(cutoffs.classes) - 1, dtype=np.int64)
    for at in reversed(range(len(cutoffs.classes) - 1)):
        entry = cutoffs.classes[at]
        assert entry.limit is not None
        if cutoffs.kind == "scores":
            limit = float(entry.limit)
            reached = score[rows] >= limit
            near = np.flatnonzero(np.abs(score[rows] - limit) <= max(NEAR, ROUNDING * abs(limit)))
            if len(near):
                reached[near] = [v >= entry.limit for v in exactly(run, rows[near], group, exempt, entry.limit)]
            level[reached] = at
        else:
            level[position <= last_position(entry.id, len(rows), cutoffs)] = at
    return level
