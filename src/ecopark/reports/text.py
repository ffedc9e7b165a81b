"""An assessment as text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from ecopark.core.value import Missing
from ecopark.reports.advice import advice, sensible
from ecopark.reports.content import pack_title
from ecopark.reports.labels import L, say
from ecopark.reports.sections import basis_short, bounds_words, limit_words
from ecopark.reports.verdicts import basis_words, count_words, rests_on, score_words, status_words, verdict_words
from ecopark.reports.words import cell_width, cut, joined, shown, unit_words
from ecopark.standards.explain import item_words
from ecopark.standards.result import Assessment, ClauseResult, Gap

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
    if rests := rests_on(a, lang):
        lines.append(f"  {rests}")
    lines += [f"  {reason[lang]}" for reason in a.verdict_reasons]
    if basis := basis_words(a, lang):
        lines.append(basis)
    if a.pack.warning:
        lines.append(a.pack.warning[lang])
    lines += ["", *_clauses(a, lang)]
    if doubts := _doubts(a, lang):
        lines += ["", *doubts]
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
    status = status_words(c, lang)
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
        if c.status in ("not_met", "partly_met"):
            ways = advice(c, lang)[:MOST_CHANGES]
            name = "" if sensible(c) else f"{c.clause.label[lang]}{'：' if lang == 'zh' else ': '}"
            lines += [f"  {c.clause.tail}  {name}{way}" for way in ways]
    return lines


def _doubts(a: Assessment, lang: str) -> list[str]:
    colon = "：" if lang == "zh" else ": "
    return [f"  {c.clause.tail}  {L['doubtful'][lang]}{colon}{doubt[lang]}" for c in a.clauses for doubt in c.doubts]


def _gaps(gaps: Sequence[Gap], lang: str, most: int) -> list[str]:
    """Missing items by department, those that settle most first; what each is, its id, and who needs it."""
    departments: dict[str, list[Gap]] = {}
    for gap in gaps[:most]:
        departments.setdefault(gap.department[lang] or L["department_none"][lang], []).append(gap)
    rows = []
    for items in departments.values():
        for gap in items:
            tails = joined((c.split("/", 1)[-1] for c in gap.clauses[:8]), lang)
            told = item_words(gap.item, gap.label, lang)
            rows.append([f"    {told}", tails + ("…" if len(gap.clauses) > 8 else "")])
    aligned = iter(columns(rows))
    lines = []
    for department, items in departments.items():
        lines.append(f"  {department}")
        lines += [next(aligned) for _ in items]
    if len(gaps) > most:
        lines.append(f"  {say('rest_of_gaps', lang, n=len(gaps) - most)}")
    return lines


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


__all__ = ["cell_width", "columns", "cut", "summary"]
