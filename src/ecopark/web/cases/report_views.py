"""Reporting a case: a form made for a phone. With poor reception the report is kept on the phone until it can be sent.

The page's script sends the form in the background and asks for JSON; without it the form works like any other. The worker
keeps the page and its parts at hand, so that it opens without reception too.
"""

from __future__ import annotations

import math
import uuid
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from ecopark.casework.rules import CaseRules
from ecopark.core.text import Text
from ecopark.errors import EcoparkError
from ecopark.web.cases import work
from ecopark.web.parks.maps import layers_of
from ecopark.web.parks.models import Subject
from ecopark.web.people.access import Standing, enter
from ecopark.web.templatetags.ui import say
from ecopark.web.uploads import MB

MOST_TO_CHOOSE = 300
"""More firms than this are typed, not chosen from a list."""
GROUND = ("boundary", "roads", "grids")


class ReportError(EcoparkError):
    """A report that cannot be taken; `text` says why."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en, zh=text.zh)
        self.text = text


def report(request: HttpRequest, slug: str) -> HttpResponse:
    """The form, and what it sends."""
    standing = enter(request, slug, "report_case")
    request.standing = standing  # type: ignore[attr-defined]
    rules = work.rules_of(standing.park)
    as_json = "application/json" in request.headers.get("Accept", "")
    status = 200
    if request.method == "POST":
        try:
            case, new = work.report(standing, _given(request, standing, rules), request.FILES.getlist("photos"))
        except EcoparkError as error:
            text = getattr(error, "text", Text(error.message("zh"), error.message("en")))
            if as_json:
                return JsonResponse({"error": say(text)}, status=422)
            messages.error(request, say(text))
            status = 422
        else:
            address = reverse("case", args=[slug, case.number])
            words = _taken(case)
            if as_json:
                return JsonResponse({"url": address, "number": case.number, "words": say(words), "new": new})
            messages.success(request, say(words))
            return redirect(address)
    firms = standing.subjects().filter(kind="firm")
    few = firms[: MOST_TO_CHOOSE + 1] if standing.wide or standing.firms else []
    context = {
        "rules": rules, "firms": few if len(few) <= MOST_TO_CHOOSE else [], "typed_firm": len(few) > MOST_TO_CHOOSE,
        "key": request.POST.get("key") or uuid.uuid4(), "typed": request.POST, "max_mb": work.LARGEST_PHOTO // MB,
        "most": work.MOST_FILES, "own_firms": standing.firms and not standing.wide, "source": _source(standing),
        "kinds": [{"kind": k, "severity": rules.severities[k.severity]} for k in rules.kinds.values()],
        "has_map": standing.park.layers.exists(),
    }  # fmt: skip
    return render(request, "cases/report.html", context, status=status)


def ground(request: HttpRequest, slug: str) -> JsonResponse:
    """The map on which a place is tapped."""
    standing = enter(request, slug, "report_case")
    return JsonResponse({"layers": [{**one, "shown": True} for one in layers_of(standing) if one["id"] in GROUND]})


def worker(request: HttpRequest, slug: str) -> HttpResponse:
    """The script that keeps this page at hand; it may only serve what lies below this address."""
    enter(request, slug, "report_case")
    path = finders.find("built/cases-worker.js")
    if not isinstance(path, str):
        raise Http404
    with open(path, encoding="utf-8") as script:
        return HttpResponse(script.read(), content_type="text/javascript")


def _given(request: HttpRequest, standing: Standing, rules: CaseRules) -> work.Report:
    post = request.POST
    kind, severity, source = post.get("kind", ""), post.get("severity", ""), post.get("source", "") or _source(standing)
    if kind not in rules.kinds:
        raise ReportError(Text("请选择问题类型。", "Choose what kind of problem it is."))
    if (severity and severity not in rules.severities) or source not in rules.sources:
        raise ReportError(Text("紧急程度或来源有误。", "The severity or source is not known."))
    text = post.get("text", "").strip()[:4000]
    if not text:
        raise ReportError(Text("请简要描述问题。", "Say in a few words what you found."))
    lon, lat = _degree(post.get("lon", ""), 180), _degree(post.get("lat", ""), 90)
    if (lon is None) != (lat is None):
        raise ReportError(Text("经纬度须同时填写。", "Give both longitude and latitude, or neither."))
    place = post.get("place", "").strip()[:200]
    if lon is None and not place:
        raise ReportError(
            Text("请定位、在地图上点选，或写明地点。", "Use your position, tap the map, or say where it is.")
        )
    try:
        key = uuid.UUID(post["key"]) if post.get("key") else None
    except ValueError:
        raise ReportError(Text("请刷新页面后重新上报。", "Load the page again and report anew.")) from None
    return work.Report(
        kind=kind,
        text=text,
        severity=severity,
        source=source,
        lon=lon,
        lat=lat,
        place=place,
        firm=_firm(post.get("firm", ""), standing),
        found=_moment(post.get("found", "")),
        key=key,
    )


def _firm(name: str, standing: Standing) -> Subject | None:
    """The firm concerned: a reporter's own; else the one that was chosen or typed (key, name or credit code)."""
    firms = standing.subjects().filter(kind="firm")
    if not standing.wide and standing.firms:
        return firms.filter(key=name or min(standing.firms)).first() or firms.first()
    if not name.strip():
        return None
    for field in ("key", "name", "credit_code"):
        found = firms.filter(**{field: name.strip()}).first()
        if found is not None:
            return found
    raise ReportError(Text(f"企业名册中没有“{name}”。", f"There is no firm '{name}' in the register."))


def _degree(text: str, most: int) -> float | None:
    if not text.strip():
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not abs(value) <= most:
        raise ReportError(Text(f"“{text}”不是经纬度。", f"'{text}' is no longitude or latitude."))
    return round(value, 7)


def _moment(text: str) -> datetime | None:
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found is not None and timezone.is_aware(found) else None


def _source(standing: Standing) -> str:
    return "self_check" if not standing.wide and standing.firms else "patrol"


def _taken(case: Any) -> Text:
    if case.lon is not None and not case.grid:
        return Text(
            f"已登记为第 {case.number} 号问题。地点不在任何网格内，由园区办直接交办。",
            f"Registered as case {case.number}. The place is outside every grid: the park office deals with it.",
        )
    return Text(f"已登记为第 {case.number} 号问题。", f"Registered as case {case.number}.")
