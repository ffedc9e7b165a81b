"""Projects, the gate's answers, joint review, decisions, the register and the quota ledger, as the API takes and gives them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from ninja import Field, Schema

from ecopark.web.api.shapes import Bilingual, Day, Description, Line, Name, Number, Plain, Reason, Short


class PolicyOut(Schema):
    """An admission policy that ships."""

    id: str
    title: Bilingual
    status: str
    warning: Bilingual
    hash: str
    chosen: bool


class PolicyIn(Schema):
    """The admission policy the park works by."""

    policy: Name


class ProjectOut(Schema):
    """A project: stage, version of its description, verdict of its last decision."""

    id: int
    number: int
    name: str
    stage: str
    stage_said: Bilingual
    verdict: str
    version: int
    firm: str | None
    at: datetime
    moved: datetime


class ProjectPast(Schema):
    """One thing that happened to a project: stage, edited, opinion, decided, booking; `data` holds before and after."""

    kind: str
    stage: str
    at: datetime
    by: str
    why: str
    data: dict[str, Any]


class OpinionOut(Schema):
    """What an office said; it counts while `counts`: for the description as it is now, and the office's last word."""

    office: str
    opinion: str
    note: str
    signed_by: str
    signed_on: date
    id: int
    how: str
    department: str
    reference: str
    file_name: str
    version: int
    counts: bool
    by: str
    at: datetime


class OfficeOut(Schema):
    """An office of the joint review; `department` of the park that it is (empty: not said), `yours` if you sign for it."""

    id: str
    label: Bilingual
    department: str
    yours: bool


class DecisionOut(Schema):
    """A decision in short; `entry` is its number in the register."""

    id: int
    entry: int
    project: int
    name: str
    verdict: str
    on: date
    policy: str
    policy_hash: str
    map_hash: str
    version: str
    until: datetime | None
    by: str
    at: datetime


class ProjectWhole(ProjectOut):
    """A project with its description, the offices that are asked, opinions, decisions, events, and stages that may follow."""

    description: dict[str, Any]
    next: list[str]
    may_edit: bool
    offices: list[OfficeOut]
    opinions: list[OpinionOut]
    decisions: list[DecisionOut]
    events: list[ProjectPast]


class ProjectIn(Schema):
    """A new lead; `description` is what `ecopark admit` takes as JSON, opinions left out."""

    description: Description
    why: Line = ""


class ProjectChange(ProjectIn):
    """A new description; `seen` is the version that was read (409 if it is another one now)."""

    seen: Number


class Ends(Schema):
    """Least and greatest value of a quantity, in its canonical unit; null is open."""

    low: Short | None = None
    high: Short | None = None


class Wishes(Schema):
    """What the counter-offer may move: cost of a relative change, what must stay, least and greatest values."""

    weights: dict[Name, Short] = Field(default_factory=dict)
    fixed: list[Name] = Field(default_factory=list)
    ranges: dict[Name, Ends] = Field(default_factory=dict)


class ToCheck(Schema):
    """A description to be held against the gate; nothing is kept."""

    description: Description
    wishes: Wishes = Wishes()


class Move(Schema):
    """The stage a project moves to, and why."""

    stage: Name
    why: Line = ""


class Seen(Schema):
    """The version that was read."""

    seen: Number


class ToTake(Seen):
    """The version that was read, and the wishes under which the offer was made."""

    wishes: Wishes = Wishes()


class Became(Schema):
    """The firm a project has become."""

    firm: Name


class OpinionIn(Schema):
    """What an office says of the version `seen`.

    `how` account: you sign, today and in your own name, for your own department. `how` paper: you record what `signed_by` has
    signed on `signed_on`; the `reference` says on which paper (a scan is sent to ``opinions/paper`` instead).
    """

    office: Name
    opinion: Name
    how: Literal["account", "paper"] = "paper"
    signed_by: Annotated[Name, Field(max_length=80)] = ""
    signed_on: Day | None = None
    reference: Annotated[Line, Field(max_length=200)] = ""
    seen: Number
    note: Line = ""


class PaperIn(Schema):
    """What a paper of an office says, sent as a form with a scan of it (`file`)."""

    office: Name
    opinion: Name
    signed_by: Annotated[Name, Field(min_length=1, max_length=80)]
    signed_on: Day
    reference: Annotated[Line, Field(max_length=200)] = ""
    seen: Number
    note: Line = ""


class DecideIn(Schema):
    """Decide on the version `seen`; `book` holds the quota through `until` (180 days if it is not given)."""

    seen: Number
    why: Line = ""
    book: bool = True
    until: Day | None = None


class Reserved(Schema):
    """What a decision holds, or held, in the ledger."""

    account: str
    label: Bilingual
    year: int
    unit: str
    ref: str
    amount: str
    state: str
    until: datetime
    last_day: date


class DecisionWhole(Schema):
    """A decision as it was made, whole, and what became of its reservations."""

    decision: DecisionOut
    told: dict[str, Any]
    reservations: list[Reserved]


class Settle(Schema):
    """Confirm or release everything a decision has reserved."""

    step: Literal["confirm", "release"]
    why: Reason = ""


class Counted(Schema):
    """How often, and what it is called."""

    id: str
    label: Bilingual
    count: int


class RegisterOut(Schema):
    """Refusals by reason and by size of investment, and all verdicts."""

    by_reason: list[Counted]
    by_size: list[Counted]
    verdicts: dict[str, int]


class Again(Schema):
    """A decision made again on the policy, map and quotas of its day; `differs` names what came out otherwise."""

    entry: int
    verdict: str
    differs: list[str]


class PromiseOut(Schema):
    """A promised figure in a year: kept, short, not_due, shown, undetermined."""

    quantity: str
    label: Bilingual
    year: int
    unit: str
    promised: str
    delivered: str | None
    share: str | None
    status: str
    status_said: Bilingual


class DeliveredOut(Schema):
    """What a project promised when it was let in against what its firm reports."""

    decision: int | None
    firm: str | None
    promises: list[PromiseOut]


class TogetherIn(Schema):
    """Waiting projects (all if none is named), and the quantity whose sum should be as large as it can be."""

    projects: Annotated[list[Number], Field(max_length=200, default_factory=list)]
    value: Literal["tax_paid_10k_cny", "industrial_value_added", "fixed_investment", "employees"] = "tax_paid_10k_cny"


class Left(Schema):
    """A project that could pass but finds no room, and what would not bear it."""

    project: int
    held_back_by: list[str]


class Shared(Schema):
    """Something that the projects share."""

    of: str
    at: str
    used: str
    room: str


class TogetherOut(Schema):
    """Projects to take together; `gap` is 0 where that is proven best."""

    value: str
    total: str
    unit: str
    gap: float
    taken: list[int]
    left: list[Left]
    refused: list[int]
    shared: list[Shared]


class AccountOut(Schema):
    """An account of the ledger now; amounts as decimal texts."""

    item: str
    label: Bilingual
    year: int
    unit: str
    limit: str
    reserved: str
    confirmed: str
    free: str


class HeldOut(Reserved):
    """A reservation that counts now; `soon` within 30 days of its end; `decision` is the one that made it."""

    project: str
    soon: bool
    decision: int | None


class LedgerOut(Schema):
    """The park's accounts, what is held until when, and what the audit found (nothing, if all is well)."""

    accounts: list[AccountOut]
    held: list[HeldOut]
    problems: list[Bilingual]


class AccountWhole(Schema):
    """An account with every entry, the newest first, and every reservation."""

    account: AccountOut
    entries: list[dict[str, Any]]
    reservations: list[Reserved]


class BookIn(Schema):
    """Allocate a quota, or correct one (the amount may be negative), with document or reason."""

    act: Literal["allocate", "correct"]
    item: Name
    year: Annotated[int, Field(ge=1900, le=2200)]
    amount: Plain
    why: Annotated[Line, Field(min_length=1)]
