"""Two databases for one suite: a SQLite file, and a PostgreSQL server of our own that lives as long as the tests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ecopark.admission.ledger import Account, Ledger
from tests.postgres import Server, postgres_programs

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
DAY = timedelta(days=1)
KINDS = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    pytest.importorskip("psycopg", reason="the PostgreSQL driver is not installed (ecopark[postgres])")
    programs = postgres_programs()
    if programs is None:
        pytest.skip("no PostgreSQL server programs (initdb, postgres) on this machine")
    server = Server(programs)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(params=KINDS)
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The place of an empty ledger."""
    if request.param == "sqlite":
        return str(tmp_path / "ledger.sqlite")
    return request.getfixturevalue("postgres").empty()


@pytest.fixture
def ledger(where: str) -> Iterator[Ledger]:
    with Ledger.at(where) as found:
        yield found


@pytest.fixture
def energy(ledger: Ledger) -> Account:
    """1000 tce of 2026."""
    account = ledger.open(Account("energy", 2026, "park"), by="Li", at=START)
    ledger.allocate(account, "1000", by="Li", at=START)
    return account
