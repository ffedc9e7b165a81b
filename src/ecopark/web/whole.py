"""Rows as JSON lines with their times whole: Django's own cut them to the millisecond, and what came first may rest on less."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.serializers import jsonl
from django.core.serializers.json import DjangoJSONEncoder

Deserializer = jsonl.Deserializer


class WholeTimes(DjangoJSONEncoder):
    """Times with their microseconds."""

    def default(self, o: Any) -> Any:
        """What JSON has no form for."""
        return o.isoformat() if isinstance(o, datetime) else super().default(o)


class Serializer(jsonl.Serializer):
    """As Django's, with whole times."""

    def _init_options(self) -> None:
        super()._init_options()
        self.json_kwargs["cls"] = WholeTimes
