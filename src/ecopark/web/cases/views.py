"""Cases as pages: the register, one case with its next steps, files, statistics, and the places on a map."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from ecopark.casework import cases as engine
from ecopark.casework import clock as clocks
from ecopark.casework import statistics as counts
from ecopark.casework.rules import CaseRules
from ecopark.core.text import Text
from ecopark.core.words import number as shown_number
from ecopark.errors import EcoparkError
from ecopark.web.cases import lists, work
from ecopark.web.cases.models import Case, CaseFile
from ecopark.web.cases.registered import registered
from ecopark.web.pages.context import lang
from ecopark.web.pages.paging import paged
from ecopark.web.parks.maps import layers_of
from ecopark.web.parks.models import Department
from ecopark.web.parks.places import on_the_map
from ecopark.web.people.access import Standing, enter
from ecopark.web.templatetags.ui import say, t
from ecopark.web.typed import moment_in
from ecopark.web.uploads import MB, file_answer, file_made, stored_path
from ecopark.workflows.write_register import FORMATS, writer

MOST_PLACES = 500
CLOCK_LOOK = {
    "running": ("muted", "clock"),
    "soon": ("partly", "bell"),
    "late": ("bad", "warning"),
    "ended": ("good", "check"),
}
STATUS_LOOK = {
    "found": ("open", "eye"), "assigned": ("partly", "people"), "rectified": ("open", "camera"), "verified": ("good", "check"),
    "closed": ("good", "check-circle"), "dismissed": ("muted", "dash-circle"),
}  # fmt: skip


def register(request: HttpRequest, slug: str) -> HttpResponse:
    """All cases this person may see, filtered, sorted and paged in the database."""
    standing = enter(request, slug, "see_cases")
    rules, now = work.rules_of(standing.park), timezone.now()
    rows, chosen = lists.filtered(standing, request.GET, now)
    page = paged(request, lists.ordered(rows, request.GET.get("sort", "")))
    shown = work.with_events(page.object_list.select_related("firm"))
    grids = work.grids_of(standing.park)
    departments = {d.key: d for d in standing.park.departments.all()}
    whatever_status, _ = lists.filtered(standing, chosen | {"status": "", "level": ""}, now)
    waiting = lists.by_status(whatever_status, now)
    context = {
        "page": page,
        "rows": [_row(case, rules, now, grids, departments) for case in shown],
        "chosen": chosen,
        "lists": {name: waiting.get(name, 0) for name in ("late", "found", "assigned", "rectified", "verified")},
        "statuses": engine.STATUS_TEXT,
        "kinds": rules.kinds,
        "severities": rules.severities,
        "levels": list(enumerate(rules.escalation)),
        "may_report": standing.may("report_case"),
        "grids": _grids_shown(standing, grids),
        "any": bool(waiting) or standing.of_cases(standing.park.cases.all()).exists(),
        "has_map": standing.park.layers.exists(),
        "query": request.GET.urlencode(),
        "formats": FORMATS,
    }
    return render(request, "cases/register.html", context)


def register_file(request: HttpRequest, slug: str, ending: str) -> HttpResponse:
    """All cases that the filters choose, as an Excel sheet or CSV, in the language of the request."""
    standing = enter(request, slug, "see_cases")
    if ending not in FORMATS:
        raise Http404
    now = timezone.now()
    name = f"{slug}-cases-{timezone.localtime(now):%Y-%m-%d}.{ending}"
    return file_made(name, writer(registered(standing, request.GET.dict(), now), lang()))


def page(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """One case: what was found, what happened, and what may happen next."""
    standing = enter(request, slug, "see_cases")
    return _page(request, standing, lists.case_of(standing, number))


@require_POST
def step(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Take one step of a case."""
    standing = enter(request, slug, "see_cases")
    case = lists.case_of(standing, number)
    kind = request.POST.get("kind", "")
    if kind not in work.NEEDS:
        raise Http404
    if not work.may_step(standing, case, kind):
        raise PermissionDenied
    try:
        to = lists.receiver(standing.park, request.POST.get("to", "")) if kind == "assigned" else ""
        work.take(
            case, kind, request.user, note=request.POST.get("note", ""), to=to,
            due=_moment(request.POST.get("due", "")) if kind in ("assigned", "extended") else None,
            files=request.FILES.getlist("files") if kind in work.SHOWN_BY_FILES else (),
        )  # fmt: skip
    except EcoparkError as error:
        messages.error(request, error.message(lang()))
        return _page(request, standing, lists.case_of(standing, number), typed=request.POST, status=422)
    messages.success(request, say(engine.STEP_TEXT[kind]))
    return redirect("case", slug, number)


def file(request: HttpRequest, slug: str, pk: int) -> FileResponse:
    """A photograph or document of a case, for whoever may see the case."""
    standing = enter(request, slug, "see_cases")
    known = CaseFile.objects.filter(event__case__in=standing.of_cases(Case.objects.filter(park=standing.park)))
    found = get_object_or_404(known, pk=pk)
    return file_answer(stored_path(found.stored), found.name, found.media_type, inline=found.is_photo)


def statistics(request: HttpRequest, slug: str) -> HttpResponse:
    """Ageing of open cases, the record of every grid and its keepers, the most frequent kinds; of the last year."""
    standing = enter(request, slug, "see_cases")
    rules, now = work.rules_of(standing.park), timezone.now()
    rows = lists.counted(standing, now)
    records = [
        r | {"days": None if r["record"].median_days is None else shown_number(r["record"].median_days, 2)}
        for r in lists.records(standing, rows)
    ]
    often = [(rules.kinds[k].label if k in rules.kinds else Text(k), n) for k, n in counts.most_frequent(rows)]
    context = {"chart": _ageing(rows, rules, now), "records": records, "often": often, "total": len(rows)}
    return render(request, "cases/statistics.html", context)


def places(request: HttpRequest, slug: str) -> JsonResponse:
    """The cases of the register on the map, with the same filters; a place each, the urgent ones drawn last."""
    standing = enter(request, slug, "see_cases")
    rules, now = work.rules_of(standing.park), timezone.now()
    rows, _ = lists.filtered(standing, request.GET, now)
    features = [
        _feature(case, rules, now, slug) for case in reversed(lists.ordered(rows.exclude(lon=None), "")[:MOST_PLACES])
    ]
    layers = [
        {**one, "shown": one["id"] in ("boundary", "grids")} for one in layers_of(standing) if one["id"] in GROUND
    ]
    layers.append(
        {
            "id": "cases",
            "label": t("问题", "Cases"),
            "kind": "point",
            "tone": "open",
            "tone_from": "tone",
            "labels": False,
            "shown": True,
            "data": {"type": "FeatureCollection", "features": features},
        }
    )
    return JsonResponse({"layers": layers})


def here(request: HttpRequest, slug: str, number: int) -> JsonResponse:
    """One case where it lies, over the ground that this person may see."""
    standing = enter(request, slug, "see_cases")
    return JsonResponse({"layers": on_map(standing, lists.case_of(standing, number))})


def on_map(standing: Standing, case: Case) -> list[dict[str, Any]]:
    """The layers of the map of one case; the ground alone if it has no place."""
    slug = standing.park.slug
    here = [] if case.lon is None else [_feature(case, work.rules_of(standing.park), timezone.now(), slug)]
    return on_the_map(standing, here, label=Text("问题", "Case"))


GROUND = ("boundary", "groups", "roads", "grids")


def _page(
    request: HttpRequest, standing: Standing, case: Case, *, typed: Any = None, status: int = 200
) -> HttpResponse:
    rules, now = work.rules_of(standing.park), timezone.now()
    grids = work.grids_of(standing.park)
    state = work.state_of(case)
    may = [k for k in engine.possible(state, str(request.user.pk)) if work.may_step(standing, case, k)]
    context: dict[str, Any] = {
        "row": _row(case, rules, now, grids),
        "case": case,
        "state": state,
        "may": may,
        "typed": typed or {},
        "events": _events(case, grids),
        "grid": lists.grid_label(grids, case.grid),
        "max_mb": work.LARGEST_PHOTO // MB,
        "source": rules.sources.get(case.source, Text(case.source)),
        "accept": ",".join(f".{k}" for k in work.EVIDENCE),
        "blocked": state.rectifier == str(request.user.pk) and state.status in ("rectified", "verified"),
        "has_place": case.lon is not None,
        "has_map": case.lon is not None and standing.park.layers.exists(),
        "firm_url": _firm_url(standing, case),
    }
    if "assigned" in may:
        proposed = work.suggestion(case)
        context |= {
            "proposed": proposed,
            "choices": _choices(standing, case, grids),
            "to": (typed or {}).get("to") or state.to or proposed.to,
            "rectify_by": timezone.localtime(clocks.rectify_by(rules, case.severity, now)).strftime("%Y-%m-%dT%H:%M"),
        }
    if "extended" in may:
        given = next(e.at for e in reversed(state.events) if e.kind == "assigned")
        context["longest"] = clocks.extend_to(rules, case.severity, given)
    return render(request, "cases/case.html", context, status=status)


def _row(
    case: Case, rules: CaseRules, now: datetime, grids: Any, departments: dict[str, Department] | None = None
) -> dict[str, Any]:
    """A case as lists show it."""
    severity = rules.severity(case.severity)
    found = clocks.clock(work.state_of(case), case.severity, rules, now)
    kind = rules.kinds.get(case.kind)
    tone, drawing = CLOCK_LOOK[found.state]
    status_tone, status_icon = STATUS_LOOK[case.status]
    firms = {case.firm.key: case.firm.name} if case.firm else {}
    return {
        "case": case,
        "kind": kind.label if kind else Text(case.kind),
        "severity": severity,
        "clock": found,
        "tone": tone,
        "icon": drawing,
        "words": _late_words(found.late_by.total_seconds())
        if found.state == "late"
        else clocks.STATE_TEXT[found.state],
        "status": case.status_label,
        "status_tone": status_tone,
        "status_icon": status_icon,
        "grid": lists.grid_label(grids, case.grid),
        "to": work.who_text(case.park, case.to, grids, firms, departments) if case.to else None,
        "level": found.level,
    }


def _late_words(seconds: float) -> Text:
    hours = int(seconds // 3600)
    if hours < 48:
        return Text(f"超期 {hours} 小时", f"{hours} h late")
    return Text(f"超期 {hours // 24} 天", f"{hours // 24} days late")


def _events(case: Case, grids: Any) -> list[dict[str, Any]]:
    return [
        {
            "event": e,
            "what": engine.STEP_TEXT[e.kind],
            "to": work.who_text(case.park, e.to, grids) if e.to else None,
            "files": e.files.all(),
            "tone": {"verified": "good", "closed": "good", "returned": "bad", "reopened": "partly"}.get(e.kind, ""),
        }
        for e in case.events.select_related("by").prefetch_related("files").order_by("-pk")
    ]


def _firm_url(standing: Standing, case: Case) -> str:
    """The page of the firm concerned, for who may open it."""
    firm = case.firm
    known = firm is not None and firm.kind == "firm" and standing.may("see_firms", firm.key)
    return reverse("firm", args=[standing.park.slug, firm.key]) if firm is not None and known else ""


def _choices(standing: Standing, case: Case, grids: Any) -> list[dict[str, Any]]:
    """Who can be given the case: the firm concerned, keepers of grids, departments."""
    firms = [(f"firm:{case.firm.key}", case.firm.name)] if case.firm else []
    known = {to for to, _ in firms}
    named = standing.park.subjects.filter(kind="firm", until__isnull=True).order_by("name")
    if not firms:
        firms = [
            (f"firm:{key}", name) for key, name in named.values_list("key", "name")[:300] if f"firm:{key}" not in known
        ]
    return [
        {"label": Text("企业", "Firms"), "rows": firms},
        {"label": Text("网格员", "Keepers"), "rows": [(f"keeper:{g.id}", say(g.label)) for g in grids.grids]},
        {
            "label": Text("部门", "Departments"),
            "rows": [(f"office:{d.key}", say(d.label)) for d in standing.park.departments.all()],
        },
    ]


def _feature(case: Case, rules: CaseRules, now: datetime, slug: str) -> dict[str, Any]:
    kind = rules.kinds.get(case.kind)
    late = case.status not in engine.ENDED and case.due is not None and case.due < now
    tone = "bad" if late else "good" if case.status in engine.ENDED else "partly"
    words = f"{say(case.status_label)} · {timezone.localtime(case.found):%Y-%m-%d}"
    return {
        "type": "Feature", "geometry": {"type": "Point", "coordinates": [case.lon, case.lat]},
        "properties": {
            "label": f"{case.number} {say(kind.label) if kind else case.kind}", "text": words, "tone": tone,
            "url": reverse("case", args=[slug, case.number]),
        },
    }  # fmt: skip


def _ageing(rows: list[counts.Row], rules: CaseRules, now: datetime) -> dict[str, Any] | None:
    found = counts.ageing(rows, now)
    if not found:
        return None
    bands = [say(label) for _, label in counts.BANDS]
    known = [s for s in rules.severities.values() if s.id in found]
    return {
        "id": "cases-ageing", "kind": "ageing", "title": Text("在办问题已开多久", "How long open cases have been open"),
        "data": {"bands": bands, "series": [{"name": say(s.label), "tone": s.tone, "values": found[s.id]} for s in known]},
        "head": [Text("已开", "Open for"), *(s.label for s in known)],
        "rows": [[band, *(found[s.id][i] for s in known)] for i, band in enumerate(bands)],
    }  # fmt: skip


def _grids_shown(standing: Standing, grids: Any) -> list[Any]:
    if standing.wide:
        return list(grids.grids)
    return [g for g in grids.grids if g.id in standing.grids or g.area in standing.grids]


def _moment(text: str) -> datetime | None:
    found = moment_in(text)
    return timezone.make_aware(found) if found is not None and timezone.is_naive(found) else found
