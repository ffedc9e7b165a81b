"""Values that may be missing.

A value is an exact rational number, a flag, or a code; or it is `Missing`, which says what is missing and why.
A missing number is never zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ecopark.core.period import Period
from ecopark.core.text import Text

Scalar = Fraction | bool | str
"""A known value: a number (exact), a flag, or a code."""


@dataclass(frozen=True, slots=True, order=True)
class MissingItem:
    """One datum that nobody has given.

    Parameters
    ----------
    quantity
        Id of the quantity (or factor) that is missing.
    period
        The period for which it is missing, as text; empty for what does not change.
    by
        The breakdown code that is missing, e.g. ``kind=other``.
    """

    quantity: str
    period: str = ""
    by: str = ""

    def __str__(self) -> str:
        text = self.quantity + (f"[{self.by}]" if self.by else "")
        return text + (f"@{self.period}" if self.period else "")


@dataclass(frozen=True, slots=True)
class Missing:
    """No value: `items` names the data that would be needed, `reason` says why there is none.

    A value can be missing with no item to ask for: a division by zero, a growth rate from a zero base.
    """

    reason: Text
    items: tuple[MissingItem, ...] = ()

    def __or__(self, other: Missing) -> Missing:
        """What is missing in either of the two."""
        items = tuple(dict.fromkeys(self.items + other.items))
        reason = self.reason if self.reason == other.reason or not other.reason else other.reason
        if self.reason and other.reason and self.reason != other.reason:
            reason = _joined(self.reason, other.reason)
        return Missing(reason, items)


def _joined(a: Text, b: Text) -> Text:
    if b.en in a.en:
        return a
    if a.en in b.en:
        return b
    return Text(f"{a.zh}；{b.zh}", f"{a.en}; {b.en}")


def not_given(quantity: str, period: Period, label: Text | None = None, by: str = "") -> Missing:
    """The `Missing` of a quantity that nobody has reported for a period."""
    item = MissingItem(quantity, str(period), by)
    name = label or Text(quantity, quantity)
    part = f"[{by}]" if by else ""
    when_zh, when_en = (
        (f"{period}年" if period.kind == "year" else str(period), f" for {period}") if str(period) else ("", "")
    )
    return Missing(Text(f"{when_zh}未填报：{name['zh']}{part}", f"not given{when_en}: {name['en']}{part}"), (item,))


Result = Scalar | Missing
"""What evaluating a formula gives."""


def value_key(value: Result) -> str:
    """A text that is equal exactly when two values are equal; for fingerprints."""
    if isinstance(value, Missing):
        return "missing"
    if isinstance(value, bool):
        return f"b{int(value)}"
    return f"n{value}" if isinstance(value, Fraction) else f"c{value}"
