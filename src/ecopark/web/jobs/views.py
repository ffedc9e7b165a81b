"""How far a piece of work is, and the way to cancel it. Only who asked for it (and administrators) sees it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from ecopark.web.jobs.models import Job


def mine(request: HttpRequest, pk: int) -> Job:
    """The job, for who asked for it.

    Raises
    ------
    Http404
        There is none, or somebody else asked for it.
    """
    job = Job.objects.filter(pk=pk).first()
    if job is None or not (request.user.is_superuser or job.by_id == request.user.pk):  # type: ignore[union-attr]
        raise Http404
    return job


def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The progress bar; it asks again until the work is over."""
    return render(request, "jobs/progress.html", {"job": mine(request, pk)})


@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop it at its next step."""
    return render(request, "jobs/progress.html", {"job": stop(mine(request, pk))})


def stop(job: Job) -> Job:
    """Cancel a job: at once while it waits, else at its next step."""
    if job.state == "waiting":
        Job.objects.filter(pk=job.pk, state="waiting").update(state="cancelled")
    Job.objects.filter(pk=job.pk).update(stop=True)
    job.refresh_from_db()
    return job
