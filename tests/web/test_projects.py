"""Projects: the gate on a page, joint review, decisions kept whole, a ledger that never gives out more than there is."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection

from ecopark.errors import EcoparkError
from ecopark.web.projects import decide as decisions
from ecopark.web.projects import gate, steps
from ecopark.web.projects.models import Decision, Project

from .conftest import ROLES, World

FACTS = {
    "energy_total_tce": ("700", "tce"),
    "industrial_value_added": ("2000", "10k CNY"),
    "industrial_gross_output": ("22000", "10k CNY"),
    "tax_paid_10k_cny": ("1280", "10k CNY"),
    "fixed_investment": ("14400", "10k CNY"),
    "land_area_mu": ("36", "mu"),
    "floor_area_m2": ("40000", "m2"),
    "rd_expenditure": ("880", "10k CNY"),
    "industrial_fresh_water_m3": ("14000", "m3"),
    "co2_emissions_t": ("1900", "tCO2"),
    "emission_cod_t": ("1.5", "t"),
    "emission_nox_t": ("0.4", "t"),
}
WORSE = {"energy_total_tce": ("760", "tce"), "land_area_mu": ("40", "mu")}
"""0.38 tce per 10k CNY and 320,000 CNY of tax per mu: refused for both."""
PAPER = {
    "how": "paper", "office": "land", "opinion": "agree", "signed_by": "甲", "signed_on": "2026-03-01", "reference": "1 号",
}  # fmt: skip
OFFICES = ("environment", "investment", "land", "energy")


def given(name: str = "封装测试项目", **other: tuple[str, str]) -> dict[str, Any]:
    """A description; without `other` all thresholds of the invented policy are met."""
    facts = FACTS | other
    return {
        "name": name, "industry_code": "3973", "parcel": "P1", "words": ["晶圆减薄", "封装测试"],
        "facts": [{"quantity": q, "value": v, "unit": u} for q, (v, u) in facts.items()],
    }  # fmt: skip


def square(west: float, **properties: Any) -> dict[str, Any]:
    """A square of about 20 ha."""
    ring = [[west, 31.0], [west + 0.005, 31.0], [west + 0.005, 31.005], [west, 31.005], [west, 31.0]]
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}


@pytest.fixture
def ground(world: World, settings: Any, tmp_path: Any) -> World:
    """The small park with a policy, a map and quotas of 2026 and later."""
    settings.DATA = tmp_path
    settings.UPLOADS = tmp_path / "uploads"
    world.park.settings = world.park.settings | {"policy": "invented-park"}
    world.park.save()
    room = {"cod_capacity_t": 130, "cod_load_t": 100, "nox_capacity_t": 90, "nox_load_t": 60}
    for name, found in {
        "parcels": [square(120.0, id=f"P{n}", zh=f"{n} 号地", group="G02", free=True, area_km2=0.3) for n in (1, 2, 3)],
        "groups": [square(120.0, id="G02", zh="电子组团")],
        "control_units": [{**square(120.0, id="U1", zh="重点单元", **room), "properties": {"id": "U1", "class": "key", **room}}],
        "reserve": [square(121.0, id="R1", zh="留白")],
    }.items():  # fmt: skip
        world.park.layers.create(name=name, features={"type": "FeatureCollection", "features": found})
    return world


def allocate(world: World, item: str, amount: str, role: str = "office") -> Any:
    """Put a quota of this year into the ledger, by its page."""
    fields = {"act": "allocate", "item": item, "year": str(date.today().year), "amount": amount, "why": "文 1 号"}
    return world.client_of(role).post("/p/alpha/projects/ledger/book/", fields)


def under_review(world: World, described: dict[str, Any]) -> Project:
    """A project that waits for its decision, all offices having agreed."""
    user = world.people["office"]
    project = steps.start(world.park, described, user)
    steps.move(project, "review", user)
    client = world.client_of("office")
    for office in OFFICES:
        fields = PAPER | {"office": office, "version": str(project.version)}
        assert client.post(f"/p/alpha/projects/{project.pk}/opinion/", fields).status_code == 302
    return project


def test_the_gate_answers_what_is_typed_and_keeps_nothing(ground: World) -> None:
    fields: dict[str, str] = {
        "name": "试",
        "industry_code": "3973",
        "place": "parcel:P1",
        "words": "晶圆减薄；封装测试",
    }
    for quantity, (value, unit) in (FACTS | WORSE).items():
        fields |= {f"value|{quantity}": value, f"unit|{quantity}": unit}
    answer = ground.client_of("office").post("/p/alpha/projects/new/check/", fields)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert answer.context["answer"]["verdict"] == "refuse"
    assert [r.split("/")[1] for r in answer.context["answer"]["reasons"]] == ["energy_intensity", "tax_per_mu"]
    changes = {c["quantity"]: c["to"] for c in answer.context["answer"]["offer"]["changes"]}
    assert changes["energy_total_tce"] == "700"
    assert "第六条（虚构）" in page
    assert answer.context["answer"]["offer"]["proven"]
    assert not Project.objects.exists()


def test_what_is_wrong_in_the_form_is_told_and_kept(ground: World) -> None:
    fields = {"name": "试", "industry_code": "9999", "value|land_area_mu": "forty"}
    answer = ground.client_of("office").post("/p/alpha/projects/new/", fields)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="forty"' in page
    assert "project!facts" not in page, "where it stands in the description means nothing to who fills in a form"
    assert not Project.objects.exists()
    assert ground.client_of("office").post("/p/alpha/projects/new/check/", fields).status_code == 200


def test_refused_comes_back_better_and_is_admitted(ground: World) -> None:
    for item, amount in (("energy", "5000"), ("cod", "10"), ("nox", "10")):
        assert allocate(ground, item, amount).status_code == 302
    office = ground.client_of("office")
    project = under_review(ground, given(**WORSE))
    address = f"/p/alpha/projects/{project.pk}/"
    refused = office.post(f"{address}decide/", {"version": "1", "book": "1"}, follow=True)
    project.refresh_from_db()
    assert (project.stage, project.verdict) == ("refused", "refuse")
    assert refused.context["held"] == []
    for none in ("", "x", "9" * 5000):
        assert office.post(f"{address}offer/", {"version": none}).status_code == 302
        project.refresh_from_db()
        assert project.version == 1, "who saw no version changes nothing"
    assert office.post(f"{address}offer/", {"version": "1"}).status_code == 302
    project.refresh_from_db()
    assert project.version == 2
    steps.move(project, "talks", ground.people["office"], "调整后再报")
    steps.move(project, "review", ground.people["office"])
    for name in OFFICES:
        fields = PAPER | {"office": name, "version": "2"}
        office.post(f"{address}opinion/", fields)
    page = office.post(f"{address}decide/", {"version": "2", "book": "1"}, follow=True)
    project.refresh_from_db()
    assert (project.stage, project.verdict) == ("admitted", "admit")
    assert {r["reservation"].state for r in page.context["held"]} == {"reserved"}
    kinds = [(e.kind, e.stage) for e in project.events.all() if e.kind != "opinion"]
    assert kinds[-1] == ("decided", "admitted")
    assert ("decided", "refused") in kinds
    made = Decision.objects.get(verdict="admit")
    settled = office.post(
        f"/p/alpha/projects/decision/{made.pk}/settle/", {"step": "confirm", "why": "已签约"}, follow=True
    )
    assert {r["reservation"].state for r in settled.context["held"]} == {"confirmed"}
    counted = office.get("/p/alpha/projects/register/?again=1")
    assert counted.context["again"] == {"number": 1, "verdict": "refuse", "differs": ()}
    assert {rule.split("/")[1]: n for _, rule, n in counted.context["by_reason"]} == {
        "energy_intensity": 1,
        "tax_per_mu": 1,
    }
    assert [(label.zh, n) for label, n in counted.context["by_size"]] == [("1 亿元及以上", 1)]
    for ending in ("html", "docx"):
        for lang in ("zh", "en"):
            paper = office.get(f"/p/alpha/projects/decision/{made.pk}/minutes-{lang}.{ending}")
            assert paper.status_code == 200
            assert len(b"".join(paper.streaming_content)) > 5000


def test_a_decision_stays_as_it_was(ground: World) -> None:
    allocate(ground, "energy", "5000")
    project = under_review(ground, given())
    made = decisions.decide(project, ground.people["office"], until=None)
    before = made.told
    steps_user = ground.people["office"]
    allocate(ground, "energy", "9000")
    ground.park.settings = ground.park.settings | {"policy": "anji"}
    ground.park.save()
    ground.park.layers.all().delete()
    steps.move(Project.objects.get(pk=project.pk), "dropped", steps_user, "撤回")
    page = ground.client_of("office").get(f"/p/alpha/projects/decision/{made.pk}/")
    assert page.context["answer"] == before
    assert [q["left"] for q in before["quotas"] if q["quota"] == "energy"] == ["5000"]
    _, differs = gate.register_of(ground.park).reproduce(made.entry)
    assert differs == ()


def test_the_pages_never_give_out_more_than_there_is(ground: World) -> None:
    for item, amount in (("energy", "1500"), ("cod", "100"), ("nox", "100")):
        allocate(ground, item, amount)
    projects = [under_review(ground, given(f"项目 {n}") | {"parcel": f"P{n + 1}"}) for n in range(3)]
    office = ground.client_of("office")
    for project in projects:
        office.post(f"/p/alpha/projects/{project.pk}/decide/", {"version": "1", "book": "1"})
    verdicts = [Project.objects.get(pk=p.pk).verdict for p in projects]
    assert verdicts == ["admit", "admit", "refuse"]
    page = office.get("/p/alpha/projects/ledger/")
    free = {r["account"].item: r["balance"].free for r in page.context["rows"]}
    assert str(free["energy"]) == "100"
    assert page.context["problems"] == ()
    office.post(
        "/p/alpha/projects/ledger/book/",
        {"act": "correct", "item": "energy", "year": str(date.today().year), "amount": "-101", "why": "核减"},
    )
    after = office.get("/p/alpha/projects/ledger/")
    assert {r["account"].item: str(r["balance"].limit) for r in after.context["rows"]}["energy"] == "1500"
    entries = office.get(f"/p/alpha/projects/ledger/energy/{date.today().year}/")
    assert [row["e"].kind for row in entries.context["entries"]] == ["reserve", "reserve", "allocate"]


def test_an_opinion_counts_for_the_description_it_was_given_on(ground: World) -> None:
    project = under_review(ground, given())
    assert len(gate.with_opinions(project)["opinions"]) == 4
    steps.change(project, given(land_area_mu=("35", "mu")), ground.people["office"], "减地", seen=1)
    assert "opinions" not in gate.with_opinions(project)
    with pytest.raises(steps.ConflictError):
        steps.change(project, given(land_area_mu=("34", "mu")), ground.people["office"], "", seen=1)


def test_stages_follow_one_another(ground: World) -> None:
    user = ground.people["office"]
    project = steps.start(ground.park, given(), user)
    with pytest.raises(steps.StepError):
        steps.move(project, "operating", user)
    with pytest.raises(steps.StepError):
        steps.move(project, "admitted", user)
    steps.move(project, "review", user)
    with pytest.raises(steps.StepError, match="why"):
        steps.move(project, "dropped", user, " ")


def test_together_and_delivered(ground: World) -> None:
    allocate(ground, "energy", "1500")
    user = ground.people["office"]
    made = [steps.start(ground.park, given(f"项目 {n}"), user) for n in range(2)]
    query = "&".join(f"project={p.pk}" for p in made)
    page = ground.client_of("office").get(f"/p/alpha/projects/together/?{query}")
    assert page.context["problem"] == ""
    assert len(page.context["choice"]["taken"]) == 1
    project = under_review(ground, given("投产项目"))
    decisions.decide(project, user, until=None)
    project.refresh_from_db()
    for stage in ("signed", "building", "operating"):
        steps.move(project, stage, user)
    ground.client_of("office").post(f"/p/alpha/projects/{project.pk}/firm/", {"firm": "alpha-2"})
    page = ground.client_of("office").get(f"/p/alpha/projects/{project.pk}/delivered/")
    assert page.status_code == 200


def test_the_excel_form_goes_out_and_comes_back(ground: World) -> None:
    office = ground.client_of("office")
    form = office.get("/p/alpha/projects/form.xlsx")
    assert form.content[:2] == b"PK"
    from django.core.files.uploadedfile import SimpleUploadedFile

    empty = office.post("/p/alpha/projects/upload/", {"file": SimpleUploadedFile("form.xlsx", form.content)})
    assert empty.status_code == 422
    assert "项目名称" in empty.content.decode() or "name" in empty.content.decode()
    wrong = office.post("/p/alpha/projects/upload/", {"file": SimpleUploadedFile("form.xlsx", b"MZ")})
    assert wrong.status_code == 422


PAGES = ("", "new/", "ledger/", "register/", "together/", "form.xlsx")


@pytest.mark.parametrize("role", ROLES)
def test_every_page_by_every_role(ground: World, role: str) -> None:
    allocate(ground, "energy", "5000")
    project = under_review(ground, given())
    made = decisions.decide(project, ground.people["office"], until=None)
    client = ground.client_of(role)
    readers, writers = ("admin", "office", "reviewer"), ("admin", "office")
    pages = {
        "": readers, "new/": writers, "ledger/": readers, f"ledger/energy/{date.today().year}/": readers, "register/": readers,
        "together/": readers, "form.xlsx": readers, f"{project.pk}/": readers, f"{project.pk}/delivered/": readers,
        f"{project.pk}/edit/": writers, f"decision/{made.pk}/": readers, f"decision/{made.pk}/minutes-zh.html": readers,
    }  # fmt: skip
    for lang in ("zh-hans", "en"):
        client.cookies["django_language"] = lang
        for tail, allowed in pages.items():
            answer = client.get(f"/p/alpha/projects/{tail}")
            if role in allowed:
                assert answer.status_code == 200, tail
            else:
                assert answer.status_code == (404 if role in ("stranger", "anonymous") else 403), tail
            if answer.streaming:
                assert b"".join(answer.streaming_content)
            assert client.get(f"/p/beta/projects/{tail}").status_code == (
                200 if role == "admin" and not any(c.isdigit() for c in tail) else 404
            )
    acts = {
        "new/check/": {}, "ledger/book/": {"year": "2030", "item": "energy", "amount": "1", "why": "x"},
        f"{project.pk}/move/": {"stage": "talks"}, f"{project.pk}/decide/": {}, f"{project.pk}/offer/": {},
        f"{project.pk}/opinion/": PAPER, f"decision/{made.pk}/settle/": {"step": "release"},
        "policy/": {"policy": "anji"},
    }  # fmt: skip
    for tail, fields in acts.items():
        answer = client.post(f"/p/alpha/projects/{tail}", fields)
        expected = (200, 302, 422) if role in writers else (404,) if role in ("stranger", "anonymous") else (403,)
        assert answer.status_code in expected, tail


def test_the_ledger_is_copied_entry_by_entry(ground: World, tmp_path: Any, settings: Any) -> None:
    for item in ("energy", "cod", "nox"):
        allocate(ground, item, "5000")
    project = under_review(ground, given())
    decisions.decide(project, ground.people["office"], until=decisions.end_of(date(date.today().year, 12, 31)))
    with gate.open_ledger() as ledger:
        before = [e.to_dict() for a in ledger.accounts() for e in ledger.store.entries(a.key)]
    assert gate.save_ledger(tmp_path / "copy.sqlite")
    with pytest.raises(EcoparkError):
        gate.load_ledger(tmp_path / "copy.sqlite")
    if connection.vendor != "postgresql":
        settings.DATA = tmp_path / "elsewhere"
        settings.DATA.mkdir()
        gate.load_ledger(tmp_path / "copy.sqlite")
    with gate.open_ledger() as ledger:
        assert [e.to_dict() for a in ledger.accounts() for e in ledger.store.entries(a.key)] == before
        assert ledger.audit() == ()


def test_the_officer_says_what_the_offer_may_move_and_takes_it_so(ground: World) -> None:
    office = ground.client_of("office")
    project = under_review(ground, given(**WORSE))
    address = f"/p/alpha/projects/{project.pk}/"

    def offered(**asked: str) -> dict[str, str]:
        answer = office.get(address, {name.replace("__", "."): value for name, value in asked.items()})
        assert answer.status_code == 200
        offer = answer.context["answer"]["offer"]
        return {c["quantity"]: c["to"] for c in offer["changes"]} if offer else {}

    free = offered()
    assert "land_area_mu" in free
    held = offered(fix__land_area_mu="on")
    assert held and "land_area_mu" not in held
    assert "tax_paid_10k_cny" in held
    assert offered(fix__land_area_mu="on", high__tax_paid_10k_cny="1300") == {}
    page = office.get(address, {"low.land_area_mu": "many"})
    assert page.status_code == 200 and "land_area_mu" in " ".join(page.context["answer"]["problems"])
    assert 'value="many"' in page.content.decode()
    office.post(f"{address}offer/", {"version": str(project.version), "fix.land_area_mu": "on"})
    project.refresh_from_db()
    now = {f["quantity"]: f["value"] for f in project.given["facts"]}
    assert now["land_area_mu"] == "40" and now["tax_paid_10k_cny"] == held["tax_paid_10k_cny"]
    seen = ground.client_of("reviewer").get(address, {"fix.land_area_mu": "on"})
    assert seen.status_code in (403, 404) or not seen.context["asked"]
