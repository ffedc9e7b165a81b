"""The schema and the questions, once for both databases.

Both have the same three tables. SQLite keeps amounts and moments as text (canonical decimals; ISO moments of one width,
which sort rightly), PostgreSQL as NUMERIC and TIMESTAMPTZ. In both the database itself refuses an UPDATE or DELETE, a
gap in the numbering, an entry dated before the one above it, and an entry after which free would be negative.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from ecopark.admission.ledger.checks import plain
from ecopark.admission.ledger.entries import Account, Entry, Totals, stamp

VERSION = 1
"""Of the schema. A store with a higher one is not touched."""

TABLES = """
CREATE TABLE ledger_schema (version INTEGER PRIMARY KEY);
CREATE TABLE ledger_account (
  account TEXT PRIMARY KEY,
  item TEXT NOT NULL,
  year INTEGER NOT NULL,
  place TEXT NOT NULL,
  unit TEXT NOT NULL,
  places INTEGER NOT NULL,
  opened_at {moment} NOT NULL,
  opened_by TEXT NOT NULL
);
CREATE TABLE ledger_entry (
  account TEXT NOT NULL REFERENCES ledger_account (account),
  seq INTEGER NOT NULL CHECK (seq > 0),
  kind TEXT NOT NULL
    CHECK (kind IN ('allocate', 'reserve', 'confirm', 'release', 'transfer_out', 'transfer_in', 'correct')),
  amount {amount} NOT NULL,
  ref TEXT NOT NULL,
  booked_at {moment} NOT NULL,
  valid_until {moment},
  booked_by TEXT NOT NULL,
  note TEXT NOT NULL,
  project TEXT NOT NULL,
  ratio {amount},
  new_amount {amount},
  limit_after {amount} NOT NULL,
  reserved_after {amount} NOT NULL,
  confirmed_after {amount} NOT NULL,
  free_after {amount} NOT NULL,
  seal TEXT NOT NULL,
  PRIMARY KEY (account, seq),
  CHECK ((kind = 'reserve') = (valid_until IS NOT NULL)),
  {checks}
);
CREATE UNIQUE INDEX ledger_reservation ON ledger_entry (ref) WHERE kind = 'reserve';
CREATE UNIQUE INDEX ledger_settled ON ledger_entry (ref) WHERE kind IN ('confirm', 'release');
CREATE INDEX ledger_ref ON ledger_entry (ref, seq) WHERE ref <> '';
CREATE INDEX ledger_time ON ledger_entry (account, booked_at, seq);
CREATE INDEX ledger_until ON ledger_entry (account, valid_until) WHERE kind = 'reserve';
CREATE INDEX ledger_project ON ledger_entry (project) WHERE project <> '';
INSERT INTO ledger_schema (version) VALUES (1);
"""
"""A reservation is made once and settled once: two unique indexes say so, whatever a program believes."""

COLUMNS = (
    "account, seq, kind, amount, ref, booked_at, valid_until, booked_by, note, project, ratio, new_amount, "
    "limit_after, reserved_after, confirmed_after, seal"
)
ACCOUNT_COLUMNS = "item, year, place, unit, places"
FIND_ACCOUNT = f"SELECT {ACCOUNT_COLUMNS} FROM ledger_account WHERE account = ?"
ADD_ACCOUNT = (
    "INSERT INTO ledger_account (account, item, year, place, unit, places, opened_at, opened_by) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
ALL_ACCOUNTS = f"SELECT {ACCOUNT_COLUMNS} FROM ledger_account ORDER BY account"
LAST = f"SELECT {COLUMNS} FROM ledger_entry WHERE account = ? ORDER BY seq DESC LIMIT 1"
LAST_AT = (
    f"SELECT {COLUMNS} FROM ledger_entry WHERE account = ? AND booked_at <= ? ORDER BY booked_at DESC, seq DESC LIMIT 1"
)
DUE = (
    f"SELECT {COLUMNS} FROM ledger_entry r WHERE account = ? AND kind = 'reserve' "
    "AND valid_until > ? AND valid_until <= ? AND seq <= ? AND NOT EXISTS (SELECT 1 FROM ledger_entry s "
    "WHERE s.ref = r.ref AND s.kind IN ('confirm', 'release') AND s.seq <= ?) ORDER BY valid_until, seq"
)
ABOUT = (
    f"SELECT {COLUMNS} FROM ledger_entry WHERE ref = ? AND ref <> '' "
    "AND kind IN ('reserve', 'confirm', 'release', 'correct') ORDER BY seq"
)
OF_ACCOUNT = f"SELECT {COLUMNS} FROM ledger_entry WHERE account = ? ORDER BY seq"
OF_PROJECT = f"SELECT {COLUMNS} FROM ledger_entry WHERE project = ? AND project <> '' ORDER BY account, seq"
OF_ALL = f"SELECT {COLUMNS} FROM ledger_entry ORDER BY account, seq"
ADD_ENTRY = (
    f"INSERT INTO ledger_entry ({COLUMNS}, free_after) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


class SqlReader(ABC):
    """The questions of `Reader`, for any database that runs the statements above.

    A subclass gives `rows`, and says how its database holds amounts and moments.
    """

    as_text = True
    """Whether the database keeps amounts and moments as text."""

    @abstractmethod
    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[Sequence[Any]]:
        """The rows of a statement with ``?`` for each value."""

    def account(self, key: str) -> Account | None:
        found = self.rows(FIND_ACCOUNT, (key,))
        return Account(*found[0]) if found else None

    def last(self, key: str, at: datetime | None = None) -> Entry | None:
        found = self.rows(LAST, (key,)) if at is None else self.rows(LAST_AT, (key, self.moment_in(at)))
        return self.entry(found[0]) if found else None

    def due(self, key: str, after: datetime, to: datetime, seq: int) -> list[Entry]:
        values = (key, self.moment_in(after), self.moment_in(to), seq, seq)
        return [self.entry(row) for row in self.rows(DUE, values)]

    def about(self, ref: str) -> list[Entry]:
        return [self.entry(row) for row in self.rows(ABOUT, (ref,))]

    def moment_in(self, at: datetime | None) -> Any:
        """A moment as the database takes it."""
        return stamp(at) if at is not None and self.as_text else at

    def amount_in(self, number: Decimal | None) -> Any:
        """An amount as the database takes it."""
        return plain(number) if number is not None and self.as_text else number

    def entry(self, row: Sequence[Any]) -> Entry:
        """A row of `COLUMNS` as an entry."""
        return Entry(
            account=row[0],
            seq=row[1],
            kind=row[2],
            amount=_amount(row[3]),
            ref=row[4],
            at=_moment(row[5]),
            until=None if row[6] is None else _moment(row[6]),
            by=row[7],
            note=row[8],
            project=row[9],
            ratio=None if row[10] is None else _amount(row[10]),
            new_amount=None if row[11] is None else _amount(row[11]),
            after=Totals(_amount(row[12]), _amount(row[13]), _amount(row[14])),
            seal=row[15],
        )

    def values(self, entry: Entry) -> tuple[Any, ...]:
        """An entry as the values of `ADD_ENTRY`."""
        amount, moment, after = self.amount_in, self.moment_in, entry.after
        return (
            entry.account, entry.seq, entry.kind, amount(entry.amount), entry.ref, moment(entry.at), moment(entry.until),
            entry.by, entry.note, entry.project, amount(entry.ratio), amount(entry.new_amount), amount(after.limit),
            amount(after.reserved), amount(after.confirmed), entry.seal, amount(after.free),
        )  # fmt: skip


class SqlTransaction(SqlReader):
    """`SqlReader` that can also add."""

    def add(self, entry: Entry) -> None:
        self.rows(ADD_ENTRY, self.values(entry))


def account_values(account: Account, opened_at: Any, by: str) -> tuple[Any, ...]:
    """An account as the values of `ADD_ACCOUNT`."""
    return (
        account.key, account.item, account.year, account.place, account.unit, account.places, opened_at, by,
    )  # fmt: skip


def _amount(held: Any) -> Decimal:
    return Decimal(plain(Decimal(held)))


def _moment(held: Any) -> datetime:
    if isinstance(held, datetime):
        return held.astimezone(UTC)
    return datetime.strptime(held, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
