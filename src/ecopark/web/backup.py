"""Backup and restore: the whole site in one archive, from either database and into either.

The archive holds every row as Django's JSON lines, the uploads, the quota ledger with every entry, and a page about itself
with counts and digests. A restore goes into an empty site only, in one transaction: all of it or nothing.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core import serializers
from django.core.management import call_command
from django.core.serializers.base import DeserializationError
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from ecopark import __version__
from ecopark.errors import EcoparkError
from ecopark.web.projects import gate

LEFT_OUT = ("contenttypes", "auth.permission", "sessions", "admin.logentry", "axes")
"""What every site makes for itself. `admin.logentry` is Django's list of clicks in the administration: what can be changed
there has a history of its own that says more (`people.admin`), and that is in the archive."""
ABOUT, ROWS, UPLOADS, LEDGER = "about.json", "rows.jsonl", "uploads/", "ledger.sqlite"
GATE = "gate"
"""Folder of the uploads with the parks' registers of decisions (`projects.policies.gate_folder`)."""


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
    except DatabaseError as error:
        words = " ".join(str(error).split())
        print(
            f"the database refused it ({words}); nothing was written / 数据库拒绝（见上），未写入任何内容",
            file=sys.stderr,
        )
        return 2
    except OSError as error:
        print(f"{error.filename or file}: {error.strerror or error} / 无法读写该文件", file=sys.stderr)
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
    try:
        with tempfile.TemporaryDirectory() as folder:
            _write(part, Path(folder))
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)
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
    if _unknown(_names(executor.loader.applied_migrations)):
        raise EcoparkError(
            f"the database is of a later program than {__version__}: install that version / "
            f"数据库属于晚于 {__version__} 的版本：请安装该版本"
        )


def _names(migrations: Iterable[tuple[str, str]]) -> list[str]:
    """Steps of the database of our own tables, as an archive names them."""
    own = {c.label for c in apps.get_app_configs() if c.name.startswith("ecopark.")}
    return sorted(f"{app}.{name}" for app, name in migrations if app in own)


def _unknown(names: Iterable[str]) -> list[str]:
    """Those that this program does not know."""
    loader = MigrationLoader(connection)
    return sorted(set(names) - {*_names(loader.disk_migrations), *_names(loader.replacements)})


def _write(part: Path, folder: Path) -> None:
    rows = folder / ROWS
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        has_ledger = _decisions(folder)
        serializers.register_serializer("whole", "ecopark.web.whole")
        call_command("dumpdata", format="whole", exclude=[*LEFT_OUT], output=str(rows), verbosity=0)
    with rows.open("rb") as lines:
        count = sum(1 for _ in lines)
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        archive.write(rows, ROWS)
        if has_ledger:
            archive.write(folder / LEDGER, LEDGER)
        for path in _files(folder / GATE):
            archive.write(path, f"{UPLOADS}{GATE}/{path.relative_to(folder / GATE).as_posix()}")
        for path in _files(Path(settings.UPLOADS)):
            name = path.relative_to(settings.UPLOADS)
            if name.parts[0] != GATE:
                archive.write(path, UPLOADS + name.as_posix())
        about = {
            "version": __version__,
            "at": datetime.now(UTC).isoformat(),
            "rows": count,
            "sha256": _digest(rows),
            "migrations": _names(MigrationLoader(connection).applied_migrations),
        }
        archive.writestr(ABOUT, json.dumps(about, indent=1))


def _decisions(folder: Path) -> bool:
    """Copy the ledger and the registers, which lie beside the database, while no decision is in the middle; says whether there
    is a ledger.

    A decision holds the row of its park while it writes all three. On SQLite this transaction is the only one that writes; on
    PostgreSQL the parks are locked for so long only: what the transaction sees is what there was then.
    """
    held = transaction.savepoint()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE parks_park IN EXCLUSIVE MODE")
            cursor.execute("SELECT 1 FROM parks_park LIMIT 1")
    has_ledger = gate.save_ledger(folder / LEDGER)
    if (registers := Path(settings.UPLOADS) / GATE).is_dir():
        shutil.copytree(registers, folder / GATE)
    transaction.savepoint_rollback(held)  # which lets the parks go
    return has_ledger


def restore(source: Path) -> int:
    """Bring an archive into this (empty) site; says how many rows.

    The archive is read to its end before anything is written: it comes whole or not at all.

    Raises
    ------
    EcoparkError
        No archive, a damaged one, one of a newer program, or a site that is not empty.
    """
    if not source.is_file():
        raise EcoparkError(f"there is no file {source} / 没有此文件")
    if not zipfile.is_zipfile(source):
        raise EcoparkError(f"{source} is no backup, or only the beginning of one / 不是备份文件，或文件不完整")
    try:
        with zipfile.ZipFile(source) as archive, tempfile.TemporaryDirectory() as folder:
            about = _checked(archive, source)
            _must_be_empty()
            call_command("migrate", interactive=False, verbosity=0)
            return _bring_back(archive, source, Path(folder), about)
    except (zipfile.BadZipFile, zlib.error) as error:
        raise EcoparkError(f"{source} is damaged: {error} / 备份文件已损坏") from error


def _checked(archive: zipfile.ZipFile, source: Path) -> dict[str, Any]:
    """What the archive says of itself, once it is sound, of a program this one understands, and stays where it belongs."""
    names = archive.namelist()
    if ABOUT not in names or ROWS not in names:
        raise EcoparkError(f"{source} is no backup of ecopark / 不是 ecopark 的备份文件")
    if (broken := archive.testzip()) is not None:
        raise EcoparkError(f"{source} is damaged: '{broken}' is not what it was written as / 备份文件已损坏")
    try:
        about: dict[str, Any] = json.loads(archive.read(ABOUT))
        version, digest, _ = about["version"], about["sha256"], about["rows"]
    except (ValueError, KeyError, TypeError) as error:
        raise EcoparkError(
            f"{source} is no backup of ecopark: {ABOUT} cannot be read / 不是 ecopark 的备份文件"
        ) from error
    if unknown := _unknown(about.get("migrations", ())):
        raise EcoparkError(
            f"{source} was written by ecopark {version}, this is {__version__}, which does not know "
            f"{', '.join(unknown[:3])}: bring the program up to date first / 备份来自更新的版本，请先升级程序"
        )
    found = hashlib.sha256()
    with archive.open(ROWS) as rows:
        while block := rows.read(1 << 20):
            found.update(block)
    if found.hexdigest() != digest:
        raise EcoparkError(f"{source} is damaged: its rows are not those it was written with / 备份文件已损坏")
    for name in names:
        if name.startswith(UPLOADS) and not _place(name).is_relative_to(Path(settings.UPLOADS).resolve()):
            raise EcoparkError(f"{source}: '{name}' leads out of the uploads / 文件路径越界")
    return about


def _bring_back(archive: zipfile.ZipFile, source: Path, folder: Path, about: dict[str, Any]) -> int:
    """Rows, uploads and ledger, or nothing of them: whatever fails, what was written already is taken away again."""
    names = archive.namelist()
    written: list[Path] = []
    booked = False
    try:
        with transaction.atomic():
            count = _rows(Path(archive.extract(ROWS, folder)), source, about)
            for name in names:
                if name.startswith(UPLOADS) and not name.endswith("/"):
                    path = _place(name)
                    path.parent.mkdir(parents=True, exist_ok=True)
                    written.append(path)
                    with archive.open(name) as packed, path.open("wb") as file:
                        shutil.copyfileobj(packed, file, 1 << 20)
            if LEDGER in names:
                booked = not gate.ledger_exists()
                gate.load_ledger(Path(archive.extract(LEDGER, folder)))
    except BaseException:
        if booked:
            gate.remove_ledger()
        for path in written:
            path.unlink(missing_ok=True)
        raise
    return count


def _rows(file: Path, source: Path, about: dict[str, Any]) -> int:
    """Write the rows into the transaction of the caller; says how many."""
    count = 0
    try:
        with file.open(encoding="utf-8") as lines:
            for found in serializers.deserialize("jsonl", lines, handle_forward_references=True):
                found.save()
                count += 1
    except (DeserializationError, DatabaseError) as error:
        raise EcoparkError(
            f"{source}: row {count + 1} is not of this program ({' '.join(str(error).split())}); it was written by ecopark "
            f"{about['version']}, this is {__version__} / 备份与本程序版本不符"
        ) from error
    if count != about["rows"]:
        raise EcoparkError(f"{source}: {count} of {about['rows']} rows could be read; nothing was restored")
    _reset_counters()
    return count


def _place(name: str) -> Path:
    """Where an upload of the archive belongs."""
    return (Path(settings.UPLOADS) / name.removeprefix(UPLOADS)).resolve()


def _has_tables() -> bool:
    return "people_user" in connection.introspection.table_names()


def _must_be_empty() -> None:
    from ecopark.web.parks.models import Park
    from ecopark.web.people.models import User

    # asked before the tables are brought up to date: nothing of a site in use is touched, nor of one whose database is gone
    filled = _has_tables() and (User.objects.exists() or Park.objects.exists())
    if filled or gate.ledger_exists() or _files(Path(settings.UPLOADS)):
        raise EcoparkError(
            "this site is not empty: restore into a new data directory or database / 本站不是空的，请恢复到新的数据目录或数据库"
        )


def _reset_counters() -> None:
    """PostgreSQL counts on from what was restored."""
    models = [m for m in apps.get_models() if m._meta.managed]
    with connection.cursor() as cursor:
        from django.core.management.color import no_style

        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file()) if folder.is_dir() else []


def _digest(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            found.update(block)
    return found.hexdigest()
