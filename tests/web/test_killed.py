"""The site is killed in the middle, as by a power cut: what it was doing is done whole or not at all, and it says which."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from contextlib import suppress
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest

from ecopark.web.run import PATIENCE

from .deciding_site import POINTS
from .real_site import DATABASES, Site, free_port, kill, real_site, wait_for

pytestmark = pytest.mark.slow

FIRMS = 2500
ROWS = 2 * FIRMS
DELAYS = (0.1, 1.0)
"""How long the worker is let into the import before it is killed. [s]"""


def whole_or_nothing(found: dict[str, Any], rows: int = ROWS) -> bool:
    """Whether all was stored (or nothing); figures, history, counter and import must say the same."""
    assert found["agree"], found
    assert found["seq"] == found["changed"], found
    everything = (found["figures"], found["history"], found["changed"], found["applied"]) == (rows, rows + 1, 2, True)
    nothing = (found["figures"], found["history"], found["changed"], found["applied"]) == (1, 1, 1, False)
    assert everything or nothing, found
    return everything


@pytest.mark.parametrize("database", DATABASES)
def test_killed_in_the_middle_of_an_import(database: str, tmp_path: Path) -> None:
    with real_site(tmp_path, database) as site:
        site.inside("make", str(FIRMS))
        waiting, killed, reported = False, 0, 0
        for delay in DELAYS:
            if not waiting:
                site.inside("ask")
            before = site.job()
            killed_after(site, lambda tries=before[2]: site.job()[2] > tries, delay)
            found = site.inside("age")
            assert found["job"]["tries"] == before[2] + 1, found
            if whole_or_nothing(found):
                break
            killed, waiting = killed + 1, True
            if found["job"]["tries"] == 2:  # taken up once more, and killed again: it is told, and not tried for ever
                killed_after(site, lambda: site.job()[1] == "failed")
                found = site.inside("look")
                assert not whole_or_nothing(found)
                assert "nothing is half stored" in found["job"]["message"] and "没有留下一半" in found["job"]["message"]
                waiting, reported = False, reported + 1
        assert killed >= 2, "the import was over before it could be killed"
        assert reported >= 1
        if not whole_or_nothing(found):
            if not waiting:
                site.inside("ask")
            killed_after(site, lambda: site.job()[1] == "done")
            found = site.inside("look")
            assert whole_or_nothing(found)
            assert found["job"]["result"]["count"] == found["written"] == ROWS


def killed_after(site: Site, what: Any, delay: float = 0.0) -> None:
    """Start the site and kill all of it some time after this has come about."""
    process = site.start(free_port())
    try:
        wait_for(what)
        time.sleep(delay)
    finally:
        kill(process)


@pytest.mark.parametrize("database", DATABASES)
def test_a_worker_that_died_before_it_could_say_so_is_believed(database: str, tmp_path: Path) -> None:
    """The import was stored, its job was not: taken up again, it stores nothing twice and tells the right number."""
    with real_site(tmp_path, database) as site:
        site.inside("make", "20")
        site.inside("ask")
        site.inside("apply-and-die", killed=True)
        found = site.inside("age")
        assert whole_or_nothing(found, 40)
        assert found["job"]["state"] == "running"
        killed_after(site, lambda: site.job()[1] == "done")
        found = site.inside("look")
        assert whole_or_nothing(found, 40)
        assert found["job"]["result"]["count"] == found["written"] == 40


def test_the_worker_ends_with_the_web_server(tmp_path: Path) -> None:
    """Only the web server is killed: no worker stays behind to work beside the next one's."""
    with real_site(tmp_path, "sqlite") as site:
        site.inside("make", "2")
        process = site.start(port := free_port())
        try:
            wait_for(lambda: _answers(port))
            (worker,) = _workers(process.pid)
            os.kill(int(worker), signal.SIGKILL)
            (again,) = wait_for(
                lambda: [w for w in _workers(process.pid) if w != worker], 30
            )  # work goes on without a restart
            process.kill()
            process.wait(20)
            wait_for(lambda: not _alive(again), 20)
        finally:
            kill(process)


def _workers(pid: int) -> list[str]:
    children = [c for task in Path(f"/proc/{pid}/task").glob("*/children") for c in task.read_text().split()]
    return [c for c in children if b"work" in Path(f"/proc/{c}/cmdline").read_bytes()]


def test_asked_to_end_it_ends_all_and_puts_back_what_it_has_in_hand(tmp_path: Path) -> None:
    """SIGTERM to the command alone, as a service manager or ``kill`` sends it; the next start takes the import up at once."""
    with real_site(tmp_path, "sqlite") as site:
        site.inside("make", str(FIRMS))
        site.inside("ask")
        port = free_port()
        typed = ["serve", "--no-browser", "--port", str(port)]
        command = [sys.executable, "-c", "from ecopark.cli import run; run()", *typed]
        with (tmp_path / "log").open("ab") as log:
            process = subprocess.Popen(
                command, env=site.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        try:
            wait_for(lambda: site.job()[1] == "running")
            process.terminate()
            process.wait(20)
            assert not _answers(port)
            left = subprocess.run(
                ["pgrep", "-g", str(process.pid), "-f", "manage work"], check=False, capture_output=True
            )
            assert not left.stdout
            found = site.inside("look")
            assert not whole_or_nothing(found)
            assert (found["job"]["state"], found["job"]["tries"]) == ("waiting", 0)
        finally:
            kill(process)
        assert "Traceback" not in (tmp_path / "log").read_text()
        killed_after(site, lambda: site.job()[1] == "done")
        assert whole_or_nothing(site.inside("look"))


def test_a_request_that_comes_in_no_further_does_not_keep_the_site_from_ending(tmp_path: Path) -> None:
    with real_site(tmp_path, "sqlite") as site:
        site.inside("make", "2")
        process = site.start(port := free_port())
        try:
            wait_for(lambda: _answers(port))
            with socket.create_connection(("127.0.0.1", port)) as half:
                head = "POST /login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\nContent-Length: 1000\r\n\r\n"
                half.sendall(f"{head}the beginning".encode())
                time.sleep(1)  # it is being read
                process.terminate()
                assert process.wait(3 * PATIENCE) == 0
        finally:
            kill(process)


def _alive(pid: str) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


def _answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/login/", timeout=2).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize("database", DATABASES)
def test_killed_in_the_middle_of_storing_a_workbook_in_the_request(database: str, tmp_path: Path) -> None:
    """Few rows are stored by the web server itself, while the person waits."""
    import threading

    with real_site(tmp_path, database) as site:
        site.inside("make", "700")
        asked = site.inside("preview")
        seen = set()
        for delay in (0.02, 0.2, 0.6):
            process = site.start(port := free_port())
            try:
                wait_for(lambda: _answers(port))
                browser = _signed_in(port)
                thread = threading.Thread(target=_apply, args=(browser, port, asked["import"]))
                thread.start()
                time.sleep(delay)
            finally:
                kill(process)
            thread.join(30)
            assert not thread.is_alive()
            seen.add(whole_or_nothing(site.inside("look"), 1400))
            if True in seen:
                break
        assert False in seen, "the workbook was stored before the server could be killed"


def _signed_in(port: int) -> urllib.request.OpenerDirector:
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar := CookieJar()))
    browser.open(f"http://127.0.0.1:{port}/login/", timeout=20).close()
    token = next(c.value for c in jar if c.name == "csrftoken")
    fields = {"username": "office", "password": "x", "csrfmiddlewaretoken": token}
    browser.open(f"http://127.0.0.1:{port}/login/", urllib.parse.urlencode(fields).encode(), timeout=20).close()
    browser.addheaders = [("X-CSRFToken", str(next(c.value for c in jar if c.name == "csrftoken")))]
    return browser


def _apply(browser: urllib.request.OpenerDirector, port: int, pk: int) -> None:
    data = urllib.parse.urlencode({"group": ["new", "conflicting"]}, doseq=True).encode()
    with suppress(OSError):  # the server is gone: that is the point
        browser.open(f"http://127.0.0.1:{port}/p/alpha/data/import/{pk}/apply/", data, timeout=30).close()


@pytest.mark.parametrize("database", DATABASES)
def test_killed_in_the_middle_of_a_decision(database: str, tmp_path: Path) -> None:
    with real_site(tmp_path, database) as site:
        site.inside("make", "2")
        free = site.inside("ground")["free"]
        for point in POINTS:
            site.inside("decide", point, killed=True)
            told = site.inside("look-again", point)
            assert told["again"], (point, "looking twice changes nothing")
            assert told["notes"] == 0, (point, told)
            if point in ("noted", "booked"):
                assert (told["stage"], told["entries"], told["rows"]) == ("review", [], []), (point, told)
                assert told["free"] == free, (point, told)
                continue
            assert (told["stage"], told["verdict"], told["told"]) == ("admitted", "admit", ["admit"]), (point, told)
            assert len(told["entries"]) == 1 and told["rows"] == told["entries"], (point, told)
            assert told["why"] == ["会审通过"], (point, told)
            assert set(told["held"]) == {"reserved"} and told["free"] != free, (point, told)
            assert (told["papers"], told["names"], told["same"]) == (4, True, [True]), (point, told)
            free = told["free"]
