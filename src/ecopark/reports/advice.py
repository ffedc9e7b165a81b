"""What a report advises where a clause is not met: single changes that make sense, or that several must go together.

The engine says which change of one input alone would meet a clause, whatever it means. Reports leave out what nobody would
do: shrinking the output, treating less wastewater, using more energy, or changing anything by more than half.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

from ecopark.core.rounding import decimal_text
from ecopark.observations.quantity import Quantity, catalogue
from ecopark.reports.labels import L
from ecopark.reports.words import number, unit_words
from ecopark.standards.result import Change, ClauseResult

WITHIN_REACH = Fraction(1, 2)
"""A change of one input beyond this share is no advice."""
A_FEW = 5
"""Things that are counted (projects, events) may grow by so many, whatever the share."""

BURDENS = ("energy", "carbon", "water", "waste", "pollution")
"""Themes whose amounts burden the environment: less is better."""
_GAINS = {
    *(
        "renewable",
        "clean",
        "nonfossil",
        "fossil",
        "reused",
        "recovered",
        "reclaimed",
        "treated",
        "utilised",
        "recycled",
    ),
    *(
        "harmless",
        "saved",
        "reduced",
        "metered",
        "desalinated",
        "rainwater",
        "compliant",
        "good",
        "grade1",
        "controlled",
    ),
    *("out", "output", "score"),
}
"""Words of ids within those themes whose amounts are gains: more is better."""
_GIVEN = {
    *(
        "available",
        "cap",
        "factor",
        "target",
        "limit",
        "grade2",
        "capacity",
        "zoned",
        "national",
        "reference",
        "rainfall",
    ),
    *("monitored", "class"),
}
"""Words of ids that nobody is to move for a clause's sake."""


def wanted(quantity: Quantity) -> int:
    """1 for what may only grow, -1 for what may only shrink, 0 for what is not to be moved."""
    words = set(quantity.id.split("_"))
    if quantity.kind == "attribute" or words & _GIVEN:
        return 0
    if words & _GAINS or quantity.id == "electricity_final_tce":
        return 1
    if quantity.theme in BURDENS and quantity.kind != "count":
        return -1
    whole = any(quantity.id == whole for _, whole in catalogue().identities)
    return 0 if whole and quantity.theme != "economy" else 1


def sensible(c: ClauseResult) -> tuple[Change, ...]:
    """The changes of one input that a park could be advised to make, the smallest first."""
    kept = [change for change in c.changes if _sensible(change)]
    return tuple(sorted(kept, key=lambda x: abs(x.relative) if x.relative is not None else Fraction(1)))


def _sensible(change: Change) -> bool:
    up = change.needed > change.now
    quantity = catalogue().find(change.quantity)
    if quantity is not None and wanted(quantity) != (1 if up else -1):
        return False
    if up and change.unit == "count" and change.needed - change.now <= A_FEW:
        return True
    return change.relative is not None and abs(change.relative) <= WITHIN_REACH


def advice(c: ClauseResult, lang: str) -> tuple[str, ...]:
    """What would meet a clause that is not met, a sentence each; one sentence that says why there is no such change."""
    if c.reported:
        return (L["reported_only"][lang],)
    if found := sensible(c):
        return tuple(change_words(change, lang) for change in found)
    return (L["to_put_in_place" if c.clause.direction == "flag" and not c.changes else "no_single"][lang],)


def change_words(change: Change, lang: str) -> str:
    """``工业综合能耗由 4 改为 3 吨标准煤（−25 %）``."""
    label = change.label[lang] + (f"[{change.by}]" if change.by else "")
    now, needed = number(change.now), number(outward(change), 6, change.now)
    unit = unit_words(change.unit, lang)
    relative = relative_words(change)
    if lang == "zh":
        told = f"（{relative}）" if relative else ""
        return f"单独改变“{label}”：由 {now} 变为 {needed} {unit}{told}即可达标".replace("  ", " ")
    return f"{label} alone: from {now} to {needed} {unit}{f' ({relative})' if relative else ''} would meet it"


def outward(change: Change) -> Fraction:
    """What is needed, to about six digits, rounded to the side on which the clause is met."""
    if change.needed.denominator == 1 or not change.needed:
        return change.needed
    whole = len(str(abs(int(change.needed)))) if abs(change.needed) >= 1 else 0
    scale = 10 ** max(6 - whole, 1) if whole else 10**8
    scaled = change.needed * scale
    return Fraction(ceil(scaled) if change.needed > change.now else floor(scaled), scale)


def relative_words(change: Change) -> str:
    """The change in percent with its sign."""
    if change.relative is None:
        return ""
    percent = change.relative * 100
    text = decimal_text(abs(percent), 3 if abs(percent) < 1000 else 6)
    return f"{'+' if percent > 0 else '−'}{text} %"
