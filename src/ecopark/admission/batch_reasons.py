"""Reasons and limits of findings for all projects of a rule, every project's own numbers and names put in.

This is work of columns, done beside the rules: a second thread writes what one rule said while the next one is held.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ecopark.admission.batch_rules import Answer, Held

Ints = NDArray[np.int64]
TEXTS = (("reason_zh", "zh"), ("reason_en", "en"), ("limit", "limit"))
_NO_TEXTS = pl.DataFrame(schema={name: pl.String for name, _ in TEXTS})


def write(held: Held) -> pl.DataFrame:
    """The texts of every project that got an answer with its group; null for others.

    Projects for which float64 cannot write a number are marked to be held by themselves.
    """
    for number, slot in enumerate(held.slots):
        if slot.values is not None:
            held.values[number] = slot.values
        using = [i for i, a in enumerate(held.answers) if number in {*a.zh[1::2], *a.en[1::2], *a.limit[1::2]}]
        if using:
            held.words[number] = words = slot.write()
            held.alone |= words.unsure & np.isin(held.group, using)
    return _texts(held)


def _texts(held: Held) -> pl.DataFrame:
    """Answers are taken together whose texts have the same slots at the same places."""
    patterns: dict[Any, list[int]] = {}
    for i, answer in enumerate(held.answers):
        patterns.setdefault((answer.zh[1::2], answer.en[1::2], answer.limit[1::2]), []).append(i)
    number = np.full(
        len(held.answers) + 1, len(patterns), dtype=np.uint16
    )  # short numbers are sorted several times faster
    place = np.zeros(len(number), dtype=np.int64)
    for at, members in enumerate(patterns.values()):
        number[members], place[members] = at, np.arange(len(members))
    own = number[held.group]  # of those without an answer (-1): the last one
    order = np.argsort(own, kind="stable")
    ends = np.cumsum([0, *np.bincount(own, minlength=len(patterns) + 1)])
    parts = []
    for at, (pattern, members) in enumerate(patterns.items()):
        mine = order[ends[at] : ends[at + 1]]
        parts.append(_filled(held, pattern, [held.answers[i] for i in members], place[held.group[mine]], mine))
    if ends[-1] > ends[-2]:
        parts.append(_NO_TEXTS.clear(int(ends[-1] - ends[-2])))
    if len(parts) == 1:
        return parts[0]  # one pattern for all: they are in order
    back = np.empty(len(own), dtype=np.uint32)
    back[order] = np.arange(len(own), dtype=np.uint32)
    return (
        pl.concat(parts, rechunk=True)[back] if parts else _NO_TEXTS
    )  # of many chunks it is picked thirty times slower


def _filled(held: Held, patterns: Any, answers: Sequence[Answer], which: Ints, rows: Ints) -> pl.DataFrame:
    """Texts of one pattern: text, slot, text, slot, ..., text."""
    fixed, own, made = {}, {}, []
    for (name, lang), slots in zip(TEXTS, patterns, strict=True):
        columns = []
        for at in range(len(slots) + 1):
            pieces = [getattr(a, lang)[2 * at] for a in answers]
            if len(set(pieces)) == 1:
                columns.append(pl.lit(pieces[0]))
            else:
                fixed[f"{lang}{at}"] = pl.Series(pieces, dtype=pl.String)
                columns.append(pl.col(f"{lang}{at}"))
            if at < len(slots):
                own[f"{lang}-{slots[at]}"] = getattr(held.words[slots[at]], lang)
                columns.append(pl.col(f"{lang}-{slots[at]}"))
        made.append((columns[0] if len(columns) == 1 else pl.concat_str(columns)).alias(name))
    taken = [pl.DataFrame(fixed)[which]] if fixed else []
    taken += [pl.DataFrame(own)[rows]] if own else []
    if not taken:
        taken = [pl.DataFrame({"": np.zeros(len(rows), dtype=np.int8)})]
    return pl.concat(taken, how="horizontal").with_columns(made).select(name for name, _ in TEXTS)


def together(held: Sequence[Held], kept: Ints) -> pl.DataFrame:
    """The texts of the projects that were decided: project by project, rule by rule."""
    if not held:
        return _NO_TEXTS
    size = len(held[0].group)
    index = np.arange(len(held), dtype=np.int64) * size + kept[:, None]
    return pl.concat([_with_alone(one) for one in held], rechunk=True)[index.reshape(-1)]


def _with_alone(one: Held) -> pl.DataFrame:
    """The texts of a rule, those of projects held by themselves put in."""
    assert one.texts is not None
    rows = np.flatnonzero(one.alone)
    if not len(rows):
        return one.texts
    answers = [one.answers[i] for i in one.group[rows].tolist()]
    return one.texts.with_columns(
        one.texts[name].scatter(rows, pl.Series(["".join(getattr(a, lang)) for a in answers], dtype=pl.String))
        for name, lang in TEXTS
    )


__all__ = ["together", "write"]
