"""One account inside a transaction: what it stands at, the next line, and why a line may not be written."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from ecopark.admission.ledger.checks import LedgerError, NotEnough, exactly, plain
from ecopark.admission.ledger.entries import ZERO, Account, Entry, Totals, stamp
from ecopark.admission.ledger.statement import Reservation
from ecopark.admission.ledger.store import Transaction
from ecopark.errors import Place, Problem

EXPIRY = "expiry"
"""Who releases a reservation that has expired."""


class Page:
    """An account inside a transaction: what it stands at, and the next line."""

    def __init__(self, transaction: Transaction, account: Account, at: datetime, slack: timedelta) -> None:
        self.transaction = transaction
        self.account = account
        self.last = transaction.last(account.key)
        self.written: list[Entry] = []
        self.at = at
        if self.last is not None and at < self.last.at:
            if self.last.at - at > slack:
                raise LedgerError(
                    Problem(
                        "ledger-backdated",
                        Place(account.key),
                        f"{shown(at)} 早于该账户的上一笔 {shown(self.last.at)}",
                        f"{shown(at)} is before the last entry of this account at {shown(self.last.at)}",
                        "请用现在的日期记账，并在备注中写明实际日期。",
                        "Book it with today's date and give the real date in the note.",
                    )
                )
            self.at = self.last.at
        self.sweep()

    @property
    def totals(self) -> Totals:
        return self.last.after if self.last is not None else Totals()

    @property
    def next_id(self) -> str:
        return f"{self.account.key}#{self.last.seq + 1 if self.last is not None else 1}"

    def sweep(self) -> None:
        """Write down what has expired since the last entry, each at its own moment."""
        if self.last is None or self.last.at >= self.at:
            return
        for gone in self.transaction.due(self.account.key, self.last.at, self.at, self.last.seq):
            now, self.at = self.at, gone.until or self.at
            self.post("release", gone.amount, by=EXPIRY, ref=gone.ref, project=gone.project, reserved=-gone.amount)
            self.at = now

    def must_be_free(self, number: Decimal) -> None:
        free = self.totals.free
        if number > free:
            unit = self.account.unit
            with exactly():
                short = plain(number - free)
            raise NotEnough(
                Problem(
                    "ledger-not-enough",
                    Place(self.account.key),
                    f"可用 {plain(free)} {unit}，需要 {plain(number)}，缺 {short}",
                    f"{plain(free)} {unit} is free, {plain(number)} is asked for: {short} short",
                    "请减少数量、调入额度或等待预留到期。",
                    "Ask for less, transfer quota in, or wait for reservations to expire.",
                ),
                self.account.key,
                free,
                number,
            )

    def post(
        self,
        kind: str,
        number: Decimal,
        *,
        by: str,
        note: str = "",
        ref: str = "",
        until: datetime | None = None,
        project: str = "",
        ratio: Decimal | None = None,
        new_amount: Decimal | None = None,
        limit: Decimal = ZERO,
        reserved: Decimal = ZERO,
        confirmed: Decimal = ZERO,
    ) -> Entry:
        last = self.last
        bare = Entry(
            account=self.account.key, seq=last.seq + 1 if last else 1, kind=kind, amount=number, at=self.at, by=by,
            ref=ref, until=until, note=note, project=project, ratio=ratio, new_amount=new_amount,
            after=self.totals.plus(limit, reserved, confirmed),
        )  # fmt: skip
        entry = replace(bare, seal=bare.sealed(last.seal if last else ""))
        self.transaction.add(entry)
        self.written.append(entry)
        self.last = entry
        return entry


def shown(at: datetime) -> str:
    return stamp(at)[:19] + "Z"


def unknown(ref: object) -> LedgerError:
    return LedgerError(
        Problem(
            "ledger-unknown-reservation",
            Place(str(ref)[:200]),
            "没有这一预留",
            "there is no reservation of this name",
            "请查看对账单中的编号。",
            "Its name stands in the statement.",
        )
    )


def exists(ref: str) -> LedgerError:
    return LedgerError(
        Problem(
            "ledger-reservation-exists",
            Place(ref),
            "该预留编号已被使用",
            "this reservation's name is taken",
            "请换一个编号，或查看已有的预留。",
            "Choose another, or look at the one that is there.",
        )
    )


def settled_before(found: Reservation, zh: str, en: str) -> LedgerError:
    """Why a reservation that is no longer waiting cannot be used."""
    since = shown(found.since)
    place = Place(found.ref)
    if found.state == "expired":
        return LedgerError(
            Problem(
                "ledger-expired",
                place,
                f"预留已于 {since} 到期，额度已释放",
                f"the reservation expired at {since}; its quota is free again",
                "请重新预留。",
                "Reserve again.",
            )
        )
    if found.state == "reserved":
        return LedgerError(
            Problem(
                "ledger-not-confirmed",
                place,
                f"预留尚未确认，不能{zh}",
                f"the reservation is not confirmed and cannot be {en}",
                "请先确认，或释放后重新预留。",
                "Confirm it first, or release it and reserve again.",
            )
        )
    if found.state == "confirmed":
        return LedgerError(
            Problem(
                "ledger-confirmed",
                place,
                f"预留已于 {since} 确认，不能{zh}",
                f"the reservation was confirmed at {since} and cannot be {en}",
                "退回已确认的额度请用更正。",
                "To give back what is confirmed, correct it.",
            )
        )
    return LedgerError(
        Problem(
            "ledger-released",
            place,
            f"预留已于 {since} 释放，不能{zh}",
            f"the reservation was released at {since} and cannot be {en}",
            "请重新预留。",
            "Reserve again.",
        )
    )
