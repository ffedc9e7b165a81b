"""Objects that last: what a process keeps for its whole life is no longer walked through by the garbage collector.

A full collection stops every request of the process for the time it takes to look at all objects there are: packs, catalogues
and the figures of parks are hundreds of thousands, and they are never garbage as a whole. Objects that are set aside are
still freed when nobody refers to them; only rings among them are not.
"""

from __future__ import annotations

import gc

from ecopark.observations.quantity import catalogue
from ecopark.packs.load import find_pack, shipped_ids

YOUNG = 10_000
"""So many new objects before the youngest are looked through; Python's own 700 is meant for small programs."""


def set_aside() -> None:
    """Take all that is in memory now out of the collector's sight, after rings of no use were freed.

    Takes time for what has come since the last call, not for all there is.
    """
    gc.collect()
    gc.freeze()


def begin() -> None:
    """For a process that has just been started: what it has loaded is set aside, and the young are looked at less often."""
    catalogue()
    for name in shipped_ids():
        find_pack(name)
    set_aside()
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
