"""The figure a task goes by, as it is stored: of its quantity, of a shared indicator, or of its clause in what was kept last.

A figure is typed once, among the figures. What a department reports with its progress is a note; the one stored here counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from itertools import groupby
from typing import Any

from django.urls import reverse
from django.utils import timezone

from ecopark.core.period import Period
from ecopark.core.text import Text
from ecopark.core.trace import Trace
from ecopark.core.unit import split_base_year, unit
from ecopark.errors import EcoparkError, UnitError
from ecopark.expr.nodes import Leaf
from ecopark.indicators.catalogue import indicators
from ecopark.indicators.resolve import SubjectLookup, unit_of
from ecopark.observations.quantity import catalogue
from ecopark.web.assess import keep
from ecopark.web.assess.models import Kept
from ecopark.web.background import StillWorkingError
from ecopark.web.figures.as_known import facts_on
from ecopark.web.figures.facts import facts_of
from ecopark.web.parks.models import Park
from ecopark.web.tasks.models import Task

MOST_CELLS = 60
"""So many assessments are brought up to date for the lights of a park at most."""
YEARS = 8
"""So many years back a figure is looked for."""


@dataclass(frozen=True)
class Stored:
    """The figure a task goes by.

    Parameters
    ----------
    value
        In the unit of the target; None: nothing is stored (yet).
    period
        Of the figure; empty where there is none.
    source
        Where it comes from, in words.
    url
        Where it can be looked at.
    typed
        Whether it was typed for the park itself: then, or where there is none, a new one may be stored in its place.
    """

    value: Fraction | None
    period: str = ""
    source: Text = Text()
    url: str = ""
    typed: bool = False


@dataclass(frozen=True)
class Named:
    """A quantity or shared indicator that a target can be about."""

    id: str
    label: Text
    unit: str


def named(name: str, part: str = "") -> Named | None:
    """What a target can be about: a quantity or shared indicator that is a number; None if there is no such one."""
    if name in indicators():
        found = indicators()[name]
        return Named(found.id, found.label, found.unit) if found.unit else None
    quantity = catalogue().find(name)
    if quantity is None or quantity.kind == "flag" or quantity.codes:
        return None
    try:
        sort = unit_of(Leaf("part", (quantity.id, part)) if part else Leaf("name", (quantity.id,)))
    except EcoparkError:
        return None
    return Named(quantity.id, quantity.label, str(sort))


def choices() -> list[Named]:
    """Everything a target can be about, for a form; quantities, then shared indicators."""
    ids = [*catalogue().quantities, *indicators()]
    return [found for name in dict.fromkeys(ids) if (found := named(name)) is not None]


def in_unit(value: Fraction, of: str, wanted: str) -> Fraction | None:
    """An amount restated in another unit; None where the two do not measure the same thing."""
    try:
        return value * unit(split_base_year(of)[0]).factor_to(unit(split_base_year(wanted)[0]))
    except UnitError:
        return None


class Now:
    """The figures that the tasks of a park go by; each is looked up once.

    Parameters
    ----------
    moment
        As they were known then; None: now.
    current
        The park as this request has met it, where it has; it is asked for otherwise.

    Raises
    ------
    StillWorkingError
        Of a request, where the figures of a large park have to be read first.
    """

    def __init__(self, park: Park, moment: datetime | None = None, current: keep.Current | None = None) -> None:
        self.park, self.moment, self._current = park, moment, current
        self.years = keep.years_of(park)[:YEARS]
        self._lookup: SubjectLookup | None = None
        self._found: dict[tuple[str, ...], Stored] = {}
        self._kept: dict[tuple[str, str], dict[str, Any] | None] = {}

    def of(self, task: Task) -> Stored | None:
        """The figure of a task; None for a task that goes by no stored one."""
        if not task.by_store:
            return None
        key = (task.quantity, task.part, "" if task.quantity else task.clause, task.period, task.unit)
        if key not in self._found:
            self._found[key] = self._quantity(*key) if task.quantity else self._clause(*key)
        return self._found[key]

    def quantity(self, name: str, part: str, unit_wanted: str) -> Stored:
        """The last figure there is of a quantity or indicator, in this unit."""
        return self._quantity(name, part, "", "", unit_wanted)

    def ready(self) -> None:
        """Read the figures of the park now, so that nobody waits for them in the middle of a transaction.

        Raises
        ------
        StillWorkingError
            Of a request for a large park that is not read yet.
        """
        self._look()

    def assess(self, clauses: Iterable[tuple[str, str]]) -> None:
        """Have the assessments that give these clauses (id, period of the task) brought up to date, as far as goes at once."""
        cells = {(clause.rpartition("/")[0], str(y)) for clause, period in clauses for y in self._since(period)}
        now = self._current or keep.Current(self.park)
        for _, rows in groupby(sorted(cells)[:MOST_CELLS], key=lambda cell: cell[0]):
            with suppress(EcoparkError, StillWorkingError):  # then what was kept last is used, and says of when it is
                now.assessed_all(list(rows), earlier=True)
        self._kept.clear()

    def _since(self, period: str) -> list[int]:
        """Years, the latest first, from that of a task on: an older figure is no news of it."""
        first = int(period[:4]) if period[:4].isdecimal() else 0
        return [year for year in self.years if year >= first]

    def _quantity(self, name: str, part: str, clause: str, period: str, wanted: str) -> Stored:
        url = reverse("quantity", args=[self.park.slug, name])
        known = named(name, part)
        if known is None:
            return Stored(None, source=Text("目录中已没有这个数据项", "the catalogue has no such quantity any more"))
        leaf = Leaf("part", (name, part)) if part else Leaf("name", (name,))
        typed = True
        for year in self._since(period):
            trace = self._look().resolve(leaf, Period(year))
            if not isinstance(trace.value, Fraction):
                continue
            value = in_unit(trace.value, trace.unit or known.unit, wanted or known.unit)
            typed = trace.kind == "observation"
            if value is None:
                return Stored(None, str(year), Text("单位与目标值不符", "its unit does not fit the target's"), url)
            return Stored(value, str(year), _said(trace), url, typed)
        return Stored(None, "", Text("尚未填报", "not stored yet"), url, name not in indicators())

    def _clause(self, quantity: str, part: str, clause: str, period: str, wanted: str) -> Stored:
        pack, _, tail = clause.rpartition("/")
        for year in self._since(period):
            found = self._kept_clause(pack, str(year), clause)
            if found is None or found.get("value") is None:
                continue
            at = found["at"]
            url = reverse("assess-clause", args=[self.park.slug, pack, str(year), tail])
            day = f"{timezone.localtime(at):%Y-%m-%d}"
            source = Text(f"{year} 年评价（{day} 存档）", f"assessment of {year}, kept on {day}")
            try:
                value = in_unit(Fraction(str(found["value"])), found["unit"] or "1", wanted or found["unit"] or "1")
            except ValueError:
                continue
            return Stored(value, str(year), source, url)
        return Stored(None, "", Text("尚无评价结果", "no assessment gives a value yet"))

    def _kept_clause(self, pack: str, period: str, clause: str) -> dict[str, Any] | None:
        key = (pack, period)
        if key not in self._kept:
            rows = Kept.objects.filter(park=self.park, pack=pack, period=period)
            if self.moment is not None:
                rows = rows.filter(at__lte=self.moment)
            kept = rows.order_by("-at", "-pk").first()
            self._kept[key] = None if kept is None else {c["id"]: c | {"at": kept.at} for c in kept.summary["clauses"]}
        clauses = self._kept[key]
        return None if clauses is None else clauses.get(clause)

    def _look(self) -> SubjectLookup:
        if self._lookup is None:
            beside = self._current.beside if self._current is not None else None
            facts = facts_of(self.park, beside) if self.moment is None else facts_on(self.park, self.moment)
            self._lookup = SubjectLookup(facts, self.park.key)
        return self._lookup


KINDS = {
    "rollup": Text("由企业或各月汇总", "added up from firms or months"),
    "derived": Text("由其他数据项计算", "computed from other quantities"),
    "indicator": Text("由指标公式计算", "computed by the indicator's formula"),
    "reported": Text("已报数值，未能重算", "reported, not recomputable"),
}


def _said(trace: Trace) -> Text:
    if trace.kind == "observation":
        beside = " · ".join(part for part in (str(trace.place or ""), trace.source) if part)
        return Text(beside or "已填报", beside or "typed in")
    return KINDS.get(trace.kind, Text("计算得出", "computed"))
