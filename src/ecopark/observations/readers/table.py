"""A table of cells with the place of each, the limits of what is opened, and the registry of readers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ecopark.errors import Place, Problem


@dataclass(frozen=True, slots=True)
class Limits:
    """What is too big to be a park's figures.

    Parameters
    ----------
    file_bytes
        Largest file that is opened. [B]
    unpacked_bytes
        Largest size of a workbook once unpacked. [B]
    ratio
        Largest ratio of unpacked to packed size of a workbook above 20 MB (a "zip bomb" has thousands).
    cells
        Most cells of one worksheet, empty ones between used ones included.
    """

    file_bytes: int = 200_000_000
    unpacked_bytes: int = 2_000_000_000
    ratio: int = 200
    cells: int = 30_000_000


@dataclass(slots=True)
class Table:
    """Cells of one worksheet, text file or frame.

    Parameters
    ----------
    file, sheet
        Where it comes from; `sheet` is empty unless it is a workbook.
    rows
        Cells as the file gives them: text, numbers, flags, dates, None.
    lines
        One-based line at which each row begins, for text files.
    numbered
        Rows are counted from the first data row (Parquet, frames); row 0 is the header.
    numbers
        Of a part of such a table: what number each row has in the whole.
    notes
        Cells the reader knows to be wrong, by (row, column): (code, zh, en).
    """

    file: str
    sheet: str
    rows: list[list[Any]]
    lines: list[int] | None = None
    numbered: bool = False
    numbers: Sequence[int] | None = None
    notes: dict[tuple[int, int], tuple[str, str, str]] = field(default_factory=dict)

    def place(self, row: int, column: int) -> Place:
        """Where the cell at (row, column) stands, both counted from 0."""
        if self.lines is not None:
            return Place(self.file, line=self.lines[row])
        if self.numbered:
            return Place(self.file, row=row if self.numbers is None or not row else self.numbers[row - 1])
        return Place(self.file, self.sheet, f"{letters(column)}{row + 1}")

    @property
    def whole(self) -> Place:
        """The table as a whole."""
        return Place(self.file, self.sheet)


Outcome = tuple[list[Table], list[Problem]]
Reader = Callable[[Path, str, Limits], Outcome]

READERS: dict[str, Reader] = {}
"""Readers by file suffix."""

_LETTERS: dict[int, str] = {}


def letters(column: int) -> str:
    """The letters of a worksheet column counted from 0.

    Examples
    --------
    >>> letters(0), letters(25), letters(26), letters(702)
    ('A', 'Z', 'AA', 'AAA')
    """
    found = _LETTERS.get(column)
    if found is None:
        text, number = "", column + 1
        while number:
            number, rest = divmod(number - 1, 26)
            text = chr(65 + rest) + text
        found = _LETTERS[column] = text
    return found


def reader(*suffixes: str) -> Callable[[Reader], Reader]:
    """Register a function as the reader of files with these suffixes."""

    def register(function: Reader) -> Reader:
        for suffix in suffixes:
            READERS[suffix] = function
        return function

    return register


SPREADSHEETS = (".xls", ".xlsb", ".ods", ".fods", ".et", ".numbers")
"""Workbooks that are not read, but that the program which wrote them can save as .xlsx."""


def read_tables(path: Path, name: str = "", limits: Limits | None = None) -> Outcome:
    """All tables of a file, and whatever is wrong with it. A file that cannot be read is a problem, not a crash.

    Parameters
    ----------
    path
        The file.
    name
        How the file is called in places; `path` as given if empty.
    limits
        What is too big.
    """
    limits = limits or Limits()
    name = name or str(path)
    place = Place(name)
    function = READERS.get(path.suffix.lower())
    if function is None:
        known, spreadsheet = ", ".join(READERS), path.suffix.lower() in SPREADSHEETS
        return [], [
            Problem(
                "unknown-format",
                place,
                f"不能读取“{path.suffix or path.name}”格式的文件。",
                f"files of the kind '{path.suffix or path.name}' are not read.",
                "请用表格软件打开，另存为 .xlsx。" if spreadsheet else f"请另存为 {known} 之一。",
                "Open it in a spreadsheet program and save it as .xlsx."
                if spreadsheet
                else f"Save it as one of {known}.",
            )
        ]
    try:
        size = path.stat().st_size
        if size == 0:
            return [], [empty_file(place)]
        if size > limits.file_bytes:
            return [], [too_big(place, f"{size / 1e6:,.0f} MB", f"{limits.file_bytes / 1e6:,.0f} MB")]
        return function(path, name, limits)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return [], [
            Problem("unreadable-file", place, f"文件打不开：{reason}。", f"the file cannot be opened: {reason}.")
        ]
    except MemoryError:
        return [], [too_big(place, "?", "?")]
    except Exception as error:  # parsers of damaged files raise anything
        return [], [corrupt(place, error)]
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # raised by parsers written in Rust
            raise
        return [], [corrupt(place, error)]


def empty_file(place: Place) -> Problem:
    """The problem of a file with nothing in it."""
    return Problem("empty-file", place, "文件是空的。", "the file is empty.", "请填写后再读取。", "Fill it in first.")


def too_big(place: Place, size: str, limit: str) -> Problem:
    """The problem of a file beyond the limits."""
    parquet = place.file.endswith(".parquet")
    return Problem(
        "too-big",
        place,
        f"文件过大（{size}，上限 {limit}），未打开。",
        f"the file is too big ({size}, limit {limit}) and was not opened.",
        "请拆分为多个文件（放在同一 data/ 下即可）。" if parquet else "请拆分文件，或改用 Parquet。",
        "Split it into several files, which may lie beside each other in data/."
        if parquet
        else "Split it, or use Parquet.",
    )


def corrupt(place: Place, error: BaseException | str) -> Problem:
    """The problem of a file that is damaged or not what its suffix says."""
    reason = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
    return Problem(
        "corrupt-file",
        place,
        f"文件损坏，或格式与后缀不符（{reason}）。",
        f"the file is damaged or not what its suffix says ({reason}).",
        "请用表格软件打开后另存一份。",
        "Open it in a spreadsheet program and save it again.",
    )
