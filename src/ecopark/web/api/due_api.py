"""What is due, overdue, returned or waiting on the way from the firms to the park office."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from ecopark.web.api import shapes
from ecopark.web.api.common import REFUSED, come_in
from ecopark.web.figures import reminders as due

router = Router()


@router.get("/reminders", response={200: list[shapes.ReminderOut], **REFUSED}, summary="reminders, all parks / 提醒")
def everywhere(request: HttpRequest) -> Any:
    """What you should know in the parks you have a role in (the first 20 by name), the most urgent first."""
    return [_row(r) for r in due.everywhere(request.user, timezone.localdate())]


@router.get("/parks/{slug}/reminders", response={200: list[shapes.ReminderOut], **REFUSED}, summary="reminders / 提醒")
def reminders(request: HttpRequest, slug: shapes.Name) -> Any:
    """A reporter is told of their own firms, the office how many firms; to others nothing is due here."""
    standing = come_in(request, slug, "see_park")
    return [_row(r, slug) for r in due.reminders(standing, timezone.localdate())]


def _row(r: due.Reminder, slug: str = "") -> dict[str, Any]:
    fields = ("kind", "period", "firm", "count", "due", "url")
    return {name: getattr(r, name) for name in fields} | {
        "park": r.park.slug if r.park else slug, "text": {"zh": r.text.zh, "en": r.text.en}
    }  # fmt: skip
