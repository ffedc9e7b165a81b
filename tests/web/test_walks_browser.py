"""Ways through the site that a person goes, in a real Chromium: the gate, a signature, downloads that open, a task to its end.

What else is walked: import with preview, what-if, return and accept, the trace drawer (`test_browser`), a case from a phone to
its closing (`test_cases_browser`), own rules (`test_own_browser`), both steps of signing in (`test_two_step_browser`).
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.test import Client
from docx import Document
from pptx import Presentation

from ecopark.web.demo import make_demo
from ecopark.web.people.models import User
from ecopark.web.projects.models import Decision, Project
from ecopark.web.rules.models import Verification
from ecopark.web.tasks.models import Task

from .browser import Visitor, chromium

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
PARK = "/p/yunqi/"
PROJECT = {
    # the figures of the demonstration's robot project: its own policy lets it in
    "fixed_investment": "7800", "land_area_mu": "30", "floor_area_m2": "30000", "industrial_gross_output": "17500",
    "industrial_value_added": "1500", "tax_paid_10k_cny": "150", "rd_expenditure": "620", "employees": "210",
    "industrial_fresh_water_m3": "6000", "energy_total_tce": "310", "co2_emissions_t": "800", "emission_cod_t": "0.4",
    "emission_nox_t": "0.1",
}  # fmt: skip
"""Its figures, with a tax that is too low at first."""


@pytest.fixture
def visit(live_server: Any, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> Iterator[Any]:
    """The demonstration site and a browser; `visit(name)` opens it as that person."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # playwright keeps an event loop in this thread
    settings.UPLOADS = tmp_path / "uploads"
    make_demo(30)
    with chromium() as browser:

        def open_as(name: str, **options: Any) -> Visitor:
            client = Client()
            client.force_login(User.objects.get(username=name))
            return Visitor(browser, live_server.url, client.cookies["sessionid"].value, **options)

        yield open_as


def press(visitor: Visitor, selector: str, *, asked: bool = False) -> None:
    """Press a button and wait for the page it leads to; `asked`: say yes to its question first."""
    with visitor.page.expect_navigation(wait_until="networkidle"):
        visitor.page.click(selector)
        if asked:
            visitor.page.click("dialog[open] [data-confirm-yes]")


def fetched(visitor: Visitor, selector: str) -> tuple[str, bytes]:
    """Name and content of the file that a link or button brings."""
    with visitor.page.expect_download(timeout=120_000) as waiting:
        visitor.page.click(selector)
    arrived = waiting.value
    return arrived.suggested_filename, Path(arrived.path()).read_bytes()


def test_the_gate_answers_while_typing_and_decides(visit: Any) -> None:
    office = visit("office")
    page = office.page
    office.go(f"{PARK}projects/new/")
    answer = page.locator("#answer")
    assert "准予" not in answer.inner_text()
    page.fill("#p-name", "车身轻量化零部件项目（虚构）")
    page.fill("#p-code", "3670")
    page.fill("#p-words", "铝合金车身零部件，冲压、焊接")
    for quantity, value in PROJECT.items():
        page.fill(f"#p-{quantity}", value)
    verdict = answer.locator(".chip").first
    verdict.get_by_text("不予准入").wait_for()
    assert "亩均税收" in answer.inner_text()
    page.fill("#p-tax_paid_10k_cny", "1150")
    verdict.get_by_text("待定").wait_for()
    free = page.eval_on_selector_all("#p-place option", "all => all.map((one) => one.value)")
    ranked = re.findall(r"\b[A-Z]\d{2}\b", str(answer.text_content()).partition("最佳地块")[2])
    page.select_option("#p-place", next(f"parcel:{one}" for one in ranked if f"parcel:{one}" in free))
    answer.locator("li.finding", has_text="未给出地块").first.wait_for(state="detached")
    assert "不予准入" not in verdict.inner_text(), answer.inner_text()
    assert not Project.objects.filter(name__startswith="车身轻量化").exists()
    press(office, "#project-form button.primary")
    project = Project.objects.get(name__startswith="车身轻量化")
    assert project.stage == "lead"
    for stage in ("talks", "review"):
        page.select_option("select[name=stage]", stage)
        press(office, "form[action$='/move/'] button")
    own = page.eval_on_selector_all("#s-office option", "all => all.map((one) => one.value)")
    for value in own:  # of the person's own department: in their own name
        page.select_option("#s-office", value)
        press(office, "form[action$='/opinion/']:has(#s-office) button.primary", asked=True)
    assert project.opinions.filter(how="account").count() == len(own)
    others = page.eval_on_selector_all("#p-office option", "all => all.map((one) => one.value)")
    for value in others:
        if not page.locator("#p-office").is_visible():
            page.locator("details:has(#p-office) > summary").click()
        page.select_option("#p-office", value)
        page.fill("#p-by", "孙可")
        page.fill("#p-ref", "会审单 2026-07")
        press(office, "form[action$='/opinion/']:has(#p-office) .actions button")
    assert project.opinions.filter(how="paper").count() == len(others) > 0
    press(office, "form[action$='/decide/'] button.primary", asked=True)
    decision = Decision.objects.get(project=project)
    assert decision.verdict in ("admit", "conditional")
    office.go(f"{PARK}projects/decision/{decision.pk}/")
    text = page.locator("main").inner_text()
    assert f"判定 № {decision.entry}" in text
    assert "孙可" in text
    name, data = fetched(office, "a[href$='.docx']")
    assert name.endswith(".docx")
    minutes = Document(io.BytesIO(data))
    cells = [cell.text for table in minutes.tables for row in table.rows for cell in row.cells]
    assert any("车身轻量化零部件项目" in text for text in (*cells, *(p.text for p in minutes.paragraphs)))
    assert office.said == []


def test_a_clause_is_signed_against_a_document_and_taken_back(visit: Any) -> None:
    office = visit("office")
    page = office.page
    office.go(f"{PARK}rules/hj274-2015/")
    assert "已核 0 / 32" in page.locator("main").inner_text()
    page.check("input[name=clause][value='13']")
    page.click("#sign button.primary")
    assert page.evaluate("document.activeElement.name") == "document"  # asked for by the browser; nothing is sent
    assert not Verification.objects.exists()
    page.fill("#s-document", "HJ 274-2015 正式出版本")
    page.fill("#s-page", "表1")
    press(office, "#sign button.primary")
    office.go(f"{PARK}rules/hj274-2015/")
    assert "已核 1 / 32" in page.locator("main").inner_text()
    found = Verification.objects.get()
    assert (found.clause, found.by.username, found.against) == ("13", "office", "HJ 274-2015 正式出版本, 表1")
    office.go(f"{PARK}assess/hj274-2015/2025/clause/13/")
    assert "周敏" in page.locator("main").inner_text()
    office.go(f"{PARK}rules/hj274-2015/clause/13/")
    page.fill("form[action*='/signature/'] input[name=why]", "页码写错")
    press(office, "form[action*='/signature/'] button")
    found.refresh_from_db()
    assert found.withdrawn_why == "页码写错"
    office.go(f"{PARK}rules/hj274-2015/")
    assert "已核 0 / 32" in page.locator("main").inner_text()
    assert office.said == []


def test_files_arrive_and_open(visit: Any) -> None:
    office = visit("office")
    office.go(f"{PARK}data/")
    name, data = fetched(office, "a[href$='template.xlsx']")
    sheets = openpyxl.load_workbook(io.BytesIO(data)).sheetnames
    assert name.startswith("yunqi-")
    assert sheets
    office.go(f"{PARK}assess/briefing/")
    press(office, "button[value=pdf]")  # the first has to compute the verdicts, as work of its own
    name, data = fetched(office, "a[href$='/file/']")
    assert (name.rpartition(".")[2], data[:5]) == ("pdf", b"%PDF-")
    office.go(f"{PARK}assess/briefing/")
    name, data = fetched(office, "button[value=pptx]")
    assert 1 <= len(Presentation(io.BytesIO(data)).slides) <= 3
    office.go(f"{PARK}assess/dossier/")
    for box in office.page.locator("input[name=pack]:checked").all()[:0:-1]:
        box.uncheck()
    press(office, "main form button.primary")
    name, data = fetched(office, "a[href$='all.zip']")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        endings = {Path(n).suffix for n in archive.namelist()}
    assert {".docx", ".xlsx", ".html", ".pptx"} <= endings
    assert office.said == []


def test_a_task_from_a_clause_to_its_closing(visit: Any) -> None:
    office = visit("office")
    page = office.page
    office.go(f"{PARK}assess/hj274-2015/2025/clause/13/")
    press(office, "a[href*='/tasks/new/']")
    before = Task.objects.count()
    measure = page.input_value("#measure-0")
    for n in range(1, page.locator("input[id^=measure-], textarea[id^=measure-]").count()):
        page.fill(f"#measure-{n}", "")
    press(office, "main form button.primary")
    task = Task.objects.latest("pk")
    assert Task.objects.count() == before + 1
    assert task.measure == measure
    office.go(f"{PARK}tasks/{task.number}/")
    page.fill("#p-share", "40")
    page.fill("#p-note", "管网已开工")
    press(office, "button[value=progress]")
    assert "管网已开工" in page.locator("main").inner_text()
    page.fill("#p-share", "100")
    page.fill("#p-note", "已完工")
    press(office, "button[value=closed]", asked=True)
    text = page.locator("main").inner_text()
    assert "已办结" in text
    assert page.locator("button[value=reopened]").count() == 1
    office.go(f"{PARK}tasks/effects/")
    assert "新鲜水耗弹性系数" in page.locator("main").inner_text()
    assert office.said == []


def test_a_refused_form_goes_on_where_it_is_wrong(visit: Any) -> None:
    """By keyboard alone and in English: the page that refuses a form begins at what is wrong, not at the top."""
    office = visit("office", lang="en")
    page = office.page

    def send(address: str, field: str, text: str) -> str:
        office.go(PARK + address)
        page.fill(field, text)
        page.focus("main form[data-keep] .button.primary")
        with page.expect_navigation(wait_until="networkidle"):
            page.keyboard.press("Enter")
        return str(page.evaluate("document.activeElement.getAttribute('name') || document.activeElement.textContent"))

    assert "'much' is not a number" in send("assess/hj274-2015/2025/what-if/", "#w1", "much")
    assert page.url.endswith("what-if/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")
    assert send("data/theme/water/", "input[name^='given|']", "much").startswith("given|")
    assert page.get_attribute(":focus", "aria-invalid") == "true"
    assert "Choose the lead department." in send("tasks/new/", "input[name='measure-1']", "Meters for large users")
