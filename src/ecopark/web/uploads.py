"""Files that people send: checked by what they are, not by what they are called; kept outside everything that is served."""

from __future__ import annotations

import hashlib
import secrets
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import FileResponse, Http404, HttpResponse

from ecopark.core.text import RefusedError, Text

MB = 1024 * 1024
TABLES = ("xlsx", "csv")
DOCUMENTS = ("pdf", "xlsx", "docx", "png", "jpg", "csv", "txt")
PHOTOS = ("png", "jpg")
MEDIA = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "png": "image/png",
    "jpg": "image/jpeg",
    "csv": "text/csv",
    "txt": "text/plain",
}
MADE = MEDIA | {"html": "text/html; charset=utf-8", "csv": "text/csv; charset=utf-8"}
"""Of files that are made here."""
SAME = {"jpeg": "jpg"}
WITH_MACROS = {"xlsm": "xlsx", "xltm": "xlsx", "xlam": "xlsx", "xlsb": "xlsx", "docm": "docx", "dotm": "docx"}
"""Endings of files that may hold macros, and what to save them as."""


class UploadError(RefusedError):
    """The file is not taken; `text` says why and what to do, in both languages."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that was taken.

    Parameters
    ----------
    name
        What it was called.
    key
        Path below the uploads, made by us.
    size
        [B]
    """

    name: str
    key: str
    media_type: str
    size: int
    digest: str

    @property
    def path(self) -> Path:
        """Where it lies."""
        return stored_path(self.key)


def stored_path(key: str) -> Path:
    """Where a stored file lies; never outside the uploads.

    Raises
    ------
    UploadError
        The key leads elsewhere.
    """
    root = Path(settings.UPLOADS).resolve()
    path = (root / key).resolve()
    if not path.is_relative_to(root):
        raise UploadError(Text("文件路径有误", "that file's path leads elsewhere"))
    return path


def file_answer(path: Path, name: str, media_type: str = "", *, inline: bool = False) -> FileResponse:
    """A stored file as it is sent: to be kept under its name, or shown in the page (`inline`).

    Raises
    ------
    Http404
        It was taken off the disk by hand.
    """
    if not path.is_file():
        raise Http404
    return FileResponse(path.open("rb"), as_attachment=not inline, filename=name, content_type=media_type or None)


def file_made(name: str, write: Callable[[Path], object]) -> HttpResponse:
    """A file that is made for this request, to be kept under its name; `write` writes it where it is told to."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        write(path)
        answer = HttpResponse(path.read_bytes(), content_type=MADE[path.suffix.lstrip(".")])
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def keep(upload: Any, folder: str, kinds: Iterable[str] = DOCUMENTS, *, most: int | None = None) -> Stored:
    """Take a file in.

    Parameters
    ----------
    upload
        Django's uploaded file.
    folder
        Where below the uploads.
    kinds
        What it may be.
    most
        Largest size [B]; default: the site's.

    Raises
    ------
    UploadError
        Too big, empty, not what its name says, with macros, or none of `kinds`.
    """
    allowed, limit = tuple(kinds), most or settings.MAX_UPLOAD
    name = Path(str(upload.name).replace("\\", "/")).name[:200]
    if upload.size > limit:
        raise UploadError(
            Text(
                f"“{name}”有 {upload.size // MB} MB，超过 {limit // MB} MB。请拆分或压缩后再传。",
                f"'{name}' has {upload.size // MB} MB, more than {limit // MB} MB. Split or shrink it.",
            )
        )
    if not upload.size:
        raise UploadError(Text(f"“{name}”是空文件。", f"'{name}' is empty."))
    ending = name.rpartition(".")[2].lower()
    ending = SAME.get(ending, ending)
    shown = ", ".join(allowed)
    if WITH_MACROS.get(ending) in allowed:
        plain = WITH_MACROS[ending]
        raise UploadError(
            Text(
                f"“{name}”可含宏（.{ending}），不接受。请另存为不含宏的 .{plain} 再传。",
                f"'{name}' may hold macros (.{ending}) and is not taken. Save it without them, as .{plain}.",
            )
        )
    if ending not in allowed:
        raise UploadError(
            Text(f"不接受 .{ending} 文件。可用：{shown}。", f".{ending} files are not taken. Send one of: {shown}.")
        )
    key = f"{folder}/{secrets.token_hex(16)}.{ending}"
    path = stored_path(key)
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for block in upload.chunks():
            digest.update(block)
            file.write(block)
    try:
        _check(path, ending, name)
    except UploadError:
        path.unlink(missing_ok=True)
        raise
    return Stored(name, key, MEDIA[ending], upload.size, digest.hexdigest())


def _check(path: Path, ending: str, name: str) -> None:
    """Whether the content is what the name says."""
    with path.open("rb") as file:
        head = file.read(4096)
    wrong = Text(
        f"“{name}”的内容与扩展名不符。请用原程序另存为 .{ending} 再传。",
        f"'{name}' is not what its name says. Save it as .{ending} with the program it comes from.",
    )
    starts = {
        "pdf": b"%PDF-",
        "png": b"\x89PNG\r\n\x1a\n",
        "jpg": b"\xff\xd8\xff",
        "xlsx": b"PK\x03\x04",
        "docx": b"PK\x03\x04",
    }
    if ending in starts:
        if not head.startswith(starts[ending]):
            raise UploadError(wrong)
    elif b"\x00" in head:
        raise UploadError(wrong)
    if ending in ("xlsx", "docx"):
        _check_office(path, "xl/" if ending == "xlsx" else "word/", name, wrong)


def _check_office(path: Path, folder: str, name: str, wrong: Text) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            unpacked = sum(i.file_size for i in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError):
        raise UploadError(wrong) from None
    if not any(n.startswith(folder) for n in names):
        raise UploadError(wrong)
    if any(n.lower().endswith("vbaproject.bin") for n in names):
        raise UploadError(
            Text(
                f"“{name}”含有宏，不接受。请另存为不含宏的工作簿。",
                f"'{name}' holds macros. Save it without them (.xlsx).",
            )
        )
    if unpacked > 20 * settings.MAX_UPLOAD:
        raise UploadError(Text(f"“{name}”解压后过大。", f"'{name}' unpacks to too much."))
