"""Every page by every role: 200 where it is theirs, 403 or 404 where it is not; nothing of another firm in it."""

from __future__ import annotations

import pytest

from ecopark.web.figures.models import Figure
from ecopark.web.parks.models import MapLayer

from .conftest import ROLES, World
from .test_projects import square

PAGES = {
    # address: roles that may open it
    "/p/alpha/": ("admin", "office", "consultant", "reviewer", "firm", "keeper"),
    "/p/alpha/map.json": ("admin", "office", "consultant", "reviewer", "firm", "keeper"),
    "/p/alpha/data/": ("admin", "office", "consultant", "reviewer", "firm"),
    "/p/alpha/data/theme/water/": ("admin", "office", "consultant", "reviewer", "firm"),
    "/p/alpha/data/theme/management/?year=2023": ("admin", "office", "consultant", "reviewer", "firm"),
    "/p/alpha/data/?of=alpha-2": ("admin", "office", "consultant", "reviewer"),
    "/p/alpha/data/import/": ("admin", "office", "consultant", "firm"),
    "/p/alpha/data/submissions/changes/?of=alpha-1&year=2023": ("admin", "office", "consultant", "reviewer", "firm"),
    "/p/alpha/data/submissions/changes/?of=alpha-2&year=2023": ("admin", "office", "consultant", "reviewer"),
    "/p/alpha/data/evidence/?withdrawn=1": ("admin", "office", "consultant", "reviewer", "firm"),
    "/p/alpha/data/evidence/?of=alpha-2": ("admin", "office", "consultant", "reviewer"),
    "/p/alpha/data/converted/?given|water_total_m3|=1": ("admin", "office", "consultant", "reviewer", "firm"),
    "/p/alpha/assess/": ("admin", "office", "consultant", "reviewer"),
    "/p/alpha/assess/hj274-2015/2023/": ("admin", "office", "consultant", "reviewer"),
    "/p/alpha/assess/hj274-2015/2023/?status=met&like=events": ("admin", "office", "consultant", "reviewer"),
    "/p/alpha/assess/hj274-2015/2023/cell/": ("admin", "office", "consultant", "reviewer"),
    "/p/alpha/assess/hj274-2015/2023/clause/32/": ("admin", "office", "consultant", "reviewer"),
    "/p/alpha/comments/": ("admin", "office", "consultant", "reviewer"),
    "/p/alpha/assess/briefing/": ("admin", "office", "consultant", "reviewer"),
    "/p/beta/": ("admin",),
    "/p/beta/data/": ("admin",),
    "/p/beta/assess/": ("admin",),
    "/p/nowhere/": (),
    "/p/alpha/assess/no-such-pack/2023/": (),
    "/p/alpha/assess/hj274-2015/1999/": (),
}


@pytest.mark.parametrize("lang", ["zh-hans", "en"])
@pytest.mark.parametrize("role", ROLES)
def test_every_page_by_every_role(world: World, role: str, lang: str) -> None:
    client = world.client_of(role)
    client.cookies["django_language"] = lang
    for address, allowed in PAGES.items():
        answer = client.get(address)
        if role in allowed:
            assert answer.status_code == 200, (role, address)
            assert "Content-Security-Policy" in answer.headers
        else:
            assert answer.status_code in (403, 404), (role, address, answer.status_code)
            if role in ("stranger", "anonymous") or "/beta/" in address:
                assert answer.status_code == 404, (role, address)


def test_a_reporter_finds_nothing_of_another_firm(world: World) -> None:
    client = world.client_of("firm")
    theirs = Figure.objects.filter(park=world.park, subject__key="alpha-2").first()
    assert theirs is not None
    assert client.get(f"/p/alpha/data/figure/{theirs.pk}/history/").status_code == 404
    for address in ("/p/alpha/", "/p/alpha/data/", "/p/alpha/data/theme/water/", "/p/alpha/map.json"):
        text = client.get(address).content.decode()
        assert "alpha-2" not in text
        assert "alpha-3" not in text


def test_a_form_stores_what_is_right_and_tells_what_is_not(world: World) -> None:
    client = world.client_of("office")
    address = "/p/alpha/data/theme/management/?year=2023"
    page = client.get(address)
    rows = {r.quantity.id: r for r in page.context["rows"]}
    row = rows["publicity_events"]
    fields = {f"given|{row.name}": "five", f"unit|{row.name}": row.unit, f"version|{row.name}": str(row.version)}
    wrong = client.post(address, fields)
    assert wrong.status_code == 422
    assert "five" in wrong.content.decode()
    right = client.post(address, fields | {f"given|{row.name}": "5", "reason": "复核"}, follow=True)
    assert right.status_code == 200
    figure = Figure.objects.get(park=world.park, quantity="publicity_events", period="2023")
    assert (figure.given, figure.history.latest().history_change_reason) == ("5", "复核")
    late = client.post(address, fields | {f"given|{row.name}": "9"})
    assert late.status_code == 422
    figure.refresh_from_db()
    assert figure.given == "5"


def test_a_reader_may_not_write(world: World) -> None:
    assert world.client_of("reviewer").post("/p/alpha/data/theme/management/?year=2023", {}).status_code == 403


def test_a_reporters_figures_wait_for_the_office(world: World) -> None:
    client = world.client_of("firm")
    address = "/p/alpha/data/theme/water/?year=2023"
    row = next(r for r in client.get(address).context["rows"] if r.quantity.id == "industrial_fresh_water_m3")
    client.post(
        address,
        {
            f"given|{row.name}": "777",
            f"unit|{row.name}": "m3",
            f"version|{row.name}": str(row.version),
            "reason": "更正",
        },
    )
    figure = Figure.objects.get(subject__key="alpha-1", quantity=row.quantity.id, period="2023")
    assert (figure.given, figure.state) == ("110", "accepted")
    assert (figure.correction.given, figure.correction.state) == ("777", "draft")


def test_the_story_is_told_only_where_the_demonstration_is(world: World) -> None:
    assert world.client_of("office").get("/story/").status_code == 404


@pytest.mark.parametrize(
    "address",
    [
        "/p/alpha/data/?year=²", "/p/alpha/data/theme/water/?year=²", "/p/alpha/data/submissions/?year=²", "/parks/?year=²²²²",
        "/p/alpha/assess/hj274-2015/²/", "/p/alpha/assess/hj274-2015/2023/?kept=²", "/p/alpha/rules/reuse/?year=²",
        "/p/alpha/cases/?like=²", "/p/alpha/projects/register/?again=²", "/p/alpha/tasks/?programme=²",
    ],
)  # fmt: skip
def test_a_digit_that_is_no_number_breaks_no_page(world: World, address: str) -> None:
    assert world.client_of("admin").get(address).status_code in (200, 404)


def test_a_map_tells_only_who_sees_the_whole_park_more_than_names(world: World) -> None:
    one = square(120.0, id="G1", zh="北区", energy_left_tce=4711)
    MapLayer.objects.create(park=world.park, name="groups", features={"type": "FeatureCollection", "features": [one]})
    for role in ("firm", "keeper"):
        for address in ("/p/alpha/map.json", "/p/alpha/cases/places.json", "/api/v1/parks/alpha/map"):
            text = world.client_of(role).get(address).content.decode()
            assert "G1" in text, (role, address)
            assert "4711" not in text, (role, address)
    assert "4711" in world.client_of("office").get("/p/alpha/map.json").text
