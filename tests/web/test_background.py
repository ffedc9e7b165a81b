"""What a process does by itself: everything handed over is done once, also after something has failed."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from ecopark.web import background


@pytest.mark.django_db(transaction=True)
def test_all_is_done_in_turn_and_nothing_twice_while_it_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "_thread", None)  # and after the test: nothing is handed over any more
    background.begin()
    background.begin()
    assert [t.name for t in threading.enumerate()].count("background") == 1
    gate, end = threading.Event(), threading.Event()
    done: list[str] = []

    def first() -> None:
        assert gate.wait(10)
        done.append("first")

    def fail() -> None:
        raise ValueError("on purpose")

    background.later("first", first)
    background.later("failing", fail)
    for _ in range(3):
        background.later("same", lambda: done.append("same"))
    background.later("last", end.set)
    gate.set()
    assert end.wait(10)
    assert done == ["first", "same"]


def test_nothing_is_done_where_it_was_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "_thread", None)
    background.later("never", lambda: pytest.fail("was done"))
    assert background._queue.empty()


def test_a_process_that_ends_in_the_middle_of_long_work_ends_well() -> None:
    code = """
import time
from django.conf import settings
settings.configure(DATABASES={})
from ecopark.web import background
def long():
    print("begun", flush=True)
    while True:
        time.sleep(0.01)
        background.go_on()
background.begin()
background.later("long", long)
background.later("never", lambda: print("never", flush=True))
time.sleep(0.5)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "begun\n", "")
    background.go_on()
