"""The search page, and the page of one quantity: what it is, who needs it, and what the park has of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from ecopark.core.period import Period
from ecopark.core.text import Text
from ecopark.core.value import Missing
from ecopark.core.words import shown, unit_words, with_unit
from ecopark.indicators.resolve import SubjectLookup
from ecopark.observations.quantity import Quantity, catalogue
from ecopark.web.assess.keep import packs_of, years_of
from ecopark.web.figures.evidence import visible
from ecopark.web.figures.facts import facts_at_once
from ecopark.web.figures.models import Figure
from ecopark.web.people.access import Standing, enter, parks_of
from ecopark.web.rules.read import clauses_using
from ecopark.web.search import find
from ecopark.web.search.scope import Scope

YEARS = 6
ROLLUP = {
    "sum": Text("企业之和", "sum of the firms"),
    "all": Text("全部企业都为“是”才为“是”", "true where it is true of every firm"),
    "any": Text("任一企业为“是”即为“是”", "true where it is true of any firm"),
}
OVER_TIME = {
    "sum": Text("各月（季）之和", "sum of the months or quarters"),
    "mean": Text("各月（季）的平均", "mean of the months or quarters"),
    "last": Text("年末值", "value at the end of the year"),
}


def search(request: HttpRequest, slug: str) -> HttpResponse:
    """What fits ``?q=`` in a park, by kind, as far as the person may know."""
    standing = enter(request, slug, "see_park")
    words = request.GET.get("q", "").strip()
    groups = find.search(Scope(request.user, standing), words)
    more = words and parks_of(request.user).exclude(pk=standing.park.pk).exists()
    return render(request, "search/results.html", {"words": words, "groups": groups, "elsewhere": more})


def everywhere(request: HttpRequest) -> HttpResponse:
    """The same in all parks somebody may know; somebody with one park is taken to its search."""
    words = request.GET.get("q", "").strip()
    own = parks_of(request.user)
    if request.user.is_authenticated and own.count() == 1:
        query = urlencode({"q": words})
        return redirect(f"{reverse('search', args=[own.get().slug])}?{query}")
    if not request.user.is_authenticated and not own.exists():
        return redirect("login")
    groups = find.search(Scope(request.user), words)
    return render(request, "search/results.html", {"words": words, "groups": groups})


def quantity(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """One quantity: definition, unit, other names, who uses it, how firms add up; values over the years with their trace."""
    wanted = request.GET.get("of") or None
    standing = enter(request, slug, "see_park", wanted)
    found = catalogue().find(name)
    if found is None:
        raise Http404
    used = packs_of(standing.park)
    users = sorted(clauses_using(found.id), key=lambda pair: (pair[0].id not in used, pair[0].id))
    context: dict[str, Any] = {
        "q": found, "theme": catalogue().themes[found.theme], "used": used, "users": users,
        "department": catalogue().departments.get(found.department), "rollup": ROLLUP.get(found.rollup),
        "over_time": OVER_TIME.get(found.over_time), "breakdowns": [catalogue().breakdowns[b] for b in found.breakdowns],
        "unit": Text(unit_words(found.unit, "zh"), unit_words(found.unit, "en")),
        "figures": [], "values": [],
    }  # fmt: skip
    if standing.may("see_figures"):
        subject = wanted or standing.own_subject
        context |= {"figures": _figures(standing, found, subject), "values": values_of(standing, found, subject)}
        context["may_write"] = standing.may("write_figures", subject)
        context["may_see"], context["of"] = True, "" if subject == standing.park.key else subject
        context["may_see_evidence"] = standing.may("see_evidence")
        context["documents"] = (
            visible(standing).filter(subject__key=subject, about=found.id, withdrawn__isnull=True).count()
        )
    return render(request, "search/quantity.html", context)


def _figures(standing: Standing, found: Quantity, subject: str) -> list[Figure]:
    rows = standing.of_subjects(Figure.objects.filter(park=standing.park, quantity=found.id)).exclude(given="")
    return list(
        rows.filter(subject__key=subject).select_related("subject", "entered_by").order_by("-period", "by")[:100]
    )


def values_of(standing: Standing, found: Quantity, subject: str) -> list[dict[str, Any]]:
    """The value of every year as the engines have it, with its trace; nothing for a code or a flag that never was given."""
    if not subject:
        return []
    facts = facts_at_once(standing.park)
    if facts is None:
        return []
    lookup = SubjectLookup(facts, subject)
    rows = []
    for year in years_of(standing.park)[:YEARS]:
        trace = lookup.quantity(found, Period(year))
        unit = "" if found.unit == "by code" else found.unit
        missing = isinstance(trace.value, Missing)
        said = {k: with_unit(shown(trace.value, k), unit, k) for k in ("zh", "en")}
        rows.append({"year": year, "missing": missing, "said": said, "trace": trace.to_dict()})
    return rows
