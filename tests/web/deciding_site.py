"""Inside a real site (`tests.web.real_site`): a decision whose process is killed at a given point."""

from __future__ import annotations

import os
import signal
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

POINTS = ("noted", "booked", "registered", "written", "committed")
"""Where the process is killed: after the note, the ledger, the register, the row of the database, its commit."""


def ground() -> dict[str, Any]:
    """A park with policy, map, quotas and a project under review for each point."""
    from ecopark.web.parks.models import Park
    from ecopark.web.people.models import User
    from tests.web.test_projects import allocate, given, square, under_review

    park, user = Park.objects.get(slug="alpha"), User.objects.get(username="office")
    park.settings = {"policy": "invented-park"}
    park.save()
    room = {"cod_capacity_t": 130, "cod_load_t": 100, "nox_capacity_t": 90, "nox_load_t": 60}
    for name, found in {
        "parcels": [square(120.0, id=f"P-{p}", zh=f"{p} 号地", group="G02", free=True, area_km2=0.3) for p in POINTS],
        "groups": [square(120.0, id="G02", zh="电子组团")],
        "control_units": [square(120.0, id="U1", **{"class": "key"}, **room)],
        "reserve": [square(121.0, id="R1", zh="留白")],
    }.items():
        park.layers.create(name=name, features={"type": "FeatureCollection", "features": found})
    world: Any = SimpleNamespace(park=park, people={"office": user}, client_of=lambda role: _client())
    for item, amount in (("energy", "5000"), ("cod", "10"), ("nox", "10")):
        assert allocate(world, item, amount).status_code == 302
    for point in POINTS:
        under_review(world, given(point) | {"parcel": f"P-{point}"})
    return decided(POINTS[0])


def _client() -> Any:
    from django.test import Client

    from ecopark.web.people.models import User

    client = Client()
    client.force_login(User.objects.get(username="office"))
    return client


def decide(point: str) -> dict[str, Any]:
    """Decide on the project; the process ends at the point and does not come back."""
    from django.db import transaction

    from ecopark.web.parks.models import Park
    from ecopark.web.people.models import User
    from ecopark.web.projects import decide as decisions
    from ecopark.web.projects import mend
    from ecopark.web.projects.models import Project
    from ecopark.workflows import admit_project

    def end() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    module, name = {
        "noted": (mend, "note"), "booked": (admit_project, "book"), "registered": (admit_project.Register, "append"),
        "written": (decisions, "write"), "committed": (decisions, "_decide"),
    }[point]  # fmt: skip
    real = getattr(module, name)

    def wrapped(*args: Any, **options: Any) -> Any:
        found = real(*args, **options)
        transaction.on_commit(end) if point == "committed" else end()
        return found

    setattr(module, name, wrapped)
    user = User.objects.get(username="office")
    project = Project.objects.get(park=Park.objects.get(slug="alpha"), name=point)
    until = decisions.end_of(date.today() + timedelta(days=30))
    decisions.decide(project, user, until=until, why="会审通过")
    return decided(point)


def look_again(point: str) -> dict[str, Any]:
    """What somebody brings about who opens the page of the project."""
    from ecopark.web.projects.models import Project

    address = f"/p/alpha/projects/{Project.objects.get(name=point).pk}/"
    assert _client().get(address).status_code == 200
    first = decided(point)
    assert _client().get(address).status_code == 200
    return first | {"again": decided(point) == first}


def decided(point: str) -> dict[str, Any]:
    """What the three places say of a project."""
    from django.utils import timezone

    from ecopark.admission import bookings
    from ecopark.web.parks.models import Park
    from ecopark.web.projects import decide as decisions
    from ecopark.web.projects import gate, mend
    from ecopark.web.projects.models import Decision, Project

    park, project = Park.objects.get(slug="alpha"), Project.objects.get(name=point)
    entries = [e for e in gate.register_of(park) if e.project == point]
    rows = list(Decision.objects.filter(project=project).order_by("entry"))
    with gate.open_ledger() as ledger:
        free = {
            a.item: str(ledger.balance(a, at=timezone.now()).free) for a in ledger.accounts(place=gate.place_of(park))
        }
        held = [
            r.state for d in {e.data["id"] for e in entries} for r in bookings.of_decision(ledger, d, at=timezone.now())
        ]
    papers = [
        decisions.minutes_path(d, lang, ending).stat().st_size
        for d in rows
        for lang in ("zh", "en")
        for ending in ("html", "docx")
    ]
    return {
        "stage": project.stage, "verdict": project.verdict, "entries": [e.number for e in entries],
        "rows": [d.entry for d in rows], "told": [d.told["verdict"] for d in rows], "why": [e.why for e in project.events.filter(kind="decided")],
        "names": [d.name for d in rows] == [e.data["id"] for e in entries], "free": free, "held": held,
        "papers": len(papers), "notes": len(mend.unfinished(park)),
        "same": [gate.register_of(park).reproduce(e.number)[1] == () for e in entries],
    }  # fmt: skip


ACTIONS = {"ground": ground, "decide": decide, "look-again": look_again, "decided": decided}
