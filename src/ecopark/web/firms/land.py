"""The land-renewal programme of a park: its plots, the low-efficiency list, the order within a budget, what happened so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone

from ecopark.core.text import Text
from ecopark.errors import EcoparkError
from ecopark.grading.land import LandRules, read_plots
from ecopark.grading.result import Grading
from ecopark.web.assess.keep import year_of
from ecopark.web.firms import grades
from ecopark.web.firms.models import PlotTable
from ecopark.web.parks import places
from ecopark.web.parks.models import Park
from ecopark.web.people.access import Standing
from ecopark.web.templatetags.ui import say
from ecopark.web.uploads import TABLES, keep, stored_path
from ecopark.workflows.renew_land import list_land, listed_data, order_data, order_land, read_budget, stories, track
from ecopark.workflows.write_renewal import STEP_TEXT

PLOTS = Text("待更新地块", "Plots to renew")
TONES = {"completed": "good", "dropped": "muted"}


@dataclass(frozen=True)
class Programme:
    """The plots to renew, each with its events (the last one last), and the order within the money."""

    listed: list[dict[str, Any]]
    rules: LandRules
    order: dict[str, Any]


def table_of(park: Park) -> PlotTable | None:
    """The table of plots that counts: the last one handed in."""
    return PlotTable.objects.filter(park=park).first()


def plot(park: Park, name: str) -> dict[str, Any] | None:
    """One plot of the table with what happened to it, oldest first; None if the table has none of this id.

    Raises
    ------
    EcoparkError
        The table, or the record of what happened, cannot be read.
    """
    table = table_of(park)
    if table is None:
        return None
    found = next((p for p in read_plots(stored_path(table.stored)) if p.id == name), None)
    return None if found is None else {"plot": found, "events": [_said(e) for e in stories(_log(park)).get(name, ())]}


def on_the_map(standing: Standing) -> list[dict[str, Any]]:
    """Parcels of the map that stand in the table of plots, by how far their renewal is."""
    table = table_of(standing.park)
    if table is None:
        return []
    try:
        names = {p.id for p in read_plots(stored_path(table.stored))}
        done = stories(_log(standing.park))
    except EcoparkError:
        return []
    found = []
    for feature in places.parcels_of(standing):
        p = feature.get("properties") or {}
        if (name := str(p.get("id"))) in names:
            last = done[name][-1]["step"] if done.get(name) else ""
            more = {
                "zh": name, "en": name, "tone": TONES.get(last, "partly"),
                "text": say(STEP_TEXT[last] if last else Text("在地块表中", "in the table of plots")),
                "url": reverse("parcel", args=[standing.park.slug, name]),
            }  # fmt: skip
            found.append({**feature, "properties": {**p, **more}})
    return found


def _said(event: Mapping[str, Any]) -> dict[str, Any]:
    return {**event, "said": STEP_TEXT[event["step"]]}


def usual_budget() -> str:
    """What is asked for if nobody says otherwise."""
    year = timezone.localdate().year
    return f"{year}=5000,{year + 1}=5000"


def programme(park: Park, table: PlotTable, budget: str, weights: Mapping[str, str]) -> Programme:
    """The list with its reasons, and the order that frees most within a budget (``2026=5000,2027=5000``, 10k CNY).

    Raises
    ------
    EcoparkError
        The table, the budget or a weight cannot be used.
    """
    path = stored_path(table.stored)
    grading = _grading(park)
    listed, rules = list_land(path, grading=grading)
    done = stories(_log(park))
    rows = [row | {"events": list(done.get(row["plot"], ()))} for row in listed_data(listed)]
    money = read_budget(budget.replace("，", ",").replace(" ", ",").split(","))
    order = order_data(order_land(path, money, weights=dict(weights) or None, grading=grading))
    return Programme(rows, rules, order)


def hand_in(park: Park, upload: Any, user: Any) -> PlotTable:
    """Take a table of plots in; it is read before it is kept.

    Raises
    ------
    UploadError
        It is no table.
    EcoparkError
        There is none, or it cannot be read.
    """
    if upload is None:
        raise EcoparkError("choose a table.", zh="请选择地块表。")
    stored = keep(upload, f"land/{park.pk}", TABLES)
    try:
        plots = read_plots(stored.path)
    except EcoparkError:
        stored.path.unlink(missing_ok=True)
        raise
    return PlotTable.objects.create(park=park, name=stored.name, stored=stored.key, plots=len(plots), by=user)


def note(park: Park, plot: str, step: str, user: Any, words: str, freed: Mapping[str, str]) -> dict[str, Any]:
    """Say what happened to a plot.

    Raises
    ------
    EcoparkError
        The step does not follow, or an amount cannot be read.
    """
    return track(
        _log(park), plot, step, by=user.shown_name, on=timezone.localdate(), note=words.strip()[:500], freed=freed
    )


def _grading(park: Park) -> Grading | None:
    """The grades that the rule on class D looks at, where the park has a method."""
    method, year = grades.method_of(park), year_of(park)
    few = park.subjects.filter(kind="firm").count() <= grades.AT_ONCE
    return grades.graded(park, method, year) if method and year and few else None


def _log(park: Park) -> Any:
    return stored_path(f"land/{park.pk}")
