"""What can be wrong with a table of firms, in both languages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ecopark.errors import Place, Problem, did_you_mean
from ecopark.grading.method import Method

if TYPE_CHECKING:
    from ecopark.grading.firms import Firm


def unknown_column(place: Place, title: str, why: str) -> Problem:
    """A column that names nothing known."""
    return Problem(
        "unknown-column",
        place,
        f"“{title}”不是数据项、指标或分组列。",
        f"the column '{title}' is no quantity, indicator or field.",
        f"{why}".strip(),
        f"{why} See: ecopark quantities --like WORD".strip(),
    )


def column_twice(place: Place, title: str) -> Problem:
    """A column that stands there twice."""
    return Problem(
        "duplicate-column",
        place,
        f"“{title}”列出现了两次。",
        f"the column '{title}' stands there twice.",
        "请只保留一列。",
        "Keep one.",
    )


def unknown_group(firm: Firm, method: Method) -> Problem:
    """A group that the method does not have."""
    known = [g.id for g in method.groups]
    hint = did_you_mean(firm.group, known)
    return Problem(
        "unknown-group",
        firm.place,
        f"{firm.id}：{method.id} 没有分组“{firm.group}”。",
        f"{firm.id}: {method.id} has no group '{firm.group}'.",
        f"可用：{', '.join(known)}",
        f"{hint} There are: {', '.join(known)}".strip(),
    )


def bad_code(place: Place, code: str) -> Problem:
    """The remark on a credit code whose check character does not fit."""
    return Problem(
        "bad-credit-code",
        place,
        f"统一社会信用代码 {code} 的校验位不符。",
        f"the check character of the credit code {code} does not fit.",
        "请核对。",
        "Please check it.",
        "warning",
    )


def no_period(place: Place, period: str, known: Iterable[str]) -> Problem:
    """A year without figures."""
    return Problem(
        "no-such-period",
        place,
        f"没有 {period} 年度的数据（有：{', '.join(known)}）。",
        f"there are no figures for {period} (there are: {', '.join(known)}).",
    )
