"""Cases on the site: reported, assigned, rectified, verified by somebody else, closed; who sees and does what; wrong input."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from ecopark.casework.cases import STATUS_TEXT, CaseStepError
from ecopark.web.cases import work
from ecopark.web.cases.models import Case, CaseEvent, CaseFile
from ecopark.web.parks.models import MapLayer
from ecopark.web.people.models import Membership, User
from ecopark.web.uploads import stored_path

from .conftest import ROLES, World

SEERS = ("admin", "office", "consultant", "reviewer", "keeper", "firm")
REPORTERS = ("admin", "office", "consultant", "keeper", "firm")
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64
JPG = b"\xff\xd8\xff" + b"0" * 64


def _square(name: str, area: str, x: float) -> dict[str, Any]:
    ring = [[x, 31.0], [x + 0.01, 31.0], [x + 0.01, 31.01], [x, 31.01], [x, 31.0]]
    return {
        "type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {"id": name, "area": area, "zh": f"网格{name}", "en": f"grid {name}"},
    }  # fmt: skip


@pytest.fixture
def gridded(world: World) -> World:
    """The small park with two grids; the keeper looks after the first."""
    features = [_square("G1", "A1", 120.0), _square("G2", "A2", 120.01)]
    MapLayer.objects.create(park=world.park, name="grids", features={"type": "FeatureCollection", "features": features})
    parcel = _square("P2", "", 120.02)
    parcel["properties"]["firm"] = "alpha-2"
    MapLayer.objects.create(
        park=world.park, name="parcels", features={"type": "FeatureCollection", "features": [parcel]}
    )
    Membership.objects.filter(user=world.people["keeper"]).update(grid="G1")
    return world


def send(client: Client, at: float = 120.005, **more: Any) -> Any:
    fields = {"kind": "dust", "text": "裸土未覆盖", "key": str(uuid.uuid4()), "lon": str(at), "lat": "31.005"} | more
    return client.post("/p/alpha/cases/report/", fields, headers={"Accept": "application/json"})


def found(world: World, role: str = "keeper", at: float = 120.005, **more: Any) -> Case:
    answer = send(world.client_of(role), at, **more)
    assert answer.status_code == 200, answer.content.decode()
    return Case.objects.get(park=world.park, number=answer.json()["number"])


def step(world: World, role: str, case: Case, kind: str, **fields: Any) -> int:
    if kind == "assigned":
        fields = {
            "to": "firm:alpha-1",
            "due": (timezone.localtime() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M"),
        } | fields
    if kind == "rectified" and "files" not in fields:
        fields["files"] = SimpleUploadedFile("after.png", PNG)
    answer = world.client_of(role).post(f"/p/alpha/cases/{case.number}/step/", {"kind": kind, **fields})
    case.refresh_from_db()
    return int(answer.status_code)


@pytest.mark.parametrize("lang", ["zh-hans", "en"])
@pytest.mark.parametrize("role", ROLES)
def test_every_page_of_cases_by_every_role(gridded: World, role: str, lang: str) -> None:
    found(gridded, "keeper")
    client = gridded.client_of(role)
    client.cookies["django_language"] = lang
    own = ("admin", "office", "consultant", "reviewer", "keeper")
    for address, allowed in {
        "": SEERS, "?status=late&kind=dust&grid=none&like=土&sort=-due": SEERS, "?status=open&like=1": SEERS, "statistics/": SEERS,
        "places.json": SEERS, "report/": REPORTERS, "report/map.json": REPORTERS, "1/": own, "99/": (),
    }.items():  # fmt: skip
        answer = client.get(f"/p/alpha/cases/{address}")
        hidden = role in ("stranger", "anonymous") or address in ("1/", "99/")
        assert answer.status_code == (200 if role in allowed else 404 if hidden else 403), (role, address)
    if role != "admin":
        assert client.get("/p/beta/cases/").status_code == 404


def test_the_whole_way_by_the_people_who_may(gridded: World) -> None:
    case = found(gridded, firm="")
    assert (case.grid, case.area, case.status) == ("G1", "A1", "found")
    assert step(gridded, "keeper", case, "assigned") == 403
    assert step(gridded, "office", case, "assigned") == 302
    assert case.due is not None
    assert step(gridded, "keeper", case, "rectified", note="x") == 403
    assert step(gridded, "firm", case, "rectified", note="已覆盖") == 302
    assert case.in_time is True
    assert step(gridded, "firm", case, "verified") == 403
    assert step(gridded, "consultant", case, "returned", note=" ") == 422
    assert step(gridded, "consultant", case, "returned", note="角落未覆盖") == 302
    assert step(gridded, "firm", case, "rectified", note="补盖") == 302
    assert step(gridded, "keeper", case, "verified", note="现场看过") == 302
    assert step(gridded, "keeper", case, "closed") == 403
    assert step(gridded, "office", case, "closed") == 302
    assert (case.status, case.returned, case.due) == ("closed", 1, None)
    assert step(gridded, "keeper", case, "reopened", note="又裸露") == 302
    assert (case.status, case.reopened, case.to) == ("found", 1, "")
    people = list(CaseEvent.objects.filter(case=case).values_list("kind", "by__username"))
    assert people[:3] == [("found", "keeper"), ("assigned", "office"), ("rectified", "firm")]
    assert work.state_of(case).status == case.status
    assert case.status in STATUS_TEXT


def test_a_suggestion_and_a_verification_may_come_with_photographs(gridded: World) -> None:
    case = found(gridded, firm="")
    photo = SimpleUploadedFile("seen.png", PNG)
    assert step(gridded, "consultant", case, "suggested", note="先覆盖", files=photo) == 302
    assert step(gridded, "office", case, "assigned", files=SimpleUploadedFile("x.png", PNG)) == 302
    assert step(gridded, "firm", case, "rectified", note="已覆盖") == 302
    wrong = SimpleUploadedFile("seen.png", b"MZ not a picture")
    assert step(gridded, "keeper", case, "verified", files=wrong) == 422
    assert case.status == "rectified"
    assert step(gridded, "keeper", case, "returned", note="角落未盖", files=SimpleUploadedFile("a.png", PNG)) == 302
    assert step(gridded, "firm", case, "rectified", note="补盖") == 302
    assert step(gridded, "keeper", case, "verified", files=SimpleUploadedFile("b.png", PNG)) == 302
    kept = {e.kind: e.files.count() for e in case.events.all()}
    assert kept["suggested"] == kept["returned"] == kept["verified"] == 1
    assert kept["assigned"] == 0
    page = gridded.client_of("firm").get(f"/p/alpha/cases/{case.number}/").content.decode()
    assert "b.png" in page


def test_who_rectified_does_not_verify_their_own_work(gridded: World) -> None:
    case = found(gridded)
    step(gridded, "office", case, "assigned", to="keeper:G1")
    assert step(gridded, "keeper", case, "rectified", note="扫净") == 302
    page = gridded.client_of("keeper").get(f"/p/alpha/cases/{case.number}/")
    assert page.context["blocked"]
    assert "verified" not in page.context["may"]
    assert step(gridded, "keeper", case, "verified") == 422
    assert case.status == "rectified"


def test_two_people_at_one_step_are_not_both_taken(gridded: World) -> None:
    case = found(gridded)
    due = timezone.now() + timedelta(days=1)
    work.take(case, "assigned", gridded.people["office"], to="firm:alpha-1", due=due)
    stale = Case.objects.get(pk=case.pk)
    work.take(case, "rectified", gridded.people["firm"], note="x", files=[SimpleUploadedFile("a.png", PNG)])
    with pytest.raises(CaseStepError):
        work.take(stale, "rectified", gridded.people["admin"], note="y", files=[SimpleUploadedFile("b.png", PNG)])
    assert CaseFile.objects.count() == 1


def test_a_report_sent_twice_is_one_case(gridded: World) -> None:
    client, key = gridded.client_of("keeper"), str(uuid.uuid4())
    first, second = send(client, key=key), send(client, key=key)
    assert first.json()["number"] == second.json()["number"]
    assert (first.json()["new"], second.json()["new"]) == (True, False)
    assert Case.objects.count() == CaseEvent.objects.count() == 1


def test_the_time_on_the_phone_counts_within_reason(gridded: World) -> None:
    then = timezone.now() - timedelta(hours=30)
    assert abs(found(gridded, found=then.isoformat()).found - then) < timedelta(seconds=1)
    for wrong in (
        (timezone.now() + timedelta(days=2)).isoformat(),
        "2001-01-01T00:00:00Z",
        "soon",
        "2024-13-01T00:00:00Z",
    ):
        assert timezone.now() - found(gridded, found=wrong).found < timedelta(minutes=1)


def test_a_case_outside_every_grid_goes_to_the_office_and_says_so(gridded: World) -> None:
    client = gridded.client_of("keeper")
    client.cookies["django_language"] = "en"
    told = send(client, 121.5).json()
    assert "outside every grid" in told["words"]
    page = gridded.client_of("office").get(told["url"])
    assert page.context["proposed"].to == "office:ecology_environment"
    assert "不在任何网格内" in page.content.decode()
    assert client.get(told["url"]).status_code == 200  # who reported it still sees it
    assert gridded.client_of("firm").get(told["url"]).status_code == 404


def test_a_place_on_a_parcel_names_its_firm(gridded: World) -> None:
    case = found(gridded, "office", 120.025)
    assert case.firm is not None
    assert case.firm.key == "alpha-2"
    assert gridded.client_of("firm").get(f"/p/alpha/cases/{case.number}/").status_code == 404


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"kind": "weather"}, "what kind"),
        ({"text": " "}, "what you found"),
        ({"lon": "120", "lat": ""}, "both longitude and latitude"),
        ({"lon": "east", "lat": "31"}, "no longitude"),
        ({"lon": "nan", "lat": "31"}, "no longitude"),
        ({"lon": "", "lat": ""}, "say where it is"),
        ({"severity": "huge"}, "not known"),
        ({"key": "1"}, "Load the page again"),
        ({"firm": "nobody"}, "no firm"),
    ],
)
def test_a_report_that_cannot_be_taken_says_why(gridded: World, fields: dict[str, str], words: str) -> None:
    client = gridded.client_of("office")
    client.cookies["django_language"] = "en"
    answer = send(client, **fields)
    assert answer.status_code == 422
    assert words in answer.json()["error"]
    assert not Case.objects.exists()


def test_a_photograph_of_40_mb_is_refused_kindly_and_what_was_typed_stays(gridded: World) -> None:
    client = gridded.client_of("keeper")
    large = SimpleUploadedFile("site.jpg", JPG + b"0" * (40 * 1024 * 1024), "image/jpeg")
    fields = {"kind": "dust", "text": "很大的照片", "lon": "120.005", "lat": "31.005", "photos": large}
    answer = client.post("/p/alpha/cases/report/", fields)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "15 MB" in text and "很大的照片" in text
    assert not Case.objects.exists()
    fake = SimpleUploadedFile("site.jpg", b"MZ not a picture", "image/jpeg")
    assert client.post("/p/alpha/cases/report/", fields | {"photos": fake}).status_code == 422
    many = [SimpleUploadedFile(f"{i}.jpg", JPG, "image/jpeg") for i in range(7)]
    assert client.post("/p/alpha/cases/report/", fields | {"photos": many}).status_code == 422
    few = [SimpleUploadedFile(f"{i}.jpg", JPG, "image/jpeg") for i in range(2)]
    assert client.post("/p/alpha/cases/report/", fields | {"photos": few}).status_code == 302
    assert [stored_path(f.stored).is_file() for f in CaseFile.objects.all()] == [True, True]


def test_photographs_are_handed_out_only_with_their_case(gridded: World) -> None:
    found(gridded, photos=SimpleUploadedFile("a.png", PNG))
    file = CaseFile.objects.get()
    address = f"/p/alpha/cases/file/{file.pk}/"
    for role, status in (("keeper", 200), ("office", 200), ("reviewer", 200), ("firm", 404), ("stranger", 404)):
        answer = gridded.client_of(role).get(address)
        assert answer.status_code == status, role
        if status == 200:
            assert answer["Content-Type"] == "image/png"
            assert b"".join(answer.streaming_content) == PNG
    assert gridded.client_of("admin").get(f"/p/beta/cases/file/{file.pk}/").status_code == 404


def test_a_keeper_sees_their_grids_and_a_reporter_their_firm(gridded: World) -> None:
    second = User.objects.create_user("keeper2", password="x")
    Membership.objects.create(user=second, role="keeper", park=gridded.park, grid="A2")
    gridded.people["keeper2"] = second
    first, other = found(gridded, "office", 120.005), found(gridded, "office", 120.015)
    mine = found(gridded, "firm", 120.015, text="自查发现标签缺失")
    seen = {role: {r["case"].number for r in gridded.client_of(role).get("/p/alpha/cases/").context["rows"]} for role in ("keeper", "keeper2", "firm")}  # fmt: skip
    assert seen == {"keeper": {first.number}, "keeper2": {other.number, mine.number}, "firm": {mine.number}}
    assert (mine.firm and mine.firm.key, mine.source) == ("alpha-1", "self_check")
    text = gridded.client_of("firm").get("/p/alpha/cases/places.json").content.decode()
    assert "alpha-2" not in text
    assert gridded.client_of("firm").get(f"/p/alpha/cases/{first.number}/").status_code == 404
    assert step(gridded, "firm", first, "suggested", note="x") == 404
    assert step(gridded, "office", first, "assigned", to="keeper:G2") == 302
    assert gridded.client_of("keeper2").get(f"/p/alpha/cases/{first.number}/").status_code == 200


def test_whoever_is_gone_cannot_be_given_a_case(gridded: World) -> None:
    case = found(gridded)
    for to in ("firm:nobody", "keeper:G9", "office:gone", "alpha-1", ""):
        assert step(gridded, "office", case, "assigned", to=to) == 422, to
    assert step(gridded, "office", case, "assigned", to="office:water") == 302
    gridded.park.departments.filter(key="water").delete()
    assert gridded.client_of("office").get(f"/p/alpha/cases/{case.number}/").status_code == 200
    assert "water" in work.who_text(gridded.park, case.to).en


def test_an_extension_ends_where_the_severity_says(gridded: World) -> None:
    case = found(gridded)
    step(
        gridded, "office", case, "assigned", due=(timezone.localtime() + timedelta(hours=24)).strftime("%Y-%m-%dT%H:%M")
    )
    far, near = ((timezone.localtime() + timedelta(hours=h)).strftime("%Y-%m-%dT%H:%M") for h in (24 * 30, 60))
    assert step(gridded, "office", case, "extended", due=far, note="材料未到") == 422
    assert step(gridded, "office", case, "extended", due="soon", note="材料未到") == 422
    assert step(gridded, "office", case, "extended", due=near, note="材料未到") == 302
    assert case.due is not None
    assert timezone.localtime(case.due).strftime("%Y-%m-%dT%H:%M") == near


def test_what_comes_back_is_counted_and_the_statistics_say_who(gridded: World) -> None:
    first, again = found(gridded), found(gridded)
    assert (first.recurs, again.recurs) == (0, 1)
    context = gridded.client_of("reviewer").get("/p/alpha/cases/statistics/").context
    [row] = context["records"]
    assert (row["record"].keeper, row["record"].found, row["record"].open) == ("G1", 2, 2)
    assert "keeper" in row["keepers"]
    assert context["chart"]["data"]["series"][0]["values"][0] == 2
    json.dumps(context["chart"]["data"])
    clocks = gridded.client_of("keeper").get("/p/alpha/").context["clocks"]
    assert clocks == {"late": 0, "soon": 2, "running": 0}  # a spot case is to be assigned within hours
    assert gridded.client_of("firm").get("/p/alpha/").context["clocks"] is None


def test_the_register_pages_in_the_database(gridded: World, django_assert_max_num_queries: Any) -> None:
    keeper = gridded.people["keeper"]
    now = timezone.now()
    cases = Case.objects.bulk_create(
        [Case(park=gridded.park, number=n, kind="dust", severity="ordinary", text=f"t{n}", grid="G1", area="A1", found=now, due=now, by=keeper) for n in range(1, 131)]
    )  # fmt: skip
    CaseEvent.objects.bulk_create([CaseEvent(case=c, kind="found", by=keeper, at=now) for c in cases])
    client = gridded.client_of("office")
    with django_assert_max_num_queries(25):
        answer = client.get("/p/alpha/cases/?page=3")
    assert len(answer.context["rows"]) == 30
    assert answer.context["page"].paginator.count == 130
    assert [r["case"].number for r in client.get("/p/alpha/cases/?sort=number").context["rows"]][:2] == [1, 2]


def test_events_that_are_read_at_once_come_in_their_order() -> None:
    """Grouping drops the order of the model; PostgreSQL then gives them in any, and no case can be made of that."""
    (events,) = work.with_events(Case.objects.all())._prefetch_related_lookups
    assert events.queryset.ordered
