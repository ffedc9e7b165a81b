"""The stored figures that rows of a table or form are about, and no others: asked for in chunks, whatever the park's size."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

from ecopark.web.figures.models import Figure
from ecopark.web.parks.models import Park, Subject

AT_ONCE = 400
"""So many subjects are asked for in one query: fewer variables than any database allows."""

Key = tuple[str, str, str, str]
"""Subject, quantity, period, breakdown."""


def subjects_by_key(park: Park, keys: Iterable[str]) -> dict[str, Subject]:
    """The subjects of a park with these keys, as far as there are any."""
    wanted = sorted(set(keys))
    found: dict[str, Subject] = {}
    for at in range(0, len(wanted), AT_ONCE):
        found |= {s.key: s for s in Subject.objects.filter(park=park, key__in=wanted[at : at + AT_ONCE])}
    return found


def known_figures(
    park: Park, keys: Iterable[Key], subjects: dict[str, Subject] | None = None, *,
    heard: Callable[[int, int], None] = lambda done, total: None,
) -> dict[Key, Figure]:  # fmt: skip
    """What is stored of these figures, each with its subject, who entered it and its correction.

    Parameters
    ----------
    subjects
        Subjects by key, where the caller has them already.
    heard
        Is told how many of how many subjects are done.
    """
    wanted: dict[str, set[Key]] = defaultdict(set)
    for key in keys:
        wanted[key[0]].add(key)
    there = subjects if subjects is not None else subjects_by_key(park, wanted)
    names = sorted(name for name in wanted if name in there)
    found: dict[Key, Figure] = {}
    for at in range(0, len(names), AT_ONCE):
        heard(at, len(names))
        chunk = {there[name].pk: there[name] for name in names[at : at + AT_ONCE]}
        asked = [key for s in chunk.values() for key in wanted[s.key]]
        rows = Figure.objects.filter(
            park=park, subject__in=list(chunk), quantity__in={k[1] for k in asked}, period__in={k[2] for k in asked}
        ).select_related("entered_by", "correction")
        for figure in rows:
            figure.subject = chunk[figure.subject_id]
            key = (figure.subject.key, figure.quantity, figure.period, figure.by)
            if key in wanted[key[0]]:
                found[key] = figure
    return found
