"""Things a web process does by itself once nobody waits for them: one after the other, in one thread."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable
from queue import SimpleQueue
from threading import Lock, Thread, current_thread

from django.db import connections

log = logging.getLogger(__name__)

_queue: SimpleQueue[tuple[Hashable, Callable[[], None]]] = SimpleQueue()
_waiting: set[Hashable] = set()
_lock = Lock()
_thread: Thread | None = None


class StillWorkingError(Exception):
    """What was asked for takes long and is being worked out in the background: ask again in a while."""


def somebody_waits() -> bool:
    """Whether this is a request of a web process: long work is then handed to `later`, the answer is `StillWorkingError`."""
    return _thread is not None and current_thread() is not _thread


def begin() -> None:
    """Do from now on in this process what is handed to `later`; where this is not called (commands, tests), nothing is done."""
    global _thread
    if _thread is None:
        _thread = Thread(target=_work, name="background", daemon=True)
        _thread.start()


def later(name: Hashable, do: Callable[[], None]) -> None:
    """Do this when it is its turn, unless something of the same name waits already. It must do no harm if it never comes."""
    if _thread is None:
        return
    with _lock:
        if name in _waiting:
            return
        _waiting.add(name)
    _queue.put((name, do))


def _work() -> None:
    while True:
        name, do = _queue.get()
        with _lock:
            _waiting.discard(name)
        try:
            do()
        except Exception:
            log.exception("in the background: %s", name)
        finally:
            connections.close_all()
