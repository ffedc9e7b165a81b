"""How soon a person sees a page of a large site: first contentful paint in headless Chromium, 50,000 firms or 2,543 parks.

    python benchmarks/first_paint.py [--firms 50000] [--parks 2543] [--visits 5] [--keep DIR]

Makes a demonstration site whose park gets so many firms more, each with eight figures in each of two years, and a site
with so many parks and the department's table of them, starts each as `ecopark demo` and `ecopark serve` do, and opens its
pages in Chromium on this machine: once in a browser that has nothing of the site yet, then as often as `--visits` says. Told
are the first byte and the first contentful paint, both from the click on, in milliseconds. Before that a figure
was changed, and every page asked for until what it shows was no longer being worked out (`first`, in seconds: how long the
first person after a start of the server waits for answers of now). `--keep` keeps both sites, and uses them if they are there.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from site_load import PASSWORD, Visitor, change, served  # noqa: E402
from tests.web.browser import CHROMIUM, FLAGS  # noqa: E402

PARK = (
    "/p/yunqi/", "/p/yunqi/firms/", "/p/yunqi/firms/?q=精密", "/p/yunqi/firms/?page=900", "/p/yunqi/firms/grades/",
    "/p/yunqi/data/", "/p/yunqi/data/theme/water/?year=2025", "/p/yunqi/data/submissions/?year=2025",
    "/p/yunqi/data/?year=2025&of=N00007", "/p/yunqi/firms/of/N00007/", "/p/yunqi/assess/", "/p/yunqi/assess/hj274-2015/2025/",
    "/p/yunqi/assess/hj274-2015/2025/clause/13/", "/p/yunqi/tasks/", "/p/yunqi/cases/", "/p/yunqi/projects/",
)  # fmt: skip
DEPARTMENT = (
    "/", "/parks/?year=2025", "/parks/?year=2025&page=40", "/parks/?year=2025&sort=-score:zero-carbon-park-2025",
    "/parks/?year=2025&pack=zero-carbon-park-2025&verdict=fail", "/parks/?year=2025&area=省07", "/p/z0007/",
)  # fmt: skip
YEARS = ("2024", "2025")
FIGURES = (
    ("industrial_value_added", "10k CNY", 2400), ("industrial_gross_output", "10k CNY", 9000),
    ("tax_paid_10k_cny", "10k CNY", 300), ("electricity_consumption_kwh", "kWh", 2e6),
    ("energy_industrial_tce", "tce", 300), ("industrial_fresh_water_m3", "m3", 9000),
    ("industrial_employees", "persons", 60), ("industrial_land_area_km2", "km2", 0.01),
)  # fmt: skip
EARLIER = "完成前显示此前结果"
PAINTED = """() => {
    const way = performance.getEntriesByType('navigation')[0];
    const seen = performance.getEntriesByName('first-contentful-paint')[0];
    return [way.responseStart, seen ? seen.startTime : null];
}"""


def main(argv: Sequence[str] | None = None) -> int:
    """Make, open, report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--firms", type=int, default=50_000)
    parser.add_argument("--parks", type=int, default=2543)
    parser.add_argument("--visits", type=int, default=5)
    parser.add_argument("--fill", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--keep", type=Path, help="directory of both sites")
    options = parser.parse_args(argv)
    if options.fill:
        fill(options.firms)
        return 0
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        home = options.keep or Path(temporary)
        if options.firms:
            data = home / f"firms-{options.firms}"
            make_firms(data, options.firms)
            with served({"ECOPARK_DATA": str(data)}, "demo") as port:
                print(f"a park of {options.firms:,} firms")
                visitor = Visitor(port, "office")
                change(visitor, int(time.time()) % 9000 + 1000, 2025)
                measure(port, "office", PARK, options.visits)
                print(f"  overview after one changed figure: {after_change(visitor)}")
        if options.parks:
            data = home / f"parks-{options.parks}"
            make_parks(data, options.parks)
            env = {"ECOPARK_DATA": str(data), "DJANGO_SUPERUSER_PASSWORD": PASSWORD}
            with served(env, "serve", "--admin", "admin") as port:
                print(f"a department of {options.parks:,} parks")
                measure(port, "department", DEPARTMENT, options.visits)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    return 0


def make_firms(data: Path, firms: int) -> None:
    """The demonstration with so many firms, unless it is there."""
    if (data / "filled").exists():
        return
    data.mkdir(parents=True, exist_ok=True)
    env = {**os.environ, "ECOPARK_DATA": str(data)}
    with served({"ECOPARK_DATA": str(data)}, "demo"):
        pass
    subprocess.run([sys.executable, __file__, "--fill", "--firms", str(firms)], env=env, check=True)
    (data / "filled").touch()


def fill(firms: int, seed: int = 11) -> None:
    """Firms beside those of the demonstration, with accepted figures drawn from one seed, into the site of ECOPARK_DATA."""
    import random

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ecopark.web.settings")
    django.setup()
    from ecopark.web.figures.models import Figure
    from ecopark.web.parks.models import Park, Subject

    chance = random.Random(seed)
    park = Park.objects.get(slug="yunqi")
    there = park.subjects.filter(kind="firm").count()
    groups = list(park.subjects.filter(kind="group").values_list("key", flat=True))
    trades = ("精密", "电子", "生物", "装备", "新材")
    new = [
        Subject(
            park=park, key=f"N{n:05}", kind="firm", name=f"{chance.choice(trades)}{n:05}有限公司（虚构）",
            parent=chance.choice(groups), since=2015, attributes={"industry_code": "3973"},
        )
        for n in range(firms - there)
    ]  # fmt: skip
    Subject.objects.bulk_create(new, batch_size=2000)
    for at in range(0, len(new), 2000):
        Figure.objects.bulk_create(
            [
                Figure(
                    park=park, subject=firm, quantity=quantity, period=year, unit=unit, state="accepted", seq=park.changed,
                    given=f"{chance.lognormvariate(0, 1) * mean:.2f}",
                )
                for firm in new[at : at + 2000]
                for quantity, unit, mean in FIGURES
                for year in YEARS
            ],
            batch_size=4000,
        )  # fmt: skip
        print(f"\r{at + 2000:,} firms", end="", flush=True)
    print()


def make_parks(data: Path, parks: int) -> None:
    """The parks and their table, unless they are there."""
    if (data / "filled").exists():
        return
    data.mkdir(parents=True, exist_ok=True)
    env = {**os.environ, "ECOPARK_DATA": str(data)}
    script = [sys.executable, str(HERE / "many_parks_site.py")]
    subprocess.run([sys.executable, "-m", "ecopark.web.manage", "migrate", "-v", "0"], env=env, check=True)
    subprocess.run([*script, "--fill", "--parks", str(parks)], env=env, check=True)
    subprocess.run([*script, "--rounds", "5"], env=env, check=True)
    (data / "filled").touch()


def measure(port: int, name: str, pages: Sequence[str], visits: int) -> None:
    """Open every page, new and again; print what was seen when."""
    from playwright.sync_api import sync_playwright

    print(f"  {'':58} {'first':>7}  {'new: byte':>9} {'paint':>6}  {'again: byte':>11} {'paint':>6} {'longest':>8}")
    slowest, base = 0.0, f"http://127.0.0.1:{port}"
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        signed = browser.new_context()
        page = signed.new_page()
        page.goto(base + "/login/")
        page.fill("[name=username]", name)
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")
        page.wait_for_url(lambda url: "/login/" not in url)
        state = signed.storage_state()
        for address in pages:
            first = _first(signed, base + address)
            new = browser.new_context(storage_state=state, viewport={"width": 1366, "height": 900})
            opened = new.new_page()
            byte, paint = _open(opened, base + address)
            again = [_open(opened, base + address) for _ in range(visits)]
            bytes_, paints = zip(*again, strict=True)
            slowest = max(slowest, paint, *paints)
            print(
                f"  {address:58} {first:6.1f}s  {byte:9.0f} {paint:6.0f}  {statistics.median(bytes_):11.0f} "
                f"{statistics.median(paints):6.0f} {max(paints):8.0f}",
                flush=True,
            )
            new.close()
        browser.close()
    print(f"  the longest of all: {slowest:.0f} ms")


def after_change(visitor: Visitor) -> str:
    """Milliseconds of the overview right after a changed figure, five times, once the process has read the park."""
    end = time.monotonic() + 600
    while True:
        change(visitor, int(time.monotonic()) % 400, 2025)
        if _now(visitor):
            break
        if time.monotonic() > end:
            raise RuntimeError("the answers of now did not come")
        time.sleep(2)
    took = []
    for turn in range(5):
        change(visitor, 500 + turn, 2025)
        start = time.perf_counter()
        now = _now(visitor)
        took.append(f"{(time.perf_counter() - start) * 1000:.0f}{'' if now else ' (earlier answers)'}")
    return ", ".join(took) + " ms"


def _now(visitor: Visitor) -> bool:
    status, page = visitor.get("/p/yunqi/")
    return status == 200 and EARLIER not in page


def _first(context: Any, address: str) -> float:
    """Seconds until a page is there as it should be: not 'being worked out' (503), not an earlier answer."""
    start = time.perf_counter()
    while True:
        answer = context.request.get(address, timeout=120_000)
        if answer.status not in (200, 503):
            raise RuntimeError(f"{address}: {answer.status}")
        if (
            answer.status == 200
            and "Until then you see" not in answer.text()
            and "完成前显示此前结果" not in answer.text()
        ):
            return time.perf_counter() - start
        time.sleep(1)


def _open(page: Any, address: str) -> tuple[float, float]:
    page.goto(address, timeout=120_000)
    last = time.monotonic() + 60
    while True:
        byte, paint = page.evaluate(PAINTED)
        if paint is not None:
            return byte, paint
        if time.monotonic() > last:
            raise RuntimeError(f"{address}: nothing was painted within a minute")
        page.wait_for_timeout(20)


if __name__ == "__main__":
    raise SystemExit(main())
