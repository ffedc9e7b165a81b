"""Formula text into a tree.

A safe subset of Python expressions, read with the standard library's `ast` against a white list. Nothing is ever passed
to `eval`; a formula cannot do anything but compute.
"""

from __future__ import annotations

import ast
import math
from fractions import Fraction
from functools import lru_cache

from ecopark.core.rounding import exact
from ecopark.core.text import Text
from ecopark.errors import FormulaError
from ecopark.expr.nodes import (
    Binary,
    Call,
    Choice,
    Compare,
    Flag,
    Leaf,
    Logic,
    Negate,
    Node,
    Not,
    Number,
    Undefined,
    Word,
)

_BINARY = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}
_COMPARE = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
MAX_LENGTH = 4000
MAX_DEPTH = 60


@lru_cache(maxsize=4096)
def parse(text: str) -> Node:
    """Read a formula.

    Parameters
    ----------
    text
        For example ``"energy_industrial_tce / industrial_value_added"``.

    Raises
    ------
    FormulaError
        The text is not a formula of the language; the message says where and what is allowed.
    """
    source = " ".join(str(text).split())
    if len(source) > MAX_LENGTH:
        raise FormulaError(f"the formula is longer than {MAX_LENGTH} characters")
    try:
        tree = ast.parse(source, mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise FormulaError(f"cannot read the formula: {error}", getattr(error, "offset", None)) from None
    return _read(tree.body, source, 0)


def _read(node: ast.expr, source: str, depth: int) -> Node:
    if depth > MAX_DEPTH:
        raise FormulaError(f"the formula is nested deeper than {MAX_DEPTH} levels", node.col_offset + 1)
    down = depth + 1
    match node:
        case ast.Constant(value=bool() as flag):
            return Flag(flag)
        case ast.Constant(value=int() | float()):
            literal = ast.get_source_segment(source, node) or repr(node.value)
            try:
                return Number(_decimal(literal.replace("_", "")))
            except ValueError:
                raise FormulaError(
                    f"{literal[:40]} is not a decimal number of ordinary size", node.col_offset + 1
                ) from None
        case ast.Constant(value=str() as word):
            return Word(word)
        case ast.Name(id=name):
            return Leaf("name", (name,))
        case ast.Attribute():
            return Leaf("name", (_dotted(node),))
        case ast.BinOp(left, op, right) if type(op) in _BINARY:
            return Binary(_BINARY[type(op)], _read(left, source, down), _read(right, source, down))
        case ast.UnaryOp(ast.USub(), operand):
            inner = _read(operand, source, down)
            return Number(-inner.value, inner.unit) if isinstance(inner, Number) else Negate(inner)
        case ast.UnaryOp(ast.UAdd(), operand):
            return _read(operand, source, down)
        case ast.UnaryOp(ast.Not(), operand):
            return Not(_read(operand, source, down))
        case ast.BoolOp(op, values):
            word = "and" if isinstance(op, ast.And) else "or"
            return Logic(word, tuple(_read(v, source, down) for v in values))
        case ast.Compare(left, ops, comparators):
            return _comparison(left, ops, comparators, node, source, down)
        case ast.IfExp(test, body, orelse):
            return Choice(_read(test, source, down), _read(body, source, down), _read(orelse, source, down))
        case ast.Call(ast.Name(id=function), args, keywords):
            return _call(function, args, keywords, node, source, down)
    raise FormulaError(
        f"'{ast.unparse(node)}' is not part of the formula language (numbers, names, + - * / **, comparisons, "
        "and/or/not, 'a if test else b', and functions are)",
        node.col_offset + 1,
    )


def _decimal(literal: str) -> Fraction:
    """A literal, exactly; refused before it can fill the memory."""
    if len(literal) > 60 or not math.isfinite(float(literal)) or abs(float(literal)) > 1e60:
        raise ValueError(literal)
    return exact(literal)


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    if isinstance(node, ast.Name):
        return node.id
    raise FormulaError(f"'{ast.unparse(node)}' is not a name", node.col_offset + 1)


def _comparison(
    left: ast.expr, ops: list[ast.cmpop], comparators: list[ast.expr], node: ast.expr, source: str, depth: int
) -> Node:
    tests: list[Node] = []
    before = _read(left, source, depth)
    for op, right in zip(ops, comparators, strict=True):
        if type(op) not in _COMPARE:
            raise FormulaError(f"'{ast.unparse(node)}': only < <= > >= == != compare", node.col_offset + 1)
        after = _read(right, source, depth)
        tests.append(Compare(_COMPARE[type(op)], before, after))
        before = after
    return tests[0] if len(tests) == 1 else Logic("and", tuple(tests))


def _call(
    function: str, args: list[ast.expr], keywords: list[ast.keyword], node: ast.expr, source: str, depth: int
) -> Node:
    if any(isinstance(a, ast.Starred) for a in args) or any(k.arg is None for k in keywords):
        raise FormulaError("stars are not allowed in a call", node.col_offset + 1)
    values = tuple(_read(a, source, depth) for a in args)
    options = tuple((str(k.arg), _read(k.value, source, depth)) for k in keywords)
    if function == "undefined":
        texts = [v.value for v in values if isinstance(v, Word)]
        if len(texts) not in (1, 2) or len(texts) != len(values):
            raise FormulaError("undefined(...) takes a reason in quotes, and the same in Chinese", node.col_offset + 1)
        return Undefined(Text(texts[1] if len(texts) == 2 else "", texts[0]))
    if function == "unit":
        match values:
            case (Number(value=value), Word(value=unit)):
                return Number(Fraction(value), unit)
        raise FormulaError("unit(...) takes a number and a unit in quotes: unit(200000, 'tce')", node.col_offset + 1)
    return Call(function, values, options)
