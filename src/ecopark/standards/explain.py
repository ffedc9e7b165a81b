"""The whole story of one number, as text."""

from __future__ import annotations

from ecopark.core.rounding import decimal_text
from ecopark.core.text import Text
from ecopark.core.value import Missing
from ecopark.standards.result import BASIS_TEXT, STATUS_TEXT, VERIFIED_TEXT, Assessment, ClauseResult, bounds_text

PART_TEXT = {"limit": Text("限值", "limit"), "name": Text("名称", "name"), "formula": Text("公式", "formula")}


def explain_clause(assessment: Assessment, result: ClauseResult, lang: str = "en") -> str:
    """Formula, every input with value, unit as given and as converted, place and source, each step, which limit and why.

    Parameters
    ----------
    assessment, result
        An assessment and one of its clauses.
    lang
        ``zh`` or ``en``.
    """
    zh = lang == "zh"
    clause, pack = result.clause, assessment.pack
    lines = [f"{clause.id}  {clause.label[lang]}"]
    lines.append(f"{pack.title[lang]} {pack.number}  {clause.reference}".rstrip())
    lines.append(("园区 " if zh else "subject ") + f"{assessment.subject_name}  {assessment.period}")
    lines.append("")
    unit = f" {clause.unit}" if clause.unit not in ("", "1") else ""
    shown = result.value_text
    if shown is None:
        reason = result.value.reason[lang] if isinstance(result.value, Missing) else ""
        lines.append(("数值 " if zh else "value   ") + ("缺" if zh else "missing") + (f": {reason}" if reason else ""))
    else:
        mark = ("（直接填报，无法重算）" if zh else " (reported, not recomputable)") if result.reported else ""
        lines.append(("数值 " if zh else "value   ") + f"{shown}{unit}{mark}")
    if (bounds := bounds_text(result.bounds)) and shown is None:
        lines.append(("范围 " if zh else "bounds  ") + f"[{bounds[0]}, {bounds[1]}]{unit}")
    if text := result.limit.text():
        lines.append(("限值 " if zh else "limit   ") + text + unit)
    elif clause.benchmark is not None:
        lines.append(("引领值 " if zh else "benchmark ") + decimal_text(clause.benchmark) + unit)
    if result.limit.why:
        lines.append(("理由 " if zh else "why     ") + result.limit.why[lang])
    lines.append(("判定 " if zh else "status  ") + STATUS_TEXT[result.status][lang])
    if result.reason and result.status in ("undetermined", "not_applicable", "not_due", "reported"):
        lines.append(("原因 " if zh else "because ") + result.reason[lang])
    basis = clause.basis
    parts = ", ".join(f"{PART_TEXT[p][lang]} {getattr(basis, p)}" for p in ("limit", "name", "formula"))
    known = f"{VERIFIED_TEXT[lang]}: {result.verified}" if result.verified else BASIS_TEXT[basis.overall][lang]
    lines.append(("依据 " if zh else "basis   ") + f"{known}  ({parts})")
    for source in clause.sources or pack.sources[:3]:
        lines.append(("来源 " if zh else "source  ") + source)
    for note in (*result.notes, clause.note):
        if note:
            lines.append(("说明 " if zh else "note    ") + note[lang])
    if result.limit.trace is not None:
        lines += ["", "限值如何选定" if zh else "how the limit was chosen", result.limit.trace.to_text(lang)]
    lines += ["", "计算过程" if zh else "how the value was found", result.trace.to_text(lang)]
    if result.missing:
        lines += ["", "缺项" if zh else "missing"] + [f"  {item}" for item in result.missing]
    if result.changes:
        lines += ["", "怎样可达标（每次只改一项）" if zh else "what would meet it (one input at a time)"]
        for change in result.changes:
            relative = f" ({float(change.relative) * 100:+.1f} %)" if change.relative is not None else ""
            lines.append(
                f"  {change.label[lang]} {change.quantity}@{change.period}: {decimal_text(change.now, 12)} -> "
                f"{decimal_text(change.needed, 12)} {change.unit}{relative}"
            )
    return "\n".join(lines)
