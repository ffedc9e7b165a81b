"""What people send in a zip, file by file, with nothing in it believed: sizes, paths, links and passwords are looked at."""

from __future__ import annotations

import lzma
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ecopark.errors import Place, Problem

LEFT = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
"""What computers put into archives by themselves."""
BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, ValueError, EOFError, NotImplementedError, RuntimeError,
)  # fmt: skip
"""What reading a damaged archive raises."""


@dataclass(frozen=True, slots=True)
class Most:
    """How much an archive may hold.

    Parameters
    ----------
    files
        Number of files.
    each, all
        Size of one file and of all together, unpacked. [B]
    """

    files: int
    each: int
    all: int

    def exceeded(self, name: str) -> Problem:
        """What is said of what is too much."""
        each, total = self.each // 1_000_000, self.all // 1_000_000
        zh = f"文件过多或过大（最多 {self.files} 个，每个 {each} MB，合计 {total} MB）"
        en = f"too many files or too much (at most {self.files}, {each} MB each, {total} MB in all)"
        return Problem("too-large", Place(name[:200]), zh, en)


def unzipped(upload: Any, most: Most, problems: list[Problem]) -> Iterator[tuple[str, bytes]]:
    """The files of an archive by their paths inside it; what cannot be taken is added to `problems`.

    Parameters
    ----------
    upload
        Django's uploaded file.
    """
    shown = Path(str(upload.name)).name[:200]
    if upload.size > most.all:
        problems.append(most.exceeded(shown))
        return
    left, seen = most.all, set[str]()
    try:
        with zipfile.ZipFile(upload) as archive:
            for info in archive.infolist():
                name = info.filename.replace("\\", "/")
                if info.is_dir() or name.startswith(LEFT[0]) or PurePosixPath(name).name in LEFT[1:]:
                    continue
                path = PurePosixPath(name)
                link = stat.S_ISLNK(info.external_attr >> 16)
                if path.is_absolute() or ".." in path.parts or ":" in name or "\x00" in name or link:
                    zh, en = "路径指向目录之外", "its path leads out of the directory"
                    problems.append(Problem("path-outside", Place(name[:200]), zh, en))
                    continue
                if info.flag_bits & 1:
                    zh, en = "已加密", "is encrypted"
                    problems.append(
                        Problem("file-encrypted", Place(name), zh, en, "请去掉密码。", "Take the password off.")
                    )
                    continue
                if len(seen) >= most.files:
                    problems.append(most.exceeded(shown))
                    return
                limit = min(most.each, left)
                with archive.open(info) as file:  # what the archive says of sizes is not believed
                    data = file.read(limit + 1)
                if len(data) > limit:
                    problems.append(most.exceeded(name))
                    return
                left -= len(data)
                if str(path) in seen:
                    problems.append(twice(str(path)))
                seen.add(str(path))
                yield str(path), data
    except BROKEN:
        problems.append(Problem("not-a-zip", Place(shown), "不是可读的 zip 文件", "is no zip that can be read"))


def twice(name: str) -> Problem:
    """What is said of a file that is there twice."""
    return Problem("file-twice", Place(name), "文件重复", "is there twice")
