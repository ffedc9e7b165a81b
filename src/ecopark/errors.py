"""What can go wrong, and where: places, problems and the exceptions that carry them.

Everything that reads input collects `Problem` rows and raises once, with all of them (`InputError`). A command prints
them with their place and their repair and leaves with exit code 2; nothing is half-written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: a file, and inside it a sheet and cell, a row, or a line.

    Parameters
    ----------
    file
        Path as the user gave it, or a short name such as ``"<dataframe>"``.
    sheet, cell
        Worksheet title and A1 address, for workbooks.
    line
        One-based line of a text file.
    row
        One-based data row of a table that has no lines (Parquet, data frames).
    of
        What stands there, where several figures share a place ("typed by Wang at 9:30"): tells them apart, never shown.
    """

    file: str = ""
    sheet: str = ""
    cell: str = ""
    line: int | None = None
    row: int | None = None
    of: str = ""

    def __str__(self) -> str:
        text = self.file
        if self.sheet:
            text += f"!{self.sheet}"
        if self.cell:
            text += f"!{self.cell}"
        if self.line is not None:
            text += f":{self.line}"
        if self.row is not None:
            text += f" row {self.row}"
        return text


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with the input: where, what, and what to do about it.

    Parameters
    ----------
    code
        Stable short name, e.g. ``unknown-quantity``; used by tests and by the docs page of problems.
    place
        Where it stands.
    zh, en
        What was found and what was expected, in both languages.
    repair_zh, repair_en
        What to do next.
    severity
        ``error``: the row cannot be used. ``warning``: it is used, but somebody should look.
    """

    code: str
    place: Place
    zh: str
    en: str
    repair_zh: str = ""
    repair_en: str = ""
    severity: str = "error"

    def message(self, lang: str = "en") -> str:
        """The problem in one line: place, finding, repair."""
        what, repair = (self.zh, self.repair_zh) if lang == "zh" else (self.en, self.repair_en)
        where = f"{self.place}: " if str(self.place) else ""
        return f"{where}{what}" + (f" {repair}" if repair else "")


class EcoparkError(Exception):
    """Base of all errors that ecopark raises on purpose: one sentence in each language of the interface.

    Parameters
    ----------
    en, zh
        What was found, what was expected, what to do next. Where `zh` is empty (formulas and units, whose messages quote
        the formula language) the English one stands for both.
    """

    def __init__(self, en: str = "", *, zh: str = "") -> None:
        self.en, self.zh = en, zh
        super().__init__(en)

    def message(self, lang: str = "en") -> str:
        """The error in the language of the interface."""
        return (self.zh or self.en) if lang == "zh" else self.en


class InputError(EcoparkError):
    """The input cannot be used; `problems` lists everything that is wrong with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        en, zh = ("\n".join(p.message(lang) for p in self.problems) for lang in ("en", "zh"))
        super().__init__(en, zh=zh)


class PackError(InputError):
    """A standards pack is wrong; every problem carries file and line."""


class FormulaError(EcoparkError):
    """A formula cannot be read or its units do not fit."""

    def __init__(self, message: str, column: int | None = None, *, zh: str = "") -> None:
        self.column = column
        super().__init__(message, zh=zh)


class UnitError(EcoparkError):
    """A unit is unknown, or two units cannot be converted into each other."""


def did_you_mean(word: str, known: Sequence[str], count: int = 3, *, lang: str = "en") -> str:
    """The nearest known words as a question, or an empty string.

    Examples
    --------
    >>> did_you_mean("solid_waste_utilised", ["solid_waste_utilised_t", "park_area_km2"])
    "Did you mean 'solid_waste_utilised_t'?"
    >>> did_you_mean("hj274", ["hj274-2015"], lang="zh")
    '是否指“hj274-2015”？'
    """
    near = get_close_matches(word, known, n=count, cutoff=0.6)
    if not near:
        return ""
    if lang == "zh":
        return "是否指" + "或".join(f"“{n}”" for n in near) + "？"
    return "Did you mean " + " or ".join(f"'{n}'" for n in near) + "?"
