"""Previews that take long: the worker reads a file and holds it against the park's figures; nobody waits for the page.

An import that is being read carries its job in its summary (`job`), or why it could not be read (`problems`).
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from ecopark.core.text import Text
from ecopark.errors import EcoparkError, InputError, Place
from ecopark.observations.mapping import ColumnMapping, from_dict
from ecopark.web.figures import imports, mappings
from ecopark.web.figures.models import Import
from ecopark.web.jobs import work
from ecopark.web.jobs.models import Job
from ecopark.web.people.access import Standing, standing


class NotAllowedError(EcoparkError):
    """Who sent the file may no longer bring it in."""

    def __init__(self) -> None:
        super().__init__("you may no longer import here", zh="您已不能在本园区导入")


def read_later(found: Import, user: Any, mapping: ColumnMapping | None = None, name: str = "") -> Job:
    """Have an import previewed by the worker.

    Parameters
    ----------
    mapping, name
        What its columns are, and under which name that is saved with the preview; without a name it is only used.
    """
    title = Text(f"读取 {found.name}", f"reading {found.name}")
    Import.objects.filter(pk=found.pk).update(summary={"year": found.summary.get("year", ""), "job": 0})
    job = work.ask(
        "import-preview", title, user, found.park, import_id=found.pk, save_as=name,
        mapping=mapping.to_dict() if mapping else None, year=mapping.year if mapping else found.summary.get("year", ""),
    )  # fmt: skip
    found.refresh_from_db()
    if not found.applied and "lines" not in found.summary and "problems" not in found.summary:
        found.summary = found.summary | {"job": job.pk}
        found.save(update_fields=["summary"])
    return job


def awaited(found: Import) -> bool:
    """Whether an import has no preview because the worker reads it, was stopped, or could not."""
    return not imports.previewed(found) and bool({"job", "problems"} & set(found.summary))


def job_of(found: Import) -> Job | None:
    """The job that reads an import, while it does or if it did not come to an end."""
    pk = found.summary.get("job")
    return Job.objects.filter(pk=pk, park=found.park_id).exclude(state="done").first() if pk else None


def problems_of(found: Import) -> list[Text]:
    """Why the worker could not read it."""
    return [Text(p["zh"], p["en"]) for p in found.summary.get("problems", ())]


@work.kind("import-preview")
def _preview(job: Job, step: work.Step) -> dict[str, Any]:
    found = Import.objects.select_related("park", "subject").get(pk=job.arguments["import_id"])
    who = standing(job.by, found.park)
    if who is None or not who.may("import_own"):
        raise NotAllowedError
    here = {"url": reverse("data-import-preview", args=[found.park.slug, found.pk])}
    year, body = str(job.arguments["year"]), job.arguments["mapping"]
    mapping = from_dict(body, Place(found.name))[0] if body else None
    read_by = mapping and mapping.of_year(year)
    try:
        lines = imports.preview(who, found.stored, found.name, year, read_by, found.subject, heard=step)
    except InputError as error:
        told = [{k: p.message(k) for k in ("zh", "en")} for p in error.problems if p.severity == "error"]
        found.summary = {"year": year, "problems": told}
        found.save(update_fields=["summary"])
        return here
    with transaction.atomic():
        keep(who, found, lines, job.arguments["save_as"], mapping, job.by)
    return here


def keep(
    who: Standing, found: Import, lines: list[imports.Line], name: str, mapping: ColumnMapping | None, user: Any
) -> None:
    """Keep a preview, and with it under a name what the columns are: both or neither."""
    with transaction.atomic():
        if name and mapping is not None:
            found.mapping = mappings.save(who.park, name, mapping, user, f"{found.name} ({timezone.localdate()})")
        found.changed = who.park.changed
        found.save(update_fields=["mapping", "changed"])
        imports.remember(found, lines)
