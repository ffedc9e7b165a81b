"""Formulas in words: the names people use, signs they read."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ecopark.core.rounding import decimal_text
from ecopark.core.text import Text
from ecopark.core.words import unit_words
from ecopark.errors import EcoparkError
from ecopark.expr.nodes import Binary, Call, Choice, Compare, Leaf, Logic, Negate, Node, Not, Number, Undefined, to_text
from ecopark.expr.parse import parse

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
    >>> formula_words("staff >= unit(2, 'person')", {"staff": Text("人员数")}, "zh")
    '人员数 ≥ 2 人'
    >>> formula_words("lag(energy, 1)", {"energy": Text("综合能耗", "Energy")}, "en")
    'earlier value of (Energy, 1)'
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
    else:
        text = re.sub(r"\b(of|given:)\(", r"\1 (", text)
    return text


def _relabel(node: Node, labels: Mapping[str, Text], lang: str) -> Node:
    match node:
        case Leaf("name", (name, *_), back):
            label = labels.get(name)
            return Leaf("name", (label[lang] if label else name,), back)
        case Number(value, unit) if unit != "1":
            return Leaf("name", (f"{decimal_text(value)} {unit_words(unit, lang)}",))
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
    match node:
        case Binary(op, left, right):
            return Binary(op, _relabel(left, labels, lang), _relabel(right, labels, lang))
        case Compare(op, left, right):
            return Compare(op, _relabel(left, labels, lang), _relabel(right, labels, lang))
        case Negate(operand):
            return Negate(_relabel(operand, labels, lang))
    return node


def short_formula(text: str) -> str:
    """A formula without its guards: ``…`` stands for the condition under which it is undefined.

    Examples
    --------
    >>> short_formula("root(a / b, 3) if b > 0 else undefined('no base')")
    'root(a / b, 3) …'
    """
    if "undefined(" not in text:
        return text
    try:
        return to_text(_unguarded(parse(text)))
    except EcoparkError:
        return text


def _unguarded(node: Node) -> Node:
    match node:
        case Choice(_, then, Undefined()):
            return Leaf("name", (f"{to_text(_unguarded(then))} …",))
        case Choice(test, then, otherwise):
            return Choice(test, _unguarded(then), _unguarded(otherwise))
        case Binary(op, left, right):
            return Binary(op, _unguarded(left), _unguarded(right))
        case Call(function, args, options):
            return Call(function, tuple(_unguarded(a) for a in args), options)
        case Negate(operand):
            return Negate(_unguarded(operand))
    return node
