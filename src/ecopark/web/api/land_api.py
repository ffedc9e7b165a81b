"""Land renewal: the table of plots, the low-efficiency list, the order within a budget, what happened to a plot."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from ninja import File, Query, Router
from ninja.files import UploadedFile

from ecopark.web.api import shapes
from ecopark.web.api import shapes_firms as out
from ecopark.web.api.common import REFUSED, come_in, who
from ecopark.web.firms import land, land_views
from ecopark.web.firms.models import PlotTable

router = Router()


@router.get("/parks/{slug}/land", response={200: out.LandOut, **REFUSED}, summary="land renewal / 用地更新")
def programme(
    request: HttpRequest, slug: shapes.Name, budget: shapes.Line = "", weight: Query[list[shapes.Name] | None] = None
) -> Any:
    """The list with reasons, and the order within `budget` (``2026=5000,2027=5000``, 10k CNY); `weight` is ``land=2``."""
    park = come_in(request, slug, "see_land").park
    table, money = land.table_of(park), budget.strip() or land.usual_budget()
    if table is None:
        return {"table": None, "budget": money, "listed": [], "order": None}
    pairs = (text.partition("=") for text in weight or ())
    found = land.programme(park, table, money, {name.strip(): value.strip() for name, _, value in pairs})
    return {"table": _table(table), "budget": money, "listed": found.listed, "order": found.order}


@router.get("/parks/{slug}/land/table", summary="the table of plots / 下载地块表")
def table(request: HttpRequest, slug: shapes.Name) -> FileResponse | HttpResponse:
    """The table of plots that counts, as it was handed in."""
    return land_views.download(request, slug)


@router.post("/parks/{slug}/land/table", response={200: out.PlotsOut, **REFUSED}, summary="hand one in / 上传地块表")
def hand_in(request: HttpRequest, slug: shapes.Name, file: File[UploadedFile]) -> Any:
    """Hand in a table of plots (xlsx or csv); it is read before it is kept."""
    return _table(land.hand_in(come_in(request, slug, "write_firms").park, file, request.user))


@router.post("/parks/{slug}/land/steps", response={200: out.LandEvent, **REFUSED}, summary="a step / 登记进展")
def step(request: HttpRequest, slug: shapes.Name, body: out.LandStep) -> Any:
    """Say what happened to a plot: listed, agreed, ... completed or dropped; nothing is changed afterwards."""
    park = come_in(request, slug, "write_firms").park
    made = land.note(park, body.plot, body.step, request.user, body.note, body.freed)
    return {name: made.get(name, "") for name in ("plot", "step", "on", "by", "note")}


def _table(t: PlotTable) -> dict[str, Any]:
    return {"id": t.pk, "name": t.name, "plots": t.plots, "by": who(t.by), "at": t.at}
