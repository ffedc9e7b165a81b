"""How long cases have been open, what keepers did with theirs, and what keeps coming back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from ecopark.core.text import Text

BANDS = (
    (3, Text("3 日内", "up to 3 days")),
    (7, Text("4–7 日", "4-7 days")),
    (15, Text("8–15 日", "8-15 days")),
    (30, Text("16–30 日", "16-30 days")),
    (None, Text("30 日以上", "over 30 days")),
)
"""Age of an open case: up to so many days. [d]"""
RECURS_WITHIN = timedelta(days=365)
NEAR = Fraction(3, 10000)
"""Half width of the place within which a case counts as the same place, about 30 m. [degree]"""


@dataclass(frozen=True, slots=True)
class Row:
    """What the statistics need of a case.

    Parameters
    ----------
    keeper
        Whose it is counted as: any stable name.
    in_time
        Whether it was rectified by its time; None if it was not rectified yet.
    """

    kind: str
    severity: str
    found: datetime
    ended: datetime | None
    keeper: str = ""
    in_time: bool | None = None
    returned: int = 0
    reopened: int = 0


@dataclass(frozen=True, slots=True)
class Record:
    """What became of the cases of one keeper.

    Parameters
    ----------
    median_days
        Half of the ended cases took no longer. [d] None: none has ended.
    in_time
        How many of `rectified` were rectified by their time.
    """

    keeper: str
    found: int
    ended: int
    rectified: int
    in_time: int
    returned: int
    reopened: int
    median_days: Fraction | None

    @property
    def open(self) -> int:
        return self.found - self.ended


def ageing(rows: Iterable[Row], now: datetime) -> dict[str, list[int]]:
    """Open cases by severity and band of age; shape (len(BANDS),) each."""
    found: dict[str, list[int]] = {}
    for row in rows:
        if row.ended is not None:
            continue
        days = (now - row.found) / timedelta(days=1)
        band = next(i for i, (most, _) in enumerate(BANDS) if most is None or days <= most)
        found.setdefault(row.severity, [0] * len(BANDS))[band] += 1
    return found


def records(rows: Iterable[Row]) -> list[Record]:
    """The record of every keeper, most cases first."""
    by: dict[str, list[Row]] = {}
    for row in rows:
        by.setdefault(row.keeper, []).append(row)
    made = [
        Record(
            keeper, len(own), sum(r.ended is not None for r in own), sum(r.in_time is not None for r in own),
            sum(bool(r.in_time) for r in own), sum(r.returned for r in own), sum(r.reopened for r in own),
            _median([(r.ended - r.found) for r in own if r.ended is not None]),
        )
        for keeper, own in by.items()
    ]  # fmt: skip
    return sorted(made, key=lambda r: (-r.found, r.keeper))


def _median(spans: Sequence[timedelta]) -> Fraction | None:
    if not spans:
        return None
    seconds = sorted(Fraction(int(s.total_seconds())) for s in spans)
    middle = len(seconds) // 2
    value = seconds[middle] if len(seconds) % 2 else (seconds[middle - 1] + seconds[middle]) / 2
    return value / 86400


@dataclass(frozen=True, slots=True)
class Spot:
    """Where and when something of a kind was found; `firm` stands for the place where one is named."""

    kind: str
    found: datetime
    lon: float | None = None
    lat: float | None = None
    firm: str = ""


def same_place(a: Spot, b: Spot) -> bool:
    """Whether two cases are of one kind at one place: the same firm, or within about 30 m of each other."""
    if a.kind != b.kind:
        return False
    if a.firm or b.firm:
        return a.firm == b.firm
    if a.lon is None or a.lat is None or b.lon is None or b.lat is None:
        return False
    return abs(a.lon - b.lon) <= NEAR and abs(a.lat - b.lat) <= NEAR


def recurrences(spot: Spot, earlier: Iterable[Spot]) -> int:
    """How many earlier cases of this kind there were at this place within a year before it."""
    return sum(
        same_place(spot, other) and timedelta(0) <= spot.found - other.found <= RECURS_WITHIN for other in earlier
    )


def most_frequent(rows: Iterable[Row], count: int = 5) -> list[tuple[str, int]]:
    """The kinds found most often."""
    return sorted(Counter(r.kind for r in rows).items(), key=lambda kv: (-kv[1], kv[0]))[:count]
