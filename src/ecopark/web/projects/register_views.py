"""The register of decisions: refusals counted, decisions made again, promised against delivered, projects together."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from ecopark.core.rounding import decimal_text
from ecopark.core.text import Text
from ecopark.core.words import with_unit
from ecopark.errors import EcoparkError
from ecopark.observations.quantity import catalogue
from ecopark.web.pages.context import lang
from ecopark.web.pages.paging import paged
from ecopark.web.projects import follow, gate, policies
from ecopark.web.projects.models import Decision, Project
from ecopark.web.projects.views import standing_in
from ecopark.web.typed import number_in
from ecopark.workflows.tell_decision import quota_name


def register(request: HttpRequest, slug: str) -> HttpResponse:
    """Every decision, and refusals counted by reason and by size of investment."""
    standing = standing_in(request, slug, "see_projects")
    decisions = Decision.objects.filter(park=standing.park).select_related("project", "by").defer("body")
    context: dict[str, Any] = {"page": paged(request, decisions), "broken": ""}
    for decision in context["page"]:
        policy = policies.remembered(standing.park, decision.policy)
        decision.title = policy.title if policy else decision.policy
    found = gate.register_of(standing.park)
    try:
        counted = found.refusals()
        context["by_reason"] = [
            (follow.rule_label(standing.park, rule), rule, n) for rule, n in counted["by_reason"].items()
        ]
        context["by_size"] = [(follow.SIZE_TEXT[size], n) for size, n in counted["by_size"].items()]
        context["verdicts"] = found.verdicts()
        if (number := number_in(request.GET.get("again", ""))) is not None:
            made, differs = found.reproduce(number)
            context["again"] = {"number": number, "verdict": made.verdict, "differs": differs}
    except EcoparkError as error:
        context["broken"] = error.message(lang())
    return render(request, "projects/register.html", context)


def delivered(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """What an admitted project promised against what its firm reports, by year."""
    standing = standing_in(request, slug, "see_projects")
    project = get_object_or_404(Project.objects.select_related("firm"), park=standing.park, pk=pk)
    found, promises = follow.delivered(project)
    years: list[dict[str, Any]] = []
    if promises:
        for year in sorted({p.year for p in promises}, reverse=True):
            rows = [
                {
                    "label": p.label,
                    "promised": _said(p.promised, p.unit),
                    "delivered": _said(p.delivered, p.unit),
                    "share": None if p.share is None else f"{float(p.share):.0%}",
                    "status": follow.PROMISE_TEXT[p.status],
                }
                for p in promises
                if p.year == year
            ]
            years.append({"year": year, "rows": rows})
    context = {"project": project, "decision": found, "years": years}
    return render(request, "projects/delivered.html", context)


def _said(number: Any, unit: str) -> str | None:
    return None if number is None else with_unit(decimal_text(number, 8), unit, lang())


def together(request: HttpRequest, slug: str) -> HttpResponse:
    """Which of the waiting projects use quotas, parcels and carrying capacity best."""
    standing = standing_in(request, slug, "see_projects")
    waiting = follow.waiting(standing.park)
    chosen = {number_in(p) for p in request.GET.getlist("project")}
    value = request.GET.get("value", follow.VALUES[0])
    value = value if value in follow.VALUES else follow.VALUES[0]
    context: dict[str, Any] = {
        "waiting": waiting,
        "chosen": chosen or {p.pk for p in waiting},
        "value": value,
        "values": [(v, catalogue()[v].label) for v in follow.VALUES],
        "problem": "",
        "choice": None,
    }
    if chosen:
        asked = [p for p in waiting if p.pk in chosen]
        try:
            context["choice"] = _choice(gate.together(standing.park, asked, value, timezone.localdate()), asked)
        except EcoparkError as error:
            context["problem"] = error.message(lang())
    return render(request, "projects/together.html", context)


def _choice(choice: Any, asked: list[Project]) -> dict[str, Any]:
    return {
        "taken": [asked[i] for i in choice.taken],
        "left": [{"project": asked[i], "by": [_shared(k) for k in choice.held_back[i]]} for i in choice.left],
        "refused": [
            {
                "project": asked[i],
                "verdict": choice.decisions[i].verdict,
                "why": [f.rule.label for f in choice.decisions[i].reasons],
            }
            for i in choice.refused
        ],
        "total": _said(choice.total, catalogue()[choice.value].unit),
        "gap": choice.gap,
        "proven": choice.gap == 0,
        "shared": [
            {"name": _shared(k), "used": decimal_text(used), "room": decimal_text(choice.room[k])}
            for k, used in sorted(choice.used.items())
            if k in choice.room
        ],
    }


def _shared(key: tuple[str, str]) -> str:
    of, at = key
    if of == "parcel":
        return f"{Text('地块', 'parcel')[lang()]} {at}"
    return f"{quota_name(of, lang())} {at}"
