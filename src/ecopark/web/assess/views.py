"""The matrix of packs by years, the clauses of one assessment, and the drawer with the story of one number."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from ecopark.core.text import Text
from ecopark.packs.load import UnknownPackError, find_pack
from ecopark.packs.model import Pack
from ecopark.standards.result import STATUS_TEXT
from ecopark.web.assess import keep
from ecopark.web.assess.models import Kept
from ecopark.web.assess.shown import shown
from ecopark.web.background import StillWorkingError
from ecopark.web.comments import shown as comments
from ecopark.web.figures import evidence, evidence_views
from ecopark.web.pages.errors import AGAIN_AFTER
from ecopark.web.people.access import Standing, enter
from ecopark.web.templatetags.ui import say, t

YEARS_SHOWN = 6


def matrix(request: HttpRequest, slug: str) -> HttpResponse:
    """Packs by years; a cell that is not computed yet fills itself in."""
    standing = _enter(request, slug)
    now = keep.Current(standing.park)
    years = [str(y) for y in now.years[:YEARS_SHOWN]]
    packs = keep.packs_of(standing.park)
    kept = now.find_all((name, y) for name in packs for y in years)
    rows = [
        {"pack": find_pack(name), "cells": [{"period": y, "kept": kept.get((name, y))} for y in years]}
        for name in packs
    ]
    return render(request, "assess/matrix.html", {"years": years, "rows": rows})


def cell(request: HttpRequest, slug: str, pack: str, period: str) -> HttpResponse:
    """One cell of the matrix, computed if it must be."""
    standing = _enter(request, slug)
    found = pack_or_404(pack)
    period = period_or_404(standing, period)
    try:
        kept, wait = keep.assessed(standing.park, found.id, period), 0
    except StillWorkingError:
        kept, wait = None, AGAIN_AFTER
    return render(request, "assess/cell.html", {"cell": {"period": period, "kept": kept}, "pack": found, "wait": wait})


def clauses(request: HttpRequest, slug: str, pack: str, period: str) -> HttpResponse:
    """One assessment, clause by clause; ``?kept=ID`` shows it as it was shown on an earlier day."""
    standing = _enter(request, slug)
    found = pack_or_404(pack)
    kept = _kept(request, standing, found, period)
    result = shown(standing, kept)
    whole = standing.may("see_values")
    earlier = Kept.objects.filter(park=standing.park, pack=found.id, period=period).defer("body").order_by("-at")[:30]
    wanted, like = request.GET.get("status", ""), request.GET.get("like", "").strip()
    context = {
        "pack": found, "period": period, "kept": kept, "result": result, "earlier": earlier if whole else (), "whole": whole,
        "groups": grouped(result, wanted, like), "wanted_status": wanted, "like": like,
        "is_past": whole and "kept" in request.GET,
        "statuses": [(name, STATUS_TEXT[name], n) for name, n in result["counts"].items()],
        "years": [str(y) for y in keep.years_of(standing.park)], "score_chart": score_chart(result),
        "may_try": standing.may("try_what_if"), "may_print": standing.may("make_dossier"),
    }  # fmt: skip
    context |= comments.beside(standing, found.id, period, kept.pk)
    return render(request, "assess/clauses.html", context)


def drawer(request: HttpRequest, slug: str, pack: str, period: str, tail: str) -> HttpResponse:
    """The story of one number: formula, inputs down to cell, file or person, limit and why, what must change."""
    standing = _enter(request, slug)
    found = pack_or_404(pack)
    kept = _kept(request, standing, found, period)
    clause = next((c for c in shown(standing, kept)["clauses"] if c["tail"] == tail), None)
    if clause is None:
        raise Http404
    is_past, failing = "kept" in request.GET, clause["status"] in ("not_met", "partly_met")
    context = {
        "pack": found, "period": period, "kept": kept, "clause": clause, "is_past": is_past,
        "may_make_tasks": failing and not is_past and standing.may("write_tasks"),
    }  # fmt: skip
    context |= comments.of_clause(standing, found.id, period, tail)
    behind = evidence.of_clause(standing, found.id, tail, period, kept.at if is_past else None)
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


def _enter(request: HttpRequest, slug: str) -> Standing:
    standing = enter(request, slug, "see_assessments")
    request.standing = standing  # type: ignore[attr-defined]
    return standing


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
    if not (period.isdecimal() and int(period) in keep.years_of(standing.park)):
        raise Http404
    return period


def _kept(request: HttpRequest, standing: Standing, pack: Pack, period: str) -> Kept:
    wanted = request.GET.get("kept", "")
    if wanted.isdecimal() and standing.may("see_values"):
        return get_object_or_404(Kept, pk=int(wanted), park=standing.park, pack=pack.id, period=period)
    now = keep.Current(standing.park)
    kept = now.assessed(pack.id, period_or_404(standing, period), earlier=True)
    request.behind = kept.at if now.behind else None  # type: ignore[attr-defined]
    return kept
