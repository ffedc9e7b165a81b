"""Text that comes from outside and may end in a worksheet: it must never become a formula there.

References
----------
A cell whose text begins with ``=``, ``+``, ``-``, ``@``, a tab or a carriage return can be run by a spreadsheet program
when the file is opened or pasted ("formula injection").
"""

from __future__ import annotations

import re

GUARD = "'"
"""Put before a dangerous text: spreadsheet programs show the rest as plain text."""

_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r")
_HARMLESS = re.compile(r"[+\-－＋−—]*\s*(?:[\d,.]+(?:[eE][+-]?\d+)?\s*(?:%|％|‰)?)?\Z")


def is_formula_text(text: str) -> bool:
    """Whether a spreadsheet program could run `text`; signed numbers and lone dashes are harmless.

    Examples
    --------
    >>> [is_formula_text(t) for t in ("=cmd|' /C calc'!A0", "@SUM(A1)", "-3.5", "--", "3+4", "-A1")]
    [True, True, False, False, False, True]
    """
    lead = text.lstrip(" \n\u3000\xa0\ufeff")
    return lead.startswith(_STARTS) and not _HARMLESS.match(lead)


def safe_cell(text: str) -> str:
    """`text` as it may be written into a worksheet or CSV file: dangerous beginnings are guarded by an apostrophe.

    Examples
    --------
    >>> safe_cell("=1+1"), safe_cell("-3.5"), safe_cell("园区")
    ("'=1+1", '-3.5', '园区')
    """
    return GUARD + text if is_formula_text(text) else text
