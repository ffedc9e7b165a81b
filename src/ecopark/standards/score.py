"""Score rules: results of clauses into points, with the bounds between which the score must lie.

What is missing leaves the score open (None); it counts as zero only in the lower bound and as its best plausible value in
the upper one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ecopark.core.rounding import exact
from ecopark.core.text import Text
from ecopark.core.value import Scalar
from ecopark.packs.model import Clause, OptionSet, Pack, Rule
from ecopark.standards.result import Bounds, ClauseResult, ScorePart

ZERO = Fraction(0)


@dataclass(frozen=True)
class Score:
    """What a score rule gives.

    Parameters
    ----------
    value
        None while something it needs is missing.
    bounds
        None where a side is open.
    parts
        Terms, in the pack's order.
    choices
        Per option set the clauses that were counted.
    notes
        How options were chosen, what was assumed.
    """

    value: Fraction | None
    bounds: Bounds | None
    parts: tuple[ScorePart, ...] = ()
    choices: tuple[tuple[str, tuple[str, ...]], ...] = ()
    notes: tuple[Text, ...] = ()


ScoreRule = Callable[[Pack, Rule, Sequence[ClauseResult], Mapping[str, Scalar], Mapping[str, Any]], Score]
SCORE_RULES: dict[str, ScoreRule] = {}


def score_rule(name: str) -> Callable[[ScoreRule], ScoreRule]:
    """Register a score rule under `name`."""

    def register(rule: ScoreRule) -> ScoreRule:
        SCORE_RULES[name] = rule
        return rule

    return register


def score(
    pack: Pack, results: Sequence[ClauseResult], parameters: Mapping[str, Scalar], options: Mapping[str, Any]
) -> Score | None:
    """The score of a pack, or None where it has no score rule."""
    if pack.score is None:
        return None
    return SCORE_RULES[pack.score.name](pack, pack.score, results, parameters, options)


# -- ratio index -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Ratio:
    """Value over benchmark (or the inverse) of one clause."""

    result: ClauseResult
    value: Fraction | None
    low: Fraction | None
    high: Fraction | None
    note: Text = Text()

    @property
    def part(self) -> ScorePart:
        clause = self.result.clause
        return ScorePart(clause.id, clause.label, self.value, (self.low, self.high), self.note)


def _ratio(clause: Clause, value: Fraction, cap: Fraction | None, nonpositive: Fraction) -> tuple[Fraction, Text]:
    benchmark = clause.benchmark or Fraction(1)
    note = Text()
    if clause.direction == "lower":
        if value <= 0:
            ratio = nonpositive
            note = Text(
                "数值不大于零，逆指标比值按参数取定",
                "the value is not positive: the inverse ratio is set by a parameter",
            )
        else:
            ratio = benchmark / value
    else:
        ratio = value / benchmark
    return (ratio if cap is None else min(ratio, cap)), note


def _ratio_of(result: ClauseResult, cap: Fraction | None, nonpositive: Fraction) -> _Ratio:
    clause, value = result.clause, result.value
    if isinstance(value, bool):
        value = Fraction(int(value))
    if isinstance(value, Fraction):
        ratio, note = _ratio(clause, value, cap, nonpositive)
        return _Ratio(result, ratio, ratio, ratio, note)
    if clause.direction == "flag":
        return _Ratio(result, None, ZERO, Fraction(1))
    low, high = result.bounds or (None, None)
    worst: Fraction | None = ZERO
    best = cap
    if clause.direction == "lower":
        if low is not None and low > 0:
            best = _ratio(clause, low, cap, nonpositive)[0]
    else:
        if high is not None:
            best = _ratio(clause, high, cap, nonpositive)[0]
        if result.bounds is not None and low is None:
            worst = None  # a rate that may be negative without end: nothing can be said
        elif low is not None and low < 0:
            worst = _ratio(clause, low, cap, nonpositive)[0]
    return _Ratio(result, None, worst, best)


def _number(value: Scalar | None) -> Fraction | None:
    return value if isinstance(value, Fraction) else None


@score_rule("ratio_index")
def ratio_index(
    pack: Pack,
    rule: Rule,
    results: Sequence[ClauseResult],
    parameters: Mapping[str, Scalar],
    options: Mapping[str, Any],
) -> Score:
    """scale / divisor * sum of value-to-benchmark ratios over the mandatory and the chosen optional clauses.

    Ratios above 1 are not cut unless the `cap` parameter says so. An optional set contributes its chosen clauses: those the
    park names (``--set PACK.O1=8,9``), by default those of the given ones that score best.
    """
    cap = _number(parameters.get(str(rule.get("cap_parameter", "cap"))))
    nonpositive = _number(parameters.get(str(rule.get("nonpositive_inverse_parameter", "nonpositive_ratio"))))
    scale = exact(str(rule.get("scale", "100"))) / exact(str(rule.get("divisor", "1")))
    ratios = {
        r.id: _ratio_of(r, cap, Fraction(1) if nonpositive is None else nonpositive)
        for r in results
        if r.clause.benchmark
    }
    terms = [r for r in ratios.values() if not r.result.clause.option_set]
    choices, notes = [], []
    low: Fraction | None = _add([t.low for t in terms])
    high: Fraction | None = _add([t.high for t in terms])
    total: Fraction | None = _add([t.value for t in terms])
    parts = [t.part for t in terms]
    for option in pack.option_sets:
        members = [ratios[c] for c in option.clauses if c in ratios]
        named = _named(pack, option, options)
        if named:
            chosen = [m for m in members if m.result.id in named]
            pool, notes_ = chosen, Text(f"{option.id}：由园区选定", f"{option.id}: chosen by the park")
        else:
            known = sorted((m for m in members if m.value is not None), key=lambda m: m.value or ZERO, reverse=True)
            chosen = known[: option.need]
            pool = members
            tails = ", ".join(m.result.clause.tail for m in chosen) or "-"
            notes_ = Text(
                f"{option.id}：未指定，按已填报项中得分最高者选取（{tails}）",
                f"{option.id}: none named, the best of those given are counted ({tails})",
            )
        notes.append(notes_)
        choices.append((option.id, tuple(m.result.id for m in chosen)))
        parts += [m.part for m in chosen]
        lows = [m.low for m in pool if m.low is not None]
        enough_low = len(lows) >= min(option.need, len(pool))
        low = None if low is None or not enough_low else low + sum(sorted(lows, reverse=True)[: option.need], ZERO)
        highs = [m.high for m in pool]
        best = (
            None
            if None in highs
            else sum(sorted((h for h in highs if h is not None), reverse=True)[: option.need], ZERO)
        )
        high = None if high is None or best is None else high + best
        values = [m.value for m in chosen]
        enough = len(values) >= option.need and None not in values
        total = total + sum((v for v in values if v is not None), ZERO) if total is not None and enough else None
    bounds = (None if low is None else low * scale, None if high is None else high * scale)
    if total is not None and bounds[1] is None:
        # Options nobody has given could still score better, without limit: the choice made is the answer.
        bounds = (total * scale, total * scale)
    return Score(None if total is None else total * scale, bounds, tuple(parts), tuple(choices), tuple(notes))


def _add(values: Sequence[Fraction | None]) -> Fraction | None:
    return None if None in values else sum((v for v in values if v is not None), ZERO)


def _named(pack: Pack, option: OptionSet, options: Mapping[str, Any]) -> set[str]:
    chosen = options.get(option.id)
    if not chosen:
        return set()
    names = chosen.split(",") if isinstance(chosen, str) else chosen
    return {f"{pack.id}/{str(n).strip().split('/')[-1].lstrip('0')}" for n in names}


# -- points ------------------------------------------------------------------------------------------------------------


@score_rule("points")
def points(
    pack: Pack,
    rule: Rule,
    results: Sequence[ClauseResult],
    parameters: Mapping[str, Scalar],
    options: Mapping[str, Any],
) -> Score:
    """Points met / partly met / not met, as a percentage per group and overall; not applicable clauses are left out.

    ``overall`` is ``items`` (mean over all clauses) or ``categories`` (mean of the groups' percentages).
    """
    worth = {s: exact(str(rule.get(s, d))) for s, d in (("met", "1"), ("partly_met", "0.5"), ("not_met", "0"))}
    kinds = rule.get("kinds", ())
    asked = [
        r for r in results if (not kinds or r.clause.kind in kinds) and r.status not in ("not_applicable", "not_due")
    ]
    best, worst = max(worth.values()), min(worth.values())
    sums: list[tuple[int, Fraction | None, Fraction, Fraction]] = []
    groups: dict[str, list[tuple[Fraction | None, Fraction, Fraction]]] = {}
    for r in asked:
        known = worth.get(r.status)
        groups.setdefault(r.clause.group, []).append((known, *((worst, best) if known is None else (known, known))))
    parts = []
    for group, rows in groups.items():
        n = Fraction(len(rows)) * best
        value = _add([row[0] for row in rows])
        low, high = sum((row[1] for row in rows), ZERO) / n * 100, sum((row[2] for row in rows), ZERO) / n * 100
        parts.append(ScorePart(group, pack.group(group).label, None if value is None else value / n * 100, (low, high)))
        sums.append((len(rows), None if value is None else value / n * 100, low, high))
    if not sums:
        return Score(None, None)
    how = str(parameters.get("overall") or rule.get("overall", "items"))
    weights = [Fraction(n) if how == "items" else Fraction(1) for n, *_ in sums]
    whole = sum(weights, ZERO)

    def mean(values: Sequence[Fraction | None]) -> Fraction | None:
        total = _add([None if v is None else v * w for v, w in zip(values, weights, strict=True)])
        return None if total is None else total / whole

    value, low_, high_ = mean([s[1] for s in sums]), mean([s[2] for s in sums]), mean([s[3] for s in sums])
    note = (
        Text("总分为全部条款的平均", "overall: mean over all items")
        if how == "items"
        else Text("总分为各类别百分比的平均", "overall: mean of the categories' percentages")
    )
    return Score(value, (low_, high_), tuple(parts), (), (note,))
