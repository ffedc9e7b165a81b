"""Industry codes of GB/T 4754-2017: which exist, what they are called, which are near to a mistyped one."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from importlib.resources import files

STANDARD = "GB/T 4754-2017"


@cache
def industries() -> dict[str, str]:
    """Names by code: sections (``C``), divisions (``26``), groups (``261``) and classes (``2614``)."""
    text = (files("ecopark.admission") / "tables" / "gbt4754.csv").read_text(encoding="utf-8")
    return {row["code"]: row["name"] for row in csv.DictReader(text.splitlines())}


def nearest(code: str, count: int = 3) -> list[str]:
    """Codes that look most like `code`: two digits exchanged, the same first digits, then whatever looks alike.

    Examples
    --------
    >>> nearest("2695")[0], "3973" in nearest("3793")
    ('2659', True)
    """
    known = [c for c in industries() if not c.isalpha()]
    wanted = "".join(ch for ch in code if ch.isdigit())[:4]
    swapped = [wanted[:i] + wanted[i + 1] + wanted[i] + wanted[i + 2 :] for i in range(len(wanted) - 1)]
    same = [c for c in known if len(wanted) > 2 and len(c) == len(wanted) and c[:-1] == wanted[:-1]]
    same.sort(key=lambda c: abs(int(c) - int(wanted)))
    alike = get_close_matches(wanted, [c for c in known if len(c) == len(wanted)], n=count, cutoff=0.5)
    found = [c for c in swapped if c in industries()] + same[:2] + alike
    return list(dict.fromkeys(found))[: count + 1]


def named(code: str) -> str:
    """Code and name together: ``2614 有机化学原料制造``."""
    name = industries().get(code, "")
    return f"{code} {name}".strip()


def covers(prefixes: Iterable[str], code: str) -> bool:
    """Whether `code` falls under one of the prefixes (``C`` stands for the section, ``26`` for a division).

    Examples
    --------
    >>> covers(["26", "3140"], "2614"), covers(["C"], "2614"), covers(["B"], "2614")
    (True, True, False)
    """
    digits, letters = _by_kind(tuple(prefixes))
    return code.startswith(digits) or (bool(letters) and section(code) in letters)


def covered(prefixes: Iterable[str], codes: Iterable[str]) -> list[bool]:
    """Which of some codes fall under one of the prefixes."""
    digits, letters = _by_kind(tuple(prefixes))
    if letters:
        return [code.startswith(digits) or section(code) in letters for code in codes]
    return [code.startswith(digits) for code in codes]


@cache
def _by_kind(prefixes: tuple[str, ...]) -> tuple[tuple[str, ...], frozenset[str]]:
    """Prefixes of digits, and the others."""
    digits = tuple(p for p in prefixes if p.isdigit())
    return digits, frozenset(p for p in prefixes if not p.isdigit())


@cache
def section(code: str) -> str:
    """The section letter a code belongs to."""
    if code[:1].isalpha():
        return code[:1]
    letter = ""
    for known in industries():
        if known.isalpha():
            letter = known
        elif known == code[:2]:
            return letter
    return ""
