"""The whole story of one number, as text."""

from __future__ import annotations

from fractions import Fraction

from ecopark.core.rounding import decimal_text
from ecopark.core.text import Text
from ecopark.core.trace import SHOWN_PARTS, Trace
from ecopark.core.value import Missing, MissingItem, Result
from ecopark.core.words import (
    OPERATORS,
    cell_width,
    cut,
    reference_words,
    requirement,
    terminal_width,
    with_unit,
    wrapped,
)
from ecopark.packs.model import KNOWN_TEXT
from ecopark.standards.result import BASIS_TEXT, STATUS_TEXT, VERIFIED_TEXT, Assessment, ClauseResult, bounds_text
from ecopark.standards.wording import short_formula

PART_TEXT = {"limit": Text("标准值", "limit"), "name": Text("名称", "name"), "formula": Text("公式", "formula")}
DOUBT_TEXT = Text("数据存疑", "figures in doubt")
LONGEST_LINE, LONGEST_STEP = 200, 110


def explain_clause(assessment: Assessment, result: ClauseResult, lang: str = "en", *, width: int | None = None) -> str:
    """Formula, every input with value, unit as given and as converted, place and source, each step, which limit and why.

    Parameters
    ----------
    assessment, result
        An assessment and one of its clauses.
    lang
        ``zh`` or ``en``.
    width
        Columns at which lines are wrapped; default: those of the terminal, if there is one, else steps of the
        calculation are cut at `LONGEST_LINE`.
    """
    zh = lang == "zh"
    columns = terminal_width() if width is None else width
    clause, pack = result.clause, assessment.pack

    def line(zh_name: str, en_name: str, text: str) -> str:
        return (zh_name + "　") + text if zh else f"{en_name:<7} " + text

    lines = [f"{clause.id}  {clause.label[lang]}"]
    lines.append(f"{pack.title[lang]} {pack.number}  {reference_words(clause.reference, lang)}".rstrip())
    lines.append(("园区　" if zh else "subject ") + f"{assessment.subject_name}  {assessment.period}")
    lines.append("")
    value = result.value
    if isinstance(value, Missing):
        reason = value.reason[lang]
        colon = "：" if zh else ": "
        lines.append(line("数值", "value", ("缺项" if zh else "missing") + (f"{colon}{reason}" if reason else "")))
    else:
        mark = ("（直接填报，不可复算）" if zh else " (reported, not recomputable)") if result.reported else ""
        lines.append(line("数值", "value", exact_words(value, clause.unit, lang) + mark))
    if (bounds := bounds_text(result.bounds)) and isinstance(value, Missing):
        lines.append(line("区间", "bounds", with_unit(f"[{bounds[0]}, {bounds[1]}]", clause.unit, lang)))
    require, limit = result.limit.require, result.limit.value
    if require is not None and limit is not None:
        lines.append(line("标准值", "limit", requirement(require.op, limit, clause.unit, lang)))
    elif clause.benchmark is not None:
        told: Result = clause.benchmark == 1 if clause.direction == "flag" else clause.benchmark
        lines.append(line("引领值", "benchmark", exact_words(told, clause.unit, lang)))
    if result.limit.why:
        lines.append(line("适用", "why", result.limit.why[lang]))
    status = STATUS_TEXT[result.status][lang]
    if result.doubts:
        status += f"（{DOUBT_TEXT.zh}）" if zh else f" ({DOUBT_TEXT.en})"
    lines.append(line("结果", "status", status))
    lines += [line("存疑", "doubt", doubt[lang]) for doubt in result.doubts]
    if result.reason and result.status in ("undetermined", "not_applicable", "not_due", "reported"):
        lines.append(line("原因", "because", result.reason[lang]))
    basis = clause.basis
    known = [f"{PART_TEXT[p][lang]} {KNOWN_TEXT[getattr(basis, p)][lang]}" for p in ("limit", "name", "formula")]
    overall = f"{VERIFIED_TEXT[lang]}: {result.verified}" if result.verified else BASIS_TEXT[basis.overall][lang]
    lines.append(line("依据", "basis", f"{overall}；{'，'.join(known)}" if zh else f"{overall}  ({', '.join(known)})"))
    lines += [line("来源", "source", source) for source in clause.sources or pack.sources[:3]]
    lines += [line("说明", "note", note[lang]) for note in (*result.notes, clause.note) if note]
    if result.limit.trace is not None:
        lines += ["", "标准值如何选定" if zh else "how the limit was chosen"]
        lines += trace_lines(result.limit.trace, lang, whole=columns is not None)
    lines += ["", "计算过程" if zh else "how the value was found"]
    lines += trace_lines(result.trace, lang, whole=columns is not None)
    if result.missing:
        lines += ["", "缺项" if zh else "missing"]
        lines += [f"  {item_words(item, _labels(result).get(item.quantity), lang)}" for item in result.missing]
    if result.changes:
        lines += [
            "",
            "怎样可达标（每次只改一项的计算结果，未必可行）" if zh else "what would meet it (one input at a time)",
        ]
        for change in result.changes:
            relative = f" ({float(change.relative) * 100:+.1f} %)" if change.relative is not None else ""
            lines.append(
                f"  {change.label[lang]} {change.quantity}@{change.period}: {decimal_text(change.now, 12)} -> "
                f"{with_unit(decimal_text(change.needed, 12), change.unit, lang)}{relative}"
            )
    if columns is None:
        return "\n".join(lines)
    return "\n".join(row for text in lines for row in (wrapped(text, max(columns, 40)) or [""]))


def _labels(result: ClauseResult) -> dict[str, Text]:
    steps = (*result.trace.walk(), *(result.limit.trace.walk() if result.limit.trace else ()))
    return {step.what.split("[")[0]: step.label for step in steps if step.label}


def item_words(item: MissingItem, label: Text | None, lang: str) -> str:
    """A missing datum: label and year, its id in brackets."""
    if not label:
        return str(item)
    when = (f"（{item.period} 年）" if lang == "zh" else f" ({item.period})") if item.period else ""
    part = f"[{item.by}]" if item.by else ""
    return f"{label[lang]}{when} [{item.quantity}{part}]"


def exact_words(value: Result, unit: str, lang: str) -> str:
    """A value with all its digits and its unit in words: 是, ``0.35 吨标准煤/万元``."""
    if isinstance(value, Missing):
        return (
            (f"缺项（{value.reason.zh}）" if value.reason else "缺项")
            if lang == "zh"
            else f"missing ({value.reason['en']})"
        )
    if isinstance(value, bool):
        return ("是" if value else "否") if lang == "zh" else ("yes" if value else "no")
    return with_unit(decimal_text(value), unit, lang) if isinstance(value, Fraction) else value


# -- the calculation ---------------------------------------------------------------------------------------------------


def trace_text(trace: Trace, lang: str) -> str:
    """A calculation as an indented text, one step a line."""
    return "\n".join(trace_lines(trace, lang, whole=True))


def trace_lines(trace: Trace, lang: str, *, whole: bool = False) -> list[str]:
    """A calculation, one step a line: what it is, its value, and where a figure was typed.

    Parameters
    ----------
    whole
        Long lines are kept; otherwise they are cut at `LONGEST_LINE`.
    """
    lines: list[str] = []
    _step(trace, lang, 0, set(), lines)
    return lines if whole else [cut(line, LONGEST_LINE) for line in lines]


def _step(step: Trace, lang: str, depth: int, seen: set[int], lines: list[str]) -> None:
    zh = lang == "zh"
    line = f"{'  ' * depth}{_name(step, lang)} = {exact_words(step.value, step.unit, lang)}"
    if extra := _origin(step, lang):
        line += "   [" + " | ".join(extra) + "]"
    if id(step) in seen and (step.inputs or step.parts):
        lines.append(line + ("   （见上）" if zh else "   (as above)"))
        return
    seen.add(id(step))
    lines.append(line)
    for below in step.inputs:
        if below.kind != "constant":
            _step(below, lang, depth + 1, seen, lines)
    for below in step.parts[:SHOWN_PARTS]:
        _step(below, lang, depth + 1, seen, lines)
    if (more := len(step.parts) - SHOWN_PARTS) > 0:
        lines.append("  " * (depth + 1) + (f"……另 {more} 家" if zh else f"... and {more} more"))


def _name(step: Trace, lang: str) -> str:
    what = step.what
    if step.kind in ("operation", "function", "condition", "comparison") or " " in what:
        what = short_formula(what)
        for sign in ("<=", ">=", "=="):
            what = what.replace(f" {sign} ", f" {OPERATORS[sign]} ")
    if cell_width(what) > LONGEST_STEP:
        what = cut(what, LONGEST_STEP)
    label = f"{step.label[lang]} " if step.label else ""
    return label + what + (f" @{step.period}" if step.period else "")


def _origin(step: Trace, lang: str) -> list[str]:
    """As typed, where, from which document; a note such as the formula, without its guards."""
    extra = [("填报 " if lang == "zh" else "given ") + step.given] if step.given else []
    if step.place and str(step.place):
        extra.append(str(step.place))
    if step.source:
        extra.append(step.source)
    if step.note:
        head, colon, formula = step.note[lang].partition("：" if lang == "zh" else ": ")
        short = short_formula(formula) if colon else ""
        extra.append(f"{head}{colon}{short}" if colon else head)
    return extra


__all__ = ["exact_words", "explain_clause", "item_words", "trace_lines", "trace_text"]
