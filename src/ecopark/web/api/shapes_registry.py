"""Tables of firms on their way into the registry, and the park's groups, as the API takes and gives them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Field, Schema

from ecopark.web.api.shapes import Bilingual, Line, Name, Number, Reason

Why = Annotated[Reason, Field(min_length=1)]
Fields = Literal["", "name", "credit_code", "key", "industry_code", "parent", "since", "until", "parcel"]


class TableOut(Schema):
    """A table of firms: what its columns are, how many rows are what, why it cannot be read, and what was stored.

    `job` is the work that reads or stores it in the background; `read` is null until its rows are there.
    """

    id: int
    name: str
    sheet: str
    at: datetime
    by: str
    columns: dict[str, str]
    counts: dict[str, int]
    problems: list[Bilingual]
    read: datetime | None
    applied: datetime | None
    why: str
    written: dict[str, int]
    job: int | None = None


class RowOut(Schema):
    """A row beside the registry: `group` new, changed, conflicting, same or unusable; `may` is what can be decided of it."""

    number: int
    place: str
    group: str
    key: str
    given: dict[str, str]
    before: dict[str, Any]
    after: dict[str, Any]
    like: list[dict[str, str]]
    may: list[str]
    choice: str
    problem: Bilingual


class ColumnsIn(Schema):
    """What the columns are: the field of the registry by title; empty: not used."""

    columns: Annotated[dict[Line, Fields], Field(min_length=1, max_length=500)]


class DecideIn(Schema):
    """What becomes of conflicting rows: `new`, `update`, or empty to leave them out."""

    rows: Annotated[list[Number], Field(min_length=1, max_length=60_000)]
    choice: Literal["", "new", "update"]


class Decided(Schema):
    """How many rows it holds for."""

    rows: int


class StoreIn(Schema):
    """Which groups of rows to store, and why; conflicting rows are stored as they were decided."""

    groups: tuple[Literal["new", "changed"], ...] = ("new", "changed")
    why: Why


class GroupOut(Schema):
    """A group and how many firms it has; the park itself, with those in none, has no name."""

    key: str
    name: str
    firms: int


class GroupIn(Schema):
    """A group to be added, or a new name for the one with this id (then with the reason)."""

    key: Annotated[Name, Field(min_length=1)]
    name: Annotated[Line, Field(min_length=1, max_length=200)]
    why: Reason = ""


class GiveIn(Schema):
    """Put firms into a group: those with these ids, or those a filter of the registry leaves (`seen`: how many you saw)."""

    firms: list[Name] = Field(default_factory=list, max_length=60_000)
    like: Name = ""
    group: Name = ""
    state: Literal["", "active", "gone"] = ""
    all: bool = False
    seen: Number | None = None
    why: Why


class Moved(Schema):
    """How many firms were elsewhere before."""

    moved: int
