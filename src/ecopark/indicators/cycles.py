"""Formulas that refer to themselves, directly or by way of others.

A quantity may be computed from quantities, an indicator from quantities and indicators. A chain that comes back to where it
started can never be computed, also where it goes back a year at each turn: there is always a year before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ecopark.errors import EcoparkError, Place, Problem
from ecopark.expr.expand import expand
from ecopark.expr.nodes import leaves
from ecopark.expr.parse import parse
from ecopark.indicators.catalogue import indicators
from ecopark.observations.quantity import catalogue

LOOKUPS = ("name", "part", "total", "sum_firms", "all_within", "sum_product")
"""Kinds of leaves of which every argument, or the first, names a quantity."""


def find_cycles(refers: Mapping[str, Iterable[str]]) -> list[tuple[str, ...]]:
    """Every set of names that refer to one another in a circle, as one path that ends where it starts.

    Parameters
    ----------
    refers
        Name -> the names it refers to; names without an entry refer to nothing.

    Returns
    -------
    cycles
        One path for each circle found, each starting at its first name in alphabetical order.

    Examples
    --------
    >>> find_cycles({"a": ["b"], "b": ["c"], "c": ["a", "d"], "d": []})
    [('a', 'b', 'c', 'a')]
    >>> find_cycles({"a": ["b", "c"], "b": ["c"], "c": []})
    []
    """
    found: dict[tuple[str, ...], None] = {}
    done: set[str] = set()
    for start in sorted(refers):
        path: list[str] = []
        stack = [(start, iter(sorted(refers.get(start, ()))))] if start not in done else []
        if stack:
            path.append(start)
        while stack:
            name, rest = stack[-1]
            following = next(rest, None)
            if following is None:
                stack.pop()
                path.pop()
                done.add(name)
            elif following in path:
                found[_from_first(path[path.index(following) :])] = None
            elif following not in done:
                path.append(following)
                stack.append((following, iter(sorted(refers.get(following, ())))))
    return list(found)


def _from_first(ring: list[str]) -> tuple[str, ...]:
    start = ring.index(min(ring))
    turned = ring[start:] + ring[:start]
    return (*turned, turned[0])


def names_in(formula: str) -> set[str]:
    """Ids of the quantities and indicators a formula looks up, in any year.

    Raises
    ------
    FormulaError
        The formula cannot be read.
    """
    found: set[str] = set()
    for leaf in leaves(expand(parse(formula))):
        if leaf.kind in LOOKUPS:
            found.update(leaf.args if leaf.kind in ("all_within", "sum_product") else leaf.args[:1])
        elif leaf.kind == "sum_with_factor":
            found.add(leaf.name)
    known = catalogue()
    return {quantity.id if (quantity := known.find(name)) else name for name in found}


def references(formulas: Mapping[str, str] | None = None) -> dict[str, set[str]]:
    """Name -> names its formula looks up, for every quantity and indicator that has a formula.

    Parameters
    ----------
    formulas
        Formulas to put over those that ship, by id.
    """
    all_formulas = {q.id: q.formula for q in catalogue().quantities.values() if q.formula}
    all_formulas |= {i.id: i.formula for i in indicators().values()}
    all_formulas |= formulas or {}
    return {name: names_in(text) for name, text in all_formulas.items()}


def cycles(formulas: Mapping[str, str] | None = None) -> list[Problem]:
    """The circles among the formulas of quantities and indicators, one problem each.

    Parameters
    ----------
    formulas
        Formulas to put over those that ship, by id.

    Examples
    --------
    >>> cycles()
    []
    >>> cycles({"park_gdp": "park_gdp * 2"})[0].en
    'the formula of park_gdp refers to itself: park_gdp -> park_gdp'
    """
    place = Place("catalogue")
    try:
        found = find_cycles(references(formulas))
    except EcoparkError as error:
        return [Problem("formula", place, str(error), str(error))]
    return [
        Problem(
            "cycle",
            place,
            f"{path[0]} 的公式循环引用：{' -> '.join(path)}",
            f"the formula of {path[0]} refers to itself: {' -> '.join(path)}",
            "请去掉其中一处引用。",
            "Take one of these references out.",
        )
        for path in found
    ]
