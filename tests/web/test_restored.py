"""A site is saved and brought back into an empty one, on the same database and from SQLite to PostgreSQL: every answer is the same.

Everything that is kept is compared row by row (figures, history, verdicts as they were shown, cases, tasks, grades, decisions),
every uploaded file byte by byte, and what the pages say of it word by word.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .real_site import DATABASES, ROOT, Site, real_site

pytestmark = pytest.mark.slow
FIRMS = "30"
KEPT = (
    "assess.kept", "figures.figure", "figures.historicalfigure", "figures.evidence", "figures.submission", "cases.case",
    "cases.caseevent", "cases.casefile", "tasks.task", "tasks.taskevent", "firms.graderun", "firms.firmgrade", "firms.appeal",
    "firms.audit", "projects.decision", "projects.opinion", "projects.ruleedition", "rules.verification", "people.membership",
    "files",
)  # fmt: skip
"""What must be there to be compared at all."""


def run(site: Site, action: str, file: Path) -> subprocess.CompletedProcess[str]:
    """The command as an administrator types it."""
    command = [sys.executable, "-m", "ecopark.web.run", action, "--file", str(file)]
    return subprocess.run(
        command, cwd=ROOT, env=site.environment, capture_output=True, text=True, timeout=240, check=False
    )


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, dict[str, Any], dict[str, Any]]:
    """The archive of a furnished site on SQLite, where its things are, and what it held and said."""
    folder = tmp_path_factory.mktemp("site")
    site, told = Site(folder, ""), folder / "told.json"
    site.inside("tell", FIRMS, str(told))
    said = site.inside("answers", str(told))
    held = site.inside("rows")
    archive = tmp_path_factory.mktemp("archive") / "site.zip"
    done = run(site, "backup", archive)
    assert done.returncode == 0, done.stderr
    return archive, told, held, said


@pytest.mark.parametrize("database", DATABASES)
def test_every_answer_is_the_same_after_a_restore(saved: Any, tmp_path: Path, database: str) -> None:
    archive, told, held, said = saved
    assert [name for name in KEPT if not held[name]] == []
    assert [n for n, text in said.items() if not text.startswith("200 ")] == []
    with real_site(tmp_path / "new", database) as site:
        site.folder.mkdir()
        done = run(site, "restore", archive)
        assert done.returncode == 0, done.stderr
        again = site.inside("rows")
        assert {k: len(v) for k, v in again.items()} == {k: len(v) for k, v in held.items()}
        for name, rows in held.items():
            assert again[name] == rows, name
        now = site.inside("answers", str(told))
        assert [name for name, text in said.items() if now[name] != text] == []
        if database == "postgresql":  # and the way back, with what was noted meanwhile: who signed in to ask
            held_there, back = site.inside("rows"), Site(tmp_path / "back", "")
            done = run(site, "backup", tmp_path / "back.zip")
            assert done.returncode == 0, done.stderr
            back.folder.mkdir()
            done = run(back, "restore", tmp_path / "back.zip")
            assert done.returncode == 0, done.stderr
            assert back.inside("rows") == held_there
        # the site goes on from there: numbers of new rows do not meet those that came back
        made = site.inside("goes-on")
        assert made["case"] > max(int(pk) for pk in held["cases.case"])
        assert made["figure"] > max(int(pk) for pk in held["figures.figure"])
        assert made["behind"] == []
