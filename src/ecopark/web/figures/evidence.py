"""What is known of documents: which a person may see, how many stand behind a figure or clause, and what became of each."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from typing import Any

from django.db.models import Count, Q, QuerySet

from ecopark.core.text import Text
from ecopark.errors import EcoparkError
from ecopark.indicators.catalogue import indicators
from ecopark.observations.quantity import catalogue
from ecopark.packs.load import find_pack
from ecopark.standards.needs import reach
from ecopark.web.assess.keep import packs_of
from ecopark.web.figures.form_rows import asked
from ecopark.web.figures.models import Evidence
from ecopark.web.parks.models import Park, Subject
from ecopark.web.people.access import Standing

SHOWN = 30
"""So many documents stand in a drawer; the list of evidence has the rest."""


def visible(standing: Standing) -> QuerySet[Evidence]:
    """The documents a person may know."""
    if not standing.may("see_evidence"):
        return Evidence.objects.none()
    rows = standing.of_subjects(Evidence.objects.filter(park=standing.park))
    return rows.select_related("subject__park", "by", "withdrawn_by")


def of_year(rows: QuerySet[Evidence], period: str) -> QuerySet[Evidence]:
    """Those of a year, of its months, and those that say no period."""
    return rows.filter(Q(period__startswith=period[:4]) | Q(period="")) if period else rows


def counts(standing: Standing, subject: Subject, about: Collection[str], period: str) -> dict[str, int]:
    """By quantity, how many documents stand behind the figures of a subject and year: one query for a whole form."""
    rows = of_year(visible(standing), period).filter(subject=subject, about__in=about, withdrawn__isnull=True)
    return dict(rows.order_by().values_list("about").annotate(Count("pk")))


def of_clause(
    standing: Standing, pack: str, clause: str, period: str, moment: datetime | None = None
) -> QuerySet[Evidence]:
    """The documents behind a clause (by its tail) and behind every figure that bears on it, the park's first.

    Parameters
    ----------
    moment
        What was there on an earlier day; None: what is there now.
    """
    rows = of_year(visible(standing), period).filter(about__in=_behind(pack, clause))
    if moment is None:
        rows = rows.filter(withdrawn__isnull=True)
    else:
        rows = rows.filter(Q(withdrawn__isnull=True) | Q(withdrawn__gt=moment), at__lte=moment)
    return rows.order_by("-subject__kind", "about", "-at", "-pk")


@lru_cache(maxsize=4096)
def _behind(pack: str, clause: str) -> frozenset[str]:
    found = find_pack(pack)
    try:
        one = found.clause(clause)
    except KeyError:  # a clause of an edition that was shown once
        return frozenset({f"{pack}/{clause}"})
    return reach(one, found) | {one.id}


@lru_cache(maxsize=4096)
def about_words(about: str) -> Text:
    """What a document is about, in words: a quantity, an indicator or a clause; what none of them is stands as it is."""
    if (quantity := catalogue().find(about)) is not None:
        return quantity.label
    if about in indicators():
        return indicators()[about].label
    if "/" in about:
        try:
            pack = find_pack(about.split("/", 1)[0])
            clause = pack.clause(about)
        except (KeyError, EcoparkError):
            return Text(about, about)
        return Text(
            f"{pack.title.zh} {clause.tail} {clause.label.zh}", f"{pack.title.en} {clause.tail} {clause.label.en}"
        )
    return Text(about, about)


def choices(park: Park, subject: Subject) -> list[tuple[str, Text]]:
    """What a document of a subject may be about, to choose from: the quantities it is asked for, and the park's clauses."""
    found = [(q.id, q.label) for q in asked(park, subject)]
    if subject.kind == "park":
        for name in packs_of(park):
            found += [(clause.id, about_words(clause.id)) for clause in find_pack(name).clauses]
    return found


@dataclass(frozen=True)
class Event:
    """One thing that happened to a document."""

    at: datetime
    who: Any
    what: Text
    why: str = ""


KEPT, MOVED, WITHDRAWN = Text("上传", "added"), Text("转移", "moved"), Text("撤下", "taken back")


def past(found: Evidence) -> list[Event]:
    """What happened to a document, the latest first: who added it, who moved it to another firm, who took it back and why."""
    rows = list(found.history.select_related("history_user").order_by("history_date", "history_id"))
    events = [Event(found.at, found.by, KEPT)]
    for before, now in pairwise(rows):
        if now.subject_id != before.subject_id:
            events.append(Event(now.history_date, now.history_user, MOVED, now.history_change_reason or ""))
    if found.withdrawn is not None:
        events.append(Event(found.withdrawn, found.withdrawn_by, WITHDRAWN, found.withdrawn_why))
    return sorted(events, key=lambda event: event.at, reverse=True)
