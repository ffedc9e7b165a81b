"""What every pack has: one standard or policy as data.

A pack is a directory that a lawyer can read: `pack.yaml`, `clauses.yaml`, `cases/*.yaml` and `NOTES.md`. These classes
are what the loader makes of it; nothing downstream sees a dict.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from ecopark.core.text import Text
from ecopark.core.value import Scalar
from ecopark.errors import Place
from ecopark.indicators.factors import PackFactor

BASES = ("seen", "inferred", "recalled")
"""How a limit is known, strongest first."""

KNOWN_TEXT = {
    "seen": Text("见于来源", "seen"),
    "inferred": Text("推断", "inferred"),
    "recalled": Text("凭记忆", "recalled"),
}

RECORDED = ("whole", "part")
"""How much of the text a pack holds."""

KINDS = (
    "basic",
    "mandatory",
    "optional",
    "recommended",
    "core",
    "guiding",
    "prerequisite",
    "scored",
    "reference",
    "frame",
)


@dataclass(frozen=True, slots=True)
class Basis:
    """How each part of a clause is known: `seen` in a source, `inferred`, or `recalled` (not read anywhere).

    `overall` is the weakest of the parts.
    """

    limit: str = "recalled"
    name: str = "recalled"
    formula: str = "recalled"

    @property
    def overall(self) -> str:
        return max((self.limit, self.name, self.formula), key=BASES.index)


@dataclass(frozen=True, slots=True)
class Requirement:
    """One comparison: the value must be `op` the limit.

    Parameters
    ----------
    op
        ``>=``, ``<=``, ``>``, ``<``, ``==`` or ``!=``.
    value
        The limit in the clause's unit; True/False for flags; None where `formula` gives it.
    formula
        A limit that is itself computed (a national mean, the park's own target).
    partly
        A weaker limit at which the clause is partly met, or None.
    """

    op: str
    value: Scalar | None = None
    formula: str = ""
    partly: Fraction | None = None


@dataclass(frozen=True, slots=True)
class LimitCase:
    """A limit that holds when `when` is true (always if empty), from `since` until `until` (years, or None).

    `require` None means that the text sets no limit here; `reason` says so.
    """

    require: Requirement | None
    when: str = ""
    since: int | None = None
    until: int | None = None
    label: Text = Text()
    reason: Text = Text()


@dataclass(frozen=True, slots=True)
class Clause:
    """One line of a pack: what is measured, what is required of it, and where that is written.

    Parameters
    ----------
    id
        Full id, ``hj274-2015/10``.
    kind
        One of `KINDS`; verdict and score rules speak of kinds.
    formula
        Formula text (an indicator's, where the clause names one in `indicator`).
    unit
        Unit of value and limit; empty for flags.
    direction
        ``higher``, ``lower`` or ``flag``.
    limits
        Tried in order; the first whose period and condition hold is used. Empty: the clause is only reported.
    benchmark
        Reference value of a ratio score (引领值).
    option_set
        Id of the option set the clause belongs to.
    weight
        Weight in a weighted score, or None.
    rounding
        Decimals to which the clause itself says the value is rounded before comparison; None: full value.
    allows_na
        Whether ``n/a`` with a note is accepted and leaves the clause out.
    reference
        Where it is written: clause or table number of the standard.
    """

    id: str
    label: Text
    kind: str
    formula: str
    unit: str = ""
    direction: str = "higher"
    group: str = ""
    indicator: str = ""
    limits: tuple[LimitCase, ...] = ()
    benchmark: Fraction | None = None
    option_set: str = ""
    weight: Fraction | None = None
    rounding: int | None = None
    allows_na: bool = False
    basis: Basis = field(default_factory=Basis)
    reference: str = ""
    sources: tuple[str, ...] = ()
    note: Text = Text()
    footnotes: tuple[str, ...] = ()
    place: Place = field(default_factory=Place)

    @property
    def tail(self) -> str:
        """The id within the pack: ``10`` of ``hj274-2015/10``."""
        return self.id.split("/", 1)[1]


@dataclass(frozen=True, slots=True)
class OptionSet:
    """Optional clauses of which a number must be met or chosen."""

    id: str
    clauses: tuple[str, ...]
    need: int
    label: Text = Text()
    basis: str = "recalled"


@dataclass(frozen=True, slots=True)
class Footnote:
    """A footnote that changes limits or choices; `rule` names its effect (see `standards.footnotes`)."""

    id: str
    rule: str
    text: Text
    basis: str = "recalled"
    settings: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A verdict or score rule by name, with its settings."""

    name: str
    settings: tuple[tuple[str, Any], ...] = ()
    basis: str = "recalled"
    text: Text = Text()

    def get(self, key: str, default: Any = None) -> Any:
        return dict(self.settings).get(key, default)


@dataclass(frozen=True, slots=True)
class Group:
    """A heading under which clauses stand."""

    id: str
    label: Text
    weight: Fraction | None = None
    basis: str = "recalled"


@dataclass(frozen=True, slots=True)
class Parameter:
    """Something a user may set: `--set hj274-2015.cap=1`.

    `construction_years` is set by `--since`; its default here is what the standard says (three years).
    """

    id: str
    default: Scalar
    label: Text = Text()


@dataclass(frozen=True)
class Pack:
    """One standard or policy."""

    id: str
    title: Text
    issuer: Text
    number: str
    status: str
    clauses: tuple[Clause, ...]
    groups: tuple[Group, ...] = ()
    option_sets: tuple[OptionSet, ...] = ()
    footnotes: tuple[Footnote, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    factors: tuple[PackFactor, ...] = ()
    verdict: tuple[Rule, ...] = ()
    score: Rule | None = None
    in_force_from: str = ""
    in_force_until: str = ""
    supersedes: tuple[str, ...] = ()
    superseded_by: str = ""
    sources: tuple[str, ...] = ()
    warning: Text = Text()
    level: str = "park"
    recorded: str = "whole"
    folder: str = ""
    hash: str = ""

    def clause(self, name: str) -> Clause:
        """The clause with this id, full or within the pack; leading zeros do not matter.

        Raises
        ------
        KeyError
            There is none.
        """
        wanted = name.split("/", 1)[1] if "/" in name else name
        for clause in self.clauses:
            if clause.tail == wanted or clause.tail == wanted.lstrip("0"):
                return clause
        raise KeyError(name)

    def group(self, group_id: str) -> Group:
        return next((g for g in self.groups if g.id == group_id), Group(group_id, Text(group_id, group_id)))

    @property
    def is_frame(self) -> bool:
        """Whether the text of the standard is not available and the pack is to be filled in by its user."""
        return self.status == "frame"

    @property
    def is_partly_recorded(self) -> bool:
        """Whether the text has clauses that the pack does not hold: what is absent here is not thereby absent there."""
        return self.recorded == "part"
