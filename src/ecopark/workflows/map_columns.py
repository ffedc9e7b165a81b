"""A mapping for a department's own table: suggested from its titles, written beside the file for a person to correct."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from ecopark.errors import EcoparkError, InputError, Place, Problem, did_you_mean
from ecopark.observations.mapping import mapping_beside, write_mapping
from ecopark.observations.quantity import catalogue
from ecopark.observations.readers import read_tables
from ecopark.observations.reading import subjects_beside
from ecopark.observations.suggest import Suggestion, suggest, suggest_for


def suggested_mapping(
    file: Path, *, sheet: str = "", header: tuple[int, int] | None = None, year: str = "", on: date | None = None
) -> Suggestion:
    """A mapping for a file of figures, to be looked at before it is used.

    Parameters
    ----------
    sheet
        Which sheet; empty: the one in which most titles are quantities.
    header
        Number of the first header row and how many rows it has; None: found out.
    on
        The day it is saved.

    Raises
    ------
    InputError
        The file cannot be read, or has no such sheet.
    """
    if not file.is_file():
        raise InputError([Problem("no-file", Place(str(file)), "没有这个文件。", "there is no such file.")])
    tables, problems = read_tables(file)
    if sheet and tables and sheet not in [t.sheet for t in tables]:
        names = [t.sheet for t in tables]
        zh, en = (
            f"没有工作表“{sheet}”，有：{'、'.join(names)}。",
            f"there is no sheet '{sheet}', only: {', '.join(names)}.",
        )
        problems.append(Problem("mapping-sheet", Place(str(file)), zh, en, "", did_you_mean(sheet, names)))
    if any(p.severity == "error" for p in problems):
        raise InputError(problems)
    people = subjects_beside(file)
    chosen = [t for t in tables if not sheet or t.sheet == sheet]
    if header is None:
        found = suggest(chosen, people, year=year)
    else:
        found = max(
            (suggest_for(t, people, year=year, header=header) for t in chosen), key=lambda s: len(s.mapping.values)
        )
    return replace(found, mapping=replace(found.mapping, saved=f"{on or ''}"))


def mapping_text(found: Suggestion, lang: str) -> str:
    """The suggestion as YAML, with what each ignored title may mean as comments."""
    zh = lang == "zh"
    notes = [
        "列对应的建议：请逐列核对后使用；放在数据文件旁，名为 <文件名>.mapping.yaml"
        if zh
        else "suggested: check every column before use; lies beside the data file as <file>.mapping.yaml"
    ]
    for title in found.mapping.ignored:
        if near := found.matches.get(title):
            words = ", ".join(f"{m.quantity} ({catalogue()[m.quantity].label[lang]})" for m in near)
            notes.append(f"{title}: {'或许是' if zh else 'may be'} {words}")
    return write_mapping(found.mapping, notes)


def write_beside(file: Path, text: str) -> Path:
    """Write a mapping beside its file; one that is there is left alone.

    Raises
    ------
    EcoparkError
        There is one already.
    """
    path = mapping_beside(file)
    try:
        with path.open("x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError:
        raise EcoparkError(f"{path} is there already; it was left alone", zh=f"{path} 已存在，未改动") from None
    return path
