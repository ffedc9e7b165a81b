"""Unified social credit codes for firms that do not exist: valid check digits under a region that does not exist.

References
----------
GB 32100-2015 (unified social credit code: 18 characters, the last one a check digit modulo 31) and GB 11714-1997
(organisation code, characters 9 to 17 of it, the last one a check digit modulo 11).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The 31 characters that may occur; I, O, S, V and Z may not."""

INVENTED_PREFIX = "91999900XX"
"""Enterprise, region 999900 (no such region), organisation codes that begin with XX."""

_WEIGHTS = np.array([pow(3, i, 31) for i in range(17)])
_ORGANISATION_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2])


def check_character(code: str) -> str:
    """The 18th character that belongs to the first 17 characters of a unified social credit code.

    Examples
    --------
    >>> check_character("91350100M000100Y4")
    '3'
    """
    total = sum(ALPHABET.index(c) * int(w) for c, w in zip(code[:17], _WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


def is_valid_credit_code(code: str) -> bool:
    """Whether `code` has 18 allowed characters and the right last one."""
    return len(code) == 18 and all(c in ALPHABET for c in code) and check_character(code) == code[17]


def organisation_check_character(code: str) -> str:
    """The ninth character of an organisation code whose first eight are given.

    Examples
    --------
    >>> organisation_check_character("D2143569")
    'X'
    """
    values = [int(c, 36) for c in code[:8]]
    digit = -sum(v * int(w) for v, w in zip(values, _ORGANISATION_WEIGHTS, strict=True)) % 11
    return "X" if digit == 10 else str(digit)


def invented_credit_codes(count: int) -> list[str]:
    """`count` different codes (at most a million), valid in form, that belong to nobody."""
    numbers = np.arange(1, count + 1)
    digits = (numbers[:, None] // 10 ** np.arange(5, -1, -1)) % 10
    letters = np.tile([int(c, 36) for c in INVENTED_PREFIX[8:]], (count, 1))
    organisation = -(np.hstack([letters, digits]) @ _ORGANISATION_WEIGHTS) % 11
    values = np.empty((count, 17), dtype=np.int64)
    values[:, :10] = [ALPHABET.index(c) for c in INVENTED_PREFIX]
    values[:, 10:16] = digits
    values[:, 16] = np.where(organisation == 10, ALPHABET.index("X"), organisation)
    last = -(values @ _WEIGHTS) % 31
    return _text(np.hstack([values, last[:, None]]))


def _text(values: NDArray[np.int64]) -> list[str]:
    table = np.array(list(ALPHABET.encode()), dtype=np.uint8)
    raw = table[values].tobytes().decode()
    return [raw[i : i + 18] for i in range(0, len(raw), 18)]
