"""The one way a project moves on: stages as events with who, when and why; the description with what it was before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from ecopark.admission.project import read_project
from ecopark.core.text import RefusedError, Text
from ecopark.errors import EcoparkError
from ecopark.web.parks.models import Park, Subject
from ecopark.web.projects import gate, policies
from ecopark.web.projects.models import STAGES, Project, ProjectEvent
from ecopark.web.projects.told import offer_data
from ecopark.web.projects.wishes import NONE, Asked
from ecopark.web.uploads import keep

NEXT = {
    "lead": ("talks", "review", "dropped"),
    "talks": ("review", "lead", "dropped"),
    "review": ("talks", "dropped"),
    "admitted": ("signed", "dropped"),
    "signed": ("building", "dropped"),
    "building": ("operating", "dropped"),
    "operating": (),
    "refused": ("talks", "dropped"),
    "dropped": ("talks",),
}
"""Where a person may move a project to; `admitted` and `refused` come from decisions alone."""
NEEDS_REASON = ("dropped", "talks", "lead")
OPEN = ("lead", "talks", "review", "refused")
"""Stages in which the description may still change."""


class StepError(RefusedError):
    """The project cannot be moved or changed so."""


class ConflictError(StepError):
    """Somebody else changed the project since it was shown."""


@transaction.atomic
def start(park: Park, given: Mapping[str, Any], user: Any, why: str = "", *, at: Any = None) -> Project:
    """A new lead.

    Raises
    ------
    InputError
        The description cannot be used.
    """
    _read(park, given)
    Park.objects.select_for_update().get(pk=park.pk)
    number = (Project.objects.filter(park=park).aggregate(last=Max("number"))["last"] or 0) + 1
    when = at or timezone.now()
    made = Project.objects.create(
        park=park, number=number, name=str(given["name"])[:200], given=dict(given), at=when, moved=when
    )
    ProjectEvent.objects.create(project=made, kind="stage", stage="lead", by=user, why=why, at=when, data={})
    return made


@transaction.atomic
def move(project: Project, stage: str, user: Any, why: str = "", *, at: Any = None) -> ProjectEvent:
    """Move a project to another stage.

    Raises
    ------
    StepError
        The stage does not follow, or a reason is missing.
    """
    locked = Project.objects.select_for_update().get(pk=project.pk)
    if stage not in NEXT[locked.stage]:
        here, there = STAGES[locked.stage], STAGES.get(stage, Text(stage, stage))
        zh, en = f"“{here.zh}”之后不能直接到“{there.zh}”。", f"'{there.en}' does not follow '{here.en}'."
        raise StepError(Text(zh, en))
    if stage in NEEDS_REASON and not why.strip() and locked.stage != "lead":
        raise StepError(Text("请写明原因。", "Say why."))
    return put(project, "stage", stage, user, why, at=at)


def put(
    project: Project, kind: str, stage: str, user: Any, why: str = "", *, at: Any = None, data: dict[str, Any] | None = None
) -> ProjectEvent:  # fmt: skip
    """Write an event down and let the project stand where it says."""
    when = at or timezone.now()
    event = ProjectEvent.objects.create(
        project=project, kind=kind, stage=stage, by=user, why=why.strip()[:500], at=when, data=data or {}
    )
    project.stage, project.moved = stage, when
    Project.objects.filter(pk=project.pk).update(stage=stage, moved=when)
    return event


@transaction.atomic
def change(
    project: Project, given: Mapping[str, Any], user: Any, why: str = "", *, seen: int, at: Any = None
) -> Project:
    """A new description; what the offices said of the old one no longer counts.

    Raises
    ------
    ConflictError
        Somebody else changed it since `seen`.
    StepError
        The project has been decided.
    InputError
        The description cannot be used.
    """
    locked = Project.objects.select_for_update().get(pk=project.pk)
    if locked.stage not in OPEN:
        raise StepError(Text("已准入的项目不能再改申报内容。", "A project that was admitted is not changed any more."))
    if locked.version != seen:
        raise ConflictError(
            Text(
                "刚才别人改过这个项目，未保存。请核对后再存。",
                "Somebody else has just changed this project. Look at it and save again.",
            )
        )
    _read(project.park, given)
    if locked.given == dict(given):
        return locked
    before = locked.given
    locked.given, locked.name, locked.version = dict(given), str(given["name"])[:200], locked.version + 1
    locked.save(update_fields=["given", "name", "version"])
    put(
        locked, "edited", locked.stage, user, why, at=at, data={"before": before, "after": dict(given), "version": seen}
    )
    project.refresh_from_db()
    return locked


def with_changes(given: Mapping[str, Any], changes: list[dict[str, Any]]) -> dict[str, Any]:
    """A description with the figures of a counter-offer."""
    new = {(c["quantity"], c["by"]): c for c in changes}
    facts = []
    for fact in given.get("facts", ()):
        change = new.pop((fact["quantity"], fact.get("by", "")), None)
        facts.append(fact if change is None else {**fact, "value": change["to"], "unit": change["unit"]})
    return {**given, "facts": facts}


def take_offer(
    project: Project, user: Any, why: str, *, seen: int, on: date | None = None, wishes: Asked = NONE
) -> Project:
    """Write the gate's counter-offer of today, within the officer's wishes, into the description: it comes back better.

    Raises
    ------
    StepError
        There is none, or somebody else changed the project since `seen`.
    InputError
        The gate cannot answer.
    """
    described = gate.with_opinions(project)
    answer = gate.answer(project.park, described, on or timezone.localdate(), wishes=wishes)
    if answer.counter_offer is None:
        raise StepError(Text("没有可采用的最小调整。", "There is no counter-offer to take."))
    given = with_changes(project.given, offer_data(answer.counter_offer)["changes"])
    return change(project, given, user, why, seen=seen)


@transaction.atomic
def become(project: Project, firm: Subject, user: Any) -> None:
    """Say which firm a project in operation has become.

    Raises
    ------
    StepError
        It is not in operation.
    """
    locked = Project.objects.select_for_update().get(pk=project.pk)
    if locked.stage != "operating":
        raise StepError(Text("投产的项目才能关联企业。", "Only a project in operation becomes a firm."))
    locked.firm = firm
    locked.save(update_fields=["firm"])
    put(locked, "stage", locked.stage, user, firm.name, data={"firm": firm.key})
    project.refresh_from_db()


def start_from_form(park: Park, upload: Any, user: Any) -> Project:
    """A new lead from a filled Excel form; what cannot be read is not kept.

    Raises
    ------
    UploadError
        It is no workbook.
    InputError
        With every problem of the form at its cell.
    """
    stored = keep(upload, f"projects/{park.pk}", ("xlsx",))
    try:
        policy = policies.policy_of(park)
        read = read_project(stored.path, policy.own_ratios if policy else ())
        given = json.loads(read.given)
        given.pop("opinions", None)
        return start(park, given, user, stored.name)
    except EcoparkError:
        stored.path.unlink(missing_ok=True)
        raise


def _read(park: Park, given: Mapping[str, Any]) -> None:
    """Whether the gate could read it."""
    policy = policies.policy_of(park)
    read_project(dict(given), policy.own_ratios if policy else ())
