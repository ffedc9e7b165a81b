"""A mapping suggested from a table itself: where its header is, and which quantity each title may mean.

It is only a suggestion: a person looks at it beside the first rows before anything is read by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from rapidfuzz import fuzz

from ecopark.core.unit import split_base_year
from ecopark.errors import UnitError
from ecopark.observations.layout import HEADER_WITHIN
from ecopark.observations.mapped import TOTALS, Head, heads
from ecopark.observations.mapping import ColumnMapping, ValueColumn, row_name, split_unit, split_year, title_of
from ecopark.observations.meaning import unit
from ecopark.observations.model import Subject
from ecopark.observations.numbers import is_none_given, read_number, shown
from ecopark.observations.quantity import Quantity, catalogue
from ecopark.observations.readers.table import Table

NAMES = frozenset(
    [
        "企业名称",
        "单位名称",
        "公司名称",
        "企业",
        "单位",
        "公司",
        "名称",
        "填报单位",
        "firm",
        "company",
        "enterprise",
        "name",
    ]
)
CODES = frozenset(["统一社会信用代码", "社会信用代码", "信用代码", "credit_code", "unified_credit_code"])
IDS = frozenset(["编码", "企业编码", "编号", "对象", "id", "key", "code", "subject"])
PERIODS = frozenset(["年度", "年份", "年", "期间", "统计期", "时间", "报告期", "year", "period"])
INDICATORS = frozenset(["指标名称", "指标", "项目", "名称", "数据项", "内容", "indicator", "item", "quantity", "name"])
UNITS = frozenset(["单位", "计量单位", "unit", "units"])
SURE, MAYBE = 84.0, 60.0
"""Likeness from which a quantity is taken, and from which it is offered."""
OFFERED = 3


@dataclass(frozen=True, slots=True)
class Match:
    """A quantity that a title may mean, and how alike they are (0 to 100)."""

    quantity: str
    score: float


@dataclass(frozen=True)
class Suggestion:
    """A mapping to begin with, and per title what else it may mean, the likeliest first."""

    mapping: ColumnMapping
    matches: Mapping[str, tuple[Match, ...]]


def suggest(tables: Sequence[Table], subjects: Iterable[Subject] = (), *, year: str = "") -> Suggestion:
    """A mapping for the sheet of a file that looks most like figures.

    Parameters
    ----------
    subjects
        Who is registered: a column in which they stand is that of the subjects.
    """
    people = list(subjects)
    tries = [suggest_for(t, people, year=year) for t in tables if t.rows]
    if not tries:
        return Suggestion(ColumnMapping(year=year), {})
    return max(tries, key=lambda s: len(s.mapping.values))


def suggest_for(
    table: Table,
    subjects: Iterable[Subject] = (),
    *,
    year: str = "",
    header: tuple[int, int] | None = None,
    layout: str = "",
) -> Suggestion:
    """A mapping for one sheet.

    Parameters
    ----------
    header
        Number of the first header row, counted from 1, and how many rows it has, where somebody has said so.
    layout
        ``subjects`` or ``indicators``, where somebody has said so.
    """
    first, count = (header[0] - 1, header[1]) if header else find_header(table)
    titles = heads(table, first, count)
    base = ColumnMapping(sheet=table.sheet, header=first + 1, header_rows=count, year=year)
    known = {
        _plain(text) for s in subjects for text in (s.id, s.name, dict(s.attributes).get("credit_code", "")) if text
    }
    names = next((h for h in titles if _is(h, INDICATORS) or _is(h, UNITS)), None)
    dated = [h for h in titles if h.year and not h.base]
    if layout == "indicators" or (
        not layout and names is not None and (dated or _likely_names(table, titles, first + count, known))
    ):
        return _indicators(table, base, titles, first + count)
    return _subjects(table, base, titles, first + count, known)


def find_header(table: Table) -> tuple[int, int]:
    """First row of the header, counted from 0, and how many rows it has."""
    filled = [[shown(cell).strip() for cell in row] for row in table.rows[: HEADER_WITHIN + 2]]
    best, most = 0, -1.0
    for at, row in enumerate(filled[:HEADER_WITHIN]):
        texts = [c for c in row if c and not _is_number(c)]
        below = filled[at + 1] if at + 1 < len(filled) else []
        numbers = sum(_is_number(c) and not split_year(c)[1] for c in below)
        years = sum(bool(split_year(title_of(c))[1]) and len(c) < 12 for c in row)
        own = sum(_is_number(c) and not split_year(c)[1] for c in row)
        score = len(texts) + 2.0 * years + 1.5 * min(numbers, len(texts) + years) - 3.0 * own - 0.01 * at
        if len(texts) + years >= 2 and score > most:
            best, most = at, score
    first = best
    while first > 0 and best - first < 2:
        above, below = filled[first - 1], filled[first]
        wide = [c for c in above if c]
        if len(wide) < 2 or any(_is_number(c) and not split_year(c)[1] for c in wide):
            break
        gaps = any(not c and i < len(below) and below[i] for i, c in enumerate(above)) or any(
            c and (i >= len(below) or not below[i]) for i, c in enumerate(above)
        )
        if not gaps:
            break
        first -= 1
    return first, best - first + 1


def _is_number(text: str) -> bool:
    try:
        return read_number(text) is not None and not is_none_given(text)
    except ValueError:
        return False


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", title_of(text)).lower()


def _is(head: Head, words: frozenset[str]) -> bool:
    title = title_of(head.title).lower().replace(" ", "_")
    return title in words or re.sub(r"\(.*\)$", "", title) in words


def _column(table: Table, at: int, first: int, most: int = 200) -> list[str]:
    cells = [shown(row[at]).strip() for row in table.rows[first : first + most] if at < len(row)]
    return [c for c in cells if c and title_of(c).lower() not in TOTALS]


def _likely_names(table: Table, titles: Sequence[Head], first: int, known: set[str]) -> bool:
    """Whether the rows are indicators: many cells of a column of texts are quantities, and few are subjects."""
    for head in titles:
        cells = _column(table, head.column, first, 60)
        texts = [c for c in cells if not _is_number(c)]
        if len(texts) < 2 or sum(_plain(c) in known for c in texts) * 2 > len(texts):
            continue
        likely = sum(bool(matches(split_unit(row_name(c))[0], split_unit(row_name(c))[1], sure=True)) for c in texts)
        if likely * 2 >= len(texts):
            return True
    return False


def _subjects(table: Table, m: ColumnMapping, titles: Sequence[Head], first: int, known: set[str]) -> Suggestion:
    def registered(head: Head) -> float:
        cells = _column(table, head.column, first)
        return sum(_plain(c) in known for c in cells) / len(cells) if cells else 0.0

    by = "name"
    subject = next((h for h in titles if _is(h, CODES)), None)
    if subject is not None and (registered(subject) > 0 or not known):
        by = "credit_code"
    else:
        named = [h for h in titles if registered(h) > 0.3]
        subject = max(named, key=registered) if named else next((h for h in titles if _is(h, NAMES)), None)
        subject = subject or next((h for h in titles if _is(h, IDS)), None)
        if subject is not None and (_is(subject, IDS) and not _is(subject, NAMES)):
            by = "key"
    period = next((h for h in titles if _is(h, PERIODS)), None)
    aside = {h.column for h in (subject, period) if h is not None}
    dated = any(h.year and h.base for h in titles)
    values: dict[str, ValueColumn] = {}
    found: dict[str, tuple[Match, ...]] = {}
    ignored = []
    for head in titles:
        if head.column in aside:
            continue
        title = head.base if dated and head.year else head.title
        cells = _column(table, head.column, first, 30)
        numeric = sum(_is_number(c) for c in cells) * 2 > len(cells) if cells else True
        found[title], value = _match(title)
        if value is not None and numeric:
            values.setdefault(title, value)
        else:
            ignored.append(title)
    mapping = replace(
        m, layout="subjects", subject=subject.title if subject else "", subject_by=by,
        period="column" if period else "header" if dated else "year", period_column=period.title if period else "",
        values=_once(values, found, ignored), ignored=tuple(dict.fromkeys(ignored)),
    )  # fmt: skip
    return Suggestion(mapping, found)


def _indicators(table: Table, m: ColumnMapping, titles: Sequence[Head], first: int) -> Suggestion:
    unit_head = next((h for h in titles if _is(h, UNITS)), None)
    texts = [h for h in titles if h is not unit_head and not h.year]

    def likely(head: Head) -> int:
        return sum(
            bool(matches(split_unit(row_name(c))[0], "", sure=False)) for c in _column(table, head.column, first, 60)
        )

    names = max(texts, key=likely, default=None)
    dated = any(h.year and not h.base for h in titles)
    amounts = next(
        (
            h
            for h in texts
            if h is not names and (cells := _column(table, h.column, first, 60))
            and sum(_is_number(c) for c in cells) * 2 > len(cells) and not re.search("序号|no", h.title.lower())
        ),
        None,
    )  # fmt: skip
    values: dict[str, ValueColumn] = {}
    found: dict[str, tuple[Match, ...]] = {}
    ignored: list[str] = [h.title for h in titles if h not in (names, unit_head, amounts) and not h.year]
    at = names.column if names is not None else -1
    for row in table.rows[first:]:
        name = row_name(shown(row[at])) if 0 <= at < len(row) else ""
        if not name or name in found or name.lower() in TOTALS:
            continue
        given = shown(row[unit_head.column]) if unit_head and unit_head.column < len(row) else ""
        found[name], value = _match(name, given)
        if value is not None:
            values[name] = value
        else:
            ignored.append(name)
    mapping = replace(
        m, layout="indicators", names=names.title if names else "", units=unit_head.title if unit_head else "",
        period="header" if dated else "year", amounts="" if dated or amounts is None else amounts.title,
        values=_once(values, found, ignored), ignored=tuple(dict.fromkeys(ignored)),
    )  # fmt: skip
    return Suggestion(mapping, found)


def _match(title: str, given_unit: str = "") -> tuple[tuple[Match, ...], ValueColumn | None]:
    name, unit_text = split_unit(title)
    unit_text = given_unit or unit_text
    found = matches(name.rpartition("/")[2] or name, unit_text)
    if "/" in name:
        whole = matches(name.replace("/", ""), unit_text)
        found = tuple({m.quantity: m for m in sorted((*whole, *found), key=_order, reverse=True)}.values())[::-1]
    best = found[0] if found and found[0].score >= SURE else None
    if best is None:
        return found[:OFFERED], None
    quantity = catalogue()[best.quantity]
    return found[:OFFERED], ValueColumn(
        title, best.quantity, unit_text or ("" if quantity.unit == "by code" else quantity.unit)
    )


def _once(
    values: dict[str, ValueColumn], found: Mapping[str, tuple[Match, ...]], ignored: list[str]
) -> tuple[ValueColumn, ...]:
    """Of two titles for one quantity the likelier keeps it; the other is left for the person to say."""
    kept: dict[str, ValueColumn] = {}
    for title, value in values.items():
        other = kept.get(value.quantity)
        if other is None or found[title][0].score > found[other.column][0].score:
            if other is not None:
                ignored.append(other.column)
            kept[value.quantity] = value
        else:
            ignored.append(title)
    return tuple(kept.values())


def matches(name: str, unit_text: str = "", *, sure: bool = False) -> tuple[Match, ...]:
    """Quantities that a name may mean, the likeliest first; those whose unit does not measure the same are left out.

    Examples
    --------
    >>> matches("工业综合能耗", "吨标煤")[0].quantity
    'energy_industrial_tce'
    """
    wanted = _plain(name)
    if len(wanted) < 2 or _is_number(wanted):
        return ()
    found = []
    for quantity in catalogue().quantities.values():
        if unit_text and not _measures(quantity, unit_text):
            continue
        best = max((_likeness(wanted, word) - less for word, less in _names(quantity.id)), default=0.0)
        if best >= (SURE if sure else MAYBE):
            found.append(Match(quantity.id, round(best, 1)))
    return tuple(sorted(found, key=_order))


def _order(match: Match) -> tuple[float, bool, bool, int, str]:
    """The likelier first; of two alike the usual one: current prices, no intermediate total, the shorter name."""
    quantity = catalogue()[match.quantity]
    return -match.score, quantity.constant_price, quantity.derived, len(match.quantity), match.quantity


def _likeness(one: str, other: str) -> float:
    if one == other:
        return 100.0
    whole = fuzz.ratio(one, other)
    inside = min(len(one), len(other)) >= 3 and (one in other or other in one)
    return max(whole, 70.0 + 0.25 * whole if inside else 0.0)


@cache
def _names(quantity: str) -> tuple[tuple[str, float], ...]:
    """What a quantity is called, each with what it loses; a label without its brackets is a little less like it."""
    q = catalogue()[quantity]
    texts = [t for t in (q.label.zh, q.label.en, q.id.replace("_", " "), *q.aliases) if len(t) > 1]
    found = {_plain(re.sub(r"\(.*?\)", "", title_of(t))): 1.0 for t in texts}
    return tuple((found | {_plain(t): 0.0 for t in texts}).items())


def _measures(quantity: Quantity, text: str) -> bool:
    if not quantity.unit:
        return False
    if quantity.unit == "by code":
        return True
    try:
        unit(split_base_year(text)[0]).factor_to(unit(quantity.unit))
    except UnitError:
        return False
    return True
