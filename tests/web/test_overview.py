"""The overview: what changed lately of every kind, by role; limits that moved; a line for each title; few questions."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ecopark.web.assess import keep
from ecopark.web.cases.models import Case, CaseEvent
from ecopark.web.figures import stamps
from ecopark.web.figures.change import Change, set_state, write
from ecopark.web.figures.models import Figure
from ecopark.web.parks import lately as changes
from ecopark.web.parks import views
from ecopark.web.parks.models import Park, Subject
from ecopark.web.people.access import standing
from ecopark.web.rules.models import TitleStep

from .api_calls import Api, good, refusal
from .conftest import ROLES, World
from .test_projects import given, ground, under_review
from .test_tasks import make as make_task

__all__ = ["ground"]
WATER = "industrial_fresh_water_m3"
EVENTS = "publicity_events"


def events(world: World, role: str) -> list[dict[str, Any]]:
    return list(world.client_of(role).get("/p/alpha/").context["lately"])


def told(world: World, role: str) -> list[str]:
    return [e["what"].zh for e in events(world, role)]


@pytest.fixture
def busy(ground: World) -> World:
    """A park in which, one after the other: a figure, a task, two cases, a decision."""
    office, park = ground.people["office"], ground.park
    write(park, [Change("alpha-2", WATER, "2023", "4321", "m3")], office, "玄武更正")
    make_task(ground, measure="青龙措施")
    for number, key in ((1, "alpha-1"), (2, "alpha-2")):
        firm = Subject.objects.get(park=park, key=key)
        case = Case.objects.create(
            park=park,
            number=number,
            kind="dust",
            severity="ordinary",
            text="裸土",
            by=office,
            firm=firm,
            grid=f"G{number}",
        )
        CaseEvent.objects.create(case=case, kind="found", by=office, note=f"{key} 的问题")
    project = under_review(ground, given("朱雀项目"))
    ground.client_of("office").post(f"/p/alpha/projects/{project.pk}/decide/", {"version": "1"})
    return ground


def test_everything_that_changed_is_told_in_order_with_who_when_and_where(busy: World) -> None:
    client, found = busy.client_of("office"), events(busy, "office")
    words = " | ".join(e["what"].zh for e in found)
    for part in (
        "企业 alpha-2：",
        "任务 1 立项：青龙措施",
        "问题 1（",
        "问题 2（",
        "项目“朱雀项目”判定：",
        "新填报 2022 年数据 6 项",
        "新填报 2023 年数据",
    ):
        assert part in words, part
    assert [e["at"] for e in found] == sorted((e["at"] for e in found), reverse=True)
    for e in found:
        assert e["who"] == "office", e
        assert client.get(e["url"]).status_code == 200, e
    water = next(e for e in found if e["what"].zh.startswith("企业 alpha-2："))
    assert (water["before"], water["after"], water["why"]) == ("210 m3", "4321 m3", "玄武更正")
    api = good(Api(busy, "office").get("/parks/alpha/lately"))
    assert [e["what"]["zh"] for e in api] == [e["what"].zh for e in found]


@pytest.mark.parametrize("role", ROLES)
def test_nobody_is_told_what_they_may_not_know(busy: World, role: str) -> None:
    if role in ("stranger", "anonymous"):
        assert busy.client_of(role).get("/p/alpha/").status_code == 404
        refusal(Api(busy, role).get("/parks/alpha/lately"), 401 if role == "anonymous" else 404)
        return
    text = " ".join(f"{e['what'].zh} {e['why']} {e['after']}" for e in events(busy, role))
    seen = {word for word in ("青龙", "朱雀", "alpha-1", "alpha-2", "4321", "问题 1", "问题 2") if word in text}
    wide = {"青龙", "alpha-1", "alpha-2", "4321", "问题 1", "问题 2"}
    may = {"admin": wide | {"朱雀"}, "office": wide | {"朱雀"}, "reviewer": wide | {"朱雀"}, "consultant": wide,
           "firm": {"alpha-1", "问题 1"}, "keeper": set()}  # fmt: skip
    assert seen == may[role]
    answer = Api(busy, role).get("/parks/alpha/lately").content.decode()
    assert "4321" in answer or "4321" not in seen
    assert role not in ("firm", "keeper") or "alpha-2" not in answer


def test_verdicts_that_became_others_are_told_but_not_to_the_public(busy: World) -> None:
    busy.client_of("office").get("/p/alpha/")  # the assessments are kept
    write(busy.park, [Change("alpha", EVENTS, "2023", "0", "events/year")], busy.people["office"], "更正")
    turned = [e for e in events(busy, "office") if e["url"].startswith("/p/alpha/assess/")]
    assert turned
    clause = next(e for e in turned if "/clause/" in e["url"])
    assert (clause["before"], clause["after"], clause["who"]) == ("达标", "未达标", "office")
    assert busy.client_of("office").get(clause["url"]).status_code == 200
    busy.park.published = True
    busy.park.save()
    for role in ("anonymous", "stranger"):
        assert events(busy, role) == []
    assert not any("/assess/" in e["url"] for e in events(busy, "firm"))
    # the same after the memory of the process is gone, and in the next look
    changes._turned.clear()
    again = [e for e in events(busy, "office") if e["url"].startswith("/p/alpha/assess/")]
    assert [(e["what"], e["after"]) for e in again] == [(e["what"], e["after"]) for e in turned]


def test_a_large_write_is_one_event_and_hides_nothing_before_it(world: World) -> None:
    park, office = world.park, world.people["office"]
    write(park, [Change("alpha", EVENTS, "2023", "4", "events/year")], office, "先改")
    firms = [Subject(park=park, key=f"n-{n}", name=f"新企业 {n}", parent="alpha") for n in range(130)]
    Subject.objects.bulk_create(firms)
    write(park, [Change(f.key, WATER, "2023", "5", "m3") for f in firms], office, "导入")
    write(
        park,
        [Change(f"alpha-{n}", WATER, year, "7", "m3") for n in (1, 2, 3) for year in ("2022", "2023")],
        office,
        "批改",
    )
    found = told(world, "office")
    assert found[:2] == ["修改数据 6 项", "新填报 2023 年数据 100+ 项"]
    assert found[2].startswith("园区 alpha：")
    assert "新填报 2022 年数据 3 项" in found  # the firms' of that year were changed since
    assert [one.split("：")[0] for one in told(world, "firm")] == ["企业 alpha-1", "企业 alpha-1"]


def test_a_figure_that_only_moved_on_says_so(world: World) -> None:
    figure = Figure.objects.get(subject__key="alpha-1", quantity=WATER, period="2023")
    Figure.objects.filter(pk=figure.pk).update(state="submitted")
    figure.refresh_from_db()
    Figure.history.filter(id=figure.pk).update(state="submitted")
    set_state(world.park, [figure], "accepted", world.people["office"], "采用")
    first = events(world, "office")[0]
    assert (first["before"], first["after"]) == ("已提交", "已采用")


def test_a_figure_that_came_without_a_unit_is_told_with_the_catalogues(world: World) -> None:
    write(world.park, [Change("alpha", "park_area_km2", "2023", "8")], world.people["office"], "x")
    write(world.park, [Change("alpha", "park_area_km2", "2023", "7")], world.people["office"], "x")
    first = events(world, "office")[0]
    assert (first["before"], first["after"]) == ("8 km2", "7 km2")
    figure = Figure.objects.get(subject__key="alpha", quantity="park_area_km2", period="2023")
    last = world.client_of("office").get(f"/p/alpha/data/figure/{figure.pk}/history/").context["events"][0]
    assert (last["before"], last["after"]) == ("8 km2", "7 km2")


def test_titles_have_a_line_each_with_their_state(world: World) -> None:
    office = world.people["office"]
    TitleStep.objects.create(
        park=world.park, title="eco_industrial_park", step="name", dated=date(2020, 5, 1), by=office
    )
    rows = world.client_of("office").get("/p/alpha/").context["titles"]
    assert [row["state"].text.zh for row in rows] == ["2020-05-01 已命名"]
    assert all(one["light"] for row in rows for one in row["next"])
    assert "2020-05-01 已命名" in world.client_of("office").get("/p/alpha/").content.decode()
    assert "titles" not in world.client_of("firm").get("/p/alpha/").context
    world.park.settings = world.park.settings | {"titles": [{"id": "nothing", "step": "x"}]}
    world.park.save()
    rows = world.client_of("office").get("/p/alpha/").context["titles"]
    assert (rows[-1]["state"], rows[-1]["next"][0]["light"]) == (None, "grey")


def test_a_limit_that_moved_is_drawn_as_it_held_each_year(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client = world.client_of("office")
    charts = client.get("/p/alpha/").context["trends"]
    assert charts
    assert all("value" in limit for chart in charts for limit in chart["data"]["limits"])
    real = views._clause

    def moved(result: dict[str, Any], name: str) -> dict[str, Any] | None:
        found = real(result, name)
        return found and found | {"limit_number": float(result["period"])}

    monkeypatch.setattr(views, "_clause", moved)
    [limit] = client.get("/p/alpha/").context["trends"][0]["data"]["limits"]
    assert limit == {"values": [2021.0, 2022.0, 2023.0]}
    assert [row[2] for row in client.get("/p/alpha/").context["trends"][0]["rows"]] == ["2021", "2022", "2023"]


def test_the_overview_asks_little_of_the_database(busy: World) -> None:
    """Three questions more than without what changed lately, and no more with more of it."""
    client = busy.client_of("office")
    client.get("/p/alpha/")

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get("/p/alpha/")
        return len(queries)

    before = asked()
    busy.park.refresh_from_db()  # settings as the database writes them
    here = standing(busy.people["office"], busy.park)
    assert here is not None
    kept = list(keep.Current(busy.park).find_all((p, "2023") for p in keep.packs_of(busy.park)).values())
    with CaptureQueriesContext(connection) as queries:
        changes.lately(here, kept)
    assert len(queries) <= 3
    for case in Case.objects.all():
        CaseEvent.objects.bulk_create(
            CaseEvent(case=case, kind="suggested", by=busy.people["office"]) for _ in range(30)
        )
    assert asked() == before


def test_what_changed_lately_is_the_same_from_what_was_told_before_as_read_anew(world: World) -> None:
    rng, office = random.Random(5), world.people["office"]
    names = ["publicity_events", "park_area_km2", "built_area_km2", "industrial_value_added"]
    units = {"publicity_events": "events/year", "industrial_value_added": "10k CNY"}
    followed = 0
    for n in range(40):
        park = Park.objects.get(pk=world.park.pk)
        many = rng.choice([1, 1, 1, 2, 4])
        cells = {(rng.choice(names), str(rng.choice([2019, 2020, 2021, 2022, 2023]))) for _ in range(many)}
        write(
            park,
            [Change("alpha", q, y, str(n + 1), units.get(q, "km2")) for q, y in sorted(cells)],
            office,
            "r",
            why="w",
        )
        here = standing(office, Park.objects.get(pk=park.pk))
        assert here is not None
        known = changes._figures_told.get(changes._told_as(here))
        followed += known is not None and changes._since(here, known[0].changed, known[1]) is not None
        one_after_the_other = changes._figures(here)
        kept = changes._figures_told.get(changes._told_as(here))
        changes._figures_told.clear()
        assert changes._figures(here) == one_after_the_other
        changes._figures_told.put(changes._told_as(here), kept)
    assert followed > 20


def test_a_year_that_has_only_begun_is_not_what_the_park_is_shown_by(world: World) -> None:
    client = world.client_of("office")
    before = client.get("/p/alpha/").context["period"]
    failing = {f["clause"]["id"] for f in client.get("/p/alpha/tasks/").context["failing"]}
    begun = str(int(before) + 3)
    write(world.park, [Change("alpha", "publicity_events", begun, "4", "events/year")], world.people["office"], "x")
    answer = client.get("/p/alpha/")
    assert (answer.context["period"], answer.context["begun"]) == (before, [int(begun)])
    assert f"{begun} 年刚开始填报" in answer.content.decode()
    assert {f["clause"]["id"] for f in client.get("/p/alpha/tasks/").context["failing"]} == failing
    assert client.get("/p/alpha/assess/briefing/").context["year"] == before
    every = set(Figure.objects.filter(park=world.park, period=before).values_list("quantity", "unit", "subject__key"))
    changes = [
        Change(key, quantity, begun, "1", unit) for quantity, unit, key in every if quantity != "publicity_events"
    ]
    write(Park.objects.get(pk=world.park.pk), changes, world.people["office"], "x")
    assert client.get("/p/alpha/").context["period"] == begun, "once half of the quantities are there"


def test_a_process_that_saw_the_drafts_and_one_that_begins_know_the_same_years(world: World) -> None:
    office, seen = world.people["office"], stamps.written(world.park)
    year = str(seen.years[0] + 1)
    quantities = [(q, u) for q, u in Figure.objects.filter(park=world.park).values_list("quantity", "unit").distinct()]
    key = world.park.subjects.filter(kind="firm").order_by("key").first().key
    drafts = [Change(key, quantity, year, "1", unit) for quantity, unit in quantities if quantity == WATER]
    write(world.park, drafts, world.people["firm"], "x", state="draft")
    park = Park.objects.get(pk=world.park.pk)
    assert int(year) not in stamps.written(park).years
    write(park, [Change("alpha", EVENTS, year, "4", "events/year")], office, "x")
    warm = stamps.written(Park.objects.get(pk=park.pk))
    stamps._kept.clear()
    cold = stamps.written(Park.objects.get(pk=park.pk))
    assert warm.by_year == cold.by_year
    assert warm.by_year[int(year)] == {WATER, EVENTS}
