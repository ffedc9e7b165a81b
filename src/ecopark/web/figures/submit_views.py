"""Submissions as pages: the firm hands in, the office accepts or returns with a reason, and asks by a day."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from ecopark.core.words import counted
from ecopark.observations.quantity import catalogue
from ecopark.web.assess.keep import years_of, years_open
from ecopark.web.figures import asking, completeness, corrections, submit
from ecopark.web.figures.evidence_views import own_address
from ecopark.web.figures.models import STATES, Submission
from ecopark.web.figures.reminders import SOON
from ecopark.web.jobs import work
from ecopark.web.pages.paging import paged
from ecopark.web.parks.models import Subject
from ecopark.web.people.access import Standing, enter
from ecopark.web.templatetags.ui import say, t
from ecopark.web.typed import day_in, is_year


def listing(request: HttpRequest, slug: str) -> HttpResponse:
    """All firms of a year with where their figures are; a reporter sees their own."""
    standing = enter(request, slug, "see_figures")
    years = years_of(standing.park)
    period = request.GET.get("year", "") or str(years[0] if years else timezone.localdate().year - 1)
    if not is_year(period):
        raise Http404
    state = request.GET.get("state", "")
    firms = standing.subjects().filter(kind="firm").filter(Q(until__isnull=True) | Q(until__gte=int(period)))
    firms = firms.filter(Q(since__isnull=True) | Q(since__lte=int(period)))
    handed_in = Submission.objects.filter(park=standing.park, period=period)
    if state in STATES:
        firms = firms.filter(pk__in=handed_in.filter(state=state).values("subject"))
    elif state == "none":
        firms = firms.exclude(pk__in=handed_in.values("subject"))
    page = paged(request, firms.order_by("name", "pk"), 100)
    there = {s.subject_id: s for s in handed_in.filter(subject__in=[firm.pk for firm in page])}
    wanted = completeness.asked_of_firms(standing.park)
    given = completeness.given_by([firm.pk for firm in page], period, wanted)
    waiting = corrections.counts(standing.park, [firm.pk for firm in page], period)
    rows = [
        _way(standing, firm, there.get(firm.pk), waiting.get(firm.pk, 0)) | {"given": len(given.get(firm.pk, ()))}
        for firm in page
    ]
    context = {
        "rows": rows, "page": page, "period": period, "asked": len(wanted),
        "years": years_open(standing.park, period), "states": STATES, "state": state,
        "today": timezone.localdate(), "soon": timezone.localdate() + SOON,
        "job": work.shown(request), "may_accept": standing.may("accept_figures"), 
        "waiting": submit.open_ones(standing.park, period=period),
    }  # fmt: skip
    return render(request, "data/submissions.html", context)


def _way(standing: Standing, firm: Subject, found: Submission | None, waiting: int) -> dict[str, Any]:
    """Where a firm's figures are, how many wait, and the steps this person may take."""
    own = firm.key in standing.firms
    state = found.state if found else "draft"
    steps = [
        step
        for step, needed in submit.STEPS[state].items()
        if (own if needed == "write_figures" else standing.may(needed, firm.key))
        and (step != "submit" or waiting or state == "returned")
    ]
    stamp = submit.stamp_of(found) if found else ""
    return {"firm": firm, "submission": found, "state": state, "waiting": waiting, "steps": steps, "stamp": stamp}


def handing_in(standing: Standing, subject: Subject, period: str) -> dict[str, Any] | None:
    """The same for the data pages of one firm; None for the park."""
    if subject.kind != "firm":
        return None
    found = Submission.objects.filter(park=standing.park, subject=subject, period=period).first()
    return _way(standing, subject, found, corrections.counts(standing.park, [subject.pk], period).get(subject.pk, 0))


def changes(request: HttpRequest, slug: str) -> HttpResponse:
    """What would change if a firm's figures of a year were accepted: before, after, who, when and why."""
    key, period = request.GET.get("of", ""), request.GET.get("year", "")
    standing = enter(request, slug, "see_figures", key)
    subject = standing.subjects().filter(key=key, kind="firm").first()
    if subject is None or not is_year(period):
        raise Http404
    rows = [
        {
            "row": row,
            "label": quantity.label if (quantity := catalogue().find(row.figure.quantity)) else row.figure.quantity,
        }
        for row in corrections.pending(standing.park, subject, period)
    ]
    page = paged(request, rows, 100)
    found = Submission.objects.filter(park=standing.park, subject=subject, period=period).first()
    context = {
        "subject": subject, "period": period, "page": page, "row": _way(standing, subject, found, len(rows)),
        "state": STATES[str(found.state) if found else "draft"], "back": request.get_full_path(),
    }  # fmt: skip
    return render(request, "data/changes.html", context)


@require_POST
def step(request: HttpRequest, slug: str) -> HttpResponse:
    """Submit, withdraw, accept or return the figures of one firm and year."""
    standing = enter(request, slug, "see_figures")
    key, period, wanted = (request.POST.get(k, "") for k in ("firm", "period", "step"))
    subject = standing.subjects().filter(key=key, kind="firm").first()
    if subject is None or not is_year(period):
        raise Http404
    needed = submit.NEEDS.get(wanted)
    if needed is None:
        raise Http404
    if not standing.may(needed, subject.key):
        raise PermissionDenied
    found = submit.of(standing.park, subject, period)
    try:
        moved = submit.take(
            found, wanted, request.user, request.POST.get("reason", ""), seen=request.POST.get("seen", "")
        )
    except submit.StepError as error:
        messages.error(request, say(error.text))
    else:
        words = {
            "submit": t(f"已提交 {moved} 项", f"{counted(moved, 'figure')} submitted"),
            "accept": t(f"已采用 {moved} 项", f"{counted(moved, 'figure')} accepted"),
            "return": t(f"已退回 {moved} 项", f"{counted(moved, 'figure')} returned"),
            "withdraw": t(
                f"已撤回 {moved} 项，可以修改",
                counted(
                    moved, "figure withdrawn: it can be changed again", "figures withdrawn: they can be changed again"
                ),
            ),
        }
        messages.success(request, t(f"{subject.name} {period} 年：", f"{subject.name} {period}: ") + words[wanted])
    back = request.POST.get("back", "")
    return (
        redirect(back)
        if own_address(back)
        else redirect(f"{reverse('submissions', args=[slug])}?{urlencode({'year': period})}")
    )


@require_POST
def ask(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask all firms of the park, or one of them, for a year's figures by a day; a later day gives one more time."""
    standing = enter(request, slug, "accept_figures")
    period, due = request.POST.get("period", ""), request.POST.get("due", "")
    day = day_in(due)
    if day is None or not is_year(period):
        messages.error(request, t("请填年度和截止日期。", "Give a year and a day."))
        return redirect("submissions", slug)
    here = redirect(f"{reverse('submissions', args=[slug])}?{urlencode({'year': period})}")
    try:
        submit.in_time(day)
    except submit.StepError as error:
        messages.error(request, say(error.text))
        return here
    key = request.POST.get("firm", "")
    firms = submit.askable(standing.park, period, key)
    if key:
        submit.ask(standing.park, firms, period, day, request.user)
        name = firms.get().name
        messages.success(request, t(f"{name}：截止日为 {day}", f"{name}: due on {day}"))
        return here
    count, job = asking.ask_all(standing.park, period, day, request.user)
    if job is not None:
        return redirect(f"{reverse('submissions', args=[slug])}?{urlencode({'year': period, 'job': job.pk})}")
    messages.success(
        request,
        t(
            f"已向 {count} 家企业下达 {period} 年填报要求",
            f"{counted(count, 'firm was asked', 'firms were asked')} for {period}",
        ),
    )
    return here
