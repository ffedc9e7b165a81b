"""The sections of a dossier: indicator tables, explanations, what is missing, what must change, evidence, appendix."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from ecopark.core.period import Period
from ecopark.core.text import Text
from ecopark.core.trace import Trace, value_text
from ecopark.core.value import Missing, MissingItem
from ecopark.indicators.catalogue import indicators
from ecopark.observations.quantity import catalogue
from ecopark.reports.advice import advice, change_words
from ecopark.reports.blocks import Block, Bullets, Cell, Code, Fold, Heading, Pairs, Paragraph, Table
from ecopark.reports.labels import ATTRIBUTES, KIND_TEXT, SHORT_BASIS, STATUS_TONE, TO_VERIFY, L
from ecopark.reports.verdicts import status_words
from ecopark.reports.words import (
    formula_words,
    joined,
    number,
    reference_words,
    requirement,
    shown,
    unit_words,
    with_unit,
)
from ecopark.standards.describe import parameter_words
from ecopark.standards.explain import trace_text
from ecopark.standards.result import VERIFIED_TEXT, Assessment, ClauseResult, Gap, bounds_text
from ecopark.standards.titles import LIGHT_TEXT, STEP_TEXT, reminders

if TYPE_CHECKING:
    from ecopark.reports.content import Evidence, Material

LEAF_KINDS = ("observation", "reported", "factor", "parameter")
KEY_FIGURES = 60
SCALE = (
    "park_area_km2",
    "industrial_land_area_km2",
    "enterprises_above_size",
    "industrial_employees",
    "resident_population",
    "industrial_gross_output",
    "park_gdp",
    "industrial_value_added",
    "industrial_value_added_const",
    "energy_total_tce",
    "energy_industrial_tce",
    "electricity_consumption_kwh",
    "water_total_m3",
    "industrial_fresh_water_m3",
    "industrial_wastewater_discharge_t",
    "solid_waste_generated_t",
    "co2_emissions_t",
)
"""Quantities that say how large a park is, in the order told."""
LIGHT_TONE = {"overdue": "bad", "due_soon": "partly", "ahead": "good"}
_TYPED = re.compile(r"[-+]?\d+(?:\.\d+)?(?![\d.eE万亿千百])")
HIDDEN = ("invented", "name_en", "name_zh")


def _colon(m: Material) -> str:
    return "：" if m.lang == "zh" else ": "


# -- indicator table ---------------------------------------------------------------------------------------------------


def indicator_table(m: Material, series: Sequence[Assessment], results: Sequence[ClauseResult]) -> Table:
    """Every clause with its value in each period, limit, status and basis; grouped as the standard groups them."""
    years = tuple(m.periods[-3:])
    by_period = {a.period: {c.id: c for c in a.clauses} for a in series}
    header = (
        m.say("clause"),
        m.say("indicator"),
        m.say("unit"),
        *years,
        m.say("limit_or_benchmark" if any(_is_benchmark(c) for c in results) else "limit"),
        m.say("status"),
        m.say("basis"),
    )
    groups: list[tuple[int, str]] = []
    rows: list[tuple[Cell, ...]] = []
    order = {g.id: n for n, g in enumerate(series[-1].pack.groups)}
    ranked = sorted(enumerate(results), key=lambda pair: (order.get(pair[1].clause.group, len(order)), pair[0]))
    last = None
    for _, c in ranked:
        if c.clause.group != last:
            last = c.clause.group
            if last:
                groups.append((len(rows), series[-1].pack.group(last).label[m.lang]))
        cells = [
            Cell(c.clause.tail),
            Cell(c.clause.label[m.lang], _kind(c, m.lang)),
            Cell(unit_words(c.clause.unit, m.lang)),
        ]
        for period in years:
            found = by_period.get(period, {}).get(c.id)
            cells.append(_value_cell(found, m, strong=period == years[-1]))
        cells += [_limit_cell(c, m.lang), status_cell(c, m.lang), Cell(basis_short(c, m.lang), c.verified)]
        rows.append(tuple(cells))
    first, status, basis = (1.1, 1.6, 2.6) if m.lang == "zh" else (1.5, 2.4, 1.9)
    if any(c.doubts for c in results):
        status += 0.9
    widths = (first, 4.2, 1.7, *(1.35 for _ in years), 1.7, status, basis)
    return Table(header, tuple(rows), widths=widths, groups=tuple(groups), wide=True)


def _is_benchmark(c: ClauseResult) -> bool:
    return c.limit.require is None and c.clause.benchmark is not None


def _kind(c: ClauseResult, lang: str) -> str:
    kind = KIND_TEXT.get(c.clause.kind, Text(c.clause.kind))[lang]
    if not c.counts:
        kind += "（未选用）" if lang == "zh" else " (not chosen)"
    return kind


def _value_cell(c: ClauseResult | None, m: Material, *, strong: bool) -> Cell:
    if c is None:
        return Cell("", number=True)
    if isinstance(c.value, Missing):
        if bounds := bounds_words(c):
            return Cell("—", bounds, number=True)
        return Cell("—", number=True)
    note = m.say("reported_mark") if c.reported else ""
    return Cell(shown(c.value, m.lang, c.limit.value), note, number=True, strong=strong)


def bounds_words(c: ClauseResult) -> str:
    """``0.4 – 0.7``; empty where nothing can be said."""
    if bounds_text(c.bounds) is None or c.bounds is None:
        return ""
    low, high = c.bounds
    return f"{number(low, 4)} – {number(high, 4)}" if low is not None and high is not None else ""


def limit_words(c: ClauseResult, lang: str, *, unit: bool = False) -> str:
    """The limit that was applied; a benchmark, marked as such, where there is none."""
    if c.limit.require is None:
        told = benchmark_words(c, lang, unit=unit)
        return f"{L['benchmark'][lang]} {told}" if told else "—"
    return requirement(c.limit.require.op, c.limit.value, c.clause.unit if unit else "", lang)


def benchmark_words(c: ClauseResult, lang: str, *, unit: bool = False) -> str:
    """The benchmark of a clause; empty where it has none."""
    benchmark = c.clause.benchmark
    if benchmark is None:
        return ""
    if c.clause.direction == "flag":
        return shown(benchmark == 1, lang)
    return with_unit(number(benchmark), c.clause.unit if unit else "", lang)


def _limit_cell(c: ClauseResult, lang: str) -> Cell:
    if c.limit.require is None and (told := benchmark_words(c, lang)):
        return Cell(told, L["benchmark"][lang])
    return Cell(limit_words(c, lang))


def status_cell(c: ClauseResult, lang: str) -> Cell:
    """The status as a chip with its word; what is doubtful about its figures below."""
    return Cell(status_words(c, lang), "\n".join(doubt[lang] for doubt in c.doubts), tone=STATUS_TONE[c.status])


def basis_short(c: ClauseResult, lang: str) -> str:
    """How the limit is known, and whether it has been verified."""
    if c.verified:
        return VERIFIED_TEXT[lang]
    known = SHORT_BASIS[c.clause.basis.overall][lang]
    if lang == "zh":
        return f"{known}，{TO_VERIFY.zh}" if known.endswith("）") else f"{known}（{TO_VERIFY.zh}）"
    return f"{known}, {TO_VERIFY.en}"


# -- explanation -------------------------------------------------------------------------------------------------------


def explanation(m: Material, a: Assessment, c: ClauseResult) -> Fold:
    """The story of one clause: formula in words, inputs and where they stand, limit, reason, what would meet it."""
    lang = m.lang
    value = "—" if isinstance(c.value, Missing) else with_unit(shown(c.value, lang, c.limit.value), c.clause.unit, lang)
    pairs = [
        (m.say("formula"), formula_of(c, m, a)),
        (m.say("result"), value + (f"（{m.say('reported_mark')}）" if c.reported else "")),
        (m.say("benchmark"), benchmark_words(c, lang, unit=True))
        if _is_benchmark(c)
        else (m.say("limit"), limit_words(c, lang, unit=True)),
        (m.say("why_limit"), c.limit.why[lang]),
        (m.say("why_status"), c.reason[lang]),
        (m.say("doubtful"), "\n".join(m.without_folder(doubt[lang]) for doubt in c.doubts)),
        (m.say("between"), with_unit(bounds_words(c), c.clause.unit, lang) if bounds_words(c) else ""),
        (m.say("basis"), basis_short(c, lang) + (f" · {c.verified}" if c.verified else "")),
        (
            m.say("reference"),
            joined(filter(None, (reference_words(c.clause.reference, lang), *c.clause.sources)), lang),
        ),
        (m.say("note"), " ".join(filter(None, (c.clause.note[lang], *(n[lang] for n in c.notes))))),
    ]
    blocks: list[Block] = [Pairs(tuple((k, v) for k, v in pairs if v))]
    if c.reported:
        blocks.append(Paragraph(m.say("not_recomputable"), "note"))
    if table := inputs_table(m, c):
        blocks.append(table)
    if c.changes:
        blocks.append(Paragraph(m.say("computed_changes"), "note"))
        blocks.append(Bullets(tuple(change_words(change, lang) for change in c.changes)))
    blocks.append(Fold(m.say("full_trace"), (Code(m.without_folder(trace_text(c.trace, lang))),), paper=False))
    title = f"{c.clause.tail}　{c.clause.label[lang]}"
    anchor = "c-" + "".join(ch if ch.isalnum() else "-" for ch in c.id)
    return Fold(title, tuple(blocks), status_cell(c, lang), anchor)


def formula_of(c: ClauseResult, m: Material, a: Assessment) -> str:
    """The formula in words; that of the shared indicator where the clause only names one."""
    formula = c.clause.formula
    name = c.clause.indicator or formula
    if name and (not formula or formula == name):
        shared = indicators().get(name)
        formula = shared.formula if shared else name
    parameters = {p.id: parameter_words(p.label) for p in a.pack.parameters if p.label}
    return formula_words(formula, {**m.labels, **parameters}, m.lang)


def inputs_table(m: Material, c: ClauseResult) -> Table | None:
    """Every typed figure, factor and gap that the clause rests on."""
    seen: dict[tuple[str, str, str], tuple[Cell, ...]] = {}
    steps = list(c.trace.walk()) + (list(c.limit.trace.walk()) if c.limit.trace else [])
    for step in steps:
        leaf = step.kind in LEAF_KINDS or (step.kind in ("missing", "rollup") and not step.inputs)
        if not leaf or step.what == "undefined":
            continue
        label = step.label[m.lang] if step.label else m.labels.get(step.what, Text(step.what))[m.lang]
        name = Cell(label, step.what + (f" @{step.period}" if step.period else ""))
        value = Cell(with_unit(shown(step.value, m.lang), step.unit, m.lang), number=True)
        if step.missing:
            value = Cell(m.say("incomplete" if step.kind == "rollup" else "none_given"), tone="open")
        place = m.place(step.place) or "—"
        source = " ".join(filter(None, (step.source, step.note[m.lang]))) or "—"
        seen.setdefault(
            (step.what, step.period, place), (name, value, Cell(step.given or "—"), Cell(place), Cell(source))
        )
    if not seen:
        return None
    header = (m.say("input"), m.say("value"), m.say("given"), m.say("place"), m.say("source"))
    return Table(header, tuple(seen.values()), widths=(3.2, 2.2, 2.2, 3, 2.4))


# -- facts of the park -------------------------------------------------------------------------------------------------


def basic_facts(m: Material) -> list[Block]:
    """Who the park is, its statistical scopes, and the figures that the assessment rests on."""
    blocks: list[Block] = [Heading(1, m.say("s_facts"), "facts")]
    pairs = [(m.say("park"), m.name), (m.say("period"), m.periods[-1]), (m.say("years"), joined(m.periods, m.lang))]
    subject = m.subject
    if subject:
        for year, what in subject.scopes:
            pairs.append((str(year), m.say("scope_from", year=year, what=what[m.lang])))
        pairs += [
            ((ATTRIBUTES.get(k) or m.labels.get(k, Text(k)))[m.lang], v)
            for k, v in subject.attributes
            if v and k not in HIDDEN
        ]
    blocks.append(Pairs(tuple(pairs)))
    if title := _title_life(m):
        blocks += title
    if table := _scale(m):
        blocks += [Heading(2, m.say("scale"), "scale"), table]
    if table := _key_figures(m):
        blocks += [Heading(2, m.say("key_figures"), "key-figures"), table]
    return blocks


def _scale(m: Material) -> Table | None:
    """Area, people, output, energy and water of the years shown, as far as anybody has given them."""
    years = m.periods[-3:]
    found: dict[tuple[str, str], Trace] = {}
    for a in (a for series in m.packs for a in series):
        for c in a.clauses:
            for step in c.trace.walk():
                if step.what in SCALE and not step.missing and step.kind in (*LEAF_KINDS, "rollup", "derived"):
                    found.setdefault((step.what, step.period), step)
    rows = []
    for what in SCALE:
        cells = [_scale_cell(m, what, year, found) for year in years]
        if any(cell.text != "—" for cell in cells):
            quantity = catalogue()[what]
            rows.append((Cell(quantity.label[m.lang]), Cell(unit_words(quantity.unit, m.lang)), *cells))
    header = (m.say("quantity"), m.say("unit"), *years)
    return Table(header, tuple(rows), widths=(4, 1.6, *(1.8 for _ in years))) if rows else None


def _scale_cell(m: Material, what: str, year: str, found: dict[tuple[str, str], Trace]) -> Cell:
    quantity, step = catalogue()[what], found.get((what, year))
    if step is not None and step.unit == quantity.unit:
        return Cell(shown(step.value, m.lang), number=True)
    given = m.facts.exact(m.packs[0][-1].subject, what, Period.parse(year)) if m.facts else None
    if given is None or given.not_applicable or given.unit != quantity.unit:
        return Cell("—", number=True)
    return Cell(shown(given.value, m.lang), number=True)


def _title_life(m: Material) -> list[Block]:
    """What is due for the titles that the park holds or strives for, on the report's day."""
    entries = m.facts.settings.get("titles") if m.facts else None
    if not entries:
        return []
    rows = []
    for r in reminders(entries, m.on):
        step = STEP_TEXT[r.step][m.lang] if r.step in STEP_TEXT else "—"
        light = Cell(LIGHT_TEXT[r.light][m.lang], tone=LIGHT_TONE.get(r.light, "muted"))
        rows.append((Cell(r.label[m.lang]), Cell(step), Cell(str(r.due or "—")), light, Cell(r.text[m.lang])))
    header = (m.say("title_name"), m.say("step"), m.say("due"), m.say("status"), m.say("note"))
    heading = Heading(2, m.say("title_life"), "title-life")
    note = Paragraph(m.say("on_day", day=str(m.on)), "note")
    return [heading, Table(header, tuple(rows), widths=(3, 1, 1.4, 1.5, 5)), note]


def _key_figures(m: Material) -> Table | None:
    figures: dict[str, dict[str, Trace]] = {}
    used: dict[str, set[str]] = {}
    for a in (a for series in m.packs for a in series):
        for c in a.clauses:
            for step in c.trace.observations():
                figures.setdefault(step.what, {})[step.period] = step
                used.setdefault(step.what, set()).add(c.id)
    if not figures:
        return None
    years = m.periods[-3:]
    rows = []
    for what in sorted(figures, key=lambda w: (-len(used[w]), w))[:KEY_FIGURES]:
        found = figures[what]
        latest = found[max(found)]
        label = latest.label[m.lang] if latest.label else m.labels.get(what, Text(what))[m.lang]
        cells = [Cell(label, what), Cell(unit_words(latest.unit, m.lang))]
        for year in years:
            told = found.get(year) or found.get("")
            cells.append(Cell(shown(told.value, m.lang) if told else "—", number=True))
        rows.append((*cells, Cell(str(len(used[what])), number=True)))
    header = (m.say("quantity"), m.say("unit"), *years, m.say("used_by"))
    return Table(header, tuple(rows), widths=(4, 1.6, *(1.8 for _ in years), 1))


# -- what is missing, what must change ---------------------------------------------------------------------------------


def missing(m: Material) -> list[Block]:
    """Missing data by department, most telling first, over all packs."""
    blocks: list[Block] = [Heading(1, m.say("s_missing"), "missing")]
    table = missing_table(m)
    return [*blocks, table] if table else [*blocks, Paragraph(m.say("none_missing"))]


def missing_table(m: Material) -> Table | None:
    """The missing items of the latest periods; one row per item, its clauses over all packs."""
    merged: dict[MissingItem, list[Gap]] = {}
    for a in m.current:
        for gap in a.gaps:
            merged.setdefault(gap.item, []).append(gap)
    if not merged:
        return None
    weights = {item: sum((gap.weight for gap in gaps), Fraction(0)) for item, gaps in merged.items()}
    names = {item: gaps[0].department[m.lang] or m.say("department_none") for item, gaps in merged.items()}
    best: dict[str, Fraction] = {}
    for item, name in names.items():
        best[name] = max(best.get(name, Fraction(0)), weights[item])
    ranked = sorted(merged, key=lambda item: (-best[names[item]], names[item], -weights[item], item))
    groups: list[tuple[int, str]] = []
    rows = []
    for at, item in enumerate(ranked):
        if not groups or groups[-1][1] != names[item]:
            groups.append((at, names[item]))
        gaps = merged[item]
        clauses = dict.fromkeys(clause for gap in gaps for clause in gap.clauses)
        when = f"（{item.period}）" if m.lang == "zh" else f" ({item.period})"
        cells = (
            Cell(gaps[0].label[m.lang] + (when if item.period else ""), str(item)),
            Cell(unit_words(gaps[0].unit, m.lang)),
            Cell(joined(clauses, m.lang)),
            Cell(str(sum(gap.settles for gap in gaps)), number=True),
        )
        rows.append(cells)
    header = (m.say("item"), m.say("unit"), m.say("for_clauses"), m.say("settles"))
    return Table(header, tuple(rows), widths=(4, 1.5, 4, 1), groups=tuple(groups))


def must_change(m: Material) -> list[Block]:
    """Clauses that are not met, and the smallest change of each single input that would meet them."""
    blocks: list[Block] = [Heading(1, m.say("s_change"), "change")]
    rows: list[tuple[Cell, ...]] = []
    groups: list[tuple[int, str]] = []
    for a in m.current:
        failed = [c for c in a.clauses if c.status in ("not_met", "partly_met")]
        if failed:
            groups.append((len(rows), f"{a.pack.title[m.lang]} · {a.period}"))
        for c in failed:
            what = Cell(f"{c.clause.tail} {c.clause.label[m.lang]}", _kind(c, m.lang))
            now = Cell(with_unit(shown(c.value, m.lang, c.limit.value), c.clause.unit, m.lang), number=True)
            ways = "\n".join(advice(c, m.lang))
            rows.append((what, now, Cell(limit_words(c, m.lang, unit=True)), status_cell(c, m.lang), Cell(ways)))
    if not rows:
        return [*blocks, Paragraph(m.say("none_change"))]
    header = (m.say("clause"), m.say("now"), m.say("limit"), m.say("status"), m.say("changes"))
    return [
        *blocks,
        Table(header, tuple(rows), widths=(3, 1.9, 1.9, 1.1 if m.lang == "zh" else 1.6, 4.4), groups=tuple(groups)),
    ]


# -- scope, quality, evidence ------------------------------------------------------------------------------------------


def trends(m: Material) -> list[Block]:
    """Where the statistical scope changed, and so where trends break."""
    lines = tuple(m.say("break", year=year, what=what[m.lang]) for year, what in m.breaks)
    body: Block = Bullets(lines) if lines else Paragraph(m.say("none_breaks"))
    return [Heading(1, m.say("s_trend"), "trend"), body]


def quality(m: Material) -> list[Block]:
    """Findings of the quality checks and of the calculation."""
    lines = [m.without_folder(p.message(m.lang)) for p in m.facts.warnings] if m.facts else []
    for a in m.current:
        lines += [t[m.lang] for t in a.findings]
        lines += [f"{a.pack.title[m.lang]} · {t[m.lang]}" for t in a.notes]
    unique = tuple(dict.fromkeys(line for line in lines if line))
    body: Block = Bullets(unique) if unique else Paragraph(m.say("none_quality"))
    return [Heading(1, m.say("s_quality"), "quality"), body]


def evidence_list(m: Material) -> list[Block]:
    """Per clause the document, page and date that support it; clauses without any in one line a standard."""
    rows: list[tuple[Cell, ...]] = []
    groups: list[tuple[int, str]] = []
    without: list[tuple[str, str]] = []
    for a in m.current:
        name = f"{a.pack.title[m.lang]} · {a.period}"
        bare = [c.clause.tail for c in a.clauses if not evidence_for(m, c)]
        if len(bare) < len(a.clauses):
            groups.append((len(rows), name))
        for c in a.clauses:
            if found := evidence_for(m, c):
                rows.append((Cell(f"{c.clause.tail} {c.clause.label[m.lang]}"), *_evidence_cells(m, c, found)))
        if bare:
            tails = joined(bare, m.lang)
            count = f"{len(bare)} / {len(a.clauses)}"
            without.append((name, f"{count} 条：{tails}" if m.lang == "zh" else f"{count}: {tails}"))
    blocks: list[Block] = [Heading(1, m.say("s_evidence"), "evidence")]
    if rows:
        header = (m.say("clause"), m.say("quantity"), m.say("file"), m.say("page"), m.say("date"))
        blocks.append(Table(header, tuple(rows), widths=(3.6, 3, 3.2, 0.8, 1.5), groups=tuple(groups)))
    if without:
        blocks += [Heading(2, m.say("no_evidence"), "no-evidence"), Pairs(tuple(without))]
    return blocks


def _evidence_cells(m: Material, c: ClauseResult, found: Sequence[Evidence]) -> tuple[Cell, ...]:
    """The figures and years that documents support; a line for each document with its pages and dates."""
    figures = (m.labels.get(e.about, Text(e.about))[m.lang] for e in found if e.about not in (c.id, c.clause.tail))
    by_file: dict[str, list[Evidence]] = {}
    for e in found:
        by_file.setdefault(e.file, []).append(e)
    pages = [joined(dict.fromkeys(e.page for e in given if e.page), m.lang) or "—" for given in by_file.values()]
    dates = [joined(dict.fromkeys(e.date for e in given if e.date), m.lang) or "—" for given in by_file.values()]
    years = joined(sorted({e.period for e in found if e.period}), m.lang)
    what = Cell(joined(dict.fromkeys(figures), m.lang) or "—", years)
    return what, Cell("\n".join(by_file)), Cell("\n".join(pages)), Cell("\n".join(dates))


def evidence_for(m: Material, c: ClauseResult) -> list[Evidence]:
    """The documents that support a clause in the years shown."""
    about = _about(c)
    found = [e for e in m.evidence if e.about in about and e.period in ("", *m.periods)]
    return sorted(found, key=lambda e: (e.about, e.period, e.file))


def _about(c: ClauseResult) -> set[str]:
    """Ids under which evidence for a clause may be listed: its own, its indicator's, its figures'."""
    steps = (*c.trace.walk(), *(c.limit.trace.walk() if c.limit.trace else ()))
    figures = {step.what.split("[")[0] for step in steps if step.kind in (*LEAF_KINDS, "rollup", "derived", "missing")}
    return ({c.id, c.clause.indicator} | figures) - {""}


def conversions(m: Material) -> list[Block]:
    """Figures that were given in another unit than the one they are computed in."""
    rows: dict[tuple[str, str], tuple[Cell, ...]] = {}
    for a in m.current:
        for c in a.clauses:
            for step in c.trace.observations():
                if step.given and not isinstance(step.value, bool | str | Missing) and not _same_text(step):
                    label = step.label[m.lang] or step.what
                    cells = (
                        Cell(label, step.what),
                        Cell(step.period),
                        Cell(step.given),
                        Cell(with_unit(shown(step.value, m.lang), step.unit, m.lang)),
                    )
                    rows.setdefault((step.what, step.period), cells)
    heading = Heading(1, m.say("s_convert"), "conversions")
    if not rows:
        return [heading, Paragraph(m.say("no_convert"))]
    header = (m.say("quantity"), m.say("period"), m.say("given"), m.say("converted"))
    return [heading, Table(header, tuple(rows.values()), widths=(4, 1.2, 3, 3))]


def _same_text(step: Trace) -> bool:
    """Whether a figure was typed as it is used: the same number, so the same unit whatever its name."""
    found = _TYPED.match(step.given.replace(",", "").replace("，", "").strip())
    return found is not None and isinstance(step.value, Fraction) and Fraction(found.group()) == step.value


def promise(m: Material) -> list[Block]:
    """The statement that the zone committee signs."""
    lines = [m.say(k) for k in ("sign_seal", "sign_legal", "sign_writer", "sign_date")]
    return [
        Heading(1, m.say("s_promise"), "promise"),
        Paragraph(m.say("promise")),
        *(Paragraph(line, "sign") for line in lines),
    ]


def appendix(m: Material) -> list[Block]:
    """Where the standards come from, hashes, versions, options and what was set aside."""
    blocks: list[Block] = [Heading(1, m.say("s_appendix"), "appendix")]
    for a in m.current:
        pack = a.pack
        state = m.say("pack_verified") if pack.status == "verified" else m.say("frame" if pack.is_frame else "draft")
        chosen = "; ".join(f"{k}: {joined(v, m.lang)}" for k, v in a.choices)
        names = {p.id: parameter_words(p.label)[m.lang] for p in pack.parameters}
        used = "; ".join(
            f"{names.get(k) or k} = {value_text(v, m.lang) if isinstance(v, Fraction | bool | str) else v}"
            for k, v in a.parameters
            if v not in ("", None)
        )
        pairs = (
            ("ID", pack.id),
            (m.say("note"), state),
            (m.say("sources"), "\n".join(pack.sources)),
            (m.say("options"), chosen),
            (m.say("settings"), used),
            (m.say("hash"), pack.hash),
            (m.say("fingerprint"), a.fingerprint),
            (m.say("version"), f"ecopark {a.version}" if a.version else ""),
        )
        blocks += [Heading(2, pack.title[m.lang]), Pairs(tuple((k, v) for k, v in pairs if v))]
    if m.facts and m.facts.rejected:
        rows = tuple((Cell(row), Cell(m.without_folder(problem.message(m.lang)))) for row, problem in m.facts.rejected)
        blocks += [
            Heading(2, m.say("rejected"), "rejected"),
            Table((m.say("row"), m.say("problem")), rows, widths=(4, 6)),
        ]
    return blocks
