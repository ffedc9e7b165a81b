"""Tasks, what happened to them, and programmes, as the API takes and gives them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from ninja import Field, Schema

from ecopark.web.api.shapes import Bilingual, Day, FigureWanted, Line, Name, Note, Number, Plain

Operator = Literal["", ">=", "<=", ">", "<", "=="]


class Colour(Schema):
    """A light and why it shows."""

    colour: str
    why: Bilingual


class TaskOut(Schema):
    """A task as it was made and as its events make it; `done` and `elapsed` in per cent, null: not known.

    `figure` counts: the stored one of its quantity or clause; `reported` is what came with its progress, a note.
    """

    number: int
    measure: Bilingual
    clause: str
    period: str
    path: list[Bilingual]
    lead: str
    lead_name: Bilingual
    lead_is_gone: bool
    support: list[dict[str, str]]
    programme: int | None
    start: date
    due: date
    due_first: date
    status: str
    light: Colour
    quantity: str
    op: str
    target: str
    base: str
    unit: str
    part: str
    effect: str
    figure: str | None
    reported: str | None
    done: int | None
    elapsed: int


class TaskPast(Schema):
    """One thing that happened to a task."""

    kind: str
    label: Bilingual
    on: date
    at: datetime
    by: str
    note: str
    figure: str
    share: str
    due: date | None
    lead: list[dict[str, str]]


class TaskStored(Schema):
    """The stored figure a task goes by: which year's, where it comes from, its page."""

    value: str | None
    period: str
    source: Bilingual
    url: str


class TaskSplit(Schema):
    """Expected effects of the tasks that share a target, against its gap; null: not known where the figure stands."""

    gap: str | None
    promised: str
    short: str | None
    unsaid: int


class TaskWhole(TaskOut):
    """A task with its events, and the steps that may follow.

    `offer` is the figure reported last, as it can be sent to ``PUT figures`` to be stored; null where there is none to store.
    """

    same_target: list[int]
    split: TaskSplit | None
    may: list[str]
    events: list[TaskPast]
    stored: TaskStored | None
    offer: FigureWanted | None


class TargetIn(Schema):
    """A target that tasks share: `quantity` by id or name, `unit` empty for its own, `base` empty for what is stored."""

    quantity: Name = ""
    part: Annotated[Name, Field(max_length=200)] = ""
    op: Operator = ""
    target: Plain = ""
    base: Plain = ""
    unit: Plain = ""


class TaskIn(TargetIn):
    """A task to be made; with a target, `op` says whether it is at least or at most."""

    measure: Annotated[Line, Field(min_length=1)]
    measure_en: Line = ""
    lead: Plain
    support: Annotated[list[Name], Field(max_length=40, default_factory=list)]
    start: Day
    due: Day
    element: Annotated[Line, Field(max_length=200)] = ""
    link: Annotated[Line, Field(max_length=200)] = ""
    effect: Plain = ""
    portion: Annotated[Plain, Field(max_length=20)] = ""
    programme: Number | None = None


class TasksIn(Schema):
    """Tasks to be made, all or none; `clause` and `period` name the clause that they are for."""

    target: TargetIn | None = None
    clause: Name = ""
    period: Name = ""
    tasks: Annotated[list[TaskIn], Field(min_length=1, max_length=40)]


class TaskDraft(Schema):
    """A task as it is proposed; `lead` is empty where nobody is."""

    measure: str
    lead: str
    start: date
    due: date
    element: str
    quantity: str
    part: str
    op: str
    target: str
    base: str
    unit: str


class Waiting(Schema):
    """A clause that is not met and has no task yet."""

    clause: str
    name: Bilingual
    status: str
    period: str


class TaskStep(Schema):
    """What happened: `figure` in the unit of the target, `share` in per cent; `due` and `lead` change the task (moved)."""

    kind: Literal["started", "progress", "moved", "closed", "cancelled", "reopened"]
    note: Note = ""
    figure: Plain = ""
    share: Annotated[Plain, Field(max_length=20)] = ""
    due: Day | None = None
    lead: Name = ""


class DispatchLine(Schema):
    """A task that a meeting must talk about, and what brought it there."""

    task: TaskOut
    reasons: list[str]


class Dispatch(Schema):
    """The dispatch list of a month as on one day, the worst first; `counts` are all open tasks by light."""

    on: date
    counts: dict[str, int]
    items: list[DispatchLine]


class EffectOut(Schema):
    """A clause when the first of its tasks was made, and now."""

    clause: str
    name: Bilingual
    period: str
    before: str | None
    after: str | None
    met_before: bool | None
    met_after: bool | None
    toward: str
    tasks: list[int]
    closed: int


class ProgrammeIn(Schema):
    """A group of tasks to be made."""

    kind: Literal["programme", "scenarios"]
    name: Annotated[Name, Field(min_length=1)]
    name_en: Name = ""
    note: Line = ""


class ProgrammeOut(Schema):
    """A group of tasks; `lights` counts the open ones."""

    id: int
    kind: str
    name: Bilingual
    note: str
    tasks: int
    closed: int
    lights: dict[str, Any]
