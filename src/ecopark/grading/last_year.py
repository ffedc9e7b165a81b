"""A base that is so many times last year's mean: made from last year's firms, or left missing with the reason.

Some methods name no base but a rule ("about twice last year's mean of the county"). Last year's firms are put into groups by
the same conditions; those outside the scope or exempt do not count. The mean is that of the firms' own ratios, each firm alike,
as every other mean of a method here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from ecopark.core.rounding import decimal_text, round_to
from ecopark.core.text import Text
from ecopark.errors import InputError, Place, Problem
from ecopark.grading.firms import FirmTable, year_before
from ecopark.grading.grade import exact_value, exempt_by, group_of, labels_of, mean, outside_of
from ecopark.grading.method import Item, LastYear, Method

Means = Mapping[tuple[str, str], tuple[Fraction, int]]
"""Mean and number of firms by group and item."""

NOT_GIVEN = Text(
    "基准值取上年平均值，但未提供上年数据（--last-year 文件，或 --base 直接填写）",
    "the base is last year's mean, and no figures of last year are given (--last-year FILE, or --base)",
)


def asks_last_year(method: Method) -> bool:
    """Whether a base of the method waits for last year's figures."""
    return any(isinstance(i.base, LastYear) for g in method.groups for i in g.items)


def last_year_of(table: FirmTable, given: FirmTable | None) -> FirmTable | None:
    """Last year's firms: from a source of their own, else from the source of this year's.

    Raises
    ------
    InputError
        The source of their own is of another year.
    """
    if given is None:
        return table.last_year
    wanted = year_before(table.period)
    if not wanted or not given.period or given.period == wanted:
        return given
    if given.period == table.period and given.last_year is not None:
        return given.last_year
    raise wrong_last_year(given.period, wanted, table.period)


def wrong_last_year(found: str, wanted: str, period: str) -> InputError:
    """Last year's figures are of another year."""
    zh = f"上年数据为 {found} 年度，应为 {period} 年度的上一年 {wanted}。"
    en = f"these figures are of {found}, not of {wanted}, the year before {period}."
    return InputError([Problem("wrong-last-year", Place("--last-year"), zh, en)])


def means_of(table: FirmTable, method: Method) -> Means:
    """Mean of every item that asks for it over the participants of its group."""
    labels = labels_of(method)
    found: dict[tuple[str, str], list[Fraction]] = {}
    for firm in table.firms:
        group_id, _, nowhere = group_of(firm, method, labels)
        group = method.group(group_id)
        if nowhere or outside_of(firm, group, labels)[0] or exempt_by(firm, method, labels):
            continue
        for item in group.items:
            if isinstance(item.base, LastYear) and (value := exact_value(item.indicator, firm, labels)) is not None:
                found.setdefault((group_id, item.id), []).append(value)
    return {key: (mean(values), len(values)) for key, values in found.items()}


def with_means(method: Method, means: Means | None, period: str) -> Method:
    """The method with its bases made from last year's means; where one cannot be made, the item says why."""
    groups = []
    for group in method.groups:
        items: Sequence[Item] = [
            _based(i, None if means is None else means.get((group.id, i.id)), means is not None, period)
            for i in group.items
        ]
        groups.append(replace(group, items=tuple(items)))
    return replace(method, groups=tuple(groups))


def with_last_year(method: Method, last_year: FirmTable | None) -> Method:
    """`with_means` from last year's firms."""
    if not asks_last_year(method):
        return method
    if last_year is None:
        return with_means(method, None, "")
    return with_means(method, means_of(last_year, method), last_year.period)


def _based(item: Item, found: tuple[Fraction, int] | None, given: bool, period: str) -> Item:
    if not isinstance(item.base, LastYear):
        return item
    if not given:
        return replace(item, base_note=NOT_GIVEN)
    zh, en = f"{period}年" if period else "上年", period or "last year"
    if found is None or found[0] <= 0:
        why = Text(
            f"基准值取上年平均值，但{zh}没有企业有该项数值" if found is None else f"{zh}平均值不大于零",
            f"the base is last year's mean, and no firm has a value in {en}" if found is None
            else f"the mean in {en} is not above zero",
        )  # fmt: skip
        return replace(item, base_note=why)
    value, firms = found
    times, shown = decimal_text(item.base.times), decimal_text(round_to(value, 6))
    note = Text(
        f"基准值 = {times} × {zh} {firms} 家企业平均值 {shown}",
        f"base = {times} x the mean of {firms} firms in {en}, {shown}",
    )
    return replace(item, base=item.base.times * value, base_note=note)
