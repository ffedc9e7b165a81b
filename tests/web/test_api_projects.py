"""Projects by token: checked, given opinions, refused, brought back better, admitted, settled; ledger and register; who may."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from ecopark.web.projects.models import Decision, Opinion, Project, ProjectEvent

from .api_calls import OFFICE, Api, good, refusal, refused_as
from .conftest import ROLES, World
from .test_projects import OFFICES, WORSE, given, ground

__all__ = ["ground"]
P = "/parks/alpha"
YEAR = date.today().year
READERS = ("admin", "office", "reviewer")


def allocate(api: Api, item: str, amount: str, act: str = "allocate") -> Any:
    """A quota of this year by token."""
    return api.send(f"{P}/ledger", {"act": act, "item": item, "year": YEAR, "amount": amount, "why": "文 1 号"})


def lead(api: Api, **other: tuple[str, str]) -> dict[str, Any]:
    """A new project by token."""
    made: dict[str, Any] = good(api.send(f"{P}/projects", {"description": given(**other)}))
    return made


def reviewed(api: Api, project: dict[str, Any]) -> dict[str, Any]:
    """A project moved to its review, all offices having agreed."""
    address = f"{P}/projects/{project['id']}"
    found: dict[str, Any] = good(api.send(f"{address}/move", {"stage": "review"}))
    for office in OFFICES:
        said = {
            "office": office,
            "opinion": "agree",
            "signed_by": "甲",
            "signed_on": "2026-03-01",
            "reference": "会审意见单 1 号",
            "seen": found["version"],
        }
        found = good(api.send(f"{address}/opinions", said))
    return found


def test_a_project_from_lead_to_minutes_by_token_alone(ground: World) -> None:
    api = Api(ground, "office")
    for item, amount in (("energy", "5000"), ("cod", "10"), ("nox", "10")):
        assert good(allocate(api, item, amount))["account"]["free"] == amount
    told = good(api.send(f"{P}/projects/check", {"description": given(**WORSE)}))
    assert (told["verdict"], told["offer"]["proven"]) == ("refuse", True)
    wishes = {
        "fixed": ["land_area_mu"],
        "ranges": {"tax_paid_10k_cny": {"high": "9999"}},
        "weights": {"energy_total_tce": "2"},
    }
    held = good(api.send(f"{P}/projects/check", {"description": given(**WORSE), "wishes": wishes}))["offer"]["changes"]
    assert "land_area_mu" in {c["quantity"] for c in told["offer"]["changes"]}
    assert held and "land_area_mu" not in {c["quantity"] for c in held}
    wrong = {"description": given(**WORSE), "wishes": {"fixed": ["nonsense"]}}
    assert "nonsense" in str(refusal(api.send(f"{P}/projects/check", wrong), 422)["problems"])
    assert not Project.objects.exists()
    project = reviewed(api, lead(api, **WORSE))
    address = f"{P}/projects/{project['id']}"
    assert ([o["counts"] for o in project["opinions"]], len(project["offices"])) == ([True] * 4, 4)
    assert good(api.get(f"{address}/answer"))["verdict"] == "refuse"
    refused = good(api.send(f"{address}/decide", {"seen": 1}))
    assert (refused["decision"]["verdict"], refused["reservations"]) == ("refuse", [])
    better = good(api.send(f"{address}/offer", {"seen": 1}))
    assert (better["version"], better["stage"]) == (2, "refused")
    assert not any(o["counts"] for o in better["opinions"])
    good(api.send(f"{address}/move", {"stage": "talks", "why": "调整后再报"}))
    assert refusal(
        api.send(f"{address}/offer", {"seen": 1}), 422 if good(api.get(f"{address}/answer"))["offer"] is None else 409
    )
    assert reviewed(api, better)["next"] == ["talks", "dropped"]
    assert refusal(api.send(f"{address}/decide", {"seen": 1}), 409)["code"] == "conflict"
    made = good(api.send(f"{address}/decide", {"seen": 2, "until": f"{YEAR + 1}-12-31"}))
    assert made["decision"]["verdict"] == "admit"
    assert {(r["state"], r["last_day"]) for r in made["reservations"]} == {("reserved", f"{YEAR + 1}-12-31")}
    ledger = good(api.get(f"{P}/ledger"))
    assert {h["decision"] for h in ledger["held"]} == {made["decision"]["id"]}
    assert ledger["problems"] == []
    assert {a["item"]: a["free"] for a in ledger["accounts"]}["energy"] == "4300"
    where = f"{P}/decisions/{made['decision']['id']}"
    settled = good(api.send(f"{where}/settle", {"step": "confirm", "why": "已签约"}))
    assert {r["state"] for r in settled["reservations"]} == {"confirmed"}
    refusal(api.send(f"{where}/settle", {"step": "release"}), 422)
    again = good(api.get(f"{where}/again"))
    assert (again["verdict"], again["differs"]) == ("admit", [])
    for tail, begins in (("?language=zh&ending=docx", b"PK"), ("?language=en&ending=html", b"<!")):
        paper = b"".join(api.get(f"{where}/minutes{tail}").streaming_content)
        assert paper[:2] == begins and len(paper) > 5000
    counted = good(api.get(f"{P}/decisions/counts"))
    assert {c["id"].split("/")[1]: c["count"] for c in counted["by_reason"]} == {"energy_intensity": 1, "tax_per_mu": 1}
    assert (counted["by_size"][0]["label"]["en"], counted["verdicts"]["admit"]) == ("100 million CNY and more", 1)
    assert [d["verdict"] for d in good(api.get(f"{P}/decisions"))["items"]] == ["admit", "refuse"]
    for stage in ("signed", "building", "operating"):
        good(api.send(f"{address}/move", {"stage": stage}))
    assert good(api.send(f"{address}/firm", {"firm": "alpha-2"}))["firm"] == "alpha-2"
    assert good(api.get(f"{address}/delivered"))["decision"] == made["decision"]["id"]
    assert set(ProjectEvent.objects.values_list("by__username", flat=True)) == {"office"}


def test_what_cannot_be_used_is_told_and_nothing_is_kept(ground: World) -> None:
    api = Api(ground, "office")
    wrong = given() | {
        "industry_code": "99999",
        "facts": [{"quantity": "land_area_mu", "value": "forty", "unit": "mu"}],
    }
    for tail in ("projects", "projects/check"):
        error = refusal(api.send(f"{P}/{tail}", {"description": wrong}), 422)
        assert error["code"] == "unusable" and error["problems"]
    for body in (
        {},
        {"description": {}},
        {"description": {"name": "x\x00"}},
        {"description": {"name": "x", "facts": 3}},
    ):
        refusal(api.send(f"{P}/projects", body), 422)
    assert not Project.objects.exists()
    project = lead(api)
    address = f"{P}/projects/{project['id']}"
    refusal(api.send(f"{address}/move", {"stage": "operating"}), 422)
    refusal(api.send(f"{address}/decide", {"seen": 1}), 422)
    refusal(api.send(f"{address}/firm", {"firm": "alpha-2"}), 422)
    assert api.send(f"{address}/firm", {"firm": "beta-1"}).status_code == 404
    changed = {"description": given(land_area_mu=("35", "mu")), "why": "减地"}
    assert good(api.send(address, changed | {"seen": 1}, "put"))["version"] == 2
    assert refusal(api.send(address, changed | {"seen": 1}, "put"), 409)["code"] == "conflict"
    said = {
        "office": "land",
        "opinion": "agree",
        "signed_by": "甲",
        "signed_on": "2026-03-01",
        "reference": "1 号",
        "seen": 2,
    }
    refusal(api.send(f"{address}/opinions", said), 422)
    good(api.send(f"{address}/move", {"stage": "review"}))
    for more in (
        {"office": "gone"},
        {"opinion": "perhaps"},
        {"signed_by": " "},
        {"signed_on": "soon"},
        {"reference": " "},
    ):
        refusal(api.send(f"{address}/opinions", said | more), 422)
    refusal(api.send(f"{address}/opinions", said | {"seen": 1}), 409)
    assert not Opinion.objects.exists()
    refusal(api.send(f"{P}/projects/together", {"projects": [project["id"], 999]}), 422)
    refusal(api.send(f"{P}/policy", {"policy": "nobody's"}, "put"), 422)


def test_the_ledger_by_token_never_gives_out_more_than_there_is(ground: World) -> None:
    api = Api(ground, "office")
    assert good(api.get(f"{P}/ledger")) == {"accounts": [], "held": [], "problems": []}
    assert api.get(f"{P}/ledger/energy/{YEAR}").status_code == 404
    for item, amount in (("energy", "1500"), ("cod", "100"), ("nox", "100")):
        good(allocate(api, item, amount))
    for n in range(3):
        project = reviewed(
            api, good(api.send(f"{P}/projects", {"description": given(f"项目 {n}") | {"parcel": f"P{n + 1}"}}))
        )
        good(api.send(f"{P}/projects/{project['id']}/decide", {"seen": 1}))
    assert list(Decision.objects.order_by("entry").values_list("verdict", flat=True)) == ["admit", "admit", "refuse"]
    refusal(allocate(api, "energy", "-101", "correct"), 422)
    refusal(allocate(api, "energy", "much"), 422)
    refusal(allocate(api, "happiness", "1"), 422)
    whole = good(api.get(f"{P}/ledger/energy/{YEAR}"))
    assert (whole["account"]["limit"], whole["account"]["free"]) == ("1500", "100")
    assert [e["kind"] for e in whole["entries"]] == ["reserve", "reserve", "allocate"]
    assert good(allocate(api, "energy", "-100", "correct"))["account"]["free"] == "0"


def test_projects_chosen_together(ground: World) -> None:
    api = Api(ground, "office")
    good(allocate(api, "energy", "1000"))
    made = [
        good(api.send(f"{P}/projects", {"description": given(f"项目 {n}") | {"parcel": f"P{n + 1}"}}))["id"]
        for n in range(2)
    ]
    found = good(Api(ground, "reviewer").send(f"{P}/projects/together", {"projects": made}))
    assert (len(found["taken"]), len(found["left"]), found["gap"]) == (1, 1, 0)
    assert {*found["taken"], found["left"][0]["project"]} == set(made)
    assert good(api.send(f"{P}/projects/together", {}))["taken"] == found["taken"]


def test_the_excel_form_out_and_in(ground: World) -> None:
    api = Api(ground, "office")
    form = api.get(f"{P}/projects/form.xlsx").content
    empty = refusal(api.upload(f"{P}/projects/form", {"file": SimpleUploadedFile("form.xlsx", form)}), 422)
    assert empty["problems"]
    refusal(api.upload(f"{P}/projects/form", {"file": SimpleUploadedFile("form.xlsx", b"MZ")}), 422)
    refusal(api.upload(f"{P}/projects/form", {}), 422)
    assert not Project.objects.exists()


@pytest.mark.parametrize("role", ROLES)
def test_every_endpoint_by_every_role(ground: World, role: str) -> None:
    office, api = Api(ground, "office"), Api(ground, role)
    for item in ("energy", "cod", "nox"):
        good(allocate(office, item, "5000"))
    project = reviewed(office, lead(office))
    made = good(office.send(f"{P}/projects/{project['id']}/decide", {"seen": 1}))["decision"]["id"]
    one, two = f"projects/{project['id']}", f"decisions/{made}"
    for tail in (
        "policies", "projects", "projects?stage=admitted&like=封装", one, f"{one}/delivered", f"{one}/answer", "projects/form.xlsx",
        "decisions", "decisions?verdict=admit", "decisions/counts", two, f"{two}/again", f"{two}/minutes", "ledger",
        f"ledger/energy/{YEAR}",
    ):  # fmt: skip
        answer = api.get(f"{P}/{tail}")
        assert answer.status_code == (200 if role in READERS else refused_as(role)), tail
        assert not answer.streaming or b"".join(answer.streaming_content)
        if role not in ("admin", "anonymous"):
            assert api.get(f"/parks/beta/{tail}").status_code == 404
    assert api.send(f"{P}/projects/together", {}).status_code == (422 if role in READERS else refused_as(role))
    before = (Project.objects.count(), ProjectEvent.objects.count(), Decision.objects.count())
    for tail, body, method, right in (
        ("projects", {"description": given()}, "post", 200), ("projects/check", {"description": given()}, "post", 200),
        (one, {"description": given(), "seen": 1}, "put", 422), (f"{one}/move", {"stage": "signed"}, "post", 200),
        (f"{one}/offer", {"seen": 1}, "post", 422), (f"{one}/decide", {"seen": 1}, "post", 422),
        (f"{one}/firm", {"firm": "alpha-1"}, "post", 422), (f"{two}/settle", {"step": "release"}, "post", 200),
        (f"{one}/opinions", {"office": "land", "opinion": "agree", "signed_by": "x", "signed_on": "2026-01-01", "seen": 1}, "post", 422),
        ("ledger", {"act": "allocate", "item": "cod", "year": YEAR, "amount": "1", "why": "x"}, "post", 200),
        ("policy", {"policy": "anji"}, "put", 200),
    ):  # fmt: skip
        answer = api.send(f"{P}/{tail}", body, method)
        assert answer.status_code == (right if role in OFFICE else refused_as(role)), (
            tail,
            answer.content.decode()[:300],
        )
    assert api.upload(f"{P}/projects/form", {"file": SimpleUploadedFile("x.xlsx", b"x")}).status_code == (
        422 if role in OFFICE else refused_as(role)
    )
    if role not in OFFICE:
        assert (Project.objects.count(), ProjectEvent.objects.count(), Decision.objects.count()) == before
