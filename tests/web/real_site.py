"""A real site of the tests' own: its processes, its data directory, SQLite or a PostgreSQL server; to be killed in the middle.

As a program (``python -m tests.web.real_site ACTION ...``) it works inside the site with the site's own settings and prints
what it found as JSON.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
DATABASES = ("sqlite", "postgresql")


class Site:
    """Where a site is and how to work in it."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.environment = {
            k: v for k, v in os.environ.items() if not k.startswith(("ECOPARK_", "DJANGO_", "DATABASE_"))
        }
        self.environment |= {
            "ECOPARK_DATA": str(folder), "ECOPARK_HOSTS": "127.0.0.1,testserver", "DJANGO_SETTINGS_MODULE": "ecopark.web.settings", "PYTHONUTF8": "1",
            "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT), os.environ.get("PYTHONPATH", "")]),
        }  # fmt: skip
        if url:
            self.environment["DATABASE_URL"] = url

    def inside(self, *arguments: str, killed: bool = False) -> Any:
        """Run one of the actions below in a process of the site; what it printed, or nothing if it was to be killed."""
        done = subprocess.run(
            [sys.executable, "-m", "tests.web.real_site", *arguments], cwd=ROOT, env=self.environment, capture_output=True,
            text=True, timeout=240, check=False,
        )  # fmt: skip
        if killed:
            assert done.returncode == -signal.SIGKILL, done.stderr
            return None
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def job(self) -> tuple[int, str, int]:
        """Number, state and tries of the last job, asked of the database itself."""
        asked = "SELECT id, state, tries FROM jobs_job ORDER BY id DESC LIMIT 1"
        if url := self.environment.get("DATABASE_URL"):
            import psycopg

            with psycopg.connect(url) as connection:
                return connection.execute(asked).fetchone()
        connection = sqlite3.connect(self.folder / "ecopark.sqlite3", timeout=30)
        try:
            return connection.execute(asked).fetchone()
        finally:
            connection.close()

    def start(self, port: int) -> subprocess.Popen[bytes]:
        """The whole site, web server of one process and worker, in a process group of its own."""
        serve = ["serve", "--no-browser", "--processes", "1", "--port", str(port)]
        command = [sys.executable, "-m", "ecopark.web.run", *serve]
        log = (self.folder / "log").open("ab")
        with log:
            return subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip


@contextmanager
def real_site(folder: Path, database: str) -> Iterator[Site]:
    """An empty site on one of the databases."""
    if database == "sqlite":
        yield Site(folder, "")
        return
    from tests.postgres import Server, postgres_programs

    programs = postgres_programs()
    if programs is None:
        pytest.skip("no PostgreSQL on this machine")
    server = Server(programs)
    server.start()
    try:
        yield Site(folder, server.address)
    finally:
        server.stop()


def kill(process: subprocess.Popen[bytes]) -> None:
    """End web server and worker at once, as a power cut would; nothing to do where they are gone."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(20)


def free_port() -> int:
    """A port of this machine nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def wait_for(what: Any, seconds: float = 60.0, pause: float = 0.02) -> Any:
    """Ask until the answer is something.

    Raises
    ------
    TimeoutError
        It never was.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := what():
            return found
        time.sleep(pause)
    raise TimeoutError


# -- inside the site ---------------------------------------------------------------------------------------------------


def make(firms: int) -> dict[str, Any]:
    """A park with so many firms, its people, and one figure that the import will change."""
    from django.core.management import call_command

    from ecopark.web.figures.change import Change, write
    from ecopark.web.parks.models import Park, Subject
    from ecopark.web.people.models import Membership, User

    call_command("migrate", interactive=False, verbosity=0)
    User.objects.create_superuser("admin", password="x")
    user = User.objects.create_user("office", password="x", last_name="王")
    park = Park.objects.create(slug="alpha", key="alpha", name="园区 alpha")
    Membership.objects.create(user=user, role="office", park=park)
    Subject.objects.create(park=park, key="alpha", name="园区 alpha", kind="park")
    Subject.objects.bulk_create(
        Subject(park=park, key=f"f{n}", name=f"企业 {n}", kind="firm", parent="alpha") for n in range(firms)
    )
    write(park, [Change("f0", "industrial_fresh_water_m3", "2023", "1", "m3")], user, "typed")
    return look()


def preview() -> dict[str, Any]:
    """A workbook with a figure per firm and year, previewed as its page does."""
    from ecopark.web.figures import imports
    from ecopark.web.figures.models import Import
    from ecopark.web.parks.models import Park
    from ecopark.web.people.access import standing
    from ecopark.web.people.models import User
    from ecopark.web.uploads import stored_path

    park, user = Park.objects.get(slug="alpha"), User.objects.get(username="office")
    key = f"imports/{park.pk}/facts.csv"
    path = stored_path(key)
    path.parent.mkdir(parents=True, exist_ok=True)
    firms = park.subjects.filter(kind="firm").values_list("key", flat=True)
    rows = [f"{f},industrial_fresh_water_m3,{y},{n + 2},m3" for n, f in enumerate(firms) for y in (2022, 2023)]
    path.write_text("\n".join(["subject,quantity,period,value,unit", *rows]) + "\n", encoding="utf-8")
    found = standing(user, park)
    assert found is not None
    made = Import.objects.create(park=park, name="facts.csv", stored=key, by=user, changed=park.changed)
    imports.remember(made, imports.preview(found, key, "facts.csv"))
    return {"import": made.pk}


def ask_import() -> dict[str, Any]:
    """Put such an import into the queue."""
    from ecopark.core.text import Text
    from ecopark.web.figures import import_views
    from ecopark.web.figures.models import Import
    from ecopark.web.jobs import work

    made = Import.objects.select_related("by", "park").get(pk=preview()["import"])
    assert "import" in work.KINDS, import_views
    work.ask(
        "import",
        Text("导入", "import"),
        made.by,
        made.park,
        import_id=made.pk,
        groups=["new", "changed", "conflicting"],
    )
    return look()


def apply_and_die() -> None:
    """Take the job and end after the import is stored, before the job is."""
    from ecopark.web.figures.import_views import _import as real
    from ecopark.web.jobs import work

    def store(*args: Any) -> dict[str, Any]:
        real(*args)
        os.kill(os.getpid(), signal.SIGKILL)
        return {}

    work.KINDS["import"] = store
    work.run_forever(once=True)


def look() -> dict[str, Any]:
    """What is stored: figures, their history, whether both say the same, the import and its job."""
    from django.db.models import Max

    from ecopark.web.figures.models import Figure, Import
    from ecopark.web.jobs.models import Job
    from ecopark.web.parks.models import Park

    history = Figure.history.model
    last = dict(history.objects.values_list("id").annotate(m=Max("history_id")))
    told = {h.id: (h.given, h.version, h.seq) for h in history.objects.filter(history_id__in=last.values())}
    figures = {f.pk: (f.given, f.version, f.seq) for f in Figure.objects.all()}
    park = Park.objects.get(slug="alpha")
    made, job = Import.objects.order_by("pk").last(), Job.objects.order_by("pk").last()
    return {
        "figures": len(figures), "history": history.objects.count(), "agree": figures == told, "changed": park.changed,
        "seq": max((f[2] for f in figures.values()), default=0), "applied": bool(made and made.applied),
        "written": made.summary.get("written") if made else None,
        "job": job and {"state": job.state, "tries": job.tries, "message": job.message, "result": job.result},
    }  # fmt: skip


def age() -> dict[str, Any]:
    """Let the minute pass in which a running job may be silent."""
    from django.db.models import F

    from ecopark.web.jobs.models import Job
    from ecopark.web.jobs.work import QUIET

    Job.objects.filter(state="running").update(beat=F("beat") - 2 * QUIET)
    return look()


ACTIONS = {
    "make": lambda n: make(int(n)),
    "preview": preview,
    "ask": ask_import,
    "look": look,
    "age": age,
    "apply-and-die": apply_and_die,
}

if __name__ == "__main__":
    import django

    django.setup()
    from tests.web import deciding_site, furnished_site

    print(json.dumps((ACTIONS | deciding_site.ACTIONS | furnished_site.ACTIONS)[sys.argv[1]](*sys.argv[2:])))
