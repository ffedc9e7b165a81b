"""A park folder or a set of facts into the site: the park, its subjects, departments, map layers and figures."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.db import transaction
from simple_history.utils import bulk_create_with_history

from ecopark.observations.model import Facts, Observation
from ecopark.observations.quantity import catalogue
from ecopark.web.figures.change import as_typed, number_of
from ecopark.web.figures.models import Evidence, Figure
from ecopark.web.parks.models import Department, MapLayer, Park, Subject

LEFT_OUT = ("folder", "reading", "named_years", "evidence", "departments", "park")
"""Settings of the facts that the site keeps elsewhere or that only hold for one reading."""


@transaction.atomic
def settle(
    facts: Facts,
    subject: str,
    slug: str,
    *,
    user: Any,
    reason: str,
    name: str = "",
    name_en: str = "",
    area: str = "",
    packs: Iterable[str] = (),
    layers: dict[str, Any] | None = None,
    invented: bool = False,
    published: bool = False,
) -> Park:
    """Make a park of the site from `subject` and everything below it.

    Raises
    ------
    IntegrityError
        There is already a park with this slug.
    """
    root = facts.subjects[subject]
    settings = {k: v for k, v in facts.settings.items() if k not in LEFT_OUT and _plain(v)}
    park = Park.objects.create(
        slug=slug, key=subject, name=name or root.name or subject, name_en=name_en, area=area, packs=list(packs),
        base_year=facts.settings.get("base_year"), settings=settings, invented=invented, published=published, changed=1,
    )  # fmt: skip
    below = [root, *(s for s in facts.subjects.values() if s.id != subject and _is_below(facts, s.id, subject))]
    Subject.objects.bulk_create(
        [
            Subject(
                park=park, key=s.id, kind=s.kind, name=s.name or s.id, parent=s.parent, since=s.since, until=s.until,
                credit_code=dict(s.attributes).get("credit_code", ""),
                attributes=dict(s.attributes)
                | ({"scopes": [{"from": y, "zh": t.zh, "en": t.en} for y, t in s.scopes]} if s.scopes else {}),
            )
            for s in below
        ],
        batch_size=500,
    )  # fmt: skip
    subjects = {s.key: s for s in park.subjects.all()}
    _departments(park, facts)
    MapLayer.objects.bulk_create([MapLayer(park=park, name=n, features=f) for n, f in (layers or {}).items()])
    figures = [_figure(park, subjects[o.subject], o, user) for o in facts.observations if o.subject in subjects]
    bulk_create_with_history(figures, Figure, default_user=user, default_change_reason=reason, batch_size=1000)
    bulk_create_with_history(
        [
            Evidence(
                park=park, subject=subjects[subject], about=str(e.get("clause_or_quantity", "")), name=str(e.get("file", "")),
                page=str(e.get("page", "")), dated=str(e.get("date", "")), period=str(e.get("period", "")), by=user,
            )
            for e in facts.settings.get("evidence") or ()
        ],
        Evidence, default_user=user, default_change_reason=reason, batch_size=1000,
    )  # fmt: skip
    return park


def read_layers(folder: Path) -> dict[str, Any]:
    """The GeoJSON layers of a park folder's map, by file name."""
    return {p.stem: json.loads(p.read_text(encoding="utf-8")) for p in sorted((folder / "map").glob("*.geojson"))}


def _figure(park: Park, subject: Subject, o: Observation, user: Any) -> Figure:
    given, unit = as_typed(o)
    return Figure(
        park=park, subject=subject, quantity=o.quantity, period="" if str(o.period) == "always" else str(o.period),
        by=o.by, given=given, unit=unit, number=number_of(o), source=o.source, note=o.note, place=_short(str(o.place)),
        seq=1, entered_by=user,
    )  # fmt: skip


def _short(place: str) -> str:
    """A place without the directories above the park folder."""
    head, mark, rest = place.partition("!")
    parts = Path(head).parts
    return "/".join(parts[-2:]) + mark + rest if parts else ""


def _departments(park: Park, facts: Facts) -> None:
    named = facts.settings.get("departments") or {}
    Department.objects.bulk_create(
        [
            Department(park=park, key=key, name=str(named.get(key) or label.zh), name_en=label.en)
            for key, label in catalogue().departments.items()
        ]
    )


def _is_below(facts: Facts, name: str, above: str) -> bool:
    seen: set[str] = set()
    while name and name not in seen:
        seen.add(name)
        found = facts.subjects.get(name)
        if found is None:
            return False
        if found.parent == above:
            return True
        name = found.parent
    return False


def _plain(value: Any) -> bool:
    try:
        json.dumps(value)
    except TypeError:
        return False
    return True
