"""Pages on which a table of firms comes into the registry, and on which the park's groups are kept."""

from __future__ import annotations

import tempfile
from pathlib import Path

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from ecopark.core.text import Text
from ecopark.core.words import counted
from ecopark.errors import EcoparkError
from ecopark.web.firms import bring_in, groups, registry, tables
from ecopark.web.firms.models import LINES, RegistryTable
from ecopark.web.jobs import work
from ecopark.web.jobs.models import Job
from ecopark.web.pages.context import lang
from ecopark.web.pages.paging import paged
from ecopark.web.parks.models import Park
from ecopark.web.people.access import enter
from ecopark.web.templatetags.ui import say, t
from ecopark.web.typed import number_in, seen_in
from ecopark.web.uploads import TABLES, UploadError, keep

PER_PAGE = 100
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def template_bytes(park: Park) -> bytes:
    """The table to fill in."""
    named = list(park.subjects.filter(kind="group").order_by("key").values_list("key", "name"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "firms.xlsx"
        tables.write_template(path, named, registry.park_parcels(park), lang())
        return path.read_bytes()


def template(request: HttpRequest, slug: str) -> HttpResponse:
    """The table to fill in, as a workbook."""
    park = enter(request, slug, "write_firms").park
    response = HttpResponse(template_bytes(park), content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="{park.slug}-firms.xlsx"'
    return response


def upload(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a table in; what it would change is shown on its own page."""
    standing = enter(request, slug, "write_firms")
    context: dict[str, object] = {
        "recent": standing.park.registry_tables.select_related("by")[:20],
        "columns": tables.COLUMNS,
    }
    if request.method != "POST":
        return render(request, "firms/import.html", context)
    file = request.FILES.get("file")
    try:
        if file is None:
            raise UploadError(NO_FILE)
        made, job = bring_in.receive(standing.park, keep(file, f"registry/{standing.park.pk}", TABLES), request.user)
    except UploadError as error:
        return render(request, "firms/import.html", context | {"problems": [say(error.text)]}, status=422)
    return _at(slug, made, job)


def table(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The rows of a table beside the registry: new, changed, conflicting, unchanged, unusable."""
    standing = enter(request, slug, "write_firms")
    found = get_object_or_404(RegistryTable.objects.select_related("by", "park"), pk=pk, park=standing.park)
    counts = bring_in.counts(found)
    shown = request.GET.get("group", "")
    if shown not in LINES:
        shown = next((g for g, n in counts.items() if n), "new")
    context = {
        "found": found, "counts": counts, "shown": shown, "groups": LINES, "columns": tables.COLUMNS,
        "job": work.shown(request),
        "tabs": [
            {"label": label, "url": f"?group={group}", "current": group == shown, "count": counts[group]}
            for group, label in LINES.items()
        ],
        "page": paged(request, found.lines.filter(group=shown), PER_PAGE),
        "ticked": bring_in.TICKED, "decided": found.lines.exclude(choice="").count(),
        "titles": [
            {"title": title, "field": found.columns.get(title, ""), "samples": samples}
            for title, samples in found.samples.items()
        ],
        "names": dict(standing.park.subjects.filter(kind__in=("park", "group")).values_list("key", "name")),
    }  # fmt: skip
    return render(request, "firms/table.html", context)


@require_POST
def columns(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Say what the columns are, and look again."""
    standing = enter(request, slug, "write_firms")
    found = get_object_or_404(RegistryTable, pk=pk, park=standing.park)
    try:
        job = bring_in.say_columns(found, request.POST.getlist("title"), request.POST.getlist("field"), request.user)
    except EcoparkError as error:
        messages.error(request, error.message(lang()))
        return _at(slug, found)
    return _at(slug, found, job)


@require_POST
def choose(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Decide of the conflicting rows of one page."""
    standing = enter(request, slug, "write_firms")
    found = get_object_or_404(RegistryTable, pk=pk, park=standing.park)
    said: dict[str, list[int]] = {}
    for name, choice in request.POST.items():
        number = number_in(name.removeprefix("choice-"))
        if name.startswith("choice-") and number is not None:
            said.setdefault(str(choice), []).append(number)
    try:
        for choice, numbers in said.items():
            bring_in.decide(found, numbers, choice)
    except EcoparkError as error:
        messages.error(request, error.message(lang()))
    else:
        messages.success(request, t("已记下，确认导入时生效", "Noted; it takes effect when the table is stored"))
    page = number_in(request.POST.get("page", "")) or 1
    return redirect(f"{reverse('firms-table', args=[slug, pk])}?group=conflicting&page={page}")


@require_POST
def store(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Put the rows into the registry, all or none."""
    standing = enter(request, slug, "write_firms")
    found = get_object_or_404(RegistryTable, pk=pk, park=standing.park)
    try:
        written, job = bring_in.store(found, request.user, request.POST.getlist("group"), request.POST.get("why", ""))
    except EcoparkError as error:
        messages.error(request, error.message(lang()))
        return _at(slug, found)
    if job is None:
        added, edited = written["added"], written["edited"]
        messages.success(
            request, t(f"新增 {added} 家，更新 {edited} 家", f"{counted(added, 'firm')} added, {edited} changed")
        )
    return _at(slug, found, job)


@require_POST
def look_again(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Hold the table against the registry as it is now."""
    standing = enter(request, slug, "write_firms")
    found = get_object_or_404(RegistryTable, pk=pk, park=standing.park)
    job = None if found.applied else bring_in.again(found, request.user)
    return _at(slug, found, job)


def _at(slug: str, found: RegistryTable, job: Job | None = None) -> HttpResponse:
    where = reverse("firms-table", args=[slug, found.pk])
    return redirect(f"{where}?job={job.pk}" if job else where)


# -- groups ------------------------------------------------------------------------------------------------------------


def group_page(request: HttpRequest, slug: str) -> HttpResponse:
    """The park's groups with their firms; add one, rename one, put firms into one."""
    standing = enter(request, slug, "write_firms")
    filters = {k: request.GET.get(k, "").strip() for k in ("like", "group", "state")}
    fitting = groups.chosen(standing, **filters)
    context = {
        "groups": groups.groups(standing.park), "on_map": groups.on_map(standing.park), "filters": filters,
        "fitting": fitting.count(), "first": fitting[:8],
    }  # fmt: skip
    return render(request, "firms/groups.html", context)


@require_POST
def save_group(request: HttpRequest, slug: str) -> HttpResponse:
    """Add a group, or rename one."""
    standing = enter(request, slug, "write_firms")
    given = [request.POST.get(k, "") for k in ("key", "name")]
    try:
        groups.save(standing.park, *given, request.user, request.POST.get("why", ""))
    except EcoparkError as error:
        messages.error(request, error.message(lang()))
    else:
        messages.success(request, t("已保存", "Saved"))
    return redirect("firm-groups", slug)


@require_POST
def give_group(request: HttpRequest, slug: str) -> HttpResponse:
    """Put the firms that a filter leaves into a group."""
    standing = enter(request, slug, "write_firms")
    filters = {k: request.POST.get(k, "").strip() for k in ("like", "group", "state")}
    try:
        count = groups.give(
            standing, groups.chosen(standing, **filters), request.POST.get("parent", ""), request.user,
            request.POST.get("why", ""), seen=seen_in(request.POST.get("seen", "")),
        )  # fmt: skip
    except EcoparkError as error:
        messages.error(request, error.message(lang()))
    else:
        messages.success(request, t(f"已调整 {count} 家企业", counted(count, "firm was moved", "firms were moved")))
    return redirect("firm-groups", slug)


NO_FILE = Text("请选择文件。", "Choose a file.")
