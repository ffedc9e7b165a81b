"""Comments on assessments and what is handed up, as the API takes and gives them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from ninja import Field, Schema

from ecopark.web.api.shapes import Name, Note, Number, Year

State = Literal["", "open", "answered", "resolved"]


class ReplyOut(Schema):
    """An answer (`kind` answer), or that the comment was resolved or reopened; `role` is as what the person said it."""

    kind: str
    text: str
    by: str
    role: str
    at: datetime


class CommentOut(Schema):
    """A comment; `clause` is empty where it is about the whole assessment. `may` says what you may reply now."""

    id: int
    pack: str
    period: str
    clause: str
    text: str
    state: str
    by: str
    role: str
    at: datetime
    replies: list[ReplyOut]
    may: list[str]


class CommentIn(Schema):
    """A comment on an assessment, or on one clause of it (its tail, as ``32``)."""

    pack: Name
    period: Year
    clause: Name = ""
    text: Annotated[Note, Field(min_length=1)]


class ReplyIn(Schema):
    """An answer needs its text, and so does a comment that is raised again."""

    kind: Literal["answer", "resolved", "reopened"]
    text: Note = ""


class HandedEvent(Schema):
    """One step; `assessment` is the kept one it was about."""

    kind: str
    why: str
    by: str
    at: datetime
    assessment: int


class HandedOut(Schema):
    """An assessment on its way to the department above: `state` is handed, returned or accepted.

    `assessment` is the kept one that was handed up, whole as it was then: ask for it with ``kept=``.
    """

    id: int
    park: str
    pack: str
    period: str
    state: str
    why: str
    by: str
    at: datetime
    assessment: int
    verdict: str
    may: list[str]
    events: list[HandedEvent]


class HandUpIn(Schema):
    """`seen` is the kept assessment you looked at: if figures have changed it since, nothing is handed up."""

    pack: Name
    period: Year
    why: Note = ""
    seen: Number | None = None


class HandedStep(Schema):
    """The department accepts it, or returns it with its reason."""

    kind: Literal["accepted", "returned"]
    why: Note = ""


class AnsweredOut(Schema):
    """A comment of the department that a park has answered."""

    id: int
    park: str
    pack: str
    period: str
    clause: str
    text: str
    by: str
    at: datetime
