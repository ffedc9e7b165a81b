"""Column mappings: what the columns of a department's own table are; suggested, said, saved by name, used again."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Field, Query, Router, Schema

from ecopark.errors import InputError, Place
from ecopark.observations.mapping import ColumnMapping, from_dict
from ecopark.web.api import shapes
from ecopark.web.api import shapes_mappings as out
from ecopark.web.api.common import CONFLICT, REFUSED, come_in, cut, problem_row, who
from ecopark.web.api.files_api import find_import, import_row, said_already
from ecopark.web.figures import incoming, mapping_views, mappings
from ecopark.web.figures.models import Import, SavedMapping
from ecopark.web.people.access import Standing

router = Router()
MappingPage, PastPage = shapes.page_of(out.MappingOut), shapes.page_of(out.MappingPast)


class Chosen(Schema):
    """Which part of a file to suggest a mapping for; nothing chosen: found out."""

    year: shapes.YearOrNone = ""
    sheet: shapes.Name = ""
    header: shapes.Number = 0
    header_rows: Annotated[int, Field(ge=1, le=out.HEADER_ROWS)] = 1
    layout: shapes.LayoutOrNone = ""
    anew: bool = False


@router.get(
    "/parks/{slug}/imports/{number}/columns",
    response={200: out.ColumnsOut, **CONFLICT},
    summary="columns of a file / 列对应",
)
def columns(request: HttpRequest, slug: shapes.Name, number: shapes.Number, chosen: Query[Chosen]) -> Any:
    """The mapping a file came with, or a suggested one (`anew`, or where sheet, header or layout are chosen), to be corrected.

    `problems` is what keeps the file from being read by it.
    """
    found = find_import(come_in(request, slug, "import_figures"), number)
    if found.applied:
        return said_already()
    year = chosen.year or str(found.summary.get("year", ""))
    anew = chosen.anew or chosen.sheet or chosen.header or chosen.layout
    given = {
        "sheet": chosen.sheet, "header": str(chosen.header or ""), "header_rows": str(chosen.header_rows),
        "layout": chosen.layout, "again": "1" if anew else "",
    }  # fmt: skip
    mapping, matched = mappings.begun(found, year, given)
    page = mappings.shown_page(found, mapping, matched)
    return {
        "name": found.mapping.name if found.mapping else "", "saved": bool(found.mapping and not anew),
        "mapping": _mapping(mapping), "sheets": page.sheets, "columns": [_column(c) for c in page.columns],
        "indicators": [_column(c) for c in page.indicators],
        "rows": [{"number": n, "cells": cells} for n, cells in page.rows], "gone": page.gone,
        "problems": [problem_row(p) for p in mappings.problems_of(found, mapping)],
    }  # fmt: skip


@router.post(
    "/parks/{slug}/imports/{number}/columns",
    response={200: shapes.ImportOut, **CONFLICT},
    summary="say the columns / 保存列对应",
)
def say_columns(request: HttpRequest, slug: shapes.Name, number: shapes.Number, body: out.ColumnsIn) -> Any:
    """Save the mapping under its name and read the file by it: the preview follows. 422 with everything that does not fit."""
    standing = come_in(request, slug, "import_figures")
    found = find_import(standing, number)
    if found.applied:
        return said_already()
    name = incoming.name_of(body.name)
    incoming.say_columns(standing, found, name, _typed(found, name, body.mapping), request.user)
    return import_row(found)


@router.get("/parks/{slug}/mappings", response={200: MappingPage, **REFUSED}, summary="saved mappings / 已保存的列对应")
def saved(
    request: HttpRequest,
    slug: shapes.Name,
    name: shapes.Name = "",
    limit: shapes.Limit = 100,
    offset: shapes.Number = 0,
) -> Any:
    """The mappings a file can be read by, those withdrawn left out; `name` finds one by its name."""
    rows = _all(come_in(request, slug, "import_figures")).filter(withdrawn__isnull=True)
    return cut(rows.filter(name=name) if name else rows, limit, offset, _saved)


@router.get(
    "/parks/{slug}/mappings/{number}", response={200: out.MappingOut, **REFUSED}, summary="one mapping / 列对应"
)
def one(request: HttpRequest, slug: shapes.Name, number: shapes.Number) -> Any:
    """A saved mapping, also one that was withdrawn."""
    return _saved(get_object_or_404(_all(come_in(request, slug, "import_figures")), pk=number))


@router.get(
    "/parks/{slug}/mappings/{number}/history", response={200: PastPage, **REFUSED}, summary="its history / 变更记录"
)
def history(
    request: HttpRequest, slug: shapes.Name, number: shapes.Number, limit: shapes.Limit = 100, offset: shapes.Number = 0
) -> Any:
    """Everything it ever was, the latest first, with the file it was changed for."""
    found = get_object_or_404(_all(come_in(request, slug, "import_figures")), pk=number)
    return cut(
        found.history.select_related("history_user").order_by("-history_date", "-history_id"), limit, offset, _past
    )


@router.get("/parks/{slug}/mappings/{number}/mapping.yaml", summary="as a file / 下载 YAML")
def as_yaml(request: HttpRequest, slug: shapes.Name, number: shapes.Number) -> HttpResponse:
    """As YAML: beside a file of a park folder the command line reads that file by it."""
    return mapping_views.download(request, slug, number)


@router.post(
    "/parks/{slug}/mappings/{number}/withdraw", response={200: out.MappingOut, **REFUSED}, summary="withdraw it / 停用"
)
def withdraw(request: HttpRequest, slug: shapes.Name, number: shapes.Number) -> Any:
    """Take it out of the list; its history and the imports that came by it stay. Saving one of its name brings it back."""
    rows = _all(come_in(request, slug, "import_figures")).filter(withdrawn__isnull=True)
    found = get_object_or_404(rows, pk=number)
    mappings.withdraw(found, request.user)
    return _saved(found)


def _all(standing: Standing) -> QuerySet[SavedMapping]:
    return SavedMapping.objects.filter(park=standing.park).select_related("by")


def _typed(found: Import, name: str, given: out.MappingIn) -> ColumnMapping:
    """The mapping that was sent.

    Raises
    ------
    InputError
        With everything that is wrong with it by itself.
    """
    made, problems = from_dict(given.dict(), Place(found.name))
    if made is None:
        raise InputError(incoming.unnamed(found, name) + [p for p in problems if p.severity == "error"])
    return replace(made, saved=f"{timezone.localdate()}")


def _mapping(m: ColumnMapping) -> dict[str, Any]:
    return {key: value for key, value in m.to_dict().items() if key not in ("name", "saved")}


def _body(body: dict[str, Any], name: str) -> dict[str, Any] | None:
    made, _ = from_dict(body, Place(name))
    return _mapping(made) if made else None


def _saved(s: SavedMapping) -> dict[str, Any]:
    return {
        "id": s.pk, "name": s.name, "by": who(s.by), "at": s.at, "withdrawn": s.withdrawn, "mapping": _body(s.body, s.name)
    }  # fmt: skip


def _past(row: Any) -> dict[str, Any]:
    return {
        "at": row.history_date, "who": who(row.history_user), "why": row.history_change_reason or "",
        "withdrawn": row.withdrawn, "mapping": _body(row.body, row.name),
    }  # fmt: skip


def _column(c: mappings.MappedLine) -> dict[str, Any]:
    fields = ("title", "role", "quantity", "unit", "by", "samples", "new")
    near = [{"quantity": quantity, "label": {"zh": label.zh, "en": label.en}} for quantity, label in c.near]
    return {name: getattr(c, name) for name in fields} | {"near": near}
