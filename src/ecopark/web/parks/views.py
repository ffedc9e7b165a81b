"""The overview of a park: verdicts, trends, tasks by light, cases by clock, what is missing, due, and changed lately."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from ecopark.core.text import Text
from ecopark.observations.quantity import catalogue
from ecopark.packs.load import find_pack
from ecopark.packs.model import Pack
from ecopark.reports.plain import key_indicators, missing_by_department
from ecopark.web.assess import keep
from ecopark.web.assess.models import Kept
from ecopark.web.assess.shown import shown
from ecopark.web.cases.models import Case
from ecopark.web.cases.work import by_clock
from ecopark.web.figures.models import Figure
from ecopark.web.figures.reminders import reminders
from ecopark.web.people.access import Standing, enter
from ecopark.web.rules.title_views import due
from ecopark.web.tasks.work import by_light
from ecopark.web.templatetags.ui import say, unit_said

LATELY = 8
KEY_INDICATORS = 4
YEARS_BACK = 2


def overview(request: HttpRequest, slug: str) -> HttpResponse:
    """The page a director opens."""
    standing = enter(request, slug, "see_park")
    request.standing = standing  # type: ignore[attr-defined]
    park = standing.park
    context: dict[str, Any] = {"cards": [], "has_map": park.layers.exists()}
    now = keep.Current(park)
    context |= {"may_assess": standing.may("see_assessments"), "may_fill": standing.may("see_figures")}
    context["may_brief"] = bool(now.years) and standing.may("make_briefing")
    if standing.may("see_assessments") and now.years:
        period = str(now.years[0])
        kept = now.assessed_all(((name, period) for name in keep.packs_of(park)), earlier=True)
        results = {cell: shown(standing, one) for cell, one in kept.items()}
        context["cards"] = [_card(find_pack(cell[0]), one, results[cell]) for cell, one in kept.items()]
        context["period"] = period
        if standing.may("see_values"):
            there = list(results.values())
            context |= {"gaps": missing_by_department(there), "trends": _trends(now, there, period)}
        request.behind = max(one.at for one in kept.values()) if now.behind else None  # type: ignore[attr-defined]
    context["reminders"] = reminders(standing, timezone.localdate())
    if standing.may("see_tasks"):
        context["lights"] = by_light(park, timezone.localdate())
    if standing.may("see_cases"):
        known = standing.of_cases(Case.objects.filter(park=park))
        context["clocks"] = by_clock(known, timezone.now()) if known.exists() else None
    if standing.may("see_titles"):
        context["due"] = due(park)
    if standing.may("see_history"):
        context["lately"] = _lately(standing)
    return render(request, "park/overview.html", context)


def _card(pack: Pack, kept: Kept, result: dict[str, Any]) -> dict[str, Any]:
    counts = result["counts"]
    return {
        "pack": pack, "kept": kept, "result": result, "met": counts.get("met", 0),
        "not_met": counts.get("not_met", 0) + counts.get("partly_met", 0), "open": counts.get("undetermined", 0),
        "checked": result["checked"], "clauses": len(result["clauses"]),
    }  # fmt: skip


def _trends(now: keep.Current, results: list[dict[str, Any]], period: str) -> list[dict[str, Any]]:
    """Key indicators over the years against their limits."""
    chosen = key_indicators(results, KEY_INDICATORS)
    charts = []
    periods = [str(int(period) - back) for back in range(YEARS_BACK, -1, -1)]
    kept = now.assessed_all(((result["pack"], year) for result, _ in chosen for year in periods), earlier=True)
    for number, (result, clause) in enumerate(chosen):
        values: list[float | None] = []
        for year in periods:
            there = kept[result["pack"], year].result
            found = next((c for c in there["clauses"] if c["id"] == clause["id"]), None)
            values.append(float(f"{found['number']:.5g}") if found and found["number"] is not None else None)
        label = Text(clause["name"]["zh"], clause["name"]["en"])
        unit = "" if clause["unit"] == "1" else unit_said(clause["unit"])
        charts.append(
            {
                "id": f"trend-{number}", "kind": "trend", "title": label,
                "data": {
                    "unit": unit, "periods": periods, "limits": [{"value": clause["limit_number"]}],
                    "series": [{"name": say(label), "values": values}],
                },
                "head": [Text("年度", "Year"), Text("数值", "Value")],
                "rows": list(zip(periods, [None if v is None else f"{v:.6g}" for v in values], strict=True)),
            }
        )  # fmt: skip
    return charts


def _lately(standing: Standing) -> list[dict[str, Any]]:
    """The last changes of figures this person may see."""
    rows = standing.of_subjects(Figure.history.filter(park=standing.park, version__gt=1))
    events = []
    shown = list(rows.select_related("history_user", "subject").order_by("-history_date", "-history_id")[:LATELY])
    earlier = {(f.id, f.version): f for f in _versions((row.id, row.version - 1) for row in shown)}
    for row in shown:
        quantity = catalogue().find(row.quantity)
        label = quantity.label if quantity else Text(row.quantity, row.quantity)
        before = earlier.get((row.id, row.version - 1))
        events.append(
            {
                "at": row.history_date, "who": row.history_user.shown_name if row.history_user else "",
                "what": Text(f"{row.subject.name}：{label.zh} {row.period}", f"{row.subject.name}: {label.en} {row.period}"),
                "before": f"{before.given} {before.unit}" if before else None, "after": f"{row.given} {row.unit}",
                "why": row.history_change_reason,
            }
        )  # fmt: skip
    return events


def _versions(wanted: Iterable[tuple[int, int]]) -> Iterable[Any]:
    """These versions of these figures, as the history has them."""
    asked = set(wanted)
    rows = Figure.history.filter(id__in={figure for figure, _ in asked}, version__in={version for _, version in asked})
    return (row for row in rows if (row.id, row.version) in asked)
