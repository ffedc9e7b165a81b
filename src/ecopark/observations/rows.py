"""Rows as people type them into observations, every problem kept.

A reader hands over one `RawRow` after another; `RowReader` turns each into an observation, into a blank (nothing was
given), or into a rejected row with its problems. No row is lost: `rows == observations + equal duplicates + blanks +
rejected`, which `RowReader.count` shows and the tests check.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, NamedTuple

from ecopark.core.period import ALWAYS, Period
from ecopark.core.rounding import decimal_text
from ecopark.core.unit import PERCENT, Unit, split_base_year
from ecopark.core.value import Scalar
from ecopark.errors import Place, Problem, UnitError, did_you_mean
from ecopark.observations import row_problems as wrong
from ecopark.observations.meaning import Finding, KnownReported, Meaning, Meanings, has_multiple, unit
from ecopark.observations.model import Observation, Subject
from ecopark.observations.numbers import (
    N_A,
    NOT_APPLICABLE,
    ZERO_OR_NONE,
    Number,
    UnreadableError,
    clean,
    is_none_given,
    read_flag,
    read_number,
    scale_of,
    shown,
)
from ecopark.observations.quantity import Catalogue, Quantity, catalogue, is_money
from ecopark.observations.safe_text import is_formula_text, safe_cell

DEFAULT_SUBJECT = "park"
"""Subject of a table that has no subject column and belongs to no park folder."""

_DANGEROUS = frozenset("=+-@＝＋－＠\t\r \n\u3000")
_CHINESE_PERIODS = (
    (re.compile(r"(\d{4})年度$"), r"\1"),
    (re.compile(r"(\d{4})年(\d{1,2})月$"), r"\1-\2"),
    (re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日$"), r"\1-\2-\3"),
    (re.compile(r"(\d{4})年?第?([1-4])季度?$"), r"\1-Q\2"),
    (re.compile(r"(\d{4})[/.](\d{1,2})$"), r"\1-\2"),
    (re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})$"), r"\1-\2-\3"),
)
_QUARTERS = str.maketrans("一二三四", "1234")


class RawRow(NamedTuple):
    """One row as it stands in the source, nothing interpreted.

    Parameters
    ----------
    subject, quantity, period, unit, by, source, note
        Cells as text (`period` may be a number or a date).
    value
        The cell: text, number, flag, date or None.
    place
        Where it stands.
    problem
        What the reader already knows to be wrong with the cell (a formula without a value, an error value).
    cells
        Where quantity, unit and breakdown stand, if they serve several values (a row with a column per year).
    """

    subject: str
    quantity: str
    period: Any
    value: Any
    unit: str
    by: str
    source: str
    note: str
    place: Place
    problem: Problem | None = None
    cells: tuple[Place, Place, Place] | None = None


@dataclass(slots=True)
class Count:
    """What became of the rows that were read."""

    rows: int = 0
    blank: int = 0
    repeated: int = 0
    rejected: int = 0


def read_period(cell: Any) -> Period:
    """The period in a cell: a year as number or text, a date, ``2023年5月``, ``2023-Q2``; empty is timeless.

    Raises
    ------
    ValueError
        The cell holds no period.
    """
    if isinstance(cell, datetime | date):
        return Period(cell.year, "day", cell.month, cell.day)
    if cell is None or cell == "":
        return ALWAYS
    if isinstance(cell, bool):
        raise ValueError("a flag is not a period")
    if isinstance(cell, float):
        cell = int(cell) if cell.is_integer() else cell
    text = clean(str(cell))
    if text in ("-", "/", "—", "——"):
        return ALWAYS
    text = text.replace(" ", "").translate(_QUARTERS) if "年" in text else text
    for pattern, plain in _CHINESE_PERIODS:
        if pattern.match(text):
            text = pattern.sub(plain, text)
            break
    return Period.parse(text)


class RowReader:
    """Collects observations and problems from raw rows.

    Parameters
    ----------
    subjects
        Declared subjects; rows may name a subject by id or by (unique) name.
    default_subject
        Subject of rows that name none.
    base_year
        Base year of constant-price amounts that carry none.
    known_reported
        See `Meanings`.
    known
        The catalogue; the one that ships with ecopark if None.
    """

    def __init__(
        self,
        subjects: Iterable[Subject] = (),
        *,
        default_subject: str = DEFAULT_SUBJECT,
        base_year: int | None = None,
        known_reported: KnownReported | None = None,
        known: Catalogue | None = None,
    ) -> None:
        self.catalogue = known or catalogue()
        self.meanings = Meanings(self.catalogue, known_reported)
        self.subjects = {s.id: s for s in subjects}
        self.default_subject = default_subject
        self.named: dict[str, set[int]] = {}
        self.base_years = {s.id: year for s in self.subjects.values() if (year := _declared_base_year(s)) is not None}
        self.base_year = base_year
        self.problems: list[Problem] = []
        self.rejected: list[tuple[str, Problem]] = []
        self.count = Count()
        self._found: dict[tuple[str, str, Period, str], Observation] = {}
        self._raw: dict[tuple[str, str, Period, str], RawRow] = {}
        self._conflicts: set[tuple[str, str, Period, str]] = set()
        self._periods: dict[Any, Period | None] = {}
        self._names: dict[str, str] = {}
        names = Counter(s.name for s in self.subjects.values() if s.name)
        for subject in self.subjects.values():
            if names[subject.name] == 1:
                self._names[subject.name] = subject.id
        self._names |= {s: s for s in self.subjects} | {"": default_subject}
        self._warned: Counter[tuple[str, str, str, str]] = Counter()
        self._first: dict[tuple[str, str, str, str], Problem] = {}
        self._said: dict[tuple[str, Place, Place], Problem] = {}
        self._told: set[int] = set()

    def add(self, raw: RawRow) -> None:
        """Read one row."""
        self.count.rows += 1
        raw = self._which_region(raw)
        meaning = self.meanings.of(raw.quantity, raw.unit, raw.by)
        if raw.problem is not None:
            self._reject(raw, [raw.problem])
            return
        if raw.value is None or raw.value == "" or is_none_given(raw.value):
            self._blank(raw, meaning)
            return
        problems = [self._at(finding, raw) for finding in meaning.errors]
        period = self._period(raw.period)
        if period is None:
            problems.append(wrong.bad_period(raw))
        elif period == ALWAYS and meaning.quantity is not None and meaning.quantity.kind == "flow":
            problems.append(wrong.period_needed(raw, meaning.quantity))
        outcome: tuple[Scalar, bool] | None = None
        if not meaning.errors or meaning.kind in ("flag", "code"):
            try:
                outcome, meaning, more = self._value(raw, meaning)
                problems += more
            except UnreadableError as error:
                problems.append(wrong.unreadable(raw, error, meaning.quantity))
        if outcome is None and not problems:
            self._blank(raw, meaning)
            return
        if problems or outcome is None or period is None:
            self._reject(raw, problems)
            return
        for finding in meaning.warnings:
            self._warn(finding.at(raw.place), f"{meaning.id}|{finding.code}")
        self._keep(raw, meaning, period, *outcome)

    def _keep(self, raw: RawRow, meaning: Meaning, period: Period, value: Scalar, not_applicable: bool) -> None:
        base_year = meaning.base_year
        subject = self._subject(raw)
        quantity = meaning.quantity
        if quantity is not None and quantity.constant_price and base_year is None:
            base_year = self.base_years.get(subject, self.base_year)
            if base_year is None:
                self._warn(wrong.no_base_year(raw, quantity), f"{subject}|no-base-year")
        given = shown(raw.value)
        if meaning.given_unit and not given.endswith(meaning.given_unit):
            given = f"{given} {meaning.given_unit}"
        source, note = raw.source, raw.note
        if source and source[0] in _DANGEROUS:
            source = self._safe(source, raw.place)
        if note and note[0] in _DANGEROUS:
            note = self._safe(note, raw.place)
        observation = Observation(
            subject,
            meaning.id,
            period,
            value,
            meaning.unit,
            meaning.by,
            given,
            base_year,
            source,
            note,
            raw.place,
            not_applicable,
        )
        key = (subject, meaning.id, period, meaning.by)
        if key in self._conflicts:
            self._reject(raw, [wrong.differs(raw, observation, None, quantity)])
            return
        earlier = self._found.get(key)
        if earlier is None:
            self._found[key] = observation
            self._raw[key] = raw
        elif (earlier.value, earlier.not_applicable) == (value, not_applicable) and earlier.base_year == base_year:
            self.count.repeated += 1
            self.problems.append(wrong.repeats(raw, earlier, quantity))
        else:
            first = self._raw.pop(key)
            del self._found[key]
            self._conflicts.add(key)
            self._reject(first, [wrong.differs(first, earlier, raw.place, quantity)])
            self._reject(raw, [wrong.differs(raw, observation, first.place, quantity)])

    def _value(self, raw: RawRow, meaning: Meaning) -> tuple[tuple[Scalar, bool] | None, Meaning, list[Problem]]:
        """The value in canonical unit and whether it is not applicable; the meaning that was used; problems."""
        cell = raw.value
        if isinstance(cell, str):
            if cell[:1] in _DANGEROUS and is_formula_text(cell):
                return None, meaning, [wrong.formula_text(raw)]
            if clean(cell).lower() in NOT_APPLICABLE:
                return self._not_applicable(raw, meaning)
        if meaning.kind == "flag":
            flag = read_flag(cell)
            return (None if flag is None or flag is N_A else (bool(flag), False)), meaning, []
        if meaning.kind == "code":
            return (self._code(cell, meaning.quantity), False), meaning, []
        if meaning.kind == "text":
            text = cell.isoformat()[:10] if isinstance(cell, datetime | date) else shown(cell)
            return (text, False), meaning, []
        number = read_number(cell)
        if not isinstance(number, Number):
            return None, meaning, []
        if number.doubled and not number.unit:
            return None, meaning, [wrong.double_scale(raw, meaning)]
        if number.unit or number.percent:
            number, meaning, problems = self._own_unit(raw, meaning, number)
            if problems:
                return None, meaning, problems
        elif number.scale and has_multiple(meaning.given_unit or meaning.unit):
            return None, meaning, [wrong.double_scale(raw, meaning)]
        elif 0 < number.value <= 1:
            self._maybe_fraction(raw, meaning, number)
        value = number.value if meaning.factor == 1 else number.value * meaning.factor
        quantity = meaning.quantity
        if quantity is not None and (
            (value < 0 and quantity.low == 0 and not is_money(quantity))
            or (quantity.unit == "%" and quantity.high is not None and value > quantity.high)
        ):
            return None, meaning, [wrong.impossible(raw, meaning, quantity)]
        return (value, False), meaning, []

    def _maybe_fraction(self, raw: RawRow, meaning: Meaning, number: Number) -> None:
        if meaning.id.startswith("factor.") or not _is_percent(meaning.given_unit or meaning.unit):
            return
        problem = wrong.maybe_fraction(raw, meaning, decimal_text(number.value * 100, 12))
        self._warn(problem, f"{meaning.id}|maybe-fraction")

    def _own_unit(self, raw: RawRow, meaning: Meaning, number: Number) -> tuple[Number, Meaning, list[Problem]]:
        """The number and meaning of a value that carries its own unit (``12%``, ``3.2万吨``, ``5 亿千瓦时``).

        The unit in the cell wins over the unit column, with a word where the two differ in size.
        """
        if number.percent:
            own: Unit | None = _unit_of(number.percent + number.unit)
            number = replace(number, unit=number.percent + number.unit)
        else:
            options = [(n, _unit_of(n.unit)) for n in number.splits()]
            known = [(n, u) for n, u in options if u is not None]
            plain = [(n, u) for n, u in known if not n.doubled and not (n.scale and has_multiple(n.unit))]
            if known and not plain:
                return number, meaning, [wrong.double_scale(raw, meaning)]
            number, own = plain[0] if plain else (options[-1][0], None)
        if own is None:
            return number, meaning, [wrong.no_unit(raw, meaning, number.unit)]
        column = _unit_of(meaning.given_unit) if meaning.given_unit else None
        if column is not None:
            if own.dims != column.dims:
                return number, meaning, [wrong.two_units(raw, meaning)]
            sizes = (own.scale, own.scale * scale_of(number.scale))
            if not number.percent and column.scale not in sizes:
                self._warn(wrong.unit_in_value(raw, meaning), f"{meaning.id}|unit-in-value")
        text = number.unit
        if meaning.base_year and "@" not in text:
            text = f"{text}@{meaning.base_year}"
        new = self.meanings.of(raw.quantity, text, raw.by)
        return number, new, [finding.at(raw.place) for finding in new.errors]

    def _not_applicable(
        self, raw: RawRow, meaning: Meaning
    ) -> tuple[tuple[Scalar, bool] | None, Meaning, list[Problem]]:
        if not raw.note.strip():
            return None, meaning, [wrong.missing_note(raw, meaning.quantity)]
        quiet = replace(meaning, warnings=())
        return ("n/a", True), quiet, []

    def _code(self, cell: Any, quantity: Quantity | None) -> str:
        codes = quantity.codes if quantity is not None else ()
        wanted = clean(shown(cell)).lower()
        for code in codes:
            if wanted in (code.id.lower(), code.label.zh.lower(), code.label.en.lower()) or wanted in code.aliases:
                return code.id
        known = [c.id for c in codes]
        listed_zh = "、".join(f"{c.id}（{c.label['zh']}）" for c in codes)
        raise UnreadableError(
            f"“{shown(cell)[:40]}”不在可选编码内。",
            f"'{shown(cell)[:40]}' is none of the codes. {did_you_mean(wanted, known)}".strip(),
            f"请选 {listed_zh} 之一。",
            f"Choose one of {', '.join(known)}.",
        )

    def _period(self, cell: Any) -> Period | None:
        try:
            return self._periods[cell]
        except KeyError:
            try:
                period: Period | None = read_period(cell)
            except (ValueError, OverflowError):
                period = None
            self._periods[cell] = period
            return period
        except TypeError:
            return None

    def _subject(self, raw: RawRow) -> str:
        text = raw.subject
        found = self._names.get(text)
        if found is None:
            name = text.strip()
            found = self._names.get(name) or self._safe(name, raw.place)
            self._names[text] = found
            if self.subjects and found not in self.subjects:
                self.problems.append(wrong.undeclared(raw, name, self.subjects))
        return found

    def _which_region(self, raw: RawRow) -> RawRow:
        """`region` is two things: east, central or west is the economic one, anything else that of water."""
        if not isinstance(raw.quantity, str) or raw.quantity.strip() != "region":
            return raw
        economic = self.catalogue.find("econ_region")
        words = {
            w.lower() for c in (economic.codes if economic else ()) for w in (c.id, c.label.zh, c.label.en, *c.aliases)
        }
        return raw._replace(quantity="econ_region") if str(raw.value).strip().lower() in words else raw

    def _blank(self, raw: RawRow, meaning: Meaning) -> None:
        """An empty value: nothing was given. A row that names an unknown quantity is still worth a word."""
        self.count.blank += 1
        if (period := self._period(raw.period)) is not None and period.kind != "always":
            self.named.setdefault((raw.subject or "").strip() or self.default_subject, set()).add(period.year)
        for finding in meaning.errors:
            if finding.code == "unknown-quantity":
                self._warn(replace(finding, severity="warning").at(raw.place), f"{meaning.id}|{finding.code}")
        quantity = meaning.quantity
        if (
            isinstance(raw.value, str)
            and quantity is not None
            and quantity.counts
            and clean(raw.value).lower() in ZERO_OR_NONE
        ):
            self._warn(wrong.none_for_count(raw, quantity), f"{meaning.id}|none-for-count")

    def _at(self, finding: Finding, raw: RawRow) -> Problem:
        """A finding on quantity, unit or breakdown, at the value; once for a row that has several values."""
        if raw.cells is None:
            return finding.at(raw.place)
        place = raw.cells[("quantity", "unit", "by").index(finding.about)]
        key = (finding.code, place, raw.cells[0])
        if key not in self._said:
            problem = finding.at(place)
            number = re.sub(r"^\D+", "", place.cell) or place.line or place.row
            zh, en = f"{problem.zh}（第 {number} 行，各列数值）", f"{problem.en} (row {number}, all its values)"
            self._said[key] = replace(problem, zh=zh, en=en)
        return self._said[key]

    def _safe(self, text: str, place: Place) -> str:
        if not is_formula_text(text):
            return text
        self.problems.append(
            Problem(
                "formula-text",
                place,
                f"文字“{text[:40]}”以公式符号开头，已按纯文本处理。",
                f"the text '{text[:40]}' begins like a formula; it is kept as plain text only.",
                "请改写开头的字符。",
                "Begin it with another character.",
                "warning",
            )
        )
        return safe_cell(text)

    def _warn(self, problem: Problem, about: str) -> None:
        """Keep a warning once per sheet; repetitions are counted."""
        key = (problem.code, problem.place.file, problem.place.sheet, about)
        self._first.setdefault(key, problem)
        self._warned[key] += 1

    def _reject(self, raw: RawRow, problems: list[Problem]) -> None:
        self.count.rejected += 1
        self.problems += [p for p in problems if id(p) not in self._told]
        self._told |= {id(p) for p in problems}
        self.rejected.append((row_text(raw), problems[0]))

    def finish(self) -> list[Observation]:
        """All observations, after the checks that need all rows: base years must not be mixed."""
        self._check_base_years()
        for key, problem in self._first.items():
            times = self._warned[key]
            if times > 1:
                problem = replace(problem, zh=f"{problem.zh}（共 {times} 行）", en=f"{problem.en} ({times} rows)")
            self.problems.append(problem)
        self._first.clear()
        return list(self._found.values())

    def _check_base_years(self) -> None:
        years: dict[str, Counter[int]] = {}
        keys: dict[str, list[tuple[str, str, Period, str]]] = {}
        for key, observation in self._found.items():
            if observation.base_year is not None:
                years.setdefault(observation.subject, Counter())[observation.base_year] += 1
                keys.setdefault(observation.subject, []).append(key)
        for subject, counted in years.items():
            if len(counted) < 2:
                continue
            usual = max(counted, key=lambda y: (counted[y], -y))
            if (declared := self.base_years.get(subject, self.base_year)) in counted:
                usual = declared or usual
            for key in keys[subject]:
                observation = self._found[key]
                if observation.base_year != usual:
                    del self._found[key]
                    raw = self._raw[key]
                    about = self.catalogue.find(observation.quantity)
                    self._reject(raw, [wrong.mixed_base_year(raw, observation, usual, about)])

    @property
    def errors(self) -> list[Problem]:
        """Problems that make rows unusable."""
        return [p for p in self.problems if p.severity == "error"]


def row_text(raw: RawRow) -> str:
    """A row as one line of CSV, guarded against formulas, for ``rejected.csv``."""
    cells = [raw.subject, raw.quantity, shown(raw.period), shown(raw.value), raw.unit, raw.by, raw.source, raw.note]
    return ",".join(_quoted(safe_cell(str(cell))) for cell in cells)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\n\r') else text


def _declared_base_year(subject: Subject) -> int | None:
    for name, value in subject.attributes:
        if name == "base_year" and value[:4].isdecimal():
            return int(value[:4])
    return None


def _unit_of(text: str) -> Unit | None:
    """The unit of a text, a base year behind it left aside; None if it is none."""
    try:
        return unit(split_base_year(text)[0])
    except UnitError:
        return None


def _is_percent(text: str) -> bool:
    found = _unit_of(text) if text else None
    return found is not None and found.same_as(PERCENT)
