"""A client of the ledger in a process of its own, for the tests that kill some: books at random until told to stop.

    python client.py WHERE SEED ROUNDS JOURNAL BEGAN

What the ledger has acknowledged is written to the journal, a line each, after the fact and unbuffered: whatever stands
there must be in the books, however the process ended.
"""

from __future__ import annotations

import os
import random
import sys
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from ecopark.admission.ledger import Booking, Ledger, LedgerError

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
KEYS = ("cod/2026/a", "cod/2026/b", "nox/2026/a")
EXPECTED = {
    "ledger-not-enough", "ledger-expired", "ledger-released", "ledger-confirmed", "ledger-not-confirmed",
    "ledger-above-confirmed",
    "ledger-until",  # a few seconds of waiting for the others are more than the minutes it asked for
}  # fmt: skip


def main(where: str, seed: int, rounds: int, journal: str, began: float) -> None:
    chance = random.Random(seed)
    mine: list[str] = []
    ledger = Ledger.at(where)
    log = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(log, b"ready\n")
    for n in range(rounds):
        # a second is ten minutes of the ledger; clocks differ by up to a minute
        at = START + 600 * timedelta(seconds=time.time() - began) + timedelta(seconds=chance.randint(0, 60))
        amount = Decimal(chance.randint(1, 30_000_000)) / 1_000_000
        who = f"client {seed}"
        try:
            entries = act(ledger, chance, mine, at, amount, who, f"c{seed}-{n}")
        except LedgerError as error:
            unexpected = {p.code for p in error.problems} - EXPECTED - {"ledger-backdated"}
            if unexpected:
                raise
            continue
        except ValueError:  # several accounts were short
            continue
        for entry in entries:
            if entry.kind == "reserve":
                mine.append(entry.ref)
            os.write(log, f"{entry.id} {entry.kind} {entry.amount} {entry.seal}\n".encode())
    os.write(log, b"done\n")
    ledger.close()


def act(ledger, chance, mine, at, amount, who, ref):
    what = chance.random()
    key = chance.choice(KEYS)
    if what < 0.03:
        return [ledger.allocate(key, amount, by=who, at=at)]
    if what < 0.15:
        amount = ledger.balance(key, at=at).free or amount  # everything, as others may be doing
    if what < 0.45:
        until = at + timedelta(minutes=chance.randint(1, 30))
        return [ledger.reserve(key, amount, until=until, project=ref, by=who, at=at, ref=ref)]
    if what < 0.55:
        until = at + timedelta(minutes=chance.randint(1, 30))
        both = [Booking(KEYS[0], amount, f"{ref}-x"), Booking(KEYS[2], amount, f"{ref}-y")]
        try:
            return ledger.reserve_all(both, until=until, project=ref, by=who, at=at)
        except LedgerError:
            raise
        except Exception as error:
            raise ValueError(str(error)) from error
    if what < 0.62:
        return ledger.transfer(*chance.sample(KEYS[:2], 2), amount, by=who, at=at)
    if what < 0.66:
        return ledger.expire(on=at)
    if not mine:
        return []
    target = chance.choice(mine[-8:])
    if what < 0.82:
        return [ledger.confirm(target, by=who, at=at)]
    if what < 0.92:
        return [ledger.release(target, by=who, at=at)]
    account = ledger.history(ref=target)[0].account
    return [ledger.correct(account, -amount, reason="less", by=who, at=at, reservation=target)]


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], float(sys.argv[5]))
