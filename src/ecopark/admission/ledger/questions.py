"""What can be asked of a ledger: accounts, balances, reservations, statements, and whether everything adds up."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from ecopark.admission.ledger.checks import LedgerError, exactly, moment, words
from ecopark.admission.ledger.entries import ZERO, Account, Balance, Entry
from ecopark.admission.ledger.page import unknown
from ecopark.admission.ledger.statement import Reservation, Statement, audit_account, reservations
from ecopark.admission.ledger.store import Reader, Store
from ecopark.errors import Place, Problem, did_you_mean

CHINA = timezone(timedelta(hours=8))
"""A quota year ends with the calendar year at this offset; there is no summer time."""


class Questions:
    """The side of the ledger that writes nothing.

    Parameters
    ----------
    store
        Where it is kept.
    """

    def __init__(self, store: Store) -> None:
        self.store = store

    def accounts(self, *, item: str = "", year: int | None = None, place: str = "") -> tuple[Account, ...]:
        """The open accounts, by key."""
        return tuple(
            a
            for a in self.store.accounts()
            if item in ("", a.item) and year in (None, a.year) and place in ("", a.place)
        )

    def account(self, account: Account | str) -> Account:
        """The open account.

        Raises
        ------
        LedgerError
            It has not been opened; the nearest keys are named.
        """
        key = account.key if isinstance(account, Account) else str(account)
        found = self.store.account(key)
        if found is None or (isinstance(account, Account) and found != account):
            known = [a.key for a in self.store.accounts()]
            near = did_you_mean(key, known)
            raise LedgerError(
                Problem(
                    "ledger-unknown-account",
                    Place(key),
                    "没有这个账户" if found is None else f"账户的单位是 {found.unit}",
                    "there is no such account" if found is None else f"the account is kept in {found.unit}",
                    f"已开立的账户：{'、'.join(known[:8]) or '无'}。",
                    f"{near} Open accounts: {', '.join(known[:8]) or 'none'}.".strip(),
                )
            )
        return found

    def balance(self, account: Account | str, *, at: datetime) -> Balance:
        """The balance of an account at a moment, past or present. [unit of the account]

        Equal to `entries.balance` over all its entries, without reading them all.
        """
        held, when = self.account(account), moment(at)
        last = self.store.last(held.key, when)
        if last is None:
            return Balance(held, when, ZERO, ZERO, ZERO)
        with exactly():
            gone = sum((e.amount for e in self.store.due(held.key, last.at, when, last.seq)), ZERO)
        after = last.after.plus(reserved=-gone)
        return Balance(held, when, after.limit, after.reserved, after.confirmed)

    def balances(self, *, at: datetime) -> tuple[Balance, ...]:
        """The balance of every account."""
        return tuple(self.balance(a, at=at) for a in self.store.accounts())

    def reservation(self, ref: str, *, at: datetime) -> Reservation:
        """A reservation as it stands at a moment.

        Raises
        ------
        LedgerError
            There is none of this name.
        """
        return self._state(self.store, ref, moment(at))

    def reservations(self, account: Account | str, *, at: datetime, state: str = "") -> tuple[Reservation, ...]:
        """The reservations of an account at a moment; only those in `state`, where one is given."""
        held, when = self.account(account), moment(at)
        found = reservations(self.store.entries(held.key), when)
        return tuple(r for r in found if state in ("", r.state))

    def statement(self, account: Account | str, *, since: datetime | None = None, to: datetime) -> Statement:
        """What happened on an account from `since` up to and including `to`, with the balance before and after."""
        held = self.account(account)
        return Statement.of(held, self.store.entries(held.key), None if since is None else moment(since), moment(to))

    def history(self, *, project: str = "", ref: str = "") -> tuple[Entry, ...]:
        """Every entry of a project or of a reservation."""
        return tuple(
            self.store.about(ref) if ref else self.store.entries(project=words(project, "项目", "the project"))
        )

    def audit(self) -> tuple[Problem, ...]:
        """Everything that does not add up: nothing, unless somebody went around the ledger.

        Every account is worked out again from its entries: numbering, time, running totals, limits, reservations and
        seals; transfers must have both sides.
        """
        problems: list[Problem] = []
        halves: dict[str, list[Entry]] = {}
        for account in self.store.accounts():
            entries = self.store.entries(account.key)
            problems.extend(audit_account(account, entries))
            for entry in entries:
                if entry.kind in ("transfer_out", "transfer_in"):
                    halves.setdefault(entry.ref, []).append(entry)
        for ref, pair in halves.items():
            kinds = sorted(e.kind for e in pair)
            if kinds != ["transfer_in", "transfer_out"] or pair[0].amount != pair[1].amount:
                problems.append(
                    Problem("ledger-audit", Place(ref), "调拨的两边不相符", "the two sides of the transfer differ")
                )
        return tuple(problems)

    # -- inside --------------------------------------------------------------------------------------------------------

    def _of(self, ref: str) -> Account:
        """The account of a reservation."""
        entries = self.store.about(ref) if isinstance(ref, str) else []
        if not entries:
            raise unknown(ref)
        return self.account(entries[0].account)

    def _state(self, reader: Reader, ref: str, at: datetime) -> Reservation:
        found = reservations(reader.about(ref), at)
        if not found:
            raise unknown(ref)
        return found[0]
