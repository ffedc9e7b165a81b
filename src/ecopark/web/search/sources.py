"""What can be found beside pages: one function per kind of thing, cut down to what the person may know.

Each asks the database for one hit more than is shown. What names a thing exactly (a number, a credit code) comes first.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Case as Choice
from django.db.models import IntegerField, Q, QuerySet, Value, When
from django.urls import reverse

from ecopark.casework.rules import shipped_rules
from ecopark.core.text import Text
from ecopark.core.words import unit_words
from ecopark.observations.quantity import catalogue
from ecopark.packs.load import UnknownPackError, find_pack, shipped_ids
from ecopark.packs.model import Pack
from ecopark.web.assess.keep import packs_of
from ecopark.web.cases.models import Case
from ecopark.web.firms.registry import MERGED
from ecopark.web.parks.models import Park, Subject
from ecopark.web.people.access import Standing, parks_where
from ecopark.web.projects.models import STAGES, Project
from ecopark.web.search.scope import MOST, Hit, Scope, same
from ecopark.web.tasks.models import Task
from ecopark.web.typed import number_in


def quantities(scope: Scope, words: str) -> list[Hit]:
    """Quantities of the catalogue; their pages are a park's."""
    if (park := _some_park(scope)) is None:
        return []
    return [
        Hit(q.label, _with_unit(q.id, q.unit), reverse("quantity", args=[park.slug, q.id]), drawer=True)
        for q in catalogue().like(words)[: MOST + 1]
    ]


def standards(scope: Scope, words: str) -> list[Hit]:
    """Standards by title or id."""
    if (park := _some_park(scope)) is None:
        return []
    low = words.lower()
    return [
        Hit(pack.title, same(pack.id), reverse("rules-pack", args=[park.slug, pack.id]))
        for pack in _packs(park)
        if any(low in t.lower() for t in (pack.id, pack.title.zh, pack.title.en))
    ][: MOST + 1]


def clauses(scope: Scope, words: str) -> list[Hit]:
    """Clauses by name or id, those of the park's own standards first."""
    if (park := _some_park(scope)) is None:
        return []
    low, found = words.lower(), []
    for pack in _packs(park):
        for clause in pack.clauses:
            if any(low in t.lower() for t in (clause.id, clause.label.zh, clause.label.en)):
                url = reverse("rules-clause", args=[park.slug, pack.id, clause.tail])
                found.append(Hit(clause.label, Text(f"{pack.title.zh} {clause.tail}", clause.id), url, drawer=True))
                if len(found) > MOST:
                    return found
    return found


def projects(scope: Scope, words: str) -> list[Hit]:
    """Projects by name, number, or the parcel or industry code they name."""
    wanted = Q(name__icontains=words) | Q(given__parcel=words) | Q(given__industry_code=words) | _number(words)
    rows = scope.rows(Project.objects.select_related("park"), "see_projects").filter(wanted).defer("given")
    return [
        Hit(
            same(p.name),
            scope.beside(p.park, f"№ {p.number}", STAGES[p.stage]),
            reverse("project", args=[p.park.slug, p.pk]),
        )
        for p in _first(rows, words, "name").order_by("other", "-moved", "-pk")[: MOST + 1]
    ]


def cases(scope: Scope, words: str) -> list[Hit]:
    """Cases by what was written down, place, number, kind or firm."""
    kinds, low = shipped_rules().kinds, words.lower()
    named = [k for k, kind in kinds.items() if low in kind.label.zh.lower() or low in kind.label.en.lower()]
    wanted = Q(text__icontains=words) | Q(place__icontains=words) | Q(firm__name__icontains=words)
    rows = scope.rows(Case.objects.select_related("park"), "see_cases", Standing.of_cases)
    rows = rows.filter(wanted | Q(kind__in=named) | _number(words))
    found = []
    for c in _first(rows, words, "text").order_by("other", "-found", "-pk")[: MOST + 1]:
        kind = kinds[c.kind].label if c.kind in kinds else same(c.kind)
        said = Text(f"{c.number} · {kind.zh} · {c.status_label.zh}", f"{c.number} · {kind.en} · {c.status_label.en}")
        url = reverse("case", args=[c.park.slug, c.number])
        found.append(Hit(said, scope.beside(c.park, c.text[:60]), url))
    return found


def tasks(scope: Scope, words: str) -> list[Hit]:
    """Tasks by measure, indicator, clause, lead or number."""
    wanted = Q(clause=words) | _number(words)
    for field in ("measure", "measure_en", "indicator", "indicator_en", "lead_name", "lead_name_en"):
        wanted |= Q(**{f"{field}__icontains": words})
    rows = scope.rows(Task.objects.select_related("park"), "see_tasks").filter(wanted)
    return [
        Hit(
            t.label,
            scope.beside(t.park, f"№ {t.number}", t.lead_label),
            reverse("task", args=[t.park.slug, t.number]),
        )
        for t in _first(rows, words, "measure").order_by("other", "-pk")[: MOST + 1]
    ]


def firms(scope: Scope, words: str) -> list[Hit]:
    """Firms by name, id or credit code, each with its own page; other subjects with their figures."""
    wanted = Q(name__icontains=words) | Q(key__icontains=words) | Q(credit_code=words.upper())
    rows = scope.rows(Subject.objects.select_related("park"), "see_firms", lambda s, rows: s.of_subjects(rows, "key"))
    rows = rows.exclude(kind="park").filter(wanted)
    return [
        Hit(same(s.name), scope.beside(s.park, f"{s.key} {s.credit_code}".strip()), _page_of(s))
        for s in _first(rows, words, "name").order_by("other", "kind", "name", "pk")[: MOST + 1]
    ]


def parks(scope: Scope, words: str) -> list[Hit]:
    """The parks a person may know whose name, area or address fits."""
    rows = scope.parks().filter(
        Q(name__icontains=words) | Q(name_en__icontains=words) | Q(area__icontains=words) | Q(slug__icontains=words)
    )
    return [Hit(p.label, same(p.area), reverse("park", args=[p.slug])) for p in rows.order_by("name")[: MOST + 1]]


# -- inside ------------------------------------------------------------------------------------------------------------


def _number(words: str) -> Q:
    """What has this number; nothing if the words are none."""
    digits = words.lstrip("№#").strip()
    number = number_in(digits)
    return Q(pk__in=[]) if number is None else Q(number=number)


def _first(rows: QuerySet[Any], words: str, field: str) -> QuerySet[Any]:
    """The rows with `other`: 0 where the field begins with the words, 1 elsewhere."""
    begins = When(**{f"{field}__istartswith": words}, then=Value(0))
    return rows.annotate(other=Choice(begins, default=Value(1), output_field=IntegerField()))


def _with_unit(name: str, unit: str) -> Text:
    if unit in ("", "1"):
        return same(name)
    return Text(f"{name} {unit_words(unit, 'zh')}", f"{name} {unit_words(unit, 'en')}")


def _page_of(s: Subject) -> str:
    if s.kind in ("firm", MERGED):
        return reverse("firm", args=[s.park.slug, s.key])
    return f"{reverse('data', args=[s.park.slug])}?of={s.key}"


def _some_park(scope: Scope) -> Park | None:
    """The park whose pages of standards and quantities are opened: the one at hand, else the first of the person's own."""
    if scope.standing is not None:
        return scope.standing.park
    own = parks_where(scope.user, "see_park").order_by("name").first()
    return own or scope.parks().order_by("name").first()


def _packs(park: Park) -> Iterable[Pack]:
    """Every standard, those that the park works with first."""
    for name in dict.fromkeys([*packs_of(park), *sorted(shipped_ids())]):
        try:
            yield find_pack(name)
        except UnknownPackError:  # one that no longer ships
            continue
