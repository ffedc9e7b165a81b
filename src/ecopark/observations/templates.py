"""Excel templates to type figures into: one sheet per theme, one row per figure, one column per year.

What is written here is what `layout` reads back; empty cells are *none given*.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecopark.core.rounding import decimal_text
from ecopark.core.text import Text
from ecopark.observations.quantity import Catalogue, Code, Quantity, Theme, catalogue
from ecopark.observations.safe_text import safe_cell

BLANK_ROWS = 8
"""Rows left free for each quantity that is split by an open list (fuels, products)."""

HEADER_ROW = 2
ID, ZH, EN, UNIT, DEFINITION, DEPARTMENT, BY, FIRST_YEAR = range(8)
TITLES = ("数据项 quantity", "中文 zh", "英文 English", "单位 unit", "定义 definition", "部门 department", "分项 by")
LAST_TITLES = ("不随年份变化 always", "来源 source", "备注 note")
WIDTHS = (22, 26, 28, 13, 40, 16, 24)
A3 = 8
"""Paper of the sheets: they are too wide for A4."""

INSTRUCTIONS = (
    ("每张表是一个主题，每行一个数据项，每年一列。只填白色单元格。",
     "Each sheet is a theme, each row a quantity, each column a year. Fill in the white cells only."),
    ("没有数据请留空（或填 / 、-、无），不要填 0；0 表示确实为零。",
     "Leave empty what you do not have (or type / - 无). Never type 0 for it: 0 means that it is zero."),
    ("计数类（企业数、事故次数等）确为零请填 0；填“无”按未填处理。",
     "Where things are counted (firms, accidents), type 0 if there are none; 无 is read as: no figure given."),
    ("不适用请填 n/a，并在备注中说明原因。", "Type n/a for what does not apply, and say why in the note."),
    ("数值可写 1,234.5、12%、3.2万；单位可改为能换算的单位（如 万吨、亿元、亩）。",
     "Numbers may be typed as 1,234.5, 12% or 3.2万; the unit may be changed to any that converts to it."),
    ("可比价数据须注明基年：单位写作 10k CNY@2020。", "Amounts at constant prices carry their base year: unit 10k CNY@2020."),
    ("是/否类填 是 或 否。分项栏的编码见“编码 Codes”表；封闭清单每个编码都要填，没有的填 0。",
     "Flags: 是 or 否 (yes / no). Codes stand on the sheet 'Codes'; a closed list needs every code, zeros typed."),
    ("不随年份变化的（如地区）填在“不随年份变化”一列。",
     "What does not change (a region) goes into the column 'always'."),
    ("来源栏写明报表或文件名称，便于溯源；可以插入行，请勿改动第一列编码。",
     "Name the report or document in 'source'. Rows may be inserted; do not change the ids in the first column."),
)  # fmt: skip
THEN_HERE = (
    "填好后运行 ecopark check，可列出每个问题所在的单元格；基年也可写在 park.toml 的 base_year。",
    "Then run `ecopark check`: it lists every problem with its cell. base_year of park.toml may say the base year, too.",
)
THEN_BACK = (
    "填好后在网站“数据 › 导入”上传：先看预览，每个问题都列出所在单元格，确认后才保存。",
    "Then bring it to the site, Data > Import: the preview lists every problem with its cell; you agree before it is stored.",
)
"""What to do with it: in a park folder, or on the site it came from."""


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """One row of a template.

    Parameters
    ----------
    quantity
        The quantity that is asked for.
    by
        Breakdown already filled in; empty for a plain quantity or a row of an open list.
    code
        The code behind `by`.
    open_list
        The person chooses the code.
    """

    quantity: Quantity
    by: str = ""
    code: Code | None = None
    open_list: bool = False


def template_rows(quantity: Quantity, known: Catalogue) -> Iterator[TemplateRow]:
    """The rows one quantity takes: one, one per code of a closed list, or some free ones for an open list."""
    lists = [known.breakdowns[list_id] for list_id in quantity.breakdowns]
    if not lists:
        yield TemplateRow(quantity)
    elif len(lists) == 1 and lists[0].closed:
        for code in lists[0].codes:
            yield TemplateRow(quantity, f"{lists[0].dimension}={code.id}", code)
    else:
        for _ in range(BLANK_ROWS):
            yield TemplateRow(quantity, open_list=True)


def write_template(
    path: str | Path,
    quantities: Iterable[str] | None = None,
    years: Sequence[int] = (),
    *,
    lang: str = "zh",
    base_year: int | None = None,
    departments: Mapping[str, str] | None = None,
    title: str = "",
    packs: Sequence[str] = (),
    mark: str = "",
    known: Catalogue | None = None,
) -> int:
    """Write one workbook of templates.

    Parameters
    ----------
    path
        The xlsx file.
    quantities
        Ids or aliases; all park quantities that are typed (not derived) if None.
    years
        One column each, in this order.
    lang
        Language of definitions, departments and drop-downs; labels stand there in both.
    base_year
        Written behind the unit of constant-price quantities.
    departments
        Department names by quantity id or department key that replace the usual ones.
    title
        Name of the park, shown above each sheet.
    packs
        Titles of the standards the template was cut for; empty if it asks for everything.
    mark
        Kept among the workbook's properties, by which it is known when it comes back to the site it is from.

    Returns
    -------
    rows
        Number of rows to be filled in.
    """
    import xlsxwriter

    known = known or catalogue()
    wanted = _wanted(quantities, known)
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    if mark:
        book.set_properties({"keywords": mark})
    try:
        sheets = _Sheets(book, known, years, lang, base_year, departments or {}, title)
        sheets.instructions(packs, then=THEN_BACK if mark else THEN_HERE)
        for theme in known.themes.values():
            chosen = [q for q in wanted if q.theme == theme.id]
            if chosen:
                sheets.theme(theme, chosen)
        sheets.codes(wanted)
        sheets.hidden_lists()
    finally:
        book.close()
    return sheets.rows


def _wanted(quantities: Iterable[str] | None, known: Catalogue) -> list[Quantity]:
    if quantities is None:
        return [q for q in known.quantities.values() if not q.derived and q.level == "park"]
    found = dict.fromkeys(known[name].id for name in quantities)
    return [known.quantities[name] for name in found]


class _Sheets:
    """Writes the sheets of one workbook with one set of formats."""

    def __init__(
        self,
        book: Any,
        known: Catalogue,
        years: Sequence[int],
        lang: str,
        base_year: int | None,
        departments: Mapping[str, str],
        title: str,
    ) -> None:
        self.book, self.known, self.years, self.lang = book, known, list(years), lang
        self.base_year, self.departments, self.title = base_year, departments, title
        self.rows = 0
        base = {
            "font_name": "Microsoft YaHei",
            "font_size": 10,
            "valign": "vcenter",
            "border": 1,
            "border_color": "#D0D5DD",
        }
        self.head = book.add_format(
            base | {"bold": True, "bg_color": "#1F4E5F", "font_color": "#FFFFFF", "text_wrap": True, "align": "center"}
        )
        self.fixed = book.add_format(base | {"bg_color": "#F2F4F7", "font_color": "#344054", "text_wrap": True})
        self.code = book.add_format(base | {"bg_color": "#F2F4F7", "font_color": "#98A2B3", "font_size": 8})
        self.input = book.add_format(base | {"locked": False, "num_format": "#,##0.########", "align": "right"})
        self.plain = book.add_format(base | {"locked": False, "text_wrap": True})
        self.off = book.add_format(base | {"bg_color": "#EAECF0"})
        self.big = book.add_format(
            {"font_name": "Microsoft YaHei", "font_size": 14, "bold": True, "font_color": "#1F4E5F"}
        )
        self.text = book.add_format(
            {"font_name": "Microsoft YaHei", "font_size": 10, "text_wrap": True, "valign": "top"}
        )
        self.hint = book.add_format({"font_name": "Microsoft YaHei", "font_size": 9, "font_color": "#667085"})
        self.lists: dict[str, list[str]] = {}
        self.taken: set[str] = set()

    def name(self, label: Text) -> str:
        """A sheet name no other sheet has, without the characters worksheets forbid."""
        plain = "".join(" " if letter in "[]:*?/\\'" else letter for letter in label[self.lang])[:28].strip() or "sheet"
        name, number = plain, 2
        while name.lower() in self.taken:
            name, number = f"{plain} {number}", number + 1
        self.taken.add(name.lower())
        return name

    def instructions(self, packs: Sequence[str], *, then: tuple[str, str]) -> None:
        """The first sheet: how to fill in the others, what to do with them, and what they were cut for."""
        lines = (*INSTRUCTIONS, then)
        sheet = self.book.add_worksheet("说明 Instructions")
        self.taken.add("说明 instructions")
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_column(0, 0, 4)
        sheet.set_column(1, 2, 62)
        sheet.write_string(0, 1, safe_cell(f"{self.title} 数据填报 · Data entry".strip()), self.big)
        for index, (zh, en) in enumerate(lines, start=1):
            sheet.write_number(index + 1, 0, index, self.text)
            sheet.write_string(index + 1, 1, zh, self.text)
            sheet.write_string(index + 1, 2, en, self.text)
            sheet.set_row(index + 1, 34)
        last = len(lines) + 1
        if packs:
            zh, en = cut_for(packs)
            sheet.write_string(last + 2, 1, safe_cell(zh), self.text)
            sheet.write_string(last + 2, 2, safe_cell(en), self.text)
            last += 2
            sheet.set_row(last, 16 * (2 + len(packs)))
        sheet.print_area(0, 0, last, 2)

    def theme(self, theme: Theme, quantities: list[Quantity]) -> None:
        """One sheet to type into."""
        sheet = self.book.add_worksheet(self.name(theme.label))
        years = len(self.years)
        always, source, note = (FIRST_YEAR + years + i for i in range(3))
        for column, width in enumerate(WIDTHS):
            sheet.set_column(column, column, width)
        sheet.set_column(FIRST_YEAR, max(FIRST_YEAR, always - 1), 14)
        sheet.set_column(always, always, 16)
        sheet.set_column(source, note, 28)
        sheet.write_string(0, 0, safe_cell(f"{self.title} {theme.label['zh']} · {theme.label['en']}".strip()), self.big)
        hint = (
            "只填白色单元格；没有的留空，不适用填 n/a 并写备注。 Fill in white cells; leave empty what you do not have."
        )
        sheet.write_string(1, 0, hint, self.hint)
        sheet.set_row(HEADER_ROW, 32)
        for column, title in enumerate((*TITLES, *self.years, *LAST_TITLES)):
            sheet.write(HEADER_ROW, column, title, self.head)
        sheet.freeze_panes(HEADER_ROW + 1, ZH + 1)
        sheet.set_landscape()
        sheet.set_paper(A3)
        sheet.set_margins(left=0.3, right=0.3, top=0.4, bottom=0.5)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0, HEADER_ROW)
        sheet.set_footer("&L&A&R&P / &N")
        row = HEADER_ROW + 1
        for quantity in quantities:
            for entry in template_rows(quantity, self.known):
                self._row(sheet, row, entry, always, source, note)
                row += 1
        self.rows += row - HEADER_ROW - 1
        sheet.print_area(0, 0, row - 1, note)
        if row > HEADER_ROW + 1:
            sheet.autofilter(HEADER_ROW, 0, row - 1, note)

    def _row(self, sheet: Any, row: int, entry: TemplateRow, always: int, source: int, note: int) -> None:
        quantity = entry.quantity
        zh, en = quantity.label["zh"], quantity.label["en"]
        if entry.code is not None:
            zh, en = f"{zh}（{entry.code.label['zh']}）", f"{en} ({entry.code.label['en']})"
        definition = quantity.definition[self.lang] or quantity.label[self.lang]
        cells = (quantity.id, zh, en, self._unit(entry), definition, self._department(quantity))
        for column, text in enumerate(cells):
            sheet.write_string(row, column, text, self.code if column == ID else self.fixed)
        if entry.open_list:
            sheet.write_blank(row, BY, None, self.plain)
            self._choice(sheet, row, BY, BY, self._codes_of(quantity), f"{quantity.id}.by")
        else:
            sheet.write_string(row, BY, entry.by, self.code)
        timeless = bool(quantity.codes) or quantity.kind == "attribute"
        for column in range(FIRST_YEAR, always):
            sheet.write_blank(row, column, None, self.off if timeless else self.input)
        sheet.write_blank(row, always, None, self.input if timeless else self.off)
        sheet.write_blank(row, source, None, self.plain)
        sheet.write_blank(row, note, None, self.plain)
        first, last = (always, always) if timeless else (FIRST_YEAR, always - 1)
        if last < first:
            return
        if quantity.kind == "flag":
            self._choice(sheet, row, first, last, ["是", "否"] if self.lang == "zh" else ["yes", "no"], "flag")
        elif quantity.codes:
            self._choice(sheet, row, first, last, [c.label[self.lang] for c in quantity.codes], quantity.id)
        else:
            self._range(sheet, row, first, last, quantity)

    def _unit(self, entry: TemplateRow) -> str:
        quantity = entry.quantity
        if not quantity.is_number:
            return ""
        if "by code" in quantity.unit:
            return quantity.unit.replace("by code", entry.code.unit) if entry.code else "by code"
        if quantity.constant_price and self.base_year:
            return f"{quantity.unit}@{self.base_year}"
        return quantity.unit

    def _department(self, quantity: Quantity) -> str:
        own = self.departments.get(quantity.id) or self.departments.get(quantity.department)
        if own:
            return safe_cell(own)
        label = self.known.departments.get(quantity.department)
        return label[self.lang] if label else quantity.department

    def _codes_of(self, quantity: Quantity) -> list[str]:
        """What the drop-down of an open list offers: the codes of its first list."""
        breakdown = self.known.breakdowns[quantity.breakdowns[0]]
        return [f"{breakdown.dimension}={code.id}" for code in breakdown.codes]

    def _choice(self, sheet: Any, row: int, first: int, last: int, options: list[str], name: str) -> None:
        """A drop-down; something else may still be typed (n/a) after a warning."""
        if not options:
            return
        source: Any = options
        if len(",".join(options)) > 250 or any("," in option for option in options):
            key = next((k for k, v in self.lists.items() if v == options), name)
            self.lists[key] = options
            column = list(self.lists).index(key)
            source = f"=_lists!{_absolute(0, column)}:{_absolute(len(options) - 1, column)}"
        sheet.data_validation(
            row,
            first,
            row,
            last,
            {
                "validate": "list",
                "source": source,
                "error_type": "warning",
                "error_title": "请选择 / Choose",
                "error_message": "不在选项中；不适用可填 n/a。 Not one of the options; n/a may be typed.",
            },
        )

    def _range(self, sheet: Any, row: int, first: int, last: int, quantity: Quantity) -> None:
        """A word, never a refusal, outside the plausible range; text such as ``3.2万`` and ``12%`` passes."""
        low, high = quantity.low, quantity.high
        if "by code" in quantity.unit or (low is None and high is None):
            return
        cell = _absolute(row, first).replace("$", "")
        bounds = [
            f"{cell}{sign}{decimal_text(bound)}" for sign, bound in ((">=", low), ("<=", high)) if bound is not None
        ]
        shown = (
            f"{'' if low is None else decimal_text(low)} … {'' if high is None else decimal_text(high)} {quantity.unit}"
        )
        rule = {
            "validate": "custom",
            "value": f"=OR(ISTEXT({cell}),AND({','.join(bounds)}))",
            "ignore_blank": True,
            "error_type": "information",
            "error_title": "请核对 / Please check",
            "error_message": f"合理范围 plausible: {shown}。确认无误可继续。 Go on if it is right."[:255],
        }
        sheet.data_validation(row, first, row, last, rule)

    def codes(self, quantities: list[Quantity]) -> None:
        """The sheet that explains the codes of the column *by*."""
        lists = dict.fromkeys(list_id for q in quantities for list_id in q.breakdowns)
        if not lists:
            return
        sheet = self.book.add_worksheet("编码 Codes")
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 2, 34)
        sheet.set_column(3, 3, 12)
        for column, title in enumerate(("写法 write", "名称 name zh", "name en", "单位 unit")):
            sheet.write_string(0, column, title, self.head)
        row = 1
        for list_id in lists:
            breakdown = self.known.breakdowns[list_id]
            for code in breakdown.codes:
                cells = (f"{breakdown.dimension}={code.id}", code.label["zh"], code.label["en"], code.unit)
                for column, text in enumerate(cells):
                    sheet.write_string(row, column, text, self.fixed)
                row += 1
        sheet.freeze_panes(1, 0)

    def hidden_lists(self) -> None:
        """Long drop-downs live on a hidden sheet."""
        if not self.lists:
            return
        sheet = self.book.add_worksheet("_lists")
        for column, options in enumerate(self.lists.values()):
            for row, option in enumerate(options):
                sheet.write_string(row, column, option)
        sheet.hide()


def cut_for(packs: Sequence[str]) -> tuple[str, str]:
    """What a template says of the standards it was cut for, in both languages."""
    return (
        f"本模板只含下列标准所需的数据项：{'；'.join(packs)}。评价其他标准可能还需要别的数据。",
        f"Cut for: {'; '.join(packs)}. Other standards may need further quantities.",
    )


def _absolute(row: int, column: int) -> str:
    from ecopark.observations.readers.table import letters

    return f"${letters(column)}${row + 1}"
