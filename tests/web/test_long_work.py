"""What takes long on a large park is the worker's, asks the database a bounded number of times, and can be cancelled."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ecopark.web.figures import imports, known, reading, submit
from ecopark.web.figures.change import Change, write
from ecopark.web.figures.models import Figure, Import, Submission
from ecopark.web.firms.compare import registry_of
from ecopark.web.firms.models import RegistryTable
from ecopark.web.jobs import size, views, work
from ecopark.web.jobs.models import Job
from ecopark.web.parks.models import Subject
from ecopark.web.people.models import Membership

from .api_calls import Api, good
from .conftest import World

WATER = "industrial_fresh_water_m3"
TABLE = f"subject,quantity,period,value,unit\nalpha-1,{WATER},2023,5,m3\nalpha-2,{WATER},2021,6,m3\n"


@pytest.fixture
def long(world: World, monkeypatch: Any, settings: Any, tmp_path: Any) -> World:
    """Every park is large."""
    settings.UPLOADS = tmp_path / "uploads"
    monkeypatch.setattr(size, "MANY_FIRMS", 2)
    return world


def upload(world: World, text: str = TABLE, **more: str) -> Any:
    file = SimpleUploadedFile("facts.csv", text.encode())
    return world.client_of("office").post("/p/alpha/data/import/", {"file": file} | more)


def next_one() -> None:
    """What the worker does next."""
    job = work.next_job()
    assert job is not None
    work.take(job)


def many(world: World, count: int) -> list[Subject]:
    Subject.objects.bulk_create(
        [Subject(park=world.park, key=f"n{i:04d}", name=f"企业{i}", kind="firm", parent="alpha") for i in range(count)]
    )
    return list(world.park.subjects.filter(kind="firm"))


def test_asking_a_thousand_firms_takes_few_queries_and_keeps_history(world: World) -> None:
    firms = many(world, 1000)
    user = world.people["office"]
    there = submit.of(world.park, firms[0], "2023")
    with CaptureQueriesContext(connection) as asked:
        assert submit.ask(world.park, firms, "2023", date(2024, 3, 1), user) == len(firms)
    assert len(asked) < 60
    rows = Submission.objects.filter(park=world.park, period="2023")
    assert rows.count() == len(firms) and set(rows.values_list("due", "by")) == {(date(2024, 3, 1), user.pk)}
    assert [h.history_type for h in there.history.order_by("history_id")] == ["+", "~"]
    other = rows.exclude(pk=there.pk).first()
    assert other is not None
    assert [(h.history_type, h.history_user) for h in other.history.all()] == [("+", user)]
    assert submit.ask(world.park, firms, "2023", date(2024, 3, 1), user) == 0
    assert other.history.count() == 1


def test_many_firms_are_asked_by_the_worker(long: World) -> None:
    Subject.objects.filter(key="alpha-3").update(since=2024)
    answer = long.client_of("office").post(
        "/p/alpha/data/submissions/ask/", {"period": "2023", "due": "2099-03-01"}, follow=True
    )
    job = Job.objects.get(kind="ask-firms")
    assert (job.state, job.result["count"]) == ("done", 2), "a firm that came later is not asked"
    assert answer.context["job"] == job
    told = good(Api(long, "office").send("/parks/alpha/submissions/ask", {"period": "2022", "due": "2099-03-01"}))
    assert told["job"] == Job.objects.latest("pk").pk


def test_asking_many_firms_is_cancelled_to_its_last_moment(long: World, settings: Any, monkeypatch: Any) -> None:
    settings.JOBS_INLINE = False
    long.client_of("office").post("/p/alpha/data/submissions/ask/", {"period": "2023", "due": "2099-03-01"})
    real, job = submit.ask, Job.objects.get()

    def pressed(*arguments: Any) -> int:
        count = real(*arguments)
        views.stop(job)
        return count

    monkeypatch.setattr(submit, "ask", pressed)
    next_one()
    job.refresh_from_db()
    assert job.state == "cancelled" and not Submission.objects.filter(due__isnull=False).exists()


def test_a_write_reads_only_the_figures_it_is_about(world: World) -> None:
    firms = many(world, 900)
    user = world.people["office"]
    write(world.park, [Change(f.key, WATER, "2023", "1", "m3") for f in firms], user, "x")
    before = Figure.objects.get(subject=firms[-1], quantity=WATER, period="2023")
    with CaptureQueriesContext(connection) as asked:
        found = known.known_figures(world.park, [(f.key, WATER, "2023", "") for f in firms[:800]])
    assert len(found) == 800 and len(asked) == 4, "two for the subjects, two for the figures"
    assert all(f.subject.key == key[0] for key, f in found.items())
    assert not known.known_figures(world.park, [("nobody", WATER, "2023", ""), (firms[0].key, WATER, "1999", "")])
    changes = [Change(f.key, WATER, "2023", "2", "m3", seen=1) for f in firms[-500:]]
    assert write(world.park, changes, user, "x") == 500
    before.refresh_from_db()
    assert (before.given, before.version) == ("2", 2)


def test_a_preview_of_a_large_park_is_the_workers(long: World) -> None:
    answer = upload(long)
    found = Import.objects.get()
    assert answer["Location"] == f"/p/alpha/data/import/{found.pk}/"
    job = Job.objects.get(kind="import-preview")
    assert job.state == "done" and job.result["url"] == answer["Location"]
    assert {(x.subject, x.group) for x in imports.remembered(found)} == {("alpha-1", "changed"), ("alpha-2", "new")}
    long.client_of("office").post(f"{answer['Location']}apply/", {"group": ["new"]})
    assert Figure.objects.filter(subject__key="alpha-2", period="2021").exists()


def test_it_waits_shows_how_far_it_is_and_can_be_cancelled(long: World, settings: Any) -> None:
    settings.JOBS_INLINE = False
    where = upload(long)["Location"]
    office, job = long.client_of("office"), Job.objects.get()
    assert f'id="job-{job.pk}"' in office.get(where).content.decode()
    told = good(Api(long, "office").get(f"/parks/alpha/imports/{Import.objects.get().pk}"))
    assert (told["previewed"], told["job"], told["problems"]) == (False, job.pk, [])
    steps: list[tuple[int, int]] = []

    def stopped(at: Job, step: work.Step) -> dict[str, Any]:
        def heard(done: int, total: int) -> None:
            steps.append((done, total))
            if done >= 60:
                views.stop(job)
                raise work.Stopped

        return reading._preview(at, heard)

    original = work.KINDS["import-preview"]
    work.KINDS["import-preview"] = stopped
    try:
        next_one()
    finally:
        work.KINDS["import-preview"] = original
    job.refresh_from_db()
    assert job.state == "cancelled" and steps[0] == (0, 100)
    assert not imports.previewed(Import.objects.get())
    assert "已取消" in office.get(where).content.decode()
    office.post(f"{where}apply/", {"group": ["new"]})
    assert not Figure.objects.filter(subject__key="alpha-2", period="2021").exists()


def test_what_the_worker_cannot_read_is_told_on_the_page(long: World) -> None:
    where = upload(long, "a,b\nc,d\n")["Location"]
    page = long.client_of("office").get(where).content.decode()
    assert "这份文件不能用" in page and "facts.csv" in page
    assert good(Api(long, "office").get(f"/parks/alpha/imports/{Import.objects.get().pk}"))["problems"]


def test_who_may_no_longer_import_gets_no_preview(long: World, settings: Any) -> None:
    settings.JOBS_INLINE = False
    upload(long)
    Membership.objects.filter(user=long.people["office"]).delete()
    next_one()
    job = Job.objects.get()
    assert job.state == "failed" and not imports.previewed(Import.objects.get())


def test_columns_of_a_long_table_are_kept_with_its_preview(long: World) -> None:
    where = upload(long, "企业,用水（m3）\n企业 alpha-1,7\n", mapping="new")["Location"]
    assert where.endswith("/columns/")
    body = {
        "act": "save", "name": "水务", "layout": "subjects", "header": "1", "header_rows": "1", "period": "year",
        "year": "2023", "title": ["企业", "用水(m3)"], "role": ["name", "value"], "title-quantity": ["", WATER],
        "title-unit": ["", "m3"], "title-by": ["", ""],
    }  # fmt: skip
    answer = long.client_of("office").post(where, body)
    assert answer.status_code == 302, answer.content.decode()[:800]
    found = Import.objects.get()
    assert Job.objects.get(kind="import-preview").state == "done"
    assert found.mapping is not None and found.mapping.name == "水务"
    assert [x.given for x in imports.remembered(found)] == ["7"]


def test_the_registry_is_read_in_two_queries_however_many_firms_it_has(world: World) -> None:
    many(world, 300)
    with CaptureQueriesContext(connection) as asked:
        assert len(registry_of(world.park).firms) == 303
    assert len(asked) == 2, "the parcels of the map, and the subjects"


def test_a_table_of_firms_is_the_workers_too(long: World, settings: Any) -> None:
    settings.JOBS_INLINE = False
    file = SimpleUploadedFile("firms.csv", "企业名称\n新企业\n".encode())
    where = long.client_of("office").post("/p/alpha/firms/import/", {"file": file})["Location"]
    assert "?job=" in where
    page = long.client_of("office").get(where).content.decode()
    assert f'id="job-{Job.objects.get().pk}"' in page
    assert long.client_of("admin").get(where).context["job"] is None, "a job is shown to who asked for it"
    next_one()
    assert RegistryTable.objects.get().lines.count() == 1
