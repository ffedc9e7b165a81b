"""The exported form: a formula of the language as live worksheet formula text.

A reviewer opens the workbook of a dossier, changes an input and sees the result change. Two ways lead here:
`to_excel` walks a fitted tree and asks where each leaf stands; `trace_to_excel` walks a finished trace, so that every
figure of a result points to the very cell of its own year.

Nothing is computed here. Division is guarded (`IF(b=0,NA(),a/b)`), what is undefined is `NA()`, codes are quoted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from ecopark.core.rounding import decimal_text
from ecopark.core.trace import Trace
from ecopark.core.value import Missing, Result
from ecopark.errors import FormulaError
from ecopark.expr.expand import expand
from ecopark.expr.functions import find
from ecopark.expr.nodes import (
    Binary,
    Call,
    Choice,
    Compare,
    Flag,
    Leaf,
    Logic,
    Named,
    Negate,
    Node,
    Not,
    Number,
    Undefined,
    Word,
    children,
)
from ecopark.expr.parse import parse

MAX_FORMULA = 8000
"""Longest formula text we write; spreadsheet programs refuse more than 8192 characters."""

LEAF_KINDS = frozenset(
    {"observation", "reported", "rollup", "derived", "indicator", "factor", "parameter", "missing", "not_applicable"}
)
"""Kinds of trace steps that stand for something looked up, not for an operation of the formula."""

NOT_AVAILABLE = "NA()"

_COMPARE = {"==": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


def to_excel(node: Node, cell: Callable[[Leaf], str]) -> str:
    """A fitted formula as worksheet formula text, without the leading ``=``.

    Parameters
    ----------
    node
        Expanded and fitted tree (`expr.fit.Fitted.node`).
    cell
        Address of a leaf, e.g. ``数据!$E$7``; leaves with `back` are leaves of an earlier year.

    Raises
    ------
    FormulaError
        The tree was not expanded, or the formula is longer than a worksheet takes.

    Examples
    --------
    >>> from ecopark.expr.parse import parse
    >>> to_excel(parse("a / b"), lambda leaf: {"a": "A1", "b": "B1"}[leaf.name])
    'IF(B1=0,NA(),A1/B1)'
    """
    if isinstance(node, Leaf):
        return cell(node)
    return _short(combine(node, [to_excel(child, cell) for child in _operands(node)]))


CellOf = Callable[[Trace], str | None]
LeafOf = Callable[[Leaf], str | None]


def _nowhere(_: Leaf) -> str | None:
    return None


def trace_to_excel(step: Trace, cell: CellOf, leaf: LeafOf = _nowhere) -> str:
    """The calculation of a trace as worksheet formula text, without the leading ``=``.

    Parameters
    ----------
    step
        Root of the calculation.
    cell
        Address of a step that has its own cell (typed figures, intermediate totals), or None to write it out.
    leaf
        Address of a figure that the calculation did not reach: it stands in the other branch of a condition. Where it
        has none, that branch is `NA()`.

    Raises
    ------
    FormulaError
        The step cannot be written as a formula; the caller then writes its value.
    """
    address = cell(step)
    if address is not None:
        return address
    return _short(_step(step, cell, leaf))


def _step(step: Trace, cell: CellOf, leaf: LeafOf) -> str:
    if step.kind == "constant":
        return constant(step.value)
    if step.what == "undefined" or step.kind == "not_applicable":
        return NOT_AVAILABLE
    below = [trace_to_excel(inner, cell, leaf) for inner in step.inputs]
    if step.kind in LEAF_KINDS:
        return _looked_up(step, below, cell)
    if ": " in step.what and len(below) == 2:
        return _breakdown_row(step, below)
    node = _node(step.what)
    if isinstance(node, Leaf):
        return _over_breakdown(node, step, below, cell)
    if isinstance(node, Choice) and len(below) == 2:
        return _choice(node, step, below, leaf)
    if isinstance(node, Choice) and len(below) == 1:
        return f"IF({below[0]},{_unreached(node.then, leaf)},{_unreached(node.otherwise, leaf)})"
    if isinstance(node, Logic):
        return combine(node, below)
    bare = _unguarded(node)
    if isinstance(node, Named) and len(below) == 1 and len(_operands(bare)) != 1:
        return below[0]
    if len(_operands(bare)) != len(below):
        raise FormulaError(f"'{step.what}' has {len(below)} inputs where its formula has {len(_operands(bare))}")
    return combine(bare, below)


def _unguarded(node: Node) -> Node:
    """What a named function computes once its guards are passed; traces leave those out."""
    while True:
        match node:
            case Named(_, body):
                node = body
            case Choice(_, Undefined(), otherwise):
                node = otherwise
            case Choice(_, then, Undefined()):
                node = then
            case _:
                return node


def _looked_up(step: Trace, below: list[str], cell: CellOf) -> str:
    """A figure that was found in the facts: the sum of its parts, its own formula, or its value."""
    if step.kind == "rollup" and below:
        if step.missing:
            below += _holes(step, cell)
            if not any(inner.missing for inner in step.inputs) and len(below) == len(step.inputs):
                return NOT_AVAILABLE
        if step.missing or _is_sum(step):
            return "+".join(_wrap(text) for text in below)
        return constant(step.value)
    if len(below) == 1 and same_value(step.inputs[0].value, step.value):
        return below[0]
    return constant(step.value)


def _holes(step: Trace, cell: CellOf) -> list[str]:
    """Cells for the parts that nobody has given."""
    if not isinstance(step.value, Missing):
        return []
    known = {(inner.what, inner.period) for inner in step.inputs}
    found = []
    for item in step.value.items:
        what = item.quantity + (f"[{item.by}]" if item.by else "")
        if (what, item.period) not in known and (item.by or item.period != step.period):
            hole = Trace("missing", what, Missing(step.value.reason, (item,)), step.unit, step.label, item.period)
            address = cell(hole)
            if address is not None:
                found.append(address)
    return found


def _breakdown_row(step: Trace, below: list[str]) -> str:
    """One row of a sum over a breakdown: amount times factor, or amount held against its cap."""
    if step.kind == "comparison":
        return f"{below[0]}<={below[1]}"
    a, b = (inner.value for inner in step.inputs)
    text = f"{_wrap(below[0])}*{_wrap(below[1])}"
    if isinstance(a, Fraction) and isinstance(b, Fraction) and isinstance(step.value, Fraction) and a * b != 0:
        scale = step.value / (a * b)
        return text if scale == 1 else f"{text}*{constant(scale)}"
    return constant(step.value) if isinstance(step.value, Fraction) else text


def _over_breakdown(node: Leaf, step: Trace, below: list[str], cell: CellOf) -> str:
    """``sum_product``, ``sum_with_factor`` and ``all_within``: their rows added up or all held."""
    if step.missing and not any(inner.missing for inner in step.inputs):
        return NOT_AVAILABLE
    if not below:
        return constant(step.value)
    if node.kind == "all_within":
        return f"AND({','.join(below)})"
    if node.kind in ("sum_product", "sum_with_factor"):
        return "+".join(below)
    return constant(step.value)


def _choice(node: Choice, step: Trace, below: Sequence[str], leaf: LeafOf) -> str:
    if bool(step.inputs[0].value):
        return f"IF({below[0]},{below[1]},{_unreached(node.otherwise, leaf)})"
    return f"IF({below[0]},{_unreached(node.then, leaf)},{below[1]})"


def _unreached(branch: Node, leaf: LeafOf) -> str:
    """A branch that has no trace; only written where every figure of it has a cell and no unit could get lost."""

    def cell(found: Leaf) -> str:
        address = leaf(found)
        if address is None:
            raise FormulaError("no cell")
        return address

    if _has_named(branch):
        return NOT_AVAILABLE
    try:
        return to_excel(branch, cell)
    except FormulaError:
        return NOT_AVAILABLE


def _has_named(node: Node) -> bool:
    return isinstance(node, Named) or any(_has_named(child) for child in children(node))


def _node(text: str) -> Node:
    return expand(parse(text))


def _operands(node: Node) -> tuple[Node, ...]:
    return node.args if isinstance(node, Call) else children(node)


def combine(node: Node, parts: Sequence[str]) -> str:
    """One step of a formula over the texts of its operands."""
    match node:
        case Number(value, _):
            return constant(value)
        case Flag(flag):
            return constant(flag)
        case Word(word):
            return constant(word)
        case Undefined():
            return NOT_AVAILABLE
        case Named():
            return parts[0]
        case Binary("/", _, _):
            top, bottom = parts
            if _is_constant(bottom):
                return f"{_wrap(top)}/{_wrap(bottom)}"
            return f"IF({bottom}=0,NA(),{_wrap(top)}/{_wrap(bottom)})"
        case Binary("**", _, _):
            return f"POWER({parts[0]},{parts[1]})"
        case Binary(op, _, _):
            return f"{_wrap(parts[0])}{op}{_wrap(parts[1])}"
        case Negate():
            return f"-{_wrap(parts[0])}"
        case Not():
            return f"NOT({parts[0]})"
        case Logic(op, _):
            return f"{op.upper()}({','.join(parts)})"
        case Compare(op, _, _):
            return f"{_wrap(parts[0])}{_COMPARE[op]}{_wrap(parts[1])}"
        case Choice():
            return f"IF({parts[0]},{parts[1]},{parts[2]})"
        case Call("given", _, _):
            return f"NOT(ISBLANK({parts[0]}))" if _is_address(parts[0]) else f"NOT(ISERROR({parts[0]}))"
        case Call(name, _, _):
            function = find(name).excel
            if function is None:
                raise FormulaError(f"{name}(...) has no worksheet form")
            return function(*parts)
    raise FormulaError(f"{type(node).__name__} has no worksheet form")


def constant(value: Result) -> str:
    """A known value as it stands inside a worksheet formula.

    Examples
    --------
    >>> constant(Fraction(1, 4)), constant(Fraction(2, 3)), constant(True), constant("C39")
    ('0.25', '(2/3)', 'TRUE', '"C39"')
    """
    if isinstance(value, Missing):
        return NOT_AVAILABLE
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        quoted = value.replace('"', '""')
        return f'"{quoted}"'
    text = decimal_text(value)
    if Fraction(text) == value or value.denominator > 10**15 or abs(value.numerator) > 10**15:
        return f"({text})" if value < 0 else text
    return f"({value.numerator}/{value.denominator})"


def same_value(a: Result, b: Result) -> bool:
    """Whether two results are the same, both missing counting as the same."""
    if isinstance(a, Missing) or isinstance(b, Missing):
        return isinstance(a, Missing) and isinstance(b, Missing)
    return a == b


def _is_sum(step: Trace) -> bool:
    total = Fraction(0)
    for inner in step.inputs:
        if not isinstance(inner.value, Fraction):
            return False
        total += inner.value
    return total == step.value


def _is_address(text: str) -> bool:
    return text.replace("$", "").replace("!", "").replace("'", "").replace("_", "").isalnum() and "$" in text


def _is_constant(text: str) -> bool:
    return text.lstrip("(-").rstrip(")").replace(".", "").replace("/", "").isdigit()


def _wrap(text: str) -> str:
    """Brackets around anything that is not one cell, one number or one function call."""
    if _is_address(text) or text.replace(".", "").isalnum():
        return text
    if text.endswith(")") and _one_call(text):
        return text
    return f"({text})"


def _one_call(text: str) -> bool:
    head, _, rest = text.partition("(")
    if head and not head.isalpha():
        return False
    depth, quoted = 1, False
    for at, sign in enumerate(rest):
        if sign == '"':
            quoted = not quoted
        if quoted:
            continue
        depth += (sign == "(") - (sign == ")")
        if depth == 0:
            return at == len(rest) - 1
    return False


def _short(text: str) -> str:
    if len(text) > MAX_FORMULA:
        raise FormulaError("the formula is longer than a worksheet takes")
    return text
