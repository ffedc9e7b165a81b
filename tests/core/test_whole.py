"""What an interrupted writer leaves behind is what was there before it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecopark.core.whole import all_or_nothing


def tree(folder: Path) -> dict[str, str]:
    return {p.relative_to(folder).as_posix(): p.read_text() for p in folder.rglob("*") if p.is_file()}


def test_files_appear_together_and_others_stay(tmp_path: Path) -> None:
    (tmp_path / "out" / "sub").mkdir(parents=True)
    (tmp_path / "out" / "old.txt").write_text("old")
    (tmp_path / "out" / "kept.txt").write_text("kept")
    with all_or_nothing(tmp_path / "out") as work:
        (work / "old.txt").write_text("new")
        (work / "sub").mkdir()
        (work / "sub" / "x.txt").write_text("x")
        assert tree(tmp_path / "out")["old.txt"] == "old"
    assert tree(tmp_path / "out") == {"old.txt": "new", "kept.txt": "kept", "sub/x.txt": "x"}


@pytest.mark.parametrize("stop", [KeyboardInterrupt, ValueError])
def test_when_it_is_stopped_nothing_has_happened(tmp_path: Path, stop: type[BaseException]) -> None:
    (tmp_path / "old.txt").write_text("old")
    for folder in (tmp_path, tmp_path / "a" / "b"):
        with pytest.raises(stop):
            _write_half(folder, stop)
    assert tree(tmp_path) == {"old.txt": "old"}
    assert [p.name for p in tmp_path.iterdir()] == ["old.txt"]


def _write_half(folder: Path, stop: type[BaseException]) -> None:
    with all_or_nothing(folder) as work:
        (work / "old.txt").write_text("half of the n")
        raise stop


def test_an_empty_directory_may_be_asked_for(tmp_path: Path) -> None:
    with all_or_nothing(tmp_path / "a"):
        pass
    assert (tmp_path / "a").is_dir()
    assert not list((tmp_path / "a").iterdir())
