"""Appeals: a firm's corrected figure with its evidence, graded again in one step, logged for good.

The log is a file of JSON lines in a folder, only ever added to: who, when, which figure from what to what, the evidence with
its fingerprint, and what it changed. Grading with a log applies its entries in order.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from ecopark.core.rounding import decimal_text
from ecopark.core.value import Scalar
from ecopark.errors import EcoparkError, InputError, Place, Problem
from ecopark.grading.firms import Columns, Firm, FirmTable, in_unit, range_problem
from ecopark.grading.grade import grade_firms
from ecopark.grading.method import Method
from ecopark.grading.result import FirmGrade, Grading
from ecopark.observations.numbers import Number, UnreadableError, read_flag, read_number

LOG = "appeals.jsonl"


@dataclass(frozen=True)
class Appeal:
    """One correction and what it did.

    Parameters
    ----------
    before, after
        The firm's grade without and with it.
    moved
        Ids of all firms whose class changed, the firm's own included.
    """

    firm: str
    quantity: str
    old: str | None
    new: str
    evidence: str
    evidence_hash: str
    by: str
    on: str
    before: FirmGrade
    after: FirmGrade
    moved: tuple[str, ...]

    def to_dict(self, method: Method) -> dict[str, Any]:
        """One line of the log."""

        def state(g: FirmGrade) -> dict[str, Any]:
            return {"score": None if g.score is None else decimal_text(g.score), "rank": g.rank, "grade": g.grade}

        return {
            "on": self.on, "by": self.by, "firm": self.firm, "quantity": self.quantity, "from": self.old, "to": self.new,
            "evidence": self.evidence, "evidence_sha256": self.evidence_hash, "method": method.id, "method_hash": method.hash,
            "before": state(self.before), "after": state(self.after), "moved": list(self.moved),
        }  # fmt: skip


def appeal(
    grading: Grading, firm_id: str, column: str, value: Any, *, evidence: Path | str, by: str, on: date
) -> tuple[Appeal, Grading]:
    """Correct one figure of a firm and grade everybody again.

    Parameters
    ----------
    column
        Quantity or indicator id, the unit in brackets behind where it is not the catalogue's.
    evidence
        The file that supports the figure; it must exist.

    Raises
    ------
    EcoparkError
        An unknown firm or figure, an unreadable value, or no evidence.
    """
    path = Path(evidence)
    if not path.is_file():
        raise EcoparkError(
            f"an appeal needs its evidence: there is no file {evidence}", zh=f"申诉须有佐证材料：没有文件 {evidence}"
        )
    if not by.strip():
        raise EcoparkError("an appeal says by whom it was accepted (--by)", zh="申诉须写明由谁受理（--by）")
    firm = grading.table.firm(firm_id)
    name, number = read_value(column, value, grading.method)
    old = firm.values.get(name)
    again = grade_firms(grading.table.replaced(_corrected(firm, name, number, path)), grading.method)
    before = {g.firm.id: g.grade for g in grading.firms}
    moved = tuple(g.firm.id for g in again.firms if g.grade != before[g.firm.id])
    fingerprint = hashlib.sha256(path.read_bytes()).hexdigest()
    made = Appeal(
        firm.id, name, None if old is None else _text(old), _text(number), str(evidence), fingerprint, by.strip(),
        on.isoformat(), grading.of(firm.id), again.of(firm.id), moved,
    )  # fmt: skip
    return made, again


def log_appeal(folder: Path, made: Appeal, method: Method) -> Path:
    """Add an appeal to the log of a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / LOG
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(made.to_dict(method), ensure_ascii=False) + "\n")
    return path


def read_log(folder: Path) -> list[dict[str, Any]]:
    """The entries of a folder's log, oldest first.

    Raises
    ------
    InputError
        A line is damaged.
    """
    path = folder / LOG
    found, problems = [], []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines() if path.exists() else [], 1):
        try:
            entry = json.loads(line)
            found.append(
                {**entry, "firm": str(entry["firm"]), "quantity": str(entry["quantity"]), "to": str(entry["to"])}
            )
        except (ValueError, KeyError, TypeError):
            place = Place(str(path), line=number)
            problems.append(Problem("log-damaged", place, "这一行不能读取。", "this line cannot be read."))
    if problems:
        raise InputError(problems)
    return found


def with_appeals(table: FirmTable, entries: Iterable[dict[str, Any]], method: Method) -> FirmTable:
    """The firms with every logged correction applied, in order."""
    for entry in entries:
        name, number = read_value(entry["quantity"], entry["to"], method)
        table = table.replaced(
            _corrected(table.firm(entry["firm"]), name, number, Path(str(entry.get("evidence", ""))))
        )
    return table


def _corrected(firm: Firm, name: str, number: Scalar, evidence: Path) -> Firm:
    made = firm.with_values({name: number})
    places = {**firm.places, name: Place(str(evidence))}
    return Firm(made.id, made.name, made.group, made.values, places, made.credit_code, made.landlord, made.place)


def read_value(title: str, value: Any, method: Method) -> tuple[str, Scalar]:
    """The figure that an appeal is about and what it should be, in the figure's unit.

    Raises
    ------
    EcoparkError
        There is no such figure, or it cannot be that.
    """
    column, why = Columns(method).find(title)
    if column is None:
        raise EcoparkError(
            f"'{title}' is no quantity or indicator. {why}".strip(), zh=f"“{title}”不是数据项或指标。{why}"
        )
    try:
        if column.kind == "flag":
            flag = read_flag(value)
            if isinstance(flag, bool):
                return column.id, flag
            raise EcoparkError(f"{title} is yes or no", zh=f"{title}：应填是或否")
        number = read_number(value)
    except UnreadableError as error:
        raise EcoparkError(
            f"{title}: {error}", zh=f"{title}：{error.message('zh') if isinstance(error, EcoparkError) else error}"
        ) from None
    if not isinstance(number, Number):
        raise EcoparkError(f"{title}: no value is given", zh=f"{title}：没有给出数值")
    found = in_unit(number, column)
    problem = range_problem(column, found, Place())
    if problem is not None and problem.severity == "error":
        raise EcoparkError(problem.message(), zh=problem.message("zh"))
    return column.id, found


def _text(value: Scalar) -> str:
    return decimal_text(value, 40) if isinstance(value, Fraction) else str(value).lower()
