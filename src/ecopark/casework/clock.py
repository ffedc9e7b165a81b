"""Until when the next step of a case is due, and who hears of it when it is late.

Clocks run in calendar hours, from the moment the step became due. The time for rectifying is the one that was set when the case
was assigned (or extended); for assigning and verifying it follows from the severity. Closing has the clock of verifying.
A case that was returned gets its severity's full time to rectify again, unless the time set ends later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from ecopark.casework.cases import Case
from ecopark.casework.rules import CaseRules, Level
from ecopark.core.text import Text

LEG_OF = {"found": "assign", "assigned": "rectify", "rectified": "verify", "verified": "verify"}
SOON = Fraction(3, 4)
"""Share of the time after which a step is said to be due soon."""
STATE_TEXT = {
    "running": Text("在期限内", "in time"),
    "soon": Text("即将到期", "due soon"),
    "late": Text("已超期", "late"),
    "ended": Text("已办结", "ended"),
}


@dataclass(frozen=True, slots=True)
class Clock:
    """Where a case stands in time.

    Parameters
    ----------
    state
        ``running``, ``soon``, ``late`` or ``ended``.
    due
        End of the current step; None once the case has ended.
    level
        Who hears of it, if it is late: the highest level reached.
    """

    state: str
    due: datetime | None
    late_by: timedelta = timedelta(0)
    level: Level | None = None


def rectify_by(rules: CaseRules, severity: str, at: datetime) -> datetime:
    """Until when a case assigned now must be rectified."""
    return at + timedelta(hours=rules.severity(severity).length("rectify"))


def extend_to(rules: CaseRules, severity: str, assigned: datetime) -> datetime:
    """The latest end that an extension can give to a case assigned then."""
    return assigned + timedelta(hours=rules.severity(severity).longest)


def due_of(case: Case, severity: str, rules: CaseRules) -> datetime | None:
    """End of the step that is due now; None if nothing is."""
    if not case.open or case.since is None:
        return None
    leg = LEG_OF[case.status]
    by_severity = case.since + timedelta(hours=rules.severity(severity).length(leg))
    if leg != "rectify" or case.due is None:
        return by_severity
    return max(case.due, by_severity) if case.events[-1].kind == "returned" else case.due


def ends_told(rules: CaseRules, number: int, now: datetime) -> list[tuple[str, str, datetime]]:
    """By severity and status: a step that ended then or earlier has been told to the level of this number by now.

    Level 0 hears of every late step. What `clock` says of one case, as bounds by which many can be looked up.
    """
    level = rules.escalation[number]
    return [
        (name, status, now - timedelta(seconds=int(level.after * severity.length(leg) * 3600)))
        for name, severity in rules.severities.items()
        for status, leg in LEG_OF.items()
    ]


def clock(case: Case, severity: str, rules: CaseRules, now: datetime) -> Clock:
    """Where the case stands at `now`."""
    due = due_of(case, severity, rules)
    if due is None or case.since is None:
        return Clock("ended", None)
    length = due - case.since
    if now <= due:
        used = Fraction(int((now - case.since).total_seconds()), max(int(length.total_seconds()), 1))
        return Clock("soon" if used >= SOON else "running", due)
    late = now - due
    step = rules.severity(severity).length(LEG_OF[case.status])
    beyond = Fraction(int(late.total_seconds()), step * 3600)
    reached = [level for level in rules.escalation if beyond >= level.after]
    return Clock("late", due, late, reached[-1] if reached else None)
