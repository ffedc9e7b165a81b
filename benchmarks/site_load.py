"""50 people reading and 5 writing at once on a running site: how long pages take, whether any answer or write is lost.

    python benchmarks/site_load.py [--seconds 30] [--readers 50] [--writers 5] [--firms 50] [--postgres]

Starts a demonstration site of its own in a temporary directory (SQLite, or with `--postgres` a PostgreSQL server of its
own), as `ecopark demo` does, with all its processes on this machine's loopback and processors. Before the clock starts
people are logged in, and six times a figure is changed and every page asked for, so that every process of the site has
read the park (`first` says how long the very first round took). Readers wait a moment between pages, as people do
(`--think`, in seconds); writers wait between two figures (`--write-every`). Each writer changes one figure of a year of its
own again and again, saying which version it saw; afterwards the history must hold every change that was confirmed, and no
other. Last, alone on the site, one figure is changed and the overview asked for: the verdicts it affects are those of the
next page.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # for tests.postgres

PASSWORD = "ecopark-demo"
PAGES = (
    "/p/yunqi/", "/p/yunqi/assess/hj274-2015/2025/", "/p/yunqi/assess/hj274-2015/2025/clause/13/", "/p/yunqi/assess/",
    "/p/yunqi/data/", "/p/yunqi/data/theme/water/?year=2025", "/p/yunqi/data/submissions/?year=2025", "/p/yunqi/tasks/",
    "/p/yunqi/cases/",
)  # fmt: skip
FIELD = "publicity_events"
IDLE = 3.0
"""After so long without a request a connection is not used again. [s]"""


@dataclass
class Tally:
    """What all visitors saw."""

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    wrong: list[str] = field(default_factory=list)
    written: int = 0
    conflicts: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class Visitor:
    """One logged-in person with a connection of their own."""

    def __init__(self, port: int, name: str, cookies: dict[str, str] | None = None) -> None:
        self.port = port
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookies: dict[str, str] = dict(cookies or {})
        self.used = 0.0
        if cookies:
            return
        page = self.get("/login/")[1]
        status, _ = self.post("/login/", {"username": name, "password": PASSWORD}, page)
        if status != 302:
            raise RuntimeError(f"{name} could not log in: {status}")

    def _ask(self, method: str, address: str, body: str | None = None) -> tuple[int, str]:
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items()), "Referer": "http://127.0.0.1/"}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if time.monotonic() - self.used > IDLE:
            self.connection.close()  # the server has closed an idle connection: open a new one, as a browser does
        self.used = time.monotonic()
        self.connection.request(method, address, body, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.split(";")[0]
        return answer.status, text

    def get(self, address: str) -> tuple[int, str]:
        """A page."""
        return self._ask("GET", address)

    def post(self, address: str, fields: dict[str, str], page: str) -> tuple[int, str]:
        """A form, with the token of the page it stands on."""
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        token = {"csrfmiddlewaretoken": found.group(1)} if found else {}
        return self._ask("POST", address, urllib.parse.urlencode({**token, **fields}))


def read(visitor: Visitor, until: float, think: float, tally: Tally, seed: int) -> None:
    """One reader."""
    rng = random.Random(seed)
    time.sleep(rng.uniform(0, think))
    while time.monotonic() < until:
        address = rng.choice(PAGES)
        start = time.perf_counter()
        status, _ = visitor.get(address)
        seconds = time.perf_counter() - start
        with tally.lock:
            tally.times[address].append(seconds)
            if status != 200:
                tally.wrong.append(f"{address}: {status}")
        time.sleep(rng.uniform(0, 2 * think))


def write(visitor: Visitor, year: int, until: float, think: float, tally: Tally) -> None:
    """One writer: reads the form, changes one figure, saves."""
    address = f"/p/yunqi/data/theme/management/?year={year}"
    number = 10
    while time.monotonic() < until:
        _, page = visitor.get(address)
        number += 1
        fields = _fields(page, number)
        start = time.perf_counter()
        status, _ = visitor.post(address, fields, page)
        with tally.lock:
            tally.times["(save)"].append(time.perf_counter() - start)
            if status == 302:
                tally.written += 1
            elif status == 422:
                tally.conflicts += 1
            else:
                tally.wrong.append(f"save: {status}")
        time.sleep(think)


def main(argv: Sequence[str] | None = None) -> int:
    """Run and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--readers", type=int, default=50)
    parser.add_argument("--writers", type=int, default=5)
    parser.add_argument("--firms", type=int, default=50)
    parser.add_argument("--think", type=float, default=5.0, help="seconds between two pages of a reader")
    parser.add_argument("--write-every", type=float, default=1.0, help="seconds between two figures of a writer")
    parser.add_argument("--postgres", action="store_true", help="on a PostgreSQL server of its own instead of SQLite")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as data, _database(options.postgres) as database:
        env = {"ECOPARK_DATA": data, **database}
        with served(env, "demo", "--firms", str(options.firms)) as port:
            tally = Tally()
            known = {name: Visitor(port, name) for name in ("office", "consultant", "reviewer")}
            first = _warm(port, known)
            people = [Visitor(port, name, one.cookies) for name, one in known.items()]
            before = _kept(env)
            until = time.monotonic() + options.seconds
            readers = [
                threading.Thread(
                    target=read,
                    args=(Visitor(port, "", people[i % 3].cookies), until, options.think, tally, i),
                )
                for i in range(options.readers)
            ]
            writers = [
                threading.Thread(
                    target=write,
                    args=(Visitor(port, "", people[0].cookies), 2021 + i % 5, until, options.write_every, tally),
                )
                for i in range(options.writers)
            ]
            for thread in (*readers, *writers):
                thread.start()
            for thread in (*readers, *writers):
                thread.join()
            kept = _kept(env) - before
            changed = [_one_change(Visitor(port, "", people[0].cookies), 1000 + n) for n in range(10)]
    pages = [t for a, found in tally.times.items() if a != "(save)" for t in found]
    print(f"{options.readers} readers, {options.writers} writers, {options.seconds:.0f} s, {len(pages)} pages")
    for address, found in sorted(tally.times.items()):
        print(f"  {address:48} {len(found):5}  median {_part(found, 50):5.0f} ms   95 % {_part(found, 95):5.0f} ms")
    print(f"  {'all pages':48} {len(pages):5}  median {_part(pages, 50):5.0f} ms   95 % {_part(pages, 95):5.0f} ms")
    shown, plain = (statistics.median(times) * 1000 for times in zip(*changed, strict=True))
    print(f"very first round of all pages: {first:.1f} s; load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    print(f"overview after one changed figure, alone: {shown:.0f} ms; without a change: {plain:.0f} ms (medians of 10)")
    print(f"errors: {len(tally.wrong)} {sorted(set(tally.wrong))[:5]}")
    print(f"writes confirmed {tally.written}, told of a conflict {tally.conflicts}, kept in the history {kept}")
    return 0 if not tally.wrong and kept == tally.written else 1


@contextlib.contextmanager
def served(env: dict[str, str], *arguments: str) -> Iterator[int]:
    """The port of a site on this machine, with all its processes; it ends with the block.

    Parameters
    ----------
    env
        What the site's environment says besides this process's own.
    arguments
        ``demo`` or ``serve``, with its options.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "ecopark.web.run", *arguments, "--no-browser", "--port", str(port)]
    server = subprocess.Popen(command, env=os.environ | env, stdout=subprocess.DEVNULL)
    try:
        while server.poll() is None:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            time.sleep(0.2)
        else:
            raise RuntimeError("the site did not start")
        yield port
    finally:
        server.terminate()
        server.wait(60)


@contextlib.contextmanager
def _database(postgres: bool) -> Iterator[dict[str, str]]:
    """What the site's environment says of its database; a server of its own, which syncs what it commits, ends with it."""
    if not postgres:
        yield {}
        return
    from tests.postgres import Server, postgres_programs

    programs = postgres_programs()
    if programs is None:
        raise SystemExit("PostgreSQL is not installed")
    server = Server(programs)
    try:
        server.start(fsync="on")
        yield {"DATABASE_URL": f"postgres://ledger@/postgres?host={urllib.parse.quote(str(server.home), safe='')}"}
    finally:
        server.stop()


def _warm(port: int, known: dict[str, Visitor]) -> float:
    """Ask for all pages by as many people at once as reach every process; seconds of the very first round."""
    start = time.perf_counter()
    for address in PAGES:
        known["office"].get(address)
    first = time.perf_counter() - start

    def round_of(name: str) -> None:
        visitor = Visitor(port, "", known[name].cookies)
        for address in PAGES:
            visitor.get(address)

    for number in range(6):
        change(Visitor(port, "", known["office"].cookies), 500 + number, 2021 + number % 5)
        threads = [threading.Thread(target=round_of, args=(name,)) for name in known for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return first


def _one_change(visitor: Visitor, number: int) -> tuple[float, float]:
    """Seconds of the overview right after one changed figure, and once more without a change."""
    change(visitor, number, 2025)
    times = []
    for _ in range(2):
        start = time.perf_counter()
        visitor.get("/p/yunqi/")
        times.append(time.perf_counter() - start)
    return times[0], times[1]


def change(visitor: Visitor, number: int, year: int) -> None:
    """Another number for the writers' figure in one year."""
    address = f"/p/yunqi/data/theme/management/?year={year}"
    _, page = visitor.get(address)
    status, _ = visitor.post(address, _fields(page, number), page)
    if status != 302:
        raise RuntimeError(f"the figure was not saved: {status}")


def _fields(page: str, number: int) -> dict[str, str]:
    """The form with one figure changed, as of the version that the page shows."""
    seen = re.search(rf'name="version\|{FIELD}\|" value="(\d+)"', page)
    return {
        f"given|{FIELD}|": str(number), f"unit|{FIELD}|": "events/year",
        f"version|{FIELD}|": seen.group(1) if seen else "0", "reason": "measured again",
    }  # fmt: skip


def _part(found: list[float], percent: int) -> float:
    return 1000 * statistics.quantiles(found, n=100)[percent - 1] if len(found) > 1 else float("nan")


def _kept(env: dict[str, str]) -> int:
    """Rows of the writers' figures in the history."""
    code = (
        "from ecopark.web.figures.models import Figure;"
        f"print(Figure.history.filter(park__slug='yunqi', subject__kind='park', quantity='{FIELD}').count())"
    )
    command = [sys.executable, "-m", "ecopark.web.manage", "shell", "-v", "0", "-c", code]
    done = subprocess.run(command, env=os.environ | env, capture_output=True, text=True, check=True)
    return int(done.stdout.strip().splitlines()[-1])


if __name__ == "__main__":
    raise SystemExit(main())
