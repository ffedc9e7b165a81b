"""How long what is asked of a large park as a whole takes: all firms asked, tables previewed and stored, firms brought in.

    python benchmarks/first_paint.py --firms 50000 --parks 0 --visits 1 --keep DIR     makes the site, once
    python benchmarks/large_work.py DIR/firms-50000

Every piece of work is done in this process as the worker does it, in a transaction that is rolled back at the end: the site
is as it was. Told are seconds on the clock, seconds of processor time and the highest memory so far; the clock says little on
a machine that does other work meanwhile.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import resource
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

WATER = "industrial_fresh_water_m3"


class Back(Exception):
    """Ends a transaction without keeping it."""


def main(argv: Sequence[str] | None = None) -> int:
    """Do each piece of work once."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("site", type=Path)
    parser.add_argument("--park", default="yunqi")
    parser.add_argument("--rows", type=int, default=5000, help="rows of the tables")
    options = parser.parse_args(argv)
    os.environ["ECOPARK_DATA"] = str(options.site)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ecopark.web.settings")
    import django

    django.setup()
    measure(options.park, options.rows)
    return 0


def measure(slug: str, count: int) -> None:
    """All pieces of work, told one by one."""
    from ecopark.grading.credit_code import check_character
    from ecopark.web.figures import asking, imports, submit
    from ecopark.web.figures.change import Change, write
    from ecopark.web.firms import bring_in
    from ecopark.web.firms.models import RegistryTable
    from ecopark.web.parks.models import Park
    from ecopark.web.people.access import standing
    from ecopark.web.people.models import User
    from ecopark.web.uploads import stored_path

    park, user = Park.objects.get(slug=slug), User.objects.filter(is_superuser=True).earliest("pk")
    who = standing(user, park)
    assert who is not None
    firms = list(park.subjects.filter(kind="firm").order_by("key").values_list("key", flat=True))
    some = random.Random(1).sample(firms, min(count, len(firms)))
    figures = [(key, WATER, "2025", str(1000 + i), "m3") for i, key in enumerate(some)]
    firsts = [f"91350100N{i:08d}" for i in range(count)]
    registry = [(f"新到企业{i:05d}号有限公司", first + check_character(first)) for i, first in enumerate(firsts)]
    folder = stored_path("benchmark")
    folder.mkdir(parents=True, exist_ok=True)
    _table(folder / "figures.csv", ("subject", "quantity", "period", "value", "unit"), figures)
    _table(folder / "firms.csv", ("企业名称", "统一社会信用代码"), registry)
    changes = [Change(*row) for row in figures]
    print(f"{len(firms):,} firms, {park.figures.count():,} figures; tables of {count:,} rows")
    _timed("all firms asked", lambda: submit.ask(park, asking.active(park, 2025), "2025", date(2026, 6, 30), user))
    _timed("figures previewed", lambda: len(imports.preview(who, "benchmark/figures.csv", "figures.csv")))
    _timed("figures stored", lambda: write(park, changes, user, "benchmark"))

    def bring() -> dict[str, int]:
        made = RegistryTable.objects.create(park=park, name="firms.csv", stored="benchmark/firms.csv", by=user)
        bring_in.read(made)
        print(f"  held against the registry after {time.process_time() - began:.1f} s of processor time")
        return bring_in.apply(made, user, bring_in.TICKED, "benchmark")

    began = time.process_time()
    _timed("firms read, compared and stored", bring)


def _table(path: Path, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([head, *rows])


def _timed(what: str, work: Callable[[], Any]) -> None:
    from django.db import transaction

    clock, processor, found = time.perf_counter(), time.process_time(), None
    try:
        with transaction.atomic():
            found = work()
            raise Back
    except Back:
        seconds = time.perf_counter() - clock, time.process_time() - processor
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{what}: {seconds[0]:.1f} s, {seconds[1]:.1f} s of processor time, {memory} MB ({found})", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
