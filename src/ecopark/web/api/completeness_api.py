"""How much of what is asked was given in a year: by firm, theme and department, and what is missing."""

from __future__ import annotations

from typing import Any, Literal

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema

from ecopark.observations.quantity import Quantity
from ecopark.web.api import shapes
from ecopark.web.api.common import REFUSED, come_in
from ecopark.web.figures import completeness
from ecopark.web.projects.told import pair

router = Router()
C = "/parks/{slug}/completeness"


class ThemeShare(Schema):
    """A theme of one firm."""

    id: str
    asked: int
    given: int


class FirmShare(Schema):
    """A firm: what was given of what is asked, altogether and by theme."""

    firm: str
    name: str
    asked: int
    given: int
    themes: list[ThemeShare]


class ShareOut(Schema):
    """A theme or department: of the park itself, and of its firms together."""

    id: str
    label: shapes.Bilingual
    asked: int
    given: int
    firms_asked: int
    firms_given: int


class MissingOut(Schema):
    """A quantity that is asked for and was not given."""

    quantity: str
    label: shapes.Bilingual
    unit: str
    theme: str
    department: str


FirmPage = shapes.page_of(FirmShare)


@router.get(f"{C}/firms", response={200: FirmPage, **REFUSED}, summary="completeness by firm / 企业完整度")
def firms(
    request: HttpRequest, slug: shapes.Name, period: shapes.Year, like: shapes.Name = "", theme: shapes.Name = "",
    open: bool = False, sort: Literal["name", "-name", "given", "-given"] = "name", limit: shapes.Limit = 100,
    offset: shapes.Number = 0,
) -> Any:  # fmt: skip
    """Firms you may know that were here in the year; `open`: only those with something missing (of `theme`, if given)."""
    standing = come_in(request, slug, "see_figures")
    rows: QuerySet[Any] = completeness.firms(standing, period, like=like, theme=theme, open_only=open, sort=sort)
    shown = completeness.firm_rows(standing.park, rows[offset : offset + limit], period)
    items = [row | {"firm": row["firm"].key, "name": row["firm"].name} for row in shown]
    return {"count": rows.count(), "items": items}


@router.get(f"{C}/shares", response={200: list[ShareOut], **REFUSED}, summary="by theme, department / 主题、部门完整度")
def shares(
    request: HttpRequest, slug: shapes.Name, period: shapes.Year, by: Literal["theme", "department"] = "department"
) -> Any:
    """By theme or department, for who sees all firms."""
    standing = come_in(request, slug, "see_figures")
    if not standing.wide:
        raise PermissionDenied
    fields = ("id", "asked", "given", "firms_asked", "firms_given")
    return [
        {name: getattr(one, name) for name in fields} | {"label": pair(one.label)}
        for one in completeness.shares(standing.park, period, by)
    ]


@router.get(f"{C}/missing", response={200: list[MissingOut], **REFUSED}, summary="what is missing / 缺项")
def missing(
    request: HttpRequest, slug: shapes.Name, period: shapes.Year, subject: shapes.Name = "", theme: shapes.Name = "",
    department: shapes.Name = "",
) -> Any:  # fmt: skip
    """What is asked of the park, of a firm, or of a reporter's own firm, and was not given."""
    standing = come_in(request, slug, "see_figures", subject or None)
    own = subject or standing.own_subject
    found = get_object_or_404(standing.subjects(), key=own, kind__in=("park", "firm"))
    rows = completeness.missing(standing.park, found, period, theme=theme, department=department)
    return [_missing(q) for q in rows]


def _missing(q: Quantity) -> dict[str, Any]:
    return {"quantity": q.id, "label": pair(q.label), "unit": q.unit, "theme": q.theme, "department": q.department}
