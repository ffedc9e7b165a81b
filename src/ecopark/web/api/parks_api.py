"""Who one is, which parks one may know, what they are made of, their map; one's own tokens."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router

from ecopark.web.api import shapes
from ecopark.web.api import shapes_office as office
from ecopark.web.api.common import REFUSED, come_in, cut
from ecopark.web.figures.form_rows import themes_of
from ecopark.web.parks.maps import layers_of
from ecopark.web.parks.models import Park, Subject
from ecopark.web.people.access import parks_of
from ecopark.web.people.models import ApiToken, Membership
from ecopark.web.projects.told import pair

router = Router()
ParkPage, SubjectPage = shapes.page_of(shapes.ParkOut), shapes.page_of(shapes.SubjectOut)


@router.get("/me", response={200: shapes.Person, 401: shapes.Fault, 429: shapes.Fault}, summary="who you are / 我是谁")
def me(request: HttpRequest) -> dict[str, Any]:
    """Your name and your roles."""
    user: Any = request.user
    rows = Membership.objects.filter(user=user).select_related("park")
    return {
        "username": user.username, "name": user.shown_name, "administrator": user.is_superuser,
        "roles": [
            {"role": m.role, "park": m.park.slug if m.park else None, "area": m.area, "firm": m.firm} for m in rows
        ],
    }  # fmt: skip


@router.get("/parks", response={200: ParkPage, **REFUSED}, summary="parks / 园区")
def parks(request: HttpRequest, like: shapes.Name = "", limit: shapes.Limit = 100, offset: shapes.Number = 0) -> Any:
    """The parks you may know; `like` is part of the name, the area or the address."""
    rows = parks_of(request.user).order_by("slug")
    if like:
        rows = rows.filter(
            Q(name__icontains=like) | Q(name_en__icontains=like) | Q(area__icontains=like) | Q(slug=like)
        )
    return cut(rows, limit, offset, _park)


@router.get("/parks/{slug}", response={200: shapes.ParkOut, **REFUSED}, summary="one park / 一个园区")
def park(request: HttpRequest, slug: shapes.Name) -> Any:
    """A park; `changed` grows with every change of its figures."""
    return _park(come_in(request, slug, "see_park").park)


@router.get("/parks/{slug}/subjects", response={200: SubjectPage, **REFUSED}, summary="firms, parcels, groups / 对象")
def subjects(
    request: HttpRequest, slug: shapes.Name, kind: shapes.Name = "", like: shapes.Name = "", limit: shapes.Limit = 100,
    offset: shapes.Number = 0,
) -> Any:  # fmt: skip
    """What figures are about, as far as you may know; `kind` is park, firm, parcel, group or facility."""
    rows = come_in(request, slug, "see_figures").subjects().order_by("kind", "key")
    if kind:
        rows = rows.filter(kind=kind)
    if like:
        rows = rows.filter(Q(name__icontains=like) | Q(key__icontains=like) | Q(credit_code=like))
    return cut(rows, limit, offset, _subject)


@router.get("/parks/{slug}/map", response={200: dict[str, Any], **REFUSED}, summary="the map / 地图图层")
def park_map(request: HttpRequest, slug: shapes.Name) -> Any:
    """The layers of the park's map as GeoJSON, as far as you may see them; labels in the language of Accept-Language."""
    return {"layers": layers_of(come_in(request, slug, "see_park"))}


@router.get(
    "/parks/{slug}/completeness", response={200: list[office.ThemeOut], **REFUSED}, summary="completeness / 完整度"
)
def completeness(request: HttpRequest, slug: shapes.Name, period: shapes.Year, subject: shapes.Name = "") -> Any:
    """How complete each theme of figures is in a year, of the park, a firm, or a reporter's own firm."""
    standing = come_in(request, slug, "see_figures", subject or None)
    own = subject or standing.own_subject
    found = get_object_or_404(standing.subjects(), key=own)
    return [
        {"id": one.id, "label": pair(one.label), "asked": one.asked, "there": one.given}
        for one in themes_of(standing.park, found, period)
    ]


@router.get(
    "/tokens", response={200: list[office.TokenOut], 401: shapes.Fault, 429: shapes.Fault}, summary="tokens / 令牌"
)
def tokens(request: HttpRequest) -> Any:
    """Your tokens; a new one is made on the account page only, with your password session."""
    return [_token(one) for one in ApiToken.objects.filter(user=request.user).order_by("revoked", "-created")]


@router.post("/tokens/{token}/revoke", response={200: office.TokenOut, **REFUSED}, summary="revoke one / 吊销")
def revoke(request: HttpRequest, token: shapes.Number) -> Any:
    """A token of yours opens nothing any more, be it the one you use now."""
    found = get_object_or_404(ApiToken, pk=token, user=request.user, revoked__isnull=True)
    found.revoke()
    return _token(found)


def _token(one: ApiToken) -> dict[str, Any]:
    fields = ("name", "start", "created", "last_used", "revoked")
    return {name: getattr(one, name) for name in fields} | {"id": one.pk}


def _park(p: Park) -> dict[str, Any]:
    fields = ("slug", "key", "name", "name_en", "area", "base_year", "packs", "published", "invented", "changed")
    return {name: getattr(p, name) for name in fields}


def _subject(s: Subject) -> dict[str, Any]:
    return {name: getattr(s, name) for name in ("key", "kind", "name", "parent", "since", "until", "credit_code")}
