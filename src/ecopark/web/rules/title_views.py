"""The life of the park's titles: what was applied for, created, accepted, named and re-checked, and what is due when."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from ecopark.standards.titles import LIGHT_TEXT, STEP_TEXT, Reminder, load_titles, reminders, states
from ecopark.web.assess import dossiers
from ecopark.web.parks.models import Park
from ecopark.web.people.access import enter
from ecopark.web.rules import title_steps
from ecopark.web.rules.models import TitleStep
from ecopark.web.rules.sign import title_entries
from ecopark.web.templatetags.ui import say, t
from ecopark.web.typed import day_in

LIGHTS = {"overdue": "red", "due_soon": "amber", "ahead": "green", "unknown": "grey", "unread": "grey"}


def titles(request: HttpRequest, slug: str) -> HttpResponse:
    """Every title somebody may hold, the park's own steps, and what is due."""
    standing = enter(request, slug, "see_titles")
    park = standing.park
    every = TitleStep.objects.filter(park=park).select_related("by")
    steps = every.filter(withdrawn__isnull=True)
    gone = [(s, _taken_by(s)) for s in every.filter(withdrawn__isnull=False)]
    context = {
        "titles": list(load_titles().values()), "steps": steps, "gone": gone, "given": park.settings.get("titles", ()),
        "due": due(park), "may_write": standing.may("settings"), "step_names": STEP_TEXT, "today": timezone.localdate(),
        "handed_in": dossiers.handed_in(park) if standing.may("make_dossier") else (),
    }  # fmt: skip
    return render(request, "rules/titles.html", context)


@require_POST
def add(request: HttpRequest, slug: str) -> HttpResponse:
    """Write down a step."""
    standing = enter(request, slug, "settings")
    get = request.POST.get
    day, until = day_in(get("dated", "")), day_in(get("until", ""))
    try:
        title_steps.add(standing.park, get("title", ""), get("step", ""), day, until, request.user)
    except title_steps.TitleError as error:
        messages.error(request, say(error.text))
    else:
        messages.success(request, t("已记录", "Written down"))
    return redirect("titles", slug)


@require_POST
def withdraw(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Take a step back; it stays on file."""
    standing = enter(request, slug, "settings")
    found = get_object_or_404(TitleStep, pk=pk, park=standing.park, withdrawn__isnull=True)
    try:
        title_steps.withdraw(found, request.POST.get("why", ""), request.user)
    except title_steps.TitleError as error:
        messages.error(request, say(error.text))
    else:
        messages.success(request, t("已撤下，记录保留在页面下方。", "Taken back; it stays on file below."))
    return redirect("titles", slug)


def due(park: Park, on: date | None = None) -> list[dict[str, Any]]:
    """What is due for the park's titles, with the light a page shows."""
    entries = [*park.settings.get("titles", ()), *title_entries(park)]
    return [_shown(r) for r in reminders(entries, on or timezone.localdate())]


def held(park: Park, on: date | None = None) -> list[dict[str, Any]]:
    """A line for each title the park holds or works for: where it stands, and what is due next with its light.

    Entries that cannot be read come last, without a state.
    """
    entries, day = [*park.settings.get("titles", ()), *title_entries(park)], on or timezone.localdate()
    rows: list[dict[str, Any]] = [{"state": s, "next": [_shown(r) for r in s.due]} for s in states(entries, day)]
    unread = [_shown(r) for r in reminders(entries, day) if r.light == "unread"]
    return [*rows, {"state": None, "next": unread}] if unread else rows


def _shown(r: Reminder) -> dict[str, Any]:
    return {"reminder": r, "light": LIGHTS[r.light], "words": LIGHT_TEXT[r.light]}


def _taken_by(step: TitleStep) -> str:
    last = step.history.select_related("history_user").latest()
    return last.history_user.shown_name if last.history_user else ""
