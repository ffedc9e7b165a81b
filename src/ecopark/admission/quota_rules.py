"""Kinds of rules on what a project takes from a shared total: the quotas, with replacement ratios."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ecopark.admission.policy import Booking, Case, Outcome, PolicyRule, Source, rows_of, rule_kind, undetermined
from ecopark.admission.ratios import Ratio
from ecopark.admission.rules import Limit, choose_limit, read_ratio
from ecopark.admission.wording import both
from ecopark.core.period import year
from ecopark.core.rounding import decimal_text
from ecopark.core.text import Text
from ecopark.core.value import Missing
from ecopark.packs.yaml_lines import Map

QUOTAS = ("energy", "co2", "cod", "nh3n", "so2", "nox", "vocs", "water", "land")


@dataclass(frozen=True, slots=True)
class Quota:
    """A quota: what the project needs of it, and how much of it one unit of need takes.

    Parameters
    ----------
    need
        The project's own need.
    ratios
        Replacement ratios by industry and year; 1 where none holds.
    exempt_below
        Needs up to this are not booked.
    """

    quota: str
    need: Ratio
    ratios: tuple[Limit, ...] = ()
    exempt_below: Fraction | None = None


def _read(node: Map, source: Source) -> Quota | None:
    name = str(node.get("quota") or "")
    if not name:
        source.problem("quota-missing", node.line, "缺 quota", f"say which quota, such as {', '.join(QUOTAS)}")
        return None
    need = read_ratio(node, source)
    made = []
    for entry in rows_of(node, "ratios"):
        if not isinstance(entry, Map):
            source.problem(
                "limit-shape", node.line_of("ratios"), "替代比例应为映射", "a replacement ratio is a mapping"
            )
            continue
        value = source.number(entry.get("value"), entry.line_of("value"), "ratio")
        if value is None or value <= 0:
            source.problem("limit-not-a-number", entry.line, "替代比例应为正数", "a replacement ratio is above zero")
            continue
        when = str(entry.get("when") or "")
        if when:
            source.formula(when, None, entry.line_of("when"))
        label = Text(str(entry.get("zh") or ""), str(entry.get("en") or ""))
        span = (source.day(entry, "from"), source.day(entry, "until"))
        made.append(Limit(">=", value, source.strings(entry.get("codes")), *span, when, label))
    exempt = source.number(node.get("exempt_below"), node.line_of("exempt_below"), "exempt_below")
    return None if need is None else Quota(name, need, tuple(made), exempt)


def booked_year(case: Case) -> int:
    """The year a quota is needed from: the start of production, else the assessed year, never one gone by."""
    return case.project.start or max(case.on.year, case.period.year)


def _ratio(spec: Quota, case: Case) -> tuple[Fraction, Text] | Outcome:
    if not spec.ratios:
        return Fraction(1), Text()
    chosen = choose_limit(spec.ratios, case)
    if isinstance(chosen, Outcome):
        return chosen if chosen.status == "undetermined" else (Fraction(1), Text())
    return chosen.value or Fraction(1), chosen.label


@rule_kind("quota", keys="quota ratio formula unit ratios exempt_below", read=_read)
def quota(rule: PolicyRule, case: Case) -> Outcome:
    """What the project needs of a quota, with its replacement ratio, against what is left."""
    spec: Quota = rule.spec
    trace = case.ratio(spec.need, rule.id)
    unit = spec.need.unit
    if isinstance(trace.value, Missing):
        return undetermined(trace.value, unit=unit, trace=trace)
    need = trace.value
    assert isinstance(need, Fraction)
    if need <= 0 or (spec.exempt_below is not None and need <= spec.exempt_below):
        words = both(need, unit)
        reason = Text(f"需 {words.zh}，无需占用指标", f"needs {words.en}: nothing to book")
        return Outcome("not_applicable", reason, need, unit=unit, trace=trace)
    found = _ratio(spec, case)
    if isinstance(found, Outcome):
        return found
    ratio, why = found
    bookings = _by_year(spec, need, ratio, case)
    words, times = both(need, unit), decimal_text(ratio)
    zh = f"需 {words.zh}" + (f"，替代比例 {times}（{why.zh}）" if ratio != 1 else "")
    en = f"needs {words.en}" + (f", replacement ratio {times} ({why.en})" if ratio != 1 else "")
    short, unknown, least = None, False, None
    for booking in bookings:
        left = None if case.quotas is None else case.quotas.get((booking.quota, booking.year))
        if left is None:
            unknown = True
        elif booking.required > left and short is None:
            short = (booking, left)
        least = left if least is None or (left is not None and left < least) else least
    limit = "" if least is None else f"<= {decimal_text(least / ratio)}"
    if short is not None:
        booking, left = short
        zh = f"{zh}；{booking.year}年余额 {decimal_text(left)}，不足"
        en = f"{en}; {decimal_text(left)} left in {booking.year}: not enough"
        return Outcome("not_met", Text(zh, en), need, limit, unit, trace, bookings=bookings)
    if unknown:
        zh, en = f"{zh}；余额未知，须经指标台账确认", f"{en}; the balance is not known here, the ledger must confirm it"
        return Outcome("condition", Text(zh, en), need, limit, unit, trace, bookings=bookings)
    return Outcome("met", Text(f"{zh}；余额足够", f"{en}; enough is left"), need, limit, unit, trace, bookings=bookings)


def _by_year(spec: Quota, need: Fraction, ratio: Fraction, case: Case) -> tuple[Booking, ...]:
    """One booking a phase: years ahead in which the project's own figures differ; else one for the first year."""
    first = booked_year(case)
    made = {first: Booking(spec.quota, need, spec.need.unit, first, ratio)}
    for number in case.project.facts.years("project"):
        if number < case.on.year or case.project.start is not None:
            continue
        phase = Case(case.project, case.policy, case.on, year(number), case.parameters)
        value = phase.ratio(spec.need).value
        if isinstance(value, Fraction) and value > 0:
            made[number] = Booking(spec.quota, value, spec.need.unit, number, ratio)
    return tuple(made[n] for n in sorted(made))
