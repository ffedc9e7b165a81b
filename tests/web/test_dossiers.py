"""The dossiers of a park: seen by whoever may make them, marked as handed in, and nothing left of a run that was stopped."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from ecopark.packs.load import find_pack
from ecopark.web.assess import dossiers
from ecopark.web.assess.models import Dossier
from ecopark.web.jobs import work
from ecopark.web.jobs.models import Job
from ecopark.web.uploads import stored_path

from .api_calls import Api, good, refusal, refused_as
from .conftest import ROLES, World

PACK = "hj274-2015"
P = "/parks/alpha"
PAGE = "/p/alpha/assess/dossier/"
MAKERS = ("admin", "office", "consultant", "reviewer")
TITLE = "eco_industrial_park"


def dossier(world: World, by: str = "consultant", **more: Any) -> int:
    """A dossier that was made, without the time it takes."""
    job = Job.objects.create(
        kind="dossier", park=world.park, by=world.people[by], state="done", title_zh="x", title_en="x"
    )
    folder = f"dossiers/{world.park.pk}/{job.pk}"
    stored_path(folder).mkdir(parents=True, exist_ok=True)
    (stored_path(folder) / "dossier.pdf").write_bytes(b"%PDF-made")
    made = Dossier.objects.create(
        job=job, park=world.park, packs=[PACK], period="2023", languages=["zh"], hashes={PACK: "abcdef1234"}, size=9,
        version="0.1.0", folder=folder, files=["dossier.pdf"], by=world.people[by], **more,
    )  # fmt: skip
    return int(made.pk)


@pytest.mark.parametrize("role", ROLES)
def test_every_page_and_endpoint_by_every_role(world: World, role: str) -> None:
    number = dossier(world)
    api, client = Api(world, role), world.client_of(role)
    shut = 404 if role in ("anonymous", "stranger") else 403
    maker, office = role in MAKERS, role in ("admin", "office")
    assert client.get(PAGE).status_code == (200 if maker else shut)
    for name in ("all.zip", "dossier.pdf"):
        for answer, refused in (
            (client.get(f"{PAGE}{number}/{name}"), shut),
            (api.get(f"{P}/dossiers/{number}/files/{name}"), refused_as(role)),
        ):
            assert answer.status_code == (200 if maker else refused)
            assert not answer.streaming or b"".join(answer.streaming_content) == b"%PDF-made"
    assert api.get(f"{P}/dossiers").status_code == (200 if maker else refused_as(role))
    sent = {"title": TITLE, "day": str(timezone.localdate())}
    assert client.post(f"{PAGE}{number}/mark/", sent).status_code == (302 if office else shut)
    assert api.send(f"{P}/dossiers/{number}/mark", sent).status_code == (200 if office else refused_as(role))
    if role not in ("admin", "anonymous"):
        assert api.get(f"/parks/beta/dossiers/{number}/files/all.zip").status_code == 404
    assert bool(Dossier.objects.get().title) == office


def test_one_run_makes_both_languages_and_everybody_who_may_finds_them(world: World) -> None:
    fields = {"pack": [PACK], "period": "2023", "language": "both"}
    assert world.client_of("consultant").post(f"{PAGE}start/", fields).status_code == 302
    job, made = Job.objects.get(), Dossier.objects.get()
    assert job.state == "done", job.message
    assert made.languages == ["zh", "en"] and made.hashes == {PACK: find_pack(PACK).hash}
    assert made.size == sum((stored_path(made.folder) / name).stat().st_size for name in made.files) > 0
    text = world.client_of("office").get(PAGE).content.decode()
    assert "consultant" in text and find_pack(PACK).hash[:8] in text
    archive = world.client_of("reviewer").get(f"{PAGE}{made.pk}/all.zip")
    names = zipfile.ZipFile(io.BytesIO(archive.content)).namelist()
    kinds = {(n.partition("/")[0], n.rpartition(".")[2]) for n in names}
    assert kinds >= {(lang, kind) for lang in ("zh", "en") for kind in ("html", "docx", "pdf", "pptx", "xlsx")}
    [told] = good(Api(world, "office").get(f"{P}/dossiers"))["items"]
    assert (told["id"], told["languages"], told["by"]) == (job.pk, ["zh", "en"], "consultant")
    one = next(n for n in told["files"] if n.startswith("en/") and n.endswith(".pdf"))
    answer = Api(world, "office").get(f"{P}/dossiers/{job.pk}/files/{one}")
    assert b"".join(answer.streaming_content).startswith(b"%PDF-")
    assert answer["Content-Disposition"] == 'attachment; filename="alpha-2023-en.pdf"'
    refusal(Api(world, "office").send(f"{P}/dossiers", {"packs": [PACK], "period": "2023", "language": "fr"}), 422)


def test_the_one_handed_in_stands_in_the_life_of_the_title(world: World) -> None:
    number, client = dossier(world), world.client_of("office")
    client.cookies["django_language"] = "en"
    today = timezone.localdate()
    for wrong in (
        {"title": "no-such", "day": str(today)}, {"title": TITLE, "day": ""}, {"title": TITLE, "day": str(today + timedelta(days=1))},
        {"title": TITLE, "day": str(today - timedelta(days=1))}, {"take": "back", "why": "x"},
    ):  # fmt: skip
        assert client.post(f"{PAGE}{number}/mark/", wrong).status_code == 422, wrong
    assert not Dossier.objects.get().title
    assert "Dossiers handed in" not in client.get("/p/alpha/rules/titles/").content.decode()
    client.post(f"{PAGE}{number}/mark/", {"title": TITLE, "day": str(today)})
    text = client.get("/p/alpha/rules/titles/").content.decode()
    assert "Dossiers handed in" in text and f"#dossier-{number}" in text
    assert "Dossiers handed in" not in world.client_of("firm").get("/p/alpha/rules/titles/").content.decode()
    assert client.post(f"{PAGE}{number}/mark/", {"take": "back", "why": " "}).status_code == 422
    api = Api(world, "office")
    assert good(api.get(f"{P}/dossiers"))["items"][0]["handed_in"] == str(today)
    refusal(api.send(f"{P}/dossiers/{number}/mark", {}), 422)
    assert good(api.send(f"{P}/dossiers/{number}/mark", {"why": "报错了"}))["title"] == ""
    rows = Dossier.objects.get().history.all()[:2]
    assert [(h.title, h.history_user.username, h.history_change_reason) for h in rows] == [
        ("", "office", "报错了"),
        (TITLE, "office", "handed in"),
    ]


def running(world: World, monkeypatch: pytest.MonkeyPatch, stop: Callable[[Job], None]) -> Job:
    """A run that has written a file when `stop` is called."""
    arguments = {"packs": [PACK], "period": "2023", "lang": "zh"}
    job = Job.objects.create(
        kind="dossier", park=world.park, by=world.people["office"], title_zh="x", title_en="x", arguments=arguments
    )

    def write(facts: Any, packs: Any, out: Path, *, step: Callable[[str], None], **more: Any) -> list[Path]:
        (out / "half.html").write_text("half")
        stop(job)
        time.sleep(0.35)  # a job asks so often whether it is to stop
        step("half.html")
        return [out / "half.html"]

    monkeypatch.setattr(dossiers, "write_dossiers", write)
    work.take(job)
    job.refresh_from_db()
    return job


@pytest.mark.parametrize("way", ["page", "api"])
def test_a_run_that_is_cancelled_leaves_nothing(world: World, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    def stop(job: Job) -> None:
        if way == "page":
            for role, status in (("consultant", 404), ("firm", 404), ("office", 200)):
                assert world.client_of(role).post(f"/jobs/{job.pk}/cancel/").status_code == status
        else:
            for role, status in (("consultant", 404), ("firm", 404), ("office", 200)):
                assert Api(world, role).send(f"/jobs/{job.pk}/cancel", {}).status_code == status

    job = running(world, monkeypatch, stop)
    assert job.state == "cancelled"
    assert not stored_path(f"dossiers/{world.park.pk}/{job.pk}").exists()
    assert not Dossier.objects.exists()


def test_a_run_that_waits_is_cancelled_at_once(world: World) -> None:
    job = Job.objects.create(kind="dossier", park=world.park, by=world.people["office"], title_zh="x", title_en="x")
    assert good(Api(world, "office").send(f"/jobs/{job.pk}/cancel", {}))["state"] == "cancelled"
    assert work.next_job() is None


def test_a_run_that_fails_or_dies_leaves_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(job: Job) -> None:
        raise OSError("the disk is full")

    job = running(world, monkeypatch, fail)
    assert job.state == "failed" and not Dossier.objects.exists()
    folder = stored_path(f"dossiers/{world.park.pk}/{job.pk}")
    assert not folder.exists()
    folder.mkdir(parents=True)
    (folder / "of-the-first-try.html").write_text("half")  # of a worker that was killed
    monkeypatch.undo()
    Job.objects.filter(pk=job.pk).update(state="waiting")
    again = work.next_job()
    assert again is not None
    work.take(again)
    assert "of-the-first-try.html" not in [p.name for p in folder.iterdir()]
    assert Dossier.objects.get().pk == job.pk


def test_a_dossier_without_a_standard_is_refused_and_one_that_is_asked_for_leads_back(world: World) -> None:
    client = world.client_of("office")
    refused = client.post("/p/alpha/assess/dossier/start/", {"period": "2023"})
    assert refused.status_code == 422 and "请至少选一个标准" in refused.content.decode()
    asked = client.post("/p/alpha/assess/dossier/start/", {"period": "2023", "pack": world.park.packs[0]})
    assert (asked.status_code, asked.url) == (302, "/p/alpha/assess/dossier/")
