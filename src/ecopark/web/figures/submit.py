"""A firm's figures of a year on their way to the park office: draft, submitted, accepted or returned with a reason."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from ecopark.core.text import Text
from ecopark.errors import EcoparkError
from ecopark.web.figures.change import set_state
from ecopark.web.figures.models import Figure, Submission
from ecopark.web.parks.models import Park, Subject

STEPS = {
    # from the state it is in: what may be done, and by whom
    "draft": {"submit": "write_figures"},
    "returned": {"submit": "write_figures"},
    "submitted": {"accept": "accept_figures", "return": "accept_figures"},
    "accepted": {"return": "accept_figures"},
}
NEEDS = {step: action for steps in STEPS.values() for step, action in steps.items()}
"""What a person must be able to do to take a step."""
LEADS_TO = {"submit": "submitted", "accept": "accepted", "return": "returned"}


class StepError(EcoparkError):
    """The step cannot be taken; `text` says why."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


def of(park: Park, subject: Subject, period: str) -> Submission:
    """The submission of a firm and year; a new one is a draft."""
    found, _ = Submission.objects.get_or_create(park=park, subject=subject, period=period)
    return found


@transaction.atomic
def ask(park: Park, subjects: Iterable[Subject], period: str, due: date, user: Any) -> int:
    """Ask firms for a year's figures by a day; says how many were asked."""
    count = 0
    for subject in subjects:
        found = of(park, subject, period)
        if found.due != due:
            found.due, found.by = due, user
            found.save()
            count += 1
    return count


@transaction.atomic
def take(submission: Submission, step: str, user: Any, reason: str = "", *, today: date | None = None) -> int:
    """Move a submission and its figures on; says how many figures moved.

    Raises
    ------
    StepError
        Not from this state; returned without a reason; nothing to submit; the day has passed.
    """
    known = Submission.objects.select_for_update().get(pk=submission.pk)
    if step not in STEPS[known.state]:
        raise StepError(
            Text("这份填报的状态已变，请刷新后再操作。", "These figures have moved on meanwhile. Load the page again.")
        )
    if step == "return" and not reason.strip():
        raise StepError(Text("退回须写明理由。", "Say why they are returned."))
    if step == "submit" and known.due is not None and (today or timezone.localdate()) > known.due:
        raise StepError(
            Text(
                f"填报截止日 {known.due} 已过，请联系园区办延期。",
                f"The day for these figures was {known.due}. Ask the park office for more time.",
            )
        )
    wanted = (
        ("draft", "returned") if step == "submit" else ("submitted",) if step == "accept" else ("submitted", "accepted")
    )
    figures = list(
        Figure.objects.filter(park=known.park, subject=known.subject, period__startswith=known.period, state__in=wanted)
    )
    if step == "submit" and not figures:
        raise StepError(Text("没有可提交的数。请先填报。", "There is nothing to submit. Type the figures first."))
    moved = set_state(known.park, figures, LEADS_TO[step], user, reason or step)
    known.state, known.reason, known.by, known.at = LEADS_TO[step], reason.strip(), user, timezone.now()
    known.save()
    submission.refresh_from_db()
    return moved


def open_ones(park: Park, today: date | None = None) -> dict[str, int]:
    """How many submissions wait for whom: asked for and open, overdue, waiting for the office."""
    now = today or timezone.localdate()
    asked = Submission.objects.filter(park=park, due__isnull=False)
    still = asked.filter(state__in=("draft", "returned"))
    return {
        "open": still.filter(due__gte=now).count(),
        "overdue": still.filter(due__lt=now).count(),
        "to_accept": Submission.objects.filter(park=park, state="submitted").count(),
    }
