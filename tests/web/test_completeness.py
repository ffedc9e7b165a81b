"""How much of what is asked was given: by firm (counted and sorted in the database), theme and department, with what is missing."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ecopark.observations.quantity import catalogue
from ecopark.web.figures import completeness
from ecopark.web.figures.change import Change, write
from ecopark.web.figures.form_rows import asked, themes_of
from ecopark.web.parks.models import Subject

from .api_calls import WIDE, Api, good, refusal, refused_as
from .conftest import ROLES, World

WATER = "industrial_fresh_water_m3"
PAGE = "/p/alpha/data/completeness/"


@pytest.fixture
def given(world: World) -> World:
    """The first firm has given two quantities more than the others, one of them as a draft."""
    office = world.people["office"]
    more = [
        q
        for q in asked(world.park, world.park.subjects.get(key="alpha-1"))
        if q.kind == "flow" and q.id != WATER and not q.breakdowns
    ]
    first, second = more[:2]
    write(world.park, [Change("alpha-1", first.id, "2023", "5", first.unit)], office, "x")
    write(world.park, [Change("alpha-1", second.id, "2023", "5", second.unit)], office, "x", state="draft")
    return world


def test_a_firm_is_counted_as_its_forms_count_it(given: World) -> None:
    page = given.client_of("office").get(f"{PAGE}?year=2023")
    rows = {row["firm"].key: row for row in page.context["rows"]}
    assert [rows[f"alpha-{n}"]["given"] for n in (1, 2, 3)] == [3, 1, 1]
    firm = given.park.subjects.get(key="alpha-1")
    themes = {t.id: (t.asked, t.given) for t in themes_of(given.park, firm, "2023")}
    assert {c["id"]: (c["asked"], c["given"]) for c in rows["alpha-1"]["themes"]} == themes
    assert rows["alpha-1"]["asked"] == sum(n for n, _ in themes.values())
    text = page.content.decode()
    assert "/p/alpha/data/theme/water/?of=alpha-1&amp;year=2023" in text and "missing/?of=alpha-1" in text
    assert (
        f"{rows['alpha-1']['given']} / {rows['alpha-1']['asked']}"
        in given.client_of("office").get("/p/alpha/data/submissions/?year=2023").content.decode()
    )


def test_firms_are_sorted_filtered_and_paged_in_the_database(given: World) -> None:
    Subject.objects.bulk_create(
        [
            Subject(park=given.park, key=f"n{i:03d}", name=f"新企业{i:03d}", kind="firm", parent="alpha")
            for i in range(120)
        ]
    )
    Subject.objects.filter(key="n000").update(since=2024)
    Subject.objects.filter(key="n001").update(until=2022)
    office = given.client_of("office")
    page = office.get(f"{PAGE}?year=2023&sort=-given").context["page"]
    assert page[0].key == "alpha-1" and page.paginator.count == 121
    assert [s.key for s in office.get(f"{PAGE}?year=2023&sort=given&page=3").context["page"]][-1] == "alpha-1"
    assert office.get(f"{PAGE}?year=2023&q=新企业").context["page"].paginator.count == 118
    water = office.get(f"{PAGE}?year=2023&theme=water&open=1").context
    assert water["page"].paginator.count == 121 and len(water["themes"]) > 1
    with CaptureQueriesContext(connection) as few:
        completeness.firm_rows(
            given.park, completeness.firms(completeness_of(given), "2023", sort="-given")[:50], "2023"
        )
    assert len(few) <= 3
    assert office.get(f"{PAGE}?year=2023&page=9999").status_code == 200


def completeness_of(world: World) -> Any:
    from ecopark.web.people.access import standing

    return standing(world.people["office"], world.park)


@pytest.mark.parametrize("way", ["theme", "department"])
def test_themes_and_departments_of_the_park_and_its_firms(given: World, way: str) -> None:
    office = given.client_of("office")
    shares = {s.id: s for s in office.get(f"{PAGE}?year=2023&by={way}").context["shares"]}
    park = given.park.subjects.get(key="alpha")
    assert sum(s.asked for s in shares.values()) == len(asked(given.park, park))
    assert sum(s.given for s in shares.values()) == sum(t.given for t in themes_of(given.park, park, "2023"))
    assert sum(s.firms_given for s in shares.values()) == 5
    assert sum(s.firms_asked for s in shares.values()) == 3 * len(completeness.asked_of_firms(given.park))
    water = catalogue()[WATER]
    assert shares[getattr(water, way)].firms_given >= 3


def test_what_is_missing_opens_its_form(given: World) -> None:
    office = given.client_of("office")
    park = given.park.subjects.get(key="alpha")
    for share in office.get(f"{PAGE}?year=2023&by=department").context["shares"]:
        rows = office.get(f"{PAGE}missing/?year=2023&department={share.id}").context["rows"]
        assert len(rows) == share.asked - share.given and all(q.department == share.id for q in rows)
    rows = office.get(f"{PAGE}missing/?year=2023&of=alpha-1").context["rows"]
    assert WATER not in {q.id for q in rows}
    assert len(rows) == len(asked(given.park, given.park.subjects.get(key="alpha-1"))) - 3
    assert "publicity_events" not in {q.id for q in completeness.missing(given.park, park, "2023")}
    assert "publicity_events" in {q.id for q in completeness.missing(given.park, park, "1999")}


@pytest.mark.parametrize(
    "tail", ["?year=abc", "?by=secrets", "missing/?year=20x3", "missing/?year=2023&of=nobody", "?year=²³²³"]
)
def test_what_is_no_year_or_way_is_not_there(given: World, tail: str) -> None:
    assert given.client_of("office").get(PAGE + tail).status_code == 404


@pytest.mark.parametrize("role", ROLES)
def test_who_may_see_it(given: World, role: str) -> None:
    given.park.published = True
    given.park.save()
    client, api, insiders = given.client_of(role), Api(given, role), (*WIDE, "firm")
    for tail, allowed in (
        ("?year=2023", insiders), ("missing/?year=2023&of=alpha-1", insiders), ("?year=2023&by=theme", WIDE),
        ("?year=2023&by=department", WIDE), ("missing/?year=2023&of=alpha-2", WIDE), ("missing/?year=2023", WIDE),
    ):  # fmt: skip
        status = client.get(PAGE + tail).status_code
        assert status == 200 if role in allowed else status in (403, 404), tail
    for tail, allowed in (
        ("firms?period=2023", insiders), ("missing?period=2023&subject=alpha-1", insiders), ("shares?period=2023", WIDE),
        ("shares?period=2023&by=theme", WIDE), ("missing?period=2023&subject=alpha-2", WIDE),
    ):  # fmt: skip
        answer = api.get(f"/parks/alpha/completeness/{tail}")
        assert answer.status_code == 200 if role in allowed else answer.status_code in (401, 403, 404), tail
        if role in allowed:
            good(answer)
    if role == "firm":
        assert [row["firm"].key for row in client.get(f"{PAGE}?year=2023").context["rows"]] == ["alpha-1"]
        assert [f["firm"] for f in good(api.get("/parks/alpha/completeness/firms?period=2023"))["items"]] == ["alpha-1"]
        refusal(api.get("/parks/alpha/completeness/shares?period=2023"), refused_as(role))
    if role == "office":
        told = good(api.get("/parks/alpha/completeness/firms?period=2023&sort=-given&limit=1"))
        assert (told["count"], told["items"][0]["given"]) == (3, 3)
        refusal(api.get("/parks/alpha/completeness/firms?period=2023&sort=secret"), 422)
