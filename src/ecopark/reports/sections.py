"""The sections of a dossier: indicator tables, explanations, what is missing, what must change, evidence, appendix."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING

from ecopark.core.rounding import decimal_text
from ecopark.core.text import Text
from ecopark.core.trace import Trace, value_text
from ecopark.core.value import Missing, MissingItem
from ecopark.indicators.catalogue import indicators
from ecopark.reports.blocks import Block, Bullets, Cell, Code, Fold, Heading, Pairs, Paragraph, Table
from ecopark.reports.labels import ATTRIBUTES, KIND_TEXT, SHORT_BASIS, STATUS_TONE, TO_VERIFY
from ecopark.reports.words import formula_words, joined, number, requirement, shown, unit_words, with_unit
from ecopark.standards.result import STATUS_TEXT, VERIFIED_TEXT, Assessment, Change, ClauseResult, Gap, bounds_text
from ecopark.standards.titles import LIGHT_TEXT, STEP_TEXT, reminders

if TYPE_CHECKING:
    from ecopark.reports.content import Evidence, Material

LEAF_KINDS = ("observation", "reported", "factor", "parameter")
KEY_FIGURES = 60
LIGHT_TONE = {"overdue": "bad", "due_soon": "partly", "ahead": "good"}
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
        m.say("limit"),
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
        cells += [Cell(limit_words(c, m.lang)), status_cell(c, m.lang), Cell(basis_short(c, m.lang), c.verified)]
        rows.append(tuple(cells))
    first, status, basis = (1.1, 1.35, 1.5) if m.lang == "zh" else (1.5, 2.4, 1.9)
    widths = (first, 4.2, 1.7, *(1.35 for _ in years), 1.7, status, basis)
    return Table(header, tuple(rows), widths=widths, groups=tuple(groups), wide=True)


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
    """The limit that was applied."""
    if c.limit.require is None:
        return "—"
    return requirement(c.limit.require.op, c.limit.value, c.clause.unit if unit else "", lang)


def status_cell(c: ClauseResult, lang: str) -> Cell:
    """The status as a chip with its word."""
    return Cell(STATUS_TEXT[c.status][lang], tone=STATUS_TONE[c.status])


def basis_short(c: ClauseResult, lang: str) -> str:
    """How the limit is known, and whether it has been verified."""
    if c.verified:
        return VERIFIED_TEXT[lang]
    if lang == "zh":
        return f"{SHORT_BASIS[c.clause.basis.overall].zh}（{TO_VERIFY.zh}）"
    return f"{SHORT_BASIS[c.clause.basis.overall].en}, {TO_VERIFY.en}"


# -- explanation -------------------------------------------------------------------------------------------------------


def explanation(m: Material, a: Assessment, c: ClauseResult) -> Fold:
    """The story of one clause: formula in words, inputs and where they stand, limit, reason, what would meet it."""
    lang = m.lang
    value = "—" if isinstance(c.value, Missing) else with_unit(shown(c.value, lang, c.limit.value), c.clause.unit, lang)
    pairs = [
        (m.say("formula"), formula_of(c, m, a)),
        (m.say("result"), value + (f"（{m.say('reported_mark')}）" if c.reported else "")),
        (m.say("limit"), limit_words(c, lang, unit=True)),
        (m.say("why_limit"), c.limit.why[lang]),
        (m.say("why_status"), c.reason[lang]),
        (m.say("between"), with_unit(bounds_words(c), c.clause.unit, lang) if bounds_words(c) else ""),
        (m.say("basis"), basis_short(c, lang) + (f" · {c.verified}" if c.verified else "")),
        (m.say("reference"), joined(filter(None, (c.clause.reference, *c.clause.sources)), lang)),
        (m.say("note"), " ".join(filter(None, (c.clause.note[lang], *(n[lang] for n in c.notes))))),
    ]
    blocks: list[Block] = [Pairs(tuple((k, v) for k, v in pairs if v))]
    if c.reported:
        blocks.append(Paragraph(m.say("not_recomputable"), "note"))
    if table := inputs_table(m, c):
        blocks.append(table)
    if c.changes:
        blocks.append(Bullets(tuple(change_words(change, lang) for change in c.changes)))
    blocks.append(Fold(m.say("full_trace"), (Code(m.without_folder(c.trace.to_text(lang))),), paper=False))
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
    parameters = {p.id: p.label for p in a.pack.parameters if p.label}
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


def change_words(change: Change, lang: str) -> str:
    """``工业综合能耗由 4 改为 3 吨标准煤（−25 %）``."""
    label = change.label[lang] + (f"[{change.by}]" if change.by else "")
    now, needed = number(change.now), number(outward(change), 6, change.now)
    unit = unit_words(change.unit, lang)
    relative = relative_words(change)
    if lang == "zh":
        return (
            f"单独改变“{label}”：由 {now} 变为 {needed} {unit}{f'（{relative}）' if relative else ''}即可达标".replace(
                "  ", " "
            )
        )
    return f"{label} alone: from {now} to {needed} {unit}{f' ({relative})' if relative else ''} would meet it"


def outward(change: Change) -> Fraction:
    """What is needed, to about six digits, rounded to the side on which the clause is met."""
    if change.needed.denominator == 1 or not change.needed:
        return change.needed
    whole = len(str(abs(int(change.needed)))) if abs(change.needed) >= 1 else 0
    scale = 10 ** max(6 - whole, 1) if whole else 10**8
    scaled = change.needed * scale
    return Fraction(ceil(scaled) if change.needed > change.now else floor(scaled), scale)


def relative_words(change: Change) -> str:
    """The change in percent with its sign."""
    if change.relative is None:
        return ""
    percent = change.relative * 100
    text = decimal_text(abs(percent), 3 if abs(percent) < 1000 else 6)
    return f"{'+' if percent > 0 else '−'}{text} %"


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
    if table := _key_figures(m):
        blocks += [Heading(2, m.say("key_figures"), "key-figures"), table]
    return blocks


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
            ways = "\n".join(change_words(change, m.lang) for change in c.changes) or m.say("no_single")
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
    """Per clause the document, page and date that support it; clauses without any are shown as such."""
    rows: list[tuple[Cell, ...]] = []
    groups: list[tuple[int, str]] = []
    for a in m.current:
        groups.append((len(rows), f"{a.pack.title[m.lang]} · {a.period}"))
        for c in a.clauses:
            found = evidence_for(m, c)
            name = f"{c.clause.tail} {c.clause.label[m.lang]}"
            if not found:
                rows.append((Cell(name), Cell("—"), Cell(m.say("none_given"), tone="muted"), Cell("—"), Cell("—")))
            for at, e in enumerate(found):
                figure = "" if e.about in (c.id, c.clause.tail) else m.labels.get(e.about, Text(e.about))[m.lang]
                cells = (Cell("" if at else name), Cell(figure or "—", e.period), Cell(e.file), Cell(e.page or "—"))
                rows.append((*cells, Cell(e.date or "—")))
    header = (m.say("clause"), m.say("quantity"), m.say("file"), m.say("page"), m.say("date"))
    table = Table(header, tuple(rows), widths=(3.6, 3, 3.2, 0.8, 1.5), groups=tuple(groups))
    return [Heading(1, m.say("s_evidence"), "evidence"), table]


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
                        Cell(with_unit(value_text(step.value), step.unit, m.lang)),
                    )
                    rows.setdefault((step.what, step.period), cells)
    heading = Heading(1, m.say("s_convert"), "conversions")
    if not rows:
        return [heading, Paragraph(m.say("no_convert"))]
    header = (m.say("quantity"), m.say("period"), m.say("given"), m.say("converted"))
    return [heading, Table(header, tuple(rows.values()), widths=(4, 1.2, 3, 3))]


def _same_text(step: Trace) -> bool:
    plain = value_text(step.value)
    given = step.given.replace(",", "").replace("，", "").strip()
    return given == plain or (
        given.split(" ", 1)[0] == plain and given.split(" ", 1)[-1].strip() in (step.unit, plain, "")
    )


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
        used = "; ".join(
            f"{k} = {value_text(v) if isinstance(v, Fraction | bool | str) else v}" for k, v in a.parameters
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
