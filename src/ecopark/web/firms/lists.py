"""Which firms somebody sees and in which order; what else the park is made of; the grades and plots of one firm."""

from __future__ import annotations

from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KT

from ecopark.core.text import Text
from ecopark.web.assess.keep import year_of
from ecopark.web.firms import grades
from ecopark.web.firms.models import FirmGrade, GradeRun
from ecopark.web.parks.maps import layer
from ecopark.web.parks.models import Subject
from ecopark.web.people.access import Standing
from ecopark.web.projects.gate import held_parcels

SORTS = {
    "name": "name",
    "key": "key",
    "code": "credit_code",
    "group": "parent",
    "since": "since",
    "industry": "industry",
    "grade": "grade",
    "rank": "rank",
}
KINDS = {
    "firms": Text("企业", "Firms"),
    "groups": Text("功能组团", "Groups"),
    "parcels": Text("地块", "Parcels"),
    "facilities": Text("设施", "Facilities"),
    "grids": Text("监管网格", "Grids"),
}


def last_run(standing: Standing) -> GradeRun | None:
    """The last grading of the park, for whoever may see grades."""
    return GradeRun.objects.filter(park=standing.park).first() if standing.may("see_grades") else None


def firms(
    standing: Standing, run: GradeRun | None, *, like: str = "", group: str = "", state: str = "", grade: str = "",
    sort: str = "name",
) -> QuerySet[Any]:  # fmt: skip
    """The firms somebody may know, with grade and rank of a grading.

    Parameters
    ----------
    like
        Part of the name, beginning of the credit code, or the key.
    state
        ``active`` or ``gone``.
    sort
        One of `SORTS`, with a minus the other way round.
    """
    rows: QuerySet[Any] = standing.subjects().filter(kind="firm")
    if like:
        rows = rows.filter(Q(name__icontains=like) | Q(credit_code__startswith=like.upper()) | Q(key=like))
    if group:
        rows = rows.filter(parent=group)
    if state in ("active", "gone"):
        rows = rows.filter(until__isnull=state == "active")
    if run is not None:
        mine = FirmGrade.objects.filter(run=run, subject=OuterRef("pk"))
        rows = rows.annotate(grade=Subquery(mine.values("grade")[:1]), rank=Subquery(mine.values("rank")[:1]))
        if grade:
            rows = rows.filter(pk__in=FirmGrade.objects.filter(run=run, grade=grade).values("subject"))
    field = SORTS.get(sort.lstrip("-"), "name")
    if field in ("grade", "rank") and run is None:
        field = "name"
    if field == "industry":
        rows = rows.annotate(industry=KT("attributes__industry_code"))
    order = F(field).desc(nulls_last=True) if sort.startswith("-") else F(field).asc(nulls_last=True)
    return rows.order_by(order, "pk")


def has_layer(standing: Standing, kind: str) -> bool:
    """Whether the park's map has such a layer."""
    return standing.park.layers.filter(name=kind).exists()


def features(standing: Standing, kind: str) -> list[dict[str, Any]]:
    """The features of a layer as rows of a list."""
    stored = standing.park.layers.filter(name=kind).first()
    rows = standing.subjects().filter(kind="firm") if kind == "parcels" else Subject.objects.none()
    firms = dict(rows.values_list("key", "name"))
    holders = rows.filter(attributes__has_key="parcel").values_list("key", "attributes__parcel")
    firm_on = {parcel: key for key, parcels in holders for parcel in str(parcels).split("、")}
    held = held_parcels(standing.park) if kind == "parcels" else {}
    found = []
    for f in (stored.features if stored else {}).get("features", []):
        p = f.get("properties") or {}
        firm = p.get("firm") or firm_on.get(str(p.get("id")))
        found.append(
            {
                "id": p.get("id", ""),
                "name": {"zh": p.get("zh") or p.get("name", ""), "en": p.get("en") or p.get("name", "")},
                "firm": firm,
                "firm_name": firms.get(firm or "", ""),
                "group": p.get("group", ""),
                "area": p.get("area_km2"),
                "free": bool(p.get("free")) and str(p.get("id")) not in held,
                "type": p.get("type") or p.get("rank") or "",
            }
        )
    return found


def grades_of(subject: Subject) -> list[FirmGrade]:
    """The last grade of each method and year."""
    found: dict[tuple[str, str], FirmGrade] = {}
    for g in FirmGrade.objects.filter(subject=subject).select_related("run").defer("body").order_by("-run__at", "-pk"):
        found.setdefault((g.run.method, g.run.year), g)
    return list(found.values())


def plots_of(standing: Standing, key: str) -> list[dict[str, Any]]:
    """The firm's parcels and facilities as layers of a map."""
    found = []
    attributes = standing.subjects().filter(key=key).values_list("attributes", flat=True).first() or {}
    parcels = {p for p in str(attributes.get("parcel", "")).split("、") if p}
    for stored in standing.park.layers.filter(name__in=("parcels", "facilities")):
        here = parcels if stored.name == "parcels" else set()
        both = ((f, f.get("properties") or {}) for f in stored.features.get("features", []))
        own = [f for f, p in both if p.get("firm") == key or str(p.get("id")) in here]
        if own:
            found.append(layer(stored.name, {"type": "FeatureCollection", "features": own}) | {"shown": True})
    return found


def method_now(standing: Standing) -> tuple[str, str]:
    """Method of the park's grading and the year the park is shown by; empty where there is none."""
    return grades.method_of(standing.park), year_of(standing.park)
