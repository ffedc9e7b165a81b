"""What the leader's one-page briefing is made of: plain results of a park's overview, in both languages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from ecopark.core.text import Text


@dataclass(frozen=True, slots=True)
class Verdict:
    """One standard and period: verdict, score or its bounds, counts of clauses, and how its limits are known."""

    pack: str
    title: Text
    period: str
    verdict: str
    said: Text
    score: Text
    basis: Text
    met: int
    not_met: int
    open: int
    hash: str
    version: str


@dataclass(frozen=True, slots=True)
class Indicator:
    """A clause with a number and a limit over some years; a missing number is None."""

    label: Text
    of: Text
    unit: str
    status: str
    periods: tuple[str, ...]
    values: tuple[float | None, ...]
    limits: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """A missing figure and how many clauses it settles by itself."""

    label: Text
    period: str
    settles: int


@dataclass(frozen=True, slots=True)
class Department:
    """What a department owes, the most telling first."""

    name: Text
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class OverdueTask:
    """An open task whose day has passed."""

    number: int
    measure: Text
    lead: Text
    due: date
    light: str


@dataclass(frozen=True, slots=True)
class Tasks:
    """Open tasks by light; `overdue` are those named, the longest overdue first, of `overdue_total`."""

    lights: Mapping[str, int]
    overdue: tuple[OverdueTask, ...] = ()
    overdue_total: int = 0


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case that is not closed: what, where, and its clock (None: it has none now)."""

    number: int
    what: Text
    found: date
    due: date | None
    late: bool


@dataclass(frozen=True, slots=True)
class Cases:
    """Open cases by clock; `oldest` are those named, of `total`."""

    clocks: Mapping[str, int]
    oldest: tuple[OpenCase, ...] = ()
    total: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """A verdict that became another: `when` is a day, or empty for a change from year to year."""

    title: Text
    when: str
    periods: tuple[str, str]
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Quota:
    """What is left of an account of the ledger, amounts as decimal texts."""

    name: Text
    year: int
    free: str
    limit: str
    unit: str


@dataclass(frozen=True, slots=True)
class Gate:
    """Decisions of the gate by verdict, and the quotas left."""

    counts: Mapping[str, int]
    quotas: tuple[Quota, ...] = ()


@dataclass(frozen=True, slots=True)
class Grades:
    """Firms by grade under a method."""

    year: str
    method: Text
    counts: Mapping[str, int]


@dataclass(frozen=True)
class Briefing:
    """Everything the page is made of. A part that is None is left out, and `left_out` says which and why.

    Parameters
    ----------
    period
        The assessed year.
    by, version
        Who made it with which program.
    """

    park: Text
    period: str
    on: date
    by: str
    version: str
    invented: bool = False
    verdicts: tuple[Verdict, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    indicators_total: int = 0
    missing: tuple[Department, ...] = ()
    changes: tuple[Change, ...] = ()
    tasks: Tasks | None = None
    cases: Cases | None = None
    gate: Gate | None = None
    grades: Grades | None = None
    left_out: tuple[Text, ...] = ()


def verdicts_of(results: Iterable[Mapping[str, Any]]) -> tuple[Verdict, ...]:
    """Assessments as plain data (`reports.plain.whole`) as lines of the page."""
    found = []
    for r in results:
        counts = r["counts"]
        found.append(
            Verdict(
                r["pack"], _text(r["title"]), r["period"], r["verdict"], _text(r["verdict_said"]), _text(r["score_said"]),
                _text(r["basis_said"]), counts.get("met", 0), counts.get("not_met", 0) + counts.get("partly_met", 0),
                counts.get("undetermined", 0), r["pack_hash"], r["version"],
            )
        )  # fmt: skip
    return tuple(found)


def _text(pair: Mapping[str, str]) -> Text:
    return Text(pair["zh"], pair["en"])
