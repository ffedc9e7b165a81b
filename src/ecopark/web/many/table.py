"""The department's table: a page of parks, cells of outcomes beside them; filtered, sorted and cut by the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery

from ecopark.packs.load import find_pack, shipped_ids
from ecopark.packs.model import Pack
from ecopark.web.many.models import Outcome
from ecopark.web.parks.models import Park

DEFAULT_PACKS = 6
SORTS = ("name", "area")


@dataclass(frozen=True, slots=True)
class Cell:
    """One outcome, and whether what it rests on has changed since."""

    outcome: Outcome | None
    changed: bool = False
    pack_changed: bool = False


def packs_shown(parks: QuerySet[Park], period: str) -> list[Pack]:
    """The standards with outcomes in a year; without any those that most parks work with."""
    there = Outcome.objects.filter(park__in=parks, period=period).values_list("pack", flat=True).distinct()
    names = [n for n in shipped_ids() if n in set(there)]
    return [find_pack(n) for n in names or usual_packs(parks)]


def usual_packs(parks: QuerySet[Park]) -> list[str]:
    """The standards that most parks of an area work with."""
    known, counts = shipped_ids(), dict[str, int]()
    for chosen in parks.values_list("packs", flat=True):
        for name in chosen:
            counts[name] = counts.get(name, 0) + 1
    named = sorted((n for n in counts if n in known), key=lambda n: (-counts[n], n))
    return named[:DEFAULT_PACKS] or list(known[:DEFAULT_PACKS])


def chosen(
    parks: QuerySet[Park],
    period: str,
    *,
    like: str = "",
    area: str = "",
    pack: str = "",
    verdict: str = "",
    sort: str = "name",
) -> QuerySet[Park]:
    """The parks of the table, in order.

    Parameters
    ----------
    pack, verdict
        Only parks with this verdict under this pack; ``none-yet``: those without an outcome.
    sort
        ``name``, ``area`` or ``score:PACK``; with a minus in front the other way round.
    """
    if like:
        parks = parks.filter(Q(name__icontains=like) | Q(name_en__icontains=like) | Q(slug__icontains=like))
    if area:
        parks = parks.filter(Q(area=area) | Q(area__startswith=f"{area}/"))
    if pack and verdict:
        own = Outcome.objects.filter(park=OuterRef("pk"), pack=pack, period=period)
        parks = (
            parks.filter(~Exists(own)) if verdict == "none-yet" else parks.filter(Exists(own.filter(verdict=verdict)))
        )
    down, key = sort.startswith("-"), sort.lstrip("-")
    if key.startswith("score:"):
        own = Outcome.objects.filter(park=OuterRef("pk"), pack=key.removeprefix("score:"), period=period)
        by = Subquery(own.values("score")[:1])
        parks = parks.annotate(by=by)
        order = F("by").desc(nulls_last=True) if down else F("by").asc(nulls_last=True)
        return parks.order_by(order, "name", "pk")
    key = key if key in SORTS else "name"
    return parks.order_by(f"-{key}" if down else key, "pk")


def rows_of(page: Sequence[Park], packs: Sequence[Pack], period: str) -> list[dict[str, Any]]:
    """The parks of one page with their cells: one query for all of them."""
    found = Outcome.objects.filter(park__in=[p.pk for p in page], period=period, pack__in=[p.id for p in packs])
    by = {(o.park_id, o.pack): o for o in found}
    return [
        {"park": park, "cells": [(pack, _cell(by.get((park.pk, pack.id)), park, pack)) for pack in packs]}
        for park in page
    ]


def _cell(outcome: Outcome | None, park: Park, pack: Pack) -> Cell:
    if outcome is None:
        return Cell(None)
    return Cell(outcome, outcome.changed != park.changed, outcome.pack_hash != pack.hash)


def totals(parks: QuerySet[Park], packs: Sequence[Pack], period: str) -> list[dict[str, int]]:
    """Per pack: how many parks have which verdict."""
    table: dict[str, dict[str, int]] = {p.id: {} for p in packs}
    rows = Outcome.objects.filter(park__in=parks.order_by().values("pk"), period=period, pack__in=table)
    for pack, verdict, n in rows.values_list("pack", "verdict").annotate(n=Count("pk")):
        table[pack][verdict or "none"] = table[pack].get(verdict or "none", 0) + n
    return [table[p.id] for p in packs]
