"""Reasons and limits of findings for all projects of a rule, every project's own numbers and names put in.

This is work of columns, done beside the rules: a second thread writes what one rule said while the next one is held.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ecopark.admission.batch_rules import Answer, Held, Written

Ints = NDArray[np.int64]
TEXTS = (("reason_zh", "zh"), ("reason_en", "en"), ("limit", "limit"))
_NO_TEXTS = pl.DataFrame(schema={name: pl.String for name, _ in TEXTS})


def write(held: Held) -> Written:
    """The texts of every project that got an answer with its group.

    Projects for which float64 cannot write a number are marked to be held by themselves.
    """
    for number, slot in enumerate(held.slots):
        if slot.values is not None:
            held.values[number] = slot.values
        using = [i for i, a in enumerate(held.answers) if number in {*a.zh[1::2], *a.en[1::2], *a.limit[1::2]}]
        if using:
            held.words[number] = words = slot.write()
            if words.unsure.any():
                held.alone |= words.unsure & np.isin(held.group, using)
    return _texts(held)


def _texts(held: Held) -> Written:
    """Answers are taken together whose texts have the same slots at the same places; those without slots need no copy."""
    patterns: dict[Any, list[int]] = {}
    for i, answer in enumerate(held.answers):
        patterns.setdefault((answer.zh[1::2], answer.en[1::2], answer.limit[1::2]), []).append(i)
    number = np.full(len(held.answers) + 1, len(patterns), dtype=np.uint16)  # short numbers are sorted much faster
    place = np.zeros(len(number), dtype=np.int64)
    for at, members in enumerate(patterns.values()):
        number[members], place[members] = at, np.arange(len(members))
    own = number[held.group]  # of those without an answer (-1): the last one
    order = np.argsort(own, kind="stable")
    ends = np.cumsum([0, *np.bincount(own, minlength=len(patterns) + 1)])
    parts, where, size = [], np.zeros(len(own), dtype=np.int64), 0
    for at, (pattern, members) in enumerate(patterns.items()):
        mine = order[ends[at] : ends[at + 1]]
        answers, which = [held.answers[i] for i in members], place[held.group[mine]]
        if any(pattern):
            parts.append(_filled(held, pattern, answers, which, mine))
            where[mine] = np.arange(size, size + len(mine))
        else:
            parts.append(_constants(answers))
            where[mine] = size + which
        size += parts[-1].height
    return Written(parts, where)


def _constants(answers: Sequence[Answer]) -> pl.DataFrame:
    """Texts of answers that have no slots: one row an answer."""
    return pl.DataFrame(
        {name: pl.Series(["".join(getattr(a, lang)) for a in answers], dtype=pl.String) for name, lang in TEXTS}
    )


def _filled(held: Held, patterns: Any, answers: Sequence[Answer], which: Ints, rows: Ints) -> pl.DataFrame:
    """Texts of one pattern, one row a project: text, slot, text, slot, ..., text."""
    whole = len(rows) == len(held.group)  # then they are in order
    at_answer, at_row = (pl.lit(pl.Series(i.astype(np.uint32))) for i in (which, rows))
    made = []
    for (name, lang), slots in zip(TEXTS, patterns, strict=True):
        columns = []
        for at in range(len(slots) + 1):
            pieces = [getattr(a, lang)[2 * at] for a in answers]
            if len(set(pieces)) > 1:
                columns.append(pl.lit(pl.Series(pieces, dtype=pl.String)).gather(at_answer))
            elif pieces[0] or not slots:
                columns.append(pl.lit(pieces[0]))
            if at < len(slots):
                words = held.words[slots[at]]
                own = pl.lit(getattr(words, lang))
                columns.append(own if whole else own.gather(at_row))
                if ending := getattr(words.unit, lang, ""):  # none in a limit
                    columns.append(pl.lit(ending))
        made.append((columns[0] if len(columns) == 1 else pl.concat_str(columns)).alias(name))
    return pl.select(made)


def together(held: Sequence[Held], kept: Ints) -> pl.DataFrame:
    """The texts of the projects that were decided: project by project, rule by rule."""
    if not held:
        return _NO_TEXTS
    parts: list[pl.DataFrame] = []
    index = np.empty((len(kept), len(held)), dtype=np.int64)
    size = 0
    for number, one in enumerate(held):
        assert one.written is not None
        where = one.written.where + size
        parts += one.written.parts
        size += sum(part.height for part in one.written.parts)
        alone = np.flatnonzero(one.alone)
        if len(alone):
            parts.append(_constants([one.answers[i] for i in one.group[alone].tolist()]))
            where[alone] = np.arange(size, size + len(alone))
            size += len(alone)
        index[:, number] = where[kept]
        one.written = None  # given back here, beside the other thread
    return pl.concat(parts, rechunk=True)[index.reshape(-1)]  # of many chunks it is picked thirty times slower


__all__ = ["together", "write"]
