"""What Django's own check says of the settings a site runs with: nothing behind HTTPS, and without it what is meant."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
WITHOUT_HTTPS = {"security.W004", "security.W008", "security.W012", "security.W016"}
"""HSTS, redirect, and the two cookies: what `ECOPARK_HTTPS=1` switches on."""


def checked(folder: Path, *more: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """``manage.py check --deploy`` with the site's settings and nothing else from around."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("ECOPARK_", "DJANGO_", "DATABASE_"))}
    path = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "ecopark.web.manage", "check", "--deploy", *more], cwd=folder, text=True,
        env=kept | {"ECOPARK_DATA": str(folder), "PYTHONPATH": path, "PYTHONUTF8": "1"} | settings, capture_output=True,
        timeout=120, check=False,
    )  # fmt: skip


def test_behind_https_there_is_nothing_to_say(tmp_path: Path) -> None:
    found = checked(tmp_path, "--fail-level", "WARNING", ECOPARK_HTTPS="1", ECOPARK_HOSTS="park.example")
    assert found.returncode == 0, found.stderr
    assert "no issues" in found.stdout
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600


def test_without_https_it_says_what_is_missing_and_no_more(tmp_path: Path) -> None:
    found = checked(tmp_path)
    assert found.returncode == 0, found.stderr
    assert set(re.findall(r"security\.W\d+", found.stderr)) == WITHOUT_HTTPS
    assert "ecopark.W001" in found.stderr
    assert "ECOPARK_HTTPS=1" in found.stderr


def test_every_host_name_behind_https_is_pointed_at(tmp_path: Path) -> None:
    found = checked(tmp_path, ECOPARK_HTTPS="1", ECOPARK_HOSTS="*")
    assert "ecopark.W002" in found.stderr
    assert "ECOPARK_HOSTS" in found.stderr


def test_a_word_that_is_none_stops_the_start(tmp_path: Path) -> None:
    found = checked(tmp_path, ECOPARK_TWO_FACTOR="yes")
    assert found.returncode != 0
    assert "ECOPARK_TWO_FACTOR" in found.stderr
