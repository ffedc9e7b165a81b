"""A project as one page of Excel: the empty form with drop-downs, and the filled one read back with the cell of every figure.

Column A is hidden and says what a row is; labels and order may change, the key decides. An empty cell is *not given*.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ecopark.admission.industry import STANDARD, industries, named
from ecopark.admission.ratios import shared_ratios
from ecopark.core.rounding import decimal_text, exact
from ecopark.core.unit import unit
from ecopark.errors import InputError, Place, Problem
from ecopark.observations.quantity import catalogue
from ecopark.observations.readers.table import Table, letters, read_tables

SHEET, OPINIONS, CODES = "项目 Project", "会审意见 Opinions", "代码 Codes"
KEY, ZH, EN, VALUE, UNIT, FIRST_YEAR, LAST_YEAR, SOURCE = 0, 1, 2, 3, 4, 5, 7, 8
TOP = (
    ("name", "项目名称", "Name of the project"),
    ("industry_code", f"行业代码（{STANDARD}）", "Industry code"),
    ("kind", "项目性质", "Kind of project"),
    ("start", "投产年份", "First year of production"),
    ("parcel", "意向地块", "Parcel it wants"),
    ("group", "意向功能组团", "Functional group it wants"),
    ("products", "主要产品（以；分隔）", "Products, separated by ;"),
    ("processes", "主要工艺（以；分隔）", "Processes, separated by ;"),
    ("technology", "主要技术与设备", "Technology and equipment"),
)
LISTS = ("products", "processes", "technology")
KINDS = {"new": "新建", "expansion": "扩建", "retrofit": "技改"}
OPINION_WORDS = {"agree": "同意", "conditions": "附条件同意", "oppose": "不同意", "abstain": "弃权"}
SECTIONS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("投资与用地", "Investment and land", ("fixed_investment", "land_area_mu", "floor_area_m2")),
    ("产出与用工", "Output and jobs", (
        "industrial_gross_output", "industrial_value_added", "tax_paid_10k_cny", "rd_expenditure", "employees")),
    ("用水", "Water", ("industrial_fresh_water_m3", "wastewater_generated_m3")),
    ("排放", "Emissions", (
        "co2_emissions_t", "emission_cod_t", "emission_nh3n_t", "emission_so2_t", "emission_nox_t", "emission_vocs_t",
        "emission_dust_t")),
    ("固体废物", "Wastes", ("solid_waste_generated_t", "hazardous_waste_generated_t")),
    ("能源", "Energy", ("energy_total_tce",)),
)  # fmt: skip
LABELS = {
    "energy_total_tce": ("综合能源消费量", "Comprehensive energy consumption"),
    "industrial_gross_output": ("工业总产值", "Gross output"),
    "land_area_mu": ("用地面积", "Land"),
    "floor_area_m2": ("建筑面积", "Floor area"),
}
"""What a row is called where the catalogue's label speaks of a park."""
ENERGY_ROWS, FREE_ROWS, OPINION_ROWS = 5, 4, 8
ENERGY_UNITS = ("t", "10k m3", "m3", "kWh", "10k kWh", "GJ")
UNITS = ("10k CNY", "100m CNY", "CNY", "mu", "m2", "ha", "t", "kg", "tce", "10k tce", "m3", "10k m3", "tCO2", "10k tCO2",
         "person", "kWh", "10k kWh", "GJ")  # fmt: skip
_ID = re.compile(r"\[([^\[\]]+)\]\s*$")


class FormMap(dict[str, Any]):
    """A mapping read from a form: knows the cell of every entry.

    Parameters
    ----------
    place
        Where the mapping itself stands.
    cells
        Where each entry stands.
    """

    def __init__(self, entries: Mapping[str, Any], place: Place, cells: Mapping[str, Place] | None = None) -> None:
        super().__init__(entries)
        self.place = place
        self.cells = dict(cells or {})

    def place_of(self, key: str) -> Place:
        """The cell of an entry."""
        return self.cells.get(key, self.place)


# -- writing -----------------------------------------------------------------------------------------------------------


def write_form(path: str | Path, *, parcels: tuple[str, ...] = (), groups: tuple[str, ...] = ()) -> None:
    """Write the empty form.

    Parameters
    ----------
    path
        The xlsx file.
    parcels, groups
        Ids of free parcels and of groups to choose from.
    """
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        _Form(book, {"parcel": parcels, "group": groups}).write()


def energy_kinds() -> dict[str, tuple[str, str]]:
    """What an energy row may be: shown name to (quantity, breakdown)."""
    known = catalogue()
    found = {}
    for quantity, more in (("electricity_in_kwh", ""), ("heat_in_gj", ""), ("fuel_consumption", ";use=combustion")):
        listed = known.breakdowns[known[quantity].breakdowns[0]]
        for code in listed.codes:
            label = code.label
            shown = f"{label.zh} {label.en} [{quantity.split('_')[0]}.{code.id}]"
            found[shown] = (quantity, f"{listed.dimension}={code.id}{more}")
    return found


def _units_of(symbol: str) -> list[str]:
    """The unit itself, then others that convert to it."""
    mine = unit(symbol)
    return [symbol, *(u for u in UNITS if u != symbol and unit(u).compatible(mine))]


@dataclass
class _Form:
    book: Any
    choices: Mapping[str, tuple[str, ...]]
    row: int = 0
    formats: dict[str, Any] = field(default_factory=dict)

    def write(self) -> None:
        for name, look in {
            "title": {"bold": True, "font_size": 16}, "hint": {"font_color": "#555555", "text_wrap": True},
            "head": {"bold": True, "bg_color": "#2F6B4F", "font_color": "#FFFFFF", "border": 1, "text_wrap": True},
            "year": {"bold": True, "border": 2, "border_color": "#2F6B4F", "align": "center"},
            "section": {"bold": True, "bg_color": "#E6F0EA", "border": 1},
            "label": {"border": 1, "bg_color": "#F5F5F2", "text_wrap": True, "valign": "vcenter"},
            "input": {"border": 1, "locked": False, "text_wrap": True}, "text": {"border": 1, "num_format": "@"},
        }.items():  # fmt: skip
            self.formats[name] = self.book.add_format(look)
        sheet = self.book.add_worksheet(SHEET)
        opinions, codes = self.book.add_worksheet(OPINIONS), self.book.add_worksheet(CODES)
        ranges = self.codes(codes)
        self.page(sheet)
        self.head(sheet)
        self.top(sheet, ranges)
        self.figures(sheet, ranges)
        self.opinions(opinions)
        sheet.activate()

    def page(self, sheet: Any) -> None:
        sheet.set_column(KEY, KEY, 4, None, {"hidden": True})
        for first, last, width in ((ZH, ZH, 25), (EN, EN, 33), (VALUE, VALUE, 17), (UNIT, UNIT, 10),
                                   (FIRST_YEAR, LAST_YEAR, 10), (SOURCE, SOURCE, 18)):  # fmt: skip
            sheet.set_column(first, last, width)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 1)
        sheet.set_margins(0.4, 0.4, 0.4, 0.4)
        sheet.freeze_panes(3, VALUE)

    def head(self, sheet: Any) -> None:
        f = self.formats
        sheet.write(0, ZH, "项目准入申报表 Project form for admission", f["title"])
        zh = "没有数据的留空，不要填 0；填 0 表示确实为零。满产年数据填“满产”列；分期投产的，在表头填年份并按年填写。"
        en = "Leave empty what you do not know; 0 means zero. Full production in its column; phases under a year of your own."
        sheet.merge_range(1, ZH, 1, SOURCE, f"{zh}\n{en}", f["hint"])
        sheet.set_row(1, 30)
        sheet.write(2, KEY, "header")
        for column, text in ((ZH, "填报项"), (EN, "Item"), (VALUE, "满产 Full production"), (UNIT, "单位 Unit"),
                             (SOURCE, "来源 Source")):  # fmt: skip
            sheet.write(2, column, text, f["head"])
        for column in range(FIRST_YEAR, LAST_YEAR + 1):
            sheet.write_blank(2, column, None, f["year"])
            sheet.data_validation(2, column, 2, column, {
                "validate": "integer", "criteria": "between", "minimum": 1980, "maximum": 2100,
                "input_title": "年份 Year", "input_message": "分期投产的年份，如 2028 / a year of a phase"})  # fmt: skip
        self.row = 3

    def top(self, sheet: Any, ranges: Mapping[str, str]) -> None:
        sources = {**ranges, "industry_code": ranges["industries"], "kind": [f"{zh} {k}" for k, zh in KINDS.items()]}
        for key, zh, en in TOP:
            self.label(sheet, key, zh, en)
            sheet.merge_range(self.row, VALUE, self.row, SOURCE, "", self.formats["text"])
            if key in sources:
                self.choose(sheet, VALUE, sources[key], strict=key == "kind")
            self.row += 1

    def figures(self, sheet: Any, ranges: Mapping[str, str]) -> None:
        for section_zh, section_en, names in SECTIONS:
            self.section(sheet, section_zh, section_en)
            for name in names:
                quantity = catalogue()[name]
                zh, en = LABELS.get(name, (quantity.label.zh, quantity.label.en))
                self.fact(sheet, f"fact:{name}", zh, en, _units_of(quantity.unit))
            if section_en == "Energy":
                for _ in range(ENERGY_ROWS):
                    self.fact(sheet, "energy", "", "← 选择品种 choose the kind", list(ENERGY_UNITS), "")
                    self.choose(sheet, ZH, ranges["energy"], row=self.row - 1)
        self.section(sheet, "其他数据项或比率（如 单位能耗）", "Other figures, or ratios such as energy per output")
        for _ in range(FREE_ROWS):
            self.fact(sheet, "other", "", "← 选择 choose", [], "")
            self.choose(sheet, ZH, ranges["others"], strict=False, row=self.row - 1)

    def section(self, sheet: Any, zh: str, en: str) -> None:
        for column in range(ZH, SOURCE + 1):
            sheet.write(self.row, column, "", self.formats["section"])
        sheet.write(self.row, ZH, zh, self.formats["section"])
        sheet.write(self.row, EN, en, self.formats["section"])
        self.row += 1

    def fact(self, sheet: Any, key: str, zh: str, en: str, units: list[str], usual: str | None = None) -> None:
        self.label(sheet, key, zh, en, free=not zh)
        for column in range(VALUE, SOURCE + 1):
            sheet.write_blank(self.row, column, None, self.formats["input"])
        sheet.write(self.row, UNIT, units[0] if usual is None else usual, self.formats["input"])
        if units:
            self.choose(sheet, UNIT, units, strict=False)
        self.row += 1

    def label(self, sheet: Any, key: str, zh: str, en: str, *, free: bool = False) -> None:
        sheet.write(self.row, KEY, key)
        sheet.write(self.row, ZH, zh, self.formats["input" if free else "label"])
        sheet.write(self.row, EN, en, self.formats["label"])

    def choose(self, sheet: Any, column: int, source: Any, *, strict: bool = True, row: int | None = None) -> None:
        at = self.row if row is None else row
        sheet.data_validation(at, column, at, column, {
            "validate": "list", "source": source, "error_type": "stop" if strict else "information", "show_error": strict,
        })  # fmt: skip

    def codes(self, sheet: Any) -> dict[str, str]:
        """The long lists of the drop-downs, and where each stands."""
        others = [f"{r.label.zh} {r.label.en} [{r.id}]" for r in shared_ratios().values()]
        others += [
            f"{q.label.zh} {q.label.en} [{q.id}]" for q in map(catalogue().__getitem__, catalogue().names) if q.unit
        ]
        lists = {
            "industries": [named(code) for code in industries() if len(code) == 4],
            "energy": list(energy_kinds()),
            "others": list(dict.fromkeys(others)),
        }
        lists |= {key: list(entries) for key, entries in self.choices.items() if entries}
        found = {}
        heads = {"industries": "行业代码 Industry codes", "energy": "能源品种 Energy",
                 "others": "数据项与比率 Quantities and ratios", "parcel": "空闲地块 Free parcels",
                 "group": "功能组团 Groups"}  # fmt: skip
        for column, (name, entries) in enumerate(lists.items()):
            sheet.set_column(column, column, 48)
            sheet.write(0, column, heads[name], self.formats["head"])
            sheet.write_column(1, column, entries)
            letter = letters(column)
            found[name] = f"='{CODES}'!${letter}$2:${letter}${len(entries) + 1}"
        sheet.freeze_panes(1, 0)
        return found

    def opinions(self, sheet: Any) -> None:
        heads = ("部门编号 office", "意见 opinion", "签字 by", "日期 date", "条件或说明 note")
        for column, (text, width) in enumerate(zip(heads, (24, 18, 18, 14, 60), strict=True)):
            sheet.set_column(column, column, width)
            sheet.write(0, column, text, self.formats["head"])
            for row in range(1, OPINION_ROWS + 1):
                sheet.write_blank(row, column, None, self.formats["text"])
        words = [f"{zh} {k}" for k, zh in OPINION_WORDS.items()]
        sheet.data_validation(1, 1, OPINION_ROWS, 1, {"validate": "list", "source": words})
        sheet.set_landscape()
        sheet.fit_to_pages(1, 1)


# -- reading -----------------------------------------------------------------------------------------------------------


def read_form(path: Path) -> FormMap:
    """A filled form as the mapping that describes a project.

    Raises
    ------
    InputError
        It is no such form; a row cannot be told; a year of a column is none. Every problem names its cell.
    """
    tables, problems = read_tables(path, path.name)
    by_sheet = {t.sheet: t for t in tables}
    if SHEET not in by_sheet:
        zh, en = (
            f"没有工作表“{SHEET}”，不是项目申报表",
            f"there is no sheet '{SHEET}': this is not the form for a project",
        )
        repair = "用 ecopark admit --form FILE.xlsx 生成。", "`ecopark admit --form FILE.xlsx` writes one."
        raise InputError([*problems, Problem("not-a-form", Place(path.name), zh, en, *repair)])
    reader = _FormReader(by_sheet[SHEET])
    made = reader.read()
    if OPINIONS in by_sheet:
        found = _read_opinions(by_sheet[OPINIONS])
        if found:
            made["opinions"] = found
    problems += reader.problems
    if any(p.severity == "error" for p in problems):
        raise InputError(problems)
    return made


class _FormReader:
    """Reads the first sheet, and keeps the problems."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.problems: list[Problem] = []
        self.years: dict[int, str] = {}
        self.kinds = energy_kinds()

    def cell(self, row: int, column: int) -> Any:
        cells = self.table.rows[row]
        value = cells[column] if column < len(cells) else ""
        if note := self.table.notes.get((row, column)):
            self.problem(note[0], row, column, note[1], note[2])
            return ""
        return _plain(value)

    def problem(self, code: str, row: int, column: int, zh: str, en: str, *repair: str) -> None:
        self.problems.append(Problem(code, self.table.place(row, column), zh, en, *repair))

    def read(self) -> FormMap:
        top: dict[str, Any] = {}
        cells: dict[str, Place] = {}
        facts: list[FormMap] = []
        keys = {key for key, _, _ in TOP}
        for row in range(len(self.table.rows)):
            key = str(self.cell(row, KEY))
            if key == "header":
                self.header(row)
            elif key in keys:
                cells[key] = self.table.place(row, VALUE)
                if (value := self.cell(row, VALUE)) not in ("", None):
                    top[key] = _top(key, str(value))
            elif key:
                facts += self.figures(row, key)
            elif row > 2 and any(self.cell(row, c) not in ("", None) for c in range(VALUE, SOURCE + 1)):
                zh, en = "此行没有隐藏列 A 的编码，不知填的是什么", "this row has no key in the hidden column A"
                repair = "请填在“其他”各行。", "Use the free rows at the end."
                self.problem("form-row", row, VALUE, zh, en, *repair)
        return FormMap({**top, "facts": facts}, self.table.whole, cells)

    def header(self, row: int) -> None:
        for column in range(FIRST_YEAR, LAST_YEAR + 1):
            text = str(self.cell(row, column)).strip().removesuffix("年")
            if not text:
                continue
            if not (text.isdigit() and 1980 <= int(text) <= 2100):
                self.problem("bad-period", row, column, f"表头“{text}”不是年份", f"the heading '{text}' is no year")
                continue
            self.years[column] = text

    def figures(self, row: int, key: str) -> list[FormMap]:
        """The facts of one row: one of full production, one for each year."""
        given = {c: v for c in range(VALUE, LAST_YEAR + 1) if c != UNIT and (v := self.cell(row, c)) not in ("", None)}
        if not given:
            return []
        quantity, by = self.meaning(row, key)
        if not quantity:
            return []
        found = []
        for column, value in given.items():
            if column != VALUE and column not in self.years:
                self.problem("bad-period", row, column, "本列表头没有年份", "the heading of this column is no year",
                             "请在表头填写年份。", "Type the year into the heading.")  # fmt: skip
                continue
            fact = {"quantity": quantity, "value": value, "unit": str(self.cell(row, UNIT)), "by": by}
            fact |= {"period": self.years.get(column, ""), "source": str(self.cell(row, SOURCE))}
            cells = {"unit": self.table.place(row, UNIT)}
            found.append(FormMap({k: v for k, v in fact.items() if v != ""}, self.table.place(row, column), cells))
        return found

    def meaning(self, row: int, key: str) -> tuple[str, str]:
        """Quantity and breakdown of a row."""
        kind, _, name = key.partition(":")
        if kind == "fact":
            return name, ""
        chosen = str(self.cell(row, ZH)).strip()
        if kind == "energy" and chosen in self.kinds:
            return self.kinds[chosen]
        if kind == "other" and chosen:
            found = _ID.search(chosen)
            return (found.group(1) if found else chosen), ""
        zh, en = f"不知“{chosen}”是哪一项", f"'{chosen}' says not what this row is about"
        self.problem("form-row", row, ZH, zh, en, "请从下拉列表选择。", "Choose it from the list.")
        return "", ""


def _top(key: str, text: str) -> Any:
    if key == "industry_code":
        return text.split()[0]
    if key == "kind":
        return next((k for k, zh in KINDS.items() if text in (k, zh, f"{zh} {k}")), text)
    if key in LISTS:
        return [piece.strip() for piece in re.split(r"[；;、\n]", text) if piece.strip()]
    return text.split()[0] if key in ("parcel", "group") else text.removesuffix("年") if key == "start" else text


def _read_opinions(table: Table) -> list[FormMap]:
    found = []
    names = ("office", "opinion", "by", "date", "note")
    for row in range(1, len(table.rows)):
        cells = [_plain(c) for c in (*table.rows[row], *[""] * len(names))[: len(names)]]
        if not any(c not in ("", None) for c in cells):
            continue
        given = {name: str(cell) for name, cell in zip(names, cells, strict=True)}
        word = given["opinion"]
        given["opinion"] = next((k for k, zh in OPINION_WORDS.items() if word in (k, zh, f"{zh} {k}")), word)
        found.append(FormMap(given, table.place(row, 0), {"opinion": table.place(row, 1)}))
    return found


def _plain(value: Any) -> Any:
    """A cell as text, numbers as exact decimals; empty where there is nothing."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value).strip()
    return decimal_text(exact(value))
