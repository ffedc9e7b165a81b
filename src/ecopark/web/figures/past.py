"""Everything a figure ever was: its values, the corrections that were wanted of it, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ecopark.core.text import Text
from ecopark.web.figures.models import CORRECTION_STATES, STATES, Correction, Figure
from ecopark.web.figures.said import said


@dataclass(frozen=True)
class Past:
    """One change of a figure, or of its correction.

    Parameters
    ----------
    row
        The row of the history.
    before, after
        Value and unit; before is None where there was none. A correction is beside what counted when it was made.
    """

    row: Any
    state: Text
    before: str | None
    after: str
    is_correction: bool = False

    @property
    def at(self) -> datetime:
        """When."""
        return self.row.history_date  # type: ignore[no-any-return]

    @property
    def who(self) -> Any:
        """The person; None for none."""
        return self.row.history_user

    @property
    def why(self) -> str:
        """The reason that was given."""
        own = self.row.why if self.is_correction else ""
        kept = self.row.history_change_reason or ""
        return own if own and own in kept else " · ".join(filter(None, (own, kept)))


def past(figure: Figure) -> list[Past]:
    """All changes of a figure and of its corrections, the latest first."""
    rows = list(figure.history.select_related("history_user").order_by("-history_date", "-history_id"))
    found = [
        Past(now, STATES[now.state], _said(figure, before) if before else None, _said(figure, now))
        for now, before in zip(rows, [*rows[1:], None], strict=True)
    ]
    beside = Correction.history.filter(figure=figure).select_related("history_user")
    for wanted in beside:
        counted = next((r for r in rows if r.history_date <= wanted.history_date), None)
        if wanted.state == "accepted":  # then it is the figure's own value
            continue
        state = CORRECTION_STATES[wanted.state]
        text = Text(f"更正（{state.zh}）", f"correction ({state.en})")
        found.append(
            Past(wanted, text, _said(figure, counted) if counted else None, _said(figure, wanted), is_correction=True)
        )
    return sorted(found, key=lambda one: (one.at, one.row.history_id), reverse=True)


def _said(figure: Figure, row: Any) -> str:
    return said(row, figure.quantity, figure.by)
