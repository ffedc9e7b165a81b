"""Assessments on demand: computed once for what they rest on, kept whole, and found again by it.

What an assessment rests on is the figures its pack needs (the last change of each quantity), the park's settings, the
signatures under its clauses, the pack's hash and the program's version. A change of any other figure leaves it as it is. After
a change only the clauses that it can reach are worked out again (`standards.again`), and an answer that stays the same stays
the one that is kept.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache, partial
from threading import Lock
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from ecopark import __version__
from ecopark.observations.model import Facts
from ecopark.packs.load import find_pack, shipped_ids
from ecopark.reports.plain import Said, whole
from ecopark.standards.again import Again
from ecopark.standards.needs import FACTORS, reach
from ecopark.standards.result import Assessment
from ecopark.web import background, lasting
from ecopark.web.assess.models import LARGE, Kept, Packed
from ecopark.web.background import StillWorkingError
from ecopark.web.figures import stamps
from ecopark.web.figures.facts import expect, facts_of
from ecopark.web.parks.models import Park
from ecopark.workflows.assess_park import again, assess_again, assess_all

AT_HAND = 64
"""So many assessments are kept in memory, ready to be brought up to date; the last used ones."""

PATIENCE = 5.0
"""So long a request waits for somebody who is working out the answers of its park. [s]"""

LATELY = 24
"""So many of the answers shown last make a process ready when it begins."""

Cell = tuple[str, str]
"""A pack and a period."""


class Current:
    """A park as it stands now: its assessments, each found or computed.

    What they rest on is asked for once, when this is made (`written`, `beside`): make one for each request, and none to keep.
    """

    def __init__(self, park: Park) -> None:
        self.park = park
        self.behind = False
        """Whether an answer is an earlier one, for the one of now is being worked out."""
        self.written = stamps.written(park)
        self.beside = stamps.beside(park)

    @property
    def years(self) -> list[int]:
        """Calendar years for which the park or its firms have figures that count, the latest first."""
        return list(self.written.years)

    @property
    def year(self) -> str:
        """The year the park is shown by (`stamps.Written.year`); empty without figures."""
        return str(self.written.year or "")

    def key(self, pack_id: str, period: str) -> str:
        """A hash of everything the assessment of this pack and period depends on."""
        pack = find_pack(pack_id)
        last = self.written.last
        needed = needs(pack.id, pack.hash)
        rests = {name: seq for name, seq in last.items() if name in needed or name.startswith(FACTORS)}
        parts = [pack.id, pack.hash, __version__, period, rests, self.beside.of_pack(pack.id)]
        return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    def find_all(self, cells: Iterable[Cell]) -> dict[Cell, Kept]:
        """The assessments that hold now, of those that were computed already."""
        wanted = {self.key(*cell): cell for cell in cells}
        rows = Kept.objects.filter(park=self.park, key__in=list(wanted)).defer(*LARGE)
        return {wanted[kept.key]: kept for kept in rows}

    def find(self, pack_id: str, period: str) -> Kept | None:
        """The assessment that holds now, if it was computed already."""
        return self.find_all([(pack_id, period)]).get((pack_id, period))

    def assessed_all(self, cells: Iterable[Cell], *, earlier: bool = False) -> dict[Cell, Kept]:
        """The assessments that hold now; computed and kept where they are not there yet.

        Parameters
        ----------
        cells
            Packs and periods.
        earlier
            Take the last answers that were kept (and set `behind`) rather than raise `StillWorkingError`.

        Raises
        ------
        InputError
            One cannot be assessed: no such period, options that do not fit.
        StillWorkingError
            Of a request, where the figures of a large park have to be read first.
        """
        wanted = list(dict.fromkeys(cells))
        found = self.find_all(wanted)
        if self.written.moved:
            self._ready_later(found)
        if lacking := [cell for cell in wanted if cell not in found]:
            try:
                found |= self._work_out(lacking)
            except StillWorkingError:
                background.later_with(self.park, tuple(lacking), lambda park: Current(park)._work_out(lacking))
                last = self._last(lacking) if earlier else {}
                if len(last) < len(lacking):
                    raise
                found |= last
                self.behind = True
        return {cell: found[cell] for cell in wanted}

    def assessed(self, pack_id: str, period: str, *, earlier: bool = False) -> Kept:
        """The assessment that holds now; computed and kept if it is not there yet. As `assessed_all` for one."""
        return self.assessed_all([(pack_id, period)], earlier=earlier)[pack_id, period]

    def _last(self, cells: Iterable[Cell]) -> dict[Cell, Kept]:
        found = {}
        for pack, period in cells:
            rows = Kept.objects.filter(park=self.park, pack=pack, period=period).defer(*LARGE).order_by("-at", "-pk")
            if kept := rows.first():
                found[pack, period] = kept
        return found

    def _work_out(self, cells: Sequence[Cell]) -> dict[Cell, Kept]:
        """Answers worked out and kept, all in one transaction. Who comes second in a process finds what the first has kept."""
        expect(self.park, self.beside)
        lock = _lock_of(self.park)
        if not lock.acquire(timeout=PATIENCE if background.somebody_waits() else -1):
            raise StillWorkingError
        try:
            now = self._now()
            found = now.find_all(cells)
            return found | _keep(now, {cell: now._answer(cell) for cell in sorted(cells) if cell not in found})
        finally:
            lock.release()

    def _now(self) -> Current:
        """The park as it stands now that nobody else in this process works on it: it may have been written to meanwhile."""
        before = self.written.changed, self.park.base_year, self.park.settings
        self.park.refresh_from_db(fields=["changed", "base_year", "settings"])
        same = before == (self.park.changed, self.park.base_year, self.park.settings)
        return self if same else Current(self.park)

    def _ready_later(self, cells: Iterable[Cell]) -> None:
        """Another process answered for a park that is being written to: be ready here too before the next change."""
        for cell in cells:
            if _name(self.park, *cell) not in _kept:
                background.later_with(self.park, cell, partial(_make_ready, cell))

    def _answer(self, cell: Cell) -> tuple[Kept, dict[str, Any]]:
        """An answer that is not stored yet, with its body: a new one, or the last one with a new key if it says the same."""
        background.go_on()
        pack_id, period = cell
        hand = _at_hand(self.park, pack_id, period)
        result = assess_again(hand.engine, facts_of(self.park, self.beside))
        body = whole(result, hand.said)
        rows = Kept.objects.filter(park=self.park, pack=pack_id, period=period)
        last = rows.defer(*LARGE).order_by("-at", "-pk").first()
        key = self.key(pack_id, period)
        if last is not None and last.version == result.version and last.says(body, hand.packed):
            last.key = key
            last.remember(body)  # the next comparison meets the same objects
            return last, body
        return unsaved(self.park, result, body, hand.packed, key=key), body


def assessed(park: Park, pack_id: str, period: str) -> Kept:
    """The assessment that holds now; see `Current.assessed`."""
    return Current(park).assessed(pack_id, period)


def unsaved(
    park: Park, result: Assessment, body: dict[str, Any], known: Packed, *, key: str = "", at: datetime | None = None
) -> Kept:
    """The row that keeps an answer, not stored yet."""
    return Kept(
        park=park, pack=result.pack.id, period=str(result.period), key=key, verdict=result.verdict, score=body["score"] or "",
        basis=body["basis"], verified=body["verified"], pack_hash=result.pack.hash, version=result.version,
        fingerprint=result.fingerprint, changed=park.changed, at=at or timezone.now(),
    ).pack_up(body, known)  # fmt: skip


def local(moment: datetime) -> str:
    """A moment as texts write it, in the time of the site."""
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}"


def live(facts: Facts, pack_id: str, period: str, subject: str) -> dict[str, Any]:
    """An assessment of facts that are not stored (a what-if), as plain data like a kept one."""
    [result] = assess_all(facts, [pack_id], periods=[period], subject=subject)
    return whole(result)


def years_of(park: Park) -> list[int]:
    """Calendar years for which the park or its firms have figures, the latest first."""
    return list(stamps.written(park).years)


def years_open(park: Park, *shown: str) -> list[str]:
    """Years that figures may be given or asked for, the latest first: those there are, those shown, and the next."""
    known = {*years_of(park), *(int(year) for year in shown)}
    return [str(year) for year in sorted({*known, max(known) + 1} if known else (), reverse=True)]


def year_of(park: Park) -> str:
    """The year a park is shown by where nobody asks for another (`stamps.Written.year`); empty without figures."""
    return str(stamps.written(park).year or "")


def packs_of(park: Park) -> Sequence[str]:
    """The packs the park works with; all that ship if none was chosen."""
    return park.packs or shipped_ids()


def ready_last() -> None:
    """For a process that has just begun: have at hand what was shown last, one answer after the other, in the background."""
    shown = Kept.objects.order_by("-at", "-pk").values_list("park", "pack", "period")[:LATELY]
    for park, pack, period in dict.fromkeys(shown):
        background.later_with(Park(pk=park), (pack, period), partial(_make_ready, (pack, period)))


# -- inside ------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def needs(pack_id: str, pack_hash: str) -> frozenset[str]:
    """The quantities that bear on a pack's answers; the hash is that of the pack as it stands."""
    pack = find_pack(pack_id)
    return frozenset().union(*(reach(clause, pack) for clause in pack.clauses))


@dataclass
class _AtHand:
    """One assessment in memory, ready to be brought up to date by whoever holds the park's lock."""

    engine: Again
    said: Said = field(default_factory=dict)
    packed: Packed = field(default_factory=dict)


_kept: OrderedDict[tuple[int, str, str, str, str], _AtHand] = OrderedDict()
_locks: dict[int, Lock] = {}
_lock = Lock()


def _lock_of(park: Park) -> Lock:
    with _lock:
        return _locks.setdefault(park.pk, Lock())


def _make_ready(cell: Cell, park: Park) -> None:
    with _lock_of(park):
        Current(park)._answer(cell)
    lasting.set_aside()


def _name(park: Park, pack_id: str, period: str) -> tuple[int, str, str, str, str]:
    return park.pk, park.key, pack_id, period, find_pack(pack_id).hash


def _at_hand(park: Park, pack_id: str, period: str) -> _AtHand:
    name = _name(park, pack_id, period)
    with _lock:
        found = _kept.pop(name, None)
        if found is None:
            found = _AtHand(again(pack_id, park.key, period))
        _kept[name] = found
        while len(_kept) > AT_HAND:
            _kept.popitem(last=False)
    return found


Answers = dict[Cell, tuple[Kept, dict[str, Any]]]


def _keep(now: Current, answers: Answers) -> dict[Cell, Kept]:
    """Store answers in one transaction. All processes take rows in one order, so that none waits for another in a ring."""
    moved = sorted((kept for kept, _ in answers.values() if kept.pk is not None), key=lambda kept: kept.pk)
    new = [(kept, body) for kept, body in answers.values() if kept.pk is None]
    try:
        with transaction.atomic():
            for kept in moved:
                Kept.objects.filter(pk=kept.pk).update(key=kept.key)
            Kept.objects.bulk_create([kept for kept, _ in new])
    except IntegrityError:  # another process was faster with some: its answers are the same
        there = now.find_all(answers)
        rest = {cell: answer for cell, answer in answers.items() if cell not in there}
        if not there:
            raise
        return there | (_keep(now, rest) if rest else {})
    for kept, body in new:
        kept.remember(body)
    return {cell: kept for cell, (kept, _) in answers.items()}
