"""The search for the smallest change: branch and bound over boxes of figures.

Each box is solved by `counter_model`. Without products of two moving figures the first solve is the answer; with them a
box is halved where its planes are furthest from the product, cheapest box first, until no box can hold anything cheaper
than the best offer found. An offer is a set of decimals that the exact gate has accepted, never a solver's number.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import count, product
from math import ceil, floor, inf, log10

from ecopark.admission.counter_formulas import Figure
from ecopark.admission.counter_model import Model, Point, TimeUp
from ecopark.admission.regions import Box, Region, holds
from ecopark.core.rounding import exact

SECONDS = 1.4
"""When the search stops and says its gap."""
CAPS = (2.0, 50.0, 2000.0, 100_000.0)
"""Costs within which is looked, one after the other; a change beyond the last is no offer."""
NEAR = 1e-9
"""A solution this near (relative) to a short decimal is that decimal."""
SMALL = 1e-4
"""A relative change this small is first tried as none."""
DIGITS = (7, 10, 13)
"""Significant digits of an answer that is no short decimal, tried in turn."""
EVERY = 6
"""How many boxes are divided for one that is looked at for an offer."""
CORNERS = 4
"""How many figures of tests that are only bounded are tried at both ends, and unmoved, for a first offer."""
ROUNDINGS = 40
"""How many ways of rounding are tried for one solution."""
CLOSE = 1e-6
"""Relative gap at which a search through products ends; it counts as proven."""

Values = dict[int, Fraction]


@dataclass(frozen=True, slots=True)
class Found:
    """The best offer.

    Parameters
    ----------
    values
        New values by number of the figure; only those that change.
    cost
        Sum of weight times relative change.
    bound
        Nothing below this cost passes.
    rounding
        What rounding to decimals may have added to the cost.
    verdict
        What the gate says.
    """

    values: Values
    cost: Fraction
    bound: Fraction
    rounding: Fraction
    verdict: str

    @property
    def proven(self) -> bool:
        """Whether nothing is cheaper, but for the last digit and the solver's own precision."""
        return self.cost - self.bound <= self.rounding + Fraction(CLOSE) * max(self.cost, Fraction(1))

    @property
    def gap(self) -> Fraction:
        """How much of the cost might still be saved, 0 to 1, rounded up to four places."""
        share = max(self.cost - self.bound, Fraction(0)) / self.cost if self.cost else Fraction(0)
        return Fraction(ceil(share * 10_000), 10_000)


Gate = Callable[[Mapping[int, Fraction]], str]
"""Asks the gate with new values; answers the verdict where it is a yes, else an empty text."""


def search(region: Region, figures: Sequence[Figure], gate: Gate, *, seconds: float = SECONDS) -> Found | None:
    """The cheapest change that lies in a region and passes the gate; None if none was found.

    Parameters
    ----------
    region
        Where the policy says yes, as far as it can be told from the rules; the gate has the last word.
    figures
        What may move.
    seconds
        After which the best offer so far is given, with its gap.
    """
    return _Search(Model(region, figures), gate, time.monotonic() + seconds).run()


class _Search:
    def __init__(self, model: Model, gate: Gate, until: float) -> None:
        self.model, self.gate, self.until = model, gate, until
        self.best: Found | None = None
        self.asked: dict[tuple[tuple[int, Fraction], ...], str] = {}

    @property
    def left(self) -> float:
        return self.until - time.monotonic()

    @property
    def best_cost(self) -> float:
        return inf if self.best is None else float(self.best.cost)

    @property
    def goal(self) -> float:
        """A bound this high ends the search: what is left to gain is rounding."""
        return inf if self.best is None else float(self.best.cost - self.best.rounding) * (1 - CLOSE / 2)

    # -- branch and bound ----------------------------------------------------------------------------------------------

    def run(self) -> Found | None:
        bound = 0.0
        for cap in CAPS:
            box = self._box(cap)
            most = inf if self._whole(box) else cap
            bound = self._branch(box, most, bound)
            if self.left <= 0 or bound < most or most == inf or bound >= self.goal:
                break
        if self.best is None:
            return None
        best = self.best
        proved = best.cost if bound >= float(best.cost) else exact(max(bound, 0.0))
        return Found(best.values, best.cost, proved, best.rounding, best.verdict)

    def _box(self, cap: float) -> list[tuple[float, float]]:
        """The relative changes that cost at most `cap` each, within what is allowed."""
        found = []
        for figure, weight in zip(self.model.figures, self.model.weights, strict=True):
            low = -inf if figure.low is None else float((figure.low - figure.now) / figure.scale)
            high = inf if figure.high is None else float((figure.high - figure.now) / figure.scale)
            found.append((max(low, -cap / weight), min(high, cap / weight)))
        return found

    def _whole(self, box: Box) -> bool:
        """Whether a box holds all that is allowed, so that a dearer one would be no wider."""
        widest = self._box(CAPS[-1])
        return all(a == b for a, b in zip(box, widest, strict=True))

    def _branch(self, box: Box, cap: float, floor_: float) -> float:
        """Search one box; the lowest cost that is left open, at least `floor_`."""
        number = count()
        heap: list[tuple[float, int, Box, Point]] = []
        closed, turn = cap, count()
        try:
            self._push(heap, number, box, cap)
            while heap:
                bound, _, area, point = heap[0]
                if bound >= self.goal or self.left <= 0:
                    return max(bound, floor_)
                heapq.heappop(heap)
                try:
                    pieces = self._halves(area, point)
                    if not pieces or next(turn) % EVERY == 0 or self.best is None or self.model.opaque:
                        self._try(point, area)
                    if bound >= self.goal:
                        return max(bound, floor_)
                    if not pieces:
                        closed = min(closed, bound)  # nothing left to divide; what the gate does not accept stays open
                    for piece in pieces:
                        self._push(heap, number, piece, min(cap, self.best_cost))
                except TimeUp:
                    heapq.heappush(heap, (bound, next(number), area, point))
                    return max(bound, floor_)
        except TimeUp:
            return floor_
        return max(floor_, min(closed, self.best_cost))

    def _push(self, heap: list[tuple[float, int, Box, Point]], number: count[int], box: Box, most: float) -> None:
        point = self.model.solve(box, most=most, seconds=self.left)
        if point is not None:
            heapq.heappush(heap, (point.bound, next(number), box, point))

    def _halves(self, box: Box, point: Point) -> list[Box]:
        """The box cut in two where its planes are furthest from the products, or its opaque tests are widest."""
        worst, at = 0.0, -1
        for below in point.chosen:
            for monomial, factor in self.model.inequalities[below].terms:
                if sum(p for _, p in monomial) < 2:
                    continue
                width = 1.0
                for index, power in monomial:
                    low, high = box[index]
                    width *= max(abs(low), abs(high), 1e-9) ** (power - 1) * (high - low)
                wide = max((i for i, _ in monomial), key=lambda i: box[i][1] - box[i][0])
                if abs(factor) * width > worst:
                    worst, at = abs(factor) * width, wide
        for test in self.model.opaque:
            for index in test.variables:
                if at < 0 or box[index][1] - box[index][0] > box[at][1] - box[at][0]:
                    at = index
        if at < 0 or box[at][1] - box[at][0] < 1e-9:
            return []
        low, high = box[at]
        cut = min(
            max(0.6 * point.changes[at] + 0.2 * (low + high), low + 0.15 * (high - low)), high - 0.15 * (high - low)
        )
        return [[*box[:at], piece, *box[at + 1 :]] for piece in ((low, cut), (cut, high))]

    # -- offers --------------------------------------------------------------------------------------------------------

    def _try(self, point: Point, box: Box) -> None:
        """Offers near a solution: itself, and where products are only bounded, with all but one factor of each held."""
        if not self.model.products and not self.model.opaque:
            exact_point = self.model.solve(box, only=point.chosen, seconds=self.left)
            self._round(exact_point or point, box)
            return
        for least in (SMALL, 0.0):
            still = {i for i, t in enumerate(point.changes) if abs(t) < least}
            for held in self._covers(still):
                fixed = [
                    (0.0, 0.0) if i in still else (point.changes[i],) * 2 if i in held else span
                    for i, span in enumerate(box)
                ]
                found = self.model.solve(fixed, only=point.chosen, seconds=self.left)
                if found is not None and found.cost < self.best_cost * (1 - CLOSE / 4):
                    self._round(found, fixed)
            if point.bound >= self.goal:
                return
        if self.model.opaque:
            self._towards(point)

    def _covers(self, still: set[int]) -> list[frozenset[int]]:
        """Sets of figures that leave every product linear when they and `still` are held, from several starts."""
        order = sorted({i for m in self.model.products for i, _ in m} - still)
        found: list[frozenset[int]] = []
        for start in (-1, *order):
            held: set[int] = {start} - {-1}
            for monomial in self.model.products:
                free = [i for i, p in monomial for _ in range(p) if i not in held and i not in still]
                while len(free) > 1:
                    held.add(free[0])
                    free = [i for i in free if i not in held]
            if frozenset(held) not in found:
                found.append(frozenset(held))
            if not held:
                break
        return found

    def _towards(self, point: Point) -> None:
        """For tests that are only bounded: the first point that passes on the way from a solution to one that does."""
        for anchor in self._anchors():
            if self.left <= 0 or point.bound >= self.goal:
                return
            low, high = (0.0, 0.0) if self._passes(point.changes) else (0.0, 1.0)
            at = list(point.changes)
            while high - low > 1e-7 and self.left > 0:
                middle = (low + high) / 2
                at = [a + middle * (b - a) for a, b in zip(point.changes, anchor, strict=True)]
                low, high = (low, middle) if self._passes(at) else (middle, high)
            at = [a + high * (b - a) for a, b in zip(point.changes, anchor, strict=True)]
            for digits in DIGITS:
                if self._offer({i: self._decimals(i, t, digits)[0] for i, t in enumerate(at)}, digits):
                    break

    def _anchors(self) -> list[list[float]]:
        """Points that pass: the best offer, or at first the nearest corners of what the opaque tests look at."""
        if self.best is not None:
            figures = self.model.figures
            now = [float((self.best.values.get(i, f.now) - f.now) / f.scale) for i, f in enumerate(figures)]
            return [now]
        looked_at = sorted(frozenset().union(*(o.variables for o in self.model.opaque)))[:CORNERS]
        box, found = self._box(CAPS[0]), []
        for ends in product((None, 0, 1), repeat=len(looked_at)):
            corner = [0.0] * len(box)
            for index, end in zip(looked_at, ends, strict=True):
                corner[index] = 0.0 if end is None else 0.95 * box[index][end]
            if self._passes(corner):
                found.append(corner)
        weights = self.model.weights
        found.sort(key=lambda corner: sum(w * abs(t) for w, t in zip(weights, corner, strict=True)))
        return found[: 2 * CORNERS]

    def _passes(self, changes: Sequence[float]) -> bool:
        return bool(self._verdict({i: self._value(i, t) for i, t in enumerate(changes)}))

    def _value(self, index: int, change: float) -> Fraction:
        figure = self.model.figures[index]
        return figure.now if abs(change) <= NEAR / 10 else figure.now + figure.scale * exact(change)

    # -- decimals ------------------------------------------------------------------------------------------------------

    def _round(self, point: Point, box: Box) -> None:
        """The solution as decimals that pass: away from today's value first, then whatever leaves room for the rest."""
        for digits in DIGITS:
            if self._settle({}, point, box, digits, [ROUNDINGS]) or self.left <= 0:
                return

    def _settle(self, made: Values, point: Point, box: Box, digits: int, tries: list[int]) -> bool:
        """Round one figure after another, each time asking for the best of the others; True once one passes."""
        whole = {i: self._decimals(i, t, digits) for i, t in enumerate(point.changes) if i not in made}
        if self._offer({**made, **{i: options[0] for i, options in whole.items()}}, digits):
            return True
        moving = [i for i, options in whole.items() if len(options) > 1]
        moving.sort(key=lambda i: box[i][0] < box[i][1])
        if not moving or tries[0] <= 0:
            return False
        index = moving[0]
        for option in whole[index]:
            tries[0] -= 1
            if tries[0] <= 0 or self.left <= 0:
                return False
            figure = self.model.figures[index]
            change = float((option - figure.now) / figure.scale)
            fixed: list[tuple[float, float]] = [*box[:index], (change, change), *box[index + 1 :]]
            rest = self.model.solve(fixed, only=point.chosen, seconds=self.left)
            if rest is not None and self._settle({**made, index: option}, rest, fixed, digits, tries):
                return True
        return False

    def _decimals(self, index: int, change: float, digits: int) -> list[Fraction]:
        """Decimals for one figure, the likeliest first; today's value alone where it does not move."""
        figure = self.model.figures[index]
        if abs(change) <= NEAR:
            return [figure.now]
        value = figure.now + figure.scale * exact(change)
        found: list[Fraction] = [figure.now] if abs(change) <= SMALL else []
        step = _step(value, digits)
        for places in range(digits + 1):
            unit = step * 10 ** (digits - places)
            short = round(value / unit) * unit
            if abs(short - value) <= Fraction(NEAR) * abs(value):
                found.append(short)
                break
        down = (value // step) * step
        found += [down + step, down] if change > 0 else [down, down + step]
        return list(dict.fromkeys(self._within(figure, v) for v in found))

    def _within(self, figure: Figure, value: Fraction) -> Fraction:
        if figure.low is not None and value < figure.low:
            return figure.low
        return figure.high if figure.high is not None and value > figure.high else value

    def _offer(self, values: Values, digits: int) -> bool:
        """Keep the values if they pass and are the cheapest so far; True if they pass."""
        moved = {i: v for i, v in values.items() if v != self.model.figures[i].now}
        if not moved or not self._verdict(moved):
            return False
        figures = self.model.figures
        cost = sum(
            (figures[i].weight * abs(v - figures[i].now) / figures[i].scale for i, v in moved.items()), Fraction(0)
        )
        if self.best is None or cost < self.best.cost * (1 - Fraction(CLOSE) / 8):
            steps = (figures[i].weight * _step(v, digits) / figures[i].scale for i, v in moved.items())
            self.best = Found(moved, cost, Fraction(0), sum(steps, Fraction(0)), self._verdict(moved))
        return True

    def _verdict(self, values: Values) -> str:
        """What the gate says, if the values lie in the region at all."""
        key = tuple(sorted((i, v) for i, v in values.items() if v != self.model.figures[i].now))
        if key not in self.asked:
            at = {i: values.get(i, f.now) for i, f in enumerate(self.model.figures)}
            self.asked[key] = self.gate(dict(key)) if holds(self.model.region, at) else ""
        return self.asked[key]


def _step(value: Fraction, digits: int) -> Fraction:
    """One in the last of so many significant digits of a value, at least as fine as 1e-6 for small whole ones."""
    size = floor(log10(abs(float(value)))) if value else 0
    return Fraction(10) ** (size - digits + 1)
