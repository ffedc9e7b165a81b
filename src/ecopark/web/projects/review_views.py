"""Joint review, decision, and what becomes of the reservations."""

from __future__ import annotations

from datetime import date, timedelta

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from ecopark.errors import EcoparkError
from ecopark.web.pages.context import lang
from ecopark.web.projects import decide as decisions
from ecopark.web.projects import gate, steps
from ecopark.web.projects.models import Decision, Opinion, Project
from ecopark.web.projects.told import pair
from ecopark.web.projects.views import standing_in
from ecopark.web.templatetags.ui import t
from ecopark.workflows.tell_decision import OPINIONS

HOLD_DAYS = 180
"""For so long a decision holds its quota if nobody says otherwise."""
TYPES = {
    "html": "text/html",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


@require_POST
def opinion(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Write down what an office says, over whose name."""
    standing = standing_in(request, slug, "decide_projects")
    project = get_object_or_404(Project, park=standing.park, pk=pk)
    policy = gate.policy_of(standing.park)
    office = next((o for o in (gate.offices_of(policy) if policy else ()) if o.id == request.POST.get("office")), None)
    said, by = request.POST.get("opinion", ""), request.POST.get("signed_by", "").strip()
    if office is None or said not in OPINIONS:
        raise Http404
    try:
        day = date.fromisoformat(request.POST.get("signed_on", ""))
    except ValueError:
        day = timezone.localdate()
    if project.stage != "review":
        messages.error(request, t("只有会审阶段可以签意见。", "Opinions are given while the project is under review."))
    elif not by:
        messages.error(request, t("请写签字人姓名。", "Say who signs."))
    elif request.POST.get("version") != str(project.version):
        messages.error(
            request, t("申报内容刚被改过，请重新核对。", "The description has just been changed: look at it again.")
        )
    else:
        made = Opinion.objects.create(
            project=project, office=office.id, opinion=said, note=request.POST.get("note", "").strip()[:500],
            signed_by=by[:80], signed_on=day, version=project.version, by=request.user,
        )  # fmt: skip
        data = {"opinion": said, "office": office.id, "label": pair(office.label), "pk": made.pk}
        why = made.signed_by + (f"：{made.note}" if made.note else "")
        steps.put(project, "opinion", project.stage, request.user, why, data=data)
        messages.success(request, t("意见已记录", "The opinion was written down"))
    return redirect("project", slug, pk)


@require_POST
def decide(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Decide, reserve what the project needs, and keep all of it."""
    standing = standing_in(request, slug, "decide_projects")
    project = get_object_or_404(Project, park=standing.park, pk=pk)
    until = None
    if request.POST.get("book"):
        try:
            until = decisions.end_of(date.fromisoformat(request.POST.get("until", "")))
        except ValueError:
            until = decisions.end_of(timezone.localdate() + timedelta(days=HOLD_DAYS))
    seen = request.POST.get("version", "")
    try:
        made = decisions.decide(
            project,
            request.user,
            until=until,
            why=request.POST.get("why", ""),
            seen=int(seen) if seen.isdigit() else None,
        )
    except EcoparkError as error:
        messages.error(request, error.message(lang()))
        return redirect("project", slug, pk)
    return redirect("decision", slug, made.pk)


def decision(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """A decision as it was made, whole, on any later day."""
    standing = standing_in(request, slug, "see_projects")
    found = get_object_or_404(Decision.objects.select_related("project", "by"), park=standing.park, pk=pk)
    held = decisions.reservations(found)
    context = {
        "decision": found, "answer": found.told, "held": held, "may_write": standing.may("decide_projects"),
        "open": any(row["reservation"].state == "reserved" for row in held), "kept": True,
    }  # fmt: skip
    return render(request, "projects/decision.html", context)


@require_POST
def settle(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Confirm or release what a decision has reserved."""
    standing = standing_in(request, slug, "decide_projects")
    found = get_object_or_404(Decision.objects.select_related("project"), park=standing.park, pk=pk)
    try:
        decisions.settle(found, request.POST.get("step", ""), request.user, request.POST.get("why", ""))
    except EcoparkError as error:
        messages.error(request, error.message(lang()))
    else:
        messages.success(request, t("台账已登记", "The ledger was written"))
    return redirect("decision", slug, pk)


def minutes(request: HttpRequest, slug: str, pk: int, language: str, ending: str) -> FileResponse:
    """The minutes as they were written with the decision."""
    standing = standing_in(request, slug, "see_projects")
    found = get_object_or_404(Decision.objects.defer("body"), park=standing.park, pk=pk)
    path = decisions.minutes_path(found, language, ending) if language in ("zh", "en") and ending in TYPES else None
    if path is None or not path.is_file():
        raise Http404
    name = f"{found.name}-{language}.{ending}"
    return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type=TYPES[ending])
