"""A file comes in: of the site's own form, by a saved column mapping, or with columns that somebody still has to say.

Page and API both bring files in this way; what is stored is decided afterwards, by the preview (`figures.imports`).
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied

from ecopark.errors import InputError, Place, Problem
from ecopark.observations.mapping import ColumnMapping
from ecopark.web.figures import imports, mappings, reading, whose
from ecopark.web.figures.models import Import, SavedMapping
from ecopark.web.jobs.size import long_to_read
from ecopark.web.people.access import Standing
from ecopark.web.uploads import Stored, stored_path


def receive(
    standing: Standing, stored: Stored, year: str, *, saved: SavedMapping | None, own: bool, firm: str = ""
) -> Import:
    """Keep a file as an import with its preview; without a preview where its columns have to be said, or said anew.

    A large file, and any file of a large park, is read in the background (`reading`).

    Parameters
    ----------
    saved
        The mapping it is read by.
    own
        Whether it is a table of one's own whose columns nobody has said yet.
    firm
        Key of the firm that a reporter of several means.

    Raises
    ------
    InputError
        It holds no table, is not of the site's own form, or is the template of somebody else; nothing is kept then.
    PermissionDenied
        A reporter of no firm, or one who wants to say what the columns of a table are.
    """
    if (own or saved) and not standing.may("import_figures"):
        raise PermissionDenied
    subject = whose.subject_of(standing, stored_path(stored.key), stored.name, firm)
    if subject is None and not standing.wide:
        raise PermissionDenied
    lines, mapping = None, mappings.loaded(saved) if saved else None
    later = (
        not own
        and (mapping is not None or saved is None)
        and long_to_read(standing.park, stored.path, one=subject is not None)
    )
    if own or saved:
        mappings.readable(stored.key, stored.name)
    if (mapping is not None or not (own or saved)) and not later:
        try:
            lines = imports.preview(standing, stored.key, stored.name, year, mapping and mapping.of_year(year), subject)
        except InputError:
            if saved is None:
                raise
    made = Import.objects.create(
        park=standing.park, name=stored.name, stored=stored.key, by=standing.user, changed=standing.park.changed,
        mapping=saved, subject=subject, summary={"year": year},
    )  # fmt: skip
    if lines is not None:
        imports.remember(made, lines)
    if later:
        reading.read_later(made, standing.user, mapping and mapping.of_year(year))
    return made


def doubts(found: Import) -> list[Problem]:
    """Why an import that waits for its columns could not be read by the mapping it came with."""
    mapping = mappings.loaded(found.mapping) if found.mapping else None
    if mapping is None or imports.previewed(found):
        return []
    return mappings.problems_of(found, mapping.of_year(str(found.summary.get("year", ""))))


def name_of(typed: str) -> str:
    """The name of a mapping as it is kept."""
    return " ".join(typed.split())[:80]


def unnamed(found: Import, name: str) -> list[Problem]:
    """What is wrong with a name: that there is none."""
    if name:
        return []
    return [Problem("mapping-name", Place(found.name), "请给这个列对应起个名字。", "Give the mapping a name.")]


def say_columns(standing: Standing, found: Import, name: str, m: ColumnMapping, user: Any) -> None:
    """Save what the columns of a file are under a name, and keep the preview that follows: both or neither.

    What is long to read is read, and then both are kept, in the background.

    Raises
    ------
    InputError
        With everything that is wrong with the mapping, or does not fit the file.
    """
    if problems := unnamed(found, name) + mappings.problems_of(found, m):
        raise InputError(problems)
    if long_to_read(standing.park, stored_path(found.stored), one=found.subject is not None):
        reading.read_later(found, user, m, name)
        return
    lines = imports.preview(standing, found.stored, found.name, m.year, m, found.subject)
    reading.keep(standing, found, lines, name, m, user)
