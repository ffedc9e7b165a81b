"""Quality checks: figures that can be read but that somebody should look at again.

They never change a value and never stop anything; each is a warning with its place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from ecopark.core.period import Period
from ecopark.core.rounding import short_text
from ecopark.core.unit import PERCENT, unit
from ecopark.errors import Problem, UnitError
from ecopark.observations.model import Facts, Observation
from ecopark.observations.quantity import Catalogue, Quantity, catalogue


@dataclass(frozen=True, slots=True)
class Tolerances:
    """From when on a difference is worth a word.

    Parameters
    ----------
    jump
        A year-on-year change by more than this factor, up or down.
    reuse, water
        Share of industrial water reused from which a fresh-water use above `water` [m3 / 10^4 CNY of value added] is odd: a
        park that reuses nine tenths or more and still draws more than the eco-industrial standard allows has probably
        given its total water.
    """

    jump: Fraction = Fraction(3)
    reuse: Fraction = Fraction(90, 100)
    water: Fraction = Fraction(8)


def quality_checks(facts: Facts, tolerances: Tolerances | None = None, known: Catalogue | None = None) -> list[Problem]:
    """Findings that stop nothing: plausible ranges, odd years, jumps, part and whole, overlaps.

    Figures given in two ways (a year and its months, a park and its firms) are `indicators.differences`.
    """
    return [*figure_checks(facts, facts.observations, tolerances, known), *isolated_years(facts)]


def figure_checks(
    facts: Facts, about: Sequence[Observation], tolerances: Tolerances | None = None, known: Catalogue | None = None
) -> list[Problem]:
    """The findings on some figures, held against all others: everything of `quality_checks` but odd years."""
    tolerances = tolerances or Tolerances()
    known = known or catalogue()
    numbers = [
        (o, quantity)
        for o in about
        if isinstance(o.value, Fraction)
        and not o.not_applicable
        and (quantity := known.quantities.get(o.quantity)) is not None
    ]
    return [
        *_ranges(numbers),
        *_not_whole(numbers),
        *_rates(about, known),
        *_jumps(numbers, facts, tolerances.jump),
        *_identities(facts, about, known),
        *_fresh_or_total(facts, about, tolerances),
        *_overlaps(numbers, facts),
    ]


@cache
def held_together() -> dict[str, frozenset[str]]:
    """Quantity -> the quantities whose findings hang on it: part and whole, and fresh beside reused water."""
    found: dict[str, set[str]] = defaultdict(set)
    water = {FRESH_WATER, REUSED_WATER, VALUE_ADDED, WATER_INTENSITY, WATER_REUSE}
    for part, whole in catalogue().identities:
        found[part].add(whole)
        found[whole].add(part)
    for name in water:
        found[name] |= water - {name}
    return {name: frozenset(others) for name, others in found.items()}


Numbers = list[tuple[Observation, Quantity]]


def _number(observation: Observation | None) -> Fraction | None:
    if observation is None or observation.not_applicable or not isinstance(observation.value, Fraction):
        return None
    return observation.value


def _at_least(a: Fraction, b: Fraction) -> bool:
    """Whether a >= b; by floats where these tell it for sure, for there may be a million figures."""
    x, y = a.numerator / a.denominator, b.numerator / b.denominator
    return x > y if abs(x - y) > 1e-9 * (abs(x) + abs(y)) else a >= b


def _ranges(numbers: Numbers) -> Iterable[Problem]:
    for o, quantity in numbers:
        value = _number(o)
        if value is None or "by code" in quantity.unit:
            continue
        low, high = quantity.low, quantity.high
        if (low is None or _at_least(value, low)) and (high is None or _at_least(high, value)):
            continue
        bounds = f"{'-∞' if low is None else short_text(low)} … {'+∞' if high is None else short_text(high)} {o.unit}"
        yield Problem(
            "implausible",
            o.place,
            f"{quantity.zh}{o.period} 为 {short_text(value)} {o.unit}（填写“{o.given}”），超出合理范围 {bounds}。",
            f"{quantity.en}, {o.period}, is {short_text(value)} {o.unit} (typed '{o.given}'), outside the plausible range "
            f"{bounds}.",
            "请核对数值和单位。",
            "Check the number and its unit.",
            "warning",
        )


def _not_whole(numbers: Numbers) -> Iterable[Problem]:
    """Half a firm, half an accident."""
    for o, quantity in numbers:
        value = _number(o)
        if value is None or not quantity.counts or value.denominator == 1:
            continue
        yield Problem(
            "not-whole",
            o.place,
            f"{quantity.zh}{o.period} 填了“{o.given}”，计数应为整数。",
            f"{quantity.en}, {o.period}, says '{o.given}'; what is counted is a whole number.",
            "请核对数值和单位。",
            "Check the number and its unit.",
            "warning",
        )


def _rates(about: Iterable[Observation], known: Catalogue) -> Iterable[Problem]:
    """Rates given as published, in %, below 0 or above 100."""
    for o in about:
        value = _number(o)
        if value is None or o.quantity in known.quantities or 0 <= value <= 100 or not _percent(o.unit):
            continue
        yield Problem(
            "implausible-rate",
            o.place,
            f"“{o.quantity}”{o.period} 填了“{o.given}”，不在 0 … 100 % 之间。",
            f"{o.quantity}, {o.period}, says '{o.given}', which is not between 0 and 100 %.",
            "请核对数值和单位；增长率可以不在此范围。",
            "Check the number and its unit; a rate of growth may lie outside.",
            "warning",
        )


def _percent(text: str) -> bool:
    try:
        return unit(text).same_as(PERCENT)
    except UnitError:
        return False


FAR = 3
"""A year further than this from its neighbours may be a typing accident."""


def isolated_years(facts: Facts) -> Iterable[Problem]:
    """Years that stand apart from the others of their subject: after a long gap, or with one figure only."""
    counts: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    first: dict[tuple[str, int], Observation] = {}
    for o in facts.observations:
        if o.period.kind != "always":
            counts[o.subject][o.period.year] += 1
            first.setdefault((o.subject, o.period.year), o)
    everyone = sorted({year for years in counts.values() for year in years})
    for subject, by_year in counts.items():
        years = sorted(by_year)
        if len(years) == 1:
            near = [y for y in everyone if y != years[0]]
            odd = [years[0]] if near and years[0] - near[-1] > FAR else []
        else:
            odd = _odd_years(years, by_year)
            near = [y for y in years if y not in odd]
        for year in odd:
            others = ", ".join(str(y) for y in near[-5:])
            yield Problem(
                "isolated-year",
                first[subject, year].place,
                f"{year} 年：年份对吗？“{subject}”该年有 {by_year[year]} 个数，其他年份为 {others}。",
                f"{year}: is the year right? '{subject}' has {by_year[year]} figure(s) for it; other years are {others}.",
                "请核对年份。",
                "Check the year.",
                "warning",
            )


AHEAD = 5
"""So many years beyond the newest rule a figure may be a plan; further on its year may be a typing accident."""


def years_ahead(facts: Facts, newest: int) -> Iterable[Problem]:
    """Years far beyond anything the rules know of, also where no other year stands beside them. No clock is read.

    Parameters
    ----------
    newest
        Newest year of the rules: standards in force, dated factors.
    """
    said = {(str(w.place)) for w in facts.warnings if w.code == "isolated-year"}
    first: dict[tuple[str, int], Observation] = {}
    for o in facts.observations:
        if o.period.kind != "always" and o.period.year > newest + AHEAD:
            first.setdefault((o.subject, o.period.year), o)
    for (_, year), o in first.items():
        if str(o.place) in said:
            continue
        yield Problem(
            "year-ahead",
            o.place,
            f"{year} 年：年份对吗？最新的标准和系数为 {newest} 年。",
            f"{year}: is the year right? The newest standards and factors are of {newest}.",
            "请核对年份。",
            "Check the year.",
            "warning",
        )


def _odd_years(years: list[int], counts: dict[int, int]) -> list[int]:
    odd: list[int] = []
    for at in range(len(years) - 1, 0, -1):
        after, before = years[at:], years[:at]
        far = years[at] - years[at - 1] > FAR
        if far and sum(counts[y] for y in after) <= sum(counts[y] for y in before):
            odd = after
    single = max(counts.values()) > 1
    for at, year in enumerate(years):
        gap = min(abs(year - other) for other in years[max(0, at - 1) : at + 2] if other != year)
        if single and counts[year] == 1 and gap > 1 and year not in odd:
            odd.append(year)
    return sorted(odd)


def _jumps(numbers: Numbers, facts: Facts, factor: Fraction) -> Iterable[Problem]:
    for o, quantity in numbers:
        if o.period.kind != "year" or quantity.kind not in ("flow", "stock", "share", "count"):
            continue
        before = _number(facts.get(o.subject, o.quantity, o.period.years_back(1), o.by))
        now = _number(o)
        if before is None or now is None or before <= 0 or now <= 0:
            continue
        if _at_least(before * factor, now) and _at_least(now * factor, before):
            continue
        ratio = now / before
        subject = facts.subjects.get(o.subject)
        breaks = subject.scope_breaks(o.period.year - 1, o.period.year) if subject else ()
        why_zh = "".join(f"（{y} 年口径变化：{t['zh']}）" for y, t in breaks)
        why_en = "".join(f" (scope changed in {y}: {t['en']})" for y, t in breaks)
        yield Problem(
            "jump",
            o.place,
            f"{quantity.zh}{o.period} 年为上年的 {short_text(ratio)} 倍{why_zh}。",
            f"{quantity.label['en']}: {o.quantity} in {o.period} is {short_text(ratio)} times the year before{why_en}.",
            "请核对单位和口径。",
            "Check its unit and scope.",
            "warning",
        )


def _identities(facts: Facts, about: Iterable[Observation], known: Catalogue) -> Iterable[Problem]:
    pairs: dict[str, list[str]] = defaultdict(list)
    for part, whole in known.identities:
        pairs[part].append(whole)
    for o in about:
        value = _number(o)
        if value is None:
            continue
        for whole in pairs.get(o.quantity, ()):
            other = facts.get(o.subject, whole, o.period, o.by)
            total = _number(other)
            if other is None or total is None:
                continue
            try:
                restated = value * unit(o.unit).factor_to(unit(other.unit))
            except UnitError:
                continue
            if restated <= total:
                continue
            yield Problem(
                "part-exceeds-whole",
                o.place,
                f"{known[o.quantity].zh}{o.period} 为 {short_text(restated)} {other.unit}，大于"
                f"{known[whole].zh} {short_text(total)} {other.unit}（{other.place}）。",
                f"{known[o.quantity].en}, {o.period}, is {short_text(restated)} {other.unit}, more than "
                f"{known[whole].en}, {short_text(total)} {other.unit} ({other.place}).",
                "部分不能大于整体，请核对两个数。",
                "A part cannot exceed the whole; check both.",
                "warning",
            )


def _overlaps(numbers: Numbers, facts: Facts) -> Iterable[Problem]:
    """An amount given for a code, and again for a part of it (``fuel=diesel`` beside ``fuel=diesel;use=power``)."""
    for o, quantity in numbers:
        if len(quantity.breakdowns) < 2 or not o.by:
            continue
        mine = set(o.by.split(";"))
        for other in facts.parts(o.subject, o.quantity, o.period):
            if mine < set(other.by.split(";")):
                yield Problem(
                    "by-overlap",
                    o.place,
                    f"{quantity.zh}{o.period} 既填了“{o.by}”，又填了“{other.by}”（{other.place}），两者相加。",
                    f"{quantity.en}, {o.period}: {o.by} and {other.by} ({other.place}) are both given and added.",
                    "请确认没有重复计算。",
                    "Make sure that nothing is counted twice.",
                    "warning",
                )


def closed_list_holes(facts: Facts, known: Catalogue | None = None) -> Iterable[Problem]:
    """Closed lists of which some codes are given and others are not: errors, for zeros must be typed."""
    known = known or catalogue()
    given: dict[tuple[str, str, Period], list[Observation]] = defaultdict(list)
    for o in facts.observations:
        if o.by:
            given[o.subject, o.quantity, o.period].append(o)
    for (_, name, period), rows in given.items():
        quantity = known.quantities.get(name)
        if quantity is None:
            continue
        for list_id in quantity.breakdowns:
            breakdown = known.breakdowns[list_id]
            have = {part for o in rows for part in o.by.split(";")}
            lacking = [
                c for c in breakdown.codes if c.id in breakdown.required and f"{breakdown.dimension}={c.id}" not in have
            ]
            if not lacking:
                continue
            ids = ", ".join(f"{breakdown.dimension}={c.id}" for c in lacking)
            labels = "、".join(c.label["zh"] for c in lacking)
            yield Problem(
                "breakdown-hole",
                rows[0].place,
                f"{quantity.zh}{period} 缺分项：{labels}（{ids}），合计无法计算。",
                f"{quantity.en}, {period}, lacks {ids}; its total stays missing.",
                "请补填；确实没有的填 0。",
                "Give them; type 0 where there is none.",
            )


FRESH_WATER, REUSED_WATER, VALUE_ADDED = (
    "industrial_fresh_water_m3",
    "industrial_water_reused_m3",
    "industrial_value_added",
)
WATER_INTENSITY, WATER_REUSE = "water.intensity_iva", "water.industrial_reuse"


def _fresh_or_total(facts: Facts, about: Iterable[Observation], tolerances: Tolerances) -> Iterable[Problem]:
    """A park with very high reuse of water beside high use of fresh water: is the figure fresh water, or all water?

    Only parks are looked at: a single plant may well use much of both.
    """
    parks = {s.id for s in facts.parks}
    where: dict[tuple[str, Period], Observation] = {}
    for o in about:
        if o.quantity in (FRESH_WATER, WATER_INTENSITY) and not o.by and o.subject in parks:
            where.setdefault((o.subject, o.period), o)
    for (subject, period), o in where.items():
        fresh, reused, added = (
            _number(facts.get(subject, name, period)) for name in (FRESH_WATER, REUSED_WATER, VALUE_ADDED)
        )
        intensity = (
            fresh / added if fresh and added else _reported(facts, subject, WATER_INTENSITY, period, "m3/10k CNY")
        )
        share = reused / (reused + fresh) if fresh and reused else _reported(facts, subject, WATER_REUSE, period, "1")
        if intensity is None or share is None or intensity <= tolerances.water or share < tolerances.reuse:
            continue
        rate, used = short_text(share * 100), short_text(intensity)
        yield Problem(
            "fresh-or-total-water",
            o.place,
            f"{period}：工业用水重复利用率 {rate} %，单位工业增加值新鲜水耗却达 {used} m3/万元，两者难以并存。",
            f"{period}: {rate} % of industrial water is reused, and yet {used} m3 of fresh water are used per 10k CNY of value "
            "added; the two hardly go together.",
            "请核对所填是否为新鲜水量（而不是用水总量）。",
            "Check that the figure is fresh water, not all water.",
            "warning",
        )


def _reported(facts: Facts, subject: str, rate: str, period: Period, wanted: str) -> Fraction | None:
    """A rate given as published, in the unit `wanted`."""
    found = facts.get(subject, rate, period)
    value = _number(found)
    return None if found is None or value is None else value * unit(found.unit).factor_to(unit(wanted))


def unequal_units(facts: Facts, known: Catalogue | None = None) -> Iterable[tuple[Observation, Problem]]:
    """Figures that are held against each other code by code but typed in two units: errors, for neither can be chosen.

    Each comes with the observation that has to go where the rest is used without it.
    """
    known = known or catalogue()
    partner = dict(known.same_units)
    for o in facts.observations:
        if o.quantity not in partner or not o.by:
            continue
        other = facts.get(o.subject, partner[o.quantity], o.period, o.by)
        if other is None or o.not_applicable or other.not_applicable or unit(o.unit).same_as(unit(other.unit)):
            continue
        a, b = known[o.quantity], known[other.quantity]
        yield (
            o,
            Problem(
                "unequal-units",
                o.place,
                f"{a.zh}{o.by} {o.period} 单位为 {o.unit}，{b.zh}（{other.place}）单位为 {other.unit}。",
                f"{a.en}, {o.by}, {o.period}, is in {o.unit}, but {b.en} ({other.place}) is in {other.unit}.",
                "两处请用同一单位填写。",
                "Give both in one unit.",
            ),
        )
