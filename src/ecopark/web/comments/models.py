"""Comments on assessments with what was answered, and assessments on their way to the department above. Rows of events stay."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from ecopark.core.text import Text
from ecopark.web.assess.models import Kept
from ecopark.web.parks.models import Park
from ecopark.web.people.models import ROLE_TEXT

STATES = {
    "open": Text("待答复", "waits for an answer"),
    "answered": Text("已答复", "answered"),
    "resolved": Text("已解决", "resolved"),
}
SAID = {
    "answer": Text("答复", "answer"),
    "resolved": Text("标为已解决", "marked as resolved"),
    "reopened": Text("重新提出", "raised again"),
}
HANDED = {
    "handed": Text("已报送", "handed up"),
    "returned": Text("已退回", "returned"),
    "accepted": Text("已接收", "accepted"),
}
LONGEST = 4000
"""Characters of a comment, an answer, a reason."""


class Comment(models.Model):
    """Something said about one assessment, or about one clause of it.

    Parameters
    ----------
    clause
        Tail of the clause within the pack; empty: about the assessment as a whole.
    role
        As what the person said it: the department's comment is resolved by the department.
    state
        What the last reply made of it; kept for lists.
    """

    park = models.ForeignKey(Park, on_delete=models.CASCADE, related_name="comments")
    pack = models.CharField(max_length=80)
    period = models.CharField(max_length=12)
    clause = models.CharField(max_length=80, blank=True)
    text = models.TextField()
    role = models.CharField(max_length=16)
    state = models.CharField(max_length=12, default="open", choices=[(k, t.zh) for k, t in STATES.items()])
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-at", "-pk")
        indexes = [models.Index(fields=["park", "pack", "period"]), models.Index(fields=["park", "state"])]

    def __str__(self) -> str:
        return f"{self.pack}/{self.clause} {self.period}: {self.text[:40]}"

    @property
    def state_text(self) -> Text:
        """Where it stands, in both languages."""
        return STATES[self.state]

    @property
    def role_text(self) -> Text:
        """As what the person said it."""
        return ROLE_TEXT[self.role]


class Reply(models.Model):
    """An answer to a comment, or that it was resolved or raised again; never changed afterwards."""

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="replies")
    kind = models.CharField(max_length=12, choices=[(k, t.zh) for k, t in SAID.items()])
    text = models.TextField(blank=True)
    role = models.CharField(max_length=16)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.comment_id} {self.kind}"

    @property
    def kind_text(self) -> Text:
        """What it was."""
        return SAID[self.kind]

    @property
    def role_text(self) -> Text:
        """As what the person said it."""
        return ROLE_TEXT[self.role]


class HandUp(models.Model):
    """An assessment of one year on its way to the department above.

    Parameters
    ----------
    kept
        What was handed up last, whole as it was then: later figures do not touch it.
    state, why
        What the last event made of it, and its reason; kept for lists.
    by, at
        Who did the last step, and when.
    """

    park = models.ForeignKey(Park, on_delete=models.CASCADE, related_name="handed_up")
    pack = models.CharField(max_length=80)
    period = models.CharField(max_length=12)
    kept = models.ForeignKey(Kept, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=12, choices=[(k, t.zh) for k, t in HANDED.items()])
    why = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-at", "-pk")
        constraints = [models.UniqueConstraint(fields=["park", "pack", "period"], name="one_hand_up_each")]
        indexes = [models.Index(fields=["state", "at"])]

    def __str__(self) -> str:
        return f"{self.park_id} {self.pack} {self.period}: {self.state}"

    @property
    def state_text(self) -> Text:
        """Where it stands, in both languages."""
        return HANDED[self.state]


class HandUpEvent(models.Model):
    """One step of it: who, when, why, and which kept assessment it was about; never changed afterwards."""

    hand_up = models.ForeignKey(HandUp, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=12, choices=[(k, t.zh) for k, t in HANDED.items()])
    kept = models.ForeignKey(Kept, on_delete=models.CASCADE, related_name="+")
    why = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.hand_up_id} {self.kind}"

    @property
    def kind_text(self) -> Text:
        """What happened."""
        return HANDED[self.kind]
