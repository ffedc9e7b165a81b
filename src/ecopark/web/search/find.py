"""What a search may find in a park: one function per kind of thing, each cut down to what the person may know.

Another part of the site adds its own kind with `source`: a function of (standing, words) that gives hits, best first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Q
from django.urls import reverse

from ecopark.core.text import Text
from ecopark.observations.quantity import catalogue
from ecopark.packs.load import find_pack, shipped_ids
from ecopark.web.assess.keep import packs_of
from ecopark.web.pages.context import NAVIGATION
from ecopark.web.people.access import Standing, parks_of

MOST = 20
"""Hits shown of each kind."""
SHORTEST = 1


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found: what it is called, what stands beside it, where it is."""

    label: Text
    under: Text
    url: str
    drawer: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """The hits of one kind."""

    id: str
    label: Text
    icon: str
    hits: tuple[Hit, ...]
    more: bool = False


Source = Callable[[Standing, str], list[Hit]]
SOURCES: dict[str, tuple[Text, str, Source]] = {}


def source(name: str, label: Text, icon: str) -> Callable[[Source], Source]:
    """Register a kind of thing that can be found."""

    def register(found: Source) -> Source:
        SOURCES[name] = (label, icon, found)
        return found

    return register


def search(standing: Standing, words: str) -> list[Group]:
    """Everything the person may know that fits the words, by kind; empty kinds are left out."""
    text = " ".join(words.split())[:100]
    if len(text) < SHORTEST:
        return []
    found = []
    for name, (label, icon, look) in SOURCES.items():
        hits = look(standing, text)
        if hits:
            found.append(Group(name, label, icon, tuple(hits[:MOST]), len(hits) > MOST))
    return found


def _same(text: str) -> Text:
    return Text(text, text)


@source("pages", Text("页面", "Pages"), "home")
def _pages(standing: Standing, words: str) -> list[Hit]:
    low = words.lower()
    return [
        Hit(label, Text(), reverse(name, args=[standing.park.slug]))
        for label, name, _, action in NAVIGATION
        if standing.may(action) and any(low in t.lower() for t in (label.zh, label.en))
    ]


@source("quantities", Text("数据项", "Quantities"), "table")
def _quantities(standing: Standing, words: str) -> list[Hit]:
    return [
        Hit(
            q.label,
            _same(f"{q.id} {q.unit}".strip()),
            reverse("quantity", args=[standing.park.slug, q.id]),
            drawer=True,
        )
        for q in catalogue().like(words)[: MOST + 1]
    ]


@source("clauses", Text("条款", "Clauses"), "check")
def _clauses(standing: Standing, words: str) -> list[Hit]:
    low, used = words.lower(), packs_of(standing.park)
    found = []
    for name in sorted(shipped_ids(), key=lambda n: (n not in used, n)):
        pack = find_pack(name)
        for clause in pack.clauses:
            if any(low in t.lower() for t in (clause.id, clause.label.zh, clause.label.en)):
                url = reverse("rules-clause", args=[standing.park.slug, pack.id, clause.tail])
                found.append(Hit(clause.label, Text(f"{pack.title.zh} {clause.tail}", clause.id), url, drawer=True))
    return found


@source("firms", Text("企业与对象", "Firms and subjects"), "firm")
def _firms(standing: Standing, words: str) -> list[Hit]:
    if not standing.may("see_figures") and not standing.firms:
        return []
    rows = standing.subjects().exclude(kind="park").filter(Q(name__icontains=words) | Q(key__icontains=words))
    code = standing.subjects().filter(credit_code__iexact=words)
    address = reverse("data", args=[standing.park.slug])
    return [
        Hit(_same(s.name), _same(f"{s.key} {s.credit_code}".strip()), f"{address}?of={s.key}")
        for s in (rows | code).order_by("kind", "name")[: MOST + 1]
    ]


@source("parks", Text("园区", "Parks"), "parks")
def _parks(standing: Standing, words: str) -> list[Hit]:
    return parks(standing.user, words)


def parks(user: object, words: str) -> list[Hit]:
    """The parks a person may know whose name, area or address fits."""
    rows = parks_of(user).filter(
        Q(name__icontains=words) | Q(name_en__icontains=words) | Q(area__icontains=words) | Q(slug__icontains=words)
    )
    return [Hit(p.label, _same(p.area), reverse("park", args=[p.slug])) for p in rows.order_by("name")[: MOST + 1]]
