"""The park folder: everything that is known about one park, in files a person can read and keep in git.

::

    park.toml       [park] id, name, since, base_year, province
                    [[scope]] from, zh, en                    a change of boundary or statistical scope
                    [[subject]] subject, kind, parent, ...    firms, groups; or a table in data/
                    [departments] quantity = "department"
                    [options."<pack>"] key = value            options and parameters of packs
                    [factors] confirm = ["id", ...]           factors checked by the user
                    [factors.values."<id>"] value, unit, source
                    [bounds] narrow = "2"                     a missing figure lies within this factor of other years
                    [admission] ledger, ledger_place          the quota ledger that the gate asks
                    [[title]] id, step, date                  the life of a title
    data/           xlsx, csv and parquet files; <file>.mapping.yaml says what the columns of a table of one's own are
    evidence/       evidence.csv: clause_or_quantity, file, page, date, period
    verified.toml   [[verified]] who checked which clause against what

What the engines need of it goes into ``Facts.settings`` under the keys of `SETTINGS`.
"""

from __future__ import annotations

import csv
import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ecopark.errors import Place, Problem, did_you_mean
from ecopark.observations.model import Subject
from ecopark.observations.quantity import catalogue
from ecopark.observations.readers import READERS
from ecopark.observations.readers.csv_table import decode
from ecopark.observations.readers.table import SPREADSHEETS
from ecopark.observations.subjects import Placed, from_mapping, scopes_of

SETTINGS = {
    "folder": "path of the park folder as text; absent for a single file",
    "park": "the [park] table: id, name, since, base_year, province",
    "base_year": "base year of constant-price amounts that carry none, or None",
    "options": "options and parameters by pack id; numbers with a point are decimal texts",
    "factors": "{'confirm': [factor ids checked by the user], 'grid': code, 'values': {id: {value, unit, source}}}",
    "bounds": "{'narrow': how many times above or below its other years a missing figure may lie}",
    "departments": "department name by quantity id or department key",
    "titles": "list of {id, step, date, ...}",
    "evidence": "list of {clause_or_quantity, file, page, date, period, place}",
    "verified": "list of the entries of verified.toml",
    "named_years": "years for which a subject has rows without a value, by subject",
    "reading": "what became of the rows: {'rows', 'blank', 'repeated', 'rejected'}",
}
"""The documented keys of ``Facts.settings``."""

_TOP = ("park", "scope", "subject", "departments", "options", "factors", "bounds", "admission", "title", "titles")
TABLES = (*SPREADSHEETS, ".tab", ".dbf", ".mdb", ".json")
"""Tables that are not read; where nothing else gives figures they hold them."""
MAPPING = ".mapping.yaml"
"""Ending of a file that says what the columns of the data file beside it are."""
EVIDENCE_COLUMNS = ("clause_or_quantity", "file", "page", "date", "period")


@dataclass(slots=True)
class ParkFolder:
    """What the files around the data say.

    Parameters
    ----------
    park
        The park itself as a subject.
    subjects
        Further subjects of ``park.toml``.
    settings
        See `SETTINGS`.
    files
        Data files, in order of name.
    problems
        Everything that is wrong so far.
    """

    path: Path
    park: Subject
    subjects: list[Placed] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def base_year(self) -> int | None:
        year = self.settings.get("base_year")
        return year if isinstance(year, int) else None


def is_park_folder(path: Path) -> bool:
    """Whether `path` is a directory with a ``park.toml`` or a ``data`` directory."""
    return path.is_dir() and ((path / "park.toml").is_file() or (path / "data").is_dir())


def open_park_folder(path: Path) -> ParkFolder:
    """Read everything of a park folder but its data files."""
    problems: list[Problem] = []
    file = path / "park.toml"
    place = Place(str(file))
    data: dict[str, Any] = {}
    if file.is_file():
        data = _toml(file, problems)
    else:
        problems.append(_missing(place))
    for key in data:
        if key not in _TOP:
            problems.append(_unknown_key(place, key))
    table = data.get("park", {})
    if not isinstance(table, dict):
        problems.append(_not_a_table(place, "park"))
        table = {}
    scopes, more = scopes_of(data.get("scope", []), place)
    problems += more
    for key in ("id", "name", "province"):
        if key in table and not isinstance(table[key], str):
            problems.append(_not_a_text(place, f"[park] {key}", table.pop(key)))
    park_id = str(table.get("id", "")).strip() or path.resolve().name
    park, more = from_mapping(
        {"subject": park_id, "kind": "park", "from": table.get("since"), "name": table.get("name")},
        place,
        {k: v for k, v in table.items() if k not in ("id", "name", "since")},
    )
    problems += more
    park = park or Subject(park_id, park_id)
    park = Subject(park.id, park.name, park.kind, park.parent, park.since, park.until, scopes, park.attributes)
    folder = ParkFolder(path, park, problems=problems)
    for entry in data.get("subject", []) if isinstance(data.get("subject", []), list) else []:
        if not isinstance(entry, dict):
            problems.append(_not_a_table(place, "subject"))
            continue
        fields = {"subject": entry.get("subject", entry.get("id")), "from": entry.get("from", entry.get("since"))}
        fields |= {key: entry.get(key) for key in ("kind", "parent", "until", "name")}
        for key in ("subject", "kind", "parent", "name"):
            if isinstance(fields[key], list | dict):
                problems.append(_not_a_text(place, f"[[subject]] {key}", fields[key]))
                fields[key] = None
        if fields["subject"] is None and isinstance(entry.get("subject", entry.get("id")), list | dict):
            continue
        extra = {k: v for k, v in entry.items() if k not in (*fields, "id", "since")}
        subject, more = from_mapping(fields, place, extra)
        problems += more
        if subject is not None:
            folder.subjects.append((subject, place))
    folder.settings = _settings(path, data, table, place, problems)
    folder.files = _data_files(path / "data", problems)
    return folder


def _settings(
    path: Path, data: dict[str, Any], park: dict[str, Any], place: Place, problems: list[Problem]
) -> dict[str, Any]:
    tables: dict[str, dict[str, Any]] = {}
    for key in ("options", "factors", "departments", "bounds"):
        tables[key] = data.get(key, {})
        if not isinstance(tables[key], dict):
            problems.append(_not_a_table(place, key))
            tables[key] = {}
    base_year = park.get("base_year")
    if base_year is not None and (not isinstance(base_year, int) or not 1900 <= base_year <= 2200):
        problems.append(
            Problem(
                "bad-period",
                place,
                f"base_year“{base_year}”不是年份。",
                f"base_year '{base_year}' is not a year.",
                "请写四位年份。",
                "Write a year, e.g. base_year = 2020.",
            )
        )
        base_year = None
    known = catalogue()
    for name in tables["departments"]:
        if name not in known and name not in known.departments:
            near = did_you_mean(name, [*known.names, *known.departments])
            problems.append(
                Problem(
                    "unknown-quantity",
                    place,
                    f"[departments] 里的“{name}”不是数据项。",
                    f"[departments] names '{name}', which is no quantity.",
                    "请核对编码。",
                    near,
                    "warning",
                )
            )
    factors = tables["factors"]
    return {
        "folder": str(path),
        "park": park,
        "base_year": base_year,
        "options": tables["options"],
        "bounds": tables["bounds"],
        "factors": {
            "confirm": list(factors.get("confirm", [])),
            "grid": str(factors.get("grid", "")),
            "values": dict(factors.get("values", {})),
        },
        "departments": {known.find(k).id if k in known else k: str(v) for k, v in tables["departments"].items()},  # type: ignore[union-attr]
        "titles": list(data.get("title", data.get("titles", []))),
        "evidence": _evidence(path / "evidence", problems),
        "verified": _verified(path / "verified.toml", problems),
    }


def _toml(file: Path, problems: list[Problem]) -> dict[str, Any]:
    """A TOML file; numbers with a point stay decimal texts. Problems carry the line."""
    place = Place(str(file))
    try:
        data = file.read_bytes()
        if len(data) > 20_000_000:
            raise ValueError("too big")
        return tomllib.loads(data.decode("utf-8-sig").replace("\r\n", "\n"), parse_float=str)
    except (OSError, ValueError, RecursionError) as error:
        reason = str(error)[:160]
        problems.append(
            Problem(
                "bad-toml",
                place,
                f"读不懂（{reason}）。",
                f"cannot be read ({reason}).",
                "请检查引号、等号和方括号；文件须为 UTF-8。",
                "Check quotation marks, equal signs and brackets; the file must be UTF-8.",
            )
        )
        return {}


def _verified(file: Path, problems: list[Problem]) -> list[dict[str, Any]]:
    if not file.is_file():
        return []
    entries = _toml(file, problems).get("verified", [])
    if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        problems.append(_not_a_table(Place(str(file)), "verified"))
        return []
    return entries


def _evidence(folder: Path, problems: list[Problem]) -> list[dict[str, Any]]:
    """The rows of ``evidence.csv``; a document that is not there is a warning."""
    file = folder / "evidence.csv"
    if not file.is_file():
        return []
    place = Place(str(file))
    text, more = decode(file.read_bytes(), place)
    problems += more
    entries: list[dict[str, Any]] = []
    if not text:
        return entries
    rows = csv.DictReader(text.splitlines())
    missing = [c for c in EVIDENCE_COLUMNS[:2] if c not in (rows.fieldnames or ())]
    if missing:
        problems.append(
            Problem(
                "no-header",
                place,
                f"缺少列：{'、'.join(missing)}。",
                f"missing columns: {', '.join(missing)}.",
                f"表头应为 {','.join(EVIDENCE_COLUMNS)}。",
                f"The header is {','.join(EVIDENCE_COLUMNS)}.",
            )
        )
        return entries
    try:
        for row in rows:
            entry: dict[str, Any] = {c: (row.get(c) or "").strip() for c in EVIDENCE_COLUMNS}
            if not any(entry.values()):
                continue
            where = Place(str(file), line=rows.line_num)
            entry["place"] = where
            entries.append(entry)
            name = entry["file"]
            if not name or ("://" not in name and not _inside(folder, name)):
                problems.append(
                    Problem(
                        "missing-evidence",
                        where,
                        f"佐证材料“{name}”不在 evidence 目录中。",
                        f"the document '{name}' is not in the evidence directory.",
                        "请放入文件，或核对文件名。",
                        "Put the file there, or check its name.",
                        "warning",
                    )
                )
    except csv.Error as error:
        problems.append(Problem("broken-quotes", place, f"读不懂（{error}）。", f"cannot be read ({error})."))
    return entries


def _inside(folder: Path, name: str) -> bool:
    """Whether `name` is a file below `folder`; a name that leads out of it is not."""
    try:
        target = (folder / name).resolve()
        return target.is_relative_to(folder.resolve()) and target.is_file()
    except (OSError, ValueError):
        return False


def _data_files(folder: Path, problems: list[Problem]) -> list[Path]:
    if not folder.is_dir():
        problems.append(
            Problem(
                "missing-data",
                Place(str(folder)),
                "没有 data 目录。",
                "there is no data directory.",
                "请建立 data 目录并放入填好的模板。",
                "Create it and put the filled templates there.",
            )
        )
        return []
    files = []
    for file in sorted(folder.rglob("*")):
        if not file.is_file() or file.name.startswith((".", "~$")):
            continue
        if file.suffix.lower() in READERS:
            files.append(file)
        elif file.name.endswith(MAPPING):
            if not file.with_name(file.name.removesuffix(MAPPING)).is_file():
                problems.append(_mapping_alone(file))
        elif file.suffix.lower() not in (".md", ".toml"):
            problems.append(_unread(file))
    return files


def _mapping_alone(file: Path) -> Problem:
    name = file.name.removesuffix(MAPPING)
    return Problem(
        "bad-mapping",
        Place(str(file)),
        f"旁边没有它要说明的文件“{name}”。",
        f"the file '{name}' that it speaks of is not beside it.",
        "请放在数据文件旁，并与它同名。",
        "Put it beside the data file, under its name.",
        "warning",
    )


def _unread(file: Path) -> Problem:
    known = ", ".join(READERS)
    table = file.suffix.lower() in TABLES
    return Problem(
        "unknown-format",
        Place(str(file)),
        f"“{file.name}”没有读取：不读 {file.suffix or '这种'} 文件。",
        f"'{file.name}' was not read: {file.suffix or 'such'} files are not.",
        "请用 Excel 或 WPS 打开，另存为 .xlsx。" if table else f"如有数据，请另存为 {known} 之一。",
        "Open it in a spreadsheet program and save it as .xlsx." if table else f"Save figures as one of {known}.",
        "warning",
    )


def without_figures(folder: Path, problems: list[Problem], *, rows: int) -> list[Problem]:
    """What to say where not one figure was found: a table that is not read is then an error.

    Parameters
    ----------
    folder
        The park folder or file.
    problems
        What is known so far; tables that were not read become errors in it.
    rows
        How many empty cells waited for a figure.
    """
    found = False
    for index, problem in enumerate(problems):
        if problem.code == "unknown-format" and Path(problem.place.file).suffix.lower() in TABLES:
            problems[index] = replace(problem, severity="error")
            found = True
    if found or any(p.severity == "error" for p in problems):
        return []
    place = Place(str(folder))
    if rows:
        return [
            Problem(
                "nothing-filled",
                place,
                f"还没有填写任何数据（{rows} 个空格待填）。",
                f"nothing is filled in yet ({rows} empty cells).",
                "请填写 data 目录中的表格。",
                "Fill in the sheets in data/.",
                "warning",
            )
        ]
    return [
        Problem(
            "no-figures",
            place,
            "一个数据也没有。",
            "there is not one figure.",
            "请把填好的表格（.xlsx、.csv、.parquet）放入 data 目录。",
            "Put the filled sheets (.xlsx, .csv, .parquet) into data/.",
        )
    ]


def _missing(place: Place) -> Problem:
    return Problem(
        "missing-park-toml",
        place,
        "园区文件夹里没有 park.toml，园区名取文件夹名。",
        "the park folder has no park.toml; the park is named after the folder.",
        "可用 ecopark new 生成。",
        "`ecopark new` writes one.",
        "warning",
    )


def _not_a_table(place: Place, key: str) -> Problem:
    return Problem(
        "bad-toml", place, f"[{key}] 应为表。", f"[{key}] must be a table.", "请参照模板。", "See the template."
    )


def _not_a_text(place: Place, key: str, value: Any) -> Problem:
    shown = str(value)[:40]
    return Problem(
        "not-a-text",
        place,
        f"{key} 应为文字，写的是 {shown}。",
        f"{key} must be a text, not {shown}.",
        '请加双引号，如 name = "示范园区"。',
        'Put it in double quotes, e.g. name = "Model Park".',
    )


def _unknown_key(place: Place, key: str) -> Problem:
    return Problem(
        "unknown-setting",
        place,
        f"“{key}”不是 park.toml 的设置，未采用。",
        f"'{key}' is no setting of park.toml; it was not used.",
        f"可用：{'、'.join(_TOP[:-1])}。",
        f"{did_you_mean(key, _TOP)} Settings: {', '.join(_TOP[:-1])}.".strip(),
        "warning",
    )
