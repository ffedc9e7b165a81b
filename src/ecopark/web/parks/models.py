"""Parks, their departments, what they are made of, and their map."""

from __future__ import annotations

from typing import Any

from django.db import models, transaction

from ecopark.core.text import Text
from ecopark.observations.model import Subject as FactSubject
from ecopark.web.model_parts import history_with_reasons


class Park(models.Model):
    """A park and what its park folder would say of it.

    `changed` counts every change of its figures: a figure with `seq` <= n was known when `changed` was n.
    """

    slug = models.SlugField(max_length=60, unique=True, allow_unicode=False)
    key = models.CharField(max_length=120, help_text="subject id of the park in its figures")
    name = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200, blank=True)
    area = models.CharField(max_length=200, blank=True, db_index=True, help_text="province/city/county")
    base_year = models.IntegerField(null=True, blank=True)
    settings = models.JSONField(default=dict, blank=True)
    packs = models.JSONField(default=list, blank=True, help_text="packs the park works with, in order")
    case_clocks = models.JSONField(default=dict, blank=True, help_text="clocks of cases the park set for itself")
    published = models.BooleanField(default=False, help_text="anybody may see its verdicts")
    invented = models.BooleanField(default=False)
    changed = models.BigIntegerField(default=0)
    history = history_with_reasons(excluded_fields=["changed"])

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> Text:
        """The park's name in both languages."""
        return Text(self.name, self.name_en or self.name)

    def fact_settings(self) -> dict[str, Any]:
        """``Facts.settings`` of this park."""
        return self.settings | {"base_year": self.base_year}

    @transaction.atomic
    def set_parts(self, user: Any, reason: str, **parts: Any) -> None:
        """Set parts of the settings, beside whatever somebody has set of the others meanwhile; None takes a part out."""
        fresh = Park.objects.select_for_update().get(pk=self.pk)
        gone = {name for name, value in parts.items() if value is None}
        settings = {name: value for name, value in (fresh.settings | parts).items() if name not in gone}
        if settings != fresh.settings:
            fresh.settings = settings
            fresh._history_user, fresh._change_reason = user, reason[:300]
            fresh.save(update_fields=["settings"])
        self.settings = settings


class Department(models.Model):
    """A department of the park office; `key` is the one the catalogue of quantities names."""

    park = models.ForeignKey(Park, on_delete=models.CASCADE, related_name="departments")
    key = models.CharField(max_length=60)
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120, blank=True)
    history = history_with_reasons()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["park", "key"], name="one_department_each")]
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> Text:
        """The department's name in both languages."""
        return Text(self.name, self.name_en or self.name)


class Subject(models.Model):
    """What figures are about: the park itself, a group, a firm, a parcel, a facility."""

    park = models.ForeignKey(Park, on_delete=models.CASCADE, related_name="subjects")
    key = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, default="firm", db_index=True)
    name = models.CharField(max_length=200)
    parent = models.CharField(max_length=120, blank=True, db_index=True)
    since = models.IntegerField(null=True, blank=True)
    until = models.IntegerField(null=True, blank=True)
    credit_code = models.CharField(max_length=18, blank=True, db_index=True)
    attributes = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["park", "key"], name="one_subject_each")]
        ordering = ("kind", "key")

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> Text:
        """Its name; the park itself has one in both languages, a firm only its own."""
        return self.park.label if self.kind == "park" and self.name == self.park.name else Text(self.name, self.name)

    def as_fact(self) -> FactSubject:
        """The subject as the engines know it."""
        return FactSubject(
            self.key, self.name, self.kind, self.parent, self.since, self.until,
            scopes=tuple((s["from"], Text(s["zh"], s["en"])) for s in self.attributes.get("scopes", ())),
            attributes=tuple((k, str(v)) for k, v in self.attributes.items() if k != "scopes"),
        )  # fmt: skip


class MapLayer(models.Model):
    """A layer of the park's map: boundary, groups, parcels, grids, roads; GeoJSON in degrees (WGS 84)."""

    park = models.ForeignKey(Park, on_delete=models.CASCADE, related_name="layers")
    name = models.CharField(max_length=60)
    features = models.JSONField()
    history = history_with_reasons()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["park", "name"], name="one_layer_each")]

    def __str__(self) -> str:
        return f"{self.park.slug}/{self.name}"
