"""What is due or overdue on the way from the firms to the park office, told to whom it concerns. In the site only, no mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Min, Q
from django.urls import reverse

from ecopark.core.text import Text
from ecopark.core.words import counted
from ecopark.web.comments import waiting
from ecopark.web.figures.models import Submission
from ecopark.web.parks.models import Park
from ecopark.web.people.access import Standing

SOON = timedelta(days=14)
"""A day so near is due soon."""
STILL = ("draft", "returned")
ORDER = ("bad", "partly", "open")
KINDS = ("overdue", "returned", "soon", "later", "waiting", "sent_back", "comments", "to_review", "answered")
"""What is told of figures: a day has passed, they came back, a day is near, lies ahead, they wait for the office; an assessment
came back from the department, comments wait for an answer, handed up assessments wait for the department, comments were
answered."""
MOST = 12


@dataclass(frozen=True)
class Reminder:
    """One thing to do and where: ``bad`` is overdue or returned, ``partly`` due soon, ``open`` later.

    Parameters
    ----------
    kind
        One of `KINDS`, or of those of cases, tasks and audits (`pages.reminders`).
    firm
        Key of a reporter's own firm; empty for the office, which is told how many (`count`).
    due
        The day to hand in by, for the office the first one.
    """

    tone: str
    kind: str
    period: str
    text: Text
    url: str
    firm: str = ""
    count: int = 1
    due: date | None = None
    park: Park | None = None


def reminders(standing: Standing, today: date) -> list[Reminder]:
    """What this person should know in this park, the most urgent first."""
    found: list[Reminder] = []
    if standing.firms:
        found += _of_firms(standing, today)
    if standing.may("accept_figures"):
        found += _of_office(standing, today)
    found += [_said(one) for one in waiting.of_park(standing)]
    return sorted(found, key=lambda r: ORDER.index(r.tone))


def above(user: Any) -> list[Reminder]:
    """What waits for the department above over all parks of its area; nothing for others."""
    return [_said(one) for one in waiting.over_parks(user)] if user.is_authenticated else []


def _said(one: waiting.Waiting) -> Reminder:
    return Reminder(one.tone, one.kind, one.period, one.text, one.url, count=one.count)


def _of_firms(standing: Standing, today: date) -> list[Reminder]:
    """A reporter's own firms: asked for by a day, or returned with a reason."""
    rows = Submission.objects.filter(park=standing.park, subject__key__in=standing.firms, state__in=STILL)
    asked = rows.filter(Q(due__isnull=False) | Q(state="returned")).select_related("subject").order_by("due", "period")
    found = []
    for s in asked[:MOST]:
        url = f"{reverse('data', args=[standing.park.slug])}?{urlencode({'of': s.subject.key, 'year': s.period})}"
        name, year = s.subject.name, s.period
        zh, en, tone, kind = f"{name}{year} 年数据", f"figures of {name} for {year}", "open", "later"
        if s.state == "returned":
            zh, en, tone, kind = f"{zh}已退回：{s.reason}", f"{en} were returned: {s.reason}", "bad", "returned"
        if s.due is not None:
            days = (s.due - today).days
            if days < 0:
                tone, kind = "bad", "overdue"
                zh = f"{zh}，截止日 {s.due} 已过 {-days} 天，请联系园区办延期"
                en = f"{en}, overdue by {counted(-days, 'day')} since {s.due}: ask the park office for more time"
            else:
                if tone == "open" and s.due - today <= SOON:
                    tone, kind = "partly", "soon"
                zh, en = (
                    f"{zh}，须在 {s.due} 前提交（还有 {days} 天）",
                    f"{en}, to hand in by {s.due} ({counted(days, 'day')} left)",
                )
        found.append(Reminder(tone, kind, year, Text(zh, en[:1].upper() + en[1:]), url, s.subject.key, due=s.due))
    return found


def _of_office(standing: Standing, today: date) -> list[Reminder]:
    """The office: firms overdue, due soon, and what waits to be accepted, by year."""
    rows = Submission.objects.filter(park=standing.park)
    late, near = Q(state__in=STILL, due__lt=today), Q(state__in=STILL, due__gte=today, due__lte=today + SOON)
    by_year = (
        rows.values("period")
        .annotate(
            late=Count("pk", filter=late), near=Count("pk", filter=near), waiting=Count("pk", filter=Q(state="submitted")),
            next=Min("due", filter=near),
        )
        .order_by("-period")
    )  # fmt: skip
    found = []
    for row in by_year[:MOST]:
        year = row["period"]
        parts = (
            (
                "bad", "overdue", row["late"], None, f"{year} 年数据：{row['late']} 家企业逾期未提交",
                f"{year}: {counted(row['late'], 'firm')} overdue",
            ),
            (
                "partly", "soon", row["near"], row["next"],
                f"{year} 年数据：{row['near']} 家企业临近截止（最早 {row['next']}）",
                f"{year}: {counted(row['near'], 'firm')} due soon (the first on {row['next']})",
            ),
            (
                "open", "waiting", row["waiting"], None, f"{year} 年数据：{row['waiting']} 家企业已提交，待采用",
                f"{year}: {counted(row['waiting'], 'firm has handed in and waits', 'firms have handed in and wait')} for you",
            ),
        )  # fmt: skip
        for tone, kind, number, due, zh, en in parts:
            if number:
                query = {"year": year} | ({"state": "submitted"} if kind == "waiting" else {})
                url = f"{reverse('submissions', args=[standing.park.slug])}?{urlencode(query)}"
                found.append(Reminder(tone, kind, year, Text(zh, en), url, count=number, due=due))
    return found
