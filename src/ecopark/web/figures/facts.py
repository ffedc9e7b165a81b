"""From the site's figures to the engines' `Facts`; kept in memory and brought up to date by what has changed since.

Only accepted figures count. A figure says where it comes from: the cell of the workbook it came in with, or the person who
typed it and when.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from ecopark.core.collector import without_collector
from ecopark.errors import InputError, Place, Problem
from ecopark.indicators.differences import differences
from ecopark.observations import reading
from ecopark.observations.checks import figure_checks, held_together, isolated_years
from ecopark.observations.model import FactKey, Facts, Observation
from ecopark.observations.model import Subject as FactSubject
from ecopark.observations.quantity import catalogue
from ecopark.observations.rows import RawRow
from ecopark.web import background, lasting
from ecopark.web.at_hand import AtHand
from ecopark.web.background import StillWorkingError
from ecopark.web.figures import stamps
from ecopark.web.figures.models import COUNTED, Evidence, Figure
from ecopark.web.figures.stamps import Beside
from ecopark.web.parks.models import Department, Park, Subject
from ecopark.web.rules import sign
from ecopark.workflows.assess_park import known_reported

KEPT_PARKS = 64
"""So many parks are kept in memory, the last used ones."""

FIELDS = (
    "subject__key", "quantity", "period", "by", "given", "unit", "source", "note", "place", "entered_at", "state",
    "entered_by__username", "entered_by__last_name", "entered_by__first_name",
)  # fmt: skip

MANY = 20_000
"""A park with more figures is read in the background: that takes longer than anybody should wait for a page."""

AT_ONCE = 20_000
"""So many figures are checked before it is asked whether the process is to end."""

Key = tuple[str, str, str, str]
Warned = dict[tuple[str, str], list[Problem]]
"""Findings of the quality checks by subject and quantity."""


@dataclass
class _Known:
    """A park as it was at one count of its changes; `keys`: the figure's own key -> the engines' key."""

    changed: int
    beside: Beside
    keys: dict[Key, FactKey]
    warned: Warned
    facts: Facts


_kept: AtHand[int, _Known] = AtHand(KEPT_PARKS)


def facts_of(park: Park, beside: Beside | None = None) -> Facts:
    """The accepted figures of a park as of now.

    Only figures written since the last call are read again, and only findings that they bear on are looked for again. Who has
    asked for what stands beside them in this request hands it in.

    Raises
    ------
    StillWorkingError
        Of a request for a park with `MANY` figures that this process has not read yet; it is being read from now on.
    """
    now = beside or stamps.beside(park)
    known = expect(park, now)
    if known is not None and known.changed == park.changed and known.beside == now:
        return known.facts
    if known is not None:
        made = _brought_up(park, known, now)
    else:
        with without_collector():
            made = _read_whole(park, now)
        lasting.set_aside()
    _kept.put(park.pk, made)
    return made.facts


def expect(park: Park, now: Beside) -> _Known | None:
    """What can be brought up to date; None for few figures, which are read at once; many are read in the background.

    Raises
    ------
    StillWorkingError
        They are being read.
    """
    known = _kept.get(park.pk)
    if known is not None:
        stamps.catch_up(park, known.changed)
        if known.changed <= park.changed and known.beside.reading == now.reading:
            return known
    if background.somebody_waits() and Figure.objects.filter(park=park).order_by()[MANY : MANY + 1].exists():
        background.later_with(park, "figures", facts_of)
        raise StillWorkingError
    return None


def facts_at_once(park: Park) -> Facts | None:
    """The figures as of now; None while a large park is being read."""
    try:
        return facts_of(park)
    except StillWorkingError:
        return None


def _read_whole(park: Park, now: Beside) -> _Known:
    new = Figure.objects.filter(park=park, state__in=COUNTED).order_by("pk")
    subjects = [s.as_fact() for s in park.subjects.all()]
    rows = read_rows(park, new.values_list(*FIELDS).iterator(chunk_size=5000), subjects)
    there = {key: o for key, o in rows.items() if o is not None}
    facts = gathered(there.values(), subjects, _settings(park))
    return _Known(park.changed, now, {k: o.key for k, o in there.items()}, _grouped(facts.warnings), facts)


def _brought_up(park: Park, known: _Known, now: Beside) -> _Known:
    """What is known, with the figures written since and with the signatures and evidence of now."""
    keys, changes = dict(known.keys), {}
    if known.changed < park.changed:
        new = Figure.objects.filter(park=park, seq__gt=known.changed)
        rows = list(new.values_list(*FIELDS))
        if not {row[0] for row in rows} <= known.facts.subjects.keys():  # a firm was added in this very moment
            return _read_whole(park, stamps.beside(park))
        subjects = _with_wholes(known.facts, [park.key, *{row[0] for row in rows}])
        changes = _changes(keys, read_rows(park, rows, subjects))
    facts = known.facts.with_changes(changes)
    warned = _warned_again(known, facts, changes) if changes else known.warned
    facts.warnings = tuple(chain.from_iterable(warned.values()))
    if known.beside != now:
        facts.settings = _settings(park)
    return _Known(park.changed, now, keys, warned, facts)


def _changes(keys: dict[Key, FactKey], rows: dict[Key, Observation | None]) -> dict[FactKey, Observation | None]:
    """What the rows written since change; `keys` is brought up to date."""
    changes: dict[FactKey, Observation | None] = {}
    for key, observation in rows.items():
        before = keys.pop(key, None)
        if before is not None:
            changes[before] = None
        if observation is not None:
            changes[observation.key] = observation
            keys[key] = observation.key
    return changes


def _warned_again(known: _Known, facts: Facts, changes: Mapping[FactKey, Observation | None]) -> Warned:
    """The findings, those looked for again that hang on a changed figure."""
    groups: set[tuple[str, str]] = set()
    for subject, name, _, _ in changes:
        for at in _with_wholes(facts, [subject]):
            groups |= {(at.id, n) for n in (name, *held_together().get(name, ()))}
    subjects = {subject for subject, _ in groups}
    about = [o for o in facts.observations if o.subject in subjects and (o.subject, o.quantity) in groups]
    looked_for = [*figure_checks(facts, about), *differences(facts, about)]
    counted_as_before = all(new is not None and known.facts.exact(*key) is not None for key, new in changes.items())
    if not counted_as_before or any(p.place.of.partition("|")[0] in subjects for p in known.warned.get(ODD_YEARS, ())):
        groups.add(ODD_YEARS)
        looked_for += isolated_years(facts)
    found = {group: rows for group, rows in _grouped(looked_for).items() if group in groups}
    return {group: rows for group, rows in known.warned.items() if group not in groups} | found


ODD_YEARS = ("", "")
"""Findings on years hang on all figures of a subject: a group of their own."""


def _grouped(problems: Iterable[Problem]) -> Warned:
    found: Warned = {}
    for p in problems:
        subject, _, rest = p.place.of.partition("|")
        group = ODD_YEARS if p.code == "isolated-year" else (subject, rest.partition("|")[0])
        found.setdefault(group, []).append(p)
    return found


def facts_with(park: Park, changes: Sequence[dict[str, Any]]) -> Facts:
    """The figures with `changes` (rows of the facts contract) in place of the same keys; nothing is stored.

    Raises
    ------
    InputError
        A change cannot be read.
    """
    facts = facts_of(park)
    changed = reading.facts_from(
        list(changes), [s.as_fact() for s in park.subjects.all()], settings=park.fact_settings(),
        known_reported=known_reported, checks=False,
    )  # fmt: skip
    taken = {o.key for o in changed.observations}
    place = Place("what-if")
    rows = [o for o in facts.observations if o.key not in taken]
    rows += [replace(o, place=place, source="what-if") for o in changed.observations]
    return Facts(rows, facts.subjects.values(), settings=facts.settings, warnings=facts.warnings)


def forget(park: Park | None = None) -> None:
    """Drop what is kept in memory, of one park or of all."""
    if park is None:
        _kept.clear()
        stamps.forget()
    else:
        _kept.drop(lambda pk, _: pk == park.pk)


def gathered(rows: Iterable[Observation], subjects: list[FactSubject], settings: dict[str, Any]) -> Facts:
    """Facts of figures that were read, with the findings of the quality checks."""
    facts = Facts(rows, subjects, settings=settings)
    found: list[Problem] = []
    for at in range(0, len(facts), AT_ONCE):
        background.go_on()
        found += figure_checks(facts, facts.observations[at : at + AT_ONCE])
    facts.warnings = (*found, *isolated_years(facts), *differences(facts))
    return facts


def _settings(park: Park) -> dict[str, Any]:
    return settings_with(
        park, verified=sign.entries(park), titles=sign.title_entries(park),
        evidence=park.evidence.filter(withdrawn__isnull=True), departments=park.departments.all(),
    )  # fmt: skip


def settings_with(
    park: Park, *, verified: Iterable[Any], titles: Iterable[Any], evidence: QuerySet[Evidence],
    departments: Iterable[Department],
) -> dict[str, Any]:  # fmt: skip
    """What the park's folder would say besides figures: options, signatures, titles, evidence, departments."""
    settings = park.fact_settings()
    settings["verified"] = [*settings.get("verified", ()), *verified]
    settings["titles"] = [*settings.get("titles", ()), *titles]
    settings["evidence"] = [
        {
            "clause_or_quantity": e.about, "file": e.name, "page": e.page, "date": e.dated, "period": e.period,
            "place": None,
        }
        for e in evidence.order_by("about", "pk")
    ]  # fmt: skip
    named = catalogue().departments
    own = {d.key: d.name for d in departments if d.key not in named or named[d.key].zh != d.name}
    settings["departments"] = own | settings.get("departments", {})
    return settings


def _with_wholes(facts: Facts, keys: Iterable[str]) -> list[FactSubject]:
    """These subjects and all that they are part of."""
    found: dict[str, FactSubject] = {}
    for key in keys:
        while key in facts.subjects and key not in found:  # what it is said to be part of may be unknown
            found[key] = facts.subjects[key]
            key = found[key].parent
    return list(found.values())


def read_rows(
    park: Park, rows: Iterable[tuple[Any, ...]], subjects: list[FactSubject]
) -> dict[Key, Observation | None]:
    """Figures read as the engines read them; None for a figure that does not count or holds nothing."""
    found: dict[Key, Observation | None] = {}
    named: dict[str, Key] = {}
    said: dict[tuple[str, datetime], str] = {}

    def laid_out() -> Iterator[RawRow]:
        for subject, quantity, period, by, value, unit, source, note, place, at, state, user, last, first in rows:
            background.go_on()
            key = (subject, quantity, period, by)
            found[key] = None
            if state not in COUNTED or not value.strip():
                continue
            who = f"{last}{first}" or user or ""
            typed = said.get((who, at))
            if typed is None:
                typed = said[who, at] = f"{who}，{timezone.localtime(at):%Y-%m-%d %H:%M}" if who else ""
            of = "|".join(key)
            named[of] = key
            where = Place(place or typed, of=of)
            yield RawRow(subject, quantity, period, value, unit, by, source or (typed if place else ""), note, where)

    facts = reading.facts_from_rows(laid_out(), subjects, settings=park.fact_settings(), known_reported=known_reported)
    for o in facts.observations:
        key = named[o.place.of]
        if key[:2] != (o.subject, o.quantity):
            o = replace(o, place=Place(o.place.file, of="|".join((o.subject, o.quantity, *key[2:]))))
        found[key] = o
    return found


def read_one(park: Park, row: dict[str, Any], known: dict[str, Subject] | None = None) -> Observation | None:
    """One row as the engines read it; None where nothing is given.

    Only the subject it is about is looked up, with what it is part of: a park may have 50,000 firms. An unknown one is held
    against all of them, so that the nearest can be named. Who reads many rows gives `known`, which keeps what was looked up.

    Raises
    ------
    InputError
        It cannot be used; the problems say why and what to do.
    """
    facts = reading.facts_from(
        [row], [s.as_fact() for s in _with_parents(park, row["subject"], known) or park.subjects.all()],
        settings=park.fact_settings(), known_reported=known_reported, checks=False,
    )  # fmt: skip
    return facts.observations[0] if facts.observations else None


def _with_parents(park: Park, key: str, known: dict[str, Subject] | None) -> list[Subject]:
    """The subject of this key, what it is part of, and the park; nothing if there is none."""
    looked_up = {} if known is None else known
    found: dict[str, Subject] = {}
    while key and key not in found:
        subject = looked_up.get(key) or park.subjects.filter(key=key).first()
        if subject is None:
            break
        found[key] = looked_up[key] = subject
        key = subject.parent or (park.key if key != park.key else "")
    return list(found.values())


def problems_of(error: InputError, lang: str) -> list[str]:
    """What is wrong, a line each, without the place (a form shows it at the field)."""
    return [_line(p, lang) for p in error.problems if p.severity == "error"] or [str(error)]


def _line(problem: Problem, lang: str) -> str:
    what, repair = (problem.zh, problem.repair_zh) if lang == "zh" else (problem.en, problem.repair_en)
    return f"{what} {repair}".strip()
