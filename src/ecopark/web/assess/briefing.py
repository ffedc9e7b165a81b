"""The one-page briefing of a park as one person may see it: kept assessments, tasks, cases, the gate and grades, put together.

Nothing is computed here: every part is what the page of that part shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db.models import Count
from django.utils import timezone

from ecopark.admission.ledger.checks import plain
from ecopark.casework import cases as case_steps
from ecopark.core.text import Text
from ecopark.reports.briefing import (
    Briefing,
    Cases,
    Change,
    Gate,
    Grades,
    OpenCase,
    OverdueTask,
    Quota,
    Tasks,
)
from ecopark.web.assess import keep
from ecopark.web.assess.models import Kept
from ecopark.web.cases.models import Case
from ecopark.web.cases.work import by_clock, rules_of
from ecopark.web.firms.grades import chosen_method, method_of
from ecopark.web.parks.models import Park
from ecopark.web.people.access import Standing
from ecopark.web.projects import gate
from ecopark.web.tasks.lights import refresh
from ecopark.web.tasks.work import OPEN, counted_in
from ecopark.workflows.write_briefing import YEARS, briefing_of

LATELY = timedelta(days=90)
NAMED = 30
"""So many tasks and cases are handed on by name; the page shows as many as fit and counts the others."""
PARTS = {
    # part of the page: what a person must be able to do, and its name
    "tasks": ("see_tasks", Text("任务", "tasks")),
    "cases": ("see_cases", Text("问题", "cases")),
    "gate": ("see_projects", Text("项目准入", "projects at the gate")),
    "grades": ("see_grades", Text("亩均效益评价", "grades of firms")),
}


def years_for(now: keep.Current, period: str) -> list[str]:
    """The years that stand side by side, the assessed one last; only those the park has figures of."""
    return [str(y) for y in range(int(period) - YEARS + 1, int(period) + 1) if y in now.years]


def is_ready(park: Park, period: str) -> bool:
    """Whether all assessments it needs are kept already, so that it can be made while somebody waits."""
    now = keep.Current(park)
    wanted = [(name, year) for name in keep.packs_of(park) for year in years_for(now, period)]
    return len(now.find_all(wanted)) == len(wanted)


def gathered(standing: Standing, period: str, now: datetime, step: Any = None) -> Briefing:
    """The briefing of a park and year, with what this person may see.

    Parameters
    ----------
    step
        Called with how many assessments are done, and of how many.
    """
    park, on = standing.park, timezone.localdate(now)
    current = keep.Current(park)
    packs, years = list(keep.packs_of(park)), years_for(current, period)
    series, kept = [], []
    for at, name in enumerate(packs):
        found = list(current.assessed_all((name, year) for year in years).values())
        series.append([one.summary for one in found])
        kept.append(found[-1])
        if step is not None:
            step(at + 1, len(packs) + 1)
    by = standing.user.shown_name
    b = briefing_of(park.label, series, on=on, by=by, invented=park.invented)
    tasks, cases = _tasks(standing, now), _cases(standing, now)
    projects, grades = _gate(standing, now), _grades(standing, period)
    parts = {"tasks": tasks, "cases": cases, "gate": projects, "grades": grades}
    return replace(
        b, tasks=tasks, cases=cases, gate=projects, grades=grades, changes=(*_recorded(kept, now), *b.changes),
        left_out=tuple(_why(standing, name) for name, part in parts.items() if part is None),
    )  # fmt: skip


def _why(standing: Standing, part: str) -> Text:
    action, name = PARTS[part]
    if standing.may(action):
        return Text(f"{name.zh}（没有登记）", f"{name.en} (none on record)")
    return Text(f"{name.zh}（出具人无权查看）", f"{name.en} (not open to who made this)")


def _recorded(current: Sequence[Kept], now: datetime) -> list[Change]:
    """Verdicts of the assessed year that became others within `LATELY`, the newest first.

    A verdict that is back at one of an earlier day has no record of its own: that change bears today's date.
    """
    found: list[tuple[datetime, Change]] = []
    for now_kept in current:
        rows = Kept.objects.filter(park=now_kept.park, pack=now_kept.pack, period=now_kept.period)
        steps = list(rows.order_by("at", "pk").values_list("at", "verdict", "pk"))
        if steps[-1][2] != now_kept.pk:
            steps.append((now, now_kept.verdict, now_kept.pk))
        title = now_kept.summary["title"]
        for (_, before, _), (at, after, _) in pairwise(steps):
            if before != after and at >= now - LATELY:
                day = f"{timezone.localdate(at)}"
                period = now_kept.period
                found.append((at, Change(Text(title["zh"], title["en"]), day, (period, period), before, after)))
    return [change for _, change in sorted(found, key=lambda pair: pair[0], reverse=True)]


def _tasks(standing: Standing, now: datetime) -> Tasks | None:
    park, on = standing.park, timezone.localdate(now)
    if not standing.may("see_tasks") or not park.tasks.exists():
        return None
    refresh(park, on)
    overdue = park.tasks.filter(status__in=OPEN, due_now__lt=on).order_by("due_now", "number")
    named = tuple(OverdueTask(t.number, t.label, t.lead_label, t.due_now or t.due, t.colour) for t in overdue[:NAMED])
    return Tasks(counted_in(park.tasks.all()), named, overdue.count())


def _cases(standing: Standing, now: datetime) -> Cases | None:
    known = standing.of_cases(Case.objects.filter(park=standing.park))
    if not standing.may("see_cases") or not known.exists():
        return None
    still = known.exclude(status__in=case_steps.ENDED)
    kinds = rules_of(standing.park).kinds
    named = []
    for case in still.select_related("firm").order_by("found", "number")[:NAMED]:
        kind = kinds[case.kind].label if case.kind in kinds else Text(case.kind, case.kind)
        where = case.firm.name if case.firm else case.place
        due = timezone.localdate(case.due) if case.due else None
        named.append(
            OpenCase(
                case.number, Text(f"{kind.zh} {where}", f"{kind.en} {where}"), timezone.localdate(case.found), due,
                case.due is not None and case.due < now,
            )
        )  # fmt: skip
    return Cases(by_clock(known, now), tuple(named), still.count())


def _gate(standing: Standing, now: datetime) -> Gate | None:
    park = standing.park
    if not standing.may("see_projects"):
        return None
    decided = park.projects.exclude(verdict="").values_list("verdict").annotate(n=Count("pk")).order_by()
    counts = {str(verdict): int(n) for verdict, n in decided}
    quotas = []
    if gate.address_of(park):
        with gate.open_ledger() as ledger:
            for account in ledger.accounts(place=gate.place_of(park)):
                balance = ledger.balance(account, at=now)
                quotas.append(
                    Quota(account.label, account.year, plain(balance.free), plain(balance.limit), account.unit)
                )
    quotas.sort(key=lambda q: (q.year < timezone.localdate(now).year, q.year))
    return Gate(counts, tuple(quotas)) if counts or quotas else None


def _grades(standing: Standing, period: str) -> Grades | None:
    park = standing.park
    method = method_of(park)
    if not standing.may("see_grades") or not method:
        return None
    run = park.grade_runs.filter(method=method, year__lte=period).order_by("-year", "-at", "-pk").first()
    return Grades(run.year, chosen_method(park, method).title, dict(sorted(run.counts.items()))) if run else None
