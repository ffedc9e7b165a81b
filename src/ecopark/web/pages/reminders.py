"""Everything that is due, overdue or escalated, told to whom it concerns in the site: figures, cases, tasks, audits."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.db.models import Count, Min, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from ecopark.casework import cases as case_steps
from ecopark.casework.clock import ends_told
from ecopark.core.text import Text
from ecopark.core.words import counted
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
Counted = tuple[int, Any]
"""How many, and the first day or moment of them."""
KINDS = ("cases_late", "cases_soon", "cases_told", "tasks_late", "tasks_soon", "audits_late")
"""What is told besides figures: cases late, due within a day, escalated to one's level; tasks and audits."""


def reminders(standing: Standing, now: datetime) -> list[Reminder]:
    """What this person should know in this park at a moment, the most urgent first."""
    found = of_figures.reminders(standing, timezone.localdate(now))
    found += [*_cases(standing, now), *_tasks(standing, now), *_audits(standing, now)]
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
        late, soon = (
            Said("问题已超期", *_both("overdue case{s}")),
            Said("问题一天内到期", *_both("case{s} due within a day")),
        )
        query = {}
    else:
        rows, query = case_lists.to_act(standing, rows), {"to": "mine"}
        late = Said("件待您办理的问题已超期", *_both("overdue case{s} waiting for you"))
        soon = Said("件待您办理的问题一天内到期", *_both("case{s} waiting for you and due within a day"))
    pressing = rows.filter(due__lt=now + DAY).order_by("due").values_list("due", "severity", "status")
    passed: list[Step] = []
    near: list[Step] = []
    for due, severity, status in pressing:
        (passed if due < now else near).append((due, severity, status))
    return [
        *_escalated(standing, passed, now),
        *_told(standing, "bad", "cases_late", _first(passed), late, "cases", query | {"status": "late"}),
        *_told(
            standing, "partly", "cases_soon", _first(near), soon, "cases", query | {"status": "open", "sort": "due"}
        ),
    ]


Step = tuple[datetime, str, str]
"""Of a case the end of the step that is due, its severity and status."""


def _escalated(standing: Standing, late: list[Step], now: datetime) -> list[Reminder]:
    """Late cases that have reached the level this person is in the office; all hear of a level nobody is named for."""
    if not standing.office or not late:
        return []
    rules = case_work.rules_of(standing.park)
    offices = Membership.objects.filter(park=standing.park, role="office", level__gt=0)
    named = set(offices.values_list("level", flat=True))
    found: list[Reminder] = []
    for number, level in enumerate(rules.escalation):
        if number == 0 or (number > standing.level and number in named):
            continue
        if number <= standing.level:
            words = Said(
                f"超期问题已提级至您（{level.label.zh}）", *_both(f"late case{{s}} escalated to you ({level.label.en})")
            )
        else:
            words = Said(
                f"超期问题已提级至{level.label.zh}，但尚未指定此人",
                *_both(f"late case{{s}} escalated to the level of {level.label.en}, which nobody holds yet"),
            )
        ends = {(severity, status): end for severity, status, end in ends_told(rules, number, now)}
        reached = [step for step in late if step[1:] in ends and step[0] <= ends[step[1:]]]
        found += _told(standing, "bad", "cases_told", _first(reached), words, "cases", {"level": str(number)})
    return found


class Said(NamedTuple):
    """What is counted: in Chinese, and in English as one and as more than one."""

    zh: str
    one: str
    more: str


def _both(english: str) -> tuple[str, str]:
    """The English of one and of more, from words with ``{s}`` where the plural has its s."""
    return english.replace("{s}", ""), english.replace("{s}", "s")


def _first(steps: list[Step]) -> Counted:
    return len(steps), steps[0][0] if steps else None


def _tasks(standing: Standing, now: datetime) -> list[Reminder]:
    """Overdue and soon-due tasks of one's departments; of all for who belongs to none, and for the heads of the office."""
    if not standing.office:
        return []
    today = timezone.localdate(now)
    own = {"mine": "1"} if standing.departments and not standing.level else {}
    whose = Text("本部门", "of your department") if own else Text("", "")
    rows = task_lists.filtered(standing, own, today)
    counts = _counted(rows, "due_now", *(task_lists.when(name, today) for name in ("late", "soon")))
    found: list[Reminder] = []
    for count, (name, tone, zh, en) in zip(
        counts, (("late", "bad", "任务已逾期", "overdue"), ("soon", "partly", "任务临近到期", "due soon")), strict=True
    ):
        words = Said(f"{whose.zh}{zh}", *(text.replace("  ", " ") for text in _both(f"task{{s}} {whose.en} {en}")))
        found += _told(standing, tone, f"tasks_{name}", count, words, "tasks", own | {"when": name})
    return found


def _audits(standing: Standing, now: datetime) -> list[Reminder]:
    """Audits whose day has passed: the office all of them, a reporter those of their own firm."""
    rows = Audit.objects.filter(park=standing.park, done__isnull=True, due__lt=timezone.localdate(now))
    if not standing.office:
        if not standing.firms:
            return []
        rows = rows.filter(subject__key__in=standing.firms)
    words = Said("清洁生产或能源审核已逾期", *_both("cleaner-production or energy audit{s} overdue"))
    [late] = _counted(rows, "due", Q())
    return _told(standing, "bad", "audits_late", late, words, "audits", {"state": "late"})


def _counted(rows: QuerySet[Any], by: str, *which: Q) -> list[Counted]:
    """Of each kind of these rows how many there are and the first `by`, in one question."""
    asked = {f"n{i}": Count("pk", filter=q) for i, q in enumerate(which)}
    asked |= {f"first{i}": Min(by, filter=q) for i, q in enumerate(which)}
    found = rows.order_by().aggregate(**asked)
    return [(found[f"n{i}"], found[f"first{i}"]) for i in range(len(which))]


def _told(
    standing: Standing, tone: str, kind: str, found: Counted, words: Said, page: str, query: dict[str, str]
) -> list[Reminder]:
    """How many and since when; nothing where there are none."""
    count, first = found
    if not count:
        return []
    day = timezone.localdate(first) if isinstance(first, datetime) else first
    url = reverse(page, args=[standing.park.slug]) + (f"?{urlencode(query)}" if query else "")
    text = Text(
        f"{count} 件{words.zh.removeprefix('件')}（最早 {day}）",
        f"{counted(count, words.one, words.more)} (the first on {day})",
    )
    return [Reminder(tone, kind, "", text, url, count=count, due=day)]
