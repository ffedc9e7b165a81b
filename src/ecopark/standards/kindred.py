"""Clauses that ask after one subject without measuring the same thing: what no formula can find.

`standards.measure` finds the clauses whose formulas agree. Land productivity over industrial land and over the land of firms
do not: only a person can say that they belong together, and in what they differ. That is data (`standards/data/kindred.yaml`).
Their units are converted here; their figures never are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib.resources import files
from itertools import combinations
from typing import Any

import yaml

from ecopark.core.text import Text
from ecopark.core.unit import unit
from ecopark.packs.model import Clause, Pack


@dataclass(frozen=True)
class Subject:
    """Something that several standards ask after: clause id -> what that clause counts."""

    label: Text
    clauses: Mapping[str, Text]


@dataclass(frozen=True)
class Kindred:
    """Two clauses of different packs that ask after one subject.

    Parameters
    ----------
    factor
        One unit of the first in units of the second, exact; None where the units do not convert.
    counts
        What either of them counts.
    """

    first: Clause
    second: Clause
    label: Text
    factor: Fraction | None
    counts: tuple[Text, Text]


@cache
def load_subjects() -> tuple[Subject, ...]:
    """The subjects of `kindred.yaml`, in its order."""
    path = files("ecopark.standards") / "data" / "kindred.yaml"
    data = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return tuple(
        Subject(_text(entry), {name: _text(node) for name, node in entry["clauses"].items()})
        for entry in data["subjects"]
    )


def _text(node: Mapping[str, Any]) -> Text:
    return Text(str(node["zh"]), str(node["en"]))


def kindred(packs: Sequence[Pack]) -> list[Kindred]:
    """Pairs of clauses of different packs that ask after one subject, subject by subject."""
    known = {clause.id: (place, clause) for place, pack in enumerate(packs) for clause in pack.clauses}
    found = []
    for subject in load_subjects():
        here = sorted((c for c in subject.clauses if c in known), key=lambda c: known[c][0])
        for a, b in combinations(here, 2):
            (one, first), (other, second) = known[a], known[b]
            if one != other:
                counts = subject.clauses[a], subject.clauses[b]
                found.append(Kindred(first, second, subject.label, _factor(first, second), counts))
    return found


def _factor(first: Clause, second: Clause) -> Fraction | None:
    """How many units of the second one unit of the first is; None for yes/no clauses and units of different things."""
    if "flag" in (first.direction, second.direction):
        return None
    own, other = unit(first.unit or "1"), unit(second.unit or "1")
    return own.factor_to(other) if own.compatible(other) else None
