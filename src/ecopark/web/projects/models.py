"""Projects and what happened to them: events, opinions of the offices, decisions kept whole; the zone's own rules.

The stage of a project is that of its last event; `Project.stage` repeats it so that lists can be made in the database.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from ecopark.core.text import Text
from ecopark.web.model_parts import Told
from ecopark.web.own_directories import DirectoryEdition
from ecopark.web.parks.models import Park, Subject

STAGES = {
    "lead": Text("线索", "lead"),
    "talks": Text("洽谈", "talks"),
    "review": Text("会审", "review"),
    "admitted": Text("准入", "admitted"),
    "signed": Text("签约", "signed"),
    "building": Text("建设", "building"),
    "operating": Text("投产", "operating"),
    "refused": Text("不予准入", "refused"),
    "dropped": Text("终止", "dropped"),
}
"""Stages in the order of the pipeline; the last two stand beside it."""
WAITING = ("lead", "talks", "review")
"""Stages of projects that no decision has let in yet."""
HOLDING = ("admitted", "signed", "building", "operating")
"""Stages in which a project holds the parcel it was admitted for."""


class Project(models.Model):
    """A project that may come into the park.

    Parameters
    ----------
    given
        Its description as the gate reads it: the same mapping that `ecopark admit` takes as JSON.
    version
        Counts the changes of the description: whoever saves says which version they saw.
    firm
        The firm it has become, once it is in operation.
    """

    park = models.ForeignKey(Park, on_delete=models.CASCADE, related_name="projects")
    number = models.IntegerField()
    name = models.CharField(max_length=200)
    given = models.JSONField(default=dict)
    stage = models.CharField(max_length=12, default="lead", choices=[(k, t.zh) for k, t in STAGES.items()])
    verdict = models.CharField(max_length=16, blank=True, help_text="of the last decision")
    version = models.IntegerField(default=1)
    firm = models.ForeignKey(Subject, on_delete=models.SET_NULL, null=True, blank=True, related_name="projects")
    at = models.DateTimeField(default=timezone.now)
    moved = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["park", "number"], name="one_project_number")]
        indexes = [models.Index(fields=["park", "stage", "-moved"])]
        ordering = ("-moved",)

    def __str__(self) -> str:
        return self.name


class ProjectEvent(models.Model):
    """Something that happened to a project: who, when, why, before and after. Never changed."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=12, help_text="stage, edited, opinion, decided, booking")
    stage = models.CharField(max_length=12, choices=[(k, t.zh) for k, t in STAGES.items()])
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    why = models.CharField(max_length=500, blank=True)
    data = models.JSONField(default=dict)

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"{self.project}: {self.kind} {self.stage}"


class Opinion(models.Model):
    """What an office says in the joint review, over whose name and of which day; of two of one office the later counts.

    Parameters
    ----------
    how
        ``account``: by an account of the department, whose name is kept in `signed_by`; ``paper``: somebody else has
        recorded what a paper says, signed by `signed_by`; empty: written down before the two were told apart.
    reference, stored, file_name, media_type
        The paper: its number or place, and the scanned file.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="opinions")
    office = models.CharField(max_length=60)
    opinion = models.CharField(max_length=12)
    note = models.CharField(max_length=500, blank=True)
    signed_by = models.CharField(max_length=80)
    signed_on = models.DateField()
    how = models.CharField(max_length=8, blank=True)
    department = models.CharField(max_length=60, blank=True)
    reference = models.CharField(max_length=200, blank=True)
    stored = models.CharField(max_length=200, blank=True)
    file_name = models.CharField(max_length=200, blank=True)
    media_type = models.CharField(max_length=80, blank=True)
    version = models.IntegerField(help_text="version of the project it was given on")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"{self.office}: {self.opinion}"


class Decision(Told):
    """A decision as it was made: findings, facts, edition of the policy, quota state and program version, whole.

    Parameters
    ----------
    entry
        Its number in the park's register.
    name
        Its id, under which the ledger holds its reservations.
    """

    park = models.ForeignKey(Park, on_delete=models.CASCADE, related_name="decisions")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="decisions")
    entry = models.IntegerField()
    name = models.CharField(max_length=60)
    verdict = models.CharField(max_length=16)
    on = models.DateField()
    policy = models.CharField(max_length=80)
    policy_hash = models.CharField(max_length=64)
    map_hash = models.CharField(max_length=64, blank=True)
    version = models.CharField(max_length=40)
    reservations = models.JSONField(default=list)
    until = models.DateTimeField(null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["park", "entry"], name="one_decision_entry")]
        ordering = ("-entry",)

    def __str__(self) -> str:
        return f"{self.name}: {self.verdict}"


class RuleEdition(models.Model):
    """The rules and parameters a park has filled in or changed in a policy, as of one moment; the last one counts.

    Parameters
    ----------
    rules
        All of them: the YAML of each by its id within the policy.
    parameters
        All of them by id: value, clause, source and basis as typed.
    rule, parameter, before, after
        Which one was changed, and its YAML then and now; an empty text is the rule or parameter as it ships.
    back_to
        Number of the edition this one brings back.
    """

    park = models.ForeignKey(Park, on_delete=models.CASCADE, related_name="rule_editions")
    policy = models.CharField(max_length=80)
    number = models.IntegerField()
    rules = models.JSONField(default=dict)
    parameters = models.JSONField(default=dict)
    rule = models.CharField(max_length=120, blank=True)
    parameter = models.CharField(max_length=120, blank=True)
    before = models.TextField(blank=True)
    after = models.TextField(blank=True)
    back_to = models.IntegerField(null=True, blank=True)
    why = models.CharField(max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["park", "policy", "number"], name="one_rule_edition_number")]
        ordering = ("policy", "-number")

    def __str__(self) -> str:
        return f"{self.policy} {self.number}: {self.rule or self.parameter}"


class PolicyEdition(DirectoryEdition):
    """An admission policy of the zone's own, as it was handed in."""
