"""An assessment as text for a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from fractions import Fraction

from ecopark.core.value import Missing
from ecopark.reports.content import basis_words, count_words, pack_title, score_words, verdict_words
from ecopark.reports.labels import L
from ecopark.reports.sections import basis_short, bounds_words, change_words, limit_words
from ecopark.reports.words import joined, shown, unit_words
from ecopark.standards.result import STATUS_TEXT, Assessment, ClauseResult, Gap

NAME_COLUMNS = 38
MOST_GAPS, MOST_CHANGES = 12, 2


def summary(a: Assessment, lang: str = "en", *, gaps: int = MOST_GAPS) -> str:
    """Verdict, score, every clause in a line, what would meet what fails, and what is missing.

    Parameters
    ----------
    a
        The assessment.
    lang
        ``zh`` or ``en``.
    gaps
        How many missing items to list at most.
    """
    zh = lang == "zh"
    colon = "：" if zh else ": "
    lines = [f"{pack_title(a, lang)}   {a.subject_name or a.subject}   {a.period}"]
    verdict = f"{L['verdict'][lang]}{colon}{verdict_words(a, lang)}"
    lines.append("   ".join(filter(None, (verdict, score_words(a, lang), count_words(a, lang)))))
    lines += [f"  {reason[lang]}" for reason in a.verdict_reasons]
    if basis := basis_words(a, lang):
        lines.append(basis)
    if a.pack.warning:
        lines.append(a.pack.warning[lang])
    lines += ["", *_clauses(a, lang)]
    if changes := _changes(a, lang):
        lines += ["", L["s_change"][lang], *changes]
    if a.gaps:
        lines += ["", L["s_missing"][lang], *_gaps(a.gaps, lang, gaps)]
    if a.findings:
        lines += ["", L["s_quality"][lang], *(f"  {t[lang]}" for t in a.findings)]
    return "\n".join(line.rstrip() for line in lines)


def _clauses(a: Assessment, lang: str) -> list[str]:
    rows = [[L[k][lang] for k in ("clause", "indicator", "value", "unit", "limit", "status", "basis")]]
    rows += [_row(c, lang) for c in a.clauses]
    return columns(rows, right=(2,), widest={1: NAME_COLUMNS, 3: 16})


def _row(c: ClauseResult, lang: str) -> list[str]:
    if isinstance(c.value, Missing):
        bounds = bounds_words(c)
        value = f"[{bounds}]" if bounds else "—"
    else:
        value = shown(c.value, lang, c.limit.value) + ("*" if c.reported else "")
    status = STATUS_TEXT[c.status][lang]
    if not c.counts:
        status += f"（{L['chosen_not'].zh}）" if lang == "zh" else f" ({L['chosen_not'].en})"
    return [
        c.clause.tail,
        c.clause.label[lang],
        value,
        unit_words(c.clause.unit, lang),
        limit_words(c, lang),
        status,
        basis_short(c, lang),
    ]


def _changes(a: Assessment, lang: str) -> list[str]:
    lines = []
    for c in a.clauses:
        if c.status in ("not_met", "partly_met") and c.changes:
            ranked = sorted(c.changes, key=lambda x: abs(x.relative) if x.relative is not None else Fraction(10**9))
            for change in ranked[:MOST_CHANGES]:
                lines.append(f"  {c.clause.tail}  {change_words(change, lang)}")
    return lines


def _gaps(gaps: Sequence[Gap], lang: str, most: int) -> list[str]:
    rows = []
    for gap in gaps[:most]:
        tails = joined((c.split("/", 1)[-1] for c in gap.clauses[:8]), lang) + ("…" if len(gap.clauses) > 8 else "")
        rows.append([f"  {gap.department[lang] or L['department_none'][lang]}", gap.label[lang], str(gap.item), tails])
    lines = columns(rows, widest={1: NAME_COLUMNS})
    if len(gaps) > most:
        lines.append(f"  另有 {len(gaps) - most} 项" if lang == "zh" else f"  and {len(gaps) - most} more")
    return lines


def cell_width(text: str) -> int:
    """Columns a text takes in a terminal: full-width characters take two."""
    return sum(2 if unicodedata.east_asian_width(ch) in "WF" else 1 for ch in text)


def cut(text: str, width: int) -> str:
    """`text` within `width` columns, an ellipsis where something is left out."""
    if cell_width(text) <= width:
        return text
    while text and cell_width(text) > width - 1:
        text = text[:-1]
    return text + "…"


def columns(
    rows: Sequence[Sequence[str]], *, right: Sequence[int] = (), widest: dict[int, int] | None = None
) -> list[str]:
    """Rows as aligned columns.

    Parameters
    ----------
    right
        Columns set flush right.
    widest
        Columns that are cut at a width.
    """
    limits = widest or {}
    table = [[cut(text, limits[at]) if at in limits else text for at, text in enumerate(row)] for row in rows]
    widths = [max(cell_width(row[at]) for row in table) for at in range(len(table[0]))] if table else []
    lines = []
    for row in table:
        cells = []
        for at, text in enumerate(row):
            space = " " * (widths[at] - cell_width(text))
            cells.append(space + text if at in right else text + space)
        lines.append("  ".join(cells).rstrip())
    return lines
