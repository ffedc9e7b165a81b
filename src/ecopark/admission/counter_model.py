"""The cheapest point of a region within a box, as a mixed-integer programme solved by HiGHS.

Every figure is measured by its relative change t. *One of* and the levels of a scorecard are binaries; an inequality that
only some branch asks for is switched off by the largest value it can take in the box. A product of changes is a column of
its own between its McCormick planes: where one factor is held it is exact, and elsewhere the optimum is a lower bound,
the closer the smaller the box.

References
----------
G. P. McCormick: Computability of global solutions to factorable nonconvex programs, part I (1976).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor, inf
from typing import Any

from ecopark.admission.counter_formulas import Figure
from ecopark.admission.regions import AllOf, Below, Box, Marks, OneOf, Opaque, Region, atoms
from ecopark.core.solver import quiet_solver
from ecopark.expr.polynomial import Interval, Monomial, add, constant, multiply, substitute, variable

STRICT = 1e-8
"""How far a strict inequality keeps from its limit, relative to its largest coefficient."""
TIGHT = 1e-10
"""Feasibility tolerance of linear programmes; the mixed-integer ones are asked for 1e-9."""
FINE = 1 << 20
"""Steps in a relative change of one, to which boxes are rounded outward before intervals are asked."""


class TimeUp(Exception):
    """The solver was stopped."""


Span = tuple[float, float]
Terms = dict[int, float]


@dataclass(frozen=True, slots=True)
class Inequality:
    """``constant + sum of factor * monomial <= 0`` in relative changes, the largest factor 1."""

    constant: float
    terms: tuple[tuple[Monomial, float], ...]
    strict: bool


@dataclass(frozen=True, slots=True)
class Point:
    """What a solve found.

    Parameters
    ----------
    cost
        Of the point itself.
    bound
        No point of the region in the box is cheaper.
    changes
        Relative change of every figure.
    chosen
        The inequalities that were asked for: those of the branches taken.
    """

    cost: float
    bound: float
    changes: tuple[float, ...]
    chosen: tuple[Below, ...]


class Model:
    """Regions over the same figures, ready to be solved in one box after another."""

    def __init__(self, region: Region, figures: Sequence[Figure]) -> None:
        self.region, self.figures = region, tuple(figures)
        self.weights = tuple(float(f.weight) for f in figures)
        self.inequalities = {a: self._scaled(a) for a in atoms(region) if isinstance(a, Below)}
        self.products = sorted({m for i in self.inequalities.values() for m, _ in i.terms if sum(p for _, p in m) > 1})
        self.opaque = [a for a in atoms(region) if isinstance(a, Opaque)]

    def _scaled(self, below: Below) -> Inequality:
        """In relative changes: the figure is ``now + scale * t``."""
        poly = below.poly
        for index, figure in enumerate(self.figures):
            shifted = add(constant(figure.now), multiply(variable(index), constant(figure.scale)))
            poly = substitute(poly, index, shifted)
        size = max((abs(c) for m, c in poly.items() if m), default=Fraction(1))
        terms = tuple((m, float(c / size)) for m, c in sorted(poly.items()) if m)
        return Inequality(float(poly.get((), Fraction(0)) / size), terms, below.strict)

    def figures_at(self, box: Box) -> dict[int, Interval]:
        """The box in figures, rounded outward to short numbers: intervals are exact, and long ones are slow."""
        found: dict[int, Interval] = {}
        for index, (figure, (low, high)) in enumerate(zip(self.figures, box, strict=True)):
            least, most = Fraction(floor(low * FINE), FINE), Fraction(ceil(high * FINE), FINE)
            found[index] = (figure.now + figure.scale * least, figure.now + figure.scale * most)
        return found

    def solve(
        self, box: Box, *, most: float = inf, only: Sequence[Below] | None = None, seconds: float = 1.0
    ) -> Point | None:
        """The cheapest point of the region in a box; None if there is none at a cost of at most `most`.

        Parameters
        ----------
        box
            Range of every relative change, finite.
        only
            Ask for these inequalities alone instead of the whole region.

        Raises
        ------
        TimeUp
            `seconds` have passed.
        """
        programme = _Programme(self, box)
        region: Region = self.region if only is None else AllOf(tuple(only))
        if not programme.ask(region, None):
            return None
        if most < inf:
            programme.row({c: w for c, w in enumerate(programme.cost) if w}, -inf, most)
        return programme.run(seconds)


@dataclass
class _Programme:
    """One programme: columns, rows, and which inequality hangs on which binary."""

    model: Model
    box: Box
    cost: list[float] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    rows: list[tuple[Terms, float, float]] = field(default_factory=list)
    asked: list[tuple[Below, int | None]] = field(default_factory=list)
    products: dict[Monomial, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for (low, high), weight in zip(self.box, self.model.weights, strict=True):
            self.column(max(low, 0.0), max(high, 0.0), weight)
            self.column(max(-high, 0.0), max(-low, 0.0), weight)

    def column(self, low: float, high: float, cost: float = 0.0, *, whole: bool = False) -> int:
        self.cost.append(cost)
        self.spans.append((low, high))
        self.whole.append(whole)
        return len(self.cost) - 1

    def row(self, terms: Mapping[int, float], least: float, most: float) -> None:
        self.rows.append(({c: v for c, v in terms.items() if v}, least, most))

    # -- regions -------------------------------------------------------------------------------------------------------

    def ask(self, region: Region, when: int | None) -> bool:
        """Ask for a region, always or where the binary `when` is 1; False if it holds nowhere in the box."""
        match region:
            case Below():
                return self._below(region, when)
            case AllOf(parts):
                return all([self.ask(p, when) for p in parts])
            case OneOf(parts):
                return self._one_of([(0.0, p) for p in parts], when) is not None
            case Marks(least, items):
                total: Terms = {}
                for options in items:
                    found = self._one_of([(float(p), r) for p, r in options], when)
                    if found is None:
                        return False
                    total |= found
                self.row(
                    {**total, **({} if when is None else {when: -float(least)})},
                    float(least) if when is None else 0.0,
                    inf,
                )
                return True
            case Opaque(possible):
                return possible(self.model.figures_at(self.box))

    def _one_of(self, options: list[tuple[float, Region]], when: int | None) -> Terms | None:
        """A binary for each option that can hold, one of them on: columns and what each is worth."""
        found: Terms = {}
        for worth, region in options:
            switch = self.column(0.0, 1.0, whole=True)
            if self.ask(region, switch):
                found[switch] = worth
            else:
                self.spans[switch] = (0.0, 0.0)
        if not found:
            return None
        ones: Terms = dict.fromkeys(found, 1.0)
        if when is None:
            self.row(ones, 1.0, 1.0)
        else:
            self.row({**ones, when: -1.0}, 0.0, 0.0)
        return found

    def _below(self, below: Below, when: int | None) -> bool:
        inequality = self.model.inequalities.get(below)
        if inequality is None:
            inequality = self.model._scaled(below)
        terms: Terms = {}
        low = high = inequality.constant + (STRICT if inequality.strict else 0.0)
        start = low
        for monomial, factor in inequality.terms:
            parts, span = self._monomial(monomial)
            for column, value in parts.items():
                terms[column] = terms.get(column, 0.0) + factor * value
            ends = (factor * span[0], factor * span[1])
            low, high = low + min(ends), high + max(ends)
        if low > 1e-7:
            return False
        self.asked.append((below, when))
        if high <= 0.0:
            return True
        if when is None:
            self.row(terms, -inf, -start)
        else:
            self.row({**terms, when: high}, -inf, high - start)
        return True

    # -- products ------------------------------------------------------------------------------------------------------

    def _monomial(self, monomial: Monomial) -> tuple[Terms, Span]:
        if len(monomial) == 1 and monomial[0][1] == 1:
            index = monomial[0][0]
            return {2 * index: 1.0, 2 * index + 1: -1.0}, self.box[index]
        if monomial not in self.products:
            self.products[monomial] = self._product(monomial)
        column = self.products[monomial]
        return {column: 1.0}, self.spans[column]

    def _product(self, monomial: Monomial) -> int:
        (index, power), *others = monomial
        rest = (*((index, power - 1),) * (power > 1), *others)
        (a, (a_low, a_high)), (b, (b_low, b_high)) = self._monomial(((index, 1),)), self._monomial(rest)
        corners = [x * y for x in (a_low, a_high) for y in (b_low, b_high)]
        low, high = min(corners), max(corners)
        if rest == ((index, 1),) and low < 0:
            low = 0.0
        column = self.column(low, high)

        def plane(at_a: float, at_b: float, least: bool) -> None:
            """``w >= at_a b + at_b a - at_a at_b``, or ``<=``."""
            terms: Terms = {column: 1.0}
            for part, factor in ((b, at_a), (a, at_b)):
                for c, v in part.items():
                    terms[c] = terms.get(c, 0.0) - factor * v
            self.row(terms, -at_a * at_b if least else -inf, inf if least else -at_a * at_b)

        plane(a_low, b_low, True)
        plane(a_high, b_high, True)
        plane(a_high, b_low, False)
        plane(a_low, b_high, False)
        return column

    # -- the solver ----------------------------------------------------------------------------------------------------

    def run(self, seconds: float) -> Point | None:
        import highspy

        mixed = any(w and low < high for w, (low, high) in zip(self.whole, self.spans, strict=True))
        solver = quiet_solver(**_options(mixed, seconds))
        solver.passModel(self._programme(highspy, mixed))
        solver.run()
        status = solver.getModelStatus()
        info = solver.getInfo()
        if status == highspy.HighsModelStatus.kTimeLimit:
            raise TimeUp
        if status != highspy.HighsModelStatus.kOptimal:
            return None
        values = solver.getSolution().col_value
        changes = tuple(values[2 * i] - values[2 * i + 1] for i in range(len(self.box)))
        cost = float(info.objective_function_value)
        bound = float(info.mip_dual_bound) if mixed else cost
        chosen = tuple(dict.fromkeys(b for b, when in self.asked if when is None or values[when] > 0.5))
        return Point(cost, min(bound, cost), changes, chosen)

    def _programme(self, highspy: Any, mixed: bool) -> Any:
        made = highspy.HighsLp()
        made.num_col_, made.num_row_ = len(self.cost), len(self.rows)
        made.col_cost_ = self.cost
        made.col_lower_, made.col_upper_ = [s[0] for s in self.spans], [s[1] for s in self.spans]
        made.row_lower_, made.row_upper_ = [r[1] for r in self.rows], [r[2] for r in self.rows]
        starts: list[int] = [0]
        columns: list[int] = []
        values: list[float] = []
        for terms, _, _ in self.rows:
            columns += terms.keys()
            values += terms.values()
            starts.append(len(columns))
        made.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        made.a_matrix_.num_col_, made.a_matrix_.num_row_ = len(self.cost), len(self.rows)
        made.a_matrix_.start_, made.a_matrix_.index_, made.a_matrix_.value_ = starts, columns, values
        if mixed:
            kinds = highspy.HighsVarType
            made.integrality_ = [kinds.kInteger if w else kinds.kContinuous for w in self.whole]
        return made


def _options(mixed: bool, seconds: float) -> dict[str, Any]:
    return {
        "presolve": "choose" if mixed else "off",
        "time_limit": max(seconds, 0.05),
        "primal_feasibility_tolerance": 1e-9 if mixed else TIGHT,
        "dual_feasibility_tolerance": 1e-9 if mixed else TIGHT,
        "mip_feasibility_tolerance": 1e-9,
        "mip_rel_gap": 1e-9,
        "mip_abs_gap": 1e-9,
    }
