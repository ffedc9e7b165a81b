"""What a process keeps in memory of what it used last."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class AtHand(Generic[K, V]):
    """The last used things by their names, for all threads; `most` of them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._found: OrderedDict[K, V] = OrderedDict()
        self._lock = Lock()

    def get(self, name: K) -> V | None:
        """What is kept under this name, if it is at hand."""
        with self._lock:
            found = self._found.get(name)
            if found is not None:
                self._found.move_to_end(name)
            return found

    def put(self, name: K, thing: V) -> None:
        """Have it at hand; the one that was not asked for the longest goes."""
        with self._lock:
            self._found[name] = thing
            self._found.move_to_end(name)
            while len(self._found) > self._most:
                self._found.popitem(last=False)

    def drop(self, unwanted: Callable[[K, V], bool]) -> None:
        """Drop what is no longer wanted, by its name and itself."""
        with self._lock:
            for name in [name for name, thing in self._found.items() if unwanted(name, thing)]:
                del self._found[name]

    def clear(self) -> None:
        """Drop everything."""
        with self._lock:
            self._found.clear()
