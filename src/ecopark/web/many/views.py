"""Many parks: the table of a department, and the background work that fills it."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Max, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from ecopark.core.text import Text
from ecopark.packs.load import find_pack, shipped_ids
from ecopark.reports.labels import VERDICT_WORDS
from ecopark.web.figures.reminders import above
from ecopark.web.jobs import work
from ecopark.web.jobs.models import Job
from ecopark.web.many import compute, table
from ecopark.web.many.models import Outcome
from ecopark.web.pages.paging import paged
from ecopark.web.parks.models import Park
from ecopark.web.people.access import parks_where
from ecopark.web.templatetags.ui import say, t
from ecopark.web.typed import is_year

ACTION = "compare"
YEARS_BACK = 6


def parks(request: HttpRequest) -> HttpResponse:
    """Parks by standards in one year: every cell a verdict, opening to the assessment."""
    mine = comparable(request)
    period = _period(request, mine)
    query = _query(request)
    packs = table.packs_shown(mine, period)
    found = table.chosen(mine, period, **query)
    page = paged(request, found)
    job = Job.objects.filter(kind="many", by=request.user).order_by("-at").first()
    context = {
        "page": page, "rows": _marked(table.rows_of(page.object_list, packs, period)), "packs": packs, "period": period,
        "years": _years(period), "totals": list(zip(packs, table.totals(found, packs, period), strict=True)),
        "areas": _areas(mine), "query": query, "verdicts": VERDICT_WORDS, "job": job,
        "last": Outcome.objects.filter(park__in=mine.order_by().values("pk"), period=period).aggregate(at=Max("at"))["at"],
        "usual": table.usual_packs(mine) if not page.paginator.count else [p.id for p in packs],
        "reminders": above(request.user), "all_packs": [find_pack(name) for name in shipped_ids()],
    }  # fmt: skip
    return render(request, "many/parks.html", context)


def _marked(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with the verdict of every cell drawn; one drawing for all cells that say the same."""
    drawn: dict[tuple[str, str, bool], str] = {}
    for row in rows:
        cells = []
        for pack, cell in row["cells"]:
            if cell.outcome is not None:
                key = (cell.outcome.verdict, cell.outcome.basis, cell.outcome.verified)
                if key not in drawn:
                    drawn[key] = render_to_string(
                        "many/mark.html", dict(zip(("name", "basis", "verified"), key, strict=True))
                    )
            cells.append((pack, cell, drawn[key] if cell.outcome is not None else ""))
        row["cells"] = cells
    return rows


def as_csv(request: HttpRequest) -> HttpResponse:
    """The table as it is filtered and sorted, for a spreadsheet."""
    mine = comparable(request)
    return csv_of(mine, _period(request, mine), _query(request))


def csv_of(mine: QuerySet[Park], period: str, query: dict[str, str]) -> HttpResponse:
    """The table of one year as a spreadsheet reads it; `query` as `table.chosen` takes it."""
    packs = table.packs_shown(mine, period)
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="parks-{period}.csv"'
    out = csv.writer(response)
    heads = [h for p in packs for h in (p.id, f"{p.id} {t('得分', 'score')}", f"{p.id} {t('待定', 'open')}")]
    out.writerow([t("园区", "park"), t("区域", "area"), t("年度", "year"), *heads])
    for row in table.rows_of(list(table.chosen(mine, period, **query)), packs, period):
        cells: list[Any] = []
        for _, cell in row["cells"]:
            o = cell.outcome
            verdict = say(VERDICT_WORDS[o.verdict]) if o and o.verdict else ""
            cells += [verdict, "" if not o or o.score is None else o.score, o.open if o else ""]
        out.writerow([_plain(say(row["park"].label)), _plain(row["park"].area), period, *cells])
    return response


@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Compute the table anew for all parks one may compare."""
    mine = comparable(request)
    period = request.POST.get("period", "")
    if not is_year(period):
        raise Http404
    if ask(request.user, mine, period, request.POST.getlist("pack")) is None:
        messages.info(request, t("上一次计算还在进行。", "The last run is still going on."))
    return redirect(f"{reverse('many')}?year={period}")


def ask(user: Any, mine: QuerySet[Park], period: str, packs: Sequence[str]) -> Job | None:
    """Have the table of a year computed for these packs (the usual ones, if none is known); None while the last run goes on."""
    if Job.objects.filter(kind="many", by=user, state__in=("waiting", "running")).exists():
        return None
    known = [p for p in packs if p in shipped_ids()] or table.usual_packs(mine)
    return work.ask("many", Text(f"多园区评价 {period}", f"many parks {period}"), user, packs=known, period=period)


@work.kind("many")
def _compute(job: Job, step: work.Step) -> dict[str, object]:
    own = list(parks_where(job.by, ACTION).order_by("pk"))
    count = compute.refresh(own, job.arguments["packs"], job.arguments["period"], step)
    return {"count": count, "parks": len(own), "url": f"{reverse('many')}?year={job.arguments['period']}"}


def comparable(request: HttpRequest) -> QuerySet[Park]:
    """The parks this person may compare.

    Raises
    ------
    Http404
        Not signed in.
    PermissionDenied
        There is none.
    """
    if not request.user.is_authenticated:
        raise Http404
    mine = parks_where(request.user, ACTION)
    if not mine.exists():
        raise PermissionDenied
    return mine


def _query(request: HttpRequest) -> dict[str, str]:
    return {key: request.GET.get(key, "").strip()[:120] for key in ("like", "area", "pack", "verdict", "sort")}


def _period(request: HttpRequest, mine: QuerySet[Park]) -> str:
    wanted = request.GET.get("year", "")
    if is_year(wanted):
        return wanted
    last = (
        Outcome.objects.filter(park__in=mine.order_by().values("pk"))
        .order_by("-at")
        .values_list("period", flat=True)[:1]
    )
    return str(last[0]) if last else str(timezone.localdate().year - 1)


def _years(period: str) -> list[str]:
    this = timezone.localdate().year
    return sorted({period, *(str(this - back) for back in range(YEARS_BACK))}, reverse=True)


def _areas(mine: QuerySet[Park]) -> list[str]:
    """Provinces and cities of the parks, for the filter."""
    found: set[str] = set()
    for area in mine.order_by().values_list("area", flat=True).distinct():
        parts = area.split("/")
        found.update("/".join(parts[:n]) for n in range(1, min(len(parts), 2) + 1) if area)
    return sorted(found)


def _plain(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
