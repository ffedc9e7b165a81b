"""The ledger in one SQLite file.

Every write begins with BEGIN IMMEDIATE, which lets one writer in at a time and makes the others wait (`timeout_s`). The
journal is a write-ahead log with a full sync at each commit: what has been acknowledged survives a killed process and a
power cut. The file must stand on a local disk: file locks of network shares cannot be trusted.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from ecopark.admission.ledger import sql
from ecopark.admission.ledger.checks import StoreError
from ecopark.admission.ledger.entries import Account, Entry
from ecopark.admission.ledger.store import Transaction
from ecopark.errors import Place, Problem

T = TypeVar("T")

PAUSE_S = 0.002
"""Between two attempts to write. [s]"""
GUARDS = """
CREATE TRIGGER ledger_entry_no_update BEFORE UPDATE ON ledger_entry
BEGIN SELECT RAISE(ABORT, 'ledger entries are never edited'); END;
CREATE TRIGGER ledger_entry_no_delete BEFORE DELETE ON ledger_entry
BEGIN SELECT RAISE(ABORT, 'ledger entries are never deleted'); END;
CREATE TRIGGER ledger_account_no_update BEFORE UPDATE ON ledger_account
BEGIN SELECT RAISE(ABORT, 'ledger accounts are never edited'); END;
CREATE TRIGGER ledger_account_no_delete BEFORE DELETE ON ledger_account
BEGIN SELECT RAISE(ABORT, 'ledger accounts are never deleted'); END;
CREATE TRIGGER ledger_account_once BEFORE INSERT ON ledger_account
WHEN EXISTS (SELECT 1 FROM ledger_account WHERE account = NEW.account)
BEGIN SELECT RAISE(ABORT, 'ledger accounts are never edited'); END;
CREATE TRIGGER ledger_entry_follows BEFORE INSERT ON ledger_entry
WHEN NEW.seq <> 1 + coalesce((SELECT max(seq) FROM ledger_entry WHERE account = NEW.account), 0)
  OR EXISTS (SELECT 1 FROM ledger_entry WHERE account = NEW.account AND seq = NEW.seq - 1 AND booked_at > NEW.booked_at)
BEGIN SELECT RAISE(ABORT, 'a ledger entry follows the one above it'); END;
CREATE TRIGGER ledger_reservation_once BEFORE INSERT ON ledger_entry
WHEN NEW.kind = 'reserve' AND EXISTS (SELECT 1 FROM ledger_entry WHERE ref = NEW.ref AND kind = 'reserve')
BEGIN SELECT RAISE(ABORT, 'a reservation is made once'); END;
CREATE TRIGGER ledger_settled_once BEFORE INSERT ON ledger_entry
WHEN NEW.kind IN ('confirm', 'release')
  AND EXISTS (SELECT 1 FROM ledger_entry WHERE ref = NEW.ref AND kind IN ('confirm', 'release'))
BEGIN SELECT RAISE(ABORT, 'a reservation is settled once'); END;
"""
"""The last three also stop INSERT OR REPLACE, which deletes without asking the triggers on DELETE."""

# amounts are canonical text, so the sign is the first character
CHECKS = """
  CHECK (free_after NOT LIKE '-%' AND reserved_after NOT LIKE '-%' AND confirmed_after NOT LIKE '-%'),
  CHECK (kind = 'correct' OR amount NOT LIKE '-%'),
  CHECK (typeof(amount) = 'text' AND typeof(limit_after) = 'text' AND typeof(reserved_after) = 'text'
    AND typeof(confirmed_after) = 'text' AND typeof(free_after) = 'text')
"""


class SqliteStore(sql.SqlTransaction):
    """A ledger in the file at `path`; may be shared by threads, and opened by many processes at once.

    Parameters
    ----------
    path
        The file, or ``:memory:``.
    create
        Make it where there is none.
    timeout_s
        How long to wait for other writers. [s]
    """

    def __init__(self, path: str | Path, *, create: bool = True, timeout_s: float = 60.0) -> None:
        self.path = str(path)
        self.name = Path(self.path).name
        self.timeout_s = timeout_s
        self._lock = threading.RLock()
        self._process = os.getpid()
        self._left: list[sqlite3.Connection] = []
        if not create and self.path != ":memory:" and not Path(self.path).is_file():
            raise self._problem(
                "ledger-none",
                "这里还没有账本",
                "there is no ledger here yet",
                "请先用 ecopark ledger open 开立账户。",
                "Open an account first: ecopark ledger open.",
            )
        self._connection = self._connect()

    # -- reading -------------------------------------------------------------------------------------------------------

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[Sequence[Any]]:
        with self._lock:
            connection = self._held()
            try:
                if connection.in_transaction:
                    return connection.execute(statement, values).fetchall()
                return self._run(connection, statement, values)
            except sqlite3.Error as error:
                raise self._translated(error) from error

    def accounts(self) -> list[Account]:
        return [Account(*row) for row in self.rows(sql.ALL_ACCOUNTS)]

    def entries(self, key: str = "", *, project: str = "") -> list[Entry]:
        if project:
            return [self.entry(row) for row in self.rows(sql.OF_PROJECT, (project,))]
        found = self.rows(sql.OF_ACCOUNT, (key,)) if key else self.rows(sql.OF_ALL)
        return [self.entry(row) for row in found]

    # -- writing -------------------------------------------------------------------------------------------------------

    def open_account(self, account: Account, at: datetime, by: str) -> Account:
        def work(transaction: Transaction) -> Account:
            found = self.account(account.key)
            if found is None:
                self.rows(sql.ADD_ACCOUNT, sql.account_values(account, self.moment_in(at), by))
            return found or account

        return self.write((), work)

    def write(self, keys: Sequence[str], work: Callable[[Transaction], T]) -> T:
        with self._lock:
            connection = self._held()
            self._begin(connection)
            try:
                result = work(self)
                connection.execute("COMMIT")
            except BaseException as error:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error):
                    raise self._translated(error) from error
                raise
            return result

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    # -- the connection ------------------------------------------------------------------------------------------------

    def _held(self) -> sqlite3.Connection:
        """The connection; a new one in a forked child, which must not use its parent's."""
        if self._process != os.getpid() and self.path != ":memory:":
            self._left.append(self._connection)  # kept, not closed: closing would touch the parent's files
            self._connection = self._connect()
            self._process = os.getpid()
        return self._connection

    def _connect(self) -> sqlite3.Connection:
        connection = None
        try:
            connection = sqlite3.connect(self.path, timeout=0.001, isolation_level=None, check_same_thread=False)
            for setting in ("foreign_keys = ON", "recursive_triggers = ON", "synchronous = FULL"):
                self._run(connection, f"PRAGMA {setting}")
            self._prepare(connection)
        except sqlite3.Error as error:
            if connection is not None:
                connection.close()
            raise self._translated(error) from error
        except StoreError:
            if connection is not None:
                connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Make the tables where there are none; refuse those of a newer version."""
        there = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'ledger_schema'"
        if not self._run(connection, there):
            self._run(connection, "PRAGMA journal_mode = WAL")
            self._begin(connection)
            try:
                if not connection.execute(there).fetchone():
                    tables = sql.TABLES.format(amount="TEXT", moment="TEXT", checks=CHECKS)
                    for statement in [*_statements(tables), *_statements(GUARDS)]:
                        connection.execute(statement)
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
        ((version,),) = self._run(connection, "SELECT max(version) FROM ledger_schema")
        if version != sql.VERSION:
            raise self._problem(
                "ledger-version",
                f"账本的格式版本为 {version}，本程序只认识 {sql.VERSION}",
                f"the ledger has schema version {version}; this program knows {sql.VERSION}",
                "请使用较新的 ecopark。",
                "Use a newer ecopark.",
            )

    def _begin(self, connection: sqlite3.Connection) -> None:
        try:
            self._run(connection, "BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise self._translated(error) from error

    def _run(self, connection: sqlite3.Connection, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        """The rows of a statement outside a transaction; tried until the others are done, or `timeout_s` is over.

        SQLite's own wait sleeps longer and longer, up to 100 ms, so that whoever has just written writes again and the
        others starve. Asking every few milliseconds gives everybody a turn.
        """
        until = time.monotonic() + self.timeout_s
        while True:
            try:
                return connection.execute(statement, values).fetchall()
            except sqlite3.OperationalError as error:
                if not _busy(error) or time.monotonic() > until:
                    raise
            time.sleep(PAUSE_S)

    # -- what can go wrong ---------------------------------------------------------------------------------------------

    def _problem(self, code: str, zh: str, en: str, repair_zh: str = "", repair_en: str = "") -> StoreError:
        return StoreError(Problem(code, Place(self.path), zh, en, repair_zh, repair_en))

    def _translated(self, error: sqlite3.Error) -> StoreError:
        text = str(error)
        if _busy(error):
            return self._problem(
                "ledger-busy",
                f"其他程序占用账本超过 {self.timeout_s:g} 秒",
                f"others have held the ledger for more than {self.timeout_s:g} s",
                "请稍后再试；未写入任何内容。",
                "Try again; nothing was written.",
            )
        return self._problem("ledger-store", f"数据库报告：{text}", f"the database says: {text}")


def _busy(error: sqlite3.Error) -> bool:
    """Whether others are writing (SQLITE_BUSY and SQLITE_LOCKED, whatever their extended code)."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _statements(script: str) -> list[str]:
    """The statements of a script; a trigger holds semicolons of its own."""
    found, piece = [], ""
    for line in script.splitlines():
        piece += line + "\n"
        if sqlite3.complete_statement(piece):
            found.append(piece.strip())
            piece = ""
    return found
