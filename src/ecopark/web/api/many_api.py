"""The department's table of many parks: page by page, totals, as a file, and computed anew in the background."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status

from ecopark.core.text import Text
from ecopark.web.api import shapes
from ecopark.web.api import shapes_office as out
from ecopark.web.api.assess_api import job_row
from ecopark.web.api.common import CONFLICT, REFUSED
from ecopark.web.many import table, views
from ecopark.web.projects.told import pair

router = Router()


@router.get("/outcomes", response={200: dict[str, Any], **REFUSED}, summary="many parks / 多园区评价")
def outcomes(
    request: HttpRequest, period: shapes.Year, area: shapes.Name = "", like: shapes.Name = "", pack: shapes.Name = "",
    verdict: shapes.Name = "", sort: shapes.Name = "name", limit: shapes.Limit = 100, offset: shapes.Number = 0,
) -> Any:  # fmt: skip
    """The department's table: parks by standards in one year; each cell says when it was computed, and if figures changed."""
    mine = views.comparable(request)
    packs = table.packs_shown(mine, period)
    rows = table.chosen(mine, period, like=like, area=area, pack=pack, verdict=verdict, sort=sort)
    page = table.rows_of(list(rows[offset : offset + limit]), packs, period)
    return {"count": rows.count(), "period": period, "items": [_row(row) for row in page]}


@router.post("/outcomes", response={200: shapes.JobOut, **CONFLICT}, summary="compute the table / 计算")
def compute(request: HttpRequest, body: out.ComputeIn) -> Any:
    """Assess all parks you may compare in the background; 409 while the last run goes on."""
    job = views.ask(request.user, views.comparable(request), body.period, body.packs)
    if job is None:
        said = pair(Text("上一次计算还在进行。", "The last run is still going on."))
        return Status(409, {"error": {"code": "still-running", **said}})
    return job_row(job)


@router.get("/outcomes/totals", response={200: list[out.TotalsOut], **REFUSED}, summary="totals / 汇总")
def totals(request: HttpRequest, period: shapes.Year, area: shapes.Name = "", like: shapes.Name = "") -> Any:
    """How many parks have which verdict, by standard."""
    mine = views.comparable(request)
    packs = table.packs_shown(mine, period)
    found = table.totals(table.chosen(mine, period, like=like, area=area), packs, period)
    return [{"pack": pack.id, "verdicts": counts} for pack, counts in zip(packs, found, strict=True)]


@router.get("/outcomes/table.csv", summary="the table as a file / 下载")
def as_csv(
    request: HttpRequest, period: shapes.Year, area: shapes.Name = "", like: shapes.Name = "", pack: shapes.Name = "",
    verdict: shapes.Name = "", sort: shapes.Name = "name",
) -> HttpResponse:  # fmt: skip
    """The table as it is filtered and sorted, for a spreadsheet."""
    query = {"like": like, "area": area, "pack": pack, "verdict": verdict, "sort": sort}
    return views.csv_of(views.comparable(request), period, query)


def _row(row: dict[str, Any]) -> dict[str, Any]:
    cells = {
        pack.id: {
            "verdict": o.verdict, "score": o.score, "asked": o.asked, "met": o.met, "short": o.short, "open": o.open,
            "basis": o.basis, "verified": o.verified, "at": o.at, "figures_changed": cell.changed,
            "pack_changed": cell.pack_changed,
        }
        for pack, cell in row["cells"]
        if (o := cell.outcome) is not None
    }  # fmt: skip
    return {"park": row["park"].slug, "name": row["park"].name, "area": row["park"].area, "packs": cells}
