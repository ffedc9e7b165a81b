"""The first page: a card for each park with what stands there already, by a fixed number of questions to the database."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ecopark.web.cases.models import Case
from ecopark.web.pages.park_cards import PER_PAGE, ParkCard
from ecopark.web.parks.models import Park
from ecopark.web.people.models import ROLE_TEXT, Membership
from ecopark.web.rules.models import TitleStep
from ecopark.web.tasks.models import Task

from .conftest import World


def furnish(park: Park, world: World) -> None:
    """A title, three cases of which one is late and one closed, and a task whose day has passed."""
    by, now = world.people["office"], timezone.now()
    TitleStep.objects.create(park=park, title="eco_industrial_park", step="name", dated=date(2022, 5, 1), by=by)
    for number, (status, days) in enumerate((("found", -1), ("assigned", 5), ("closed", -9)), 1):
        Case.objects.create(
            park=park, number=number, kind="dust", severity="ordinary", text="x", by=by, status=status,
            due=now + timedelta(days=days),
        )  # fmt: skip
    for number, status in enumerate(("running", "done"), 1):
        Task.objects.create(
            park=park, number=number, measure="x", lead="eco", lead_name="生态环境局", by=by, status=status,
            start=date(2023, 1, 1), due=date(2023, 6, 1), due_now=date(2023, 6, 1),
        )  # fmt: skip


def cards_of(world: World, role: str, query: str = "") -> dict[str, ParkCard]:
    return {c.park.slug: c for c in world.client_of(role).get(f"/{query}").context["cards"]}


def test_a_card_says_what_stands_there(world: World) -> None:
    furnish(world.park, world)
    Park.objects.filter(pk=world.other.pk).update(published=True)
    for role in ("office", "consultant", "reviewer", "admin"):
        found = cards_of(world, role)
        assert [*found] == (["alpha", "beta"])
        alpha = found["alpha"]
        assert (alpha.cases, alpha.tasks) == ({"open": 2, "late": 1}, {"open": 1, "late": 1})
        assert (alpha.year, [t.title for t in alpha.titles]) == (2023, ["eco_industrial_park"])
        assert alpha.roles == (() if role == "admin" else (ROLE_TEXT[role],))
        assert (found["beta"].cases, found["beta"].tasks, found["beta"].titles) == (None, None, [])


@pytest.mark.parametrize("role", ["firm", "keeper", "stranger", "anonymous"])
def test_nobody_is_told_more_than_they_may_see(world: World, role: str) -> None:
    furnish(world.park, world)
    furnish(world.other, world)
    Park.objects.filter(pk=world.other.pk).update(published=True)
    if role in ("firm", "keeper"):
        alpha = cards_of(world, role)["alpha"]
        assert (alpha.cases, alpha.tasks, alpha.titles, alpha.year) == (None, None, [], None)
        assert [*cards_of(world, role)] == ["alpha", "beta"]  # where somebody has a role comes first
    else:
        Park.objects.filter(pk=world.park.pk).update(published=True)
    beta = next(c for c in world.client_of(role).get("/", follow=True).context["cards"] if c.park.slug == "beta")
    assert (beta.cases, beta.tasks, beta.titles, beta.year, beta.roles) == (None, None, [], 2023, ())


def test_the_questions_do_not_grow_with_the_parks(world: World) -> None:
    Membership.objects.filter(user=world.people["consultant"]).delete()
    Membership.objects.create(user=world.people["consultant"], role="consultant", area="云南省")
    new = [Park(slug=f"y-{n}", key=f"y-{n}", name=f"云南园 {n:03}", area="云南省/昆明市") for n in range(3 * PER_PAGE)]
    Park.objects.bulk_create(new[:2])
    client = world.client_of("reviewer")
    Membership.objects.filter(user=world.people["reviewer"]).update(area="云南省")
    with CaptureQueriesContext(connection) as few:
        assert len(client.get("/").context["cards"]) == 2
    Park.objects.bulk_create(new[2:])
    for park in Park.objects.filter(slug__in=["y-0", "y-1", "y-5"]):
        furnish(park, world)
    with CaptureQueriesContext(connection) as many:
        page = client.get("/")
    assert len(page.context["cards"]) == PER_PAGE
    told = page.content.decode()
    assert "云南园 000" in told and "云南园 071" not in told
    assert len(many) <= len(few)
    last = client.get("/?page=3").content.decode()
    assert "云南园 071" in last
    found = client.get("/?like=园 07").context["cards"]
    assert [c.park.name for c in found] == ["云南园 070", "云南园 071"]
    assert "没有符合条件" in client.get("/?like=nothing").content.decode()
