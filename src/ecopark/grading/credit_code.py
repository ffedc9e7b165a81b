"""Unified social credit codes: is one well formed, and what slips of the pen turn it into.

References
----------
GB 32100-2015: 18 characters of 31, the last one a check character modulo 31.
"""

from __future__ import annotations

import unicodedata

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUE = {letter: value for value, letter in enumerate(ALPHABET)}
_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))
_LOOKALIKES = str.maketrans({"I": "1", "O": "0", "S": "5", "Z": "2"})


def tidy_code(text: str) -> str:
    """The code as typed, made plain: half-width, upper case, without spaces and dashes.

    Examples
    --------
    >>> tidy_code(" ９１350100m000100y43 ")
    '91350100M000100Y43'
    """
    plain = unicodedata.normalize("NFKC", text).upper()
    return "".join(letter for letter in plain if letter.isalnum())


def check_character(code: str) -> str:
    """The 18th character that belongs to the first 17.

    Examples
    --------
    >>> check_character("91350100M000100Y4")
    '3'
    """
    return ALPHABET[-sum(_VALUE[c] * w for c, w in zip(code, _WEIGHTS)) % 31]


def is_credit_code(code: str) -> bool:
    """Whether `code` has 18 allowed characters and the right last one."""
    return len(code) == 18 and all(c in _VALUE for c in code) and check_character(code[:17]) == code[17]


def read_code(text: str) -> tuple[str, str]:
    """A code as typed into (code, state): ``valid``, ``repaired`` (a letter that may not occur read as the digit it looks
    like, and the check character then fits), ``invalid`` or ``none``.

    Examples
    --------
    >>> read_code("9135O1OOM0001OOY43"), read_code("91350100M000100Y44")[1], read_code("")
    (('91350100M000100Y43', 'repaired'), 'invalid', ('', 'none'))
    """
    code = tidy_code(text)
    if not code:
        return "", "none"
    if is_credit_code(code):
        return code, "valid"
    changed = code.translate(_LOOKALIKES)
    return (changed, "repaired") if is_credit_code(changed) else (code, "invalid")
