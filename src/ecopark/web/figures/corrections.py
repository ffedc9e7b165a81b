"""Corrections of accepted figures: a firm's wish waits beside the figure, which counts as it is until the office accepts.

Nothing here is a second way to write figures: `change.write` puts a firm's change of an accepted figure here, and
`submit.take` moves corrections on with the figures they are handed in with.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from simple_history.utils import bulk_update_with_history

from ecopark.core.text import Text
from ecopark.errors import EcoparkError
from ecopark.web.figures.models import CORRECTION_STATES, OPEN, STATES, Correction, Figure, Submission
from ecopark.web.figures.said import said
from ecopark.web.parks.models import Park, Subject

APPLIED = (
    "given", "unit", "number", "source", "note", "place", "version", "seq", "entered_by", "entered_at", "came_with",
)  # fmt: skip
MOVED = ("state", "version", "why")


class HandedInError(EcoparkError):
    """A firm wants to change figures that it has handed in and that the office has not decided on."""

    def __init__(self, firm: str, year: str) -> None:
        zh, en = (
            (f"{year} 年的数", f"The figures of {firm} for {year}") if year else ("的数", f"These figures of {firm}")
        )
        self.text = Text(
            f"{firm} {zh}已提交，园区办尚未处理，不能修改。请先撤回，改好后再提交。",
            f"{en} are handed in and not decided yet: withdraw them to change them, then hand in again.",
        )
        super().__init__(self.text.en, zh=self.text.zh)


def handed_in(park: Park, wanted: Iterable[tuple[str, str]]) -> tuple[str, str] | None:
    """The first of these subjects (key) and years whose figures wait for the office; None if none does."""
    asked = {(subject, year) for subject, year in wanted if year}
    waiting = Submission.objects.filter(
        park=park, state="submitted", subject__key__in={s for s, _ in asked}, period__in={y for _, y in asked}
    ).values_list("subject__key", "period")
    return min(asked & set(waiting), default=None)


def set_of(park: Park, subject: Subject, year: str) -> QuerySet[Figure]:
    """The figures that a firm hands in for a year: the year's, its months', and those of no period."""
    return Figure.objects.filter(Q(period__startswith=year) | Q(period=""), park=park, subject=subject)


def open_ones(figures: QuerySet[Figure], states: Sequence[str] = OPEN) -> list[Correction]:
    """The corrections of these figures that are in one of the states."""
    found = Correction.objects.filter(figure__in=figures, state__in=states)
    return list(
        found.select_related("figure__subject", "entered_by").order_by("figure__quantity", "figure__period", "pk")
    )


def move(corrections: Sequence[Correction], state: str, user: Any, reason: str) -> int:
    """Move corrections on: submitted, returned, back to the firm; says how many moved."""
    for correction in corrections:
        correction.state = state
        correction.version += 1
    _keep(corrections, user, reason)
    return len(corrections)


def apply(park: Park, corrections: Sequence[Correction], user: Any, reason: str) -> int:
    """Make figures what their corrections say; they keep who typed them and when. Inside the caller's transaction."""
    if not corrections:
        return 0
    locked = Park.objects.select_for_update().get(pk=park.pk)
    for correction in corrections:
        figure = correction.figure
        for name in ("given", "unit", "number", "source", "note", "place", "entered_by", "entered_at", "came_with"):
            setattr(figure, name, getattr(correction, name))
        figure.version += 1
        figure.seq = locked.changed + 1
        figure._change_reason = f"采用更正 / correction accepted: {correction.why}"[:300]
    figures = [correction.figure for correction in corrections]
    bulk_update_with_history(figures, Figure, APPLIED, default_user=user, batch_size=500)
    Park.objects.filter(pk=park.pk).update(changed=F("changed") + 1)
    park.changed = locked.changed + 1
    return move(corrections, "accepted", user, reason)


@dataclass(frozen=True)
class Pending:
    """One figure of a firm that the office has not decided on: what counts now, and what would.

    Parameters
    ----------
    before
        The value that counts, with its unit; None where there is none yet.
    is_correction
        Whether it would replace an accepted figure.
    """

    figure: Figure
    wanted: Figure | Correction
    before: str | None
    after: str
    is_correction: bool
    why: str = ""

    @property
    def state(self) -> Text:
        """Where it is on its way to the office."""
        return (CORRECTION_STATES if self.is_correction else STATES)[self.wanted.state]


def pending(park: Park, subject: Subject, year: str) -> list[Pending]:
    """What would change if all that a firm has typed for a year were accepted."""
    own = set_of(park, subject, year)
    rows = [
        Pending(f, f, None, _said(f), is_correction=False)
        for f in own.filter(state__in=OPEN).select_related("subject", "entered_by")
    ]
    rows += [Pending(c.figure, c, _said(c.figure), _said(c), True, c.why) for c in open_ones(own)]
    return sorted(rows, key=lambda row: (row.figure.quantity, row.figure.period, row.figure.by))


def counts(park: Park, firms: Sequence[int], year: str) -> dict[int, int]:
    """By firm, how many figures of a year wait to be handed in or decided on; counted for the firms of one page only."""
    own = Figure.objects.filter(Q(period__startswith=year) | Q(period=""), park=park, subject__in=firms).order_by()
    found: dict[int, int] = dict(own.filter(state__in=OPEN).values_list("subject").annotate(Count("pk")))
    beside = Correction.objects.filter(figure__in=own, state__in=OPEN).order_by()
    for firm, number in beside.values_list("figure__subject").annotate(Count("pk")):
        found[firm] = found.get(firm, 0) + number
    return found


def _said(row: Figure | Correction) -> str:
    figure = row if isinstance(row, Figure) else row.figure
    return said(row, figure.quantity, figure.by)


def _keep(corrections: Sequence[Correction], user: Any, reason: str) -> None:
    if corrections:
        bulk_update_with_history(
            corrections, Correction, MOVED, default_user=user, default_change_reason=reason[:300], batch_size=500
        )
