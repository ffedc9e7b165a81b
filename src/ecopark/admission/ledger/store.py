"""The small interface between the book and a database, and what any database behind it must promise.

A store keeps accounts and entries. It promises four things, which `tests/admission/ledger` holds every store to:

1. `write(keys, work)` runs `work` alone on the accounts named: nobody else writes to them until it has ended.
2. Either everything that `work` added is kept, durably, or nothing is: also when the process is killed.
3. What has been added is never changed or deleted; the database itself refuses it.
4. Amounts and moments come back exactly as they were given.

The book does the arithmetic and the checks, inside `work`. A store may run `work` again after a conflict, so `work`
touches nothing but its transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar

from ecopark.admission.ledger.entries import Account, Entry

T = TypeVar("T")


class Reader(Protocol):
    """What can be asked of a store, inside a transaction or outside."""

    def account(self, key: str) -> Account | None:
        """The account of this key."""

    def last(self, key: str, at: datetime | None = None) -> Entry | None:
        """The last entry of an account, or the last that is not after `at`."""

    def due(self, key: str, after: datetime, to: datetime, seq: int) -> list[Entry]:
        """Reservations with ``after < until <= to`` that no entry up to `seq` confirms or releases, by `until`."""

    def about(self, ref: str) -> list[Entry]:
        """The entries of one reservation, in order."""


class Transaction(Reader, Protocol):
    """What can be done while the accounts are held."""

    def add(self, entry: Entry) -> None:
        """Write an entry."""


class Store(Reader, Protocol):
    """A database that keeps the ledger."""

    name: str
    """How it is called in messages; never a password."""

    def open_account(self, account: Account, at: datetime, by: str) -> Account:
        """Keep an account, unless its key is there already; the account that is kept under that key."""

    def accounts(self) -> list[Account]:
        """All accounts, by key."""

    def entries(self, key: str = "", *, project: str = "") -> list[Entry]:
        """The entries of an account or of a project, in order of account and `seq`; of all accounts if neither."""

    def write(self, keys: Sequence[str], work: Callable[[Transaction], T]) -> T:
        """Run `work` with these accounts held; keep what it added if it returns, nothing if it raises."""

    def close(self) -> None:
        """Let go of the database."""


def open_store(where: str | Path, *, create: bool = True) -> Store:
    """The store at a path (SQLite) or an address ``postgresql://...``.

    Parameters
    ----------
    create
        Make the file, or the tables, where there are none.

    Raises
    ------
    StoreError
        There is no ledger and `create` is false; the file is none; the server cannot be reached; the ledger was written
        by a newer version.
    """
    if str(where).startswith(("postgresql://", "postgres://")):
        from ecopark.admission.ledger.postgres_store import PostgresStore

        return PostgresStore(str(where), create=create)
    from ecopark.admission.ledger.sqlite_store import SqliteStore

    return SqliteStore(where, create=create)


def in_order(keys: Iterable[str]) -> list[str]:
    """Keys once each, in the one order in which everybody locks them."""
    return sorted(set(keys))
