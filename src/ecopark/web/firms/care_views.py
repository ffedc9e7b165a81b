"""Audits and retrofits of a firm: what is due, what was done, what it saved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from ecopark.web.firms import care
from ecopark.web.firms.models import AUDITS, Audit, Retrofit
from ecopark.web.firms.views import standing_in
from ecopark.web.templatetags.ui import say, t


def listing(request: HttpRequest, slug: str) -> HttpResponse:
    """All audits of the park, what is due first; a reporter finds their own firm's."""
    standing = standing_in(request, slug, "see_firms")
    state = request.GET.get("state", "")
    page = Paginator(care.audits(standing, state), 50).get_page(request.GET.get("page"))
    saved, today = care.retrofits(standing)[:100], timezone.localdate()
    context = {"page": page, "kinds": AUDITS, "state": state, "today": today, "retrofits": saved}
    return render(request, "firms/audits.html", context)


@require_POST
def save_audit(request: HttpRequest, slug: str, key: str, pk: int | None = None) -> HttpResponse:
    """Enter an audit, or say that it was done."""
    standing = standing_in(request, slug, "write_firms", key)
    subject = get_object_or_404(standing.subjects(), key=key, kind="firm")
    audit = get_object_or_404(Audit, subject=subject, pk=pk) if pk else Audit(park=standing.park, subject=subject)
    return _keep(request, slug, key, lambda given, why: care.save_audit(audit, given, request.user, why))


@require_POST
def save_retrofit(request: HttpRequest, slug: str, key: str, pk: int | None = None) -> HttpResponse:
    """Enter a retrofit, or what it has saved."""
    standing = standing_in(request, slug, "write_firms", key)
    subject = get_object_or_404(standing.subjects(), key=key, kind="firm")
    made = get_object_or_404(Retrofit, subject=subject, pk=pk) if pk else Retrofit(park=standing.park, subject=subject)
    return _keep(request, slug, key, lambda given, why: care.save_retrofit(made, given, request.user, why))


def _keep(request: HttpRequest, slug: str, key: str, save: Callable[[dict[str, Any], str], Any]) -> HttpResponse:
    """Take over what was typed and say how that went."""
    given: dict[str, Any] = request.POST.dict()
    given |= {name: _day(given[name]) for name in ("due", "done") if name in given}
    try:
        save(given, given.get("why", ""))
    except care.CareError as error:
        messages.error(request, say(error.text))
    else:
        messages.success(request, t("已保存", "Saved"))
    return redirect("firm", slug, key)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
