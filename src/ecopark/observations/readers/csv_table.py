"""Text tables: UTF-8 with or without BOM, UTF-16 with BOM, GBK; comma, tab or semicolon."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from ecopark.errors import Place, Problem
from ecopark.observations.readers.table import Limits, Outcome, Table, corrupt, empty_file, reader

FIELD_LIMIT = 100_000
"""Longest cell of a text table; a longer one is a quotation mark that was never closed. [characters]"""


@reader(".csv", ".tsv", ".txt")
def read_csv(path: Path, name: str, limits: Limits) -> Outcome:
    """The one table of a text file."""
    data = path.read_bytes()
    place = Place(name)
    if data[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0") or data[:4] == b"PAR1":
        return [], [corrupt(place, "not a text file")]
    text, problems = decode(data, place)
    if text is None:
        return [], problems
    if not text.strip():
        return [], [empty_file(place)]
    table, more = split(text, name)
    return [table], problems + more


def decode(data: bytes, place: Place) -> tuple[str | None, list[Problem]]:
    """The text of a file, its encoding found out; None if it has none that makes sense."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            return data.decode("utf-16"), []
        except UnicodeDecodeError as error:
            return None, [_damaged(place, data, error.start)]
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        first_bad = error.start
    guess = data.decode("utf-8", errors="replace")
    foreign = sum(1 for letter in guess if letter > "\x7f")
    broken = guess.count("\ufffd")
    if foreign - broken > 2 * broken:
        return None, [_damaged(place, data, first_bad)]
    try:
        return data.decode("gb18030"), []
    except UnicodeDecodeError as error:
        return None, [_damaged(place, data, error.start)]


def _damaged(place: Place, data: bytes, at: int) -> Problem:
    line = data.count(b"\n", 0, at) + 1
    return Problem(
        "unreadable-encoding",
        Place(place.file, line=line),
        "文字编码既不是 UTF-8 也不是 GBK，或文件有损坏的字符。",
        "the text is neither UTF-8 nor GBK, or some characters are damaged.",
        "请另存为“CSV UTF-8”。",
        "Save it as CSV UTF-8.",
    )


def _delimiter(text: str) -> str:
    """The mark that separates the cells of the first lines that have any."""
    for line in text.splitlines()[:30]:
        counts = {mark: line.count(mark) for mark in ",\t;"}
        best = max(counts, key=lambda mark: counts[mark])
        if counts[best] >= 2:
            return best
    return ","


def split(text: str, name: str) -> tuple[Table, list[Problem]]:
    """The cells of a text, with the line each row begins at.

    A quotation mark that is never closed would swallow the lines after it: rows inside a cell are reported.
    """
    delimiter = _delimiter(text)
    rows: list[list[str]] = []
    lines: list[int] = []
    problems: list[Problem] = []
    source = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    old_limit = csv.field_size_limit(FIELD_LIMIT)
    line = 1
    width = 0
    try:
        for row in source:
            end = source.line_num
            if end > line and _swallowed(row, delimiter, width):
                problems.append(_quotes(Place(name, line=line), end))
            rows.append(row)
            lines.append(line)
            if not width and len(row) > 2:
                width = len(row)
            line = end + 1
    except csv.Error as error:
        problems.append(_quotes(Place(name, line=line), source.line_num, str(error)))
    finally:
        csv.field_size_limit(old_limit)
    return Table(name, "", rows, lines=lines), problems


def _swallowed(row: list[str], delimiter: str, width: int) -> bool:
    """Whether a cell of several lines looks as if it held rows of the table."""
    enough = max(2, width - 3)
    return any("\n" in cell and any(part.count(delimiter) >= enough for part in cell.splitlines()) for cell in row)


def _quotes(place: Place, last: int, reason: str = "") -> Problem:
    why = f"（{reason}）" if reason else ""
    why_en = f" ({reason})" if reason else ""
    return Problem(
        "broken-quotes",
        place,
        f"引号不成对，第 {place.line} 至 {last} 行无法分开{why}。",
        f"quotation marks do not pair up; lines {place.line} to {last} cannot be told apart{why_en}.",
        "请检查该行的英文双引号。",
        "Check the double quotes of this line.",
    )
