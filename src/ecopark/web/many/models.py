"""What a department's table holds: one verdict per park, standard and year, and what it was computed from."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from ecopark.web.parks.models import Park


class Outcome(models.Model):
    """One cell: a park held against a pack in one year, computed with many others at once.

    Parameters
    ----------
    verdict
        Empty where the columnar form cannot give one; the assessment itself then says it.
    asked, met, short, open
        Numbers of clauses: that apply, met, not or partly met, undetermined.
    changed
        The park's count of changes when its figures were read: another count now means that they changed since.
    """

    park = models.ForeignKey(Park, on_delete=models.CASCADE, related_name="outcomes")
    pack = models.CharField(max_length=80)
    period = models.CharField(max_length=12)
    verdict = models.CharField(max_length=16, blank=True)
    score = models.FloatField(null=True, blank=True)
    score_low = models.FloatField(null=True, blank=True)
    score_high = models.FloatField(null=True, blank=True)
    asked = models.IntegerField(default=0)
    met = models.IntegerField(default=0)
    short = models.IntegerField(default=0)
    open = models.IntegerField(default=0)
    basis = models.CharField(max_length=12, blank=True)
    verified = models.BooleanField(default=False)
    pack_hash = models.CharField(max_length=64)
    changed = models.BigIntegerField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["park", "pack", "period"], name="one_outcome_each")]
        indexes = [models.Index(fields=["pack", "period", "verdict"]), models.Index(fields=["pack", "period", "score"])]

    def __str__(self) -> str:
        return f"{self.park_id} {self.pack} {self.period}: {self.verdict}"
