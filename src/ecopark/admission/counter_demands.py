"""What each kind of rule asks of the project's numbers, as a region in which it neither refuses nor stays open.

A kind of rule whose demand has branches has one function here, marked `demand_of`; a kind that asks for plain comparisons
names them in its `rule_kind`. Rules of other kinds, and rules on places other than the size of the parcel, are not moved
by numbers: what they say now stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction

from ecopark.admission.counter_formulas import Formulas
from ecopark.admission.decision import Decision, Finding
from ecopark.admission.industry import covers
from ecopark.admission.place_rules import PlaceSpec
from ecopark.admission.places import is_free
from ecopark.admission.policy import RULE_KINDS, PolicyRule, in_force
from ecopark.admission.quota_rules import Quota, booked_year
from ecopark.admission.ratios import Ratio
from ecopark.admission.regions import NO, YES, Marks, Region, all_of, one_of
from ecopark.admission.review_rules import Item, Scorecard
from ecopark.admission.rules import Limit, Threshold, matches
from ecopark.core.period import year
from ecopark.core.value import Missing

Demand = Callable[[PolicyRule, Formulas], Region | None]
"""Where the rule is settled and does not refuse; None if it does not look at numbers."""
DEMANDS: dict[str, Demand] = {}


def demand_of(kind: str) -> Callable[[Demand], Demand]:
    """Register what a kind of rule asks of the numbers.

    Parameters
    ----------
    kind
        A registered kind of rule.
    """

    def register(demand: Demand) -> Demand:
        DEMANDS[kind] = demand
        return demand

    return register


def passing(decision: Decision, formulas: Formulas) -> Region:
    """Where the whole policy says yes.

    Parameters
    ----------
    decision
        What the gate says now; rules that numbers do not move keep their finding.
    formulas
        The project's figures, of which some may move.
    """
    settled = sum(f.status in ("met", "condition", "not_met") for f in decision.findings)
    return all_of(*(_of(f, formulas, settled) for f in decision.findings))


def _of(finding: Finding, formulas: Formulas, settled: int) -> Region:
    rule = finding.rule
    still = NO if finding.decides in ("refuse", "undetermined") else YES
    if finding.status in ("to_fill", "reported") or in_force(rule.since, rule.until, formulas.case.on):
        return still
    if rule.effect == "condition" and finding.status != "undetermined":
        return YES
    demand, plain = DEMANDS.get(rule.kind), RULE_KINDS[rule.kind].demands
    region = None if demand is None else demand(rule, formulas)
    if plain is not None and finding.status in ("met", "not_met"):
        region = all_of(*(formulas.keeps(d) for d in plain(rule, formulas.case)))
    if region is None:
        return still
    if rule.kind == "quota" and settled <= 1:
        # with nothing left to decide the verdict would stay open
        need = _need(rule.spec, rule, formulas, _exempt(rule.spec))
        return all_of(region, need[1])
    return region


# -- limits that depend on figures -------------------------------------------------------------------------------------


def _chosen(
    limits: Iterable[Limit], formulas: Formulas, wanted: Callable[[Limit], Region], otherwise: Region
) -> Region:
    """Where the first limit that holds is one under which `wanted` holds; `otherwise` counts where none holds."""
    code, day = formulas.case.project.industry_code, formulas.case.on
    found: list[Region] = []
    none_before: Region = YES
    for limit in limits:
        if limit.codes:
            if not code:
                return one_of(*found)
            if not covers(limit.codes, code):
                continue
        if in_force(limit.since, limit.until, day):
            continue
        if not limit.when:
            return one_of(*found, all_of(none_before, wanted(limit)))
        true, false = formulas.test(limit.when)
        found.append(all_of(none_before, true, wanted(limit)))
        none_before = all_of(none_before, false)
    return one_of(*found, all_of(none_before, otherwise))


@demand_of("threshold")
def threshold(rule: PolicyRule, formulas: Formulas) -> Region:
    """The ratio keeps to the limit that applies; which one applies may itself depend on figures that move."""
    spec: Threshold = rule.spec

    def kept(limit: Limit) -> Region:
        if limit.value is None:
            return YES
        true, false = formulas.compare(spec.ratio, limit.op, limit.value, rule.id)
        return one_of(true, false) if rule.effect == "condition" else true

    return _chosen(spec.limits, formulas, kept, YES)


# -- quotas ------------------------------------------------------------------------------------------------------------


def _need(spec: Quota, rule: PolicyRule, formulas: Formulas, most: Fraction) -> tuple[Region, Region]:
    return formulas.compare(spec.need, "<=", most, rule.id)


def _exempt(spec: Quota) -> Fraction:
    return max(Fraction(0), spec.exempt_below or Fraction(0))


@demand_of("quota")
def quota(rule: PolicyRule, formulas: Formulas) -> Region:
    """Every year's booking stays within what is left of the quota, or the need is so small that nothing is booked."""
    spec: Quota = rule.spec
    exempt, more = _need(spec, rule, formulas, _exempt(spec))

    def booked(ratio: Fraction) -> Region:
        return one_of(exempt, all_of(*_bookings(rule, formulas, ratio)))

    if rule.effect == "condition":
        return one_of(exempt, more)
    return _chosen(spec.ratios, formulas, lambda limit: booked(limit.value or Fraction(1)), booked(Fraction(1)))


def _bookings(rule: PolicyRule, formulas: Formulas, ratio: Fraction) -> list[Region]:
    """One demand a year for which something is booked and a balance is known."""
    spec, case = rule.spec, formulas.case
    first = booked_year(case)

    def within(of: Formulas, number: int) -> Region:
        left = None if case.quotas is None else case.quotas.get((spec.quota, number))
        names = (rule.id,) if number == first else ()
        return YES if left is None else of.compare(spec.need, "<=", left / ratio, *names)[0]

    found = {first: within(formulas, first)}
    for number in case.project.facts.years("project"):
        if number < case.on.year or case.project.start is not None:
            continue
        phase = formulas.at(year(number))
        if isinstance(phase.case.ratio(spec.need).value, Missing):
            continue
        nothing, some = phase.compare(spec.need, "<=", Fraction(0))
        found[number] = one_of(all_of(nothing, found.get(number, YES)), all_of(some, within(phase, number)))
    return list(found.values())


# -- scorecards --------------------------------------------------------------------------------------------------------


@demand_of("scorecard")
def scorecard(rule: PolicyRule, formulas: Formulas) -> Region | None:
    """No veto holds, and the points of all items reach the mark."""
    spec: Scorecard = rule.spec
    if rule.effect == "condition":
        return None
    no_veto = [formulas.compare(r, limit.op, limit.value or Fraction(0))[1] for _, r, limit in spec.vetoes]
    items, open_items = [], False
    for item in spec.items:
        options = _options(item, formulas)
        open_items = open_items or options is None
        items.append(options or ((Fraction(0), YES),))
    mark = spec.enough if open_items or spec.condition is None else spec.condition
    return all_of(*no_veto, Marks(mark, tuple(items)))


def _options(item: Item, formulas: Formulas) -> tuple[tuple[Fraction, Region], ...] | None:
    """The points of an item and where it gets them; None where that is not known.

    The first level that holds counts. An earlier level is only excluded where it gives less: claiming fewer points than
    are due never helps to reach the mark.
    """
    for entry, points in item.entries:
        held = matches(entry, formulas.case)
        if isinstance(held, Missing):
            return None
        if held:
            return ((points, YES),)
    if item.ratio is None:
        return ((Fraction(0), YES),)
    if isinstance(formulas.case.ratio(item.ratio).value, Missing):
        return None
    found: list[tuple[Fraction, Region]] = []
    earlier: list[tuple[Fraction, Region]] = []
    for level in item.levels:
        true, false = formulas.compare(item.ratio, level.op, level.value)
        found.append((level.points, all_of(true, *(f for p, f in earlier if p < level.points))))
        earlier.append((level.points, false))
    found.append((Fraction(0), all_of(*(f for p, f in earlier if p < 0))))
    return tuple(found)


# -- places ------------------------------------------------------------------------------------------------------------


@demand_of("place")
def place(rule: PolicyRule, formulas: Formulas) -> Region | None:
    """The land keeps within the parcel; whatever else a place says, another place is needed for another answer."""
    spec: PlaceSpec = rule.spec
    case = formulas.case
    parcel = None if case.site is None else case.site.parcel
    room = None if parcel is None else parcel.area_mu()
    if spec.aspect != "parcel" or parcel is None or room is None or not is_free(parcel, case.on.year):
        return None
    if spec.codes and not covers(spec.codes, case.project.industry_code):
        return None
    land = Ratio("land_area_mu", rule.label, "mu", "", "land_area_mu")
    within = formulas.compare(land, "<=", room)
    return one_of(*within) if rule.effect == "condition" else within[0]
