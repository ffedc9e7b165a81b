"""A backup keeps times to the microsecond: which of two rows came first may rest on it."""

from __future__ import annotations

from datetime import UTC, date, datetime

from django.core import serializers

from ecopark.web.rules.models import TitleStep


def test_a_time_is_saved_and_read_whole() -> None:
    serializers.register_serializer("whole", "ecopark.web.whole")
    at = datetime(2026, 1, 2, 3, 4, 5, 123_457, tzinfo=UTC)
    step = TitleStep(pk=1, title="x", step="name", dated=date(2026, 1, 1), by_id=1, park_id=1, at=at)
    line = serializers.serialize("whole", [step])
    assert "05.123457" in line
    assert next(iter(serializers.deserialize("jsonl", line))).object.at == at
