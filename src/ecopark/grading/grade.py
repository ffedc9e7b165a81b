"""Grade firms exactly: values, points, missing-value rules, adjustments, ranks, classes, vetoes and exemptions.

One pass per group, every number a fraction, every step kept for the firm's sheet. `grading.columnar` does the same for
hundreds of thousands of firms in float64 and comes back here for whatever is too close to call.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache
from math import lcm

from ecopark.core.period import ALWAYS, Period
from ecopark.core.rounding import decimal_text, round_to
from ecopark.core.text import Text
from ecopark.core.trace import Trace
from ecopark.core.unit import unit
from ecopark.core.value import Missing, Result, Scalar, not_given
from ecopark.errors import InputError, PackError, Place, Problem
from ecopark.expr.fit import Fitted
from ecopark.expr.nodes import Leaf
from ecopark.expr.traced import evaluate
from ecopark.grading.findings import Findings
from ecopark.grading.firms import Firm, FirmTable
from ecopark.grading.load import substitutes
from ecopark.grading.method import (
    NEEDS_BASE,
    Adjustment,
    ClassRule,
    Cutoffs,
    Group,
    Indicator,
    Item,
    LastYear,
    Method,
)
from ecopark.grading.quick import quick
from ecopark.grading.result import FirmGrade, Grading, ItemScore
from ecopark.grading.score import MEAN_DECIMALS, Spread, base_of, needs_spread, points
from ecopark.observations.quantity import catalogue

TOLERANCE = Fraction(2, 100)
"""Relative difference between a ratio as given and as computed above which it is a finding."""

DENOMINATOR_BITS = 2000


# -- values ------------------------------------------------------------------------------------------------------------


class FirmLookup:
    """One firm's figures as the evaluator of formulas sees them."""

    def __init__(self, firm: Firm, labels: Mapping[str, tuple[Text, str]]) -> None:
        self.firm, self.labels = firm, labels

    def resolve(self, leaf: Leaf, period: Period) -> Trace:
        """The figure, or the one that stands in for it, or what is missing."""
        name = leaf.name
        known = catalogue().find(name)
        label, unit_text = self.labels.get(name) or (
            (known.label, known.unit) if known is not None else (Text(name, name), "")
        )
        if leaf.kind != "name" or leaf.back:
            return Trace("missing", name, Missing(Text("本方法不支持", "not supported for firms")), unit_text, label)
        if name in self.firm.values:
            return Trace(
                "observation", name, self.firm.values[name], unit_text, label, place=self.firm.places.get(name)
            )
        other = substitutes().get(name)
        if other is not None and (value := figure(self.firm, name)) is not None:
            note = Text(f"由 {other} 换算", f"converted from {other}")
            place = self.firm.places.get(other)
            return Trace("observation", name, value, unit_text, label, place=place, note=note)
        return Trace("missing", name, not_given(name, ALWAYS, label), unit_text, label)


def figure(firm: Firm, name: str) -> Scalar | None:
    """A firm's figure in the catalogue's unit, or the one that stands in for it; None where neither is given."""
    found = firm.values.get(name)
    if found is None and (other := substitutes().get(name)) is not None:
        value = firm.values.get(other)
        if isinstance(value, Fraction):
            return value * _stand_in(other, name)
    return found


@cache
def _stand_in(other: str, name: str) -> Fraction:
    return unit(catalogue()[other].unit).factor_to(unit(catalogue()[name].unit))


def quick_value(indicator: Indicator, firm: Firm) -> Fraction | None:
    """An indicator's value without its trace: computed, else as reported; None where it is missing or not simple."""
    found = None
    if indicator.fitted is not None:
        found = quick(indicator.fitted.node, lambda name: figure(firm, name))
    if found is None:
        found = firm.values.get(indicator.id)
    return found if isinstance(found, Fraction) else None


def value_of(indicator: Indicator, firm: Firm, labels: Mapping[str, tuple[Text, str]]) -> tuple[Trace, Text]:
    """An indicator's value for a firm, and a finding where what was given differs from what can be computed."""
    given = firm.values.get(indicator.id)
    computed = None
    if indicator.fitted is not None:
        computed = evaluate(indicator.fitted, FirmLookup(firm, labels), ALWAYS)
    place = firm.places.get(indicator.id)
    if computed is not None and isinstance(computed.value, Fraction):
        finding = Text()
        if isinstance(given, Fraction) and abs(given - computed.value) > TOLERANCE * max(
            abs(given), abs(computed.value)
        ):
            a, b = decimal_text(given, 8), decimal_text(computed.value, 8)
            finding = Text(
                f"{indicator.label.zh} 填报 {a}，按基础数据计算为 {b}，采用计算值",
                f"{indicator.id} is given as {a}, computed from its inputs it is {b}; the computed one is used",
            )
        trace = Trace(
            "indicator",
            indicator.id,
            computed.value,
            indicator.unit,
            indicator.label,
            inputs=(computed,),
            note=indicator.note,
        )
        return trace, finding
    if isinstance(given, Fraction):
        note = Text("填报率（不可复算）", "reported, not recomputable")
        return Trace("reported", indicator.id, given, indicator.unit, indicator.label, place=place, note=note), Text()
    missing: Result = not_given(indicator.id, ALWAYS, indicator.label)
    if computed is not None and any(not step.missing for step in computed.observations()):
        missing = computed.value
    inputs = (computed,) if computed is not None else ()
    return Trace("missing", indicator.id, missing, indicator.unit, indicator.label, inputs=inputs), Text()


def exact_value(indicator: Indicator, firm: Firm, labels: Mapping[str, tuple[Text, str]]) -> Fraction | None:
    """An indicator's value, exactly; None where it is missing."""
    value = quick_value(indicator, firm)
    if value is None or (indicator.fitted is not None and indicator.id in firm.values):
        traced = value_of(indicator, firm, labels)[0].value
        value = traced if isinstance(traced, Fraction) else None
    return value


def holds(fitted: Fitted | None, firm: Firm, labels: Mapping[str, tuple[Text, str]]) -> bool | None:
    """Whether a condition holds for a firm; None where it cannot be told."""
    if fitted is None:
        return None
    known = quick(fitted.node, lambda name: figure(firm, name))
    if isinstance(known, bool):
        return known
    value = evaluate(fitted, FirmLookup(firm, labels), ALWAYS).value
    return value if isinstance(value, bool) else None


def labels_of(method: Method) -> dict[str, tuple[Text, str]]:
    """Label and unit of the method's own inputs."""
    return {i.id: (i.label, i.unit) for i in method.inputs}


# -- groups ------------------------------------------------------------------------------------------------------------


NOWHERE = Text("不符合任何分组条件", "no group of the method takes it")


def group_of(firm: Firm, method: Method, labels: Mapping[str, tuple[Text, str]]) -> tuple[str, Text, Text]:
    """The group of a firm, how it was guessed where it was, and why no group takes it where none does.

    The group is the one given, else the first whose condition holds, else the one the firm has the most figures for.
    """
    if firm.group:
        return firm.group, Text(), Text()
    if len(method.groups) == 1 and not method.groups[0].when:
        return method.groups[0].id, Text(), Text()
    told = []
    for group in method.groups:
        told.append(holds(group.fitted, firm, labels))
        if told[-1]:
            return group.id, Text(), Text()
    best = max(method.groups, key=lambda g: (_figures(g, firm, labels), -method.groups.index(g)))
    if None not in told:
        return best.id, Text(), NOWHERE
    return best.id, guessed(best), Text()


def guessed(group: Group) -> Text:
    """What is told of a firm whose group was guessed."""
    return Text(
        f"未填分组，且按条件无法判断，按已有指标归入“{group.label.zh}”",
        f"no group is given and no condition decides; put into '{group.id}' by the indicators it has",
    )


def outside_of(
    firm: Firm, group: Group, labels: Mapping[str, tuple[Text, str]]
) -> tuple[ClassRule | None, tuple[ClassRule, ...]]:
    """The first condition of scope that a firm does not meet, and those that cannot be told of it."""
    still_open = []
    for rule in group.scope:
        told = holds(rule.fitted, firm, labels)
        if told is False:
            return rule, ()
        if told is None:
            still_open.append(rule)
    return None, tuple(still_open)


def out_of_scope(rule: ClassRule) -> Text:
    """What is told of a firm outside the scope."""
    return Text(
        f"不在评价范围内：不符合“{rule.label.zh}”", f"outside the scope of the method: it is not '{rule.label.en}'"
    )


def scope_open(rules: Sequence[ClassRule]) -> Text:
    """What is told of a firm whose scope cannot be checked."""
    zh, en = "、".join(r.label.zh for r in rules), ", ".join(r.label.en for r in rules)
    return Text(f"评价范围未能核对（{zh}）", f"its scope could not be checked ({en})")


def exempt_by(firm: Firm, method: Method, labels: Mapping[str, tuple[Text, str]]) -> ClassRule | None:
    """The first exemption that holds for a firm."""
    return next((e for e in method.exemptions if holds(e.fitted, firm, labels)), None)


def _figures(group: Group, firm: Firm, labels: Mapping[str, tuple[Text, str]]) -> int:
    return sum(quick_value(i.indicator, firm) is not None for i in group.items)


# -- ranks and classes -------------------------------------------------------------------------------------------------


def ranks(scores: Sequence[Fraction]) -> list[int]:
    """Competition ranks, highest first: equal scores share the rank of the first of them (1, 2, 2, 4)."""
    order = sorted(range(len(scores)), key=lambda i: -scores[i])
    found = [0] * len(scores)
    for at, i in enumerate(order):
        tied = at and scores[order[at - 1]] == scores[i]
        found[i] = found[order[at - 1]] if tied else at + 1
    return found


def class_at(position: int, of: int, score: Fraction, cutoffs: Cutoffs) -> str:
    """The class of a place in a ranking of `of` firms: lower bound excluded, upper bound included."""
    for entry in cutoffs.classes:
        if entry.limit is None:
            return entry.id
        if cutoffs.kind == "scores":
            if score >= entry.limit:
                return entry.id
        elif cutoffs.kind == "ranks":
            if position <= entry.limit:
                return entry.id
        elif position * 100 <= entry.limit * of:
            return entry.id
    return cutoffs.classes[-1].id


def last_position(class_id: str, of: int, cutoffs: Cutoffs) -> int:
    """The last place in a ranking of `of` firms that still gives a class, for shares and ranks."""
    limit = next(c.limit for c in cutoffs.classes if c.id == class_id)
    if limit is None:
        return of
    return min(of, int(limit if cutoffs.kind == "ranks" else limit * of / 100))


def classify(scores: Sequence[Fraction], cutoffs: Cutoffs) -> tuple[list[int], list[str]]:
    """Ranks and classes of scores that are ranked together.

    Examples
    --------
    >>> from ecopark.grading.method import Class
    >>> cut = Cutoffs("shares", (Class("A", Text(), Fraction(20)), Class("B", Text())))
    >>> classify([Fraction(n) for n in (9, 8, 8, 7, 1)], cut)
    ([1, 2, 2, 4, 5], ['A', 'B', 'B', 'B', 'B'])
    """
    rank = ranks(scores)
    tied: dict[int, int] = {}
    for r in rank:
        tied[r] = tied.get(r, 0) + 1
    of = len(scores)
    position = rank if cutoffs.ties == "best" else [r + tied[r] - 1 for r in rank]
    return rank, [class_at(p, of, s, cutoffs) for p, s in zip(position, scores)]


# -- grading -----------------------------------------------------------------------------------------------------------


def check_scorable(method: Method, groups: Iterable[str]) -> None:
    """Raise where a method lacks what the score of one of these groups needs.

    Raises
    ------
    PackError
        It names what is missing and where to fill it in.
    """
    wanted = set(groups)
    problems = [
        Problem(
            "method-incomplete",
            Place(f"{method.id}/method.yaml"),
            f"不能计分：{lack.zh}。",
            f"cannot score: {lack.en}.",
            "请用 --weight / --base 补充，或在自己的方法目录中填写。",
            "Give them with --weight / --base, or fill them in in a directory of your own.",
        )
        for group in method.groups
        if group.id in wanted and method.cannot_score(group)
        for lack in method.lacks()
        if lack.en.startswith(f"{group.id}:")
    ]
    if problems:
        raise PackError(problems)


@dataclass
class _Draft:
    """A firm on its way."""

    firm: Firm
    group: Group
    notes: list[Text]
    values: list[Fraction | None]
    reasons: list[Text]
    exempt: ClassRule | None = None
    outside: Text = Text()
    items: list[ItemScore] = field(default_factory=list)
    score: Fraction | None = None


def grade_firms(table: FirmTable, method: Method) -> Grading:
    """Grade all firms of a table by a method.

    Raises
    ------
    PackError
        The method lacks a weight or a base that is needed.
    InputError
        There is no firm.
    """
    if not table.firms:
        raise InputError([Problem("no-firms", Place(), "没有企业。", "there are no firms.")])
    labels = labels_of(method)
    drafts, findings = [], Findings()
    for firm in table.firms:
        group_id, guess, nowhere = group_of(firm, method, labels)
        group = method.group(group_id)
        draft = _Draft(firm, group, [], [], [])
        failed, still_open = outside_of(firm, group, labels)
        draft.outside = nowhere or (out_of_scope(failed) if failed is not None else Text())
        if draft.outside:
            findings.add("outside-scope", firm, draft.outside)
        else:
            for code, note in (
                ("group-guessed", guess),
                ("scope-open", scope_open(still_open) if still_open else None),
            ):
                if note:
                    draft.notes.append(note)
                    findings.add(code, firm, note)
            for item in group.items:
                value, reason, finding = _found(item.indicator, firm, labels)
                draft.values.append(value)
                draft.reasons.append(reason)
                if finding:
                    findings.add("rate-differs", firm, finding)
            draft.exempt = exempt_by(firm, method, labels)
        drafts.append(draft)
    check_scorable(method, (d.group.id for d in drafts if not d.outside))
    spreads: dict[tuple[str, str], Spread] = {}
    for group in method.groups:
        members = [d for d in drafts if d.group.id == group.id and not d.outside]
        _score(group, members, method, labels, spreads)
    warnings = (*table.warnings, *base_problems(method), *findings.problems())
    return Grading(method, table, tuple(_classed(drafts, method, labels)), warnings, spreads)


def base_problems(method: Method) -> list[Problem]:
    """A finding where a base that comes from last year's figures could not be made."""
    found = []
    for group in method.groups:
        names = [i for i in group.items if isinstance(i.base, LastYear)]
        if names:
            why = names[0].base_note or Text(
                "基准值取上年平均值，未提供", "the base is last year's mean, which is not given"
            )
            zh = f"{group.label.zh}：{'、'.join(i.indicator.label.zh for i in names)}：{why.zh}。"
            en = f"{group.id}: {', '.join(i.id for i in names)}: {why.en}."
            found.append(Problem("base-missing", Place(f"{method.id}/method.yaml"), zh, en, severity="warning"))
    return found


def _found(
    indicator: Indicator, firm: Firm, labels: Mapping[str, tuple[Text, str]]
) -> tuple[Fraction | None, Text, Text]:
    """Value, reason where it is missing, and finding; the traced form is asked where the quick one cannot tell."""
    value = quick_value(indicator, firm)
    if value is not None and (indicator.fitted is None or indicator.id not in firm.values):
        return value, Text(), Text()
    trace, finding = value_of(indicator, firm, labels)
    if isinstance(trace.value, Fraction):
        return trace.value, Text(), finding
    return None, trace.value.reason if isinstance(trace.value, Missing) else Text(), finding


def _score(
    group: Group,
    members: list[_Draft],
    method: Method,
    labels: Mapping[str, tuple[Text, str]],
    spreads: dict[tuple[str, str], Spread],
) -> None:
    counted = [d for d in members if d.exempt is None]
    for at, item in enumerate(group.items):
        spread = spread_of([v for d in counted if (v := d.values[at]) is not None]) if needs_spread(item) else Spread()
        spreads[(group.id, item.id)] = spread
        earned = {id(d): None if (v := d.values[at]) is None else points(v, item, spread) for d in members}
        known = [p for d in counted if (p := earned[id(d)]) is not None]
        average = mean(known) if item.missing.rule == "group_average" and known else None
        base = base_of(item, spread)
        for d in members:
            d.items.append(_item_score(item, d.values[at], d.reasons[at], earned[id(d)], base, average, len(known)))
    for d in members:
        for adjustment in method.adjustments:
            if not adjustment.groups or group.id in adjustment.groups:
                d.items.append(adjusted(adjustment, d.firm, labels))
        parts = [i.points for i in d.items]
        if parts and None not in parts:
            d.score = sum((p for p in parts if p is not None), Fraction(0))


def spread_of(values: Sequence[Fraction]) -> Spread:
    """Least, greatest and mean of the participants' values."""
    return Spread(min(values), max(values), mean(values)) if values else Spread()


def mean(values: Sequence[Fraction]) -> Fraction:
    """The mean: exact while the common denominator stays below `DENOMINATOR_BITS`, else rounded to `MEAN_DECIMALS`.

    Ratios of thousands of firms have a common denominator of thousands of digits, which every score would then carry.
    """
    common = 1
    for value in values:
        common = lcm(common, value.denominator)
        if common.bit_length() > DENOMINATOR_BITS:
            break
    else:
        return Fraction(sum(v.numerator * (common // v.denominator) for v in values), common * len(values))
    power = 10**40
    total = sum((v.numerator * power + v.denominator // 2) // v.denominator for v in values)
    return round_to(Fraction(total, power * len(values)), MEAN_DECIMALS)


def _item_score(
    item: Item, value: Fraction | None, why: Text, earned: Fraction | None, base: Fraction | None,
    average: Fraction | None, given: int,
) -> ItemScore:  # fmt: skip
    made = ItemScore(
        item.id, item.indicator.label, value, item.indicator.unit, base, item.weight, earned, base_note=item.base_note
    )
    if earned is not None:
        return made
    reason = why or item.base_note or Text("基准值不可用", "no usable base")
    if lacks_base(item, base):
        return replace(made, note=reason)
    match item.missing.rule:
        case "group_average" if average is not None:
            rule = Text(f"取本组 {given} 家得分平均值", f"the average of the {given} firms of the group that have it")
            return replace(
                made, points=average, note=Text(f"{reason.zh}；{rule.zh}", f"{reason.en}; {rule.en}"), filled=True
            )
        case "points":
            worth = decimal_text(item.missing.points)
            note = Text(f"{reason.zh}；按规则计 {worth} 分", f"{reason.en}; {worth} points by rule")
            return replace(made, points=item.missing.points, note=note, filled=True)
        case _:
            return replace(made, note=reason)


def lacks_base(item: Item, base: Fraction | None) -> bool:
    """Whether an item has no points for want of a base, which no missing-value rule fills."""
    return base is None and item.score in NEEDS_BASE


def adjusted(adjustment: Adjustment, firm: Firm, labels: Mapping[str, tuple[Text, str]]) -> ItemScore:
    """The points of a bonus or malus; none where nothing was claimed."""
    worth = Fraction(0)
    applies = adjustment.when is None or holds(adjustment.when, firm, labels) is True
    trace = evaluate(adjustment.points, FirmLookup(firm, labels), ALWAYS)
    if applies and isinstance(trace.value, Fraction):
        worth = max(trace.value, Fraction(0))
        worth = worth if adjustment.cap is None else min(worth, adjustment.cap)
    value = trace.value if isinstance(trace.value, Fraction) else None
    signed = worth if adjustment.kind == "bonus" else -worth
    return ItemScore(adjustment.id, adjustment.label, value, "1", None, None, signed)


def _classed(drafts: list[_Draft], method: Method, labels: Mapping[str, tuple[Text, str]]) -> Iterable[FirmGrade]:
    pools: dict[str, list[_Draft]] = {}
    for d in drafts:
        if d.exempt is None and d.score is not None:
            pools.setdefault(d.group.id if method.rank_within == "group" else "", []).append(d)
    placed: dict[int, tuple[int, int, str | None]] = {}
    for members in pools.values():
        scores = [d.score for d in members if d.score is not None]
        if method.cutoffs is None:
            rank, classes = ranks(scores), [None] * len(scores)  # type: ignore[assignment]
        else:
            rank, classes = classify(scores, method.cutoffs)  # type: ignore[assignment]
        for d, r, c in zip(members, rank, classes):
            placed[id(d)] = (r, len(members), c)
    made = [_final(d, placed.get(id(d)), method, labels) for d in drafts]
    by_id = {g.firm.id: g for g in made} | {g.firm.credit_code: g for g in made if g.firm.credit_code}
    return [_follow(g, by_id) if method.group(g.group).follows and not g.outside else g for g in made]


def _final(
    d: _Draft, place: tuple[int, int, str | None] | None, method: Method, labels: Mapping[str, tuple[Text, str]]
) -> FirmGrade:
    made = FirmGrade(d.firm, d.group.id, tuple(d.items), d.score)
    if d.outside:
        return replace(made, notes=(d.outside,), outside=d.outside)
    if d.exempt is not None:
        label = d.exempt.label
        note = Text(f"不参加分档：{label.zh}", f"outside the ranking: {label.en}")
        return replace(
            made, grade=d.exempt.grade or None, treated_as=d.exempt.treated_as, notes=(*d.notes, note), exempt=True
        )
    if place is None:
        return replace(made, notes=(*d.notes, *_open(d)))
    rank, of, by_rank = place
    grade, notes = by_rank, list(d.notes)
    if grade is not None and method.cutoffs is not None:
        grade, more = apply_rules(grade, d.firm, method, labels)
        notes += more
    return replace(made, rank=rank, of=of, by_rank=by_rank, grade=grade, notes=tuple(notes))


def _open(d: _Draft) -> list[Text]:
    names = [i for i in d.items if i.points is None]
    if not names:
        return []
    zh, en = "、".join(i.label.zh for i in names), ", ".join(i.id for i in names)
    return [Text(f"待定，缺：{zh}", f"undetermined, missing: {en}")]


def apply_rules(
    grade: str, firm: Firm, method: Method, labels: Mapping[str, tuple[Text, str]]
) -> tuple[str, list[Text]]:
    """The class after vetoes (at best ...) and floors (at worst ...)."""
    assert method.cutoffs is not None
    order, notes, vetoed = method.cutoffs.ids, [], False
    for rule in method.vetoes:
        if holds(rule.fitted, firm, labels):
            vetoed = True
            if order.index(grade) < order.index(rule.grade):
                notes.append(
                    Text(
                        f"一票否决：{rule.label.zh}，{grade}→{rule.grade}",
                        f"veto: {rule.label.en}, {grade} to {rule.grade}",
                    )
                )
                grade = rule.grade
    for rule in method.floors:
        if (
            holds(rule.fitted, firm, labels)
            and not (rule.unless_vetoed and vetoed)
            and order.index(grade) > order.index(rule.grade)
        ):
            notes.append(
                Text(f"保底：{rule.label.zh}，{grade}→{rule.grade}", f"floor: {rule.label.en}, {grade} to {rule.grade}")
            )
            grade = rule.grade
    return grade, notes


def _follow(tenant: FirmGrade, by_id: Mapping[str, FirmGrade]) -> FirmGrade:
    """A tenant's class is its landlord's."""
    owner = by_id.get(tenant.firm.landlord) if tenant.firm.landlord else None
    if owner is None or owner.firm.id == tenant.firm.id:
        note = Text(
            "租赁企业，出租方未填或不在名单中，待定",
            "a tenant whose landlord is not given or not in the list: undetermined",
        )
        return replace(tenant, score=None, rank=None, of=0, by_rank=None, grade=None, notes=(*tenant.notes, note))
    note = Text(f"随出租方 {owner.firm.id} 定类", f"takes the class of its landlord {owner.firm.id}")
    return replace(tenant, score=None, rank=None, of=0, by_rank=None, grade=owner.grade, notes=(*tenant.notes, note))
