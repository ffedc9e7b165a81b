"""A decision of the gate as plain data in both languages: what the pages show and what is kept whole."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ecopark.admission.bookings import decision_id
from ecopark.admission.decision import CounterOffer, Decision, Finding
from ecopark.admission.industry import named
from ecopark.admission.joint_review import Review, votes_of
from ecopark.admission.project_form import LABELS
from ecopark.admission.wording import BASIS_TEXT, STATUS_TEXT, VERDICTS, amount
from ecopark.core.rounding import decimal_text
from ecopark.core.text import Text
from ecopark.core.words import unit_words
from ecopark.errors import Problem
from ecopark.observations.quantity import catalogue
from ecopark.workflows.tell_decision import (
    KIND_TEXT,
    OPINIONS,
    STATUS_TONES,
    limit_text,
    percent,
    proof,
    quota_name,
    signed_how,
    value_text,
)

QUIET = ("not_applicable", "not_due", "expired", "to_fill")
"""Findings that say why a rule did not apply; they stand at the end."""
LANGUAGES = ("zh", "en")


def told(d: Decision) -> dict[str, Any]:
    """Everything a page shows of a decision."""
    return {
        "id": decision_id(d),
        "decision": d.to_dict(),
        "verdict": d.verdict,
        "verdict_said": pair(VERDICTS[d.verdict]),
        "on": d.on.isoformat(),
        "period": d.period,
        "version": d.version,
        "policy": {"id": d.policy.id, "hash": d.policy.hash, "title": pair(d.policy.title), "status": d.policy.status,
                   "warning": pair(d.policy.warning), "sources": list(d.policy.sources)},
        "map_hash": d.map_hash,
        "project": _project(d),
        "facts": _facts(d),
        "findings": [_finding(f) for f in _ordered(d)],
        "reasons": [f.id for f in d.reasons],
        "others": len(d.findings) - len(d.reasons),
        "met": sum(f.status == "met" for f in d.findings),
        "bookings": [
            {
                "quota": b.quota, "label": both(partial(quota_name, b.quota)), "year": b.year,
                "amount": both(partial(amount, b.amount, b.unit)), "ratio": decimal_text(b.ratio),
                "required": both(partial(amount, b.required, b.unit)),
            }
            for b in d.bookings
        ],
        "quotas": None if d.quotas is None else [
            {"quota": q, "label": both(partial(quota_name, q)), "year": y, "left": decimal_text(left)}
            for (q, y), left in sorted(d.quotas.items())
        ],
        "missing": [str(m) for m in d.missing],
        "offer": None if d.counter_offer is None else offer_data(d.counter_offer),
        "places": [
            {
                "id": p.id, "kind": p.kind, "name": pair(p.name), "group": p.group, "verdict": p.verdict, "rank": p.rank,
                "reasons": [pair(t) for _, t in p.reasons], "fits": {k: decimal_text(v, 2) for k, v in p.fits},
            }
            for p in d.places
        ],
        "votes": [pair(votes_of(r.spec, d.project.opinions).text()) for r in d.policy.rules if isinstance(r.spec, Review)],
        "notes": [pair(t) for t in d.notes],
        "warnings": [problem_data(p) for p in d.warnings],
    }  # fmt: skip


def _ordered(d: Decision) -> list[Finding]:
    """Those that decide first, then the others that applied, then those that did not."""
    rank = {"refuse": 0, "undetermined": 1, "condition": 2}
    return sorted(d.findings, key=lambda f: (f.status in QUIET, rank.get(f.decides, 3)))


def _finding(f: Finding) -> dict[str, Any]:
    return {
        "rule": f.rule.id, "tail": f.rule.tail, "label": pair(f.rule.label), "clause": f.rule.clause,
        "source": f.rule.source, "basis": f.rule.basis, "basis_said": pair(BASIS_TEXT[f.rule.basis]),
        "status": f.status, "status_said": pair(STATUS_TEXT[f.status]), "tone": STATUS_TONES.get(f.status, "muted"),
        "decides": f.decides, "reason": pair(f.reason), "value": both(lambda k: value_text(f, k)),
        "limit": both(lambda k: limit_text(f, k)), "quiet": f.status in QUIET,
        "trace": None if f.trace is None else both(lambda k: f.trace.to_text(k, units=unit_words) if f.trace else ""),
    }  # fmt: skip


def offer_data(offer: CounterOffer) -> dict[str, Any]:
    """A counter-offer with its proof, and the figures as a form takes them."""
    return {
        "changes": [
            {
                "quantity": c.quantity, "by": c.by, "label": pair(c.label), "unit": c.unit, "to": decimal_text(c.needed),
                "now": both(partial(amount, c.now, c.unit)),
                "needed": both(partial(amount, c.needed, c.unit)), "percent": percent(c.relative),
            }
            for c in offer.changes
        ],
        "proven": offer.proven,
        "proof": both(lambda k: proof(offer, k)),
        "verdict": offer.verdict,
        "place": offer.place,
    }  # fmt: skip


def _project(d: Decision) -> dict[str, Any]:
    p = d.project
    return {
        "name": p.name, "industry": named(p.industry_code) if p.industry_code else "", "kind": pair(KIND_TEXT[p.kind]),
        "words": list(p.words or ()), "place": p.parcel or p.group or ("GeoJSON" if p.geometry else ""), "start": p.start,
        "given": p.given,
        "opinions": [
            {"office": o.office, "opinion": pair(OPINIONS[o.opinion]), "by": o.by, "date": o.date, "note": o.note, "how": o.how,
             "signed_how": {"zh": signed_how(o, "zh"), "en": signed_how(o, "en")}}
            for o in p.opinions
        ],
    }  # fmt: skip


def _facts(d: Decision) -> list[dict[str, Any]]:
    rows = []
    for o in d.project.facts.observations:
        ratio = d.policy.ratios.get(o.quantity)
        own = Text(*LABELS[o.quantity]) if o.quantity in LABELS else None
        label = own or (ratio.label if ratio is not None else catalogue()[o.quantity].label)
        rows.append(
            {
                "quantity": o.quantity, "label": pair(label), "by": o.by, "period": str(o.period),
                "value": both(partial(amount, o.value, o.unit)),
            }
        )  # fmt: skip
    return rows


def problem_data(problem: Problem) -> dict[str, Any]:
    """A problem with its place and its repair."""
    where = str(problem.place)
    return {
        "place": where, "zh": problem.zh, "en": problem.en, "repair_zh": problem.repair_zh,
        "repair_en": problem.repair_en,
    }  # fmt: skip


def pair(text: Text) -> dict[str, str]:
    """A text as plain data."""
    return {"zh": text.zh, "en": text.en}


def both(words: Callable[[str], str]) -> dict[str, str]:
    """What a function says in each language."""
    return {k: words(k) for k in LANGUAGES}
