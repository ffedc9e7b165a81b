"""Renewal as documents: one plan per firm (一企一策), and one programme of all kinds of renewal with its order and progress."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from ecopark.core.rounding import decimal_text, exact
from ecopark.core.text import Text
from ecopark.core.value import Scalar
from ecopark.grading.land import GOALS, LABELS, LandRules, Listed, Plot
from ecopark.grading.renewal import STEPS, Order
from ecopark.reports.blocks import Block, Bullets, Cell, Cover, Document, Heading, Paragraph, Table
from ecopark.reports.one_file import write_as
from ecopark.workflows.renew_land import NAMES
from ecopark.workflows.write_grades import BASIS_TEXT

Stories = Mapping[str, Sequence[Mapping[str, Any]]]
"""Events by plot, oldest first."""

STEP_TEXT = {
    "": Text("未登记", "not tracked"),
    "listed": Text("已列入", "listed"),
    "planned": Text("已制定方案", "planned"),
    "agreed": Text("已签协议", "agreed"),
    "cleared": Text("已腾退", "cleared"),
    "rebuilt": Text("已改建", "rebuilt"),
    "completed": Text("已完成", "completed"),
    "dropped": Text("已终止", "dropped"),
}
BASIS_NOTE = Text(
    "规则依据为“推断”或“凭记忆”的，是可修改的配置，不是法规；请以当地文件为准。",
    "Rules whose basis is inferred or recalled are configuration, never law: the local documents decide.",
)


def value_text(value: Scalar | None, lang: str) -> str:
    """A figure, flag or word for reading."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return {True: Text("是", "yes"), False: Text("否", "no")}[value][lang]
    return decimal_text(value, 8) if isinstance(value, Fraction) else str(value)


def _cells(texts: Sequence[str], numbers: Sequence[int] = (), *, strong: bool = False) -> tuple[Cell, ...]:
    return tuple(Cell(t, number=at in numbers, strong=strong) for at, t in enumerate(texts))


def _say(lang: str, zh: str, en: str) -> str:
    return zh if lang == "zh" else en


def kind_text(rules: LandRules, kind: str, lang: str) -> str:
    """The name of a kind of renewal."""
    return rules.kinds[kind][lang] if kind in rules.kinds else kind


# -- one firm, one plan ------------------------------------------------------------------------------------------------


def plan_document(
    listed: Sequence[Listed],
    rules: LandRules,
    *,
    lang: str,
    on: date,
    order: Order | None = None,
    events: Stories | None = None,
) -> Document:
    """One firm, one plan (一企一策): why each of its plots is listed, what is to be done, what it costs and frees, by when.

    Parameters
    ----------
    listed
        The firm's plots on the list.
    order
        A renewal order, for the year; without it none is named.
    events
        What was tracked so far.
    """
    who = next((x.plot.word("firm") for x in listed if x.plot.word("firm")), listed[0].plot.id)
    kinds = list(dict.fromkeys(kind_text(rules, x.kind, lang) for x in listed))
    cover = Cover(
        _say(lang, "低效用地改造方案（一企一策）", "Renewal plan of a firm's land"),
        _say(lang, "、", ", ").join(kinds), who, on.isoformat(), tuple(x.plot.id for x in listed), page=False,
    )  # fmt: skip
    blocks: list[Block] = []
    for x in listed:
        blocks += _plot_blocks(x, rules, lang, order, (events or {}).get(x.plot.id, ()))
    blocks += [
        Paragraph(BASIS_NOTE[lang], "note"),
        Paragraph(_say(lang, "企业（盖章）：", "Firm (seal):"), "sign"),
        Paragraph(_say(lang, "责任单位（签字）：", "Responsible office (signature):"), "sign"),
    ]
    return Document(lang, cover, tuple(blocks))


def _plot_blocks(
    x: Listed, rules: LandRules, lang: str, order: Order | None, events: Sequence[Mapping[str, Any]]
) -> Iterator[Block]:
    plot = x.plot
    yield Heading(1, f"{LABELS['plot'][lang]} {plot.id}", f"plot-{plot.id}")
    yield Heading(2, _say(lang, "为何列入", "Why it is listed"))
    rows = []
    for r in x.reasons:
        seen = _say(lang, "；", "; ").join(
            f"{LABELS[n][lang] if n in LABELS else n} {value_text(v, lang)}" for n, v in x.figures(r)
        )
        rows.append(_cells((r.label[lang], seen, r.when, BASIS_TEXT.get(r.basis, Text(r.basis, r.basis))[lang])))
    header = (("原因", "数据", "规则", "依据"), ("Reason", "Figures", "Rule", "Basis"))[lang == "en"]
    yield Table(header, tuple(rows), widths=(2, 2.2, 2.6, 0.8))
    if x.open:
        yield Paragraph(_say(lang, "未能判断的规则：", "Rules that could not be decided:"), "note")
        yield Bullets(tuple(f"{r.label[lang]}: {why[lang]}" for r, why in x.open))
    yield Heading(2, _say(lang, "地块现状", "The plot"))
    shown = [(LABELS[k][lang], value_text(v, lang)) for k, v in plot.values.items() if k in LABELS and k != "plot"]
    facts = tuple(_cells((k, v), (1,)) for k, v in shown)
    yield Table((_say(lang, "项目", "Item"), _say(lang, "数值", "Value")), facts, widths=(2, 2))
    yield Heading(2, _say(lang, "怎么改、腾出多少", "What is to be done, and what it frees"))
    step = next((s for s in order.steps if s.plot.id == plot.id), None) if order else None
    when = str(step.year) if step else _say(lang, "未安排", "not scheduled")
    yield Table(
        (("改造方式", "安排年度", "费用（万元）"), ("Kind of renewal", "Year", "Cost [10k CNY]"))[lang == "en"],
        (_cells((kind_text(rules, x.kind, lang), when, value_text(plot.number("cost_10k_cny"), lang)), (1, 2)),),
        widths=(3, 1, 1),
    )
    not_known = _say(lang, "缺改造前或改造后数据", "a figure before or after is missing")
    frees = [(NAMES[g][lang], not_known if v is None else decimal_text(v)) for g, v in plot.frees().items()]
    yield Table(
        (_say(lang, "腾出与新增", "Frees and gains"), _say(lang, "数量", "Amount")),
        tuple(_cells(row, (1,) if row[1] != not_known else ()) for row in frees), widths=(2, 2),
    )  # fmt: skip
    yield Heading(2, _say(lang, "进度", "Progress"))
    done = {str(e["step"]): e for e in events}
    rows = []
    for name in STEPS if "dropped" in done else STEPS[:-1]:
        e = done.get(name, {})
        rows.append(_cells((STEP_TEXT[name][lang], str(e.get("on", "")), str(e.get("by", "")), str(e.get("note", "")))))
    header = (("步骤", "日期", "经办", "备注"), ("Step", "On", "By", "Note"))[lang == "en"]
    yield Table(header, tuple(rows), widths=(1.4, 1.2, 1.4, 3))


# -- one programme -----------------------------------------------------------------------------------------------------


def programme_document(
    listed: Sequence[Listed],
    rules: LandRules,
    order: Order,
    budget: Mapping[int, Fraction],
    *,
    lang: str,
    on: date,
    events: Stories | None = None,
) -> Document:
    """One programme for all kinds of renewal: by kind, by year, the order of steps, what is left and why, and progress."""
    title = _say(lang, "低效用地再开发总体方案", "Programme of land renewal")
    total = sum((x.plot.number("area_mu") or Fraction(0) for x in listed), Fraction(0))
    lead = _say(
        lang,
        f"列入 {len(listed)} 块低效用地，共 {decimal_text(total)} 亩（未填面积的不计）；资金内安排 {len(order.steps)} 块。",
        f"{len(listed)} plots are listed, {decimal_text(total)} mu (those without an area not counted); {len(order.steps)} are "
        "scheduled within the money.",
    )
    proof = _say(lang, "时序已证明最优。", "The order is proven best.")
    if not order.proven:
        gap = f"{order.gap:.2%}"
        proof = _say(
            lang, f"时序未证明最优，与最优的差距不超过 {gap}。", f"The order is not proven best: within {gap} of it."
        )
    blocks: list[Block] = [
        Heading(1, _say(lang, "概况", "Overview"), "overview"),
        Paragraph(lead, "lead"),
        Paragraph(proof),
        Heading(1, _say(lang, "按改造类型", "By kind of renewal"), "kinds"),
        _by_kind(listed, rules, order, lang),
        Heading(1, _say(lang, "按年度", "By year"), "years"),
        _by_year(order, budget, lang),
        Heading(1, _say(lang, "改造时序", "Order of renewal"), "order"),
        _steps(order, listed, rules, lang, events or {}),
    ]
    if missing := [g for g in GOALS if order.unknown.get(g)]:
        words = [f"{NAMES[g][lang]}: {order.unknown[g]}" for g in missing]
        text = _say(lang, "累计未含数据不全的地块数——", "Plots whose figures are incomplete are not in the sums: ")
        blocks.append(Paragraph(text + _say(lang, "，", ", ").join(words), "note"))
    blocks.append(Heading(1, _say(lang, "未安排的地块", "Plots that are not scheduled"), "left"))
    if order.left:
        rows = tuple(_cells((p.id, p.word("firm") or "-", why[lang])) for p, why in order.left)
        header = (("地块", "企业", "原因"), ("Plot", "Firm", "Reason"))[lang == "en"]
        blocks.append(Table(header, rows, widths=(1, 2, 3)))
    else:
        blocks.append(Paragraph(_say(lang, "没有。", "None.")))
    blocks += _progress(order, events or {}, lang)
    blocks.append(Paragraph(BASIS_NOTE[lang], "note"))
    return Document(lang, Cover(title, on.isoformat(), "", "", (), page=False), tuple(blocks))


def _sums(plots: Sequence[Plot]) -> list[str]:
    """Area, cost and what they free as texts; where not all have a figure, how many do stands behind it."""
    found = []
    for amounts in (
        [p.number("cost_10k_cny") for p in plots],
        *([p.frees()[g] for p in plots] for g in GOALS),
    ):
        known = [a for a in amounts if a is not None]
        text = decimal_text(sum(known, Fraction(0))) if known else "-"
        found.append(text if len(known) == len(amounts) or not known else f"{text} ({len(known)}/{len(amounts)})")
    return found


def _by_kind(listed: Sequence[Listed], rules: LandRules, order: Order, lang: str) -> Table:
    scheduled = {s.plot.id for s in order.steps}
    header = [
        _say(lang, *w)
        for w in (("类型", "Kind"), ("列入", "Listed"), ("安排", "Scheduled"), ("费用（万元）", "Cost [10k CNY]"))
    ]
    header += [NAMES[g][lang] for g in GOALS]
    rows = []
    for kind in dict.fromkeys([*rules.kinds, *(x.kind for x in listed)]):
        plots = [x.plot for x in listed if x.kind == kind]
        chosen = [p for p in plots if p.id in scheduled]
        if plots:
            texts = [kind_text(rules, kind, lang), str(len(plots)), str(len(chosen)), *_sums(chosen)]
            rows.append(_cells(texts, range(1, 8)))
    caption = _say(
        lang,
        "费用和腾出量只计已安排的地块；括号内为有数据的地块数／已安排的地块数。",
        "Cost and what is freed count the scheduled plots; in brackets how many of them have the figure, where not all do.",
    )
    return Table(tuple(header), tuple(rows), caption=caption, widths=(2.2, 0.7, 0.9, 1.1, 1, 1.2, 1.2, 1))


def _by_year(order: Order, budget: Mapping[int, Fraction], lang: str) -> Table:
    zh = ("年度", "资金（万元）", "安排（万元）", "结转（万元）", "地块")
    header = zh if lang == "zh" else ("Year", "Money [10k CNY]", "Spent [10k CNY]", "Left over [10k CNY]", "Plots")
    rows, over = [], Fraction(0)
    for year in sorted(budget):
        spent = order.spent.get(year, Fraction(0))
        over += budget[year] - spent
        count = sum(s.year == year for s in order.steps)
        rows.append(
            _cells(
                (str(year), decimal_text(budget[year]), decimal_text(spent), decimal_text(over), str(count)),
                range(1, 5),
            )
        )
    return Table(header, tuple(rows))


def _steps(order: Order, listed: Sequence[Listed], rules: LandRules, lang: str, events: Stories) -> Table:
    kinds = {x.plot.id: x.kind for x in listed}
    header = [_say(lang, *w) for w in (
        ("年度", "Year"), ("地块", "Plot"), ("企业", "Firm"), ("类型", "Kind"), ("费用（万元）", "Cost [10k CNY]"),
    )]  # fmt: skip
    header += [NAMES[g][lang] for g in GOALS] + [_say(lang, "进度", "Progress")]
    rows = []
    for s in order.steps:
        frees = ["-" if s.frees[g] is None else decimal_text(s.frees[g] or Fraction(0)) for g in GOALS]
        kind = kind_text(rules, kinds.get(s.plot.id, ""), lang) or "-"
        last = str(events[s.plot.id][-1]["step"]) if events.get(s.plot.id) else ""
        texts = (
            str(s.year),
            s.plot.id,
            s.plot.word("firm") or "-",
            kind,
            decimal_text(s.cost),
            *frees,
            STEP_TEXT[last][lang],
        )
        rows.append(_cells(texts, range(4, 9)))
    if order.steps:
        count, last_total = len(order.steps), order.steps[-1].total
        total = ["-" if order.unknown.get(g) == count else decimal_text(last_total[g]) for g in GOALS]
        cost = decimal_text(sum((s.cost for s in order.steps), Fraction(0)))
        rows.append(_cells((_say(lang, "合计", "Total"), "", "", "", cost, *total, ""), range(4, 9), strong=True))
    return Table(tuple(header), tuple(rows), widths=(0.7, 0.8, 1.8, 1.5, 1, 0.9, 1.1, 1.1, 1, 1.1), wide=True)


def _progress(order: Order, events: Stories, lang: str) -> Iterator[Block]:
    """Promised against delivered, for plots that are completed."""
    if not events:
        return
    yield Heading(1, _say(lang, "进度与实际腾出", "Progress, and what was really freed"), "progress")
    last = [str(e[-1]["step"]) for e in events.values()]
    counts = [f"{STEP_TEXT[s][lang]} {last.count(s)}" for s in STEPS if s in last]
    yield Paragraph(_say(lang, "，", ", ").join(counts), "lead")
    planned = {s.plot.id: s.frees for s in order.steps}
    rows = []
    for plot, story in events.items():
        if story[-1]["step"] != "completed":
            continue
        freed = {k: exact(str(v)) for k, v in dict(story[-1].get("freed") or {}).items()}
        for goal in GOALS:
            promised = planned.get(plot, {}).get(goal)
            if goal in freed or promised is not None:
                real = "-" if goal not in freed else decimal_text(freed[goal])
                gap = "-" if goal not in freed or promised is None else decimal_text(freed[goal] - promised)
                rows.append(_cells((plot, NAMES[goal][lang], value_text(promised, lang), real, gap), (2, 3, 4)))
    if rows:
        header = [_say(lang, *w) for w in (
            ("地块", "Plot"), ("项目", "Item"), ("计划", "Planned"), ("实际", "Delivered"), ("差", "Difference"),
        )]  # fmt: skip
        yield Table(tuple(header), tuple(rows), widths=(1, 2, 1, 1, 1))


def write_document(document: Document, path: Path) -> Path:
    """Write a plan or a programme as .docx or .html.

    Raises
    ------
    EcoparkError
        The suffix names neither.
    """
    return write_as(path, Text("方案", "a plan or programme"), lambda: document)
