"""The one-page briefing: the file at once where all it needs is kept already, else background work that makes it."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, HttpRequest
from ninja import Router, Status

from ecopark.web.api import shapes
from ecopark.web.api.assess_api import JobPage, job_row
from ecopark.web.api.common import REFUSED, come_in, cut
from ecopark.web.assess import briefing_views
from ecopark.web.assess.dossier_views import TYPES
from ecopark.web.assess.views import period_or_404
from ecopark.web.jobs.models import Job
from ecopark.workflows.write_briefing import FORMATS

router = Router()
FILE = {
    "description": "the file",
    "content": {TYPES[kind]: {"schema": {"type": "string", "format": "binary"}} for kind in FORMATS},
}


@router.post(
    "/parks/{slug}/briefings", response={202: shapes.JobOut, **REFUSED}, summary="one-page briefing / 领导简报",
    openapi_extra={"responses": {200: FILE}},
)  # fmt: skip
def make(request: HttpRequest, slug: shapes.Name, body: shapes.BriefingIn) -> Any:
    """200 is the file itself; 202 the work that makes it where assessments must be computed first (`briefings/ID/file`).

    It holds what you may see, and says what was left out.
    """
    standing = come_in(request, slug, "make_briefing")
    made = briefing_views.file_or_job(standing, period_or_404(standing, body.period), body.format, body.language)
    return Status(202, job_row(made)) if isinstance(made, Job) else made


@router.get("/parks/{slug}/briefings", response={200: JobPage, **REFUSED}, summary="briefings / 简报")
def briefings(request: HttpRequest, slug: shapes.Name, limit: shapes.Limit = 100, offset: shapes.Number = 0) -> Any:
    """Those you asked for that were made in the background."""
    standing = come_in(request, slug, "make_briefing")
    rows = Job.objects.filter(park=standing.park, kind="briefing", by=request.user)
    return cut(rows, limit, offset, job_row)


@router.get("/parks/{slug}/briefings/{number}/file", summary="its file / 下载简报")
def briefing_file(request: HttpRequest, slug: shapes.Name, number: shapes.Number) -> FileResponse:
    """The file of a briefing that was made in the background, for who asked for it."""
    return briefing_views.download(request, slug, number)
