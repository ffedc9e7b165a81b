"""Figures by theme: forms with last year's value beside, problems at the field."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse


def themes(request: HttpRequest, slug: str) -> HttpResponse:
    """Themes."""
    return HttpResponse("themes")


def form(request: HttpRequest, slug: str, theme: str) -> HttpResponse:
    """A theme."""
    return HttpResponse("form")
