"""Everything that is due, overdue or escalated, told to whom it concerns in the site: figures, cases, tasks, audits."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Min, QuerySet
from django.urls import reverse
from django.utils import timezone

from ecopark.casework import cases as case_steps
from ecopark.core.text import Text
from ecopark.web.cases import lists as case_lists
from ecopark.web.cases import work as case_work
from ecopark.web.cases.models import Case
from ecopark.web.figures import reminders as of_figures
from ecopark.web.figures.reminders import ORDER, Reminder
from ecopark.web.firms.models import Audit
from ecopark.web.people.access import Standing, parks_where
from ecopark.web.people.access import standing as standing_of
from ecopark.web.people.models import Membership
from ecopark.web.tasks import lists as task_lists

MOST_PARKS = 20
DAY = timedelta(days=1)
KINDS = ("cases_late", "cases_soon", "cases_told", "tasks_late", "tasks_soon", "audits_late")
"""What is told besides figures: cases late, due within a day, escalated to one's level; tasks and audits."""


def reminders(standing: Standing, now: datetime) -> list[Reminder]:
    """What this person should know in this park at a moment, the most urgent first."""
    found = of_figures.reminders(standing, timezone.localdate(now))
    for part in (_escalated, _cases, _tasks, _audits):
        found += part(standing, now)
    return sorted(found, key=lambda r: ORDER.index(r.tone))


def everywhere(user: Any, now: datetime) -> list[Reminder]:
    """The same over all parks in which somebody works, each with its park; a reviewer of many parks is told in each."""
    found: list[Reminder] = []
    for park in parks_where(user, "report_case").order_by("name")[:MOST_PARKS]:
        here = standing_of(user, park)
        found += [replace(r, park=park) for r in reminders(here, now)] if here else []
    found += of_figures.above(user)
    return sorted(found, key=lambda r: ORDER.index(r.tone))


def _cases(standing: Standing, now: datetime) -> list[Reminder]:
    """Late and soon-due cases: the office all of them, others those in which they must act."""
    if not standing.may("see_cases") or not (standing.office or standing.firms or standing.grids):
        return []
    rows = standing.of_cases(Case.objects.filter(park=standing.park)).exclude(status__in=case_steps.ENDED)
    if standing.office:
        late, soon, query = Text("问题已超期", "case(s) late"), Text("问题一天内到期", "case(s) due within a day"), {}
    else:
        rows, query = case_lists.to_act(standing, rows), {"to": "mine"}
        late = Text("件待您办理的问题已超期", "case(s) that you must act on are late")
        soon = Text("件待您办理的问题一天内到期", "case(s) that you must act on are due within a day")
    found = [
        _told(standing, "bad", "cases_late", rows.filter(due__lt=now), late, "cases", query | {"status": "late"}, "due")
    ]
    near = rows.filter(due__gte=now, due__lt=now + DAY)
    found.append(
        _told(standing, "partly", "cases_soon", near, soon, "cases", query | {"status": "open", "sort": "due"}, "due")
    )
    return [one for one in found if one is not None]


def _escalated(standing: Standing, now: datetime) -> list[Reminder]:
    """Late cases that have reached the level this person is in the office; all hear of a level nobody is named for."""
    if not standing.office or not standing.may("see_cases"):
        return []
    levels = case_work.rules_of(standing.park).escalation
    named = set(
        Membership.objects.filter(park=standing.park, role="office", level__gt=0).values_list("level", flat=True)
    )
    rows = Case.objects.filter(park=standing.park)
    found = []
    for number, level in enumerate(levels):
        if number == 0 or (number > standing.level and number in named):
            continue
        if number <= standing.level:
            words = Text(f"超期问题已提级至您（{level.label.zh}）", f"late case(s) escalated to you ({level.label.en})")
        else:
            words = Text(
                f"超期问题已提级至{level.label.zh}，但尚未指定此人",
                f"late case(s) escalated to: {level.label.en}, for which nobody is named",
            )
        reached = case_lists.told(rows, standing.park, str(number), now)
        found.append(_told(standing, "bad", "cases_told", reached, words, "cases", {"level": str(number)}, "due"))
    return [one for one in found if one is not None]


def _tasks(standing: Standing, now: datetime) -> list[Reminder]:
    """Overdue and soon-due tasks of one's departments; of all for who belongs to none, and for the heads of the office."""
    if not standing.office:
        return []
    today = timezone.localdate(now)
    own = {"mine": "1"} if standing.departments and not standing.level else {}
    whose = Text("本部门", "of your department") if own else Text("", "")
    found = []
    for when, tone, zh, en in (
        ("late", "bad", "任务已逾期", "overdue"),
        ("soon", "partly", "任务临近到期", "due soon"),
    ):
        rows = task_lists.chosen(standing, own | {"when": when}, today)
        words = Text(f"{whose.zh}{zh}", f"task(s) {whose.en} {en}".replace("  ", " "))
        found.append(_told(standing, tone, f"tasks_{when}", rows, words, "tasks", own | {"when": when}, "due_now"))
    return [one for one in found if one is not None]


def _audits(standing: Standing, now: datetime) -> list[Reminder]:
    """Audits whose day has passed: the office all of them, a reporter those of their own firm."""
    rows = Audit.objects.filter(park=standing.park, done__isnull=True, due__lt=timezone.localdate(now))
    if not standing.office:
        if not standing.firms:
            return []
        rows = rows.filter(subject__key__in=standing.firms)
    words = Text("清洁生产或能源审核已逾期", "cleaner-production or energy audit(s) overdue")
    one = _told(standing, "bad", "audits_late", rows, words, "audits", {"state": "late"}, "due")
    return [] if one is None else [one]


def _told(
    standing: Standing, tone: str, kind: str, rows: QuerySet[Any], words: Text, page: str, query: dict[str, str], by: str
) -> Reminder | None:  # fmt: skip
    """How many and since when; None where there are none."""
    count = rows.count()
    if not count:
        return None
    first = rows.order_by().aggregate(first=Min(by))["first"]
    day = timezone.localdate(first) if isinstance(first, datetime) else first
    url = reverse(page, args=[standing.park.slug]) + (f"?{urlencode(query)}" if query else "")
    text = Text(f"{count} 件{words.zh.removeprefix('件')}（最早 {day}）", f"{count} {words.en} (the first on {day})")
    return Reminder(tone, kind, "", text, url, count=count, due=day)
