"""An assessment as plain data with everything a page or a short report shows: both languages, traces, gaps, changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from ecopark.core.trace import value_text
from ecopark.core.words import reference_words, requirement, shown, with_unit
from ecopark.reports.verdicts import all_verified, basis_words, score_words, verdict_words
from ecopark.standards.result import Assessment, ClauseResult

Said = dict[str, tuple[ClauseResult, dict[str, Any]]]
"""Clauses by id as they were put last time: a clause that is the same is not put again."""


def whole(result: Assessment, said: Said | None = None) -> dict[str, Any]:
    """The assessment as plain data; `said` is brought up to date."""
    said = {} if said is None else said
    data = replace(result, clauses=()).to_dict()
    for found in result.clauses:
        known = said.get(found.id)
        if known is None or (known[0] is not found and known[0] != found):
            said[found.id] = found, found.to_dict() | _clause(found)
    data["clauses"] = [said[found.id][1] for found in result.clauses]
    data["verdict_said"] = _both(verdict_words, result)
    data["score_said"] = _both(score_words, result)
    data["basis"] = weakest(c.clause.basis.overall for c in result.clauses if c.limit.require is not None)
    data["verified"] = all_verified(result)
    data["basis_said"] = _both(basis_words, result)
    data["checked"] = sum(bool(c.verified) for c in result.clauses)
    data["verdict_reasons"] = [_pair(t) for t in result.verdict_reasons]
    data["findings"] = [_pair(t) for t in result.findings]
    data["notes"] = [_pair(t) for t in result.notes]
    data["counts"] = result.counts()
    data["short_by"] = result.short_by()
    data["groups"] = {g.id: _pair(g.label) for g in result.pack.groups}
    data["gaps"] = [
        {
            "item": str(g.item), "quantity": g.item.quantity, "period": g.item.period, "by": g.item.by,
            "label": _pair(g.label), "department": _pair(g.department), "unit": g.unit, "clauses": list(g.clauses),
            "settles": g.settles,
        }
        for g in result.gaps
    ]  # fmt: skip
    data["score_parts"] = [
        {
            "id": p.id,
            "label": _pair(p.label),
            "value": None if p.value is None else float(p.value),
            "note": _pair(p.note),
        }
        for p in result.score_parts
    ]
    return data


def weakest(known: Iterable[str]) -> str:
    """The least certain of some bases (recalled before inferred before seen); empty for none."""
    there = set(known)
    return next((b for b in ("recalled", "inferred", "seen") if b in there), "")


def _both(words: Callable[[Assessment, str], str], result: Assessment) -> dict[str, str]:
    return {lang: words(result, lang) for lang in ("zh", "en")}


def _clause(found: ClauseResult) -> dict[str, Any]:
    clause = found.clause
    limit = found.limit
    return {
        "value_said": {k: with_unit(shown(found.value, k, limit.value), clause.unit, k) for k in ("zh", "en")},
        "limit_said": {
            k: requirement(limit.require.op, limit.value, clause.unit, k) if limit.require else "" for k in ("zh", "en")
        },
        "source_said": {k: reference_words(clause.reference, k) for k in ("zh", "en")},
        "sources": list(clause.sources),
        "tail": clause.tail,
        "number": _number(found.value),
        "limit_number": _number(found.limit.value),
        "why": _pair(found.limit.why),
        "reason": _pair(found.reason),
        "doubts": [_pair(t) for t in found.doubts],
        "notes": [_pair(t) for t in found.notes],
        "counts": found.counts,
        "choice_open": found.choice_open,
        "formula": clause.formula or clause.indicator or "",
        "verified_by": found.verified,
        "changes": [
            {
                "quantity": c.quantity, "period": c.period, "by": c.by, "label": _pair(c.label), "unit": c.unit,
                "now": {k: with_unit(shown(c.now, k), c.unit, k) for k in ("zh", "en")},
                "needed": {k: with_unit(shown(c.needed, k, c.now), c.unit, k) for k in ("zh", "en")},
                "exact": {"now": value_text(c.now), "needed": value_text(c.needed)},
            }
            for c in found.changes
        ],
        "trace": found.trace.to_dict(),
        "limit_trace": found.limit.trace.to_dict() if found.limit.trace else None,
    }  # fmt: skip


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, Fraction) else None


def _pair(text: Any) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def key_indicators(results: Sequence[Mapping[str, Any]], most: int) -> list[tuple[Mapping[str, Any], dict[str, Any]]]:
    """Results and clauses worth a chart: those not met first, the mandatory before the optional; numbers with limits only."""
    numbered = [
        (result, clause)
        for result in results
        for clause in result["clauses"]
        if clause["counts"] and None not in (clause["number"], clause["limit_number"])
    ]
    return sorted(numbered, key=lambda pair: _telling(pair[1]))[:most]


def _telling(clause: dict[str, Any]) -> tuple[bool, bool]:
    return clause["status"] != "not_met", clause["kind"] != "mandatory"


def missing_by_department(results: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What is missing over several standards, by department, the figure that settles most first."""
    found: dict[str, dict[str, Any]] = {}
    for result in results:
        for gap in result["gaps"]:
            known = found.setdefault(gap["item"], {**gap, "clauses": [], "settles": 0})
            known["clauses"] += gap["clauses"]
            known["settles"] += gap["settles"]
    by_department: dict[str, dict[str, Any]] = {}
    for gap in sorted(found.values(), key=lambda g: (-g["settles"], -len(g["clauses"]))):
        group = by_department.setdefault(gap["department"]["zh"], {"department": gap["department"], "gaps": []})
        group["gaps"].append(gap)
    return list(by_department.values())
