"""All firms of a park are asked for a year's figures: at once, or in the background where there are many."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction
from django.urls import reverse

from ecopark.core.text import Text
from ecopark.web.figures import submit
from ecopark.web.jobs import work
from ecopark.web.jobs.models import Job
from ecopark.web.jobs.size import many_firms
from ecopark.web.parks.models import Park


def ask_all(park: Park, period: str, due: date, user: Any) -> tuple[int, Job | None]:
    """Ask the firms that were here in a year; how many were asked, or the job that asks them."""
    if not many_firms(park):
        return submit.ask(park, submit.active(park, int(period)), period, due, user), None
    title = Text(f"下达 {period} 年填报要求", f"asking all firms for {period}")
    return 0, work.ask("ask-firms", title, user, park, period=period, due=due.isoformat())


@work.kind("ask-firms")
def _ask(job: Job, step: work.Step) -> dict[str, Any]:
    park, period = job.park, str(job.arguments["period"])
    if park is None:
        raise ValueError("no park")
    step(0, 0)
    with transaction.atomic():
        count = submit.ask(
            park, submit.active(park, int(period)), period, date.fromisoformat(job.arguments["due"]), job.by
        )
        work.heard(job)  # cancelled while the rows were written: nobody is asked
    return {"count": count, "url": f"{reverse('submissions', args=[park.slug])}?year={period}"}
