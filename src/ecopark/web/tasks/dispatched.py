"""The dispatch list of a park by department, as the page and the files handed out say it."""

from __future__ import annotations

from datetime import date

from ecopark.casework.dispatch import Line
from ecopark.core.text import Text
from ecopark.web.parks.models import Park
from ecopark.web.tasks import lists, work
from ecopark.web.templatetags.ui import about_text
from ecopark.workflows.write_dispatch import Dispatch, Group, Row


def dispatched(park: Park, on: date) -> Dispatch:
    """What a meeting on a day must talk about: the department with most of it first, the worst first in each."""
    rows, counts = lists.dispatch(park, on)
    leads: dict[str, list[tuple[work.Shown, Line]]] = {}
    for one, line in rows:
        leads.setdefault(one.row.lead, []).append((one, line))
    groups = [
        Group(own[0][0].row.lead_label, own[0][0].gone, tuple(_row(one, line, on) for one, line in own))
        for own in sorted(leads.values(), key=lambda own: -len(own))
    ]
    return Dispatch(park.label, on, counts, tuple(groups))


def _row(one: work.Shown, line: Line, on: date) -> Row:
    task = one.row
    last = next((e for e in reversed(task.events.all()) if e.note and e.on <= on), None)
    return Row(
        task.number, task.label, about_text(task.clause) if task.clause else Text("", ""),
        tuple(Text(d["zh"], d["en"]) for d in task.support), one.state.due, one.done, line.light, line.reasons,
        note=last.note if last else "", told=last.on if last else None,
    )  # fmt: skip
