"""Grade hundreds of thousands of firms at once: the same method as dataframe expressions in float64.

An independent second form of `grading.grade`. Scores are sorted; where two neighbours, or a score and a cut-off, lie within
1e-9 of one another, or a condition is too close to call, the exact form decides: firms with the same figures once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Any

import narwhals as nw
import numpy as np
import polars as pl
from numpy.typing import NDArray

from ecopark.core.rounding import exact
from ecopark.core.unit import unit
from ecopark.errors import InputError, Place, Problem
from ecopark.expr.columnar import Compiled, Program
from ecopark.expr.fit import Fitted
from ecopark.expr.nodes import Leaf
from ecopark.grading.firms import Firm
from ecopark.grading.grade import adjusted, check_scorable, exact_value, holds, labels_of, last_position, mean
from ecopark.grading.load import substitutes
from ecopark.grading.method import GROUP_BEST, GROUP_MEAN, ClassRule, Group, Item, Method
from ecopark.grading.score import Spread, needs_spread, points
from ecopark.observations.quantity import catalogue

NEAR = 1e-9
"""Points closer than this are told apart exactly."""

ROUNDING = 1e-12
"""The same as a part of the score, for scores in the thousands and above: float64 knows about 1e-15 of them."""

MAGNITUDE = 250.0
ROUGH = Fraction(1, 10**13)
"""Relative error that float64 points of formulas of ordinary length, and their mean, cannot pass."""
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class GradedFrame:
    """All firms graded, as a table.

    Parameters
    ----------
    frame
        Columns ``firm, group, score, rank, of, by_rank, grade`` and ``value:<item>``, ``points:<item>``.
    decided
        How many firms the exact form decided.
    """

    method: Method
    frame: pl.DataFrame
    decided: int = 0
    warnings: tuple[Problem, ...] = ()

    def __len__(self) -> int:
        return self.frame.height

    def counts(self) -> pl.DataFrame:
        """Number of firms by group and class."""
        return self.frame.group_by("group", "grade").len("firms").sort("group", "grade")

    def to_list(self) -> list[dict[str, Any]]:
        """As in the JSON of `ecopark grade`; numbers are float64 as texts."""
        groups = {g.id: g for g in self.method.groups}
        extra = [a for a in self.method.adjustments]
        found = []
        for row in self.frame.iter_rows(named=True):
            group = groups[row["group"]]
            items = [
                {
                    "id": i.id,
                    "value": _text(row.get(f"value:{i.id}")),
                    "base": None if not isinstance(i.base, Fraction) else _text(float(i.base)),
                    "weight": None if i.weight is None else _text(float(i.weight)),
                    "points": _text(row.get(f"points:{i.id}")),
                }
                for i in group.items
            ]
            items += [
                {"id": a.id, "value": None, "base": None, "weight": None, "points": _text(row[f"points:{a.id}"])}
                for a in extra
                if not a.groups or group.id in a.groups
            ]
            found.append({k: row[k] for k in ("firm", "group")} | {"score": _text(row["score"]), "rank": row["rank"],
                         "grade": row["grade"], "items": items})  # fmt: skip
        return found


def _text(number: float | None) -> str | None:
    return None if number is None else np.format_float_positional(number, trim="-")


@dataclass
class _Run:
    """The state of one grading."""

    method: Method
    frame: pl.DataFrame
    labels: dict[str, Any]
    names: tuple[str, ...]
    values: dict[str, Floats] = field(default_factory=dict)
    rows: dict[int, dict[str, Any]] = field(default_factory=dict)
    decided: int = 0
    averages: dict[tuple[str, str], Fraction] = field(default_factory=dict)
    rough: dict[tuple[str, str], tuple[Fraction, Fraction]] = field(default_factory=dict)
    spreads: dict[tuple[str, str], Spread] = field(default_factory=dict)

    def fetch(self, rows: Ints) -> None:
        """Take these rows out of the table in one go."""
        wanted = [r for r in rows.tolist() if r not in self.rows]
        if wanted:
            picked = self.frame[wanted]
            self.rows.update(zip(wanted, picked.iter_rows(named=True)))

    def key(self, row: int) -> tuple[Any, ...]:
        """What decides a firm's score: its figures."""
        data = self.rows[row]
        return tuple(data[name] for name in self.names)

    def firm(self, row: int) -> Firm:
        """One row as a firm, its float64 figures as the shortest decimals that show them."""
        data = self.rows.get(row) or self.frame.row(row, named=True)
        values = {k: (v if isinstance(v, bool) else exact(v)) for k in self.names if (v := data[k]) is not None}
        return Firm(str(data["firm"]), group=str(data.get("group") or ""), values=values)


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
    names = tuple(c for c in frame.columns if c not in ("firm", "group", "name", "landlord", "credit_code"))
    run = _Run(method, frame, dict(labels_of(method)), names)
    program, columns = _program(run)
    made = _compile(run, program, columns)
    wide = _collected(program, frame, made)
    _values(run, wide)
    group = _groups(run, wide)
    check_scorable(method, {method.groups[i].id for i in np.unique(group)})
    exempt, treated = _first_rule(run, wide, method.exemptions)
    score = np.full(frame.height, np.nan)
    shown: dict[str, Floats] = {}
    for at, one in enumerate(method.groups):
        rows = np.flatnonzero(group == at)
        if len(rows):
            score[rows] = _score(run, one, rows, exempt[rows] < 0, wide, shown)
    result = _classes(run, group, score, exempt, treated, wide)
    columns_out = {f"value:{k}": v for k, v in run.values.items()} | {f"points:{k}": v for k, v in shown.items()}
    extra = [pl.Series(k, v).fill_nan(None) for k, v in columns_out.items()]
    return GradedFrame(method, result.with_columns(extra), run.decided, tuple(warnings))


# -- values and conditions ---------------------------------------------------------------------------------------------


def _program(run: _Run) -> tuple[Program, dict[str, nw.Expr]]:
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


def _compile(run: _Run, program: Program, columns: dict[str, nw.Expr]) -> dict[str, Compiled]:
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


def _values(run: _Run, wide: pl.DataFrame) -> None:
    for indicator in run.method.indicators.values():
        key, parts = f"value:{indicator.id}", []
        if key in wide.columns:
            parts.append(wide[key])
        if indicator.id in run.frame.columns:
            parts.append(run.frame[indicator.id])
        both = pl.select(pl.coalesce(parts)).to_series() if len(parts) > 1 else parts[0] if parts else None
        if both is None:
            run.values[indicator.id] = np.full(run.frame.height, np.nan)
        else:
            run.values[indicator.id] = both.cast(pl.Float64).to_numpy()


def _condition(run: _Run, wide: pl.DataFrame, key: str, fitted: Fitted) -> NDArray[np.bool_]:
    """Where a condition holds; what is too close to call is decided exactly."""
    found = wide[key].fill_null(False).to_numpy().copy()
    for row in np.flatnonzero(wide[f"near:{key}"].to_numpy()):
        found[row] = holds(fitted, run.firm(int(row)), run.labels) is True
        run.decided += 1
    return np.asarray(found, dtype=bool)


def _groups(run: _Run, wide: pl.DataFrame) -> Ints:
    """Index of every firm's group: as given, by condition, else the one it has the most figures for."""
    method = run.method
    index = np.full(run.frame.height, -1, dtype=np.int64)
    if "group" in run.frame.columns:
        mapped = run.frame["group"].replace_strict(
            {g.id: i for i, g in enumerate(method.groups)}, default=-1, return_dtype=pl.Int64
        )
        index = mapped.fill_null(-1).to_numpy().copy()
    if (index < 0).any() and len(method.groups) == 1 and not method.groups[0].when:
        index[:] = 0
    for at, group in enumerate(method.groups):
        if group.fitted is not None and (index < 0).any():
            index[(index < 0) & _condition(run, wide, f"group:{group.id}", group.fitted)] = at
    rest = np.flatnonzero(index < 0)
    if len(rest):
        counts = np.array(
            [
                sum((~np.isnan(run.values[i.id][rest])).astype(int) for i in g.items) + np.zeros(len(rest))
                for g in method.groups
            ]
        )
        index[rest] = counts.argmax(axis=0)
    return index


def _first_rule(run: _Run, wide: pl.DataFrame, rules: tuple[ClassRule, ...]) -> tuple[Ints, list[ClassRule]]:
    """Index of the first rule that holds, -1 for none."""
    found = np.full(run.frame.height, -1, dtype=np.int64)
    for at, rule in reversed(list(enumerate(rules))):
        found[_condition(run, wide, f"rule:{rule.id}", rule.fitted)] = at
    return found, list(rules)


# -- points ------------------------------------------------------------------------------------------------------------


def _score(
    run: _Run, group: Group, rows: Ints, counted: NDArray[np.bool_], wide: pl.DataFrame, shown: dict[str, Floats]
) -> Floats:
    total = np.zeros(len(rows))
    for item in group.items:
        earned = _points(item, run.values[item.id][rows], counted)
        missing = np.isnan(earned)
        if missing.any():
            if item.missing.rule == "points":
                earned[missing] = float(item.missing.points)
            elif item.missing.rule == "group_average":
                known = earned[counted & ~missing]
                if len(known):
                    earned[missing] = known.mean()
        total += earned
        shown.setdefault(item.id, np.full(run.frame.height, np.nan))[rows] = earned
    for a in run.method.adjustments:
        if a.groups and group.id not in a.groups:
            continue
        worth = wide[f"points:{a.id}"].cast(pl.Float64).fill_null(0.0).to_numpy()[rows].clip(min=0)
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


def _points(item: Item, value: Floats, counted: NDArray[np.bool_]) -> Floats:
    """The score types of `grading.score` for a whole group; nan where there are no points."""
    weight = np.nan if item.weight is None else float(item.weight)
    taken = value[counted & ~np.isnan(value)] if needs_spread(item) else np.zeros(0)
    low = float(taken.min()) if len(taken) else np.nan
    high = float(taken.max()) if len(taken) else np.nan
    lower = item.indicator.direction == "lower"
    base = float(item.base) if isinstance(item.base, Fraction) else np.nan
    if item.base == GROUP_MEAN and len(taken):
        base = float(taken.mean())
    elif item.base == GROUP_BEST:
        base = low if lower else high
    positive = np.where(value > 0, value, np.nan)
    match item.score:
        case "ratio":
            found = base / positive * weight if lower else value * (weight / base if base else np.nan)
        case "ratio_to_best":
            found = low / positive * weight if lower else value * (weight / high if high > 0 else np.nan)
        case "min_max":
            bottom = low if item.low is None else float(item.low)
            top = high if item.high is None else float(item.high)
            share = (
                np.clip((value - bottom) / (top - bottom), 0, 1)
                if top != bottom
                else np.where(np.isnan(value), np.nan, 1.0)
            )
            found = (1 - share if lower and top != bottom else share) * weight
        case "inverse_linear":
            found = np.maximum(0, 2 - value / base) * weight / 2 if base > 0 else np.full(len(value), np.nan)
        case _:
            found = -value if lower else value.copy()
    if item.cap is not None and item.weight is not None:
        found = np.minimum(found, float(item.cap * item.weight))
    if item.floor is not None and item.weight is not None:
        found = np.maximum(found, float(item.floor * item.weight))
    return np.asarray(found, dtype=np.float64)


# -- ranks and classes -------------------------------------------------------------------------------------------------


def _classes(
    run: _Run, group: Ints, score: Floats, exempt: Ints, rules: list[ClassRule], wide: pl.DataFrame
) -> pl.DataFrame:
    method, height = run.method, run.frame.height
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
    outside = [r.grade or None for r in rules]
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
        }
    ).with_columns(pl.when(pl.col("rank", "of") > 0).then(pl.col("rank", "of")))
    return _followed(run, frame)


def _named(codes: Ints, words: dict[int, Any]) -> pl.Series:
    known = {k: v for k, v in words.items() if v is not None}
    if not known:
        return pl.Series([None] * len(codes), dtype=pl.String)
    table = pl.Series([known.get(i) for i in range(max(known) + 1)], dtype=pl.String)
    at = pl.Series(np.where(codes < 0, len(table) + 1, codes))
    at = pl.select(pl.when(at < len(table)).then(at)).to_series()
    return table.gather(at)


def _followed(run: _Run, frame: pl.DataFrame) -> pl.DataFrame:
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


def _ranks(run: _Run, rows: Ints, score: Floats, group: Ints, exempt: Ints) -> tuple[Ints, Ints]:
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
        values = _exactly(run, rows[members], group, exempt)
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


def _levels(run: _Run, rows: Ints, position: Ints, score: Floats, group: Ints, exempt: Ints) -> Ints:
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
                reached[near] = [v >= entry.limit for v in _exactly(run, rows[near], group, exempt, entry.limit)]
            level[reached] = at
        else:
            level[position <= last_position(entry.id, len(rows), cutoffs)] = at
    return level


# -- what the exact form decides ---------------------------------------------------------------------------------------


def _exactly(run: _Run, rows: Ints, group: Ints, exempt: Ints, limit: Fraction | None = None) -> list[Fraction]:
    """Exact scores of some firms; firms with the same figures are computed once.

    They are compared with one another, or with `limit`. An average that all of them are given alike is then left out; one
    that only some are given is taken from the float64 points with the error it can have, and summed exactly, which takes
    a pass over the whole group, only where that error could matter.
    """
    run.fetch(rows)
    keys = [(int(group[r]), *run.key(r)) for r in rows.tolist()]
    unique = dict(zip(keys, rows.tolist()))
    if len(unique) == 1 and limit is None:
        return [Fraction(0)] * len(rows)
    run.decided += len(rows)
    parts = {key: _exact_parts(run, row, run.method.groups[key[0]], group, exempt) for key, row in unique.items()}
    if len({(k[0], *f) for k, (_, f) in parts.items()}) == 1 and limit is None:
        return [parts[k][0] for k in keys]

    def scores(average: Any) -> tuple[dict[Any, Fraction], Fraction]:
        found, widest = {}, Fraction(0)
        for key, (total, averaged) in parts.items():
            for name in averaged:
                value, error = average(run, run.method.groups[key[0]], name, group, exempt)
                total, widest = total + value, max(widest, 2 * error)
            found[key] = total
        return found, widest

    rough, widest = scores(_rough_average)
    if widest:
        ordered = sorted([*rough.values(), *([] if limit is None else [limit])])
        if any(b - a <= 2 * widest for a, b in pairwise(ordered)):
            rough, _ = scores(_average)
    return [rough[k] for k in keys]


def _exact_parts(run: _Run, row: int, one: Group, group: Ints, exempt: Ints) -> tuple[Fraction, list[str]]:
    """The sum of a firm's own points and the items that are filled with an average."""
    firm, total, averaged = run.firm(row), Fraction(0), []
    for item in one.items:
        value = exact_value(item.indicator, firm, run.labels)
        earned = None
        if value is not None:
            earned = points(value, item, _spread(run, one, item, group, exempt))
        if earned is not None:
            total += earned
        elif item.missing.rule == "points":
            total += item.missing.points
        elif item.missing.rule == "group_average":
            averaged.append(item.id)
    for a in run.method.adjustments:
        if not a.groups or one.id in a.groups:
            total += adjusted(a, firm, run.labels).points or Fraction(0)
    return total, averaged


def _members(run: _Run, one: Group, item: Item, group: Ints, exempt: Ints) -> list[Fraction]:
    """Exact values of all participants of a group in one item."""
    at = run.method.groups.index(one)
    rows = np.flatnonzero((group == at) & (exempt < 0) & ~np.isnan(run.values[item.id]))
    found = (exact_value(item.indicator, run.firm(int(r)), run.labels) for r in rows)
    return [v for v in found if v is not None]


def _spread(run: _Run, one: Group, item: Item, group: Ints, exempt: Ints) -> Spread:
    if not needs_spread(item):
        return Spread()
    key = (one.id, item.id)
    if key not in run.spreads:
        values = _members(run, one, item, group, exempt)
        run.spreads[key] = Spread(min(values), max(values), mean(values)) if values else Spread()
    return run.spreads[key]


def _average(run: _Run, one: Group, name: str, group: Ints, exempt: Ints) -> tuple[Fraction, Fraction]:
    """The exact average of a group's points in one item, and no error."""
    key = (one.id, name)
    if key not in run.averages:
        item = one.item(name)
        spread = _spread(run, one, item, group, exempt)
        earned = (points(v, item, spread) for v in _members(run, one, item, group, exempt))
        known = [p for p in earned if p is not None]
        run.averages[key] = mean(known) if known else Fraction(0)
    return run.averages[key], Fraction(0)


def _rough_average(run: _Run, one: Group, name: str, group: Ints, exempt: Ints) -> tuple[Fraction, Fraction]:
    """The same from float64 points, each within a few roundings of the exact one, and how far it can be off."""
    key = (one.id, name)
    if key not in run.rough:
        at = run.method.groups.index(one)
        members = group == at
        counted = exempt[members] < 0
        earned = _points(one.item(name), run.values[name][members], counted)[counted]
        known = earned[~np.isnan(earned)]
        size = float(np.abs(known).mean()) if len(known) else 0.0
        value = Fraction(float(known.mean())) if len(known) else Fraction(0)
        run.rough[key] = (value, Fraction(size) * ROUGH)
    return run.rough[key]
