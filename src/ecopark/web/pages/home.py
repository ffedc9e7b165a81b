"""The first page: the parks a person may see."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from ecopark.web.pages.paging import paged
from ecopark.web.pages.park_cards import PER_PAGE, cards, known_parks
from ecopark.web.pages.reminders import everywhere
from ecopark.web.people.access import parks_of

LONGEST_LIKE = 100


def home(request: HttpRequest) -> HttpResponse:
    """One park: straight to it. Several: the list. None and not logged in: the login page."""
    parks, now = parks_of(request.user), timezone.now()
    if not request.user.is_authenticated and not parks.exists():
        return redirect("login")
    if request.user.is_authenticated and parks.count() == 1:
        return redirect("park", parks.get().slug)
    like = request.GET.get("like", "").replace("\0", "").strip()[:LONGEST_LIKE]
    page = paged(request, known_parks(request.user, like), PER_PAGE)
    context = {
        "page": page, "cards": cards(request.user, list(page.object_list), now), "like": like,
        "reminders": everywhere(request.user, now),
    }  # fmt: skip
    return render(request, "home.html", context)
