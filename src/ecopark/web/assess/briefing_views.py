"""The one-page briefing as a file: at once where everything it needs is kept already, else in the background."""

from __future__ import annotations

import secrets
import tempfile
from pathlib import Path

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from ecopark.core.text import Text
from ecopark.errors import EcoparkError
from ecopark.web.assess.briefing import gathered, is_ready
from ecopark.web.assess.dossier_views import TYPES
from ecopark.web.assess.keep import year_of, years_of
from ecopark.web.assess.views import period_or_404
from ecopark.web.jobs import work
from ecopark.web.jobs.models import Job
from ecopark.web.people.access import Standing, enter
from ecopark.web.people.access import standing as standing_of
from ecopark.web.uploads import file_answer, stored_path
from ecopark.workflows.write_briefing import FORMATS, write_briefing


def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose year, format and language; what was made in the background lately."""
    standing = enter(request, slug, "make_briefing")
    jobs = Job.objects.filter(park=standing.park, kind="briefing", by=request.user)[:5]
    context = {
        "years": [str(y) for y in years_of(standing.park)],
        "year": year_of(standing.park),
        "jobs": jobs,
        "formats": FORMATS,
    }
    return render(request, "assess/briefing.html", context)


@require_POST
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """The file itself, or a job that makes it where assessments must be computed first."""
    standing = enter(request, slug, "make_briefing")
    period, kind = period_or_404(standing, request.POST.get("period", "")), request.POST.get("format", "")
    if kind not in FORMATS:
        raise Http404
    language = "en" if request.POST.get("language") == "en" else "zh"
    made = file_or_job(standing, period, kind, language)
    return redirect("briefing", slug) if isinstance(made, Job) else made


def file_or_job(standing: Standing, period: str, kind: str, language: str) -> HttpResponse | Job:
    """The briefing as a file where all it needs is kept already; else the background work that makes it."""
    park = standing.park
    if not is_ready(park, period):
        title = Text(f"领导简报 {period}", f"one-page briefing {period}")
        return work.ask("briefing", title, standing.user, park, period=period, format=kind, lang=language)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"briefing.{kind}"
        write_briefing(gathered(standing, period, timezone.now()), path, language)
        response = HttpResponse(path.read_bytes(), content_type=TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="{_name(park.slug, period, kind)}"'
    return response


@work.kind("briefing")
def _make(job: Job, step: work.Step) -> dict[str, object]:
    park = job.park
    assert park is not None
    standing = standing_of(job.by, park)
    if standing is None or not standing.may("make_briefing"):
        raise EcoparkError("who asked for it may no longer make it", zh="申请人已无权出具")
    kind, period = job.arguments["format"], job.arguments["period"]
    stored = f"briefings/{park.pk}/{secrets.token_hex(12)}.{kind}"
    stored_path(stored).parent.mkdir(parents=True, exist_ok=True)
    write_briefing(gathered(standing, period, timezone.now(), step), stored_path(stored), job.arguments["lang"])
    return {"stored": stored, "url": reverse("briefing-file", args=[park.slug, job.pk])}


def download(request: HttpRequest, slug: str, pk: int) -> FileResponse:
    """A briefing that was made in the background, for who asked for it."""
    standing = enter(request, slug, "make_briefing")
    job = get_object_or_404(Job, pk=pk, park=standing.park, kind="briefing", by=request.user, state="done")
    kind = job.arguments["format"]
    return file_answer(stored_path(str(job.result["stored"])), _name(slug, job.arguments["period"], kind), TYPES[kind])


def _name(slug: str, period: str, kind: str) -> str:
    return f"{slug}-briefing-{period}.{kind}"
