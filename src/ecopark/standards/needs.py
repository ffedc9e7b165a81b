"""Which quantities a pack asks for, and what they can be computed from."""

from __future__ import annotations

from collections.abc import Iterator

from ecopark.expr.expand import expand
from ecopark.expr.nodes import Leaf, leaves
from ecopark.expr.parse import parse
from ecopark.indicators.catalogue import indicators
from ecopark.observations.quantity import catalogue
from ecopark.packs.model import Clause, Pack
from ecopark.standards.compile import compile_clause, run_parameters


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
