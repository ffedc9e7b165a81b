"""What the endpoints share: entering a park, pages of items, the kinds of refusal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from ecopark.errors import Problem as InputProblem
from ecopark.web.api.shapes import Fault
from ecopark.web.people.access import Standing, enter

REFUSED = {401: Fault, 403: Fault, 404: Fault, 422: Fault, 429: Fault, 503: Fault}
CONFLICT = REFUSED | {409: Fault}
"""What any endpoint may answer instead; `CONFLICT` also where somebody else may have been faster."""


def come_in(request: HttpRequest, slug: str, action: str, subject: str | None = None) -> Standing:
    """The person's standing in the park, as on the pages; with `subject` also whether they may do it to that one.

    Raises
    ------
    Http404
        There is no such park or subject, or they may not know of it.
    PermissionDenied
        They may not do this.
    """
    return enter(request, slug, action, subject)


def cut(rows: QuerySet[Any] | Sequence[Any], limit: int, offset: int, shown: Callable[[Any], Any]) -> dict[str, Any]:
    """A page of items, cut by the database."""
    count = rows.count() if isinstance(rows, QuerySet) else len(rows)
    return {"count": count, "items": [shown(row) for row in rows[offset : offset + limit]]}


def problem_row(p: InputProblem) -> dict[str, str]:
    """A problem of something that was sent, with its repair."""
    return {
        "code": p.code, "place": str(p.place), "zh": f"{p.zh} {p.repair_zh}".strip(), "en": f"{p.en} {p.repair_en}".strip()
    }  # fmt: skip


def who(user: Any) -> str:
    """The name others read, empty for nobody."""
    return user.shown_name if user else ""
