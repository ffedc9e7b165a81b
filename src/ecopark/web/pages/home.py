"""The first page: the parks a person may see."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from ecopark.web.pages.reminders import everywhere
from ecopark.web.people.access import parks_of


def home(request: HttpRequest) -> HttpResponse:
    """One park: straight to it. Several: the list. None and not logged in: the login page."""
    parks = parks_of(request.user).order_by("name")
    if not request.user.is_authenticated and not parks.exists():
        return redirect("login")
    if request.user.is_authenticated and parks.count() == 1:
        return redirect("park", parks.get().slug)
    return render(request, "home.html", {"parks": parks[:200], "reminders": everywhere(request.user, timezone.now())})
