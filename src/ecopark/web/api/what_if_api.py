"""Scenarios: figures as they might be, kept under an address of their own; nothing is stored among the park's figures."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router

from ecopark.web.api import shapes
from ecopark.web.api.common import REFUSED, come_in, cut, who
from ecopark.web.assess import what_if
from ecopark.web.assess.models import Scenario
from ecopark.web.assess.views import pack_or_404, period_or_404
from ecopark.web.people.access import Standing

router = Router()
ScenarioPage = shapes.page_of(shapes.ScenarioOut)


@router.post(
    "/parks/{slug}/assessments/{pack}/{period}/what-if",
    response={200: dict[str, Any], **REFUSED},
    summary="what if / 如果……会怎样",
)
def try_out(
    request: HttpRequest, slug: shapes.Name, pack: shapes.Name, period: shapes.Year, body: shapes.WhatIfIn
) -> Any:
    """The assessment with some figures changed beside the one that holds now; nothing is stored."""
    standing = come_in(request, slug, "try_what_if")
    found, year = pack_or_404(pack), period_or_404(standing, period)
    return told(what_if.compared(standing.park, found.id, year, rows_of(standing, body.changes, year)))


@router.post(
    "/parks/{slug}/assessments/{pack}/{period}/scenarios",
    response={200: shapes.ScenarioOut, **REFUSED},
    summary="keep a scenario / 保存情景",
)
def keep_scenario(
    request: HttpRequest, slug: shapes.Name, pack: shapes.Name, period: shapes.Year, body: shapes.ScenarioIn
) -> Any:
    """Keep changed figures, once they can be read; `url` is the page that shows what they change."""
    standing = come_in(request, slug, "try_what_if")
    found, year = pack_or_404(pack), period_or_404(standing, period)
    rows = rows_of(standing, body.changes, year)
    what_if.compared(standing.park, found.id, year, rows)
    return _row(what_if.kept(standing.park, found.id, year, rows, request.user, body.name))


@router.get("/parks/{slug}/scenarios", response={200: ScenarioPage, **REFUSED}, summary="scenarios / 情景")
def scenarios(
    request: HttpRequest, slug: shapes.Name, pack: shapes.Name = "", period: shapes.YearOrNone = "", limit: shapes.Limit = 100,
    offset: shapes.Number = 0,
) -> Any:  # fmt: skip
    """Those that were kept, the latest first."""
    rows = Scenario.objects.filter(park=come_in(request, slug, "try_what_if").park).select_related("by", "park")
    if pack:
        rows = rows.filter(pack=pack)
    if period:
        rows = rows.filter(period=period)
    return cut(rows, limit, offset, _row)


@router.get("/parks/{slug}/scenarios/{share}", response={200: dict[str, Any], **REFUSED}, summary="open one / 打开情景")
def scenario(request: HttpRequest, slug: shapes.Name, share: shapes.Name) -> Any:
    """What a scenario changes today: verdict and score now and then, and the clauses that change."""
    standing = come_in(request, slug, "try_what_if")
    found = get_object_or_404(Scenario.objects.select_related("by", "park"), park=standing.park, share=share)
    pack, year = pack_or_404(found.pack), period_or_404(standing, found.period)
    shown = shapes.ScenarioOut.model_validate(_row(found)).model_dump(mode="json")
    return {"scenario": shown} | told(what_if.compared(standing.park, pack.id, year, found.changes))


def rows_of(standing: Standing, changes: list[shapes.ChangeIn], year: str) -> list[dict[str, str]]:
    """The changes as rows of the facts contract; what is not said of is the park, and the year.

    Raises
    ------
    Http404
        The park has no such subject.
    """
    known = set(standing.park.subjects.values_list("key", flat=True))
    rows = [one.dict() | {"subject": one.subject or standing.park.key, "period": one.period or year} for one in changes]
    if any(row["subject"] not in known for row in rows):
        raise Http404
    return rows


def told(compared: dict[str, Any]) -> dict[str, Any]:
    """Now and then in short, and the clauses that change."""
    short = ("id", "status", "value", "limit")
    return {
        "now": _brief(compared["now"]), "then": _brief(compared["then"]),
        "changed": [
            {side: {k: pair[side][k] for k in short} for side in ("before", "after")} for pair in compared["changed"]
        ],
    }  # fmt: skip


def _brief(result: dict[str, Any]) -> dict[str, Any]:
    return {key: result.get(key) for key in ("verdict", "score", "score_bounds", "basis", "verified", "counts")}


def _row(one: Scenario) -> dict[str, Any]:
    fields = ("share", "name", "pack", "period", "changes", "at")
    return {name: getattr(one, name) for name in fields} | {"by": who(one.by), "url": one.get_absolute_url()}
