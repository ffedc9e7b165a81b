"""What five real zones publish, and what is missing: their figures as facts, held against every standard."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from ecopark.core.text import Text
from ecopark.core.whole import all_or_nothing
from ecopark.examples import five_zones
from ecopark.examples.five_zones import Zone, published, title, zones
from ecopark.indicators.catalogue import indicators
from ecopark.observations.model import Facts
from ecopark.observations.quantity import catalogue
from ecopark.packs.model import Pack
from ecopark.reports.blocks import Block, Bullets, Cell, Cover, Document, Heading, Paragraph, Table
from ecopark.reports.html import render_html
from ecopark.reports.words import number, shown, with_unit
from ecopark.standards.needs import needed_quantities
from ecopark.standards.result import STATUS_TEXT, VERDICT_TEXT, Assessment
from ecopark.workflows.assess_park import assess_all

LEAD = Text(
    "以下数值均取自各区公开报道，原样照录；只有确切且注明年份的数值进入评价。公开数据远不足以判定任何一项标准，缺什么逐项列出。",
    "All figures are taken from public reports as they stand; only exact, dated ones enter an assessment. What is public "
    "is far from enough to decide any standard; what is missing is listed.",
)


def zone_assessments(packs: list[Pack]) -> tuple[Facts, list[Assessment]]:
    """The five zones held against packs, each in the published year that settles most; zones without any left out."""
    facts = five_zones()
    found: list[Assessment] = []
    for zone in zones():
        years = facts.years(zone.id)
        for pack in packs if years else []:
            tried = assess_all(facts, [pack], periods=years, subject=zone.id, detail=False)
            found.append(max(tried, key=lambda a: (_settled(a), a.period)))
    return facts, found


def _settled(assessment: Assessment) -> int:
    return sum(c.status != "undetermined" for c in assessment.clauses)


def zones_document(packs: list[Pack], lang: str) -> Document:
    """Published figures per zone, what each standard can say of them, and what is missing."""
    zh = lang == "zh"
    _, assessments = zone_assessments(packs)
    blocks: list[Block] = [Paragraph(LEAD[lang], "lead")]
    for zone in zones():
        blocks.append(Heading(1, zone.name[lang], zone.id))
        blocks.append(Paragraph(("来源：" if zh else "Source: ") + zone.source[lang], "note"))
        blocks.append(_published(zone.id, lang))
        own = [a for a in assessments if a.subject == zone.id]
        if own:
            blocks.append(_verdicts(own, lang))
        else:
            blocks.append(
                Paragraph(
                    "没有确切且注明年份的数值可用于评价。"
                    if zh
                    else "No exact, dated figure that a standard asks for.",
                    "warning",
                )
            )
        blocks.append(
            Heading(2, "文中提及而未公布数值的" if zh else "Mentioned without a value", f"{zone.id}-unpublished")
        )
        blocks.append(Bullets(tuple(t[lang] for t in zone.unpublished)))
        blocks.append(
            Heading(2, "文中另有、不是实绩的数" if zh else "Said in numbers, but not reached", f"{zone.id}-other")
        )
        blocks.append(_other(zone, lang))
    cover = Cover(
        title=title()[lang],
        subtitle="五个真实园区" if zh else "five real zones",
        park="",
        period="",
        packs=tuple(p.title[lang] for p in packs),
        lines=(f"{len(published())} " + ("个公开数值" if zh else "published figures"),),
    )
    return Document(lang, cover, tuple(blocks))


def _published(zone: str, lang: str) -> Table:
    zh = lang == "zh"
    rows = []
    for f in published():
        if f.zone != zone:
            continue
        if f.exact and f.quantity:
            use = Cell(_label(f.quantity, lang), "进入评价" if zh else "used", "good")
        elif f.near or f.quantity:
            use = Cell(_label(f.near or f.quantity, lang), f.why_not[lang], "open")
        else:
            use = Cell("-", f.why_not[lang])
        op = "" if f.op == "=" else {">=": "≥ ", ">": "> ", "<": "< ", "<=": "≤ "}.get(f.op, f.op)
        rows.append(
            (
                Cell(f.label[lang], f.note[lang]),
                Cell(op + with_unit(_told(f.value, lang), f.unit, lang), number=True),
                Cell(f.year or "-"),
                use,
            )
        )
    header = (
        ("公布的数值", "数值", "年份", "对应的数据项")
        if zh
        else ("published figure", "value", "year", "quantity it is")
    )
    return Table(header, tuple(rows), widths=(4, 2, 1.2, 3))


def _other(zone: Zone, lang: str) -> Table:
    """Plans, layouts, events, targets and thresholds of the article, each with the reason why it is no figure."""
    rows = tuple(
        (
            Cell(s.label[lang]),
            Cell(with_unit(s.value, s.unit, lang), number=True),
            Cell(s.year or "-"),
            Cell(s.why_not[lang]),
        )
        for s in zone.other
    )
    header = (
        ("文中所说", "数值", "年份", "为何不用") if lang == "zh" else ("said", "value", "year", "why it is not used")
    )
    return Table(header, rows, widths=(4, 2, 1.2, 3))


def _label(name: str, lang: str) -> str:
    """What people call a quantity or an indicator."""
    quantity = catalogue().find(name)
    if quantity is not None:
        return quantity.label[lang]
    return indicators()[name].label[lang] if name in indicators() else name


def _told(value: str, lang: str) -> str:
    """A published value: 是 or 否 for a flag, thousands grouped."""
    if value in ("true", "false"):
        return shown(value == "true", lang)
    try:
        return number(Fraction(value), 15)
    except ValueError:
        return value


def _verdicts(assessments: list[Assessment], lang: str) -> Table:
    zh = lang == "zh"
    rows = []
    for a in assessments:
        counts = a.counts()
        said = (
            "，".join(f"{STATUS_TEXT[s].zh} {n}" for s, n in counts.items())
            if zh
            else ", ".join(f"{STATUS_TEXT[s].en} {n}" for s, n in counts.items())
        )
        needed = needed_quantities(a.pack)
        missing = {item.quantity for c in a.clauses for item in c.missing}
        share = f"{len(missing)} / {len(needed)}"
        tone = {"pass": "good", "fail": "bad", "undetermined": "open", "none": "muted"}[a.verdict]
        rows.append(
            (
                Cell(a.pack.title[lang], a.pack.id),
                Cell(a.period),
                Cell(VERDICT_TEXT[a.verdict][lang], a.basis(lang), tone=tone),
                Cell(said),
                Cell(share, number=True),
            )
        )
    header = (
        ("评价标准", "年份", "判定与依据", "条款", "缺少的数据项")
        if zh
        else ("standard", "year", "verdict and basis", "clauses", "quantities missing")
    )
    return Table(header, tuple(rows), widths=(3.4, 0.8, 2.6, 3, 1.4))


def write_zones(folder: Path, packs: list[Pack], lang: str) -> list[Path]:
    """The page, and the facts beside it as CSV in the long form."""
    import csv

    names = "five-zones.html", "five-zones.csv"
    with all_or_nothing(folder) as work:
        (work / names[0]).write_text(render_html(zones_document(packs, lang)), encoding="utf-8")
        with (work / names[1]).open("w", encoding="utf-8-sig", newline="") as file:
            rows = five_zones().to_rows()
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return [folder / name for name in names]
