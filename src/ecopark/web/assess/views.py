"""The matrix of packs by years, the clauses of one assessment, and the drawer with the story of one number."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from ecopark.core.text import Text
from ecopark.packs.load import UnknownPackError, find_pack
from ecopark.packs.model import Pack
from ecopark.standards.result import STATUS_TEXT
from ecopark.web.assess import keep, past
from ecopark.web.assess.models import LARGE, Kept
from ecopark.web.assess.shown import shown, shown_clause
from ecopark.web.background import StillWorkingError
from ecopark.web.comments import shown as comments
from ecopark.web.figures import evidence, evidence_views
from ecopark.web.figures.as_known import PastError, day_of, end_of, park_on, years_on
from ecopark.web.pages.errors import AGAIN_AFTER
from ecopark.web.people.access import Standing, enter
from ecopark.web.templatetags.ui import say, t
from ecopark.web.typed import number_in

YEARS_SHOWN = 6

View = Callable[..., HttpResponse]


def of_a_day(view: View) -> View:
    """A view that may be asked for an earlier day (``?on=``); a day that cannot be shown is told with the field to mend it."""

    @wraps(view)
    def viewed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except PastError as error:
            return render(request, "assess/no_such_day.html", {"error_text": error.text}, status=422)

    return viewed


@of_a_day
def matrix(request: HttpRequest, slug: str) -> HttpResponse:
    """Packs by years; a cell that is not computed yet fills itself in."""
    standing = enter(request, slug, "see_assessments")
    day = asked_day(request, standing)
    if day is not None:
        return _matrix_on(request, standing, day)
    now = keep.Current(standing.park)
    years = [str(y) for y in now.years[:YEARS_SHOWN]]
    packs = keep.packs_of(standing.park)
    kept = now.find_all((name, y) for name in packs for y in years)
    rows = [
        {"pack": find_pack(name), "cells": [{"period": y, "kept": kept.get((name, y))} for y in years]}
        for name in packs
    ]
    return render(request, "assess/matrix.html", {"years": years, "rows": rows})


def _matrix_on(request: HttpRequest, standing: Standing, day: date) -> HttpResponse:
    """The matrix of an earlier day: the standards the park worked with then; every cell fills itself in."""
    moment = end_of(day)
    years = [str(y) for y in years_on(standing.park, moment)[:YEARS_SHOWN]]
    packs = keep.packs_of(park_on(standing.park, moment))
    rows = [{"pack": find_pack(name), "cells": [{"period": y, "kept": None} for y in years]} for name in packs]
    return render(request, "assess/matrix.html", {"years": years, "rows": rows})


@of_a_day
def cell(request: HttpRequest, slug: str, pack: str, period: str) -> HttpResponse:
    """One cell of the matrix, computed if it must be."""
    standing = enter(request, slug, "see_assessments")
    found = pack_or_404(pack)
    period = period_or_404(standing, period)
    day = asked_day(request, standing)
    try:
        if day is None:
            kept = keep.assessed(standing.park, found.id, period)
        else:
            kept = past.answer(standing.park, found, period, day).kept
        wait = 0
    except StillWorkingError:
        kept, wait = None, AGAIN_AFTER
    return render(request, "assess/cell.html", {"cell": {"period": period, "kept": kept}, "pack": found, "wait": wait})


@of_a_day
def clauses(request: HttpRequest, slug: str, pack: str, period: str) -> HttpResponse:
    """One assessment, clause by clause; ``?kept=ID`` shows it as it was shown on an earlier day."""
    standing = enter(request, slug, "see_assessments")
    found = pack_or_404(pack)
    kept = _kept(request, standing, found, period)
    result = shown(standing, kept)
    whole = standing.may("see_values")
    earlier = Kept.objects.filter(park=standing.park, pack=found.id, period=period).defer(*LARGE).order_by("-at")[:30]
    wanted, like = request.GET.get("status", ""), request.GET.get("like", "").strip()
    context = {
        "pack": found, "period": period, "kept": kept, "result": result, "earlier": earlier if whole else (), "whole": whole,
        "groups": grouped(result, wanted, like), "wanted_status": wanted, "like": like,
        "is_past": (is_past := whole and _is_past(request)), "past_query": _past_query(request, kept) if is_past else "",
        "statuses": [(name, STATUS_TEXT[name], n) for name, n in result["counts"].items()],
        "years": [str(y) for y in keep.years_of(standing.park)], "score_chart": score_chart(result),
        "may_try": standing.may("try_what_if"), "may_print": standing.may("make_dossier"),
    }  # fmt: skip
    context |= comments.beside(standing, found.id, period, kept.pk)
    return render(request, "assess/clauses.html", context)


@of_a_day
def drawer(request: HttpRequest, slug: str, pack: str, period: str, tail: str) -> HttpResponse:
    """The story of one number: formula, inputs down to cell, file or person, limit and why, what must change."""
    standing = enter(request, slug, "see_assessments")
    found = pack_or_404(pack)
    kept = _kept(request, standing, found, period)
    clause = shown_clause(standing, kept, tail)
    if clause is None:
        raise Http404
    is_past, failing = _is_past(request), clause["status"] in ("not_met", "partly_met")
    context = {
        "pack": found, "period": period, "kept": kept, "clause": clause, "is_past": is_past,
        "may_make_tasks": failing and not is_past and standing.may("write_tasks"),
    }  # fmt: skip
    context |= comments.of_clause(standing, found.id, period, tail)
    behind = evidence.of_clause(standing, found.id, tail, period, _moment(request, kept))
    context |= evidence_views.documents(standing, behind)
    return render(request, "assess/drawer.html", context)


def grouped(result: dict[str, Any], status: str = "", like: str = "") -> list[dict[str, Any]]:
    """The clauses under the headings of their pack, cut down to one status and to names that contain `like`."""
    found: dict[str, dict[str, Any]] = {}
    for clause in result["clauses"]:
        if status and clause["status"] != status:
            continue
        if like and not any(like.lower() in text.lower() for text in (clause["tail"], *clause["name"].values())):
            continue
        label = result["groups"].get(clause["group"]) or {"zh": clause["group"], "en": clause["group"]}
        found.setdefault(clause["group"], {"label": label, "clauses": []})["clauses"].append(clause)
    return list(found.values())


def score_chart(result: dict[str, Any]) -> dict[str, Any] | None:
    """Score by group as the page's chart wants it; None where there are no parts."""
    parts = [p for p in result["score_parts"] if p["value"] is not None]
    if len(parts) < 2:
        return None
    names = [say(p["label"]) for p in parts]
    values = [round(p["value"], 4) for p in parts]
    return {
        "id": "chart-score", "kind": "scores", "title": Text("得分构成", "What the score is made of"),
        "data": {"groups": names, "scores": values, "names": {"score": t("得分", "Score"), "open": t("待定", "Open")}},
        "head": [Text("项目", "Part"), Text("得分", "Score")], "rows": list(zip(names, values, strict=True)),
    }  # fmt: skip


def pack_or_404(name: str) -> Pack:
    """The pack named in the address.

    Raises
    ------
    Http404
        There is none.
    """
    try:
        return find_pack(name)
    except UnknownPackError:
        raise Http404 from None


def period_or_404(standing: Standing, period: str) -> str:
    """The year named in the address.

    Raises
    ------
    Http404
        The park has no figures for it.
    """
    if number_in(period) not in keep.years_of(standing.park):
        raise Http404
    return period


def asked_day(request: HttpRequest, standing: Standing) -> date | None:
    """The earlier day the address asks for; pages say that they show it.

    Raises
    ------
    PermissionDenied, PastError
        As `day_of`.
    """
    day = day_of(request.GET.get("on", ""), standing)
    request.on = day  # type: ignore[attr-defined]
    return day


def _is_past(request: HttpRequest) -> bool:
    return "kept" in request.GET or getattr(request, "on", None) is not None


def _moment(request: HttpRequest, kept: Kept) -> datetime | None:
    """As of when the rest of a page is shown; None for now."""
    if (day := getattr(request, "on", None)) is not None:
        return end_of(day)
    return kept.at if _is_past(request) else None


def _past_query(request: HttpRequest, kept: Kept) -> str:
    """What links to the same day carry."""
    day = getattr(request, "on", None)
    return f"?on={day}" if day is not None else f"?kept={kept.pk}"


def _kept(request: HttpRequest, standing: Standing, pack: Pack, period: str) -> Kept:
    if (day := asked_day(request, standing)) is not None:
        then = past.answer(standing.park, pack, period_or_404(standing, period), day)
        request.then = then  # type: ignore[attr-defined]
        return then.kept
    wanted = number_in(request.GET.get("kept", ""))
    if wanted is not None and standing.may("see_values"):
        return get_object_or_404(Kept, pk=wanted, park=standing.park, pack=pack.id, period=period)
    now = keep.Current(standing.park)
    kept = now.assessed(pack.id, period_or_404(standing, period), earlier=True)
    request.behind = kept.at if now.behind else None  # type: ignore[attr-defined]
    return kept
