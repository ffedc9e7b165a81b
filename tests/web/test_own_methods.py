"""Grading methods of the zone's own: handed in, chosen, graded by; each grading keeps the edition it was made by."""

from __future__ import annotations

import io
from typing import Any

import pytest

from ecopark.errors import InputError
from ecopark.web.firms import grades, methods
from ecopark.web.firms.models import GradeRun, MethodEdition

from .conftest import ROLES, World
from .test_own_rules import archive, sent

HOME = "/p/alpha/firms/grades/"
METHOD = """\
id: my-county
title: {zh: 示例县评价, en: Example county}
place: {zh: 示例县, en: Example county}
year: "2026"
status: draft
sources: [notice]
groups:
  - id: all
    zh: 全部企业
    en: all firms
    items:
      - {indicator: water, base: "100", weight: "100", basis: seen}
indicators:
  - {id: water, zh: 用水, en: water, unit: m3, formula: industrial_fresh_water_m3}
cutoffs:
  kind: shares
  classes: [{id: A, zh: 甲, en: first, to: "34"}, {id: B, zh: 乙, en: second, to: "100"}]
"""
CASE = """\
id: by-hand
firms: [{firm: a, group: all, water: "50"}]
expect: {a: {score: "50"}}
"""


def directory(method: str = METHOD, **more: str) -> io.BytesIO:
    return archive({"method.yaml": method, "cases/one.yaml": CASE, "NOTES.md": "# 读法\n"} | more, "my-county/")


@pytest.fixture
def here(world: World, settings: Any, tmp_path: Any) -> World:
    settings.UPLOADS = tmp_path / "uploads"
    return world


def test_firms_are_graded_by_a_method_of_the_zone(here: World) -> None:
    office = here.client_of("office")
    answer = office.post(f"{HOME}own/", {"files": directory(), "why": "本县办法"})
    assert answer.status_code == 302, answer.context["problems"]
    assert office.post(f"{HOME}method/", {"method": "my-county"}).status_code == 302
    assert office.post(f"{HOME}run/", {"year": "2023"}).status_code == 302
    first = GradeRun.objects.get()
    assert first.method == "my-county"
    here.park.refresh_from_db()
    page = office.get(HOME)
    assert page.context["run"] == first
    assert not page.context["stale"]
    assert "示例县评价" in page.content.decode()
    key = "alpha-1"
    before = office.get(f"{HOME}{first.pk}/of/{key}/")
    assert before.status_code == 200
    # a new edition: the grading that holds is an earlier one now, its sheet still has its own method
    changed = METHOD.replace("示例县评价", "示例县评价（修订）").replace('base: "100"', 'base: "50"')
    case = CASE.replace('"50"}]', '"25"}]')
    assert (
        office.post(f"{HOME}own/", {"files": directory(changed, **{"cases/one.yaml": case}), "why": "修订"}).status_code
        == 302
    )
    page = office.get(HOME)
    assert page.context["stale"]
    assert page.context["method"].title.zh == "示例县评价（修订）"
    old = office.get(f"{HOME}{first.pk}/of/{key}/")
    assert old.context["method"].title.zh == "示例县评价"
    assert not old.context["current"]
    office.post(f"{HOME}run/", {"year": "2023"})
    second = GradeRun.objects.exclude(pk=first.pk).get()
    assert second.method_hash != first.method_hash
    edition = MethodEdition.objects.get(number=1)
    assert office.post(f"{HOME}own/{edition.pk}/back/", {"why": "修订作废"}).status_code == 302
    assert grades.current(here.park, "my-county", "2023") == first
    assert office.get(f"{HOME}own/{edition.pk}/directory.zip").content[:2] == b"PK"
    assert methods.named(here.other, "my-county") is None


@pytest.mark.parametrize("role", ROLES)
def test_only_the_office_hands_one_in(here: World, role: str) -> None:
    client = here.client_of(role)
    sees, writes = role in ("admin", "office", "reviewer"), role in ("admin", "office")
    hidden = 404 if role in ("stranger", "anonymous") else 403
    for lang in ("zh-hans", "en"):
        client.cookies["django_language"] = lang
        assert client.get(f"{HOME}own/").status_code == (200 if sees else hidden)
    answer = client.post(f"{HOME}own/", {"files": directory(), "why": "x"})
    assert answer.status_code == (302 if writes else hidden)
    assert MethodEdition.objects.exists() == writes


@pytest.mark.parametrize(
    ("method", "case", "code"),
    [
        (METHOD.replace("indicator: water", "indicator: watr"), CASE, "unknown-indicator"),
        (METHOD.replace('weight: "100"', 'weight: "90"'), CASE, "weights-do-not-add-up"),
        (METHOD, CASE.replace('score: "50"', 'score: "60"'), "case-differs"),
        (METHOD, "just words", "case-shape"),
        (METHOD.replace("my-county", "huangyan-2022"), CASE, "id-taken"),
        (METHOD + "extra: [\n", CASE, "not-yaml"),
        ("- a\n", CASE, "shape"),
    ],
)
def test_what_is_wrong_is_told_and_not_kept(here: World, method: str, case: str, code: str) -> None:
    with pytest.raises(InputError) as caught:
        methods.OWN.take_in(
            here.park, [sent(directory(method, **{"cases/one.yaml": case}))], here.people["office"], "x"
        )
    assert code in {p.code for p in caught.value.problems}
    assert not MethodEdition.objects.exists()
