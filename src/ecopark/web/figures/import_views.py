"""Template out, filled workbook in, and the preview in between."""

from __future__ import annotations

import tempfile
from pathlib import Path
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_POST

from ecopark.core.text import Text
from ecopark.core.words import counted
from ecopark.errors import InputError
from ecopark.observations.templates import write_template
from ecopark.web.assess.keep import packs_of, years_of, years_open
from ecopark.web.figures import imports, incoming, reading, whose
from ecopark.web.figures.change import ConflictError
from ecopark.web.figures.corrections import HandedInError
from ecopark.web.figures.form_rows import asked
from ecopark.web.figures.models import Import
from ecopark.web.jobs import work
from ecopark.web.jobs.models import Job
from ecopark.web.pages.context import lang
from ecopark.web.pages.paging import paged
from ecopark.web.people.access import enter
from ecopark.web.templatetags.ui import say, t
from ecopark.web.typed import number_in
from ecopark.web.uploads import TABLES, UploadError, keep

SHOWN = 200


def template(request: HttpRequest, slug: str) -> HttpResponse:
    """The workbook to fill in: what the park's standards need, the last years as columns; ``?of=`` a firm's."""
    wanted = request.GET.get("of")
    standing = enter(request, slug, "see_figures", wanted)
    park = standing.park
    subject = standing.subjects().filter(key=wanted or standing.own_subject, kind__in=("park", "firm")).first()
    if subject is None:
        raise Http404 if wanted else PermissionDenied
    latest = max([*years_of(park), 0]) or 2024
    years = list(range(latest - 2, latest + 2))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.xlsx"
        write_template(
            path, [q.id for q in asked(park, subject)], years, lang=lang(), base_year=park.base_year, title=subject.name,
            packs=packs_of(park), mark=whose.mark(park, subject.key),
        )  # fmt: skip
        data = path.read_bytes()
    response = HttpResponse(data, content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    named = park.slug if subject.key == park.key else f"{park.slug}-{slugify(subject.key) or subject.pk}"
    response["Content-Disposition"] = f'attachment; filename="{named}-{years[-1]}.xlsx"'
    return response


def upload(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a workbook in and show what it would change; what cannot be read is told whole."""
    wanted = request.POST.get("firm") or request.GET.get("of", "")
    standing = enter(request, slug, "import_own", wanted or None)
    may_map = standing.may("import_figures")
    context: dict[str, object] = {
        "years": years_open(standing.park), "recent": imports.visible(standing).select_related("by")[:10],
        "mappings": standing.park.column_mappings.filter(withdrawn__isnull=True).select_related("by") if may_map else [],
        "may_map": may_map, "wanted": wanted,
        "firms": [] if standing.wide else standing.subjects().filter(kind="firm").order_by("name"),
    }  # fmt: skip
    if request.method != "POST":
        return render(request, "data/import.html", context)
    file = request.FILES.get("file")
    if file is None:
        context["problems"] = [t("请选择文件。", "Choose a file.")]
        return render(request, "data/import.html", context, status=422)
    chosen, year = request.POST.get("mapping", ""), request.POST.get("year", "")
    saved = standing.park.column_mappings.filter(pk=number_in(chosen), withdrawn__isnull=True).first()
    try:
        made = incoming.receive(
            standing,
            keep(file, f"imports/{standing.park.pk}", TABLES),
            year,
            saved=saved,
            own=chosen == "new",
            firm=request.POST.get("firm", ""),
        )
    except UploadError as error:
        context["problems"] = [say(error.text)]
        return render(request, "data/import.html", context, status=422)
    except InputError as error:
        context["problems"] = [p.message(lang()) for p in error.problems if p.severity == "error"][:SHOWN]
        return render(request, "data/import.html", context, status=422)
    ready = imports.previewed(made) or reading.awaited(made)
    return redirect("data-import-preview" if ready else "data-import-columns", slug, made.pk)


def preview(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """New, changed, conflicting and unusable rows, side by side with what is stored."""
    standing = enter(request, slug, "import_own")
    found = get_object_or_404(imports.visible(standing), pk=pk)
    if not imports.previewed(found):
        if reading.awaited(found):
            context = {"found": found, "reading": reading.job_of(found), "problems": reading.problems_of(found)}
            return render(request, "data/preview.html", context)
        return redirect("data-import-columns", slug, pk)
    lines = imports.remembered(found)
    shown = request.GET.get("group", "")
    counts = imports.counts(lines)
    if shown not in imports.GROUPS:
        shown = next((g for g, n in counts.items() if n), "new")
    tabs = [
        {"label": label, "url": f"?group={group}", "current": group == shown, "count": counts[group]}
        for group, label in imports.GROUPS.items()
    ]
    page = paged(request, [line for line in lines if line.group == shown], 100)
    job = Job.objects.filter(pk=request.GET.get("job") or 0, by=request.user).first()
    context = {
        "found": found, "tabs": tabs, "page": page, "shown": shown, "counts": counts, "groups": imports.GROUPS,
        "waits": not standing.wide, "ticked": imports.TICKED, "job": job, "usable": sum(counts[g] for g in imports.USABLE),
        "filled": sum(n for g, n in counts.items() if g != "left"),
    }  # fmt: skip
    return render(request, "data/preview.html", context)


@require_POST
def apply(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Store the ticked groups: at once, or in the background where there are many rows."""
    standing = enter(request, slug, "import_own")
    found = get_object_or_404(imports.visible(standing), pk=pk)
    here = redirect("data-import-preview", slug, pk)
    if found.applied:
        messages.info(request, t("这份表已导入过。", "This workbook was brought in already."))
        return here
    if not imports.previewed(found):
        return here
    groups = [g for g in request.POST.getlist("group") if g in imports.GROUPS]
    lines = sum(n for g, n in imports.counts(imports.remembered(found)).items() if g in groups)
    if lines > imports.BACKGROUND:
        title = Text(f"导入 {found.name}", f"importing {found.name}")
        job = work.ask("import", title, request.user, standing.park, import_id=found.pk, groups=groups)
        return redirect(f"{reverse('data-import-preview', args=[slug, pk])}?job={job.pk}")
    try:
        count = imports.apply(found, request.user, groups)
    except ConflictError as error:
        messages.error(request, conflict_words(error))
        return here
    except HandedInError as error:
        messages.error(request, say(error.text))
        return here
    messages.success(request, t(f"已导入 {count} 项", f"{counted(count, 'figure')} stored"))
    return redirect(_data(found))


def _data(found: Import) -> str:
    """The data pages of whom an import is about."""
    of = f"?{urlencode({'of': found.subject.key})}" if found.subject else ""
    return f"{reverse('data', args=[found.park.slug])}{of}"


def conflict_words(error: ConflictError) -> str:
    """What somebody is told whose import met a figure that changed since the preview."""
    return t(
        f"预览之后有人改了 {error.figure.quantity}（{error.figure.period}），未导入任何一项。请重新上传以查看最新情况。",
        f"{error.figure.quantity} ({error.figure.period}) was changed after the preview; nothing was stored. "
        "Send the file again to see where things stand.",
    )


@work.kind("import")
def _import(job: Job, step: work.Step) -> dict[str, object]:
    found = Import.objects.get(pk=job.arguments["import_id"])
    step(0, 1)
    with transaction.atomic():
        count = imports.apply(found, job.by, job.arguments["groups"])
        work.heard(job)  # cancelled while the rows were written: none of them is kept
    return {"count": count, "url": _data(found)}
