"""What a list of parks says of each: titles, open cases, overdue tasks and the last year with figures, as they are stored.

Nothing is assessed, and the number of questions to the database does not hang on the number of parks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Case as Which
from django.db.models import Count, Q, QuerySet, Value, When
from django.utils import timezone

from ecopark.casework import cases as case_steps
from ecopark.core.text import Text
from ecopark.standards.titles import State, states
from ecopark.web.cases.models import Case
from ecopark.web.figures.stamps import last_years
from ecopark.web.parks.models import Park
from ecopark.web.people.access import parks_of, parks_where, whole_parks
from ecopark.web.people.models import ROLE_TEXT
from ecopark.web.rules.models import TitleStep
from ecopark.web.tasks.lists import when
from ecopark.web.tasks.models import Task
from ecopark.web.tasks.work import OPEN

PER_PAGE = 24


@dataclass(frozen=True, slots=True)
class ParkCard:
    """One park in a list.

    Parameters
    ----------
    roles
        What the reader is there; none for an administrator and for one of the public.
    titles
        Titles the park holds or works for.
    cases, tasks
        How many there are: ``open`` and ``late``; None where the reader may not know, or where there never was one.
    year
        The last year with figures; None where there are none, or where the reader may not know.
    """

    park: Park
    roles: tuple[Text, ...] = ()
    titles: list[State] = field(default_factory=list)
    cases: dict[str, int] | None = None
    tasks: dict[str, int] | None = None
    year: int | None = None


def known_parks(user: Any, like: str = "") -> QuerySet[Park]:
    """The parks a person may know of: first those they have a role in, then what is published; by name."""
    own = parks_where(user, "see_park").values("pk")
    found = parks_of(user).annotate(others=Which(When(pk__in=own, then=Value(0)), default=Value(1)))
    if like:
        found = found.filter(Q(name__icontains=like) | Q(name_en__icontains=like) | Q(area__icontains=like))
    return found.order_by("others", "name", "pk")


def cards(user: Any, parks: Sequence[Park], now: datetime) -> list[ParkCard]:
    """The cards of these parks, each with what this person may know."""
    today = timezone.localdate(now)
    running = ~Q(status__in=case_steps.ENDED)
    cases = _counted(Case.objects, _whole(user, "see_cases", parks), running, running & Q(due__lt=now))
    tasks = _counted(Task.objects, _whole(user, "see_tasks", parks), Q(status__in=OPEN), when("late", today))
    steps: dict[int, list[dict[str, str]]] = {
        p: [] for p in _whole(user, "see_titles", parks).values_list("pk", flat=True)
    }
    for step in TitleStep.objects.filter(park__in=[*steps], withdrawn__isnull=True).order_by("dated", "pk"):
        steps[step.park_id].append(step.entry())
    dated = set(_whole(user, "see_assessments", parks).values_list("pk", flat=True))
    years = last_years(p for p in parks if p.published or p.pk in dated)
    roles = _roles(user, parks)
    return [
        ParkCard(
            one, roles.get(one.pk, ()), _titles(one, steps.get(one.pk), now), cases.get(one.pk), tasks.get(one.pk),
            years.get(one.pk),
        )
        for one in parks
    ]  # fmt: skip


def _whole(user: Any, action: str, parks: Sequence[Park]) -> QuerySet[Park]:
    """Of these parks those in which the person may do `action` to everything there is."""
    return whole_parks(user, action).filter(pk__in=[p.pk for p in parks])


def _counted(rows: Any, parks: QuerySet[Park], running: Q, late: Q) -> dict[int, dict[str, int]]:
    """By park how many of its rows are open, and how many of these late."""
    asked = rows.filter(park__in=parks.values("pk")).order_by().values_list("park")
    counts = asked.annotate(running=Count("pk", filter=running), late=Count("pk", filter=late))
    return {park: {"open": n, "late": n_late} for park, n, n_late in counts}


def _titles(park: Park, steps: list[dict[str, str]] | None, now: datetime) -> list[State]:
    if steps is None:
        return []
    return states([*park.settings.get("titles", ()), *steps], timezone.localdate(now))


def _roles(user: Any, parks: Sequence[Park]) -> dict[int, tuple[Text, ...]]:
    """By park what the person is there, in the order in which roles are listed."""
    if not user.is_authenticated:
        return {}
    named = list(user.memberships.values_list("role", "park", "area"))
    found: dict[int, tuple[Text, ...]] = {}
    for one in parks:
        here = {r for r, park, area in named if park == one.pk or (area and f"{one.area}/".startswith(f"{area}/"))}
        found[one.pk] = tuple(text for role, text in ROLE_TEXT.items() if role in here)
    return found
