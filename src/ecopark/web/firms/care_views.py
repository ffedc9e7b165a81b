"""Audits and retrofits as pages: the lists, one entry with its history and papers, entering, confirming, correcting."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from ecopark.core.rounding import decimal_text
from ecopark.core.text import Text
from ecopark.core.words import number
from ecopark.errors import EcoparkError
from ecopark.web.firms import care
from ecopark.web.firms.models import AUDITS, CARE_STATES, Audit, CareFile, Retrofit
from ecopark.web.pages.context import lang
from ecopark.web.pages.paging import paged
from ecopark.web.people.access import Standing, enter
from ecopark.web.templatetags.ui import say, t
from ecopark.web.typed import day_in
from ecopark.web.uploads import file_answer, stored_path

KINDS = ("audits", "retrofits")
CHECKED = {"audits": "mandatory", "retrofits": "more"}
"""The box of each form: left empty it is not sent."""


def listing(request: HttpRequest, slug: str) -> HttpResponse:
    """All audits or retrofits of the park, paged; a reporter finds their own firm's."""
    standing = enter(request, slug, "see_firms")
    state, kind = request.GET.get("state", ""), request.GET.get("kind", "audits")
    if kind not in KINDS:
        raise Http404
    rows: Any = care.audits(standing, state) if kind == "audits" else care.retrofits(standing, state)
    tabs = [
        {"label": label, "url": f"?kind={k}", "current": k == kind, "count": count}
        for k, label, count in (
            ("audits", t("审核", "Audits"), care.audits(standing).count()),
            ("retrofits", t("改造项目", "Retrofits"), care.retrofits(standing).count()),
        )
    ]
    context = {
        "page": paged(request, rows), "kinds": AUDITS, "state": state, "kind": kind,
        "today": timezone.localdate(), "tabs": tabs, "states": CARE_STATES,
    }  # fmt: skip
    return render(request, "firms/audits.html", context)


def entry(request: HttpRequest, slug: str, kind: str, pk: int) -> HttpResponse:
    """One audit or retrofit: its fields, what waits, its papers, its history; for a retrofit what the figures say."""
    standing = enter(request, slug, "see_firms")
    row = entry_or_404(standing, kind, pk)
    context: dict[str, Any] = {
        "row": row, "firm": row.subject, "kind": kind, "audit_kinds": AUDITS, "states": CARE_STATES,
        "may_enter": standing.may("enter_care", row.subject.key) and row.state != "withdrawn",
        "may_confirm": standing.may("write_firms"), "proposed": care.proposed(row), "files": care.files_of(row),
        "events": care.history(row), "today": timezone.localdate(),
    }  # fmt: skip
    if isinstance(row, Retrofit):
        context |= _of_retrofit(row)
    else:
        context["measures"] = row.retrofits.exclude(state="withdrawn")
    return render(request, "firms/care.html", context)


def _of_retrofit(row: Retrofit) -> dict[str, Any]:
    quantity, found = care.quantity_of(row), care.delivered_by(row)
    years = [
        {
            "year": y.year, "amount": number(y.amount), "change": ("+" if y.change > 0 else "") + number(y.change),
            "share": f"{decimal_text(y.share * 100, 3)}%" if y.share is not None else "",
        }
        for y in (found.years if found else ())
    ]  # fmt: skip
    return {
        "quantity": quantity, "quantities": care.quantities(), "audits": row.subject.audits.exclude(state="withdrawn"),
        "delivered": {"year": found.base_year, "amount": number(found.base), "years": years} if found else None,
    }  # fmt: skip


@require_POST
def save_audit(request: HttpRequest, slug: str, key: str, pk: int | None = None) -> HttpResponse:
    """Enter an audit, say that it was done, or correct it."""
    standing = enter(request, slug, "enter_care", key)
    subject = get_object_or_404(standing.subjects(), key=key, kind="firm")
    audit = get_object_or_404(Audit, subject=subject, pk=pk) if pk else Audit(park=standing.park, subject=subject)
    confirms = standing.may("write_firms")
    return _keep(
        request, slug, "audits", lambda given, why: care.save_audit(audit, given, request.user, why, confirms=confirms)
    )


@require_POST
def save_retrofit(request: HttpRequest, slug: str, key: str, pk: int | None = None) -> HttpResponse:
    """Enter a retrofit, say what it has saved, or correct it."""
    standing = enter(request, slug, "enter_care", key)
    subject = get_object_or_404(standing.subjects(), key=key, kind="firm")
    made = get_object_or_404(Retrofit, subject=subject, pk=pk) if pk else Retrofit(park=standing.park, subject=subject)
    confirms = standing.may("write_firms")
    return _keep(
        request,
        slug,
        "retrofits",
        lambda given, why: care.save_retrofit(made, given, request.user, why, confirms=confirms),
    )


def _keep(request: HttpRequest, slug: str, kind: str, save: Callable[[dict[str, Any], str], Any]) -> HttpResponse:
    """Take over what was typed and say how that went."""
    given: dict[str, Any] = request.POST.dict()
    key = str(request.resolver_match.kwargs["key"]) if request.resolver_match else ""
    pk = request.resolver_match.kwargs.get("pk") if request.resolver_match else None
    if given.get("whole"):
        given[CHECKED[kind]] = bool(given.get(CHECKED[kind]))
    try:
        given |= {name: _day(given[name]) for name in ("due", "done") if name in given}
        row = save(given, given.get("why", ""))
    except care.CareError as error:
        messages.error(request, say(error.text))
        return redirect("care-entry", slug, kind, pk) if pk else redirect("firm", slug, key)
    waits = row.state == "draft" or row.proposed
    said = t("已保存，待管委会确认", "Saved; the office will confirm it") if waits else t("已保存", "Saved")
    messages.success(request, said)
    return redirect("care-entry", slug, kind, row.pk)


@require_POST
def step(request: HttpRequest, slug: str, kind: str, pk: int) -> HttpResponse:
    """Confirm, return or withdraw an entry."""
    standing = enter(request, slug, "see_firms")
    entry_or_404(standing, kind, pk)
    if not standing.may("write_firms"):
        raise PermissionDenied
    try:
        care.step(standing, kind, pk, request.POST.get("step", ""), request.user, request.POST.get("why", ""))
    except care.CareError as error:
        messages.error(request, say(error.text))
    else:
        messages.success(request, t("已保存", "Saved"))
    return redirect("care-entry", slug, kind, pk)


@require_POST
def attach(request: HttpRequest, slug: str, kind: str, pk: int) -> HttpResponse:
    """Attach a report."""
    standing = enter(request, slug, "see_firms")
    row = entry_or_404(standing, kind, pk)
    if not standing.may("enter_care", row.subject.key):
        raise PermissionDenied
    try:
        care.attach(row, request.FILES.get("file"), request.user)
    except EcoparkError as error:
        messages.error(request, error.message(lang()))
    else:
        messages.success(request, t("已上传", "Attached"))
    return redirect("care-entry", slug, kind, pk)


def file(request: HttpRequest, slug: str, kind: str, pk: int, number: int) -> FileResponse:
    """A paper of an entry, as it was sent."""
    standing = enter(request, slug, "see_firms")
    found = get_object_or_404(entry_or_404(standing, kind, pk).files, pk=number)
    return file_answer(stored_path(found.stored), found.name, found.media_type)


@require_POST
def take_back(request: HttpRequest, slug: str, kind: str, pk: int, number: int) -> HttpResponse:
    """Take a paper back: the office any, others what they sent themselves."""
    standing = enter(request, slug, "see_firms")
    row = entry_or_404(standing, kind, pk)
    withdraw_file(standing, row, number)
    messages.success(request, t("已撤下", "Taken back"))
    return redirect("care-entry", slug, kind, pk)


def withdraw_file(standing: Standing, row: Audit | Retrofit, number: int) -> CareFile:
    """Take a paper back; it is kept, and no longer listed.

    Raises
    ------
    Http404
        There is none.
    PermissionDenied
        It is somebody else's.
    """
    found: CareFile = get_object_or_404(care.files_of(row), pk=number)
    own = standing.may("enter_care", row.subject.key) and found.by_id == standing.user.pk
    if not (standing.may("write_firms") or own):
        raise PermissionDenied
    found.withdrawn = timezone.now()
    found.save(update_fields=["withdrawn"])
    return found


def entry_or_404(standing: Standing, kind: str, pk: int) -> Audit | Retrofit:
    """The audit or retrofit, if this person may know it.

    Raises
    ------
    Http404
        There is none.
    """
    found = care.entry(standing, kind, pk) if kind in KINDS else None
    if found is None:
        raise Http404
    return found


def _day(text: str) -> date | None:
    """A day as typed; empty: none.

    Raises
    ------
    CareError
        It is no day.
    """
    if not text.strip():
        return None
    if (day := day_in(text)) is None:
        raise care.CareError(Text(f"“{text[:40]}”不是日期。", f"'{text[:40]}' is no day."))
    return day
