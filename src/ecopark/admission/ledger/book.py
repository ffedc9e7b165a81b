"""The ledger: allocate, reserve, confirm, release, transfer, correct; and what follows from the entries.

Every act is one transaction with its accounts held: what is free is worked out and the entry written before anybody
else may look. The moment is always an argument. Within an account time does not run backwards: an act whose clock is a
little behind (`slack`) takes the moment of the entry above it, one that is further behind is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from ecopark.admission.ledger.checks import LedgerError, moment, plain, words
from ecopark.admission.ledger.checks import amount as exact_amount
from ecopark.admission.ledger.entries import Account, Entry
from ecopark.admission.ledger.page import Page, exists, settled_before, shown, unknown
from ecopark.admission.ledger.questions import CHINA, Questions
from ecopark.admission.ledger.ratios import Ratio, times
from ecopark.admission.ledger.store import Store, Transaction, open_store
from ecopark.errors import InputError, Place, Problem

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Booking:
    """One quota that a project needs, for `Ledger.reserve_all`.

    Parameters
    ----------
    account
        The account or its key.
    amount
        What is needed in the account's unit; with a `ratio`, the new emission before it is multiplied.
    ref
        Name of the reservation; the ledger gives one where it is empty.
    ratio
        Replacement ratio: the account is charged `amount` times this.
    """

    account: Account | str
    amount: Decimal | int | str
    ref: str = ""
    ratio: Ratio | None = None


class Ledger(Questions):
    """The quota ledger of a park.

    Parameters
    ----------
    store
        Where it is kept.
    slack
        How far the clock of one client may be behind that of another.
    zone
        In which a quota year ends.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> day = datetime(2026, 3, 1, tzinfo=UTC)
    >>> ledger = Ledger.at(":memory:")
    >>> energy = ledger.open(Account("energy", 2026, "park"), by="Li", at=day)
    >>> _ = ledger.allocate(energy, "1000", by="Li", at=day)
    >>> held = ledger.reserve(energy, "380.5", until=day.replace(month=6), project="P-1", by="Li", at=day)
    >>> ledger.balance(energy, at=day).free
    Decimal('619.5')
    >>> _ = ledger.confirm(held.ref, by="Li", at=day.replace(month=4))
    >>> ledger.balance(energy, at=day.replace(month=12)).confirmed
    Decimal('380.5')
    >>> ledger.close()
    """

    def __init__(self, store: Store, *, slack: timedelta = timedelta(minutes=5), zone: timezone = CHINA) -> None:
        super().__init__(store)
        self.slack = slack
        self.zone = zone

    @classmethod
    def at(cls, where: str | Path, *, create: bool = True) -> Ledger:
        """The ledger in a file (SQLite) or at ``postgresql://...``."""
        return cls(open_store(where, create=create))

    def close(self) -> None:
        """Let go of the database."""
        self.store.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    # -- accounts ------------------------------------------------------------------------------------------------------

    def open(self, account: Account, *, by: str, at: datetime) -> Account:
        """Open an account; opening the same one again does nothing.

        Raises
        ------
        LedgerError
            It is open with another unit or another number of decimals.
        """
        kept = self.store.open_account(account, moment(at), _who(by))
        if kept != account:
            raise LedgerError(
                Problem(
                    "ledger-account-differs",
                    Place(account.key),
                    f"账户已开立，单位 {kept.unit}，{kept.places} 位小数",
                    f"the account is open with unit {kept.unit} and {kept.places} decimals",
                    "账户的单位不能改。",
                    "The unit of an account cannot be changed.",
                )
            )
        return kept

    # -- acts ----------------------------------------------------------------------------------------------------------

    def allocate(
        self, account: Account | str, amount: Decimal | int | str, *, by: str, at: datetime, note: str = ""
    ) -> Entry:
        """Add a quota that has been granted.

        Raises
        ------
        LedgerError
            Unknown account, wrong amount, a past year, or a moment before the entry above.
        """
        held, who, when, why = self.account(account), _who(by), moment(at), _note(note)
        number = exact_amount(amount, held.places, held.key)

        def work(transaction: Transaction) -> Entry:
            page = self._page(transaction, held, when)
            self._current(held, page.at)
            return page.post("allocate", number, by=who, note=why, limit=number)

        return self.store.write([held.key], work)

    def reserve(
        self,
        account: Account | str,
        amount: Decimal | int | str,
        *,
        until: datetime,
        project: str,
        by: str,
        at: datetime,
        ref: str = "",
        ratio: Ratio | None = None,
        note: str = "",
    ) -> Entry:
        """Hold quota for a project until a moment. The name of the reservation is the `ref` of the entry.

        Parameters
        ----------
        ref
            A name of the caller's own. After an answer got lost, repeating with the same name cannot book twice.
        ratio
            Replacement ratio: `amount` is the new emission, and the account is charged `amount` times the ratio.

        Raises
        ------
        NotEnough
            Less than this is free.
        LedgerError
            Unknown account, wrong amount, a past year, `until` not after `at`, or the name is taken.
        """
        booking = Booking(account, amount, ref, ratio)
        return self.reserve_all([booking], until=until, project=project, by=by, at=at, note=note)[0]

    def reserve_all(
        self,
        bookings: Sequence[Booking],
        *,
        until: datetime,
        project: str,
        by: str,
        at: datetime,
        note: str = "",
    ) -> tuple[Entry, ...]:
        """Hold everything that a project needs, or nothing.

        Raises
        ------
        LedgerError
            As for `reserve`, for one booking.
        InputError
            The same for several bookings: all that stands in the way.
        """
        who, when, why = _who(by), moment(at), _note(note)
        ends = moment(until, "到期时间", "the expiry")
        name = words(project, "项目", "the project")
        asked = _each(bookings, lambda b: self._asked(b))
        names = [ref for _, _, ref, _ in asked if ref]
        for ref in names:
            if names.count(ref) > 1:
                raise exists(ref)

        def work(transaction: Transaction) -> tuple[Entry, ...]:
            pages: dict[str, Page] = {}
            for account, *_ in asked:
                if account.key not in pages:
                    pages[account.key] = self._page(transaction, account, when)

            def one(row: tuple[Account, Decimal, str, Booking]) -> Entry:
                account, number, ref, booking = row
                page = pages[account.key]
                self._current(account, page.at)
                if ends <= page.at:
                    raise LedgerError(
                        Problem(
                            "ledger-until",
                            Place(account.key),
                            f"到期时间 {shown(ends)} 不晚于预留时间 {shown(page.at)}",
                            f"the expiry {shown(ends)} is not after the reservation at {shown(page.at)}",
                        )
                    )
                if ref and transaction.about(ref):
                    raise exists(ref)
                page.must_be_free(number)
                ratio = booking.ratio
                return page.post(
                    "reserve",
                    number,
                    by=who,
                    note=why,
                    ref=ref or page.next_id,
                    until=ends,
                    project=name,
                    ratio=ratio.ratio if ratio else None,
                    new_amount=exact_amount(booking.amount, account.places) if ratio else None,
                    reserved=number,
                )

            return tuple(_each(asked, one))

        return self.store.write([account.key for account, *_ in asked], work)

    def confirm(
        self,
        reservation: str,
        *,
        by: str,
        at: datetime,
        amount: Decimal | int | str | None = None,
        note: str = "",
    ) -> Entry:
        """Turn a reservation into quota that the project has for good.

        Parameters
        ----------
        amount
            What the project takes, where that is less than was reserved; the rest becomes free.

        Raises
        ------
        LedgerError
            Unknown, expired, confirmed or released before; more than was reserved; a past year.
        """
        held, who, when, why = self._of(reservation), _who(by), moment(at), _note(note)
        number = None if amount is None else exact_amount(amount, held.places, held.key)
        return self.store.write([held.key], lambda t: self._confirm(t, held, reservation, when, who, why, number))

    def confirm_all(self, reservations: Sequence[str], *, by: str, at: datetime, note: str = "") -> tuple[Entry, ...]:
        """Confirm several reservations in full, or none of them: what one decision has reserved.

        Raises
        ------
        LedgerError
            As for `confirm`, for one of them.
        InputError
            The same for several of them: all that stands in the way.
        """
        who, when, why = _who(by), moment(at), _note(note)
        held = _each(reservations, lambda ref: (self._of(ref), ref))

        def work(transaction: Transaction) -> tuple[Entry, ...]:
            return tuple(_each(held, lambda one: self._confirm(transaction, *one, when, who, why, None)))

        return self.store.write([account.key for account, _ in held], work)

    def release(self, reservation: str, *, by: str, at: datetime, note: str = "") -> Entry:
        """Give up a reservation; what it held is free again.

        Raises
        ------
        LedgerError
            Unknown, expired, confirmed or released before. Confirmed quota is given back with `correct`.
        """
        held, who, when, why = self._of(reservation), _who(by), moment(at), _note(note)
        return self.store.write([held.key], lambda t: self._release(t, held, reservation, when, who, why))

    def release_all(self, reservations: Sequence[str], *, by: str, at: datetime, note: str = "") -> tuple[Entry, ...]:
        """Give up several reservations, or none of them: what one decision has reserved.

        Raises
        ------
        LedgerError
            As for `release`, for one of them.
        InputError
            The same for several of them: all that stands in the way.
        """
        who, when, why = _who(by), moment(at), _note(note)
        held = _each(reservations, lambda ref: (self._of(ref), ref))

        def work(transaction: Transaction) -> tuple[Entry, ...]:
            return tuple(_each(held, lambda one: self._release(transaction, *one, when, who, why)))

        return self.store.write([account.key for account, _ in held], work)

    def transfer(
        self,
        source: Account | str,
        target: Account | str,
        amount: Decimal | int | str,
        *,
        by: str,
        at: datetime,
        note: str = "",
    ) -> tuple[Entry, Entry]:
        """Move free quota to another place. Item, unit and year stay: a swap across years is a matter of policy.

        Raises
        ------
        NotEnough
            Less than this is free.
        LedgerError
            Unknown or equal accounts, different item, unit or year, wrong amount, a past year.
        """
        giver, taker, who, when, why = self.account(source), self.account(target), _who(by), moment(at), _note(note)
        if giver == taker or (giver.item, giver.unit, giver.year) != (taker.item, taker.unit, taker.year):
            raise LedgerError(
                Problem(
                    "ledger-transfer",
                    Place(giver.key),
                    f"不能调到 {taker.key}：须为同一额度、单位和年度的另一账户",
                    f"cannot transfer to {taker.key}: it must be another account of the same item, unit and year",
                )
            )
        number = exact_amount(amount, min(giver.places, taker.places), giver.key)

        def work(transaction: Transaction) -> tuple[Entry, Entry]:
            out, into = self._page(transaction, giver, when), self._page(transaction, taker, when)
            out.at = into.at = max(out.at, into.at)
            out.sweep()
            into.sweep()
            self._current(giver, out.at)
            out.must_be_free(number)
            ref = out.next_id
            left = out.post("transfer_out", number, by=who, note=why, ref=ref, limit=-number)
            return left, into.post("transfer_in", number, by=who, note=why, ref=ref, limit=number)

        return self.store.write([giver.key, taker.key], work)

    def correct(
        self,
        account: Account | str,
        amount: Decimal | int | str,
        *,
        reason: str,
        by: str,
        at: datetime,
        reservation: str = "",
    ) -> Entry:
        """Put right what was booked wrongly, by a further entry with its reason.

        Parameters
        ----------
        amount
            Added to the limit, or taken from it where negative. With `reservation`: to or from what that reservation's
            project has confirmed, as when a firm gives quota back.

        Raises
        ------
        NotEnough
            What is reserved and confirmed would pass the limit.
        LedgerError
            Unknown account or reservation, not confirmed, more taken back than was confirmed, no reason, wrong amount.
        """
        held, who, when = self.account(account), _who(by), moment(at)
        why = words(reason, "更正理由", "the reason of the correction", longest=2000)
        number = exact_amount(amount, held.places, held.key, signed=True)
        if reservation and self._of(reservation) != held:
            raise unknown(reservation)

        def work(transaction: Transaction) -> Entry:
            page = self._page(transaction, held, when)
            if not reservation:
                if number < 0:
                    page.must_be_free(-number)
                return page.post("correct", number, by=who, note=why, limit=number)
            found = self._state(transaction, reservation, page.at)
            if found.state != "confirmed":
                raise settled_before(found, "更正", "corrected")
            if found.confirmed < -number:
                raise LedgerError(
                    Problem(
                        "ledger-above-confirmed",
                        Place(reservation),
                        f"项目只有 {plain(found.confirmed)} {held.unit}，不能退回 {plain(-number)}",
                        f"the project has {plain(found.confirmed)} {held.unit}; {plain(-number)} cannot be taken back",
                    )
                )
            if number > 0:
                page.must_be_free(number)
            return page.post(
                "correct", number, by=who, note=why, ref=reservation, project=found.project, confirmed=number
            )

        return self.store.write([held.key], work)

    def expire(self, *, on: datetime, account: Account | str | None = None) -> tuple[Entry, ...]:
        """Write down the reservations that have expired by `on`.

        Balances do not need it: an expired reservation counts for nothing, written down or not. Every act on an account
        does it first; this does it for a statement at the end of a period.
        """
        when = moment(on)
        found: list[Entry] = []
        for held in [self.account(account)] if account is not None else self.store.accounts():

            def work(transaction: Transaction, held: Account = held) -> list[Entry]:
                last = transaction.last(held.key)
                if last is None or last.at > when:
                    return []
                return self._page(transaction, held, when).written

            found.extend(self.store.write([held.key], work))
        return tuple(found)

    # -- inside --------------------------------------------------------------------------------------------------------

    def _asked(self, booking: Booking) -> tuple[Account, Decimal, str, Booking]:
        account = self.account(booking.account)
        ref = words(booking.ref, "预留编号", "the name of the reservation", needed=False, longest=100)
        if "#" in ref:
            raise LedgerError(
                Problem("ledger-ref", Place(ref), "预留编号不能含有“#”", "the name of a reservation holds no '#'")
            )
        if booking.ratio is None:
            return account, exact_amount(booking.amount, account.places, account.key), ref, booking
        return account, times(account, booking.amount, booking.ratio.ratio), ref, booking

    def _page(self, transaction: Transaction, account: Account, at: datetime) -> Page:
        return Page(transaction, account, at, self.slack)

    def _confirm(
        self,
        transaction: Transaction,
        held: Account,
        ref: str,
        when: datetime,
        who: str,
        why: str,
        number: Decimal | None,
    ) -> Entry:
        page, made = self._waiting(transaction, held, ref, when)
        self._current(held, page.at)
        taken = made.amount if number is None else number
        if taken > made.amount:
            raise LedgerError(
                Problem(
                    "ledger-above-reserved",
                    Place(ref),
                    f"确认 {plain(taken)} {held.unit}，只预留了 {plain(made.amount)}",
                    f"{plain(taken)} {held.unit} is more than the {plain(made.amount)} that was reserved",
                    "请另行预留不足部分。",
                    "Reserve the rest as well.",
                )
            )
        return page.post(
            "confirm", taken, by=who, note=why, ref=made.ref, project=made.project,
            reserved=-made.amount, confirmed=taken,
        )  # fmt: skip

    def _release(self, transaction: Transaction, held: Account, ref: str, when: datetime, who: str, why: str) -> Entry:
        page, made = self._waiting(transaction, held, ref, when)
        return page.post(
            "release", made.amount, by=who, note=why, ref=made.ref, project=made.project, reserved=-made.amount
        )

    def _waiting(self, transaction: Transaction, account: Account, ref: str, at: datetime) -> tuple[Page, Entry]:
        """The account's page and the reservation, which must still be waiting."""
        entries = transaction.about(ref)
        settled = [e for e in entries if e.kind in ("confirm", "release")]
        if settled:
            raise settled_before(self._state(transaction, ref, max(at, settled[0].at)), "再处理", "settled again")
        page = self._page(transaction, account, at)
        found = self._state(transaction, ref, page.at)
        if found.state != "reserved":
            raise settled_before(found, "处理", "settled")
        return page, entries[0]

    def _current(self, account: Account, at: datetime) -> None:
        """A quota of a past year can no longer be granted, reserved, confirmed or moved."""
        year = at.astimezone(self.zone).year
        if account.year < year:
            raise LedgerError(
                Problem(
                    "ledger-past-year",
                    Place(account.key),
                    f"{account.year} 年的额度在 {year} 年不能再使用",
                    f"a quota of {account.year} can no longer be used in {year}",
                    f"请使用 {year} 年的账户；记错的可以更正。",
                    f"Use the account of {year}; what was booked wrongly can be corrected.",
                )
            )


def _each(rows: Sequence[T], act: Callable[[T], R]) -> list[R]:
    """`act` on every row; all the problems together if there are any."""
    done: list[R] = []
    errors: list[LedgerError] = []
    for row in rows:
        try:
            done.append(act(row))
        except LedgerError as error:
            errors.append(error)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise InputError([p for e in errors for p in e.problems])
    return done


def _who(by: str) -> str:
    return words(by, "经办人", "who books it (by)", longest=100)


def _note(note: str) -> str:
    return words(note, "备注", "the note", needed=False, longest=2000)
