"""A parcel chosen on the map of a project's form and by its field, in a real Chromium; maps of one thing are drawn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from ecopark.web.projects.models import Project

from .browser import Visitor, chromium
from .conftest import World
from .test_places import placed
from .test_projects import ground

__all__ = ["ground", "placed"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def visit(live_server: Any, placed: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # playwright keeps an event loop in this thread
    client = Client()
    client.force_login(placed.people["office"])
    session = client.cookies["sessionid"].value
    with chromium() as browser:
        yield lambda **options: Visitor(browser, live_server.url, session, **options)


def test_a_parcel_is_chosen_by_a_tap_or_in_the_field(visit: Any) -> None:
    visitor = visit()
    page = visitor.page
    visitor.go("/p/alpha/projects/new/")
    page.wait_for_selector(".map[data-drawn]")
    page.fill("#p-name", "点选的项目")
    field, chart = page.locator("#p-place"), page.locator(".map canvas")
    assert field.input_value() == ""
    box = chart.bounding_box()
    # the boundary reaches from 119.9 to 119.905, the last parcel ends at 120.025: the map shows 119.9 to 120.025
    room = min(36, 420 / 5)
    across = (box["width"] - 2 * room) / (120.025 - 119.9)

    def tap(lon: float) -> None:
        chart.click(position={"x": room + (lon - 119.9) * across, "y": box["height"] / 2})

    tap(120.0025)
    assert field.input_value() == "parcel:P1"
    tap(120.0125)  # a parcel in use: it says whose it is, and nothing is chosen
    assert page.locator(".maplibregl-popup-content").inner_text().startswith("企业 alpha-1")
    assert field.input_value() == "parcel:P1"
    field.focus()
    page.keyboard.press("End")
    assert field.input_value() == "group:G02"
    page.click("form#project-form button.primary")
    page.wait_for_load_state("networkidle")
    assert Project.objects.get(name="点选的项目").given["group"] == "G02"
    visitor.close()
    assert not visitor.said + visitor.outside


@pytest.mark.parametrize(("lang", "size", "dark"), [("zh-hans", "wide", False), ("en", "phone", True)])
def test_the_maps_of_one_thing_are_drawn_and_quiet(visit: Any, lang: str, size: str, dark: bool) -> None:
    visitor, wrong = visit(lang=lang, size=size), []
    if dark:
        visitor.page.emulate_media(color_scheme="dark")
    project = Project.objects.get().pk
    for address in (f"projects/{project}/", "projects/new/", "cases/1/", "firms/parcel/of/P/2/", "firms/land/"):
        assert visitor.go(f"/p/alpha/{address}").status == 200, address
        visitor.page.locator(".map").scroll_into_view_if_needed()
        visitor.page.wait_for_selector(".map[data-drawn]")
        wrong += [f"{address}: {fault}" for fault in visitor.faults()]
        if visitor.wider_than_window():
            wrong.append(f"{address}: wider than the {size} window")
    wrong += visitor.said + visitor.outside
    visitor.close()
    assert not wrong, "\n".join(wrong)
