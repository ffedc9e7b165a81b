"""The page of a parcel, its map, and the map of the land to renew."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from ecopark.web.firms import land, parcels
from ecopark.web.parks import places
from ecopark.web.people.access import enter


def parcel(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """Who is on a parcel and since when, its area, projects, cases, renewal."""
    standing = enter(request, slug, "see_firms")
    found = parcels.told(standing, parcels.parcel_or_404(standing, name))
    context = {"parcel": found, "may_land": standing.may("see_land"), "may_list": standing.wide}
    return render(request, "firms/parcel.html", context)


def parcel_map(request: HttpRequest, slug: str, name: str) -> JsonResponse:
    """The parcel over boundary, groups, parcels and grids."""
    standing = enter(request, slug, "see_firms")
    return JsonResponse({"layers": places.on_the_map(standing, [parcels.parcel_or_404(standing, name)])})


def land_map(request: HttpRequest, slug: str) -> JsonResponse:
    """The plots of the table to renew, by how far each is, over boundary, groups, parcels and grids."""
    standing = enter(request, slug, "see_land")
    return JsonResponse({"layers": places.on_the_map(standing, land.on_the_map(standing), label=land.PLOTS)})
