"""A decision of the gate as the minutes of its joint review: one HTML page, or a Word file that an office signs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

from ecopark.admission.bookings import decision_id
from ecopark.admission.decision import CounterOffer, Decision
from ecopark.admission.industry import named
from ecopark.admission.joint_review import Office, Review, votes_of
from ecopark.admission.wording import BASIS_TEXT, STATUS_TEXT, VERDICTS, amount
from ecopark.core.rounding import decimal_text
from ecopark.core.text import Text
from ecopark.core.words import unit_words
from ecopark.observations.quantity import catalogue
from ecopark.reports.blocks import Block, Bullets, Cell, Cover, Document, Fold, Heading, Pairs, Paragraph, Table
from ecopark.reports.blocks import Code as Fixed
from ecopark.reports.html import render_html
from ecopark.reports.word import write_word
from ecopark.workflows.admit_project import Kept
from ecopark.workflows.tell_decision import (
    KIND_TEXT,
    MOST_PLACES,
    OPINIONS,
    STATUS_TONES,
    TONES,
    W,
    limit_text,
    more_places,
    percent,
    proof,
    quota_name,
    signed_how,
    until_text,
    value_text,
    where,
)

NUMBERS_ZH = "一二三四五六七八九十"
USUAL = (
    Office("environment", Text("生态环境部门", "Environment office")),
    Office("investment", Text("招商部门", "Investment office")),
)
"""Who signs where the policy names no offices."""
COLON = {"zh": "：", "en": ": "}
QUIET = ("not_applicable", "not_due", "expired", "to_fill")
"""Findings that say why a rule did not apply; they stand at the end of the table."""


def minutes(d: Decision, lang: str, kept: Kept | None = None) -> Document:
    """The decision as minutes of the joint review.

    Parameters
    ----------
    d
        The decision.
    lang
        ``zh`` or ``en``.
    kept
        What was booked in the ledger and kept in the register, if anything was.
    """
    parts: list[tuple[str, list[Block]]] = [("verdict", _verdict(d, lang))]
    if d.reasons:
        parts.append(("conditions" if d.verdict == "conditional" else "reasons", [_reasons(d, lang)]))
    if d.counter_offer is not None:
        parts.append(("offer", _offer(d.counter_offer, lang)))
    parts.append(("facts", [_facts(d, lang)]))
    parts.append(("findings", [_findings(d, lang)]))
    if d.missing:
        parts.append(("missing", [Bullets(tuple(str(m) for m in d.missing))]))
    if d.bookings:
        parts.append(("bookings", _bookings(d, lang, kept)))
    if d.places:
        parts.append(("places", _places(d, lang)))
    parts.append(("opinions", _opinions(d, lang)))
    parts.append(("notes", [Bullets(_notes(d, lang))]))
    blocks: list[Block] = [_head(d, lang, kept)]
    for number, (name, body) in enumerate(parts):
        count = f"{NUMBERS_ZH[number]}、" if lang == "zh" else f"{number + 1}. "
        blocks += [Heading(1, count + W[name][lang], name), *body]
    traces = tuple(
        Fold(f.rule.label[lang], (Fixed(f.trace.to_text(lang, units=unit_words)),))
        for f in d.findings
        if f.trace is not None
    )
    if traces:
        blocks += [Heading(1, W["attachment"][lang], "traces"), *traces]
    cover = Cover(W["title"][lang], d.policy.issuer[lang], d.project.name, d.on.isoformat(), (), page=False)
    return Document(lang, cover, tuple(blocks))


def _head(d: Decision, lang: str, kept: Kept | None) -> Pairs:
    """Who asks for what, under which policy, decided when and under which number."""
    p = d.project
    entry = None if kept is None else kept.entry
    place = p.parcel or p.group or (W["place"][lang] + " GeoJSON" if p.geometry else "")
    pairs = (
        ("id", decision_id(d)),
        ("on", d.on.isoformat()),
        ("project", p.name),
        ("industry", named(p.industry_code) if p.industry_code else ""),
        ("kind", KIND_TEXT[p.kind][lang]),
        ("words", ("、" if lang == "zh" else ", ").join(p.words or ())),
        ("site", place),
        ("start", str(p.start or "")),
        ("policy", f"{d.policy.title[lang]} {d.policy.number}".strip()),
        ("hash", d.policy.hash),
        ("registered", "" if entry is None else f"{entry.number}"),
    )
    return Pairs(tuple((W[key][lang], value or "—") for key, value in pairs if value or key in ("industry", "site")))


def _verdict(d: Decision, lang: str) -> list[Block]:
    count = len(d.findings)
    met = sum(f.status == "met" for f in d.findings)
    if lang == "zh":
        text = f"经对照政策 {count} 条规则审查，判定：{VERDICTS[d.verdict].zh}。其中符合 {met} 条。"
    else:
        text = f"Held against {count} rules of the policy, {met} of which are met. Verdict: {VERDICTS[d.verdict].en}."
    found: list[Block] = [Paragraph(text, "lead")]
    if d.policy.warning:
        found.append(Paragraph(d.policy.warning[lang], "warning"))
    if d.verdict == "refuse" and d.counter_offer is None:
        found.append(Paragraph(W["no_offer"][lang], "note"))
    return found


def _reasons(d: Decision, lang: str) -> Table:
    header = (W["rule"][lang], W["finding"][lang], W["written"][lang])
    rows = tuple((Cell(f.rule.label[lang], strong=True), Cell(f.reason[lang]), Cell(where(f, lang))) for f in d.reasons)
    return Table(header, rows, widths=(1.6, 4, 2.2))


def _offer(offer: CounterOffer, lang: str) -> list[Block]:
    header = tuple(W[k][lang] for k in ("fact", "now", "needed", "change"))
    rows = tuple(
        (
            Cell(c.label[lang]), Cell(amount(c.now, c.unit, lang), number=True),
            Cell(amount(c.needed, c.unit, lang), number=True, strong=True), Cell(percent(c.relative), number=True),
        )
        for c in offer.changes
    )  # fmt: skip
    return [Table(header, rows, widths=(3, 2, 2, 1)), Paragraph(proof(offer, lang), "note")]


def _facts(d: Decision, lang: str) -> Table:
    """The figures as the investor gave them."""
    header = tuple(W[k][lang] for k in ("fact", "value", "period", "source"))
    rows = []
    for o in d.project.facts.observations:
        ratio = d.policy.ratios.get(o.quantity)
        label = ratio.label if ratio is not None else catalogue()[o.quantity].label
        period = str(o.period) or W["full"][lang]
        value = amount(o.value, o.unit, lang) if isinstance(o.value, Fraction) else str(o.value)
        rows.append(
            (
                Cell(label[lang], note=o.by),
                Cell(value, number=True),
                Cell(period),
                Cell(o.source or _written(str(o.place))),
            )
        )
    return Table(header, tuple(rows), widths=(3, 2, 1.2, 2.4))


def _written(place: str) -> str:
    """Where a figure stands; nothing where it was typed on a form, whose fields have no place a reader could open."""
    return "" if place.startswith("project!") else place


def _findings(d: Decision, lang: str) -> Table:
    header = tuple(W[k][lang] for k in ("rule", "status", "held", "why", "written"))
    ordered = [*(f for f in d.findings if f.status not in QUIET), *(f for f in d.findings if f.status in QUIET)]
    rows = tuple(
        (
            Cell(f.rule.label[lang], note=f.rule.tail),
            Cell(STATUS_TEXT[f.status][lang], tone=STATUS_TONES.get(f.status, "muted")),
            Cell(value_text(f, lang), note=limit_text(f, lang)),
            Cell(f.reason[lang]),
            Cell(f.rule.clause, note=BASIS_TEXT[f.rule.basis][lang]),
        )
        for f in ordered
    )
    return Table(header, rows, widths=(2.2, 1.4, 2.1, 4, 2.2), wide=True)


def _bookings(d: Decision, lang: str, kept: Kept | None) -> list[Block]:
    header = tuple(W[k][lang] for k in ("quota", "year", "amount", "ratio", "required"))
    rows = tuple(
        (
            Cell(quota_name(b.quota, lang)), Cell(str(b.year)), Cell(amount(b.amount, b.unit, lang), number=True),
            Cell(decimal_text(b.ratio), number=True), Cell(amount(b.required, b.unit, lang), number=True),
        )
        for b in d.bookings
    )  # fmt: skip
    found: list[Block] = [Table(header, rows, widths=(2, 1, 2, 1, 2))]
    if kept is not None and kept.booked:
        names = tuple(W[k][lang] for k in ("ref", "required", "until"))
        reserved = tuple((Cell(e.ref), Cell(f"{e.amount:f}", number=True), Cell(until_text(e))) for e in kept.booked)
        found.append(Table(names, reserved, widths=(4, 2, 2)))
    return found


def _places(d: Decision, lang: str) -> list[Block]:
    header = tuple(W[k][lang] for k in ("place", "verdict", "why"))
    joint = "；" if lang == "zh" else "; "
    rows = tuple(
        (
            Cell(f"{p.id} {p.name[lang]}" if p.name[lang] != p.id else p.id, note=p.group),
            Cell(VERDICTS[p.verdict][lang], tone=TONES[p.verdict]),
            Cell(joint.join(t[lang] for _, t in p.reasons)),
        )
        for p in d.places[:MOST_PLACES]
    )
    found: list[Block] = [Table(header, rows, widths=(2, 1, 4))]
    if more_places(d, lang):
        found.append(Paragraph(more_places(d, lang), "note"))
    return found


def _opinions(d: Decision, lang: str) -> list[Block]:
    """What each office says, how the votes stand, and a line for every signature."""
    reviews = [r.spec for r in d.policy.rules if isinstance(r.spec, Review)]
    header = tuple(W[k][lang] for k in ("office", "opinion", "signed"))
    found: list[Block] = []
    for spec in reviews or [Review(USUAL, len(USUAL))]:
        rows = tuple(_opinion(d, office, lang) for office in spec.offices)
        found.append(Table(header, rows, widths=(2, 3.4, 3)))
        if reviews:
            found.append(
                Paragraph(f"{W['votes'][lang]}{COLON[lang]}{votes_of(spec, d.project.opinions).text()[lang]}", "note")
            )
    for key in ("chair", "recorder"):
        found.append(Paragraph(f"{W[key][lang]}　{W['sign'][lang]}", "sign"))
    return found


def _opinion(d: Decision, office: Office, lang: str) -> tuple[Cell, ...]:
    given = [o for o in d.project.opinions if o.office == office.id]
    if not given:
        return Cell(office.label[lang], strong=True), Cell(""), Cell(W["sign"][lang])
    o = given[-1]
    said = Cell(OPINIONS[o.opinion][lang], note=o.note)
    signed = f"{o.by}　{o.date}" if o.signed else W["sign"][lang]
    return Cell(office.label[lang], strong=True), said, Cell(signed, note=signed_how(o, lang))


def _notes(d: Decision, lang: str) -> tuple[str, ...]:
    notes: Iterable[Text] = (*d.notes, W[d.policy.status], W["unverified"], W["marks"])
    sources = ("；" if lang == "zh" else "; ").join(d.policy.sources)
    return (*(n[lang] for n in notes), f"{W['source'][lang]}{COLON[lang]}{sources}", f"ecopark {d.version}")


def minutes_html(d: Decision, lang: str, kept: Kept | None = None) -> str:
    """The minutes as one self-contained page."""
    return render_html(minutes(d, lang, kept))


def minutes_word(d: Decision, lang: str, kept: Kept | None = None) -> bytes:
    """The minutes as a Word file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "minutes.docx"
        write_word(minutes(d, lang, kept), path)
        return path.read_bytes()
