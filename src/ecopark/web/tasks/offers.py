"""A figure reported with a task's progress, offered to be stored among the figures by the ordinary write and permission."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from ecopark.core.text import Text
from ecopark.errors import InputError
from ecopark.indicators.catalogue import indicators
from ecopark.web.figures.change import Change, ConflictError, write
from ecopark.web.figures.facts import problems_of
from ecopark.web.figures.models import Figure
from ecopark.web.figures.said import said
from ecopark.web.people.access import Standing
from ecopark.web.tasks.lights import number
from ecopark.web.tasks.models import Task
from ecopark.web.tasks.stored import Stored
from ecopark.web.typed import is_year


@dataclass(frozen=True)
class Offer:
    """A reported figure as it would be stored, and the version of what is stored there now (0: nothing)."""

    value: str
    unit: str
    quantity: str
    part: str
    period: str
    seen: int
    there: str = ""


def offer_of(standing: Standing, task: Task, stored: Stored | None, period: str = "") -> Offer | None:
    """What could be stored of the last report; None where it is stored already, or is no figure of the park that is typed.

    Parameters
    ----------
    period
        A year that was chosen; else the year of the report.
    """
    if stored is None or not stored.typed or not task.quantity or task.quantity in indicators():
        return None
    told = next((e for e in reversed(task.events.all()) if e.figure), None)
    if told is None or number(told.figure) == stored.value or not standing.may("write_figures", standing.park.key):
        return None
    year = period or max(str(told.on.year), stored.period)
    there = _there(standing, task, year)
    stands = said(there, task.quantity, task.part) if there else ""
    return Offer(told.figure, task.unit, task.quantity, task.part, year, there.version if there else 0, stands)


def store(standing: Standing, task: Task, offer: Offer, period: str, seen: int, user: Any) -> list[Text]:
    """Store a reported figure for a year; what is wrong, with nothing written, or nothing."""
    if not is_year(period) or not 1980 <= int(period) <= date.today().year + 1:
        return [Text(f"“{period}”不是可用的年份。", f"'{period}' is no year that can be used.")]
    change = Change(
        standing.park.key, offer.quantity, period, offer.value, offer.unit, offer.part,
        source=f"任务 / task #{task.number}", seen=seen,
    )  # fmt: skip
    try:
        write(standing.park, [change], user, f"任务 / task #{task.number}")
    except InputError as error:
        both = zip(problems_of(error, "zh"), problems_of(error, "en"), strict=False)
        return [Text(zh, en) for zh, en in both]
    except ConflictError:
        there = _there(standing, task, period)
        stands = (said(there, task.quantity, task.part) if there else "") or "—"
        return [
            Text(
                f"{period} 年已有数值 {stands}，尚未改动。确认要用任务上报的数替换，请再存一次。",
                f"For {period} there is {stands} already; nothing was changed. Store again to put the reported one there.",
            )
        ]
    return []


def _there(standing: Standing, task: Task, period: str) -> Figure | None:
    rows = Figure.objects.filter(park=standing.park, subject__key=standing.park.key, quantity=task.quantity)
    return rows.filter(period=period, by=task.part).first()
