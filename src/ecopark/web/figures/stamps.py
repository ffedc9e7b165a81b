"""What changes whenever something changes that assessments rest on: asked of the database in two short questions.

By quantity the last change of one of its figures, kept in memory and brought up by what was written since; beside it evidence,
subjects, signatures, titles and settings.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import connection
from django.db.models import Max, Model

from ecopark.web.at_hand import AtHand
from ecopark.web.figures.models import COUNTED, Evidence, Figure
from ecopark.web.parks.models import Park, Subject
from ecopark.web.rules import sign
from ecopark.web.rules.models import TitleStep, Verification

KEPT_PARKS = 512
"""So many parks are kept in memory, the last used ones."""


@dataclass(frozen=True)
class Written:
    """When the figures of a park were last written.

    Parameters
    ----------
    changed
        The park's count of changes at that time.
    last
        By quantity, the highest `seq` of its figures, whatever their state.
    by_year
        The calendar years with figures that count, the latest first, and the quantities that have figures, of the park or of
        any of its firms. A draft of a year that nobody else has reported opens none.
    moved
        Whether figures were written since this process first looked.
    first
        One object for all that has followed from one first look: what was known of an earlier one is known of this too.
    """

    changed: int
    last: dict[str, int]
    by_year: dict[int, frozenset[str]]
    moved: bool = False
    first: object = field(default_factory=object, compare=False)

    @property
    def years(self) -> tuple[int, ...]:
        """Calendar years with figures, the latest first."""
        return tuple(self.by_year)

    @property
    def year(self) -> int | None:
        """The year a park is shown by: the last with at least half as many quantities as the fullest one.

        A year whose first figures have just come in would say "undetermined" of everything.
        """
        most = max(map(len, self.by_year.values()), default=0)
        return next((year for year, there in self.by_year.items() if 2 * len(there) >= most), None)


Stamp = tuple[Any, ...]

_kept: AtHand[int, Written] = AtHand(KEPT_PARKS)
_beside: AtHand[int, tuple[Stamp, Beside]] = AtHand(KEPT_PARKS)


def written(park: Park) -> Written:
    """What has been written of a park as of the count of changes that `park` carries, or a later one."""
    known = _kept.get(park.pk)
    if known is not None:
        catch_up(park, known.changed)
        if known.changed == park.changed:
            return known
    rows = Figure.objects.filter(park=park)
    new = known is None or known.changed > park.changed
    if not new and known is not None:
        rows = rows.filter(seq__gt=known.changed)
    last = {} if new or known is None else dict(known.last)
    by_year = {} if new or known is None else {year: set(there) for year, there in known.by_year.items()}
    begun: dict[int, tuple[set[str], set[str]]] = {}
    for quantity, period, seq in rows.values_list("quantity", "period").annotate(Max("seq")):
        last[quantity] = max(seq, last.get(quantity, 0))
        if not period[:4].isdecimal():
            continue
        year = int(period[:4])
        if year in by_year:
            by_year[year].add(quantity)
        else:
            quantities, periods = begun.setdefault(year, (set(), set()))
            quantities.add(quantity)
            periods.add(period)
    for year, (quantities, periods) in begun.items():
        if rows.filter(quantity__in=quantities, period__in=periods, state__in=COUNTED).exists():
            by_year[year] = quantities
            if not new:  # drafts that were there before one of them counted: what every other process sees too
                there = Figure.objects.filter(park=park, period__startswith=str(year))
                by_year[year] |= set(there.order_by().values_list("quantity", flat=True).distinct())
    sorted_years = {year: frozenset(by_year[year]) for year in sorted(by_year, reverse=True)}
    made = Written(park.changed, last, sorted_years, moved=not new)
    if not new and known is not None:
        made = replace(made, first=known.first)
    _kept.put(park.pk, made)
    return made


def last_years(parks: Iterable[Park]) -> dict[int, int]:
    """By park the last calendar year with figures that count: known of those that were looked at, else asked at once."""
    found: dict[int, int] = {}
    others = []
    for park in parks:
        known = _kept.get(park.pk)
        if known is None or known.changed != park.changed:
            others.append(park.pk)
        elif known.years:
            found[park.pk] = known.years[0]
    rows = (
        Figure.objects.filter(park__in=others, state__in=COUNTED).order_by().values_list("park").annotate(Max("period"))
        if others
        else ()
    )
    return found | {park: int(period[:4]) for park, period in rows if period[:4].isdecimal()}


def catch_up(park: Park, known: int) -> None:
    """Another request may have met a change since this one read its park: what is known is then later than `park` says.

    Only a database that was brought back is truly earlier than what is known of it.
    """
    if park.changed < known:
        park.refresh_from_db(fields=["changed"])


def forget() -> None:
    """Drop what is kept in memory."""
    _kept.clear()
    _beside.clear()


@dataclass(frozen=True)
class Beside:
    """What assessments rest on besides the figures.

    Parameters
    ----------
    reading
        The park's settings and its subjects: how figures are read.
    signed
        By pack, the signatures under its clauses.
    shown
        Evidence and the life of titles: shown beside results, they bear on none.
    """

    reading: str
    signed: dict[str, list[int]]
    shown: str

    def of_pack(self, pack: str) -> list[object]:
        """What bears on one pack."""
        return [self.reading, self.signed.get(pack, [])]


def beside(park: Park) -> Beside:
    """What assessments rest on besides the figures, as of now."""
    now = _stamp(park)
    known = _beside.get(park.pk)
    if known is not None and known[0] == now:
        return known[1]
    evidence, people, *_ = now[1:]
    reading = repr((park.base_year, park.settings, people))
    made = Beside(reading, sign.stamps(park), repr((evidence, sign.title_entries(park))))
    _beside.put(park.pk, (now, made))
    return made


LOOKED_AT: tuple[tuple[type[Model], str, str], ...] = (
    # a table, when its rows were made, and which of them count
    (Evidence, "at", "withdrawn IS NULL"), (Subject, "", "1 = 1"), (Verification, "at", "withdrawn IS NULL"),
    (TitleStep, "at", "withdrawn IS NULL"),
)  # fmt: skip
"""Rows of these are made and withdrawn, and else (of subjects) a change is noted in the park's settings."""
ASKED = " UNION ALL ".join(
    f"SELECT {n}, MAX(id), COUNT(*), {f'MAX({made})' if made else 'NULL'} FROM {table._meta.db_table} "
    f"WHERE park_id = %s AND {which}"
    for n, (table, made, which) in enumerate(LOOKED_AT)
)


def _stamp(park: Park) -> Stamp:
    """The park's settings and, of each table that is looked at, the last row and how many there are: one question.

    Written as it is asked: putting four such questions together takes longer than the database needs for the answer.
    """
    with connection.cursor() as cursor:
        cursor.execute(ASKED, [park.pk] * len(LOOKED_AT))
        found = sorted(cursor.fetchall(), key=lambda row: row[0])
    return (repr((park.base_year, park.settings)), *((last, count, str(made)) for _, last, count, made in found))
