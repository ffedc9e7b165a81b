"""An opinion is signed by an account of the department, or recorded from paper by the secretary; every place says which."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from ecopark.web.people.models import Membership, User
from ecopark.web.projects import decide as decisions
from ecopark.web.projects import gate, opinions, steps
from ecopark.web.projects.models import Opinion, Project
from ecopark.web.uploads import stored_path

from .api_calls import Api, good, refusal
from .conftest import ROLES, World
from .test_cases import PNG
from .test_projects import OFFICES, given, ground  # noqa: F401

PAPER = {
    "how": "paper", "office": "environment", "opinion": "agree", "signed_by": "王某", "signed_on": "2026-03-01",
    "reference": "环审 12 号", "version": "1",
}  # fmt: skip
ACCOUNT = {"how": "account", "office": "environment", "opinion": "conditions", "note": "先验收", "version": "1"}


@pytest.fixture
def review(ground: World) -> Project:  # noqa: F811
    """A project under review; `signer` is an account of the environment department, `office` of none."""
    signer = User.objects.create_user("signer", password="x", last_name="李", first_name="明")
    department = ground.park.departments.get(key="ecology_environment")
    Membership.objects.create(user=signer, role="office", park=ground.park, department=department)
    ground.people["signer"] = signer
    project = steps.start(ground.park, given(), ground.people["office"])
    steps.move(project, "review", ground.people["office"])
    project.refresh_from_db()
    return project


def send(world: World, role: str, project: Project, fields: dict[str, Any]) -> Any:
    return world.client_of(role).post(f"/p/alpha/projects/{project.pk}/opinion/", fields)


def test_an_account_of_the_department_signs_in_its_own_name(ground: World, review: Project) -> None:  # noqa: F811
    assert (
        send(ground, "signer", review, ACCOUNT | {"signed_by": "somebody else", "signed_on": "1999-01-01"}).status_code
        == 302
    )
    row = Opinion.objects.get()
    assert (row.how, row.signed_by, row.by.username, row.department) == (
        "account",
        "李明",
        "signer",
        "ecology_environment",
    )
    assert row.signed_on == date.today() or abs(row.signed_on - date.today()) <= timedelta(days=1)
    page = ground.client_of("office").get(f"/p/alpha/projects/{review.pk}/").content.decode()
    assert "本部门账户签署" in page


@pytest.mark.parametrize("office", ["investment", "land"])
def test_nobody_signs_for_another_department(ground: World, review: Project, office: str) -> None:  # noqa: F811
    for role in ("signer", "office", "admin"):
        answer = send(ground, role, review, ACCOUNT | {"office": office})
        assert answer.status_code == 422
        assert "据纸质件代录" in answer.content.decode()
    assert not Opinion.objects.exists()


def test_the_secretary_records_what_a_paper_says_and_it_is_marked(ground: World, review: Project) -> None:  # noqa: F811
    for office in OFFICES:
        assert send(ground, "office", review, PAPER | {"office": office}).status_code == 302
    page = ground.client_of("reviewer").get(f"/p/alpha/projects/{review.pk}/").content.decode()
    assert "据纸质件代录" in page
    assert "环审 12 号" in page
    made = decisions.decide(review, ground.people["office"], until=None)
    [said, *_] = made.told["project"]["opinions"]
    assert said["signed_how"] == {
        "zh": "据纸质件代录：office（环审 12 号）",
        "en": "recorded from paper by office (环审 12 号)",
    }
    for lang, words in (("zh", "据纸质件代录：office（环审 12 号）"), ("en", "recorded from paper by office")):
        assert words in decisions.minutes_path(made, lang, "html").read_text(encoding="utf-8")
    shown = ground.client_of("reviewer").get(f"/p/alpha/projects/decision/{made.pk}/").content.decode()
    assert "据纸质件代录：office" in shown


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"signed_by": " "}, "签字人姓名"),
        ({"reference": " "}, "文号"),
        ({"signed_on": "2999-01-01"}, "不晚于今天"),
        ({"signed_on": "soon"}, "不晚于今天"),
        ({"office": "gone"}, "没有这个会审部门"),
        ({"version": "7"}, "刚被改过"),
    ],
)
def test_a_paper_that_cannot_be_recorded_is_told_and_what_was_typed_stays(
    ground: World,  # noqa: F811
    review: Project,
    more: dict[str, str],
    told: str,
) -> None:
    answer = send(ground, "office", review, PAPER | {"note": "附图三张"} | more)
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert "附图三张" in answer.content.decode()
    assert not Opinion.objects.exists()


def test_who_is_of_the_department_signs_and_does_not_record(ground: World, review: Project) -> None:  # noqa: F811
    answer = send(ground, "signer", review, PAPER)
    assert (answer.status_code, Opinion.objects.exists()) == (422, False)
    assert send(ground, "signer", review, PAPER | {"office": "land"}).status_code == 302


def test_a_scan_stands_in_for_a_number_and_is_open_to_who_sees_projects(ground: World, review: Project) -> None:  # noqa: F811
    scan = SimpleUploadedFile("意见单.png", PNG)
    assert send(ground, "office", review, PAPER | {"reference": "", "file": scan}).status_code == 302
    row = Opinion.objects.get()
    assert (row.file_name, stored_path(row.stored).is_file()) == ("意见单.png", True)
    for role in ROLES:
        answer = ground.client_of(role).get(f"/p/alpha/projects/{review.pk}/opinion/{row.pk}/file/")
        allowed = role in ("admin", "office", "reviewer")
        assert answer.status_code == (200 if allowed else 404 if role in ("stranger", "anonymous") else 403), role
        if answer.streaming:
            assert b"".join(answer.streaming_content) == PNG
    wrong = SimpleUploadedFile("意见单.png", b"MZ")
    assert send(ground, "office", review, PAPER | {"office": "land", "file": wrong}).status_code == 422
    assert Opinion.objects.count() == 1


def test_by_token_as_on_the_page(ground: World, review: Project) -> None:  # noqa: F811
    address = f"/parks/alpha/projects/{review.pk}"
    signer, office = Api(ground, "signer"), Api(ground, "office")
    said = {"office": "environment", "opinion": "agree", "how": "account", "seen": 1}
    refusal(office.send(f"{address}/opinions", said), 422)
    whole = good(signer.send(f"{address}/opinions", said))
    assert [(o["how"], o["signed_by"], o["by"]) for o in whole["opinions"]] == [("account", "李明", "李明")]
    assert {o["id"]: (o["department"], o["yours"]) for o in whole["offices"]}["environment"] == (
        "ecology_environment",
        True,
    )
    paper = {"office": "land", "opinion": "agree", "signed_by": "王某", "signed_on": "2026-03-01", "seen": 1}
    refusal(office.send(f"{address}/opinions", paper), 422)
    whole = good(office.send(f"{address}/opinions", paper | {"reference": "1 号"}))
    assert [(o["how"], o["reference"]) for o in whole["opinions"]][1] == ("paper", "1 号")


def test_the_park_says_which_department_an_office_is(ground: World, review: Project) -> None:  # noqa: F811
    client = ground.client_of("office")
    assert send(ground, "signer", review, ACCOUNT | {"office": "land"}).status_code == 422
    answer = client.post("/p/alpha/settings/offices/", {"office-land": "ecology_environment", "reason": "机构合并"})
    assert answer.status_code == 302
    review.park.refresh_from_db()
    assert review.park.settings["offices"] == {"land": "ecology_environment"}
    assert send(ground, "signer", review, ACCOUNT | {"office": "land"}).status_code == 302
    assert client.post("/p/alpha/settings/offices/", {"office-land": "nobody", "reason": "x"}).status_code == 422
    api = Api(ground, "office")
    named = good(api.send("/parks/alpha/offices", {"offices": {"land": "water"}, "reason": "x"}, "put"))
    assert named["land"] == "water"
    refusal(api.send("/parks/alpha/offices", {"offices": {"gone": "water"}, "reason": "x"}, "put"), 422)
    policy = gate.policy_of(review.park)
    assert policy is not None
    land = next(o for o in gate.offices_of(policy) if o.id == "land")
    review.park.refresh_from_db()
    found = opinions.department_of(review.park, land)
    assert found is not None
    assert found.key == "water"
