"""What a figure is broken down by, in words: 原煤 for ``fuel=raw_coal``."""

from __future__ import annotations

from ecopark.core.text import Text
from ecopark.observations.quantity import catalogue


def by_words(quantity: str, by: str) -> Text:
    """The labels of the codes of a breakdown; a code that no list of the quantity has stands as it is.

    Examples
    --------
    >>> by_words("fuel_consumption", "fuel=raw_coal;use=combustion").en
    'raw coal, combustion by final users'
    >>> by_words("fuel_consumption", "fuel=peat_briquettes").zh
    'peat_briquettes'
    """
    known = catalogue().find(quantity)
    lists = {b.dimension: b for b in (catalogue().breakdowns[name] for name in (known.breakdowns if known else ()))}
    said = []
    for part in by.split(";"):
        dimension, _, code = part.partition("=")
        found = lists[dimension].find(code) if dimension in lists else None
        said.append(found.label if found else Text(code or part, code or part))
    return Text("、".join(t.zh for t in said), ", ".join(t.en for t in said))
