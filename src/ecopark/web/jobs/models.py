"""Long work in the background: what was asked, how far it is, what came of it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from ecopark.core.text import Text

JOB_STATES = {
    "waiting": Text("排队中", "waiting"),
    "running": Text("进行中", "running"),
    "done": Text("已完成", "done"),
    "failed": Text("失败", "failed"),
    "cancelled": Text("已取消", "cancelled"),
}


class Job(models.Model):
    """A piece of long work.

    `beat` is the worker's sign of life; a job that is running without one for a minute is taken up again once.
    """

    kind = models.CharField(max_length=60)
    park = models.ForeignKey("parks.Park", on_delete=models.CASCADE, null=True, blank=True, related_name="jobs")
    arguments = models.JSONField(default=dict)
    title_zh = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200)
    state = models.CharField(max_length=12, default="waiting", choices=[(k, t.zh) for k, t in JOB_STATES.items()])
    done = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    message = models.TextField(blank=True)
    result = models.JSONField(default=dict)
    stop = models.BooleanField(default=False)
    tries = models.IntegerField(default=0)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    at = models.DateTimeField(default=timezone.now)
    beat = models.DateTimeField(null=True, blank=True)
    finished = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-at",)
        indexes = [models.Index(fields=["state", "at"])]

    def __str__(self) -> str:
        return f"{self.kind}: {self.state}"

    @property
    def title(self) -> Text:
        """What the work is, in both languages."""
        return Text(self.title_zh, self.title_en)

    @property
    def percent(self) -> int:
        """How much is done [%]."""
        return 100 if self.state == "done" else (self.done * 100 // self.total if self.total else 0)

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in ("done", "failed", "cancelled")
