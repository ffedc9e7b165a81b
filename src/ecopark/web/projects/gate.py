"""The park's policy, map and ledger as the gate's workflow wants them.

The layers of the map lie in a folder of the park below the uploads, written anew whenever they differ, because the register of
decisions is kept there too, with every edition of policy and map that a decision was made on.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from ecopark.admission.decision import Decision
from ecopark.admission.joint_review import Office, Review
from ecopark.admission.ledger import Entry, Ledger
from ecopark.admission.ledger.store import Transaction, open_store
from ecopark.admission.places import LAYERS, ParkMap, is_free, read_map
from ecopark.admission.policy import Policy
from ecopark.admission.register import Register
from ecopark.admission.together import Choice
from ecopark.errors import EcoparkError
from ecopark.web.parks.models import Park
from ecopark.web.projects.models import HOLDING, Project
from ecopark.web.projects.policies import gate_folder, policy_of
from ecopark.web.projects.wishes import NONE, Asked
from ecopark.workflows.admit_project import admit, admit_together
from ecopark.workflows.book_quotas import LedgerAddress

SCHEMA = "ecopark_ledger"
"""Schema of the ledger's tables on PostgreSQL."""


def offices_of(policy: Policy) -> tuple[Office, ...]:
    """The offices of its joint review."""
    return tuple(o for r in policy.rules if isinstance(r.spec, Review) for o in r.spec.offices)


def folder_of(park: Park) -> Path:
    """The park's folder of the gate: its map as it is now, its register."""
    folder = gate_folder(park)
    (folder / "map").mkdir(parents=True, exist_ok=True)
    stored = {m.name: m.features for m in park.layers.filter(name__in=LAYERS)}
    for name in LAYERS:
        path = folder / "map" / f"{name}.geojson"
        if name not in stored:
            path.unlink(missing_ok=True)
            continue
        text = json.dumps(stored[name], ensure_ascii=False)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            part = path.with_name(f"{name}.{secrets.token_hex(4)}.part")
            part.write_text(text, encoding="utf-8")
            part.replace(path)
    return folder


def register_of(park: Park) -> Register:
    """The park's register of decisions."""
    return Register(folder_of(park))


def map_of(park: Park) -> ParkMap | None:
    """The park's map as the gate reads it."""
    return read_map(folder_of(park))


def held_parcels(park: Park, without: int | None = None) -> dict[str, str]:
    """Parcels that projects hold by a decision that stands: id of the parcel, name of the project.

    Parameters
    ----------
    without
        The project that asks: what it holds itself is free to it.
    """
    rows = Project.objects.filter(park=park, stage__in=HOLDING).order_by("-number").values_list("pk", "name", "given")
    return {str(given["parcel"]): name for pk, name, given in rows if given.get("parcel") and pk != without}


def places_of(park: Park, year: int) -> tuple[list[tuple[str, dict[str, str]]], list[tuple[str, dict[str, str]]]]:
    """Free parcels and groups to choose from: id and name."""
    layers = map_of(park)
    if layers is None:
        return [], []
    layers = layers.with_held(held_parcels(park))
    parcels = [p for p in layers.layers.get("parcels", ()) if is_free(p, year)]
    groups = layers.layers.get("groups", ())
    return [(p.id, _pair(p.name)) for p in parcels], [(g.id, _pair(g.name)) for g in groups]


def _pair(text: Any) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


# -- the ledger --------------------------------------------------------------------------------------------------------


def ledger_place() -> str | Path:
    """Where the site's quota ledger is: a file beside the database, or a schema of its own on the same server."""
    if connection.vendor != "postgresql":
        return Path(settings.DATA) / "ledger.sqlite"
    at = connection.settings_dict
    who = quote(at["USER"] or "", safe="") + (f":{quote(at['PASSWORD'], safe='')}" if at["PASSWORD"] else "")
    host = quote(at["HOST"] or "", safe="") + (f":{at['PORT']}" if at["PORT"] else "")
    options = quote(f"-c search_path={SCHEMA}", safe="")
    return f"postgresql://{who}{'@' if who else ''}{host}/{quote(at['NAME'], safe='')}?options={options}"


def ledger_exists() -> bool:
    """Whether anything was ever booked."""
    if connection.vendor != "postgresql":
        return os.path.exists(ledger_place())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM information_schema.tables WHERE table_schema = %s AND table_name = %s)",
            [SCHEMA, "ledger_schema"],
        )
        return bool(cursor.fetchone()[0])


def open_ledger() -> Ledger:
    """The site's ledger, made if there is none."""
    if connection.vendor == "postgresql" and not ledger_exists():
        import psycopg

        # of its own connection: the ledger's must see it whatever transaction the page is in
        with psycopg.connect(str(ledger_place()), autocommit=True) as own:
            own.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    return Ledger.at(ledger_place())


def place_of(park: Park) -> str:
    """The place of the park's accounts in the ledger."""
    return str(park.settings.get("ledger_place") or park.slug)


def claim_place(park: Park, ledger: Ledger) -> str:
    """The place of the park's accounts, chosen once: never that of accounts which another park of this name has left."""
    if not park.settings.get("ledger_place"):
        taken = ledger.accounts(place=park.slug)
        with transaction.atomic():
            park.settings = Park.objects.select_for_update().get(pk=park.pk).settings
            if not park.settings.get("ledger_place"):  # nobody was faster
                park.set_parts(None, "", ledger_place=f"{park.slug}-{secrets.token_hex(3)}" if taken else park.slug)
    return place_of(park)


def address_of(park: Park) -> LedgerAddress | None:
    """The park's accounts in the ledger; None while it has none."""
    known = park.settings.get("ledger_place") and ledger_exists()
    return LedgerAddress(ledger_place(), place_of(park)) if known else None


def save_ledger(path: Path) -> bool:
    """Copy the ledger, entry by entry, into a new file; False if there is none."""
    if not ledger_exists():
        return False
    _copy(ledger_place(), path)
    return True


def load_ledger(path: Path) -> None:
    """Bring a copy into this site, which has no ledger yet."""
    if ledger_exists():
        raise EcoparkError("this site has a quota ledger already.", zh="本站已有总量指标台账。")
    open_ledger().close()
    _copy(path, ledger_place())


def remove_ledger() -> None:
    """Take away a ledger that was to be brought in and was not: one that is used has decisions behind it."""
    if connection.vendor != "postgresql":
        for ending in ("", "-wal", "-shm", "-journal"):
            Path(f"{ledger_place()}{ending}").unlink(missing_ok=True)
        return
    import psycopg

    with psycopg.connect(str(ledger_place()), autocommit=True) as own:
        own.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")


def _copy(source: str | Path, target: str | Path) -> None:
    """Every account with its entries as they are, seals included."""
    old, new = open_store(source, create=False), open_store(target)
    try:
        for account in old.accounts():
            entries = old.entries(account.key)
            begin = entries[0] if entries else None
            at, by = (begin.at, begin.by) if begin else (timezone.now(), "ecopark")
            new.open_account(account, at, by)

            def work(transaction: Transaction, rows: Sequence[Entry] = entries) -> None:
                for entry in rows:
                    transaction.add(entry)

            new.write([account.key], work)
    finally:
        old.close()
        new.close()


# -- asking ------------------------------------------------------------------------------------------------------------


def answer(
    park: Park, given: Mapping[str, Any], on: date, *, project: int | None = None, wishes: Asked = NONE,
) -> Decision:  # fmt: skip
    """What the gate says to a project as described, with today's ledger and what others hold; nothing is kept.

    Raises
    ------
    InputError
        The description cannot be used, or the park works with no policy.
    """
    policy = policy_of(park)
    if policy is None:
        raise NoPolicyError
    return admit(
        given, policy, park=folder_of(park), on=on, ledger=address_of(park), weights=wishes.weights,
        fix=wishes.fix, ranges=wishes.ranges, held=held_parcels(park, project),
    )  # fmt: skip


def together(park: Park, projects: Sequence[Project], value: str, on: date) -> Choice:
    """Which of the waiting projects use what is left best.

    Raises
    ------
    InputError
        A description cannot be used, or none of them gives the value.
    """
    policy = policy_of(park)
    if policy is None:
        raise NoPolicyError
    described = [with_opinions(p) for p in projects]
    return admit_together(
        described, policy, value=value, park=folder_of(park), on=on, ledger=address_of(park), held=held_parcels(park)
    )


def with_opinions(project: Project) -> dict[str, Any]:
    """A project's description with what the offices have said of it."""
    given = {k: v for k, v in project.given.items() if k != "opinions"} | {
        "id": f"{project.park.slug}-{project.number}-{project.at:%Y%m%d%H%M%S%f}"
    }
    last = {o.office: o for o in project.opinions.filter(version=project.version).select_related("by")}
    if last:
        given["opinions"] = [
            {
                "office": o.office,
                "opinion": o.opinion,
                "by": o.signed_by,
                "date": o.signed_on.isoformat(),
                "note": o.note,
                "how": o.how,
                "recorder": o.by.shown_name if o.how == "paper" else "",
                "reference": " · ".join(part for part in (o.reference, o.file_name) if part),
            }
            for o in last.values()
        ]
    return given


class NoPolicyError(EcoparkError):
    """The park works with no admission policy yet."""

    def __init__(self) -> None:
        super().__init__(
            "The park works with no admission policy yet: choose one.", zh="园区尚未选定准入政策，请先选定。"
        )
