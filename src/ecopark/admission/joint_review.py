"""Joint review: each office's opinion and signature, counted by consent or by votes.

By consent, nobody with a veto may object and enough offices must agree. By majority, the weights of those that agree are held
against the weights of all offices; an objection of an office with a veto refuses all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from ecopark.admission.policy import Case, Outcome, PolicyRule, Source, rows_of, rule_kind, undetermined
from ecopark.admission.project import Opinion
from ecopark.core.rounding import decimal_text
from ecopark.core.text import Text
from ecopark.core.value import Missing, MissingItem
from ecopark.expr.traced import compare
from ecopark.packs.yaml_lines import Map

HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Office:
    """An office whose opinion is needed.

    Parameters
    ----------
    veto
        Its objection refuses alone.
    weight
        Of its vote, where votes are counted.
    department
        Key of the department of a park office that this office is, as the catalogue names it; empty: not said.
    """

    id: str
    label: Text
    veto: bool = True
    weight: Fraction = Fraction(1)
    department: str = ""


@dataclass(frozen=True, slots=True)
class Review:
    """A joint review.

    Parameters
    ----------
    quorum
        By consent: how many must agree. By majority: how many must have voted.
    majority
        Operator and share of all weights that must agree; None counts by consent.
    signed
        Whether an opinion without name and date counts as still to come.
    """

    offices: tuple[Office, ...]
    quorum: int
    majority: tuple[str, Fraction] | None = None
    signed: bool = False


@dataclass(frozen=True, slots=True)
class Votes:
    """The offices of a review by what they said."""

    agreed: tuple[Office, ...]
    against: tuple[Office, ...]
    abstained: tuple[Office, ...]
    waiting: tuple[Office, ...]
    unsigned: tuple[Office, ...] = ()

    @property
    def cast(self) -> int:
        """How many have voted."""
        return len(self.agreed) + len(self.against) + len(self.abstained)

    def text(self) -> Text:
        """How the votes stand, in words."""
        parts = (len(self.agreed), len(self.against), len(self.abstained), len(self.waiting))
        zh = "赞成 {} 票、反对 {} 票、弃权 {} 票、未表决 {} 票".format(*parts)
        return Text(zh, "{} for, {} against, {} abstaining, {} still to vote".format(*parts))


def _read(node: Map, source: Source) -> Review | None:
    offices = []
    for entry in rows_of(node, "offices"):
        if not isinstance(entry, Map) or not entry.get("id"):
            source.problem("id-missing", node.line_of("offices"), "会审部门须有 id", "every office has an id")
            continue
        label = Text(str(entry.get("zh") or entry["id"]), str(entry.get("en") or entry["id"]))
        weight = source.number(entry.get("weight"), entry.line_of("weight"), "weight")
        if weight is not None and weight <= 0:
            zh, en = "表决权重应为正数", "the weight of a vote is above zero"
            source.problem("limit-not-a-number", entry.line_of("weight"), zh, en)
            weight = None
        veto, department = entry.get("veto") is not False, str(entry.get("department") or "")
        offices.append(Office(str(entry["id"]), label, veto, weight or Fraction(1), department))
    if not offices:
        source.problem("offices-missing", node.line, "没有会审部门", "the review names no offices")
        return None
    majority = _majority(node, source)
    if majority is None and any(o.weight != 1 for o in offices):
        zh, en = "有表决权重，但未写明 majority", "votes have weights, but the rule says no majority"
        source.problem("review-shape", node.line_of("offices"), zh, en)
    quorum = source.whole(node.get("quorum"), node.line_of("quorum"), "quorum", 1, len(offices))
    return Review(tuple(offices), quorum or len(offices), majority, node.get("signed") is True)


def _majority(node: Map, source: Source) -> tuple[str, Fraction] | None:
    given = node.get("majority")
    if given is None or given is False:
        return None
    if given is True:
        return (">", HALF)
    entry = given if isinstance(given, Map) else Map({"value": given})
    op = str(entry.get("op") or ">")
    share = source.number(entry.get("value"), node.line_of("majority"), "majority")
    if op not in (">", ">=") or share is None or not HALF <= share <= 1:
        zh, en = "majority 应为 op（> 或 >=）与 1/2 至 1 的 value", "majority has op (> or >=) and a value of 1/2 to 1"
        source.problem("review-shape", node.line_of("majority"), zh, en)
        return None
    return (op, share)


def votes_of(spec: Review, opinions: Iterable[Opinion]) -> Votes:
    """The offices by what they said; of several opinions of an office the last one counts."""
    given = {o.office: o for o in opinions}
    unsigned = tuple(o for o in spec.offices if spec.signed and o.id in given and not given[o.id].signed)
    open_ = {o.id for o in unsigned}

    def who(*words: str) -> tuple[Office, ...]:
        return tuple(o for o in spec.offices if o.id in given and o.id not in open_ and given[o.id].opinion in words)

    waiting = tuple(o for o in spec.offices if o.id not in given or o.id in open_)
    return Votes(who("agree", "conditions"), who("oppose"), who("abstain"), waiting, unsigned)


@rule_kind("review", keys="offices quorum majority signed", read=_read)
def review(rule: PolicyRule, case: Case) -> Outcome:
    """The opinions of the offices whose consent or vote is needed, signed and dated."""
    spec: Review = rule.spec
    votes = votes_of(spec, case.project.opinions)
    given = {o.office: o for o in case.project.opinions}
    blocking = tuple(o for o in votes.against if o.veto)
    if spec.majority is None:
        refused = bool(blocking) or len(spec.offices) - len(votes.against) - len(votes.abstained) < spec.quorum
        settled = len(votes.agreed) >= spec.quorum and not any(o.veto for o in votes.waiting)
        outcome = _told(refused, settled, blocking or votes.against, votes, rule)
    else:
        op, share = spec.majority
        total, agreed, ahead = (_weight(group) for group in (spec.offices, votes.agreed, votes.waiting))
        refused = bool(blocking) or not compare(op, (agreed + ahead) / total, share)
        settled = (
            compare(op, agreed / total, share) and votes.cast >= spec.quorum and not any(o.veto for o in votes.waiting)
        )
        outcome = _told(refused, settled, blocking or votes.against, votes, rule)
        counted = votes.text()
        part = f"{decimal_text(agreed)}/{decimal_text(total)}"
        zh, en = (
            f"{outcome.reason.zh}（{counted.zh}，赞成权重 {part}）",
            f"{outcome.reason.en} ({counted.en}; weight for {part})",
        )
        limit = f"{op} {decimal_text(share, 4)}"
        outcome = Outcome(outcome.status, Text(zh, en), agreed / total, limit, missing=outcome.missing)
    if outcome.status != "met":
        return outcome
    bound = [o for o in votes.agreed if given[o.id].opinion == "conditions"]
    return _conditions(outcome, bound, given) if bound else outcome


def _told(refused: bool, settled: bool, against: tuple[Office, ...], votes: Votes, rule: PolicyRule) -> Outcome:
    if refused:
        who = _names(against or votes.abstained)
        return Outcome("not_met", Text(f"会审不同意：{who.zh}", f"opposed in the joint review: {who.en}"))
    if settled:
        return Outcome("met", Text("会审部门已同意", "the offices have agreed"))
    who, unsigned = _names(votes.waiting), _names(votes.unsigned)
    zh, en = f"待会审意见：{who.zh}", f"opinions still to come: {who.en}"
    if votes.unsigned:
        zh, en = f"{zh}（未签字：{unsigned.zh}）", f"{en} (not signed: {unsigned.en})"
    if rule.effect == "condition":
        return Outcome("condition", Text(zh, en))
    return undetermined(Missing(Text(zh, en), tuple(MissingItem(f"opinion.{o.id}") for o in votes.waiting)))


def _conditions(outcome: Outcome, bound: list[Office], given: Mapping[str, Opinion]) -> Outcome:
    notes = "；".join(given[o.id].note for o in bound if given[o.id].note)
    who = _names(bound)
    reason = Text(f"{who.zh}附条件同意：{notes}", f"{who.en} agree under conditions: {notes}")
    return Outcome("condition", reason, outcome.value, outcome.limit)


def _names(offices: Iterable[Office]) -> Text:
    listed = tuple(offices)
    return Text("、".join(o.label.zh for o in listed), ", ".join(o.label.en for o in listed))


def _weight(offices: Iterable[Office]) -> Fraction:
    return sum((o.weight for o in offices), Fraction(0))
