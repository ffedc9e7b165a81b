"""Settings, departments, members, titles, tokens and the work of a department above, as the API takes and gives them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from ninja import Field, Schema

from ecopark.casework.rules import LONGEST_CLOCK, LONGEST_SOURCE
from ecopark.web.api.shapes import Bilingual, Day, Line, Name, Note, Number, Reason, Short, Year

Because = Annotated[Reason, Field(min_length=1)]
Hours = Annotated[int, Field(ge=1, le=LONGEST_CLOCK)]


class SettingsOut(Schema):
    """What the office sets; `options` are lines ``PACK.KEY=VALUE``."""

    name: str
    name_en: str
    base_year: int | None
    published: bool
    packs: list[str]
    options: str
    grid: str
    confirm: list[str]
    narrow: str
    policy: str
    method: str
    cutoffs: str


class GeneralIn(Schema):
    """Name, base year of constant prices, and whether anybody may see the verdicts."""

    name: Annotated[Line, Field(min_length=1, max_length=200)]
    name_en: Annotated[Line, Field(max_length=200)] = ""
    base_year: Annotated[int, Field(ge=1980, le=2100)] | None = None
    published: bool
    reason: Because


class PacksIn(Schema):
    """The standards the park works with."""

    packs: Annotated[list[Name], Field(min_length=1, max_length=100)]
    reason: Because


class FactorsIn(Schema):
    """Options of standards (lines ``PACK.KEY=VALUE``), the grid, factors the park confirms, how bounds are narrowed."""

    options: Note = ""
    grid: Name = ""
    confirm: Annotated[list[Name], Field(max_length=200, default_factory=list)]
    narrow: Name = ""
    reason: Because


class ClockIn(Schema):
    """Hours of the steps of a case of one severity, how far rectifying can be extended, and the document they follow."""

    assign: Hours
    rectify: Hours
    verify: Hours
    longest: Hours
    source: Annotated[Line, Field(max_length=LONGEST_SOURCE)] = ""


class ClocksIn(Schema):
    """The clocks of cases by severity; a severity that is left out has those that ship."""

    clocks: Annotated[dict[Name, ClockIn], Field(max_length=20)]
    reason: Because


class DepartmentOut(Schema):
    """A department of the park office."""

    key: str
    name: Bilingual


class DepartmentIn(Schema):
    """A department to be named, or added under a new key."""

    key: Annotated[Short, Field(min_length=1)]
    name: Annotated[Name, Field(min_length=1)]
    name_en: Name = ""
    reason: Because


class DepartmentHangs(DepartmentOut):
    """What hangs on a department."""

    lead: int
    support: int
    cases: int
    members: int


class DissolveIn(Schema):
    """What was seen to hang on the department, and why it is dissolved."""

    lead: Number
    support: Number
    cases: Number
    members: Number
    reason: Because


class OfficesIn(Schema):
    """Departments by office of the joint review."""

    offices: Annotated[dict[Name, Name], Field(max_length=40)]
    reason: Because


class MemberOut(Schema):
    """A role that somebody has in the park."""

    id: int
    username: str
    name: str
    role: str
    role_said: Bilingual
    firm: str
    department: str
    grids: list[str]
    level: int


class MemberIn(Schema):
    """A role to be given; who has no account gets one. `firm` for a reporter, `grids` (with spaces) for a keeper."""

    username: Annotated[Name, Field(min_length=1)]
    role: Literal["office", "firm", "keeper", "consultant", "viewer"]
    name: Name = ""
    firm: Name = ""
    department: Name = ""
    grids: Name = ""
    level: Short = ""
    reason: Because


class MemberChange(Schema):
    """Another department (empty: none) or level of escalation for somebody of the office."""

    department: Name = ""
    level: Short = ""
    reason: Because


class MemberMade(Schema):
    """The role; `password` of a new account, shown this once, empty where the account was there."""

    member: MemberOut
    password: str


class ParkIn(Schema):
    """A park to begin: `packs` are ids with spaces, `office` the user name of the first person of its office."""

    slug: Annotated[Name, Field(min_length=1)]
    name: Name = ""
    name_en: Name = ""
    area: Name = ""
    base_year: Name = ""
    packs: Name = ""
    office: Name = ""
    office_name: Name = ""


class ParkMade(Schema):
    """The park; `password` of a new account, shown this once, empty where there was one or nobody was named."""

    slug: str
    password: str


class LayerIn(Schema):
    """Which layer a file is, such as ``boundary``, ``groups``, ``parcels``, ``grids``, ``control_units``."""

    layer: Annotated[Name, Field(min_length=1)]
    reason: Because


class LayerOut(Schema):
    """A layer on the map and how many features it has."""

    name: str
    features: int


class Changed(Schema):
    """One change of settings, departments or members."""

    at: datetime
    who: str
    what: Bilingual
    before: str | None
    after: str | None
    why: str


class BecauseIn(Schema):
    """Why something is done."""

    reason: Because


class Gone(Schema):
    """What was removed."""

    id: int


class TitleStepOut(Schema):
    """A step in the life of a title."""

    id: int
    title: str
    title_name: Bilingual
    step: str
    step_said: Bilingual
    dated: date
    until: date | None
    by: str
    at: datetime
    withdrawn: datetime | None
    withdrawn_why: str


class TitleStepIn(Schema):
    """A step to be written down: applied for, created, accepted, named, re-checked ...; `until` ends a period the park set."""

    title: Name
    step: Name
    dated: Day
    until: Day | None = None


class TokenOut(Schema):
    """One of your tokens; its text is not kept."""

    id: int
    name: str
    start: str
    created: datetime
    last_used: datetime | None
    revoked: datetime | None


class ThemeOut(Schema):
    """How complete a theme is: quantities that are asked for, and that are there."""

    id: str
    label: Bilingual
    asked: int
    there: int


class ValueOut(Schema):
    """A value of one year as the engines have it, with its trace."""

    year: int
    missing: bool
    said: Bilingual
    trace: dict[str, Any]


class QuantityHere(Schema):
    """A quantity in a park: which clauses use it, and its values over the years."""

    quantity: str
    used_by: list[str]
    subject: str
    values: list[ValueOut]


class Side(Schema):
    """What one of two assessments gives for a clause."""

    status: str
    value: str | None


class ClausePair(Schema):
    """A clause of two assessments: left and right, and whether left is better or worse."""

    clause: str
    name: Bilingual
    left: Side
    right: Side
    differs: bool
    trend: str


class CompareOut(Schema):
    """Two assessments of one standard side by side."""

    pack: str
    left: dict[str, Any]
    right: dict[str, Any]
    clauses: list[ClausePair]


class ComputeIn(Schema):
    """The year and standards of the department's table (the usual ones, if none is named)."""

    period: Year
    packs: Annotated[list[Name], Field(max_length=100, default_factory=list)]


class TotalsOut(Schema):
    """How many parks have which verdict under a standard."""

    pack: str
    verdicts: dict[str, int]


class HappenedOut(Schema):
    """Something that changed lately; kind: figures, task, case, decision, verdict. `before` and `after` where it has such."""

    kind: str
    at: datetime
    who: str
    what: Bilingual
    before: Bilingual | None
    after: Bilingual | None
    why: str
    url: str
