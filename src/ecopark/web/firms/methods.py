"""Which grading methods a park has: those that ship, and its own, handed in as directories and kept as editions."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from ecopark.errors import PackError
from ecopark.grading.cases import check_method
from ecopark.grading.load import find_method, load_method, shipped_methods
from ecopark.grading.method import Method
from ecopark.web import own_directories as directories
from ecopark.web.firms.models import MethodEdition
from ecopark.web.parks.models import Park


def named(park: Park, name: str, edition: str = "") -> Method | None:
    """A method of the park by its id; None if there is none.

    Parameters
    ----------
    edition
        Hash of the edition wanted; without it, or if it is of none, the last one.

    Raises
    ------
    PackError
        This version of the program cannot use it.
    """
    if name in shipped_methods():
        return find_method(name)
    rows = MethodEdition.objects.filter(park=park)
    own = rows.filter(name=name, hash=edition).order_by("-number").first() if edition else None
    own = own or directories.last_of(rows, name)
    return None if own is None else _loaded(own.folder)


@lru_cache(maxsize=64)
def _loaded(folder: Path) -> Method:
    return load_method(folder)


def is_known(park: Park, name: str) -> bool:
    """Whether the park has a method of this id."""
    return name in shipped_methods() or MethodEdition.objects.filter(park=park, name=name).exists()


def known_methods(park: Park) -> list[Method]:
    """The methods the park may choose; what cannot be read any more is left out."""
    found = [find_method(name) for name in shipped_methods()]
    for edition in own_methods(park):
        try:
            found.append(_loaded(edition.folder))
        except PackError:
            continue
    return found


def own_methods(park: Park) -> list[MethodEdition]:
    """The last editions of the park's own methods."""
    return directories.last_editions(MethodEdition.objects.filter(park=park).select_related("by"))


OWN = directories.Kind(MethodEdition, ("method.yaml",), load_method, check_method, shipped_methods)
"""Methods of the zone's own: `take_in` and `bring_back`."""
