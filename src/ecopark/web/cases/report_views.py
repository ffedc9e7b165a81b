"""Reporting a case: a form made for a phone. With poor reception the report is kept on the phone until it can be sent.

The page's script sends the form in the background and asks for JSON; without it the form works like any other. The worker
keeps the page and its parts at hand, so that it opens without reception too.
"""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from ecopark.core.text import Text
from ecopark.errors import EcoparkError
from ecopark.web.cases import work
from ecopark.web.cases.reading import read, taken, usual_source
from ecopark.web.parks.maps import layers_of
from ecopark.web.people.access import enter
from ecopark.web.templatetags.ui import say
from ecopark.web.uploads import MB

MOST_TO_CHOOSE = 300
"""More firms than this are typed, not chosen from a list."""
GROUND = ("boundary", "roads", "grids")


def report(request: HttpRequest, slug: str) -> HttpResponse:
    """The form, and what it sends."""
    standing = enter(request, slug, "report_case")
    rules = work.rules_of(standing.park)
    as_json = "application/json" in request.headers.get("Accept", "")
    status = 200
    if request.method == "POST":
        try:
            case, new = work.report(standing, read(request.POST, standing, rules), request.FILES.getlist("photos"))
        except EcoparkError as error:
            text = getattr(error, "text", Text(error.message("zh"), error.message("en")))
            if as_json:
                return JsonResponse({"error": say(text)}, status=422)
            messages.error(request, say(text))
            status = 422
        else:
            address = reverse("case", args=[slug, case.number])
            words = taken(case)
            if as_json:
                return JsonResponse({"url": address, "number": case.number, "words": say(words), "new": new})
            messages.success(request, say(words))
            return redirect(address)
    firms = standing.subjects().filter(kind="firm")
    few = firms[: MOST_TO_CHOOSE + 1] if standing.wide or standing.firms else []
    context = {
        "rules": rules, "firms": few if len(few) <= MOST_TO_CHOOSE else [], "typed_firm": len(few) > MOST_TO_CHOOSE,
        "key": request.POST.get("key") or uuid.uuid4(), "typed": request.POST, "max_mb": work.LARGEST_PHOTO // MB,
        "most": work.MOST_FILES, "own_firms": standing.firms and not standing.wide, "source": usual_source(standing),
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
