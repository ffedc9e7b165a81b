"""Figures as they were typed, with their history, their evidence, and how they came in."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from simple_history.models import HistoricalRecords

from ecopark.core.text import Text
from ecopark.web.model_parts import history_with_reasons
from ecopark.web.parks.models import Park, Subject

STATES = {
    "draft": Text("未提交", "draft"),
    "submitted": Text("已提交", "submitted"),
    "accepted": Text("已采用", "accepted"),
    "returned": Text("已退回", "returned"),
}
CORRECTION_STATES = STATES | {"withdrawn": Text("已撤销", "withdrawn")}
COUNTED = ("accepted",)
"""States whose figures are used in assessments."""
OPEN = ("draft", "submitted", "returned")
"""States of a correction that nobody has decided on; figures in them do not count either."""


class SavedMapping(models.Model):
    """What the columns of a department's own table are, saved under a name and used again for next year's file.

    Parameters
    ----------
    body
        An `observations.mapping.ColumnMapping` as plain data.
    withdrawn
        When it was taken out of the lists; imports that came by it still say so.
    """

    park = models.ForeignKey(Park, on_delete=models.CASCADE, related_name="column_mappings")
    name = models.CharField(max_length=80)
    body = models.JSONField(default=dict)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    at = models.DateTimeField(default=timezone.now)
    withdrawn = models.DateTimeField(null=True, blank=True)
    history = history_with_reasons()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["park", "name"], name="one_mapping_name_each")]
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Import(models.Model):
    """A workbook that was brought in: what it held and what became of it.

    Parameters
    ----------
    subject
        The firm whose template it is: it holds nothing of anybody else. None: a workbook of the park.
    """

    park = models.ForeignKey(Park, on_delete=models.CASCADE, related_name="imports")
    name = models.CharField(max_length=200)
    stored = models.CharField(max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    at = models.DateTimeField(default=timezone.now)
    changed = models.BigIntegerField(help_text="the park's change counter when the preview was made")
    summary = models.JSONField(default=dict)
    mapping = models.ForeignKey(SavedMapping, on_delete=models.SET_NULL, null=True, blank=True)
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, null=True, blank=True, related_name="imports")
    applied = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-at",)

    def __str__(self) -> str:
        return f"{self.name} ({self.at:%Y-%m-%d})"


class Figure(models.Model):
    """One value of one quantity for one subject and period, as typed; nothing is overwritten without a history row.

    Parameters
    ----------
    given, unit
        The text as typed and the unit beside it.
    number
        For sorting and lists only, in the catalogue's unit; None for flags, codes and what cannot be read as a number.
    version
        Counts the changes of this figure: whoever saves says which version they saw.
    seq
        The park's `changed` when this row was last written.
    """

    park = models.ForeignKey(Park, on_delete=models.CASCADE, related_name="figures")
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="figures")
    quantity = models.CharField(max_length=120)
    period = models.CharField(max_length=12, blank=True)
    by = models.CharField(max_length=200, blank=True)
    given = models.CharField(max_length=200, blank=True)
    unit = models.CharField(max_length=60, blank=True)
    number = models.FloatField(null=True, blank=True)
    source = models.CharField(max_length=300, blank=True)
    note = models.CharField(max_length=500, blank=True)
    place = models.CharField(max_length=300, blank=True, help_text="file!sheet!cell it was read from")
    state = models.CharField(max_length=12, default="accepted", choices=[(k, t.zh) for k, t in STATES.items()])
    version = models.IntegerField(default=1)
    seq = models.BigIntegerField(default=0)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True)
    entered_at = models.DateTimeField(default=timezone.now)
    came_with = models.ForeignKey(Import, on_delete=models.SET_NULL, null=True, blank=True)
    history = history_with_reasons()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["park", "subject", "quantity", "period", "by"], name="one_figure_each")
        ]
        indexes = [
            models.Index(fields=["park", "quantity", "period", "seq"]),  # `stamps.written` reads nothing else
            models.Index(fields=["park", "state", "seq"]),  # `grades.rests_on`
            models.Index(fields=["park", "seq"]),
        ]

    def __str__(self) -> str:
        return f"{self.quantity}@{self.period}"

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.quantity, self.period, self.by)

    @property
    def stamp(self) -> int:
        """What whoever saves says they saw: it moves with the figure and with its correction (load `correction` with it)."""
        beside = getattr(self, "correction", None)
        return self.version + (beside.version if beside is not None else 0)

    @property
    def proposed(self) -> Correction | None:
        """The correction that waits beside the figure; None where all are decided (load `correction` with it)."""
        beside = getattr(self, "correction", None)
        return beside if beside is not None and beside.state in OPEN else None

    def as_row(self, subject: str) -> dict[str, Any]:
        """The figure as a row of the facts contract."""
        return {
            "subject": subject, "quantity": self.quantity, "period": self.period, "value": self.given,
            "unit": self.unit, "by": self.by, "source": self.source, "note": self.note,
        }  # fmt: skip


class Correction(models.Model):
    """What a firm wants an accepted figure to be instead: it waits beside the figure, which counts as it is meanwhile.

    One row a figure, used again for the next correction; its history keeps all of them.

    Parameters
    ----------
    why
        Why the accepted figure is wrong, as the firm says.
    version
        Counts the changes of this row, see `Figure.stamp`.
    """

    figure = models.OneToOneField(Figure, on_delete=models.CASCADE, related_name="correction")
    given = models.CharField(max_length=200, blank=True)
    unit = models.CharField(max_length=60, blank=True)
    number = models.FloatField(null=True, blank=True)
    source = models.CharField(max_length=300, blank=True)
    note = models.CharField(max_length=500, blank=True)
    place = models.CharField(max_length=300, blank=True)
    why = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=12, default="draft", choices=[(k, t.zh) for k, t in CORRECTION_STATES.items()])
    version = models.IntegerField(default=1)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True)
    entered_at = models.DateTimeField(default=timezone.now)
    came_with = models.ForeignKey(Import, on_delete=models.SET_NULL, null=True, blank=True)
    history = history_with_reasons()

    class Meta:
        indexes = [models.Index(fields=["state", "figure"])]

    def __str__(self) -> str:
        return f"{self.figure_id}: {self.state}"


class Evidence(models.Model):
    """A document that supports a figure or clause: kept outside what is served, checked by type and size."""

    park = models.ForeignKey(Park, on_delete=models.CASCADE, related_name="evidence")
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="evidence")
    about = models.CharField(max_length=120, help_text="quantity or clause id")
    period = models.CharField(max_length=12, blank=True)
    name = models.CharField(max_length=200)
    stored = models.CharField(max_length=200, blank=True)
    media_type = models.CharField(max_length=80, blank=True)
    size = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)
    page = models.CharField(max_length=40, blank=True)
    dated = models.CharField(max_length=20, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True)
    at = models.DateTimeField(default=timezone.now)
    withdrawn = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    withdrawn_why = models.CharField(max_length=300, blank=True)
    history = history_with_reasons()

    class Meta:
        ordering = ("about", "-at", "-pk")
        indexes = [models.Index(fields=["subject", "about", "period"]), models.Index(fields=["park", "about"])]

    def __str__(self) -> str:
        return self.name


class Submission(models.Model):
    """A firm's figures of one year on their way to the park office: asked for, submitted, accepted or returned."""

    park = models.ForeignKey(Park, on_delete=models.CASCADE, related_name="submissions")
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="submissions")
    period = models.CharField(max_length=12)
    state = models.CharField(max_length=12, default="draft", choices=[(k, t.zh) for k, t in STATES.items()])
    due = models.DateField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True)
    at = models.DateTimeField(default=timezone.now)
    history = HistoricalRecords()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["park", "subject", "period"], name="one_submission_each")]

    def __str__(self) -> str:
        return f"{self.subject} {self.period}: {self.state}"
