"""Ctrl-C where one process starts another: who is told of it, and when.

A terminal sends Ctrl-C to every process that was started from it at once. One that is only just loading answers with a
traceback. A process that is started while interrupts are `held_back` does not hear of them at all; the one that started it ends
it in its own order (SIGTERM), or it listens itself once it can (`listen`).
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def held_back() -> Iterator[None]:
    """Ctrl-C waits until this is over; processes started meanwhile never hear it, unless they call `listen`."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows: no such thing
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def listen(handler: Callable[..., Any] | int) -> None:
    """Hear Ctrl-C from now on, and one that was held back so far at once."""
    signal.signal(signal.SIGINT, handler)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
