"""The register of cases (问题台账) as an Excel sheet or CSV, one row a case."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ecopark.core.text import Text
from ecopark.errors import EcoparkError
from ecopark.reports.table_file import Column, Sheet, Value, write_excel, write_rows

FORMATS = {"xlsx": "Excel", "csv": "CSV"}
"""Endings of the files, and what people call them."""
IN_TIME = {True: Text("按期", "in time"), False: Text("超期", "late"), None: Text("", "")}
W = {
    "title": Text("问题台账", "Cases"),
    "about": Text("说明", "About"),
    "park": Text("园区", "Park"),
    "at": Text("导出时间", "Written at"),
    "cases": Text("问题数", "Cases"),
    "number": Text("编号", "No."),
    "kind": Text("类型", "Kind"),
    "severity": Text("紧急程度", "Severity"),
    "status": Text("状态", "Status"),
    "source": Text("来源", "Source"),
    "firm": Text("涉及企业", "Firm concerned"),
    "place": Text("位置", "Place"),
    "lon": Text("经度 [°]", "Longitude [°]"),
    "lat": Text("纬度 [°]", "Latitude [°]"),
    "grid": Text("网格", "Grid"),
    "found": Text("发现时间", "Found"),
    "to": Text("整改单位", "Given to"),
    "due": Text("本步时限", "This step due"),
    "ended": Text("办结时间", "Ended"),
    "in_time": Text("整改是否按期", "Rectified in time"),
    "reopened": Text("重新打开次数", "Times reopened"),
    "recurs": Text("一年内同地同类", "Same place within a year"),
    "text": Text("问题描述", "Text"),
}
WIDTHS = {
    "number": 7, "kind": 16, "severity": 10, "status": 10, "source": 12, "firm": 22, "place": 20, "lon": 11, "lat": 11,
    "grid": 14, "found": 16, "to": 22, "due": 16, "ended": 16, "in_time": 10, "reopened": 9, "recurs": 10, "text": 50,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One case; moments are given as they are to be read, without their zone. None: not known, not yet."""

    number: int
    kind: Text
    severity: Text
    status: Text
    source: Text
    firm: str
    place: str
    lon: float | None
    lat: float | None
    grid: Text
    found: datetime
    to: Text
    due: datetime | None
    ended: datetime | None
    in_time: bool | None
    reopened: int
    recurs: int
    text: str

    def values(self, lang: str) -> list[Value]:
        """What stands in its row."""
        found = [getattr(self, name) for name in WIDTHS if name != "in_time"]
        found.insert(list(WIDTHS).index("in_time"), IN_TIME[self.in_time])
        return [value[lang] if isinstance(value, Text) else value for value in found]


@dataclass(frozen=True, slots=True)
class Register:
    """The cases that were chosen.

    Parameters
    ----------
    chosen
        What they were chosen by: name and value, in words.
    count
        How many there are; more than `entries` where only so many are written.
    """

    park: Text
    at: datetime
    chosen: tuple[tuple[Text, Text], ...]
    count: int
    entries: Sequence[Entry]


def register_sheet(found: Register, lang: str) -> Sheet:
    """The register as a table."""
    columns = tuple(Column(W[name][lang], width) for name, width in WIDTHS.items())
    about = [
        (W["park"][lang], found.park[lang]),
        (W["at"][lang], f"{found.at:%Y-%m-%d %H:%M}"),
        *((name[lang], value[lang]) for name, value in found.chosen),
        (W["cases"][lang], str(len(found.entries))),
    ]
    below: tuple[str, ...] = ()
    if found.count > len(found.entries):
        more = found.count - len(found.entries)
        below = (
            Text(
                f"另有 {more} 件未列入，请缩小筛选范围后再下载。",
                f"{more} more cases are not in this sheet: choose fewer and download again.",
            )[lang],
        )
        about.append(("", below[0]))
    rows = [entry.values(lang) for entry in found.entries]
    return Sheet(W["title"][lang], columns, rows, below=below, about=tuple(about), about_name=W["about"][lang])


def writer(found: Register, lang: str) -> Callable[[Path], None]:
    """What writes the register as .xlsx or .csv, whichever the suffix names.

    Raises
    ------
    EcoparkError
        The suffix names neither.
    """

    def write(path: Path) -> None:
        ways = {".xlsx": write_excel, ".csv": write_rows}
        if path.suffix not in ways:
            raise EcoparkError(
                f"the register is .xlsx or .csv, not '{path.suffix}'",
                zh=f"问题台账应为 .xlsx 或 .csv，而不是“{path.suffix}”",
            )
        ways[path.suffix](register_sheet(found, lang), path)

    return write
