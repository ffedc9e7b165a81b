"""Assessments that were shown, kept whole; scenarios that were shared; dossiers that were made and handed in."""

from __future__ import annotations

import secrets
import zlib
from collections import OrderedDict
from threading import Lock
from typing import Any
from urllib.parse import urlencode

import orjson
from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from ecopark.core.text import Text
from ecopark.standards.titles import load_titles
from ecopark.web.jobs.models import Job
from ecopark.web.model_parts import history_with_reasons
from ecopark.web.parks.models import Park

UNPACKED = 64
"""So many assessments are kept unpacked in memory, the last used ones; a body is never changed."""

_unpacked: OrderedDict[tuple[Any, Any], dict[str, Any]] = OrderedDict()
_lock = Lock()


def _share_key() -> str:
    return secrets.token_urlsafe(16)


class Kept(models.Model):
    """One assessment as it was shown: result and traces whole, with pack hash and program version.

    `key` is a hash of what it rests on (figures, settings, options, pack, program): the same key needs no new computation.
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

    class Meta:
        constraints = [models.UniqueConstraint(fields=["park", "pack", "period", "key"], name="kept_once")]
        indexes = [models.Index(fields=["park", "pack", "period", "-at"])]
        ordering = ("-at",)

    def __str__(self) -> str:
        return f"{self.park.slug} {self.pack} {self.period}: {self.verdict}"

    @property
    def result(self) -> dict[str, Any]:
        """The assessment as plain data, traces included; not to be changed, for it is shared."""
        name = (self.pk, self.at)
        with _lock:
            found = _unpacked.pop(name, None)
        if found is None:
            found = orjson.loads(zlib.decompress(bytes(self.body)))
        if self.pk is not None:
            with _lock:
                _unpacked[name] = found
                while len(_unpacked) > UNPACKED:
                    _unpacked.popitem(last=False)
        return found

    def remember(self, result: dict[str, Any]) -> None:
        """Keep in memory what has just been packed; `result` is not to be changed from here on."""
        with _lock:
            _unpacked[self.pk, self.at] = result

    @staticmethod
    def packed(result: dict[str, Any]) -> bytes:
        """What `body` holds of a result."""
        return zlib.compress(orjson.dumps(result), 1)


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
