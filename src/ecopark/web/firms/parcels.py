"""One parcel: who is on it and since when, how large it is, which projects want or hold it, which cases lie on it."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import Http404
from django.urls import reverse

from ecopark.core.text import Text
from ecopark.errors import EcoparkError
from ecopark.web.cases.models import Case
from ecopark.web.firms import land
from ecopark.web.parks import places
from ecopark.web.parks.models import Subject
from ecopark.web.people.access import Standing
from ecopark.web.projects.gate import held_parcels
from ecopark.web.projects.models import HOLDING, STAGES, Project

MOST = 50
"""Projects and cases shown of a parcel."""


def parcel_or_404(standing: Standing, name: str) -> places.Geo:
    """The parcel with this id.

    Raises
    ------
    Http404
        There is none, or this person may not know it.
    """
    found = places.parcel_of(standing, name)
    if found is None:
        raise Http404
    return found


def told(standing: Standing, parcel: places.Geo) -> dict[str, Any]:
    """Everything the page of a parcel shows, cut down to what the person may know."""
    park, p = standing.park, parcel.get("properties") or {}
    name = str(p.get("id", ""))
    firm = standing.subjects().filter(key=str(p.get("firm") or ""), kind="firm").first()
    projects = _projects(standing, name)
    held = name in held_parcels(park) if standing.wide else False
    return {
        "id": name,
        "name": places.name_of(parcel),
        "area": places.area_of(parcel),
        "group": _group(standing, str(p.get("group") or "")),
        "firm": firm,
        "since": p.get("since") or (firm.since if firm else None),
        "until": p.get("until") or (firm.until if firm else None),
        "industry": str(p.get("industry") or ""),
        "free": bool(p.get("free")) and not held and firm is None,
        "held": held,
        "projects": projects,
        "cases": _cases(standing, parcel, firm),
        "plot": _plot(standing, name) if standing.may("see_land") else None,
        "figures": _figures(standing, name),
    }


def _group(standing: Standing, key: str) -> Text | None:
    """The functional group it lies in; it has no more of a firm in it than the map of the park."""
    if not key:
        return None
    found = next((f for f in places.features_of(standing.park, "groups") if f["properties"].get("id") == key), None)
    return places.name_of(found) if found else Text(key, key)


def _projects(standing: Standing, name: str) -> list[dict[str, Any]]:
    """Projects that name the parcel, those that hold it first."""
    if not standing.may("see_projects"):
        return []
    rows = Project.objects.filter(park=standing.park, given__parcel=name).defer("given").order_by("-moved")[:MOST]
    found = [{"project": p, "stage": STAGES[p.stage], "holds": p.stage in HOLDING} for p in rows]
    return sorted(found, key=lambda row: not row["holds"])


def _cases(standing: Standing, parcel: places.Geo, firm: Subject | None) -> list[Case]:
    """Cases that lie on it, and those of the firm on it that have no place."""
    if not standing.may("see_cases"):
        return []
    wanted = Q(firm=firm, lon__isnull=True) if firm is not None else Q(pk__in=[])
    if (box := places.box_of(parcel)) is not None:
        west, south, east, north = box
        wanted |= Q(lon__gte=west, lon__lte=east, lat__gte=south, lat__lte=north)
    rows = standing.of_cases(Case.objects.filter(park=standing.park)).filter(wanted).order_by("-found", "-number")
    near = rows[: 4 * MOST]  # the box of a slanting parcel holds more than the parcel
    return [c for c in near if c.lon is None or c.lat is None or places.holds(parcel, c.lon, c.lat)][:MOST]


def _plot(standing: Standing, name: str) -> dict[str, Any] | None:
    """The parcel as the table of plots to renew has it, with what happened so far."""
    try:
        return land.plot(standing.park, name)
    except EcoparkError:
        return None


def _figures(standing: Standing, name: str) -> str:
    """Where the figures of the parcel itself stand; empty if it has none that the person may see."""
    known = standing.wide and standing.subjects().filter(key=name, kind="parcel").exists()
    return f"{reverse('data', args=[standing.park.slug])}?of={name}" if known and standing.may("see_figures") else ""
