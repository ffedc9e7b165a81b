"""The overview of a park: verdicts, trends, tasks by light, cases by clock, what is missing, due, and changed lately."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from ecopark.core.text import Text
from ecopark.packs.load import find_pack
from ecopark.packs.model import Pack
from ecopark.reports.plain import key_indicators, missing_by_department
from ecopark.web.assess import keep
from ecopark.web.assess.models import Kept
from ecopark.web.assess.shown import shown
from ecopark.web.cases.models import Case
from ecopark.web.cases.work import by_clock
from ecopark.web.pages.reminders import reminders
from ecopark.web.parks.lately import Happened, lately
from ecopark.web.people.access import enter
from ecopark.web.rules.title_views import held
from ecopark.web.tasks.work import by_light
from ecopark.web.templatetags.ui import say, unit_said

KEY_INDICATORS = 4
YEARS_BACK = 2


def overview(request: HttpRequest, slug: str) -> HttpResponse:
    """The page a director opens."""
    standing = enter(request, slug, "see_park")
    park = standing.park
    context: dict[str, Any] = {"cards": [], "has_map": park.layers.exists()}
    now = keep.Current(park)
    answers: list[Kept] = []
    context["may_assess"] = standing.may("see_assessments")
    context["may_brief"] = bool(now.years) and standing.may("make_briefing")
    if standing.may("see_assessments") and now.years:
        period = now.year
        kept = now.assessed_all(((name, period) for name in keep.packs_of(park)), earlier=True)
        answers = list(kept.values())
        results = {cell: shown(standing, one) for cell, one in kept.items()}
        context["cards"] = [_card(find_pack(cell[0]), one, results[cell]) for cell, one in kept.items()]
        context |= {"period": period, "begun": [year for year in now.years if year > int(period)]}
        if standing.may("see_values"):
            there = list(results.values())
            context |= {"gaps": missing_by_department(there), "trends": _trends(now, there, period)}
        request.behind = max(one.at for one in answers) if now.behind else None  # type: ignore[attr-defined]
    context["reminders"] = reminders(standing, timezone.now())
    if standing.may("see_tasks"):
        context["lights"] = by_light(now, timezone.localdate())
    if standing.may("see_cases"):
        known = standing.of_cases(Case.objects.filter(park=park))
        context["clocks"] = by_clock(known, timezone.now()) if known.exists() else None
    if standing.may("see_titles"):
        context["titles"] = held(park)
    context["lately"] = [_event(one) for one in lately(standing, answers)]
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
        there = [_clause(kept[result["pack"], year].summary, clause["id"]) for year in periods]
        values = [None if c is None or c["number"] is None else float(f"{c['number']:.5g}") for c in there]
        limits = [None if c is None else c["limit_number"] for c in there]
        moved = len(set(limits) - {None}) > 1
        label = Text(clause["name"]["zh"], clause["name"]["en"])
        unit = "" if clause["unit"] == "1" else unit_said(clause["unit"])
        line = {"value": clause["limit_number"], "text": say(clause["limit_said"])}
        charts.append(
            {
                "id": f"trend-{number}", "kind": "trend", "title": label,
                "data": {
                    "unit": unit, "periods": periods,
                    "limits": [{"values": limits} if moved else line],
                    "series": [{"name": say(label), "values": values}],
                },
                "head": [Text("年度", "Year"), Text("数值", "Value"), Text("标准值", "Limit")],
                "rows": [
                    [year, *(None if v is None else f"{v:.6g}" for v in pair)]
                    for year, *pair in zip(periods, values, limits, strict=True)
                ],
            }
        )  # fmt: skip
    return charts


def _clause(result: dict[str, Any], name: str) -> dict[str, Any] | None:
    """One clause of an assessment; None if its pack has none of this id."""
    found: dict[str, Any] | None = next((c for c in result["clauses"] if c["id"] == name), None)
    return found


def _event(one: Happened) -> dict[str, Any]:
    """Something that happened, as the timeline shows it."""
    event = {name: getattr(one, name) for name in ("at", "who", "what", "url", "tone")}
    event |= {"before": None if one.before is None else say(one.before), "why": one.why or None}
    return event | {"after": None if one.after is None else say(one.after)}
