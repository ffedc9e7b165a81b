"""What a new edition changes, and what that means for a park. 标准版本对比。"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ecopark.packs.load import find_pack
from ecopark.packs.model import Pack
from ecopark.standards.compare import Comparison, compare_packs
from ecopark.workflows.assess_park import assess_all, read_facts


def compare_editions(
    first: str | Pack,
    second: str | Pack,
    facts: Path | Any | None = None,
    *,
    period: str | int | None = None,
    subject: str | None = None,
) -> Comparison:
    """Compare two packs clause by clause; with facts, also what each park gets under either.

    Parameters
    ----------
    first, second
        Ids, directories or loaded packs: the older and the newer edition, or any two standards.
    facts
        Anything `read_facts` takes, or None for the texts alone.
    period
        Year; default: the latest with figures. Limits that hold in other years only are left out.
    subject
        Which park; default: all of them.

    Raises
    ------
    UnknownPackError
        No such pack.
    InputError
        The facts cannot be used, or there is no such subject or period.

    Examples
    --------
    >>> compare_editions("hj274-2015", "hj274-2015").counts()
    {'same': 32}
    """
    a, b = (p if isinstance(p, Pack) else find_pack(p) for p in (first, second))
    if facts is None:
        year = None if period is None else int(str(period)[:4])
        return Comparison(a, b, compare_packs(a, b, year))
    read = read_facts(facts)
    periods = None if period is None else [period]
    before = assess_all(read, [a], periods=periods, subject=subject, detail=False)
    after = assess_all(read, [b], periods=periods, subject=subject, detail=False)
    years = {int(x.period) for x in before}
    year = years.pop() if len(years) == 1 else None
    return Comparison(a, b, compare_packs(a, b, year), tuple(zip(before, after, strict=True)))
