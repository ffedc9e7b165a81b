"""What several standards share (一数多用), and what a new edition changes for the park."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from ecopark.core.text import Text
from ecopark.packs.load import find_pack, shipped_ids
from ecopark.standards.compare import CHANGE_TEXT
from ecopark.standards.describe import limits_text
from ecopark.web.assess.keep import packs_of, year_of, years_of
from ecopark.web.assess.views import pack_or_404
from ecopark.web.figures.facts import facts_of
from ecopark.web.people.access import Standing, enter
from ecopark.web.typed import number_in
from ecopark.workflows.compare_editions import compare_editions
from ecopark.workflows.reuse_facts import STATUS_TEXT, reuse_table

TONE = {"missing": "bad", "reported": "partly", "unknown": "muted", "not_applicable": "muted"}
CHANGE_TONE = {"same": "muted", "new": "open", "stricter": "bad", "looser": "good", "dropped": "partly"}


def reuse(request: HttpRequest, slug: str) -> HttpResponse:
    """Every figure the chosen packs need: which clauses use it, for which years, and whether it is there."""
    standing = enter(request, slug, "compare")
    park = standing.park
    chosen = [p for p in request.GET.getlist("pack") if p in shipped_ids()] or list(packs_of(park))
    years = years_of(park)
    year = number_in(request.GET.get("year", ""))
    if year not in years:
        year = number_in(year_of(park))
    table = reuse_table(facts_of(park), chosen, year, park.key)
    shown = request.GET.get("show", "")
    rows = [
        {
            "row": r, "tone": TONE.get(r.status, "good"), "said": Text(r.status_text("zh"), r.status_text("en")),
            "years": ", ".join(y for y, _ in r.years), "packs": len(r.need.packs),
            "clauses": [tuple(c.split("/", 1)) for c in r.need.clauses],
        }
        for r in table.rows
        if not shown or (r.status == "missing" if shown == "missing" else len(r.need.packs) > 1)
    ]  # fmt: skip
    context = {
        "rows": rows, "sentence": [Text(*both) for both in zip(*_lines(table), strict=False)][:1], "chosen": chosen,
        "packs": [find_pack(name) for name in packs_of(park)], "years": [str(y) for y in years], "year": str(year or ""),
        "shown": shown, "statuses": STATUS_TEXT,
        "conversions": [
            Text(c.sentence("zh"), c.sentence("en")) for c in table.conversions
            if not (c.relation == "same" and c.factor == 1)
        ],
        "likenesses": [Text(c.sentence("zh"), c.sentence("en")) for c in table.likenesses],
    }  # fmt: skip
    return render(request, "rules/reuse.html", context)


def _lines(table: Any) -> tuple[list[str], list[str]]:
    return table.sentence("zh").splitlines(), table.sentence("en").splitlines()


def editions(request: HttpRequest, slug: str) -> HttpResponse:
    """Two packs clause by clause, and what the park gets under either."""
    standing = enter(request, slug, "compare")
    park = standing.park
    context: dict[str, Any] = {
        "packs": [find_pack(n) for n in shipped_ids()],
        "years": [str(y) for y in years_of(park)],
    }
    first, second = request.GET.get("first", ""), request.GET.get("second", "")
    if first and second:
        a, b = pack_or_404(first), pack_or_404(second)
        year = year_in(standing, request.GET.get("year", ""))
        found = compare_editions(a, b, facts_of(park) if year else None, period=year or None, subject=park.key)
        outcome = found.outcomes[0] if found.outcomes else None
        rows = []
        for change in found.changes:
            pair = [
                {
                    "clause": c, "limits": Text(limits_text(c, "zh"), limits_text(c, "en")),
                    "status": outcome[i].clause(c.id).status if outcome else "",
                }
                if c else None
                for i, c in enumerate((change.first, change.second))
            ]  # fmt: skip
            rows.append(
                {
                    "first": pair[0], "second": pair[1], "clause": change.second or change.first,
                    "changes": [(CHANGE_TONE.get(key, "partly"), CHANGE_TEXT[key]) for key in change.changes],
                }
            )  # fmt: skip
        context |= {
            "first": a, "second": b, "rows": rows, "year": year, "outcome": outcome,
            "counts": [(CHANGE_TEXT[k], n) for k, n in found.counts().items()],
        }  # fmt: skip
    return render(request, "rules/editions.html", context)


def year_in(standing: Standing, wanted: str) -> str:
    """The year asked for, or the one the park is shown by; empty for a park without figures.

    Raises
    ------
    Http404
        The park has no figures of that year.
    """
    years = years_of(standing.park)
    if wanted and number_in(wanted) not in years:
        raise Http404
    return wanted or year_of(standing.park)
