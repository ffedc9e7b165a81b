"""The ratios that admission rules speak of, computed from a project's figures or given as reported rates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from ecopark.core.text import Text


@dataclass(frozen=True, slots=True)
class Ratio:
    """One ratio.

    Parameters
    ----------
    id, label
        Under which it may be reported, and what people call it.
    unit
        Unit in which it is stated and compared.
    direction
        ``higher`` or ``lower`` is better.
    formula
        How it is made from quantities; empty where it can only be reported.
    indicator
        Id of the shared indicator that means the same; a rate reported under it is accepted.
    """

    id: str
    label: Text
    unit: str
    direction: str = "higher"
    formula: str = ""
    indicator: str = ""

    def __hash__(self) -> int:
        return hash(self.id)  # asked for thousands of times: not of every field anew

    @property
    def names(self) -> tuple[str, ...]:
        """The ids under which a rate may be reported."""
        return (self.id, self.indicator) if self.indicator else (self.id,)


def ratio_from(entry: Mapping[str, Any]) -> Ratio:
    """A ratio from its entry in a table or a policy."""
    return Ratio(
        id=str(entry["id"]),
        label=Text(str(entry.get("zh") or ""), str(entry.get("en") or "")),
        unit=str(entry.get("unit") or "1"),
        direction=str(entry.get("direction") or "higher"),
        formula=" ".join(str(entry.get("formula") or "").split()),
        indicator=str(entry.get("indicator") or ""),
    )


@cache
def shared_ratios() -> dict[str, Ratio]:
    """The ratios that every policy may use, by id."""
    text = (files("ecopark.admission") / "tables" / "ratios.yaml").read_text(encoding="utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return {e["id"]: ratio_from(e) for e in yaml.load(text, Loader=loader)["ratios"]}


def by_name(ratios: Iterable[Ratio]) -> dict[str, Ratio]:
    """Ratios by every id under which they may be reported."""
    return {name: ratio for ratio in ratios for name in ratio.names}
