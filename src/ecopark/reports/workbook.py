"""The dossier as a workbook: inputs on one sheet, live formulas beside the program's results on the others.

A reviewer changes an input and sees what follows. Blank inputs give 缺项, never zero; what divides by zero gives 无法计算.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from ecopark.core.period import Period
from ecopark.core.text import Text
from ecopark.core.trace import Trace, value_text
from ecopark.core.value import Missing, Result, not_given
from ecopark.errors import FormulaError
from ecopark.expr.export import constant, trace_to_excel
from ecopark.expr.nodes import Leaf
from ecopark.expr.traced import compare
from ecopark.observations.quantity import catalogue
from ecopark.observations.safe_text import safe_cell
from ecopark.reports.advice import advice
from ecopark.reports.content import Material, pack_title
from ecopark.reports.labels import ACCENT, COLOURS, STATUS_TONE, VERDICT_TONE
from ecopark.reports.sections import basis_short, benchmark_words, formula_of, limit_words
from ecopark.reports.verdicts import basis_words, rests_on, score_words, status_words, verdict_words
from ecopark.reports.words import cell_width, printable, unit_words
from ecopark.standards.result import STATUS_TEXT, Assessment, ClauseResult

_WORDS = {
    "data": Text("数据", "Data"),
    "steps": Text("中间量", "Steps"),
    "overview": Text("总览", "Overview"),
    "missing": Text("缺项", "missing"),
    "undefined": Text("无法计算", "undefined"),
    "same": Text("一致", "same"),
    "differs": Text("不一致", "differs"),
    "changed": Text("输入已改或缺项已补", "input changed"),
    "fixed": Text("未导出公式", "no live formula"),
}
_DATA = (
    ("数据项", "quantity", 34),
    ("编号", "id", 30),
    ("年度", "period", 9),
    ("数值", "value", 18),
    ("单位", "unit", 14),
    ("填报原值", "as given", 20),
    ("出处", "place", 38),
    ("来源", "source", 26),
    ("类别", "kind", 12),
)
_CLAUSE = (
    ("条款", "clause", 9),
    ("指标", "indicator", 36),
    ("年度", "period", 8),
    ("单位", "unit", 14),
    ("公式复算结果", "live result", 16),
    ("程序结果", "program's result", 16),
    ("核对", "check", 12),
    ("比较", "op", 9),
    ("标准值/引领值", "limit or benchmark", 13),
    ("公式复算判定", "live status", 12),
    ("程序判定", "program's status", 14),
    ("依据", "basis", 24),
    ("填报率", "reported", 10),
    ("计算方法", "formula", 50),
    ("说明", "reason", 56),
)
_LEAVES = ("observation", "reported", "factor", "parameter", "missing")
_KINDS = {
    "observation": Text("填报值", "observation"),
    "reported": Text("填报率", "reported rate"),
    "factor": Text("系数", "factor"),
    "parameter": Text("参数", "parameter"),
    "rollup": Text("企业汇总", "rolled up"),
    "missing": Text("缺项", "missing"),
}
LINE_HEIGHT = 15
TOLERANCE = "1E-9"
_ADDRESS = re.compile(r"'([^']+)'!\$([DE])\$(\d+)")


@dataclass
class _Cells:
    """Which figure stands in which cell; equal figures share one."""

    data_sheet: str
    step_sheet: str
    data: dict[tuple[str, str, str], tuple[int, Trace]] = field(default_factory=dict)
    steps: dict[tuple[str, str, str], tuple[int, Trace]] = field(default_factory=dict)
    by_cell: dict[tuple[str, int], Trace] = field(default_factory=dict)

    @staticmethod
    def key(step: Trace) -> tuple[str, str, str]:
        """What makes two steps the same figure."""
        return (step.what, step.period, "" if step.missing else value_text(step.value))

    def at(self, column: str, row: int) -> Trace:
        """The step in a cell."""
        return self.by_cell[column, row]

    def find(self, what: str, period: str) -> str | None:
        """The address of a figure that already has a cell."""
        for sheet, column, table in ((self.data_sheet, "D", self.data), (self.step_sheet, "E", self.steps)):
            for (name, when, _), (row, _step) in table.items():
                if name == what and when in (period, ""):
                    return f"'{sheet}'!${column}${row}"
        return None

    def place(self, step: Trace) -> str | None:
        """The address of a step that has a cell of its own; makes the cell when it is met first."""
        if step.kind in (*_LEAVES, "rollup") and not step.inputs:
            if step.what == "undefined" or (isinstance(step.value, Missing) and not step.value.items):
                return None
            table, sheet, column = self.data, self.data_sheet, "D"
        elif step.kind in ("derived", "indicator", "rollup", "reported", "factor") and step.what:
            table, sheet, column = self.steps, self.step_sheet, "E"
        else:
            return None
        key = self.key(step)
        if key not in table:
            table[key] = (len(table) + 2, step)
            self.by_cell[column, table[key][0]] = step
        return f"'{sheet}'!${column}${table[key][0]}"


def write_workbook(m: Material, path: Path) -> None:
    """Write the workbook of a dossier.

    Parameters
    ----------
    m
        The assessments and facts.
    path
        Where the file goes; its directory exists.
    """
    import xlsxwriter

    book = xlsxwriter.Workbook(
        str(path), {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    try:
        _Writer(book, m).write()
    finally:
        book.close()


class _Writer:
    def __init__(self, book: Any, m: Material) -> None:
        self.book, self.m, self.lang = book, m, m.lang
        self.assessed = m.packs[0][-1]
        self.cells = _Cells(self.word("data"), self.word("steps"))
        self.widths: dict[tuple[str, int], int] = {}
        self.lines: dict[tuple[str, int], int] = {}
        base = {"font_name": "Microsoft YaHei" if m.lang == "zh" else "Calibri", "font_size": 10, "valign": "top"}
        self.plain = book.add_format({**base, "text_wrap": True})
        self.head = book.add_format(
            {**base, "bold": True, "font_color": "white", "bg_color": ACCENT, "text_wrap": True}
        )
        self.number = book.add_format({**base, "num_format": "#,##0.######"})
        self.input = book.add_format(
            {**base, "num_format": "#,##0.######", "bg_color": "#fff9e0", "border": 1, "border_color": "#d9d2b0"}
        )
        self.flag = book.add_format({**base, "bg_color": "#fff9e0", "border": 1, "border_color": "#d9d2b0"})
        self.title = book.add_format({**base, "bold": True, "font_size": 16, "font_color": ACCENT})
        self.bold = book.add_format({**base, "bold": True, "text_wrap": True})
        self.right = book.add_format({**base, "align": "right"})
        self.link = book.add_format({**base, "bold": True, "text_wrap": True, "font_color": ACCENT, "underline": 1})
        self.base = base
        self.tones = {
            tone: book.add_format({**base, "bold": True, "font_color": ink, "bg_color": ground})
            for tone, (ink, ground) in COLOURS.items()
        }
        self.rule = {
            tone: book.add_format({"bold": True, "font_color": ink, "bg_color": ground})
            for tone, (ink, ground) in COLOURS.items()
        }

    def word(self, key: str) -> str:
        return _WORDS[key][self.lang]

    def write(self) -> None:
        overview = self.book.add_worksheet(self.word("overview"))
        sheets = [(self.book.add_worksheet(name), series) for name, series in self._named()]
        data, steps = self.book.add_worksheet(self.word("data")), self.book.add_worksheet(self.word("steps"))
        self._overview(overview, [sheet.get_name() for sheet, _ in sheets])
        for sheet, series in sheets:
            self._pack(sheet, series)
        self._steps(steps)
        self._data(data)
        overview.activate()

    def _named(self) -> Iterable[tuple[str, Sequence[Assessment]]]:
        used = {self.word(k).lower() for k in ("data", "steps", "overview")}
        for series in self.m.packs:
            name = "".join("-" if ch in "[]:*?/\\'" else ch for ch in series[-1].pack.id)[:31]
            at = 2
            while name.lower() in used:
                name = f"{name[:28]}-{at}"
                at += 1
            used.add(name.lower())
            yield name, series

    def text(self, sheet: Any, row: int, column: int, text: str, style: Any = None) -> None:
        """A text cell that no spreadsheet program can run."""
        sheet.write_string(row, column, safe_cell(text)[:32000], style or self.plain)
        width = self.widths.get((sheet.get_name(), column))
        if width and (style is None or style.text_wrap):
            self._grow(sheet, row, sum(max(-(-cell_width(part) // (width - 1)), 1) for part in text.split("\n")))

    def _grow(self, sheet: Any, row: int, lines: int) -> None:
        """Make a row high enough for its wrapped text; not every program does so by itself."""
        key = (sheet.get_name(), row)
        if lines > self.lines.get(key, 1):
            self.lines[key] = lines
            sheet.set_row(row, min(LINE_HEIGHT * lines + 2, 400))

    def _column(self, sheet: Any, column: int, width: int) -> None:
        sheet.set_column(column, column, width)
        self.widths[sheet.get_name(), column] = width

    def _header(self, sheet: Any, columns: Sequence[tuple[str, str, int]]) -> None:
        for at, (zh, en, width) in enumerate(columns):
            self._column(sheet, at, width)
            self.text(sheet, 0, at, zh if self.lang == "zh" else en, self.head)
        sheet.freeze_panes(1, 2)
        self._print(sheet, 0)

    def _print(self, sheet: Any, head: int) -> None:
        """Landscape A4, as wide as the page, the header on every page."""
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0, head)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.set_footer(f"&L{printable(self.m.name).replace('&', '&&')}  {self.m.periods[-1]}&C&A&R&P / &N")

    # -- overview ------------------------------------------------------------------------------------------------------

    def _overview(self, sheet: Any, names: Sequence[str]) -> None:
        m = self.m
        sheet.hide_gridlines(2)
        for at, width in enumerate((46, 18, 18, 18, 76)):
            self._column(sheet, at, width)
        self.text(sheet, 0, 0, f"{m.title} · {m.name}", self.title)
        if m.invented:
            self.text(sheet, 1, 0, m.say("invented"), self.tones["partly"])
        sheet.set_row(0, 24)
        for at, period in enumerate(m.periods[-3:]):
            self.text(sheet, 2, 1 + at, period, self.head)
        self.text(sheet, 2, 0, m.say("packs"), self.head)
        self.text(sheet, 2, 4, m.say("basis"), self.head)
        row = 3
        for name, series in zip(names, m.packs, strict=True):
            by_period = {a.period: a for a in series}
            title = safe_cell(pack_title(series[-1], self.lang))
            sheet.write_url(row, 0, f"internal:'{name}'!A1", self.link, title)
            self._grow(sheet, row, -(-cell_width(title) // 44))
            for at, period in enumerate(m.periods[-3:]):
                if a := by_period.get(period):
                    score = score_words(a, self.lang)
                    text = verdict_words(a, self.lang) + (f"\n{score}" if score else "")
                    style = self.book.add_format({**self._tone(VERDICT_TONE[a.verdict]), "text_wrap": True})
                    self.text(sheet, row, 1 + at, text, style)
            said = [rests_on(series[-1], self.lang), basis_words(series[-1], self.lang)]
            self.text(sheet, row, 4, "\n".join(filter(None, said)))
            row += 1
        guide = (
            (
                f"“{self.word('data')}”表的黄色单元格是全部输入；改动后各表的公式复算结果随之变化。",
                "“公式复算结果”由工作表公式重新计算，“程序结果”是本程序的精确结果，“核对”比较两者。",
                "空白输入显示为“缺项”，不按零处理。条件公式中未用到的分支不导出，遇到时显示“无法计算”。",
            )
            if self.lang == "zh"
            else (
                f"The yellow cells of sheet '{self.word('data')}' are all inputs; the live results follow when they change.",
                "'live result' is recomputed by the worksheet, 'program's result' is ours (exact); 'check' compares the two.",
                "A blank input gives 'missing', never zero. "
                "A branch that was not reached is not exported and gives 'undefined'.",
            )
        )
        quiet = self.book.add_format({**self.base, "font_color": COLOURS["muted"][0], "text_wrap": True})
        for line in guide:
            row += 1
            sheet.merge_range(row, 0, row, 4, "", quiet)
            sheet.write_string(row, 0, line, quiet)
        row += 2
        for key in ("data", "steps"):
            word = self.word(key)
            sheet.write_url(row, 0, f"internal:'{word}'!A1", self.link, word)
            row += 1
        sheet.freeze_panes(3, 1)
        self._print(sheet, 2)

    def _tone(self, tone: str) -> dict[str, Any]:
        ink, ground = COLOURS[tone]
        return {**self.base, "bold": True, "font_color": ink, "bg_color": ground}

    # -- a pack --------------------------------------------------------------------------------------------------------

    def _pack(self, sheet: Any, series: Sequence[Assessment]) -> None:
        self._header(sheet, _CLAUSE)
        row = 1
        for at, c in enumerate(series[-1].clauses):
            for a in reversed(series):
                result = c if a is series[-1] else next((r for r in a.clauses if r.id == c.id), None)
                if result is not None:
                    self._clause(sheet, row, a, result)
                    row += 1
            if at == len(series[-1].clauses) - 1:
                break
        for column in (9, 10):
            self._paint(sheet, 1, column, row - 1)
        sheet.conditional_format(
            1,
            6,
            max(row - 1, 1),
            6,
            {"type": "cell", "criteria": "==", "value": f'"{self.word("differs")}"', "format": self.rule["bad"]},
        )
        sheet.autofilter(0, 0, max(row - 1, 1), len(_CLAUSE) - 1)

    def _paint(self, sheet: Any, first: int, column: int, last: int) -> None:
        for status, tone in STATUS_TONE.items():
            rule = {
                "type": "text",
                "criteria": "begins with",
                "value": STATUS_TEXT[status][self.lang],
                "format": self.rule[tone],
            }
            sheet.conditional_format(first, column, max(last, first), column, rule)

    def _clause(self, sheet: Any, row: int, a: Assessment, c: ClauseResult) -> None:
        lang, line = self.lang, row + 1
        self.text(sheet, row, 0, c.clause.tail, self.bold)
        self.text(sheet, row, 1, c.clause.label[lang])
        self.text(sheet, row, 2, a.period)
        self.text(sheet, row, 3, unit_words(c.clause.unit, lang))
        self.assessed = a
        live = self._live(sheet, row, 4, c.trace, c.value)
        self._value(sheet, row, 5, c.value)
        if live:
            self._check(sheet, row, 6, f"E{line}", f"F{line}", c.value)
        else:
            self.text(sheet, row, 6, self.word("fixed"))
        self._limit(sheet, row, c)
        self._status(sheet, row, c, live)
        self.text(sheet, row, 10, status_words(c, lang))
        self.text(sheet, row, 11, basis_short(c, lang) + (f" {c.verified}" if c.verified else ""))
        self.text(sheet, row, 12, self.m.say("reported_mark") if c.reported else "")
        self.text(sheet, row, 13, formula_of(c, self.m, a))
        short = c.status in ("not_met", "partly_met")
        why = [c.reason[lang], *(doubt[lang] for doubt in c.doubts), *(advice(c, lang) if short else ())]
        self.text(sheet, row, 14, self.m.without_folder("\n".join(filter(None, why))))

    def _value(self, sheet: Any, row: int, column: int, value: Result, style: Any = None) -> None:
        if isinstance(value, Missing):
            self.text(sheet, row, column, self.word("missing" if value.items else "undefined"), style)
        elif isinstance(value, bool):
            sheet.write_boolean(row, column, value, style or self.plain)
        elif isinstance(value, Fraction):
            sheet.write_number(row, column, float(value), style or self.number)
        else:
            self.text(sheet, row, column, value, style)

    def _live(self, sheet: Any, row: int, column: int, trace: Trace, value: Result) -> bool:
        """Write the live formula of a calculation; its value where it cannot be written as one."""
        try:
            text = trace_to_excel(trace, self._below(trace), self._leaf)
        except (FormulaError, RecursionError):
            self._value(sheet, row, column, value)
            return False
        return self._formula(sheet, row, column, value, text)

    def _below(self, root: Trace) -> Callable[[Trace], str | None]:
        """Addresses of everything below `root`; a typed figure has its own cell even as the root."""
        typed = not root.inputs
        return lambda step: self.cells.place(step) if typed or step is not root else None

    def _leaf(self, leaf: Leaf) -> str | None:
        """The cell of a figure that the calculation did not reach, made if it is a plain one."""
        quantity = catalogue().find(leaf.name) if leaf.kind == "name" else None
        year = self.assessed.period[:4]
        if quantity is None or quantity.breakdowns or quantity.formula or not year.isdigit():
            return None
        period = Period(int(year) - leaf.back)
        if found := self.cells.find(quantity.id, str(period)):
            return found
        given = self.m.facts.get(self.assessed.subject, quantity.id, period) if self.m.facts else None
        if given is not None and given.not_applicable:
            return None
        step = Trace("missing", quantity.id, not_given(quantity.id, period), quantity.unit, quantity.label, str(period))
        if given is not None:
            step = Trace(
                "observation",
                quantity.id,
                given.value,
                given.unit,
                quantity.label,
                str(given.period),
                given=given.given,
                place=given.place,
                source=given.source,
            )
        return self.cells.place(step)

    def _formula(self, sheet: Any, row: int, column: int, value: Result, text: str) -> bool:
        guards = self._guards(text, value)
        full = f'=IFERROR({text},"{self.word("undefined")}")'
        if guards:
            full = f'=IF({"+".join(guards)}>0,"{self.word("missing")}",IFERROR({text},"{self.word("undefined")}"))'
        if len(full) > 8100:
            self._value(sheet, row, column, value)
            return False
        style = self.plain if isinstance(value, bool) else self.number
        sheet.write_formula(row, column, full, style, self._cached(value))
        return True

    def _guards(self, text: str, value: Result) -> list[str]:
        """Tests for the figures that the result needs: blank inputs, steps that have no value themselves."""
        found: dict[str, None] = {}
        for sheet, column, row in _ADDRESS.findall(text):
            step = self.cells.at(column, int(row))
            if step.missing and not isinstance(value, Missing):
                continue
            address = f"'{sheet}'!${column}${row}"
            if column == "D":
                found[f"COUNTBLANK({address})"] = None
            elif not isinstance(step.value, str):
                found[f"ISTEXT({address})"] = None
        return list(found)

    def _cached(self, value: Result) -> Any:
        if isinstance(value, Missing):
            return self.word("missing" if value.items else "undefined")
        if isinstance(value, bool):
            return value
        return float(value) if isinstance(value, Fraction) else value

    def _check(self, sheet: Any, row: int, column: int, live: str, ours: str, value: Result) -> None:
        same, differs, changed = (f'"{self.word(k)}"' for k in ("same", "differs", "changed"))
        if isinstance(value, Missing):
            formula = f"=IF(ISTEXT({live}),{same},{changed})"
        elif isinstance(value, Fraction):
            near = f"ABS({live}-{ours})<={TOLERANCE}*MAX(1,ABS({ours}))"
            formula = f"=IF(ISNUMBER({live}),IF({near},{same},{differs}),{differs})"
        else:
            formula = f"=IF({live}={ours},{same},{differs})"
        sheet.write_formula(row, column, formula, self.plain, self.word("same"))

    def _limit(self, sheet: Any, row: int, c: ClauseResult) -> None:
        limit = c.limit
        if limit.require is None or limit.value is None:
            told = benchmark_words(c, self.lang)
            self.text(sheet, row, 7, self.m.say("benchmark") if told else "")
            self.text(sheet, row, 8, told or "—", self.right)
            return
        self.text(
            sheet,
            row,
            7,
            {"<=": "≤", ">=": "≥", "==": "＝".replace("＝", "等于" if self.lang == "zh" else "is"), "!=": "≠"}.get(
                limit.require.op, limit.require.op
            ),
        )
        computed = limit.trace is not None and bool(limit.require.formula) and not isinstance(limit.value, bool | str)
        if not (computed and limit.trace is not None and self._live(sheet, row, 8, limit.trace, limit.value)):
            self._value(sheet, row, 8, limit.value)

    def _status(self, sheet: Any, row: int, c: ClauseResult, live: bool) -> None:
        line, require = row + 1, c.limit.require
        judged = c.status == _compared(c)  # a status that other clauses decide too is no formula
        if not live or require is None or c.limit.value is None or not judged or isinstance(c.limit.value, Missing):
            self.text(sheet, row, 9, STATUS_TEXT[c.status][self.lang])
            return
        met, partly, not_met, unknown = (
            f'"{STATUS_TEXT[s][self.lang]}"' for s in ("met", "partly_met", "not_met", "undetermined")
        )
        value, limit = f"E{line}", f"I{line}"
        if isinstance(c.limit.value, bool | str):
            wrong = not_met
            sign = "=" if require.op == "==" else "<>"
            blank = f"OR({value}={constant(self.word('missing'))},{value}={constant(self.word('undefined'))})"
            text = f"=IF({blank},{unknown},IF({value}{sign}{limit},{met},{wrong}))"
        else:
            wrong = not_met
            if require.partly is not None:
                wrong = f"IF({_compares(require.op, value, constant(require.partly))},{partly},{not_met})"
            blank = f"OR(NOT(ISNUMBER({value})),NOT(ISNUMBER({limit})))"
            text = f"=IF({blank},{unknown},IF({_compares(require.op, value, limit)},{met},{wrong}))"
        sheet.write_formula(row, 9, text, self.plain, STATUS_TEXT[c.status][self.lang])

    # -- steps and data ------------------------------------------------------------------------------------------------

    def _steps(self, sheet: Any) -> None:
        columns = (
            ("中间量", "step", 36),
            ("编号", "id", 30),
            ("年度", "period", 9),
            ("单位", "unit", 14),
            ("公式复算结果", "live result", 18),
            ("程序结果", "program's result", 18),
            ("核对", "check", 12),
            ("说明", "note", 40),
        )
        self._header(sheet, columns)
        done = 0
        while done < len(self.cells.steps):
            row, step = list(self.cells.steps.values())[done]
            done += 1
            at = row - 1
            self.text(sheet, at, 0, step.label[self.lang] or step.what)
            self.text(sheet, at, 1, step.what)
            self.text(sheet, at, 2, step.period)
            self.text(sheet, at, 3, unit_words(step.unit, self.lang))
            if self._step_formula(sheet, at, step):
                self._check(sheet, at, 6, f"E{row}", f"F{row}", step.value)
            else:
                self.text(sheet, at, 6, self.word("fixed"))
            self._value(sheet, at, 5, step.value)
            self.text(sheet, at, 7, " ".join(filter(None, (step.source, step.note[self.lang]))))

    def _step_formula(self, sheet: Any, row: int, step: Trace) -> bool:
        try:
            text = trace_to_excel(step, self._below(step))
        except (FormulaError, RecursionError):
            self._value(sheet, row, 4, step.value)
            return False
        if not step.inputs or text == constant(step.value):
            self._value(sheet, row, 4, step.value)
            return False
        return self._formula(sheet, row, 4, step.value, text)

    def _data(self, sheet: Any) -> None:
        self._header(sheet, _DATA)
        for row, step in self.cells.data.values():
            at = row - 1
            label = step.label[self.lang] if step.label else self.m.labels.get(step.what, Text(step.what))[self.lang]
            self.text(sheet, at, 0, label)
            self.text(sheet, at, 1, step.what)
            self.text(sheet, at, 2, step.period)
            if step.missing:
                sheet.write_blank(at, 3, None, self.input)
            else:
                style = self.flag if isinstance(step.value, bool) else self.input
                self._value(sheet, at, 3, step.value, style)
            self.text(sheet, at, 4, unit_words(step.unit, self.lang))
            self.text(sheet, at, 5, step.given)
            self.text(sheet, at, 6, self.m.place(step.place))
            self.text(sheet, at, 7, " ".join(filter(None, (step.source, step.note[self.lang]))))
            self.text(sheet, at, 8, _KINDS[step.kind][self.lang])
        sheet.autofilter(0, 0, max(len(self.cells.data), 1), len(_DATA) - 1)


def _compared(c: ClauseResult) -> str:
    """The status that value and limit alone give."""
    require, limit = c.limit.require, c.limit.value
    if isinstance(c.value, Missing) or require is None or limit is None or isinstance(limit, Missing):
        return "undetermined"
    if compare(require.op, c.value, limit):
        return "met"
    partly = require.partly is not None and compare(require.op, c.value, require.partly)
    return "partly_met" if partly else "not_met"


def _compares(op: str, value: str, limit: str) -> str:
    """A comparison of numbers that a worksheet's binary arithmetic does not upset on the boundary itself."""
    rest = f"ROUND({value}-{limit},12)"
    return f"{rest}{'=' if op == '==' else '<>' if op == '!=' else op}0"


__all__ = ["limit_words", "write_workbook"]
