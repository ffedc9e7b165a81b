"""What becomes of audits and retrofits: confirmed, returned, withdrawn; reports; history; promised and delivered."""

from __future__ import annotations

from typing import Any, Literal

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest
from ninja import File, Router
from ninja.files import UploadedFile

from ecopark.core.rounding import decimal_text
from ecopark.web.api import shapes
from ecopark.web.api import shapes_care as out
from ecopark.web.api.common import REFUSED, come_in, who
from ecopark.web.firms import care, care_views
from ecopark.web.firms.models import CARE_STATES, Audit, CareFile, Retrofit
from ecopark.web.projects.told import pair

router = Router()
Kind = Literal["audits", "retrofits"]
C = "/parks/{slug}/care/{kind}/{number}"


@router.get(C, response={200: out.CareWhole, **REFUSED}, summary="an audit or retrofit / 审核或改造")
def entry(request: HttpRequest, slug: shapes.Name, kind: Kind, number: shapes.Number) -> Any:
    """An entry with its history, reports, the change that waits, and for a retrofit what was delivered."""
    return _whole(care_views.entry_or_404(come_in(request, slug, "see_firms"), kind, number))


@router.post(C + "/step", response={200: out.CareWhole, **REFUSED}, summary="confirm, return / 确认、退回、撤销")
def step(request: HttpRequest, slug: shapes.Name, kind: Kind, number: shapes.Number, body: out.CareStep) -> Any:
    """Confirm, return or withdraw what was entered."""
    standing = come_in(request, slug, "see_firms")
    care_views.entry_or_404(standing, kind, number)
    if not standing.may("write_firms"):
        raise PermissionDenied
    return _whole(care.step(standing, kind, number, body.step, request.user, body.why))


@router.post(C + "/files", response={200: out.CareFileOut, **REFUSED}, summary="attach a report / 上传报告")
def attach(request: HttpRequest, slug: shapes.Name, kind: Kind, number: shapes.Number, file: File[UploadedFile]) -> Any:
    """Attach a report."""
    standing = come_in(request, slug, "see_firms")
    row = care_views.entry_or_404(standing, kind, number)
    if not standing.may("enter_care", row.subject.key):
        raise PermissionDenied
    return _file(care.attach(row, file, request.user))


@router.get(C + "/files/{file}", summary="the report itself / 下载报告")
def file_of(
    request: HttpRequest, slug: shapes.Name, kind: Kind, number: shapes.Number, file: shapes.Number
) -> FileResponse:
    """The file, as it was sent."""
    return care_views.file(request, slug, kind, number, file)


@router.post(C + "/files/{file}/withdraw", response={200: out.CareFileOut, **REFUSED}, summary="take back / 撤下报告")
def take_back(request: HttpRequest, slug: shapes.Name, kind: Kind, number: shapes.Number, file: shapes.Number) -> Any:
    """Take a report back; it stays on file."""
    standing = come_in(request, slug, "see_firms")
    return _file(care_views.withdraw_file(standing, care_views.entry_or_404(standing, kind, number), file))


def _whole(row: Audit | Retrofit) -> dict[str, Any]:
    past = [{**e, "what": pair(e["what"])} for e in care.history(row)]
    return {
        "id": row.pk, "firm": row.subject.key, "state": row.state, "state_said": pair(CARE_STATES[row.state]),
        "proposed": row.proposed, "files": [_file(f) for f in care.files_of(row)], "history": past,
        "delivered": _delivered(row) if isinstance(row, Retrofit) else None,
    }  # fmt: skip


def _delivered(row: Retrofit) -> dict[str, Any] | None:
    found, quantity = care.delivered_by(row), care.quantity_of(row)
    if found is None or quantity is None:
        return None
    years = [
        {
            "year": y.year, "amount": decimal_text(y.amount, 15), "change": decimal_text(y.change, 15),
            "share": decimal_text(y.share, 6) if y.share is not None else None,
        }
        for y in found.years
    ]  # fmt: skip
    base = {"base_year": found.base_year, "base": decimal_text(found.base, 15)}
    return {"quantity": quantity.id, "unit": quantity.unit, "years": years} | base


def _file(f: CareFile) -> dict[str, Any]:
    fields = ("name", "media_type", "size", "digest", "at")
    return {name: getattr(f, name) for name in fields} | {"id": f.pk, "by": who(f.by)}
