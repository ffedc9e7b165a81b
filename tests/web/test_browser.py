"""The main ways through the site in a real Chromium. Every page of it: `test_every_page`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from ecopark.web.assess.models import Scenario
from ecopark.web.demo import make_demo
from ecopark.web.figures.models import Correction, Figure, Import
from ecopark.web.people.models import User

from .browser import Visitor, chromium
from .test_import import workbook

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def site(live_server: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The demonstration site, running, and a browser."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # playwright keeps an event loop in this thread
    make_demo(30)
    with chromium() as browser:

        def visit(name: str = "", **options: Any) -> Visitor:
            session = None
            if name:
                client = Client()
                client.force_login(User.objects.get(username=name))
                session = client.cookies["sessionid"].value
            return Visitor(browser, live_server.url, session, **options)

        yield visit


def test_the_drawer_opens_the_trace_and_closes_by_keyboard(site: Any) -> None:
    visitor = site("office")
    visitor.go("/p/yunqi/assess/hj274-2015/2025/")
    visitor.page.click("a[data-drawer]:has-text('新鲜水耗弹性系数')")
    drawer = visitor.page.locator("#drawer-body")
    drawer.get_by_text("数据溯源").wait_for()
    assert "0.7951" in drawer.inner_text() or "cagr" in drawer.inner_text()
    visitor.page.keyboard.press("Escape")
    drawer.wait_for(state="hidden")
    assert visitor.said == []


def test_import_with_preview(site: Any, tmp_path: Any) -> None:
    path = tmp_path / "facts.xlsx"
    path.write_bytes(workbook(("yunqi", "publicity_events", "2025", 41, "events/year")))
    visitor = site("office")
    visitor.go("/p/yunqi/data/import/")
    text = tmp_path / "photo.txt"
    text.write_text("no workbook")
    visitor.page.set_input_files("#import-file", str(text))
    assert "photo.txt" in visitor.page.inner_text(".drop [data-refusal]")
    visitor.page.click(".drop [data-take-off]")
    assert visitor.page.inner_text(".drop [data-refusal]") == ""
    assert visitor.page.evaluate("document.querySelector('#import-file').files.length") == 0
    assert visitor.page.locator("[data-take-off]").count() == 0
    visitor.page.set_input_files("#import-file", str(path))
    visitor.page.click("main form button.primary")
    visitor.page.wait_for_load_state("networkidle")
    assert Import.objects.count() == 1
    assert not Figure.objects.filter(park__slug="yunqi", quantity="publicity_events", given="41").exists()
    for box in visitor.page.locator("input[name=group]").all():
        box.check()
    visitor.page.locator("main form button.primary").last.click()
    visitor.page.wait_for_load_state("networkidle")
    assert Figure.objects.filter(park__slug="yunqi", quantity="publicity_events", given="41").exists()


def test_what_if_by_hand(site: Any) -> None:
    visitor = site("office")
    visitor.go("/p/yunqi/assess/hj274-2015/2025/what-if/")
    visitor.page.fill("input[name='publicity_events|']", "1")
    visitor.page.fill("input[name=scenario_name]", "少办活动")
    visitor.page.click("main form button.primary")
    visitor.page.wait_for_load_state("networkidle")
    assert "32" in visitor.page.locator("#result").inner_text()
    visitor.page.click("button[name=save]")
    visitor.page.wait_for_load_state("networkidle")
    assert Scenario.objects.get().name == "少办活动"
    assert "scenario=" in visitor.page.url


def test_two_people_edit_one_figure(site: Any) -> None:
    address = "/p/yunqi/data/theme/water/?year=2025"
    first, second = site("office"), site("consultant")
    field = "input[name='given|reclaimed_water_used_m3|']"
    for visitor in (first, second):
        visitor.go(address)
    for visitor, value in ((first, "2100000"), (second, "2200000")):
        visitor.page.fill(field, value)
        visitor.page.fill("main form input[name=reason]", "复核")
        visitor.page.click("main form button.primary")
        visitor.page.wait_for_load_state("networkidle")
    text = second.page.locator("main").inner_text()
    assert "2100000" in text
    assert second.page.input_value(field) == "2200000"
    stored = Figure.objects.get(park__slug="yunqi", quantity="reclaimed_water_used_m3", period="2025", by="")
    assert stored.given == "2100000"


def test_what_a_form_lacks_is_told_before_anybody_is_asked(site: Any) -> None:
    office = site("office")
    office.go("/p/yunqi/firms/doubles/")
    merge = "form[action$='/merge/'] button[data-confirm]"
    office.page.locator(merge).first.click()
    assert office.page.locator("dialog[open]").count() == 0
    assert office.page.evaluate("document.activeElement.name") == "why"
    office.page.locator("form[action$='/merge/'] input[name=why]").first.fill("同一家")
    office.page.locator(merge).first.click()
    assert office.page.locator("dialog[open] [data-confirm-yes]").is_visible()


def test_a_firm_hands_in_and_the_office_returns_and_accepts(site: Any) -> None:
    firm, office = site("firm"), site("office")
    firm.go("/p/yunqi/data/theme/water/?year=2025")
    firm.page.fill("input[name='given|industrial_fresh_water_m3|']", "4321")
    firm.page.fill("main form input[name=reason]", "水表读数有误")
    firm.page.click("main form button.primary")
    firm.page.wait_for_load_state("networkidle")
    wanted = Correction.objects.get(given="4321")
    figure, was = wanted.figure, wanted.figure.given
    assert (wanted.state, figure.state) == ("draft", "accepted")
    firm.go("/p/yunqi/data/submissions/?year=2025")
    firm.page.fill("input[name=reason]", "水表读数有误")
    firm.page.click("button[value=submit]")
    firm.page.click("[data-confirm-yes]")
    firm.page.wait_for_load_state("networkidle")
    office.go("/p/yunqi/data/submissions/?year=2025&state=submitted")
    office.page.fill("input[name=reason]", "缺水费发票")
    office.page.click("button[value=return]")
    office.page.wait_for_load_state("networkidle")
    wanted.refresh_from_db()
    figure.refresh_from_db()
    assert (wanted.state, figure.given) == ("returned", was)
    firm.go("/p/yunqi/data/submissions/?year=2025")
    assert "缺水费发票" in firm.page.locator("main").inner_text()
    firm.page.click("button[value=submit]")
    firm.page.click("[data-confirm-yes]")
    firm.page.wait_for_load_state("networkidle")
    office.go("/p/yunqi/data/submissions/?year=2025&state=submitted")
    office.page.click("button[value=accept]")
    office.page.wait_for_load_state("networkidle")
    figure.refresh_from_db()
    assert (figure.state, figure.given) == ("accepted", "4321")
