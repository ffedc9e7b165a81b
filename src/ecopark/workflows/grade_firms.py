"""Grade firms: read the figures and the method, grade, and hand out sheets, tables and simulations.

grading = grade("firms.csv", "huangyan-2022")
grading.firms[0].score, grading.firms[0].rank, grading.firms[0].grade
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from ecopark.core.rounding import decimal_text, exact
from ecopark.core.text import Text
from ecopark.errors import EcoparkError, did_you_mean
from ecopark.grading.appeals import read_log, with_appeals
from ecopark.grading.columnar import GradedFrame, frame_means, grade_frame
from ecopark.grading.firm_frame import read_frame, years_of
from ecopark.grading.firms import FirmTable, read_firms, year_before
from ecopark.grading.grade import grade_firms
from ecopark.grading.last_year import asks_last_year, last_year_of, with_last_year, with_means, wrong_last_year
from ecopark.grading.load import check_cutoffs, find_method
from ecopark.grading.method import Class, Cutoffs, Method
from ecopark.grading.result import Grading
from ecopark.workflows.assess_park import known_reported


def grade(
    firms: Any,
    method: str | Path | Method,
    *,
    period: str | int | None = None,
    weights: Mapping[str, Any] | None = None,
    bases: Mapping[str, Any] | None = None,
    cutoffs: str | Cutoffs | None = None,
    appeals: str | Path | None = None,
    last_year: Any = None,
) -> Grading:
    """Grade firms by a method, exactly.

    Parameters
    ----------
    firms
        A file (csv, xlsx, parquet), a park folder, a polars or pandas frame, or a list of mappings; wide or long.
    method
        Id of a shipped method, or the path of a method directory.
    period
        Year; default: the latest.
    weights, bases
        Numbers to put in the place of the method's, by ``item`` or ``group.item``.
    cutoffs
        Shares to put in the place of the method's: ``"A=20,B=45,C=30,D=5"``.
    appeals
        Folder with a log of appeals; its corrections are applied in order.
    last_year
        Last year's firms, in any of the forms of `firms`, for bases that are last year's mean; default: what `firms` itself
        has of the year before.

    Returns
    -------
    grading
        Score, rank and class of every firm, with every step.

    Raises
    ------
    InputError
        The figures or the method cannot be used; carries every problem.

    Examples
    --------
    >>> row = {"firm": "F1", "group": "below_scale", "tax_per_mu": "11.5932", "tax_per_power": "0.2352"}
    >>> grade([row], "huangyan-2022").to_list()[0]["score"]
    '100'
    """
    chosen = method_with(method, weights=weights, bases=bases, cutoffs=cutoffs)
    table = read_firms(firms, chosen, period=str(period or ""), known_reported=known_reported)
    if asks_last_year(chosen):
        given = None if last_year is None else read_firms(last_year, chosen, known_reported=known_reported)
        chosen = with_last_year(chosen, last_year_of(table, given))
    if appeals is not None:
        table = with_appeals(table, read_log(Path(appeals)), chosen)
    return grade_firms(table, chosen)


def grade_many(
    firms: Any, method: str | Path | Method, *, period: str | int | None = None, last_year: Any = None
) -> GradedFrame:
    """Grade very many firms at once, in float64; whatever is too close to call is decided exactly.

    Parameters
    ----------
    firms
        A wide csv or parquet file, or a polars frame of the same columns.
    last_year
        The same for the year before, for bases that are last year's mean; default: what `firms` has of it.

    Returns
    -------
    graded
        One row a firm: group, score, rank, class, and value and points of every item.
    """
    chosen = method_with(method)
    source = Path(firms) if isinstance(firms, str) else firms
    when = str(period or "")
    if asks_last_year(chosen):
        chosen = _with_last_years_frame(source, chosen, when, last_year)
    frame, warnings = read_frame(source, chosen, period=when)
    return grade_frame(frame, chosen, warnings)


def _with_last_years_frame(source: Any, method: Method, period: str, last_year: Any) -> Method:
    """The method with its bases from last year's rows, read as a frame."""
    now = period or next(iter(years_of(source)[-1:]), "")
    before = year_before(now)
    given = Path(last_year) if isinstance(last_year, str) else source if last_year is None else last_year
    years = years_of(given)
    if last_year is None and before not in years:
        return with_means(method, None, "")
    if before and years and before not in years:
        raise wrong_last_year(years[-1], before, now)
    year = before if before in years else next(iter(years[-1:]), "")
    frame, _ = read_frame(given, method, period=year)
    return with_means(method, frame_means(frame, method), year)


def method_with(
    method: str | Path | Method,
    *,
    weights: Mapping[str, Any] | None = None,
    bases: Mapping[str, Any] | None = None,
    cutoffs: str | Cutoffs | None = None,
) -> Method:
    """A method with some of its numbers replaced; the weights of a group must still add up to what they did.

    Raises
    ------
    EcoparkError
        An unknown item, a number that is none, weights that do not add up.
    """
    found = method if isinstance(method, Method) else find_method(str(method))
    if not (weights or bases or cutoffs):
        return found
    new_weights, new_bases = _numbers(weights, found, "weight"), _numbers(bases, found, "base")
    if any(v <= 0 for v in new_bases.values()):
        raise EcoparkError("a base is positive", zh="基准值须为正数")
    changed = found.changed(
        weights=new_weights, bases=new_bases, cutoffs=read_cutoffs(cutoffs) if isinstance(cutoffs, str) else cutoffs
    )
    for group in changed.groups:
        given = [i.weight for i in group.items if i.score != "rank_only"]
        if new_weights and given and None not in given and sum(w for w in given if w is not None) != 100:
            total = sum((w for w in given if w is not None), Fraction(0))
            raise EcoparkError(
                f"the weights of {group.label.en or group.id} add up to {decimal_text(total)}, not 100",
                zh=f"{group.label.zh or group.id}的权重合计 {decimal_text(total)}，应为 100",
            )
    return changed


def _numbers(given: Mapping[str, Any] | None, method: Method, what: str) -> dict[str, Fraction]:
    known = {name: i.indicator.label for g in method.groups for i in g.items for name in (i.id, f"{g.id}.{i.id}")}
    what_zh = {"weight": "权重", "base": "基准值"}[what]
    found = {}
    for key, value in (given or {}).items():
        if key not in known:
            raise EcoparkError(
                f"{method.id} has no item '{key}'. {did_you_mean(key, sorted(known))}".strip(),
                zh=f"{method.id} 没有指标“{key}”。{did_you_mean(key, sorted(known), lang='zh')}",
            )
        try:
            found[key] = exact(str(value))
        except (ValueError, ZeroDivisionError):
            raise EcoparkError(
                f"the {what} of {known[key].en} ({key}) is no number: {value!r}",
                zh=f"{known[key].zh}（{key}）的{what_zh}不是数字：{value!r}",
            ) from None
        if found[key] < 0:
            raise EcoparkError(
                f"the {what} of {known[key].en} ({key}) is negative", zh=f"{known[key].zh}（{key}）的{what_zh}为负数"
            )
    return found


def read_cutoffs(text: str) -> Cutoffs:
    """Cut-offs typed as shares of each class, best first: ``A=20,B=45,C=30,D=5``.

    Raises
    ------
    EcoparkError
        They cannot be read or do not add up to 100.
    """
    classes, total = [], Fraction(0)
    for part in text.split(","):
        name, _, share = part.partition("=")
        try:
            total += exact(share.strip())
        except (ValueError, ZeroDivisionError):
            raise EcoparkError(
                f"the shares of the classes (--cutoffs) are written A=20,B=45,C=30,D=5, not '{text}'",
                zh=f"类别比例（--cutoffs）应写成 A=20,B=45,C=30,D=5，而不是“{text}”",
            ) from None
        classes.append(Class(name.strip(), Text(name.strip(), name.strip()), total))
    if total != 100:
        raise EcoparkError(
            f"the shares of the classes (--cutoffs) add up to {decimal_text(total)}, not 100",
            zh=f"类别比例（--cutoffs）合计 {decimal_text(total)}，应为 100",
        )
    if problems := check_cutoffs("shares", classes):
        raise EcoparkError(f"--cutoffs: {problems[0].en}", zh=f"--cutoffs：{problems[0].zh}")
    classes[-1] = Class(classes[-1].id, classes[-1].label)
    return Cutoffs("shares", tuple(classes), basis="seen")


__all__ = ["FirmTable", "GradedFrame", "Grading", "grade", "grade_many", "method_with", "read_cutoffs"]
