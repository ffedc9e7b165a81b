"""The register of decisions: refusals counted, decisions made again, promised against delivered, projects together."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from ecopark.admission.post_entry import post_entry
from ecopark.admission.project import read_project
from ecopark.core.rounding import decimal_text
from ecopark.core.text import Text
from ecopark.core.words import with_unit
from ecopark.errors import EcoparkError
from ecopark.observations.quantity import catalogue
from ecopark.web.figures.facts import facts_of
from ecopark.web.pages.context import lang
from ecopark.web.projects import gate
from ecopark.web.projects.models import WAITING, Decision, Project
from ecopark.web.projects.views import standing_in
from ecopark.workflows.tell_decision import quota_name

SIZE_TEXT = {
    "below_10m": Text("1000 万元以下", "below 10 million CNY"),
    "10m_to_100m": Text("1000 万元至 1 亿元", "10 to 100 million CNY"),
    "from_100m": Text("1 亿元及以上", "100 million CNY and more"),
    "not_given": Text("未填投资额", "investment not given"),
}
PROMISE_TEXT = {
    "kept": (Text("兑现", "kept"), "good"),
    "short": (Text("未兑现", "short"), "bad"),
    "not_due": (Text("未到期", "not due"), "muted"),
    "shown": (Text("对照", "shown"), "muted"),
    "undetermined": (Text("未填报", "not reported"), "open"),
}
VALUES = ("tax_paid_10k_cny", "industrial_value_added", "fixed_investment", "employees")


def register(request: HttpRequest, slug: str) -> HttpResponse:
    """Every decision, and refusals counted by reason and by size of investment."""
    standing = standing_in(request, slug, "see_projects")
    decisions = Decision.objects.filter(park=standing.park).select_related("project", "by").defer("body")
    context: dict[str, Any] = {"page": Paginator(decisions, 50).get_page(request.GET.get("page")), "broken": ""}
    found = gate.register_of(standing.park)
    try:
        counted = found.refusals()
        context["by_reason"] = [(_label(standing.park, rule), rule, n) for rule, n in counted["by_reason"].items()]
        context["by_size"] = [(SIZE_TEXT[size], n) for size, n in counted["by_size"].items()]
        context["verdicts"] = found.verdicts()
        if (number := request.GET.get("again", "")).isdigit():
            made, differs = found.reproduce(int(number))
            context["again"] = {"number": int(number), "verdict": made.verdict, "differs": differs}
    except EcoparkError as error:
        context["broken"] = error.message(lang())
    return render(request, "projects/register.html", context)


def _label(park: Any, rule: str) -> Text:
    policy = gate.policy_of(park)
    try:
        return policy.rule(rule).label if policy else Text(rule, rule)
    except (EcoparkError, KeyError):
        return Text(rule, rule)


def delivered(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """What an admitted project promised against what its firm reports, by year."""
    standing = standing_in(request, slug, "see_projects")
    project = get_object_or_404(Project.objects.select_related("firm"), park=standing.park, pk=pk)
    found = project.decisions.filter(verdict__in=("admit", "conditional")).defer("body").first()
    years: list[dict[str, Any]] = []
    if found is not None and project.firm is not None:
        kept = gate.register_of(standing.park)
        entry = kept.entry(found.entry)
        policy = kept.policy(entry)
        described = read_project(entry.data["project"], policy.own_ratios)
        facts = facts_of(standing.park)
        known = [y for y in facts.years(project.firm.key) if y >= found.on.year]
        promises = post_entry(described, policy, facts, project.firm.key, known)
        for year in sorted(known, reverse=True):
            rows = [
                {
                    "label": p.label,
                    "promised": _said(p.promised, p.unit),
                    "delivered": _said(p.delivered, p.unit),
                    "share": None if p.share is None else f"{float(p.share):.0%}",
                    "status": PROMISE_TEXT[p.status],
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
    waiting = list(Project.objects.filter(park=standing.park, stage__in=WAITING).order_by("number")[:200])
    chosen = {int(p) for p in request.GET.getlist("project") if p.isdigit()}
    value = request.GET.get("value", VALUES[0])
    value = value if value in VALUES else VALUES[0]
    context: dict[str, Any] = {
        "waiting": waiting,
        "chosen": chosen or {p.pk for p in waiting},
        "value": value,
        "values": [(v, catalogue()[v].label) for v in VALUES],
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
