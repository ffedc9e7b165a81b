"""What goes in and out of the API: typed texts with limits, pages of items, one envelope for errors."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Annotated, Any, TypeVar

from ninja import Field, Schema
from pydantic import AfterValidator, BeforeValidator, create_model

D = TypeVar("D", bound=date)
BIGGEST = 2**63 - 1
YEARS = range(1900, 2201)
LONGEST_DESCRIPTION = 200_000
"""Characters of a nested description, as JSON."""


def writable(text: str) -> str:
    """Refuse what no database keeps: NUL characters and halves of characters."""
    if "\x00" in text:
        raise ValueError("a text may not hold the character NUL")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("a text may not hold half a character (a lone surrogate)") from None
    return text


def nearby(when: D) -> D:
    """Refuse a day or moment that no park deals with, and no database turns into UTC."""
    if when.year not in YEARS:
        raise ValueError(f"a year from {YEARS[0]} to {YEARS[-1]} is expected")
    return when


def storable(given: dict[str, Any]) -> dict[str, Any]:
    """Refuse a description that is too long or holds what no database keeps."""
    try:
        text = json.dumps(given, ensure_ascii=False, allow_nan=False)
    except (ValueError, RecursionError):
        raise ValueError("a description holds finite numbers only, and not too many levels") from None
    if len(text) > LONGEST_DESCRIPTION:
        raise ValueError(f"a description has {LONGEST_DESCRIPTION} characters at most")
    if "\\u0000" in text:
        raise ValueError("a text may not hold the character NUL")
    writable(text)
    return given


Words = Annotated[str, AfterValidator(writable)]
Name = Annotated[str, Field(max_length=120), AfterValidator(writable)]
Line = Annotated[str, Field(max_length=500), AfterValidator(writable)]
Year = Annotated[str, Field(pattern=r"^[0-9]{4}$")]
YearOrNone = Annotated[str, Field(pattern=r"^([0-9]{4})?$")]
LayoutOrNone = Annotated[str, Field(pattern="^(subjects|indicators)?$")]
Month = Annotated[str, Field(pattern=r"^([0-9]{4}-[0-9]{2})?$")]
Short = Annotated[str, Field(max_length=40), AfterValidator(writable)]
Reason = Annotated[str, Field(max_length=300), AfterValidator(writable)]
Note = Annotated[str, Field(max_length=4000), AfterValidator(writable)]
Language = Annotated[str, Field(pattern="^(zh|en)$")]
Plain = Annotated[str, Field(max_length=60), AfterValidator(writable)]
"""A number as typed, a unit, a key."""
Day = Annotated[date, AfterValidator(nearby)]
Moment = Annotated[datetime, AfterValidator(nearby)]
EmptyOrMoment = Annotated[Moment | None, BeforeValidator(lambda given: None if given == "" else given)]
"""A moment in a form, where nothing is an empty text."""
Description = Annotated[dict[str, Any], AfterValidator(storable)]
Number = Annotated[int, Field(ge=0, le=BIGGEST)]
Limit = Annotated[int, Field(ge=1, le=1000)]


class Bilingual(Schema):
    """A text in both languages."""

    zh: str
    en: str


class Problem(Schema):
    """One thing that is wrong: a stable code, where it stands, what was found and what to do."""

    code: str
    place: str = ""
    zh: str
    en: str


class Failure(Schema):
    """What every refused request answers: a stable code, a sentence in both languages, and the details."""

    code: str
    zh: str
    en: str
    problems: list[Problem] = Field(default_factory=list)


class Fault(Schema):
    """The envelope of an error."""

    error: Failure


class CorrectionNow(Schema):
    """What a firm wants an accepted figure to be instead; the figure counts as it is until the office accepts."""

    value: str
    unit: str
    state: str
    source: str
    note: str
    why: str
    entered_by: str
    entered_at: datetime


class FigureNow(Schema):
    """What is stored of a figure: the version to send back as `seen`, and the correction that waits beside it."""

    id: int | None
    subject: str
    quantity: str
    period: str
    by: str
    value: str
    unit: str
    version: int
    state: str
    source: str
    note: str
    entered_by: str
    entered_at: datetime | None
    correction: CorrectionNow | None


class FigureWanted(Schema):
    """What was asked to be stored."""

    subject: str
    quantity: str
    period: str
    by: str
    value: str
    unit: str
    seen: int


class Conflict(Schema):
    """Somebody else was faster: their value and yours; nothing was stored."""

    error: Failure
    theirs: FigureNow
    yours: FigureWanted


class Person(Schema):
    """Who one is here."""

    username: str
    name: str
    administrator: bool
    roles: list[dict[str, Any]]


class ParkOut(Schema):
    """A park."""

    slug: str
    key: str
    name: str
    name_en: str
    area: str
    base_year: int | None
    packs: list[str]
    published: bool
    invented: bool
    changed: int


class SubjectOut(Schema):
    """What figures are about."""

    key: str
    kind: str
    name: str
    parent: str
    since: int | None
    until: int | None
    credit_code: str


class FigureIn(Schema):
    """A figure to be stored; an empty value takes it away (the history stays).

    `seen` is the version that was read (0: there was none). Another version now answers 409 with both values.
    """

    subject: Name
    quantity: Name
    period: Annotated[str, Field(max_length=12), AfterValidator(writable)] = ""
    by: Annotated[str, Field(max_length=200), AfterValidator(writable)] = ""
    value: Annotated[str, Field(max_length=200), AfterValidator(writable)]
    unit: Annotated[str, Field(max_length=60), AfterValidator(writable)] = ""
    source: Annotated[str, Field(max_length=300), AfterValidator(writable)] = ""
    note: Line = ""
    seen: Number


class FiguresIn(Schema):
    """Figures to be stored, all or none, with the reason that goes into their history."""

    reason: Annotated[str, Field(min_length=1, max_length=300), AfterValidator(writable)]
    figures: Annotated[list[FigureIn], Field(min_length=1, max_length=2000)]


class Stored(Schema):
    """What was stored."""

    changed: int
    figures: list[FigureNow]


class Converted(Schema):
    """A value in the catalogue's unit (`said`: none where it was given in that), and the units it may be given in."""

    unit: str
    units: list[str]
    said: dict[str, str] | None


class Past(Schema):
    """One value a figure had, or a correction that was wanted of it."""

    at: datetime
    who: str
    value: str
    unit: str
    state: str
    version: int
    why: str
    is_correction: bool


class ImportOut(Schema):
    """A workbook: how many rows of each kind, and what became of it.

    Without a preview (`previewed`) its columns have to be said first; `problems` is why the mapping it came with did not do.
    `firm` is whose template it is; empty: the park's.
    Where `job` is given, it is being read in the background.
    """

    id: int
    name: str
    at: datetime
    by: str
    counts: dict[str, int]
    applied: datetime | None
    mapping: int | None
    previewed: bool
    firm: str
    job: int | None = None
    problems: list[Problem] = Field(default_factory=list)


class ImportLine(Schema):
    """One row of a preview."""

    group: str
    subject: str
    quantity: str
    period: str
    by: str
    given: str
    unit: str
    place: str
    stored: str
    problem: Bilingual


class ImportForm(Schema):
    """The year one means to bring in (empty: all), and what kind of table it is.

    `mapping`: the id of a saved column mapping, or `new` for a table whose columns are to be said; empty: the site's own form.
    `firm`: the one a reporter of several means, where the workbook is no template.
    """

    year: YearOrNone = ""
    mapping: Annotated[str, Field(pattern="^(new|[0-9]{1,18})?$")] = ""
    firm: Name = ""


class EvidenceForm(Schema):
    """What a document supports: a quantity or clause, of the park or of a firm, in a year, on a page."""

    about: Name
    subject: Name = ""
    period: YearOrNone = ""
    page: Short = ""
    dated: Short = ""


class ApplyIn(Schema):
    """Which rows of a preview to store."""

    groups: list[Name] = Field(default_factory=lambda: ["new", "changed"])


class Applied(Schema):
    """How many figures changed; or the background work that is storing them."""

    written: int | None = None
    job: int | None = None


class EvidenceOut(Schema):
    """A document behind a figure or clause."""

    id: int
    about: str
    subject: str
    period: str
    name: str
    media_type: str
    size: int
    digest: str
    page: str
    dated: str
    by: str
    at: datetime
    has_file: bool
    withdrawn: datetime | None
    withdrawn_by: str
    withdrawn_why: str


class EvidenceEvent(Schema):
    """One thing that happened to a document: added, moved to another firm, taken back."""

    at: datetime
    who: str
    what: dict[str, str]
    why: str


class WithdrawIn(Schema):
    """Why a document is taken back."""

    why: Reason


class SubmissionOut(Schema):
    """A firm's figures of a year on their way to the office; `stamp` is what a step may send back as `seen`."""

    firm: str
    period: str
    state: str
    due: date | None
    reason: str
    at: datetime
    stamp: str


class PendingOut(Schema):
    """One figure of a firm that is not decided on: what counts now, what would, and why."""

    id: int
    quantity: str
    period: str
    by: str
    is_correction: bool
    state: str
    before: str
    before_unit: str
    after: str
    after_unit: str
    source: str
    note: str
    why: str
    entered_by: str
    entered_at: datetime


class StepIn(Schema):
    """A step of a submission: submit (a correction needs a reason), withdraw, accept or return (with a reason).

    With `seen`, the submission's `stamp`, nothing is done where it has moved on since.
    """

    firm: Name
    period: Year
    step: Name
    reason: Line = ""
    seen: Short = ""


class AskIn(Schema):
    """Ask for a year's figures by a day: all firms, or with `firm` (its key) that one, which may be given a later day."""

    period: Year
    due: Day
    firm: Name = ""


class Asked(Schema):
    """How many firms were asked; of very many firms `job` is the work that asks them."""

    asked: int
    job: int | None = None


class ReminderOut(Schema):
    """One thing to do: `kind` is overdue, returned, soon, later or waiting (figures); `url` is the page for it.

    On assessments: sent_back (by the department), comments (to be answered), to_review (handed up), answered. Of cases, tasks
    and audits: cases_late, cases_soon, cases_told (escalated), tasks_late, tasks_soon, audits_late. A reporter
    is told of a `firm`; the office how many firms (`count`), and the first day (`due`).
    """

    kind: str
    park: str
    period: str
    firm: str
    count: int
    due: date | None
    text: Bilingual
    url: str


class AssessmentOut(Schema):
    """An assessment in short; `id` shows it again as it was on that day."""

    id: int
    pack: str
    period: str
    verdict: str
    score: str
    basis: str
    verified: bool
    at: datetime
    pack_hash: str
    version: str


class ChangeIn(Schema):
    """A figure as it might be; it is not stored."""

    subject: Name = ""
    quantity: Name
    period: Annotated[str, Field(max_length=12), AfterValidator(writable)] = ""
    by: Annotated[str, Field(max_length=200), AfterValidator(writable)] = ""
    value: Annotated[str, Field(max_length=200), AfterValidator(writable)]
    unit: Annotated[str, Field(max_length=60), AfterValidator(writable)] = ""


class WhatIfIn(Schema):
    """Figures as they might be."""

    changes: Annotated[list[ChangeIn], Field(min_length=1, max_length=500)]


class ScenarioIn(WhatIfIn):
    """Figures as they might be, to be kept under a name."""

    name: Name = ""


class ScenarioOut(Schema):
    """A scenario that was kept: `share` opens it, `url` is its page."""

    share: str
    name: str
    pack: str
    period: str
    changes: list[dict[str, Any]]
    by: str
    at: datetime
    url: str


class DossierIn(Schema):
    """Which dossier to make; `language` is zh, en or both."""

    packs: Annotated[list[Name], Field(min_length=1, max_length=30)]
    period: Year
    language: Annotated[str, Field(pattern="^(zh|en|both)$")] = "zh"


class DossierOut(Schema):
    """A dossier of the park: its number is that of the work that made it; `hashes` are those of its packs; `size` in bytes.

    `title` and `handed_in` say to which programme it was handed in and when; empty: it was not.
    """

    id: int
    packs: list[str]
    period: str
    languages: list[str]
    hashes: dict[str, str]
    version: str
    files: list[str]
    size: int
    by: str
    at: datetime
    title: str
    handed_in: date | None
    marked_by: str
    marked_at: datetime | None


class DossierMark(Schema):
    """Handed in to a programme on a day; without `title` the mark is taken back, with the reason."""

    title: Name = ""
    day: Day | None = None
    why: Reason = ""


class BriefingIn(Schema):
    """Which one-page briefing to make."""

    period: Year
    format: Annotated[str, Field(pattern="^(pdf|pptx)$")] = "pdf"
    language: Language = "zh"


class JobOut(Schema):
    """Background work."""

    id: int
    kind: str
    title: Bilingual
    state: str
    done: int
    total: int
    percent: int
    message: str
    result: dict[str, Any]


class SignIn(Schema):
    """A signature: you checked these clauses against this document on this day."""

    clauses: Annotated[list[Name], Field(min_length=1, max_length=500)]
    document: Annotated[str, Field(min_length=1, max_length=300), AfterValidator(writable)]
    page: Annotated[str, Field(max_length=60), AfterValidator(writable)] = ""
    dated: date
    note: Line = ""


class Why(Schema):
    """Why something is taken back."""

    why: Annotated[str, Field(min_length=1, max_length=300), AfterValidator(writable)]


class SignatureOut(Schema):
    """A clause signed as verified."""

    id: int
    pack: str
    clause: str
    by: str
    document: str
    page: str
    dated: date
    note: str
    pack_hash: str
    holds: bool
    at: datetime
    withdrawn: datetime | None
    withdrawn_why: str


class Found(Schema):
    """One thing found."""

    kind: str
    label: Bilingual
    under: Bilingual
    url: str


def page_of(item: type[Schema]) -> type[Schema]:
    """The schema of a page of items: how many there are, and some of them."""
    fields: dict[str, Any] = {"count": (int, ...), "items": (list[item], ...)}  # type: ignore[valid-type]
    made: type[Schema] = create_model(f"{item.__name__}Page", __base__=Schema, **fields)
    made.__doc__ = "How many there are, and some of them."
    return made
