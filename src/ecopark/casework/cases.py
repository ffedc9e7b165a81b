"""A case is the sum of its events: 发现—交办—整改—核验—销号. Status, step and people are computed, never stored by hand.

    found -> assigned -> rectified -> verified -> closed
                 ^           |                      |
                 |        returned                  | reopened (counted)
                 +-----------+----------------------+

A suggestion may come at any time before the case is closed and changes nothing. Whoever rectified cannot verify, return or
close. A case may also be dismissed when there is nothing to put right, with the reason; that too can be reopened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ecopark.core.text import RefusedError, Text

STEP_TEXT = {
    "found": Text("发现", "found"),
    "suggested": Text("建议", "suggested"),
    "assigned": Text("交办", "assigned"),
    "extended": Text("延期", "extended"),
    "rectified": Text("整改", "rectified"),
    "verified": Text("核验通过", "verified"),
    "returned": Text("退回整改", "returned"),
    "closed": Text("销号", "closed"),
    "dismissed": Text("不予立案", "dismissed"),
    "reopened": Text("重新打开", "reopened"),
}
"""The kinds of events."""
STATUS_TEXT = {
    "found": Text("待交办", "to assign"),
    "assigned": Text("整改中", "being rectified"),
    "rectified": Text("待核验", "to verify"),
    "verified": Text("待销号", "to close"),
    "closed": Text("已销号", "closed"),
    "dismissed": Text("不予立案", "dismissed"),
}
ENDED = ("closed", "dismissed")
NEXT = {
    # status: events that may follow
    "": ("found",),
    "found": ("suggested", "assigned", "dismissed"),
    "assigned": ("suggested", "assigned", "extended", "rectified"),
    "rectified": ("suggested", "verified", "returned"),
    "verified": ("suggested", "closed", "returned"),
    "closed": ("reopened",),
    "dismissed": ("reopened",),
}
LEADS_TO = {
    "found": "found", "assigned": "assigned", "rectified": "rectified", "verified": "verified", "returned": "assigned",
    "closed": "closed", "dismissed": "dismissed", "reopened": "found",
}  # fmt: skip
"""The status after an event; suggestions and extensions leave it as it is."""
REASONED = ("suggested", "extended", "returned", "dismissed", "reopened")
"""Events that need words."""
BY_ANOTHER = ("verified", "returned", "closed")
"""Events that the person who rectified cannot take."""


class CaseStepError(RefusedError):
    """A step that cannot be taken; both languages say why."""


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """One thing that happened to a case.

    Parameters
    ----------
    kind
        One of `STEP_TEXT`.
    by
        Who did it: any stable name.
    to
        Whom the case was assigned to, for ``assigned``: ``firm:...``, ``keeper:...``, ``office:...``.
    due
        Until when it must be rectified, for ``assigned`` and ``extended``.
    evidence
        How many photographs or documents came with it.
    """

    kind: str
    at: datetime
    by: str
    note: str = ""
    to: str = ""
    due: datetime | None = None
    evidence: int = 0


@dataclass(frozen=True, slots=True)
class Case:
    """What the events of a case amount to.

    Parameters
    ----------
    status
        One of `STATUS_TEXT`; empty before anything was found.
    since
        When the step that is due now began.
    found, ended
        When it was first found, and when it was last closed or dismissed (None: open).
    to, due
        Whom it is assigned to and until when, if it is.
    rectifier
        Who rectified it last.
    reopened, returned
        How often.
    """

    status: str = ""
    since: datetime | None = None
    found: datetime | None = None
    ended: datetime | None = None
    to: str = ""
    due: datetime | None = None
    rectifier: str = ""
    reopened: int = 0
    returned: int = 0
    events: tuple[CaseEvent, ...] = field(default=(), repr=False)

    @property
    def open(self) -> bool:
        """Whether something is still to be done."""
        return bool(self.status) and self.status not in ENDED


def case_of(events: Sequence[CaseEvent]) -> Case:
    """The case that these events make, in their order.

    Raises
    ------
    CaseStepError
        An event cannot follow those before it.
    """
    case = Case()
    for event in events:
        case = after(case, event)
    return case


def refusal(case: Case, event: CaseEvent) -> Text | None:
    """Why the event cannot happen to the case now; None if it can."""
    if event.kind not in STEP_TEXT:
        return Text(f"没有“{event.kind}”这一步", f"there is no step '{event.kind}'")
    step = STEP_TEXT[event.kind]
    if event.kind not in NEXT[case.status]:
        now = STATUS_TEXT.get(case.status, Text("尚未登记", "not registered"))
        return Text(f"当前为“{now.zh}”，不能“{step.zh}”。", f"The case is '{now.en}': it cannot be {step.en} now.")
    if case.events and event.at < case.events[-1].at:
        return Text("时间早于上一步，请刷新后再试。", "It is earlier than the last step. Load the page again.")
    if event.kind in REASONED and not event.note.strip():
        return Text(f"“{step.zh}”须写明理由或内容。", f"Say why or what: a case is not {step.en} without words.")
    if event.kind in BY_ANOTHER and event.by == case.rectifier:
        return Text("核验和销号须由整改人以外的人办理。", "Somebody other than who rectified it must do this.")
    if event.kind == "rectified" and not event.evidence:
        return Text("请附整改后的照片或文件。", "Add a photograph or document that shows it has been put right.")
    if event.kind == "assigned" and not event.to:
        return Text("请选择由谁整改。", "Say who is to put it right.")
    if event.kind in ("assigned", "extended"):
        if event.due is None or event.due <= event.at:
            return Text("整改期限须晚于现在。", "The time for rectifying must lie ahead.")
        if event.kind == "extended" and case.due is not None and event.due <= case.due:
            return Text("延期后的期限须晚于原期限。", "An extension must end later than the time it extends.")
    return None


def after(case: Case, event: CaseEvent) -> Case:
    """The case once the event has happened.

    Raises
    ------
    CaseStepError
        It cannot happen now; the text says why.
    """
    why = refusal(case, event)
    if why is not None:
        raise CaseStepError(why)
    kind = event.kind
    status = LEADS_TO.get(kind, case.status)
    moved = kind in LEADS_TO
    assigned = kind in ("assigned", "extended")
    return Case(
        status=status,
        since=event.at if moved else case.since,
        found=case.found or event.at,
        ended=event.at if status in ENDED and moved else None if kind == "reopened" else case.ended,
        to=event.to if kind == "assigned" else "" if kind == "reopened" else case.to,
        due=event.due if assigned else None if kind == "reopened" else case.due,
        rectifier=event.by if kind == "rectified" else "" if kind == "reopened" else case.rectifier,
        reopened=case.reopened + (kind == "reopened"),
        returned=case.returned + (kind == "returned"),
        events=(*case.events, event),
    )


def possible(case: Case, by: str) -> tuple[str, ...]:
    """The events this person could add now, were they allowed to and gave what is needed."""
    return tuple(k for k in NEXT[case.status] if not (k in BY_ANOTHER and by == case.rectifier))
