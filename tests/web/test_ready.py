"""Whether a site may be started: what stops it, what is only said, and what an administrator takes on knowingly."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ecopark.web import ready
from ecopark.web.demo import PASSWORD
from ecopark.web.people.models import User

ROOT = Path(__file__).parents[2]
STRONG = "k7Qw-_x2Vb9ZpLr4TnYc8MdHf3JsGa6EuXo1WiKtBqNvRzCh5SyDjPm"


@pytest.fixture
def live(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, db: None) -> Any:
    """Settings of a site behind HTTPS that has nothing against it."""
    monkeypatch.setattr(ready, "_pages", lambda: ())
    tmp_path.chmod(0o700)
    settings.DATA = tmp_path
    settings.HTTPS = settings.SECURE_SSL_REDIRECT = True
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = 3600, True
    settings.SECURE_HSTS_PRELOAD = True
    settings.ALLOWED_HOSTS, settings.SECRET_KEY, settings.TWO_FACTOR = ["park.example"], STRONG, "staff"
    settings.API_RATE = (600, 60)
    return settings


ASKED = {"ECOPARK_HOSTS": "park.example", "ECOPARK_PROXIES": "10.0.0.2", "ECOPARK_TWO_FACTOR": "staff"}


def free() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def codes(report: ready.Report, severity: str) -> set[str]:
    return {p.code for p in report.problems if p.severity == severity}


def looked(host: str = "0.0.0.0", action: str = "serve", **environ: str) -> ready.Report:
    return ready.of_site(action, host, free(), ASKED | environ)


def test_a_site_that_is_set_up_well_hears_nothing(live: Any) -> None:
    assert looked().problems == ()
    assert looked("127.0.0.1").problems == ()


def test_a_site_for_this_machine_hears_nothing_of_dangers(live: Any) -> None:
    live.HTTPS, live.SECRET_KEY, live.DEBUG, live.ALLOWED_HOSTS = False, "abc", True, ["localhost", "[::1]"]
    User.objects.create_user("office", password=PASSWORD)
    assert looked("127.0.0.1").problems == ()
    assert looked("localhost", "demo").problems == ()


def test_every_danger_is_in_one_report_in_both_languages_with_its_repair(live: Any) -> None:
    live.HTTPS, live.SECRET_KEY, live.DEBUG, live.ALLOWED_HOSTS = False, "abc", True, ["*"]
    (live.DATA / "secret.key").write_text(STRONG)
    (live.DATA / "secret.key").chmod(0o644)
    User.objects.create_user("office", password=PASSWORD)
    report = looked()
    assert codes(report, "error") == set(ready.DANGERS) - {"disk-full"}
    assert report.stops
    for problem in report.problems:
        assert problem.zh and problem.en and problem.repair_zh and problem.repair_en
    zh, en = report.told("zh"), report.told("en")
    assert "不能启动" in zh and "ECOPARK_HTTPS=1" in zh and "--accept" in zh
    assert "not started" in en and "ECOPARK_HTTPS=1" in en and "office" in en


def test_what_is_taken_on_by_name_is_said_and_lets_the_site_start(live: Any) -> None:
    live.HTTPS = False
    assert codes(looked(), "error") == {"no-https"}
    report = looked(ECOPARK_ACCEPT="no-https")
    assert not report.stops
    assert codes(report, "warning") == {"no-https"}
    assert "ECOPARK_ACCEPT" in report.told("en")
    live.ALLOWED_HOSTS = ["*"]
    assert codes(looked(ECOPARK_ACCEPT="no-https"), "error") == {"any-host"}, "another danger is not taken on with it"


def test_host_names_on_this_machine_alone_are_warned_of(live: Any) -> None:
    live.HTTPS = False
    report = looked("127.0.0.1")
    assert not report.stops
    assert codes(report, "warning") == {"no-https"}


def test_listening_everywhere_needs_the_names_of_the_site(live: Any) -> None:
    live.ALLOWED_HOSTS = ["localhost"]
    assert codes(looked(ECOPARK_HOSTS=""), "error") == {"hosts-unnamed"}
    assert codes(looked(ECOPARK_HOSTS="", ECOPARK_ACCEPT="no-https"), "error") == {"hosts-unnamed"}


def test_a_demonstration_is_not_shown_to_other_machines(live: Any) -> None:
    assert codes(looked(action="demo"), "error") == {"demo-accounts"}
    User.objects.create_user("office", password="another")
    assert not looked().stops, "an account of that name with a password of its own is none of the demonstration's"


def test_little_and_hardly_any_disk(live: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    real = ready.shutil.disk_usage(live.DATA)
    monkeypatch.setattr(ready.shutil, "disk_usage", lambda path: real._replace(free=ready.DISK_LEAST))
    assert codes(looked(), "warning") == {"disk-little"}
    monkeypatch.setattr(ready.shutil, "disk_usage", lambda path: real._replace(free=ready.DISK_LEAST - 1))
    assert codes(looked(), "error") == {"disk-full"}


def test_a_port_that_is_taken_is_said_before_anything_starts(live: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert codes(ready.of_site("serve", "127.0.0.1", port, ASKED), "error") == {"port-taken"}
        assert codes(ready.of_site("serve", "127.0.0.1", port, ASKED, check=True), "warning") == {"port-taken"}


def test_what_is_merely_unwise_is_said(live: Any) -> None:
    live.API_RATE, live.TWO_FACTOR = None, ""
    report = ready.of_site("serve", "0.0.0.0", free(), {"ECOPARK_HOSTS": "park.example"})
    assert codes(report, "warning") == {"no-api-limit", "no-second-step", "proxy-unnamed"}
    assert not report.stops


def test_djangos_own_deployment_checks_are_asked(live: Any) -> None:
    live.SECURE_HSTS_SECONDS, live.X_FRAME_OPTIONS = 3600, "SAMEORIGIN"
    report = looked()
    assert {p.place.file for p in report.problems} == {"security.W019"}
    assert not report.stops


def test_settings_that_cannot_be_used_are_all_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text("")
    report = ready.of_surroundings(
        {"DATABASE_URL": "mysql://x", "ECOPARK_API_RATE": "many", "ECOPARK_TWO_FACTOR": "yes", "ECOPARK_ACCEPT": "no-http"},
        tmp_path,
    )  # fmt: skip
    told = report.told("en")
    for word in ("DATABASE_URL", "ECOPARK_API_RATE", "ECOPARK_TWO_FACTOR", "Did you mean no-https?", "secret.key"):
        assert word in told
    assert {p.code for p in report.problems} == {"bad-setting", "unknown-danger", "secret-empty"}
    file = tmp_path / "file"
    file.write_text("")
    assert "data-not-writable" in codes(ready.of_surroundings({}, file / "data"), "error")


def serve(folder: Path, *more: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """``ecopark serve`` as the command line starts it."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("ECOPARK_", "DJANGO_", "DATABASE_"))}
    path = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, "-m", "ecopark.web.run", "serve", "--lang", "en", "--port", str(free()), "--data", str(folder), *more],
        env=kept | {"PYTHONPATH": path, "PYTHONUTF8": "1"} | environ, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip


def test_a_dangerous_start_is_refused_and_leaves_nothing_behind(tmp_path: Path) -> None:
    found = serve(tmp_path / "site", "--host", "0.0.0.0", ECOPARK_API_RATE="many")
    assert found.returncode == 2
    for code in ("bad-setting", "no-https", "hosts-unnamed"):
        assert f"[{code}]" in found.stderr
    assert not (tmp_path / "site").exists()


def test_a_check_only_checks(tmp_path: Path) -> None:
    found = serve(tmp_path / "site", "--check")
    assert not (tmp_path / "site").exists()
    assert "for this machine alone" in found.stdout + found.stderr
    if "pages-missing" not in found.stderr:
        assert found.returncode == 0, found.stderr


def test_a_database_that_is_none_is_told_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "ecopark.sqlite3").write_bytes(b"no database, but somebody's file" * 200)
    found = serve(tmp_path)
    assert found.returncode == 2
    assert "[database-unreachable]" in found.stderr
    assert (tmp_path / "ecopark.sqlite3").read_bytes().startswith(b"no database")


def test_a_database_of_a_newer_program_is_not_touched(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "ecopark.sqlite3")
    connection.execute("create table django_migrations (id integer primary key, app text, name text, applied datetime)")
    connection.execute(
        "insert into django_migrations (app, name, applied) values ('people', '9999_next', '2030-01-01')"
    )
    connection.commit()
    connection.close()
    found = serve(tmp_path)
    assert found.returncode == 2
    assert "[database-newer]" in found.stderr and "people.9999_next" in found.stderr


@pytest.mark.parametrize("action", ["backup", "restore"])
def test_a_database_that_cannot_be_reached_stops_a_backup_and_a_restore_too(tmp_path: Path, action: str) -> None:
    """With its repair: the special characters of a password are what a PostgreSQL address most often fails on."""
    pytest.importorskip("psycopg")
    file = tmp_path / "site.zip"
    if action == "restore":
        file.write_bytes(b"whatever")
    (tmp_path / "site").mkdir()
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("ECOPARK_", "DJANGO_", "DATABASE_"))}
    found = subprocess.run(
        [sys.executable, "-m", "ecopark.web.run", action, "--lang", "en", "--data", str(tmp_path / "site"), "--file", str(file)],
        env=kept | {"PYTHONUTF8": "1", "DATABASE_URL": f"postgres://zhou:p@127.0.0.1:{free()}/ecopark"}, capture_output=True,
        text=True, timeout=120, check=False,
    )  # fmt: skip
    assert found.returncode == 2
    assert "Nothing was done:" in found.stderr and "[database-unreachable]" in found.stderr and "%40" in found.stderr
    assert "Traceback" not in found.stderr
