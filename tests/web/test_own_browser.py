"""The zone's own rules in a real Chromium: readable in both languages, on a phone, in the dark; filled in by keyboard."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from ecopark.web.projects import own_parameters, own_rules, policies

from .browser import Visitor, chromium
from .conftest import World
from .test_held_parcels import FREE
from .test_own_methods import directory as method_directory
from .test_own_parameters import FILES, FLOOR
from .test_own_rules import archive, directory, sent
from .test_projects import ground

__all__ = ["ground"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
HOME = "/p/alpha/projects/"
PAGES = (
    "rules/", "rules/of/far/", "rules/of/industry_list/", "rules/of/control_unit/", "rules/new/", "rules/edition/1/",
    "policies/", "../firms/grades/own/",
)  # fmt: skip
PICTURES = os.environ.get("ECOPARK_PICTURES", "")
"""A folder for pictures of every page, to be looked at."""


@pytest.fixture
def visit(live_server: Any, ground: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A park with own rules, and a browser of its office."""
    from ecopark.web.firms import methods

    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # playwright keeps an event loop in this thread
    user = ground.people["office"]
    policies.choose_policy(ground.park, "anji", user)
    own_rules.save(ground.park, FREE, user, "管委会会议纪要", seen=0)
    for n in ("一", "二"):
        policies.OWN.take_in(ground.park, [sent(archive(directory()))], user, f"第{n}次")
    methods.OWN.take_in(ground.park, [sent(method_directory())], user, "本县办法")
    client = Client()
    client.force_login(user)
    session = client.cookies["sessionid"].value
    with chromium() as browser:
        yield lambda **options: Visitor(browser, live_server.url, session, **options)


@pytest.mark.parametrize(
    ("lang", "size", "dark"), [("zh-hans", "wide", False), ("en", "phone", True), ("zh-hans", "phone", False)]
)
def test_the_pages_are_readable_and_quiet(visit: Any, lang: str, size: str, dark: bool) -> None:
    visitor = visit(lang=lang, size=size)
    if dark:
        visitor.page.emulate_media(color_scheme="dark")
    wrong = []
    for n, address in enumerate(PAGES):
        assert visitor.go(HOME + address).status == 200, address
        wrong += [f"{address}: {fault}" for fault in visitor.faults()]
        if visitor.wider_than_window():
            wrong.append(f"{address}: wider than the {size} window")
        if PICTURES:
            visitor.page.screenshot(
                path=f"{PICTURES}/{n}-{size}-{'dark' if dark else 'light'}-{lang}.png", full_page=True
            )
    wrong += visitor.said + visitor.outside
    visitor.close()
    assert not wrong, "\n".join(wrong)


def test_a_limit_is_filled_in_by_keyboard_and_what_is_wrong_is_told(visit: Any) -> None:
    visitor = visit()
    visitor.go(f"{HOME}rules/of/far/")
    page = visitor.page
    page.get_by_label("出处（文件条款）").fill("第三条")
    page.get_by_label("1 数值").fill("一点二")
    page.get_by_label("原因").fill("新文件")
    page.keyboard.press("Enter")
    page.locator(".notice.bad").wait_for()
    assert "第 1 行" in page.locator(".notice.bad").inner_text()
    assert page.get_by_label("出处（文件条款）").input_value() == "第三条"
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/wrong.png", full_page=True)
    page.get_by_label("1 数值").fill("1.2")
    page.get_by_label("原因").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/rules/")
    assert "≥ 1.2" in page.inner_text("main") or ">= 1.2" in page.inner_text("main")
    assert [m for m in visitor.said if "422" not in m] == []


@pytest.mark.parametrize(("lang", "size"), [("zh-hans", "wide"), ("en", "wide"), ("zh-hans", "phone"), ("en", "phone")])
def test_a_parameter_is_filled_in_and_what_is_wrong_stands_at_its_field(
    visit: Any, ground: World, lang: str, size: str
) -> None:
    user = ground.people["office"]
    policies.OWN.take_in(ground.park, [sent(archive(FILES))], user, "本区办法")
    policies.choose_policy(ground.park, "my-zone", user)
    own_parameters.save(ground.park, "floor", FLOOR, user, "新文件", seen=0)
    visitor = visit(lang=lang, size=size)
    page, wrong = visitor.page, []

    def look(name: str) -> None:
        nonlocal wrong
        wrong += [f"{name}: {fault}" for fault in visitor.faults()]
        if visitor.wider_than_window():
            wrong.append(f"{name}: wider than the window")
        if PICTURES:
            page.screenshot(path=f"{PICTURES}/parameter-{name}-{size}-{lang}.png", full_page=True)

    visitor.go(f"{HOME}rules/parameters/floor/")
    look("form")
    page.locator("#p-value").fill("一千")
    page.locator("#p-source").fill("")
    page.locator("form.form input[name=why]").fill("改")
    page.keyboard.press("Enter")
    page.locator("#p-value-error").wait_for()
    assert page.locator("#p-source-error").is_visible()
    look("wrong")
    page.locator("#p-value").fill("12")
    page.locator("#p-basis").select_option("recalled")
    page.locator("form.form input[name=why]").fill("改")
    page.keyboard.press("Enter")
    page.wait_for_url("**/rules/")
    look("rules")
    visitor.go(f"{HOME}rules/edition/2/")
    look("edition")
    said = [m for m in visitor.said if "422" not in m] + visitor.outside
    visitor.close()
    assert not wrong + said, "\n".join(wrong + said)
