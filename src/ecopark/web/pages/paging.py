"""Long lists in pages: the one that the address asks for (``?page=``)."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest

EACH = 50
"""Rows of a page."""


def paged(request: HttpRequest, rows: Any, each: int = EACH) -> Page[Any]:
    """The page of `rows` that is asked for: the first for what is no number, the last for one there is not."""
    return Paginator(rows, each).get_page(request.GET.get("page"))
