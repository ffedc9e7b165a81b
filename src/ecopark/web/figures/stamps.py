"""What changes whenever something changes that assessments rest on: asked of the database in a few short queries.

By quantity the last change of one of its figures, kept in memory and brought up by what was written since; beside it evidence,
subjects, signatures, titles and settings.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from django.db.models import Count, Max

from ecopark.web.figures.models import Figure
from ecopark.web.parks.models import Park
from ecopark.web.rules import sign

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
    years
        Calendar years with figures, the latest first.
    moved
        Whether figures were written since this process first looked.
    """

    changed: int
    last: dict[str, int]
    years: tuple[int, ...]
    moved: bool = False


_kept: OrderedDict[int, Written] = OrderedDict()
_lock = Lock()


def written(park: Park) -> Written:
    """What has been written of a park as of the count of changes that `park` carries, or a later one."""
    with _lock:
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
    years = set() if new or known is None else set(known.years)
    for quantity, period, seq in rows.values_list("quantity", "period").annotate(Max("seq")):
        last[quantity] = max(seq, last.get(quantity, 0))
        if period[:4].isdecimal():
            years.add(int(period[:4]))
    made = Written(park.changed, last, tuple(sorted(years, reverse=True)), moved=not new)
    with _lock:
        _kept[park.pk] = made
        _kept.move_to_end(park.pk)
        while len(_kept) > KEPT_PARKS:
            _kept.popitem(last=False)
    return made


def catch_up(park: Park, known: int) -> None:
    """Another request may have met a change since this one read its park: what is known is then later than `park` says.

    Only a database that was brought back is truly earlier than what is known of it.
    """
    if park.changed < known:
        park.refresh_from_db(fields=["changed"])


def forget() -> None:
    """Drop what is kept in memory."""
    with _lock:
        _kept.clear()


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
    evidence = park.evidence.filter(withdrawn__isnull=True).aggregate(last=Max("pk"), count=Count("pk"))
    people = park.subjects.aggregate(last=Max("pk"), count=Count("pk"))
    return Beside(
        repr((park.base_year, park.settings, people)), sign.stamps(park), repr((evidence, sign.title_entries(park)))
    )
