"""Many parks at once: figures of a whole area into columns, the columnar batch over them, one row per park and standard.

Parks whose settings agree (base year, options, factors) run together. A park with a figure the columns refuse is held against
the standards by the traced form instead; nobody is left out in silence.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import polars as pl
from django.db import transaction
from django.utils import timezone

from ecopark.errors import EcoparkError, InputError
from ecopark.packs.load import find_pack
from ecopark.packs.model import Pack
from ecopark.packs.verify import verified_clauses
from ecopark.reports.plain import weakest
from ecopark.reports.verdicts import all_verified
from ecopark.standards.batch import assess_batch
from ecopark.web.figures.facts import facts_of
from ecopark.web.figures.models import COUNTED, Figure
from ecopark.web.many.models import Outcome
from ecopark.web.parks.models import Park, Subject
from ecopark.web.rules.models import Verification
from ecopark.workflows.assess_park import assess_all, known_reported

TOGETHER = 400
"""Parks that go into one batch: progress is told, and a wish to stop heard, between batches."""
RUN = ("base_year", "options", "factors", "bounds")
"""Settings of a park on which its results rest."""
COLUMNS = ("subject", "quantity", "period", "value", "unit", "by", "note")
SHORT, OPEN = ("not_met", "partly_met"), ("undetermined",)
LEFT_OUT = ("not_applicable", "not_due")

Step = Callable[[int, int], None]


def refresh(parks: Sequence[Park], pack_ids: Sequence[str], period: str, step: Step) -> int:
    """Hold parks against packs in one year and keep the outcomes; says how many there are.

    Parameters
    ----------
    step
        Told (parks done, parks in all) between batches; may raise to stop, and nothing is kept then.
    """
    packs = [find_pack(name) for name in pack_ids]
    made: list[Outcome] = []
    done = 0
    step(0, len(parks))
    for group in _batches(parks):
        made += outcomes(group, packs, period)
        done += len(group)
        step(done, len(parks) + 1)
    with transaction.atomic():
        Outcome.objects.bulk_create(
            made, update_conflicts=True, unique_fields=["park", "pack", "period"], batch_size=1000,
            update_fields=[
                "verdict", "score", "score_low", "score_high", "asked", "met", "short", "open", "basis", "verified",
                "pack_hash", "changed", "at",
            ],
        )  # fmt: skip
    return len(made)


def _batches(parks: Sequence[Park]) -> Iterable[list[Park]]:
    """Parks whose settings agree, in batches."""
    alike: dict[str, list[Park]] = {}
    for park in parks:
        alike.setdefault(json.dumps(_run_settings(park), sort_keys=True, default=str), []).append(park)
    for group in alike.values():
        for at in range(0, len(group), TOGETHER):
            yield group[at : at + TOGETHER]


def _run_settings(park: Park) -> dict[str, Any]:
    known = park.fact_settings()
    return {key: known[key] for key in RUN if known.get(key)}


def outcomes(parks: Sequence[Park], packs: Sequence[Pack], period: str) -> list[Outcome]:
    """The outcomes of parks whose settings agree; halved until a park whose figures the columns refuse stands alone."""
    try:
        return _columnar(parks, packs, period)
    except InputError:
        if len(parks) == 1:
            return _traced(parks[0], packs, period)
    half = len(parks) // 2
    return [*outcomes(parks[:half], packs, period), *outcomes(parks[half:], packs, period)]


def _columnar(parks: Sequence[Park], packs: Sequence[Pack], period: str) -> list[Outcome]:
    by_pk = {p.pk: p for p in parks}
    subjects = [
        replace(s.as_fact(), id=_name(s.park_id, s.key), parent=_name(s.park_id, s.parent) if s.parent else "")
        for s in Subject.objects.filter(park__in=by_pk)
    ]
    rows = Figure.objects.filter(park__in=by_pk, state__in=COUNTED).exclude(given="")
    values = rows.values_list("park_id", "subject__key", "quantity", "period", "given", "unit", "by", "note")
    table = [(_name(pk, key), *rest) for pk, key, *rest in values.iterator(chunk_size=20_000)]
    if not table:
        return []
    frame = pl.DataFrame(table, schema=dict.fromkeys(COLUMNS, pl.String), orient="row")
    settings = _run_settings(parks[0])
    batch = assess_batch(
        frame, list(packs), subjects=subjects, periods=[period], settings=settings, known_reported=known_reported
    )
    tops = {_name(p.pk, p.key): p for p in parks}
    counts = _counts(batch.results)
    signed = _signed(parks, packs)
    found = []
    for row in batch.verdicts.iter_rows(named=True):
        park = tops.get(row["subject"])
        if park is None:
            continue
        pack = batch.packs[row["pack"]]
        asked, met, short, open_ = counts.get((row["subject"], row["pack"]), (0, 0, 0, 0))
        found.append(
            Outcome(
                park=park, pack=pack.id, period=period, verdict=row["verdict"] or "", score=row["score"],
                score_low=row["score_low"], score_high=row["score_high"], asked=asked, met=met, short=short, open=open_,
                basis=_basis(pack), verified=(park.pk, pack.id) in signed, pack_hash=pack.hash, changed=park.changed,
                at=timezone.now(),
            )
        )  # fmt: skip
    return found


def _traced(park: Park, packs: Sequence[Pack], period: str) -> list[Outcome]:
    """The outcomes of one park, one standard at a time; a standard it cannot be held against has none."""
    found = []
    for pack in packs:
        try:
            [result] = assess_all(facts_of(park), [pack], periods=[period], subject=park.key, detail=False)
        except EcoparkError:
            continue
        counts = result.counts()
        low, high = result.score_bounds or (result.score, result.score)
        found.append(
            Outcome(
                park=park, pack=pack.id, period=period, verdict=result.verdict, score=_float(result.score),
                score_low=_float(low), score_high=_float(high),
                asked=sum(n for status, n in counts.items() if status not in LEFT_OUT), met=counts.get("met", 0),
                short=sum(counts.get(s, 0) for s in SHORT), open=sum(counts.get(s, 0) for s in OPEN), basis=_basis(pack),
                verified=all_verified(result), pack_hash=pack.hash, changed=park.changed, at=timezone.now(),
            )
        )  # fmt: skip
    return found


def _name(park: int, key: str) -> str:
    """A subject's name among the subjects of many parks."""
    return f"{park}/{key}"


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def _basis(pack: Pack) -> str:
    """The least certain basis of the pack's limits."""
    return weakest(c.basis.overall for c in pack.clauses if c.limits or c.benchmark is not None)


def _counts(results: pl.DataFrame) -> dict[tuple[str, str], tuple[int, int, int, int]]:
    """Per subject and pack: clauses that apply, met, not or partly met, undetermined."""
    status = pl.col("status").cast(pl.String)
    table = results.group_by("subject", "pack").agg(
        (~status.is_in(LEFT_OUT)).sum().alias("asked"), (status == "met").sum().alias("met"),
        status.is_in(SHORT).sum().alias("short"), status.is_in(OPEN).sum().alias("open"),
    )  # fmt: skip
    return {(subject, pack): (a, m, s, o) for subject, pack, a, m, s, o in table.iter_rows()}


def _signed(parks: Sequence[Park], packs: Sequence[Pack]) -> set[tuple[int, str]]:
    """The pairs of park and pack of which every limit is verified by a named person."""
    by_park: dict[int, list[dict[str, str]]] = {p.pk: list(p.settings.get("verified", ())) for p in parks}
    for row in Verification.objects.filter(park__in=by_park, withdrawn__isnull=True).select_related("by"):
        by_park[row.park_id].append(row.entry())
    found = set()
    for pk, entries in by_park.items():
        for pack in packs if entries else ():
            limited = {c.tail for c in pack.clauses if c.limits or c.benchmark is not None}
            if limited and limited <= set(verified_clauses(pack, entries)):
                found.add((pk, pack.id))
    return found
