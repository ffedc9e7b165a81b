"""Comments and hand-ups as the pages show them beside an assessment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet

from ecopark.core.text import Text
from ecopark.web.comments import work
from ecopark.web.comments.models import Comment, HandUp, HandUpEvent
from ecopark.web.comments.waiting import pack_label
from ecopark.web.people.access import Standing

TONES = {
    "handed": "open",
    "returned": "bad",
    "accepted": "good",
    "open": "partly",
    "answered": "open",
    "resolved": "muted",
}
ICONS = {
    "handed": "clock", "returned": "warning", "accepted": "check-circle", "open": "question", "answered": "info",
    "resolved": "check-circle",
}  # fmt: skip


@dataclass(frozen=True)
class Beside:
    """What stands beside an assessment, and what this person may do with it."""

    row: Any
    may: tuple[str, ...]

    @property
    def tone(self) -> str:
        """The tone of its state."""
        return TONES[self.row.state]

    @property
    def icon(self) -> str:
        """The icon of its state."""
        return ICONS[self.row.state]

    @property
    def pack_label(self) -> Text:
        """The standard it is about."""
        return pack_label(self.row.pack)


@dataclass(frozen=True)
class Thread(Beside):
    """A comment with its replies."""

    row: Comment


@dataclass(frozen=True)
class Handed(Beside):
    """What was handed up, and what happened to it."""

    row: HandUp
    events: list[dict[str, Any]]


def of_park(standing: Standing) -> QuerySet[Comment]:
    """All comments of a park, the latest first, with their replies."""
    rows = Comment.objects.filter(park=standing.park).select_related("by")
    return rows.prefetch_related("replies__by")


def threads(standing: Standing, rows: Iterable[Comment]) -> list[Thread]:
    """Comments as a page shows them to this person."""
    return [Thread(row, work.possible(standing, row)) for row in rows]


def handed_up(standing: Standing) -> QuerySet[HandUp]:
    """All that a park has handed up, the latest first."""
    rows = HandUp.objects.filter(park=standing.park).select_related("by", "kept").defer("kept__body", "kept__traces")
    return rows.prefetch_related("events__by")


def handed(standing: Standing, rows: Iterable[HandUp]) -> list[Handed]:
    """Hand-ups as a page shows them to this person."""
    return [
        Handed(
            row,
            work.possible_steps(standing, row),
            [_line(event) for event in reversed(row.events.all())],
        )
        for row in rows
    ]


def _line(event: HandUpEvent) -> dict[str, Any]:
    tone = {"returned": "bad", "accepted": "good"}.get(event.kind, "")
    return {"at": event.at, "who": event.by.shown_name, "what": event.kind_text, "why": event.why, "tone": tone}


def beside(standing: Standing, pack: str, period: str, kept: int) -> dict[str, Any]:
    """What stands beside an assessment: comments on it as a whole, how many each clause has, and whether it was handed up.

    Parameters
    ----------
    kept
        The answer that is shown: a department is told if another one was handed up.
    """
    if not standing.may("comment"):
        return {}
    own = of_park(standing).filter(pack=pack, period=period, clause="")
    sent = handed(standing, handed_up(standing).filter(pack=pack, period=period))
    return {
        "may_comment": True, "threads": threads(standing, own), "sent": sent[0] if sent else None,
        "clause_comments": counts(standing, pack, period), "may_hand_up": not sent and standing.may("hand_up"),
        "moved_on": bool(sent) and sent[0].row.kept_id != kept,
    }  # fmt: skip


def counts(standing: Standing, pack: str, period: str) -> dict[str, dict[str, int]]:
    """By clause, how many comments it has, and how many are not resolved."""
    rows = Comment.objects.filter(park=standing.park, pack=pack, period=period).exclude(clause="").order_by()
    rows = rows.values("clause").annotate(all=Count("pk"), open=Count("pk", filter=~Q(state="resolved")))
    return {row["clause"]: row for row in rows}


def of_clause(standing: Standing, pack: str, period: str, tail: str) -> dict[str, Any]:
    """What the drawer of a clause shows."""
    if not standing.may("comment"):
        return {}
    rows = of_park(standing).filter(pack=pack, period=period, clause=tail)
    return {"may_comment": True, "threads": threads(standing, rows)}
