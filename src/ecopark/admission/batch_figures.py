"""The figures of many projects that rules look at: ratios, conditions and quantities, each computed for all projects at once.

Formulas become columns (`expr.columnar`); beside the value stands on which side of every limit it lies, what is missing, and
whether float64 can tell at all. Where it cannot, the rule is held by its ordinary form.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Any

import narwhals as nw
import numpy as np
import polars as pl
from numpy.typing import NDArray

from ecopark.admission.batch_projects import ProjectTable
from ecopark.admission.policy import Policy
from ecopark.admission.ratios import Ratio
from ecopark.core.value import Scalar
from ecopark.expr.nodes import Leaf, Node, leaves
from ecopark.expr.pieces import Part, Piece, any_of, constant, nothing
from ecopark.indicators.cells import Cells
from ecopark.indicators.columns import Atoms
from ecopark.indicators.resolve import compiled
from ecopark.observations.quantity import catalogue

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

MAX_KEYS = 52
"""So many missing items of one figure fit into the bits of a float64."""


@dataclass
class Asked:
    """One figure of all projects.

    Parameters
    ----------
    value
        Number (flags as 1 and 0); nan where missing.
    state
        0 where there is a value; else which kind of missing it is: the same number means the same reason and items.
    near
        Too close to a limit, or not computable in columns: the ordinary form decides.
    signs
        Per limit: -1 below, 0 exactly on it, 1 above (where there is a value).
    """

    value: Floats
    state: Ints
    near: Flags
    signs: dict[Fraction, NDArray[np.int8]] = field(default_factory=dict)

    @cached_property
    def limits(self) -> list[Fraction]:
        """The limits, ascending."""
        return sorted(self.signs)

    def region(self) -> Ints:
        """One number for the state and the side of every limit: projects with the same one are told the same."""
        found = self.state.astype(np.int64)
        for limit in self.limits:
            found = found * 3 + np.where(self.state == 0, self.signs[limit] + 1, 0)
        return found


def own_years(table: ProjectTable, on: date) -> Ints:
    """The year each project is judged for: the last one with figures, else that of the decision."""
    rows = table.long.rows
    last = np.zeros(len(table), dtype=np.int64)
    np.maximum.at(last, rows["sid"].to_numpy(), rows["year"].to_numpy())
    return np.where(last > 0, last, on.year)


class Figures:
    """What the rules of a policy ask of the figures; `ask` first, then `run`, then `of`."""

    def __init__(self, table: ProjectTable, policy: Policy, on: date) -> None:
        self.table = table
        self.years = own_years(table, on)
        self.parameters: dict[str, Scalar] = {p.id: p.default for p in policy.parameters}
        self._limits: dict[Hashable, set[Fraction]] = {}
        self._made: dict[Hashable, Asked] = {}

    def ask(self, what: Ratio | str, limits: Iterable[Fraction] = ()) -> None:
        """Ask for a ratio, or for a yes/no formula (``when:FORMULA``) or a quantity (``quantity:ID``), and its limits."""
        self._limits.setdefault(what, set()).update(limits)

    def of(self, what: Ratio | str) -> Asked:
        """A figure that was asked for.

        Raises
        ------
        KeyError
            It was not.
        """
        return self._made[what]

    def run(self) -> None:
        """Compute what was asked for."""
        if not self._limits:
            return
        distinct = np.unique(self.years)
        cells = Cells(self._settled(), distinct.tolist())
        atoms = Atoms(cells, (), self.parameters, prefix="g_")
        exprs: list[nw.Expr] = []
        keys: list[list[Any]] = []
        limits = {what: sorted(found) for what, found in self._limits.items()}
        for number, (what, found) in enumerate(limits.items()):
            made, names = _compiled(number, self._part(what, atoms), found, atoms)
            exprs += made
            keys.append(names)
        wide = cells.wide(range(len(self.table)))
        frame: pl.DataFrame = atoms.program.apply(wide).select("sid", "year", *exprs).to_native().collect()
        if len(distinct) > 1:
            own = np.searchsorted(distinct, self.years)
            frame = frame[np.arange(len(self.table)) * len(distinct) + own]
        for number, (what, found) in enumerate(limits.items()):
            self._made[what] = self._read(frame, number, keys[number], found)

    def _settled(self) -> Any:
        """The facts with undated breakdowns put into the project's own year, where the columns look for them."""
        long = self.table.long
        split = long.where(pl.col("by") != "")
        if not split.any():
            return long
        year = long.rows["year"].to_numpy().copy()
        sid = long.rows["sid"].to_numpy()
        open_ = split & (year == 0)
        year[open_] = self.years[sid[open_]]
        both = np.intersect1d(sid[open_], sid[split & ~open_])
        self.table.odd[both] = True  # some parts with a year and some without: which count is not decided here
        made = type(long)(
            long.rows.with_columns(pl.Series("year", year, dtype=pl.Int32)), long.about, long.names, long.subjects,
            long.factors, long.inexact, long.settings,
        )  # fmt: skip
        return made

    def _part(self, what: Any, atoms: Atoms) -> Part:
        parameters = tuple(sorted(self.parameters.items()))
        if isinstance(what, Ratio):
            if what.formula:
                node = compiled(what.formula, what.unit, parameters).node
                return atoms.or_reported(self._own(node, atoms), what.names, what.unit)
            item = (what.id, "", 0)
            none = nothing("number", None, {item: Piece(nw.lit(True, nw.Boolean()), fixed=True)})
            return atoms.or_reported(none, what.names, what.unit)
        kind, _, text = what.partition(":")
        if kind == "quantity":
            return atoms.quantity(catalogue()[text], 0)
        return self._own(compiled(text, None, parameters).node, atoms)

    def _own(self, node: Node, atoms: Atoms) -> Part:
        """A formula; one that looks back over undated breakdowns is left to the ordinary form."""
        part = atoms.program.part(node)
        if any(leaf.back and _breaks_down(leaf) for leaf in leaves(node)):
            return atoms.program.marked(part, nw.lit(True, nw.Boolean()))
        return part

    def _read(self, frame: pl.DataFrame, number: int, keys: list[Any], limits: list[Fraction]) -> Asked:
        value = frame[f"v{number}"].to_numpy().astype(np.float64)
        mask = frame[f"m{number}"].to_numpy()
        missing = np.isnan(value)
        state = np.zeros(len(value), dtype=np.int64)
        if missing.any():
            pairs = np.stack([mask[missing], self.years[missing].astype(np.float64)])
            state[missing] = 1 + np.unique(pairs, axis=1, return_inverse=True)[1].reshape(-1)
        signs = {limit: frame[f"s{number}_{i}"].to_numpy() for i, limit in enumerate(limits)}
        return Asked(value, state, frame[f"n{number}"].to_numpy().copy(), signs)


def _breaks_down(leaf: Leaf) -> bool:
    found = catalogue().find(leaf.name)
    return leaf.kind != "name" or (found is not None and bool(found.breakdowns))


def _compiled(number: int, part: Part, limits: list[Fraction], atoms: Atoms) -> tuple[list[nw.Expr], list[Any]]:
    """Columns of one figure: value, missing, near, and the side of every limit."""
    program = atoms.program
    part = program.shared(part)
    near = part.near
    exprs = []
    for i, limit in enumerate(limits):
        above, below = (program.compare(op, part, constant(limit)) for op in (">=", "<="))
        near = any_of([near, above.near])  # what is too close is too close for both
        over, under = above.value.expr, below.value.expr
        sign = (
            nw.when(over & under)
            .then(nw.lit(0, nw.Int8()))
            .otherwise(
                nw.when(over)
                .then(nw.lit(1, nw.Int8()))
                .otherwise(nw.when(under).then(nw.lit(-1, nw.Int8())).otherwise(nw.lit(0, nw.Int8())))
            )
        )
        exprs.append(sign.alias(f"s{number}_{i}"))
    keys = list(part.missing)
    mask = nw.lit(0.0, nw.Float64())
    for bit, key in enumerate(keys[:MAX_KEYS]):
        weight = nw.lit(float(2**bit), nw.Float64())
        mask = mask + nw.when(part.missing[key].expr).then(weight).otherwise(nw.lit(0.0, nw.Float64()))
    unsure = nw.lit(False, nw.Boolean()) if near is None else near.expr
    for key in keys[MAX_KEYS:]:
        unsure = unsure | part.missing[key].expr
    value = part.value.expr
    if part.kind == "flag":
        one, zero = nw.lit(1.0, nw.Float64()), nw.lit(0.0, nw.Float64())
        value = nw.when(value).then(one).otherwise(nw.when(~value).then(zero))
    column = nw.col("sid") * 0  # a literal alone is not broadcast by every engine
    exprs.append((value if part.kind != "any" else nw.lit(None, nw.Float64())).alias(f"v{number}"))
    exprs.append((mask + column.cast(nw.Float64())).alias(f"m{number}"))
    exprs.append((unsure & (column == 0)).alias(f"n{number}"))
    return exprs, keys


__all__ = ["Asked", "Figures", "own_years"]
