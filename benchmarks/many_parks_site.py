"""A site with 2,543 small invented parks: how long the department's table takes to compute, and its pages to answer.

    python benchmarks/many_parks_site.py --fill     # makes the parks in ECOPARK_DATA (empty database: migrate first)
    python benchmarks/many_parks_site.py            # computes the table in this process and measures the pages

The figures are drawn from one seed. Each park has 3 years of park figures and 2 firms.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ecopark.web.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.test import Client  # noqa: E402

from ecopark.examples.invented_park import invented_park  # noqa: E402
from ecopark.observations.quantity import catalogue  # noqa: E402
from ecopark.web.figures.models import Figure  # noqa: E402
from ecopark.web.many import compute  # noqa: E402
from ecopark.web.parks.models import Park, Subject  # noqa: E402
from ecopark.web.people.models import Membership, User  # noqa: E402

PARKS = 2543
PACKS = (
    "hj274-2015",
    "zero-carbon-park-2025",
    "miit-green-park-2016",
    "mofcom-etdz-2021",
    "eip-framework-v2",
    "jiangsu-near-zero-2024",
)
YEARS = (2023, 2024, 2025)
PROVINCES = 31
FIRMS = 2


def fill(parks: int, seed: int = 7) -> None:
    """Copies of the invented park's figures, amounts by the size of each park, a fiftieth of them left out."""
    chance = random.Random(seed)
    source = invented_park(firms=30).facts()
    root = source.parks[0].id
    firms = [s.id for s in source.subjects.values() if s.kind == "firm"][:FIRMS]
    rows = [o for o in source.observations if o.period.kind == "always" or o.period.year in YEARS]
    rows = [o for o in rows if o.subject == root or o.subject in firms]
    made = [
        Park(
            slug=f"z{n:04}", key=f"z{n:04}", name=f"第 {n} 开发区（虚构）", name_en=f"Zone {n} (invented)", invented=True,
            area=f"省{n % PROVINCES + 1:02}/市{n % 10 + 1}", base_year=source.settings.get("base_year"),
            packs=list(PACKS), changed=1,
        )
        for n in range(parks)
    ]  # fmt: skip
    Park.objects.bulk_create(made, batch_size=500)
    for at in range(0, parks, 50):
        some = made[at : at + 50]
        subjects = {}
        sizes = {park.pk: chance.uniform(0.3, 3) for park in some}
        for park in some:
            for s in source.subjects.values():
                own = s.id == root
                if own or s.id in firms:
                    subjects[park.pk, s.id] = Subject(
                        park=park, key=park.key if own else s.id, kind=s.kind, name=park.name if own else s.name,
                        parent="" if own else park.key, since=s.since, until=s.until,
                    )  # fmt: skip
        Subject.objects.bulk_create(subjects.values(), batch_size=1000)
        figures = []
        for park in some:
            for o in rows:
                subject = subjects.get((park.pk, o.subject))
                if subject is None:
                    continue
                value, unit = o.given.partition(" ")[::2]
                if (
                    catalogue()[o.quantity].kind in ("flow", "stock")
                    and value.replace(".", "", 1).isdigit()
                    and "." in value
                ):
                    value = f"{float(value) * sizes[park.pk]:.4f}"
                if chance.random() < 0.02:
                    continue
                period = "" if o.period.kind == "always" else str(o.period)
                figures.append(
                    Figure(
                        park=park, subject=subject, quantity=o.quantity, period=period, by=o.by, given=value, unit=unit, seq=1,
                        note=o.note,
                    )
                )  # fmt: skip
        Figure.objects.bulk_create(figures, batch_size=2000)
        print(f"\r{at + len(some)} / {parks}", end="", flush=True)
    print()
    user = User.objects.create_user("department", password="ecopark-demo")
    for n in range(PROVINCES):
        Membership.objects.create(user=user, role="reviewer", area=f"省{n + 1:02}")


def measure(rounds: int, *, table: bool = True) -> None:
    """Seconds for the whole table (unless it is there); then the median and p95 of its pages over `rounds` requests each."""
    parks = list(Park.objects.filter(slug__startswith="z"))
    print(f"{len(parks)} parks, {Figure.objects.count()} figures")
    if table:
        start = time.perf_counter()
        count = compute.refresh(parks, PACKS, "2025", lambda done, total: None)
        print(f"table: {count} cells in {time.perf_counter() - start:.1f} s")
    settings.ALLOWED_HOSTS = ["*"]
    client = Client()
    client.force_login(User.objects.get(username="department"))
    for name, query in (
        ("first page", "year=2025"),
        ("page 40", "year=2025&page=40"),
        ("sorted by score", "year=2025&sort=-score:zero-carbon-park-2025"),
        ("filtered by verdict", "year=2025&pack=zero-carbon-park-2025&verdict=fail"),
        ("one province", "year=2025&area=省07"),
    ):
        client.get(f"/parks/?{query}")
        taken = []
        for _ in range(rounds):
            start = time.perf_counter()
            answer = client.get(f"/parks/?{query}")
            taken.append((time.perf_counter() - start) * 1000)
            assert answer.status_code == 200
        taken.sort()
        print(f"{name}: median {statistics.median(taken):.0f} ms, p95 {taken[int(len(taken) * 0.95)]:.0f} ms")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--fill", action="store_true")
    parser.add_argument("--parks", type=int, default=PARKS)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--pages", action="store_true", help="only the pages, of a table that is there")
    given = parser.parse_args()
    if given.fill:
        fill(given.parks)
    else:
        measure(given.rounds, table=not given.pages)
