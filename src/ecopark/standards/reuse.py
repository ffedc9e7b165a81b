"""Typed once, reported everywhere: what a set of packs needs, who uses it, and how one clause's figure becomes another's.

`needs` walks the formulas of values, limits and conditions; `conversions` compares what clauses measure (`standards.measure`),
`likenesses` adds the clauses that only a person can pair (`standards.kindred`).
Whether a park has a figure is looked up in the workflow `reuse_facts`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from itertools import combinations
from typing import Any

from ecopark.core.rounding import decimal_text
from ecopark.core.text import Text
from ecopark.core.unit import unit
from ecopark.expr.nodes import Leaf, Node, leaves
from ecopark.indicators.catalogue import indicators
from ecopark.indicators.resolve import canonical_by, compiled
from ecopark.observations.quantity import Quantity, catalogue
from ecopark.packs.model import Clause, Pack
from ecopark.standards.compile import CompiledClause, compile_clause, run_parameters
from ecopark.standards.kindred import Kindred, kindred
from ecopark.standards.measure import AKIN, AKIN_INVERSE, INVERSE, SAME, SCALED, Measure, measures, natural_unit, relate

FLIPPED = {">=": "<=", "<=": ">=", ">": "<", "<": ">"}

RELATION_TEXT = {
    SAME: Text("同一指标，单位换算", "the same, converted by the units"),
    INVERSE: Text("互为倒数", "one is the inverse of the other"),
    SCALED: Text("同一指标，另乘常数", "the same but for a constant"),
    AKIN: Text("同类指标，口径或价格基准不同", "alike, but scope or price basis differs"),
    AKIN_INVERSE: Text("同类指标的倒数，口径或价格基准不同", "inverse of its like; scope or price basis differs"),
}
ONE_SUBJECT = Text(
    "同一主题，所计不同，数值不可代用", "one subject counted differently, no figure stands for the other"
)


# -- what is needed ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Use:
    """One lookup of a quantity by one clause: which breakdown of it (empty: the quantity itself) and how many years back."""

    quantity: str
    clause: str
    by: str = ""
    back: int = 0
    whole: bool = False
    """Every code of the breakdown is needed."""


@dataclass(frozen=True)
class Need:
    """A quantity that a set of packs needs.

    Parameters
    ----------
    codes
        Breakdown values that are needed (``kind=direct_nonfossil``); every code of a list where the whole list is.
    back
        Years before the assessed one in which it is needed; 0 is the year itself.
    packs, clauses
        Ids of those that use it.
    inputs
        Quantities from which it can be computed where nobody has reported it.
    """

    quantity: Quantity
    codes: tuple[str, ...]
    back: tuple[int, ...]
    packs: tuple[str, ...]
    clauses: tuple[str, ...]
    inputs: tuple[str, ...] = ()
    uses: tuple[Use, ...] = field(default=(), repr=False)


def needs(packs: Iterable[Pack], year: int | None = None, parameters: Mapping[str, Any] | None = None) -> list[Need]:
    """The quantities that a set of packs needs, those that most packs use first.

    Parameters
    ----------
    packs
        Loaded packs.
    year
        Limits that do not hold in this year are left out; None takes all.
    parameters
        Per pack id, values of its parameters; default: the pack's own.
    """
    found: dict[str, list[Use]] = {}
    for pack in packs:
        known = (parameters or {}).get(pack.id) or run_parameters(pack)
        for clause in pack.clauses:
            for use in clause_uses(clause, known, year):
                found.setdefault(use.quantity, []).append(use)
    made = []
    for name, uses in found.items():
        quantity = catalogue()[name]
        clauses = tuple(dict.fromkeys(u.clause for u in uses))
        codes = dict.fromkeys(u.by for u in uses if u.by)
        if any(u.whole for u in uses):
            codes |= dict.fromkeys(code for code in every_code(quantity))
        made.append(
            Need(
                quantity,
                tuple(codes),
                tuple(sorted({u.back for u in uses})),
                tuple(dict.fromkeys(c.split("/", 1)[0] for c in clauses)),
                clauses,
                inputs_of(quantity),
                tuple(dict.fromkeys(uses)),
            )
        )
    return sorted(made, key=lambda n: (-len(n.packs), -len(n.clauses), n.quantity.id))


def clause_uses(clause: Clause, parameters: Mapping[str, Any], year: int | None = None) -> tuple[Use, ...]:
    """What the value, the conditions and the limits of one clause look up."""
    found = compile_clause(clause, parameters)
    uses: dict[Use, None] = {}
    for node in _formulas(found, year):
        for leaf in leaves(node):
            uses |= dict.fromkeys(_uses(leaf, clause.id, 0))
    return tuple(uses)


def _formulas(found: CompiledClause, year: int | None) -> list[Node]:
    nodes = [] if found.value is None else [found.value.node]
    for case in found.cases if year is None else found.active(year):
        nodes += [part.node for part in (case.when, case.limit) if part is not None]
    return nodes


def _uses(leaf: Leaf, clause: str, back: int) -> list[Use]:
    back += leaf.back
    match leaf.kind:
        case "name" if leaf.name in indicators():
            indicator = indicators()[leaf.name]
            inner = compiled(indicator.formula, indicator.unit or None).node
            return [use for below in leaves(inner) for use in _uses(below, clause, back)]
        case "name" | "sum_firms":
            return [Use(catalogue()[leaf.name].id, clause, "", back)]
        case "part":
            quantity = catalogue()[leaf.name]
            return [Use(quantity.id, clause, canonical_by(quantity, leaf.args[1]), back)]
        case "total" | "sum_with_factor":
            return [Use(catalogue()[leaf.name].id, clause, "", back, True)]
        case "all_within" | "sum_product":
            return [Use(catalogue()[name].id, clause, "", back, True) for name in leaf.args]
    return []


def every_code(quantity: Quantity) -> list[str]:
    """All breakdown texts of the closed lists of a quantity; ``fuel=*`` for an open list."""
    found = []
    for name in quantity.breakdowns:
        breakdown = catalogue().breakdowns[name]
        codes = [c.id for c in breakdown.codes] if breakdown.closed else ["*"]
        found += [f"{breakdown.dimension}={code}" for code in codes]
    return found


@lru_cache(maxsize=2048)
def _inputs(formula: str) -> tuple[str, ...]:
    uses = [use for leaf in leaves(compiled(formula, None).node) for use in _uses(leaf, "", 0)]
    return tuple(dict.fromkeys(use.quantity for use in uses))


def inputs_of(quantity: Quantity) -> tuple[str, ...]:
    """The quantities from which a derived one is computed; empty if it cannot be."""
    return _inputs(quantity.formula) if quantity.formula else ()


# -- how clauses hang together -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Conversion:
    """Two clauses that measure the same thing, and the number that carries one figure over to the other.

    Parameters
    ----------
    relation
        ``same``, ``inverse``, ``scaled``, ``akin`` or ``akin_inverse`` (see `standards.measure`).
    factor
        second = factor * first, or factor / first for the inverse ones; each in its clause's unit. Exact.
    note
        What must be watched: quantities that are not the same figure.
    limits
        Limits of the first restated in the unit of the second, and the other way round.
    """

    first: Clause
    second: Clause
    relation: str
    factor: Fraction
    note: Text
    limits: tuple[str, ...] = ()

    def sentence(self, lang: str) -> str:
        """The conversion in one line."""
        a, b = self.first, self.second
        if a.direction == "flag":
            how = "是否项相同" if lang == "zh" else "the same yes/no question"
            return f"{b.id} = {a.id}: {how}"
        inverse = self.relation in (INVERSE, AKIN_INVERSE)
        own, factor = f"{a.id} [{a.unit or '1'}]", number(self.factor)
        right = f"{factor} / {own}" if inverse else own if self.factor == 1 else f"{factor} × {own}"
        text = f"{b.id} [{b.unit or '1'}] = {right}{_COLON[lang]}{RELATION_TEXT[self.relation][lang]}"
        text += _told(self.limits, lang)
        return text + (f" ({self.note[lang]})" if self.note else "")

    def to_dict(self) -> dict[str, Any]:
        return {
            "first": self.first.id,
            "second": self.second.id,
            "relation": self.relation,
            "factor": str(self.factor),
            "units": [self.first.unit or "1", self.second.unit or "1"],
            "limits": list(self.limits),
            "note": {"zh": self.note.zh, "en": self.note.en},
        }


@dataclass(frozen=True)
class Restated:
    """A clause whose unit is not that of the quantities as they are typed (km2 and mu, tC and tCO2)."""

    clause: Clause
    typed_unit: str
    factor: Fraction
    by_units: bool
    limit: str = ""

    def sentence(self, lang: str) -> str:
        """The conversion in one line."""
        c = self.clause
        how = f"{c.id}: 1 {self.typed_unit} = {number(self.factor)} {c.unit or '1'}"
        if not self.by_units:
            how += "（公式中的常数）" if lang == "zh" else " (a constant of the formula)"
        return how + _told((self.limit,) if self.limit else (), lang)

    def to_dict(self) -> dict[str, Any]:
        return {
            "clause": self.clause.id,
            "typed_unit": self.typed_unit,
            "unit": self.clause.unit or "1",
            "factor": str(self.factor),
            "by_units": self.by_units,
            "limit": self.limit,
        }


_COLON, _SEMICOLON = {"zh": "：", "en": ": "}, {"zh": "；", "en": "; "}


def _told(limits: Sequence[str], lang: str) -> str:
    """Restated limits at the end of a sentence, in its language."""
    text = "".join(_SEMICOLON[lang] + limit for limit in limits)
    return text.replace("benchmark", "引领值") if lang == "zh" else text


def number(value: Fraction) -> str:
    """A factor as people read it: a decimal where it ends, else a fraction.

    Examples
    --------
    >>> number(Fraction(3, 20)), number(Fraction(12, 44))
    ('0.15', '3/11')
    """
    text = decimal_text(value)
    return text if Fraction(text) == value else f"{value.numerator}/{value.denominator}"


def conversions(packs: Sequence[Pack]) -> list[Conversion]:
    """Clauses of different packs that measure the same thing, with the factor between them."""
    found = []
    for one, other in combinations([measures(pack) for pack in packs], 2):
        for first in one.values():
            for second in other.values():
                made = convert(first, second)
                if made is not None:
                    found.append(made)
    order = (SAME, INVERSE, SCALED, AKIN, AKIN_INVERSE)
    return sorted(found, key=lambda c: order.index(c.relation))


def convert(first: Measure, second: Measure) -> Conversion | None:
    """The conversion between two clauses, or None where they measure different things."""
    relation = relate(first, second)
    if relation is None:
        return None
    zh, en = [], []
    for x, y in relation.differing:
        a, b = catalogue()[x].label, catalogue()[y].label
        zh.append(f"前者用{a.zh}，后者用{b.zh}")
        en.append(f"{a.en} in the one, {b.en} in the other")
    note = Text("；".join(zh), "; ".join(en))
    limits: tuple[str, ...] = ()
    if first.clause.direction != "flag":
        back = 1 / relation.factor if relation.factor and not relation.is_inverse else relation.factor
        limits = (
            *_restated(first.clause, second.clause, relation.factor, relation.is_inverse),
            *_restated(second.clause, first.clause, back, relation.is_inverse),
        )
    return Conversion(first.clause, second.clause, relation.kind, relation.factor, note, limits)


@dataclass(frozen=True)
class Likeness:
    """Two clauses on one subject whose figures differ in kind: the units converted, the difference in words.

    Parameters
    ----------
    pair
        The clauses, what each counts, and the factor between their units.
    limits
        Limits of either in the unit of the other, where the units convert and differ.
    """

    pair: Kindred
    limits: tuple[str, ...] = ()

    def sentence(self, lang: str) -> str:
        """The pair in one line."""
        a, b, factor = self.pair.first, self.pair.second, self.pair.factor
        zh = lang == "zh"
        units = a.unit or "1", b.unit or "1"
        what = f"{self.pair.label[lang]}{'，' if zh else ', '}{ONE_SUBJECT[lang]}"
        text = f"{a.id} [{units[0]}] ~ {b.id} [{units[1]}]{_COLON[lang]}{what}"
        if factor is not None and units[0] != units[1]:
            # Of the two directions the one whose factor ends is shown.
            inverse = "/" in number(factor)
            left, right = units[::-1] if inverse else units
            text += f"{_SEMICOLON[lang]}1 {left} = {number(1 / factor if inverse else factor)} {right}"
        elif factor is None and "flag" not in (a.direction, b.direction):
            text += "；单位不可换算" if zh else "; the units do not convert"
        text += _told(self.limits, lang)
        counted = [f"{c.id}{_COLON[lang]}{what[lang]}" for c, what in zip((a, b), self.pair.counts, strict=True)]
        return text + (f"（{'；'.join(counted)}）" if zh else f" ({'; '.join(counted)})")

    def to_dict(self) -> dict[str, Any]:
        pair = self.pair
        return {
            "first": pair.first.id,
            "second": pair.second.id,
            "subject": {"zh": pair.label.zh, "en": pair.label.en},
            "unit_factor": None if pair.factor is None else str(pair.factor),
            "units": [pair.first.unit or "1", pair.second.unit or "1"],
            "limits": list(self.limits),
            "counts": [{"zh": what.zh, "en": what.en} for what in pair.counts],
        }


def likenesses(packs: Sequence[Pack], found: Sequence[Conversion] | None = None) -> list[Likeness]:
    """Clauses of different packs on one subject that no conversion connects.

    Parameters
    ----------
    found
        The conversions of `packs`, where they are known already.
    """
    connected = {frozenset((c.first.id, c.second.id)) for c in (conversions(packs) if found is None else found)}
    made = []
    for pair in kindred(packs):
        if frozenset((pair.first.id, pair.second.id)) in connected:
            continue
        limits: tuple[str, ...] = ()
        if pair.factor is not None:
            limits = (
                *_restated(pair.first, pair.second, pair.factor, False),
                *_restated(pair.second, pair.first, 1 / pair.factor, False),
            )
        made.append(Likeness(pair, limits))
    return made


def _restated(clause: Clause, other: Clause, factor: Fraction, inverse: bool) -> tuple[str, ...]:
    """The limits of a clause in the unit of another, where that changes the number."""
    if not inverse and factor == 1 and (clause.unit or "1") == (other.unit or "1"):
        return ()
    made = []
    for op, value in limit_numbers(clause):
        carried = carry(op, value, factor, inverse)
        if carried is not None:
            made.append(f"{clause.id} {_equal((op, value, clause.unit), (*carried, other.unit))}")
    return tuple(made)


def _equal(left: tuple[str, Fraction, str], right: tuple[str, Fraction, str]) -> str:
    """``>= 3 10k CNY/tce ≈ <= 0.3333 tce/10k CNY``."""
    shown = decimal_text(right[1], 4)
    sign = "=" if Fraction(shown) == right[1] else "≈"
    return f"{left[0]} {decimal_text(left[1])} {left[2] or '1'} {sign} {right[0]} {shown} {right[2] or '1'}"


def limit_numbers(clause: Clause) -> list[tuple[str, Fraction]]:
    """(operator, number) of every numeric limit; ``reference`` stands for the operator of a benchmark."""
    found = [
        (case.require.op, case.require.value)
        for case in clause.limits
        if case.require is not None and isinstance(case.require.value, Fraction)
    ]
    if clause.benchmark is not None:
        found.append(("benchmark", clause.benchmark))
    return list(dict.fromkeys(found))


def carry(op: str, value: Fraction, factor: Fraction, inverse: bool) -> tuple[str, Fraction] | None:
    """A limit restated through a conversion; the comparison turns round under an inverse or a negative factor.

    Examples
    --------
    >>> carry(">=", Fraction(3), Fraction(1), True)
    ('<=', Fraction(1, 3))
    """
    if inverse and not value:
        return None
    turned = inverse != (factor < 0)
    return (FLIPPED.get(op, op) if turned else op), (factor / value if inverse else factor * value)


def restated(packs: Iterable[Pack]) -> list[Restated]:
    """Clauses whose figure is typed in one unit and asked for in another."""
    found = []
    for pack in packs:
        for m in measures(pack).values():
            natural = natural_unit(m)
            if natural is None or natural[0].dimensionless:
                continue
            typed, factor = natural
            own = unit(m.clause.unit or "1")
            by_units = typed.compatible(own) and typed.factor_to(own) == factor
            limits = [
                _equal((op, v, m.clause.unit), (op, v / factor, typed.symbol)) for op, v in limit_numbers(m.clause)
            ]
            found.append(Restated(m.clause, typed.symbol, factor, by_units, "; ".join(limits)))
    return found
