"""What takes longer than anybody should wait for a page, and is the worker's."""

from __future__ import annotations

from pathlib import Path

from ecopark.web.parks.models import Park

LARGE_FILE = 250_000
"""Bytes of a table from which on it is read in the background."""
MANY_FIRMS = 10_000
"""Firms of a park from which on any table is."""


def many_firms(park: Park) -> bool:
    """Whether a park has so many firms that they are not gone through in a request."""
    return park.subjects.filter(kind="firm").order_by()[MANY_FIRMS : MANY_FIRMS + 1].exists()


def long_to_read(park: Park, path: Path, *, one: bool = False) -> bool:
    """Whether a table is held in the background against what the park has, or against what one firm has (`one`)."""
    return path.stat().st_size > LARGE_FILE or (not one and many_firms(park))
