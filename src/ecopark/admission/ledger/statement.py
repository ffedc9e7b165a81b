"""What the entries of an account say: its reservations, a statement, and whether everything adds up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ecopark.admission.ledger.checks import exactly, plain, tidy
from ecopark.admission.ledger.entries import ZERO, Account, Balance, Entry, balance, stamp
from ecopark.core.text import Text
from ecopark.errors import Place, Problem

STATES: dict[str, Text] = {
    "reserved": Text("预留中", "reserved"),
    "expired": Text("已到期", "expired"),
    "confirmed": Text("已确认", "confirmed"),
    "released": Text("已释放", "released"),
}


@dataclass(frozen=True, slots=True)
class Reservation:
    """A reservation at a moment.

    Parameters
    ----------
    amount
        What was reserved. [unit of the account]
    state
        One of `STATES`.
    since
        Since when it is in this state.
    confirmed
        What its project has for good, corrections included. [unit of the account]
    """

    ref: str
    account: str
    project: str
    amount: Decimal
    made: datetime
    until: datetime
    state: str
    since: datetime
    confirmed: Decimal

    def to_dict(self) -> dict[str, object]:
        """The reservation as plain data."""
        return {
            "ref": self.ref,
            "account": self.account,
            "project": self.project,
            "amount": plain(self.amount),
            "made": stamp(self.made),
            "until": stamp(self.until),
            "state": self.state,
            "since": stamp(self.since),
            "confirmed": plain(self.confirmed),
        }


def reservations(entries: Sequence[Entry], at: datetime) -> list[Reservation]:
    """The reservations that these entries make, as they stand at a moment, in the order in which they were made."""
    made: dict[str, Entry] = {}
    settled: dict[str, Entry] = {}
    confirmed: dict[str, Decimal] = {}
    with exactly():
        for entry in entries:
            if entry.at > at or not entry.ref:
                continue
            if entry.kind == "reserve":
                made[entry.ref] = entry
            elif entry.kind in ("confirm", "release"):
                settled[entry.ref] = entry
                if entry.kind == "confirm":
                    confirmed[entry.ref] = entry.amount
            elif entry.kind == "correct":
                confirmed[entry.ref] = tidy(confirmed.get(entry.ref, ZERO) + entry.amount)
    found = []
    for ref, first in made.items():
        assert first.until is not None
        end = settled.get(ref)
        if end is None:
            state, since = ("reserved", first.at) if first.until > at else ("expired", first.until)
        elif end.kind == "confirm":
            state, since = "confirmed", end.at
        else:
            state, since = ("released" if end.at < first.until else "expired"), end.at
        found.append(
            Reservation(
                ref, first.account, first.project, first.amount, first.at, first.until, state, since,
                confirmed.get(ref, ZERO),
            )
        )  # fmt: skip
    return found


@dataclass(frozen=True, slots=True)
class Statement:
    """An account over a time: the balance before, every entry, the balance after, what is still reserved."""

    account: Account
    since: datetime | None
    to: datetime
    before: Balance | None
    entries: tuple[Entry, ...]
    after: Balance
    waiting: tuple[Reservation, ...]

    @classmethod
    def of(cls, account: Account, entries: Sequence[Entry], since: datetime | None, to: datetime) -> Statement:
        """The statement from all entries of the account. An entry at `since` is inside, and so is one at `to`."""
        inside = tuple(e for e in entries if e.at <= to and (since is None or e.at >= since))
        earlier = [e for e in entries if since is not None and e.at < since]
        before = None if since is None else balance(account, earlier, since)
        waiting = tuple(r for r in reservations(entries, to) if r.state == "reserved")
        return cls(account, since, to, before, inside, balance(account, entries, to), waiting)

    def to_dict(self) -> dict[str, object]:
        """The statement as plain data; amounts as decimal strings."""
        return {
            "account": self.account.key,
            "unit": self.account.unit,
            "since": stamp(self.since) if self.since else None,
            "to": stamp(self.to),
            "before": self.before.to_dict() if self.before else None,
            "entries": [e.to_dict() for e in self.entries],
            "after": self.after.to_dict(),
            "waiting": [r.to_dict() for r in self.waiting],
        }


def audit_account(account: Account, entries: Sequence[Entry]) -> list[Problem]:
    """Everything about an account that does not follow from its entries."""
    problems: list[Problem] = []

    def wrong(entry: Entry, zh: str, en: str) -> None:
        problems.append(Problem("ledger-audit", Place(entry.id), zh, en))

    limit, reserved, confirmed, above = ZERO, ZERO, ZERO, ""
    waiting: dict[str, Entry] = {}
    taken: dict[str, Decimal] = {}
    for number, entry in enumerate(entries, 1):
        with exactly():
            match entry.kind:
                case "allocate" | "transfer_in":
                    limit += entry.amount
                case "transfer_out":
                    limit -= entry.amount
                case "reserve":
                    if entry.ref in waiting or entry.ref in taken:
                        wrong(entry, "预留编号重复", "the reservation is made twice")
                    waiting[entry.ref] = entry
                    reserved += entry.amount
                case "confirm" | "release":
                    made = waiting.pop(entry.ref, None)
                    if made is None or made.until is None:
                        wrong(entry, "没有对应的预留", "there is no reservation for it")
                        continue
                    reserved -= made.amount
                    taken[entry.ref] = ZERO
                    if entry.kind == "confirm":
                        confirmed += entry.amount
                        taken[entry.ref] = entry.amount
                        if entry.at >= made.until:
                            wrong(entry, "确认晚于到期", "it is confirmed after its expiry")
                        if entry.amount > made.amount:
                            wrong(entry, "确认多于预留", "more is confirmed than was reserved")
                    elif entry.amount != made.amount:
                        wrong(entry, "释放与预留不等", "what is released is not what was reserved")
                case "correct" if entry.ref:
                    confirmed += entry.amount
                    taken[entry.ref] = taken.get(entry.ref, ZERO) + entry.amount
                    if taken[entry.ref] < 0:
                        wrong(entry, "退回多于已确认", "more is taken back than was confirmed")
                case "correct":
                    limit += entry.amount
            now = (tidy(limit), tidy(reserved), tidy(confirmed))
            over = reserved + confirmed > limit
        if entry.seq != number:
            wrong(entry, "编号不连续", "the numbering has a gap")
        if number > 1 and entry.at < entries[number - 2].at:
            wrong(entry, "时间早于上一笔", "it is dated before the entry above it")
        if (entry.after.limit, entry.after.reserved, entry.after.confirmed) != now:
            wrong(entry, "余额与分录不符", "its balance does not follow from the entries")
        if over:
            wrong(entry, "超过额度", "the limit is passed")
        if entry.seal != entry.sealed(above):
            wrong(entry, "校验码不符：分录被改动过", "its seal does not fit: an entry was changed")
        above = entry.seal
    return problems
