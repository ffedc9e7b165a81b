"""Numbers, units and formulas as people read them in a report."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction

from ecopark.core.rounding import decimal_text
from ecopark.core.text import Text
from ecopark.core.trace import Trace, value_text
from ecopark.core.value import Missing, Result
from ecopark.errors import EcoparkError
from ecopark.expr.nodes import Call, Choice, Leaf, Logic, Node, Not, to_text
from ecopark.expr.parse import parse

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
}
_UNITS_EN = {"m2": "m²", "km2": "km²", "m3": "m³", "ug": "µg", "1": ""}
_SCALES_ZH = {"10k": "万", "100m": "亿", "million": "百万", "thousand": "千"}


def unit_words(unit: str, lang: str) -> str:
    """A unit as the report's language writes it.

    Examples
    --------
    >>> unit_words("tce/10k CNY", "zh"), unit_words("100m CNY/km2", "zh"), unit_words("1", "en")
    ('吨标准煤/万元', '亿元/km²', '')
    """
    if not unit or unit == "1":
        return ""
    return "".join(_atom(piece, lang) for piece in re.split(r"([/*()@])", unit)).replace("*", "·")


def _atom(piece: str, lang: str) -> str:
    text = piece.strip()
    if lang != "zh":
        return _UNITS_EN.get(text, piece)
    scale, _, rest = text.partition(" ")
    if rest and scale in _SCALES_ZH:
        return _SCALES_ZH[scale] + _UNITS_ZH.get(rest, rest)
    return _UNITS_ZH.get(text, text)


def number(value: Fraction, digits: int = 5, beside: Fraction | None = None) -> str:
    """A number for reading, thousands grouped; never rounded onto the limit it stands beside.

    Examples
    --------
    >>> number(Fraction(1234567, 10)), number(Fraction(1, 3)), number(Fraction("0.6000001"), beside=Fraction("0.6"))
    ('123,456.7', '0.33333', '0.6000001')
    """
    if value.denominator == 1:
        return _grouped(str(value.numerator))
    whole = len(str(abs(int(value)))) if abs(value) >= 1 else 0
    for keep in range(max(digits, whole + 1), 16):
        text = decimal_text(value, keep)
        if beside is None or beside == value or Fraction(text) != beside:
            return _grouped(text)
    return _grouped(decimal_text(value, 28))


def _grouped(text: str) -> str:
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
    """Value text and unit, a percent sign without a space."""
    words = unit_words(unit, lang)
    if not words or text == "—":
        return text
    return text + words if words in ("%", "‰") else f"{text} {words}"


_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_OPS = {"<=": "≤", ">=": "≥", "==": "=", "!=": "≠", "<": "<", ">": ">"}


def requirement(op: str, value: Result | None, unit: str, lang: str) -> str:
    """``≤ 0.6 tce/10k CNY`` in the words of the language; 是 / yes for flags."""
    if value is None or isinstance(value, Missing):
        return "—"
    if isinstance(value, bool):
        wanted = value if op == "==" else not value
        return value_text(wanted, lang) if lang == "zh" else ("yes" if wanted else "no")
    return with_unit(f"{_OPS.get(op, op)} {shown(value, lang)}", unit, lang)


_FUNCTIONS_ZH = {
    "growth": "增长率",
    "cagr": "年均增长率",
    "elasticity": "弹性系数",
    "lag": "往年值",
    "sum_firms": "企业合计",
    "total": "合计",
    "share": "占比",
    "mean": "平均值",
    "min": "较小值",
    "max": "较大值",
    "abs": "绝对值",
    "round": "修约",
    "given": "已填报",
    "factor": "系数",
    "part": "分项",
    "sum_product": "乘积之和",
    "sum_with_factor": "按系数折算之和",
    "root": "开方",
    "all_within": "各项均不超过",
    "between": "介于",
    "true": "是",
    "false": "否",
}
_FUNCTIONS_EN = {
    "growth": "growth of",
    "cagr": "average annual growth of",
    "elasticity": "elasticity of",
    "lag": "earlier value of",
    "sum_firms": "sum over firms of",
    "total": "total of",
    "share": "share of",
    "mean": "mean of",
    "part": "part of",
    "sum_product": "sum of products of",
    "sum_with_factor": "sum by factor of",
    "factor": "factor",
    "given": "is given:",
}


def formula_words(formula: str, labels: Mapping[str, Text], lang: str) -> str:
    """A formula with the names people use; the formula itself where it cannot be read.

    Examples
    --------
    >>> formula_words("energy / value_added", {"energy": Text("综合能耗"), "value_added": Text("工业增加值")}, "zh")
    '综合能耗 ÷ 工业增加值'
    """
    try:
        node = parse(formula)
    except EcoparkError:
        return formula
    text = to_text(_relabel(node, labels, lang))
    text = text.replace(" * ", " × ").replace(" / ", " ÷ ").replace("<=", "≤").replace(">=", "≥").replace("!=", "≠")
    text = text.replace(" == ", " = ").replace(" - ", " − ")
    if lang == "zh":
        text = text.replace(" and ", " 且 ").replace(" or ", " 或 ").replace("not ", "非 ")
        text = re.sub(r"\bTrue\b", "是", text)
        text = re.sub(r"\bFalse\b", "否", text)
    return text


def _relabel(node: Node, labels: Mapping[str, Text], lang: str) -> Node:
    match node:
        case Leaf("name", (name, *_), back):
            label = labels.get(name)
            return Leaf("name", (label[lang] if label else name,), back)
        case Choice(test, then, otherwise):
            words = ("若 {}，则 {}；否则 {}", "if {}: {}; otherwise {}")[lang != "zh"]
            pieces = [to_text(_relabel(part, labels, lang)) for part in (test, then, otherwise)]
            return Leaf("name", (words.format(*pieces),))
        case Call(function, args, options):
            names = _FUNCTIONS_ZH if lang == "zh" else _FUNCTIONS_EN
            return Call(
                names.get(function, function),
                tuple(_relabel(a, labels, lang) for a in args),
                tuple((k, _relabel(v, labels, lang)) for k, v in options),
            )
        case Logic(op, operands):
            return Logic(op, tuple(_relabel(o, labels, lang) for o in operands))
        case Not(operand):
            return Not(_relabel(operand, labels, lang))
        case _:
            return _rebuilt(node, labels, lang)


def _rebuilt(node: Node, labels: Mapping[str, Text], lang: str) -> Node:
    from ecopark.expr.nodes import Binary, Compare, Negate

    match node:
        case Binary(op, left, right):
            return Binary(op, _relabel(left, labels, lang), _relabel(right, labels, lang))
        case Compare(op, left, right):
            return Compare(op, _relabel(left, labels, lang), _relabel(right, labels, lang))
        case Negate(operand):
            return Negate(_relabel(operand, labels, lang))
    return node


def labels_of(traces: Iterable[Trace]) -> dict[str, Text]:
    """The labels that occur in traces, by id."""
    found: dict[str, Text] = {}
    for trace in traces:
        for step in trace.walk():
            if step.label and step.what:
                found.setdefault(step.what.split("[")[0].split("@")[0], step.label)
    return found


def joined(items: Iterable[str], lang: str) -> str:
    """A list in running text: 、 in Chinese, a comma in English."""
    return ("、" if lang == "zh" else ", ").join(items)


def printable(text: str) -> str:
    """`text` without the control characters that no document can hold."""
    return _UNPRINTABLE.sub("", text)
