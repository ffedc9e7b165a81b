"""Where somebody looks: in one park, or in all parks they may know; and what they find."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from ecopark.core.text import Text
from ecopark.web.parks.models import Park
from ecopark.web.people.access import Standing, parks_of, parts_of_parks, whole_parks

MOST = 20
"""Hits shown of each kind."""

Cut = Callable[[Standing, QuerySet[Any]], QuerySet[Any]]


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found: what it is called, what stands beside it, where it is."""

    label: Text
    under: Text
    url: str
    drawer: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """One park with the person's standing in it; or, without, all parks of the person together.

    Parameters
    ----------
    user
        Who looks.
    standing
        What they are in the park; None: in every park at once.
    """

    user: Any
    standing: Standing | None = None

    def rows(self, rows: QuerySet[Any], action: str, cut: Cut = lambda _, rows: rows) -> QuerySet[Any]:
        """Those rows of a table with a column `park` that the person may know.

        Parameters
        ----------
        action
            What they must be able to do there.
        cut
            Cuts the rows of a park down to what a standing there may know.
        """
        if self.standing is not None:
            mine = rows.filter(park=self.standing.park)
            return cut(self.standing, mine) if self.standing.may(action) else mine.none()
        found = rows.filter(park__in=whole_parks(self.user, action).order_by().values("pk"))
        for part in parts_of_parks(self.user, action):
            found |= cut(part, rows.filter(park=part.park))
        return found

    def parks(self) -> QuerySet[Park]:
        """The parks the person may know."""
        return parks_of(self.user)

    def beside(self, park: Park, *words: str | Text) -> Text:
        """What stands beside a hit: its own words, and the park where several are looked through."""
        said = [same(w) if isinstance(w, str) else w for w in words if w]
        said += [] if self.standing is not None else [park.label]
        return Text(" · ".join(w["zh"] for w in said), " · ".join(w["en"] for w in said))


def same(text: str) -> Text:
    """A text that reads alike in both languages."""
    return Text(text, text)
