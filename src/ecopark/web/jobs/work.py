"""What can be done in the background, and how: a registry of kinds, a queue in the database, one worker process.

A kind is a function ``(job, step) -> result``. It calls ``step(done, total)`` now and then; that keeps the job alive, shows
how far it is, and raises `Stopped` when somebody cancelled it. Whatever a job writes it writes in one transaction or to
files of its own, so that a stopped or killed job leaves nothing behind.
"""

from __future__ import annotations

import logging
import os
import time
import traceback
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import close_old_connections
from django.http import HttpRequest
from django.utils import timezone

from ecopark.core.text import Text
from ecopark.errors import EcoparkError
from ecopark.web.jobs.models import Job
from ecopark.web.parks.models import Park
from ecopark.web.typed import number_in

Step = Callable[[int, int], None]
Work = Callable[[Job, Step], dict[str, Any]]

KINDS: dict[str, Work] = {}
QUIET = timedelta(seconds=60)
"""A running job without a sign of life for so long has lost its worker."""
TRIES = 2
DIED = "后台进程两次中断，已停止；没有留下一半的结果 / the worker ended twice in the middle; nothing is half stored"


class Stopped(Exception):
    """The job was cancelled."""


def kind(name: str) -> Callable[[Work], Work]:
    """Register a kind of work."""

    def register(work: Work) -> Work:
        KINDS[name] = work
        return work

    return register


def ask(name: str, title: Text, user: Any, park: Park | None = None, **arguments: Any) -> Job:
    """Put work into the queue; tests and sites without a worker do it at once (`JOBS_INLINE`).

    Raises
    ------
    KeyError
        There is no such kind.
    """
    if name not in KINDS:
        raise KeyError(name)
    job = Job.objects.create(
        kind=name, title_zh=title.zh, title_en=title.en, by=user, park=park, arguments=arguments
    )  # fmt: skip
    if settings.JOBS_INLINE:
        take(job)
    return job


def shown(request: HttpRequest) -> Job | None:
    """The job that a page was asked to show (``?job=``), for who asked for the work."""
    return Job.objects.filter(pk=number_in(request.GET.get("job", "")), by=request.user).first()


def next_job() -> Job | None:
    """The oldest waiting job, or one whose worker died; claimed for the caller."""
    now = timezone.now()
    Job.objects.filter(state="running", beat__lt=now - QUIET, tries__lt=TRIES).update(state="waiting")
    Job.objects.filter(state="running", beat__lt=now - QUIET).update(state="failed", finished=now, message=DIED)
    for pk in Job.objects.filter(state="waiting").order_by("at").values_list("pk", flat=True)[:5]:
        if Job.objects.filter(pk=pk, state="waiting").update(state="running", beat=now):
            return Job.objects.get(pk=pk)
    return None


def heard(job: Job) -> None:
    """Listen whether somebody cancelled it.

    Raises
    ------
    Stopped
        Somebody did.
    """
    if Job.objects.filter(pk=job.pk, stop=True).exists():
        raise Stopped


def take(job: Job) -> None:
    """Do one job and write down what came of it."""
    Job.objects.filter(pk=job.pk).update(state="running", beat=timezone.now(), tries=job.tries + 1)
    last = 0.0

    def step(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last < 0.3 and done < total:
            return
        last = time.monotonic()
        Job.objects.filter(pk=job.pk).update(done=done, total=total, beat=timezone.now())
        heard(job)

    try:
        result = KINDS[job.kind](job, step)
    except KeyboardInterrupt:  # the site is being ended: its next start takes this up at once
        Job.objects.filter(pk=job.pk).update(state="waiting", tries=job.tries, beat=None)
        raise
    except Stopped:
        found: dict[str, Any] = {"state": "cancelled"}
    except EcoparkError as error:
        found = {"state": "failed", "message": str(error)}
    except Exception:
        logging.getLogger(__name__).exception("job %s failed", job.pk)
        found = {"state": "failed", "message": traceback.format_exc(limit=1).strip().splitlines()[-1]}
    else:
        found = {"state": "done", "result": result}
    Job.objects.filter(pk=job.pk).update(**found, finished=timezone.now())
    job.refresh_from_db()


def run_forever(pause: float = 0.5, once: bool = False, parent: int | None = None) -> None:
    """Take jobs until the process is ended; with `once` until none is waiting; with `parent` while that process lives."""
    while parent is None or os.getppid() == parent:
        close_old_connections()
        job = next_job()
        if job is not None:
            take(job)
        elif once:
            return
        else:
            time.sleep(pause)
