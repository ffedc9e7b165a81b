"""The last scene of the demonstration: reclaimed water replaces the chip plant's fresh water, and clause 13 passes.

It is reported as any figure is, by `figures.change.write`; how much is needed is what the assessment itself says. The
assessments of before and after are kept, as every one that was shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Any

from ecopark.web.assess import keep
from ecopark.web.assess.models import Kept
from ecopark.web.figures.change import Change, write
from ecopark.web.figures.models import Figure
from ecopark.web.parks.models import Park
from ecopark.web.tasks.work import clause_in

PACK, CLAUSE = "hj274-2015", "13"
FRESH, RECLAIMED = "industrial_fresh_water_m3", "reclaimed_water_used_m3"
STEP = Decimal(10_000)
"""What is replaced is told in whole ten thousands. [m3]"""
LOOKED_AT = 20
"""So many kept assessments are looked through for the one of before and the one of after."""
REASON = "再生水替代新鲜水（虚构） / reclaimed water instead of fresh water (invented)"
BACK = "恢复演示数据 / the demonstration begins anew"


@dataclass(frozen=True)
class Told:
    """What the scene shows.

    Parameters
    ----------
    firm, cut
        The firm that replaces its fresh water, and by how much. [m3]
    before, after
        The last kept assessment in which the clause is not met, and the one of now if it is met.
    """

    year: str
    firm: str
    cut: str
    before: Kept | None
    after: Kept | None

    @property
    def passed(self) -> bool:
        """Whether the clause is met now."""
        return self.after is not None

    @property
    def clause_before(self) -> dict[str, Any] | None:
        """The clause as it was."""
        return _clause(self.before)

    @property
    def clause_after(self) -> dict[str, Any] | None:
        """The clause as it has become."""
        return _clause(self.after)


def told(park: Park) -> Told:
    """The scene as it stands now."""
    year = str(keep.years_of(park)[0])
    now = keep.assessed(park, PACK, year)
    rows = Kept.objects.filter(park=park, pack=PACK, period=year).order_by("-at", "-pk")[:LOOKED_AT]
    before = now if not _met(now) else next((k for k in rows if not _met(k)), None)
    figure = _plant(park, year)
    return Told(year, figure.subject.name, f"{_cut(before):,.0f}", before, now if _met(now) else None)


def report(park: Park, user: Any) -> bool:
    """The office reports what the plant replaces: less fresh water, more reclaimed water; says whether anything differs."""
    scene = told(park)
    cut, plant = _cut(scene.before), _plant(park, scene.year)
    reclaimed = Figure.objects.get(park=park, subject__kind="park", quantity=RECLAIMED, period=scene.year, by="")
    changes = [(plant, -cut), (reclaimed, cut)]
    return write(park, [_change(f, f"{Decimal(f.given) + by:f}") for f, by in changes], user, REASON) > 0


def take_back(park: Park, user: Any) -> bool:
    """The figures become again what they were before; not those that somebody has changed since."""
    year = str(keep.years_of(park)[0])
    changes = []
    for quantity in (FRESH, RECLAIMED):
        for figure in Figure.objects.filter(park=park, quantity=quantity, period=year).select_related("subject"):
            said = figure.history.filter(history_change_reason=REASON).order_by("-version").first()
            if said is not None and said.version == figure.version:
                changes.append(_change(figure, figure.history.get(version=figure.version - 1).given))
    return write(park, changes, user, BACK) > 0


def _change(figure: Figure, given: str) -> Change:
    return Change(
        figure.subject.key, figure.quantity, figure.period, given, figure.unit, figure.by, note=figure.note,
        source=figure.source, place=figure.place, seen=figure.version,
    )  # fmt: skip


def _plant(park: Park, year: str) -> Figure:
    """The figure of the firm that takes most fresh water: the new chip plant."""
    rows = Figure.objects.filter(park=park, subject__kind="firm", quantity=FRESH, period=year, by="")
    found: Figure = rows.select_related("subject").order_by("-number", "pk")[0]
    return found


def _cut(before: Kept | None) -> Decimal:
    """So much less fresh water meets the clause, by what the assessment says must change."""
    clause = _clause(before)
    for change in clause["changes"] if clause else ():
        if change["quantity"] == FRESH:
            more = Decimal(change["exact"]["now"]) - Decimal(change["exact"]["needed"])
            return (more / STEP).to_integral_value(ROUND_CEILING) * STEP
    return Decimal(0)


def _clause(kept: Kept | None) -> dict[str, Any] | None:
    return clause_in(kept.result, f"{PACK}/{CLAUSE}") if kept is not None else None


def _met(kept: Kept) -> bool:
    clause = _clause(kept)
    return clause is not None and clause["status"] == "met"
