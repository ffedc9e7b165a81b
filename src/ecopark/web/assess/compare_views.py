"""Two assessments of one standard side by side: two years of a park, or two parks."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from ecopark.packs.load import find_pack
from ecopark.web.assess import keep
from ecopark.web.assess.views import pack_or_404, period_or_404
from ecopark.web.people import access
from ecopark.web.people.access import Standing, enter

BETTER = {"met": 3, "reported": 2, "partly_met": 2, "undetermined": 1, "not_met": 0}


def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose a standard, a year on the left, and a year or park on the right; the clauses stand beside each other."""
    standing = enter(request, slug, "compare")
    years = [str(y) for y in keep.years_of(standing.park)]
    others = access.parks_where(request.user, "compare").exclude(pk=standing.park.pk).order_by("name")
    context: dict[str, Any] = {
        "packs": [find_pack(n) for n in keep.packs_of(standing.park)], "years": years, "others": others[:500],
    }  # fmt: skip
    if len(years) > 0:
        pack = pack_or_404(request.GET.get("pack") or context["packs"][0].id)
        left = period_or_404(standing, request.GET.get("left") or keep.year_of(standing.park))
        there = other_park(request, standing, request.GET.get("with", ""))
        theirs = [str(y) for y in keep.years_of(there.park)]
        if not theirs:
            raise Http404
        own = there.park.pk == standing.park.pk
        default = next((y for y in years if y < left), left) if own else left if left in theirs else theirs[0]
        right = period_or_404(there, request.GET.get("right") or default)
        a = keep.assessed(standing.park, pack.id, left)
        b = keep.assessed(there.park, pack.id, right)
        only = request.GET.get("only") == "1"
        rows = side_by_side(a.summary, b.summary)
        context |= {
            "pack": pack, "left": left, "right": right, "there": there.park, "own": own, "theirs": theirs, "a": a, "b": b,
            "rows": [r for r in rows if r["differs"]] if only else rows, "only": only,
            "differing": sum(r["differs"] for r in rows), "a_result": a.summary, "b_result": b.summary,
        }  # fmt: skip
    return render(request, "assess/compare.html", context)


def other_park(request: HttpRequest, standing: Standing, wanted: str) -> Standing:
    """The standing in the park beside, which one may compare by a role of one's own; the park itself if none is named.

    Raises
    ------
    Http404
        There is none.
    """
    if not wanted or wanted == standing.park.slug:
        return standing
    there = access.standing(request.user, get_object_or_404(access.parks_where(request.user, "compare"), slug=wanted))
    if there is None:
        raise Http404
    return there


def side_by_side(left: dict[str, Any], right: dict[str, Any]) -> list[dict[str, Any]]:
    """The clauses of two assessments of one pack, in its order: what each gives, and whether it is better or worse."""
    theirs = {c["id"]: c for c in right["clauses"]}
    found = []
    for clause in left["clauses"]:
        other = theirs.get(clause["id"])
        if other is None:
            continue
        rank = [BETTER.get(c["status"]) for c in (clause, other)]
        trend = "" if None in rank or rank[0] == rank[1] else "better" if rank[0] > rank[1] else "worse"  # type: ignore[operator]
        found.append(
            {
                "left": clause, "right": other, "trend": trend,
                "differs": clause["status"] != other["status"] or clause["value"] != other["value"],
            }
        )  # fmt: skip
    return found
