"""A decision of the gate as people read it: text for a terminal, minutes as one HTML page or a Word file."""

from __future__ import annotations

import tempfile
from pathlib import Path

from ecopark.admission.decision import CounterOffer, Decision, Finding, PlaceAnswer
from ecopark.admission.wording import BASIS_TEXT, STATUS_TEXT, VERDICTS, amount, unit_text
from ecopark.core.rounding import decimal_text
from ecopark.core.text import Text
from ecopark.reports.blocks import Block, Bullets, Card, Cards, Cell, Cover, Document, Fold, Heading, Paragraph, Table
from ecopark.reports.blocks import Code as Fixed
from ecopark.reports.html import render_html
from ecopark.reports.word import write_word

W = {
    "title": Text("项目准入判定", "Admission decision"),
    "project": Text("项目", "Project"),
    "policy": Text("准入政策", "Policy"),
    "verdict": Text("判定", "Verdict"),
    "reasons": Text("理由", "Reasons"),
    "conditions": Text("条件", "Conditions"),
    "offer": Text("最小调整（全部同时满足即可准入）", "Smallest change that would make it a yes (all of it together)"),
    "proven": Text("已证明没有更小的调整", "proven: no smaller change does"),
    "not_proven": Text("未证明最优", "not proven smallest"),
    "gap": Text("差距不超过", "the gap is at most"),
    "no_offer": Text("仅调整项目数值不能通过", "no change of the project's numbers alone turns it round"),
    "findings": Text("逐条判定", "Every rule"),
    "missing": Text("缺项", "What is missing"),
    "bookings": Text("需占用的总量指标", "What it needs from the quotas"),
    "places": Text("可选地块与组团", "Where it would fit"),
    "notes": Text("说明", "Notes"),
    "rule": Text("规则", "Rule"),
    "status": Text("结果", "Status"),
    "value": Text("数值", "Value"),
    "limit": Text("要求", "Required"),
    "why": Text("说明", "Why"),
    "written": Text("依据出处", "Where it is written"),
    "basis": Text("依据", "Basis"),
    "source": Text("来源", "Source"),
    "now": Text("现值", "Now"),
    "needed": Text("调整为", "Needed"),
    "change": Text("变化", "Change"),
    "quota": Text("指标", "Quota"),
    "year": Text("年度", "Year"),
    "amount": Text("需要量", "Amount"),
    "ratio": Text("替代比例", "Replacement"),
    "required": Text("占用量", "Takes"),
    "place": Text("地块或组团", "Parcel or group"),
    "traces": Text("数据溯源", "How each value was worked out"),
    "opinions": Text("会审意见与签字", "Opinions and signatures"),
    "office": Text("部门", "Office"),
    "opinion": Text("意见", "Opinion"),
    "signed": Text("签字与日期", "Signature and date"),
    "unverified": Text("条款均未经人工核对原文。", "No clause has been checked against the text of the standard."),
    "draft": Text("政策包状态：草案", "Status of the policy pack: draft"),
    "hash": Text("政策版本", "Edition of the policy"),
    "on": Text("判定日期", "Day of the decision"),
}
OPINIONS = {
    "agree": Text("同意", "agrees"),
    "conditions": Text("附条件同意", "agrees under conditions"),
    "oppose": Text("不同意", "opposes"),
}
TONES = {"admit": "good", "conditional": "partly", "refuse": "bad", "undetermined": "open"}
STATUS_TONES = {"met": "good", "condition": "partly", "not_met": "bad", "undetermined": "open"}
MOST_PLACES = 8


def decision_text(d: Decision, lang: str) -> str:
    """The decision for a terminal: verdict, reasons, counter-offer, then every rule in a line."""
    colon = "：" if lang == "zh" else ": "
    lines = [f"{d.project.name}   {d.policy.title[lang]}   {d.on.isoformat()}"]
    lines.append(f"{W['verdict'][lang]}{colon}{VERDICTS[d.verdict][lang]}")
    if d.policy.warning:
        lines.append(d.policy.warning[lang])
    if d.reasons:
        head = W["conditions" if d.verdict == "conditional" else "reasons"][lang]
        lines += ["", head]
        for number, f in enumerate(d.reasons, start=1):
            lines.append(f"  {number}. {f.reason[lang]}")
            lines.append(f"     {W['basis'][lang]}{colon}{_where(f, lang)}")
    if d.counter_offer is not None:
        lines += ["", W["offer"][lang], *(f"  {line}" for line in _offer_lines(d.counter_offer, lang))]
    elif d.verdict == "refuse":
        lines += ["", W["no_offer"][lang]]
    if d.missing:
        lines += ["", W["missing"][lang], *(f"  {item}" for item in d.missing)]
    if d.bookings:
        lines += ["", W["bookings"][lang], *(f"  {line}" for line in _booking_lines(d, lang))]
    if d.places:
        lines += ["", W["places"][lang], *(f"  {_place_line(p, lang)}" for p in d.places[:MOST_PLACES])]
        if len(d.places) > MOST_PLACES:
            more = len(d.places) - MOST_PLACES
            lines.append(f"  另有 {more} 处" if lang == "zh" else f"  and {more} more")
    lines += ["", W["findings"][lang]]
    for f in d.findings:
        value = amount(f.value, f.unit, lang) if f.value is not None else ""
        parts = [f.rule.tail, f.rule.label[lang], STATUS_TEXT[f.status][lang], value, f.limit]
        lines.append("  " + "  ".join(p for p in parts if p))
        if f not in d.reasons and f.status not in ("met", "to_fill"):
            lines.append(f"      {f.reason[lang]}")
    notes = [*d.notes, W["draft"]]
    lines += ["", *(n[lang] for n in notes)]
    return "\n".join(line.rstrip() for line in lines)


def _where(f: Finding, lang: str) -> str:
    parts = [f.rule.clause or f.rule.id, BASIS_TEXT[f.rule.basis][lang]]
    if f.rule.source and f.rule.source not in f.rule.clause:
        parts.insert(1, f.rule.source)
    return ("，" if lang == "zh" else "; ").join(parts)


def _percent(relative: object) -> str:
    from fractions import Fraction

    return f"{float(relative) * 100:+.1f}%" if isinstance(relative, Fraction) else ""


def _offer_lines(offer: CounterOffer, lang: str) -> list[str]:
    lines = []
    for c in offer.changes:
        now, needed = amount(c.now, c.unit, lang), amount(c.needed, c.unit, lang)
        lines.append(f"{c.label[lang]} {now} → {needed}  ({_percent(c.relative)})")
    return [*lines, _proof(offer, lang)]


def _proof(offer: CounterOffer, lang: str) -> str:
    verdict = VERDICTS[offer.verdict][lang]
    after = f"调整后：{verdict}" if lang == "zh" else f"then: {verdict}"
    if offer.place:
        after += f"（落在 {offer.place}）" if lang == "zh" else f" (on {offer.place})"
    if offer.proven:
        return f"{after}；{W['proven'].zh}" if lang == "zh" else f"{after}; {W['proven'].en}"
    text = W["not_proven"][lang]
    if offer.gap is not None:
        text += (
            f"（{W['gap'].zh} {decimal_text(offer.gap, 3)}）"
            if lang == "zh"
            else f" ({W['gap'].en} {decimal_text(offer.gap, 3)})"
        )
    return f"{after}；{text}" if lang == "zh" else f"{after}; {text}"


def _booking_lines(d: Decision, lang: str) -> list[str]:
    return [
        f"{b.quota} {b.year}: {decimal_text(b.amount)} × {decimal_text(b.ratio)} = "
        f"{decimal_text(b.required)} {unit_text(b.unit, lang)}"
        for b in d.bookings
    ]


def _place_line(p: PlaceAnswer, lang: str) -> str:
    rank = f"{p.rank}." if p.rank else "-"
    why = ("；" if lang == "zh" else "; ").join(t[lang] for _, t in p.reasons[:3])
    return f"{rank} {p.id} {p.name[lang]}  {VERDICTS[p.verdict][lang]}  {why}"


# -- documents ---------------------------------------------------------------------------------------------------------


def minutes(d: Decision, lang: str) -> Document:
    """The decision as minutes of the joint review."""
    blocks: list[Block] = [Heading(1, W["verdict"][lang], "verdict"), _card(d, lang)]
    if d.policy.warning:
        blocks.append(Paragraph(d.policy.warning[lang], "warning"))
    if d.reasons:
        head = W["conditions" if d.verdict == "conditional" else "reasons"][lang]
        lines = tuple(f"{f.rule.label[lang]}：{f.reason[lang]}（{_where(f, lang)}）" for f in d.reasons)
        if lang == "en":
            lines = tuple(f"{f.reason.en} ({_where(f, lang)})" for f in d.reasons)
        blocks += [Heading(1, head, "reasons"), Bullets(lines, ordered=True)]
    if d.counter_offer is not None:
        blocks += [Heading(1, W["offer"][lang], "offer"), *_offer_blocks(d.counter_offer, lang)]
    elif d.verdict == "refuse":
        blocks.append(Paragraph(W["no_offer"][lang], "note"))
    if d.missing:
        blocks += [Heading(1, W["missing"][lang], "missing"), Bullets(tuple(str(m) for m in d.missing))]
    if d.bookings:
        header = tuple(W[k][lang] for k in ("quota", "year", "amount", "ratio", "required"))
        rows = tuple(
            (
                Cell(b.quota), Cell(str(b.year)), Cell(amount(b.amount, b.unit, lang), number=True),
                Cell(decimal_text(b.ratio), number=True), Cell(amount(b.required, b.unit, lang), number=True),
            )
            for b in d.bookings
        )  # fmt: skip
        blocks += [Heading(1, W["bookings"][lang], "bookings"), Table(header, rows)]
    if d.places:
        blocks += [Heading(1, W["places"][lang], "places"), _place_table(d, lang)]
    blocks += [Heading(1, W["findings"][lang], "findings"), _finding_table(d, lang)]
    blocks += [Heading(1, W["opinions"][lang], "opinions"), _opinion_table(d, lang)]
    traces = tuple(Fold(f.rule.label[lang], (Fixed(f.trace.to_text(lang)),)) for f in d.findings if f.trace is not None)
    if traces:
        blocks += [Heading(1, W["traces"][lang], "traces"), *traces]
    notes = tuple(n[lang] for n in (*d.notes, W["draft"], W["unverified"]))
    blocks += [Heading(1, W["notes"][lang], "notes"), Bullets(notes)]
    lines = (f"{W['hash'][lang]} {d.policy.hash}", f"ecopark {d.version}", *d.policy.sources)
    cover = Cover(
        W["title"][lang],
        VERDICTS[d.verdict][lang],
        d.project.name,
        d.on.isoformat(),
        (d.policy.title[lang],),
        lines=lines,
    )
    return Document(lang, cover, tuple(blocks))


def _card(d: Decision, lang: str) -> Cards:
    lines = tuple(f.rule.label[lang] for f in d.reasons)
    return Cards((Card(d.project.name, VERDICTS[d.verdict][lang], TONES[d.verdict], lines),))


def _offer_blocks(offer: CounterOffer, lang: str) -> list[Block]:
    header = tuple(W[k][lang] for k in ("value", "now", "needed", "change"))
    rows = tuple(
        (
            Cell(c.label[lang]), Cell(amount(c.now, c.unit, lang), number=True),
            Cell(amount(c.needed, c.unit, lang), number=True, strong=True), Cell(_percent(c.relative), number=True),
        )
        for c in offer.changes
    )  # fmt: skip
    return [Table(header, rows), Paragraph(_proof(offer, lang), "note")]


def _finding_table(d: Decision, lang: str) -> Table:
    header = tuple(W[k][lang] for k in ("rule", "status", "value", "limit", "why", "written"))
    rows = tuple(
        (
            Cell(f.rule.label[lang], note=f.rule.tail),
            Cell(STATUS_TEXT[f.status][lang], tone=STATUS_TONES.get(f.status, "muted")),
            Cell(amount(f.value, f.unit, lang) if f.value is not None else "", number=True),
            Cell(f.limit, number=True),
            Cell(f.reason[lang]),
            Cell(f.rule.clause, note=BASIS_TEXT[f.rule.basis][lang]),
        )
        for f in d.findings
    )
    return Table(header, rows, widths=(2.2, 1.1, 1.4, 1.1, 4, 2.2), wide=True)


def _place_table(d: Decision, lang: str) -> Table:
    header = tuple(W[k][lang] for k in ("place", "verdict", "why"))
    joint = "；" if lang == "zh" else "; "
    rows = tuple(
        (
            Cell(f"{p.id} {p.name[lang]}", note=p.group),
            Cell(VERDICTS[p.verdict][lang], tone=TONES[p.verdict]),
            Cell(joint.join(t[lang] for _, t in p.reasons)),
        )
        for p in d.places
    )
    return Table(header, rows, widths=(2, 1, 4))


def _opinion_table(d: Decision, lang: str) -> Table:
    from ecopark.admission.review_rules import Review

    header = tuple(W[k][lang] for k in ("office", "opinion", "signed"))
    given = {o.office: o for o in d.project.opinions}
    offices = {o.id: o.label for r in d.policy.rules if isinstance(r.spec, Review) for o in r.spec.offices}
    for name in given:
        offices.setdefault(name, Text(name, name))
    if not offices:
        offices["environment"] = Text("生态环境部门", "Environment office")
        offices["investment"] = Text("招商部门", "Investment office")
    rows = []
    for key, label in offices.items():
        o = given.get(key)
        said = OPINIONS[o.opinion][lang] if o else ""
        rows.append((Cell(label[lang]), Cell(said, note=o.note if o else ""), Cell(f"{o.by} {o.date}" if o else "")))
    return Table(header, tuple(rows))


def minutes_html(d: Decision, lang: str) -> str:
    """The minutes as one self-contained page."""
    return render_html(minutes(d, lang))


def minutes_word(d: Decision, lang: str) -> bytes:
    """The minutes as a Word file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "minutes.docx"
        write_word(minutes(d, lang), path)
        return path.read_bytes()
