"""Audits and retrofits: entered by the office, the firm or a consultant, confirmed, corrected with a reason, with papers."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from ecopark.web.figures.change import Change, write
from ecopark.web.firms import care
from ecopark.web.firms.models import Audit, CareFile, Retrofit
from ecopark.web.uploads import stored_path

from .api_calls import Api, good, refusal, refused_as
from .conftest import ROLES, World

WATER = "industrial_fresh_water_m3"
F = "/p/alpha/firms"
INSIDERS = ("admin", "office", "consultant", "reviewer", "firm")


@pytest.fixture
def kept(world: World, settings: Any, tmp_path: Any) -> World:
    """A confirmed audit and a confirmed retrofit of the first firm, and an audit of the second."""
    settings.UPLOADS = tmp_path / "uploads"
    for firm in ("alpha-1", "alpha-2"):
        subject = world.park.subjects.get(key=firm)
        audit = Audit.objects.create(park=world.park, subject=subject, kind="energy")
        if firm == "alpha-1":
            Retrofit.objects.create(park=world.park, subject=subject, audit=audit, name="节水")
    return world


def of_first() -> tuple[Audit, Retrofit]:
    return Audit.objects.filter(subject__key="alpha-1").earliest("pk"), Retrofit.objects.earliest("pk")


def test_the_page_links_a_retrofit_to_its_audit_and_quantity(kept: World) -> None:
    office, (audit, _) = kept.client_of("office"), of_first()
    page = office.get(f"{F}/of/alpha-1/").content.decode()
    assert 'name="audit"' in page and f'value="{WATER}"' in page and 'name="why"' in page
    form = {
        "name": "回用",
        "audit": str(audit.pk),
        "quantity": WATER,
        "expected": "0.002",
        "unit": "万m3",
        "why": "审核建议",
    }
    answer = office.post(f"{F}/of/alpha-1/retrofit/", form)
    made = Retrofit.objects.latest("pk")
    assert answer["Location"] == f"{F}/care/retrofits/{made.pk}/"
    assert (made.audit, made.quantity, made.state) == (audit, WATER, "confirmed")
    assert made.history.get().history_change_reason == "审核建议"
    assert made.history.get().history_user == kept.people["office"]
    theirs = Audit.objects.get(subject__key="alpha-2")
    for wrong in (
        {"unit": "tce"},
        {"quantity": "no_such"},
        {"expected": "many"},
        {"audit": str(theirs.pk)},
        {"due": "2024-13-01"},
    ):
        office.post(f"{F}/of/alpha-1/retrofit/", form | wrong)
    assert Retrofit.objects.count() == 2
    office.post(f"{F}/of/alpha-1/retrofit/{made.pk}/", {"whole": "1", "name": "回用", "audit": "", "quantity": ""})
    made.refresh_from_db()
    assert (made.audit, made.quantity) == (None, "")


def test_what_was_done_is_corrected_with_a_reason_and_its_history_is_shown(kept: World) -> None:
    office, (audit, _) = kept.client_of("office"), of_first()
    where = f"{F}/of/alpha-1/audit/{audit.pk}/"
    office.post(where, {"done": "2024-04-01", "findings": "余热"})
    office.post(where, {"findings": "余热，照明"})
    audit.refresh_from_db()
    assert audit.findings == "余热", "a done audit is not changed without a reason"
    office.post(where, {"findings": "余热，照明", "why": "补充结论"})
    office.post(where, {"done": "", "why": "日期填错"})
    audit.refresh_from_db()
    assert (audit.findings, audit.done) == ("余热，照明", None)
    page = office.get(f"{F}/care/audits/{audit.pk}/")
    text = page.content.decode()
    assert "补充结论" in text and "日期填错" in text and "2024-04-01" in text
    assert [e["why"] for e in page.context["events"][:2]] == ["日期填错", "补充结论"]


@pytest.mark.parametrize("role", ["firm", "consultant"])
def test_what_a_firm_or_consultant_enters_waits_for_the_office(kept: World, role: str) -> None:
    client, office = kept.client_of(role), kept.client_of("office")
    client.post(f"{F}/of/alpha-1/audit/", {"kind": "cleaner", "due": "2025-01-01"})
    made = Audit.objects.latest("pk")
    assert made.state == "draft"
    assert [a.pk for a in office.get(f"{F}/audits/?state=waiting").context["page"]] == [made.pk]
    step = f"{F}/care/audits/{made.pk}/step/"
    assert client.post(step, {"step": "confirm"}).status_code == 403
    office.post(step, {"step": "return"})
    assert Audit.objects.get(pk=made.pk).state == "draft", "returned without a reason"
    office.post(step, {"step": "return", "why": "缺机构"})
    assert Audit.objects.get(pk=made.pk).state == "returned"
    client.post(f"{F}/of/alpha-1/audit/{made.pk}/", {"auditor": "某中心"})
    assert Audit.objects.get(pk=made.pk).state == "draft"
    office.post(step, {"step": "confirm"})
    made.refresh_from_db()
    assert (made.state, made.auditor) == ("confirmed", "某中心")
    assert "缺机构" in client.get(f"{F}/care/audits/{made.pk}/").content.decode()


def test_a_change_of_a_confirmed_entry_waits_beside_it(kept: World) -> None:
    firm, office, (_, retrofit) = kept.client_of("firm"), kept.client_of("office"), of_first()
    where, step = f"{F}/of/alpha-1/retrofit/{retrofit.pk}/", f"{F}/care/retrofits/{retrofit.pk}/step/"
    firm.post(where, {"done": "2024-05-01", "achieved": "40", "why": "完工"})
    retrofit.refresh_from_db()
    assert (retrofit.done, retrofit.achieved, retrofit.proposed) == (None, "", {"done": "2024-05-01", "achieved": "40"})
    assert "2024-05-01" in office.get(f"{F}/care/retrofits/{retrofit.pk}/").content.decode()
    office.post(step, {"step": "return", "why": "缺验收单"})
    retrofit.refresh_from_db()
    assert (retrofit.proposed, retrofit.state, retrofit.done) == ({}, "confirmed", None)
    firm.post(where, {"done": "2024-05-01", "achieved": "40", "why": "完工"})
    office.post(step, {"step": "confirm"})
    retrofit.refresh_from_db()
    assert (str(retrofit.done), retrofit.achieved, retrofit.proposed) == ("2024-05-01", "40", {})
    office.post(step, {"step": "confirm"})
    office.post(step, {"step": "withdraw", "why": "重复登记"})
    retrofit.refresh_from_db()
    assert (
        retrofit.state == "withdrawn" and not office.get(f"{F}/audits/?kind=retrofits").context["page"].paginator.count
    )
    firm.post(where, {"achieved": "50", "why": "x"})
    retrofit.refresh_from_db()
    assert retrofit.achieved == "40"


def test_a_promise_is_held_against_the_firms_figures(kept: World) -> None:
    office, (_, retrofit) = kept.client_of("office"), of_first()
    changes = [
        Change("alpha-1", WATER, y, v, u)
        for y, v, u in (("2021", "500", "m3"), ("2022", "480", "m3"), ("2023", "0.045", "万m3"))
    ]
    write(kept.park, changes, kept.people["office"], "x")
    write(kept.park, [Change("alpha-1", WATER, "2024", "1", "m3")], kept.people["firm"], "x", state="draft")
    office.post(f"{F}/of/alpha-1/retrofit/{retrofit.pk}/", {"quantity": WATER, "expected": "100", "unit": "m3"})
    assert office.get(f"{F}/care/retrofits/{retrofit.pk}/").context["delivered"] is None
    office.post(f"{F}/of/alpha-1/retrofit/{retrofit.pk}/", {"done": "2022-06-30"})
    told = office.get(f"{F}/care/retrofits/{retrofit.pk}/").context["delivered"]
    assert (told["year"], told["amount"]) == (2021, "500")
    assert [(y["year"], y["change"], y["share"]) for y in told["years"]] == [(2022, "-20", ""), (2023, "-50", "50%")]
    by_token = good(Api(kept, "firm").get(f"/parks/alpha/care/retrofits/{retrofit.pk}"))["delivered"]
    assert by_token["years"][1] == {"year": 2023, "amount": "450", "change": "-50", "share": "0.5"}
    retrofit.refresh_from_db()
    retrofit.more = True
    assert [y.share for y in care.delivered_by(retrofit).years] == [None, None], "less is not what was promised"


def test_reports_are_attached_and_taken_back(kept: World) -> None:
    office, firm, (audit, _) = kept.client_of("office"), kept.client_of("firm"), of_first()
    where = f"{F}/care/audits/{audit.pk}/"
    firm.post(f"{where}attach/", {"file": SimpleUploadedFile("审核报告.pdf", b"%PDF-1.7 report")})
    for name, data in (("x.exe", b"MZ"), ("x.pdf", b"no pdf"), ("x.pdf", b"")):
        firm.post(f"{where}attach/", {"file": SimpleUploadedFile(name, data)})
    firm.post(f"{where}attach/", {})
    found = CareFile.objects.get()
    paper = office.get(f"{where}files/{found.pk}/")
    assert b"".join(paper.streaming_content) == b"%PDF-1.7 report" and "attachment" in paper["Content-Disposition"]
    assert "审核报告.pdf" in office.get(where).content.decode()
    assert kept.client_of("consultant").post(f"{where}files/{found.pk}/back/").status_code == 403
    theirs = Audit.objects.get(subject__key="alpha-2")
    assert office.get(f"{F}/care/audits/{theirs.pk}/files/{found.pk}/").status_code == 404, "a file of another entry"
    stored_path(found.stored).unlink()
    assert office.get(f"{where}files/{found.pk}/").status_code == 404, "taken off the disk by hand"
    firm.post(f"{where}files/{found.pk}/back/")
    assert "审核报告.pdf" not in office.get(where).content.decode()
    assert CareFile.objects.get().withdrawn is not None


def test_lists_are_paged(kept: World) -> None:
    subject = kept.park.subjects.get(key="alpha-1")
    Retrofit.objects.bulk_create([Retrofit(park=kept.park, subject=subject, name=f"r{n}") for n in range(120)])
    office = kept.client_of("office")
    assert office.get(f"{F}/audits/?kind=retrofits&page=3").context["page"].paginator.num_pages == 3
    assert office.get(f"{F}/audits/?kind=secrets").status_code == 404


@pytest.mark.parametrize("role", ROLES)
def test_who_may_see_and_enter_what(kept: World, role: str) -> None:
    audit, retrofit = of_first()
    theirs = Audit.objects.get(subject__key="alpha-2")
    good(
        Api(kept, "office").upload(
            f"/parks/alpha/care/audits/{audit.pk}/files", {"file": SimpleUploadedFile("a.pdf", b"%PDF-1.7")}
        )
    )
    paper = CareFile.objects.get()
    kept.park.published = True
    kept.park.save()
    client, api = kept.client_of(role), Api(kept, role)
    own = [f"audits/{audit.pk}/", f"retrofits/{retrofit.pk}/", f"audits/{audit.pk}/files/{paper.pk}/"]
    for tail in own:
        answer = client.get(f"{F}/care/{tail}")
        assert answer.status_code in ((200,) if role in INSIDERS else (403, 404)), tail
        assert not answer.streaming or list(answer.streaming_content)
    wide = role in ("admin", "office", "consultant", "reviewer")
    assert client.get(f"{F}/care/audits/{theirs.pk}/").status_code in ((200,) if wide else (403, 404))
    entering = role in ("admin", "office", "consultant", "firm")
    posts = {
        f"of/alpha-1/audit/{audit.pk}/": entering, f"care/audits/{audit.pk}/attach/": entering,
        f"of/alpha-2/audit/{theirs.pk}/": entering and role != "firm", f"care/audits/{theirs.pk}/attach/": entering and role != "firm",
        f"care/audits/{theirs.pk}/step/": role in ("admin", "office"),
    }  # fmt: skip
    for tail, allowed in posts.items():
        status = client.post(f"{F}/{tail}", {"findings": "x"}).status_code
        assert status == 302 if allowed else status in (403, 404), tail
    answer = api.get(f"/parks/alpha/care/audits/{audit.pk}")
    if role in INSIDERS:
        assert good(answer)["files"][0]["name"] == "a.pdf"
    else:
        refusal(answer, refused_as(role) if role != "stranger" else 403)
    answer = api.send(f"/parks/alpha/care/audits/{theirs.pk}/step", {"step": "withdraw", "why": "x"})
    if role in ("admin", "office"):
        assert good(answer)["state"] == "withdrawn"
    else:
        assert answer.status_code in (401, 403, 404)
        assert Audit.objects.get(pk=theirs.pk).state == "confirmed"
    if role == "firm":
        refusal(answer, 404)
        assert "alpha-2" not in client.get(f"{F}/audits/").content.decode()
