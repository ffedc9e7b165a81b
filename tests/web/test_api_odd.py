"""Bodies that would be taken, with one odd value in the place of a good one: told why or taken, never a server error."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.test import Client

from .api_calls import V1, Api, good, token_of
from .conftest import World
from .test_api_cases import found, gridded
from .test_api_firms import METHOD, run
from .test_api_projects import allocate, given, lead, reviewed
from .test_api_tasks import make, wanted
from .test_firms import CODE, PLOTS, graded
from .test_projects import ground

__all__ = ["graded", "gridded", "ground"]
P = "/parks/alpha"
YEAR = date.today().year
ODD: tuple[Any, ...] = (
    "", " ", "²", "９", "1/3", "1/0", "1e400", "-1", "NaN", "-Infinity", "0x1f", "a\x00b", "\ud800", "=1+1", "../../etc", "x" * 5000,
    "9999-12-31", "0001-01-01", "2023-02-30", 0, -1, 10**19, 1.5, True, None, [], {}, ["x"], {"x": 1},
)  # fmt: skip


def odd_ones(body: Any) -> Iterator[Any]:
    """The body with every leaf replaced by every odd value, one at a time; and with every key left out."""
    for path in _leaves(body):
        for value in ODD:
            changed = copy.deepcopy(body)
            _put(changed, path, value)
            yield changed
        if isinstance(path[-1], str):
            changed = copy.deepcopy(body)
            _put(changed, path, ...)
            yield changed


def _leaves(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    items = node.items() if isinstance(node, dict) else list(enumerate(node))[:1] if isinstance(node, list) else ()
    for key, inner in items:
        yield from _leaves(inner, (*path, key))


def _put(node: Any, path: tuple[Any, ...], value: Any) -> None:
    for key in path[:-1]:
        node = node[key]
    if value is ...:
        del node[path[-1]]
    else:
        node[path[-1]] = value


def check(world: World, calls: list[tuple[str, str, Any]]) -> None:
    """Send all odd bodies of some calls; a form goes as a form, with what is no text in it as one."""
    client = Client(raise_request_exception=False)
    headers = token_of(world, "admin")
    for method, tail, body in calls:
        for odd in odd_ones(body):
            if method == "form":
                fields = {k: str(v).encode(errors="replace").decode() for k, v in odd.items()}
                answer = client.post(f"{V1}{P}/{tail}", fields, headers=headers)
            else:
                data = json.dumps(odd)
                send = getattr(client, method)
                answer = send(f"{V1}{P}/{tail}", data, content_type="application/json", headers=headers)
            assert answer.status_code < 500, (tail, odd, answer.content[:200])
            if answer.status_code >= 400:
                assert set(answer.json()["error"]) >= {"code", "zh", "en"}, (tail, odd)


def test_tasks_and_settings(world: World) -> None:
    number = make(world)
    check(
        world,
        [
            ("post", "tasks", {"clause": "hj274-2015/32", "period": "2023", "tasks": [wanted(support=["water"], programme=1)]}),
            ("post", f"tasks/{number}/steps", {"kind": "progress", "note": "x", "figure": "1", "share": "5"}),
            ("post", f"tasks/{number}/steps", {"kind": "moved", "note": "x", "due": "2030-01-01", "lead": "water"}),
            ("post", "programmes", {"kind": "programme", "name": "a", "name_en": "b", "note": "c"}),
            ("put", "settings/general", {"name": "a", "name_en": "b", "base_year": 2020, "published": False, "reason": "x"}),
            ("put", "settings/packs", {"packs": ["hj274-2015"], "reason": "x"}),
            ("put", "settings/factors", {"options": "hj274-2015.a=1", "grid": "", "confirm": [], "narrow": "", "reason": "x"}),
            ("put", "departments", {"key": "a", "name": "b", "name_en": "c", "reason": "x"}),
            ("post", "members", {"username": "a", "role": "firm", "name": "b", "firm": "alpha-1", "department": "water", "reason": "x"}),
            ("post", "titles/steps", {"title": "hj274-2015", "step": "name", "dated": "2024-01-01", "until": "2025-01-01"}),
        ],
    )  # fmt: skip
    good(Api(world, "admin").get(f"{P}/tasks?limit=1000"))
    good(Api(world, "admin").get(f"{P}/settings"))


def test_cases(gridded: World) -> None:
    number = found(gridded)["number"]
    report = {
        "kind": "dust", "text": "x", "severity": "", "source": "patrol", "lon": "120.005", "lat": "31.005", "place": "y",
        "firm": "alpha-1", "found": "2026-01-01T00:00:00Z", "key": "",
    }  # fmt: skip
    assign = {"kind": "assigned", "note": "x", "to": "firm:alpha-1", "due": "2100-01-01T00:00:00Z"}
    check(gridded, [("form", "cases", report), ("form", f"cases/{number}/steps", assign)])
    good(Api(gridded, "admin").get(f"{P}/cases?limit=1000"))
    good(Api(gridded, "admin").get(f"{P}/cases/statistics"))


def test_firms_grades_and_land(graded: World) -> None:
    made = run(graded)
    from django.core.files.uploadedfile import SimpleUploadedFile

    office = Api(graded, "office")
    good(office.upload(f"{P}/land/table", {"file": SimpleUploadedFile("plots.csv", PLOTS.encode())}))
    seen = {
        "name": "企业 alpha-1",
        "credit_code": "",
        "parent": "alpha",
        "since": None,
        "until": None,
        "industry_code": "",
    }
    fields = {
        "name": "a",
        "credit_code": CODE,
        "parent": "alpha",
        "since": 2000,
        "until": 2020,
        "industry_code": "3973",
    }
    check(
        graded,
        [
            ("post", "firms", fields | {"key": "n", "why": "x"}), ("put", "firms/alpha-1", fields | {"why": "x", "seen": seen}),
            ("post", "merges", {"kept": "alpha-1", "double": "alpha-2", "why": "x"}),
            ("post", "firms/alpha-1/audits", {
                "kind": "energy", "mandatory": True, "due": "2024-01-01", "done": None, "auditor": "a", "findings": "b", "why": "x",
            }),
            ("post", "firms/alpha-1/retrofits", {
                "name": "a", "quantity": "industrial_fresh_water_m3", "expected": "1", "achieved": "2", "unit": "m3", "cost": "3",
                "audit": 1, "due": "2024-01-01", "done": None, "why": "x",
            }),
            ("post", f"gradings/{made}/simulate", {"weights": {"all.tax_per_mu": "30"}, "cutoffs": "A=34,B=33,C=33"}),
            ("post", "gradings", {"year": "2023"}), ("put", "method", {"method": METHOD, "cutoffs": "A=34,B=33,C=33"}),
            ("post", "land/steps", {"plot": "P1", "step": "agreed", "note": "x", "freed": {"land": "1"}}),
        ],
    )  # fmt: skip
    for tail in ("firms?limit=1000", "audits?limit=1000", "retrofits?limit=1000", "land"):
        good(office.get(f"{P}/{tail}"))


@pytest.mark.parametrize("part", ["description", "rest"])
def test_projects_and_ledger(ground: World, part: str) -> None:
    office = Api(ground, "office")
    for item in ("energy", "cod", "nox"):
        good(allocate(office, item, "5000"))
    if part == "description":
        described = given() | {"kind": "new", "start": "2027", "facts": given()["facts"][:2]}
        check(ground, [("post", "projects/check", {"description": described})])
        return
    ready = reviewed(office, lead(office))["id"]
    book = {"act": "allocate", "item": "energy", "year": YEAR, "amount": "1", "why": "x"}
    opinion = {
        "office": "land",
        "opinion": "agree",
        "signed_by": "x",
        "signed_on": "2026-01-01",
        "reference": "z",
        "seen": 1,
        "note": "y",
    }
    check(
        ground,
        [
            ("post", "ledger", book), ("post", "ledger", book | {"act": "correct", "amount": "-1"}),
            ("post", f"projects/{ready}/opinions", opinion), ("post", f"projects/{ready}/move", {"stage": "operating", "why": "x"}),
            ("post", "projects/together", {"projects": [ready], "value": "employees"}), ("put", "policy", {"policy": "anji"}),
        ],
    )  # fmt: skip
    good(office.get(f"{P}/ledger"))
    good(office.get(f"{P}/projects/{ready}"))
