"""Text columns of a long table as small integers, one column at a time, so that the texts are never in memory together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
import polars as pl

THREADS = 2
"""Columns or pieces that are worked on at the same time (Polars does the work outside the interpreter's lock)."""

WIDEST = 1 << 24
"""Longest table by which pairs of codes are looked up."""

Codes = np.ndarray[Any, np.dtype[Any]]
T = TypeVar("T")
R = TypeVar("R")


def side_by_side(work: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """`work` on every item, a few at a time; results in the order of the items."""
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(work, items))


def coded(column: pl.Series) -> tuple[Codes, list[str]]:
    """A text column as places in the sorted list of its distinct texts, blanks around them cut off.

    Examples
    --------
    >>> codes, texts = coded(pl.Series(["b", "a ", "a", "b"]))
    >>> codes.tolist(), texts
    ([1, 0, 0, 1], ['a', 'b'])
    """
    values = column.unique().sort().to_list()
    codes = column.cast(pl.Enum(values)).to_physical().to_numpy()
    trimmed = [v.strip() for v in values]
    if trimmed == values:
        return codes, values
    texts = sorted(set(trimmed))
    place = {text: i for i, text in enumerate(texts)}
    return np.array([place[t] for t in trimmed], dtype=np.int32)[codes], texts


def paired(*parts: tuple[Codes, int]) -> tuple[Codes, list[tuple[int, ...]]]:
    """Several columns of codes as one: the distinct combinations, and each row's place among them.

    Parameters
    ----------
    parts
        Codes of a column and how many different ones there can be; the product of these stays below 2**63.

    Examples
    --------
    >>> paired((np.array([0, 1, 0]), 2), (np.array([2, 2, 2]), 3))
    (array([0, 1, 0], dtype=int32), [(0, 2), (1, 2)])
    """
    joint, spread = _joint(parts)
    if spread <= WIDEST:
        used = np.zeros(spread, dtype=np.bool_)
        used[joint] = True
        distinct = np.flatnonzero(used)
        places = (np.cumsum(used, dtype=np.int32) - 1)[joint]
    else:
        distinct, found = np.unique(joint, return_inverse=True)
        places = found.astype(np.int32)
    rows = np.unravel_index(distinct, [max(count, 1) for _, count in parts]) if len(distinct) else ()
    return places, list(zip(*(r.tolist() for r in rows), strict=True))


def all_different(*parts: tuple[Codes, int]) -> bool:
    """Whether no combination of codes occurs twice.

    Examples
    --------
    >>> all_different((np.array([0, 1, 0]), 2), (np.array([2, 2, 1]), 3))
    True
    """
    joint, spread = _joint(parts)
    if spread <= max(WIDEST, 16 * len(joint)):
        used = np.zeros(spread, dtype=np.bool_)
        used[joint] = True
        return int(np.count_nonzero(used)) == len(joint)
    return pl.Series(joint).n_unique() == len(joint)


def _joint(parts: tuple[tuple[Codes, int], ...]) -> tuple[Codes, int]:
    """One number per combination, and how many combinations there can be."""
    joint, spread = np.zeros(len(parts[0][0]), dtype=np.int64), 1
    for codes, count in parts:
        joint *= count
        joint += codes
        spread *= count
    return joint, spread
