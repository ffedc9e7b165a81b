"""What changed lately in a park, in time order: figures, tasks, cases, decisions, verdicts; cut by what a person may see.

Each kind gives at most `MOST` events, by one question to the database (figures by two). A write of many figures is one event.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.urls import reverse

from ecopark.admission.wording import VERDICTS
from ecopark.casework import cases as case_steps
from ecopark.casework import tasks as task_steps
from ecopark.core.text import Text
from ecopark.observations.quantity import catalogue
from ecopark.reports.labels import VERDICT_WORDS
from ecopark.standards.result import STATUS_TEXT
from ecopark.web.assess.models import LARGE, Kept
from ecopark.web.at_hand import AtHand
from ecopark.web.cases.models import Case, CaseEvent
from ecopark.web.cases.work import rules_of
from ecopark.web.figures.models import STATES, Figure
from ecopark.web.figures.said import said
from ecopark.web.figures.stamps import Written, written
from ecopark.web.people.access import Standing
from ecopark.web.people.models import User
from ecopark.web.projects.models import Decision
from ecopark.web.tasks.models import TaskEvent

MOST = 12
"""Events that are told."""
ROWS = 100
"""Figures looked at for one question; a larger write is told as more than so many."""
ASKS = 3
"""So many such questions at most."""
FEW = 3
"""So many changed figures of one write are told one by one."""
PAIRS = 3
"""So many earlier answers of a standard are compared when a process begins."""
AT_HAND = 256


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that changed.

    Parameters
    ----------
    kind
        ``figures``, ``task``, ``case``, ``decision`` or ``verdict``.
    """

    kind: str
    at: datetime
    who: str
    what: Text
    url: str
    before: str | Text | None = None
    after: str | Text | None = None
    why: str = ""
    tone: str = ""


def lately(standing: Standing, kept: Sequence[Kept] = ()) -> list[Happened]:
    """What changed last, the newest first.

    Parameters
    ----------
    kept
        The assessments that hold now, one a standard.
    """
    found: list[Happened] = []
    by: dict[int, str] = {}
    if standing.may("see_history"):
        told, by = _figures(standing)
        found += told
    if standing.may("see_tasks"):
        found += _tasks(standing)
    if standing.may("see_cases"):
        found += _cases(standing)
    if standing.may("see_projects"):
        found += _decisions(standing)
    if standing.may("see_values"):  # the public reads the verdicts of now, and of no earlier day
        found += _verdicts(standing, kept, by)
    return sorted(found, key=lambda one: one.at, reverse=True)[:MOST]


# -- figures -----------------------------------------------------------------------------------------------------------


class _Seen(NamedTuple):
    """As much of a figure as tells which writes are told."""

    pk: int
    seq: int
    version: int
    period: str
    at: datetime


class _Write(NamedTuple):
    """Figures of one write that are told together: new ones of `periods`, or (where it is empty) changed ones."""

    first: _Seen
    number: int
    periods: str
    more: bool
    figures: frozenset[int]


def _write_of(group: list[_Seen], periods: str, more: bool) -> _Write:
    return _Write(group[0], len(group), periods, more, frozenset(f.pk for f in group))


Told = dict[_Write, tuple[Happened, str]]
"""What happened with each write, newest first, and who made it."""

_figures_told: AtHand[tuple[Any, ...], tuple[Written, Told]] = AtHand(AT_HAND)


def _figures(standing: Standing) -> tuple[list[Happened], dict[int, str]]:
    """What happened to figures, and by the count of changes who wrote them; kept until figures of the park are written.

    Then only the writes that are new are read: a version of a figure is never another.
    """
    park = standing.park
    now = written(park)
    name = _told_as(standing)
    known = _figures_told.get(name)
    if known is not None and known[0].first is not now.first:  # of a database that was brought back
        known = None
    if known is not None and known[0] is now:
        told = known[1]
    else:
        before = {} if known is None else known[1]
        writes = (None if known is None else _since(standing, known[0].changed, before)) or _writes(standing)
        new = _read(standing, [w for w in writes if w not in before])
        told = {w: found for w in writes if (found := before.get(w) or new.get(w)) is not None}
        _figures_told.put(name, (now, told))
    return [event for event, _ in told.values()], {w.first.seq: who for w, (_, who) in told.items() if who}


def _told_as(standing: Standing) -> tuple[Any, ...]:
    """By what it is kept: whoever may know the same reads the same."""
    park = standing.park
    return park.pk, park.settings.get("registry_changes"), None if standing.wide else standing.firms


def _rows(standing: Standing) -> QuerySet[Figure, Any]:
    rows = standing.of_subjects(Figure.objects.filter(park=standing.park)).exclude(given="", version=1)
    return rows.order_by("-seq", "-pk").values_list("pk", "seq", "version", "period", "entered_at")


def _since(standing: Standing, changed: int, before: Iterable[_Write]) -> list[_Write] | None:
    """The last writes, from those that were told before and the few figures written since; None: look at all of them."""
    seen = [_Seen(*row) for row in _rows(standing).filter(seq__gt=changed)[:ROWS]]
    again, earlier = {f.pk for f in seen}, list(before)
    if len(seen) == ROWS or any(w.figures & again and not w.figures <= again for w in earlier):
        return None  # a part of a write that was told was written again: what is left of it is counted anew
    found = [w for _, group in groupby(seen, key=lambda f: f.seq) for w in _told_together(list(group), cut=False)]
    found += [w for w in earlier if not w.figures & again]
    return found[:MOST] if len(found) >= min(MOST, len(earlier)) else None


def _writes(standing: Standing) -> list[_Write]:
    """The last writes, newest first; a write that is larger than one question sees is not counted to its end."""
    rows, found = _rows(standing), list[_Write]()
    below: int | None = None
    for _ in range(ASKS):
        seen = [_Seen(*row) for row in (rows if below is None else rows.filter(seq__lt=below))[:ROWS]]
        groups = [list(group) for _, group in groupby(seen, key=lambda f: f.seq)]
        whole = len(seen) < ROWS
        if not whole and len(groups) > 1:  # the last one may be cut off: it is looked at again
            below = groups.pop()[0].seq + 1
        elif groups:
            below = groups[-1][0].seq
        for group in groups:
            found += _told_together(group, cut=not whole and len(group) == ROWS)
        if len(found) >= MOST or whole:
            break
    return found[:MOST]


def _told_together(group: list[_Seen], *, cut: bool) -> list[_Write]:
    new: dict[str, list[_Seen]] = {}
    for figure in group:
        if figure.version == 1:
            new.setdefault(figure.period, []).append(figure)
    changed = [f for f in group if f.version > 1]
    if cut and new:  # too many to be told apart by year
        periods, all_new = sorted(new), [f for of in new.values() for f in of]
        found = [_write_of(all_new, periods[0] if len(periods) == 1 else f"{periods[0]}–{periods[-1]}", cut)]
    else:
        found = [_write_of(of, period, cut) for period, of in new.items()]
    if len(changed) > FEW:
        return [*found, _write_of(changed, "", cut)]
    return [*found, *(_write_of([f], "", False) for f in changed)]


def _read(standing: Standing, writes: list[_Write]) -> Told:
    """Read and tell these writes; one whose figure was written again meanwhile is left to the next question."""
    if not writes:
        return {}
    rows = Figure.objects.filter(pk__in=[w.first.pk for w in writes]).select_related("subject", "entered_by")
    figures = {(f.pk, f.version): f for f in rows}
    past = _versions(
        [pair for w in writes for pair in ((w.first.pk, w.first.version), (w.first.pk, w.first.version - 1))]
    )
    found = {}
    for w in writes:
        figure = figures.get((w.first.pk, w.first.version))
        if figure is not None:
            who = figure.entered_by.shown_name if figure.entered_by is not None else ""
            found[w] = _told(standing, w, figure, past), who
    return found


def _told(standing: Standing, write: _Write, f: Figure, past: dict[tuple[int, int], Any]) -> Happened:
    slug = standing.park.slug
    now, before = past.get((f.pk, f.version)), past.get((f.pk, f.version - 1))
    by = (now.history_user if now is not None else None) or f.entered_by
    who, at = by.shown_name if by else "", now.history_date if now is not None else f.entered_at
    why = (now.history_change_reason if now is not None else "") or ""
    n = f"{write.number}{'+' if write.more else ''}"
    if write.periods:
        en = f"{n} new figure{'s' if n != '1' else ''} of {write.periods}"
        what = Text(f"新填报 {write.periods} 年数据 {n} 项", en)
        return Happened("figures", at, who, what, f"{reverse('data', args=[slug])}{_of(standing, f)}", why=why)
    if write.number > 1:
        what = Text(f"修改数据 {n} 项", f"{n} figures changed")
        return Happened("figures", at, who, what, f"{reverse('data', args=[slug])}{_of(standing, f)}", why=why)
    quantity = catalogue().find(f.quantity)
    label = quantity.label if quantity else Text(f.quantity, f.quantity)
    what = Text(f"{f.subject.name}：{label.zh} {f.period}", f"{f.subject.name}: {label.en} {f.period}")
    was, value = said(before, f.quantity, f.by) if before else None, said(f, f.quantity, f.by)
    states = (STATES.get(before.state), STATES.get(f.state)) if before and was == value else (None, None)
    url = reverse("figure-history", args=[slug, f.pk])
    if states[0] != states[1]:
        return Happened("figures", at, who, what, url, states[0], states[1], why)
    return Happened("figures", at, who, what, url, was, value, why)


def _of(standing: Standing, f: Figure) -> str:
    """The year in the address of the data page, and a reporter's own firm."""
    year = f"?year={f.period[:4]}" if f.period[:4].isdecimal() else "?"
    return year if standing.wide else f"{year}&of={f.subject.key}"


def _versions(wanted: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Any]:
    """These versions of these figures, as the history has them."""
    asked = set(wanted)
    if not asked:
        return {}
    rows = Figure.history.filter(id__in={figure for figure, _ in asked}, version__in={version for _, version in asked})
    return {(r.id, r.version): r for r in rows.select_related("history_user") if (r.id, r.version) in asked}


# -- tasks, cases, decisions -------------------------------------------------------------------------------------------


BY = ("by__username", "by__first_name", "by__last_name")
"""Only what is told is read: the rows of an event, its task or case and its writer are wide, and this page is the first one."""


def _tasks(standing: Standing) -> list[Happened]:
    rows = TaskEvent.objects.filter(task__park=standing.park).order_by("-at", "-pk")
    asked = rows.values_list("kind", "at", "note", "task__number", "task__measure", "task__measure_en", *BY)
    found = []
    for kind, at, note, number, zh, en, *by in asked[:MOST]:
        step = task_steps.STEP_TEXT[kind]
        what = Text(f"任务 {number} {step.zh}：{zh}", f"Task {number} {step.en}: {en or zh}")
        url = reverse("task", args=[standing.park.slug, number])
        tone = "good" if kind == "closed" else ""
        found.append(Happened("task", at, _name(by), what, url, why=note[:200], tone=tone))
    return found


def _cases(standing: Standing) -> list[Happened]:
    rows = CaseEvent.objects.filter(case__park=standing.park)
    if not standing.wide:
        known: QuerySet[Case] = standing.of_cases(Case.objects.filter(park=standing.park))
        rows = rows.filter(case__in=known.order_by().values("pk"))
    asked = rows.order_by("-at", "-pk").values_list("kind", "at", "note", "case__number", "case__kind", *BY)
    kinds, found = rules_of(standing.park).kinds, []
    for step_kind, at, note, number, name, *by in asked[:MOST]:
        step = case_steps.STEP_TEXT[step_kind]
        kind = kinds[name].label if name in kinds else Text(name, name)
        what = Text(f"问题 {number}（{kind.zh}）{step.zh}", f"Case {number} ({kind.en}) {step.en}")
        tone = {"verified": "good", "closed": "good", "returned": "bad", "reopened": "partly"}.get(step_kind, "")
        url = reverse("case", args=[standing.park.slug, number])
        found.append(Happened("case", at, _name(by), what, url, why=note[:200], tone=tone))
    return found


def _decisions(standing: Standing) -> list[Happened]:
    rows = Decision.objects.filter(park=standing.park).order_by("-at", "-pk")
    found = []
    for pk, name, at, project, *by in rows.values_list("pk", "verdict", "at", "project__name", *BY)[:MOST]:
        verdict = VERDICTS.get(name, Text(name, name))
        what = Text(f"项目“{project}”判定：{verdict.zh}", f"Project '{project}' decided: {verdict.en}")
        tone = {"admit": "good", "conditional": "partly", "refuse": "bad"}.get(name, "")
        url = reverse("decision", args=[standing.park.slug, pk])
        found.append(Happened("decision", at, _name(by), what, url, tone=tone))
    return found


def _name(by: Sequence[str]) -> str:
    """The name others read beside what this person did."""
    username, first, last = by
    return User(username=username, first_name=first, last_name=last).shown_name


# -- verdicts ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Turned:
    """A verdict, or the status of a clause, that became another with an answer."""

    at: datetime
    changed: int
    pack: str
    period: str
    title: Text
    tail: str
    name: Text
    before: str
    after: str


_turned: AtHand[tuple[int, datetime], tuple[_Turned, ...]] = AtHand(AT_HAND)


def _verdicts(standing: Standing, kept: Sequence[Kept], by: Mapping[int, str]) -> list[Happened]:
    """Titles' and clauses' verdicts that became others; `by` says who wrote the figures of which count of changes."""
    at_hand = {one.pk: known for one in kept if (known := _turned.get((one.pk, one.at))) is not None}
    if new := [one for one in kept if one.pk not in at_hand]:
        at_hand |= _looked_up(standing, new)
    found = sorted((t for one in at_hand.values() for t in one), key=lambda t: (t.at, not t.tail), reverse=True)[:MOST]
    slug = standing.park.slug
    return [
        Happened(
            "verdict", t.at, by.get(t.changed, ""),
            Text(f"{t.title.zh} {t.period}：{t.name.zh}", f"{t.title.en} {t.period}: {t.name.en}"),
            reverse("assess-clause", args=[slug, t.pack, t.period, t.tail])
            if t.tail else reverse("assess-pack", args=[slug, t.pack, t.period]),
            WORDS[bool(t.tail)].get(t.before), WORDS[bool(t.tail)].get(t.after), tone=TONES.get(t.after, ""),
        )
        for t in found
    ]  # fmt: skip


def _looked_up(standing: Standing, new: Sequence[Kept]) -> dict[int, tuple[_Turned, ...]]:
    """Compare each answer with those before it; what was found of the one before is taken over."""
    wanted = {(one.pack, one.period): one for one in new}
    rows = Kept.objects.filter(park=standing.park, pack__in={p for p, _ in wanted}, period__in={y for _, y in wanted})
    earlier: dict[tuple[str, str], list[Kept]] = {}
    for row in rows.defer(*LARGE).order_by("-at", "-pk")[: 50 * len(wanted)]:
        earlier.setdefault((row.pack, row.period), []).append(row)
    found: dict[int, tuple[_Turned, ...]] = {}
    for cell, one in wanted.items():
        chain = [one, *(k for k in earlier.get(cell, ()) if k.at < one.at)]
        turned: list[_Turned] = []
        for n, (after, before) in enumerate(pairwise(chain)):
            known = _turned.get((after.pk, after.at))
            if known is not None:
                turned += known
                break
            if n >= PAIRS:
                break
            turned += _differences(before, after)
        found[one.pk] = tuple(turned[:MOST])
    for one in new:
        _turned.put((one.pk, one.at), found[one.pk])
    return found


def _differences(before: Kept, after: Kept) -> list[_Turned]:
    now, was = after.summary, {c["tail"]: c["status"] for c in before.summary["clauses"]}
    title = Text(now["title"]["zh"], now["title"]["en"])
    about = (after.at, after.changed, after.pack, after.period, title)
    found = []
    if before.verdict != after.verdict:
        found.append(_Turned(*about, "", Text("总判定", "verdict"), before.verdict, after.verdict))
    for c in now["clauses"]:
        if c["tail"] in was and was[c["tail"]] != c["status"]:
            name = Text(f"{c['tail']} {c['name']['zh']}", f"{c['tail']} {c['name']['en']}")
            found.append(_Turned(*about, c["tail"], name, was[c["tail"]], c["status"]))
    return found


WORDS = {False: VERDICT_WORDS, True: STATUS_TEXT}
TONES = {"pass": "good", "met": "good", "fail": "bad", "not_met": "bad", "partly_met": "partly"}
