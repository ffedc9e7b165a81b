"""Audits and retrofits of a firm: what is due, what was done, what it saved."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from ecopark.core.rounding import exact
from ecopark.observations.quantity import catalogue
from ecopark.web.firms.models import AUDITS, Audit, Retrofit
from ecopark.web.firms.views import standing_in
from ecopark.web.templatetags.ui import t


def listing(request: HttpRequest, slug: str) -> HttpResponse:
    """All audits of the park, what is due first; a reporter finds their own firm's."""
    standing = standing_in(request, slug, "see_firms")
    rows = standing.of_subjects(Audit.objects.filter(park=standing.park).select_related("subject"))
    state = request.GET.get("state", "")
    today = timezone.localdate()
    if state == "open":
        rows = rows.filter(done__isnull=True)
    elif state == "late":
        rows = rows.filter(done__isnull=True, due__lt=today)
    elif state == "done":
        rows = rows.filter(done__isnull=False)
    page = Paginator(rows.order_by(F("done").asc(nulls_first=True), "due", "pk"), 50).get_page(request.GET.get("page"))
    saved = standing.of_subjects(Retrofit.objects.filter(park=standing.park).select_related("subject")).order_by(
        "-due"
    )[:100]
    context = {"page": page, "kinds": AUDITS, "state": state, "today": today, "retrofits": saved}
    return render(request, "firms/audits.html", context)


@require_POST
def save_audit(request: HttpRequest, slug: str, key: str, pk: int | None = None) -> HttpResponse:
    """Enter an audit, or say that it was done."""
    standing = standing_in(request, slug, "write_firms", key)
    subject = get_object_or_404(standing.subjects(), key=key, kind="firm")
    audit = get_object_or_404(Audit, subject=subject, pk=pk) if pk else Audit(park=standing.park, subject=subject)
    if request.POST.get("kind") in AUDITS:
        audit.kind = request.POST["kind"]
    if not audit.kind:
        messages.error(request, t("请选审核种类。", "Choose the kind of audit."))
        return redirect("firm", slug, key)
    for name in ("due", "done"):
        if name in request.POST:
            setattr(audit, name, _day(request.POST[name]))
    if pk is None:
        audit.mandatory = bool(request.POST.get("mandatory"))
    for name, longest in (("auditor", 200), ("findings", 4000)):
        if name in request.POST:
            setattr(audit, name, request.POST[name].strip()[:longest])
    audit._history_user = request.user
    audit._change_reason = request.POST.get("why", "")[:300]
    audit.save()
    messages.success(request, t("已保存", "Saved"))
    return redirect("firm", slug, key)


@require_POST
def save_retrofit(request: HttpRequest, slug: str, key: str, pk: int | None = None) -> HttpResponse:
    """Enter a retrofit, or what it has saved."""
    standing = standing_in(request, slug, "write_firms", key)
    subject = get_object_or_404(standing.subjects(), key=key, kind="firm")
    made = get_object_or_404(Retrofit, subject=subject, pk=pk) if pk else Retrofit(park=standing.park, subject=subject)
    for name, longest in (("name", 200), ("expected", 60), ("achieved", 60), ("unit", 40), ("cost", 60)):
        if name in request.POST:
            setattr(made, name, request.POST[name].strip()[:longest])
    if request.POST.get("quantity") and catalogue().find(request.POST["quantity"]):
        made.quantity = request.POST["quantity"]
    for name in ("due", "done"):
        if name in request.POST:
            setattr(made, name, _day(request.POST[name]))
    audit = request.POST.get("audit", "")
    if audit.isdigit():
        made.audit = get_object_or_404(Audit, subject=subject, pk=int(audit))
    wrong = [v for v in (made.expected, made.achieved, made.cost) if v and not _number(v)]
    if wrong or not made.name:
        messages.error(
            request,
            t(f"“{wrong[0]}”不是数字。", f"'{wrong[0]}' is no number.") if wrong else t("请填名称。", "Give its name."),
        )
        return redirect("firm", slug, key)
    made._history_user = request.user
    made._change_reason = request.POST.get("why", "")[:300]
    made.save()
    messages.success(request, t("已保存", "Saved"))
    return redirect("firm", slug, key)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _number(text: Any) -> bool:
    try:
        exact(str(text))
    except (ValueError, ZeroDivisionError):
        return False
    return True
