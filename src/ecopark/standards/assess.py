"""A park and period held against a pack: every clause, the verdict, the score.

Read top down: `assess_pack` is the story, the functions below it are its steps. What is missing is narrowed by bounds and
ranked in `standards.gaps`; nothing here guesses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

from ecopark.core.collector import without_collector
from ecopark.core.period import Period
from ecopark.core.text import Text
from ecopark.core.trace import Trace
from ecopark.core.value import Missing, Result, Scalar, not_given
from ecopark.core.words import requirement, shown, with_unit
from ecopark.errors import Place, Problem
from ecopark.expr.nodes import leaves
from ecopark.expr.traced import compare, evaluate
from ecopark.indicators.resolve import SubjectLookup
from ecopark.indicators.rollup import RollUp
from ecopark.observations.model import Facts
from ecopark.packs.model import Clause, Footnote, Pack, Requirement
from ecopark.packs.verify import verified_clauses
from ecopark.standards.compile import (
    NO_LIMIT,
    CompiledClause,
    compile_clause,
    option_limits,
    run_parameters,
)
from ecopark.standards.needs import DOMINANT_SECTOR, DOMINANT_SHARE
from ecopark.standards.result import Assessment, ChosenLimit, ClauseResult
from ecopark.standards.score import score
from ecopark.standards.verdict import decide

DOMINANT_ABOVE = Fraction(70)
"""Share of one sector in output above which its limits may replace the printed ones. [%]"""


@dataclass
class Run:
    """What is the same for every clause of one assessment."""

    pack: Pack
    facts: Facts
    subject: str
    period: Period
    lookup: SubjectLookup
    parameters: dict[str, Scalar]
    options: Mapping[str, Any]
    limits: dict[str, Fraction]
    verified: Mapping[str, str]

    @cached_property
    def doubtful(self) -> dict[Place, list[Problem]]:
        """What casts doubt on figures, by place."""
        return doubtful(self.facts)


def assess_pack(
    pack: Pack,
    facts: Facts,
    subject: str,
    period: Period,
    *,
    since: int | None = None,
    options: Mapping[str, Any] | None = None,
    rollup: RollUp | None = None,
    version: str = "",
    detail: bool = True,
) -> Assessment:
    """Assess one subject in one period against one pack.

    Parameters
    ----------
    pack, facts, subject, period
        What is held against what.
    since
        First year of the construction period where the standard averages over one; default: as the pack says.
    options
        Options and parameters of the pack (``--set``).
    rollup
        Shared between assessments of the same facts.
    version
        Program version, kept with the result.
    detail
        Whether to work out bounds, gaps and the changes that would meet a clause.

    Returns
    -------
    assessment
        With a trace for every clause.
    """
    run = begin(pack, facts, subject, period, since=since, options=options, rollup=rollup)
    results = [clause_result(clause, run, detail=detail) for clause in pack.clauses]
    return conclude(results, run, version=version, detail=detail)


def begin(
    pack: Pack,
    facts: Facts,
    subject: str,
    period: Period,
    *,
    since: int | None = None,
    options: Mapping[str, Any] | None = None,
    rollup: RollUp | None = None,
) -> Run:
    """What is the same for every clause."""
    options = options or {}
    years = None if since is None else period.year - since
    parameters = run_parameters(pack, options, years)
    lookup = SubjectLookup(facts, subject, pack_factors=pack.factors, rollup=rollup, parameters=parameters)
    verified = verified_clauses(pack, facts.settings.get("verified", ()))
    return Run(pack, facts, subject, period, lookup, parameters, options, option_limits(pack, options), verified)


def conclude(results: Sequence[ClauseResult], run: Run, *, version: str = "", detail: bool = True) -> Assessment:
    """The verdict and the score over the results of all clauses."""
    pack, facts, subject, period = run.pack, run.facts, run.subject, run.period
    results = footnoted(results, run)
    verdict, reasons = decide(pack, results)
    scored = score(pack, results, run.parameters, run.options)
    if scored is not None and scored.choices:
        chosen = {c for _, clauses in scored.choices for c in clauses}
        results = [replace(r, counts=r.counts and (not r.clause.option_set or r.id in chosen)) for r in results]
    assessment = Assessment(
        pack=pack,
        subject=subject,
        subject_name=facts.subjects[subject].name or subject,
        period=str(period),
        verdict=verdict,
        clauses=tuple(results),
        score=None if scored is None else scored.value,
        score_bounds=None if scored is None else scored.bounds,
        score_parts=() if scored is None else scored.parts,
        verdict_reasons=reasons,
        choices=() if scored is None else scored.choices,
        findings=tuple(run.lookup.findings.values()),
        parameters=tuple(sorted(run.parameters.items())),
        fingerprint=facts.fingerprint(subject),
        version=version,
        notes=(scored.notes if scored else ()) + _in_force(pack, period),
    )
    if detail:
        from ecopark.standards.gaps import rank_gaps

        assessment = replace(assessment, gaps=rank_gaps(assessment, facts))
    return assessment


# -- one clause --------------------------------------------------------------------------------------------------------


def clause_result(clause: Clause, run: Run, *, detail: bool = True) -> ClauseResult:
    """One clause, with its bounds or the changes that would meet it if `detail` is asked for."""
    result = assess_clause(clause, run)
    if detail:
        from ecopark.standards.gaps import with_bounds

        result = with_bounds(result, run)
    return result


def assess_clause(clause: Clause, run: Run) -> ClauseResult:
    """One clause: its value, the limit that applies, and the status."""
    compiled = compile_clause(clause, run.parameters)
    trace = _value(compiled, run)
    limit = _limit(compiled, trace, run)
    status, reason = _status(compiled, trace, limit, run)
    return ClauseResult(
        clause=clause,
        status=status,
        value=trace.value,
        limit=limit,
        trace=trace,
        reason=reason,
        reported=any(step.kind == "reported" for step in trace.walk()),
        verified=str(run.verified.get(clause.tail, "")),
        notes=tuple(_scope_notes(compiled, run)),
        doubts=doubts(trace, run.doubtful),
    )


def _value(compiled: CompiledClause, run: Run) -> Trace:
    clause = compiled.clause
    if compiled.value is None:
        reason = Text(
            "标准文本未获得，条款待用户填写", "the text of the standard is not available; the clause is to be filled in"
        )
        trace = Trace("missing", clause.id, Missing(reason))
    else:
        trace = evaluate(compiled.value, run.lookup, run.period)
    names = [clause.id, *([clause.indicator] if clause.indicator else [])]
    found = run.lookup.or_reported(trace, names, clause.label, clause.unit, run.period)
    said = (run.facts.get(run.subject, name, run.period) for name in names)
    given = next((o for o in said if o is not None and o.not_applicable), None)
    if given is not None and found.missing:
        why = Missing(Text(f"不适用：{given.note}", f"not applicable: {given.note}"))
        return Trace("not_applicable", clause.id, why, label=clause.label, period=str(run.period), place=given.place)
    if found is trace:
        text = clause.formula or clause.indicator
        return Trace(
            "indicator", clause.id, trace.value, clause.unit, clause.label, str(run.period), (trace,),
            note=Text(f"公式：{text}", f"formula: {text}") if text else Text(),
        )  # fmt: skip
    return found


def _limit(compiled: CompiledClause, value: Trace, run: Run) -> ChosenLimit:
    clause = compiled.clause
    replaced = _sector_limit(clause, run)
    if replaced is not None:
        return replaced
    for case in compiled.active(run.period.year):
        why = case.case.label
        tested: Trace | None = None
        if case.when is not None:
            tested = evaluate(case.when, run.lookup, run.period)
            if isinstance(tested.value, Missing):
                return ChosenLimit(
                    None, tested.value, Text("标准值取决于缺项", "the limit depends on missing data"), tested
                )
            if not tested.value:
                continue
            why = why or Text(f"条件：{case.case.when}", f"because {case.case.when}")
        if case.case.since is not None or case.case.until is not None:
            span = f"{case.case.since or ''}-{case.case.until or ''}"
            why = Text(f"{why.zh} {span} 年适用".strip(), f"{why.en} in force {span}".strip())
        if case.case.require is None or case.limit is None:
            return ChosenLimit(None, None, case.case.reason or NO_LIMIT, tested)
        found = evaluate(case.limit, run.lookup, run.period)
        return ChosenLimit(case.case.require, found.value, why, tested or (found if found.inputs else None))
    return ChosenLimit(None, None, NO_LIMIT if compiled.cases else Text())


def _status(compiled: CompiledClause, value: Trace, limit: ChosenLimit, run: Run) -> tuple[str, Text]:
    clause = compiled.clause
    number = value.value
    if _marked_na(value):
        assert isinstance(number, Missing)
        if clause.allows_na:
            return "not_applicable", number.reason
        return "undetermined", Text(
            f"{number.reason.zh}（本条不允许不适用）", f"{number.reason.en} (this clause does not allow it)"
        )
    first = compiled.first_year()
    if first is not None and run.period.year < first:
        return "not_due", _ahead(compiled, first, number, run)
    if not compiled.cases:
        if isinstance(number, Missing):
            return "undetermined", number.reason
        return "reported", Text("条文无标准值，仅报告数值", "no limit: the value is only reported")
    if isinstance(number, Missing):
        return "undetermined", number.reason
    if isinstance(limit.value, Missing):
        return "undetermined", Text(
            f"{limit.why.zh}：{limit.value.reason.zh}".lstrip("："),
            f"{limit.why.en}: {limit.value.reason.en}".lstrip(": "),
        )
    if limit.require is None or limit.value is None:
        return "undetermined", limit.why or NO_LIMIT
    if compare(limit.require.op, number, limit.value):
        return "met", limit.why
    if _partly(limit, number, run):
        return "partly_met", limit.why
    return "not_met", limit.why


def _ahead(compiled: CompiledClause, first: int, value: Result, run: Run) -> Text:
    """From when on a clause applies, and how the value of today stands to its first milestone: told, never judged."""
    text = Text(f"{first} 年起适用", f"applies from {first}")
    case = next(c for c in compiled.cases if c.years[0] == first)
    if isinstance(value, Missing) or case.when is not None or case.case.require is None or case.limit is None:
        return text
    limit = evaluate(case.limit, run.lookup, run.period).value
    if isinstance(limit, Missing):
        return text
    op, unit = case.case.require.op, compiled.clause.unit
    now = [with_unit(shown(value, lang, limit), unit, lang) for lang in ("zh", "en")]
    goal = [requirement(op, limit, unit, lang) for lang in ("zh", "en")]
    reached = compare(op, value, limit)
    return Text(
        f"{text.zh}（{goal[0]}）；现为 {now[0]}，{'已达到该目标值' if reached else '尚未达到该目标值'}",
        f"{text.en} ({goal[1]}); {now[1]} now, {'which reaches it' if reached else 'which does not reach it yet'}",
    )


def _partly(limit: ChosenLimit, value: Scalar, run: Run) -> bool:
    require = limit.require
    if require is None or not isinstance(value, Fraction) or isinstance(value, bool):
        return False
    weaker = require.partly
    part = run.parameters.get("partly_share")
    if weaker is None and isinstance(part, Fraction) and isinstance(limit.value, Fraction) and part > 0:
        weaker = limit.value * part if require.op in (">=", ">") else limit.value / part
    return weaker is not None and compare(require.op, value, weaker)


def _marked_na(trace: Trace) -> bool:
    """Whether the clause as a whole does not apply: it is said of the clause, or of everything it is made of."""
    if not isinstance(trace.value, Missing) or trace.value.items:
        return False
    kinds = {step.kind for step in trace.walk()}
    return "not_applicable" in kinds and not kinds & {"observation", "reported", "rollup"}


DOUBTFUL = (
    "implausible",
    "implausible-rate",
    "part-exceeds-whole",
    "firms-differ",
    "parts-differ",
    "not-whole",
    "maybe-fraction",
    "fresh-or-total-water",
)
"""Findings of the quality checks that cast doubt on a clause's figures; a jump from year to year does not."""


Doubtful = dict[Place, list[Problem]]


def doubts(trace: Trace, against: Doubtful) -> tuple[Text, ...]:
    """The findings of the quality checks on the figures that a value rests on; `against` is `doubtful` of the facts."""
    if not against:
        return ()
    places = {step.place: None for step in trace.observations() if step.place is not None and str(step.place)}
    return tuple(dict.fromkeys(Text(w.zh, w.en) for place in places for w in against.get(place, ())))


def doubtful(facts: Facts) -> Doubtful:
    """The findings of the quality checks that cast doubt on figures, by the place of the figure.

    Every pack and period asks for them of the same facts, which may have hundreds of thousands: put in order once.
    """
    findings, found = _DOUBTFUL.get(facts, ((), {}))
    if findings is not facts.warnings:
        found = {}
        with without_collector():
            for w in facts.warnings:
                if w.code in DOUBTFUL:
                    found.setdefault(w.place, []).append(w)
        _DOUBTFUL[facts] = facts.warnings, found
    return found


_DOUBTFUL: WeakKeyDictionary[Facts, tuple[tuple[Problem, ...], Doubtful]] = WeakKeyDictionary()


# -- footnotes ---------------------------------------------------------------------------------------------------------


def _footnotes(clause: Clause, run: Run, rule: str) -> list[Footnote]:
    return [f for f in run.pack.footnotes if f.id in clause.footnotes and f.rule == rule]


def _sector_limit(clause: Clause, run: Run) -> ChosenLimit | None:
    """The limit of the dominant sector, where the park declares one and a footnote lets it replace the printed limit."""
    if not _footnotes(clause, run, "dominant_sector"):
        return None
    declared = run.facts.get(run.subject, DOMINANT_SECTOR, run.period)
    if declared is None or declared.value is not True:
        return None
    share = run.facts.get(run.subject, DOMINANT_SHARE, run.period)
    if share is not None and isinstance(share.value, Fraction) and share.value <= DOMINANT_ABOVE:
        return None
    own = run.limits.get(clause.tail)
    if own is None:
        what = f"{run.pack.id}.limit_{clause.tail}"
        missing = not_given(what, run.period)
        why = Text(
            f"已声明主导行业，须以 --set {what}= 给出行业标准值",
            f"a dominant sector is declared: give its limit with --set {what}=",
        )
        return ChosenLimit(None, missing, why)
    first = next((c.require for c in clause.limits if c.require is not None), None)
    op = first.op if first else ">="
    why = Text(
        "主导行业的标准值（园区给出）代替印刷的标准值",
        "the dominant sector's limit, given by the park, replaces the printed one",
    )
    return ChosenLimit(Requirement(op, own), own, why)


def footnote_partners(clause: Clause, pack: Pack) -> tuple[Clause, ...]:
    """The clauses on which the footnotes of a clause make it depend."""
    named = [str(dict(f.settings).get("clause", "")) for f in pack.footnotes if f.id in clause.footnotes]
    return tuple(c for c in pack.clauses if c.tail in named)


def footnoted(results: Sequence[ClauseResult], run: Run) -> list[ClauseResult]:
    """Footnotes that bear on the choice of optional clauses, and what footnotes say where they do not apply."""
    by_tail = {r.clause.tail: r for r in results}
    made = []
    for r in results:
        for footnote in _footnotes(r.clause, run, "not_selectable_unless_met"):
            other = by_tail.get(str(dict(footnote.settings).get("clause", "")))
            if other is None or other.status == "met":
                continue
            tail = other.clause.tail
            if other.status == "undetermined":
                note = Text(
                    f"第 {tail} 项待定，本项能否选用待定",
                    f"selectable only if clause {tail} is met, which is undetermined",
                )
                r = replace(r, choice_open=True, notes=(*r.notes, note))
            else:
                note = Text(f"第 {tail} 项未达标，本项不可选用", f"not selectable: clause {tail} is not met")
                r = replace(r, counts=False, notes=(*r.notes, note))
        for _ in _footnotes(r.clause, run, "dominant_sector"):
            if run.facts.get(run.subject, DOMINANT_SECTOR, run.period) is None:
                note = Text(
                    "未声明主导行业，按印刷的标准值", "no dominant sector is declared: the printed limit stands"
                )
                r = replace(r, notes=(*r.notes, note))
        made.append(r)
    return made


# -- notes -------------------------------------------------------------------------------------------------------------


def _scope_notes(compiled: CompiledClause, run: Run) -> list[Text]:
    """Changes of scope between the years that a formula compares."""
    if compiled.value is None:
        return []
    back = max((leaf.back for leaf in leaves(compiled.value.node)), default=0)
    if not back:
        return []
    breaks = run.facts.subjects[run.subject].scope_breaks(run.period.year - back, run.period.year)
    return [
        Text(
            f"统计口径于 {y} 年变化（{t.zh or t.en}），跨年比较须谨慎",
            f"the statistical scope changed in {y} ({t.en or t.zh}): the trend breaks there",
        )
        for y, t in breaks
    ]


def _in_force(pack: Pack, period: Period) -> tuple[Text, ...]:
    notes = []
    start = pack.in_force_from[:4]
    if start.isdigit() and period.year < int(start):
        notes.append(Text(f"本标准自 {start} 年起实施", f"the standard has been in force since {start} only"))
    end = pack.in_force_until[:4]
    if end.isdigit() and period.year > int(end):
        notes.append(Text(f"本标准实施至 {end} 年", f"the standard was in force until {end}"))
    return tuple(notes)
