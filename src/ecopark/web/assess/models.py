"""Assessments that were shown, kept whole; scenarios that were shared; dossiers that were made and handed in."""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Iterator
from typing import Any, Self
from urllib.parse import urlencode

import orjson
from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from ecopark.core.text import Text
from ecopark.standards.titles import load_titles
from ecopark.web.at_hand import AtHand
from ecopark.web.jobs.models import Job
from ecopark.web.model_parts import history_with_reasons
from ecopark.web.parks.models import Park

UNPACKED = 64
"""So many assessments are kept whole in memory, the last used ones; what is kept is never changed."""
SUMMARIES = 512
"""So many are kept without their traces, which are nineteen parts of twenty."""
LARGE = ("body", "traces")
"""Fields to be left out of lists."""

Plain = dict[str, Any]
Packed = dict[str, tuple[Plain, bytes]]
"""Clauses by id as they were packed last time: the traces of one that is the same are not packed again."""

_wholes: AtHand[tuple[Any, Any], Plain] = AtHand(UNPACKED)
_summaries: AtHand[tuple[Any, Any], Plain] = AtHand(SUMMARIES)


def _share_key() -> str:
    return secrets.token_urlsafe(16)


class Kept(models.Model):
    """One assessment as it was shown: result and traces whole, with pack hash and program version.

    Parameters
    ----------
    key
        A hash of what it rests on (figures, settings, options, pack, program): the same key needs no new computation.
    body
        The result without its traces, packed; in rows from before they stood apart, with them.
    traces
        Of each clause in turn its trace and that of its limit, packed one by one; null: they stand in `body`.
    """

    park = models.ForeignKey(Park, on_delete=models.CASCADE, related_name="kept")
    pack = models.CharField(max_length=80)
    period = models.CharField(max_length=12)
    key = models.CharField(max_length=64)
    verdict = models.CharField(max_length=16)
    score = models.CharField(max_length=40, blank=True)
    basis = models.CharField(max_length=12, blank=True, help_text="the least certain basis of its limits")
    verified = models.BooleanField(default=False, help_text="a named person has checked every limit")
    pack_hash = models.CharField(max_length=64)
    version = models.CharField(max_length=40)
    fingerprint = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField(default=timezone.now)
    changed = models.BigIntegerField()
    body = models.BinaryField()
    traces = models.BinaryField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["park", "pack", "period", "key"], name="kept_once")]
        indexes = [models.Index(fields=["park", "pack", "period", "-at"])]
        ordering = ("-at",)

    def __str__(self) -> str:
        return f"{self.park.slug} {self.pack} {self.period}: {self.verdict}"

    @property
    def summary(self) -> Plain:
        """The assessment as plain data, of each trace only whether there is one; not to be changed, for it is shared."""
        found = _summaries.get((self.pk, self.at))
        if found is None:
            found = _unpacked(self.body)
            if any(not isinstance(c["trace"], bool) for c in found["clauses"]):  # a row from before they stood apart
                found = without_traces(found)
            self._have(_summaries, found)
        return found

    @property
    def result(self) -> Plain:
        """The assessment as plain data, traces included; not to be changed, for it is shared."""
        found = _wholes.get((self.pk, self.at))
        if found is None:
            found = _unpacked(self.body)
            if self.traces is not None:
                pairs = zip(found["clauses"], _parts(self.traces), strict=True)
                found = found | {"clauses": [clause | _traces(part) for clause, part in pairs]}
            self._have(_wholes, found)
        return found

    def clause(self, tail: str) -> Plain | None:
        """One clause with its traces, the others not unpacked; None if there is no such clause."""
        if _wholes.get((self.pk, self.at)) is not None or self.traces is None:
            return next((c for c in self.result["clauses"] if c["tail"] == tail), None)
        pairs = zip(self.summary["clauses"], _parts(self.traces), strict=True)
        return next((clause | _traces(part) for clause, part in pairs if clause["tail"] == tail), None)

    def remember(self, result: Plain) -> None:
        """Keep in memory what has just been packed; `result` is not to be changed from here on."""
        self._have(_wholes, result)
        self._have(_summaries, without_traces(result))

    def _have(self, at_hand: AtHand[tuple[Any, Any], Plain], found: Plain) -> None:
        if self.pk is not None:
            at_hand.put((self.pk, self.at), found)

    def says(self, result: Plain, known: Packed) -> bool:
        """Whether it is the same answer; that other figures of the park differ (the fingerprint) says nothing of it."""
        if (there := _wholes.get((self.pk, self.at))) is not None or self.traces is None:
            return _same(there or self.result, result)
        return _same(self.summary, without_traces(result)) and bytes(self.traces) == _joined(result, known)

    def pack_up(self, result: Plain, known: Packed) -> Self:
        """Put a result into the row, which is not stored yet."""
        self.body, self.traces = packed(without_traces(result)), _joined(result, known)
        return self


def without_traces(result: Plain) -> Plain:
    """A result that says of each trace only whether there is one."""
    clauses = [c | {"trace": bool(c["trace"]), "limit_trace": bool(c["limit_trace"])} for c in result["clauses"]]
    return result | {"clauses": clauses}


def _joined(result: Plain, known: Packed) -> bytes:
    """The traces of all clauses, each packed by itself behind its length (four bytes, the highest first)."""
    parts = []
    for clause in result["clauses"]:
        there = known.get(clause["id"])
        if there is None or there[0] is not clause:
            there = known[clause["id"]] = clause, packed([clause["trace"], clause["limit_trace"]])
        parts += [len(there[1]).to_bytes(4, "big"), there[1]]
    return b"".join(parts)


def _parts(stored: Any) -> Iterator[bytes]:
    joined, at = bytes(stored), 0
    while at < len(joined):
        end = at + 4 + int.from_bytes(joined[at : at + 4], "big")
        yield joined[at + 4 : end]
        at = end


def _traces(part: bytes) -> Plain:
    of_value, of_limit = _unpacked(part)
    return {"trace": of_value, "limit_trace": of_limit}


def packed(found: Any) -> bytes:
    """Plain data as it is stored."""
    return zlib.compress(orjson.dumps(found), 1)


def _unpacked(stored: Any) -> Any:
    return orjson.loads(zlib.decompress(bytes(stored)))


def _same(before: Plain, now: Plain) -> bool:
    return {**before, "fingerprint": ""} == {**now, "fingerprint": ""}


class Scenario(models.Model):
    """A what-if that somebody shared: changed figures, nothing stored among the park's own."""

    park = models.ForeignKey(Park, on_delete=models.CASCADE, related_name="scenarios")
    share = models.CharField(max_length=40, unique=True, default=_share_key)
    name = models.CharField(max_length=120, blank=True)
    pack = models.CharField(max_length=80)
    period = models.CharField(max_length=12)
    changes = models.JSONField(default=list)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-at",)

    def __str__(self) -> str:
        return self.name or self.share

    def get_absolute_url(self) -> str:
        """The page that shows what it changes."""
        return (
            f"{reverse('what-if', args=[self.park.slug, self.pack, self.period])}?{urlencode({'scenario': self.share})}"
        )


class Dossier(models.Model):
    """A dossier that was made: the park's, whoever asked for it. Its number is that of the work that made it.

    Parameters
    ----------
    hashes
        By pack, the hash of the edition it was made with; empty for dossiers from before this was kept.
    folder, files
        Where its files lie below the uploads, and their names within it.
    size
        All its files together. [B]
    title
        Handed in to this programme (a title's id); empty: not handed in.
    """

    job = models.OneToOneField(Job, on_delete=models.PROTECT, primary_key=True, related_name="dossier")
    park = models.ForeignKey(Park, on_delete=models.CASCADE, related_name="dossiers")
    packs = models.JSONField(default=list)
    period = models.CharField(max_length=12)
    languages = models.JSONField(default=list)
    hashes = models.JSONField(default=dict, blank=True)
    version = models.CharField(max_length=40, blank=True)
    folder = models.CharField(max_length=200)
    files = models.JSONField(default=list)
    size = models.BigIntegerField(default=0)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    title = models.CharField(max_length=80, blank=True)
    handed_in = models.DateField(null=True, blank=True)
    marked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    marked_at = models.DateTimeField(null=True, blank=True)
    history = history_with_reasons()

    class Meta:
        ordering = ("-at", "-pk")
        indexes = [models.Index(fields=["park", "-at"])]

    def __str__(self) -> str:
        return f"{self.park_id} {self.period}: {', '.join(self.packs)}"

    @property
    def title_label(self) -> Text:
        """The programme it was handed in to."""
        known = load_titles().get(self.title)
        return known.label if known else Text(self.title, self.title)

    @property
    def editions(self) -> list[tuple[str, str]]:
        """Its packs, each with the beginning of its hash."""
        return [(pack, self.hashes.get(pack, "")[:8]) for pack in self.packs]
