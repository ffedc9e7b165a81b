"""The dossiers of a park: made in the background, seen by whoever may make them, one of them marked as the one handed in."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from ecopark import __version__
from ecopark.core.text import RefusedError, Text
from ecopark.packs.load import find_pack
from ecopark.standards.titles import load_titles
from ecopark.web.assess.models import Dossier
from ecopark.web.figures.facts import facts_of
from ecopark.web.jobs import work
from ecopark.web.jobs.models import Job
from ecopark.web.parks.models import Park
from ecopark.web.uploads import stored_path
from ecopark.workflows.write_dossier import write_dossiers

LANGUAGES = {"zh": ("zh",), "en": ("en",), "both": ("zh", "en")}
"""What may be asked for, and the languages it is made in."""
STEPS = 12
"""So many steps a dossier takes in one language."""
WENT_ON = ("waiting", "running", "failed", "cancelled")


class DossierError(RefusedError):
    """The dossier cannot be marked so; `text` says why."""


def ask(park: Park, user: Any, packs: Sequence[str], period: str, language: str) -> Job:
    """Have a dossier of these standards made in the background; `language` is zh, en or both."""
    title = Text(f"自评价报告 {period}", f"dossier {period}")
    return work.ask("dossier", title, user, park, packs=list(packs), period=period, lang=language)


@work.kind("dossier")
def make(job: Job, step: work.Step) -> dict[str, object]:
    """Write the files and put the dossier down; a run that is stopped or fails leaves nothing, nor does one before it."""
    park = job.park
    assert park is not None
    folder = f"dossiers/{park.pk}/{job.pk}"
    out = stored_path(folder)
    shutil.rmtree(out, ignore_errors=True)  # of a worker that died in the middle
    out.mkdir(parents=True)
    try:
        files = _written(job, park, out, step)
        made = Dossier(
            job=job, park=park, packs=job.arguments["packs"], period=job.arguments["period"], folder=folder, files=files,
            languages=list(LANGUAGES[job.arguments["lang"]]), size=sum((out / name).stat().st_size for name in files),
            hashes={name: find_pack(name).hash for name in job.arguments["packs"]}, version=__version__, by=job.by,
        )  # fmt: skip
        made._history_user = job.by
        made.save()
    except BaseException:
        shutil.rmtree(out, ignore_errors=True)
        raise
    return {"folder": folder, "files": files, "url": reverse("dossier", args=[park.slug])}


def _written(job: Job, park: Park, out: Path, step: work.Step) -> list[str]:
    """Names of the files, those of several languages each in a folder of its own."""
    languages = LANGUAGES[job.arguments["lang"]]
    done, total = 0, STEPS * len(languages)

    def told(_: str) -> None:
        nonlocal done
        done += 1
        step(min(done, total - 1), total)

    step(0, total)
    facts, found = facts_of(park), []
    for lang in languages:
        place = out if len(languages) == 1 else out / lang
        place.mkdir(exist_ok=True)
        found += write_dossiers(
            facts, job.arguments["packs"], place, periods=[job.arguments["period"]], subject=park.key, lang=lang,
            on=timezone.localdate(), step=told,
        )  # fmt: skip
    return [path.relative_to(out).as_posix() for path in found]


def of_park(park: Park) -> QuerySet[Dossier]:
    """All dossiers of a park, the latest first."""
    return Dossier.objects.filter(park=park).select_related("by", "marked_by", "park")


def unfinished(park: Park, user: Any) -> QuerySet[Job]:
    """A person's own runs that have made no dossier (yet)."""
    return Job.objects.filter(park=park, kind="dossier", by=user, state__in=WENT_ON).order_by("-at")


def handed_in(park: Park) -> QuerySet[Dossier]:
    """The dossiers that were handed in, the latest first."""
    return of_park(park).exclude(title="").order_by("-handed_in", "-pk")


@transaction.atomic
def mark(dossier: Dossier, title: str, day: date | None, user: Any, today: date | None = None) -> Dossier:
    """Mark a dossier as the one handed in to a programme on a day.

    Raises
    ------
    DossierError
        There is no such programme, no day, or one that lies ahead or before the dossier was made.
    """
    if title not in load_titles() or day is None:
        raise DossierError(Text("请选择申报的称号，并填报送日期。", "Choose the programme, and give the day."))
    if day > (today or timezone.localdate()):
        raise DossierError(Text(f"{day} 还没有到。", f"{day} lies ahead."))
    if day < timezone.localtime(dossier.at).date():
        raise DossierError(
            Text(f"报告 {timezone.localtime(dossier.at):%Y-%m-%d} 才生成，早于它的日期不对。",
                 f"The dossier was made on {timezone.localtime(dossier.at):%Y-%m-%d}: it cannot have been handed in before.")
        )  # fmt: skip
    return _marked(dossier, title, day, user, "handed in")


@transaction.atomic
def unmark(dossier: Dossier, user: Any, why: str) -> Dossier:
    """Take the mark back; the history keeps it.

    Raises
    ------
    DossierError
        It is not marked, or no reason is given.
    """
    if not dossier.title:
        raise DossierError(Text("这份报告没有标为已报送。", "It is not marked as handed in."))
    if not why.strip():
        raise DossierError(Text("请写明撤销理由。", "Say why the mark is taken back."))
    return _marked(dossier, "", None, user, why.strip()[:300])


def _marked(dossier: Dossier, title: str, day: date | None, user: Any, why: str) -> Dossier:
    known = Dossier.objects.select_for_update().get(pk=dossier.pk)
    known.title, known.handed_in, known.marked_by, known.marked_at = title, day, user, timezone.now()
    known._change_reason, known._history_user = why, user
    known.save(update_fields=["title", "handed_in", "marked_by", "marked_at"])
    return known
