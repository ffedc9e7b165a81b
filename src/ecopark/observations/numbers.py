"""Figures as people type them, read exactly.

``1,234.5``, ``12%``, ``12 %``, ``3.2万``, ``1.5亿``, full-width digits and ``1.2e5`` are numbers; an empty cell,
``/``, ``-`` and 无 are *none given*; ``n/a`` and 不适用 are *not applicable*. Nothing else is a number; nothing
is guessed.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from itertools import pairwise
from typing import Any

from ecopark.core.rounding import decimal_text
from ecopark.errors import EcoparkError


class NotApplicable(Enum):
    """The answer "this does not apply to us", which is neither a number nor a gap."""

    N_A = "n/a"


N_A = NotApplicable.N_A

NONE_GIVEN = frozenset(
    [
        "",
        "/",
        "\\",
        "-",
        "--",
        "---",
        "–",
        "—",
        "——",
        "———",
        "...",
        "…",
        "……",
        "*",
        "?",
        "？",
        "无",
        "空",
        "暂无",
        "没有",
        "未填",
        "未填报",
        "待填",
        "未统计",
        "无数据",
        "暂缺",
        "缺",
        "缺失",
        "未知",
        "null",
        "none",
        "nan",
        "nil",
        "unknown",
        "not given",
        "missing",
    ]
)
"""What people write where they have no figure. None of these is zero."""

NOT_APPLICABLE = frozenset(["n/a", "na", "n.a.", "n.a", "不适用", "不涉及", "not applicable"])

YES = frozenset(
    ["true", "yes", "y", "是", "有", "具备", "已具备", "已完成", "完成", "符合", "满足", "达标", "√", "✓", "✔", "对"]
)
NO = frozenset(
    ["false", "no", "n", "否", "不是", "不具备", "未完成", "不符合", "不满足", "未达标", "×", "✗", "✘", "错"]
)

MAX_DIGITS = 60
"""Longer numbers are typing accidents (or attacks), not figures."""

_SCALES = {"十": 1, "百": 2, "千": 3, "万": 4, "萬": 4, "亿": 8, "億": 8}
_PLAIN = re.compile(r"[+-]?\d{1,30}(?:\.\d{1,30})?\Z", re.ASCII)
_NUMBER = re.compile(
    r"(?P<sign>[+-]?)\s*"
    r"(?P<whole>\d{1,3}(?:,\d{3})+|\d{1,3}(?: \d{3})+|\d+)?(?:\.(?P<part>\d*))?"
    r"(?:[eE](?P<exponent>[+-]?\d{1,3}))?"
    r"\s*(?P<scale>[十百千万萬亿億]*)\s*(?P<percent>[%‰]?)(?P<rest>.*)\Z",
    re.DOTALL | re.ASCII,
)
_LETTERS_FOR_DIGITS = re.compile(
    r"[+-]?(?=[OoIl\d,.]*\d)(?:[\d,.]*[OoIl][OoIl,.]*\d|[\d,.]*\d[\d,.]*[Oo]+)[OoIl\d,.]*\Z", re.ASCII
)
_DIGITS_FOR_LETTERS = str.maketrans("OoIl", "0011")
_SPACES = str.maketrans(
    {"\u00a0": " ", "\u2009": " ", "\u202f": " ", "\u3000": " ", "\t": " ", "−": "-", "﹣": "-", "‐": "-"}
)


ZERO_OR_NONE = frozenset(["无", "没有", "none", "nil", "-", "--", "---", "–", "—", "——", "———"])
"""Of these, what may be meant as zero where things are counted."""


class UnreadableError(EcoparkError, ValueError):
    """The text is no number (no flag, no period); `zh` and `en` say why, `repair_zh` and `repair_en` what to type."""

    def __init__(self, zh: str, en: str, repair_zh: str = "", repair_en: str = "") -> None:
        self.repair_zh, self.repair_en = repair_zh, repair_en
        super().__init__(en, zh=zh)


@dataclass(frozen=True, slots=True)
class Number:
    """A number as typed.

    Parameters
    ----------
    value
        The exact number, scale words multiplied in; a percentage is kept as typed (12 for ``12%``).
    percent
        ``%``, ``‰`` or empty.
    unit
        Text that follows the number, e.g. 吨 in ``3.2万吨``; empty if none.
    scale
        The scale words that were multiplied in, e.g. ``万``.
    """

    # a scale word may belong to the unit (亿千瓦时): `splits` offers the other ways to read them

    value: Fraction
    percent: str = ""
    unit: str = ""
    scale: str = ""

    def splits(self) -> Iterator[Number]:
        """This number with ever fewer of its scale words multiplied in; the others go before the unit.

        Examples
        --------
        >>> [(n.value, n.scale, n.unit) for n in Number(Fraction(5 * 10**11), "", "瓦时", "亿千").splits()]
        [(Fraction(500000000000, 1), '亿千', '瓦时'), (Fraction(500000000, 1), '亿', '千瓦时'), \
(Fraction(5, 1), '', '亿千瓦时')]
        """
        for kept in range(len(self.scale), -1, -1):
            moved = self.scale[kept:]
            yield Number(self.value / scale_of(moved), self.percent, moved + self.unit, self.scale[:kept])

    @property
    def doubled(self) -> bool:
        """Whether the scale words repeat each other (万万, 亿亿), so that nobody knows what is meant.

        Examples
        --------
        >>> [Number(Fraction(1), scale=words).doubled for words in ("万", "千万", "万亿", "万万", "亿亿")]
        [False, False, False, True, True]
        """
        powers = [_SCALES[word] for word in self.scale]
        return any(a >= b for a, b in pairwise(powers))


def scale_of(words: str) -> int:
    """What scale words multiply by: 10000 for 万."""
    return int(10 ** sum(_SCALES[word] for word in words))


def clean(text: str) -> str:
    """Full-width characters made half-width, odd spaces and minus signs made plain, ends trimmed."""
    return unicodedata.normalize("NFKC", text.translate(_SPACES)).translate(_SPACES).strip()


def is_none_given(cell: Any) -> bool:
    """Whether a cell says that there is no figure."""
    if cell is None or cell == "":
        return True
    if isinstance(cell, str):
        return cell.strip() in NONE_GIVEN or clean(cell).lower() in NONE_GIVEN
    return isinstance(cell, float) and math.isnan(cell)


def read_number(cell: Any) -> Number | NotApplicable | None:
    """The number in a cell; None where none is given.

    Raises
    ------
    UnreadableError
        The cell holds something that is no number.

    Examples
    --------
    >>> read_number("1,234.5").value, read_number("３．２万").value, read_number("12 %")
    (Fraction(2469, 2), Fraction(32000, 1), Number(value=Fraction(12, 1), percent='%', unit='', scale=''))
    >>> read_number("/"), read_number("n/a")
    (None, <NotApplicable.N_A: 'n/a'>)
    """
    if isinstance(cell, str):
        if _PLAIN.match(cell):
            return Number(_fraction(cell))
        return _read_text(cell)
    if cell is None:
        return None
    if isinstance(cell, bool):
        raise UnreadableError(
            f"应为数值，填的是“{'是' if cell else '否'}”。", f"expected a number, found {str(cell).lower()}."
        )
    if isinstance(cell, int):
        return Number(Fraction(cell))
    if isinstance(cell, float):
        if math.isnan(cell):
            return None
        if math.isinf(cell):
            raise UnreadableError("数值为无穷大。", "the number is infinite.")
        return Number(Fraction(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else _fraction(repr(cell)))
    if isinstance(cell, Fraction):
        return Number(cell)
    if isinstance(cell, Decimal):
        return _read_text(str(cell))
    if isinstance(cell, datetime | date | time):
        raise UnreadableError(f"应为数值，单元格是日期 {cell}。", f"expected a number, the cell is a date ({cell}).")
    if hasattr(cell, "item"):  # numpy scalars
        return read_number(cell.item())
    return _read_text(str(cell))


def _fraction(text: str) -> Fraction:
    if "e" in text or "E" in text:
        return Fraction(text)
    whole, _, part = text.partition(".")
    return Fraction(int(whole + part), 10 ** len(part)) if part else Fraction(int(whole))


def _read_text(text: str) -> Number | NotApplicable | None:
    if is_none_given(text):
        return None
    shown = text.strip() if len(text) <= 40 else text.strip()[:40] + "…"
    tidy = clean(text)
    if tidy.lower() in NOT_APPLICABLE:
        return N_A
    if _LETTERS_FOR_DIGITS.match(tidy):
        likely = tidy.translate(_DIGITS_FOR_LETTERS)
        raise UnreadableError(
            f"“{shown}”中有字母 O 或 l，不是数字。",
            f"'{shown}' has a letter O or l among its digits.",
            f"是否应为 {likely}？请改为数字。",
            f"Did you mean {likely}? Type digits.",
        )
    found = _NUMBER.match(tidy)
    if found is None or (found["whole"] is None and not found["part"]):
        raise UnreadableError(f"“{shown}”不是数值。", f"'{shown}' is not a number.")
    whole = (found["whole"] or "0").replace(",", "").replace(" ", "")
    part = found["part"] or ""
    if len(whole) + len(part) > MAX_DIGITS:
        raise UnreadableError(f"数值超过 {MAX_DIGITS} 位。", f"the number has more than {MAX_DIGITS} digits.")
    exponent = int(found["exponent"] or 0)
    if abs(exponent) > MAX_DIGITS:
        raise UnreadableError(f"“{shown}”的指数过大。", f"the exponent of '{shown}' is too large.")
    rest = found["rest"].strip()
    if rest and (rest[0].isdigit() or rest[0] in ".,/+-~*^:=()[]{}<>!|\"'"):
        raise UnreadableError(
            f"“{shown}”不是一个数值（数字后面的“{rest[:10]}”读不懂）。",
            f"'{shown}' is not one number (cannot read '{rest[:10]}' after the digits).",
        )
    power = exponent + sum(_SCALES[word] for word in found["scale"])
    value = Fraction(int(whole + part), 10 ** len(part)) * Fraction(10) ** power
    return Number(-value if found["sign"] == "-" else value, found["percent"], rest, found["scale"])


def read_flag(cell: Any) -> bool | NotApplicable | None:
    """The yes or no in a cell; None where neither is given (无 is read as *none given*, not as no).

    Raises
    ------
    UnreadableError
        The cell holds something else.

    Examples
    --------
    >>> read_flag("是"), read_flag("FALSE"), read_flag(1.0), read_flag("无")
    (True, False, True, None)
    """
    if isinstance(cell, bool):
        return cell
    if is_none_given(cell):
        return None
    if isinstance(cell, int | float) and cell in (0, 1):
        return bool(cell)
    if hasattr(cell, "item"):
        return read_flag(cell.item())
    word = clean(str(cell)).lower()
    if word in NOT_APPLICABLE:
        return N_A
    if word in YES or word in ("1", "1.0"):
        return True
    if word in NO or word in ("0", "0.0"):
        return False
    shown = str(cell).strip()[:40]
    raise UnreadableError(
        f"“{shown}”不是“是”或“否”。",
        f"'{shown}' is neither yes nor no (true / false / 是 / 否).",
        "请填 是 或 否。",
        "Type yes or no (是 / 否).",
    )


def shown(cell: Any) -> str:
    """A cell as the person sees it: no ``.0`` after whole numbers."""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, Fraction):
        return decimal_text(cell, 28)
    return "" if cell is None else str(cell)
