"""One result into one file: the suffix of its name chooses the format."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from ecopark.core.text import Text
from ecopark.errors import EcoparkError
from ecopark.observations.safe_text import safe_cell
from ecopark.reports.blocks import Document
from ecopark.reports.html import render_html
from ecopark.reports.word import write_word


def write_as(
    path: Path, what: Text, document: Callable[[], Document], also: Mapping[str, Callable[[], object]] | None = None
) -> Path:
    """Write a document as .html or .docx, or what else there is of it under another suffix.

    Parameters
    ----------
    what
        What is written, as a refusal names it.
    document
        Makes the document; not asked where another format is wanted.
    also
        What writes the file, by suffix.

    Raises
    ------
    EcoparkError
        The suffix names no format.
    """
    ways: dict[str, Callable[[], object]] = {
        ".html": lambda: path.write_text(render_html(document()), encoding="utf-8"),
        ".docx": lambda: write_word(document(), path),
        **(also or {}),
    }
    write = ways.get(path.suffix.lower())
    if write is None:
        *first, last = ways
        raise EcoparkError(
            f"{what.en} is {', '.join(first)} or {last}, not '{path.suffix}'",
            zh=f"{what.zh}应为 {'、'.join(first)} 或 {last}，而不是“{path.suffix}”",
        )
    write()
    return path


def write_csv(rows: Iterable[Sequence[str]], path: Path) -> None:
    """Write rows as CSV that a spreadsheet opens as they are, none of them as a formula."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([[safe_cell(c) for c in row] for row in rows])
