"""Signatures under clauses, and the steps in the life of a park's titles; what is taken back stays on file."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from simple_history.models import HistoricalRecords

from ecopark.packs.verify import Verification as Record
from ecopark.standards.titles import STEP_TEXT, load_titles
from ecopark.web.parks.models import Park


class Verification(models.Model):
    """A named person checked a clause of a pack against a document.

    Parameters
    ----------
    clause
        Tail of the clause within the pack; ``*`` for all of them.
    by
        Who checked it: always the person who signed in, never a name typed by somebody else.
    dated
        The day of the check.
    pack_hash
        The edition that was checked; a changed pack is no longer verified.
    """

    park = models.ForeignKey(Park, on_delete=models.CASCADE, related_name="verifications")
    pack = models.CharField(max_length=80)
    clause = models.CharField(max_length=80)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    document = models.CharField(max_length=300)
    page = models.CharField(max_length=60, blank=True)
    dated = models.DateField()
    note = models.CharField(max_length=500, blank=True)
    pack_hash = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now)
    withdrawn = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    withdrawn_why = models.CharField(max_length=300, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ("-at",)
        indexes = [models.Index(fields=["park", "pack"])]

    def __str__(self) -> str:
        return f"{self.pack}/{self.clause}: {self.by}, {self.document}"

    @property
    def against(self) -> str:
        """Document and page as one text."""
        return f"{self.document}, {self.page}" if self.page else self.document

    def entry(self) -> dict[str, str]:
        """The signature as the engines read it: an entry of ``Facts.settings["verified"]``."""
        record = self.record()
        return {key: getattr(record, key) for key in record.__slots__}

    def record(self) -> Record:
        """The signature as a record of `packs.verify`."""
        return Record(
            f"{self.pack}/{self.clause}", self.by.shown_name, self.against, self.dated.isoformat(), self.pack_hash
        )


class TitleStep(models.Model):
    """A step in the life of a title: applied for, created, accepted, named, re-checked; or planned for a later day."""

    park = models.ForeignKey(Park, on_delete=models.CASCADE, related_name="title_steps")
    title = models.CharField(max_length=80)
    step = models.CharField(max_length=12, choices=[(k, t.zh) for k, t in STEP_TEXT.items()])
    dated = models.DateField()
    until = models.DateField(null=True, blank=True, help_text="end of a period the park has set itself")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    withdrawn = models.DateTimeField(null=True, blank=True)
    withdrawn_why = models.CharField(max_length=300, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ("title", "dated")

    def __str__(self) -> str:
        return f"{self.title} {self.step} {self.dated}"

    @property
    def label(self) -> Any:
        """What the title is called."""
        return load_titles()[self.title].label if self.title in load_titles() else self.title

    @property
    def step_text(self) -> Any:
        """The step in both languages."""
        return STEP_TEXT[self.step]

    def entry(self) -> dict[str, str]:
        """The step as the engines read it: an entry of ``Facts.settings["titles"]``."""
        found = {"id": self.title, "step": self.step, "date": self.dated.isoformat()}
        return found | {"until": self.until.isoformat()} if self.until else found
