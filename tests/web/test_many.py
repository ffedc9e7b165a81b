"""The department's table: computed in the background, equal to the assessments, cut down to the reviewer's area."""

from __future__ import annotations

import csv
import io

import pytest

from ecopark.errors import InputError
from ecopark.packs.load import find_pack
from ecopark.web.assess import keep
from ecopark.web.figures.change import Change, write
from ecopark.web.figures.models import Figure
from ecopark.web.jobs.models import Job
from ecopark.web.many import compute
from ecopark.web.many.models import Outcome
from ecopark.web.parks.models import Park

from .conftest import PACKS, ROLES, World

PAGES = {
    "/parks/": ("admin", "office", "consultant", "reviewer"),
    "/parks/?year=2023&sort=-score:zero-carbon-park-2025&like=alpha&area=江苏省": (
        "admin",
        "office",
        "consultant",
        "reviewer",
    ),
    "/parks/?year=2023&pack=hj274-2015&verdict=none-yet&sort=-area": ("admin", "office", "consultant", "reviewer"),
    "/parks/parks.csv?year=2023": ("admin", "office", "consultant", "reviewer"),
}


@pytest.mark.parametrize("role", ROLES)
def test_every_page_by_every_role(world: World, role: str) -> None:
    for address, allowed in PAGES.items():
        answer = world.client_of(role).get(address)
        if role in allowed:
            assert answer.status_code == 200, (role, address)
        else:
            assert answer.status_code == (404 if role == "anonymous" else 403), (role, address)


def _computed(world: World, role: str = "reviewer") -> None:
    answer = world.client_of(role).post("/parks/compute/", {"period": "2023", "pack": list(PACKS)})
    assert answer.status_code == 302
    job = Job.objects.latest("at")
    assert job.state == "done", job.message


def test_the_table_says_what_the_assessments_say(world: World) -> None:
    _computed(world, "admin")
    assert Outcome.objects.count() == 2 * len(PACKS)
    for outcome in Outcome.objects.select_related("park"):
        kept = keep.assessed(outcome.park, outcome.pack, "2023")
        counts = kept.result["counts"]
        assert outcome.verdict == kept.verdict
        assert (outcome.met, outcome.open) == (counts.get("met", 0), counts.get("undetermined", 0))


def test_parks_read_one_by_one_give_the_same(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _computed(world)
    fields = ("pack", "verdict", "score", "asked", "met", "short", "open", "basis", "verified")
    columnar = sorted(Outcome.objects.values_list(*fields))

    def refused(*_: object) -> list[Outcome]:
        raise InputError([])

    monkeypatch.setattr(compute, "_columnar", refused)
    _computed(world)
    assert sorted(Outcome.objects.values_list(*fields)) == columnar


def test_a_park_with_a_figure_the_columns_refuse_is_read_alone(world: World) -> None:
    Figure.objects.filter(park=world.other, quantity="publicity_events", period="2023").update(given="some")
    parks = list(Park.objects.order_by("slug"))
    packs = [find_pack(name) for name in PACKS]
    with pytest.raises(InputError):
        compute._columnar(parks, packs, "2023")
    found = {(o.park.slug, o.pack): o for o in compute.outcomes(parks, packs, "2023")}
    assert len(found) == 2 * len(PACKS)
    for (slug, pack), outcome in found.items():
        counts = keep.assessed(Park.objects.get(slug=slug), pack, "2023").result["counts"]
        assert (outcome.met, outcome.open) == (counts.get("met", 0), counts.get("undetermined", 0))


def test_a_reviewer_computes_and_sees_their_area_only(world: World) -> None:
    _computed(world)
    assert set(Outcome.objects.values_list("park__slug", flat=True)) == {"alpha"}
    _computed(world, "admin")
    page = world.client_of("reviewer").get("/parks/?year=2023")
    assert "beta" not in page.content.decode()
    assert sum(n for _, counts in page.context["totals"] for n in counts.values()) == len(PACKS)
    rows = list(csv.reader(io.StringIO(world.client_of("reviewer").get("/parks/parks.csv?year=2023").content.decode())))
    assert [r[0] for r in rows[1:]] == ["园区 alpha"]


def test_a_cell_says_when_figures_changed_since(world: World) -> None:
    _computed(world)
    client = world.client_of("reviewer")
    assert "之后数据有变" not in client.get("/parks/?year=2023").content.decode()
    write(world.park, [Change("alpha", "publicity_events", "2023", "1", "events/year")], world.people["office"], "x")
    assert "之后数据有变" in client.get("/parks/?year=2023").content.decode()
    _computed(world)
    assert "之后数据有变" not in client.get("/parks/?year=2023").content.decode()
    assert Outcome.objects.count() == len(PACKS)


def test_filters_and_order_are_the_databases(world: World) -> None:
    _computed(world, "admin")
    client = world.client_of("admin")
    verdict = Outcome.objects.get(park=world.park, pack="hj274-2015").verdict
    found = client.get(f"/parks/?year=2023&pack=hj274-2015&verdict={verdict}").context["page"]
    assert world.park in list(found.object_list)
    assert not client.get("/parks/?year=2023&pack=hj274-2015&verdict=none-yet").context["page"].object_list
    assert [p.slug for p in client.get("/parks/?year=2023&sort=-name").context["page"]] == ["beta", "alpha"]
    scores = [p.slug for p in client.get("/parks/?year=2023&sort=score:hj274-2015").context["page"]]
    assert sorted(scores) == ["alpha", "beta"]


def test_a_run_that_is_stopped_leaves_the_table_as_it_was(world: World) -> None:
    class Stop(Exception):
        pass

    def stop(done: int, total: int) -> None:
        if done:
            raise Stop

    with pytest.raises(Stop):
        compute.refresh(list(Park.objects.all()), PACKS, "2023", stop)
    assert not Outcome.objects.exists()


def test_a_signed_pack_is_verified_in_the_table(world: World) -> None:
    client = world.client_of("office")
    client.post("/p/alpha/rules/hj274-2015/sign/", {"all": "1", "document": "x", "dated": "2024-01-01"})
    _computed(world)
    assert set(Outcome.objects.filter(verified=True).values_list("pack", flat=True)) == {"hj274-2015"}


@pytest.mark.parametrize(("role", "status"), [("firm", 403), ("keeper", 403), ("stranger", 403), ("anonymous", 404)])
def test_who_may_not_compute(world: World, role: str, status: int) -> None:
    assert world.client_of(role).post("/parks/compute/", {"period": "2023"}).status_code == status
