"""The rows of a data form: what is asked for, what was given last year and this year, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import lru_cache
from typing import Any

from ecopark.core.period import Period
from ecopark.core.text import Text
from ecopark.core.unit import split_base_year, units_alike
from ecopark.core.unit import unit as unit_of
from ecopark.core.value import Missing
from ecopark.core.words import shown, unit_words, with_unit
from ecopark.errors import InputError, UnitError
from ecopark.indicators.resolve import SubjectLookup
from ecopark.observations.quantity import Code, Quantity, catalogue
from ecopark.packs.load import find_pack
from ecopark.standards.needs import needed_quantities
from ecopark.web.assess.keep import packs_of
from ecopark.web.figures import as_known
from ecopark.web.figures.breakdowns import by_words
from ecopark.web.figures.change import Change
from ecopark.web.figures.facts import facts_at_once, read_one
from ecopark.web.figures.models import CORRECTION_STATES, STATES, Correction, Figure
from ecopark.web.figures.said import said, unit_of_code
from ecopark.web.parks.models import Park, Subject

FIRM_LEVEL = ("firm",)
NOTHING = Text("—", "—")
YES, NO = ("是", "true", "yes", "1"), ("否", "false", "no", "0")


@dataclass
class FormRow:
    """One line of a form: a quantity (or one code of its breakdown) of one subject in one year."""

    quantity: Quantity
    by: str
    code: Code | None
    figure: Figure | None
    before: Figure | None
    used_by: tuple[str, ...]
    period: str
    given: str = ""
    unit: str = ""
    note: str = ""
    source: str = ""
    computed: Text = Text()
    problems: list[str] = field(default_factory=list)
    theirs: Figure | None = None
    own: bool = False
    locked: bool = False
    documents: int = 0
    converted: Text = Text()
    units_id: str = ""

    @property
    def correction(self) -> Correction | None:
        """The firm's correction that waits beside the figure."""
        return self.figure.proposed if self.figure else None

    @property
    def stored(self) -> Figure | Correction | None:
        """What the row edits: the figure; for the firm itself the correction, where one waits."""
        return (self.correction if self.own else None) or self.figure

    @property
    def their_value(self) -> Figure | Correction | None:
        """What somebody else has put where the row edits."""
        return self.theirs and ((self.theirs.proposed if self.own else None) or self.theirs)

    @property
    def name(self) -> str:
        """Name of the row's fields in the form."""
        return f"{self.quantity.id}|{self.by}"

    @property
    def label(self) -> Text:
        """What the row is called."""
        if self.code is None:
            return self.quantity.label
        return Text(
            f"{self.quantity.label.zh}：{self.code.label.zh}", f"{self.quantity.label.en}: {self.code.label.en}"
        )

    @property
    def canonical_unit(self) -> str:
        """The unit a value without one has."""
        return (self.code.unit if self.code and self.code.unit else self.quantity.unit) or ""

    @property
    def choices(self) -> list[tuple[str, Text]]:
        """What a flag or code may be; empty for numbers."""
        if self.quantity.kind == "flag":
            return [("", NOTHING), ("是", Text("是", "yes")), ("否", Text("否", "no"))]
        if self.quantity.codes:
            return [("", NOTHING), *((c.id, c.label) for c in self.quantity.codes)]
        return []

    @property
    def chosen(self) -> str:
        """The choice that what was typed stands for."""
        return self._choice(self.given)

    @property
    def last(self) -> Text:
        """What was given the year before; a flag or a code in the words of its choice."""
        given = self.before.given if self.before else ""
        return dict(self.choices).get(self._choice(given), Text(given, given))

    @property
    def last_unit(self) -> str:
        """The unit of what was given the year before."""
        return (
            said(self.before, self.quantity.id, self.by).removeprefix(self.before.given).strip() if self.before else ""
        )

    def said(self, row: Figure | Correction | None) -> str:
        """What stands there for this row's figure, with its unit."""
        return said(row, self.quantity.id, self.by) if row else ""

    @property
    def counts_now(self) -> str:
        """The value that counts, with its unit."""
        return self.said(self.figure)

    @property
    def wanted(self) -> str:
        """The firm's correction, with its unit."""
        return self.said(self.correction)

    @property
    def theirs_said(self) -> str:
        """What somebody else has put where the row edits, with its unit."""
        return self.said(self.their_value)

    def _choice(self, given: str) -> str:
        text = given.strip().lower()
        if self.quantity.kind == "flag":
            return "是" if text in YES else "否" if text in NO else ""
        found = next((c for c in self.quantity.codes if text in (c.id, c.label.zh.lower(), c.label.en.lower())), None)
        return found.id if found else given

    @property
    def state(self) -> Text:
        """Where the figure is on its way to the office."""
        return STATES[self.figure.state] if self.figure else STATES["draft"]

    @property
    def correction_state(self) -> Text:
        """Where the correction is on its way to the office."""
        return CORRECTION_STATES[self.correction.state] if self.correction else Text()

    @property
    def version(self) -> int:
        """The version that is shown."""
        return self.figure.stamp if self.figure else 0

    @property
    def changed(self) -> bool:
        """Whether the form says something else than what is stored."""
        known = self.stored
        if known is None:
            return bool(self.given.strip())
        return (self.given, self.unit, self.note, self.source) != (known.given, known.unit, known.note, known.source)

    def change(self, subject: str) -> Change:
        """The row as a change to be written."""
        return Change(
            subject, self.quantity.id, self.period, self.given.strip(), self.unit.strip(), self.by, self.source.strip(),
            self.note.strip(), seen=self.version,
        )  # fmt: skip


@lru_cache(maxsize=64)
def _used(packs: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for name in packs:
        for quantity in needed_quantities(find_pack(name)):
            found.setdefault(quantity, []).append(name)
    return {q: tuple(p) for q, p in found.items()}


def used_by(park: Park) -> dict[str, tuple[str, ...]]:
    """The quantities the park's packs need, each with the packs."""
    return _used(tuple(packs_of(park)))


def asked(park: Park, subject: Subject, *, everything: bool = False) -> list[Quantity]:
    """The quantities asked of a subject: those its park's packs need, or all that can be given for it."""
    needed = used_by(park)
    firm = subject.kind == "firm"
    found = []
    for q in catalogue().quantities.values():
        if q.formula and not everything:
            continue
        if firm and not (q.level in FIRM_LEVEL or q.rollup):
            continue
        if not firm and q.level not in ("park", "firm"):
            continue
        if everything or q.id in needed:
            found.append(q)
    return found


def form_rows(
    park: Park, subject: Subject, quantities: Iterable[Quantity], period: str, *, own: bool = False, locked: bool = False,
    day: date | None = None,
) -> list[FormRow]:  # fmt: skip
    """The rows of a form, filled with what is stored.

    Parameters
    ----------
    own
        Whether the firm itself looks: its corrections stand in the fields, beside them what counts.
    locked
        Whether the year is handed in, so that the firm cannot change it.
    day
        Show what was stored at the end of this earlier day.
    """
    wanted = list(quantities)
    before = str(int(period) - 1) if period.isdecimal() else ""
    about = {"subject": subject, "quantity__in": [q.id for q in wanted], "period__in": [period, before, ""]}
    if day is None:
        # who typed it is only told in a conflict, and looked up there
        figures = Figure.objects.filter(park=park, **about).select_related("correction")
        known = {f.key: f for f in figures}
    else:
        then = as_known.figures_on(park, as_known.end_of(day)).filter(**about).select_related("subject", "entered_by")
        known = {f.key: f for f in map(as_known.figure_of, then)}
    used = used_by(park)
    rows = []
    for quantity in wanted:
        at = "" if (quantity.id, "", "") in known or quantity.kind == "attribute" else period
        for by, code in _codes(quantity, known):
            figure = known.get((quantity.id, at, by))
            row = FormRow(
                quantity, by, code, figure, known.get((quantity.id, before, by)) if at else None,
                used.get(quantity.id, ()), at, own=own,
            )  # fmt: skip
            if (there := row.stored) is not None:
                row.given, row.unit, row.note, row.source = there.given, there.unit, there.note, there.source
            waits = figure is not None and "submitted" in (figure.state, row.correction.state if row.correction else "")
            row.locked = own and (locked or waits)
            rows.append(row)
    return rows


@lru_cache(maxsize=2048)
def units_offered(unit: str, lang: str) -> tuple[str, ...]:
    """The units a figure may be typed in, as the language writes them; nothing where there is no unit to choose."""
    try:
        alike = units_alike(unit) if unit else ()
    except UnitError:  # each code has a unit of its own
        return ()
    return tuple(_readable(one, lang) for one in alike) if len(alike) > 1 else ()


def _readable(unit: str, lang: str) -> str:
    """A unit in words, if the readers take the words for the same unit."""
    words = unit_words(unit, lang)
    try:
        return words if words and unit_of(words).same_as(unit_of(unit)) else unit
    except UnitError:
        return unit


def converted(park: Park, row: dict[str, Any], canonical: str, known: dict[str, Subject] | None = None) -> Text:
    """What was typed in another unit, in the catalogue's; nothing where it was typed in that, or is no number.

    Parameters
    ----------
    row
        A row of the facts contract.
    known
        Subjects that were looked up, see `facts.read_one`.

    Raises
    ------
    InputError
        It cannot be read.
    """
    typed, _ = split_base_year(row["unit"])
    if not str(row["value"]).strip() or not typed:
        return Text()
    found = read_one(park, row, known)
    if found is None or found.not_applicable or not isinstance(found.value, Fraction):
        return Text()
    try:
        if unit_of(typed).same_as(unit_of(canonical)):
            return Text()
    except UnitError:
        return Text()
    said = {k: with_unit(shown(found.value, k), canonical, k) for k in ("zh", "en")}
    return Text(f"= {said['zh']}", f"= {said['en']}")


def compute_all(park: Park, subject: Subject, rows: Iterable[FormRow], period: str, day: date | None = None) -> None:
    """Say of each figure that is not given what the program computes in its place; of a large park once it is read."""
    facts = facts_at_once(park) if day is None else as_known.facts_at_once(park, day)
    if facts is None:
        return
    lookup = SubjectLookup(facts, subject.key)
    for row in rows:
        if (row.figure is None or not row.figure.given) and not row.by and row.period:
            row.computed = _computed(lookup, row.quantity, period)


def convert_all(park: Park, subject: Subject, rows: Iterable[FormRow]) -> None:
    """Say of each row that was typed in another unit what it is in the catalogue's."""
    known = {subject.key: subject}
    for row in rows:
        if row.unit.strip() and row.given.strip() and not row.choices and not row.problems:
            try:
                row.converted = converted(park, row.change(subject.key).row(), row.canonical_unit, known)
            except InputError:  # what was stored once and no longer reads is told where it is checked
                row.converted = Text()


def _computed(lookup: SubjectLookup, quantity: Quantity, period: str) -> Text:
    """What the figure comes to without being typed, and how: the sum of the firms, of months, of a breakdown."""
    trace = lookup.quantity(quantity, Period.parse(period))
    if isinstance(trace.value, Missing):
        return trace.value.reason if trace.kind == "rollup" else Text()
    unit = "" if quantity.unit == "by code" else quantity.unit
    said = {k: with_unit(shown(trace.value, k), unit, k) for k in ("zh", "en")}
    how = trace.note or Text("由其他数计算", "computed")
    return Text(f"{how.zh}：{said['zh']}", f"{how.en}: {said['en']}")


def _codes(quantity: Quantity, known: dict[tuple[str, str, str], Figure]) -> Iterator[tuple[str, Code | None]]:
    """The breakdowns a quantity takes rows for: every code of one list, and whatever finer ones are stored."""
    lists = [catalogue().breakdowns[name] for name in quantity.breakdowns]
    stored = sorted({by for (q, _, by) in known if q == quantity.id and by})
    if not lists or any(q == quantity.id and not by for (q, _, by) in known):
        yield "", None
    if lists:
        first = lists[0]
        plain = [f"{first.dimension}={code.id}" for code in first.codes]
        if len(lists) == 1:
            for code, by in zip(first.codes, plain, strict=True):
                yield by, code
        for by in stored:
            if len(lists) > 1 or by not in plain:
                yield by, Code(by, by_words(quantity.id, by), unit_of_code(by, first.codes))
        if len(lists) > 1 and not stored:
            for code in first.codes:
                yield f"{first.dimension}={code.id}", code


@dataclass(frozen=True, slots=True)
class ThemeState:
    """How complete a theme is for one subject and year."""

    id: str
    label: Text
    asked: int
    given: int

    @property
    def percent(self) -> int:
        """Share given [%]."""
        return self.given * 100 // self.asked if self.asked else 100


def themes_of(park: Park, subject: Subject, period: str) -> list[ThemeState]:
    """Completeness by theme of what the park's packs need."""
    quantities = asked(park, subject)
    there = set(
        Figure.objects.filter(park=park, subject=subject, period__in=[period, ""])
        .exclude(given="")
        .values_list("quantity", flat=True)
        .distinct()
    )
    found = []
    for theme in catalogue().themes.values():
        own = [q for q in quantities if q.theme == theme.id]
        if own:
            found.append(ThemeState(theme.id, theme.label, len(own), sum(q.id in there for q in own)))
    return found
