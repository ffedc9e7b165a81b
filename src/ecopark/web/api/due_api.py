"""What is due, overdue, returned, waiting or escalated: figures, cases, tasks, audits; and what changed lately."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from ecopark.core.text import Text
from ecopark.web.api import shapes
from ecopark.web.api import shapes_office as office
from ecopark.web.api.common import REFUSED, come_in
from ecopark.web.assess import keep
from ecopark.web.figures.reminders import Reminder
from ecopark.web.pages import reminders as due
from ecopark.web.parks.lately import lately
from ecopark.web.projects.told import pair

router = Router()


@router.get("/reminders", response={200: list[shapes.ReminderOut], **REFUSED}, summary="reminders, all parks / 提醒")
def everywhere(request: HttpRequest) -> Any:
    """What you should know in the parks you have a role in (the first 20 by name), the most urgent first."""
    return [_row(r) for r in due.everywhere(request.user, timezone.now())]


@router.get("/parks/{slug}/reminders", response={200: list[shapes.ReminderOut], **REFUSED}, summary="reminders / 提醒")
def reminders(request: HttpRequest, slug: shapes.Name) -> Any:
    """A reporter is told of their own firms, a keeper of their grids, the office of all and of its departments' tasks."""
    standing = come_in(request, slug, "see_park")
    return [_row(r, slug) for r in due.reminders(standing, timezone.now())]


@router.get("/parks/{slug}/lately", response={200: list[office.HappenedOut], **REFUSED}, summary="lately / 最近变更")
def changed_lately(request: HttpRequest, slug: shapes.Name) -> Any:
    """What changed last of figures, tasks, cases, decisions and verdicts, the newest first, as far as you may know."""
    standing = come_in(request, slug, "see_park")
    now, kept = keep.Current(standing.park), []
    if standing.may("see_values") and now.years:
        kept = list(now.find_all((name, now.year) for name in keep.packs_of(standing.park)).values())
    return [
        {name: getattr(one, name) for name in ("kind", "at", "who", "why", "url")}
        | {"what": pair(one.what), "before": _said(one.before), "after": _said(one.after)}
        for one in lately(standing, kept)
    ]


def _said(value: str | Text | None) -> dict[str, str] | None:
    if value is None:
        return None
    return pair(value) if isinstance(value, Text) else {"zh": value, "en": value}


def _row(r: Reminder, slug: str = "") -> dict[str, Any]:
    fields = ("kind", "period", "firm", "count", "due", "url")
    return {name: getattr(r, name) for name in fields} | {
        "park": r.park.slug if r.park else slug, "text": {"zh": r.text.zh, "en": r.text.en}
    }  # fmt: skip
