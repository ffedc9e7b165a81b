"""Firms: registry and merge, grades kept and appealed, audits, land; nothing of another firm for a reporter."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from ecopark.core.period import Period
from ecopark.grading.land import GOALS
from ecopark.web.assess import keep
from ecopark.web.figures.change import Change, write
from ecopark.web.figures.facts import facts_of
from ecopark.web.figures.models import Figure
from ecopark.web.firms import grades, registry
from ecopark.web.firms.models import Appeal, Audit, FirmEvent, FirmGrade, GradeRun, PlotTable, Retrofit
from ecopark.web.people.models import Membership

from .conftest import ROLES, World

CODE = "91350100M000100Y43"
WATER = "industrial_fresh_water_m3"
LAND = "industrial_land_area_km2"
METHOD = "invented-park"
EVERYBODY = ("admin", "office", "consultant", "reviewer", "firm")
PLOTS = "plot,firm,area_mu,output_10k_cny,idle,cost_10k_cny,output_after_10k_cny\nP1,alpha-1,30,100,yes,500,900\nP2,alpha-2,20,5000,no,900,6000\n"


@pytest.fixture
def graded(world: World, settings: Any, tmp_path: Any) -> World:
    """Three firms with what the invented method needs, of two years."""
    settings.UPLOADS = tmp_path / "uploads"
    settings.DATA = tmp_path
    changes = []
    for number, firm in enumerate(("alpha-1", "alpha-2", "alpha-3"), 1):
        for year in ("2022", "2023"):
            for quantity, value, unit in (
                ("tax_paid_10k_cny", 300 * number, "10k CNY"), ("industrial_value_added", 2000 * number, "10k CNY"),
                ("energy_industrial_tce", 900, "tce"), ("industrial_land_area_km2", "0.02", "km2"),
                ("industrial_employees", 100, "person"), ("emission_cod_t", 2, "t"), ("emission_nh3n_t", 1, "t"),
                ("emission_so2_t", 1, "t"), ("emission_nox_t", 1, "t"),
            ):  # fmt: skip
                changes.append(Change(firm, quantity, year, str(value), unit))
    write(world.park, changes, world.people["office"], "test")
    world.park.refresh_from_db()
    world.park.settings = world.park.settings | {"grading": {"method": METHOD}}
    world.park.save()
    return world


def grade(world: World) -> GradeRun:
    """The grading of 2023 that holds now."""
    world.park.refresh_from_db()
    return grades.run(world.park, METHOD, "2023", world.people["office"])


def appeal_of(world: World, made: GradeRun, role: str = "firm", key: str = "alpha-1", value: str = "0.002") -> int:
    """Appeal on the page of a sheet."""
    file = SimpleUploadedFile("receipt.pdf", b"%PDF-1.7 receipt")
    fields = {"quantity": LAND, "value": value, "reason": "漏计", "file": file}
    return int(world.client_of(role).post(f"/p/alpha/firms/grades/{made.pk}/of/{key}/appeal/", fields).status_code)


def test_a_grading_is_kept_and_found_again(graded: World) -> None:
    made = grade(graded)
    assert made.firms == 3
    assert grade(graded).pk == made.pk
    ranks = dict(FirmGrade.objects.filter(run=made).values_list("subject__key", "rank"))
    assert ranks == {"alpha-3": 1, "alpha-2": 2, "alpha-1": 3}
    before = FirmGrade.objects.get(run=made, subject__key="alpha-1").told
    write(graded.park, [Change("alpha-1", LAND, "2023", "0.002", "km2")], graded.people["office"], "x")
    page = graded.client_of("office").get("/p/alpha/firms/grades/?year=2023")
    assert page.context["stale"]
    again = grade(graded)
    assert again.pk != made.pk
    assert FirmGrade.objects.get(run=made, subject__key="alpha-1").told == before
    assert FirmGrade.objects.get(run=again, subject__key="alpha-1").rank == 2


def test_an_accepted_appeal_grades_everybody_again(graded: World) -> None:
    made = grade(graded)
    assert appeal_of(graded, made) == 302
    found = Appeal.objects.get()
    office = graded.client_of("office")
    address = f"/p/alpha/firms/appeals/{found.pk}/"
    office.post(address, {"step": "accept", "answer": " "})
    assert Appeal.objects.get().state == "open"
    office.post(address, {"step": "accept", "answer": "税票属实"})
    found.refresh_from_db()
    assert (found.state, found.result["before"]["rank"], found.result["after"]["rank"]) == ("accepted", 3, 2)
    assert len(found.result["evidence_sha256"]) == 64
    now = grades.current(graded.park, METHOD, "2023")
    assert now is not None
    assert now.appeal == found
    assert FirmGrade.objects.get(run=now, subject__key="alpha-1").rank == 2
    assert FirmGrade.objects.get(run=made, subject__key="alpha-1").rank == 3
    write(graded.park, [Change("alpha-2", WATER, "2023", "1", "m3")], graded.people["office"], "x")
    assert FirmGrade.objects.get(run=grade(graded), subject__key="alpha-1").rank == 2
    office.post(address, {"step": "reject", "answer": "再想想"})
    found.refresh_from_db()
    assert found.state == "accepted"


def test_an_accepted_appeal_corrects_the_parks_figure_too(graded: World) -> None:
    made = grade(graded)
    appeal_of(graded, made)
    found = Appeal.objects.get()
    office = graded.client_of("office")
    address = f"/p/alpha/firms/appeals/{found.pk}/"
    figures = graded.park.figures.filter(subject__key="alpha-1", quantity=found.quantity, period="2023")
    before = figures.get().given
    office.post(f"{address}correct/")
    assert figures.get().given == before  # it is not accepted yet
    office.post(address, {"step": "accept", "answer": "税票属实"})
    page = office.get("/p/alpha/firms/appeals/")
    assert before in page.context["to_correct"][found.pk].zh
    for role, status in (("reviewer", 403), ("firm", 403), ("stranger", 404)):
        assert graded.client_of(role).post(f"{address}correct/").status_code == status
        if status == 403:
            assert graded.client_of(role).get("/p/alpha/firms/appeals/").context["to_correct"] == {}
    assert office.post(f"{address}correct/").status_code == 302
    figure = figures.get()
    assert (figure.given, figure.source, figure.entered_by) == (found.value, found.name, graded.people["office"])
    assert "税票属实" in figure.history.first().history_change_reason
    assert office.get("/p/alpha/firms/appeals/").context["to_correct"] == {}
    version = figure.version
    office.post(f"{address}correct/")
    assert figures.get().version == version
    assert FirmGrade.objects.get(run=grade(graded), subject__key="alpha-1").rank == 2


def test_a_rejected_appeal_changes_nothing(graded: World) -> None:
    made = grade(graded)
    appeal_of(graded, made)
    graded.client_of("office").post(
        f"/p/alpha/firms/appeals/{Appeal.objects.get().pk}/", {"step": "reject", "answer": "无税票"}
    )
    assert Appeal.objects.get().state == "rejected"
    assert grade(graded).pk == made.pk


def test_an_appeal_needs_its_evidence(graded: World) -> None:
    made = grade(graded)
    client = graded.client_of("firm")
    client.post(
        f"/p/alpha/firms/grades/{made.pk}/of/alpha-1/appeal/", {"quantity": "tax_per_mu", "value": "60", "reason": "x"}
    )
    wrong = SimpleUploadedFile("receipt.pdf", b"MZ")
    fields = {"quantity": "tax_per_mu", "value": "60", "reason": "x", "file": wrong}
    client.post(f"/p/alpha/firms/grades/{made.pk}/of/alpha-1/appeal/", fields)
    assert not Appeal.objects.exists()


def test_a_reporter_finds_nothing_of_another_firm(graded: World) -> None:
    made = grade(graded)
    Audit.objects.create(park=graded.park, subject=graded.park.subjects.get(key="alpha-2"), kind="energy")
    assert appeal_of(graded, made, "office", "alpha-2") == 302
    other = Appeal.objects.get()
    client = graded.client_of("firm")
    for address in (
        f"grades/{made.pk}/of/alpha-2/", "of/alpha-2/", "of/alpha-2/map.json", f"appeals/{other.pk}/evidence/",
        "of/alpha-2/edit/",
    ):  # fmt: skip
        assert client.get(f"/p/alpha/firms/{address}").status_code in (403, 404), address
    assert client.get("/p/alpha/firms/of/alpha-2/").status_code == 404
    assert appeal_of(graded, made, "firm", "alpha-2") == 404
    for address in (
        "", "?q=alpha-2", "?grade=A", "?sort=-rank", "grades/", "grades/?sort=name", f"grades/{made.pk}/of/alpha-1/", "appeals/",
        "audits/", "of/alpha-1/", "of/alpha-1/map.json",
    ):  # fmt: skip
        answer = client.get(f"/p/alpha/firms/{address}")
        assert answer.status_code == 200, address
        text = (
            answer.content.decode().replace("q=alpha-2", "").replace("q%3Dalpha-2", "").replace('value="alpha-2"', "")
        )
        assert "alpha-2" not in text, address
        assert "alpha-3" not in text, address
    sheet = client.get(f"/p/alpha/firms/grades/{made.pk}/of/alpha-1/")
    assert LAND in {c["id"] for c in sheet.context["inputs"]}
    for address in (f"grades/{made.pk}/simulator/", "land/", "doubles/"):
        assert client.get(f"/p/alpha/firms/{address}").status_code == 403, address


def _double(world: World) -> tuple[Any, Any]:
    kept = world.park.subjects.get(key="alpha-1")
    double = world.park.subjects.get(key="alpha-2")
    kept.credit_code = double.credit_code = CODE
    kept.save()
    double.save()
    write(
        world.park, [Change("alpha-2", "publicity_events", "2023", "7", "events/year")], world.people["office"], "test"
    )
    return kept, double


def _sum(world: World, firm: str, quantity: str) -> Any:
    world.park.refresh_from_db()
    found = facts_of(world.park).get(firm, quantity, Period(2023))
    return None if found is None else found.value


def test_a_merge_moves_figures_with_their_history_and_can_be_undone(world: World) -> None:
    kept, double = _double(world)
    Membership.objects.create(user=world.people["keeper"], role="firm", park=world.park, firm="alpha-2")
    moved = Figure.objects.get(subject=double, quantity="publicity_events", period="2023")
    assert _sum(world, "alpha-2", WATER) == 210
    page = world.client_of("office").get("/p/alpha/firms/doubles/")
    assert [len(g["firms"]) for g in page.context["doubles"]] == [2]
    world.client_of("office").post("/p/alpha/firms/merge/", {"kept": "alpha-1", "double": "alpha-2", "why": "同一执照"})
    moved.refresh_from_db()
    assert moved.subject == kept
    assert [h.subject_id for h in moved.history.order_by("history_id")] == [double.pk, kept.pk]
    assert _sum(world, "alpha-1", "publicity_events") == 7
    assert _sum(world, "alpha-1", WATER) == 110
    assert _sum(world, "alpha-2", WATER) is None
    assert not world.park.subjects.filter(key="alpha-2", kind="firm").exists()
    assert Membership.objects.get(user=world.people["keeper"], role="firm").firm == "alpha-1"
    event = FirmEvent.objects.get(kind="took")
    world.client_of("office").post(f"/p/alpha/firms/merge/{event.pk}/undo/", {"why": "两家独立企业"})
    moved.refresh_from_db()
    assert moved.subject == double
    assert _sum(world, "alpha-2", WATER) == 210
    assert _sum(world, "alpha-1", "publicity_events") is None
    assert Membership.objects.get(user=world.people["keeper"], role="firm").firm == "alpha-2"
    with pytest.raises(registry.RegistryError):
        registry.undo(event, world.people["office"], "again")


def test_only_one_credit_code_is_merged(world: World) -> None:
    kept, double = (world.park.subjects.get(key=k) for k in ("alpha-1", "alpha-2"))
    with pytest.raises(registry.RegistryError):
        registry.merge(kept, double, world.people["office"], "")
    assert not FirmEvent.objects.exists()


def test_a_firm_is_registered_and_changed_with_its_history(world: World) -> None:
    office = world.client_of("office")
    wrong = office.post(
        "/p/alpha/firms/new/", {"key": "N1", "name": "新企业", "credit_code": CODE[:-1] + "4", "parent": "alpha"}
    )
    assert wrong.status_code == 422
    right = office.post("/p/alpha/firms/new/", {"key": "N1", "name": "新企业", "credit_code": CODE, "parent": "alpha"})
    assert right.status_code == 302
    fields = {"name": "新企业二", "credit_code": CODE, "parent": "alpha", "since": "2020"}
    assert office.post("/p/alpha/firms/of/N1/edit/", fields).status_code == 422
    assert office.post("/p/alpha/firms/of/N1/edit/", fields | {"why": "更名"}).status_code == 302
    event = FirmEvent.objects.get(kind="edited")
    assert (event.data["before"]["name"], event.data["after"]["name"], event.why) == ("新企业", "新企业二", "更名")
    assert office.get("/p/alpha/firms/?q=新企业二").context["page"].paginator.count == 1


@pytest.mark.parametrize(
    ("lang", "said", "two"),
    [("zh-hans", "原煤", "柴油、终端燃烧"), ("en", "raw coal", "diesel, combustion by final users")],
)
def test_codes_of_a_breakdown_are_said_in_words(world: World, lang: str, said: str, two: str) -> None:
    changes = [
        Change("alpha-1", "fuel_consumption", "2023", "20", "t", by=by)
        for by in ("fuel=raw_coal", "fuel=diesel;use=combustion")
    ]
    write(world.park, changes, world.people["office"], "test")
    client = world.client_of("office")
    client.cookies["django_language"] = lang
    page = client.get("/p/alpha/firms/of/alpha-1/").content.decode()
    figure = Figure.objects.get(subject__key="alpha-1", by="fuel=diesel;use=combustion")
    drawer = client.get(f"/p/alpha/data/figure/{figure.pk}/history/").content.decode()
    for told in (page, drawer):
        assert two in told
        assert "fuel=" not in told
    assert said in page


def test_the_registry_is_sorted_and_filtered_in_the_database(graded: World) -> None:
    grade(graded)
    client = graded.client_of("office")
    first = {
        s: client.get(f"/p/alpha/firms/?sort={s}").context["page"][0].key for s in ("name", "-name", "rank", "-rank")
    }
    assert first == {"name": "alpha-1", "-name": "alpha-3", "rank": "alpha-3", "-rank": "alpha-1"}
    assert client.get("/p/alpha/firms/?q=alpha-2").context["page"].paginator.count == 1


def test_the_simulator_tells_who_moves_and_keeps_nothing(graded: World) -> None:
    made = grade(graded)
    client = graded.client_of("office")
    page = client.get(f"/p/alpha/firms/grades/{made.pk}/simulator/?cutoffs=A%3D34,B%3D33,C%3D33")
    assert page.context["problem"] == ""
    assert page.context["moved"] > 0
    wrong = client.get(f"/p/alpha/firms/grades/{made.pk}/simulator/?cutoffs=A%3D34")
    assert wrong.context["problem"]
    assert GradeRun.objects.count() == 1


def test_a_large_park_is_graded_in_the_background(graded: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grades, "AT_ONCE", 2)
    graded.client_of("office").post("/p/alpha/firms/grades/run/", {"year": "2023"})
    job = graded.park.jobs.get(kind="grade")
    assert job.state == "done"
    assert GradeRun.objects.get().firms == 3


def test_audits_and_retrofits_are_tracked(world: World) -> None:
    office = world.client_of("office")
    office.post("/p/alpha/firms/of/alpha-1/audit/", {"kind": "energy", "due": "2024-05-01", "mandatory": "1"})
    audit = Audit.objects.get()
    office.post(f"/p/alpha/firms/of/alpha-1/audit/{audit.pk}/", {"done": "2024-04-01", "findings": "余热"})
    office.post(
        "/p/alpha/firms/of/alpha-1/retrofit/",
        {"name": "余热回收", "expected": "46", "unit": "tce", "audit": str(audit.pk)},
    )
    office.post("/p/alpha/firms/of/alpha-1/retrofit/", {"name": "坏数", "expected": "many"})
    audit.refresh_from_db()
    assert (str(audit.done), audit.history.count()) == ("2024-04-01", 2)
    assert [r.name for r in Retrofit.objects.all()] == ["余热回收"]
    assert office.get("/p/alpha/firms/audits/?state=done").context["page"].paginator.count == 1


def test_land_is_listed_and_put_in_order_within_the_money(graded: World) -> None:
    office = graded.client_of("office")
    office.post("/p/alpha/firms/land/upload/", {"file": SimpleUploadedFile("plots.csv", PLOTS.encode())})
    page = office.get("/p/alpha/firms/land/?budget=2026%3D600")
    assert page.context["problem"] == ""
    assert [r["plot"] for r in page.context["listed"]] == ["P1"]
    assert [(s["plot"], s["year"]) for s in page.context["order"]["steps"]] == [("P1", 2026)]
    assert page.context["order"]["proven"]
    office.post("/p/alpha/firms/land/step/", {"plot": "P1", "step": "agreed", "note": "已签"})
    assert office.get("/p/alpha/firms/land/").context["listed"][0]["last"]["step"] == "agreed"
    form = office.get("/p/alpha/firms/land/").content.decode().partition("land/step/")[2]
    for goal in GOALS:
        assert f'name="{goal}"' in form, "what was really reached is asked for every goal of the programme"
    real = {"land": "12", "output": "3000", "energy": "40", "emission": "1.5"}
    office.post("/p/alpha/firms/land/step/", {"plot": "P1", "step": "completed", **real})
    last = office.get("/p/alpha/firms/land/").context["listed"][0]["last"]
    assert {goal: str(last["freed"][goal]) for goal in GOALS} == real
    office.post("/p/alpha/firms/land/upload/", {"file": SimpleUploadedFile("plots.csv", b"nothing,here\n1,2\n")})
    assert PlotTable.objects.count() == 1


@pytest.mark.parametrize("role", ROLES)
def test_every_page_by_every_role(graded: World, role: str) -> None:
    made = grade(graded)
    appeal_of(graded, made)
    found = Appeal.objects.get()
    client = graded.client_of(role)
    seers, land, office = (
        ("admin", "office", "reviewer", "firm"),
        ("admin", "office", "consultant", "reviewer"),
        ("admin", "office"),
    )
    pages = {
        "": EVERYBODY, "of/alpha-1/": EVERYBODY, "of/alpha-1/map.json": EVERYBODY, "audits/": EVERYBODY, "grades/": seers,
        f"grades/{made.pk}/of/alpha-1/": seers, "appeals/": seers, f"appeals/{found.pk}/evidence/": seers, "new/": office,
        "doubles/": office, "of/alpha-1/edit/": office, "land/": land, f"grades/{made.pk}/simulator/": ("admin", "office", "reviewer"),
    }  # fmt: skip
    refused = (404,) if role in ("stranger", "anonymous") else (403, 404)
    for lang in ("zh-hans", "en"):
        client.cookies["django_language"] = lang
        for tail, allowed in pages.items():
            answer = client.get(f"/p/alpha/firms/{tail}")
            assert answer.status_code in ((200,) if role in allowed else refused), (tail, answer.status_code)
            if answer.streaming:
                assert b"".join(answer.streaming_content)
    assert client.get("/p/beta/firms/").status_code == (200 if role == "admin" else 404)
    acts = {
        "new/": {"key": "Z", "name": "Z", "parent": "alpha"}, "merge/": {"kept": "alpha-1", "double": "alpha-2"},
        "of/alpha-1/audit/": {"kind": "energy"}, "of/alpha-1/retrofit/": {"name": "x"}, "grades/run/": {"year": "2023"},
        "grades/method/": {"method": METHOD}, f"appeals/{found.pk}/": {"step": "reject", "answer": "x"},
        "land/upload/": {}, "land/step/": {"plot": "P1", "step": "agreed"},
    }  # fmt: skip
    for tail, fields in acts.items():
        answer = client.post(f"/p/alpha/firms/{tail}", fields)
        allowed = ("admin", "office", "consultant", "firm") if tail.startswith("of/alpha-1/") else office
        assert answer.status_code in ((200, 302) if role in allowed else refused), (tail, answer.status_code)


def test_the_last_grading_is_found_after_a_new_year_has_begun(graded: World) -> None:
    made = grade(graded)
    new_year = [Change("alpha-1", WATER, "2024", "9", "m3")]
    write(graded.park, new_year, graded.people["firm"], "", state="draft")
    assert keep.years_of(graded.park)[0] == 2023, "one firm's draft opens no year for everybody"
    write(graded.park, new_year, graded.people["office"], "")
    assert keep.years_of(graded.park)[0] == 2024
    for role, years in (("firm", ["2023"]), ("office", ["2024", "2023", "2022"])):
        page = graded.client_of(role).get("/p/alpha/firms/grades/")
        assert (page.context["run"], page.context["year"], page.context["years"]) == (made, "2023", years)
    assert graded.client_of("office").get("/p/alpha/firms/grades/?year=2024").context["run"] is None


def test_an_earlier_sheet_says_why_and_leads_to_the_latest(graded: World) -> None:
    made = grade(graded)
    sheet = f"/p/alpha/firms/grades/{made.pk}/of/alpha-1/"
    firm = graded.client_of("firm")
    assert "离上一类还差" in firm.get(sheet).text
    write(graded.park, [Change("alpha-1", LAND, "2023", "0.002", "km2")], graded.people["office"], "x")
    assert "园区办重新评价后，才再算出离上一类还差多少" in firm.get(sheet).text
    again = grade(graded)
    assert f'href="/p/alpha/firms/grades/{again.pk}/of/alpha-1/"' in firm.get(sheet).text


@pytest.mark.parametrize("value", ["abc", "-5", "1e999", "5 kg", "无"])
def test_an_appeal_for_what_a_figure_cannot_be_is_told_at_once(graded: World, value: str) -> None:
    made = grade(graded)
    before = FirmGrade.objects.get(run=made, subject__key="alpha-1").subject
    assert appeal_of(graded, made, value=value) == 302
    assert not Appeal.objects.exists()
    said = graded.client_of("firm")
    file = SimpleUploadedFile("receipt.pdf", b"%PDF-1.7 x")
    address = f"/p/alpha/firms/grades/{made.pk}/of/{before.key}/appeal/"
    answer = said.post(address, {"quantity": LAND, "value": value, "reason": "漏计", "file": file}, follow=True)
    assert f"“{value}”不能作为" in answer.text
