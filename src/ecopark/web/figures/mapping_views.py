"""The page on which a person says what the columns of a department's own table are, with its first rows beside."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from ecopark.errors import InputError
from ecopark.observations.quantity import catalogue
from ecopark.web.figures import incoming, mappings
from ecopark.web.figures.models import Import, SavedMapping
from ecopark.web.pages.context import lang
from ecopark.web.people.access import enter
from ecopark.web.templatetags.ui import t

SHOWN = 100
CHOSEN = ("sheet", "header", "header_rows", "layout")


def columns(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Suggest, correct and save a mapping, then go to the preview; what does not fit is told with the nearest titles."""
    standing = enter(request, slug, "import_figures")
    found = get_object_or_404(Import.objects.select_related("mapping", "park"), pk=pk, park=standing.park)
    if found.applied:
        return redirect("data-import-preview", slug, pk)
    year, given = str(found.summary.get("year", "")), {}
    name = found.mapping.name if found.mapping else ""
    problems: list[str] = []
    if request.method == "POST":
        given = {k: request.POST.get(k, "") for k in CHOSEN} | {"again": "1"}
        year = request.POST.get("year", year).strip()
        name = incoming.name_of(request.POST.get("name", name))
    mapping, matched = mappings.begun(found, year, given)
    if request.POST.get("act") == "save":
        mapping = mappings.typed(request.POST)
        try:
            incoming.say_columns(standing, found, name, mapping, request.user)
        except InputError as error:
            problems = [p.message(lang()) for p in error.problems if p.severity == "error"]
        else:
            messages.success(request, t(f"列对应“{name}”已保存", f"the column mapping '{name}' was saved"))
            return redirect("data-import-preview", slug, found.pk)
    elif request.method == "GET" and found.mapping is not None:
        problems = [p.message(lang()) for p in mappings.problems_of(found, mapping)]
    context = {
        "found": found, "page": mappings.shown_page(found, mapping, matched), "name": name, "problems": problems[:SHOWN],
        "layouts": mappings.LAYOUTS, "periods": mappings.PERIODS, "roles": mappings.ROLES[mapping.layout],
        "quantities": catalogue().quantities.values(),
    }  # fmt: skip
    wrong = bool(problems) and request.method == "POST"
    return render(request, "data/columns.html", context, status=422 if wrong else 200)


def download(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """A saved mapping as YAML: beside a file of a park folder the command line reads that file by it."""
    standing = enter(request, slug, "import_figures")
    saved = get_object_or_404(SavedMapping, pk=pk, park=standing.park)
    response = HttpResponse(mappings.as_yaml(saved), content_type="application/yaml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{slug}-{saved.pk}.mapping.yaml"'
    return response


@require_POST
def withdraw(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Take a saved mapping out of the lists; its history and the imports that came by it stay."""
    standing = enter(request, slug, "import_figures")
    saved = get_object_or_404(SavedMapping, pk=pk, park=standing.park, withdrawn__isnull=True)
    mappings.withdraw(saved, request.user)
    messages.success(request, t(f"列对应“{saved.name}”已停用", f"the column mapping '{saved.name}' was withdrawn"))
    return redirect("data-import", slug)
