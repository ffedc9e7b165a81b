"""What an admission policy is, what a rule answers, and the registry of rule kinds.

A policy is a pack: a directory with `policy.yaml` and `rules.yaml`, no Python. To add a kind of rule: one function with
`@rule_kind` (and how its entry is read), and a refused and an admitted case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from ecopark.admission.project import SUBJECT, Project
from ecopark.admission.ratios import Ratio, shared_ratios
from ecopark.core.period import Period
from ecopark.core.text import Text
from ecopark.core.trace import Trace
from ecopark.core.value import Missing, MissingItem, Result, Scalar
from ecopark.errors import Place
from ecopark.expr.fit import Fitted
from ecopark.indicators.resolve import SubjectLookup, compiled
from ecopark.packs.model import Parameter

if TYPE_CHECKING:
    from ecopark.admission.places import Site

EFFECTS = ("refuse", "veto", "condition")
"""What an unmet rule does: refuse, refuse whatever else (一票否决), or admit under a condition."""
STATUSES = (
    "met",
    "condition",
    "not_met",
    "undetermined",
    "not_due",
    "expired",
    "not_applicable",
    "reported",
    "to_fill",
)
QuotaState = Mapping[tuple[str, int], Fraction]
"""What is left of each quota by (quota, year), in the unit of the policy's rule."""


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """One rule of a policy.

    Parameters
    ----------
    id
        Full id, ``anji/energy_intensity``.
    kind
        A registered kind.
    clause, source
        Where it is written, and where that was read.
    basis
        ``seen``, ``inferred`` or ``recalled``.
    effect
        One of `EFFECTS`.
    since, until
        First and last day in force as ``2024`` or ``2024-07-01``; empty: open.
    to_fill
        Nothing is known of it: it is shown, and the zone fills it in.
    spec
        What the kind made of the entry.
    """

    id: str
    kind: str
    label: Text
    clause: str = ""
    basis: str = "recalled"
    effect: str = "refuse"
    source: str = ""
    note: Text = Text()
    since: str = ""
    until: str = ""
    to_fill: bool = False
    spec: Any = None
    place: Place = field(default_factory=Place)

    @property
    def tail(self) -> str:
        """The id within the policy."""
        return self.id.split("/", 1)[1]


@dataclass(frozen=True, slots=True)
class Movable:
    """What the counter-offer may change.

    Parameters
    ----------
    quantity
        Id of a quantity or ratio.
    weight
        Cost of a relative change of one.
    low, high
        Least and greatest value in the canonical unit; None is open.
    down, up
        Greatest relative decrease and increase; None is open.
    """

    quantity: str
    weight: Fraction = Fraction(1)
    low: Fraction | None = None
    high: Fraction | None = None
    down: Fraction | None = None
    up: Fraction | None = None


@dataclass(frozen=True)
class Policy:
    """An admission policy."""

    id: str
    title: Text
    issuer: Text
    status: str
    rules: tuple[PolicyRule, ...]
    warning: Text = Text()
    number: str = ""
    in_force_from: str = ""
    in_force_until: str = ""
    sources: tuple[str, ...] = ()
    own_ratios: tuple[Ratio, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    movable: tuple[Movable, ...] = ()
    fixed: tuple[str, ...] = ()
    folder: str = ""
    hash: str = ""

    @cached_property
    def ratios(self) -> dict[str, Ratio]:
        """Shared and own ratios by id; own ones win."""
        return {**shared_ratios(), **{r.id: r for r in self.own_ratios}}

    def rule(self, name: str) -> PolicyRule:
        """The rule with this id, full or within the policy.

        Raises
        ------
        KeyError
            There is none.
        """
        tail = name.split("/", 1)[-1]
        for rule in self.rules:
            if rule.tail == tail:
                return rule
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class Booking:
    """What a project needs from a quota in one year.

    Parameters
    ----------
    amount, unit
        The project's own need.
    ratio
        Replacement: how much is taken from the quota (or must be reduced elsewhere) for one unit of need.
    """

    quota: str
    amount: Fraction
    unit: str
    year: int
    ratio: Fraction = Fraction(1)
    rule: str = ""

    @property
    def required(self) -> Fraction:
        """What the quota gives up."""
        return self.amount * self.ratio


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one rule says of one project."""

    status: str
    reason: Text
    value: Result | None = None
    limit: str = ""
    unit: str = ""
    trace: Trace | None = None
    missing: tuple[MissingItem, ...] = ()
    bookings: tuple[Booking, ...] = ()


def undetermined(missing: Missing, **rest: Any) -> Outcome:
    """The outcome of a rule that lacks something."""
    return Outcome("undetermined", missing.reason, missing=missing.items, **rest)


def lacks(quantity: str, zh: str, en: str) -> Missing:
    """`Missing` for something a project should state that is no figure: its code, its place, an opinion."""
    return Missing(Text(zh, en), (MissingItem(quantity),))


@dataclass
class Case:
    """One project before one policy on one day."""

    project: Project
    policy: Policy
    on: date
    period: Period
    parameters: dict[str, Scalar]
    site: Site | None = None
    quotas: QuotaState | None = None

    @cached_property
    def lookup(self) -> SubjectLookup:
        """The project's figures as formulas see them."""
        return SubjectLookup(self.project.facts, SUBJECT, parameters=self.parameters)

    def evaluate(self, formula: str, unit: str | None) -> Trace:
        """A formula over the project's figures; `unit` None for a yes/no formula."""
        from ecopark.expr.traced import evaluate

        return evaluate(compiled(formula, unit, self.lookup.parameters), self.lookup, self.period)

    def ratio(self, ratio: Ratio, *names: str) -> Trace:
        """A ratio: computed, else as reported under its id or one of `names`."""
        period = str(self.period)
        if ratio.formula:
            inner = self.evaluate(ratio.formula, ratio.unit)
            note = Text(f"公式：{ratio.formula}", f"formula: {ratio.formula}")
            trace = Trace("indicator", ratio.id, inner.value, ratio.unit, ratio.label, period, (inner,), note=note)
        else:
            reason = Text(f"未填报：{ratio.label.zh}", f"not given: {ratio.label.en}")
            missing = Missing(reason, (MissingItem(ratio.id, period),))
            trace = Trace("missing", ratio.id, missing, ratio.unit, ratio.label, period)
        return self.lookup.or_reported(trace, (*ratio.names, *names), ratio.label, ratio.unit, self.period)


class Source(Protocol):
    """The loader as the kinds of rules see it: small readers that note a problem with its line."""

    policy_id: str
    ratios: dict[str, Ratio]

    def problem(self, code: str, line: int, zh: str, en: str, repair_zh: str = "", repair_en: str = "") -> None: ...

    def text(self, node: Any) -> Text: ...

    def number(self, node: Any, line: int, what: str) -> Fraction | None: ...

    def strings(self, node: Any) -> tuple[str, ...]: ...

    def formula(self, text: str, unit: str | None, line: int) -> str: ...

    def whole(self, node: Any, line: int, what: str, least: int, most: int) -> int | None: ...

    def day(self, node: Any, key: str) -> str: ...


def rows_of(node: Mapping[str, Any], key: str) -> list[Any]:
    """What an entry lists under a key; one thing alone is a list of one."""
    found = node.get(key)
    return found if isinstance(found, list) else [found] if found else []


@dataclass(frozen=True, slots=True)
class Demand:
    """What a rule asks of the project's numbers: a formula (or a reported rate, `rate`) against a limit."""

    formula: Fitted | None
    rate: str
    op: str
    limit: Fraction


Evaluate = Callable[[PolicyRule, Case], Outcome]
Read = Callable[[Any, Source], Any]
Demands = Callable[[PolicyRule, Case], list[Demand]]


@dataclass(frozen=True, slots=True)
class RuleKind:
    """A kind of rule: the keys of its entry, how the entry is read, and how the rule is held against a project.

    `demands` says which comparisons the rule asks of the numbers, for the counter-offer; None if it asks nothing of them,
    or if what it asks has branches (limits that depend on figures, levels of points): `counter_demands` has those.
    """

    name: str
    keys: frozenset[str]
    read: Read
    evaluate: Evaluate
    help: str
    demands: Demands | None = None


RULE_KINDS: dict[str, RuleKind] = {}


def rule_kind(name: str, *, keys: str, read: Read, demands: Demands | None = None) -> Callable[[Evaluate], Evaluate]:
    """Register a kind of rule.

    Parameters
    ----------
    name
        What `kind:` says in `rules.yaml`.
    keys
        Keys of an entry beside the common ones, separated by blanks.
    read
        Makes the rule's `spec` of its entry; notes problems and returns None if it cannot.
    demands
        What the rule asks of the numbers.
    """

    def register(evaluate: Evaluate) -> Evaluate:
        words = (evaluate.__doc__ or "").strip().splitlines()[0] if evaluate.__doc__ else ""
        RULE_KINDS[name] = RuleKind(name, frozenset(keys.split()), read, evaluate, words, demands)
        return evaluate

    return register


def in_force(since: str, until: str, on: date) -> int:
    """-1 before, 0 within, 1 after the days from `since` to `until` (years or dates, both included).

    Examples
    --------
    >>> in_force("2024", "", date(2023, 12, 31)), in_force("2024", "2025", date(2025, 12, 31))
    (-1, 0)
    """
    if since and on.isoformat() < since[:10]:
        return -1
    return 1 if until and on.isoformat()[: len(until)] > until else 0


__all__ = [
    "Booking", "Case", "Demand", "Movable", "Outcome", "Policy", "PolicyRule", "QuotaState", "RULE_KINDS", "Source",
    "in_force", "lacks", "rows_of", "rule_kind", "undetermined",
]  # fmt: skip
