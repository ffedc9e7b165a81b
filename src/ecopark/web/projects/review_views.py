"""Joint review, decision, and what becomes of the reservations."""

from __future__ import annotations

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from ecopark.errors import EcoparkError
from ecopark.web.pages.context import lang
from ecopark.web.projects import decide as decisions
from ecopark.web.projects import gate, opinions, policies
from ecopark.web.projects.models import Decision, Opinion, Project
from ecopark.web.projects.views import page_of, standing_in
from ecopark.web.templatetags.ui import t
from ecopark.web.typed import day_in, number_in, seen_in
from ecopark.web.uploads import file_answer, stored_path

TYPES = {
    "html": "text/html",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


@require_POST
def opinion(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Sign for one's own department, or record what a paper of another says."""
    standing = standing_in(request, slug, "decide_projects")
    project = get_object_or_404(Project, park=standing.park, pk=pk)
    get = request.POST.get
    given = {"seen": seen_in(get("version", "")), "note": get("note", "")}
    try:
        if get("how") == "account":
            opinions.sign(standing, project, get("office", ""), get("opinion", ""), **given)
        else:
            opinions.record(
                standing, project, get("office", ""), get("opinion", ""), signed_by=get("signed_by", ""),
                signed_on=day_in(get("signed_on", "")),
                reference=get("reference", ""), file=request.FILES.get("file"), **given,
            )  # fmt: skip
    except EcoparkError as error:
        messages.error(request, error.message(lang()))
        return page_of(request, standing, project, typed=request.POST, status=422)
    messages.success(request, t("意见已记录", "The opinion was recorded"))
    return redirect("project", slug, pk)


def paper(request: HttpRequest, slug: str, pk: int, number: int) -> FileResponse:
    """The scan of the paper an opinion was recorded from."""
    standing = standing_in(request, slug, "see_projects")
    found = get_object_or_404(Opinion, project__park=standing.park, project=pk, pk=number)
    return file_answer(stored_path(found.stored), found.file_name, found.media_type)


@require_POST
def decide(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Decide, reserve what the project needs, and keep all of it."""
    standing = standing_in(request, slug, "decide_projects")
    project = get_object_or_404(Project, park=standing.park, pk=pk)
    get = request.POST.get
    until = decisions.held_until(day_in(get("until", ""))) if get("book") else None
    try:
        made = decisions.decide(
            project,
            request.user,
            until=until,
            why=get("why", ""),
            seen=number_in(get("version", "")),
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
    policy = policies.remembered(standing.park, found.policy)
    offices = {o.id: o.label for o in (gate.offices_of(policy) if policy else ())}
    given = found.told["project"].get("opinions", ())
    context = {
        "opinions": [o | {"label": offices.get(o["office"], o["office"])} for o in given],
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
    if path is None:
        raise Http404
    return file_answer(path, f"{found.name}-{language}.{ending}", TYPES[ending])
