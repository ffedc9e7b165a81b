"""The ledger in a PostgreSQL database, for many clients at once.

Every write locks the rows of its accounts (`SELECT ... FOR UPDATE`, in the order of their keys, so that no two clients
wait for each other) and holds them until its commit. Clients of other accounts are not held up. A conflict that the
server reports (serialisation, deadlock) is tried again; a connection that breaks while it commits is not, because nobody
can know whether the commit was kept: the error says so.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from ecopark.admission.ledger import sql
from ecopark.admission.ledger.checks import LedgerError, StoreError
from ecopark.admission.ledger.entries import Account, Entry
from ecopark.admission.ledger.store import Transaction, in_order
from ecopark.errors import Place, Problem

T = TypeVar("T")

TRIES = 20
"""How often a write is run before a conflict is reported."""
HOLD = f"SELECT {sql.ACCOUNT_COLUMNS} FROM ledger_account WHERE account = ? FOR UPDATE"
# asked of the table itself: to_regclass may answer from a cache that does not know yet what another client made
IS_THERE = (
    "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_class WHERE relname = 'ledger_schema' "
    "AND relkind = 'r' AND pg_catalog.pg_table_is_visible(oid))"
)
SCHEMA_LOCK = "SELECT pg_advisory_xact_lock(7235419002211)"

CHECKS = """
  CHECK (free_after >= 0 AND reserved_after >= 0 AND confirmed_after >= 0),
  CHECK (free_after = limit_after - reserved_after - confirmed_after),
  CHECK (kind = 'correct' OR amount > 0),
  CHECK (abs(amount) < 1000000000000000)
"""
GUARDS = """
CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'ledger rows are never edited or deleted'; END $$;
CREATE FUNCTION ledger_follow() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE above RECORD;
BEGIN
  SELECT seq, booked_at INTO above FROM ledger_entry WHERE account = NEW.account ORDER BY seq DESC LIMIT 1;
  IF NEW.seq <> coalesce(above.seq, 0) + 1 OR NEW.booked_at < above.booked_at THEN
    RAISE EXCEPTION 'a ledger entry follows the one above it';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_entry_kept BEFORE UPDATE OR DELETE ON ledger_entry
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_entry_not_emptied BEFORE TRUNCATE ON ledger_entry
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_account_kept BEFORE UPDATE OR DELETE ON ledger_account
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_account_not_emptied BEFORE TRUNCATE ON ledger_account
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_entry_follows BEFORE INSERT ON ledger_entry
  FOR EACH ROW EXECUTE FUNCTION ledger_follow();
"""


class PostgresStore(sql.SqlTransaction):
    """A ledger in the database at `address`; may be shared by threads (they take turns).

    Parameters
    ----------
    address
        ``postgresql://user@host/database``; a password is better kept in the server's usual places.
    create
        Make the tables where there are none.
    timeout_s
        How long to wait for other clients. [s]
    """

    as_text = False

    def __init__(self, address: str, *, create: bool = True, timeout_s: float = 60.0) -> None:
        try:
            import psycopg
        except ImportError:
            raise StoreError(
                Problem(
                    "ledger-no-driver",
                    Place(),
                    "未安装 PostgreSQL 驱动",
                    "the PostgreSQL driver is not installed",
                    "请运行 pip install 'ecopark[postgres]'。",
                    "Run pip install 'ecopark[postgres]'.",
                )
            ) from None
        self._psycopg = psycopg
        self.address = address
        parts = urlsplit(address)
        self.name = f"postgresql:{parts.path}"
        self.timeout_s = timeout_s
        self._lock = threading.RLock()
        self._process = os.getpid()
        self._left: list[Any] = []
        self._connection: Any = None
        self._writing = False
        try:
            self._prepare(create)
        except BaseException:
            self.close()
            raise

    # -- reading -------------------------------------------------------------------------------------------------------

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[Sequence[Any]]:
        with self._lock:
            try:
                cursor = self._held().execute(statement.replace("?", "%s"), values or None)
                return cursor.fetchall() if cursor.description else []
            except self._psycopg.Error as error:
                if self._writing:
                    raise
                raise self._translated(error) from error

    def accounts(self) -> list[Account]:
        return sorted((Account(*row) for row in self.rows(sql.ALL_ACCOUNTS)), key=lambda a: a.key)

    def entries(self, key: str = "", *, project: str = "") -> list[Entry]:
        if project:
            found = [self.entry(row) for row in self.rows(sql.OF_PROJECT, (project,))]
        else:
            found = [self.entry(row) for row in (self.rows(sql.OF_ACCOUNT, (key,)) if key else self.rows(sql.OF_ALL))]
        return sorted(found, key=lambda e: (e.account, e.seq))

    # -- writing -------------------------------------------------------------------------------------------------------

    def open_account(self, account: Account, at: datetime, by: str) -> Account:
        def work(transaction: Transaction) -> Account:
            self.rows(sql.ADD_ACCOUNT + " ON CONFLICT DO NOTHING", sql.account_values(account, at, by))
            return transaction.account(account.key) or account

        return self.write((), work)

    def write(self, keys: Sequence[str], work: Callable[[Transaction], T]) -> T:
        conflicts = (self._psycopg.errors.SerializationFailure, self._psycopg.errors.DeadlockDetected)
        with self._lock:
            for again in range(TRIES):
                try:
                    return self._once(keys, work)
                except conflicts as error:
                    if again == TRIES - 1:
                        raise self._translated(error) from error
                    time.sleep(0.005 * (again + 1))
        raise AssertionError("not reached")

    def _once(self, keys: Sequence[str], work: Callable[[Transaction], T]) -> T:
        committing = False
        try:
            connection = self._held()
        except self._psycopg.Error as error:
            raise self._translated(error) from error
        self._writing = True
        try:
            with connection.transaction():
                for key in in_order(keys):
                    self.rows(HOLD, (key,))
                result = work(self)
                committing = True
            return result
        except (self._psycopg.errors.SerializationFailure, self._psycopg.errors.DeadlockDetected):
            raise
        except self._psycopg.Error as error:
            raise self._translated(error, unsure=committing and connection.broken) from error
        finally:
            self._writing = False

    def close(self) -> None:
        with self._lock:
            if self._connection is not None and self._process == os.getpid():
                self._connection.close()
            self._connection = None

    # -- the connection ------------------------------------------------------------------------------------------------

    def _held(self) -> Any:
        """The connection; a new one where it broke, or in a forked child, which must not use its parent's."""
        if self._writing:  # never a second connection in the middle of a write
            return self._connection
        if self._process != os.getpid():
            self._left.append(self._connection)
            self._connection, self._process = None, os.getpid()
        if self._connection is None or self._connection.closed:
            milliseconds = int(self.timeout_s * 1000)
            connection = self._psycopg.connect(self.address, autocommit=True, connect_timeout=10)
            self._connection = connection
            connection.isolation_level = self._psycopg.IsolationLevel.READ_COMMITTED
            connection.execute("SET TIME ZONE 'UTC'")
            connection.execute(f"SET lock_timeout = {milliseconds}")
            connection.execute(f"SET idle_in_transaction_session_timeout = {milliseconds}")
            connection.execute("SET synchronous_commit = on")
        return self._connection

    def _prepare(self, create: bool) -> None:
        """Make the tables where there are none; refuse those of a newer version."""
        try:
            connection = self._held()
            with connection.transaction():
                there = connection.execute(IS_THERE).fetchone()[0]
                if not there and create:
                    connection.execute(SCHEMA_LOCK)
                    there = connection.execute(IS_THERE).fetchone()[0]
                    if not there:
                        tables = sql.TABLES.format(amount="NUMERIC", moment="TIMESTAMPTZ", checks=CHECKS)
                        connection.execute(tables)
                        connection.execute(GUARDS)
                        there = True
                version = connection.execute("SELECT max(version) FROM ledger_schema").fetchone()[0] if there else None
        except self._psycopg.Error as error:
            raise self._translated(error) from error
        if not there:
            raise self._problem(
                "ledger-none",
                "这里还没有账本",
                "there is no ledger here yet",
                "请先用 ecopark ledger open 开立账户。",
                "Open an account first: ecopark ledger open.",
            )
        if version != sql.VERSION:
            raise self._problem(
                "ledger-version",
                f"账本的格式版本为 {version}，本程序只认识 {sql.VERSION}",
                f"the ledger has schema version {version}; this program knows {sql.VERSION}",
                "请使用较新的 ecopark。",
                "Use a newer ecopark.",
            )

    # -- what can go wrong ---------------------------------------------------------------------------------------------

    def _problem(self, code: str, zh: str, en: str, repair_zh: str = "", repair_en: str = "") -> StoreError:
        return StoreError(Problem(code, Place(self.name), zh, en, repair_zh, repair_en))

    def _translated(self, error: Exception, *, unsure: bool = False) -> LedgerError:
        errors = self._psycopg.errors
        text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        constraint = getattr(getattr(error, "diag", None), "constraint_name", None)
        if isinstance(error, errors.UniqueViolation) and constraint == "ledger_reservation":
            return LedgerError(
                Problem(
                    "ledger-reservation-exists",
                    Place(self.name),
                    "该预留编号刚被他人使用",
                    "somebody has just used this reservation's name",
                    "请换一个编号，或查看已有的预留。",
                    "Choose another, or look at the one that is there.",
                )
            )
        if unsure:
            return self._problem(
                "ledger-unsure",
                f"提交时连接中断，不能确定是否已记账：{text}",
                f"the connection broke at the commit; whether the booking was kept is not known: {text}",
                "请先查看对账单，再决定是否重做。",
                "Look at the statement before doing it again.",
            )
        if isinstance(error, errors.LockNotAvailable | errors.SerializationFailure | errors.DeadlockDetected):
            return self._problem(
                "ledger-busy",
                f"其他程序占用账户超过 {self.timeout_s:g} 秒",
                f"others have held the account for more than {self.timeout_s:g} s",
                "请稍后再试；未写入任何内容。",
                "Try again; nothing was written.",
            )
        return self._problem("ledger-store", f"数据库报告：{text}", f"the database says: {text}")
