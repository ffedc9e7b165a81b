"""Things a web process does by itself once nobody waits for them: one after the other, in one thread."""

from __future__ import annotations

import atexit
import logging
from collections.abc import Callable, Hashable
from queue import SimpleQueue
from threading import Event, Lock, Thread, current_thread
from typing import TypeVar

from django.db import connections
from django.db.models import Model

log = logging.getLogger(__name__)
M = TypeVar("M", bound=Model)

AT_THE_END = 20.0
"""So long a process that is to end waits for what it does in the background to stop. [s]"""

_queue: SimpleQueue[tuple[Hashable, Callable[[], None]]] = SimpleQueue()
_waiting: set[Hashable] = set()
_lock = Lock()
_thread: Thread | None = None
_ending = Event()


class EndingError(Exception):
    """The process is to end: what is done in the background stops here."""


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
        atexit.register(_end, _thread)


def later(name: Hashable, do: Callable[[], None]) -> None:
    """Do this when it is its turn, unless something of the same name waits already. It must do no harm if it never comes."""
    if _thread is None:
        return
    with _lock:
        if name in _waiting:
            return
        _waiting.add(name)
    _queue.put((name, do))


def later_with(row: M, name: Hashable, do: Callable[[M], object]) -> None:
    """Do this with a row of the database as it is then; nothing if it is gone."""

    def work() -> None:
        found = type(row)._default_manager.filter(pk=row.pk).first()
        if found is not None:
            do(found)

    later((type(row), row.pk, name), work)


def go_on() -> None:
    """Called again and again by long work.

    Raises
    ------
    EndingError
        The process is to end, and this is its background.
    """
    if _ending.is_set() and current_thread() is _thread:
        raise EndingError


def _end(thread: Thread) -> None:
    """A thread that is cut off in the middle takes its process down with it: let it stop first."""
    _ending.set()
    _queue.put(("the end", go_on))
    thread.join(AT_THE_END)


def _work() -> None:
    while not _ending.is_set():
        name, do = _queue.get()
        with _lock:
            _waiting.discard(name)
        try:
            do()
        except EndingError:
            return
        except Exception:
            log.exception("in the background: %s", name)
        finally:
            connections.close_all()
