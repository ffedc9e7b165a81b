"""Every page of `urls.py` in a real Chromium, in both languages, wide and on a phone, light and dark: readable and quiet.

One running site and one browser serve all tests of this file (of one process). Each page is opened anew in two opposite
corners, where axe reads it; in each it is turned to the other width and the other colours, which gives all eight sights.
With ``ECOPARK_PICTURES`` set to a folder every sight is kept as a picture there, to be looked at.
"""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from ecopark.web import settings

from .browser import SIZES, Visitor, chromium
from .furnished_site import NOT_PAGES, OWN, TABS, pages
from .real_site import Site, free_port, kill, wait_for

pytestmark = pytest.mark.slow
FIRMS = "30"
CORNERS = {"zh-light-wide": ("zh-hans", "light", "wide"), "en-dark-phone": ("en", "dark", "phone")}
DJANGOS = "admin"
"""Django's own pages follow the system by style sheets alone: nothing in them says which colours they wear."""
PICTURES = os.environ.get("ECOPARK_PICTURES", "")


class Running:
    """The furnished site, its pages and one window for each person, language and size."""

    def __init__(self, browser: Any, base: str, found: dict[str, Any]) -> None:
        self.browser, self.base = browser, base
        self.places, self.sessions, self.others = found["places"], found["sessions"], found["others"]
        self._windows: dict[tuple[str, str, str], Visitor] = {}

    def window(self, who: str, lang: str, size: str) -> Visitor:
        """That person's window, with nothing said so far."""
        key = (who, lang, size)
        if key not in self._windows:
            self._windows[key] = Visitor(self.browser, self.base, self.sessions.get(who), lang=lang, size=size)
        found = self._windows[key]
        found.said.clear()
        found.outside.clear()
        return found


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The demonstration with something on every page, served as it is for people, and a browser."""
    if not (settings.HERE / "static" / "built" / "build.json").is_file():
        pytest.skip("the pages are not built")
    with chromium() as browser:
        site, port = Site(tmp_path_factory.mktemp("site"), ""), free_port()
        found = site.inside("furnish", FIRMS)
        process = site.start(port)
        try:
            wait_for(lambda: _answers(port), 120)
            yield Running(browser, f"http://127.0.0.1:{port}", found)
        finally:
            kill(process)


def _answers(port: int) -> bool:
    with suppress(OSError):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/login/", timeout=2).close()
        return True
    return False


@pytest.mark.parametrize("corner", CORNERS)
@pytest.mark.parametrize("name", pages())
def test_a_page_is_readable_and_quiet(running: Running, name: str, corner: str) -> None:
    lang, colours, size = CORNERS[corner]
    address, who = running.places[name]
    assert address, f"say in `furnished_site.addresses` what stands in the address of {name}"
    visitor = running.window(who, lang, size)
    page = visitor.page
    _look(page, size, colours)
    answer = visitor.go(address)
    for _ in range(8):
        if answer.status != 503:
            break  # a park that is still being read says so and when to come again
        visitor.said.clear()
        page.wait_for_timeout(2000)
        answer = visitor.go(address)
    wrong = [] if answer.status == 200 else [f"status {answer.status}"]
    wrong += visitor.faults()
    said = page.get_attribute("html", "lang")
    if not said.startswith(lang[:2]):
        wrong.append(f"the page says it is in {said}, not {lang}")
    for width in (size, *(s for s in ("wide", "phone") if s != size)):
        for tone in (colours, *(c for c in ("light", "dark") if c != colours)):
            _look(page, width, tone)
            if name != DJANGOS and not _turned(page, tone):
                wrong.append(f"stays as it is when the system turns {tone}")
            if visitor.wider_than_window():
                wrong.append(f"wider than the {width} window: {_widest(page)}")
            if PICTURES:
                page.screenshot(path=str(Path(PICTURES) / f"{name}.{lang[:2]}-{tone}-{width}.png"), full_page=True)
    wrong += visitor.said + [f"asks elsewhere: {url}" for url in visitor.outside]
    assert not wrong, f"{address}\n" + "\n".join(wrong)


def _turned(page: Any, tone: str) -> bool:
    """Whether the page takes the colours of the system: at its next frame, not at once."""
    for _ in range(20):
        if page.get_attribute("html", "data-theme") == tone:
            return True
        page.wait_for_timeout(50)
    return False


def _look(page: Any, size: str, colours: str) -> None:
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=colours)


def _widest(page: Any) -> str:
    """The element that reaches furthest to the right."""
    return str(
        page.evaluate(
            "[...document.body.querySelectorAll('*')].filter(e => !e.closest('.table-wrap'))"
            ".map(e => [e.getBoundingClientRect().right, e.outerHTML.slice(0, 120)])"
            ".sort((a, b) => b[0] - a[0])[0].join(' ')"
        )
    )


@pytest.mark.parametrize("name", sorted(NOT_PAGES))
def test_what_is_left_out_is_no_page(running: Running, name: str) -> None:
    """Posted to only, a file, a picture, data, or a part that stands in no page of its own."""
    assert running.others[name], f"say in `furnished_site.addresses` what stands in the address of {name}"
    request = urllib.request.Request(
        running.base + running.others[name], headers={"Cookie": f"sessionid={running.sessions['admin']}"}
    )
    try:
        answer = urllib.request.urlopen(request, timeout=60)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        kind, body = answer.headers["Content-Type"], answer.read(2000)
        elsewhere = answer.geturl() != request.full_url
    if (
        answer.status not in (404, 405) and not elsewhere
    ):  # the minutes of a decision are a file, whatever it is made of
        assert not kind.startswith("text/html") or b"<html" not in body or name == "minutes"


def test_every_page_is_opened(running: Running) -> None:
    assert set(pages()) == set(running.places)
    assert set(OWN) >= {f"settings-{tab}" for tab in TABS}
    from ecopark.web.parks import office_views

    assert set(TABS) | {"general"} == set(office_views.TABS)
