"""Cases as they were reported, what happened to them, and the files that show it."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from ecopark.casework.cases import STATUS_TEXT, STEP_TEXT
from ecopark.core.text import Text
from ecopark.web.parks.models import Park, Subject


class Case(models.Model):
    """A case as it was found. What became of it stands in its events.

    `status`, `to`, `to_area`, `due`, `ended`, `reopened`, `returned` and `in_time` are copies of what the events amount to,
    written with every event by `cases.work`, so that the register can be filtered and paged in the database.

    Parameters
    ----------
    key
        Made on the phone: a report that is sent twice is one case.
    lon, lat
        Where it is [degree, WGS 84]; None: not known.
    grid, area
        Ids of the grid and of its area; empty: outside every grid, the office deals with it.
    recurs
        How many cases of this kind there were at this place within a year before.
    """

    park = models.ForeignKey(Park, on_delete=models.CASCADE, related_name="cases")
    number = models.IntegerField()
    key = models.UUIDField(default=uuid.uuid4)
    kind = models.CharField(max_length=40, db_index=True)
    severity = models.CharField(max_length=20)
    source = models.CharField(max_length=20, default="patrol")
    text = models.TextField()
    lon = models.FloatField(null=True, blank=True)
    lat = models.FloatField(null=True, blank=True)
    place = models.CharField(max_length=200, blank=True)
    grid = models.CharField(max_length=60, blank=True)
    area = models.CharField(max_length=60, blank=True)
    firm = models.ForeignKey(Subject, on_delete=models.SET_NULL, null=True, blank=True, related_name="cases")
    found = models.DateTimeField(default=timezone.now)
    recurs = models.IntegerField(default=0)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="cases")
    at = models.DateTimeField(default=timezone.now)

    status = models.CharField(max_length=12, default="found", choices=[(k, t.zh) for k, t in STATUS_TEXT.items()])
    to = models.CharField(max_length=140, blank=True)
    to_area = models.CharField(max_length=60, blank=True, help_text="the area of the grid it was given to")
    due = models.DateTimeField(null=True, blank=True)
    ended = models.DateTimeField(null=True, blank=True)
    reopened = models.IntegerField(default=0)
    returned = models.IntegerField(default=0)
    in_time = models.BooleanField(null=True, blank=True)

    class Meta:
        ordering = ("-found", "-number")
        constraints = [
            models.UniqueConstraint(fields=["park", "number"], name="one_case_number_each"),
            models.UniqueConstraint(fields=["park", "key"], name="one_case_key_each"),
        ]
        indexes = [
            models.Index(fields=["park", "status", "due"]),
            models.Index(fields=["park", "grid"]),
            models.Index(fields=["park", "kind", "-found"]),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.kind}"

    @property
    def status_label(self) -> Text:
        """The status in both languages."""
        return STATUS_TEXT[self.status]


class CaseEvent(models.Model):
    """One thing that happened to a case; never changed afterwards."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=12, choices=[(k, t.zh) for k, t in STEP_TEXT.items()])
    note = models.TextField(blank=True)
    to = models.CharField(max_length=140, blank=True)
    due = models.DateTimeField(null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.case_id} {self.kind}"


class CaseFile(models.Model):
    """A photograph or document that came with an event, kept outside what is served."""

    event = models.ForeignKey(CaseEvent, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(max_length=200)
    stored = models.CharField(max_length=200)
    media_type = models.CharField(max_length=80)
    size = models.BigIntegerField()
    digest = models.CharField(max_length=64)

    def __str__(self) -> str:
        return self.name

    @property
    def is_photo(self) -> bool:
        """Whether a page can show it."""
        return self.media_type.startswith("image/")
