"""Rules held against many projects: once for every kind of case, not once a project.

What a rule says hangs on a few things: the side of its limits on which a figure lies, what is missing, the industry, the words,
the place. Projects that agree in all of them form a group. The rule itself (`gate.hold`, the same code that decides one
project) is held against two members of each group, with numbers and names put in place of their own that nobody would write.
Where both answers are the same but for these, every member gets the answer with its own numbers and names in it. Where they
are not, and wherever float64 is too close to a limit to tell, each project is held by itself.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ecopark.admission.batch_figures import Asked, Figures
from ecopark.admission.batch_places import Sites
from ecopark.admission.batch_projects import BETWEEN, NotAskedError, ProjectTable, numbered
from ecopark.admission.batch_text import Words, amounts, short_numbers, spelled, stand_in
from ecopark.admission.decision import Finding
from ecopark.admission.gate import hold
from ecopark.admission.industry import covered, named
from ecopark.admission.policy import Case, Policy, PolicyRule, QuotaState
from ecopark.admission.project import Project
from ecopark.admission.ratios import Ratio
from ecopark.admission.rules import found_word
from ecopark.admission.wording import both
from ecopark.core.period import year
from ecopark.core.rounding import decimal_text
from ecopark.core.text import Text
from ecopark.core.trace import Trace
from ecopark.core.value import Missing, Scalar
from ecopark.observations.quantity import catalogue

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
MARKS = (("\ue000\ue011", "\ue000\ue012"), ("\ue000\ue021", "\ue000\ue022"))
"""Private characters that stand for a name and an id, by trial."""
SHORT = 2**16
"""So many distinct numbers are sorted several times faster than more."""
NEAR = 1e-9
"""Figures closer than this (relative) to a limit of their own are left to the exact form."""


@dataclass
class Slot:
    """Something in a finding that differs from project to project within a group.

    Parameters
    ----------
    write
        Makes what stands in the projects' own findings, by row; called only where a text needs it.
    shown, limit
        What stands in a trial's reason, and in its limit, by trial.
    numbers
        The trial's number by trial, and the projects' own values, where the slot is a number.
    """

    write: Callable[[], Words]
    shown: list[Text] = field(default_factory=list)
    limit: list[str] = field(default_factory=list)
    numbers: list[Fraction] = field(default_factory=list)
    values: NDArray[np.float64] | None = None

    def clear(self) -> None:
        """Forget the trials of another group."""
        self.shown, self.limit, self.numbers = [], [], []

    def show(self, zh: str, en: str, limit: str = "", number: Fraction | None = None) -> None:
        """What stands in the next trial."""
        self.shown.append(Text(zh, en))
        self.limit.append(limit)
        if number is not None:
            self.numbers.append(number)


@dataclass(frozen=True)
class Answer:
    """What a group of projects is told: texts with slots left open, `None` in `value` where the slot's number stands."""

    finding: Finding
    zh: tuple[Any, ...]
    en: tuple[Any, ...]
    limit: tuple[Any, ...]
    value_slot: int = -1
    booked_slot: int = -1


@dataclass(frozen=True)
class Written:
    """The texts of one rule: frames with reasons and limit, one after the other, and which row of them each project is told."""

    parts: list[pl.DataFrame]
    where: Ints


@dataclass
class Held:
    """One rule held against all projects.

    Parameters
    ----------
    group
        Place of each project's answer in `answers`; -1 where it was not decided.
    alone
        Projects that are held by themselves.
    slots, written
        What stands in the answers' texts, and the texts once they are written (`batch_reasons.write`).
    """

    rule: PolicyRule
    group: Ints
    answers: list[Answer]
    alone: Flags
    words: dict[int, Words] = field(default_factory=dict)
    values: dict[int, NDArray[np.float64]] = field(default_factory=dict)
    slots: list[Slot] = field(default_factory=list)
    written: Written | None = None


def _compared(texts: Sequence[str]) -> list[str]:
    """Texts in the form in which words are compared."""
    whole = "\n".join(t.replace("\n", " ") for t in texts)
    return unicodedata.normalize("NFKC", whole).lower().split("\n")


class Rows:
    """Everything the rules look at, by project.

    Parameters
    ----------
    table, figures, sites
        The projects, their figures (already computed), and what says where they want to settle: asked when it is needed.
    """

    def __init__(
        self, table: ProjectTable, policy: Policy, on: Any, figures: Figures, sites: Callable[[], Sites],
        quotas: QuotaState | None,
    ) -> None:  # fmt: skip
        self.table, self.policy, self.on = table, policy, on
        self.figures, self._settled, self.quotas = figures, sites, quotas
        start = table.about["start"].fill_null(0).to_numpy().astype(np.int64)
        self.booked = np.where(start > 0, start, np.maximum(figures.years, on.year))
        self.start = start
        self._missing: dict[tuple[Any, int], Missing] = {}
        self._signatures: dict[Any, Ints] = {}
        self._coverage: dict[tuple[str, ...], Flags] = {}
        self._cases: dict[int, Case] = {}
        self._figures_of: dict[int, Case] = {}
        self._plain: dict[int, Project] = {}
        self.stand_ins: dict[Any, tuple[Fraction, Text]] = {}
        self._numbers: dict[Ratio, Words] = {}
        self.periods = {when: year(when) for when in np.unique(figures.years).tolist()}

    def __len__(self) -> int:
        return len(self.table)

    @cached_property
    def sites(self) -> Sites:
        """Where the projects want to settle."""
        return self._settled()

    # -- what a project says of itself ---------------------------------------------------------------------------------

    @cached_property
    def codes(self) -> tuple[list[str], Ints]:
        """Distinct industry codes, and which one each project has."""
        return self.table.codes

    @cached_property
    def industry(self) -> Words:
        """Code and name of each project's industry."""
        codes, index = self.codes
        texts = [named(c) for c in codes]
        return spelled(texts, texts, index)

    def covered(self, *prefixes: tuple[str, ...]) -> Ints:
        """One number for which of some lists of prefixes cover a project's industry, and whether it has one."""
        key = ("codes", prefixes)
        if key not in self._signatures:
            codes, index = self.codes
            by_code = np.array([bool(c) for c in codes] or [False]).astype(np.int64)
            for own in dict.fromkeys(p for p in prefixes if p):
                by_code = np.unique(by_code * 2 + self.covered_codes(own), return_inverse=True)[1]
            self._signatures[key] = by_code[index]
        return self._signatures[key]

    def covered_codes(self, prefixes: tuple[str, ...]) -> Flags:
        """Which of the distinct codes some prefixes cover."""
        if prefixes not in self._coverage:
            self._coverage[prefixes] = np.array(covered(prefixes, self.codes[0]) or [False])
        return self._coverage[prefixes]

    @cached_property
    def said(self) -> list[tuple[pl.Series, pl.Series, Ints]]:
        """The words and the names that projects use: each once, the same in the form in which words are compared, and whose
        they are."""
        words, index = numbered(self.table.about["words"].fill_null(""))
        names = self.table.about["project"]  # each is given once
        whose = np.arange(len(names))
        told = ((pl.Series(words, dtype=pl.String), words, index), (names, names.to_list(), whose))
        return [(texts, pl.Series(_compared(listed), dtype=pl.String), rows) for texts, listed, rows in told]

    def named_in(self, *lists: tuple[str, ...]) -> Ints:
        """One number for which of some lists of words a project speaks of, and whether it said anything."""
        key = ("words", lists)
        if key not in self._signatures:
            found = self.table.about["words"].is_not_null().to_numpy().astype(np.int64)
            for words in filter(None, lists):
                mine = np.zeros(len(self), dtype=bool)
                for texts, compared, index in self.said:
                    held = np.zeros(len(texts), dtype=bool)
                    for place in compared.str.contains_any(_compared(words)).arg_true().to_list():
                        held[place] = any(found_word(words, text) for text in texts[place].split(BETWEEN))
                    mine |= held[index]
                found = found * 2 + mine
            self._signatures[key] = found
        return self._signatures[key]

    @cached_property
    def kinds(self) -> Ints:
        """New, expansion or retrofit, as a number."""
        return numbered(self.table.about["kind"])[1]

    @cached_property
    def opinions(self) -> Ints:
        """Projects with the same opinions have the same number."""
        return numbered(self.table.about["opinions"].fill_null(""))[1]

    # -- cases ---------------------------------------------------------------------------------------------------------

    def case(self, row: int) -> Case:
        """One project as the gate sees it, its figures exact."""
        found = self._cases.get(row)
        if found is None:
            project = self.table.project(row)
            period = self.periods[int(self.figures.years[row])]
            found = Case(
                project, self.policy, self.on, period, dict(self.figures.parameters), self.sites.site(row), self.quotas
            )
            self._cases[row] = found
        return found

    def _figured(self, row: int) -> Case:
        """One project with its figures, but without its place, which may not be known yet."""
        found = self._figures_of.get(row)
        if found is None:
            period = self.periods[int(self.figures.years[row])]
            site: Any = _Unseen()
            found = Case(
                self.table.project(row), self.policy, self.on, period, dict(self.figures.parameters), site, self.quotas
            )
            self._figures_of[row] = found
        return found

    def plain(self, row: int) -> Project:
        """One project without its figures; made once."""
        found = self._plain.get(row)
        if found is None:
            found = self._plain[row] = self.table.project(row, facts=False)
        return found

    def missing(self, what: Any, row: int, names: tuple[str, ...] = ()) -> Missing:
        """What the exact form says is missing; asked once for all that lack the same."""
        key = (what, int(self.figures.of(what).state[row]))
        if key not in self._missing:
            states = self.figures.of(what).state
            case = self._figured(next((known for known in self._figures_of if states[known] == key[1]), row))
            if isinstance(what, Ratio):
                value: Any = case.ratio(what, *names).value
            elif what.startswith("quantity:"):
                value = case.lookup.quantity(catalogue()[what.partition(":")[2]], case.period).value
            else:
                value = case.evaluate(what.partition(":")[2], None).value
            if not isinstance(value, Missing):
                raise NotAskedError(str(what))
            self._missing[key] = value
        return self._missing[key]

    def amounts(self, ratio: Ratio) -> Words:
        """A ratio as officers read it."""
        if ratio not in self._numbers:
            self._numbers[ratio] = amounts(self.figures.of(ratio).value, ratio.unit)
        return self._numbers[ratio]


@dataclass
class Trial(Case):
    """A member of a group with numbers put in place of its own: what the rule is held against."""

    rows: Any = None
    row: int = 0
    numbers: dict[Any, Scalar] = field(default_factory=dict)

    def ratio(self, ratio: Ratio, *names: str) -> Trace:
        return Trace("indicator", ratio.id, self._value(ratio, names), ratio.unit, ratio.label, str(self.period))

    def evaluate(self, formula: str, unit: str | None) -> Trace:
        what = f"when:{formula}"
        return Trace("condition", formula, self._value(what), "", Text(), str(self.period))

    def _value(self, what: Any, names: tuple[str, ...] = ()) -> Any:
        if what in self.numbers:
            return self.numbers[what]
        try:
            asked: Asked = self.rows.figures.of(what)
        except KeyError:
            raise NotAskedError(str(what)) from None
        if asked.state[self.row]:
            return self.rows.missing(what, self.row, names)
        if isinstance(what, str) and what.startswith("when:"):
            return bool(asked.value[self.row])
        raise NotAskedError(str(what))

    @property
    def lookup(self) -> Any:  # type: ignore[override]
        return _Quantities(self)


class _Unseen:
    """The site of a trial whose rule has no business with places."""

    def __getattr__(self, name: str) -> Any:
        raise NotAskedError(name)


@dataclass(frozen=True)
class Glimpse:
    """A site of which a trial may see some things only; asking for another one ends it."""

    site: Any
    sees: frozenset[str]

    def __getattr__(self, name: str) -> Any:
        if name not in self.sees:
            raise NotAskedError(name)
        return getattr(self.site, name)


@dataclass(frozen=True)
class _Quantities:
    """The quantities of a trial, as far as its plan knows them."""

    trial: Trial

    def __getattr__(self, name: str) -> Any:
        raise NotAskedError(name)

    @property
    def parameters(self) -> tuple[tuple[str, Scalar], ...]:
        return tuple(sorted(self.trial.parameters.items()))

    def quantity(self, quantity: Any, period: Any) -> Trace:
        value = self.trial._value(f"quantity:{quantity.id}")
        return Trace("observed", quantity.id, value, quantity.unit, quantity.label, str(period))


# -- plans -------------------------------------------------------------------------------------------------------------


@dataclass
class Shown:
    """A figure that a rule looks at.

    Parameters
    ----------
    what
        As it was asked of `Figures`.
    bound
        A limit of the project's own (the room of its parcel), by row; None: only the limits that were asked for.
    """

    what: Any
    bound: Callable[[int], Fraction | None] | None = None


@dataclass
class Plan:
    """What a rule looks at.

    Parameters
    ----------
    keys
        Numbers by project: those that agree in all of them are told the same.
    figures
        Figures that count, whose numbers may stand in the text.
    alone
        Projects that must be held by themselves.
    once
        The rule's texts tell none of its figures, nor the industry: one trial says all.
    place
        Whether the rule looks at the place at all.
    slots
        What else differs between projects that are told the same: names, distances, capacities.
    mark
        Puts marks in place of these in a trial, and shows them in the slots.
    """

    keys: list[Ints]
    figures: list[Shown] = field(default_factory=list)
    alone: Flags | None = None
    once: bool = False
    place: bool = False
    slots: list[Slot] = field(default_factory=list)
    mark: Callable[[Trial, int, int], None] | None = None


def hold_groups(rule: PolicyRule, rows: Rows, plan: Plan | None, decided: Flags) -> Held:
    """Hold one rule against every kind of case among the projects that are in columns; `hold_alone` holds the rest.

    Parameters
    ----------
    plan
        What the rule looks at; None where that is not known: every project is held by itself.
    decided
        Projects that can be decided here.
    """
    held = Held(rule, np.full(len(rows), -1, dtype=np.int64), [], decided.copy())
    if plan is not None:
        unsure = np.zeros(len(rows), dtype=bool) if plan.alone is None else plan.alone.copy()
        for shown in plan.figures:
            unsure |= rows.figures.of(shown.what).near
        held.slots = _slots(rows, plan)
        for members in _groups(plan.keys, np.flatnonzero(decided & ~unsure)):
            answer = _try(rule, rows, plan, held.slots, members)
            if answer is not None:
                held.group[members], held.alone[members] = len(held.answers), False
                held.answers.append(answer)
    return held


def hold_alone(held: Held, rows: Rows) -> None:
    """Hold a rule against the projects that are left."""
    for row in np.flatnonzero(held.alone).tolist():
        add_alone(held, row, hold(held.rule, rows.case(row)))


def add_alone(held: Held, row: int, finding: Finding) -> None:
    """Give one project the finding it got by itself."""
    held.group[row] = len(held.answers)
    held.answers.append(_constant(finding))
    held.alone[row] = True


def _groups(keys: Sequence[Ints], rows: Ints) -> list[Ints]:
    """Rows that agree in every key, each group ascending."""
    if not len(rows):
        return []
    joint, size = np.zeros(len(rows), dtype=np.int64), 1
    for key in keys:
        mine = key if len(key) == len(rows) else key[rows]
        low, high = int(mine.min()), int(mine.max())
        if high == low:
            continue
        if size >= 2**62 // (high - low + 1):
            distinct, joint = np.unique(joint, return_inverse=True)
            size = len(distinct)
        joint = joint * (high - low + 1) + (mine - low)
        size *= high - low + 1
    if size > SHORT:
        distinct, joint = np.unique(joint, return_inverse=True)
        size = len(distinct)
    order = np.argsort(joint.astype(np.uint16) if size <= SHORT else joint, kind="stable")
    return np.split(rows[order], np.flatnonzero(np.diff(joint[order])) + 1)


def _slots(rows: Rows, plan: Plan) -> list[Slot]:
    """Slots of a plan: figures, the industry, and its own."""
    return [*(_figure_slot(rows, shown.what) for shown in plan.figures), Slot(lambda: rows.industry), *plan.slots]


def _figure_slot(rows: Rows, what: Any) -> Slot:
    value = rows.figures.of(what).value
    if isinstance(what, Ratio):
        return Slot(lambda: rows.amounts(what), values=value)
    return Slot(lambda: short_numbers(value, 6), values=value)


def _try(rule: PolicyRule, rows: Rows, plan: Plan, slots: list[Slot], members: Ints) -> Answer | None:
    """What a group is told; None if two of its trials disagree."""
    pair = [int(members[0])] if plan.once else [int(members[0]), _other(rows, members)]
    findings = []
    for slot in slots:
        slot.clear()
    try:
        for which, row in enumerate(pair):
            findings.append(hold(rule, _trial(rows, plan, slots, row, which)))
            same = rows.codes[1][pair[0]] == rows.codes[1][pair[-1]]
            if plan.mark is None and not plan.figures and same:
                return _constant(findings[0])  # nothing is put in its place: a second trial would be the same one
    except NotAskedError:
        return None
    a, b = findings[0], findings[-1]
    if (a.status, a.unit, a.missing) != (b.status, b.unit, b.missing):
        return None
    cut = [
        (
            _pieces(f.reason.zh, [s.shown[i].zh for s in slots]),
            _pieces(f.reason.en, [s.shown[i].en for s in slots]),
            _pieces(f.limit, [s.limit[i] for s in slots]),
        )
        for i, f in enumerate(findings)
    ]
    if cut[0] != cut[-1]:
        return None
    values = _slot_of([f.value for f in findings], slots)
    booked = -1
    if len(a.bookings) != len(b.bookings) or len(a.bookings) > 1:
        return None
    if a.bookings:
        one, two = a.bookings[0], b.bookings[0]
        amounts_ = _slot_of([one.amount, two.amount], slots)
        if replace(one, amount=two.amount) != two or amounts_ is None:
            return None
        booked = amounts_
    return None if values is None else Answer(a, *cut[0], values, booked)


def _constant(finding: Finding) -> Answer:
    return Answer(finding, (finding.reason.zh,), (finding.reason.en,), (finding.limit,))


def _other(rows: Rows, members: Ints) -> int:
    """A second member, of another industry than the first if there is one."""
    index = rows.codes[1][members]
    different = np.flatnonzero(index != index[0])
    return int(members[different[0]] if len(different) else members[-1])


def _slot_of(values: Sequence[Any], slots: Sequence[Slot]) -> int | None:
    """Which slot's number two trials gave; -1 for one and the same value; None for neither."""
    for number, slot in enumerate(slots):
        if slot.numbers and list(values) == slot.numbers:
            return number
    return -1 if values[0] == values[-1] and type(values[0]) is type(values[-1]) else None


def _pieces(text: str, shown: Sequence[str]) -> tuple[Any, ...]:
    """A text cut at what the slots show: text, slot, text, slot, ..., text.

    Examples
    --------
    >>> _pieces("is 3.17 t of 9 t", ["3.17 t", "", "9 t"])
    ('is ', 0, ' of ', 2, '')
    """
    found: list[Any] = [text]
    for slot in sorted(range(len(shown)), key=lambda i: -len(shown[i])):
        if not shown[slot] or shown[slot] not in text:
            continue
        cut: list[Any] = []
        for piece in found:
            parts = piece.split(shown[slot]) if isinstance(piece, str) else [piece]
            for number, part in enumerate(parts):
                cut += [slot, part] if number else [part]
        found = cut
    return tuple(found)


def _trial(rows: Rows, plan: Plan, slots: Sequence[Slot], row: int, which: int) -> Trial:
    project = rows.plain(row)
    site: Any = rows.sites.site(row) if plan.place else _Unseen()
    period, parameters = rows.periods[int(rows.figures.years[row])], rows.figures.parameters
    trial = Trial(project, rows.policy, rows.on, period, parameters, site, rows.quotas, rows=rows, row=row)
    for place, (slot, shown) in enumerate(zip(slots, plan.figures)):
        what = shown.what
        if rows.figures.of(what).state[row]:
            slot.show("", "")
            continue
        number, words = _put(rows, shown, row, which, place)
        trial.numbers[what] = number
        slot.show(words.zh, words.en, number=number)
    industry = named(project.industry_code)
    slots[len(plan.figures)].show(industry, industry)
    if plan.mark is not None:
        plan.mark(trial, row, which)
    return trial


def _put(rows: Rows, shown: Shown, row: int, which: int, place: int) -> tuple[Fraction, Text]:
    """The number put in place of a project's own, and its words; the same for all on the same side of every limit."""
    what, asked = shown.what, rows.figures.of(shown.what)
    key = (what, which, place, *(int(asked.signs[limit][row]) for limit in asked.limits))
    found = rows.stand_ins.get(key) if shown.bound is None else None
    if found is None:
        number = _between(asked, shown, row, which, place)
        short = decimal_text(number, 6)
        found = number, both(number, what.unit) if isinstance(what, Ratio) else Text(short, short)
        if shown.bound is None:
            rows.stand_ins[key] = found
    return found


def _between(asked: Asked, shown: Shown, row: int, which: int, place: int) -> Fraction:
    """A number on the same side of every limit as the project's own; the limit itself where it lies on one."""
    low: Fraction | None = None
    high: Fraction | None = None
    for limit in asked.limits:
        sign = asked.signs[limit][row]
        if sign == 0:
            return limit
        if sign < 0:
            high = limit
            break
        low = limit
    own = None if shown.bound is None else shown.bound(row)
    if own is not None and asked.value[row] > float(own):
        low = own if low is None else max(low, own)
    elif own is not None:
        high = own if high is None else min(high, own)
    return stand_in(low, high, which, place)


__all__ = [
    "MARKS", "NEAR", "Answer", "Glimpse", "Held", "NotAskedError", "Plan", "Rows", "Shown", "Slot", "Trial", "Written",
    "add_alone", "hold_alone", "hold_groups",
]  # fmt: skip
