"""What pages of own policies and grading methods share: the list, what is wrong, a directory taken away, an edition back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from ecopark.core.text import Text
from ecopark.errors import EcoparkError, InputError, Problem
from ecopark.web.own_directories import DirectoryEdition, Kind
from ecopark.web.pages.context import lang
from ecopark.web.parks.models import Park
from ecopark.web.templatetags.ui import t


def with_last(rows: QuerySet[Any]) -> list[dict[str, Any]]:
    """Editions by name, each with whether it is the one that counts."""
    found: list[dict[str, Any]] = []
    for e in rows:
        found.append({"edition": e, "last": not found or found[-1]["edition"].name != e.name})
    return found


def zip_answer(found: DirectoryEdition) -> HttpResponse:
    """A directory of rules as a zip."""
    answer = HttpResponse(found.zipped(), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="{found.name}-{found.number}.zip"'
    return answer


def place_of(problem: Problem) -> Text:
    """Where in the directory a problem is."""
    place = problem.place
    if place.line is None:
        return Text(place.file, place.file)
    return Text(f"{place.file} 第 {place.line} 行", f"{place.file} line {place.line}")


def told_problems(error: EcoparkError, where: Callable[[Problem], Text] = place_of) -> list[dict[str, Any]]:
    """Everything wrong, one by one: where, what, what to do."""
    if not isinstance(error, InputError):
        return [{"where": "", "what": Text(error.message("zh"), error.message("en")), "repair": None}]
    return [
        {"where": where(p), "what": Text(p.zh, p.en), "repair": Text(p.repair_zh, p.repair_en)} for p in error.problems
    ]


def bring_back(request: HttpRequest, park: Park, kind: Kind[Any], pk: int) -> None:
    """An earlier edition as the new one, and say how that went."""
    old = get_object_or_404(kind.model, park=park, pk=pk)
    try:
        kind.bring_back(park, old.name, old.number, request.user, request.POST.get("why", ""))
    except EcoparkError as error:
        messages.error(request, error.message(lang())[:1000])
    else:
        messages.success(request, t("已记为新版本", "Kept as a new edition"))
