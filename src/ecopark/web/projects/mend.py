"""A decision whose process ended in the middle: finished, or taken back, the next time anybody looks.

A decision lies in three places: the ledger, the register's files and the database. Before the first of them is touched a note
is put down: which project, who, until when, why. It goes when the database has everything. A note that is still there when
nobody holds the park's row belongs to a process that is no more:

- the register has the entry: the decision is made; its page and its minutes are written from the entry;
- it has none: nothing was decided; what the ledger had reserved is given back.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from ecopark.admission import bookings
from ecopark.admission.decision import Decision as Answer
from ecopark.admission.places import read_map
from ecopark.admission.register import Entry, Register
from ecopark.core.rounding import exact
from ecopark.errors import EcoparkError
from ecopark.web.parks.models import Park
from ecopark.web.people.models import User
from ecopark.web.projects import gate
from ecopark.web.projects.models import Decision, Project
from ecopark.web.projects.policies import gate_folder
from ecopark.workflows.admit_project import Kept as KeptNow
from ecopark.workflows.admit_project import admit

FOLDER = "deciding"


def note(park: Park, project: Project, name: str, user: Any, until: datetime | None, why: str, at: datetime) -> Path:
    """Put down what is about to be decided; it is on the disk when this returns."""
    folder = gate.folder_of(park) / FOLDER
    folder.mkdir(exist_ok=True)
    row = {
        "project": project.pk, "name": name, "user": user.pk, "until": until.isoformat() if until else None, "why": why,
        "at": at.isoformat(), "entries": sum(1 for _ in gate.register_of(park)),
    }  # fmt: skip
    path = folder / f"{secrets.token_hex(8)}.json"
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8") as file:
        json.dump(row, file, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    return path


def look(park: Park) -> list[Decision]:
    """Finish or take back what processes that are no more have left; what cannot be stays for the next time and is logged."""
    made: list[Decision] = []
    if not unfinished(park):
        return made
    try:
        with transaction.atomic():
            park = Park.objects.select_for_update().get(pk=park.pk)  # nobody is in the middle of a decision now
            notes = unfinished(park)
            for path in notes:
                found = _finished(park, json.loads(path.read_text(encoding="utf-8")))
                made += [] if found is None else [found]
    except (EcoparkError, OSError, ValueError):
        logging.getLogger(__name__).exception("a decision of %s could not be finished", park.slug)
        return []
    for path in notes:
        path.unlink(missing_ok=True)
    return made


def unfinished(park: Park) -> list[Path]:
    """Notes of decisions that are being made, or that nobody makes any more."""
    folder = gate_folder(park) / FOLDER
    return sorted(folder.glob("*.json")) if folder.is_dir() else []


def _finished(park: Park, row: dict[str, Any]) -> Decision | None:
    from ecopark.web.projects.decide import write  # which asks this module before it decides

    register = gate.register_of(park)
    entries = list(register)
    entry = next((e for e in entries[row["entries"] :] if e.data["id"] == row["name"]), None)
    at = datetime.fromisoformat(row["at"])
    user = User.objects.get(pk=row["user"])
    if entry is None:
        _give_back(row["name"], {r for e in entries for r in e.data["reservations"]}, user.shown_name)
        return None
    if Decision.objects.filter(park=park, entry=entry.number).exists():
        return None
    project = Project.objects.select_for_update().get(pk=row["project"])
    kept = KeptNow(_booked(entry), entry)
    until = datetime.fromisoformat(row["until"]) if row["until"] else None
    return write(park, project, answer_of(park, register, entry), kept, user, until=until, why=row["why"], at=at)


def answer_of(park: Park, register: Register, entry: Entry) -> Answer:
    """The gate's answer of an entry, made anew on its policy, its map and its quota state."""
    edition = str(entry.data.get("map_hash") or "")
    layers = read_map(register.folder / "maps" / edition) if edition else None
    rows = entry.data["quotas"]
    quotas = None if rows is None else {(r["quota"], r["year"]): exact(r["left"]) for r in rows}
    folder = gate.folder_of(park) if layers is not None else None
    return admit(
        entry.data["project"],
        register.policy(entry),
        park=folder,
        on=entry.on,
        quotas=quotas,
        park_map=layers,
        held=entry.data.get("held"),
    )


def _booked(entry: Entry) -> tuple[Any, ...]:
    """What the ledger wrote when it reserved for an entry."""
    if not entry.data["reservations"]:
        return ()
    with gate.open_ledger() as ledger:
        return tuple(ledger.history(ref=ref)[0] for ref in entry.data["reservations"])


def _give_back(name: str, registered: set[str], by: str) -> None:
    """Release what was reserved for a decision that was never made."""
    at = timezone.now()
    if not gate.ledger_exists():
        return
    with gate.open_ledger() as ledger:
        held = bookings.of_decision(ledger, name, at=at)
        if any(r.state == "reserved" and r.ref not in registered for r in held):
            bookings.release(ledger, name, by=by, at=at, note="the decision was not completed / 判定未完成")
