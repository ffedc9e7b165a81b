"""Many clients at once, some killed in the middle; and expiries that fire during a confirm."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from decimal import Decimal
from pathlib import Path

import pytest

import ecopark
from ecopark.admission.ledger import Account, Ledger, LedgerError, balance, open_store

from .client import KEYS
from .conftest import DAY, START

CLIENT = Path(__file__).with_name("client.py")


def client(where: str, seed: int, rounds: int, journal: Path, began: float) -> subprocess.Popen[bytes]:
    path = os.pathsep.join([str(Path(ecopark.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        [sys.executable, str(CLIENT), where, str(seed), str(rounds), str(journal), str(began)],
        env={**os.environ, "PYTHONPATH": path}, stderr=subprocess.PIPE,
    )  # fmt: skip


def lines(journal: Path) -> list[list[str]]:
    """The acknowledged entries; a last line without its end was being written."""
    text = journal.read_text(encoding="utf-8") if journal.exists() else ""
    return [line.split() for line in text.splitlines(keepends=True) if line.endswith("\n") and " " in line]


def open_accounts(ledger: Ledger) -> None:
    for key in KEYS:
        item, year, place = key.split("/")
        account = ledger.open(Account(item, int(year), place), by="Li", at=START)
        ledger.allocate(account, "400.000001", by="Li", at=START)


def check_books(where: str, journals: list[Path]) -> int:
    """Nothing is lost, nothing half done, no limit was ever passed. Returns how many entries there are."""
    with Ledger.at(where, create=False) as ledger:
        assert ledger.audit() == ()
        entries = {e.id: e for e in ledger.store.entries()}
        for journal in journals:
            for name, kind, amount, seal in lines(journal):
                assert (entries[name].kind, entries[name].amount, entries[name].seal) == (kind, Decimal(amount), seal)
        given, bound = Decimal(0), Decimal(0)
        tight = 0
        last = max(e.at for e in entries.values())
        for key in KEYS:
            mine = [e for e in entries.values() if e.account == key]
            limit = reserved = confirmed = Decimal(0)
            held: dict[str, Decimal] = {}
            for e in mine:  # every booking by hand, in the order of the books
                if e.kind in ("allocate", "transfer_in"):
                    limit += e.amount
                elif e.kind == "transfer_out":
                    limit -= e.amount
                elif e.kind == "reserve":
                    held[e.ref] = e.amount
                    reserved += e.amount
                elif e.kind in ("confirm", "release"):
                    reserved -= held.pop(e.ref)
                    confirmed += e.amount if e.kind == "confirm" else 0
                else:
                    confirmed += e.amount
                assert reserved >= 0
                assert confirmed >= 0
                assert reserved + confirmed <= limit
                tight += reserved + confirmed == limit
            account = ledger.account(key)
            found = ledger.balance(key, at=last)
            assert found == balance(account, mine, last)
            given += found.limit
            bound += found.reserved + found.confirmed + found.free
        assert given == bound == sum(e.amount for e in entries.values() if e.kind == "allocate")
        projects = {}
        for e in entries.values():
            if e.kind == "reserve" and e.ref.endswith(("-x", "-y")):
                projects.setdefault(e.ref[:-2], set()).add(e.ref[-1])
        assert all(both == {"x", "y"} for both in projects.values())
        assert tight > 3  # the limit was reached, again and again
    return len(entries)


def test_many_clients_book_at_once_and_some_are_killed(where: str, tmp_path: Path) -> None:
    with Ledger.at(where) as ledger:
        open_accounts(ledger)
    chance = random.Random(7)
    journals = [tmp_path / f"journal-{n}" for n in range(8)]
    began = time.time()
    # the odd ones go on until they are killed
    running = [client(where, n, 150 if n % 2 == 0 else 10**9, journals[n], began) for n in range(8)]
    try:
        deadline = time.monotonic() + 120
        for n in (1, 3, 5, 7):  # killed one after the other, each after it has booked something
            while len(lines(journals[n])) < 3 + 5 * n:
                assert running[n].poll() is None, running[n].stderr.read().decode()
                assert time.monotonic() < deadline
                time.sleep(0.002)
            time.sleep(chance.random() * 0.02)
            running[n].send_signal(signal.SIGKILL)
        for n, process in enumerate(running):
            _, said = process.communicate(timeout=120)
            assert process.returncode == (0 if n % 2 == 0 else -signal.SIGKILL), said.decode()
    finally:
        for process in running:
            if process.poll() is None:
                process.kill()
            process.communicate()
    assert check_books(where, journals) > 200
    # the ledger goes on as if nothing had happened
    with Ledger.at(where, create=False) as ledger:
        ledger.allocate(KEYS[0], 1, by="Li", at=START + 30 * DAY)
        assert ledger.audit() == ()


def test_a_client_killed_between_its_entries_leaves_nothing(where: str, tmp_path: Path) -> None:
    """The process dies inside the transaction, after the first of two entries."""
    with Ledger.at(where) as ledger:
        open_accounts(ledger)
        before = ledger.store.entries()
        script = (
            "import os, signal, sys\n"
            "from datetime import UTC, datetime\n"
            "from ecopark.admission.ledger import Ledger\n"
            "ledger = Ledger.at(sys.argv[1])\n"
            "add, seen = ledger.store.add, []\n"
            "def once(entry):\n"
            "    add(entry)\n"
            "    seen.append(entry)\n"
            "    if entry.kind == 'transfer_out':\n"
            "        os.kill(os.getpid(), signal.SIGKILL)\n"
            "ledger.store.add = once\n"
            f"ledger.transfer('{KEYS[0]}', '{KEYS[1]}', 5, by='Li', at=datetime(2026, 3, 2, tzinfo=UTC))\n"
        )
        path = str(Path(ecopark.__file__).parents[1])
        done = subprocess.run(
            [sys.executable, "-c", script, where], env={**os.environ, "PYTHONPATH": path}, check=False
        )
        assert done.returncode == -signal.SIGKILL
        assert ledger.store.entries() == before
        ledger.transfer(KEYS[0], KEYS[1], 5, by="Li", at=START + DAY)  # no lock was left behind
        assert ledger.audit() == ()


# -- an expiry that fires during a confirm -----------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["expire", "confirm"])
def test_an_expiry_during_a_confirm_is_decided_by_who_holds_the_account(where: str, first: str) -> None:
    """One client is inside its transaction while the other asks: the other waits, then sees what the first has done."""
    with Ledger.at(where) as one, Ledger.at(where) as other:
        open_accounts(one)
        ends = START + DAY
        held = one.reserve(KEYS[0], 100, until=ends, project="P", by="Li", at=START)
        inside, asked = threading.Event(), threading.Event()
        add = one.store.add

        def slowly(entry) -> None:
            add(entry)
            inside.set()
            asked.wait(5)
            time.sleep(0.1)  # the other is waiting for the account now

        one.store.add = slowly
        acts = {
            "expire": lambda ledger: ledger.expire(on=ends, account=KEYS[0]),
            "confirm": lambda ledger: ledger.confirm(held.ref, by="Li", at=ends - DAY / 24 / 60),
        }
        second = "confirm" if first == "expire" else "expire"
        errors: list[LedgerError] = []
        thread = threading.Thread(target=lambda: acts[first](one))
        thread.start()
        assert inside.wait(5)

        def ask() -> None:
            asked.set()
            try:
                acts[second](other)
            except LedgerError as error:
                errors.append(error)

        waiting = threading.Thread(target=ask)
        waiting.start()
        thread.join()
        waiting.join()
        found = other.balance(KEYS[0], at=ends)
        if first == "expire":
            assert [e.code for e in errors] == ["ledger-expired"]
            assert (found.reserved, found.confirmed) == (0, 0)
        else:
            assert errors == []
            assert (found.reserved, found.confirmed) == (0, 100)
        assert other.audit() == ()


def test_confirms_and_expiries_that_race_have_one_winner_each(where: str) -> None:
    with Ledger.at(where) as ledger:
        open_accounts(ledger)
        refs = [
            ledger.reserve(
                KEYS[0], 1, until=START + (n + 1) * DAY / 24, project="P", by="Li", at=START, ref=f"r{n}"
            ).ref
            for n in range(60)
        ]
        confirmed: list[str] = []
        failed: list[str] = []
        codes: set[str] = set()

        def confirm() -> None:
            with Ledger.at(where) as mine:
                for n, ref in enumerate(refs):
                    try:
                        mine.confirm(ref, by="Wang", at=START + (n + 1) * DAY / 24 - DAY / 24 / 60)
                        confirmed.append(ref)
                    except LedgerError as error:
                        codes.add(error.code)
                        failed.append(ref)

        def expire() -> None:
            with Ledger.at(where) as mine:
                for n in range(len(refs)):
                    mine.expire(on=START + (n + 1) * DAY / 24)

        threads = [threading.Thread(target=confirm), threading.Thread(target=expire)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert codes <= {"ledger-expired", "ledger-backdated"}
        assert len(confirmed) + len(failed) == len(refs)
        states = {r.ref: r.state for r in ledger.reservations(KEYS[0], at=START + 10 * DAY)}
        assert {ref for ref, state in states.items() if state == "confirmed"} == set(confirmed)
        assert all(states[ref] == "expired" for ref in failed)
        assert ledger.balance(KEYS[0], at=START + 10 * DAY).confirmed == len(confirmed)
        assert ledger.audit() == ()


def test_a_write_that_waits_too_long_says_so_and_writes_nothing(where: str) -> None:
    with Ledger.at(where) as ledger:
        open_accounts(ledger)
        impatient = type(ledger.store)(where, timeout_s=0.2)
        inside, go = threading.Event(), threading.Event()

        def hold(transaction) -> None:
            inside.set()
            go.wait(10)

        thread = threading.Thread(target=lambda: ledger.store.write([KEYS[0]], hold))
        thread.start()
        inside.wait(5)
        try:
            with pytest.raises(LedgerError) as caught:
                Ledger(impatient).allocate(KEYS[0], 1, by="Li", at=START)
            assert caught.value.code == "ledger-busy"
        finally:
            go.set()
            thread.join()
            impatient.close()


def test_many_clients_may_make_the_ledger_at_once(where: str) -> None:
    problems: list[Exception] = []

    def begin(n: int) -> None:
        try:
            with Ledger.at(where) as mine:
                mine.open(Account("energy", 2026, "park"), by=f"client {n}", at=START)
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=begin, args=(n,)) for n in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert problems == []
    with Ledger.at(where, create=False) as ledger:
        assert len(ledger.accounts()) == 1


def test_a_broken_connection_is_said_and_the_next_act_works(postgres) -> None:
    where = postgres.empty()
    with Ledger.at(where) as ledger, Ledger.at(where) as killer:
        open_accounts(ledger)
        (pid,) = ledger.store.rows("SELECT pg_backend_pid()")[0]
        killer.store.rows("SELECT pg_terminate_backend(?)", (pid,))
        with pytest.raises(LedgerError) as caught:
            ledger.allocate(KEYS[0], 1, by="Li", at=START)
        assert caught.value.code == "ledger-store"
        ledger.allocate(KEYS[0], 1, by="Li", at=START)
        assert ledger.balance(KEYS[0], at=START).limit == Decimal("401.000001")


def test_a_connection_that_breaks_inside_a_write_writes_nothing(postgres) -> None:
    where = postgres.empty()
    with Ledger.at(where) as ledger, Ledger.at(where) as killer:
        open_accounts(ledger)
        before = killer.store.entries()
        (pid,) = ledger.store.rows("SELECT pg_backend_pid()")[0]
        add = ledger.store.add

        def cut(entry) -> None:
            add(entry)
            killer.store.rows("SELECT pg_terminate_backend(?)", (pid,))
            time.sleep(0.05)

        ledger.store.add = cut
        with pytest.raises(LedgerError) as caught:
            ledger.transfer(KEYS[0], KEYS[1], 5, by="Li", at=START)
        assert caught.value.code in ("ledger-store", "ledger-unsure")
        assert killer.store.entries() == before


def test_a_forked_child_gets_a_connection_of_its_own(where: str) -> None:
    with Ledger.at(where) as ledger:
        open_accounts(ledger)
        child = os.fork()
        if child == 0:
            try:
                ledger.allocate(KEYS[0], 1, by="child", at=START)
                os._exit(0)
            finally:
                os._exit(1)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0
        ledger.allocate(KEYS[0], 1, by="parent", at=START)
        assert ledger.balance(KEYS[0], at=START).limit == Decimal("402.000001")
    open_store(where, create=False).close()
