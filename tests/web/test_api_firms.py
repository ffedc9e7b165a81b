"""Firms by token: registry, merge and undo, audits; graded, appealed, decided; land; nothing of another firm by any route."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from ecopark.web.firms import grades
from ecopark.web.firms.models import Appeal, Audit, FirmEvent, FirmGrade, GradeRun, PlotTable, Retrofit
from ecopark.web.projects import steps

from .api_calls import OFFICE, WIDE, Api, good, refusal, refused_as
from .conftest import ROLES, World
from .test_api_projects import given, ground
from .test_firms import CODE, LAND, METHOD, PLOTS, graded

__all__ = ["graded", "ground"]
P = "/parks/alpha"
EVERYBODY, GRADERS = (*WIDE, "firm"), ("admin", "office", "reviewer", "firm")


def run(world: World) -> int:
    """The firms graded by token."""
    return int(good(Api(world, "office").send(f"{P}/gradings", {"year": "2023"}))["run"]["id"])


def appeal(world: World, made: int, role: str = "firm", key: str = "alpha-1", **more: Any) -> Any:
    """An appeal by token."""
    file = SimpleUploadedFile("receipt.pdf", b"%PDF-1.7 receipt")
    fields = {"quantity": LAND, "value": "0.002", "reason": "漏计", "file": file} | more
    return Api(world, role).upload(f"{P}/gradings/{made}/firms/{key}/appeals", fields)


def test_firms_are_graded_and_an_appeal_is_filed_and_decided_by_token_alone(graded: World) -> None:
    office, firm = Api(graded, "office"), Api(graded, "firm")
    made = run(graded)
    assert [(g["firm"], g["rank"]) for g in good(office.get(f"{P}/gradings/{made}/grades"))["items"]] == [
        ("alpha-3", 1), ("alpha-2", 2), ("alpha-1", 3),
    ]  # fmt: skip
    sheet = good(firm.get(f"{P}/gradings/{made}/firms/alpha-1"))
    assert (sheet["current"], sheet["may_appeal"], sheet["grade"]["rank"]) == (True, True, 3)
    assert LAND in {i["id"] for i in sheet["inputs"]}
    assert sheet["changes"] and sheet["distance"]["en"] and sheet["told"]["items"]
    for ending, begins in (("docx", b"PK"), ("html", b"<!")):
        answer = firm.get(f"{P}/gradings/{made}/firms/alpha-1/file?ending={ending}&language=en")
        assert answer.content[:2] == begins
    filed = good(appeal(graded, made))
    assert (filed["state"], filed["firm"]) == ("open", "alpha-1")
    paper = office.get(f"{P}/appeals/{filed['id']}/evidence")
    assert b"".join(paper.streaming_content) == b"%PDF-1.7 receipt"
    address = f"{P}/appeals/{filed['id']}"
    refusal(office.send(address, {"step": "accept", "answer": " "}), 422)
    done = good(office.send(address, {"step": "accept", "answer": "税票属实"}))
    assert (done["state"], done["result"]["before"]["rank"], done["result"]["after"]["rank"]) == ("accepted", 3, 2)
    refusal(office.send(address, {"step": "reject", "answer": "再想想"}), 422)
    now = good(office.get(f"{P}/gradings"))["items"]
    assert [(r["current"], r["appeal"]) for r in now] == [(True, filed["id"]), (False, None)]
    assert good(firm.get(f"{P}/gradings/{now[0]['id']}/firms/alpha-1"))["grade"]["rank"] == 2
    [mine] = good(firm.get(f"{P}/appeals?state=accepted"))["items"]
    assert set(mine["result"]) == {"before", "after", "evidence"}
    assert "moved" in done["result"]


def test_an_appeal_that_cannot_be_taken_says_why(graded: World) -> None:
    made = run(graded)
    for more in ({"quantity": "nothing"}, {"value": ""}, {"reason": " "}, {"file": SimpleUploadedFile("a.pdf", b"MZ")}):
        refusal(appeal(graded, made, **more), 422)
    refusal(Api(graded, "firm").upload(f"{P}/gradings/{made}/firms/alpha-1/appeals", {"quantity": LAND}), 422)
    assert not Appeal.objects.exists()


def test_a_reporter_finds_nothing_of_another_firm_by_any_route(graded: World) -> None:
    made = run(graded)
    Audit.objects.create(
        park=graded.park, subject=graded.park.subjects.get(key="alpha-2"), kind="energy", findings="他人"
    )
    Retrofit.objects.create(park=graded.park, subject=graded.park.subjects.get(key="alpha-3"), name="他人的技改")
    other = good(appeal(graded, made, "office", "alpha-2"))["id"]
    api = Api(graded, "firm")
    for tail in (
        "firms", "firms?like=alpha-2", "firms?grade=A", "firms?sort=-rank", "firms/alpha-1", "firms/alpha-1/map", "audits",
        "retrofits", "gradings", f"gradings/{made}/grades?sort=name", f"gradings/{made}/firms/alpha-1", "appeals", "search?q=alpha",
        "subjects", "figures?limit=1000", "submissions", "evidence", "cases", "cases/places", "cases/statistics", "map",
    ):  # fmt: skip
        text = good_text(api, tail)
        assert "alpha-2" not in text and "alpha-3" not in text and "他人" not in text, tail
    for tail in (
        "firms/alpha-2", "firms/alpha-2/map", f"gradings/{made}/firms/alpha-2", f"gradings/{made}/firms/alpha-2/file",
        f"appeals/{other}/evidence",
    ):  # fmt: skip
        assert api.get(f"{P}/{tail}").status_code == 404, tail
    assert appeal(graded, made, "firm", "alpha-2").status_code == 404
    for tail, body, method in (
        ("firms/alpha-2", {"name": "x", "why": "x"}, "put"), ("firms/alpha-2/audits", {"kind": "energy"}, "post"),
        ("firms/alpha-2/retrofits", {"name": "x"}, "post"),
    ):  # fmt: skip
        assert api.send(f"{P}/{tail}", body, method).status_code == 404, tail
    for tail in ("doubles", "merges", "land", "land/table", "projects", "decisions", "ledger", "tasks"):
        assert api.get(f"{P}/{tail}").status_code == 403, tail
    assert api.get(f"{P}/places?kind=parcels").status_code == 404
    assert api.send(f"{P}/gradings/{made}/simulate", {"cutoffs": "A=34,B=33,C=33"}).status_code == 403


def good_text(api: Api, tail: str) -> str:
    """The text of an answer that should be given."""
    answer = api.get(f"{P}/{tail}")
    assert answer.status_code == 200, (tail, answer.content.decode()[:300])
    return str(answer.content.decode())


def test_a_firm_is_registered_changed_merged_and_the_merge_undone(world: World) -> None:
    api = Api(world, "office")
    new = {"key": "N1", "name": "新企业", "credit_code": CODE, "parent": "alpha"}
    refusal(api.send(f"{P}/firms", new | {"credit_code": CODE[:-1] + "4"}), 422)
    made = good(api.send(f"{P}/firms", new))
    refusal(api.send(f"{P}/firms", new), 422)
    seen = {name: made[name] for name in ("name", "credit_code", "parent", "since", "until", "industry_code")}
    changed = {"name": "新企业二", "credit_code": CODE, "parent": "alpha", "since": 2020, "why": "更名", "seen": seen}
    refusal(api.send(f"{P}/firms/N1", changed | {"why": ""}, "put"), 422)
    assert good(api.send(f"{P}/firms/N1", changed, "put"))["since"] == 2020
    assert refusal(api.send(f"{P}/firms/N1", changed | {"name": "三"}, "put"), 409)["code"] == "conflict"
    event = FirmEvent.objects.get(kind="edited")
    assert (event.data["before"]["name"], event.by.username) == ("新企业", "office")
    refusal(api.send(f"{P}/firms/N1", changed | {"since": 1, "seen": None}, "put"), 422)
    first = {"name": "企业 alpha-1", "credit_code": CODE, "parent": "alpha", "why": "补码"}
    good(api.send(f"{P}/firms/alpha-1", first, "put"))
    [group] = good(api.get(f"{P}/doubles"))
    assert [d["firm"]["key"] for d in group["firms"]] == ["N1", "alpha-1"]
    refusal(api.send(f"{P}/merges", {"kept": "N1", "double": "alpha-2"}), 422)
    assert api.send(f"{P}/merges", {"kept": "N1", "double": "beta-1"}).status_code == 404
    merged = good(api.send(f"{P}/merges", {"kept": "N1", "double": "alpha-1", "why": "同一执照"}))
    assert (merged["figures"], merged["undone"]) == (2, None)
    assert "alpha-1" not in {f["key"] for f in good(api.get(f"{P}/firms"))["items"]}
    undo = f"{P}/merges/{merged['id']}/undo"
    assert good(api.send(undo, {"why": "两家"}))["undone"]
    refusal(api.send(undo, {"why": "again"}), 422)
    assert "alpha-1" in {f["key"] for f in good(api.get(f"{P}/firms"))["items"]}


def test_audits_and_retrofits_are_tracked(world: World) -> None:
    api = Api(world, "office")
    audit = good(api.send(f"{P}/firms/alpha-1/audits", {"kind": "energy", "due": "2024-05-01", "mandatory": True}))
    done = {"done": "2024-04-01", "findings": "余热", "why": "审完"}
    assert good(api.send(f"{P}/audits/{audit['id']}", done, "patch"))["due"] == "2024-05-01"
    retrofit = {"name": "余热回收", "expected": "46", "unit": "tce", "audit": audit["id"]}
    made = good(api.send(f"{P}/firms/alpha-1/retrofits", retrofit))
    assert made["audit"] == audit["id"]
    assert good(api.send(f"{P}/retrofits/{made['id']}", {"achieved": "40"}, "patch"))["expected"] == "46"
    for body in (
        {"name": "坏数", "expected": "many"}, {"expected": "1"}, {"name": "x", "audit": 999}, {"name": "x", "quantity": "no_such"},
        {"name": "x", "due": "soon"},
    ):  # fmt: skip
        refusal(api.send(f"{P}/firms/alpha-1/retrofits", body), 422)
    refusal(api.send(f"{P}/firms/alpha-1/audits", {}), 422)
    refusal(api.send(f"{P}/firms/alpha-2/retrofits", {"name": "x", "audit": audit["id"]}), 422)
    assert (Audit.objects.get().history.count(), Retrofit.objects.count()) == (2, 1)
    assert Audit.objects.get().history.first().history_user == world.people["office"]
    assert good(api.get(f"{P}/audits?state=done"))["count"] == 1
    assert good(api.get(f"{P}/audits?state=open"))["count"] == 0


def test_the_method_and_the_simulator(graded: World) -> None:
    api = Api(graded, "office")
    made = run(graded)
    found = good(api.send(f"{P}/gradings/{made}/simulate", {"cutoffs": "A=34,B=33,C=33"}))
    assert found["count"] == len(found["items"]) > 0
    refusal(api.send(f"{P}/gradings/{made}/simulate", {"cutoffs": "A=34"}), 422)
    refusal(api.send(f"{P}/gradings/{made}/simulate", {"weights": {"none.such": "1"}}), 422)
    assert GradeRun.objects.count() == 1
    refusal(api.send(f"{P}/method", {"method": "../invented-park"}, "put"), 422)
    assert {m["id"] for m in good(api.send(f"{P}/method", {"method": METHOD}, "put")) if m["chosen"]} == {METHOD}


def test_a_large_park_is_graded_in_the_background(graded: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grades, "AT_ONCE", 2)
    api = Api(graded, "office")
    made = good(api.send(f"{P}/gradings", {"year": "2023"}))
    assert made["run"] is None
    assert good(api.get(f"/jobs/{made['job']['id']}"))["state"] == "done"
    run_id = GradeRun.objects.get().pk
    refusal(api.send(f"{P}/gradings/{run_id}/simulate", {"cutoffs": "A=34,B=33,C=33"}), 422)
    assert api.get(f"{P}/gradings/{run_id}/firms/alpha-1/file").status_code == 404


def test_land_is_listed_and_put_in_order_within_the_money(graded: World) -> None:
    api = Api(graded, "office")
    assert good(api.get(f"{P}/land"))["table"] is None
    assert api.get(f"{P}/land/table").status_code == 404
    good(api.upload(f"{P}/land/table", {"file": SimpleUploadedFile("plots.csv", PLOTS.encode())}))
    found = good(api.get(f"{P}/land?budget=2026%3D600&weight=land%3D2"))
    assert [r["plot"] for r in found["listed"]] == ["P1"]
    assert ([(s["plot"], s["year"]) for s in found["order"]["steps"]], found["order"]["proven"]) == (
        [("P1", 2026)],
        True,
    )
    assert good(api.send(f"{P}/land/steps", {"plot": "P1", "step": "agreed", "note": "已签"}))["step"] == "agreed"
    assert good(api.get(f"{P}/land"))["listed"][0]["events"][-1]["step"] == "agreed"
    assert b"".join(api.get(f"{P}/land/table").streaming_content) == PLOTS.encode()
    refusal(api.upload(f"{P}/land/table", {"file": SimpleUploadedFile("plots.csv", b"nothing,here\n1,2\n")}), 422)
    for tail in ("budget=much", "weight=land%3Dx", "weight=happiness%3D1"):
        refusal(api.get(f"{P}/land?{tail}"), 422)
    for body in ({"plot": "P1", "step": "vanish"}, {"plot": "P1", "step": "completed", "freed": {"land": "x"}}):
        refusal(api.send(f"{P}/land/steps", body), 422)
    assert PlotTable.objects.count() == 1


@pytest.mark.parametrize("role", ROLES)
def test_every_endpoint_by_every_role(graded: World, role: str) -> None:
    made = run(graded)
    filed = good(appeal(graded, made))["id"]
    office, api = Api(graded, "office"), Api(graded, role)
    audit = good(office.send(f"{P}/firms/alpha-1/audits", {"kind": "energy"}))["id"]
    retrofit = good(office.send(f"{P}/firms/alpha-1/retrofits", {"name": "x"}))["id"]
    good(office.upload(f"{P}/land/table", {"file": SimpleUploadedFile("plots.csv", PLOTS.encode())}))
    sheet = f"gradings/{made}/firms/alpha-1"
    hidden = ("stranger", "keeper") if role == "keeper" else ("stranger",)
    gets = {
        "firms": EVERYBODY, "firms/alpha-1": EVERYBODY, "firms/alpha-1/map": EVERYBODY, "audits": EVERYBODY, "retrofits": EVERYBODY,
        "doubles": OFFICE, "merges": OFFICE, "methods": GRADERS, "gradings": GRADERS, f"gradings/{made}/grades": GRADERS,
        sheet: GRADERS, f"{sheet}/file": GRADERS, "appeals": GRADERS, f"appeals/{filed}/evidence": GRADERS, "land": WIDE,
        "land/table": WIDE,
    }  # fmt: skip
    for tail, allowed in gets.items():
        answer = api.get(f"{P}/{tail}")
        assert not answer.streaming or b"".join(answer.streaming_content)
        expected = 200 if role in allowed else 404 if role in hidden and "alpha-1" in tail else refused_as(role)
        assert answer.status_code == expected, tail
        if role not in ("admin", "anonymous"):
            assert api.get(f"/parks/beta/{tail}").status_code == 404
    before = [m.objects.count() for m in (FirmEvent, Audit, Retrofit, GradeRun, FirmGrade, PlotTable)]
    for tail, body, method, right in (
        ("firms", {"key": f"Z{role}", "name": "Z"}, "post", 200), ("firms/alpha-1", {"name": "新名", "why": "更名"}, "put", 200),
        ("firms/alpha-1/audits", {"kind": "other"}, "post", 200), (f"audits/{audit}", {"findings": "x"}, "patch", 200),
        ("firms/alpha-1/retrofits", {"name": "y"}, "post", 200), (f"retrofits/{retrofit}", {"cost": "3"}, "patch", 200),
        ("merges", {"kept": "alpha-1", "double": "alpha-2"}, "post", 422), ("merges/999/undo", {}, "post", 404),
        ("gradings", {"year": "2023"}, "post", 200), ("method", {"method": METHOD}, "put", 200),
        (f"appeals/{filed}", {"step": "reject", "answer": "x"}, "post", 200), ("land/steps", {"plot": "P1", "step": "agreed"}, "post", 200),
    ):  # fmt: skip
        answer = api.send(f"{P}/{tail}", body, method)
        cared = any(word in tail for word in ("audits", "retrofits"))
        right_for = (*OFFICE, "consultant", "firm") if cared else OFFICE
        expected = right if role in right_for else 404 if role in hidden and "alpha-1" in tail else refused_as(role)
        assert answer.status_code == expected, (tail, answer.content.decode()[:300])
    csv = SimpleUploadedFile("plots.csv", PLOTS.encode())
    assert api.upload(f"{P}/land/table", {"file": csv}).status_code == (200 if role in OFFICE else refused_as(role))
    if role not in OFFICE:
        entered = 1 if role in ("consultant", "firm") else 0  # an audit and a retrofit, to be confirmed
        before[1:3] = [before[1] + entered, before[2] + entered]
        assert [m.objects.count() for m in (FirmEvent, Audit, Retrofit, GradeRun, FirmGrade, PlotTable)] == before
        assert Audit.objects.exclude(state="confirmed").count() == entered
    now = good(office.send(f"{P}/gradings", {"year": "2023"}))["run"]["id"]
    filers = ("admin", "office", "firm")
    expected = 200 if role in filers else 404 if role in hidden else refused_as(role)
    assert appeal(graded, now, role).status_code == expected
    simulators = ("admin", "office", "reviewer")
    answer = api.send(f"{P}/gradings/{now}/simulate", {"cutoffs": "A=34,B=33,C=33"})
    assert answer.status_code == (200 if role in simulators else refused_as(role))


def test_the_parts_of_the_park_and_what_a_firm_was_before(ground: World) -> None:
    api = Api(ground, "office")
    parcels = good(api.get(f"{P}/places?kind=parcels"))
    assert [(p["id"], p["free"], p["group"]) for p in parcels["items"]] == [(f"P{n}", True, "G02") for n in (1, 2, 3)]
    assert api.get(f"{P}/places?kind=grids").status_code == 404
    refusal(api.get(f"{P}/places?kind=secrets"), 422)
    project = steps.start(ground.park, given(), ground.people["office"])
    project.firm = ground.park.subjects.get(key="alpha-1")
    project.save()
    assert good(api.get(f"{P}/firms/alpha-1"))["projects"] == [project.pk]
    assert good(Api(ground, "firm").get(f"{P}/firms/alpha-1"))["projects"] == []
