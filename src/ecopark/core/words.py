"""Numbers, units and places as people read them, and how wide they are on a terminal."""

from __future__ import annotations

import re
import shutil
import sys
import unicodedata
from fractions import Fraction

from ecopark.core.rounding import decimal_text
from ecopark.core.trace import value_text
from ecopark.core.value import Missing, Result

_NUMBERED = re.compile(r"\bnos?\.? *(\d+(?:[-–]\d+)?)")
_PIECES = re.compile(r"[⺀-￿][，。；：、）》”]*|[^\s⺀-￿]+\s*|\s+")
_UNITS_ZH = {
    "tce": "吨标准煤",
    "kgce": "千克标准煤",
    "gce": "克标准煤",
    "t": "吨",
    "kg": "千克",
    "g": "克",
    "mg": "毫克",
    "ug": "微克",
    "CNY": "元",
    "USD": "美元",
    "person": "人",
    "person-year": "人年",
    "count": "个",
    "day": "天",
    "hour": "小时",
    "year": "年",
    "mu": "亩",
    "ha": "公顷",
    "m2": "m²",
    "km2": "km²",
    "m3": "m³",
    "kWh": "千瓦时",
    "MWh": "兆瓦时",
    "GWh": "吉瓦时",
    "tCO2": "吨CO2",
    "kgCO2": "千克CO2",
    "tC": "吨碳",
    "1": "",
    "set": "套",
    "events": "次",
    "by code": "按分项",
}
_UNITS_EN = {"m2": "m²", "km2": "km²", "m3": "m³", "ug": "µg", "1": ""}
_WHOLE_EN = {"person": "persons", "day": "days", "hour": "hours", "year": "years"}
"""Units that stand alone behind a number, which is seldom one."""
_SCALES_ZH = {"10k": "万", "100m": "亿", "million": "百万", "thousand": "千"}


def unit_words(unit: str, lang: str) -> str:
    """A unit as the report's language writes it.

    Examples
    --------
    >>> unit_words("tce/10k CNY", "zh"), unit_words("100m CNY/km2", "zh"), unit_words("1", "en")
    ('吨标准煤/万元', '亿元/km²', '')
    >>> unit_words("person", "en"), unit_words("10k CNY/person", "en")
    ('persons', '10k CNY/person')
    """
    if not unit or unit == "1":
        return ""
    if lang != "zh" and unit in _WHOLE_EN:
        return _WHOLE_EN[unit]
    return "".join(_atom(piece, lang) for piece in re.split(r"([/*()@])", unit)).replace("*", "·")


def _atom(piece: str, lang: str) -> str:
    text = piece.strip()
    if lang != "zh":
        return _UNITS_EN.get(text, piece)
    scale, _, rest = text.partition(" ")
    if rest and scale in _SCALES_ZH:
        return _SCALES_ZH[scale] + _UNITS_ZH.get(rest, rest)
    return _UNITS_ZH.get(text, text)


def counted(many: int, one: str, more: str = "") -> str:
    """How many of something, in English: the word, and a verb with it, agree with the number.

    Examples
    --------
    >>> counted(1, "figure"), counted(3, "figure"), counted(1, "firm waits", "firms wait")
    ('1 figure', '3 figures', '1 firm waits')
    """
    return f"{many} {one if many == 1 else more or one + 's'}"


def number(value: Fraction, digits: int = 5, beside: Fraction | None = None) -> str:
    """A number for reading, thousands grouped; never rounded onto the limit it stands beside.

    Examples
    --------
    >>> number(Fraction(1234567, 10)), number(Fraction(1, 3)), number(Fraction("0.6000001"), beside=Fraction("0.6"))
    ('123,456.7', '0.33333', '0.6000001')
    """
    if value.denominator == 1:
        return grouped(str(value.numerator))
    whole = len(str(abs(int(value)))) if abs(value) >= 1 else 0
    for keep in range(max(digits, whole + 1), 16):
        text = decimal_text(value, keep)
        if beside is None or beside == value or Fraction(text) != beside:
            return grouped(text)
    return grouped(decimal_text(value, 28))


def grouped(text: str) -> str:
    """A decimal text with its thousands grouped, from five digits on."""
    sign, text = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, dot, rest = text.partition(".")
    return sign + f"{int(whole):,}" + dot + rest if len(whole) > 4 else sign + whole + dot + rest


def shown(value: Result, lang: str, beside: Result | None = None) -> str:
    """A value for a table cell; a dash for what is missing."""
    if isinstance(value, Missing):
        return "—"
    if isinstance(value, Fraction):
        near = beside if isinstance(beside, Fraction) else None
        return number(value, beside=near)
    if isinstance(value, bool) and lang != "zh":
        return "yes" if value else "no"
    return value_text(value, lang)


def with_unit(text: str, unit: str, lang: str) -> str:
    """Value text and unit, a percent sign without a space; what is merely counted has no unit in English.

    Examples
    --------
    >>> with_unit("11", "count", "en"), with_unit("340", "person", "en"), with_unit("85", "%", "en")
    ('11', '340 persons', '85%')
    """
    words = "" if unit == "count" and lang != "zh" else unit_words(unit, lang)
    if not words or text == "—":
        return text
    return text + words if words in ("%", "‰") else f"{text} {words}"


OPERATORS = {"<=": "≤", ">=": "≥", "==": "=", "!=": "≠", "<": "<", ">": ">"}


def requirement(op: str, value: Result | None, unit: str, lang: str) -> str:
    """``≤ 0.6 tce/10k CNY`` in the words of the language; 是 / yes for flags."""
    if value is None or isinstance(value, Missing):
        return "—"
    if isinstance(value, bool):
        wanted = value if op == "==" else not value
        return value_text(wanted, lang) if lang == "zh" else ("yes" if wanted else "no")
    return with_unit(f"{OPERATORS.get(op, op)} {shown(value, lang)}", unit, lang)


def reference_words(reference: str, lang: str) -> str:
    """Where a clause stands, in one language: of a bilingual reference its half, ``no. 10`` as 第 10 项.

    Examples
    --------
    >>> reference_words("no. 10", "zh"), reference_words("附件3 / annex 3", "zh"), reference_words("附件3 / annex 3", "en")
    ('第 10 项', '附件3', 'annex 3')
    """
    zh, between, en = reference.partition(" / ")
    half = reference if not between else zh if lang == "zh" else en
    return _NUMBERED.sub(r"第 \1 项", half) if lang == "zh" else half


# -- a terminal --------------------------------------------------------------------------------------------------------


def cell_width(text: str) -> int:
    """Columns a text takes in a terminal: full-width characters take two."""
    return sum(2 if unicodedata.east_asian_width(ch) in "WF" else 1 for ch in text)


def cut(text: str, width: int) -> str:
    """`text` within `width` columns, an ellipsis where something is left out."""
    if cell_width(text) <= width:
        return text
    kept, used = [], 0
    for ch in text:
        used += cell_width(ch)
        if used > width - 1:
            break
        kept.append(ch)
    return "".join(kept) + "…"


def wrapped(line: str, width: int) -> list[str]:
    """A line as lines of at most `width` columns, the later ones further in; broken at spaces, else in Chinese text.

    Examples
    --------
    >>> wrapped("  one two three", 9)
    ['  one two', '    three']
    """
    if cell_width(line) <= width:
        return [line]
    indent = " " * min(len(line) - len(line.lstrip()) + 2, max(width // 2, 2))
    found, row = [], ""
    for piece in _PIECES.findall(line):
        if row.strip() and cell_width(row + piece.rstrip()) > width:
            found.append(row.rstrip())
            row = indent
            piece = piece.lstrip()
        while cell_width(row + piece.rstrip()) > width and len(piece) > 1:
            room = next((n for n in range(len(piece), 0, -1) if cell_width(row + piece[:n]) <= width), 1)
            found.append(row + piece[:room])
            row, piece = indent, piece[room:]
        row += piece
    return [*found, row.rstrip()] if row.strip() else found


def terminal_width() -> int | None:
    """Columns of the terminal that a person is watching; None where the text goes to a file or a pipe."""
    return shutil.get_terminal_size().columns if sys.stdout is not None and sys.stdout.isatty() else None
