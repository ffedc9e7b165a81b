"""One table of how much was given: by firm, by theme, by department; each opens the form, or the list of what is missing."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from ecopark.core.text import Text
from ecopark.observations.quantity import catalogue
from ecopark.web.assess.keep import years_of, years_open
from ecopark.web.figures import completeness
from ecopark.web.figures.models import STATES, Submission
from ecopark.web.pages.paging import paged
from ecopark.web.people.access import Standing, enter
from ecopark.web.typed import is_year

TABS = {
    "firm": Text("按企业", "By firm"),
    "theme": Text("按主题", "By theme"),
    "department": Text("按部门", "By department"),
}


def table(request: HttpRequest, slug: str) -> HttpResponse:
    """Given and asked; a reporter sees their own firms, who sees all firms also themes and departments."""
    standing = enter(request, slug, "see_figures")
    period, way = _period(request, standing), request.GET.get("by", "firm")
    if way not in TABS:
        raise Http404
    if way != "firm" and not standing.wide:
        raise PermissionDenied
    tabs = [
        {"label": label, "url": f"?by={key}&year={period}", "current": key == way}
        for key, label in TABS.items()
        if standing.wide or key == "firm"
    ]
    context: dict[str, Any] = {
        "period": period, "years": years_open(standing.park, period), "tabs": tabs, "way": way,
    }  # fmt: skip
    if way == "firm":
        theme, like, sort = (request.GET.get(k, "").strip() for k in ("theme", "q", "sort"))
        open_only = request.GET.get("open") == "1"
        wanted = {"like": like, "theme": theme, "open_only": open_only, "sort": sort or "name"}
        page = paged(request, completeness.firms(standing, period, **wanted))
        rows = completeness.firm_rows(standing.park, page, period)
        there = Submission.objects.filter(park=standing.park, period=period, subject__in=[s.pk for s in page])
        states = {s.subject_id: STATES[s.state] for s in there}
        context |= {
            "page": page, "rows": [row | {"state": states.get(row["firm"].pk)} for row in rows], "theme": theme, "q": like,
            "open": open_only, "themes": completeness.themes_asked(completeness.asked_of_firms(standing.park)),
        }  # fmt: skip
    else:
        context |= {"shares": completeness.shares(standing.park, period, way), "way_label": completeness.WAYS[way]}
    return render(request, "data/completeness.html", context)


def missing(request: HttpRequest, slug: str) -> HttpResponse:
    """What is asked of the park, or a firm, and was not given; each with its form."""
    key = request.GET.get("of", "")
    standing = enter(request, slug, "see_figures", key or None)
    period = _period(request, standing)
    found = standing.subjects().filter(key=key or standing.park.key, kind__in=("park", "firm")).first()
    if found is None:
        raise Http404
    theme, department = request.GET.get("theme", ""), request.GET.get("department", "")
    rows = completeness.missing(standing.park, found, period, theme=theme, department=department)
    context = {
        "subject": found, "period": period, "rows": rows, "themes": catalogue().themes,
        "departments": catalogue().departments | {d.key: d.label for d in standing.park.departments.all()},
    }  # fmt: skip
    return render(request, "data/missing.html", context)


def _period(request: HttpRequest, standing: Standing) -> str:
    """The year that was asked for; by default the latest one with figures."""
    years = years_of(standing.park)
    period = request.GET.get("year", "") or str(years[0] if years else timezone.localdate().year - 1)
    if not is_year(period):
        raise Http404
    return period
