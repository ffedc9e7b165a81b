"""Assessments into the content of a dossier: its sections, tables and sentences, in one language.

The one place that decides what a report says. HTML, Word and PDF draw these blocks; nothing here computes anything new.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ecopark.core.text import Text
from ecopark.core.value import Missing
from ecopark.errors import Place
from ecopark.observations.model import Facts, Subject
from ecopark.reports import charts, sections
from ecopark.reports.blocks import Block, Card, Cards, Code, Cover, Document, Figure, Heading, Pairs, Paragraph
from ecopark.reports.labels import VERDICT_TONE, L, say
from ecopark.reports.verdicts import (
    BASIC_KINDS,
    all_verified,
    basis_words,
    count_words,
    rests_on,
    score_name,
    score_value,
    score_words,
    verdict_words,
)
from ecopark.reports.words import joined, labels_of, number
from ecopark.standards.result import Assessment, ClauseResult


@dataclass(frozen=True, slots=True)
class Evidence:
    """A document that supports a figure or a clause.

    Parameters
    ----------
    about
        Id of the clause or quantity.
    period
        The year it speaks of; empty: all.
    """

    about: str
    file: str
    page: str = ""
    date: str = ""
    period: str = ""


@dataclass(frozen=True)
class Material:
    """Everything a dossier is made from, for one subject.

    Parameters
    ----------
    packs
        Per pack its assessments, oldest first; the last one is the assessed period.
    periods
        All periods, oldest first.
    """

    lang: str
    title: str
    packs: tuple[tuple[Assessment, ...], ...]
    periods: tuple[str, ...]
    facts: Facts | None = None
    evidence: tuple[Evidence, ...] = ()
    labels: Mapping[str, Text] = field(default_factory=dict)
    on: date = date.min

    @property
    def current(self) -> tuple[Assessment, ...]:
        """Per pack the assessment of its latest period."""
        return tuple(series[-1] for series in self.packs)

    @property
    def name(self) -> str:
        first = self.packs[0][-1]
        attributes = dict(self.subject.attributes) if self.subject else {}
        return attributes.get(f"name_{self.lang}", "") or first.subject_name or first.subject

    @property
    def subject(self) -> Subject | None:
        return self.facts.subjects.get(self.packs[0][-1].subject) if self.facts else None

    @property
    def invented(self) -> bool:
        """Whether the facts say that they are invented."""
        if self.facts is None:
            return False
        attributes = dict(self.subject.attributes) if self.subject else {}
        told = self.facts.settings.get("invented") or attributes.get("invented", "")
        named = any(word in self.name for word in ("虚构", "invented"))
        return named or (bool(told) and str(told).lower() not in ("false", "0", "no", "否"))

    @property
    def breaks(self) -> tuple[tuple[int, Text], ...]:
        """Changes of the statistical scope within the years shown."""
        years = [int(p[:4]) for p in self.periods if p[:4].isdigit()]
        return self.subject.scope_breaks(years[0], years[-1]) if self.subject and years else ()

    def without_folder(self, text: str) -> str:
        """`text` with the places below the park folder told from the folder, not from the root of a machine."""
        folder = str(self.facts.settings.get("folder", "")) if self.facts else ""
        return text.replace(folder.rstrip("/") + "/", "") if folder not in ("", ".", "/") else text

    def place(self, place: Place | None) -> str:
        """Where a figure stands, told from the park folder."""
        return self.without_folder(str(place)) if place else ""

    def say(self, key: str, **parts: object) -> str:
        return say(key, self.lang, **parts)


def material(
    assessments: Sequence[Assessment],
    *,
    lang: str = "zh",
    facts: Facts | None = None,
    evidence: Iterable[Evidence] = (),
    title: str = "",
    on: date | None = None,
) -> Material:
    """Order assessments of one subject by pack and period.

    Parameters
    ----------
    on
        The day of the report, for what is due; by default the last day of the latest year.

    Raises
    ------
    ValueError
        No assessment, or assessments of several subjects.
    """
    if not assessments:
        raise ValueError("a dossier needs at least one assessment")
    subjects = {a.subject for a in assessments}
    if len(subjects) > 1:
        raise ValueError(f"a dossier is about one subject, not {len(subjects)}: {', '.join(sorted(subjects))}")
    series: dict[str, list[Assessment]] = {}
    for assessment in assessments:
        series.setdefault(assessment.pack.id, []).append(assessment)
    packs = tuple(tuple(sorted(found, key=lambda a: a.period)) for found in series.values())
    periods = tuple(sorted({a.period for a in assessments}))
    labels = labels_of(c.trace for a in assessments for c in a.clauses)
    labels.update({g.item.quantity: g.label for a in assessments for g in a.gaps if g.label})
    given = tuple(evidence) or evidence_of(facts.settings if facts else {})
    return Material(
        lang, title or L["title"][lang], packs, periods, facts, given, _catalogued(labels), on or _last_day(periods[-1])
    )


def _last_day(period: str) -> date:
    return date(int(period[:4]) if period[:4].isdigit() else 2000, 12, 31)


def _catalogued(labels: dict[str, Text]) -> dict[str, Text]:
    """Labels of the catalogue under those that the traces carry."""
    try:
        from ecopark.observations.quantity import catalogue

        known = {q.id: q.label for q in catalogue().quantities.values()}
    except (ImportError, OSError):
        known = {}
    return {**known, **labels}


def evidence_of(settings: Mapping[str, Any]) -> tuple[Evidence, ...]:
    """The evidence list of a park folder's settings: rows with clause or quantity, file, page, date."""
    rows = settings.get("evidence") or ()
    found = []
    for row in rows:
        if isinstance(row, Evidence):
            found.append(row)
        elif isinstance(row, Mapping):
            about = next((str(row[k]) for k in ("about", "clause_or_quantity", "clause", "quantity") if row.get(k)), "")
            texts = [str(row.get(k) or "") for k in ("file", "page", "date", "period")]
            found.append(Evidence(about, *texts))
        elif all(hasattr(row, k) for k in ("file", "page", "date")):
            about = str(getattr(row, "about", "") or getattr(row, "clause", "") or getattr(row, "quantity", ""))
            found.append(Evidence(about, str(row.file), str(row.page or ""), str(row.date or "")))
    return tuple(found)


def build(m: Material) -> Document:
    """The whole dossier."""
    blocks: list[Block] = []
    for part in (
        _summary(m),
        sections.basic_facts(m),
        _per_pack(m),
        sections.missing(m),
        sections.must_change(m),
        sections.trends(m),
        sections.quality(m),
        sections.evidence_list(m),
        sections.conversions(m),
        sections.promise(m),
        sections.appendix(m),
    ):
        blocks += part
    return Document(m.lang, _cover(m), tuple(blocks))


def pack_title(a: Assessment, lang: str) -> str:
    """Title and number of a standard."""
    title = a.pack.title[lang]
    if lang == "zh":
        title = f"《{title.strip('《》')}》"
    return f"{title} {a.pack.number}" if a.pack.number and a.pack.number not in title else title


def _cover(m: Material) -> Cover:
    current = m.current
    lines = [f"{m.say('years')}{_colon(m)}{joined(m.periods, m.lang)}"]
    if version := current[0].version:
        lines.append(f"{m.say('version')}{_colon(m)}ecopark {version}")
    return Cover(
        title=m.title,
        subtitle=m.say("subtitle"),
        park=m.name,
        period=m.periods[-1],
        packs=tuple(pack_title(a, m.lang) for a in current),
        label=m.say("invented") if m.invented else "",
        lines=tuple(lines),
    )


def _colon(m: Material) -> str:
    return "：" if m.lang == "zh" else ": "


# -- summary -----------------------------------------------------------------------------------------------------------


def _card(a: Assessment, m: Material) -> Card:
    lines = [count_words(a, m.lang)]
    if said := rests_on(a, m.lang) or score_words(a, m.lang):
        lines.insert(0, said)
    lines += [basis_words(a, m.lang)]
    return Card(
        f"{pack_title(a, m.lang)} · {a.period}",
        verdict_words(a, m.lang),
        VERDICT_TONE[a.verdict],
        tuple(filter(None, lines)),
    )


def _summary(m: Material) -> list[Block]:
    blocks: list[Block] = [Heading(1, m.say("s_summary"), "summary")]
    if m.invented:
        blocks.append(Paragraph(m.say("invented"), "warning"))
    blocks.append(Cards(tuple(_card(a, m) for a in m.current)))
    for a in m.current:
        blocks.append(Paragraph(summary_sentence(a, m), "lead"))
        if warning := a.pack.warning[m.lang]:
            blocks.append(Paragraph(f"{pack_title(a, m.lang)}{_colon(m)}{warning}", "warning"))
    blocks.append(Figure(charts.matrix(m), m.say("chart_matrix"), matrix_alt(m)))
    blocks.append(Paragraph(m.say("how_to_read"), "note"))
    if not all(all_verified(a) for a in m.current):
        blocks.append(Paragraph(m.say("pre_result"), "note"))
    return blocks


def summary_sentence(a: Assessment, m: Material) -> str:
    """One sentence per standard for the reader in a hurry."""
    reasons = ("；" if m.lang == "zh" else "; ").join(t[m.lang].rstrip("。.") for t in a.verdict_reasons)
    if m.lang == "zh":
        text = f"按{pack_title(a, 'zh')}，{m.name} {a.period} 年度判定为“{verdict_words(a, 'zh')}”"
        return text + (f"：{reasons}。" if reasons else "。")
    text = f"Held against {pack_title(a, 'en')}, {m.name} for {a.period}: {verdict_words(a, 'en')}"
    return text + (f" ({reasons})." if reasons else ".")


def matrix_alt(m: Material) -> str:
    """The matrix of verdicts in words."""
    lines = []
    for series in m.packs:
        cells = joined((f"{a.period} {verdict_words(a, m.lang)}" for a in series), m.lang)
        lines.append(f"{series[-1].pack.title[m.lang]}{_colon(m)}{cells}")
    return ("；" if m.lang == "zh" else "; ").join(lines)


# -- per pack ----------------------------------------------------------------------------------------------------------


def _per_pack(m: Material) -> list[Block]:
    blocks: list[Block] = []
    for at, series in enumerate(m.packs):
        now = series[-1]
        anchor = f"pack-{at + 1}"
        blocks.append(Heading(1, pack_title(now, m.lang), anchor))
        facts = [(m.say("verdict"), verdict_words(now, m.lang))]
        if score := score_value(now):
            facts.append((m.say(score_name(now) + ("" if now.score is not None else "_between")), score))
        facts.append((m.say("rests_on"), rests_on(now, m.lang)))
        facts.append((m.say("status"), count_words(now, m.lang)))
        facts.append((m.say("basis"), basis_words(now, m.lang)))
        blocks.append(Pairs(tuple((k, v) for k, v in facts if v)))
        if now.pack.is_frame:
            blocks.append(Paragraph(m.say("frame"), "warning"))
        basic = tuple(c for c in now.clauses if c.clause.kind in BASIC_KINDS)
        if basic:
            blocks.append(Heading(2, m.say("s_basic"), f"{anchor}-basic"))
            blocks.append(sections.indicator_table(m, series, basic))
        rest = tuple(c for c in now.clauses if c.clause.kind not in BASIC_KINDS)
        if rest:
            blocks.append(Heading(2, m.say("s_indicators"), f"{anchor}-indicators"))
            blocks.append(sections.indicator_table(m, series, rest))
        if now.score_parts:
            alt = joined(
                (f"{p.label[m.lang]} {number(p.value) if p.value is not None else '—'}" for p in now.score_parts),
                m.lang,
            )
            blocks.append(Figure(charts.score_bars(now, m.lang), m.say("chart_score"), alt))
        for page in charts.small_multiples(m, series):
            blocks.append(Figure(page.svg, m.say("chart_limits"), page.alt))
        if single := charts.single_points(series):
            names = joined((f"{c.clause.tail} {c.clause.label[m.lang]}" for c in single), m.lang)
            blocks.append(Paragraph(m.say("single_points", names=names), "note"))
        blocks.append(Heading(2, m.say("s_explain"), f"{anchor}-explain"))
        blocks += [sections.explanation(m, now, c) for c in now.clauses]
    return blocks


def is_missing(c: ClauseResult) -> bool:
    """Whether the clause has no value."""
    return isinstance(c.value, Missing)


__all__ = [
    "Code",
    "Evidence",
    "Material",
    "all_verified",
    "basis_words",
    "build",
    "count_words",
    "material",
    "score_words",
    "verdict_words",
]
