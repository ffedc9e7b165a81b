"""The matrix of packs by years, the clauses of one assessment, and the drawer with the story of one number."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from ecopark.packs.load import UnknownPackError, find_pack
from ecopark.packs.model import Pack
from ecopark.web.assess import keep
from ecopark.web.assess.models import Kept
from ecopark.web.people.access import Standing, enter

YEARS_SHOWN = 6


def matrix(request: HttpRequest, slug: str) -> HttpResponse:
    """Packs by years; a cell that is not computed yet fills itself in."""
    standing = _enter(request, slug)
    years = [str(y) for y in keep.years_of(standing.park)[:YEARS_SHOWN]]
    rows = [
        {"pack": find_pack(name), "cells": [{"period": y, "kept": keep.find(standing.park, name, y)} for y in years]}
        for name in keep.packs_of(standing.park)
    ]
    return render(request, "assess/matrix.html", {"years": years, "rows": rows})


def cell(request: HttpRequest, slug: str, pack: str, period: str) -> HttpResponse:
    """One cell of the matrix, computed if it must be."""
    standing = _enter(request, slug)
    found = _pack(pack)
    kept = keep.assessed(standing.park, found.id, _period(standing, period))
    return render(request, "assess/cell.html", {"cell": {"period": period, "kept": kept}, "pack": found})


def clauses(request: HttpRequest, slug: str, pack: str, period: str) -> HttpResponse:
    """One assessment, clause by clause; ``?kept=ID`` shows it as it was shown on an earlier day."""
    standing = _enter(request, slug)
    found = _pack(pack)
    kept = _kept(request, standing, found, period)
    result = kept.result
    earlier = Kept.objects.filter(park=standing.park, pack=found.id, period=period).defer("body").order_by("-at")[:30]
    context = {
        "pack": found, "period": period, "kept": kept, "result": result, "groups": grouped(result), "earlier": earlier,
        "years": [str(y) for y in keep.years_of(standing.park)],
    }  # fmt: skip
    return render(request, "assess/clauses.html", context)


def drawer(request: HttpRequest, slug: str, pack: str, period: str, tail: str) -> HttpResponse:
    """The story of one number: formula, inputs down to cell, file or person, limit and why, what must change."""
    standing = _enter(request, slug)
    found = _pack(pack)
    kept = _kept(request, standing, found, period)
    clause = next((c for c in kept.result["clauses"] if c["tail"] == tail), None)
    if clause is None:
        raise Http404
    context = {"pack": found, "period": period, "kept": kept, "clause": clause}
    return render(request, "assess/drawer.html", context)


def grouped(result: dict[str, Any]) -> list[dict[str, Any]]:
    """The clauses under the headings of their pack."""
    found: dict[str, dict[str, Any]] = {}
    for clause in result["clauses"]:
        label = result["groups"].get(clause["group"]) or {"zh": clause["group"], "en": clause["group"]}
        found.setdefault(clause["group"], {"label": label, "clauses": []})["clauses"].append(clause)
    return list(found.values())


def _enter(request: HttpRequest, slug: str) -> Standing:
    standing = enter(request, slug, "see_assessments")
    request.standing = standing  # type: ignore[attr-defined]
    return standing


def _pack(name: str) -> Pack:
    try:
        return find_pack(name)
    except UnknownPackError:
        raise Http404 from None


def _period(standing: Standing, period: str) -> str:
    if not (period.isdigit() and int(period) in keep.years_of(standing.park)):
        raise Http404
    return period


def _kept(request: HttpRequest, standing: Standing, pack: Pack, period: str) -> Kept:
    wanted = request.GET.get("kept", "")
    if wanted.isdigit():
        return get_object_or_404(Kept, pk=int(wanted), park=standing.park, pack=pack.id, period=period)
    return keep.assessed(standing.park, pack.id, _period(standing, period))
