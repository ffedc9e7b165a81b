"""Ctrl-C: one line, exit code 130, and nothing half-written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ecopark.cli.main import app
from ecopark.examples import invented_park

STOPPED = {
    "demo": ("ecopark.workflows.show_demo.write_zones", ["demo", "OUT", "--no-serve", "--firms", "30"]),
    "assess": ("ecopark.reports.dossier._write", ["assess", "PARK", "-p", "hj274-2015", "--out", "OUT"]),
    "batch": (
        "ecopark.standards.batch.Batch.write",
        ["assess", "PARK", "-p", "hj274-2015", "--engine", "polars", "--out", "OUT"],
    ),
    "new": ("ecopark.observations.new_park.write_template", ["new", "OUT"]),
}


@pytest.fixture(scope="module")
def park(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return invented_park(30).write(tmp_path_factory.mktemp("interrupted") / "park")


def stopped(name: str, out: Path, park: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    where, args = STOPPED[name]

    def ctrl_c(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(where, ctrl_c)
    words = {"OUT": str(out), "PARK": str(park)}
    return CliRunner().invoke(app, [words.get(a, a) for a in args] + ["--lang", "zh"])


@pytest.mark.parametrize("name", STOPPED)
def test_nothing_is_left_where_nothing_was(
    name: str, tmp_path: Path, park: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = stopped(name, tmp_path / "out", park, monkeypatch)
    assert done.exit_code == 130
    assert done.stderr == "已中断\n"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["assess", "batch"])
def test_what_was_there_is_still_there(name: str, tmp_path: Path, park: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "results.parquet").write_text("of last year")
    assert stopped(name, out, park, monkeypatch).exit_code == 130
    assert [(p.name, p.read_text()) for p in out.iterdir()] == [("results.parquet", "of last year")]
