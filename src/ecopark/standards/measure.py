"""What a clause measures, in a form in which two clauses can be compared.

Indicators are opened up to the quantities they rest on and every formula is brought to a fraction of polynomials in those
quantities. Then two clauses measure the same thing when one fraction is a constant times the other, or a constant divided by
it; the constant comes from the units alone and is exact. What is no polynomial (a condition, a root, a minimum) is kept whole
and counts as the same only where its parts are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from ecopark.core.unit import Unit, unit
from ecopark.errors import EcoparkError
from ecopark.expr.nodes import Binary, Call, Flag, Leaf, Named, Negate, Node, Number, Undefined, Word, children
from ecopark.expr.polynomial import Ratio, TooBig, divide_exactly, multiply
from ecopark.indicators.catalogue import indicators
from ecopark.indicators.resolve import compiled
from ecopark.observations.quantity import catalogue
from ecopark.packs.model import Clause, Pack
from ecopark.standards.compile import compile_clause, run_parameters

SAME, INVERSE, SCALED, AKIN, AKIN_INVERSE = "same", "inverse", "scaled", "akin", "akin_inverse"
"""Relations of two measures: equal after units; one over the other; equal but for a constant that is no unit conversion
(tC against tCO2); the same ratio of things whose scope or price basis differs; the inverse of such a ratio."""

_NAMING_DIMS = ("coal_equivalent", "co2", "carbon")
"""Dimensions that say what is measured: two amounts of them differ in scope only, never in kind."""

Atom = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """How two measures hang together.

    Parameters
    ----------
    kind
        ``same``, ``inverse``, ``scaled``, ``akin`` or ``akin_inverse``.
    factor
        For ``same``, ``scaled`` and ``akin``: second value = factor * first value, each in its clause's unit. For the
        inverse ones: second value = factor / first value. Exact.
    differing
        For the akin ones: (quantity of the first, quantity of the second) pairs that are not the same figure.
    """

    kind: str
    factor: Fraction
    differing: tuple[tuple[str, str], ...] = ()

    @property
    def is_inverse(self) -> bool:
        return self.kind in (INVERSE, AKIN_INVERSE)

    def carry(self, value: Fraction) -> Fraction | None:
        """A value of the first restated for the second; None where that would divide by zero."""
        if self.is_inverse:
            return self.factor / value if value else None
        return self.factor * value


@dataclass(frozen=True)
class Measure:
    """What a clause measures.

    Parameters
    ----------
    clause
        The clause.
    ratio
        Its value in its own unit, as a fraction of polynomials over `_Atoms`; None for a yes/no clause.
    flag
        For a yes/no clause: the test in comparable form.
    """

    clause: Clause
    ratio: Ratio | None
    flag: Atom | None


class _Atoms:
    """Numbers for the things a formula looks up, the same for all clauses of one process."""

    def __init__(self) -> None:
        self.numbers: dict[Atom, int] = {}
        self.atoms: list[Atom] = []

    def number(self, atom: Atom) -> int:
        if atom not in self.numbers:
            self.numbers[atom] = len(self.atoms)
            self.atoms.append(atom)
        return self.numbers[atom]


_ATOMS = _Atoms()


def measure(clause: Clause, parameters: Mapping[str, Any]) -> Measure | None:
    """What `clause` measures, or None where it has no formula or one that is too large to compare."""
    return _measure(clause, tuple(sorted(parameters.items())))


@lru_cache(maxsize=4096)
def _measure(clause: Clause, parameters: tuple[tuple[str, Any], ...]) -> Measure | None:
    try:
        value = compile_clause(clause, dict(parameters)).value
        if value is None:
            return None
        node = value.node
        if clause.rounding is not None and isinstance(node, Call) and node.function == "round":
            node = node.args[0]
        if clause.direction == "flag":
            return Measure(clause, None, _key(node, 0))
        return Measure(clause, _ratio(node, 0), None)
    except (EcoparkError, TooBig, RecursionError):
        return None


def measures(pack: Pack) -> dict[str, Measure]:
    """Clause id -> what it measures, for the clauses of a pack that say it."""
    parameters = run_parameters(pack)
    found = {clause.id: measure(clause, parameters) for clause in pack.clauses}
    return {name: m for name, m in found.items() if m is not None}


# -- canonical form ----------------------------------------------------------------------------------------------------


def _ratio(node: Node, back: int) -> Ratio:
    match node:
        case Number(value, _):
            return Ratio.of(value)
        case Named(_, body):
            return _ratio(body, back)
        case Negate(operand):
            return _ratio(operand, back).times(Ratio.of(Fraction(-1)))
        case Binary("+", left, right):
            return _ratio(left, back).plus(_ratio(right, back))
        case Binary("-", left, right):
            return _ratio(left, back).plus(_ratio(right, back), Fraction(-1))
        case Binary("*", left, right):
            return _ratio(left, back).times(_ratio(right, back))
        case Binary("/", left, right):
            below = _ratio(right, back).inverse()
            if below is None:
                raise TooBig
            return _ratio(left, back).times(below)
        case Binary("**", base, Number(power, _)) if power.denominator == 1:
            made = _ratio(base, back).power(int(power))
            if made is None:
                raise TooBig
            return made
        case Leaf("name", (name,), own) if name in indicators():
            indicator = indicators()[name]
            if indicator.unit:
                return _ratio(compiled(indicator.formula, indicator.unit).node, back + own)
    return Ratio.variable(_ATOMS.number(_key(node, back)))


def _key(node: Node, back: int) -> Atom:
    """`node` in a form that is equal for formulas that mean the same."""
    match node:
        case Leaf("name", (name,), own) if name in indicators():
            indicator = indicators()[name]
            return _key(compiled(indicator.formula, indicator.unit or None).node, back + own)
        case Leaf(kind, args, own):
            kind = "name" if kind == "total" else kind
            return ("leaf", kind, tuple(_canonical(a) for a in args), back + own)
        case Number() | Negate() | Binary():
            made = _ratio(node, back)
            return ("ratio", tuple(sorted(made.top.items())), made.bottom)
        case Named(_, body):
            return _key(body, back)
        case Flag(value) | Word(value):
            return (type(node).__name__, value)
        case Undefined():
            return ("undefined",)
    head = getattr(node, "op", None) or getattr(node, "function", "")
    return (type(node).__name__, head, *(_key(child, back) for child in children(node)))


def _canonical(name: str) -> str:
    quantity = catalogue().find(name)
    return quantity.id if quantity else name


def natural_unit(found: Measure) -> tuple[Unit, Fraction] | None:
    """The unit in which the quantities themselves give the value, and the factor from there to the clause's unit.

    None where the formula is more than a product or ratio of plain quantities, or where nothing is converted.
    """
    ratio = found.ratio
    if ratio is None or len(ratio.top) != 1 or any(len(factor) != 1 for factor, _ in ratio.bottom):
        return None
    monomial, constant = next(iter(ratio.top.items()))
    powers = [*monomial, *((i, -n * p) for factor, p in ratio.bottom for i, n in factor[0][0])]
    made = unit("1")
    for index, power in powers:
        atom = _ATOMS.atoms[index]
        quantity = catalogue().find(atom[2][0]) if atom[0] == "leaf" and atom[1] in ("name", "part") else None
        if quantity is None or not quantity.unit or quantity.unit == "by code":
            return None
        made = made * unit(quantity.unit) ** power
    if made.same_as(_unit(found.clause)) and constant == 1:
        return None
    return made, constant


# -- comparison --------------------------------------------------------------------------------------------------------


def relate(first: Measure, second: Measure) -> Relation | None:
    """How the second measure follows from the first, or None where they measure different things."""
    if first.flag is not None or second.flag is not None:
        return Relation(SAME, Fraction(1)) if first.flag == second.flag else None
    assert first.ratio is not None
    assert second.ratio is not None
    if not first.ratio.variables() or not second.ratio.variables():
        return None
    units = _unit(first.clause), _unit(second.clause)
    try:
        factor = _constant(second.ratio, first.ratio)
        if factor is not None:
            a, b = units
            by_units = a.compatible(b) and a.factor_to(b) == factor
            return Relation(SAME if by_units else SCALED, factor)
        inverse = first.ratio.inverse()
        factor = None if inverse is None else _constant(second.ratio, inverse)
        if factor is not None:
            return Relation(INVERSE, factor)
    except TooBig:
        return None
    return _akin(first, second, units)


def _unit(clause: Clause) -> Unit:
    return unit(clause.unit or "1")


def _constant(second: Ratio, first: Ratio) -> Fraction | None:
    """The number k with second = k * first, or None."""
    left = multiply(second.top, first.denominator())
    right = multiply(first.top, second.denominator())
    quotient = divide_exactly(left, right)
    if quotient is None or set(quotient) - {()} or not quotient:
        return None
    return quotient[()]


def _simple(ratio: Ratio) -> tuple[str, str, Fraction] | None:
    """(quantity above, quantity below, constant) of a ratio of two plain quantities of the assessed year."""
    if len(ratio.top) != 1 or len(ratio.bottom) != 1 or ratio.bottom[0][1] != 1:
        return None
    (above, constant), (below, _) = next(iter(ratio.top.items())), ratio.bottom[0][0][0]
    if len(ratio.bottom[0][0]) != 1 or [p for _, p in above] != [1] or [p for _, p in below] != [1]:
        return None
    names = []
    for ((index, _),) in (above, below):
        atom = _ATOMS.atoms[index]
        if atom[0] != "leaf" or atom[1] != "name" or atom[3] or catalogue().find(atom[2][0]) is None:
            return None
        names.append(atom[2][0])
    return names[0], names[1], constant


def _akin(first: Measure, second: Measure, units: tuple[Unit, Unit]) -> Relation | None:
    """The same kind of ratio over quantities that differ in price basis or scope only."""
    assert first.ratio is not None
    assert second.ratio is not None
    a, b = _simple(first.ratio), _simple(second.ratio)
    if a is None or b is None:
        return None
    for inverse in (False, True):
        above, below = (b[1], b[0]) if inverse else (b[0], b[1])
        pairs = ((a[0], above), (a[1], below))
        other = [_scope_differs(x, y) for x, y in pairs]
        if not all(x == y or _same_price(x, y) or differs for (x, y), differs in zip(pairs, other, strict=True)):
            continue
        # What a share is a share of may differ in scope; what it counts may not.
        if all(other) or (units[0].dimensionless and (other[0] or inverse)):
            continue
        differing = tuple((x, y) for x, y in pairs if x != y)
        scales = [unit(catalogue()[x].unit).factor_to(unit(catalogue()[y].unit)) for x, y in pairs]
        if inverse:
            return Relation(AKIN_INVERSE, a[2] * b[2] * scales[1] / scales[0], differing)
        return Relation(AKIN, b[2] / a[2] * scales[0] / scales[1], differing)
    return None


def _same_price(x: str, y: str) -> bool:
    """Whether two quantities differ in the price basis only."""
    a, b = catalogue()[x], catalogue()[y]
    return x.removesuffix("_const") == y.removesuffix("_const") and unit(a.unit).compatible(unit(b.unit))


def _scope_differs(x: str, y: str) -> bool:
    """Whether two quantities are amounts of a thing that its unit names (standard coal, CO2), so that only scope differs."""
    a, b = catalogue()[x], catalogue()[y]
    if x == y or _same_price(x, y) or not a.unit or not b.unit or "by code" in (a.unit, b.unit):
        return False
    dims = unit(a.unit).dims
    return dims == unit(b.unit).dims and len(dims) == 1 and dims[0][0] in _NAMING_DIMS and dims[0][1] == 1
