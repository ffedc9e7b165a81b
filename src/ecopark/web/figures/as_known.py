"""What was known at the end of an earlier day: figures as their history has them, with what stood beside them then.

As of then are the figures, the park's settings and departments, the entries of the registry as far as events tell of them,
signatures, steps of titles, and evidence. The catalogue of quantities and all that is no row of the database is that of today.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from ecopark.core.text import RefusedError, Text
from ecopark.observations.model import Facts
from ecopark.web import background
from ecopark.web.at_hand import AtHand
from ecopark.web.background import StillWorkingError
from ecopark.web.figures import facts as now
from ecopark.web.figures import stamps
from ecopark.web.figures.models import COUNTED, Figure
from ecopark.web.firms import registry
from ecopark.web.firms.models import FirmEvent
from ecopark.web.parks.models import Department, Park, Subject
from ecopark.web.people.access import Standing
from ecopark.web.rules import sign
from ecopark.web.typed import day_in

KEPT_DAYS = 8
"""So many days of parks are kept in memory, the last used ones; of large parks one."""


class PastError(RefusedError):
    """The day cannot be shown; `text` says why."""


@dataclass
class Past:
    """A park as it was known at the end of a day; `answers`: what was worked out of it since."""

    park: Park
    moment: datetime
    facts: Facts
    answers: dict[Any, Any] = field(default_factory=dict)


_kept: AtHand[tuple[Any, ...], Past] = AtHand(KEPT_DAYS)


def end_of(day: date) -> datetime:
    """The last moment of a day, in the time of the site."""
    return timezone.make_aware(datetime.combine(day, time.max))


def day_of(text: str, standing: Standing) -> date | None:
    """The earlier day somebody asks for; None for nothing and for today, of which pages show what holds now.

    Raises
    ------
    PermissionDenied
        They may not see the values of the park.
    PastError
        It is no day, lies ahead, or the park was not here yet.
    """
    if not text.strip():
        return None
    standing.need("see_values")
    day = day_in(text)
    if day is None:
        raise PastError(
            Text(f"“{text[:40]}”不是日期，请写作 2026-03-15。", f"'{text[:40]}' is no day: write 2026-03-15.")
        )
    today = timezone.localdate()
    if day > today:
        raise PastError(Text(f"{day} 还没有到，请选今天以前的日期。", f"{day} lies ahead: choose a day before today."))
    begun = _begun(standing.park)
    if begun is not None and day < begun:
        raise PastError(
            Text(
                f"本园区 {begun} 才录入本平台，{day} 还没有任何数据。请选 {begun} 或之后的日期。",
                f"This park came to the site on {begun}; on {day} nothing was known of it. Choose that day or a later one.",
            )
        )
    return None if day == today else day


def past(park: Park, day: date) -> Past:
    """The park at the end of an earlier day; read once, then kept in memory.

    Raises
    ------
    StillWorkingError
        Of a request for a large park, whose history is read in the background from now on.
    """
    name = (park.pk, park.key, day, stamps.beside(park).reading)
    if (found := _kept.get(name)) is not None:
        return found
    if background.somebody_waits() and _is_large(park):
        background.later_with(park, ("past", day), lambda row: past(row, day))
        raise StillWorkingError
    moment = end_of(day)
    made = Past(park_on(park, moment), moment, facts_on(park, moment))
    if len(made.facts) > now.MANY:
        _kept.drop(lambda _, one: len(one.facts) > now.MANY)
    _kept.put(name, made)
    return made


def facts_at_once(park: Park, day: date) -> Facts | None:
    """The figures as of a day; None while the history of a large park is being read."""
    try:
        return past(park, day).facts
    except StillWorkingError:
        return None


def forget() -> None:
    """Drop what is kept in memory."""
    _kept.clear()


def facts_on(park: Park, moment: datetime) -> Facts:
    """What was known at `moment`: the accepted figures as the history has them, with settings, firms and signatures of then."""
    then, subjects = park_on(park, moment), [s.as_fact() for s in subjects_on(park, moment)]
    rows = figures_on(park, moment).filter(state__in=COUNTED)
    found = now.read_rows(then, rows.values_list(*now.FIELDS), subjects)
    settings = now.settings_with(
        then, verified=sign.entries(park, moment), titles=sign.title_entries(park, moment),
        evidence=park.evidence.filter(at__lte=moment).filter(Q(withdrawn__isnull=True) | Q(withdrawn__gt=moment)),
        departments=_departments_on(park, moment),
    )  # fmt: skip
    return now.gathered([o for o in found.values() if o is not None], subjects, settings)


def figures_on(park: Park, moment: datetime) -> QuerySet[Any]:
    """Rows of the history of figures: each figure as it stood at a moment.

    Writes to a park follow each other, so the last row of a figure is the one with the highest number. Asked for by the latest
    date within a park (`latest_of_each`), SQLite looks through all rows of the park for each: 33 s instead of 0.03 s for 5,929.
    """
    known = Figure.history.filter(park=park, history_date__lte=moment).order_by()
    last = known.values("id").annotate(last=Max("history_id")).values("last")
    return Figure.history.filter(park=park, history_id__in=last).exclude(history_type="-")


def figure_of(row: Any) -> Figure:
    """The figure a row of the history stands for, without the correction that stands beside it today."""
    found: Figure = row.instance
    found.subject, found.entered_by = row.subject, row.entered_by
    found._state.fields_cache["correction"] = None
    return found


def years_on(park: Park, moment: datetime) -> list[int]:
    """Calendar years for which there were figures then, the latest first."""
    rows = Figure.history.filter(park=park, history_date__lte=moment).order_by().values_list("period", flat=True)
    return sorted({int(p[:4]) for p in rows.distinct() if p[:4].isdecimal()}, reverse=True)


def park_on(park: Park, moment: datetime) -> Park:
    """The park with the settings of then; as it is today where its history does not reach back."""
    try:
        found: Park = park.history.as_of(moment)
    except Park.DoesNotExist:
        return park
    return found


def subjects_on(park: Park, moment: datetime) -> list[Subject]:
    """The subjects of then: those of today, with what the registry has done since taken back, the latest first."""
    found = {s.pk: s for s in park.subjects.all()}
    for event in FirmEvent.objects.filter(park=park, at__gt=moment).order_by("-at", "-pk"):
        subject = found.get(event.subject_id)
        if subject is None:
            continue
        if event.kind == "added":
            del found[subject.pk]
        elif event.kind == "edited":
            registry.put(subject, registry.fields_of(subject) | event.data["before"])
        elif event.kind == "merged":
            subject.kind = "firm"
        elif event.kind == "undone":
            merge = FirmEvent.objects.get(pk=event.data["event"])
            if merge.data["double"] == subject.key:
                subject.kind = registry.MERGED
    return list(found.values())


def _departments_on(park: Park, moment: datetime) -> list[Department]:
    """The departments of then; one without any history is taken as it is."""
    then = list(
        Department.history.filter(park=park, history_date__lte=moment).latest_of_each().exclude(history_type="-")
    )
    told = set(Department.history.filter(park=park).values_list("id", flat=True))
    return [*then, *(d for d in park.departments.all() if d.pk not in told)]


def _begun(park: Park) -> date | None:
    """The day from which on the site knows of the park; None where its history does not tell."""
    first = park.history.order_by("history_date", "history_id").first()
    if first is None or first.history_type != "+":
        return None
    return timezone.localdate(first.history_date)


def _is_large(park: Park) -> bool:
    return Figure.objects.filter(park=park).order_by()[now.MANY : now.MANY + 1].exists()
