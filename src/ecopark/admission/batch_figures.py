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
from ecopark.expr.pieces import NEAR, Part, Piece, any_of, constant, nothing
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


@dataclass(frozen=True)
class _Made:
    """What is known of a figure's columns: the items that can be missing, and the limits that float64 always tells apart."""

    keys: list[Any]
    certain: list[bool]


def own_years(table: ProjectTable, on: date) -> Ints:
    """The year each project is judged for: the last one with figures, else that of the decision."""
    last = np.zeros(len(table), dtype=np.int64)
    dated = table.long.rows.filter(pl.col("year") > 0)
    np.maximum.at(last, dated["sid"].to_numpy(), dated["year"].to_numpy())
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
        told: list[_Made] = []
        limits = {what: sorted(found) for what, found in self._limits.items()}
        for number, (what, found) in enumerate(limits.items()):
            made, about = _compiled(number, self._part(what, atoms), found, atoms)
            exprs += made
            told.append(about)
        wide = cells.wide(range(len(self.table)))
        frame: pl.DataFrame = atoms.program.apply(wide).select("sid", "year", *exprs).to_native().collect()
        if len(distinct) > 1:
            own = np.searchsorted(distinct, self.years)
            frame = frame[np.arange(len(self.table)) * len(distinct) + own]
        for number, (what, found) in enumerate(limits.items()):
            self._made[what] = self._read(frame, number, told[number], found)

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

    def _read(self, frame: pl.DataFrame, number: int, made: _Made, limits: list[Fraction]) -> Asked:
        value = frame[f"v{number}"].to_numpy().astype(np.float64)
        mask = np.zeros(len(value))
        for bit in range(min(len(made.keys), MAX_KEYS)):
            mask += frame[f"m{number}_{bit}"].to_numpy() * float(2**bit)
        missing = np.isnan(value)
        state = np.zeros(len(value), dtype=np.int64)
        if missing.any():
            masks, which = np.unique(mask[missing], return_inverse=True)
            state[missing] = 1 + which + len(masks) * (self.years[missing] - self.years.min())
        signs = {limit: _side_of(value, limit, sure) for limit, sure in zip(limits, made.certain, strict=True)}
        return Asked(value, state, frame[f"n{number}"].to_numpy().copy(), signs)


def _side_of(value: Floats, limit: Fraction, certain: bool) -> NDArray[np.int8]:
    """On which side of a limit values lie; 0 on it and where there is no value.

    Computed values closer to the limit than float64 can tell lie on it exactly, or are marked `near` and not looked at.
    `certain`: every value and the limit are typed figures, which float64 tells apart however close they are.
    """
    bar = float(limit)
    gap = np.nan_to_num(value - bar)
    slack = 0.0 if certain else NEAR * (abs(bar) or 1.0)
    return np.where(np.abs(gap) <= slack, 0, np.sign(gap)).astype(np.int8)


def _breaks_down(leaf: Leaf) -> bool:
    found = catalogue().find(leaf.name)
    return leaf.kind != "name" or (found is not None and bool(found.breakdowns))


def _compiled(number: int, part: Part, limits: list[Fraction], atoms: Atoms) -> tuple[list[nw.Expr], _Made]:
    """Columns of one figure: value, near, and what is missing."""
    program = atoms.program
    part = program.shared(part)
    near = part.near
    exprs, certain = [], []
    for limit in limits:
        bar = constant(limit)
        near = any_of([near, program.compare(">=", part, bar).near])
        certain.append((part.exact and bar.exact) or part.const is not None or (limit == 0 and part.off is None))
    keys = list(part.missing)
    unsure = nw.lit(False, nw.Boolean()) if near is None else near.expr
    for key in keys[MAX_KEYS:]:
        unsure = unsure | part.missing[key].expr
    value = part.value.expr
    if part.kind == "flag":
        one, zero = nw.lit(1.0, nw.Float64()), nw.lit(0.0, nw.Float64())
        value = nw.when(value).then(one).otherwise(nw.when(~value).then(zero))
    exprs.append((value if part.kind != "any" else nw.lit(None, nw.Float64())).alias(f"v{number}"))
    exprs += [part.missing[key].expr.alias(f"m{number}_{bit}") for bit, key in enumerate(keys[:MAX_KEYS])]
    exprs.append(unsure.alias(f"n{number}"))
    return exprs, _Made(keys, certain)


__all__ = ["Asked", "Figures", "own_years"]
