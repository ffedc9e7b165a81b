"""Figures: read, written with the version that was seen, and their history."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router, Status

from ecopark.core.text import Text
from ecopark.core.unit import units_alike
from ecopark.errors import InputError, Place, Problem
from ecopark.observations.quantity import catalogue
from ecopark.web.api import shapes
from ecopark.web.api.common import REFUSED, come_in, cut, who
from ecopark.web.figures import as_known
from ecopark.web.figures.change import Change, ConflictError, readable, write
from ecopark.web.figures.form_rows import converted, units_offered
from ecopark.web.figures.models import Correction, Figure
from ecopark.web.figures.past import Past, past
from ecopark.web.figures.said import canonical_of
from ecopark.web.people.access import Standing

router = Router()
FigurePage, PastPage = shapes.page_of(shapes.FigureNow), shapes.page_of(shapes.Past)
WITH = ("subject", "entered_by", "correction__entered_by")
"""What `figure_now` looks at."""
CONFLICT = Text(
    "有人刚改过这个数；未保存任何一项", "somebody has changed this figure since you read it; nothing was stored"
)


@router.get("/parks/{slug}/figures", response={200: FigurePage, **REFUSED}, summary="read figures / 读取填报值")
def figures(
    request: HttpRequest, slug: shapes.Name, subject: shapes.Name = "", quantity: shapes.Name = "",
    period: shapes.Name = "", state: shapes.Name = "", since: shapes.Number = 0, limit: shapes.Limit = 100,
    offset: shapes.Number = 0, on: shapes.Short = "",
) -> Any:  # fmt: skip
    """Figures as typed; `period` is a beginning (2023 takes in its months); `since` a park's count of changes.

    `on` (a day, as 2026-03-15) gives them as they stood at the end of it; for whoever may see all firms.
    """
    standing = come_in(request, slug, "see_figures")
    if (day := as_known.day_of(on, standing)) is None:
        rows = standing.of_subjects(Figure.objects.filter(park=standing.park)).select_related(*WITH)
    else:
        then = as_known.figures_on(standing.park, as_known.end_of(day))
        rows = standing.of_subjects(then).select_related("subject", "entered_by")
    if subject:
        rows = rows.filter(subject__key=subject)
    if quantity:
        named = catalogue().find(quantity)
        rows = rows.filter(quantity=named.id if named else quantity)
    if period:
        rows = rows.filter(period__startswith=period)
    if state:
        rows = rows.filter(state=state)
    if since:
        rows = rows.filter(seq__gt=since)
    return cut(rows.order_by("id"), limit, offset, figure_now if day is None else _figure_then)


@router.put(
    "/parks/{slug}/figures", response={200: shapes.Stored, 409: shapes.Conflict, **REFUSED},
    summary="write figures / 写入填报值",
)  # fmt: skip
def write_figures(request: HttpRequest, slug: shapes.Name, body: shapes.FiguresIn) -> Any:
    """Store figures, all or none. 409 with both values where somebody was faster.

    What a firm writes waits for the office: a new figure as a draft, a change of an accepted one as its `correction`, with
    `reason` as the reason; the figure counts as it is until the correction is accepted. While a firm's figures of a year are
    handed in and not decided on, it cannot change them (422): `withdraw` them first.
    """
    standing = come_in(request, slug, "write_figures")
    park = standing.park
    changes = _changes(standing, body.figures)
    state = "accepted" if standing.wide else "draft"
    try:
        count = write(park, changes, request.user, body.reason, state=state, why=body.reason)
    except ConflictError as error:
        return Status(409, _conflict(standing, error.figure, changes))
    rows = Figure.objects.filter(park=park, subject__key__in={c.subject for c in changes}).select_related(*WITH)
    by_key = {
        (f.subject.key, f.quantity, f.period, f.by): f for f in rows.filter(quantity__in={c.quantity for c in changes})
    }
    return {"changed": count, "figures": [figure_now(by_key[c.key]) for c in changes if c.key in by_key]}


@router.get(
    "/parks/{slug}/figures/converted", response={200: shapes.Converted, **REFUSED},
    summary="in the catalogue's unit / 换算为目录单位",
)  # fmt: skip
def converted_value(
    request: HttpRequest, slug: shapes.Name, quantity: shapes.Name, value: shapes.Plain, unit: shapes.Plain = "",
    by: shapes.Name = "", period: shapes.YearOrNone = "", of: shapes.Name = "",
) -> Any:  # fmt: skip
    """What a value would be in the catalogue's unit, and the units it may be typed in; nothing is stored."""
    standing = come_in(request, slug, "see_figures", of or None)
    found = catalogue().find(quantity)
    subject = standing.subjects().filter(key=of or standing.own_subject).first()
    if found is None or subject is None:
        raise Http404
    canonical = canonical_of(found, by)
    change = Change(subject.key, found.id, period or str(timezone.localdate().year - 1), value, unit, by)
    said = converted(standing.park, change.row(), canonical)
    return {
        "unit": canonical, "units": units_alike(canonical) if units_offered(canonical, "en") else [],
        "said": {"zh": said.zh, "en": said.en} if said.en else None,
    }  # fmt: skip


@router.get("/parks/{slug}/figures/{number}/history", response={200: PastPage, **REFUSED}, summary="history / 修订记录")
def history(
    request: HttpRequest, slug: shapes.Name, number: shapes.Number, limit: shapes.Limit = 100, offset: shapes.Number = 0
) -> Any:
    """Every value a figure ever had, and every correction that was wanted of it, the latest first."""
    standing = come_in(request, slug, "see_history")
    figure = get_object_or_404(standing.of_subjects(Figure.objects.filter(park=standing.park)), pk=number)
    return cut(past(figure), limit, offset, _past)


def _changes(standing: Standing, wanted: list[shapes.FigureIn]) -> list[Change]:
    """The figures as changes in the ids, codes and periods of the catalogue.

    Raises
    ------
    Http404, PermissionDenied
        A subject one may not know, or not write.
    InputError
        With everything that cannot be read, and figures given twice.
    """
    allowed = set(standing.subjects().filter(key__in={w.subject for w in wanted}).values_list("key", flat=True))
    for one in wanted:
        if one.subject not in allowed:
            raise Http404
        if not standing.may("write_figures", one.subject):
            raise PermissionDenied
    problems: list[Problem] = []
    changes: list[Change] = []
    seen: set[tuple[str, ...]] = set()
    for at, one in enumerate(wanted):
        place = Place(f"figures.{at}")
        quantity, period, by = one.quantity, one.period.strip(), one.by.strip()
        asked = Change(one.subject, quantity, period, one.value, one.unit, by, one.source, one.note)
        try:
            read = readable(standing.park, asked)
        except InputError as error:
            problems += [_at(p, place) for p in error.problems if p.severity == "error"]
            continue
        if read is not None:
            quantity, by = read.quantity, read.by
            period = "" if str(read.period) == "always" else str(read.period)
        elif (known := catalogue().find(quantity)) is not None:
            quantity = known.id
        change = Change(
            one.subject, quantity, period, one.value.strip(), one.unit.strip(), by, one.source.strip(), one.note.strip(),
            seen=one.seen, read=read,
        )  # fmt: skip
        if change.key in seen:
            zh, en = "同一个数给了两次", "the same figure is given twice"
            problems.append(Problem("given-twice", place, zh, en))
        seen.add(change.key)
        changes.append(change)
    if problems:
        raise InputError(problems)
    return changes


def _at(p: Problem, place: Place) -> Problem:
    return Problem(p.code, place, p.zh, p.en, p.repair_zh, p.repair_en)


def _conflict(standing: Standing, theirs: Figure, changes: list[Change]) -> dict[str, Any]:
    """Both values of the figure that somebody else changed."""
    for change in changes:
        same = (theirs.quantity, theirs.period) == (change.quantity, change.period)
        own = theirs.pk is None or (theirs.subject.key, theirs.by) == (change.subject, change.by)
        if same and own:
            break
    yours = {
        "subject": change.subject, "quantity": change.quantity, "period": change.period, "by": change.by,
        "value": change.given, "unit": change.unit, "seen": change.seen or 0,
    }  # fmt: skip
    now = Figure.objects.filter(pk=theirs.pk).select_related(*WITH).first() if theirs.pk else None
    nothing = {
        "id": None, "version": 0, "value": "", "unit": "", "state": "draft", "source": "", "note": "", "entered_by": "",
        "entered_at": None, "correction": None,
    }  # fmt: skip
    there = figure_now(now) if now else {k: yours[k] for k in ("subject", "quantity", "period", "by")} | nothing
    error = {"code": "conflict", "zh": CONFLICT.zh, "en": CONFLICT.en, "problems": []}
    return {"error": error, "theirs": there, "yours": yours}


def figure_now(f: Figure) -> dict[str, Any]:
    """A figure as it is stored, with the correction that waits beside it."""
    return {
        "id": f.pk, "subject": f.subject.key, "quantity": f.quantity, "period": f.period, "by": f.by, "value": f.given,
        "unit": f.unit, "version": f.stamp, "state": f.state, "source": f.source, "note": f.note,
        "entered_by": who(f.entered_by), "entered_at": f.entered_at,
        "correction": correction_now(f.proposed) if f.proposed else None,
    }  # fmt: skip


def _figure_then(row: Any) -> dict[str, Any]:
    return figure_now(as_known.figure_of(row))


def correction_now(c: Correction) -> dict[str, Any]:
    """A correction that waits beside its figure."""
    return {
        "value": c.given, "unit": c.unit, "state": c.state, "source": c.source, "note": c.note, "why": c.why,
        "entered_by": who(c.entered_by), "entered_at": c.entered_at,
    }  # fmt: skip


def _past(one: Past) -> dict[str, Any]:
    row = one.row
    return {
        "at": one.at, "who": who(one.who), "value": row.given, "unit": row.unit, "state": row.state,
        "version": row.version, "why": one.why, "is_correction": one.is_correction,
    }  # fmt: skip
