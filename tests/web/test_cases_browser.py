"""A case from a phone to its closing in a real Chromium, without reception in between."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from ecopark.web.cases.models import Case, CaseFile
from ecopark.web.demo import make_demo
from ecopark.web.demo_casework import drawn
from ecopark.web.people.models import User

from .browser import Visitor, chromium

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

REPORT = "/p/yunqi/cases/report/"


@pytest.fixture
def visit(live_server: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The demonstration site and a browser; `visit(name)` opens it as that person."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # playwright keeps an event loop in this thread
    make_demo(30)
    with chromium() as browser:

        def open_as(name: str, **options: Any) -> Visitor:
            client = Client()
            client.force_login(User.objects.get(username=name))
            return Visitor(browser, live_server.url, client.cookies["sessionid"].value, **options)

        yield open_as


def _fill(page: Any, words: str) -> None:
    page.check("input[name=kind][value=dust]")
    page.fill("textarea[name=text]", words)
    page.fill("input[name=place]", "南门外")


def _large(path: Path) -> Path:
    """A picture of noise, 2600 px wide and larger than what is sent as it is."""
    import random

    noise = random.Random(1)
    width, height = 2600, 900
    rows = b"".join(b"\x00" + noise.randbytes(width * 3) for _ in range(height))

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")
    path.write_bytes(data)
    return path


def test_what_is_wrong_is_told_before_anything_is_sent(visit: Any, tmp_path: Path) -> None:
    before = Case.objects.count()
    keeper = visit("keeper", size="phone")
    page = keeper.page
    keeper.go(REPORT)
    text = tmp_path / "photo.jpg"
    text.write_text("no picture at all")
    page.set_input_files("input[name=photos]", [text])
    page.wait_for_selector("[data-refusal]:has-text('photo.jpg')")
    assert page.locator("[data-previews] img").count() == 0
    _fill(page, "堆场裸土。")
    for lon, lat, place, words in (
        ("", "", "", "请定位"),
        ("abc", "31", "", "十进制度数"),
        ("31", "120", "x", "十进制度数"),
    ):
        for name, value in (("lon", lon), ("lat", lat), ("place", place)):
            page.fill(f"input[name={name}]", value)
        page.click("form[data-report] .actions button")
        assert words in page.inner_text("[data-nowhere]")
        assert page.input_value("textarea[name=text]") == "堆场裸土。"
    for name, value in (("lon", ""), ("lat", ""), ("place", "南门外")):
        page.fill(f"input[name={name}]", value)
    page.wait_for_selector(".map-legend input:checked")
    shown = page.locator(".map-legend input:checked").count()
    page.click("form[data-report] .actions button")
    page.wait_for_selector("[data-reports] a")
    assert Case.objects.count() == before + 1
    assert page.locator(".map-legend input:checked").count() == shown  # an emptied form leaves the map as it is
    assert keeper.said == []


def test_a_report_waits_without_reception_and_is_sent_once_with_its_photograph(visit: Any, tmp_path: Path) -> None:
    before = Case.objects.count()
    keeper = visit("keeper", size="phone")
    page = keeper.page
    keeper.go(REPORT)
    keeper.until("navigator.serviceWorker.controller !== null")
    keeper.until("caches.open('ecopark-cases-2').then((c) => c.keys()).then((k) => k.length > 4)")
    keeper.context.set_offline(True)
    page.goto(keeper.base + REPORT)  # the worker answers
    _fill(page, "离线上报的扬尘")
    page.set_input_files("input[name=photos]", _large(tmp_path / "site.png"))
    page.wait_for_selector("[data-previews] img")
    page.click("form[data-report] .actions button")
    page.wait_for_selector("[data-reports] li")
    assert "有信号时自动发送" in page.inner_text("[data-reports]")
    assert Case.objects.count() == before
    page.goto(keeper.base + REPORT)  # still there after the page was left
    page.wait_for_selector("[data-reports] li")
    keeper.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_selector("[data-reports] a")
    page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_timeout(500)
    assert Case.objects.count() == before + 1
    case = Case.objects.get(text="离线上报的扬尘")
    file = CaseFile.objects.get(event__case=case)
    assert (file.media_type, file.name) == ("image/jpeg", "site.jpg")


def test_a_position_that_was_found_is_not_said_of_the_next_place(visit: Any) -> None:
    keeper = visit("keeper", size="phone")
    page = keeper.page
    keeper.context.grant_permissions(["geolocation"])
    keeper.context.set_geolocation({"latitude": 31.23, "longitude": 122.93})
    keeper.go(REPORT)
    page.wait_for_selector(".map[data-drawn]")
    page.click("[data-locate]")
    page.wait_for_selector("[data-where]:has-text('误差')")
    assert page.input_value("input[name=lon]") == "122.930000"
    page.locator(".map canvas").tap()
    assert page.inner_text("[data-where]") == "", "another place was chosen"
    page.click("[data-locate]")
    page.wait_for_selector("[data-where]:has-text('误差')")
    _fill(page, "定位上报")
    page.click("form[data-report] .actions button")
    page.wait_for_selector("[data-reports] a")
    assert page.input_value("input[name=lon]") == ""
    assert page.inner_text("[data-where]") == "", "the next report has no position yet"


def test_a_place_is_tapped_on_the_map(visit: Any) -> None:
    keeper = visit("keeper", size="phone")
    keeper.go(REPORT)
    keeper.page.wait_for_selector(".map[data-drawn]")
    keeper.page.locator(".map canvas").tap()
    keeper.page.wait_for_selector(".maplibregl-marker")
    lon = float(keeper.page.input_value("input[name=lon]"))
    assert 122 < lon < 124


def test_a_case_from_the_phone_to_its_closing(visit: Any, tmp_path: Path) -> None:
    firm, office, keeper = (visit(name, size="phone") for name in ("firm", "office", "keeper"))
    photo = tmp_path / "after.png"
    photo.write_bytes(drawn("after"))
    firm.go(REPORT)
    _fill(firm.page, "危废间门未上锁")
    firm.page.click("form[data-report] .actions button")
    firm.page.click("[data-reports] a")
    address = firm.page.url.removeprefix(firm.base)
    number = int(address.rstrip("/").rpartition("/")[2])

    def press(visitor: Visitor, kind: str) -> None:
        visitor.go(address)
        visitor.page.click(f"button[value={kind}]")
        visitor.page.wait_for_load_state("networkidle")

    press(office, "assigned")
    firm.go(address)
    firm.page.fill("#s-rnote", "已上锁")
    firm.page.set_input_files("#s-files", photo)
    firm.page.click("button[value=rectified]")
    firm.page.wait_for_load_state("networkidle")
    assert firm.page.locator("button[value=verified]").count() == 0
    press(office, "verified")
    press(office, "closed")
    assert Case.objects.get(number=number, park__slug="yunqi").status == "closed"
    assert keeper.go(address).status == 404  # outside the keeper's grids
    assert [one for v in (firm, office) for one in v.said] == []
