"""Firms, their audits and retrofits, grades, appeals and plots, as the API takes and gives them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from ninja import Field, Schema

from ecopark.web.api.shapes import Bilingual, Day, JobOut, Line, Name, Note, Number, Plain, Reason, YearOrNone

YearNumber = Annotated[int, Field(ge=1900, le=2200)]
Figure = Annotated[Plain, Field(max_length=60)]
Weights = Annotated[dict[Name, Figure], Field(max_length=500, default_factory=dict)]


class FirmFields(Schema):
    """What the registry holds of a firm; `parent` is the key of the park or of a group."""

    name: str
    credit_code: str
    parent: str
    since: int | None
    until: int | None
    industry_code: str
    parcel: str = ""


class FirmOut(FirmFields):
    """A firm; `grade` and `rank` of the last grading, for who may see grades."""

    key: str
    kind: str
    grade: str | None
    rank: int | None


class FirmPast(Schema):
    """Something done to a registry entry; `data` holds before and after."""

    id: int
    kind: str
    label: Bilingual
    at: datetime
    by: str
    why: str
    data: dict[str, Any]
    undone: datetime | None


class AuditOut(Schema):
    """A cleaner-production or energy audit of a firm."""

    id: int
    firm: str
    kind: str
    kind_said: Bilingual
    mandatory: bool
    due: date | None
    done: date | None
    auditor: str
    findings: str
    state: str
    proposed: dict[str, Any]


class RetrofitOut(Schema):
    """A measure of a firm: what it should save a year and did, in `unit` of `quantity`; cost in 10k CNY.

    `state` is draft (to be confirmed), confirmed, returned or withdrawn; `proposed` is a change that waits for the office;
    `more`: more of the quantity is promised, not less.
    """

    id: int
    firm: str
    audit: int | None
    name: str
    quantity: str
    expected: str
    achieved: str
    unit: str
    cost: str
    more: bool
    due: date | None
    done: date | None
    state: str
    proposed: dict[str, Any]


class GradeOut(Schema):
    """What one grading says of one firm."""

    run: int
    firm: str
    name: str
    method: str
    year: str
    group: str
    score: float | None
    rank: int | None
    of: int
    grade: str
    outside: bool


class FirmWhole(FirmOut):
    """A firm with everything of it that you may know."""

    industry: str
    grades: list[GradeOut]
    audits: list[AuditOut]
    retrofits: list[RetrofitOut]
    projects: list[int]
    cases: list[int]
    events: list[FirmPast]


class FirmTyped(Schema):
    """The fields of a registry entry as they are typed."""

    name: Annotated[Line, Field(max_length=200)]
    credit_code: Plain = ""
    parent: Name = ""
    since: YearNumber | None = None
    until: YearNumber | None = None
    industry_code: Annotated[Plain, Field(max_length=8)] = ""
    parcel: Annotated[Line, Field(max_length=200)] = ""


class FirmIn(FirmTyped):
    """A firm to be registered."""

    key: Annotated[Name, Field(min_length=1)]
    why: Reason = ""


class FirmChange(FirmTyped):
    """An entry to be changed, with the reason; `seen` are its fields as they were read (409 if they are others now)."""

    why: Annotated[Reason, Field(min_length=1)]
    seen: FirmFields | None = None


class Clash(Schema):
    """A figure that both entries have with different values: it would stay with the entry that is kept."""

    quantity: str
    period: str
    by: str
    kept: str
    double: str


class Double(Schema):
    """A firm of a group of doubles, and what a merge into the first would set aside."""

    firm: FirmOut
    figures: int
    clashes: list[Clash]


class Doubles(Schema):
    """Firms under one credit code."""

    credit_code: str
    firms: list[Double]


class MergeIn(Schema):
    """Keep one entry and move everything of its double to it."""

    kept: Name
    double: Name
    why: Reason = ""


class MergeOut(Schema):
    """A merge; `undone` is null while it holds."""

    id: int
    kept: str
    double: str
    figures: int
    aside: int
    at: datetime
    by: str
    why: str
    undone: datetime | None


class Undo(Schema):
    """Why a merge is undone."""

    why: Reason = ""


class PlaceOut(Schema):
    """A parcel, facility, group or grid on the park's map."""

    id: str
    name: Bilingual
    firm: str | None
    firm_name: str
    group: str
    area: float | None
    free: bool
    type: str


class AuditIn(Schema):
    """An audit; what is left out stays as it is."""

    kind: Literal["cleaner", "energy", "other"] | None = None
    mandatory: bool | None = None
    due: Day | None = None
    done: Day | None = None
    auditor: Annotated[Line, Field(max_length=200)] | None = None
    findings: Note | None = None
    why: Reason = ""


class RetrofitIn(Schema):
    """A retrofit; what is left out stays as it is. `audit` is one of the firm's; 0 (and an empty `quantity`) unlinks it."""

    name: Annotated[Line, Field(max_length=200)] | None = None
    quantity: Name | None = None
    expected: Figure | None = None
    achieved: Figure | None = None
    unit: Annotated[Plain, Field(max_length=40)] | None = None
    cost: Figure | None = None
    audit: Number | None = None
    more: bool | None = None
    due: Day | None = None
    done: Day | None = None
    why: Reason = ""


class MethodOut(Schema):
    """A grading method that ships, and whether the park grades by it."""

    id: str
    title: Bilingual
    hash: str
    chosen: bool
    cutoffs: str


class MethodIn(Schema):
    """The method the park grades by, and cut-offs (``A=20,B=60,C=20``) where it has none."""

    method: Name
    cutoffs: Name = ""


class RunIn(Schema):
    """The year to be graded; empty: the latest with figures."""

    year: YearOrNone = ""


class RunOut(Schema):
    """A grading as it was kept; `counts` and `warnings` for who sees all firms."""

    id: int
    method: str
    method_hash: str
    year: str
    firms: int
    current: bool
    appeal: int | None
    options: dict[str, Any]
    counts: dict[str, int]
    warnings: list[Bilingual]
    version: str
    by: str
    at: datetime


class Graded(Schema):
    """The grading; or the background work that makes it."""

    run: RunOut | None = None
    job: JobOut | None = None


class InputOut(Schema):
    """A figure that a firm can object to."""

    id: str
    label: Bilingual
    unit: str


class ChangeOut(Schema):
    """The smallest change of one figure alone that reaches the next class; `needed` is null where there is none."""

    id: str
    label: Bilingual
    unit: str
    now: str
    needed: str | None
    reason: Bilingual


class AppealOut(Schema):
    """An appeal; `result` says what an accepted one did to this firm, and for who sees all firms to the others."""

    id: int
    run: int
    firm: str
    quantity: str
    label: Bilingual
    value: str
    reason: str
    evidence: str
    state: str
    by: str
    at: datetime
    answer: str
    decided_by: str
    decided: datetime | None
    result: dict[str, Any]


class SheetOut(Schema):
    """A firm's own sheet: every item, what the next class takes, and its appeals."""

    grade: GradeOut
    current: bool
    told: dict[str, Any]
    distance: Bilingual
    objection: Bilingual
    changes: list[ChangeOut]
    inputs: list[InputOut]
    may_appeal: bool
    appeals: list[AppealOut]


class AppealForm(Schema):
    """The figure that is wrong, its right value and why; the evidence is sent beside as `file`."""

    quantity: Annotated[Name, Field(max_length=160)]
    value: Annotated[Figure, Field(min_length=1)]
    reason: Annotated[Line, Field(min_length=1, max_length=1000)]


class AppealDecision(Schema):
    """Accept (and grade everybody again) or reject, with the reason."""

    step: Literal["accept", "reject"]
    answer: Annotated[Note, Field(min_length=1, max_length=1000)]


class SimulateIn(Schema):
    """Other weights (``GROUP.ITEM``: number) and cut-offs."""

    weights: Weights
    cutoffs: Name = ""


class MoveOut(Schema):
    """A firm that would change its class, and why."""

    firm: str
    name: str
    before: dict[str, Any]
    after: dict[str, Any]
    why: Bilingual


class Simulated(Schema):
    """How many firms would change their class, and those first."""

    count: int
    items: list[MoveOut]


class PlotsOut(Schema):
    """A table of plots as it was handed in."""

    id: int
    name: str
    plots: int
    by: str
    at: datetime


class LandOut(Schema):
    """The low-efficiency list with reasons and events, and the order within the budget; null while there is no table."""

    table: PlotsOut | None
    budget: str
    listed: list[dict[str, Any]]
    order: dict[str, Any] | None


class LandStep(Schema):
    """What happened to a plot; at completion what was really freed (`land` in mu, `output` in 10k CNY, ...)."""

    plot: Annotated[Name, Field(min_length=1)]
    step: Name
    note: Line = ""
    freed: Annotated[dict[Name, Figure], Field(max_length=10, default_factory=dict)]


class LandEvent(Schema):
    """What was written down."""

    plot: str
    step: str
    on: date
    by: str
    note: str
