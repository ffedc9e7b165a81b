"""What a grading method is, once it has been read: indicators, weights, groups, rules, classes, consequences.

A method is a directory (see `grading.load`); nothing of one is written in Python. What its source does not say stays
empty here, and `Method.lacks` says so: a method without weights cannot score, one without cut-offs cannot give a class.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from ecopark.core.text import Text
from ecopark.errors import Place
from ecopark.expr.fit import Fitted

CUTOFF_KINDS = ("shares", "scores", "ranks")
MISSING_RULES = ("undetermined", "group_average", "points")
GROUP_MEAN, GROUP_BEST = "mean", "best"


@dataclass(frozen=True, slots=True)
class Input:
    """A flag or number that a method asks for and the catalogue of quantities does not have."""

    id: str
    label: Text
    kind: str = "flag"
    unit: str = ""


@dataclass(frozen=True)
class Indicator:
    """What is measured: a formula over quantities, or a ratio given as such under its id.

    Parameters
    ----------
    formula, fitted
        Text and checked tree; None where the indicator can only be given.
    direction
        ``higher`` or ``lower`` is better.
    aliases
        Other column names that are read as this indicator.
    """

    id: str
    label: Text
    unit: str
    formula: str = ""
    direction: str = "higher"
    aliases: tuple[str, ...] = ()
    basis: str = "recalled"
    note: Text = Text()
    fitted: Fitted | None = field(default=None, compare=False)


@dataclass(frozen=True)
class MissingRule:
    """What happens where a value is missing.

    Parameters
    ----------
    rule
        ``undetermined`` (no score), ``group_average`` (mean of the scores of those of the group that have a value) or
        ``points`` (a fixed number, such as -3).
    """

    rule: str = "undetermined"
    points: Fraction = Fraction(0)
    basis: str = "recalled"
    text: Text = Text()


@dataclass(frozen=True, slots=True)
class LastYear:
    """A base that is so many times last year's mean of the group's participants (see `grading.last_year`)."""

    times: Fraction = Fraction(1)


@dataclass(frozen=True)
class Item:
    """One scored line of a group.

    Parameters
    ----------
    score
        Name of the score type (`grading.score.SCORE_TYPES`).
    base
        A number in the indicator's unit, ``mean`` or ``best`` of the participants, `LastYear` until last year's firms are
        known, or None: not known.
    base_note
        How a base was made from last year's figures, or why it could not be.
    weight
        Full points, or None: not known.
    cap, floor
        Points are cut at `cap` times and at `floor` times the weight; None: not cut.
    low, high
        Fixed ends of a min-max score; None: least and greatest of the participants.
    """

    indicator: Indicator
    score: str = "ratio"
    base: Fraction | str | LastYear | None = None
    weight: Fraction | None = None
    cap: Fraction | None = None
    floor: Fraction | None = None
    low: Fraction | None = None
    high: Fraction | None = None
    missing: MissingRule = MissingRule()
    basis: str = "recalled"
    note: Text = Text()
    place: Place = field(default_factory=Place, compare=False)
    base_note: Text = Text()

    @property
    def id(self) -> str:
        return self.indicator.id


@dataclass(frozen=True)
class Adjustment:
    """A bonus or a malus: points added or taken off by a rule.

    Parameters
    ----------
    kind
        ``bonus`` or ``malus``; a malus is taken off.
    when, points
        A condition and the points it is worth, or `points` alone as a formula over given inputs.
    cap
        Most points it can be.
    groups
        Groups it belongs to; empty: all.
    """

    id: str
    label: Text
    kind: str
    points: Fitted
    points_text: str
    when: Fitted | None = None
    when_text: str = ""
    cap: Fraction | None = None
    groups: tuple[str, ...] = ()
    basis: str = "recalled"


@dataclass(frozen=True)
class ClassRule:
    """A veto, a floor, an exemption or a condition of scope, and what it does to the class.

    Parameters
    ----------
    grade
        Veto: the best class still possible. Floor: the worst class still possible. Exemption: the class outside the
        ranking (``T``), empty for none.
    treated_as
        Exemption: the class whose treatment the firm gets.
    unless
        Floor: does not hold for vetoed firms.
    """

    id: str
    label: Text
    when: str
    fitted: Fitted = field(compare=False)
    grade: str = ""
    treated_as: str = ""
    unless_vetoed: bool = False
    basis: str = "recalled"


@dataclass(frozen=True)
class Group:
    """Firms that are scored alike and ranked together.

    Parameters
    ----------
    aliases
        Other spellings accepted in the `group` column.
    when, fitted
        Condition by which a firm belongs here where no group is given; the first group that holds is taken.
    follows
        The group has no score of its own: a tenant takes the class of its landlord.
    scope
        Conditions that must all hold for a firm to be evaluated at all; the label says what is asked for.
    """

    id: str
    label: Text
    items: tuple[Item, ...]
    aliases: tuple[str, ...] = ()
    when: str = ""
    fitted: Fitted | None = field(default=None, compare=False)
    follows: str = ""
    basis: str = "recalled"
    scope: tuple[ClassRule, ...] = ()

    def item(self, item_id: str) -> Item:
        return next(i for i in self.items if i.id == item_id)


@dataclass(frozen=True, slots=True)
class Class:
    """One class and where it ends.

    Parameters
    ----------
    limit
        For shares the upper percentage of the ranking (included; the lower one is excluded), for ranks the last rank, for
        scores the least score (included). None for the last class.
    """

    id: str
    label: Text
    limit: Fraction | None = None


@dataclass(frozen=True)
class Cutoffs:
    """How scores become classes.

    Parameters
    ----------
    kind
        ``shares``, ``scores`` or ``ranks``.
    classes
        Best first.
    ties
        ``best``: firms with equal scores all have the rank of the first of them, and so the better class; ``worst``: the
        rank of the last.
    """

    kind: str
    classes: tuple[Class, ...]
    ties: str = "best"
    basis: str = "recalled"

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(c.id for c in self.classes)


@dataclass(frozen=True, slots=True)
class Consequence:
    """What a class means for prices, taxes and supply; `verified` False: configuration only, never law."""

    grade: str
    item: str
    amount: Fraction | None
    unit: str
    text: Text
    basis: str
    source: str = ""


@dataclass(frozen=True)
class Method:
    """One published way of grading firms.

    Parameters
    ----------
    status
        ``published`` or ``draft`` (incomplete, or only a consultation text was seen).
    rank_within
        ``group`` or ``all``: whose scores are ranked together.
    inputs
        Flags and numbers it asks for beside the catalogue's quantities.
    objection_days
        How long a firm may object after the result is made public; None: not seen.
    """

    id: str
    title: Text
    place: Text
    year: str
    status: str
    groups: tuple[Group, ...]
    indicators: Mapping[str, Indicator]
    cutoffs: Cutoffs | None = None
    inputs: tuple[Input, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    vetoes: tuple[ClassRule, ...] = ()
    floors: tuple[ClassRule, ...] = ()
    exemptions: tuple[ClassRule, ...] = ()
    consequences: tuple[Consequence, ...] = ()
    rank_within: str = "group"
    sources: tuple[str, ...] = ()
    warning: Text = Text()
    objection_days: int | None = None
    folder: str = ""
    hash: str = ""

    def group(self, group_id: str) -> Group:
        """The group with this id.

        Raises
        ------
        KeyError
            There is none.
        """
        for group in self.groups:
            if group.id == group_id:
                return group
        raise KeyError(group_id)

    def lacks(self) -> list[Text]:
        """What must be filled in before this method can score and class firms."""
        found = []
        for group in self.groups:
            if group.follows:
                continue
            gaps = [
                ("权重", "weights", [i.id for i in group.items if i.weight is None]),
                ("基准值", "bases", [i.id for i in group.items if i.base is None and i.score in NEEDS_BASE]),
                ("上年平均值", "last year's mean", [i.id for i in group.items if isinstance(i.base, LastYear)]),
            ]
            if not group.items:
                found.append(Text(f"{group.label.zh}：指标未见", f"{group.id}: the indicators were not seen"))
            for zh, en, ids in gaps:
                if ids:
                    names = ", ".join(ids)
                    found.append(Text(f"{group.label.zh}：{zh}未见（{names}）", f"{group.id}: no {en} of {names}"))
        if self.cutoffs is None:
            found.append(Text("分档界限未见，不能定类", "no cut-offs: scores and ranks only, no class"))
        return found

    def cannot_score(self, group: Group) -> bool:
        """Whether a weight or base that the score needs is not known."""
        return not group.follows and (
            not group.items or any(i.weight is None or (i.base is None and i.score in NEEDS_BASE) for i in group.items)
        )

    def changed(
        self,
        *,
        weights: Mapping[str, Fraction] | None = None,
        bases: Mapping[str, Fraction] | None = None,
        cutoffs: Cutoffs | None = None,
    ) -> Method:
        """The same method with other numbers; keys are ``item`` (in every group) or ``group.item``."""
        groups = []
        for group in self.groups:
            items = []
            for item in group.items:
                for key in (item.id, f"{group.id}.{item.id}"):
                    if weights and key in weights:
                        item = replace(item, weight=weights[key])
                    if bases and key in bases:
                        item = replace(item, base=bases[key], base_note=Text())
                items.append(item)
            groups.append(replace(group, items=tuple(items)))
        return replace(self, groups=tuple(groups), cutoffs=cutoffs or self.cutoffs)


NEEDS_BASE = ("ratio", "inverse_linear")
