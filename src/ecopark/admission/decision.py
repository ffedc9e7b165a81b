"""What the gate answers: a finding for every rule, the verdict, bookings, what is missing, the counter-offer, places."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from ecopark.admission.policy import Booking, Policy, PolicyRule, QuotaState
from ecopark.admission.project import Project
from ecopark.core.rounding import decimal_text
from ecopark.core.text import Text
from ecopark.core.trace import Trace
from ecopark.core.value import Missing, MissingItem, Result
from ecopark.errors import Problem

VERDICTS = ("admit", "conditional", "refuse", "undetermined")


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule says of the project.

    Parameters
    ----------
    rule
        The rule, with clause, basis and source.
    status
        See `policy.STATUSES`.
    value, unit, limit
        What was held against what; `limit` as text, ``<= 0.35``.
    """

    rule: PolicyRule
    status: str
    reason: Text
    value: Result | None = None
    limit: str = ""
    unit: str = ""
    trace: Trace | None = None
    missing: tuple[MissingItem, ...] = ()
    bookings: tuple[Booking, ...] = ()

    @property
    def id(self) -> str:
        return self.rule.id

    @property
    def decides(self) -> str:
        """What it does to the verdict: ``refuse``, ``undetermined``, ``condition`` or nothing."""
        if self.status == "not_met":
            return "condition" if self.rule.effect == "condition" else "refuse"
        return {"undetermined": "undetermined", "condition": "condition"}.get(self.status, "")

    def to_dict(self) -> dict[str, Any]:
        """The finding as the contract of `ecopark admit` has it."""
        return {
            "rule": self.rule.id,
            "clause": self.rule.clause,
            "status": self.status,
            "reason_zh": self.reason.zh,
            "reason_en": self.reason.en,
            "value": shown_value(self.value),
            "limit": self.limit or None,
            "basis": self.rule.basis,
        }


@dataclass(frozen=True, slots=True)
class Change:
    """One figure of the project, as it is and as it would have to be.

    Parameters
    ----------
    quantity, by
        Id of a quantity or ratio, and its breakdown.
    now, needed
        In `unit`, exact decimals; `needed` rounded to the side that passes.
    """

    quantity: str
    label: Text
    now: Fraction
    needed: Fraction
    unit: str
    by: str = ""

    @property
    def relative(self) -> Fraction | None:
        """Change relative to what it is now."""
        return (self.needed - self.now) / abs(self.now) if self.now else None

    def to_dict(self) -> dict[str, Any]:
        """The change as the contract of `ecopark admit` has it."""
        name = self.quantity + (f"[{self.by}]" if self.by else "")
        return {"quantity": name, "from": decimal_text(self.now), "to": decimal_text(self.needed), "unit": self.unit}


@dataclass(frozen=True, slots=True)
class CounterOffer:
    """The smallest change that turns a refusal into a yes.

    Parameters
    ----------
    changes
        What has to change; all of it together.
    proven
        Whether no smaller weighted change exists; otherwise `gap` bounds what might be gained, as a share of `cost`.
    cost
        Sum of weight times relative change.
    verdict
        What the gate says to the changed project.
    place
        The parcel or group it was worked out for, where the project names none and the best one was taken.
    """

    changes: tuple[Change, ...]
    proven: bool
    cost: Fraction
    verdict: str
    gap: Fraction | None = None
    seconds: float = 0.0
    place: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The offer as the contract of `ecopark admit` has it."""
        made: dict[str, Any] = {"changes": [c.to_dict() for c in self.changes], "proven": self.proven}
        return made if self.gap is None else made | {"gap": decimal_text(self.gap)}


@dataclass(frozen=True, slots=True)
class PlaceAnswer:
    """One free parcel or group, whether the project would pass there, and why not.

    Parameters
    ----------
    id, kind, name
        Which parcel (or group), and what it is called.
    rank
        1 for the best; 0 where the project would not pass.
    fits
        How well land, energy, water, talent and leading industry match, each 0 to 1.
    """

    id: str
    kind: str
    name: Text
    group: str
    verdict: str
    rank: int = 0
    score: Fraction = Fraction(0)
    fits: tuple[tuple[str, Fraction], ...] = ()
    reasons: tuple[tuple[str, Text], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The answer as plain data."""
        return {
            "id": self.id,
            "kind": self.kind,
            "group": self.group,
            "name_zh": self.name.zh,
            "name_en": self.name.en,
            "verdict": self.verdict,
            "rank": self.rank or None,
            "fits": {name: decimal_text(value, 3) for name, value in self.fits},
            "reasons": [{"rule": rule, "reason_zh": t.zh, "reason_en": t.en} for rule, t in self.reasons],
        }


@dataclass(frozen=True)
class Decision:
    """What the gate answers.

    Parameters
    ----------
    verdict
        ``admit``, ``conditional``, ``refuse`` or ``undetermined``.
    findings
        One a rule, in the order of the policy.
    counter_offer
        The smallest change that turns a refusal into a yes, if there is one.
    places
        Where it would pass, best first, with the reasons for the others.
    quotas
        The quota state it was decided with.
    map_hash
        Hash of the park's map it was decided on; empty where no map was read.
    held
        Parcels that admitted projects held on that day: id and name of the project.
    """

    project: Project
    policy: Policy
    on: date
    period: str
    verdict: str
    findings: tuple[Finding, ...]
    counter_offer: CounterOffer | None = None
    places: tuple[PlaceAnswer, ...] = ()
    quotas: QuotaState | None = None
    notes: tuple[Text, ...] = ()
    version: str = ""
    warnings: tuple[Problem, ...] = ()
    map_hash: str = ""
    held: tuple[tuple[str, str], ...] = ()

    def finding(self, rule: str) -> Finding:
        """The finding of a rule, by its id, full or within the policy.

        Raises
        ------
        KeyError
            There is no such rule.
        """
        tail = rule.split("/", 1)[-1]
        for found in self.findings:
            if found.rule.tail == tail:
                return found
        raise KeyError(rule)

    @property
    def bookings(self) -> tuple[Booking, ...]:
        """What it needs from the quotas."""
        return tuple(b for f in self.findings for b in f.bookings)

    @property
    def missing(self) -> tuple[MissingItem, ...]:
        """What would settle the open rules, each once."""
        return tuple(dict.fromkeys(m for f in self.findings if f.status == "undetermined" for m in f.missing))

    @property
    def reasons(self) -> tuple[Finding, ...]:
        """The findings that made the verdict what it is."""
        wanted = {"refuse": "refuse", "undetermined": "undetermined", "conditional": "condition"}.get(self.verdict)
        return tuple(f for f in self.findings if wanted and f.decides == wanted)

    def explain(self, rule: str, lang: str = "en") -> str:
        """The whole story of one rule's value."""
        found = self.finding(rule)
        return found.trace.to_text(lang) if found.trace else found.reason[lang]

    def to_dict(self) -> dict[str, Any]:
        """The decision as the contract of `ecopark admit` has it."""
        return {
            "verdict": self.verdict,
            "findings": [f.to_dict() for f in self.findings],
            "bookings": [booking_dict(b) for b in self.bookings],
            "missing": [str(m) for m in self.missing],
            "counter_offer": None if self.counter_offer is None else self.counter_offer.to_dict(),
            "places": [p.to_dict() for p in self.places],
        }


def booking_dict(booking: Booking) -> dict[str, Any]:
    """A booking as plain data."""
    return {
        "quota": booking.quota,
        "year": booking.year,
        "amount": decimal_text(booking.amount),
        "unit": booking.unit,
        "ratio": decimal_text(booking.ratio),
        "required": decimal_text(booking.required),
        "rule": booking.rule,
    }


def shown_value(value: Result | None) -> Any:
    """A value as the contract has it: a decimal text, a flag, a code, or nothing."""
    if value is None or isinstance(value, Missing):
        return None
    return decimal_text(value) if isinstance(value, Fraction) and not isinstance(value, bool) else value
