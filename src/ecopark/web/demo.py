"""The demonstration site: the invented park, the five real zones with what they publish, and one account per role."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from ecopark.core.text import Text
from ecopark.examples.five_zones import five_zones, zones
from ecopark.examples.invented_park import invented_park
from ecopark.web.demo_casework import make_casework
from ecopark.web.firms.demo import make_firms
from ecopark.web.parks.models import Department, Park
from ecopark.web.parks.settle import read_layers, settle
from ecopark.web.people.models import ROLE_TEXT, Membership, User
from ecopark.web.projects.demo import make_projects
from ecopark.workflows.assess_park import read_facts

SLUG = "yunqi"
PASSWORD = "ecopark-demo"
PACKS = (
    "hj274-2015", "miit-green-park-2016", "zero-carbon-park-2025", "jiangsu-near-zero-2024", "eip-framework-v2",
    "mofcom-etdz-2021",
)  # fmt: skip
AREA = "示范省/云栖市"
ACCOUNTS = (
    # username, family name, given name, role, department
    ("admin", "管", "理", "", ""),
    ("office", "周", "敏", "office", "ecology_environment"),
    ("firm", "陈", "立", "firm", ""),
    ("keeper", "吴", "强", "keeper", ""),
    ("consultant", "林", "静", "consultant", ""),
    ("reviewer", "何", "锐", "reviewer", ""),
)
KEPT_GRIDS = "A2 A3 A5"
"""The areas of grids the demonstration's keeper looks after."""
ADMINISTRATOR = Text("系统管理员", "administrator")


@dataclass(frozen=True)
class Account:
    """A demonstration account as it is printed."""

    username: str
    password: str
    role: Text


def accounts() -> list[Account]:
    """The accounts of the demonstration."""
    return [Account(name, PASSWORD, ROLE_TEXT.get(role, ADMINISTRATOR)) for name, _, _, role, _ in ACCOUNTS]


@transaction.atomic
def make_demo(firms: int = 50) -> Park:
    """Fill an empty database; an existing demonstration is left as it is.

    Parameters
    ----------
    firms
        Number of firms of the invented park.
    """
    known = Park.objects.filter(slug=SLUG).first()
    if known is not None:
        return known
    users = {}
    for username, family, given, role, _ in ACCOUNTS:
        users[username] = User.objects.create_user(
            username, password=PASSWORD, last_name=family, first_name=given, is_superuser=not role, is_staff=not role
        )
    park = _invented(firms, users["office"])
    first_firm = park.subjects.filter(kind="firm", until__isnull=True).order_by("key").first()
    for username, _, _, role, department in ACCOUNTS:
        if not role:
            continue
        Membership.objects.create(
            user=users[username], role=role, park=None if role == "reviewer" else park,
            area=AREA.split("/")[0] if role == "reviewer" else "",
            firm=first_firm.key if role == "firm" and first_firm else "",
            department=Department.objects.filter(park=park, key=department).first(),
            grid=KEPT_GRIDS if role == "keeper" else None,
        )  # fmt: skip
    make_casework(park, users)
    make_projects(park, users["office"])
    make_firms(park, users["office"], users["firm"])
    _five_zones(users["admin"], users["consultant"])
    return park


def _invented(firms: int, user: User) -> Park:
    invented = invented_park(firms=firms)
    with tempfile.TemporaryDirectory() as folder:
        root = invented.write(Path(folder) / "yunqi")
        facts = read_facts(root)
        layers = read_layers(root)
    name = Text(invented.name.zh, invented.name.en)
    return settle(
        facts, invented.id, SLUG, user=user, reason="演示数据 / demonstration", name=name.zh, name_en=name.en,
        area=AREA, packs=PACKS, layers=layers, invented=True,
    )  # fmt: skip


def _five_zones(user: User, consultant: User) -> None:
    facts = five_zones()
    for zone in zones():
        park = settle(
            facts, zone.id, zone.id.replace("_", "-"), user=user, reason="公开数据 / published figures",
            name=zone.name.zh, name_en=zone.name.en, packs=PACKS, published=True,
        )  # fmt: skip
        Membership.objects.create(user=consultant, role="consultant", park=park)
