"""Numbers, units and formulas as people read them in a report."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ecopark.core.text import Text
from ecopark.core.trace import Trace
from ecopark.core.words import cell_width, cut, number, reference_words, requirement, shown, unit_words, with_unit
from ecopark.standards.wording import formula_words

_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def labels_of(traces: Iterable[Trace]) -> dict[str, Text]:
    """The labels that occur in traces, by id."""
    found: dict[str, Text] = {}
    for trace in traces:
        for step in trace.walk():
            if step.label and step.what:
                found.setdefault(step.what.split("[")[0].split("@")[0], step.label)
    return found


def joined(items: Iterable[str], lang: str) -> str:
    """A list in running text: 、 in Chinese, a comma in English."""
    return ("、" if lang == "zh" else ", ").join(items)


def printable(text: str) -> str:
    """`text` without the control characters that no document can hold."""
    return _UNPRINTABLE.sub("", text)


__all__ = [
    "cell_width",
    "cut",
    "formula_words",
    "joined",
    "labels_of",
    "number",
    "printable",
    "reference_words",
    "requirement",
    "shown",
    "unit_words",
    "with_unit",
]
