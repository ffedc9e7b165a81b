"""Long work is cancelled on its page or by the API, while it waits or while it runs: nothing of it is stored, it can be asked again."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from ecopark.web.assess import briefing_views, dossiers
from ecopark.web.figures import imports
from ecopark.web.figures.models import Figure, Import
from ecopark.web.firms import bring_in, grades
from ecopark.web.firms.models import FirmGrade, GradeRun, RegistryTable
from ecopark.web.jobs import work
from ecopark.web.jobs.models import Job
from ecopark.web.parks.models import Subject

from .api_calls import Api, good, refusal
from .conftest import World
from .test_firms import METHOD, graded
from .test_import import ROWS, send, workbook

__all__ = ["graded"]
KINDS = ("import", "firms-store", "dossier", "grade", "briefing")
NOT_HERE = {"many", "firms-read", "import-preview", "ask-firms"}
"""That of many parks is stopped in `test_many`, those of large parks in `test_long_work`; reading stores nothing but what it read."""
WAYS = ("page", "api")
HOME = "/p/alpha/"
FIRMS = "企业名称,编号\n新来科技有限公司,X1\n"


@pytest.fixture
def queued(graded: World, settings: Any, monkeypatch: pytest.MonkeyPatch) -> World:
    """A park whose long work waits for the worker, however little it is; every step of it is a second long."""
    settings.JOBS_INLINE = False
    monkeypatch.setattr(imports, "BACKGROUND", 0)
    monkeypatch.setattr(grades, "AT_ONCE", 0)
    monkeypatch.setattr(bring_in, "MANY_ROWS", 0)
    monkeypatch.setattr(work, "time", SimpleNamespace(monotonic=count(1).__next__))
    return graded


def send_for(world: World, kind: str, *, again: bool = False) -> Any:
    """Ask for such work as a person does on its page; an import again from the same preview."""
    office = world.client_of("office")
    if kind == "import":
        if not again:
            send(world, workbook(ROWS[2]))
        answer = office.post(f"{HOME}data/import/{Import.objects.latest('pk').pk}/apply/", {"group": ["new"]})
    elif kind == "firms-store":
        if not again:
            office.post(f"{HOME}firms/import/", {"file": SimpleUploadedFile("firms.csv", FIRMS.encode())})
        table = RegistryTable.objects.latest("pk")
        answer = office.post(f"{HOME}firms/import/{table.pk}/store/", {"group": ["new"], "why": "名册"})
    elif kind == "dossier":
        fields = {"pack": ["hj274-2015"], "period": "2023", "language": "zh"}
        answer = office.post(f"{HOME}assess/dossier/start/", fields)
    elif kind == "grade":
        answer = office.post(f"{HOME}firms/grades/run/", {"method": METHOD, "year": "2023"})
    else:
        answer = office.post(f"{HOME}assess/briefing/start/", {"period": "2023", "format": "pdf", "language": "zh"})
    assert answer.status_code in (200, 302)
    return answer


def ask(world: World, kind: str) -> Job:
    """The job of such work, which waits."""
    send_for(world, kind)
    job = Job.objects.latest("pk")
    assert (job.kind, job.state) == (kind, "waiting")
    return job


def press(world: World, way: str, job: Job, role: str = "office") -> None:
    """Press cancel."""
    if way == "api":
        assert good(Api(world, role).send(f"/jobs/{job.pk}/cancel", {}))["id"] == job.pk
    else:
        answer = world.client_of(role).post(f"/jobs/{job.pk}/cancel/")
        assert answer.status_code == 200


def nothing(job: Job) -> None:
    """Nothing of the work is there."""
    assert job.state == "cancelled"
    assert job.result in ({}, None)
    assert job.finished is not None or job.tries == 0
    if job.kind == "import":
        found = Import.objects.latest("pk")
        assert (found.applied, Figure.objects.filter(park=job.park, period="2021").count()) == (None, 0)
    elif job.kind == "firms-store":
        assert not Subject.objects.filter(park=job.park, key="X1").exists()
    elif job.kind == "grade":
        assert (GradeRun.objects.count(), FirmGrade.objects.count()) == (0, 0)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", KINDS)
def test_what_waits_is_never_begun(queued: World, kind: str, way: str) -> None:
    job = ask(queued, kind)
    press(queued, way, job)
    assert work.next_job() is None
    job.refresh_from_db()
    nothing(job)
    for address in (f"assess/dossier/{job.pk}/all.zip", f"assess/briefing/{job.pk}/file/"):
        assert queued.client_of("office").get(HOME + address).status_code == 404


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", KINDS)
def test_what_runs_stops_and_can_be_asked_again(
    queued: World, monkeypatch: pytest.MonkeyPatch, kind: str, way: str
) -> None:
    job = ask(queued, kind)
    real, heard = work.KINDS[kind], []

    def interrupted(job: Job, step: work.Step) -> dict[str, Any]:
        def pressed(done: int, total: int) -> None:
            step(done, total)
            heard.append((done, total))
            if len(heard) == 1:
                press(queued, way, job)

        return real(job, pressed)

    monkeypatch.setitem(work.KINDS, kind, interrupted)
    taken = work.next_job()
    assert taken is not None
    work.take(taken)
    taken.refresh_from_db()
    assert heard, "it never said how far it is"
    nothing(taken)
    page = queued.client_of("office").get(f"/jobs/{job.pk}/").content.decode()
    assert "已取消" in page
    assert "hx-post" not in page  # over: it offers no way to cancel it once more
    monkeypatch.setitem(work.KINDS, kind, real)
    answer = send_for(queued, kind, again=True)
    if kind == "briefing":  # what it rests on was computed before it was stopped, and that was right: it comes at once
        assert answer.content.startswith(b"%PDF")
        return
    taken = work.next_job()
    assert taken is not None
    assert taken.pk != job.pk
    work.take(taken)
    taken.refresh_from_db()
    assert taken.state == "done", taken.message


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_else_cancels_it(queued: World, kind: str) -> None:
    job = ask(queued, kind)
    for role in ("consultant", "reviewer", "firm", "keeper", "stranger", "anonymous"):
        assert queued.client_of(role).post(f"/jobs/{job.pk}/cancel/").status_code == 404, role
    for role in ("consultant", "firm", "stranger"):
        refusal(Api(queued, role).send(f"/jobs/{job.pk}/cancel", {}), 404)
    job.refresh_from_db()
    assert (job.state, job.stop) == ("waiting", False)
    press(queued, "page", job, role="admin")
    job.refresh_from_db()
    assert job.state == "cancelled"


def test_every_kind_of_work_is_cancelled_here() -> None:
    assert {briefing_views.__name__, dossiers.__name__} <= {w.__module__ for w in _works()}
    assert set(work.KINDS) - set(KINDS) <= NOT_HERE, "a kind of work without a test that cancels it"


def _works() -> list[Callable[..., Any]]:
    return list(work.KINDS.values())
