"""A PostgreSQL server of the tests' own: started for them, in a temporary directory, on a Unix socket, ended with them."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from itertools import count
from pathlib import Path


def postgres_programs() -> Path | None:
    """Where initdb and postgres are, the newest first."""
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
        self.process: subprocess.Popen[bytes] | None = None
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
        # a child of the tests, which ends with them even when they are killed
        mortal = ["setpriv", "--pdeathsig", "QUIT"] if shutil.which("setpriv") else []
        settings = ("listen_addresses=", f"unix_socket_directories={self.home}", f"fsync={fsync}", "max_connections=60")
        command = [*(self.as_user or mortal[:1]), *mortal[1:], str(self.programs / "postgres"), "-D", data]
        with (self.home / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [*command, *(word for setting in settings for word in ("-c", setting))],
                cwd=self.home, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self.wait()

    def wait(self) -> None:
        import psycopg

        until = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(self.address).close()
                return
            except psycopg.OperationalError:
                time.sleep(0.05)
            gone = self.process is None or self.process.poll() is not None
            if gone or time.monotonic() > until:
                raise RuntimeError((self.home / "log").read_text(errors="replace"))

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT)  # at once: nothing here is to be kept
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(20)
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
