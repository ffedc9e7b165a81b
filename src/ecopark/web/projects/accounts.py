"""The accounts of a park in the quota ledger: balances, what is held until when, one account whole; allocate and correct."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from ecopark.admission.ledger import Account, Balance, Entry
from ecopark.admission.ledger.statement import Reservation
from ecopark.errors import EcoparkError, Problem
from ecopark.web.parks.models import Park
from ecopark.web.projects import gate
from ecopark.web.projects.models import Decision

SOON = timedelta(days=30)
ACTS = ("allocate", "correct")
YEARS = range(1900, 2201)


@dataclass(frozen=True)
class Held:
    """A reservation that counts now; `decision` is the one it was made for, if it is this park's."""

    account: Account
    reservation: Reservation
    soon: bool
    decision: Decision | None

    @property
    def last_day(self) -> date:
        """The last day it counts."""
        return last_day(self.reservation.until)


def last_day(until: datetime) -> date:
    """The last day before a moment."""
    return timezone.localdate(until - timedelta(seconds=1))


def balances(park: Park, now: datetime) -> tuple[list[Balance], list[Held], tuple[Problem, ...]]:
    """The balances of all accounts of a park, what is held in them, and what the audit of the ledger found."""
    if not gate.address_of(park):
        return [], [], ()
    decisions = {d.name: d for d in Decision.objects.filter(park=park).defer("body")}
    found: list[Balance] = []
    held: list[Held] = []
    with gate.open_ledger() as ledger:
        for account in ledger.accounts(place=gate.place_of(park)):
            found.append(ledger.balance(account, at=now))
            held += [
                Held(account, r, r.until - now < SOON, decisions.get(r.ref.split("/", 1)[0]))
                for r in ledger.reservations(account, at=now, state="reserved")
            ]
        problems = ledger.audit()
    return found, sorted(held, key=lambda h: h.reservation.until), problems


def account(park: Park, item: str, year: int, now: datetime) -> tuple[Balance, list[Entry], list[Reservation]] | None:
    """One account: its balance, every entry (the newest first) and every reservation; None if there is none."""
    if not gate.address_of(park):
        return None
    with gate.open_ledger() as ledger:
        known = ledger.accounts(place=gate.place_of(park))
        found = next((a for a in known if a.item == item and a.year == year), None)
        if found is None:
            return None
        entries = list(reversed(ledger.statement(found, to=now).entries))
        return ledger.balance(found, at=now), entries, list(ledger.reservations(found, at=now))


def book(park: Park, act: str, item: str, year: int, amount: str, why: str, user: Any) -> Account:
    """Allocate a quota (the account is opened if there is none), or correct one, with its reason.

    Raises
    ------
    EcoparkError
        No such act or year.
    InputError
        The ledger refuses.
    """
    if act not in ACTS or year not in YEARS:
        raise EcoparkError(
            "allocate or correct a quota of a year from 1900 to 2200.", zh="只能下达或更正 1900–2200 年的指标。"
        )
    now, by = timezone.now(), user.shown_name
    with gate.open_ledger() as ledger:
        wanted = Account(item, year, gate.claim_place(park, ledger))
        if act == "correct":
            found = ledger.account(wanted)
            ledger.correct(found, amount, reason=why, by=by, at=now)
            return found
        known = {a.key for a in ledger.accounts(place=wanted.place)}
        found = ledger.account(wanted) if wanted.key in known else ledger.open(wanted, by=by, at=now)
        ledger.allocate(found, amount, by=by, at=now, note=why)
        return found
