"""Files that appear together or not at all: what an interrupted command leaves behind is what was there before it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def all_or_nothing(folder: Path | str) -> Iterator[Path]:
    """A directory to write into in the place of `folder`.

    When the block ends well, its content takes its place: files of the same name are replaced, others are left alone. When it
    does not (an error, Ctrl-C), nothing of it stays, nor any directory that was made for it.

    Parameters
    ----------
    folder
        Where the files are to be; need not exist.

    Yields
    ------
    work
        An empty directory on the same disk.
    """
    folder = Path(folder)
    missing = [p for p in (folder, *folder.parents) if not p.exists()]
    made: list[Path] = []
    try:
        for path in reversed(missing):
            path.mkdir()
            made.append(path)
        work = Path(tempfile.mkdtemp(prefix=".being-written-", dir=folder))
        try:
            yield work
            for path in sorted(work.rglob("*")):
                target = folder / path.relative_to(work)
                if path.is_dir():
                    target.mkdir(exist_ok=True)
                else:
                    os.replace(path, target)
            made = []
        finally:
            shutil.rmtree(work, ignore_errors=True)
    finally:
        for path in reversed(made):
            if not any(path.iterdir()):
                path.rmdir()
