"""What models of several apps have in common: a history with reasons, a body packed into few bytes."""

from __future__ import annotations

import json
import zlib
from typing import Any

from django.db import models
from simple_history.models import HistoricalRecords

LONGEST_REASON = 300


def history_with_reasons(**options: Any) -> HistoricalRecords:
    """Every state a row ever had, with who changed it and why."""
    return HistoricalRecords(
        history_change_reason_field=models.CharField(max_length=LONGEST_REASON, null=True), **options
    )


class Told(models.Model):
    """A row that keeps whole what its page shows, as it was then."""

    body = models.BinaryField()

    class Meta:
        abstract = True

    @property
    def told(self) -> dict[str, Any]:
        """Everything its page shows."""
        found: dict[str, Any] = json.loads(zlib.decompress(bytes(self.body)))
        return found

    @staticmethod
    def packed(told: dict[str, Any]) -> bytes:
        """What `body` holds."""
        return zlib.compress(json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode(), 6)
