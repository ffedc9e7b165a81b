"""A target or failing clause split into tasks by department and date (责任分解), and the light of each (督办).

The path of a task follows the breakdown of the Tianjin Eco-city indicators: indicator - core element - key link - target -
measure with its department. The last two levels are the task itself; the three above say where it belongs.

The light goes by the clock *and* the figure:

    cancelled                                              grey
    the figure has reached the target                      green, whatever the clock says
    closed, but the figure falls short or is not known     amber: closed on paper only
    the day has passed and the target is not reached       red
    the day to begin has not come and nothing is reported  grey
    the figure is behind schedule by more than a third     red
    begun, but no figure is known                          amber: a missing figure is never on course
    the figure is behind schedule by more than a tenth     amber
    the last 30 days have begun and it is not reached      amber
    otherwise                                              green

"Behind the time": share of the days from start to due that have passed, less share of the way from the first figure to the
target. A task without a target figure goes by the share of the work that its department reports.

There is one truth of a figure: where the target is about something that is kept elsewhere (a quantity, a clause), the figure
kept there counts (`measured`), and what a department reports with its progress is a note. Only a target about nothing that is
kept goes by the figure reported last.

References
----------
Time + Architecture 2010-5: the breakdown of the Tianjin Eco-city indicators; names of its levels are recalled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction

from ecopark.core.text import RefusedError, Text
from ecopark.core.words import counted

STEP_TEXT = {
    "made": Text("立项", "made"),
    "started": Text("启动", "started"),
    "progress": Text("进展", "progress"),
    "moved": Text("调整", "changed"),
    "closed": Text("办结", "closed"),
    "cancelled": Text("撤销", "cancelled"),
    "reopened": Text("重新启动", "reopened"),
}
STATUS_TEXT = {
    "planned": Text("未启动", "planned"),
    "running": Text("办理中", "running"),
    "closed": Text("已办结", "closed"),
    "cancelled": Text("已撤销", "cancelled"),
}
OPEN = ("planned", "running")
NEXT = {
    "": ("made",),
    "planned": ("started", "progress", "moved", "cancelled"),
    "running": ("progress", "moved", "closed", "cancelled"),
    "closed": ("reopened",),
    "cancelled": ("reopened",),
}
LEADS_TO = {
    "made": "planned", "started": "running", "progress": "running", "closed": "closed", "cancelled": "cancelled",
    "reopened": "running",
}  # fmt: skip
REASONED = ("moved", "closed", "cancelled", "reopened")
LEVELS = (
    Text("指标", "indicator"),
    Text("核心要素", "core element"),
    Text("关键环节", "key link"),
    Text("目标", "target"),
    Text("措施", "measure"),
)
FAR_BEHIND = Fraction(1, 3)
BEHIND = Fraction(1, 10)
LAST_DAYS = 30
COLOURS = ("red", "amber", "green", "grey")
"""The worst first."""
COLOUR_TEXT = {
    "red": Text("红灯", "red"),
    "amber": Text("黄灯", "amber"),
    "green": Text("绿灯", "green"),
    "grey": Text("灰灯", "grey"),
}


class TaskStepError(RefusedError):
    """A step of a task that cannot be taken; both languages say why."""


@dataclass(frozen=True, slots=True)
class TaskEvent:
    """One thing that happened to a task.

    Parameters
    ----------
    figure
        The figure as it stood then, in the unit of the target; None: not said.
    share
        How much of the work is done, 0 to 1; None: not said.
    due
        The new day, for ``moved``.
    """

    kind: str
    on: date
    by: str
    note: str = ""
    figure: Fraction | None = None
    share: Fraction | None = None
    due: date | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """What the figure should become: `op` is ``>=``, ``<=``, ``>``, ``<`` or ``==``; `base` is where it started, if known."""

    op: str
    value: Fraction
    base: Fraction | None = None

    def reached(self, figure: Fraction) -> bool:
        """Whether the figure meets the target, at full value."""
        return {
            ">=": figure >= self.value, "<=": figure <= self.value, ">": figure > self.value,
            "<": figure < self.value, "==": figure == self.value,
        }[self.op]  # fmt: skip

    def way(self, figure: Fraction) -> Fraction | None:
        """Share of the way from base to target that the figure has gone; 1 once reached, None without a base.

        Examples
        --------
        >>> from fractions import Fraction
        >>> Target(">=", Fraction(100), Fraction(80)).way(Fraction(85))
        Fraction(1, 4)
        """
        if self.reached(figure):
            return Fraction(1)
        if self.base is None or self.base == self.value:
            return None
        return min(max((figure - self.base) / (self.value - self.base), Fraction(0)), Fraction(99, 100))


@dataclass(frozen=True, slots=True)
class Task:
    """A task as its events make it.

    Parameters
    ----------
    figure
        The one that counts: as reported last, or as stored (`measured`).
    share
        As reported last.
    stored
        Whether `figure` is a stored one; the reported one is then a note in the events.
    """

    start: date
    due: date
    target: Target | None = None
    status: str = ""
    figure: Fraction | None = None
    share: Fraction | None = None
    stored: bool = False
    ended: date | None = None
    moved: int = 0
    events: tuple[TaskEvent, ...] = field(default=(), repr=False)

    @property
    def open(self) -> bool:
        return self.status in OPEN

    @property
    def reported(self) -> Fraction | None:
        """The figure that was reported last; None if none was."""
        return next((e.figure for e in reversed(self.events) if e.figure is not None), None)


@dataclass(frozen=True, slots=True)
class Light:
    """The colour of a task and why."""

    colour: str
    why: Text


def task_of(start: date, due: date, target: Target | None, events: Sequence[TaskEvent]) -> Task:
    """The task that these events make.

    Raises
    ------
    TaskStepError
        An event cannot follow those before it.
    """
    task = Task(start, due, target)
    for event in events:
        task = after(task, event)
    return task


def measured(task: Task, figure: Fraction | None) -> Task:
    """The task going by a figure that is kept elsewhere, in the unit of the target; None: nothing is stored there.

    Examples
    --------
    >>> day = date(2024, 1, 1)
    >>> told = TaskEvent("progress", day, "office", figure=Fraction(9))
    >>> task = task_of(day, day, Target(">=", Fraction(6)), [TaskEvent("made", day, "office"), told])
    >>> measured(task, Fraction(3)).figure, measured(task, Fraction(3)).reported
    (Fraction(3, 1), Fraction(9, 1))
    """
    return replace(task, figure=figure, stored=True)


def refusal(task: Task, event: TaskEvent) -> Text | None:
    """Why the event cannot happen to the task now; None if it can."""
    if event.kind not in STEP_TEXT:
        return Text(f"没有“{event.kind}”这一步", f"there is no step '{event.kind}'")
    step = STEP_TEXT[event.kind]
    if event.kind not in NEXT[task.status]:
        now = STATUS_TEXT.get(task.status, Text("尚未立项", "not made yet"))
        return Text(f"任务“{now.zh}”，不能“{step.zh}”。", f"The task is {now.en}: it cannot be {step.en} now.")
    if event.kind in REASONED and not event.note.strip():
        return Text(f"“{step.zh}”须写明理由。", f"Say why: a task is not {step.en} without words.")
    if event.share is not None and not 0 <= event.share <= 1:
        return Text("完成比例应在 0 到 100% 之间。", "The share done lies between 0 and 100 %.")
    if event.kind == "progress" and event.figure is None and event.share is None and not event.note.strip():
        return Text("请填写进展、完成比例或最新数值。", "Give a figure, the share done, or words.")
    if event.due is not None and event.due < task.start:
        return Text("完成日期早于开始日期。", "The day lies before the start.")
    return None


def after(task: Task, event: TaskEvent) -> Task:
    """The task once the event has happened.

    Raises
    ------
    TaskStepError
        It cannot happen now.
    """
    why = refusal(task, event)
    if why is not None:
        raise TaskStepError(why)
    status = LEADS_TO.get(event.kind, task.status)
    return Task(
        start=task.start,
        due=event.due or task.due,
        target=task.target,
        status=status,
        figure=task.figure if event.figure is None or task.stored else event.figure,
        share=task.share if event.share is None else event.share,
        stored=task.stored,
        ended=event.on if status in ("closed", "cancelled") else None,
        moved=task.moved + (event.kind == "moved" and event.due is not None),
        events=(*task.events, event),
    )


def elapsed(task: Task, on: date) -> Fraction:
    """Share of the days from start to due that have passed, 0 to 1."""
    days = max((task.due - task.start).days, 1)
    return min(max(Fraction((on - task.start).days, days), Fraction(0)), Fraction(1))


def done(task: Task) -> Fraction | None:
    """Share of the way that is done: by the figure where there is a target, else by the work reported; None: not known."""
    if task.target is None:
        return Fraction(1) if task.status == "closed" else task.share
    if task.figure is None:
        return None
    way = task.target.way(task.figure)
    return task.share if way is None else way


def light(task: Task, on: date) -> Light:
    """The light of a task on a day, by the rule at the head of this file."""
    if task.status == "cancelled":
        return Light("grey", Text("已撤销", "cancelled"))
    way = done(task)
    if way == 1:
        return Light("green", Text("已达目标", "target reached") if task.target else Text("已完成", "done"))
    if task.status == "closed":
        known = task.figure is not None
        return Light(
            "amber",
            Text("已办结，但数值未达目标", "closed, but the figure falls short")
            if known
            else Text("已办结，但没有数值可证", "closed, but no figure shows it"),
        )
    if on > task.due:
        days = (on - task.due).days
        return Light("red", Text(f"逾期 {days} 天", f"{counted(days, 'day')} overdue"))
    if task.status == "planned" and on < task.start:
        return Light("grey", Text("未到启动日期", "not to begin yet"))
    passed = elapsed(task, on)
    if way is None and task.status == "planned":
        way = Fraction(0)  # nothing was begun: that is known, not missing
    if way is None:
        return Light("amber", Text("没有最新数值", "no figure is known"))
    behind = passed - way
    if behind > FAR_BEHIND:
        return Light("red", Text("严重滞后于进度", "far behind schedule"))
    if behind > BEHIND:
        return Light("amber", Text("滞后于进度", "behind schedule"))
    if (task.due - on).days < LAST_DAYS:
        return Light(
            "amber",
            Text(
                f"距到期 {(task.due - on).days} 天，尚未达标",
                f"{counted((task.due - on).days, 'day')} left, not reached",
            ),
        )
    return Light("green", Text("按进度推进", "on course"))


def possible(task: Task) -> tuple[str, ...]:
    """The events that could happen to the task now."""
    return NEXT[task.status]
