"""What one changed figure of one firm would do to its class: quickly by arrays, and for certain by grading everybody again.

The search for the smallest change asks thousands of times. `WhatIf` answers in float64 with everybody's points kept as they
are, but for the items that the figure moves; its answer is only where to look. `Again` grades all firms again and has the
last word: exactly, or beyond `EXACT_UP_TO` firms in columns, whose ranks and classes are the exact ones too.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import polars as pl

from ecopark.core.value import Scalar
from ecopark.grading.columnar import grade_frame
from ecopark.grading.columnar_exact import Floats, filled_points
from ecopark.grading.firms import Firm
from ecopark.grading.grade import exact_value, grade_firms, labels_of, last_position
from ecopark.grading.method import Group
from ecopark.grading.result import FirmGrade, Grading

EXACT_UP_TO = 1000
"""Up to so many firms everybody is graded again in fractions, beyond in columns."""

CLOSE = 1e-9
"""Points closer than this are taken as equal while searching."""


class WhatIf:
    """One firm among the others, ready to be asked what other figures would do.

    Parameters
    ----------
    grading, graded
        Everybody's grades, and the firm's own.
    wanted
        The class it would like to reach.
    """

    def __init__(self, grading: Grading, graded: FirmGrade, group: Group, wanted: str) -> None:
        cutoffs = grading.method.cutoffs
        assert cutoffs is not None
        self.group, self.labels, self.cutoffs, self.wanted = group, labels_of(grading.method), cutoffs, wanted
        members = [f for f in grading.firms if f.group == group.id and not f.outside]
        self.me = next(at for at, f in enumerate(members) if f is graded)
        self.counted = np.array([not f.exempt for f in members])
        self.ranked = np.array([f.rank is not None for f in members])
        self.ranked[self.me] = False
        count = len(group.items)
        self.own = {i.id: exact_value(i.indicator, graded.firm, self.labels) for i in group.items}
        self.values = {i.id: _floats([f.items[at].value for f in members]) for at, i in enumerate(group.items)}
        self.points = {i.id: _floats([f.items[at].points for f in members]) for at, i in enumerate(group.items)}
        self.fixed = np.array([float(sum(i.points or 0 for i in f.items[count:])) for f in members])
        others = [] if grading.method.rank_within == "group" else [f for f in grading.firms if f.group != group.id]
        self.others = _floats([f.score for f in others if f.rank is not None])

    def reached(self, firm: Firm) -> bool:
        """Whether the firm with these figures would have the class, as far as float64 can tell."""
        scores = self.fixed.copy()
        for item in self.group.items:
            value = exact_value(item.indicator, firm, self.labels)
            if value == self.own[item.id]:
                scores += self.points[item.id]
            else:
                changed = self.values[item.id].copy()
                changed[self.me] = np.nan if value is None else float(value)
                scores += filled_points(item, changed, self.counted)[0]
        mine, rest = scores[self.me], np.concatenate([scores[self.ranked], self.others])
        if np.isnan(mine):
            return False
        limit = next(c.limit for c in self.cutoffs.classes if c.id == self.wanted)
        if self.cutoffs.kind == "scores":
            return limit is None or bool(mine >= float(limit) - CLOSE)
        ahead = rest > mine + CLOSE if self.cutoffs.ties == "best" else rest >= mine - CLOSE
        return int(ahead.sum()) + 1 <= last_position(self.wanted, len(rest) + 1, self.cutoffs)


def _floats(numbers: list[Fraction | None]) -> Floats:
    return np.array([np.nan if n is None else float(n) for n in numbers], dtype=np.float64)


class Again:
    """All firms graded again with one of them changed.

    Parameters
    ----------
    group
        The firm's group; a figure that puts it into another one does not count.
    """

    def __init__(self, grading: Grading, group: str) -> None:
        self.grading, self.group = grading, group
        self.frame = _frame(grading) if len(grading.table) > EXACT_UP_TO else None

    def by_rank(self, firm: Firm) -> str | None:
        """The class that rank or score alone give to the firm with these figures, within its group."""
        if self.frame is None:
            again = grade_firms(self.grading.table.replaced(firm), self.grading.method).of(firm.id)
            return again.by_rank if again.group == self.group else None
        at = int((self.frame["firm"] == firm.id).arg_max() or 0)
        changes = {
            name: pl.Series(name, [_cell(firm.values.get(name))], dtype=self.frame.schema[name])
            for name in self.frame.columns
            if name in firm.values or self.frame[name][at] is not None
            if name not in ("firm", "group", "landlord", "credit_code")
        }
        changed = self.frame.with_columns(
            s.scatter(at, v) for s, v in ((self.frame[n].clone(), changes[n]) for n in changes)
        )
        found = grade_frame(changed, self.grading.method).frame
        return found["by_rank"][at] if found["group"][at] == self.group else None


def _cell(value: Scalar | None) -> float | bool | None:
    return float(value) if isinstance(value, Fraction) else value if isinstance(value, bool) else None


def _frame(grading: Grading) -> pl.DataFrame:
    """The firms' figures as columns."""
    firms = grading.table.firms
    names = dict.fromkeys(name for f in firms for name in f.values)
    columns = [
        pl.Series("firm", [f.id for f in firms]),
        pl.Series("group", [f.group or None for f in firms], dtype=pl.String),
        pl.Series("landlord", [f.landlord or None for f in firms], dtype=pl.String),
        pl.Series("credit_code", [f.credit_code or None for f in firms], dtype=pl.String),
    ]
    for name in names:
        cells = [_cell(f.values.get(name)) for f in firms]
        flag = any(isinstance(c, bool) for c in cells)
        columns.append(pl.Series(name, cells, dtype=pl.Boolean if flag else pl.Float64))
    return pl.DataFrame(columns)
