"""The groups of a park: added and renamed on the site, taken from its map, and given to firms."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils import timezone

from ecopark.core.text import Text
from ecopark.core.words import counted
from ecopark.web.firms import lists, registry
from ecopark.web.firms.models import FirmEvent
from ecopark.web.firms.registry import ConflictError, RegistryError
from ecopark.web.parks.models import Park, Subject
from ecopark.web.people.access import Standing

BATCH = 500


def groups(park: Park) -> list[dict[str, Any]]:
    """The groups with how many firms each has; the park itself, without one, comes last."""
    counted = dict(park.subjects.filter(kind="firm").order_by().values_list("parent").annotate(Count("pk")))
    rows = [
        {"key": s.key, "name": s.name, "firms": counted.pop(s.key, 0)}
        for s in park.subjects.filter(kind="group").order_by("key")
    ]
    return [*rows, {"key": park.key, "name": "", "firms": sum(counted.values())}]


def on_map(park: Park) -> list[tuple[str, str]]:
    """Groups that the map shows and the registry does not have: id and name."""
    stored = park.layers.filter(name="groups").first()
    known = set(park.subjects.values_list("key", flat=True))
    found = {}
    for feature in (stored.features if stored else {}).get("features", ()):
        p = feature.get("properties") or {}
        if (key := str(p.get("id") or "")) and key not in known:
            found[key] = str(p.get("zh") or p.get("name") or key)
    return list(found.items())


@transaction.atomic
def save(park: Park, key: str, name: str, user: Any, why: str) -> Subject:
    """Add a group, or rename the one with this id.

    Raises
    ------
    RegistryError
        No id, no name, no reason for a new name, or the id or the name is taken.
    """
    Park.objects.select_for_update().get(pk=park.pk)
    key, name, why = key.strip()[:120], " ".join(name.split())[:200], why.strip()[:500]
    if not key or not name:
        raise RegistryError(Text("请填组团的编号和名称。", "Give the group's id and name."))
    found = park.subjects.filter(key=key).first()
    if found is not None and found.kind != "group":
        raise RegistryError(Text(f"编号“{key}”已有其他用途。", f"the id '{key}' is taken by something else."))
    if park.subjects.filter(kind="group", name=name).exclude(key=key).exists():
        raise RegistryError(Text(f"已有名为“{name}”的组团。", f"there is a group called '{name}' already."))
    if found is None:
        made = Subject.objects.create(park=park, key=key, kind="group", name=name, parent=park.key)
        FirmEvent.objects.create(
            park=park, subject=made, kind="added", by=user, why=why, data={"after": {"name": name}}
        )
    elif found.name == name:
        return found
    else:
        if not why:
            raise RegistryError(Text("请写明改名原因。", "Say why it is renamed."))
        made, before = found, found.name
        made.name = name
        made.save(update_fields=["name"])
        data = {"before": {"name": before}, "after": {"name": name}}
        FirmEvent.objects.create(park=park, subject=made, kind="edited", by=user, why=why, data=data)
    registry.touch(park)
    return made


def chosen(standing: Standing, *, like: str = "", group: str = "", state: str = "") -> QuerySet[Any]:
    """The firms that a filter of the registry leaves."""
    return lists.firms(standing, None, like=like, group=group, state=state)


@transaction.atomic
def give(standing: Standing, firms: QuerySet[Any], parent: str, user: Any, why: str, *, seen: int | None = None) -> int:
    """Put firms into a group (or the park itself), each with an event; says how many were elsewhere before.

    Parameters
    ----------
    seen
        How many firms the person saw; None: not asked.

    Raises
    ------
    RegistryError
        No such group, or no reason.
    ConflictError
        Other firms fit the filter than were seen.
    """
    park = Park.objects.select_for_update().get(pk=standing.park.pk)
    if not park.subjects.filter(key=parent, kind__in=("park", "group")).exists():
        raise RegistryError(Text(f"没有组团“{parent}”。", f"there is no group '{parent}'."))
    if not why.strip():
        raise RegistryError(Text("请写明原因。", "Say why."))
    rows = list(firms)
    if seen is not None and seen != len(rows):
        raise ConflictError(
            Text(
                f"符合条件的企业现在是 {len(rows)} 家，不是 {seen} 家。请核对后再做。",
                f"{counted(len(rows), 'firm fits', 'firms fit')} now, not {seen}: look again.",
            )
        )
    moved = [s for s in rows if s.parent != parent]
    now = timezone.now()
    events = [
        FirmEvent(
            park=park, subject=s, kind="edited", by=user, at=now, why=why.strip()[:500],
            data={"before": {"parent": s.parent}, "after": {"parent": parent}},
        )
        for s in moved
    ]  # fmt: skip
    for at in range(0, len(moved), BATCH):
        Subject.objects.filter(pk__in=[s.pk for s in moved[at : at + BATCH]]).update(parent=parent)
    FirmEvent.objects.bulk_create(events, batch_size=BATCH)
    if moved:
        registry.touch(park)
    return len(moved)
