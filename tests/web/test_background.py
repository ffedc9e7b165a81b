"""What a process does by itself: everything handed over is done once, also after something has failed."""

from __future__ import annotations

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
