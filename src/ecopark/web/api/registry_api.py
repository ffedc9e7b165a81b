"""Many firms at once: a table held against the registry, decided of and stored; the park's groups."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import File, Router
from ninja.files import UploadedFile

from ecopark.core.text import Text
from ecopark.web.api import shapes
from ecopark.web.api import shapes_registry as out
from ecopark.web.api.common import CONFLICT, REFUSED, come_in, cut, who
from ecopark.web.firms import bring_in, groups, table_views
from ecopark.web.firms.models import RegistryLine, RegistryTable
from ecopark.web.firms.registry import RegistryError
from ecopark.web.jobs.models import Job
from ecopark.web.uploads import TABLES, keep

router = Router()
TablePage, RowPage = shapes.page_of(out.TableOut), shapes.page_of(out.RowOut)
T = "/parks/{slug}/registry-tables"


@router.get(f"{T}/template.xlsx", summary="table to fill in / 名册模板")
def template(request: HttpRequest, slug: shapes.Name) -> HttpResponse:
    """The workbook with a column for every field of the registry."""
    return table_views.template(request, slug)


@router.post(T, response={200: out.TableOut, **REFUSED}, summary="send a table of firms / 上传企业名册")
def send(request: HttpRequest, slug: shapes.Name, file: File[UploadedFile]) -> Any:
    """Hold a table (xlsx, csv) against the registry; nothing is stored before `store`. A long one is read by a job."""
    park = come_in(request, slug, "write_firms").park
    made, job = bring_in.receive(park, keep(file, f"registry/{park.pk}", TABLES), request.user)
    return _table(made, job)


@router.get(T, response={200: TablePage, **REFUSED}, summary="tables that were sent / 名册导入记录")
def listing(request: HttpRequest, slug: shapes.Name, limit: shapes.Limit = 100, offset: shapes.Number = 0) -> Any:
    """Tables of firms, the latest first: who, when, why, what was stored."""
    rows = come_in(request, slug, "write_firms").park.registry_tables.select_related("by")
    return cut(rows, limit, offset, _table)


@router.get(T + "/{number}", response={200: out.TableOut, **REFUSED}, summary="a table / 名册")
def one(request: HttpRequest, slug: shapes.Name, number: shapes.Number) -> Any:
    """How many rows are new, changed, conflicting, unchanged, unusable; or why it cannot be read."""
    return _table(_found(request, slug, number))


@router.get(T + "/{number}/rows", response={200: RowPage, **REFUSED}, summary="its rows / 逐行比对")
def rows(
    request: HttpRequest, slug: shapes.Name, number: shapes.Number, group: shapes.Name = "", limit: shapes.Limit = 100,
    offset: shapes.Number = 0,
) -> Any:  # fmt: skip
    """The rows beside what the registry holds, with place and repair of what is wrong."""
    lines = _found(request, slug, number).lines.all()
    return cut(lines.filter(group=group) if group else lines, limit, offset, _row)


@router.put(T + "/{number}/columns", response={200: out.TableOut, **REFUSED}, summary="say its columns / 指定各列")
def columns(request: HttpRequest, slug: shapes.Name, number: shapes.Number, body: out.ColumnsIn) -> Any:
    """Say what the columns are; it is held against the registry again."""
    found = _found(request, slug, number)
    unknown = [title for title in body.columns if title not in found.samples]
    if unknown:
        raise RegistryError(Text(f"表里没有列“{unknown[0]}”。", f"the table has no column '{unknown[0]}'."))
    return _table(found, bring_in.say_columns(found, list(body.columns), list(body.columns.values()), request.user))


@router.post(T + "/{number}/again", response={200: out.TableOut, **REFUSED}, summary="look again / 重新比对")
def again(request: HttpRequest, slug: shapes.Name, number: shapes.Number) -> Any:
    """Hold a table that was not stored against the registry as it is now."""
    found = _found(request, slug, number)
    if found.applied:
        raise RegistryError(bring_in.STORED)
    return _table(found, bring_in.again(found, request.user))


@router.post(T + "/{number}/decide", response={200: out.Decided, **REFUSED}, summary="decide of conflicts / 处理冲突")
def decide(request: HttpRequest, slug: shapes.Name, number: shapes.Number, body: out.DecideIn) -> Any:
    """Say of conflicting rows whether they are new firms, changes of the firms they are like, or left out."""
    return {"rows": bring_in.decide(_found(request, slug, number), body.rows, body.choice)}


@router.post(T + "/{number}/store", response={200: out.TableOut, **CONFLICT}, summary="store it / 保存到名册")
def store(request: HttpRequest, slug: shapes.Name, number: shapes.Number, body: out.StoreIn) -> Any:
    """Put the rows into the registry, all or none; many rows are stored in the background. 409: the registry has moved."""
    found = _found(request, slug, number)
    _, job = bring_in.store(found, request.user, body.groups, body.why)
    found.refresh_from_db()
    return _table(found, job)


# -- groups ------------------------------------------------------------------------------------------------------------


@router.get("/parks/{slug}/groups", response={200: list[out.GroupOut], **REFUSED}, summary="groups / 组团")
def group_list(request: HttpRequest, slug: shapes.Name) -> Any:
    """The park's groups with how many firms each has."""
    return groups.groups(come_in(request, slug, "write_firms").park)


@router.put("/parks/{slug}/groups", response={200: list[out.GroupOut], **REFUSED}, summary="add, rename / 新增、改名")
def save_group(request: HttpRequest, slug: shapes.Name, body: out.GroupIn) -> Any:
    """Add a group, or rename one."""
    park = come_in(request, slug, "write_firms").park
    groups.save(park, body.key, body.name, request.user, body.why)
    return groups.groups(park)


@router.post(
    "/parks/{slug}/groups/{key}/firms", response={200: out.Moved, **CONFLICT}, summary="put firms into it / 划入企业"
)
def give(request: HttpRequest, slug: shapes.Name, key: shapes.Name, body: out.GiveIn) -> Any:
    """Put firms into a group, or with the park's own key into none."""
    standing = come_in(request, slug, "write_firms")
    if body.firms:
        fitting = groups.chosen(standing).filter(key__in=body.firms)
        missing = set(body.firms) - set(fitting.values_list("key", flat=True))
        if missing:
            raise RegistryError(Text(f"没有企业“{min(missing)}”。", f"there is no firm '{min(missing)}'."))
    elif body.all or body.like or body.group or body.state:
        fitting = groups.chosen(standing, like=body.like, group=body.group, state=body.state)
    else:
        raise RegistryError(Text("请指定企业或筛选条件。", "Name firms, or say which filter."))
    return {"moved": groups.give(standing, fitting, key, request.user, body.why, seen=body.seen)}


def _found(request: HttpRequest, slug: str, number: int) -> RegistryTable:
    park = come_in(request, slug, "write_firms").park
    return get_object_or_404(RegistryTable.objects.select_related("by", "park"), pk=number, park=park)


def _table(found: RegistryTable, job: Job | None = None) -> dict[str, Any]:
    fields = ("name", "sheet", "at", "columns", "problems", "read", "applied", "why", "written")
    more = {"counts": bring_in.counts(found), "by": who(found.by), "job": job.pk if job else None, "id": found.pk}
    return {name: getattr(found, name) for name in fields} | more


def _row(line: RegistryLine) -> dict[str, Any]:
    fields = ("number", "place", "group", "key", "given", "before", "after", "like", "may", "choice")
    return {name: getattr(line, name) for name in fields} | {"problem": {"zh": line.problem.zh, "en": line.problem.en}}
