"""A real Chromium for the tests: pages of a running site, what the console says, and what axe finds."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--use-gl=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist",
    "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
QUIET = ("GPU stall", "GL Driver Message", "WebGL")
"""What a machine without a graphics card says of itself."""
SIZES = {"wide": (1366, 900), "phone": (390, 844)}


@contextmanager
def chromium() -> Iterator[Any]:
    """A headless browser, or a skipped test where there is none."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


class Visitor:
    """One person at one browser window: logged in, with everything the console said."""

    def __init__(
        self, browser: Any, base: str, session: str | None, *, lang: str = "zh-hans", size: str = "wide"
    ) -> None:
        width, height = SIZES[size]
        self.base = base
        self.context = browser.new_context(
            viewport={"width": width, "height": height}, locale="zh-CN" if lang == "zh-hans" else "en-US",
            has_touch=size == "phone",
        )  # fmt: skip
        cookies = [{"name": "django_language", "value": lang, "url": base}]
        if session:
            cookies.append({"name": "sessionid", "value": session, "url": base})
        self.context.add_cookies(cookies)
        self.said: list[str] = []
        self.outside: list[str] = []
        self.page = self.context.new_page()
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.said.append(f"page error: {error}"))
        self.page.on("request", self._request)

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning") and not any(q in message.text for q in QUIET):
            self.said.append(f"{self.page.url}: {message.type}: {message.text}")

    def _request(self, request: Any) -> None:
        if not request.url.startswith((self.base, "data:", "blob:")):
            self.outside.append(request.url)

    def go(self, address: str) -> Any:
        """Open a page and wait until it is at rest."""
        answer = self.page.goto(self.base + address)
        self.page.wait_for_load_state("networkidle")
        self.page.evaluate("document.fonts.ready.then(() => new Promise(drawn => setTimeout(drawn)))")
        return answer

    def until(self, expression: str, seconds: float = 30) -> None:
        """Wait until an expression of the page holds.

        Playwright's own `wait_for_function` asks from inside the page, where the site's policy forbids to run a text.

        Raises:
            AssertionError: When it does not hold in time.
        """
        last = time.monotonic() + seconds
        while not self.page.evaluate(expression):
            assert time.monotonic() < last, expression
            self.page.wait_for_timeout(50)

    def faults(self) -> list[str]:
        """What axe finds that is serious or critical."""
        axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
        found = axe.Axe().run(self.page).response["violations"]
        return [
            f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in found if v["impact"] in ("serious", "critical")
        ]  # fmt: skip

    def wider_than_window(self) -> bool:
        """Whether the page scrolls sideways."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth + 1"))

    def close(self) -> None:
        """Close the window."""
        self.context.close()
