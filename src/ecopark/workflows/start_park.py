"""A new park folder: what a consultant gets before anything is known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from ecopark.observations.quantity import catalogue
from ecopark.packs.load import find_pack
from ecopark.packs.model import Pack
from ecopark.standards.needs import needed_quantities


def start_park(
    folder: Path, *, name: str = "", packs: Sequence[str] = (), last_year: int | None = None, years: int = 6
) -> list[Path]:
    """Write a park folder with templates for what the packs need.

    Parameters
    ----------
    folder
        Must not exist, or be empty.
    name
        What the park is called; default: the folder's name.
    packs
        Pack ids; with none the templates hold every park-level quantity.
    last_year, years
        Last year and number of years of the templates; default: the six years before this one.

    Raises
    ------
    EcoparkError
        The folder is not empty, or a pack is unknown; nothing is written then.
    """
    from ecopark.observations.new_park import new_park

    loaded: list[Pack] = [find_pack(p) for p in packs]
    last = last_year or date.today().year - 1
    span = list(range(last - years + 1, last + 1))
    wanted = None
    if loaded:
        known = catalogue()
        found = {known[q].id for pack in loaded for q in needed_quantities(pack)}
        wanted = [q for q in known.quantities if q in found]
    titles = [f"{p.title.zh} {p.title.en} ({p.id})" for p in loaded]
    return new_park(folder, name=name or folder.name, years=span, quantities=wanted, packs=titles)
