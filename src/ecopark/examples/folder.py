"""The invented park as a park folder: what a consultant would have on disk, made from one seed.

park.toml               the park, and the story as comments
data/park.xlsx          the office's own figures, one sheet per theme, one column per year
data/firms.csv          the firms' figures in the long form (firms.parquet for larger parks)
data/subjects.csv       park, functional groups and firms
map/*.geojson           groups, parcels, roads, grids, control units, reserve land, sensitive places, boundary
evidence/               evidence.csv: which document supports which figure; and the invented documents
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecopark.examples.gate_story import write_gate_story
from ecopark.examples.park_figures import CARBON, CONSTRUCTION, ENERGY, ENVIRONMENT, OFFICE, PARK_ID, Row
from ecopark.examples.paths import BASE_YEAR
from ecopark.observations.quantity import Catalogue, catalogue

if TYPE_CHECKING:
    from ecopark.examples.invented_park import InventedPark

CSV_UP_TO = 500
"""Parks with more firms write their firms' figures as Parquet."""

DOCUMENTS = (
    (OFFICE, "statistics"),
    (ENVIRONMENT, "environment"),
    (ENERGY, "energy-balance"),
    (CARBON, "carbon-account"),
    (CONSTRUCTION, "construction"),
)
"""Invented documents: the source named in the figures, and the file name."""


def write_folder(park: InventedPark, folder: Path) -> Path:
    """Write the park folder; files that are there already are replaced.

    Parameters
    ----------
    park
        The invented park.
    folder
        Where to write; made if it is not there.

    Returns
    -------
    folder
        The same path.
    """
    for name in ("data", "map", "evidence"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "park.toml").write_text(_settings(park), encoding="utf-8")
    _write_workbook(park, folder / "data" / "park.xlsx")
    _write_firms(park, folder / "data")
    park.subjects_frame().write_csv(folder / "data" / "subjects.csv", include_bom=True)
    for name, layer in park.geojson().items():
        text = json.dumps(layer, ensure_ascii=False, separators=(",", ":"))
        (folder / "map" / f"{name}.geojson").write_text(text, encoding="utf-8")
    _write_evidence(park, folder / "evidence")
    write_gate_story(park, folder)
    return folder


def _settings(park: InventedPark) -> str:
    """The text of ``park.toml``; the story stands in it as comments."""
    lines = [
        "# An invented park: no such place, no such firms. 虚构园区：地点、企业和数据均为虚构。",
        f"# seed {park.seed}, {len(park.firms.ids)} firms, {park.years[0]}-{park.years[-1]}",
        "#",
        f"# {park.story.zh}",
        "#",
        f"# {park.story.en}",
        "",
        "[park]",
        f'id = "{PARK_ID}"',
        f'name = "{park.name.zh}"',
        f'name_en = "{park.name.en}"',
        f"base_year = {BASE_YEAR}",
        "",
    ]
    return "\n".join(lines)


def _write_firms(park: InventedPark, folder: Path) -> None:
    import polars as pl

    frame = park.frame().filter(pl.col("subject") != PARK_ID)
    for name in ("firms.csv", "firms.parquet"):
        (folder / name).unlink(missing_ok=True)
    if len(park.firms.ids) <= CSV_UP_TO:
        frame.write_csv(folder / "firms.csv", include_bom=True)
    else:
        frame.write_parquet(folder / "firms.parquet")


def _write_workbook(park: InventedPark, path: Path) -> None:
    """The office's figures: a sheet per theme, a row per quantity and breakdown, a column per year."""
    import xlsxwriter

    known = catalogue()
    years = [str(y) for y in park.years]
    with xlsxwriter.Workbook(path, {"strings_to_numbers": False, "strings_to_formulas": False}) as book:
        bold = book.add_format({"bold": True, "bg_color": "#E6F0EA", "border": 1, "text_wrap": True})
        for theme, table in _by_theme(park.park_rows, known).items():
            sheet = book.add_worksheet(_sheet_name(theme, known))
            heads = [
                "对象 subject",
                "数据项 quantity",
                "名称 zh",
                "英文 en",
                "分项 by",
                "单位 unit",
                "固定值 always",
                *years,
                "来源 source",
                "备注 note",
            ]
            sheet.write_row(0, 0, heads, bold)
            sheet.freeze_panes(1, 4)
            sheet.set_column(1, 2, 30)
            sheet.set_column(3, 4, 24)
            sheet.set_column(5, len(heads) - 1, 14)
            for r, ((quantity, by), rows) in enumerate(table.items(), start=1):
                label = known[quantity].label
                one = next(iter(rows.values()))
                cells: list[Any] = [PARK_ID, quantity, label.zh, label.en, by, one.unit]
                cells += [_cell(rows[y].value) if y in rows else "" for y in ("", *years)]
                sheet.write_row(r, 0, [*cells, one.source, one.note])


def _by_theme(rows: tuple[Row, ...], known: Catalogue) -> dict[str, dict[tuple[str, str], dict[str, Row]]]:
    themes: dict[str, dict[tuple[str, str], dict[str, Row]]] = {}
    for row in rows:
        theme = known[row.quantity].theme
        themes.setdefault(theme, {}).setdefault((row.quantity, row.by), {})[row.period] = row
    return themes


def _sheet_name(theme: str, known: Catalogue) -> str:
    label = known.themes[theme].label
    return "".join(c for c in f"{label.zh} {theme}" if c not in "[]:*?/\\'")[:31]


def _cell(text: str) -> Any:
    """A number where the text is one, so that the workbook calculates."""
    if text in ("true", "false"):
        return "是" if text == "true" else "否"
    try:
        return float(text)
    except ValueError:
        return text


def _write_evidence(park: InventedPark, folder: Path) -> None:
    """The list of evidence of the last three years, and the invented documents it points to."""
    names = dict(DOCUMENTS)
    texts: dict[str, list[str]] = {}
    lines: dict[tuple[str, str], list[str]] = {}
    for row in park.park_rows:
        if row.period not in {str(y) for y in park.years[-3:]}:
            continue
        document = f"{row.period}-{names[row.source]}.txt"
        text = texts.setdefault(
            document, [f"{row.source}（{row.period}年）", "本材料为虚构示例，不对应任何真实单位。", ""]
        )
        text.append(f"{row.quantity} {row.by} = {row.value} {row.unit}".replace("  ", " "))
        lines.setdefault(
            (row.quantity, row.period), [row.quantity, document, "1", f"{int(row.period) + 1}-03-31", row.period]
        )
    for document, text in texts.items():
        (folder / document).write_text("\n".join(text) + "\n", encoding="utf-8")
    with (folder / "evidence.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["clause_or_quantity", "file", "page", "date", "period"])
        writer.writerows(lines.values())
