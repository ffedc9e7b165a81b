"""Opinions of the joint review: signed by an account of the office, or recorded from a paper by the project secretary.

Which department of the park an office of the policy is says the policy, or the park's own setting (`settings["offices"]`). An
account of that department signs in its own name. Anybody else of the park office may only record what a paper says: with the
signer's name, and the paper's number or a scan of it; pages, minutes and the register then say who recorded it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from ecopark.admission.joint_review import Office
from ecopark.core.text import Text
from ecopark.web.parks.models import Department, Park
from ecopark.web.people.access import Standing
from ecopark.web.projects import gate, policies
from ecopark.web.projects.models import Opinion, Project
from ecopark.web.projects.steps import ConflictError, StepError, put
from ecopark.web.projects.told import pair
from ecopark.web.uploads import DOCUMENTS, PHOTOS, Stored, keep
from ecopark.workflows.tell_decision import OPINIONS

SCANS = tuple(dict.fromkeys((*DOCUMENTS, *PHOTOS)))


def department_of(park: Park, office: Office) -> Department | None:
    """The department of the park that an office of the joint review is; None if nobody has said, or it is gone."""
    said: Mapping[str, str] = park.settings.get("offices") or {}
    key = said.get(office.id) or office.department or office.id
    return park.departments.filter(key=key).first()


def offices_shown(standing: Standing) -> list[dict[str, Any]]:
    """The offices of the park's joint review with their departments, and whether this person may sign for each."""
    policy = policies.policy_of(standing.park)
    found = []
    for office in gate.offices_of(policy) if policy else ():
        department = department_of(standing.park, office)
        own = department is not None and department.key in standing.departments
        found.append({"office": office, "label": pair(office.label), "department": department, "own": own})
    return found


def name_offices(park: Park, user: Any, reason: str, wanted: Mapping[str, str]) -> None:
    """Say which department each office of the joint review is; an empty key is what the policy says.

    Raises
    ------
    StepError
        No such office or department.
    """
    policy = policies.policy_of(park)
    known = {o.id for o in (gate.offices_of(policy) if policy else ())}
    keys = set(park.departments.values_list("key", flat=True))
    wrong = sorted({k for k in wanted if k not in known} | {v for v in wanted.values() if v and v not in keys})
    if wrong:
        raise StepError(
            Text(f"没有会审部门或部门 {'、'.join(wrong)}。", f"No such office or department: {', '.join(wrong)}.")
        )
    said = {**(park.settings.get("offices") or {}), **wanted}
    park.set_parts(user, reason, offices={k: v for k, v in said.items() if v} or None)


def sign(standing: Standing, project: Project, office: str, said: str, *, seen: int, note: str = "") -> Opinion:
    """What an office says, signed today by one of its own accounts.

    Raises
    ------
    StepError
        This person is not of that department, or it cannot be said now (see `_open`).
    """
    with transaction.atomic():
        project, known = _open(project, office, said, seen)
        department = department_of(standing.park, known)
        if department is None or department.key not in standing.departments:
            who = department.label if department else known.label
            raise StepError(
                Text(
                    f"只有“{who.zh}”的账户可以签署；您可以据纸质件代录，并注明签字人和文号或附件。",
                    f"Only accounts of '{who.en}' sign. Record it from paper instead, with its signer and a reference or file.",
                )
            )
        row = Opinion(
            how="account",
            signed_by=standing.user.shown_name[:80],
            signed_on=timezone.localdate(),
            department=department.key,
        )
        return _put(standing, project, known, said, note, row)


def record(
    standing: Standing, project: Project, office: str, said: str, *, seen: int, signed_by: str, signed_on: date | None,
    reference: str = "", file: Any = None, note: str = "",
) -> Opinion:  # fmt: skip
    """What a paper of an office says, recorded by somebody of the park office who is not of that department.

    Raises
    ------
    StepError
        No name, day or paper is given, the day lies ahead, it is one's own department, or it cannot be said now (see `_open`).
    UploadError
        The file cannot be taken.
    """
    with transaction.atomic():
        project, known = _open(project, office, said, seen)
        department = department_of(standing.park, known)
        if department is not None and department.key in standing.departments:
            raise StepError(Text("您是该部门的账户，请直接签署。", "You are of this department: sign it yourself."))
        if not signed_by.strip():
            raise StepError(Text("请写签字人姓名。", "Say who signed the paper."))
        if signed_on is None or signed_on > timezone.localdate():
            raise StepError(Text("请填写签字日期，且不晚于今天。", "Give the day it was signed, today at the latest."))
        if not reference.strip() and file is None:
            raise StepError(
                Text("请填写纸质件文号，或上传扫描件。", "Give the paper's number, or upload a scan of it.")
            )
        stored: Stored | None = keep(file, f"opinions/{standing.park.pk}", SCANS) if file is not None else None
        row = Opinion(
            how="paper", signed_by=signed_by.strip()[:80], signed_on=signed_on, reference=reference.strip()[:200],
            department=department.key if department else "", stored=stored.key if stored else "",
            file_name=stored.name if stored else "", media_type=stored.media_type if stored else "",
        )  # fmt: skip
        return _put(standing, project, known, said, note, row)


def _open(project: Project, office: str, said: str, seen: int) -> tuple[Project, Office]:
    """The project, locked, and the office, if opinions are given on it now.

    Raises
    ------
    StepError
        No such office or opinion, the project is not under review, or was changed since it was shown.
    """
    project = Project.objects.select_for_update().get(pk=project.pk)
    policy = policies.policy_of(project.park)
    known = next((o for o in (gate.offices_of(policy) if policy else ()) if o.id == office), None)
    if known is None or said not in OPINIONS:
        raise StepError(Text("没有这个会审部门或意见。", "There is no such office or opinion in the joint review."))
    if project.stage != "review":
        raise StepError(Text("只有会审阶段可以签意见。", "Opinions are given while the project is under review."))
    if seen != project.version:
        raise ConflictError(
            Text("申报内容刚被改过，请重新核对。", "The description has just been changed: look at it again.")
        )
    return project, known


def _put(standing: Standing, project: Project, office: Office, said: str, note: str, row: Opinion) -> Opinion:
    row.project, row.office, row.opinion, row.note = project, office.id, said, note.strip()[:500]
    row.version, row.by = project.version, standing.user
    row.save()
    data = {"opinion": said, "office": office.id, "label": pair(office.label), "pk": row.pk, "how": row.how}
    paper = " · ".join(part for part in (row.reference, row.file_name) if part)
    words = f"{row.signed_by}（据纸质件代录 / from paper: {paper}）" if row.how == "paper" else row.signed_by
    put(
        project,
        "opinion",
        project.stage,
        standing.user,
        (words + (f"：{row.note}" if row.note else ""))[:500],
        data=data,
    )
    return row
