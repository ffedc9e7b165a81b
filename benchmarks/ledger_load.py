"""Bookings per second in the quota ledger: N clients at once, SQLite and PostgreSQL, each commit on disk.

    python benchmarks/ledger_load.py [--clients 1,8,32] [--seconds 5] [--accounts 1,16] [--entries 0] [--postgres URL]

A client is a process of its own that reserves and confirms in turn, as fast as it is answered; each of the two is one
booking, one transaction, one commit that waits for the disk. `--accounts 1` lets everybody fight for one account,
`--accounts 16` spreads them. `--entries` fills every account first, to see that old books are not slower. Without
`--postgres` a server of its own is started in a temporary directory (fsync and synchronous commit on).
After every run the books are worked out anew from all entries.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from ecopark.admission.ledger import Account, Ledger, LedgerError
from ecopark.admission.ledger.page import Page
from ecopark.admission.ledger.store import Transaction

START = datetime(2026, 3, 1, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[1]


def client(where: str, number: int, accounts: int, seconds: float) -> None:
    """Wait for the word, book until the time is over; print the count and the waits in milliseconds."""
    waits: list[float] = []
    refused = 0
    with Ledger.at(where, create=False) as ledger:
        print("ready", flush=True)
        begin = float(input())
        time.sleep(max(0.0, begin - time.time()))
        n = 0
        while time.time() < begin + seconds:
            key = f"energy/2026/place{(number + n) % accounts}"
            at = START + timedelta(seconds=time.time() - begin + 60)
            try:
                for act in ("reserve", "confirm"):
                    started = time.perf_counter()
                    if act == "reserve":
                        until = at + timedelta(days=30)
                        held = ledger.reserve(key, "0.000001", until=until, project=f"P{number}", by="load", at=at)
                    else:
                        ledger.confirm(held.ref, by="load", at=at)
                    waits.append(1000 * (time.perf_counter() - started))
            except LedgerError:
                refused += 1
            n += 1
    print(json.dumps({"waits": [round(w, 3) for w in waits], "refused": refused}))


def prepare(where: str, accounts: int, entries: int) -> None:
    with Ledger.at(where) as ledger:
        for n in range(accounts):
            account = ledger.open(Account("energy", 2026, f"place{n}"), by="load", at=START)
            ledger.allocate(account, 1_000_000, by="load", at=START)
            if entries:
                fill(ledger, account.key, entries)


def fill(ledger: Ledger, key: str, entries: int) -> None:
    """Many small corrections in few transactions."""
    account = ledger.account(key)
    for first in range(0, entries, 5000):

        def work(transaction: Transaction, first: int = first) -> None:
            page = Page(transaction, account, START, timedelta(0))
            for _ in range(min(5000, entries - first)):
                page.post("allocate", Decimal("0.01"), by="load", limit=Decimal("0.01"))

        ledger.store.write([key], work)


def measure(where: str, clients: int, accounts: int, entries: int, seconds: float) -> dict[str, float]:
    prepare(where, accounts, entries)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])}
    running = [
        subprocess.Popen(
            [sys.executable, __file__, "--client", where, str(n), str(accounts), str(seconds)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment,
        )
        for n in range(clients)
    ]  # fmt: skip
    for process in running:
        assert process.stdout is not None
        process.stdout.readline()
    begin = f"{time.time() + 0.5}\n".encode()
    for process in running:
        assert process.stdin is not None
        process.stdin.write(begin)
        process.stdin.flush()
    said = [json.loads(process.communicate()[0]) for process in running]
    waits = sorted(w for s in said for w in s["waits"])
    with Ledger.at(where, create=False) as ledger:
        assert ledger.audit() == ()
        started = time.perf_counter()
        ledger.balance("energy/2026/place0", at=START + timedelta(days=10))
        balance_ms = 1000 * (time.perf_counter() - started)
    return {
        "bookings_per_s": len(waits) / seconds,
        "median_ms": waits[len(waits) // 2],
        "p99_ms": waits[int(len(waits) * 0.99)],
        "longest_ms": waits[-1],
        "refused": sum(s["refused"] for s in said),
        "balance_ms": balance_ms,
    }


def main() -> None:
    if sys.argv[1:2] == ["--client"]:
        _, _, where, number, accounts, seconds = sys.argv
        client(where, int(number), int(accounts), float(seconds))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", default="1,8,32")
    parser.add_argument("--accounts", default="1,16")
    parser.add_argument("--entries", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--postgres", help="address of an empty database; default: a server of its own")
    options = parser.parse_args()
    server = None
    if options.postgres is None:
        sys.path.insert(0, str(ROOT))
        from tests.admission.ledger.conftest import Server, postgres_programs

        programs = postgres_programs()
        if programs is not None:
            server = Server(programs)
            server.start(fsync="on")
    print(f"{os.cpu_count()} cores; {options.seconds:g} s each; {options.entries} entries in each account before")
    print(f"{'database':12} {'clients':>7} {'accounts':>8} {'bookings/s':>10} {'median ms':>9} {'p99 ms':>8} "
          f"{'longest ms':>10} {'refused':>7} {'balance ms':>10}")  # fmt: skip
    try:
        with tempfile.TemporaryDirectory() as folder:
            for accounts in map(int, options.accounts.split(",")):
                for clients in map(int, options.clients.split(",")):
                    places = {"sqlite": f"{folder}/{accounts}-{clients}.sqlite"}
                    if server is not None:
                        places["postgresql"] = server.empty()
                    elif options.postgres:
                        places["postgresql"] = options.postgres
                    for name, where in places.items():
                        r = measure(where, clients, accounts, options.entries, options.seconds)
                        print(f"{name:12} {clients:7} {accounts:8} {r['bookings_per_s']:10.0f} {r['median_ms']:9.2f} "
                              f"{r['p99_ms']:8.1f} {r['longest_ms']:10.0f} {r['refused']:7.0f} {r['balance_ms']:10.2f}",
                              flush=True)  # fmt: skip
    finally:
        if server is not None:
            server.stop()


if __name__ == "__main__":
    main()
