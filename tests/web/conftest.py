"""A small park, one person per role, and a second park that they must not see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from ecopark.observations import reading
from ecopark.observations.model import Subject
from ecopark.web.figures import as_known
from ecopark.web.figures import facts as figure_facts
from ecopark.web.parks.models import Park
from ecopark.web.parks.settle import settle
from ecopark.web.people.models import Membership, User
from ecopark.web.projects import gate
from ecopark.workflows.assess_park import known_reported

PACKS = ("hj274-2015", "zero-carbon-park-2025")
ROLES = ("admin", "office", "consultant", "reviewer", "firm", "keeper", "stranger", "anonymous")


def rows(park: str, firms: tuple[str, ...], scale: int = 1) -> list[dict[str, str]]:
    """Figures of a small park with some firms over two years."""
    found = []
    for year, growth in (("2022", 0), ("2023", 10)):
        for quantity, value, unit in (
            ("industrial_value_added", 900_000 + growth * 1000, "10k CNY"),
            ("park_area_km2", 9, "km2"),
            ("publicity_events", 3, "events/year"),
        ):
            found.append({"subject": park, "quantity": quantity, "period": year, "value": str(value), "unit": unit})
        for number, firm in enumerate(firms, 1):
            value = str(scale * 100 * number + growth)
            found.append(
                {"subject": firm, "quantity": "industrial_fresh_water_m3", "period": year, "value": value, "unit": "m3"}
            )
    return found


def make_park(slug: str, firms: tuple[str, ...], user: User, area: str) -> Park:
    """A park of the site with these firms."""
    subjects = [Subject(slug, f"园区 {slug}", "park")]
    subjects += [Subject(f, f"企业 {f}", "firm", slug) for f in firms]
    facts = reading.facts_from(rows(slug, firms), subjects, known_reported=known_reported, checks=False)
    return settle(facts, slug, slug, user=user, reason="test", packs=PACKS, area=area)


@dataclass
class World:
    """Everything a test of the site starts from."""

    park: Park
    other: Park
    people: dict[str, User]
    client_of: Callable[[str], Client]


@pytest.fixture(autouse=True)
def _empty_memory() -> None:
    figure_facts.forget()
    as_known.forget()


@pytest.fixture
def world(db: None) -> World:
    """Two parks; every role in the first one, nobody but the administrator in the second."""
    people = {r: User.objects.create_user(r, password="x", last_name=r) for r in ROLES if r != "anonymous"}
    User.objects.filter(username="admin").update(is_superuser=True, is_staff=True)
    people["admin"].refresh_from_db()
    park = make_park("alpha", ("alpha-1", "alpha-2", "alpha-3"), people["office"], "江苏省/苏州市")
    other = make_park("beta", ("beta-1",), people["admin"], "浙江省/湖州市")
    for role in ("office", "consultant", "keeper"):
        Membership.objects.create(user=people[role], role=role, park=park)
    Membership.objects.create(user=people["reviewer"], role="reviewer", area="江苏省")
    Membership.objects.create(user=people["firm"], role="firm", park=park, firm="alpha-1")

    def client_of(role: str) -> Client:
        client = Client()
        if role != "anonymous":
            client.force_login(people[role])
        return client

    return World(park, other, people, client_of)


def emptied() -> None:
    """An empty site: other tests of this process may have left the quota ledger, which PostgreSQL holds in a schema of its own."""
    call_command("flush", interactive=False, verbosity=0)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"DROP SCHEMA IF EXISTS {gate.SCHEMA} CASCADE")
