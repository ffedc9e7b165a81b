"""Which quantities a pack asks for, what they can be computed from, and which clauses a changed figure can reach."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cache

from ecopark.expr.expand import expand
from ecopark.expr.nodes import Leaf, Node, leaves
from ecopark.expr.parse import parse
from ecopark.indicators.catalogue import indicators
from ecopark.observations.quantity import catalogue
from ecopark.packs.model import Clause, Pack
from ecopark.standards.compile import compile_clause, run_parameters

DOMINANT_SECTOR, DOMINANT_SHARE = "dominant_sector_declared", "dominant_sector_share"
DOMINANT = frozenset({DOMINANT_SECTOR, DOMINANT_SHARE})
"""What footnotes on the dominant sector ask."""


def clause_leaves(clause: Clause, pack: Pack) -> Iterator[Leaf]:
    """Every leaf of a clause's value, conditions and limits; indicators replaced by what they are made of."""
    compiled = compile_clause(clause, run_parameters(pack))
    formulas = [compiled.value, *(c.when for c in compiled.cases), *(c.limit for c in compiled.cases)]
    for formula in formulas:
        if formula is not None:
            for leaf in leaves(formula.node):
                yield from _plain(leaf)


def _plain(leaf: Leaf) -> Iterator[Leaf]:
    if leaf.kind == "name" and leaf.name in indicators():
        for inner in leaves(expand(parse(indicators()[leaf.name].formula))):
            for plain in _plain(inner):
                yield Leaf(plain.kind, plain.args, plain.back + leaf.back)
    else:
        yield leaf


def leaf_quantities(leaf: Leaf) -> tuple[str, ...]:
    """Canonical ids of the quantities that a leaf looks up."""
    if leaf.kind == "factor":
        return ()
    names = leaf.args if leaf.kind in ("all_within", "sum_product") else leaf.args[:1]
    return tuple(catalogue()[n].id for n in names if n in catalogue())


def inputs_of(quantity_id: str) -> tuple[str, ...]:
    """The quantities that the formula of a quantity names, down to those that have none."""
    found: dict[str, None] = {}

    def visit(name: str, depth: int) -> None:
        quantity = catalogue()[name]
        if not quantity.formula or depth > 10:
            return
        for leaf in leaves(expand(parse(quantity.formula))):
            for inner in leaf_quantities(leaf):
                found[inner] = None
                visit(inner, depth + 1)

    visit(quantity_id, 0)
    return tuple(found)


def needed_quantities(pack: Pack) -> tuple[str, ...]:
    """Ids of the quantities of a pack, each once, in the order of its clauses; with what derived ones are made of."""
    found: dict[str, None] = {}
    for clause in pack.clauses:
        for leaf in clause_leaves(clause, pack):
            for name in leaf_quantities(leaf):
                found[name] = None
                for inner in inputs_of(name):
                    found[inner] = None
    return tuple(found)


FACTORS = ("factor.", "emission_factor")
"""Beginnings of what a park measures of its own factors: any formula may rest on them."""


def reach(clause: Clause, pack: Pack) -> frozenset[str]:
    """Ids under which a figure can bear on a clause: its result, its bounds, what would meet it.

    Quantities its formulas name and what these are made of, indicators (a rate may be reported in their place), the clause
    itself, what footnotes ask, and the wholes and parts that narrow bounds. Factors measured by the user bear on every clause
    (`FACTORS`) and are not listed.
    """
    compiled = compile_clause(clause, run_parameters(pack))
    formulas = [compiled.value, *(c.when for c in compiled.cases), *(c.limit for c in compiled.cases)]
    found: set[str] = {clause.id, *([clause.indicator] if clause.indicator else ())}
    for formula in formulas:
        if formula is not None:
            found |= _named(formula.node)
    if clause.footnotes:
        found |= DOMINANT
    for part, whole in catalogue().wholes:
        if part in found or whole in found:
            found |= {part, whole}
    return frozenset(found)


def reached(changed: Collection[str], ids: Collection[str]) -> bool:
    """Whether a change of these quantities bears on something with these ids."""
    return any(name in ids or name.startswith(FACTORS) for name in changed)


@cache
def made_of(name: str) -> frozenset[str]:
    """A quantity or indicator and everything its formula names, at any depth."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        one = waiting.pop()
        if one in found:
            continue
        found.add(one)
        text = indicators()[one].formula if one in indicators() else ""
        quantity = catalogue().find(one)
        if not text and quantity is not None:
            found.add(quantity.id)
            text = quantity.formula or ""
        if text:
            waiting += (n for leaf in leaves(expand(parse(text))) for n in _names(leaf))
    return frozenset(found)


def _named(node: Node) -> set[str]:
    return {inner for leaf in leaves(node) for name in _names(leaf) for inner in made_of(name)}


def _names(leaf: Leaf) -> tuple[str, ...]:
    """Ids of the quantities or the indicator that a leaf looks up."""
    if leaf.kind == "name" and leaf.name in indicators():
        return (leaf.name,)
    return leaf_quantities(leaf)
