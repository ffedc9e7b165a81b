"""The one way a figure is written: checked, counted, with who, when and why; nothing is overwritten.

Whoever saves says which version they saw. If somebody else was faster, nothing is written and both values are shown.
What a firm writes waits for the office (`state` is not one that counts): a new figure as a draft, a change of an accepted one
as its `Correction`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from ecopark.core.text import Text
from ecopark.core.trace import value_text
from ecopark.errors import EcoparkError, InputError, Place, Problem
from ecopark.observations.model import Observation
from ecopark.web.figures.corrections import HandedInError, handed_in
from ecopark.web.figures.facts import read_one
from ecopark.web.figures.known import known_figures, subjects_by_key
from ecopark.web.figures.models import COUNTED, OPEN, Correction, Figure, Import
from ecopark.web.parks.models import Park, Subject


class ConflictError(EcoparkError):
    """Somebody else changed the figure since it was shown."""

    def __init__(self, figure: Figure) -> None:
        super().__init__(f"{figure} was changed by somebody else")
        self.figure = figure


@dataclass(frozen=True, slots=True)
class Change:
    """One figure as somebody wants it.

    Parameters
    ----------
    seen
        The version that was shown; 0: there was none; None: whatever is there (an import says what it replaces itself).
    """

    subject: str
    quantity: str
    period: str
    given: str
    unit: str = ""
    by: str = ""
    source: str = ""
    note: str = ""
    place: str = ""
    seen: int | None = None
    read: Observation | None = field(default=None, compare=False)

    @property
    def key(self) -> tuple[str, str, str, str]:
        return (self.subject, self.quantity, self.period, self.by)

    def row(self) -> dict[str, Any]:
        """As a row of the facts contract."""
        return {
            "subject": self.subject, "quantity": self.quantity, "period": self.period, "value": self.given,
            "unit": self.unit, "by": self.by, "source": self.source, "note": self.note,
        }  # fmt: skip


LONGEST = {
    name: (Figure._meta.get_field(name).max_length or 0, words)
    for name, words in {
        "given": Text("数值", "the value"), "unit": Text("单位", "the unit"), "source": Text("来源", "the source"),
        "note": Text("备注", "the note"),
    }.items()
}  # fmt: skip
"""How many characters a part of a figure may have, and what it is called."""


def too_long(change: Change) -> list[Problem]:
    """The parts of a change that are longer than what can be kept."""
    found = []
    for name, (longest, words) in LONGEST.items():
        count = len(getattr(change, name))
        if count > longest:
            found.append(
                Problem(
                    "too-long", Place(), f"{words.zh}有 {count} 个字，最多 {longest} 个字。",
                    f"{words.en} has {count} characters; {longest} at most.", "请缩短；长的说明请作为佐证材料上传。",
                    "Shorten it; hand in a long text as evidence.",
                )
            )  # fmt: skip
    return found


def readable(park: Park, change: Change, known: dict[str, Subject] | None = None) -> Observation | None:
    """A change as the engines read it; None where it takes the figure away.

    Raises
    ------
    InputError
        It cannot be read or kept, or says in words that there is no figure: what is typed would count as given.
    """
    if problems := too_long(change):
        raise InputError(problems)
    given = change.given.strip()
    read = read_one(park, change.row(), known) if given else None
    if given and read is None:
        raise InputError(
            [
                Problem(
                    "no-figure", Place(), f"“{given}”不是数。", f"'{given}' is no figure.",
                    "没有数据请留空；不适用请填 n/a，并在备注中说明原因。",
                    "Leave it empty where there is none; where it does not apply type n/a and say why in the note.",
                )
            ]
        )  # fmt: skip
    return read


@transaction.atomic
def write(
    park: Park, changes: Sequence[Change], user: Any, reason: str, *, state: str = "accepted",
    came_with: Import | None = None, why: str = "",
) -> int:  # fmt: skip
    """Write figures, all or none; says how many differ from what was there.

    Parameters
    ----------
    why
        Why an accepted figure is wrong, where the change becomes a correction of it.

    Raises
    ------
    InputError
        A value cannot be read or kept.
    ConflictError
        A figure has another version than the one that was seen.
    HandedInError
        What a firm has handed in waits for the office.
    """
    locked = Park.objects.select_for_update().get(pk=park.pk)
    subjects = subjects_by_key(park, (c.subject for c in changes))
    known = known_figures(park, (c.key for c in changes), subjects)
    seq = locked.changed + 1
    now = timezone.now()
    made: list[Figure] = []
    changed: list[Figure] = []
    beside: list[Correction] = []
    wanted = [c for c in changes if _differs(known.get(c.key), c, state)]
    if state not in COUNTED:
        _open_to_firm(park, wanted, known, subjects)
    for change in wanted:
        figure = known.get(change.key)
        if change.seen is not None and change.seen != (figure.stamp if figure else 0):
            raise ConflictError(figure or Figure(quantity=change.quantity, period=change.period))
        read = change.read or readable(park, change, subjects)
        row: Figure | Correction
        if figure is None:
            row = Figure(
                park=park, subject=subjects[change.subject], quantity=change.quantity, period=change.period,
                by=change.by, version=0, seq=seq, state=state,
            )  # fmt: skip
            made.append(row)
        elif state not in COUNTED and figure.state in COUNTED:
            row = getattr(figure, "correction", None) or Correction(figure=figure, version=0)
            row.why = why.strip()[:300] or (row.why if row.state in OPEN else "")
            row.state = "withdrawn" if _same(figure, change) else state
            beside.append(row)
        else:
            row = figure
            row.state, row.seq = state, seq
            changed.append(row)
        row.given, row.unit, row.source = change.given.strip(), change.unit, change.source
        row.note, row.place, row.came_with = change.note, change.place, came_with
        row.number = number_of(read)
        row.version += 1
        row.entered_by, row.entered_at = user, now
    if made or changed:
        bulk_create_with_history(made, Figure, default_user=user, default_change_reason=reason, batch_size=500)
        bulk_update_with_history(
            changed, Figure, WRITTEN, default_user=user, default_change_reason=reason, batch_size=500
        )
        Park.objects.filter(pk=park.pk).update(changed=F("changed") + 1)
        park.changed = seq
    if beside:  # nothing that counts is another: the park's count of changes stays
        new = [row for row in beside if row.pk is None]
        old = [row for row in beside if row.pk is not None]
        bulk_create_with_history(new, Correction, default_user=user, default_change_reason=reason, batch_size=500)
        bulk_update_with_history(
            old, Correction, BESIDE, default_user=user, default_change_reason=reason, batch_size=500
        )
    return len(made) + len(changed) + len(beside)


WRITTEN = [
    "given", "unit", "number", "source", "note", "place", "state", "version", "seq", "entered_by", "entered_at",
    "came_with",
]  # fmt: skip
BESIDE = [
    "given", "unit", "number", "source", "note", "place", "why", "state", "version", "entered_by", "entered_at", "came_with",
]  # fmt: skip


@transaction.atomic
def set_state(park: Park, figures: Sequence[Figure], state: str, user: Any, reason: str) -> int:
    """Move figures on: submitted, accepted, returned; says how many moved."""
    locked = Park.objects.select_for_update().get(pk=park.pk)
    moved = [f for f in figures if f.state != state]
    for figure in moved:
        figure.state = state
        figure.version += 1
        figure.seq = locked.changed + 1
    if moved:
        bulk_update_with_history(
            moved, Figure, ["state", "version", "seq"], default_user=user, default_change_reason=reason, batch_size=500
        )
        Park.objects.filter(pk=park.pk).update(changed=F("changed") + 1)
        park.changed = locked.changed + 1
    return len(moved)


def number_of(read: Observation | None) -> float | None:
    """What a figure is sorted by."""
    if read is None or read.not_applicable or not isinstance(read.value, Fraction):
        return None
    return float(read.value)


def as_typed(o: Observation) -> tuple[str, str]:
    """Value and unit as they were typed, the base year of constant prices kept."""
    if o.not_applicable:
        return "n/a", ""
    value, _, unit = o.given.partition(" ")
    if not value:
        value, unit = value_text(o.value), o.unit
    if o.base_year and "@" not in unit:
        unit = f"{unit or o.unit}@{o.base_year}"
    return value, unit


def _differs(figure: Figure | None, change: Change, state: str) -> bool:
    """Whether a change says anything else than what is there, for whom what counts counts, or for the firm."""
    if figure is None:
        return bool(change.given.strip())
    if state not in COUNTED and figure.state in COUNTED:
        return not _same(figure.proposed or figure, change)
    return not (_same(figure, change) and figure.state == state)


def _same(row: Figure | Correction, change: Change) -> bool:
    return (row.given, row.unit, row.note, row.source) == (
        change.given.strip(), change.unit, change.note, change.source,
    )  # fmt: skip


def _open_to_firm(
    park: Park, wanted: Sequence[Change], known: Mapping[tuple[str, str, str, str], Figure], subjects: Mapping[str, Subject]
) -> None:  # fmt: skip
    """Refuse what belongs to figures that were handed in and are not decided on.

    Raises
    ------
    HandedInError
        With the first firm and year.
    """
    found = handed_in(park, ((c.subject, c.period[:4]) for c in wanted))
    for change in wanted:
        figure = known.get(change.key)
        beside = figure.proposed if figure else None
        if figure and "submitted" in (
            figure.state,
            beside.state if beside else "",
        ):  # of no period: handed in with a year
            found = found or (change.subject, change.period[:4])
    if found:
        raise HandedInError(subjects[found[0]].name, found[1])
