"""A figure as it was typed, in words: a number that came without a unit has the catalogue's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ecopark.observations.quantity import Code, Quantity, catalogue


def canonical_of(quantity: Quantity, by: str) -> str:
    """The unit of the catalogue for a quantity, or for one code of its breakdown."""
    lists = [catalogue().breakdowns[name] for name in quantity.breakdowns]
    return (unit_of_code(by, lists[0].codes) if by and lists else "") or quantity.unit or ""


def unit_of_code(by: str, codes: Iterable[Code]) -> str:
    """The unit of the code that a breakdown names; empty if it has none of its own."""
    return next((c.unit for c in codes if f"={c.id}" in by), "")


def said(row: Any, quantity: str, by: str) -> str:
    """Value and unit of a figure, of a correction, or of a row of their history; empty where nothing is given."""
    if not row.given:
        return ""
    unit = row.unit
    if not unit and row.number is not None and (found := catalogue().find(quantity)) is not None:
        unit = canonical_of(found, by)
    return f"{row.given} {'' if unit == 'by code' else unit}".strip()
