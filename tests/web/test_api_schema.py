"""The API by its own schema: whatever fits the description of a request, and much that does not, is never a server error."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as how
from hypothesis import strategies as st

from ecopark.web.api.main import api
from ecopark.web.figures.models import Figure
from ecopark.web.firms import methods
from ecopark.web.firms.models import Audit, PlotTable, Retrofit
from ecopark.web.jobs.models import Job
from ecopark.web.people.models import ApiToken
from ecopark.web.projects import policies

from .api_calls import Api, good
from .conftest import World
from .test_api_cases import found, gridded
from .test_api_firms import PLOTS, appeal, run
from .test_api_mappings import saved, upload
from .test_api_projects import allocate, lead, reviewed
from .test_api_tasks import make
from .test_comments import comment, handed
from .test_dossiers import dossier
from .test_firms import CODE, graded
from .test_mappings import TABLE
from .test_own_methods import directory as method_directory
from .test_own_rules import archive, directory, sent
from .test_projects import ground

schemathesis = pytest.importorskip("schemathesis")
__all__ = ["graded", "gridded", "ground"]

EXAMPLES = max(2, int(os.environ.get("ECOPARK_API_EXAMPLES", "4")))
"""Requests of each operation as described, and so many not as described: the same ones in every run. More find more."""
P = "/parks/alpha"
SCHEMA = schemathesis.openapi.from_dict(api.get_openapi_schema())
OPERATIONS = {f"{o.method.upper()} {o.path}": o for o in (result.ok() for result in SCHEMA.get_all_operations())}
KNOWN: dict[str, Any] = {
    "slug": "alpha", "pack": "hj274-2015", "first": "hj274-2015", "second": "zero-carbon-park-2025", "period": "2023",
    "tail": "32", "name": "industrial_fresh_water_m3", "key": "alpha-1", "item": "energy", "rule": "tax_per_mu", "year": date.today().year,
}  # fmt: skip


def _decision(world: World) -> int:
    office = Api(world, "office")
    project = reviewed(office, lead(office))
    made = good(office.send(f"{P}/projects/{project['id']}/decide", {"seen": 1}))
    lead(office)
    return int(made["decision"]["id"])


def _project(world: World) -> int:
    office = Api(world, "office")
    return int(reviewed(office, lead(office))["id"])


def _merge(world: World) -> int:
    world.park.subjects.filter(key__in=("alpha-1", "alpha-2")).update(credit_code=CODE)
    return int(good(Api(world, "office").send(f"{P}/merges", {"kept": "alpha-1", "double": "alpha-2"}))["id"])


def _audit(world: World) -> int:
    return int(Audit.objects.create(park=world.park, subject=world.park.subjects.get(key="alpha-1"), kind="energy").pk)


def _retrofit(world: World) -> int:
    subject = world.park.subjects.get(key="alpha-1")
    return int(Retrofit.objects.create(park=world.park, subject=subject, name="x").pk)


def _figure(world: World) -> int:
    return int(Figure.objects.filter(park=world.park).values_list("pk", flat=True)[0])


def _import(world: World) -> int:
    return int(good(upload(Api(world, "office"), TABLE))["id"])


def _evidence(world: World) -> int:
    file = SimpleUploadedFile("a.txt", b"x")
    return int(good(Api(world, "office").upload(f"{P}/evidence", {"file": file, "about": "publicity_events"}))["id"])


def _job(world: World) -> int:
    Path(settings.UPLOADS).mkdir(parents=True, exist_ok=True)
    of = {"park": world.park, "by": world.people["admin"], "state": "done"}
    (Path(settings.UPLOADS) / "made.pdf").write_bytes(b"%PDF-")
    made = Job.objects.create(
        kind="briefing", arguments={"format": "pdf", "period": "2023"}, result={"stored": "made.pdf"}, **of
    )
    return int(made.pk)


NUMBERS: dict[str, Callable[[World], int]] = {
    # what the number in an address is of, by the word before it
    "comments": comment, "dossiers": dossier, "handed-up": lambda w: handed(w)["id"], "figures": _figure, "imports": _import, "mappings": saved, "evidence": _evidence, "jobs": _job, "briefings": _job,
}  # fmt: skip


def _edition(world: World) -> int:
    user = world.people["office"]
    made = policies.OWN.take_in(world.park, [sent(archive(directory()))], user, "x")
    assert methods.OWN.take_in(world.park, [sent(method_directory())], user, "x").pk == made.pk
    return int(made.pk)


MADE: dict[str, Callable[[World], Any]] = {
    # what an address names, and how there comes to be one
    "task": make, "case": lambda w: found(w)["number"], "project": _project, "decision": _decision, "run": run,
    "appeal": lambda w: good(appeal(w, run(w)))["id"], "merge": _merge, "audit": _audit, "retrofit": _retrofit,
    "edition": _edition,
}  # fmt: skip
NEEDS_LEDGER = ("/ledger", "/projects", "/decisions", "/policies", "/policy", "/rules")
NEEDS_LAND = ("/land",)


@pytest.fixture
def site(request: pytest.FixtureRequest, world: World) -> World:
    """The small park with what one operation needs: grids, grades, or ground and quotas."""
    path = OPERATIONS[request.getfixturevalue("name")].path
    if any(part in path for part in NEEDS_LEDGER):
        request.getfixturevalue("ground")
        for item in ("energy", "cod", "nox"):
            good(allocate(Api(world, "office"), item, "5000"))
    elif any(part in path for part in ("/gradings", "/appeals", "/method", *NEEDS_LAND)):
        request.getfixturevalue("graded")
    elif "/cases" in path or "/places" in path:
        request.getfixturevalue("gridded")
    if any(part in path for part in NEEDS_LAND):
        file = SimpleUploadedFile("plots.csv", PLOTS.encode())
        good(Api(world, "office").upload(f"{P}/land/table", {"file": file}))
        assert PlotTable.objects.exists()
    return world


def _send(client: Client, token: dict[str, str], case: Any, known: dict[str, Any]) -> Any:
    """One generated request through the whole application, middleware and all."""
    filled = (case.path_parameters or {}) | known
    address = case.path.format(**{k: quote(str(v), safe="", errors="replace") for k, v in filled.items()})
    query = {k: v for k, v in (case.query or {}).items() if v is not None}
    more: dict[str, Any] = {}
    body = case.body if case.body is not schemathesis.core.NOT_SET else None
    if case.media_type == "multipart/form-data" and isinstance(body, dict):
        fields = {k: v for k, v in body.items() if v is not None}
        sent = {k: _file(v) for k, v in fields.items() if k in ("file", "files", "photos")}
        more = {"data": {k: str(v) for k, v in fields.items()} | sent}
    elif body is not None:
        more = {"data": json.dumps(body, default=str), "content_type": "application/json"}
    return client.generic_request(case.method, address, query, token, **more)


def _file(content: Any) -> SimpleUploadedFile:
    return SimpleUploadedFile("x.csv", str(content).encode(errors="replace") or b"x")


class AnyClient(Client):
    """Django's client for any method, that hands a server error over instead of raising it."""

    def generic_request(self, method: str, address: str, query: Any, headers: dict[str, str], **more: Any) -> Any:
        text = {k: v if isinstance(v, str | list) else json.dumps(v) for k, v in query.items()}
        return getattr(self, method.lower())(address, query_params=text, headers=headers, **more)


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_no_request_is_a_server_error(site: World, name: str) -> None:
    operation = OPERATIONS[name]
    client = AnyClient(raise_request_exception=False)
    token = {"authorization": f"Bearer {ApiToken.issue(site.people['admin'], 'schema')[1]}"}
    named = [k for k in (*KNOWN, *MADE) if f"{{{k}}}" in operation.path]
    known = {k: KNOWN[k] if k in KNOWN else MADE[k](site) for k in named}
    if (made := NUMBERS.get(operation.path.partition("/{number}")[0].rpartition("/")[2])) is not None:
        known["number"] = made(site)

    def ask(case: Any, filled: dict[str, Any]) -> None:
        answer = _send(client, token, case, filled)
        assert answer.status_code < 500, (name, answer.content[:300])
        if answer.status_code >= 400 and answer["Content-Type"].startswith("application/json"):
            assert set(answer.json()["error"]) >= {"code", "zh", "en"}
        if answer.streaming:
            b"".join(answer.streaming_content)

    for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):
        cases = operation.as_strategy(mode)
        # most requests name what there is, for a request about nothing ends early; one names whatever was made up
        for filled, examples in ((known, EXAMPLES - 1), ({}, 1)) if known else (({}, EXAMPLES),):
            few = how(
                max_examples=examples, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )  # fmt: skip
            few(given(cases, st.just(filled))(ask))()
