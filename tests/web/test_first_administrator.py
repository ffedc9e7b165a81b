"""The first start asks for the first administrator in its own language, takes no weak password, and can be broken off in one line."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ecopark.web.people import first_administrator
from ecopark.web.people.models import User

pty = pytest.importorskip("pty")
ENVIRON = {k: v for k, v in os.environ.items() if not k.startswith(("ECOPARK_", "DATABASE_URL", "DJANGO_"))}
GOOD = {"DJANGO_SUPERUSER_PASSWORD": "a-Long-enough-7x"}


@pytest.mark.parametrize(
    ("lang", "prompt", "question", "refusal"),
    [("en", "Username", "Password", "too short"), ("zh", "用户名", "密码", "太短")],
)
def test_first_start_asks_in_its_language_and_ends_with_ctrl_c(
    tmp_path: Path, lang: str, prompt: str, question: str, refusal: str
) -> None:
    """Every word is of that language, the name and a weak password's refusal too; Ctrl-C ends the question at once."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "ecopark.web.run", "serve", "--data", str(tmp_path / "site"), "--port", "0"]
    site = subprocess.Popen(
        ["setsid", "--ctty", "--wait", *command, "--no-browser", "--lang", lang],
        stdin=theirs, stdout=theirs, stderr=theirs, env=ENVIRON,
    )  # fmt: skip
    os.close(theirs)
    said, until = b"", time.monotonic() + 120
    try:
        for word, answer in ((prompt, b"zhou\n"), (question, b"123\n"), (refusal, b"\x03")):
            while word.encode() not in said and time.monotonic() < until:
                if select.select([ours], [], [], 1)[0]:
                    said += os.read(ours, 4096)
            assert word in said.decode(errors="replace")
            time.sleep(0.3)
            os.write(ours, answer)
        assert site.wait(20) == 130
    finally:
        os.write(ours, b"\n\x04")
        site.kill()
        site.wait()
        os.close(ours)
    told = said.decode(errors="replace").replace("zhou", "").replace("admin", "")
    assert (re.search("[a-z]", told) if lang == "zh" else re.search("[一-龥]", told)) is None, told


@pytest.mark.django_db
def test_what_stands_against_the_first_administrator_is_said_beforehand() -> None:
    def codes(name: str, environ: dict[str, str], *, asked: bool = False) -> list[str]:
        found = list(first_administrator.problems(name, environ, asked=asked))
        assert all(p.zh != p.en for p in found)
        return [p.code for p in found]

    User.objects.create_user("taken", password="x")
    assert codes("", {}) == ["no-administrator"]
    assert codes("", {}, asked=True) == []
    for weak in ("123", "password", "zhou-min-2026"):
        assert codes("zhou-min", {"DJANGO_SUPERUSER_PASSWORD": weak}) == ["weak-password"], weak
    assert codes("no name!", GOOD) == ["administrator-name"]
    assert codes("taken", GOOD) == ["administrator-name"]
    assert codes("zhou", GOOD) == []
    made = first_administrator.make("zhou", GOOD, "zh")
    assert made is not None and made.is_superuser and made.check_password(GOOD["DJANGO_SUPERUSER_PASSWORD"])
    assert codes("", {}) == []
    assert first_administrator.make("another", GOOD, "zh") is None
    User.objects.filter(pk=made.pk).update(is_active=False)
    assert codes("", {}) == ["no-administrator"]  # who is switched off lets nobody in


@pytest.mark.parametrize("seconds", [0.2, 0.5, 1.0])
def test_ctrl_c_while_it_starts_is_one_line(tmp_path: Path, seconds: float) -> None:
    """As a terminal sends it: to the command and to the site it has started, which has not been told to ignore it."""
    site = subprocess.Popen(
        ["env", "--default-signal=INT", sys.executable, "-c", "from ecopark.cli import run; run()", "serve", "--data", str(tmp_path / "site"), "--no-browser"],
        env=ENVIRON | GOOD | {"ECOPARK_LANG": "en"}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True, text=True,
    )  # fmt: skip
    time.sleep(seconds)
    os.killpg(site.pid, signal.SIGINT)
    told, _ = site.communicate(timeout=30)
    assert site.returncode in (130, -signal.SIGINT), told  # the latter where Python itself had not begun
    assert "Traceback" not in told or site.returncode == -signal.SIGINT
    assert len(told.splitlines()) <= 1 or site.returncode == -signal.SIGINT, told
