"""Steps in the life of a title: written down by the office, taken back with the reason, never edited."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils import timezone

from ecopark.core.text import RefusedError, Text
from ecopark.standards.titles import STEP_TEXT, load_titles
from ecopark.web.parks.models import Park
from ecopark.web.rules.models import TitleStep


class TitleError(RefusedError):
    """The step cannot be taken down; `text` says why."""


def add(park: Park, title: str, step: str, dated: date | None, until: date | None, user: Any) -> TitleStep:
    """Write a step down.

    Raises
    ------
    TitleError
        No such title or step, no day, or an end before the day.
    """
    if title not in load_titles() or step not in STEP_TEXT or dated is None:
        raise TitleError(Text("请选称号、步骤并填日期。", "Choose a title and a step, and give the day."))
    if until is not None and until < dated:
        raise TitleError(Text("截止日早于起始日。", "The end lies before the day itself."))
    return TitleStep.objects.create(park=park, title=title, step=step, dated=dated, until=until, by=user)


def withdraw(step: TitleStep, why: str, user: Any) -> None:
    """Take a step back, with the reason; it stays on file, and the history says who took it back.

    Raises
    ------
    TitleError
        No reason.
    """
    if not why.strip():
        raise TitleError(Text("请写明撤下的理由。", "Say why it is taken back."))
    step.withdrawn, step.withdrawn_why = timezone.now(), why.strip()[:300]
    step._history_user, step._change_reason = user, step.withdrawn_why[:100]
    step.save()
