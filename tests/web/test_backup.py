"""A site is saved and brought back into an empty one: every row that is kept and every file that was sent is as it was.

Figures, their history, verdicts as they were shown, cases, tasks, grades with an appeal, evidence, comments: compared row by row
with their times to the microsecond, files byte by byte. On PostgreSQL with ``ECOPARK_TEST_POSTGRES=1``.
"""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from ecopark.errors import EcoparkError
from ecopark.web import backup, run
from ecopark.web.figures import facts as figure_facts
from ecopark.web.projects import gate

from .conftest import World, emptied
from .furnished_site import rows
from .test_firms import graded
from .test_leaks import Other, other

__all__ = ["graded", "other"]
KEPT = (
    "assess.kept", "figures.figure", "figures.historicalfigure", "figures.evidence", "figures.submission", "cases.case",
    "cases.caseevent", "cases.casefile", "tasks.task", "tasks.taskevent", "firms.graderun", "firms.firmgrade", "firms.appeal",
    "people.membership", "files",
)  # fmt: skip
"""What must be there to be compared at all."""


def emptied_into(folder: Path, settings: Any) -> Any:
    """An empty site in another folder; its rows."""
    emptied()
    settings.DATA = folder
    settings.UPLOADS = folder / "uploads"
    folder.mkdir()
    return rows()


@pytest.mark.django_db(transaction=True)
def test_everything_survives_a_restore(other: Other, settings: Any, tmp_path: Path) -> None:
    page = "/p/alpha/assess/hj274-2015/2023/"
    assert other.world.client_of("office").get(page).status_code == 200
    held = rows()
    assert [name for name in KEPT if not held[name]] == []
    archive = backup.backup(tmp_path / "site.zip")
    emptied()
    figure_facts.forget()
    settings.DATA = tmp_path / "new"
    settings.UPLOADS = settings.DATA / "uploads"
    backup.restore(archive)
    again = rows()
    assert {k: len(v) for k, v in again.items()} == {k: len(v) for k, v in held.items()}
    for name, found in held.items():
        assert again[name] == found, name
    assert other.world.client_of("office").get(page).status_code == 200
    assert rows()["assess.kept"] == held["assess.kept"]  # what was shown is found again, not computed anew


@pytest.mark.django_db
@pytest.mark.parametrize("which", ["none", "earlier", "later"])
def test_only_the_program_of_a_database_writes_it_out(which: str, tmp_path: Path) -> None:
    steps = MigrationRecorder.Migration.objects.all()
    if which == "none":
        steps.delete()
    elif which == "earlier":
        steps.filter(app="assess").latest("pk").delete()
    else:
        steps.create(app="assess", name="9999_of_tomorrow")
    words = {"none": "there is no site", "earlier": "an earlier program", "later": "a later program"}[which]
    with pytest.raises(EcoparkError, match=words):
        backup.backup(tmp_path / "site.zip")
    assert not [*tmp_path.iterdir()]


def test_a_wrong_place_is_told_and_nothing_is_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for action, file, words in (("backup", "x.zip", "there is no site"), ("restore", "none.zip", "there is no file")):
        wrong = tmp_path / "wrong"
        assert run.main([action, "--data", str(wrong), "--file", str(tmp_path / file)]) == 2
        assert words in capsys.readouterr().err
    assert not [*tmp_path.iterdir()]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("failing", ["ledger", "upload", "row"])
def test_a_restore_that_fails_at_its_end_leaves_nothing(
    world: World,
    settings: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    failing: str,
) -> None:
    """The ledger, which lies beside the database, comes last: rows, files and half a ledger go again, and a second try succeeds."""
    with gate.open_ledger() as ledger:
        gate.claim_place(world.park, ledger)
    Path(settings.UPLOADS).mkdir(parents=True, exist_ok=True)
    (Path(settings.UPLOADS) / "kept.txt").write_bytes(b"kept")
    archive = backup.backup(tmp_path / "sound.zip")
    held = rows()
    nothing = emptied_into(tmp_path / "new", settings)

    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    copy = shutil.copyfileobj  # by which the rows are unpacked as well

    def full(source: Any, target: Any, *more: Any) -> None:
        copy(source, target, *more)
        if Path(target.name).is_relative_to(settings.UPLOADS):
            fail()

    with monkeypatch.context() as patched:
        if failing == "ledger":
            copied = gate._copy
            patched.setattr(gate, "_copy", lambda *args: (copied(*args), fail()))
        elif failing == "upload":
            patched.setattr(shutil, "copyfileobj", full)
        else:
            patched.setattr(backup, "_reset_counters", lambda: connection.cursor().execute("SELECT * FROM not_there"))
        assert backup.run("restore", archive) == 2
    told = capsys.readouterr().err
    assert ("not_there" if failing == "row" else "No space left") in told and told.count("\n") == 1
    assert rows() == nothing
    assert not gate.ledger_exists()
    assert not [p for p in settings.DATA.rglob("*") if p.is_file()]
    assert backup.run("restore", archive) == 0
    assert rows() == held


@pytest.mark.django_db(transaction=True)
def test_the_uploads_of_a_site_whose_database_is_gone_are_not_touched(
    world: World, settings: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(settings.UPLOADS).mkdir(parents=True, exist_ok=True)
    (Path(settings.UPLOADS) / "kept.txt").write_bytes(b"as it was saved")
    archive = backup.backup(tmp_path / "site.zip")
    nothing = emptied_into(tmp_path / "new", settings)
    left = Path(settings.UPLOADS) / "kept.txt"
    left.parent.mkdir()
    left.write_bytes(b"as it is now")
    assert backup.run("restore", archive) == 2
    assert "not empty" in capsys.readouterr().err
    assert left.read_bytes() == b"as it is now"
    left.unlink()
    assert rows() == nothing
    assert backup.run("restore", archive) == 0
    assert left.read_bytes() == b"as it was saved"


def changed(
    source: Path, target: Path, change: Callable[[str, bytes], bytes], more: dict[str, bytes] | None = None
) -> None:
    """Write an archive again with its members changed."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
        for name, data in (more or {}).items():
            new.writestr(name, data)


def newer(name: str, data: bytes) -> bytes:
    if name != backup.ABOUT:
        return data
    about = json.loads(data)
    return json.dumps(about | {"version": "99.0", "migrations": [*about["migrations"], "cases.9999_later"]}).encode()


@pytest.mark.django_db(transaction=True)
def test_what_is_no_sound_archive_of_this_program_changes_nothing(
    world: World, settings: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line says what is wrong; no row and no file comes in, and the sound archive can still be brought back."""
    Path(settings.UPLOADS).mkdir(parents=True, exist_ok=True)
    (Path(settings.UPLOADS) / "kept.txt").write_bytes(b"kept " * 500)
    sound, wrong = backup.backup(tmp_path / "sound.zip"), tmp_path / "wrong"
    data = sound.read_bytes()
    with pytest.raises(EcoparkError, match="exists already"):
        backup.backup(sound)
    assert backup.run("restore", sound) == 2
    assert "not empty" in capsys.readouterr().err
    held = rows()
    nothing = emptied_into(tmp_path / "new", settings)
    wrong.mkdir()
    (wrong / "half.zip").write_bytes(data[: len(data) // 2])
    (wrong / "text.zip").write_text("no archive", encoding="utf-8")
    with zipfile.ZipFile(sound) as archive:
        at = archive.getinfo(f"{backup.UPLOADS}kept.txt")
    inside = at.header_offset + 30 + len(at.filename) + at.compress_size // 2
    (wrong / "bit.zip").write_bytes(data[:inside] + bytes([data[inside] ^ 255]) + data[inside + 1 :])
    cut = wrong / "rows.zip"
    changed(sound, cut, lambda name, found: found[: len(found) // 2] if name == backup.ROWS else found)
    changed(sound, wrong / "newer.zip", newer)
    changed(sound, wrong / "out.zip", lambda _, found: found, {f"{backup.UPLOADS}../../outside.txt": b"x"})
    changed(sound, wrong / "about.zip", lambda name, found: b"{}" if name == backup.ABOUT else found)
    for name, said in (
        ("half", "only the beginning"), ("text", "no backup"), ("bit", "damaged"), ("rows", "damaged"), ("out", "leads out"),
        ("newer", "bring the program up to date"), ("about", "no backup of ecopark"), ("none", "there is no file"),
    ):  # fmt: skip
        assert backup.run("restore", wrong / f"{name}.zip") == 2, name
        told = capsys.readouterr().err
        assert said in told and told.count("\n") == 1, (name, told)
        assert rows() == nothing, name
        assert not (tmp_path / "outside.txt").exists()
    assert backup.run("backup", tmp_path / "no" / "folder.zip") == 2
    assert "folder.zip" in capsys.readouterr().err
    backup.restore(sound)
    assert rows() == held
