"""Shared indicators: formulas that several packs use, and under whose id a published rate may be reported.

One YAML file per theme in `indicators/catalogue/`. An indicator named by a clause has one formula for all packs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

from ecopark.core.text import Text
from ecopark.errors import EcoparkError


@dataclass(frozen=True, slots=True)
class Indicator:
    """A formula over quantities with a unit and a direction.

    Parameters
    ----------
    unit
        Unit in which it is stated; empty for flags.
    direction
        ``higher`` or ``lower`` is better.
    """

    id: str
    label: Text
    formula: str
    unit: str = ""
    direction: str = "higher"
    theme: str = ""
    note: Text = Text()


@cache
def indicators() -> dict[str, Indicator]:
    """The shared indicators by id, loaded once.

    Raises
    ------
    EcoparkError
        An id is used twice.
    """
    found: dict[str, Indicator] = {}
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for path in sorted((files("ecopark.indicators") / "catalogue").iterdir(), key=lambda p: p.name):
        if not path.name.endswith(".yaml"):
            continue
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
        for entry in data["indicators"]:
            note = entry.get("note") or {}
            made = Indicator(
                id=entry["id"],
                label=Text(entry["zh"], entry["en"]),
                formula=entry["formula"],
                unit=entry.get("unit", ""),
                direction=entry.get("direction", "higher"),
                theme=data["theme"]["id"],
                note=Text(note.get("zh", ""), note.get("en", "")) if isinstance(note, dict) else Text("", note),
            )
            if made.id in found:
                raise EcoparkError(
                    f"{path.name}: the indicator id '{made.id}' is used twice",
                    zh=f"{path.name}：指标编号“{made.id}”重复",
                )
            found[made.id] = made
    return found
