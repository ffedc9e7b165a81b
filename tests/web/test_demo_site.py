"""The demonstration as a person starts it: made and served by one command, the gate included."""

from __future__ import annotations

import subprocess
import sys
import urllib.parse
import urllib.request
from contextlib import suppress
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from ecopark.web import demo, settings

from .real_site import ROOT, Site, free_port, kill, wait_for

pytestmark = pytest.mark.slow


def test_a_demonstration_just_made_answers_at_the_gate(tmp_path: Path) -> None:
    """Making the park reads it with polars; web processes that are copies of that one would wait at its locks for ever."""
    if not (settings.HERE / "static" / "built" / "build.json").is_file():
        pytest.skip("the pages are not built")
    site, port = Site(tmp_path, ""), free_port()
    command = [sys.executable, "-m", "ecopark.web.run", "demo", "--no-browser", "--firms", "30", "--port", str(port)]
    with (tmp_path / "log").open("ab") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=site.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        wait_for(lambda: _answers(port), 120)
        browser = _signed_in(port)
        for page in ("projects/new/", "projects/", "projects/1/"):
            with browser.open(f"http://127.0.0.1:{port}/p/{demo.SLUG}/{page}", timeout=30) as answer:
                assert answer.status == 200, page
    finally:
        kill(process)


def _answers(port: int) -> bool:
    with suppress(OSError):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/login/", timeout=2).close()
        return True
    return False


def _signed_in(port: int) -> urllib.request.OpenerDirector:
    office = next(a for a in demo.accounts() if a.username == "office")
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar := CookieJar()))
    browser.open(f"http://127.0.0.1:{port}/login/", timeout=20).close()
    token = next(str(c.value) for c in jar if c.name == "csrftoken")
    fields = {"username": office.username, "password": office.password, "csrfmiddlewaretoken": token}
    browser.open(f"http://127.0.0.1:{port}/login/", urllib.parse.urlencode(fields).encode(), timeout=20).close()
    return browser
