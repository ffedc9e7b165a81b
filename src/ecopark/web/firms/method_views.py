"""Grading methods of the zone's own: hand one in, take it away, bring an edition back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from ecopark.errors import EcoparkError
from ecopark.web.firms import grades, methods
from ecopark.web.firms.models import MethodEdition
from ecopark.web.own_directory_views import bring_back, told_problems, with_last, zip_answer
from ecopark.web.people.access import enter
from ecopark.web.templatetags.ui import t


def own_methods(request: HttpRequest, slug: str) -> HttpResponse:
    """The editions of the zone's own methods, and the form to hand one in."""
    standing = enter(request, slug, "settings" if request.method == "POST" else "simulate_grades")
    problems: list[dict[str, Any]] = []
    status = 200
    if request.method == "POST":
        try:
            files = request.FILES.getlist("files")
            made = methods.OWN.take_in(standing.park, files, request.user, request.POST.get("why", ""))
        except EcoparkError as error:
            problems, status = told_problems(error), 422
        else:
            zh, en = (
                f"方法 {made.name} 已收下（第 {made.number} 版）",
                f"Method {made.name} was accepted (edition {made.number})",
            )
            messages.success(request, t(zh, en))
            return redirect("own-methods", slug)
    context = {
        "rows": with_last(MethodEdition.objects.filter(park=standing.park).select_related("by")), "problems": problems,
        "why": request.POST.get("why", ""), "may_write": standing.may("settings"), "chosen": grades.method_of(standing.park),
    }  # fmt: skip
    return render(request, "firms/own_methods.html", context, status=status)


def method_zip(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """An edition of a method as it was handed in."""
    standing = enter(request, slug, "simulate_grades")
    return zip_answer(get_object_or_404(MethodEdition, park=standing.park, pk=pk))


@require_POST
def method_back(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """An earlier edition of a method as the new one."""
    standing = enter(request, slug, "settings")
    bring_back(request, standing.park, methods.OWN, pk)
    return redirect("own-methods", slug)
