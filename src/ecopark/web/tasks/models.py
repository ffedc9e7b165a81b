"""Tasks as they were made, what happened to them, and the programmes they are grouped in."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from ecopark.casework.tasks import STATUS_TEXT, STEP_TEXT
from ecopark.core.text import Text
from ecopark.web.parks.models import Park

PROGRAMME_TEXT = {
    "programme": Text("行动方案", "action programme"),
    "scenarios": Text("场景清单", "scenario list"),
}


class Programme(models.Model):
    """A group of tasks: an action programme, or a list of scenarios to be built."""

    park = models.ForeignKey(Park, on_delete=models.CASCADE, related_name="programmes")
    kind = models.CharField(max_length=16, choices=[(k, t.zh) for k, t in PROGRAMME_TEXT.items()])
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120, blank=True)
    note = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("name",)
        constraints = [models.UniqueConstraint(fields=["park", "name"], name="one_programme_each")]

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> Text:
        """The programme's name in both languages."""
        return Text(self.name, self.name_en or self.name)


class Task(models.Model):
    """A task as it was made. What became of it stands in its events; `lead` follows the last of them so that lists can filter.

    Departments are kept by key *and* name: a task still says who had it when that department is gone.

    Parameters
    ----------
    clause
        Whole id (``hj274-2015/13``); empty for a task of a programme alone.
    kept
        The assessment from which it was made: what the clause was before.
    support
        Departments that help: a list of ``{"key", "zh", "en"}``.
    op, target, base, unit
        What a figure should become and where it started, as decimal texts; empty `target`: the task goes by the work reported.
    effect
        What it is expected to bring towards the target, in the target's unit; empty: not said.
    quantity, part
        What the figure is: a quantity of the catalogue or a shared indicator, and one part of its breakdown; empty: the
        clause's own value, or, without a clause, what is reported.

    `status`, `due_now`, `said`, `share`, `supporting`, `known` (the stored figure, exactly, in the unit of the target) and
    `colour` are copies of what events, figures and clock amount to, kept by `tasks.lights`, so that lists are filtered and
    paged in the database.
    """

    park = models.ForeignKey(Park, on_delete=models.CASCADE, related_name="tasks")
    number = models.IntegerField()
    programme = models.ForeignKey(Programme, on_delete=models.SET_NULL, null=True, blank=True, related_name="tasks")
    clause = models.CharField(max_length=120, blank=True, db_index=True)
    period = models.CharField(max_length=12, blank=True)
    kept = models.ForeignKey("assess.Kept", on_delete=models.SET_NULL, null=True, blank=True)
    indicator = models.CharField(max_length=300, blank=True)
    indicator_en = models.CharField(max_length=300, blank=True)
    element = models.CharField(max_length=200, blank=True)
    link = models.CharField(max_length=200, blank=True)
    measure = models.CharField(max_length=500)
    measure_en = models.CharField(max_length=500, blank=True)
    quantity = models.CharField(max_length=120, blank=True)
    part = models.CharField(max_length=200, blank=True)
    effect = models.CharField(max_length=60, blank=True)
    op = models.CharField(max_length=2, blank=True)
    target = models.CharField(max_length=60, blank=True)
    base = models.CharField(max_length=60, blank=True)
    unit = models.CharField(max_length=60, blank=True)
    lead = models.CharField(max_length=60, db_index=True)
    lead_name = models.CharField(max_length=120)
    lead_name_en = models.CharField(max_length=120, blank=True)
    support = models.JSONField(default=list, blank=True)
    start = models.DateField()
    due = models.DateField(help_text="as it was set first; later days stand in the events")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    at = models.DateTimeField(default=timezone.now)

    status = models.CharField(max_length=12, default="planned", choices=[(k, t.zh) for k, t in STATUS_TEXT.items()])
    due_now = models.DateField(null=True, blank=True)
    said = models.CharField(max_length=60, blank=True)
    share = models.CharField(max_length=20, blank=True)
    supporting = models.TextField(blank=True, help_text="keys of the departments that help, each between bars")
    known = models.TextField(blank=True)
    colour = models.CharField(max_length=8, blank=True)

    class Meta:
        ordering = ("due", "number")
        constraints = [models.UniqueConstraint(fields=["park", "number"], name="one_task_number_each")]
        indexes = [models.Index(fields=["park", "status", "due_now"]), models.Index(fields=["park", "colour"])]

    def __str__(self) -> str:
        return f"{self.number}: {self.measure}"

    @property
    def label(self) -> Text:
        """The measure in both languages."""
        return Text(self.measure, self.measure_en or self.measure)

    @property
    def lead_label(self) -> Text:
        """The department that leads, as it was called when it was named."""
        return Text(self.lead_name, self.lead_name_en or self.lead_name)

    @property
    def by_store(self) -> bool:
        """Whether its figure is one that is kept: a quantity, an indicator or a clause; what is reported is then a note."""
        return bool(self.target and (self.quantity or self.clause))

    @property
    def path(self) -> list[Text]:
        """The levels above the target, as far as they were given: indicator, core element, key link."""
        levels = (Text(self.indicator, self.indicator_en or self.indicator), Text(self.element), Text(self.link))
        return [level for level in levels if level]


class TaskEvent(models.Model):
    """One thing that happened to a task; never changed afterwards.

    Parameters
    ----------
    figure, share
        Decimal texts; empty: not said. `share` is a percentage.
    changes
        What a change of the task replaced: ``{"lead": [before, after]}``.
    """

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=12, choices=[(k, t.zh) for k, t in STEP_TEXT.items()])
    on = models.DateField()
    note = models.TextField(blank=True)
    figure = models.CharField(max_length=60, blank=True)
    share = models.CharField(max_length=20, blank=True)
    due = models.DateField(null=True, blank=True)
    changes: Any = models.JSONField(default=dict, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.task_id} {self.kind}"


class Lit(models.Model):
    """What the copies beside the tasks of a park are as of: which day, which figures, which assessments and settings."""

    park = models.OneToOneField(Park, on_delete=models.CASCADE, related_name="lit")
    on = models.DateField()
    changed = models.BigIntegerField(default=-1)
    kept = models.BigIntegerField(default=0)
    beside = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"{self.park_id} {self.on}"
