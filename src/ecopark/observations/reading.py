"""A file, a park folder or a data frame into `Facts`: the way in for everything that is computed.

All problems of all files are collected; `InputError` carries every one of them, and nothing is half read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ecopark.core.collector import without_collector
from ecopark.errors import InputError, Place, Problem
from ecopark.observations.checks import closed_list_holes, quality_checks, unequal_units
from ecopark.observations.layout import Layout, no_header, raw_rows, recognise
from ecopark.observations.mapped import choose, mapped_rows
from ecopark.observations.mapping import ColumnMapping, mapping_beside, read_mapping
from ecopark.observations.meaning import KnownReported
from ecopark.observations.model import Facts, Subject
from ecopark.observations.park_folder import ParkFolder, is_park_folder, open_park_folder, without_figures
from ecopark.observations.readers import READERS, Limits, Table, read_tables
from ecopark.observations.readers.parquet_table import from_data
from ecopark.observations.rows import DEFAULT_SUBJECT, RawRow, RowReader, row_text
from ecopark.observations.subjects import Placed, from_table, together

EXPLAINING = ("readme", "说明", "填报说明", "instructions", "编码", "codes")
"""Sheets whose names begin so explain the others and hold no figures."""


def read_facts(
    path: str | Path,
    *,
    set_aside: bool = False,
    known_reported: KnownReported | None = None,
    limits: Limits | None = None,
    checks: bool = True,
) -> Facts:
    """The facts of a file (csv, xlsx, parquet) or of a park folder.

    Parameters
    ----------
    path
        File or park folder.
    set_aside
        Go on without unusable rows; they are kept in `Facts.rejected`.
    known_reported
        Canonical unit of an indicator or clause id that may stand in the quantity column, None for an unknown one.
    limits
        What is too big to be opened.
    checks
        Run the quality checks and add their findings to `Facts.warnings`.

    Raises
    ------
    InputError
        Something cannot be used; carries every problem of every file.
    """
    path = Path(path)
    if path.is_dir():
        if not is_park_folder(path):
            raise InputError([_no_folder(path)])
        folder = open_park_folder(path)
        with without_collector():
            return _read(folder.files, folder, set_aside, known_reported, limits, checks)
    if not path.exists():
        raise InputError([_no_file(path)])
    with without_collector():
        return _read([path, *_subjects_beside(path)], None, set_aside, known_reported, limits, checks)


def _subjects_beside(path: Path) -> list[Path]:
    """The file ``subjects.csv`` (.xlsx, .parquet) next to a single file of facts, if it holds subjects and nothing else."""
    found = []
    for name in sorted(path.parent.glob("subjects.*")):
        if name.suffix.lower() in READERS and name.is_file() and name.resolve() != path.resolve():
            tables, problems = read_tables(name, str(name), None)
            if tables and not problems and all(recognise(table).kind == "subjects" for table in tables):
                found.append(name)
    return found


def subjects_beside(path: Path) -> list[Subject]:
    """The subjects that a file next to a single file of facts declares, as `read_facts` takes them.

    Raises
    ------
    InputError
        They cannot be used; carries every problem.
    """
    placed: list[Placed] = []
    problems: list[Problem] = []
    for file in _subjects_beside(path):
        for table in read_tables(file, str(file), None)[0]:
            layout = recognise(table)
            found, more = from_table(table, layout)
            placed += found
            problems += [*layout.problems, *more]
    subjects, more = together(placed)
    problems += more
    if any(p.severity == "error" for p in problems):
        raise InputError(problems)
    return _under_one_park(subjects)


def _under_one_park(subjects: list[Subject]) -> list[Subject]:
    """Firms that name no park belong to it where there is only one."""
    parks = [s for s in subjects if s.kind == "park"]
    if len(parks) != 1:
        return subjects
    return [replace(s, parent=parks[0].id) if s.kind == "firm" and not s.parent else s for s in subjects]


def facts_from(
    data: Any,
    subjects: Iterable[Subject] = (),
    *,
    settings: dict[str, Any] | None = None,
    set_aside: bool = False,
    known_reported: KnownReported | None = None,
    checks: bool = True,
    name: str = "",
    numbers: Sequence[int] | None = None,
) -> Facts:
    """The facts of a polars or pandas frame, or of a list of mappings, in the long form.

    Parameters
    ----------
    name, numbers
        Of a part of a file: what the file is called, and the number that each row has in it, counted from 1.

    Examples
    --------
    >>> rows = [{"quantity": "park_area_km2", "period": "2023", "value": "9.1", "unit": "km2"}]
    >>> facts_from(rows)
    Facts(1 observations, 1 subjects)
    """
    with without_collector():
        table, problems = from_data(data, name) if name else from_data(data)
        if table is not None:
            table.numbers = numbers
        tables = [table] if table is not None else []
        placed = [(subject, Place("<subjects>")) for subject in subjects]
        return _assemble(tables, placed, problems, None, dict(settings or {}), set_aside, known_reported, checks)


def facts_from_rows(
    rows: Iterable[RawRow],
    subjects: Iterable[Subject],
    *,
    settings: dict[str, Any] | None = None,
    known_reported: KnownReported | None = None,
) -> Facts:
    """The facts of rows that are laid out already, as a database has them, each with its place.

    Rows that cannot be used are set aside (`Facts.rejected`); the quality checks are left to the caller.
    """
    with without_collector():
        placed = [(subject, Place("<subjects>")) for subject in subjects]
        return _assemble([], placed, [], None, dict(settings or {}), True, known_reported, False, laid_out=rows)


def _read(
    files: list[Path],
    folder: ParkFolder | None,
    set_aside: bool,
    known_reported: KnownReported | None,
    limits: Limits | None,
    checks: bool,
) -> Facts:
    tables: list[Table] = []
    mapped: list[tuple[Table, ColumnMapping]] = []
    problems = list(folder.problems) if folder else []
    for file in files:
        found, more = read_tables(file, str(file), limits)
        problems += more
        if (beside := mapping_beside(file)).is_file():
            mapping, more = read_mapping(beside)
            problems += more
            table, more = choose(found, mapping) if mapping and found else (None, [])
            problems += more
            mapped += [(table, mapping)] if table and mapping else []
        else:
            tables += found
    placed = [(folder.park, Place(str(folder.path / "park.toml"))), *folder.subjects] if folder else []
    settings = dict(folder.settings) if folder else {}
    where = folder.path if folder else files[0]
    return _assemble(tables, placed, problems, folder, settings, set_aside, known_reported, checks, where, mapped)


def _assemble(
    tables: list[Table],
    placed: list[Placed],
    problems: list[Problem],
    folder: ParkFolder | None,
    settings: dict[str, Any],
    set_aside: bool,
    known_reported: KnownReported | None,
    checks: bool,
    where: Path | None = None,
    mapped: Sequence[tuple[Table, ColumnMapping]] = (),
    laid_out: Iterable[RawRow] = (),
) -> Facts:
    layouts = [(table, recognise(table)) for table in tables]
    problems += _unrecognised(layouts)
    for table, layout in layouts:
        if layout.kind == "subjects":
            found, more = from_table(table, layout)
            placed = placed + found
            problems += [*layout.problems, *more]
    if folder is not None:
        placed = [(_with_scopes(subject, folder.park), place) for subject, place in placed]
    subjects, more = together(placed)
    problems += more
    parks = [s for s in subjects if s.kind == "park"]
    default = folder.park.id if folder else parks[0].id if len(parks) == 1 else DEFAULT_SUBJECT
    subjects = _under_one_park(subjects)
    base_year = settings.get("base_year")
    rows = RowReader(subjects, default_subject=default, base_year=base_year, known_reported=known_reported)
    for table, layout in layouts:
        if layout.kind not in ("long", "wide"):
            continue
        problems += layout.problems
        wrong = next((p for p in layout.problems if p.severity == "error"), None)
        for raw in raw_rows(table, layout):
            if wrong is None:
                rows.add(raw)
            else:
                rows.count.rows += 1
                rows.count.rejected += 1
                rows.rejected.append((row_text(raw), wrong))
    for table, mapping in mapped:
        found_rows, more = mapped_rows(table, mapping, subjects, default)
        problems += more
        for raw in found_rows:
            rows.add(raw)
    for raw in laid_out:
        rows.add(raw)
    observations = rows.finish()
    declared = {s.id for s in subjects}
    subjects = [*subjects, *(Subject(name, name) for name in rows.named if name not in declared)]
    row_errors = {id(problem) for _, problem in rows.rejected}
    rejected = list(rows.rejected)
    rejected += [("", p) for p in problems if p.severity == "error" and id(p) not in row_errors]
    read = Facts(observations, subjects)
    unequal = list(unequal_units(read))
    observations = [o for o in observations if all(o is not wrong for wrong, _ in unequal)] if unequal else observations
    holes = [*(closed_list_holes(read) if checks else ()), *(problem for _, problem in unequal)]
    rejected += [("", p) for p in holes]
    nothing: list[Problem] = []
    if where is not None and not observations and not any(p.severity == "error" for p in rows.problems):
        nothing = without_figures(where, problems, rows=rows.count.blank)
    everything = problems + rows.problems + holes + nothing
    errors = [p for p in everything if p.severity == "error"]
    warnings = [p for p in everything if p.severity != "error"]
    if errors and (not set_aside or not observations):
        raise InputError([*errors, *warnings])
    settings["reading"] = asdict(rows.count)
    settings["named_years"] = {name: sorted(years) for name, years in rows.named.items()}
    settings.setdefault("base_year", None)
    facts = Facts(observations, subjects, settings=settings, warnings=warnings, rejected=rejected)
    if checks:
        facts.warnings += tuple(quality_checks(facts))
    return facts


def _with_scopes(subject: Subject, park: Subject) -> Subject:
    """A park that a table declares again keeps what ``park.toml`` says of it."""
    if subject.id != park.id or subject is park:
        return subject
    known = dict(subject.attributes) | dict(park.attributes)
    same = Subject(park.id, park.name, "park", park.parent, park.since, park.until, park.scopes, park.attributes)
    return same if subject.kind == "park" else replace(subject, attributes=tuple(known.items()))


def _unrecognised(layouts: list[tuple[Table, Layout]]) -> list[Problem]:
    """Tables without a header: a word for each; an error where a file has no table at all."""
    problems: list[Problem] = []
    beside: list[Problem] = []
    useful = {table.file for table, layout in layouts if layout.kind != "unknown"}
    for table, layout in layouts:
        if layout.kind != "unknown":
            continue
        blank = not any(cell not in (None, "") for row in table.rows for cell in row)
        explains = blank or table.sheet.lower().startswith(EXPLAINING)
        if table.file not in useful:
            (beside if explains else problems).append(no_header(table, "error"))
        elif not explains:
            problems.append(no_header(table, "warning"))
    told = {p.place.file for p in problems}
    return problems + [p for p in beside if p.place.file not in told]


def _no_file(path: Path) -> Problem:
    return Problem(
        "no-file",
        Place(str(path)),
        "没有这个文件或文件夹。",
        "there is no such file or folder.",
        "请核对路径。",
        "Check the path.",
    )


def _no_folder(path: Path) -> Problem:
    return Problem(
        "no-park-folder",
        Place(str(path)),
        "不是园区文件夹（没有 park.toml，也没有 data 目录）。",
        "this is no park folder (neither park.toml nor data/).",
        "可用 ecopark new 生成。",
        "`ecopark new` writes one.",
    )
