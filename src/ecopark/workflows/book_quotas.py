"""The gate and the quota ledger of a park: which ledger it is, what it says on a day, and what a decision books in it.

A park keeps its ledger in `ledger.sqlite`, or names another one in `park.toml`:

    [admission]
    ledger = "postgresql://user@host/database"
    ledger_place = "park"
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from ecopark.admission import bookings
from ecopark.admission.decision import Decision
from ecopark.admission.ledger import Entry, Ledger
from ecopark.admission.ledger.questions import CHINA
from ecopark.admission.policy import Policy, QuotaState
from ecopark.errors import InputError, Place, Problem, UnitError, did_you_mean

LEDGER_FILE = "ledger.sqlite"
KEYS = ("ledger", "ledger_place")


@dataclass(frozen=True, slots=True)
class LedgerAddress:
    """Where a ledger is, and whose accounts in it the gate asks.

    Parameters
    ----------
    where
        A file, or ``postgresql://...``.
    place
        The place of the accounts: the park, a control unit, a group.
    """

    where: str | Path
    place: str = bookings.PARK


def ledger_address(
    park: Path | None, given: str | Path | None = None, place: str | None = None
) -> LedgerAddress | None:
    """The ledger to ask: as given, else as `park.toml` says, else `ledger.sqlite` of the park; None if there is none.

    Raises
    ------
    InputError
        The table `[admission]` of `park.toml` cannot be used.
    """
    table = _admission(park) if park is not None else {}
    where = given or table.get("ledger")
    if where is None and park is not None and (park / LEDGER_FILE).is_file():
        where = park / LEDGER_FILE
    if not where:
        return None
    if not given and park is not None and "://" not in str(where):
        where = park / where
    return LedgerAddress(where, place or str(table.get("ledger_place") or bookings.PARK))


def end_of(day: date) -> datetime:
    """The last moment of a day in China: when its balance is taken."""
    return datetime.combine(day, time(), CHINA) + timedelta(days=1) - timedelta(microseconds=1)


def balances(address: LedgerAddress, policy: Policy, on: date) -> QuotaState:
    """What the ledger has free at the end of a day, for the quotas of a policy.

    Raises
    ------
    InputError
        The ledger cannot be opened, or is kept in units that the policy's rules cannot be compared with.
    """
    with open_ledger(address) as ledger:
        try:
            return bookings.quota_state(ledger, policy, at=end_of(on), place=address.place)
        except UnitError as error:
            zh, en = f"台账单位与政策不符：{error}", f"the ledger's units do not fit the policy: {error}"
            raise InputError([Problem("ledger-unit", Place(ledger.store.name), zh, en)]) from None


def book(decision: Decision, address: LedgerAddress, *, until: datetime, by: str, at: datetime) -> tuple[Entry, ...]:
    """Reserve what a decision needs, all of it or nothing, under the id of the decision.

    Parameters
    ----------
    until
        From this moment on the reservations no longer count.
    by, at
        Who books it, and when.

    Raises
    ------
    InputError
        The project is not admitted, is booked already, or the ledger refuses.
    """
    with open_ledger(address) as ledger:
        return bookings.reserve(ledger, decision, until=until, by=by, at=at, place=address.place)


def give_back(decision: Decision, address: LedgerAddress, *, by: str, at: datetime, note: str) -> None:
    """Release what was just reserved, where the decision could not be kept after all."""
    with open_ledger(address) as ledger:
        bookings.release(ledger, bookings.decision_id(decision), by=by, at=at, note=note)


@contextmanager
def open_ledger(address: LedgerAddress) -> Iterator[Ledger]:
    """The ledger, which must exist."""
    with Ledger.at(address.where, create=False) as ledger:
        yield ledger


def _admission(park: Path) -> dict[str, Any]:
    """The table `[admission]` of a park's `park.toml`."""
    file = park / "park.toml"
    if not file.is_file():
        return {}
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8-sig")).get("admission", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problem = Problem("bad-toml", Place(str(file)), f"读不懂：{error}", f"cannot be read: {error}")
        raise InputError([problem]) from None
    problems = []
    for key, value in table.items() if isinstance(table, dict) else [("admission", table)]:
        if key not in KEYS or not isinstance(value, str):
            hint = did_you_mean(key, KEYS)
            zh, en = f"[admission] 的“{key}”无效", f"[admission]: '{key}' is no setting, or no text. {hint}".strip()
            repair = f"可用：{'、'.join(KEYS)}。", f"Settings: {', '.join(KEYS)}."
            problems.append(Problem("unknown-setting", Place(str(file)), zh, en, *repair))
    if problems:
        raise InputError(problems)
    return dict(table)
