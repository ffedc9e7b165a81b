"""A decision: made by the gate, reserved in the ledger, kept in the register and here whole, its minutes written."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from ecopark.admission import bookings
from ecopark.admission.decision import Decision as Answer
from ecopark.admission.ledger.entries import Entry
from ecopark.core.text import Text
from ecopark.web.parks.models import Park
from ecopark.web.projects import gate, mend
from ecopark.web.projects.models import Decision, Project
from ecopark.web.projects.steps import ConflictError, StepError, put
from ecopark.web.projects.told import told
from ecopark.workflows.admit_project import Kept as KeptNow
from ecopark.workflows.admit_project import book_and_record, record
from ecopark.workflows.write_minutes import minutes_html, minutes_word

HOLD_DAYS = 180
"""For so long a decision holds its quota if nobody says otherwise."""
STAGE_AFTER = {"admit": "admitted", "conditional": "admitted", "refuse": "refused", "undetermined": "review"}


def decide(
    project: Project, user: Any, *, until: datetime | None, why: str = "", seen: int | None = None, at: datetime | None = None
) -> Decision:  # fmt: skip
    """Decide on a project as it stands, with the opinions given on it.

    Parameters
    ----------
    until
        End of the reservations in the ledger; None books nothing.
    seen
        Version of the project that was shown.

    Raises
    ------
    StepError
        The project is not under review, or was changed since it was shown.
    InputError
        The gate or the ledger refuses.
    """
    mend.look(project.park)
    with transaction.atomic():
        made, noted = _decide(project, user, until=until, why=why, seen=seen, now=at or timezone.now())
    noted.unlink(missing_ok=True)
    return made


def _decide(
    project: Project, user: Any, *, until: datetime | None, why: str, seen: int | None, now: datetime
) -> tuple[Decision, Path]:
    park = Park.objects.select_for_update().get(pk=project.park_id)
    project = Project.objects.select_for_update().get(pk=project.pk)
    if project.stage != "review":
        raise StepError(Text("只有会审阶段的项目可以判定。", "Only a project under review is decided."))
    if seen is not None and seen != project.version:
        raise ConflictError(Text("项目刚被改过，请重新核对。", "The project has just been changed: look at it again."))
    if mend.unfinished(park):
        raise ConflictError(
            Text(
                "上一次判定中断，请刷新页面查看。",
                "A decision was broken off: load the page again to see what came of it.",
            )
        )
    answer = gate.answer(park, gate.with_opinions(project), timezone.localdate(now))
    address = gate.address_of(park)
    folder = gate.folder_of(park)
    by = user.shown_name
    noted = mend.note(park, project, bookings.decision_id(answer), user, until, why, now)
    if until is not None and address is not None and answer.verdict in ("admit", "conditional"):
        kept = book_and_record(answer, address, folder, until=until, by=by, at=now)
    else:
        kept = KeptNow(entry=record(answer, folder, by=by))
    return write(park, project, answer, kept, user, until=until, why=why, at=now), noted


def write(
    park: Park, project: Project, answer: Answer, kept: KeptNow, user: Any, *, until: datetime | None, why: str, at: datetime
) -> Decision:  # fmt: skip
    """Keep a decision that stands in the register: its row, its minutes, and where the project stands now."""
    assert kept.entry is not None
    whole = told(answer) | {"register": kept.entry.number}
    made = Decision.objects.create(
        park=park, project=project, entry=kept.entry.number, name=whole["id"], verdict=answer.verdict, on=answer.on,
        policy=answer.policy.id, policy_hash=answer.policy.hash, map_hash=answer.map_hash, version=answer.version,
        reservations=[e.ref for e in kept.booked], until=until if kept.booked else None, by=user, at=at,
        body=Decision.packed(whole),
    )  # fmt: skip
    for lang in ("zh", "en"):
        minutes_path(made, lang, "html").write_text(minutes_html(answer, lang, kept), encoding="utf-8")
        minutes_path(made, lang, "docx").write_bytes(minutes_word(answer, lang, kept))
    Project.objects.filter(pk=project.pk).update(verdict=answer.verdict)
    data = {"decision": made.pk, "verdict": answer.verdict}
    put(project, "decided", STAGE_AFTER[answer.verdict], user, why, at=at, data=data)
    return made


def minutes_path(decision: Decision, lang: str, ending: str) -> Path:
    """Where the minutes of a decision lie."""
    folder = gate.folder_of(decision.park) / "minutes"
    folder.mkdir(exist_ok=True)
    return folder / f"{decision.entry}-{lang}.{ending}"


@transaction.atomic
def settle(decision: Decision, step: str, user: Any, why: str, *, at: datetime | None = None) -> tuple[Entry, ...]:
    """Confirm or release everything a decision has reserved, or nothing.

    Raises
    ------
    StepError
        It is neither `confirm` nor `release`.
    InputError
        Nothing is waiting for it.
    """
    acts = {"confirm": bookings.confirm, "release": bookings.release}
    if step not in acts:
        raise StepError(Text("只能确认或释放。", "Reservations are confirmed or released."))
    now = at or timezone.now()
    with gate.open_ledger() as ledger:
        done = acts[step](ledger, decision.name, by=user.shown_name, at=now, note=why[:200])
    project = decision.project
    put(project, "booking", project.stage, user, why, at=now, data={"step": step, "decision": decision.pk})
    return done


def reservations(decision: Decision, at: datetime | None = None) -> list[dict[str, Any]]:
    """What became of the reservations of a decision."""
    if not decision.reservations or not gate.ledger_exists():
        return []
    now = at or timezone.now()
    with gate.open_ledger() as ledger:
        found = [r for r in bookings.of_decision(ledger, decision.name, at=now) if r.ref in decision.reservations]
        return [
            {"of": ledger.account(r.account), "reservation": r, "last_day": timezone.localdate(r.until)} for r in found
        ]


def held_until(day: date | None) -> datetime:
    """The end of reservations through their last day; the usual one if nobody says."""
    return end_of(day or timezone.localdate() + timedelta(days=HOLD_DAYS))


def end_of(day: date) -> datetime:
    """A reservation lasts through its last day."""
    from ecopark.workflows.book_quotas import end_of as end

    return end(day)
