"""Two-step sign-in by hand, in a real Chromium: on by keyboard, in by code, quiet and readable everywhere."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ecopark.web.people import two_step
from ecopark.web.people.models import User

from .browser import Visitor, chromium
from .test_two_step import HERE, code_of, no_wait

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def look(visitor: Visitor, name: str) -> list[str]:
    """What is wrong with the page as it stands; a picture of it where somebody wants one."""
    if folder := os.environ.get("ECOPARK_PICTURES"):
        visitor.page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
    found = [f"{name}: {fault}" for fault in visitor.faults()]
    return found + ([f"{name}: wider than the window"] if visitor.wider_than_window() else [])


@pytest.mark.parametrize(("lang", "size"), [("zh-hans", "wide"), ("en", "phone"), ("zh-hans", "phone"), ("en", "wide")])
def test_on_by_keyboard_and_in_by_code(live_server: Any, monkeypatch: pytest.MonkeyPatch, lang: str, size: str) -> None:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # playwright keeps an event loop in this thread
    user = User.objects.create_user("lin", password="x", is_superuser=True, is_staff=True)
    with chromium() as browser:
        visitor = Visitor(browser, live_server.url, None, lang=lang, size=size)
        page = visitor.page
        tag = f"{lang}-{size}"

        def enter() -> None:
            with page.expect_navigation(wait_until="networkidle"):
                page.keyboard.press("Enter")

        def typed(selector: str, text: str, *more: str) -> None:
            page.focus(selector)
            page.keyboard.type(text)
            for other in more:
                page.keyboard.press("Tab")
                page.keyboard.type(other)
            enter()

        visitor.go(f"/login/?next={HERE}")
        typed("#id_username", "lin", "x")
        wrong = look(visitor, f"off-{tag}")
        page.focus("main form button.primary")
        enter()
        assert page.evaluate("document.querySelector('main img').naturalWidth") > 100
        wrong += look(visitor, f"key-{tag}")
        typed("#confirm-code", "12345", "x")
        assert page.get_attribute("#confirm-code", "aria-describedby") == "confirm-code-error"
        wrong += look(visitor, f"wrong-{tag}")
        no_wait(user)
        typed("#confirm-code", code_of(user), "x")
        assert page.locator("#codes li").count() == two_step.CODES
        wrong += look(visitor, f"codes-{tag}")
        visitor.go("/account/people/")
        wrong += look(visitor, f"people-{tag}")
        visitor.context.clear_cookies(name="sessionid")
        visitor.go(f"/login/?next={HERE}")
        typed("#id_username", "lin", "x")
        assert page.url.endswith("/login/code/")
        assert page.evaluate("document.activeElement.id") == "code"
        wrong += look(visitor, f"code-{tag}")
        typed("#code", code_of(user, 1))
        assert page.url.endswith(HERE)
        wrong += [s for s in visitor.said if "422" not in s] + visitor.outside
        visitor.close()
    assert not wrong, "\n".join(wrong)
