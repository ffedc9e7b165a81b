"""Cases, their steps and files, and the rules they run by, as the API takes and gives them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Field, Schema

from ecopark.web.api.shapes import Bilingual, EmptyOrMoment, Name, Note, Plain, Short


class CasesWanted(Schema):
    """Which cases, and in which order."""

    status: Name = ""
    kind: Name = ""
    severity: Name = ""
    grid: Name = ""
    like: Name = ""
    level: Short = ""
    to: Short = ""
    sort: Name = ""


class ClockOut(Schema):
    """Where a case stands on its clock: running, soon, late, ended; `level` is who hears of it."""

    state: str
    due: datetime | None
    late_hours: int | None
    level: Bilingual | None


class CaseOut(Schema):
    """A case; `to` is ``firm:KEY``, ``keeper:GRID`` or ``office:DEPARTMENT``."""

    number: int
    kind: str
    kind_name: Bilingual
    severity: str
    source: str
    text: str
    status: str
    status_said: Bilingual
    lon: float | None
    lat: float | None
    place: str
    grid: str
    area: str
    firm: str | None
    found: datetime
    reported_by: str
    to: str
    to_said: Bilingual
    clock: ClockOut
    recurs: int
    reopened: int
    returned: int
    in_time: bool | None
    ended: datetime | None


class CaseFileOut(Schema):
    """A photograph or document of a case."""

    id: int
    name: str
    media_type: str
    size: int
    digest: str


class CasePast(Schema):
    """One thing that happened to a case."""

    kind: str
    label: Bilingual
    at: datetime
    by: str
    note: str
    to: str
    due: datetime | None
    files: list[CaseFileOut]


class Suggested(Schema):
    """Whom the case should go to, by its grid and kind, and until when."""

    to: str
    why: Bilingual
    rectify_by: datetime


class CaseWhole(CaseOut):
    """A case with its events; `may` are the steps that you could take now."""

    may: list[str]
    suggestion: Suggested | None
    events: list[CasePast]


class CaseReport(Schema):
    """A case as it is found, with photographs beside; `key` (a UUID) makes a report that is sent twice one case."""

    kind: Name
    text: Note
    severity: Name = ""
    source: Name = ""
    lon: Plain = ""
    lat: Plain = ""
    place: Annotated[Name, Field(max_length=200)] = ""
    firm: Annotated[Name, Field(max_length=200)] = ""
    found: Plain = ""
    key: Plain = ""


class CaseTaken(Schema):
    """A report that was taken in; `new` is false where it had come before."""

    new: bool
    words: Bilingual
    case: CaseWhole


class CaseStep(Schema):
    """A step; `to` and `due` where it is assigned or extended, files where it is rectified."""

    kind: Literal[
        "suggested", "assigned", "extended", "rectified", "verified", "returned", "closed", "dismissed", "reopened"
    ]
    note: Note = ""
    to: Annotated[Name, Field(max_length=140)] = ""
    due: EmptyOrMoment = None


class CaseRulesOut(Schema):
    """Kinds, severities with the hours of every step, sources, and who hears of a late case."""

    kinds: list[dict[str, Any]]
    severities: list[dict[str, Any]]
    sources: list[dict[str, Any]]
    escalation: list[dict[str, Any]]


class GridRecord(Schema):
    """What became of the cases of one grid within a year; `in_time` in per cent of those rectified."""

    grid: str
    name: Bilingual
    keepers: str
    found: int
    open: int
    ended: int
    rectified: int
    in_time: int | None
    returned: int
    reopened: int
    median_days: str | None


class CaseStatistics(Schema):
    """Open cases by age and severity, the record of every grid, the kinds found most often; of the last year."""

    total: int
    clocks: dict[str, int]
    bands: list[Bilingual]
    ageing: dict[str, list[int]]
    grids: list[GridRecord]
    often: list[dict[str, Any]]
