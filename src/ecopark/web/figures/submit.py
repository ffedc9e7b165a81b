"""A firm's figures of a year on their way to the park office: draft, submitted, accepted or returned with a reason.

What a firm hands in is all that it has typed for the year and that is not decided on: new figures, and corrections of accepted
ones, which count as they are until their correction is accepted. Handed in, nothing of it can be changed; the firm may
withdraw it as long as the office has not decided.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from ecopark.core.text import RefusedError, Text
from ecopark.web.figures import corrections
from ecopark.web.figures.change import set_state
from ecopark.web.figures.models import Correction, Figure, Submission
from ecopark.web.parks.models import Park, Subject

STEPS = {
    # from the state it is in: what may be done, and by whom
    "draft": {"submit": "write_figures"},
    "returned": {"submit": "write_figures"},
    "submitted": {"accept": "accept_figures", "return": "accept_figures", "withdraw": "write_figures"},
    "accepted": {"submit": "write_figures", "return": "accept_figures"},
}
NEEDS = {step: action for steps in STEPS.values() for step, action in steps.items()}
"""What a person must be able to do to take a step."""
AT_ONCE = 500
"""Rows of one statement."""
LEADS_TO = {"submit": "submitted", "accept": "accepted", "return": "returned", "withdraw": "draft"}
"""The state of figures and corrections after a step; a submission that is withdrawn is again what it was before."""
TAKES = {
    "submit": ("draft", "returned"),
    "accept": ("submitted",),
    "return": ("submitted",),
    "withdraw": ("submitted",),
}
"""The states of figures and corrections that a step moves on."""
SAID = {
    "submit": "提交 / handed in",
    "accept": "采用 / accepted",
    "return": "退回 / returned",
    "withdraw": "撤回 / withdrawn",
}
"""What the history says of a step that was taken without a reason."""


class StepError(RefusedError):
    """The step cannot be taken; `text` says why."""


def of(park: Park, subject: Subject, period: str) -> Submission:
    """The submission of a firm and year; a new one is a draft."""
    found, _ = Submission.objects.get_or_create(park=park, subject=subject, period=period)
    return found


def active(park: Park, year: int) -> QuerySet[Subject]:
    """The firms that were here in a year."""
    firms = park.subjects.filter(kind="firm").filter(Q(until__isnull=True) | Q(until__gte=year))
    return firms.filter(Q(since__isnull=True) | Q(since__lte=year))


def askable(park: Park, period: str, firm: str = "") -> QuerySet[Subject]:
    """Whom to ask for a year's figures: all firms that were active in it, or the one named.

    Raises
    ------
    Http404
        The park has no such firm.
    """
    if not firm:
        return active(park, int(period))
    firms = park.subjects.filter(kind="firm")
    if not firms.filter(key=firm).exists():
        raise Http404
    return firms.filter(key=firm)


def in_time(due: date, today: date | None = None) -> date:
    """The day by which firms are asked, if it is still ahead: nobody can hand in by a day that has passed.

    Raises
    ------
    StepError
        The day has passed.
    """
    if due < (today or timezone.localdate()):
        raise StepError(
            Text(
                f"截止日期 {due} 已过，企业将无法提交。请选择今天或以后的日期。",
                f"The day {due} has passed: no firm could hand in by it. Choose today or a later day.",
            )
        )
    return due


@transaction.atomic
def ask(park: Park, subjects: Iterable[Subject], period: str, due: date, user: Any) -> int:
    """Ask firms for a year's figures by a day; says how many were asked."""
    Park.objects.select_for_update().get(pk=park.pk)
    there = {s.subject_id: s for s in Submission.objects.filter(park=park, period=period)}
    asked = list(subjects)
    made = [Submission(park=park, subject=s, period=period, due=due, by=user) for s in asked if s.pk not in there]
    moved = [found for s in asked if (found := there.get(s.pk)) is not None and found.due != due]
    for found in moved:
        found.due, found.by = due, user
    bulk_create_with_history(made, Submission, batch_size=AT_ONCE, default_user=user)
    bulk_update_with_history(moved, Submission, ["due", "by"], batch_size=AT_ONCE, default_user=user)
    return len(made) + len(moved)


@transaction.atomic
def take(
    submission: Submission, step: str, user: Any, reason: str = "", *, today: date | None = None, seen: str = ""
) -> int:
    """Move a submission and its figures on; says how many figures and corrections moved.

    Parameters
    ----------
    seen
        The `stamp_of` the submission that was shown; empty: whatever is there.

    Raises
    ------
    StepError
        Not from this state, or it has moved since it was shown; returned, or a correction handed in, without a reason;
        nothing to submit; the day has passed.
    """
    known = Submission.objects.select_for_update().get(pk=submission.pk)
    if step not in STEPS[known.state] or (seen and seen != stamp_of(known)):
        raise StepError(
            Text("这份填报的状态已变，请刷新后再操作。", "These figures have moved on meanwhile. Load the page again.")
        )
    why = reason.strip()[:500]
    if step == "return" and not why:
        raise StepError(Text("退回须写明理由。", "Say why they are returned."))
    _in_time(known, step, today or timezone.localdate())
    own = corrections.set_of(known.park, known.subject, known.period)
    figures = list(own.filter(state__in=TAKES[step]))
    beside = corrections.open_ones(own, TAKES[step])
    if step == "submit":
        _something(known, figures, beside, why)
        for one in beside:
            one.why = one.why or why[:300]
    moved = set_state(known.park, figures, LEADS_TO[step], user, (why or SAID[step])[:300])
    if step == "accept":
        moved += corrections.apply(known.park, beside, user, why or SAID[step])
    else:
        moved += corrections.move(beside, LEADS_TO[step], user, why or SAID[step])
    known.state, known.reason = _before(known) if step == "withdraw" else (LEADS_TO[step], why)
    known.by, known.at = user, timezone.now()
    known.save()
    submission.refresh_from_db()
    return moved


def stamp_of(submission: Submission) -> str:
    """What whoever takes a step says they saw: it moves with every step."""
    return submission.at.isoformat()


def _in_time(known: Submission, step: str, today: date) -> None:
    """Refuse what comes after the day. Corrections after acceptance may come at any time: the figures were in time.

    Raises
    ------
    StepError
        The day has passed.
    """
    if known.due is None or today <= known.due:
        return
    if step == "submit" and known.state != "accepted":
        raise StepError(
            Text(
                f"填报截止日 {known.due} 已过，请联系园区办延期。",
                f"The day for these figures was {known.due}. Ask the park office for more time.",
            )
        )
    if step == "withdraw" and _before(known)[0] != "accepted":
        raise StepError(
            Text(
                f"填报截止日 {known.due} 已过，撤回后将不能再提交；请联系园区办退回并延期。",
                f"The day for these figures was {known.due}: once withdrawn they could not be handed in again. Ask the park "
                "office to return them and to give more time.",
            )
        )


def _something(known: Submission, figures: list[Figure], beside: list[Correction], why: str) -> None:
    """Refuse to hand in nothing, or a correction that does not say why.

    Raises
    ------
    StepError
        There is nothing to submit, or no reason.
    """
    if not figures and not beside:
        if known.state != "returned" or not corrections.set_of(known.park, known.subject, known.period).exists():
            raise StepError(Text("没有可提交的数。请先填报。", "There is nothing to submit. Type the figures first."))
        if not why:
            raise StepError(
                Text(
                    "没有改动。如认为数据无误，请写明理由后再提交。",
                    "Nothing was changed. If the figures are right, say why and hand in again.",
                )
            )
    if not why and not all(one.why for one in beside):
        raise StepError(
            Text("更正已采用的数须写明理由。", "Say why figures that were accepted before are to be corrected.")
        )


def _before(known: Submission) -> tuple[str, str]:
    """State and reason a submission had before it was handed in."""
    row = known.history.exclude(state="submitted").order_by("-history_date", "-history_id").first()
    return (str(row.state), str(row.reason)) if row is not None else ("draft", "")


def open_ones(park: Park, today: date | None = None, *, period: str) -> dict[str, int]:
    """How many submissions of a year wait for whom: asked for and open, overdue, waiting for the office."""
    now = today or timezone.localdate()
    there = Submission.objects.filter(park=park, period=period)
    asked = there.filter(due__isnull=False)
    still = asked.filter(state__in=("draft", "returned"))
    return {
        "open": still.filter(due__gte=now).count(),
        "overdue": still.filter(due__lt=now).count(),
        "to_accept": there.filter(state="submitted").count(),
    }
