"""The monthly dispatch list (调度) and what closed tasks did to their clauses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from ecopark.casework.tasks import COLOURS, Light, Target, Task, light
from ecopark.core.text import Text

AHEAD = timedelta(days=45)
"""Tasks due so soon after the month are looked at too."""
QUIET = timedelta(days=35)
"""A running task without a word for so long is asked for one."""
REASONS = {
    "red": Text("亮红灯", "red light"),
    "amber": Text("亮黄灯", "amber light"),
    "due": Text("临近到期", "due soon"),
    "quiet": Text("上月无进展填报", "nothing reported lately"),
    "ended": Text("本月办结", "ended this month"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One task on the list: its light and what brought it there, worst first."""

    key: str
    light: Light
    reasons: tuple[str, ...]


def month_of(on: date) -> tuple[date, date]:
    """First and last day of the month of a day."""
    first = on.replace(day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    return first, following - timedelta(days=1)


def dispatch_list(tasks: Iterable[tuple[str, Task]], on: date) -> list[Line]:
    """What a dispatch meeting on that day must talk about: red and amber lights, due soon, silent, ended this month.

    Parameters
    ----------
    tasks
        Key and task. Cancelled tasks and those on course are left out.
    """
    first, last = month_of(on)
    lines = []
    for key, task in tasks:
        if task.status == "cancelled":
            continue
        now = light(task, on)
        reasons = []
        if task.open:
            if now.colour in ("red", "amber"):
                reasons.append(now.colour)
            if on <= task.due <= last + AHEAD:
                reasons.append("due")
            told = max((e.on for e in task.events), default=task.start)
            if task.status == "running" and on - told > QUIET:
                reasons.append("quiet")
        elif task.ended is not None and first <= task.ended <= last:
            reasons.append("ended")
        if reasons:
            lines.append((COLOURS.index(now.colour), task.due, Line(key, now, tuple(reasons))))
    return [line for _, _, line in sorted(lines, key=lambda row: (row[0], row[1], row[2].key))]


@dataclass(frozen=True, slots=True)
class Effect:
    """What happened to a clause while tasks for it were closed.

    Parameters
    ----------
    before, after
        The clause's value when the first of the tasks was made, and now; None: it had none.
    toward
        ``better``, ``worse``, ``same``, or ``unknown`` where one of the two is missing.
    """

    before: Fraction | None
    after: Fraction | None
    toward: str
    met_before: bool | None
    met_after: bool | None


def effect(target: Target, before: Fraction | None, after: Fraction | None) -> Effect:
    """The clause before and after, judged in the direction of its limit.

    It says what changed, not that the tasks alone changed it.

    Examples
    --------
    >>> from fractions import Fraction
    >>> effect(Target(">=", Fraction(75)), Fraction(70), Fraction(76)).toward
    'better'
    """
    met = [None if v is None else target.reached(v) for v in (before, after)]
    if before is None or after is None:
        return Effect(before, after, "unknown", met[0], met[1])
    if target.op == "==":
        gained = abs(before - target.value) - abs(after - target.value)
    else:
        gained = (after - before) * (1 if target.op in (">=", ">") else -1)
    toward = "same" if gained == 0 else "better" if gained > 0 else "worse"
    return Effect(before, after, toward, met[0], met[1])


def counted(lights: Sequence[Light]) -> dict[str, int]:
    """How many tasks show each colour, the worst first."""
    return {colour: sum(one.colour == colour for one in lights) for colour in COLOURS}
