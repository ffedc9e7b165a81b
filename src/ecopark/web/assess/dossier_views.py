"""The dossier as files: made in the background, every format and language, downloaded by who may have it."""

from __future__ import annotations

import io
import secrets
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from ecopark.core.text import Text
from ecopark.packs.load import find_pack
from ecopark.reports.dossier import FORMATS
from ecopark.web.assess.keep import packs_of, years_of
from ecopark.web.figures.facts import facts_of
from ecopark.web.jobs import work
from ecopark.web.jobs.models import Job
from ecopark.web.parks.models import Park
from ecopark.web.people.access import enter
from ecopark.web.uploads import stored_path
from ecopark.workflows.write_dossier import write_dossiers

TYPES = {
    "html": "text/html",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}


def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose standards, year and language; the files that were made lately."""
    standing = enter(request, slug, "make_dossier")
    request.standing = standing  # type: ignore[attr-defined]
    jobs = Job.objects.filter(park=standing.park, kind="dossier", by=request.user)[:10]
    context = {
        "packs": [find_pack(name) for name in packs_of(standing.park)],
        "years": [str(y) for y in years_of(standing.park)], "jobs": jobs,
        "formats": FORMATS,
    }  # fmt: skip
    return render(request, "assess/dossier.html", context)


@require_POST
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask for a dossier."""
    standing = enter(request, slug, "make_dossier")
    request.standing = standing  # type: ignore[attr-defined]
    known = packs_of(standing.park)
    chosen = [p for p in request.POST.getlist("pack") if p in known]
    period = request.POST.get("period", "")
    if not chosen or not (period.isdecimal() and int(period) in years_of(standing.park)):
        raise Http404
    language = "en" if request.POST.get("language") == "en" else "zh"
    ask(standing.park, request.user, chosen, period, language)
    return page(request, slug)


def ask(park: Park, user: Any, packs: Sequence[str], period: str, language: str) -> Job:
    """Have a dossier of these standards made in the background."""
    title = Text(f"自评价报告 {period}", f"dossier {period}")
    return work.ask("dossier", title, user, park, packs=list(packs), period=period, lang=language)


@work.kind("dossier")
def _make(job: Job, step: work.Step) -> dict[str, object]:
    park = job.park
    assert park is not None
    folder = f"dossiers/{park.pk}/{secrets.token_hex(12)}"
    out = stored_path(folder)
    out.mkdir(parents=True)
    done = 0

    def told(_: str) -> None:
        nonlocal done
        done += 1
        step(min(done, STEPS - 1), STEPS)

    step(0, STEPS)
    written = write_dossiers(
        facts_of(park), job.arguments["packs"], out, periods=[job.arguments["period"]], subject=park.key,
        lang=job.arguments["lang"], on=timezone.localdate(), step=told,
    )  # fmt: skip
    names = [p.relative_to(out).as_posix() for p in written]
    return {"folder": folder, "files": names, "url": reverse("dossier", args=[park.slug])}


STEPS = 12


def download(request: HttpRequest, slug: str, pk: int, name: str) -> HttpResponse | FileResponse:
    """One file of a dossier, or all of them as ``all.zip``."""
    standing = enter(request, slug, "make_dossier")
    job = get_object_or_404(Job, pk=pk, park=standing.park, kind="dossier", by=request.user, state="done")
    folder, files = str(job.result["folder"]), [str(f) for f in job.result["files"]]
    stem = f"{slug}-{job.arguments['period']}"
    if name == "all.zip":
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in files:
                archive.write(stored_path(f"{folder}/{file}"), file)
        response = HttpResponse(out.getvalue(), content_type=TYPES["zip"])
        response["Content-Disposition"] = f'attachment; filename="{stem}.zip"'
        return response
    if name not in files:
        raise Http404
    path = stored_path(f"{folder}/{name}")
    kind = TYPES.get(Path(name).suffix.lstrip("."), "application/octet-stream")
    return FileResponse(path.open("rb"), as_attachment=True, filename=f"{stem}{path.suffix}", content_type=kind)
