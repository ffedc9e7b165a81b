"""What the site keeps of firms beside their figures: events, grades, appeals, audits, retrofits, plots to renew."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from ecopark.core.text import Text
from ecopark.grading.load import shared_indicators
from ecopark.observations.quantity import catalogue
from ecopark.web.model_parts import Told, history_with_reasons
from ecopark.web.own_directories import DirectoryEdition
from ecopark.web.parks.models import Park, Subject

EVENTS = {
    "added": Text("登记", "registered"),
    "edited": Text("修改", "changed"),
    "merged": Text("并入其他企业", "merged into another"),
    "took": Text("并入重复登记", "took a double in"),
    "undone": Text("撤销合并", "merge undone"),
}
AUDITS = {
    "cleaner": Text("清洁生产审核", "cleaner-production audit"),
    "energy": Text("能源审计", "energy audit"),
    "other": Text("其他诊断", "other audit"),
}
APPEALS = {
    "open": Text("待处理", "open"),
    "accepted": Text("已采纳", "accepted"),
    "rejected": Text("不采纳", "rejected"),
}


class FirmEvent(models.Model):
    """Something done to the registry entry of a firm: who, when, why, before and after. Never changed."""

    park = models.ForeignKey(Park, on_delete=models.CASCADE, related_name="firm_events")
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=12, choices=[(k, t.zh) for k, t in EVENTS.items()])
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    why = models.CharField(max_length=500, blank=True)
    data = models.JSONField(default=dict)
    undone = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"{self.subject}: {self.kind}"


class GradeRun(models.Model):
    """One grading of a park's firms as it was shown, kept whole.

    Parameters
    ----------
    key
        A hash of what it rests on: figures, settings, method, options, appeals, program.
    appeal
        The appeal that it was made for, if any.
    """

    park = models.ForeignKey(Park, on_delete=models.CASCADE, related_name="grade_runs")
    method = models.CharField(max_length=80)
    method_hash = models.CharField(max_length=64)
    year = models.CharField(max_length=12)
    key = models.CharField(max_length=64)
    options = models.JSONField(default=dict)
    counts = models.JSONField(default=dict)
    warnings = models.JSONField(default=list)
    version = models.CharField(max_length=40)
    firms = models.IntegerField(default=0)
    appeal = models.ForeignKey("Appeal", on_delete=models.SET_NULL, null=True, blank=True, related_name="runs")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["park", "method", "year", "key"], name="graded_once")]
        indexes = [models.Index(fields=["park", "-at"])]
        ordering = ("-at", "-pk")

    def __str__(self) -> str:
        return f"{self.park.slug} {self.method} {self.year}"


class FirmGrade(Told):
    """What one grading says of one firm; `score` is for sorting, the body has the exact numbers."""

    run = models.ForeignKey(GradeRun, on_delete=models.CASCADE, related_name="grades")
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="grades")
    group = models.CharField(max_length=80, blank=True)
    score = models.FloatField(null=True, blank=True)
    rank = models.IntegerField(null=True, blank=True)
    of = models.IntegerField(default=0)
    grade = models.CharField(max_length=12, blank=True)
    outside = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "subject"], name="one_grade_each")]
        indexes = [models.Index(fields=["run", "rank"]), models.Index(fields=["run", "grade"])]

    def __str__(self) -> str:
        return f"{self.subject}: {self.grade}"


class Appeal(models.Model):
    """A firm objects to a figure its grade was made of, with evidence; the office decides and all are graded again."""

    run = models.ForeignKey(GradeRun, on_delete=models.CASCADE, related_name="appeals")
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="appeals")
    quantity = models.CharField(max_length=160)
    value = models.CharField(max_length=60)
    reason = models.CharField(max_length=1000)
    name = models.CharField(max_length=200)
    stored = models.CharField(max_length=200)
    media_type = models.CharField(max_length=80)
    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=12, default="open", choices=[(k, t.zh) for k, t in APPEALS.items()])
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="appeals")
    at = models.DateTimeField(default=timezone.now)
    answer = models.CharField(max_length=1000, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decided = models.DateTimeField(null=True, blank=True)
    result = models.JSONField(default=dict)

    class Meta:
        ordering = ("-at",)

    def __str__(self) -> str:
        return f"{self.subject}: {self.quantity} {self.state}"

    @property
    def label(self) -> Text:
        """What the figure is called."""
        known = catalogue().find(self.quantity) or shared_indicators().get(self.quantity)
        return known.label if known else Text(self.quantity, self.quantity)


CARE_STATES = {
    "draft": Text("待确认", "to be confirmed"),
    "confirmed": Text("已确认", "confirmed"),
    "returned": Text("已退回", "returned"),
    "withdrawn": Text("已撤销", "withdrawn"),
}
"""Where an audit or retrofit is: entered by the firm or a consultant it waits for the office."""


class Audit(models.Model):
    """A cleaner-production or energy audit of a firm: when it is due, when it was done, what it found.

    Parameters
    ----------
    proposed
        Changes of a confirmed entry that wait for the office: the fields as they would be.
    """

    park = models.ForeignKey(Park, on_delete=models.CASCADE, related_name="audits")
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="audits")
    kind = models.CharField(max_length=12, choices=[(k, t.zh) for k, t in AUDITS.items()])
    mandatory = models.BooleanField(default=False)
    due = models.DateField(null=True, blank=True)
    done = models.DateField(null=True, blank=True)
    auditor = models.CharField(max_length=200, blank=True)
    findings = models.TextField(blank=True)
    state = models.CharField(max_length=12, default="confirmed", choices=[(k, t.zh) for k, t in CARE_STATES.items()])
    proposed = models.JSONField(default=dict, blank=True)
    history = history_with_reasons()

    class Meta:
        ordering = ("-due", "-pk")

    def __str__(self) -> str:
        return f"{self.subject}: {self.kind}"


class Retrofit(models.Model):
    """A measure a firm takes: what it costs, what it should and what it did save, when; `proposed` as of an `Audit`.

    Parameters
    ----------
    more
        Whether more of the quantity was promised (reused water) and not less.
    """

    park = models.ForeignKey(Park, on_delete=models.CASCADE, related_name="retrofits")
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="retrofits")
    audit = models.ForeignKey(Audit, on_delete=models.SET_NULL, null=True, blank=True, related_name="retrofits")
    name = models.CharField(max_length=200)
    quantity = models.CharField(max_length=120, blank=True)
    expected = models.CharField(max_length=60, blank=True, help_text="change of the quantity a year, as typed")
    achieved = models.CharField(max_length=60, blank=True)
    unit = models.CharField(max_length=40, blank=True)
    cost = models.CharField(max_length=60, blank=True, help_text="10k CNY")
    more = models.BooleanField(default=False)
    due = models.DateField(null=True, blank=True)
    done = models.DateField(null=True, blank=True)
    state = models.CharField(max_length=12, default="confirmed", choices=[(k, t.zh) for k, t in CARE_STATES.items()])
    proposed = models.JSONField(default=dict, blank=True)
    history = history_with_reasons()

    class Meta:
        ordering = ("-due", "-pk")

    def __str__(self) -> str:
        return self.name


class CareFile(models.Model):
    """The report of an audit, or a paper about a retrofit; taken back it is no longer listed, and kept."""

    park = models.ForeignKey(Park, on_delete=models.CASCADE, related_name="care_files")
    audit = models.ForeignKey(Audit, on_delete=models.CASCADE, null=True, related_name="files")
    retrofit = models.ForeignKey(Retrofit, on_delete=models.CASCADE, null=True, related_name="files")
    name = models.CharField(max_length=200)
    stored = models.CharField(max_length=200)
    media_type = models.CharField(max_length=80)
    size = models.BigIntegerField()
    digest = models.CharField(max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    at = models.DateTimeField(default=timezone.now)
    withdrawn = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-at", "-pk")

    def __str__(self) -> str:
        return self.name


LINES = {
    "new": Text("新增", "new"),
    "changed": Text("更新", "changed"),
    "conflicting": Text("冲突（需逐家决定）", "conflicting (to be decided)"),
    "same": Text("无变化", "unchanged"),
    "unusable": Text("不可用", "unusable"),
}
"""What the rows of a table of firms can be, beside the registry."""


class RegistryTable(models.Model):
    """A table of firms that was brought in: how its columns were read, and what became of it.

    Parameters
    ----------
    columns
        What each title is: a field of the registry, or empty.
    problems
        Why the table could not be read at all, as plain texts in both languages.
    read
        When its rows were last held against the registry; None: not yet.
    why, by, applied
        The reason given when it was stored, who brought it in, and when it was stored.
    """

    park = models.ForeignKey(Park, on_delete=models.CASCADE, related_name="registry_tables")
    name = models.CharField(max_length=200)
    stored = models.CharField(max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    at = models.DateTimeField(default=timezone.now)
    sheet = models.CharField(max_length=120, blank=True)
    columns = models.JSONField(default=dict)
    samples = models.JSONField(default=dict)
    problems = models.JSONField(default=list)
    read = models.DateTimeField(null=True, blank=True)
    why = models.CharField(max_length=300, blank=True)
    applied = models.DateTimeField(null=True, blank=True)
    written = models.JSONField(default=dict)

    class Meta:
        ordering = ("-at", "-pk")

    def __str__(self) -> str:
        return self.name


class RegistryLine(models.Model):
    """One row of such a table beside what the registry holds.

    Parameters
    ----------
    number, place
        The row as it is counted, and where it stands in the file.
    key
        Id of the entry that it changes or makes.
    given
        The fields that were filled in, as typed.
    before, after
        The fields that would change.
    like
        The entries it conflicts with: id, name, credit code.
    may, choice
        What a person may decide of a conflicting row (``new``, ``update``), and what they did decide.
    """

    table = models.ForeignKey(RegistryTable, on_delete=models.CASCADE, related_name="lines")
    number = models.IntegerField()
    place = models.CharField(max_length=300)
    group = models.CharField(max_length=12, choices=[(k, t.zh) for k, t in LINES.items()])
    key = models.CharField(max_length=120, blank=True)
    given = models.JSONField(default=dict)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    like = models.JSONField(default=list)
    may = models.JSONField(default=list)
    choice = models.CharField(max_length=8, blank=True)
    problem_zh = models.TextField(blank=True)
    problem_en = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["table", "number"], name="one_registry_line_each")]
        indexes = [models.Index(fields=["table", "group", "number"])]
        ordering = ("number",)

    def __str__(self) -> str:
        return f"{self.place}: {self.group}"

    @property
    def problem(self) -> Text:
        """What is wrong with the row, and what to do about it."""
        return Text(self.problem_zh, self.problem_en)


class PlotTable(models.Model):
    """A table of plots that may be renewed, as it was handed in; the latest one counts."""

    park = models.ForeignKey(Park, on_delete=models.CASCADE, related_name="plot_tables")
    name = models.CharField(max_length=200)
    stored = models.CharField(max_length=200)
    plots = models.IntegerField(default=0)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-at", "-pk")

    def __str__(self) -> str:
        return self.name


class MethodEdition(DirectoryEdition):
    """A grading method of the zone's own, as it was handed in."""
