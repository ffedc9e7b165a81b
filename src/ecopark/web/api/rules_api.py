"""Packs and clauses, signatures under them, the catalogue of quantities, the reuse map, and search."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router

from ecopark.core.text import Text
from ecopark.observations.quantity import Quantity, catalogue
from ecopark.packs.load import find_pack, shipped_ids
from ecopark.standards.describe import clause_data, pack_data, pack_summary
from ecopark.web.api import shapes
from ecopark.web.api import shapes_office as office
from ecopark.web.api.common import REFUSED, come_in, cut, who
from ecopark.web.assess.keep import packs_of
from ecopark.web.assess.views import pack_or_404
from ecopark.web.figures.facts import facts_of
from ecopark.web.projects.told import pair
from ecopark.web.rules import sign, title_steps
from ecopark.web.rules.map_views import year_in
from ecopark.web.rules.models import TitleStep, Verification
from ecopark.web.rules.read import clauses_using
from ecopark.web.rules.title_views import due
from ecopark.web.search import find
from ecopark.web.search.scope import Scope
from ecopark.web.search.views import values_of
from ecopark.workflows.compare_editions import compare_editions
from ecopark.workflows.reuse_facts import reuse_table

router = Router()
SignaturePage, FoundPage = shapes.page_of(shapes.SignatureOut), shapes.page_of(shapes.Found)
TitlePage = shapes.page_of(office.TitleStepOut)
PACKS = Query([], max_length=30)


@router.get(
    "/packs", response={200: list[dict[str, Any]], 401: shapes.Fault, 429: shapes.Fault}, summary="standards / 标准"
)
def packs(request: HttpRequest) -> Any:
    """All standards with their status and how their limits are known."""
    return [pack_summary(find_pack(name)) for name in shipped_ids()]


@router.get("/packs/{pack}", response={200: dict[str, Any], **REFUSED}, summary="one standard / 一个标准")
def pack(request: HttpRequest, pack: shapes.Name) -> Any:
    """Everything a standard says: clauses, limits, verdict and score rules, sources."""
    return pack_data(pack_or_404(pack))


@router.get("/packs/{pack}/clauses/{tail}", response={200: dict[str, Any], **REFUSED}, summary="one clause / 一条")
def clause(request: HttpRequest, pack: shapes.Name, tail: shapes.Name) -> Any:
    """One clause."""
    found = next((c for c in pack_or_404(pack).clauses if c.tail == tail), None)
    if found is None:
        raise Http404
    return clause_data(found)


@router.get("/compare/{first}/{second}", response={200: dict[str, Any], **REFUSED}, summary="two standards / 对比标准")
def compare(
    request: HttpRequest, first: shapes.Name, second: shapes.Name, park: shapes.Name = "", year: shapes.YearOrNone = ""
) -> Any:
    """Two standards clause by clause; with `park` also what it gets under either in `year`, its latest if none is given."""
    a, b = pack_or_404(first), pack_or_404(second)
    if not park:
        return compare_editions(a, b).to_dict()
    standing = come_in(request, park, "compare")
    wanted = year_in(standing, year)
    facts = facts_of(standing.park) if wanted else None
    return compare_editions(a, b, facts, period=wanted or None, subject=standing.park.key).to_dict()


@router.get("/parks/{slug}/signatures", response={200: SignaturePage, **REFUSED}, summary="signatures / 核对记录")
def signatures(
    request: HttpRequest,
    slug: shapes.Name,
    pack: shapes.Name = "",
    limit: shapes.Limit = 100,
    offset: shapes.Number = 0,
) -> Any:
    """Who checked which clause against what; also those taken back."""
    standing = come_in(request, slug, "see_signatures")
    rows = Verification.objects.filter(park=standing.park).select_related("by")
    return cut(rows.filter(pack=pack) if pack else rows, limit, offset, _signature)


@router.post(
    "/parks/{slug}/signatures/{pack}", response={200: list[shapes.SignatureOut], **REFUSED}, summary="sign / 签署核对"
)
def sign_clauses(request: HttpRequest, slug: shapes.Name, pack: shapes.Name, body: shapes.SignIn) -> Any:
    """Sign clauses as checked by you against a document."""
    standing = come_in(request, slug, "verify_clause")
    found = pack_or_404(pack)
    if found.is_frame:
        raise PermissionDenied
    made = sign.sign(
        standing.park, found, body.clauses, request.user, document=body.document, page=body.page, dated=body.dated,
        note=body.note,
    )  # fmt: skip
    return [_signature(v) for v in made]


@router.post(
    "/parks/{slug}/signatures/{number}/withdraw",
    response={200: shapes.SignatureOut, **REFUSED},
    summary="take back / 撤回核对",
)
def withdraw(request: HttpRequest, slug: shapes.Name, number: shapes.Number, body: shapes.Why) -> Any:
    """Take a signature back, with the reason."""
    standing = come_in(request, slug, "verify_clause")
    found = get_object_or_404(Verification, pk=number, park=standing.park)
    sign.withdraw(found, request.user, body.why)
    found.refresh_from_db()
    return _signature(found)


@router.get("/parks/{slug}/titles", response={200: list[dict[str, Any]], **REFUSED}, summary="titles due / 称号到期")
def titles(request: HttpRequest, slug: shapes.Name) -> Any:
    """What is due for the park's titles, and when."""
    return [one["reminder"].to_dict() for one in due(come_in(request, slug, "see_titles").park)]


@router.get("/parks/{slug}/titles/steps", response={200: TitlePage, **REFUSED}, summary="steps of titles / 称号记录")
def title_steps_of(
    request: HttpRequest,
    slug: shapes.Name,
    title: shapes.Name = "",
    limit: shapes.Limit = 100,
    offset: shapes.Number = 0,
) -> Any:
    """What the office has written down of its titles; also what was taken back."""
    park = come_in(request, slug, "see_titles").park
    rows = TitleStep.objects.filter(park=park).select_related("by").order_by("title", "dated", "pk")
    return cut(rows.filter(title=title) if title else rows, limit, offset, _title_step)


@router.post(
    "/parks/{slug}/titles/steps", response={200: office.TitleStepOut, **REFUSED}, summary="write one down / 记录"
)
def add_title_step(request: HttpRequest, slug: shapes.Name, body: office.TitleStepIn) -> Any:
    """Write a step of a title down."""
    park = come_in(request, slug, "settings").park
    return _title_step(title_steps.add(park, body.title, body.step, body.dated, body.until, request.user))


@router.post(
    "/parks/{slug}/titles/steps/{step}/withdraw",
    response={200: office.TitleStepOut, **REFUSED},
    summary="take back / 撤回",
)
def withdraw_title_step(request: HttpRequest, slug: shapes.Name, step: shapes.Number, body: shapes.Why) -> Any:
    """Take a step back, with the reason; it stays on file."""
    standing = come_in(request, slug, "settings")
    found = get_object_or_404(TitleStep, pk=step, park=standing.park, withdrawn__isnull=True)
    title_steps.withdraw(found, body.why, request.user)
    return _title_step(found)


@router.get("/parks/{slug}/reuse", response={200: dict[str, Any], **REFUSED}, summary="typed once / 一数多用")
def reuse(
    request: HttpRequest, slug: shapes.Name, pack: list[shapes.Name] = PACKS, year: shapes.YearOrNone = ""
) -> Any:
    """Every figure that standards need: who uses it, and whether it is there.

    `pack`, any number of times, chooses the standards (default: the park's own); `year` the year (default: its latest).
    """
    standing = come_in(request, slug, "compare")
    packs = [pack_or_404(name).id for name in pack] or list(packs_of(standing.park))
    return reuse_table(facts_of(standing.park), packs, year_in(standing, year) or None, standing.park.key).to_dict()


@router.get(
    "/quantities",
    response={200: list[dict[str, Any]], 401: shapes.Fault, 422: shapes.Fault, 429: shapes.Fault},
    summary="catalogue / 数据项目录",
)
def quantities(request: HttpRequest, like: shapes.Name = "") -> Any:
    """The catalogue of quantities, or what somebody who types `like` may mean."""
    found = catalogue().like(like) if like.strip() else list(catalogue().quantities.values())
    return [_quantity(q) for q in found]


@router.get("/quantities/{name}", response={200: dict[str, Any], **REFUSED}, summary="one quantity / 一个数据项")
def quantity(request: HttpRequest, name: shapes.Name) -> Any:
    """Definition, unit, breakdowns and other names of one quantity."""
    found = catalogue().find(name)
    if found is None:
        raise Http404
    return _quantity(found)


@router.get(
    "/parks/{slug}/quantities/{name}",
    response={200: office.QuantityHere, **REFUSED},
    summary="a quantity here / 本园区取值",
)
def quantity_here(request: HttpRequest, slug: shapes.Name, name: shapes.Name, of: shapes.Name = "") -> Any:
    """Which clauses use a quantity, and its values over the years with their traces, for who may see figures; `of` a firm."""
    standing = come_in(request, slug, "see_park", of or None)
    found = catalogue().find(name)
    if found is None:
        raise Http404
    may, subject = standing.may("see_figures"), of or standing.own_subject
    return {
        "quantity": found.id, "used_by": [f"{p.id}/{c.tail}" for p, c in clauses_using(found.id)],
        "subject": subject if may else "", "values": values_of(standing, found, subject) if may else [],
    }  # fmt: skip


@router.get("/parks/{slug}/search", response={200: FoundPage, **REFUSED}, summary="search / 搜索")
def search(request: HttpRequest, slug: shapes.Name, q: shapes.Name) -> Any:
    """Projects, cases, tasks, firms, quantities, standards, clauses, parks and pages that fit, as far as you may know."""
    standing = come_in(request, slug, "see_park")
    return _found(Scope(request.user, standing), q)


@router.get("/search", response={200: FoundPage, **REFUSED}, summary="search all parks / 全部园区搜索")
def search_all(request: HttpRequest, q: shapes.Name) -> Any:
    """The same in all parks you may know; what is a park's says which one."""
    return _found(Scope(request.user), q)


def _found(scope: Scope, words: str) -> dict[str, Any]:
    hits = [(group.id, hit) for group in find.search(scope, words) for hit in group.hits]
    rows = [{"kind": kind, "label": pair(h.label), "under": pair(h.under), "url": h.url} for kind, h in hits]
    return {"count": len(rows), "items": rows}


def _quantity(q: Quantity) -> dict[str, Any]:
    lists = [catalogue().breakdowns[b] for b in q.breakdowns]
    return {
        "id": q.id, "label": {"zh": q.label.zh, "en": q.label.en},
        "definition": {"zh": q.definition.zh, "en": q.definition.en}, "unit": q.unit, "kind": q.kind, "level": q.level,
        "theme": q.theme, "department": q.department, "aliases": list(q.aliases), "rollup": q.rollup,
        "over_time": q.over_time, "formula": q.formula, "constant_price": q.constant_price,
        "breakdowns": [{"dimension": b.dimension, "closed": b.closed, "codes": [c.id for c in b.codes]} for b in lists],
        "codes": [c.id for c in q.codes],
    }  # fmt: skip


def _title_step(s: TitleStep) -> dict[str, Any]:
    fields = ("title", "step", "dated", "until", "at", "withdrawn", "withdrawn_why")
    named = {"title_name": pair(s.label) if isinstance(s.label, Text) else {"zh": s.title, "en": s.title}}
    return (
        {name: getattr(s, name) for name in fields}
        | named
        | {"id": s.pk, "step_said": pair(s.step_text), "by": who(s.by)}
    )


def _signature(v: Verification) -> dict[str, Any]:
    fields = ("pack", "clause", "document", "page", "dated", "note", "pack_hash", "at", "withdrawn", "withdrawn_why")
    holds = v.withdrawn is None and v.pack in shipped_ids() and v.pack_hash == find_pack(v.pack).hash
    return {"id": v.pk, "by": who(v.by), "holds": holds} | {name: getattr(v, name) for name in fields}
