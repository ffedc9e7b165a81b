"""Charts as SVG text: they need no script, print as they are, and never speak by colour alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from html import escape
from typing import TYPE_CHECKING

from ecopark.reports.labels import COLOURS, STATUS_TONE, VERDICT_TONE
from ecopark.reports.verdicts import basis_line, verdict_words
from ecopark.reports.words import joined, number, printable, unit_words
from ecopark.standards.result import STATUS_TEXT, Assessment, ClauseResult

if TYPE_CHECKING:
    from ecopark.reports.content import Material

FONT = "'Noto Sans SC','PingFang SC','Microsoft YaHei','Source Han Sans SC','WenQuanYi Micro Hei',sans-serif"
INK, FAINT, RULE, LINE = "#1d2227", "#5b6168", "#d5d9dc", "#2d6a8a"
COLUMNS, ROWS = 3, 4
WIDTH = 720


@dataclass(frozen=True, slots=True)
class Chart:
    """An SVG and the same in words."""

    svg: str
    alt: str


def _svg(width: float, height: float, body: Sequence[str], label: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" '
        f'role="img" aria-label="{escape(printable(label), quote=True)}" font-family="{FONT}" font-size="11">'
        + "".join(body)
        + "</svg>"
    )


def _text(
    x: float, y: float, text: str, *, size: float = 11, fill: str = INK, anchor: str = "start", weight: str = ""
) -> str:
    bold = f' font-weight="{weight}"' if weight else ""
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} font-size="{size:g}" fill="{fill}"{bold}>{escape(printable(text))}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, stroke: str, width: float = 1, dash: str = "") -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{stroke}" stroke-width="{width:g}"{dashed}/>'


def display_width(text: str) -> float:
    """Width of a text in em: full-width characters count 1, others 0.55."""
    return sum(1.0 if ord(ch) > 0x2E7F else 0.55 for ch in text)


def wrap(text: str, ems: float, lines: int = 2) -> list[str]:
    """`text` cut into at most `lines` lines of `ems`; the last ends in an ellipsis if something is left out."""
    rows: list[str] = [""]
    words = text.split(" ") if all(ord(ch) < 0x2E80 for ch in text) else list(text)
    glue = " " if len(words) > 1 and all(ord(ch) < 0x2E80 for ch in text) else ""
    for word in words:
        trial = rows[-1] + (glue if rows[-1] else "") + word
        if display_width(trial) <= ems or not rows[-1]:
            rows[-1] = trial
        else:
            rows.append(word)
    if len(rows) > lines:
        rows = rows[:lines]
        last = rows[-1]
        while last and display_width(last) > ems - 1:
            last = last[:-1]
        rows[-1] = last.rstrip() + "…"
    return rows


# -- small multiples ---------------------------------------------------------------------------------------------------


def small_multiples(m: Material, series: Sequence[Assessment]) -> list[Chart]:
    """Value against limit over the years, one small chart per indicator that has numbers; several pages if need be."""
    years = [int(p[:4]) for p in m.periods if p[:4].isdigit()]
    if not years:
        return []
    plots = [(c, points) for c, points, known in _points(series) if known > 1]
    pages = []
    size = COLUMNS * ROWS
    for start in range(0, len(plots), size):
        part = plots[start : start + size]
        pages.append(_page(m, part))
    return pages


def single_points(series: Sequence[Assessment]) -> list[ClauseResult]:
    """Indicators that have a number in one year only: a chart would show nothing."""
    return [c for c, _, known in _points(series) if known == 1]


def _points(series: Sequence[Assessment]) -> list[tuple[ClauseResult, dict[str, ClauseResult | None], int]]:
    """Per indicator with numbers its results by period, and in how many periods it has one."""
    found = []
    for c in series[-1].clauses:
        points = {a.period: next((r for r in a.clauses if r.id == c.id), None) for a in series}
        known = sum(r is not None and _number(r.value) is not None for r in points.values())
        if known and c.clause.unit and not isinstance(c.limit.value, bool):
            found.append((c, points, known))
    return found


def _number(value: object) -> Fraction | None:
    return value if isinstance(value, Fraction) else None


def _page(m: Material, plots: Sequence[tuple[ClauseResult, dict[str, ClauseResult | None]]]) -> Chart:
    cell_w, cell_h = WIDTH / COLUMNS, 168
    rows = -(-len(plots) // COLUMNS)
    body, words = [], []
    for at, (clause, points) in enumerate(plots):
        x, y = (at % COLUMNS) * cell_w, (at // COLUMNS) * cell_h
        body += _plot(m, clause, points, x, y, cell_w - 14, cell_h - 14)
        values = joined(
            (f"{p} {number(r.value, 4)}" for p, r in points.items() if r and isinstance(r.value, Fraction)), m.lang
        )
        words.append(f"{clause.clause.label[m.lang]}: {values}")
    alt = "; ".join(words)
    return Chart(_svg(WIDTH, rows * cell_h, body, alt), alt)


def _plot(
    m: Material, now: ClauseResult, points: dict[str, ClauseResult | None], x: float, y: float, w: float, h: float
) -> list[str]:
    first, last = int(m.periods[0][:4]), int(m.periods[-1][:4])
    years = list(range(first, last + 1))
    title = wrap(f"{now.clause.tail} {now.clause.label[m.lang]}", (w - 6) / 11.5, 2)
    out = [_text(x + 2, y + 13 + 13 * n, row, size=11, weight="bold") for n, row in enumerate(title)]
    unit = unit_words(now.clause.unit, m.lang)
    left, top, right, bottom = x + 14, y + 54, x + w - 16, y + h - 18
    out.append(_text(x + 2, y + 13 + 13 * len(title), unit, size=9, fill=FAINT))
    values = [r.value for r in points.values() if r and isinstance(r.value, Fraction)]
    limits = [r.limit.value for r in points.values() if r and isinstance(r.limit.value, Fraction)]
    low, high = float(min(values + limits)), float(max(values + limits))
    spread = (high - low) or abs(high) or 1.0
    low, high = low - spread * 0.12, high + spread * 0.2

    def px(year: float) -> float:
        return left + (right - left) * (0.5 if len(years) == 1 else (year - first) / (last - first))

    def py(value: Fraction) -> float:
        return bottom - (bottom - top) * (float(value) - low) / (high - low)

    out.append(_line(x + 2, bottom + 4, x + w - 2, bottom + 4, RULE))
    for year in years:
        out.append(_text(px(year), bottom + 16, str(year), size=9, fill=FAINT, anchor="middle"))
    for year, _ in m.breaks:
        if first < year <= last:
            at = px(year - 0.5)
            out.append(_line(at, top - 8, at, bottom + 4, FAINT, 1, "1 3"))
    half = (right - left) / (2 * max(len(years) - 1, 1))
    steps = [(int(p[:4]), r.limit.value) for p, r in points.items() if r and isinstance(r.limit.value, Fraction)]
    for at, (year, limit) in enumerate(steps):
        if at and steps[at - 1] == (year - 1, limit):
            continue
        end = year
        while (end + 1, limit) in steps:
            end += 1
        ends = max(px(year) - half, x + 2), min(px(end) + half, x + w - 2)
        out.append(_line(ends[0], py(limit), ends[1], py(limit), "#a12b23", 1.3, "5 3"))
    before: tuple[int, float, float] | None = None
    for period, r in points.items():
        if r is None or not isinstance(r.value, Fraction) or not period[:4].isdigit():
            continue
        year = int(period[:4])
        at, level = px(year), py(r.value)
        if before and before[0] == year - 1 and not any(before[0] < y <= year for y, _ in m.breaks):
            out.append(_line(before[1], before[2], at, level, LINE, 1.6))
        before = (year, at, level)
    for period, r in points.items():
        if r and isinstance(r.value, Fraction) and period[:4].isdigit():
            out += _mark(r, px(int(period[:4])), py(r.value))
            anchor = "middle" if first < int(period[:4]) < last else "start" if int(period[:4]) == first else "end"
            shift = {"start": -5.0, "end": 5.0}.get(anchor, 0.0) if first != last else 0.0
            out.append(
                _text(
                    px(int(period[:4])) + shift,
                    py(r.value) - 7,
                    number(r.value, 4),
                    size=9.5,
                    anchor=anchor if first != last else "middle",
                )
            )
    for year in years:
        r = points.get(str(year))
        if r is None or not isinstance(r.value, Fraction):
            out.append(_text(px(year), bottom - 2, "—", size=10, fill=FAINT, anchor="middle"))
    return out


def _mark(r: ClauseResult, x: float, y: float) -> list[str]:
    """Met: a filled circle. Not met: a cross in a square. Anything else: a hollow circle."""
    ink = COLOURS[STATUS_TONE[r.status]][0]
    if r.status == "met":
        return [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.6" fill="{ink}"/>']
    if r.status in ("not_met", "partly_met"):
        fill = ink if r.status == "not_met" else "#ffffff"
        return [
            f'<rect x="{x - 3.6:.1f}" y="{y - 3.6:.1f}" width="7.2" height="7.2" '
            f'fill="{fill}" stroke="{ink}" stroke-width="1.4"/>'
        ]
    return [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.4" fill="#ffffff" stroke="{ink}" stroke-width="1.5"/>']


def legend(lang: str) -> str:
    """What the marks mean."""
    words = [f"{sign} {STATUS_TEXT[s][lang]}" for sign, s in (("●", "met"), ("■", "not_met"), ("○", "undetermined"))]
    return joined(words, lang)


# -- score by group ----------------------------------------------------------------------------------------------------


def score_bars(a: Assessment, lang: str) -> str:
    """One bar per part of the score, with its bounds while something is missing."""
    ends = [v for p in a.score_parts for v in (p.value, *p.bounds) if v is not None]
    top = float(max([*ends, Fraction(1, 10**6)]))
    left, right, step = 210.0, WIDTH - 90.0, 30.0
    out = []
    for at, part in enumerate(a.score_parts):
        y = 10 + at * step
        name = wrap(part.label[lang] or part.id, 16.5, 1)[0]
        out.append(_text(left - 10, y + 14, name, anchor="end"))
        out.append(f'<rect x="{left}" y="{y + 3:.1f}" width="{right - left:.1f}" height="15" fill="#f1f3f4"/>')

        def px(value: Fraction) -> float:
            return left + (right - left) * max(float(value), 0.0) / top

        low, high = part.bounds
        if part.value is not None:
            out.append(
                f'<rect x="{left}" y="{y + 3:.1f}" width="{max(px(part.value) - left, 1):.1f}" height="15" fill="{LINE}"/>'
            )
            shown = number(part.value, 4)
        elif low is not None and high is not None:
            out.append(
                f'<rect x="{left}" y="{y + 3:.1f}" width="{max(px(low) - left, 0):.1f}" height="15" fill="#a9c3d1"/>'
            )
            out.append(_line(px(low), y + 10.5, px(high), y + 10.5, INK, 1.5))
            out += [_line(px(v), y + 6, px(v), y + 15, INK, 1.5) for v in (low, high)]
            shown = f"{number(low, 4)} – {number(high, 4)}"
        else:
            shown = "—"
        out.append(_text(right + 8, y + 14, shown, size=10.5))
    words = joined(
        (f"{p.label[lang]} {number(p.value, 4) if p.value is not None else '—'}" for p in a.score_parts), lang
    )
    return _svg(WIDTH, 20 + len(a.score_parts) * step, out, words)


# -- matrix ------------------------------------------------------------------------------------------------------------


def matrix(m: Material) -> str:
    """Packs by years: the verdict of each in words on its colour, with score and counts."""
    left, step, head = 250.0, 66.0, 30.0
    cell = (WIDTH - left) / len(m.periods)
    out = [
        _text(left + cell * (n + 0.5), 20, period, size=12, anchor="middle", weight="bold")
        for n, period in enumerate(m.periods)
    ]
    for at, series in enumerate(m.packs):
        y = head + at * step
        out.append(_line(0, y, WIDTH, y, RULE))
        names = wrap(series[-1].pack.title[m.lang], (left - 16) / 13, 2)
        number_ = series[-1].pack.number
        for n, row in enumerate(names):
            out.append(_text(0, y + 22 + 15 * n, row, size=12.5, weight="bold"))
        if number_ and len(names) == 1:
            out.append(_text(0, y + 37, number_, size=10, fill=FAINT))
        out.append(_text(0, y + 54, basis_line(series[-1], m.lang), size=9.5, fill=FAINT))
        by_period = {a.period: a for a in series}
        for n, period in enumerate(m.periods):
            x = left + cell * n
            out += _matrix_cell(by_period.get(period), m.lang, x + 4, y + 5, cell - 8, step - 10)
    height = head + len(m.packs) * step
    words = "; ".join(
        f"{s[-1].pack.title[m.lang]}: " + joined((f"{a.period} {verdict_words(a, m.lang)}" for a in s), m.lang)
        for s in m.packs
    )
    return _svg(WIDTH, height, out, words)


def _matrix_cell(a: Assessment | None, lang: str, x: float, y: float, w: float, h: float) -> list[str]:
    if a is None:
        return [_text(x + w / 2, y + h / 2 + 4, "—", fill=FAINT, anchor="middle")]
    ink, ground = COLOURS[VERDICT_TONE[a.verdict]]
    counts = a.counts()
    judged = sum(counts.get(s, 0) for s in ("met", "partly_met", "not_met", "undetermined"))
    if lang == "zh":
        small = f"达标 {counts.get('met', 0)}/{judged}"
    else:
        small = f"{counts.get('met', 0)} of {judged} met"
    if a.score is not None:
        small = f"{number(a.score, 4)} · {small}"
    return [
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" rx="5" '
        f'fill="{ground}" stroke="{ink}" stroke-opacity="0.35"/>',
        _text(
            x + w / 2,
            y + h / 2 - 2,
            verdict_words(a, lang),
            size=13.5 if display_width(verdict_words(a, lang)) * 13.5 < w else 10.5,
            fill=ink,
            anchor="middle",
            weight="bold",
        ),
        _text(x + w / 2, y + h / 2 + 14, small, size=10, fill=ink, anchor="middle"),
    ]


# -- one small trend ---------------------------------------------------------------------------------------------------

SMALL_WIDTH, SMALL_HEIGHT = 176, 104


def small_trend(
    title: str,
    unit: str,
    periods: Sequence[str],
    values: Sequence[float | None],
    limits: Sequence[float | None],
    status: str,
    lang: str,
) -> tuple[str, str]:
    """A few years of one indicator against its limit, small enough for four in a row; the picture and the same in words.

    Parameters
    ----------
    values, limits
        One per period; None where there is none.
    status
        Status of the clause in the last period.
    """
    w, h = SMALL_WIDTH, SMALL_HEIGHT
    ink = COLOURS[STATUS_TONE[status]][0]
    out = [_text(2, 11 + 12 * n, row, size=10, weight="bold") for n, row in enumerate(wrap(title, (w - 4) / 10.4, 2))]
    said = f"{STATUS_TEXT[status][lang]}" + (f" · {unit}" if unit else "")
    out.append(_text(2, 36, wrap(said, (w - 4) / 8.6, 1)[0], size=8.5, fill=ink))
    known = [v for v in (*values, *limits) if v is not None]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    spread = (high - low) or abs(high) or 1.0
    low, high = low - spread * 0.15, high + spread * 0.3
    left, right, top, bottom = 16.0, w - 16.0, 46.0, h - 16.0

    def px(at: int) -> float:
        return left + (right - left) * (0.5 if len(periods) == 1 else at / (len(periods) - 1))

    def py(value: float) -> float:
        return bottom - (bottom - top) * (value - low) / (high - low)

    out.append(_line(2, bottom + 3, w - 2, bottom + 3, RULE))
    half = (right - left) / (2 * max(len(periods) - 1, 1))
    for at, limit in enumerate(limits):
        if limit is not None:
            out.append(
                _line(max(px(at) - half, 2), py(limit), min(px(at) + half, w - 2), py(limit), "#a12b23", 1.1, "4 3")
            )
    before: tuple[int, float] | None = None
    for at, value in enumerate(values):
        if value is not None:
            if before is not None and before[0] == at - 1:
                out.append(_line(px(before[0]), py(before[1]), px(at), py(value), LINE, 1.5))
            before = (at, value)
    for at, (period, value) in enumerate(zip(periods, values, strict=True)):
        out.append(_text(px(at), h - 3, period, size=8, fill=FAINT, anchor="middle"))
        if value is None:
            out.append(_text(px(at), bottom - 1, "—", size=9, fill=FAINT, anchor="middle"))
            continue
        last = at == len(periods) - 1
        out.append(f'<circle cx="{px(at):.1f}" cy="{py(value):.1f}" r="2.8" fill="{ink if last else LINE}"/>')
        label = _text(px(at), py(value) - 5.5, number(Fraction(value), 4), size=8.5, anchor="middle")
        halo = '<text paint-order="stroke" stroke="#ffffff" stroke-width="2.2" stroke-linejoin="round" '
        out.append(label.replace("<text ", halo, 1))
    numbers = joined(
        (f"{p} {'—' if v is None else number(Fraction(v), 4)}" for p, v in zip(periods, values, strict=True)), lang
    )
    limit_words = joined((number(Fraction(v), 4) for v in dict.fromkeys(limits) if v is not None), lang)
    alt = f"{title}: {numbers}; {'标准值' if lang == 'zh' else 'limit'} {limit_words}; {STATUS_TEXT[status][lang]}"
    return _svg(w, h, out, alt), alt
