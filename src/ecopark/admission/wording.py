"""The gate's fixed words: units, operators and amounts in both languages."""

from __future__ import annotations

from fractions import Fraction

from ecopark.core.rounding import decimal_text
from ecopark.core.text import Text
from ecopark.core.value import Missing, Result
from ecopark.core.words import grouped, with_unit

VERDICTS = {
    "admit": Text("准予", "admit"),
    "conditional": Text("有条件准入", "conditional"),
    "refuse": Text("不予准入", "refuse"),
    "undetermined": Text("待定", "undetermined"),
}
STATUS_TEXT = {
    "met": Text("符合", "met"),
    "condition": Text("附条件", "under a condition"),
    "not_met": Text("不符合", "not met"),
    "undetermined": Text("待定", "undetermined"),
    "not_due": Text("未到期", "not due"),
    "expired": Text("已失效", "no longer in force"),
    "not_applicable": Text("不适用", "not applicable"),
    "reported": Text("告知", "information"),
    "to_fill": Text("待填", "to be filled in"),
}
BASIS_TEXT = {
    "seen": Text("见于来源", "seen in a source"),
    "inferred": Text("推断", "inferred"),
    "recalled": Text("凭记忆", "recalled"),
}
_OPS = {
    ">=": Text("不低于", "at least"),
    "<=": Text("不高于", "at most"),
    ">": Text("高于", "above"),
    "<": Text("低于", "below"),
    "==": Text("等于", "equal to"),
    "!=": Text("不等于", "other than"),
}
_POWERS = {"10k": 10_000, "100m": 100_000_000, "million": 1_000_000, "thousand": 1000}


def amount(value: Result | None, symbol: str, lang: str) -> str:
    """A value with its unit; in English 10k CNY are written out.

    Examples
    --------
    >>> amount(Fraction(45), "10k CNY/mu", "zh"), amount(Fraction(45), "10k CNY/mu", "en")
    ('45 万元/亩', '450,000 CNY/mu')
    """
    if value is None or isinstance(value, Missing):
        return "—"
    if isinstance(value, bool):
        return ("是" if value else "否") if lang == "zh" else ("yes" if value else "no")
    if not isinstance(value, Fraction):
        return str(value)
    scale, _, rest = symbol.partition(" ")
    if lang == "en" and rest and scale in _POWERS:
        value, symbol = value * _POWERS[scale], rest
    return with_unit(grouped(decimal_text(value, 8)), symbol, lang)


def both(value: Result | None, symbol: str) -> Text:
    """A value with its unit in both languages."""
    return Text(amount(value, symbol, "zh"), amount(value, symbol, "en"))


def op_words(op: str, lang: str) -> str:
    """``>=`` as *at least*."""
    return _OPS[op][lang]
