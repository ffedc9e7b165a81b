"""Which grading methods a park has: those that ship, and its own, handed in as directories and kept as editions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.db import transaction

from ecopark.errors import EcoparkError, InputError, PackError, Problem
from ecopark.grading.cases import check_method
from ecopark.grading.load import find_method, load_method, shipped_methods
from ecopark.grading.method import Method
from ecopark.web import own_directories as directories
from ecopark.web.firms.models import MethodEdition
from ecopark.web.parks.models import Park

FILES = ("method.yaml",)


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


def take_in(park: Park, uploads: Sequence[Any], user: Any, why: str) -> MethodEdition:
    """A method directory in, checked by the library and by its own cases; nothing is kept unless all is right.

    Raises
    ------
    InputError
        With every problem of the archive, of the method, and of the cases.
    EcoparkError
        No reason is given.
    """
    reason = directories.must_say_why(why)
    files = directories.files_of(uploads, FILES)
    name = directories.id_in(files, FILES[0], shipped_methods())
    found = checked(name, files)
    return _keep(
        park, name, files=files, hash=found.hash, title_zh=found.title.zh[:200], title_en=found.title.en[:200],
        upload=str(uploads[0].name)[:200], why=reason, by=user,
    )  # fmt: skip


def checked(name: str, files: Mapping[str, str]) -> Method:
    """The method that files make, if nothing at all is wrong with it.

    Raises
    ------
    InputError
        With every problem.
    """
    with directories.laid_out(name, files) as folder:
        found = load_method(folder)
        problems: list[Problem] = check_method(found)
    if problems:
        raise InputError(problems)
    return found


def bring_back(park: Park, name: str, number: int, user: Any, why: str) -> MethodEdition:
    """An earlier edition of an own method as the new one.

    Raises
    ------
    EcoparkError
        There is none, no reason is given, or this version of the program cannot use it.
    """
    reason = directories.must_say_why(why)
    old = MethodEdition.objects.filter(park=park, name=name, number=number).first()
    if old is None:
        raise EcoparkError("There is no such edition.", zh="没有这个版本。")
    checked(name, old.files)
    return _keep(
        park, name, files=old.files, hash=old.hash, title_zh=old.title_zh, title_en=old.title_en, upload=old.upload,
        back_to=number, why=reason, by=user,
    )  # fmt: skip


@transaction.atomic
def _keep(park: Park, name: str, **fields: Any) -> MethodEdition:
    Park.objects.select_for_update().get(pk=park.pk)
    made: MethodEdition = directories.add(MethodEdition.objects, park, name, **fields)
    return made
