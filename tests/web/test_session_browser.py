"""The session ends in the middle of a form, in a real Chromium: what was typed is there again after signing in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from ecopark.web.figures.models import Figure, Submission
from ecopark.web.projects import own_rules, policies
from ecopark.web.projects.models import RuleEdition

from .browser import Visitor, chromium
from .conftest import World
from .test_held_parcels import FREE
from .test_projects import ground

__all__ = ["ground"]
PICTURES = os.environ.get("ECOPARK_PICTURES", "")

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
ADDRESS = "/p/alpha/data/theme/management/?year=2023"
FIELD = "input[name='given|publicity_events|']"
WHY = "main form input[name=reason]"


@pytest.fixture
def visit(live_server: Any, monkeypatch: pytest.MonkeyPatch, world: World) -> Iterator[Any]:
    """Somebody of the park office at a browser."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # playwright keeps an event loop in this thread
    with chromium() as browser:

        def at(lang: str, size: str) -> Visitor:
            client = Client()
            client.force_login(world.people["office"])
            return Visitor(browser, live_server.url, client.cookies["sessionid"].value, lang=lang, size=size)

        yield at


def _stored(world: World) -> str:
    return Figure.objects.get(park=world.park, quantity="publicity_events", period="2023").given


def _press(visitor: Visitor, selector: str) -> None:
    with visitor.page.expect_navigation(wait_until="networkidle"):
        visitor.page.locator(selector).first.click()


@pytest.mark.parametrize(("lang", "size"), [("zh-hans", "wide"), ("en", "phone")])
def test_what_was_typed_is_offered_again_after_signing_in(visit: Any, world: World, lang: str, size: str) -> None:
    visitor = visit(lang, size)
    visitor.go(ADDRESS)
    visitor.page.fill(FIELD, "17")
    visitor.page.fill(WHY, "复核")
    visitor.context.clear_cookies(name="sessionid")
    _press(visitor, "main form button.primary")
    text = visitor.page.locator("main").inner_text()
    assert {"zh-hans": "这次没有保存", "en": "Nothing was stored"}[lang] in text
    assert visitor.faults() == [] and not visitor.wider_than_window()
    assert _stored(world) == "3"
    _sign_in(visitor)
    assert visitor.page.url.endswith(ADDRESS)
    visitor.page.locator(".kept button.primary").click()
    assert visitor.page.input_value(FIELD) == "17"
    _press(visitor, "main form .actions button.primary")
    assert _stored(world) == "17"
    visitor.go(ADDRESS)
    assert visitor.page.locator(".kept").count() == 0, "what was taken is not offered again"
    visitor.close()


def test_signed_in_anew_in_another_tab(visit: Any, world: World) -> None:
    visitor = visit("zh-hans", "wide")
    visitor.go(ADDRESS)
    visitor.page.fill(FIELD, "18")
    visitor.page.fill(WHY, "复核")
    other = visitor.context.new_page()
    other.goto(visitor.base + "/login/")
    other.fill("#id_username", "office")
    other.fill("#id_password", "x")
    with other.expect_navigation():
        other.locator("main form button.primary").click()
    _press(visitor, "main form .actions button.primary")
    assert "您在别的窗口登录过，这次没有保存" in visitor.page.locator("main").inner_text()
    assert _stored(world) == "3"
    visitor.go(ADDRESS)
    visitor.page.locator(".kept button.primary").click()
    _press(visitor, "main form .actions button.primary")
    assert _stored(world) == "18"
    visitor.close()


@pytest.mark.parametrize(("lang", "size"), [("zh-hans", "phone"), ("en", "wide")])
def test_every_row_and_every_folded_form_is_offered_again(visit: Any, ground: World, lang: str, size: str) -> None:
    """Rows of a table share their names, and a short form lies in a part that is folded: both come back as they were."""
    policies.choose_policy(ground.park, "anji", ground.people["office"])
    own_rules.save(ground.park, FREE, ground.people["office"], "x", seen=0)
    visitor = visit(lang, size)
    page = visitor.page
    address = "/p/alpha/projects/rules/of/far/"
    visitor.go(address)
    for n, value in enumerate(("1.2", "1.5", "2.0")):
        page.locator("input[name=row_value]").nth(n).fill(value)
    page.locator("form.rule input[name=clause]").fill("第三条")
    page.locator("form.rule input[name=why]").fill("新文件")
    visitor.context.clear_cookies(name="sessionid")
    _press(visitor, "form.rule button.primary")
    assert not RuleEdition.objects.filter(rule="far").exists()
    _sign_in(visitor)
    assert page.url.endswith(address)
    page.locator(".kept button.primary").click()
    typed = [page.locator("input[name=row_value]").nth(n).input_value() for n in range(3)]
    assert typed == ["1.2", "1.5", "2.0"]
    assert page.locator("form.rule input[name=clause]").input_value() == "第三条"

    address = f"/p/alpha/projects/rules/of/{FREE.split()[1]}/"
    visitor.go(address)
    page.locator("details:has(button.danger) summary").click()
    page.locator("form[action$='/drop/'] input[name=why]").fill("文件撤回")
    visitor.context.clear_cookies(name="sessionid")
    _press(visitor, "form[action$='/drop/'] button")
    _sign_in(visitor)
    assert page.url.endswith(address)
    assert page.locator(".kept").is_visible(), "the folded part is opened"
    assert visitor.faults() == [] and not visitor.wider_than_window()
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/kept-{size}-{lang}.png", full_page=True)
    page.locator(".kept button.primary").click()
    _press(visitor, "form[action$='/drop/'] button")
    assert RuleEdition.objects.order_by("-number").values_list("why", flat=True)[0] == "文件撤回"
    visitor.close()


def test_what_was_refused_is_offered_again(visit: Any, world: World) -> None:
    """The page that says why a form was not taken has it once more; once it is taken, nothing is offered."""
    visitor = visit("en", "wide")
    page, form = visitor.page, "form[data-keep='ask-all-alpha']"
    visitor.go("/p/alpha/data/submissions/?year=2023")
    page.locator(f"details:has({form}) > summary").click()
    page.locator(f"{form} input[name=due]").fill("2020-01-31")
    _press(visitor, f"{form} button.primary")
    assert "has passed" in page.locator("#toasts").inner_text()
    page.locator(".kept button.primary").click()
    assert page.locator(f"{form} input[name=due]").input_value() == "2020-01-31"
    page.locator(f"{form} input[name=due]").fill("2199-01-31")
    _press(visitor, f"{form} button.primary")
    assert Submission.objects.filter(park=world.park, period="2023", due="2199-01-31").count() == 3
    assert page.locator(".kept").count() == 0
    visitor.close()


def _sign_in(visitor: Visitor) -> None:
    _press(visitor, "main a[href*='/login/']")
    visitor.page.fill("#id_username", "office")
    visitor.page.fill("#id_password", "x")
    _press(visitor, "main form button.primary")
