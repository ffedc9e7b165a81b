"""The dossiers of a park as files: asked for, seen and downloaded by who may make them, marked as handed in by the office."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from ecopark.packs.load import find_pack
from ecopark.reports.dossier import FORMATS
from ecopark.standards.titles import load_titles
from ecopark.web.assess import dossiers
from ecopark.web.assess.keep import packs_of, year_of, years_of
from ecopark.web.assess.models import Dossier
from ecopark.web.assess.views import period_or_404
from ecopark.web.pages.paging import paged
from ecopark.web.people.access import enter
from ecopark.web.templatetags.ui import say, t
from ecopark.web.typed import day_in
from ecopark.web.uploads import file_answer, stored_path

PER_PAGE = 20
TYPES = {
    "html": "text/html",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}


def page(request: HttpRequest, slug: str, status: int = 200) -> HttpResponse:
    """Choose standards, year and language; the dossiers the park has, with who made them of what."""
    standing = enter(request, slug, "make_dossier")
    found = paged(request, dossiers.of_park(standing.park), PER_PAGE)
    context = {
        "packs": [find_pack(name) for name in packs_of(standing.park)],
        "years": [str(y) for y in years_of(standing.park)], "year": year_of(standing.park),
        "jobs": dossiers.unfinished(standing.park, request.user)[:5],
        "formats": FORMATS, "page": found, "may_mark": standing.may("hand_up"), "titles": list(load_titles().values()),
        "today": timezone.localdate(),
    }  # fmt: skip
    return render(request, "assess/dossier.html", context, status=status)


@require_POST
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask for a dossier."""
    standing = enter(request, slug, "make_dossier")
    known = packs_of(standing.park)
    chosen = [p for p in request.POST.getlist("pack") if p in known]
    period = period_or_404(standing, request.POST.get("period", ""))
    if not chosen:
        messages.error(request, t("请至少选一个标准。", "Choose at least one standard."))
        return page(request, slug, 422)
    language = request.POST.get("language", "")
    dossiers.ask(standing.park, request.user, chosen, period, language if language in dossiers.LANGUAGES else "zh")
    return redirect("dossier", slug)


@require_POST
def mark(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Mark a dossier as the one handed in, or take the mark back."""
    standing = enter(request, slug, "hand_up")
    found = get_object_or_404(Dossier, pk=pk, park=standing.park)
    get = request.POST.get
    try:
        if get("take") == "back":
            dossiers.unmark(found, request.user, get("why", ""))
        else:
            dossiers.mark(found, get("title", ""), day_in(get("day", "")), request.user)
    except dossiers.DossierError as error:
        messages.error(request, say(error.text))
        return page(request, slug, 422)
    messages.success(request, t("已记录", "Written down"))
    return redirect("dossier", slug)


def download(request: HttpRequest, slug: str, pk: int, name: str) -> HttpResponse | FileResponse:
    """One file of a dossier, or all of them as ``all.zip``."""
    standing = enter(request, slug, "make_dossier")
    found = get_object_or_404(Dossier, pk=pk, park=standing.park)
    stem = f"{slug}-{found.period}"
    if name == "all.zip":
        if not all(
            stored_path(f"{found.folder}/{file}").is_file() for file in found.files
        ):  # taken off the disk by hand
            raise Http404
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in found.files:
                archive.write(stored_path(f"{found.folder}/{file}"), file)
        response = HttpResponse(out.getvalue(), content_type=TYPES["zip"])
        response["Content-Disposition"] = f'attachment; filename="{stem}.zip"'
        return response
    if name not in found.files:
        raise Http404
    path = stored_path(f"{found.folder}/{name}")
    kind = TYPES.get(Path(name).suffix.lstrip("."), "application/octet-stream")
    language = f"-{name.partition('/')[0]}" if "/" in name else ""
    return file_answer(path, f"{stem}{language}{path.suffix}", kind)
