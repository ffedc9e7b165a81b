"""Assessments on demand: computed once for what they rest on, kept whole, and found again by it.

What an assessment rests on is the figures its pack needs (their count and the last change of one of them), the park's settings,
the signatures under its clauses, the pack's hash and the program's version. A change of any other figure leaves it as it is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, Max

from ecopark import __version__
from ecopark.core.trace import value_text
from ecopark.core.words import reference_words, requirement, shown, with_unit
from ecopark.observations.model import Facts
from ecopark.packs.load import find_pack, shipped_ids
from ecopark.reports.verdicts import all_verified, basis_words, score_words, verdict_words
from ecopark.standards.needs import needed_quantities
from ecopark.standards.result import Assessment, ClauseResult
from ecopark.web.assess.models import Kept
from ecopark.web.figures.facts import facts_of
from ecopark.web.figures.models import Figure
from ecopark.web.parks.models import Park
from ecopark.web.rules import sign
from ecopark.workflows.assess_park import assess_all


@lru_cache(maxsize=256)
def _needs(pack_id: str, pack_hash: str) -> tuple[str, ...]:
    pack = find_pack(pack_id)
    return (
        *needed_quantities(pack),
        *(c.id for c in pack.clauses),
        *(c.indicator for c in pack.clauses if c.indicator),
    )


def rests_on(park: Park, pack_id: str, period: str) -> str:
    """A hash of everything the assessment of this pack and period depends on."""
    pack = find_pack(pack_id)
    rows = Figure.objects.filter(park=park, quantity__in=_needs(pack.id, pack.hash))
    figures = rows.aggregate(last=Max("seq"), count=Count("pk"))
    evidence = park.evidence.filter(withdrawn__isnull=True).aggregate(last=Max("pk"), count=Count("pk"))
    people = park.subjects.aggregate(last=Max("pk"), count=Count("pk"))
    signed = sign.stamp(park, pack.id)
    text = json.dumps(
        [pack.id, pack.hash, __version__, period, figures, evidence, people, park.base_year, park.settings, signed],
        sort_keys=True, ensure_ascii=False, default=str,
    )  # fmt: skip
    return hashlib.sha256(text.encode()).hexdigest()


def find(park: Park, pack_id: str, period: str) -> Kept | None:
    """The assessment that holds now, if it was computed already."""
    return Kept.objects.filter(park=park, pack=pack_id, period=period, key=rests_on(park, pack_id, period)).first()


def assessed(park: Park, pack_id: str, period: str) -> Kept:
    """The assessment that holds now; computed and kept if it is not there yet.

    Raises
    ------
    InputError
        It cannot be assessed: no such period, options that do not fit.
    """
    key = rests_on(park, pack_id, period)
    known = Kept.objects.filter(park=park, pack=pack_id, period=period, key=key).first()
    if known is not None:
        return known
    [result] = assess_all(facts_of(park), [pack_id], periods=[period], subject=park.key)
    body = whole(result)
    made = Kept(
        park=park, pack=pack_id, period=period, key=key, verdict=result.verdict, score=body["score"] or "",
        basis=body["basis"], verified=body["verified"], pack_hash=result.pack.hash, version=result.version,
        fingerprint=result.fingerprint, changed=park.changed, body=Kept.packed(body),
    )  # fmt: skip
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError:  # somebody else was faster: theirs is the same
        return Kept.objects.get(park=park, pack=pack_id, period=period, key=key)
    return made


def live(facts: Facts, pack_id: str, period: str, subject: str) -> dict[str, Any]:
    """An assessment of facts that are not stored (a what-if), as plain data like a kept one."""
    [result] = assess_all(facts, [pack_id], periods=[period], subject=subject)
    return whole(result)


def whole(result: Assessment) -> dict[str, Any]:
    """An assessment as plain data with everything a page shows: both languages, traces, gaps, changes."""
    data = result.to_dict()
    for clause, found in zip(data["clauses"], result.clauses, strict=True):
        clause |= _clause(found)
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


def years_of(park: Park) -> list[int]:
    """Calendar years for which the park or its firms have figures, the latest first."""
    periods = Figure.objects.filter(park=park).exclude(period="").values_list("period", flat=True).distinct()
    return sorted({int(p[:4]) for p in periods if p[:4].isdigit()}, reverse=True)


def packs_of(park: Park) -> Sequence[str]:
    """The packs the park works with; all that ship if none was chosen."""
    return park.packs or shipped_ids()
