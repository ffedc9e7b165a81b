"""A workbook in: read by the same readers as a park folder, previewed against what is stored, written all or none.

A preview sorts every row into one of `GROUPS`. Nothing is stored before somebody has seen it.
"""

from __future__ import annotations

import csv
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from ecopark.core.text import Text
from ecopark.errors import EcoparkError, InputError, Problem
from ecopark.observations.mapping import ColumnMapping, mapping_beside, write_mapping
from ecopark.observations.model import Facts, Observation
from ecopark.observations.quantity import catalogue
from ecopark.web.figures.change import LONGEST, Change, as_typed, too_long, write
from ecopark.web.figures.known import known_figures
from ecopark.web.figures.models import Figure, Import
from ecopark.web.figures.said import said
from ecopark.web.parks.models import Park, Subject
from ecopark.web.people.access import Standing
from ecopark.web.people.access import standing as standing_of
from ecopark.web.uploads import stored_path
from ecopark.workflows.assess_park import read_facts

GROUPS = {
    "new": Text("新增", "new"),
    "changed": Text("更新", "changed"),
    "conflicting": Text("冲突（页面上已有人改过）", "conflicting (typed on the site since)"),
    "other_year": Text("其他年度", "another year"),
    "same": Text("无变化", "unchanged"),
    "unusable": Text("不可用", "unusable"),
    "left": Text("未读取与提示", "not read, and remarks"),
}
TICKED = ("new", "changed")
"""Groups that are taken over unless somebody unticks them."""
USABLE = ("new", "changed", "conflicting", "other_year")
"""Groups that can be taken over at all."""
UPLOAD = "upload"
"""What a file is called while it is read."""
SAID_OTHERWISE = ("nothing-filled", "no-figures", "undeclared-subject")
"""What the reader says of a folder without figures, or of a subject it does not know: told of the file, or at its rows."""
BACKGROUND = 1500
"""More rows than this are written in the background."""


class NotPreviewedError(EcoparkError):
    """The columns of a file have not been said, so that there is no preview to store."""

    def __init__(self) -> None:
        super().__init__(
            "its columns have not been said yet: there is no preview to store", zh="还没有说明各列，没有可保存的预览"
        )


@dataclass(frozen=True)
class Line:
    """One row of a preview."""

    group: str
    subject: str
    subject_name: str
    quantity: str
    label_zh: str
    label_en: str
    period: str
    by: str
    given: str
    unit: str
    source: str
    note: str
    place: str
    stored: str = ""
    stored_by: str = ""
    version: int = 0
    problem_zh: str = ""
    problem_en: str = ""

    @property
    def label(self) -> Text:
        """What the quantity is called."""
        return Text(self.label_zh, self.label_en)

    @property
    def problem(self) -> Text:
        """What is wrong with the row."""
        return Text(self.problem_zh, self.problem_en)

    def change(self) -> Change:
        """The row as a change."""
        return Change(
            self.subject, self.quantity, self.period, self.given, self.unit, self.by, self.source, self.note, self.place,
            seen=self.version,
        )  # fmt: skip


def preview(
    standing: Standing, stored: str, name: str, year: str = "", mapping: ColumnMapping | None = None,
    subject: Subject | None = None,
    *, heard: Callable[[int, int], None] = lambda done, total: None,
) -> list[Line]:  # fmt: skip
    """Every row of a file beside what is stored.

    Parameters
    ----------
    stored, name
        Key of the uploaded file and what it was called.
    year
        The year the person meant to bring in; rows of another year are set apart. Empty: all years.
    mapping
        What the columns are, where the file is a department's own table.
    subject
        The firm it is of (`whose.subject_of`): nobody else's figures are read. None: the park with all its firms.
    heard
        Is told how far it is, in hundredths.

    Raises
    ------
    InputError
        The file holds no table that can be read.
    """
    heard(0, 100)
    facts = _read(standing.park, stored, name, mapping, subject)
    known_ones = standing.subjects().filter(pk=subject.pk) if subject else standing.subjects()
    allowed = {s.key: s.name for s in known_ones}
    heard(60, 100)
    wanted = (_key(o) for o in facts.observations if o.subject in allowed)
    known = known_figures(standing.park, wanted, heard=lambda done, of: heard(60 + done * 30 // of, 100))
    heard(90, 100)
    own = not standing.wide
    lines = [_line(o, known, allowed, year, name, own=own, one=subject is not None) for o in facts.observations]
    lines += [_unusable(text, problem, name) for text, problem in facts.rejected]
    left = (p for p in facts.warnings if p.code not in SAID_OTHERWISE and Path(p.place.file).stem == UPLOAD)
    lines += [replace(_unusable("", p, name), group="left") for p in left]
    order = {g: i for i, g in enumerate(GROUPS)}
    return sorted(lines, key=lambda line: order[line.group])


def _read(park: Park, stored: str, name: str, mapping: ColumnMapping | None, subject: Subject | None) -> Facts:
    """Read the file as part of a park folder of this park; a firm's as that of a folder that knows nobody but the firm."""
    whole = subject or park
    source = stored_path(stored)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "data").mkdir()
        target = folder / "data" / f"{UPLOAD}{source.suffix}"
        shutil.copyfile(source, target)
        lines = ["[park]", f"id = {_quoted(whole.key)}", f"name = {_quoted(whole.name)}"]
        if park.base_year:
            lines.append(f"base_year = {park.base_year}")
        (folder / "park.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        with (folder / "data" / "subjects.csv").open("w", newline="", encoding="utf-8") as file:
            out = csv.writer(file)
            out.writerow(["subject", "kind", "parent", "from", "until", "name", "credit_code"])
            for s in park.subjects.exclude(kind="park") if subject is None else ():
                out.writerow([s.key, s.kind, s.parent, s.since or "", s.until or "", s.name, s.credit_code])
        if mapping is not None:
            mapping_beside(target).write_text(write_mapping(mapping), encoding="utf-8")
        try:
            return read_facts(folder, set_aside=True, checks=False)
        except InputError as error:
            raise InputError([_renamed(p, str(target), name) for p in error.problems]) from None


def _renamed(problem: Problem, path: str, name: str) -> Problem:
    place = replace(problem.place, file=name) if problem.place.file.endswith(Path(path).name) else problem.place
    return replace(problem, place=place, zh=problem.zh.replace(path, name), en=problem.en.replace(path, name))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _place(o: Observation, name: str) -> str:
    text = str(o.place)
    _, mark, rest = text.partition("!")
    return f"{name}{mark}{rest}" if mark else f"{name}:{o.place.line or o.place.row or ''}".rstrip(":")


def _key(o: Observation) -> tuple[str, str, str, str]:
    return o.subject, o.quantity, "" if str(o.period) == "always" else str(o.period), o.by


def _line(
    o: Observation, known: dict[tuple[str, str, str, str], Figure], allowed: dict[str, str], year: str, name: str,
    *, own: bool, one: bool,
) -> Line:  # fmt: skip
    period = _key(o)[2]
    quantity = catalogue().find(o.quantity)
    label = quantity.label if quantity else Text(o.quantity, o.quantity)
    given, unit = as_typed(o)
    figure = known.get(_key(o))
    there = (figure.proposed if figure and own else None) or figure  # a firm goes on from its own correction
    row: dict[str, Any] = {
        "subject": o.subject, "subject_name": allowed.get(o.subject, o.subject), "quantity": o.quantity,
        "label_zh": label.zh, "label_en": label.en, "period": period, "by": o.by, "given": given, "unit": unit,
        "source": o.source, "note": o.note, "place": _place(o, name),
    }  # fmt: skip
    if o.subject not in allowed:
        zh, en = (
            (f"“{o.subject}”的数不属于这家企业", f"'{o.subject}' is not the firm whose workbook this is")
            if one
            else (f"“{o.subject}”不属于本园区", f"'{o.subject}' is no part of this park")
        )
        return Line("unusable", **row, problem_zh=zh, problem_en=en)
    if problems := too_long(Change(o.subject, o.quantity, period, given, unit, o.by, o.source, o.note)):
        first = problems[0]
        cut = {name: row[name][:longest] for name, (longest, _) in LONGEST.items()}
        zh, en = f"{first.zh}{first.repair_zh}", f"{first.en} {first.repair_en}"
        return Line("unusable", **row | cut, problem_zh=zh, problem_en=en)
    if there is not None and figure is not None:
        row |= {
            "stored": said(there, o.quantity, o.by), "version": figure.stamp,
            "stored_by": there.entered_by.shown_name if there.entered_by else "",
        }  # fmt: skip
    if there is not None and (there.given, there.unit) == (given, unit):
        return Line("same", **row)
    if year and period and period[:4] != year:
        return Line("other_year", **row)
    if there is None or not there.given:
        return Line("new", **row)
    return Line("changed" if there.place else "conflicting", **row)


def _unusable(text: str, problem: Problem, name: str) -> Line:
    place = str(problem.place)
    _, mark, rest = place.partition("!")
    zh, en = (f"{a} {b}".strip() for a, b in ((problem.zh, problem.repair_zh), (problem.en, problem.repair_en)))
    return Line(
        "unusable", "", "", text[:120], text[:120], text[:120], "", "", "", "", "", "", f"{name}{mark}{rest}",
        problem_zh=zh, problem_en=en,
    )  # fmt: skip


def remember(found: Import, lines: Iterable[Line]) -> None:
    """Keep the preview with the import, so that what is applied is what was seen."""
    found.summary = {"lines": [asdict(line) for line in lines]}
    found.save(update_fields=["summary"])


def remembered(found: Import) -> list[Line]:
    """The preview that was shown."""
    return [Line(**line) for line in found.summary.get("lines", ())]


def previewed(found: Import) -> bool:
    """Whether there is a preview of it, or was one before it was stored."""
    return bool(found.applied) or "lines" in found.summary


def visible(standing: Standing) -> QuerySet[Import]:
    """The imports a person may know of: all; a reporter those of their own for their own firm."""
    rows = Import.objects.filter(park=standing.park)
    return rows if standing.wide else standing.of_subjects(rows).filter(by=standing.user)


def apply(found: Import, user: Any, groups: Sequence[str]) -> int:
    """Write the rows of these groups, all or none; says how many figures changed. Asked again, it says so again.

    What a firm brings waits for the office like what it types.

    Raises
    ------
    ConflictError
        Somebody changed one of them since the preview.
    HandedInError
        A firm has handed in the year and the office has not decided.
    NotPreviewedError
        There is no preview yet.
    PermissionDenied
        The person may no longer bring these figures.
    """
    if not previewed(found):
        raise NotPreviewedError
    here = standing_of(user, found.park)
    if here is None or not here.may("import_own", found.subject.key if found.subject else None):
        raise PermissionDenied
    if not here.wide and found.subject is None:
        raise PermissionDenied
    state = "accepted" if here.wide else "draft"
    with transaction.atomic():
        locked = Import.objects.select_for_update().get(pk=found.pk)
        found.applied, found.summary = locked.applied, locked.summary
        if found.applied:  # by a worker that died before it could say so
            return int(found.summary.get("written", 0))
        lines = [line for line in remembered(found) if line.group in groups and line.group in USABLE]
        count = write(
            found.park, [line.change() for line in lines], user, f"导入 / import: {found.name}", state=state,
            came_with=found,
        )  # fmt: skip
        found.applied = timezone.now()
        found.summary = {"counts": counts(remembered(found)), "written": count, "groups": list(groups)}
        found.save(update_fields=["applied", "summary"])
    return count


def counts(lines: Iterable[Line]) -> dict[str, int]:
    """How many rows each group has."""
    found = dict.fromkeys(GROUPS, 0)
    for line in lines:
        found[line.group] += 1
    return found
