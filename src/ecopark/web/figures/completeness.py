"""How much of what is asked was given in a year: by firm, by theme and by department, counted in the database.

Asked is what the park's standards need (`form_rows.asked`), given is what somebody has typed, as on the forms; what the park's
figures come to from those of its firms is not counted as given for the park.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from ecopark.core.text import Text
from ecopark.observations.quantity import Quantity, catalogue
from ecopark.web.figures.form_rows import asked
from ecopark.web.figures.models import Figure
from ecopark.web.figures.submit import active
from ecopark.web.parks.models import Park, Subject
from ecopark.web.people.access import Standing

SORTS = ("name", "given")
WAYS = {"theme": Text("主题", "Theme"), "department": Text("部门", "Department")}
"""What quantities are counted by."""


@dataclass(frozen=True, slots=True)
class Share:
    """How much of something was given: of the park itself, and of its firms together."""

    id: str
    label: Text
    asked: int
    given: int
    firms_asked: int
    firms_given: int

    @property
    def percent(self) -> int:
        """Of the park's own [%]."""
        return self.given * 100 // self.asked if self.asked else 100

    @property
    def firms_percent(self) -> int:
        """Of the firms' [%]."""
        return self.firms_given * 100 // self.firms_asked if self.firms_asked else 100


def asked_of_firms(park: Park, theme: str = "") -> list[Quantity]:
    """What every firm of the park is asked for."""
    return [q for q in asked(park, Subject(park=park, kind="firm")) if not theme or q.theme == theme]


def firms(
    standing: Standing, period: str, *, like: str = "", theme: str = "", open_only: bool = False, sort: str = "name"
) -> QuerySet[Subject]:
    """The firms that were here in a year and that somebody may know.

    Parameters
    ----------
    theme
        Counts this theme only.
    open_only
        Only firms of which something is missing.
    sort
        ``name`` or ``given``, with a minus the other way round; by ``given`` each firm carries ``given``.
    """
    rows = standing.of_subjects(active(standing.park, int(period)), "key")
    if like:
        rows = rows.filter(name__icontains=like)
    wanted = asked_of_firms(standing.park, theme)
    by_given = sort.lstrip("-") == "given"
    if by_given or open_only:
        rows = rows.annotate(given=_given_of(wanted, period))
    if open_only:
        rows = rows.filter(given__lt=len(wanted))
    field = F("given" if by_given else "name")
    return rows.order_by(field.desc() if sort.startswith("-") else field.asc(), "pk")


def _given_of(wanted: Sequence[Quantity], period: str) -> Coalesce:
    """How many of some quantities a firm has given; asked by the firm alone, so that its index is used."""
    rows = Figure.objects.filter(
        subject=OuterRef("pk"), period__in=[period, ""], quantity__in=[q.id for q in wanted]
    ).exclude(given="")
    counted = rows.order_by().values("subject").annotate(n=Count("quantity", distinct=True)).values("n")
    return Coalesce(Subquery(counted[:1], output_field=IntegerField()), 0)


def given_by(subjects: Iterable[int], period: str, wanted: Sequence[Quantity]) -> dict[int, set[str]]:
    """The quantities that some subjects (a page of them) have given in a year."""
    ids = {q.id for q in wanted}
    found: dict[int, set[str]] = defaultdict(set)
    rows = Figure.objects.filter(subject__in=list(subjects), period__in=[period, ""]).exclude(given="")
    for subject, quantity in rows.values_list("subject", "quantity").distinct():
        if quantity in ids:
            found[subject].add(quantity)
    return found


def firm_rows(park: Park, page: Iterable[Subject], period: str) -> list[dict[str, Any]]:
    """The firms of a page with given and asked, altogether and by theme."""
    shown, wanted = list(page), asked_of_firms(park)
    given = given_by([s.pk for s in shown], period, wanted)
    themes = themes_asked(wanted)
    found = []
    for firm in shown:
        there = given.get(firm.pk, set())
        by_theme = Counter(q.theme for q in wanted if q.id in there)
        cells = [{"id": t, "label": label, "asked": n, "given": by_theme[t]} for t, label, n in themes]
        count, total = len(there), len(wanted)
        percent = count * 100 // total if total else 100
        found.append({"firm": firm, "given": count, "asked": total, "percent": percent, "themes": cells})
    return found


def themes_asked(wanted: Iterable[Quantity]) -> list[tuple[str, Text, int]]:
    """The themes of some quantities, each with how many they are, in the order of the catalogue."""
    counted = Counter(q.theme for q in wanted)
    return [(t.id, t.label, counted[t.id]) for t in catalogue().themes.values() if counted[t.id]]


def shares(park: Park, period: str, way: str) -> list[Share]:
    """By theme or department: what was given of the park itself, and of its firms together."""
    own = park.subjects.get(key=park.key)
    of_park, of_firms = asked(park, own), asked_of_firms(park)
    there = given_by([own.pk], period, of_park).get(own.pk, set())
    here = active(park, int(period))
    count = here.count()
    rows = Figure.objects.filter(
        park=park,
        quantity__in=[q.id for q in of_firms],
        period__in=[period, ""],
        subject__in=here.order_by().values("pk"),
    ).exclude(given="")
    given = dict(rows.order_by().values_list("quantity").annotate(Count("subject", distinct=True)))
    labels = _labels(park, way)
    found = []
    for key, label in labels.items():
        mine = [q for q in of_park if getattr(q, way) == key]
        theirs = [q for q in of_firms if getattr(q, way) == key]
        if mine or theirs:
            found.append(
                Share(
                    key, label, len(mine), sum(q.id in there for q in mine), len(theirs) * count,
                    sum(given.get(q.id, 0) for q in theirs),
                )
            )  # fmt: skip
    return found


def _labels(park: Park, way: str) -> dict[str, Text]:
    if way == "theme":
        return {t.id: t.label for t in catalogue().themes.values()}
    return dict(catalogue().departments) | {d.key: d.label for d in park.departments.all()}


def missing(park: Park, subject: Subject, period: str, *, theme: str = "", department: str = "") -> list[Quantity]:
    """What is asked of a subject and was not given in a year."""
    wanted = [
        q for q in asked(park, subject)
        if (not theme or q.theme == theme) and (not department or q.department == department)
    ]  # fmt: skip
    there = given_by([subject.pk], period, wanted).get(subject.pk, set())
    return [q for q in wanted if q.id not in there]
