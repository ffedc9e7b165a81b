"""What a site's settings take from its surroundings."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from ecopark.web.environment import kept_secret


def test_processes_that_start_together_have_one_secret(tmp_path: Path) -> None:
    """None of them reads the file before the first one has written it whole."""
    many = 8
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(many) as pool:
            for turn in range(50):
                data, at_once = tmp_path / str(turn), Barrier(many)

                def start(_: int, data: Path = data, at_once: Barrier = at_once) -> str:
                    at_once.wait()
                    return kept_secret(data)

                [secret] = set(pool.map(start, range(many)))
                assert len(secret) > 60
                assert [p.name for p in data.iterdir()] == ["secret.key"]
                assert (data / "secret.key").stat().st_mode & 0o777 == 0o600
    finally:
        sys.setswitchinterval(interval)
