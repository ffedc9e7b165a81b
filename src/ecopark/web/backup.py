"""Backup and restore: the whole site in one archive, from either database and into either.

The archive holds every row as Django's JSON lines, the uploads, the quota ledger with every entry, and a page about itself
with counts and digests. A restore goes into an empty site only, in one transaction: all of it or nothing.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core import serializers
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from ecopark import __version__
from ecopark.errors import EcoparkError
from ecopark.web.projects import gate

LEFT_OUT = ("contenttypes", "auth.permission", "sessions", "admin.logentry", "axes")
"""What every site makes for itself. `admin.logentry` is Django's list of clicks in the administration: what can be changed
there has a history of its own that says more (`people.admin`), and that is in the archive."""
ABOUT, ROWS, UPLOADS, LEDGER = "about.json", "rows.jsonl", "uploads/", "ledger.sqlite"


def run(action: str, file: Path | None) -> int:
    """Do what the command line asked; says in one line what it did or why not."""
    try:
        if action == "backup":
            made = backup(file or Path(f"ecopark-{datetime.now(UTC):%Y%m%d-%H%M%S}.zip"))
            print(f"{made}  ({made.stat().st_size / 1e6:.1f} MB)")
        else:
            if file is None:
                raise EcoparkError("say which archive to restore / 请指明要恢复的备份文件")
            print(f"{restore(file)} rows restored / 已恢复记录数")
    except EcoparkError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def backup(target: Path) -> Path:
    """Write the archive; the database is read in one transaction, so it is of one moment.

    Raises
    ------
    EcoparkError
        `target` exists already, there is no site, or its database is not of this program.
    """
    if target.exists():
        raise EcoparkError(f"{target} exists already / 文件已存在")
    _must_be_of_this_program()
    part = target.with_name(target.name + ".part")
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder) / ROWS
        with transaction.atomic():
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            serializers.register_serializer("whole", "ecopark.web.whole")
            call_command("dumpdata", format="whole", exclude=[*LEFT_OUT], output=str(rows), verbosity=0)
        with rows.open("rb") as lines:
            count = sum(1 for _ in lines)
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            archive.write(rows, ROWS)
            if gate.save_ledger(Path(folder) / LEDGER):
                archive.write(Path(folder) / LEDGER, LEDGER)
            for path in _uploads():
                archive.write(path, UPLOADS + path.relative_to(settings.UPLOADS).as_posix())
            about = {
                "version": __version__,
                "at": datetime.now(UTC).isoformat(),
                "rows": count,
                "sha256": _digest(rows),
            }
            archive.writestr(ABOUT, json.dumps(about, indent=1))
    part.rename(target)
    return target


def _must_be_of_this_program() -> None:
    """A database can be written out only by the program it belongs to.

    Raises
    ------
    EcoparkError
        There is no site, or its database is of an earlier or a later program.
    """
    executor = MigrationExecutor(connection)
    if not executor.loader.applied_migrations:
        raise EcoparkError(f"there is no site in {settings.DATA} / 该目录下没有站点")
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise EcoparkError(
            f"the database is of an earlier program than {__version__}: back up with the version that was installed before, or "
            f"start this one once, which brings the database up to date / 数据库属于早于 {__version__} 的版本：请用原版本备份，"
            "或先启动一次本版本（会升级数据库）再备份"
        )
    known = {*executor.loader.disk_migrations, *executor.loader.replacements}
    own = {c.label for c in apps.get_app_configs() if c.name.startswith("ecopark.")}
    if any(app in own and (app, name) not in known for app, name in executor.loader.applied_migrations):
        raise EcoparkError(
            f"the database is of a later program than {__version__}: install that version / "
            f"数据库属于晚于 {__version__} 的版本：请安装该版本"
        )


def restore(source: Path) -> int:
    """Bring an archive into this (empty) site; says how many rows.

    Raises
    ------
    EcoparkError
        No archive, a damaged one, one of a newer program, or a site that is not empty.
    """
    if not source.is_file():
        raise EcoparkError(f"there is no file {source} / 没有此文件")
    if not zipfile.is_zipfile(source):
        raise EcoparkError(f"{source} is no backup / 不是备份文件")
    with zipfile.ZipFile(source) as archive, tempfile.TemporaryDirectory() as folder:
        names = archive.namelist()
        if ABOUT not in names or ROWS not in names:
            raise EcoparkError(f"{source} is no backup of ecopark")
        about = json.loads(archive.read(ABOUT))
        rows = Path(archive.extract(ROWS, folder))
        if _digest(rows) != about["sha256"]:
            raise EcoparkError(f"{source} is damaged: its rows are not those it was written with")
        call_command("migrate", interactive=False, verbosity=0)
        _must_be_empty()
        with transaction.atomic():
            count = 0
            with rows.open(encoding="utf-8") as lines:
                for found in serializers.deserialize("jsonl", lines, handle_forward_references=True):
                    found.save()
                    count += 1
            if count != about["rows"]:
                raise EcoparkError(f"{source}: {count} of {about['rows']} rows could be read; nothing was restored")
            _reset_counters()
        if LEDGER in names:
            gate.load_ledger(Path(archive.extract(LEDGER, folder)))
        for name in names:
            if name.startswith(UPLOADS) and not name.endswith("/"):
                target = (Path(settings.UPLOADS) / name.removeprefix(UPLOADS)).resolve()
                if not target.is_relative_to(Path(settings.UPLOADS).resolve()):
                    raise EcoparkError(f"{source}: '{name}' leads out of the uploads")
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(archive.read(name))
    return count


def _must_be_empty() -> None:
    from ecopark.web.parks.models import Park
    from ecopark.web.people.models import User

    if Park.objects.exists() or User.objects.exists():
        raise EcoparkError("this site is not empty: restore into a new data directory or database")


def _reset_counters() -> None:
    """PostgreSQL counts on from what was restored."""
    from django.apps import apps

    models = [m for m in apps.get_models() if m._meta.managed]
    with connection.cursor() as cursor:
        from django.core.management.color import no_style

        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)


def _uploads() -> list[Path]:
    folder = Path(settings.UPLOADS)
    return sorted(p for p in folder.rglob("*") if p.is_file()) if folder.is_dir() else []


def _digest(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            found.update(block)
    return found.hexdigest()
