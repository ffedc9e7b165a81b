"""Formulas over a long Parquet file of any length, into another one: a researcher's own figures, no pack.

The file is cut into ranges of subjects (`observations.slices`), the formulas are compiled once (`expr.columnar`), and one
lazy query pivots, computes and writes range after range.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import narwhals as nw

from ecopark.core.unit import unit
from ecopark.errors import FormulaError, InputError
from ecopark.expr.columnar import Program
from ecopark.expr.expand import expand
from ecopark.expr.fit import Fitted, Sort, fit
from ecopark.expr.nodes import Leaf, leaves
from ecopark.expr.parse import parse
from ecopark.expr.pieces import Part
from ecopark.observations.slices import WideRows

MAGNITUDE = 30
"""Figures are zero or between 1e-30 and 1e30; others are refused."""

CELLS = 2_500_000
"""Cells of a row group that is written."""

LEVEL = 1
"""Of zstd: higher ones make files of computed float64 a few per cent smaller in twice the time."""


def evaluate_file(
    source: Path | str,
    formulas: Mapping[str, str],
    target: Path | str,
    *,
    units: Mapping[str, str] | None = None,
    index: Sequence[str] = ("subject", "period"),
) -> Path:
    """Compute formulas for every subject and period of a long Parquet file.

    Parameters
    ----------
    source
        Parquet file with ``subject, quantity, period, value``; values are numbers, one unit per quantity.
    formulas
        Name -> formula in ecopark's language, over quantities of the file and over other formulas, of the same period.
    target
        Parquet file to write: the index, a column per formula (null where missing), and ``near_<name>`` for each test that
        can be too close to call in float64, also where a choice below it is (an exact evaluation must decide those rows).
    units
        Units of the quantities; without them units are not checked.
    index
        What makes a row, the subject first.

    Returns
    -------
    target
        Written only when all went well.

    Raises
    ------
    FormulaError
        A formula cannot be read, its units do not fit, it refers to itself or to another year.
    InputError
        The file cannot be used; every problem of a range is listed.
    """
    fitted = fit_all(formulas, units)
    names = dict.fromkeys(leaf.name for f in fitted.values() for leaf in leaves(f.node) if leaf.name not in fitted)

    def column(leaf: Leaf) -> nw.Expr | Part:
        return program.part(fitted[leaf.name].node) if leaf.name in fitted else nw.col(leaf.name)

    program = Program(column, magnitude=MAGNITUDE, exact=True)
    made = {name: program.add(formula) for name, formula in fitted.items()}
    doubtful = {f"near_{name}": c.near for name, c in made.items() if c.kind == "flag" and c.part.near is not None}
    taken = [n for n in (*made, *doubtful) if n in (*index, *names)]
    if taken:
        raise FormulaError(f"a formula is called like a column: {', '.join(taken)}")
    rows = WideRows(source, list(names), index=index, magnitude=MAGNITUDE)
    done = program.apply(nw.from_native(rows.scan())).select(
        *index, *[c.value.alias(n) for n, c in made.items()], *[e.alias(n) for n, e in doubtful.items()]
    )
    out = Path(target)
    scratch = out.with_name(f".{out.name}.part")
    group = max(1000, CELLS // (len(made) + 1))
    try:
        done.to_native().sink_parquet(scratch, compression_level=LEVEL, row_group_size=group)
        if problems := rows.unknown():
            raise InputError(problems)
        scratch.replace(out)
    finally:
        scratch.unlink(missing_ok=True)
    return out


def fit_all(formulas: Mapping[str, str], units: Mapping[str, str] | None = None) -> dict[str, Fitted]:
    """Formulas that may refer to one another, read and with their units checked; each after those it needs.

    Raises
    ------
    FormulaError
        As for `evaluate_file`.
    """
    done: dict[str, Fitted] = {}
    open_: list[str] = []

    def sort_of(leaf: Leaf) -> Sort:
        if leaf.kind != "name" or leaf.back:
            raise FormulaError(
                f"'{open_[-1]}' looks at other years or breakdowns; only figures of the same period are here"
            )
        if leaf.name in formulas:
            return made(leaf.name).sort
        if units is not None and leaf.name not in units:
            raise FormulaError(f"no unit is given for '{leaf.name}'")
        return unit("1" if units is None else units[leaf.name])

    def made(name: str) -> Fitted:
        if name in open_:
            raise FormulaError(f"these formulas refer to each other: {', '.join(open_[open_.index(name) :])}")
        if name not in done:
            open_.append(name)
            done[name] = fit(expand(parse(formulas[name])), sort_of)
            open_.pop()
        return done[name]

    return {name: made(name) for name in formulas}
