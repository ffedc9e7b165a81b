"""What becomes of audits and retrofits, as the API takes and gives it: steps, papers, history, promised and delivered."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from ninja import Schema

from ecopark.web.api.shapes import Bilingual, Reason


class CareFileOut(Schema):
    """A report that is attached."""

    id: int
    name: str
    media_type: str
    size: int
    digest: str
    by: str
    at: datetime


class CarePast(Schema):
    """One change of an entry."""

    at: datetime
    who: str
    what: Bilingual
    before: str | None
    after: str | None
    why: str | None


class YearAfter(Schema):
    """A year since a retrofit was done; numbers as texts in `unit`; `share` of the promise is null where it cannot be said."""

    year: int
    amount: str
    change: str
    share: str | None


class DeliveredOut(Schema):
    """The linked quantity since the year before a retrofit was done. Output and other measures change it too."""

    quantity: str
    unit: str
    base_year: int
    base: str
    years: list[YearAfter]


class CareWhole(Schema):
    """An entry: its state, the change that waits beside it, its papers, its history, and what the figures say."""

    id: int
    firm: str
    state: str
    state_said: Bilingual
    proposed: dict[str, Any]
    files: list[CareFileOut]
    history: list[CarePast]
    delivered: DeliveredOut | None


class CareStep(Schema):
    """Confirm an entry or the change that waits, return it, or withdraw the entry (both with the reason)."""

    step: Literal["confirm", "return", "withdraw"]
    why: Reason = ""
