"""The registry of firms, parcels, facilities, groups and grids; the page of one firm; doubles and their merge."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from ecopark.admission.industry import industries
from ecopark.core.text import Text
from ecopark.errors import EcoparkError
from ecopark.observations.quantity import catalogue
from ecopark.web.assess.keep import years_of
from ecopark.web.figures.models import Figure
from ecopark.web.firms import care, lists, registry
from ecopark.web.firms.models import AUDITS, CARE_STATES, EVENTS, FirmEvent
from ecopark.web.firms.tables import COLUMNS
from ecopark.web.pages.context import lang
from ecopark.web.pages.paging import paged
from ecopark.web.parks.maps import layer
from ecopark.web.parks.models import Subject
from ecopark.web.people.access import Standing, enter
from ecopark.web.templatetags.ui import say, t

YEARS_SHOWN = 4


def registry_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Firms paged, sorted and filtered in the database; what else the park is made of."""
    standing = enter(request, slug, "see_firms")
    kind = request.GET.get("kind", "firms")
    tabs = [k for k in lists.KINDS if k == "firms" or (standing.wide and lists.has_layer(standing, k))]
    if kind not in tabs:
        raise Http404
    context: dict[str, Any] = {
        "kind": kind,
        "may_write": standing.may("write_firms"),
        "may_grades": standing.may("see_grades"),
        "may_land": standing.may("see_land"),
        "tabs": [{"label": lists.KINDS[k], "url": f"?kind={k}", "current": k == kind} for k in tabs]
        if len(tabs) > 1
        else [],
    }
    if kind == "firms":
        context |= _firms(request, standing)
    else:
        context["page"] = paged(request, lists.features(standing, kind))
    return render(request, "firms/registry.html", context)


def _firms(request: HttpRequest, standing: Standing) -> dict[str, Any]:
    run = lists.last_run(standing)
    like, group, state, grade = (request.GET.get(k, "").strip() for k in ("q", "group", "state", "grade"))
    sort = request.GET.get("sort", "name")
    rows = lists.firms(standing, run, like=like, group=group, state=state, grade=grade, sort=sort)
    page = paged(request, rows)
    groups = {s.key: s.name for s in standing.park.subjects.filter(kind="group")}
    return {
        "page": page,
        "groups": groups,
        "run": run,
        "like": like,
        "group": group,
        "state": state,
        "grade": grade,
        "sort": sort,
        "grades": sorted(k for k in run.counts if k and k != "outside") if run else [],
        "doubles": len(registry.doubles(standing.park)) if standing.may("write_firms") else 0,
    }


def firm(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """One firm: figures over the years, grade, parcels, audits, tasks and cases, history."""
    standing = enter(request, slug, "see_firms", key)
    subject = get_object_or_404(standing.subjects(), key=key, kind__in=("firm", registry.MERGED))
    years = [str(y) for y in years_of(standing.park)[:YEARS_SHOWN]]
    context: dict[str, Any] = {
        "firm": subject,
        "years": years,
        "figures": _over_years(subject, years),
        "may_write": standing.may("write_firms"),
        "events": _events(subject),
        "may_enter": standing.may("enter_care", key),
        "audits": subject.audits.exclude(state="withdrawn"),
        "retrofits": subject.retrofits.exclude(state="withdrawn").select_related("audit"),
        "states": CARE_STATES,
        "quantities": care.quantities() if standing.may("enter_care", key) else [],
        "audit_kinds": AUDITS,
        "industry": industries().get(subject.attributes.get("industry_code", ""), ""),
        "group": standing.park.subjects.filter(key=subject.parent, kind="group").first(),
        "has_map": bool(plots := lists.plots_of(standing, key)),
        "parcels": [f["properties"]["id"] for one in plots if one["id"] == "parcels" for f in one["data"]["features"]],
        "projects": subject.projects.all() if standing.may("see_projects") else [],
        "merged": subject.kind == registry.MERGED,
        "today": timezone.localdate(),
    }
    if standing.may("see_grades"):
        context["grades"] = lists.grades_of(subject)
    if apps.is_installed("ecopark.web.cases") and standing.may("see_cases"):
        model = apps.get_model("cases", "Case")
        context["cases"] = standing.of_cases(model.objects.filter(park=standing.park, firm=subject))[:8]
    return render(request, "firms/firm.html", context)


def _over_years(subject: Subject, years: list[str]) -> list[dict[str, Any]]:
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for f in Figure.objects.filter(subject=subject, period__in=years).order_by("quantity", "by"):
        quantity = catalogue().find(f.quantity)
        row = rows.setdefault(
            (f.quantity, f.by),
            {
                "label": quantity.label if quantity else Text(f.quantity, f.quantity),
                "quantity": f.quantity,
                "by": f.by,
                "cells": dict.fromkeys(years),
            },
        )
        row["cells"][f.period] = f
    return [{**row, "cells": list(row["cells"].values())} for row in rows.values()]


def _entry(fields: dict[str, Any]) -> str:
    """Fields of an entry in one line, each under its name."""
    said = (
        f"{say(COLUMNS[k][0]) if k in COLUMNS else k} {'—' if v is None or v == '' else v}" for k, v in fields.items()
    )
    return t("；", "; ").join(said)


def _events(subject: Subject) -> list[dict[str, Any]]:
    found = []
    for e in subject.events.select_related("by").order_by("-at", "-pk"):
        event: dict[str, Any] = {
            "at": e.at,
            "who": e.by.shown_name,
            "what": EVENTS[e.kind],
            "why": e.why or None,
            "tone": "",
        }
        if e.kind == "edited":
            event["before"], event["after"] = (_entry(e.data[side]) for side in ("before", "after"))
        elif e.kind == "took":
            zh, en = f"并入重复登记 {e.data['double']}", f"took the double {e.data['double']} in"
            event |= {"what": Text(zh, en), "undo": e.pk if e.undone is None else None}
        found.append(event)
    return found


def firm_map(request: HttpRequest, slug: str, key: str) -> JsonResponse:
    """The firm's parcels and facilities over the groups and roads of the park."""
    standing = enter(request, slug, "see_firms", key)
    below = [layer(m.name, m.features) for m in standing.park.layers.filter(name__in=("boundary", "groups", "roads"))]
    return JsonResponse({"layers": [*below, *lists.plots_of(standing, key)]})


def edit(request: HttpRequest, slug: str, key: str = "") -> HttpResponse:
    """Register a firm, or change its entry with a reason."""
    standing = enter(request, slug, "write_firms", key or None)
    subject = get_object_or_404(standing.subjects(), key=key, kind="firm") if key else None
    values = registry.fields_of(subject) if subject else {"parent": standing.park.key}
    status = 200
    if request.method == "POST":
        values = {name: request.POST.get(name, "").strip() for name in registry.FIELDS}
        why = request.POST.get("why", "")
        try:
            if subject is None:
                subject = registry.add(standing.park, request.POST.get("key", ""), values, request.user, why)
                messages.success(request, t("已登记", "Registered"))
            elif registry.edit(subject, values, request.user, why):
                messages.success(request, t("已保存", "Saved"))
        except EcoparkError as error:
            messages.error(request, error.message(lang()))
            status = 422
        else:
            return redirect("firm", slug, subject.key)
    context = {
        "firm": subject if key else None,
        "values": values,
        "key": request.POST.get("key", ""),
        "groups": standing.park.subjects.filter(kind__in=("park", "group")).order_by("kind", "key"),
    }
    return render(request, "firms/edit.html", context, status=status)


def doubles(request: HttpRequest, slug: str) -> HttpResponse:
    """Firms that stand twice under one credit code, with what a merge would set aside."""
    standing = enter(request, slug, "write_firms")
    found = [
        {
            "code": firms[0].credit_code,
            "firms": [
                {
                    "firm": f,
                    "figures": f.figures.count(),
                    "clashes": registry.clashes(firms[0], f)[:20] if f != firms[0] else [],
                }
                for f in firms
            ],
        }
        for firms in registry.doubles(standing.park)
    ]
    done = (
        FirmEvent.objects.filter(park=standing.park, kind="took").select_related("subject", "by").order_by("-at")[:50]
    )
    return render(request, "firms/doubles.html", {"doubles": found, "done": done})


@require_POST
def merge(request: HttpRequest, slug: str) -> HttpResponse:
    """Merge one entry into another."""
    standing = enter(request, slug, "write_firms")
    kept, double = (
        get_object_or_404(standing.subjects(), key=request.POST.get(k, ""), kind="firm") for k in ("kept", "double")
    )
    try:
        registry.merge(kept, double, request.user, request.POST.get("why", ""))
    except EcoparkError as error:
        messages.error(request, error.message(lang()))
        return redirect("firm-doubles", slug)
    messages.success(request, t(f"“{double.name}”已并入", f"'{double.name}' was merged"))
    return redirect("firm", slug, kept.key)


@require_POST
def undo(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Undo a merge."""
    standing = enter(request, slug, "write_firms")
    event = get_object_or_404(FirmEvent, park=standing.park, pk=pk, kind="took")
    try:
        registry.undo(event, request.user, request.POST.get("why", ""))
    except EcoparkError as error:
        messages.error(request, error.message(lang()))
    else:
        messages.success(request, t("合并已撤销", "The merge was undone"))
    return redirect("firm", slug, event.subject.key)
