"""Two databases for one suite: a SQLite file, and a PostgreSQL server of our own that lives as long as the tests."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from ecopark.admission.ledger import Account, Ledger

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
DAY = timedelta(days=1)
KINDS = ("sqlite", "postgresql")


def postgres_programs() -> Path | None:
    """Where initdb and pg_ctl are, the newest first."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: p.parts[-3].zfill(3))
    if found:
        return found[-1].parent
    which = shutil.which("initdb")
    return Path(which).parent if which else None


class Server:
    """A PostgreSQL server on a Unix socket in a temporary directory, run by an unprivileged user."""

    def __init__(self, programs: Path) -> None:
        self.programs = programs
        self.home = Path(tempfile.mkdtemp(prefix="ecopark-pg-"))
        self.as_user: list[str] = []
        if os.geteuid() == 0:
            for name in ("postgres", "nobody"):
                with contextlib.suppress(KeyError):
                    user = pwd.getpwnam(name)
                    break
            os.chown(self.home, user.pw_uid, user.pw_gid)
            self.as_user = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        self._schemas = count(1)

    def run(self, program: str, *arguments: str) -> None:
        command = [*self.as_user, str(self.programs / program), *arguments]
        done = subprocess.run(
            command, cwd=self.home, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**os.environ, "HOME": str(self.home), "LC_ALL": "C"}, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout.decode(errors="replace")

    def start(self, fsync: str = "off") -> None:
        data = str(self.home / "data")
        self.run("initdb", "-D", data, "-U", "ledger", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync")
        options = (
            f"-c listen_addresses='' -c unix_socket_directories='{self.home}' -c fsync={fsync} -c max_connections=60"
        )
        # the server keeps its standard output: it must not be the pipe of pg_ctl
        self.run("pg_ctl", "-D", data, "-w", "-l", str(self.home / "log"), "-o", options, "start")

    def stop(self) -> None:
        with contextlib.suppress(AssertionError):
            self.run("pg_ctl", "-D", str(self.home / "data"), "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.home, ignore_errors=True)

    @property
    def address(self) -> str:
        return f"postgresql://ledger@/postgres?host={self.home}"

    def empty(self) -> str:
        """The address of an empty place of its own in the server."""
        import psycopg

        name = f"ledger_{next(self._schemas)}"
        with psycopg.connect(self.address, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}")
        return f"{self.address}&options=-csearch_path%3D{name}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    pytest.importorskip("psycopg", reason="the PostgreSQL driver is not installed (ecopark[postgres])")
    programs = postgres_programs()
    if programs is None:
        pytest.skip("no PostgreSQL server programs (initdb, pg_ctl) on this machine")
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
