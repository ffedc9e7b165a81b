"""What a page can do, a token can do, and not more: nothing of another firm, conflicts told with both values."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from ecopark.web.figures.models import Evidence, Figure
from ecopark.web.parks.models import Park
from ecopark.web.people.access import ROLES_FOR
from ecopark.web.people.models import ApiToken

from .api_calls import INSIDE, V1, WIDE, Api
from .conftest import ROLES, World

WATER = "industrial_fresh_water_m3"
GETS = {
    "/me": (*INSIDE, "stranger"),
    "/parks": (*INSIDE, "stranger"),
    "/packs": (*INSIDE, "stranger"),
    "/packs/hj274-2015": (*INSIDE, "stranger"),
    "/packs/hj274-2015/clauses/10": (*INSIDE, "stranger"),
    "/packs/no-such": (),
    "/quantities?like=water": (*INSIDE, "stranger"),
    f"/quantities/{WATER}": (*INSIDE, "stranger"),
    "/compare/hj274-2015/zero-carbon-park-2025": (*INSIDE, "stranger"),
    "/compare/hj274-2015/zero-carbon-park-2025?park=alpha": WIDE,
    "/parks/alpha": INSIDE,
    "/parks/alpha/subjects": (*WIDE, "firm"),
    "/parks/alpha/figures": (*WIDE, "firm"),
    "/parks/alpha/evidence": (*WIDE, "firm"),
    "/parks/alpha/submissions": (*WIDE, "firm"),
    "/parks/alpha/assessments": WIDE,
    "/parks/alpha/assessments/hj274-2015/2023": WIDE,
    "/parks/alpha/assessments/hj274-2015/1999": (),
    "/parks/alpha/dossiers": WIDE,
    "/parks/alpha/signatures": INSIDE,
    "/parks/alpha/titles": WIDE,
    "/parks/alpha/reuse": WIDE,
    "/parks/alpha/search?q=water": INSIDE,
    "/outcomes?period=2023": WIDE,
    "/parks/beta": ("admin",),
    "/parks/beta/figures": ("admin",),
    "/parks/beta/search?q=beta": ("admin",),
}


@pytest.mark.parametrize("role", ROLES)
def test_every_endpoint_by_every_role(world: World, role: str) -> None:
    api = Api(world, role)
    for path, allowed in GETS.items():
        answer = api.get(path)
        if role in allowed:
            assert answer.status_code == 200, (role, path, answer.content[:300])
            continue
        assert answer.status_code in (401, 403, 404), (role, path, answer.status_code)
        assert set(answer.json()["error"]) == {"code", "zh", "en", "problems"}
        if role == "anonymous":
            assert answer.status_code == 401
        elif (role == "stranger" and "alpha" in path) or "beta" in path:
            assert answer.status_code == 404, (role, path)


def test_every_operation_is_reached_and_asks_first_who_one_is(world: World) -> None:
    client = Client()
    schema = client.get("/api/openapi.json").json()
    fill = {"period": "2023", "year": "2023"}
    for path, methods in schema["paths"].items():
        address = re.sub(r"{(\w+)}", lambda m: fill.get(m[1], "1"), path)
        for method in methods:
            answer = client.generic(method.upper(), address)
            assert answer.status_code == 401, (method, path, answer.status_code)
            assert answer.json()["error"]["code"] == "not-signed-in"


def test_a_session_may_read_and_needs_the_csrf_token_to_write(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.people["office"])
    assert client.get(f"{V1}/me").json()["username"] == "office"
    assert client.put(f"{V1}/parks/alpha/figures", "{}", content_type="application/json").status_code == 403


def test_a_revoked_token_opens_nothing(world: World) -> None:
    api = Api(world, "office")
    assert api.get("/me").status_code == 200
    ApiToken.objects.update(revoked=timezone.now())
    assert api.get("/me").status_code == 401
    assert Client().get(f"{V1}/me", headers={"authorization": "Bearer nonsense"}).status_code == 401


def _wanted(**more: Any) -> dict[str, Any]:
    one = {
        "subject": "alpha",
        "quantity": "publicity_events",
        "period": "2023",
        "value": "5",
        "unit": "events/year",
        "seen": 1,
    }
    return {"reason": "复核", "figures": [one | more]}


def test_a_figure_is_written_with_the_version_seen_and_its_reason_is_kept(world: World) -> None:
    api = Api(world, "office")
    [now] = api.get("/parks/alpha/figures?quantity=publicity_events&period=2023").json()["items"]
    assert (now["value"], now["version"]) == ("3", 1)
    answer = api.send("/parks/alpha/figures", _wanted(), "put").json()
    assert answer["changed"] == 1
    assert (answer["figures"][0]["value"], answer["figures"][0]["version"]) == ("5", 2)
    past = api.get(f"/parks/alpha/figures/{now['id']}/history").json()
    assert [(p["value"], p["why"], p["who"]) for p in past["items"]] == [
        ("5", "复核", "office"),
        ("3", "test", "office"),
    ]


def test_two_people_write_one_figure_and_the_second_is_shown_both(world: World) -> None:
    assert Api(world, "office").send("/parks/alpha/figures", _wanted(), "put").status_code == 200
    late = Api(world, "consultant").send("/parks/alpha/figures", _wanted(value="9"), "put")
    assert late.status_code == 409
    both = late.json()
    assert (both["theirs"]["value"], both["theirs"]["version"], both["theirs"]["entered_by"]) == ("5", 2, "office")
    assert (both["yours"]["value"], both["yours"]["seen"]) == ("9", 1)
    assert Figure.objects.get(subject__key="alpha", quantity="publicity_events", period="2023").given == "5"
    gone = Api(world, "office").send("/parks/alpha/figures", _wanted(period="2021", seen=4), "put")
    assert (gone.status_code, gone.json()["theirs"]["version"]) == (409, 0)


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"value": "five"}, 422, None),
        ({"quantity": "no_such_quantity"}, 422, None),
        ({"period": "23"}, 422, None),
        ({"unit": "furlong"}, 422, None),
        ({"seen": -1}, 422, "not-valid"),
        ({"value": "a\x00b"}, 422, "not-valid"),
        ({"subject": "beta-1"}, 404, "not-found"),
    ],
)
def test_what_cannot_be_stored_is_told_and_nothing_is(
    world: World, more: dict[str, Any], status: int, code: str | None
) -> None:
    before = Figure.history.count()
    answer = Api(world, "office").send("/parks/alpha/figures", _wanted(**more), "put")
    assert answer.status_code == status, answer.content
    assert code is None or answer.json()["error"]["code"] == code
    assert Figure.history.count() == before


def test_the_same_figure_twice_in_one_request_is_refused(world: World) -> None:
    body = _wanted()
    body["figures"].append(body["figures"][0] | {"value": "6"})
    answer = Api(world, "office").send("/parks/alpha/figures", body, "put")
    assert (answer.status_code, answer.json()["error"]["problems"][0]["code"]) == (422, "given-twice")


def test_an_alias_and_a_period_in_words_meet_the_stored_figure(world: World) -> None:
    answer = Api(world, "office").send("/parks/alpha/figures", _wanted(period=" 2023 "), "put")
    assert answer.status_code == 200
    assert Figure.objects.filter(subject__key="alpha", quantity="publicity_events").count() == 2


def test_a_reporter_reaches_no_other_firm_by_any_route(world: World) -> None:
    api = Api(world, "firm")
    theirs = Figure.objects.filter(subject__key="alpha-2").first()
    assert theirs is not None
    for path in (
        "/subjects",
        "/figures?limit=1000",
        "/figures?subject=alpha-2",
        "/search?q=alpha",
        "/submissions",
        "/evidence",
    ):
        text = api.get(f"/parks/alpha{path}").content.decode()
        assert "alpha-2" not in text.replace("subject=alpha-2", ""), path
        assert "alpha-3" not in text, path
    assert api.get(f"/parks/alpha/figures/{theirs.pk}/history").status_code == 404
    wanted = _wanted(subject="alpha-2", quantity=WATER, unit="m3")
    assert api.send("/parks/alpha/figures", wanted, "put").status_code == 404
    assert api.send("/parks/alpha/figures", _wanted(), "put").status_code == 404
    step = {"firm": "alpha-2", "period": "2023", "step": "submit"}
    assert api.send("/parks/alpha/submissions/step", step).status_code == 404
    what_if = {"changes": [{"quantity": WATER, "value": "1", "unit": "m3", "subject": "alpha-2"}]}
    assert api.send("/parks/alpha/assessments/hj274-2015/2023/what-if", what_if).status_code == 403
    fields = {"file": SimpleUploadedFile("b.pdf", b"%PDF-1.7 x"), "about": WATER, "subject": "alpha-2"}
    assert api.upload("/parks/alpha/evidence", fields).status_code == 404


@pytest.mark.parametrize("role", ["firm", "keeper", "stranger"])
def test_a_published_park_gives_verdicts_and_no_figure(world: World, role: str) -> None:
    Park.objects.filter(pk=world.park.pk).update(published=True)
    whole = Api(world, "office").get("/parks/alpha/assessments/hj274-2015/2023").json()["result"]
    told = Api(world, role).get("/parks/alpha/assessments/hj274-2015/2023").json()["result"]
    assert [c["status"] for c in told["clauses"]] == [c["status"] for c in whole["clauses"]]
    assert (told["verdict"], told["counts"]) == (whole["verdict"], whole["counts"])
    for clause in told["clauses"]:
        assert (clause["value"], clause["trace"], clause["bounds"], clause["missing"]) == (None, None, None, [])
    text = json.dumps(told, ensure_ascii=False)
    assert "alpha-1" not in text and "910000" not in text and "企业 alpha" not in text
    assert "企业 alpha" in json.dumps(whole, ensure_ascii=False)
    for path in ("", "/hj274-2015/2023?kept=1"):
        refused = Api(world, role).get(f"/parks/alpha/assessments{path}")
        assert refused.status_code == 403 if not path else "alpha-2" not in refused.content.decode()
    assert Api(world, role).get("/parks/alpha/titles").status_code == 403


def test_what_a_reporter_writes_waits_even_in_a_published_park(world: World) -> None:
    world.park.published = True
    world.park.save(update_fields=["published"])
    body = _wanted(subject="alpha-1", quantity=WATER, value="777", unit="m3")
    answer = Api(world, "firm").send("/parks/alpha/figures", body, "put")
    [figure] = answer.json()["figures"]
    assert (figure["value"], figure["state"]) == ("110", "accepted")
    assert (figure["correction"]["value"], figure["correction"]["state"]) == ("777", "draft")


def test_the_way_of_a_submission(world: World) -> None:
    body = _wanted(subject="alpha-1", quantity=WATER, value="777", unit="m3")
    Api(world, "firm").send("/parks/alpha/figures", body, "put")
    step = {"firm": "alpha-1", "period": "2023", "step": "submit", "reason": "按水费发票"}
    assert Api(world, "firm").send("/parks/alpha/submissions/step", step).json()["state"] == "submitted"
    assert Api(world, "firm").send("/parks/alpha/submissions/step", step | {"step": "accept"}).status_code == 403
    office = Api(world, "office")
    assert office.send("/parks/alpha/submissions/step", step | {"step": "return", "reason": ""}).status_code == 422
    assert office.send("/parks/alpha/submissions/step", step | {"step": "accept"}).json()["state"] == "accepted"
    assert office.send("/parks/alpha/submissions/ask", {"period": "2024", "due": "2099-03-01"}).json() == {
        "asked": 3,
        "job": None,
    }
    assert office.get("/parks/alpha/submissions?period=2024").json()["count"] == 3


def test_evidence_in_and_out(world: World) -> None:
    fields = {"file": SimpleUploadedFile("bill.pdf", b"%PDF-1.7 x"), "about": WATER, "period": "2023"}
    api = Api(world, "firm")
    made = api.upload("/parks/alpha/evidence", fields).json()
    assert "id" in made, made
    assert (made["subject"], made["has_file"]) == ("alpha-1", True)
    answer = api.get(f"/parks/alpha/evidence/{made['id']}/file")
    assert b"".join(answer.streaming_content) == b"%PDF-1.7 x"
    assert Api(world, "keeper").get(f"/parks/alpha/evidence/{made['id']}/file").status_code == 403
    wrong = {"file": SimpleUploadedFile("bill.pdf", b"MZ"), "about": WATER}
    assert api.upload("/parks/alpha/evidence", wrong).status_code == 422
    assert Api(world, "reviewer").send(f"/parks/alpha/evidence/{made['id']}/withdraw", {"why": "x"}).status_code == 403
    assert api.send(f"/parks/alpha/evidence/{made['id']}/withdraw", {"why": " "}).status_code == 422
    assert api.send(f"/parks/alpha/evidence/{made['id']}/withdraw", {"why": "扫描不清"}).status_code == 200
    assert Evidence.objects.get(pk=made["id"]).withdrawn is not None


def test_a_workbook_is_previewed_then_stored(world: World) -> None:
    text = f"subject,quantity,period,value,unit\nalpha-1,{WATER},2023,555,m3\nalpha-1,{WATER},2021,1,m3\n"
    api = Api(world, "office")
    file = io.BytesIO(text.encode())
    file.name = "water.csv"
    found = api.upload("/parks/alpha/imports", {"file": file}).json()
    assert found["counts"]["new"] == 1
    assert sum(found["counts"].values()) == 2
    rows = api.get(f"/parks/alpha/imports/{found['id']}/rows").json()
    assert rows["count"] == 2
    groups = ["new", "changed", "conflicting"]
    assert api.send(f"/parks/alpha/imports/{found['id']}/apply", {"groups": groups}).json()["written"] == 2
    assert api.send(f"/parks/alpha/imports/{found['id']}/apply", {}).status_code == 409
    assert api.get(f"/parks/alpha/imports/{found['id']}").json()["applied"]
    assert Api(world, "firm").get(f"/parks/alpha/imports/{found['id']}").status_code == 404
    assert Api(world, "keeper").get(f"/parks/alpha/imports/{found['id']}").status_code == 403


def test_an_assessment_whole_and_what_if(world: World) -> None:
    api = Api(world, "reviewer")
    found = api.get("/parks/alpha/assessments/hj274-2015/2023").json()
    assert {c["id"] for c in found["result"]["clauses"]} >= {"hj274-2015/32"}
    assert "trace" in found["result"]["clauses"][0]
    kept = found["assessment"]["id"]
    assert api.get(f"/parks/alpha/assessments/hj274-2015/2023?kept={kept}").status_code == 200
    change = {"changes": [{"quantity": "publicity_events", "value": "1", "unit": "events/year"}]}
    changed = api.send("/parks/alpha/assessments/hj274-2015/2023/what-if", change).json()["changed"]
    assert [(c["before"]["status"], c["after"]["status"]) for c in changed] == [("met", "not_met")]
    wrong = {"changes": [{"quantity": "publicity_events", "value": "some"}]}
    assert api.send("/parks/alpha/assessments/hj274-2015/2023/what-if", wrong).status_code == 422


def test_signing_through_the_api(world: World) -> None:
    body = {"clauses": ["32"], "document": "HJ 274-2015", "dated": "2024-03-01"}
    api = Api(world, "consultant")
    [made] = api.send("/parks/alpha/signatures/hj274-2015", body).json()
    assert made["holds"] is True
    assert Api(world, "reviewer").send("/parks/alpha/signatures/hj274-2015", body).status_code == 403
    back = api.send(f"/parks/alpha/signatures/{made['id']}/withdraw", {"why": "误签"}).json()
    assert (back["holds"], back["withdrawn_why"]) == (False, "误签")


def test_pages_of_items(world: World) -> None:
    api = Api(world, "office")
    whole = api.get("/parks/alpha/figures?limit=1000").json()
    parts = [
        i
        for at in range(0, whole["count"], 5)
        for i in api.get(f"/parks/alpha/figures?limit=5&offset={at}").json()["items"]
    ]
    assert parts == whole["items"]
    assert api.get("/parks/alpha/figures?limit=1001").status_code == 422


def test_the_documentation_names_every_endpoint(world: World) -> None:
    schema = Client().get("/api/openapi.json").json()
    page = Client().get("/api/docs").content.decode()
    for path, methods in schema["paths"].items():
        for one in methods.values():
            assert one["summary"] and one["description"], path
            assert f'id="{one["operationId"]}"' in page
    assert "<script>" not in page


def test_the_documentation_is_in_one_language() -> None:
    client = Client()
    client.cookies["django_language"] = "en"
    page = client.get("/api/docs").content.decode()
    assert '<span class="quiet">parks</span>' in page
    assert not re.search("[\u4e00-\u9fff]", page.split("<main", 1)[1].split("</main", 1)[0])
    client.cookies["django_language"] = "zh-hans"
    assert '<span class="quiet">园区</span>' in client.get("/api/docs").content.decode()


def test_every_action_an_endpoint_names_is_known() -> None:
    from pathlib import Path

    import ecopark.web.api as package

    folder = Path(next(iter(package.__path__)))
    text = "\n".join(p.read_text(encoding="utf-8") for p in folder.glob("*_api.py"))
    named = set(re.findall(r'come_in\(request, \w+, "(\w+)"[,)]', text))
    assert named
    assert named <= set(ROLES_FOR)
