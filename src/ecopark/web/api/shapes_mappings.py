"""Column mappings as the API takes and gives them, in the form of their YAML file."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from ninja import Field, Schema
from pydantic import AfterValidator

from ecopark.observations.mapping import MOST_ROWS, MOST_VALUES
from ecopark.web.api.shapes import Bilingual, Note, Problem, YearOrNone, writable

Title = Annotated[str, Field(max_length=300), AfterValidator(writable)]
Rows = Annotated[int, Field(ge=1, le=MOST_ROWS)]
Layout = Annotated[str, Field(pattern="^(subjects|indicators)$")]
HEADER_ROWS = 5


class SubjectOf(Schema):
    """Whom a row is about: the column of subjects and what stands in it (name, key, credit_code), or one fixed subject."""

    column: str = ""
    by: str = "name"
    fixed: str = ""


class PeriodOf(Schema):
    """Which year a value is of: one for the whole file, or in a column, or in the titles (`header`)."""

    year: str = ""
    column: str = ""
    header: bool = False


class ValueOf(Schema):
    """A column (a row, where rows are indicators) of values."""

    column: str
    quantity: str
    unit: str = ""
    by: str = ""


class Mapping(Schema):
    """What the columns of a table are; send it back, corrected, as it came."""

    layout: str
    sheet: str = ""
    header: int
    header_rows: int
    subject: SubjectOf
    period: PeriodOf
    names: str = ""
    units: str = ""
    amounts: str = ""
    values: list[ValueOf]
    ignored: list[str] = Field(default_factory=list)


class SubjectIn(Schema):
    """Whom a row is about: the column of subjects and what stands in it, or one fixed subject."""

    column: Title = ""
    by: Annotated[str, Field(pattern="^(name|key|credit_code)$")] = "name"
    fixed: Annotated[Title, Field(max_length=120)] = ""


class PeriodIn(Schema):
    """Which year a value is of: one for the whole file, or in a column, or in the titles (`header`)."""

    year: YearOrNone = ""
    column: Title = ""
    header: bool = False


class ValueIn(Schema):
    """A column (a row, where rows are indicators) of values."""

    column: Title
    quantity: Title
    unit: Title = ""
    by: Title = ""


class MappingIn(Schema):
    """What the columns of a table are."""

    layout: Layout = "subjects"
    sheet: Title = ""
    header: Rows
    header_rows: Annotated[int, Field(ge=1, le=HEADER_ROWS)] = 1
    subject: SubjectIn = Field(default_factory=SubjectIn)
    period: PeriodIn = Field(default_factory=PeriodIn)
    names: Title = ""
    units: Title = ""
    amounts: Title = ""
    values: Annotated[list[ValueIn], Field(max_length=MOST_VALUES)]
    ignored: Annotated[list[Note], Field(max_length=MOST_VALUES, default_factory=list)]


class ColumnsIn(Schema):
    """What the columns of an uploaded file are, and the name to save that under; a mapping of that name is replaced."""

    name: Annotated[str, Field(min_length=1, max_length=80), AfterValidator(writable)]
    mapping: MappingIn


class Near(Schema):
    """Another quantity that a title may mean."""

    quantity: str
    label: Bilingual


class ColumnOut(Schema):
    """A column, or a row of indicators: what it is taken for, its first values, what else it may mean.

    `new` marks one that the mapping neither uses nor knows to be of no use.
    """

    title: str
    role: str
    quantity: str
    unit: str
    by: str
    samples: list[str]
    near: list[Near]
    new: bool


class RowOut(Schema):
    """One of the first rows of a table."""

    number: int
    cells: list[str]


class ColumnsOut(Schema):
    """A table and its mapping, saved or suggested; `gone` are titles of the mapping that the table does not have."""

    name: str
    saved: bool
    mapping: Mapping
    sheets: list[str]
    columns: list[ColumnOut]
    indicators: list[ColumnOut]
    rows: list[RowOut]
    gone: list[str]
    problems: list[Problem]


class MappingOut(Schema):
    """A saved mapping; `mapping` is empty where an older program wrote it in a form that is not understood."""

    id: int
    name: str
    by: str
    at: datetime
    withdrawn: datetime | None
    mapping: Mapping | None


class MappingPast(Schema):
    """What a saved mapping was at one time."""

    at: datetime
    who: str
    why: str
    withdrawn: datetime | None
    mapping: Mapping | None
