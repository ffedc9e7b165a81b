"""The first start asks for the first administrator in the language of the start, and can be broken off."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

pty = pytest.importorskip("pty")


@pytest.mark.parametrize(("lang", "prompt"), [("en", "Username"), ("zh", "用户名")])
def test_first_start_asks_in_its_language_and_ends_with_ctrl_c(tmp_path: Path, lang: str, prompt: str) -> None:
    """Ctrl-C ends the question at once, without a further line."""
    ours, theirs = pty.openpty()
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("ECOPARK_", "DATABASE_URL", "DJANGO_"))}
    command = [sys.executable, "-m", "ecopark.web.run", "serve", "--data", str(tmp_path / "site"), "--port", "0"]
    site = subprocess.Popen(
        ["setsid", "--ctty", "--wait", *command, "--no-browser", "--lang", lang],
        stdin=theirs, stdout=theirs, stderr=theirs, env=environ,
    )  # fmt: skip
    os.close(theirs)
    said, until = b"", time.monotonic() + 120
    try:
        while prompt.encode() not in said and time.monotonic() < until:
            if select.select([ours], [], [], 1)[0]:
                said += os.read(ours, 4096)
        assert prompt in said.decode(errors="replace")
        time.sleep(0.3)
        os.write(ours, b"\x03")
        assert site.wait(20) == 1
    finally:
        os.write(ours, b"\n\x04")
        site.kill()
        site.wait()
        os.close(ours)
