"""A firm's own sheet: every item with its rank, the distance to the next class, and what alone would reach it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial

from ecopark.core.rounding import decimal_text, round_to
from ecopark.core.text import Text
from ecopark.core.trace import Trace
from ecopark.expr.nodes import leaves
from ecopark.grading.firms import Firm
from ecopark.grading.grade import labels_of, last_position, value_of
from ecopark.grading.load import substitutes
from ecopark.grading.method import Group, Method
from ecopark.grading.result import FirmGrade, Grading, ItemScore
from ecopark.grading.what_if import Again, WhatIf
from ecopark.observations.quantity import catalogue

STEPS = 60
DIGITS = 6
"""A needed figure is told to this many significant digits, rounded to the safe side."""

UNREACHABLE = Text("单独改变此项达不到", "not reachable by this input alone")
FARTHEST = Fraction(1000)
"""An input is tried up to this many times (and down to a thousandth of) what it is."""


@dataclass(frozen=True, slots=True)
class Line:
    """One item with the firm's place among its group in it."""

    item: ItemScore
    rank: int | None
    of: int
    basis: str
    trace: Trace | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """The smallest change of one input alone that reaches the next class; `needed` None: there is none."""

    id: str
    label: Text
    unit: str
    now: Fraction
    needed: Fraction | None
    reason: Text = Text()


@dataclass(frozen=True)
class Sheet:
    """Everything a firm is told.

    Parameters
    ----------
    next_class, place_needed, score_needed, gap
        The next better class, the last place that still has it, its score, and the points missing; None where there is none.
    margin
        Points above the score below which the firm would leave its class; None in the last class.
    changes
        The smallest change of each single input, each verified by grading everybody again; smallest first.
    """

    firm: FirmGrade
    method: Method
    lines: tuple[Line, ...]
    next_class: str | None = None
    place_needed: int | None = None
    score_needed: Fraction | None = None
    gap: Fraction | None = None
    margin: Fraction | None = None
    why_none: Text = Text()
    changes: tuple[Change, ...] = ()
    period: str = ""


def sheet_of(grading: Grading, firm_id: str) -> Sheet:
    """The sheet of one firm.

    Raises
    ------
    EcoparkError
        There is no such firm.
    """
    graded = grading.of(firm_id)
    method, group = grading.method, grading.method.group(graded.group)
    lines = tuple(_lines(grading, graded, group))
    made = Sheet(graded, method, lines, margin=_margin(grading, graded), period=grading.table.period)
    target = _target(grading, graded)
    if isinstance(target, Text):
        return replace(made, why_none=target)
    next_class, place, threshold = target
    assert graded.score is not None
    changes = sorted(_changes(grading, graded, group, next_class), key=_size)
    gap = max(Fraction(0), threshold - graded.score)
    return replace(
        made, next_class=next_class, place_needed=place, score_needed=threshold, gap=gap, changes=tuple(changes)
    )


def _size(change: Change) -> tuple[bool, Fraction]:
    """How large a change is against what the figure is; those that reach nothing come last."""
    if change.needed is None or not change.now:
        return True, Fraction(0)
    return False, abs(change.needed - change.now) / abs(change.now)


def _margin(grading: Grading, graded: FirmGrade) -> Fraction | None:
    """Points by which a firm stands above the end of its class."""
    cutoffs = grading.method.cutoffs
    if cutoffs is None or graded.by_rank is None or graded.score is None:
        return None
    own = next(c for c in cutoffs.classes if c.id == graded.by_rank)
    if own.limit is None:
        return None
    if cutoffs.kind == "scores":
        return graded.score - own.limit
    others = _others(grading, graded)
    place = last_position(own.id, len(others) + 1, cutoffs)
    return graded.score - others[place - 1] if 1 <= place <= len(others) else None


def _lines(grading: Grading, graded: FirmGrade, group: Group) -> Iterator[Line]:
    peers = [f for f in grading.firms if f.group == graded.group and not f.exempt and not f.outside]
    bases = {i.id: i.basis for i in group.items} | {a.id: a.basis for a in grading.method.adjustments}
    for at, item in enumerate(graded.items):
        earned = [f.items[at].points or Fraction(0) for f in peers if f.items[at].value is not None]
        place = None
        if item.value is not None and not graded.exempt:
            place = 1 + sum(p > (item.points or 0) for p in earned)
        indicator = grading.method.indicators.get(item.id)
        trace = None if indicator is None else value_of(indicator, graded.firm, labels_of(grading.method))[0]
        if trace is not None and item.base is not None and item.base_note:
            label = Text("基准值", "base")
            base = Trace("parameter", item.id, item.base, item.unit, label, note=item.base_note)
            trace = replace(trace, inputs=(*trace.inputs, base))
        yield Line(item, place, len(earned), bases.get(item.id, ""), trace)


def _target(grading: Grading, graded: FirmGrade) -> tuple[str, int, Fraction] | Text:
    """The next better class, its last place and the score that reaches it; or why there is none."""
    cutoffs = grading.method.cutoffs
    if cutoffs is None:
        return Text("本方法没有分档界限，不定类。", "The method has no cut-offs: no class.")
    if graded.outside:
        return Text("该企业不在评价范围内。", "The firm is outside the scope of the method.")
    if graded.by_rank is None or graded.score is None or graded.rank is None:
        return Text("该企业未参加排序。", "The firm is not in the ranking.")
    at = cutoffs.ids.index(graded.by_rank)
    if at == 0:
        return Text("已是最高类别。", "Already in the best class.")
    if graded.grade != graded.by_rank:
        return Text(
            "类别由否决或保底规则决定，先解决该事项。", "The class is set by a veto or floor: settle that first."
        )
    better = cutoffs.classes[at - 1]
    if cutoffs.kind == "scores":
        assert better.limit is not None
        return better.id, graded.rank, better.limit
    others = _others(grading, graded)
    place = last_position(better.id, len(others) + 1, cutoffs)
    if place < 1:
        return Text("参评企业太少，没有上一类名额。", "Too few firms: the next class has no place.")
    return better.id, place, others[place - 1]


def _others(grading: Grading, graded: FirmGrade) -> list[Fraction]:
    """Scores of those ranked with the firm, best first."""
    together = [
        f
        for f in grading.firms
        if f.rank is not None and f is not graded and (grading.method.rank_within == "all" or f.group == graded.group)
    ]
    return sorted((f.score for f in together if f.score is not None), reverse=True)


# -- the smallest change -----------------------------------------------------------------------------------------------


def _inputs(firm: Firm, group: Group) -> Iterator[tuple[str, Text, str]]:
    """What a firm could change: the quantities behind its computed items, and its reported ratios."""
    seen: set[str] = set()
    for item in group.items:
        indicator = item.indicator
        names = [leaf.name for leaf in leaves(indicator.fitted.node)] if indicator.fitted is not None else []
        known = [n if n in firm.values else substitutes().get(n, n) for n in names]
        if names and all(isinstance(firm.values.get(n), Fraction) for n in known):
            for name in known:
                if name not in seen and (quantity := catalogue().find(name)) is not None:
                    seen.add(name)
                    yield name, quantity.label, quantity.unit
        elif isinstance(firm.values.get(indicator.id), Fraction):
            seen.add(indicator.id)
            yield indicator.id, indicator.label, indicator.unit


def _changes(grading: Grading, graded: FirmGrade, group: Group, next_class: str) -> Iterator[Change]:
    method, firm = grading.method, graded.firm
    look, again = WhatIf(grading, graded, group, next_class), Again(grading, group.id)

    def reached(name: str, value: Fraction) -> bool:
        return look.reached(firm.with_values({name: value}))

    def certain(name: str, value: Fraction) -> bool:
        found = again.by_rank(firm.with_values({name: value}))
        return found is not None and _as_good(method, found, next_class)

    for name, label, unit in _inputs(firm, group):
        now = firm.values[name]
        assert isinstance(now, Fraction)
        whole = unit == "person"
        tried = [v for found in _smallest(now, partial(reached, name), whole=whole) for v in found]
        needed = next((v for v in tried if certain(name, v)), None)
        yield Change(name, label, unit, now, needed, Text() if needed is not None else UNREACHABLE)


def _as_good(method: Method, found: str, wanted: str) -> bool:
    assert method.cutoffs is not None
    return method.cutoffs.ids.index(found) <= method.cutoffs.ids.index(wanted)


Reached = Callable[[Fraction], bool]


def _smallest(now: Fraction, reached: Reached, *, whole: bool) -> list[list[Fraction]]:
    """Where the class is reached, up and down from `now`, the nearer way first: a few values each, in order of trust."""
    if now <= 0:
        return []
    found = []
    for factor in (Fraction(2), Fraction(1, 2)):
        near, far = now, now * factor
        while not reached(far):
            near, far = far, far * factor
            if not now / FARTHEST <= far <= now * FARTHEST:
                break
        else:
            found.append(_rounded(*_halved(near, far, reached), whole=whole))
    return sorted(found, key=lambda values: abs(values[0] - now))


def _halved(near: Fraction, far: Fraction, reached: Reached) -> tuple[Fraction, Fraction]:
    """Two values close together, the first of which does not reach it and the second does."""
    for _ in range(STEPS):
        if abs(far - near) * 10 ** (DIGITS + 2) < abs(far):
            break
        middle = Fraction(decimal_text((near + far) / 2, DIGITS + 6))
        near, far = (near, middle) if reached(middle) else (middle, far)
    return near, far


def _rounded(near: Fraction, far: Fraction, *, whole: bool) -> list[Fraction]:
    """The value that reaches it to `DIGITS` digits, and the next ones on its safe side."""
    digits = len(str(int(abs(far)))) if abs(far) >= 1 else 0
    decimals = DIGITS - digits if abs(far) >= 1 else DIGITS + 2
    decimals = min(decimals, 0) if whole else decimals
    step = Fraction(10) ** -decimals * (1 if far > near else -1)
    first = round_to(far, decimals)
    return [v for v in (first, first + step, first + 2 * step) if v > 0 and (v - near) * step > 0]


__all__ = ["Change", "Line", "Sheet", "sheet_of"]
