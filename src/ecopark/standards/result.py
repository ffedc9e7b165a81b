"""What an assessment gives: a result per clause, a verdict, a score, bounds, gaps and traces."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from ecopark.core.rounding import decimal_text
from ecopark.core.text import Text
from ecopark.core.trace import Trace, value_text
from ecopark.core.value import Missing, MissingItem, Result
from ecopark.packs.model import KNOWN_TEXT, Clause, Pack, Requirement

STATUSES = ("met", "partly_met", "not_met", "undetermined", "not_due", "not_applicable", "reported")
VERDICTS = ("pass", "fail", "undetermined", "none")

STATUS_TEXT = {
    "met": Text("达标", "met"),
    "partly_met": Text("部分达标", "partly met"),
    "not_met": Text("未达标", "not met"),
    "undetermined": Text("待定", "undetermined"),
    "not_due": Text("未到期", "not due"),
    "not_applicable": Text("不适用", "not applicable"),
    "reported": Text("仅报告", "reported"),
}
VERDICT_TEXT = {
    "pass": Text("通过", "pass"),
    "fail": Text("不通过", "fail"),
    "undetermined": Text("待定", "undetermined"),
    "none": Text("不作判定", "none"),
}
BASIS_TEXT = {
    "seen": Text("见于来源（待核）", "seen in a source, to be verified"),
    "inferred": Text("推断（待核）", "inferred, to be verified"),
    "recalled": Text("凭记忆（待核）", "recalled, to be verified"),
}
VERIFIED_TEXT = Text("已核", "verified")


def basis_brief(known: Iterable[tuple[str, bool]], lang: str = "en") -> str:
    """How limits are known, in a few words, to stand beside a verdict.

    Parameters
    ----------
    known
        Per clause: ``seen``, ``inferred`` or ``recalled``, and whether a named person has verified it.

    Examples
    --------
    >>> basis_brief([("seen", True), ("recalled", False), ("recalled", False)])
    '1 seen, 2 recalled; 1 of 3 verified'
    """
    found = list(known)
    counts = {word: sum(basis == word for basis, _ in found) for word in KNOWN_TEXT}
    checked = sum(verified for _, verified in found)
    if lang == "zh":
        said = "、".join(f"{KNOWN_TEXT[word].zh} {n}" for word, n in counts.items() if n)
        return f"{said}；已核 {checked}/{len(found)}"
    said = ", ".join(f"{n} {KNOWN_TEXT[word].en}" for word, n in counts.items() if n)
    return f"{said}; {checked} of {len(found)} verified"


Bounds = tuple[Fraction | None, Fraction | None]


@dataclass(frozen=True, slots=True)
class ChosenLimit:
    """The limit that was applied, and why this one.

    Parameters
    ----------
    require
        Operator and value; None where the text sets none.
    value
        The limit in the clause's unit.
    why
        The condition or year that chose it.
    trace
        How a conditional or computed limit was found.
    """

    require: Requirement | None
    value: Result | None
    why: Text = Text()
    trace: Trace | None = None

    def text(self) -> str:
        """``<= 0.6``; empty where there is no limit."""
        if self.require is None or self.value is None or isinstance(self.value, Missing):
            return ""
        shown = decimal_text(self.value) if isinstance(self.value, Fraction) else value_text(self.value)
        return f"{self.require.op} {shown}"


@dataclass(frozen=True, slots=True)
class Change:
    """The change of one input that would meet a clause (or settle how far it is)."""

    quantity: str
    period: str
    label: Text
    unit: str
    now: Fraction
    needed: Fraction
    by: str = ""

    @property
    def relative(self) -> Fraction | None:
        """(needed - now) / now, or None from zero."""
        return (self.needed - self.now) / self.now if self.now else None


@dataclass(frozen=True)
class ClauseResult:
    """One clause, assessed.

    Parameters
    ----------
    value
        In the clause's unit, rounded only if the clause says so; or `Missing`.
    bounds
        Where the value must lie while something is missing; None if nothing can be said.
    reported
        The value was given as a published rate without its inputs: not recomputable.
    changes
        For a clause not met: per input, the smallest change of that input alone that would meet it.
    counts
        False for an optional clause that was not chosen.
    choice_open
        Whether the clause may be chosen hangs on another one that is undetermined; its own status does not.
    doubts
        What a quality check says against a figure the clause rests on: shown beside the status, which it does not change.
    """

    clause: Clause
    status: str
    value: Result
    limit: ChosenLimit
    trace: Trace
    reason: Text = Text()
    bounds: Bounds | None = None
    reported: bool = False
    verified: str = ""
    changes: tuple[Change, ...] = ()
    notes: tuple[Text, ...] = ()
    counts: bool = True
    doubts: tuple[Text, ...] = ()
    choice_open: bool = False

    @property
    def id(self) -> str:
        return self.clause.id

    @property
    def missing(self) -> tuple[MissingItem, ...]:
        items: list[MissingItem] = []
        for found in (self.value, self.limit.value):
            if isinstance(found, Missing):
                items += found.items
        if self.limit.trace is not None and isinstance(self.limit.trace.value, Missing):
            items += self.limit.trace.value.items
        return tuple(dict.fromkeys(items)) if self.status == "undetermined" else ()

    @property
    def value_text(self) -> str | None:
        if isinstance(self.value, Missing):
            return None
        return value_text(self.value)

    def to_dict(self) -> dict[str, Any]:
        """The clause as in the JSON contract (DESIGN, section 8), plus `name`, `kind`, `reported`."""
        return {
            "id": self.id,
            "name": {"zh": self.clause.label.zh, "en": self.clause.label.en},
            "kind": self.clause.kind,
            "group": self.clause.group,
            "status": self.status,
            "value": self.value_text,
            "bounds": bounds_text(self.bounds),
            "unit": self.clause.unit or "1",
            "limit": self.limit.text(),
            "basis": self.clause.basis.overall,
            "verified": bool(self.verified),
            "reported": self.reported,
            "doubts": [text.en for text in self.doubts],
            "reason": self.reason.en,
            "reason_zh": self.reason.zh,
            "missing": [str(item) for item in self.missing],
        }


def bounds_text(bounds: Bounds | None) -> list[str] | None:
    """Bounds as the JSON contract has them: two decimals, or null where either side is open."""
    if bounds is None or bounds[0] is None or bounds[1] is None:
        return None
    return [decimal_text(bounds[0]), decimal_text(bounds[1])]


@dataclass(frozen=True, slots=True)
class Gap:
    """A datum that is missing, and what giving it would settle.

    Parameters
    ----------
    clauses
        Clauses that need it.
    settles
        How many of them it would settle by itself.
    weight
        How much it settles: clauses it decides alone count 1, clauses it shares with k others count 1/(k+1).
    """

    item: MissingItem
    label: Text
    department: Text
    unit: str
    clauses: tuple[str, ...]
    settles: int
    weight: Fraction


@dataclass(frozen=True, slots=True)
class ScorePart:
    """One term of a score: points or ratio of a clause or group, with the most it could be."""

    id: str
    label: Text
    value: Fraction | None
    bounds: Bounds
    note: Text = Text()


@dataclass(frozen=True)
class Assessment:
    """A park and period held against a pack."""

    pack: Pack
    subject: str
    subject_name: str
    period: str
    verdict: str
    clauses: tuple[ClauseResult, ...]
    score: Fraction | None = None
    score_bounds: Bounds | None = None
    score_parts: tuple[ScorePart, ...] = ()
    verdict_reasons: tuple[Text, ...] = ()
    choices: tuple[tuple[str, tuple[str, ...]], ...] = ()
    gaps: tuple[Gap, ...] = ()
    findings: tuple[Text, ...] = ()
    parameters: tuple[tuple[str, Any], ...] = ()
    fingerprint: str = ""
    version: str = ""
    notes: tuple[Text, ...] = field(default=())

    def clause(self, name: str) -> ClauseResult:
        """The result of a clause, by full id or its tail.

        Raises
        ------
        KeyError
            The pack has no such clause.
        """
        wanted = self.pack.clause(name).id
        return next(c for c in self.clauses if c.id == wanted)

    def counts(self) -> dict[str, int]:
        """How many clauses have each status."""
        return {s: n for s in STATUSES if (n := sum(c.status == s for c in self.clauses))}

    def short_by(self) -> int:
        """How many clauses that count are not met."""
        return sum(c.status in ("not_met", "partly_met") and c.counts for c in self.clauses)

    def with_limit(self) -> list[ClauseResult]:
        """Clauses for which a limit was applied, or a benchmark that the score divides by."""
        return [c for c in self.clauses if c.limit.require is not None or c.clause.benchmark is not None]

    def basis(self, lang: str = "en") -> str:
        """How the limits behind the verdict are known, in a few words; where there are none, how the clauses are."""
        return basis_brief(
            ((c.clause.basis.overall, bool(c.verified)) for c in self.with_limit() or self.clauses), lang
        )

    def explain(self, name: str, lang: str = "en") -> str:
        """The whole story of one clause, as text."""
        from ecopark.standards.explain import explain_clause

        return explain_clause(self, self.clause(name), lang)

    def to_dict(self) -> dict[str, Any]:
        """As in the JSON contract (DESIGN, section 8)."""
        return {
            "pack": self.pack.id,
            "title": {"zh": self.pack.title.zh, "en": self.pack.title.en},
            "status": self.pack.status,
            "subject": self.subject,
            "subject_name": self.subject_name,
            "period": self.period,
            "verdict": self.verdict,
            "verdict_reasons": [t.en for t in self.verdict_reasons],
            "score": None if self.score is None else decimal_text(self.score),
            "score_bounds": bounds_text(self.score_bounds),
            "clauses": [c.to_dict() for c in self.clauses],
            "choices": {k: list(v) for k, v in self.choices},
            "gaps": [
                {"item": str(g.item), "department": g.department.en, "clauses": list(g.clauses), "settles": g.settles}
                for g in self.gaps
            ],
            "findings": [t.en for t in self.findings],
            "pack_hash": self.pack.hash,
            "fingerprint": self.fingerprint,
            "version": self.version,
        }

    def to_frame(self) -> Any:
        """One row per clause, as a Polars data frame."""
        import polars as pl

        rows = [
            {
                "clause": c.id,
                "name_zh": c.clause.label.zh,
                "name_en": c.clause.label.en,
                "kind": c.clause.kind,
                "status": c.status,
                "value": float(c.value) if isinstance(c.value, Fraction) and not isinstance(c.value, bool) else None,
                "text": c.value_text,
                "unit": c.clause.unit or "1",
                "limit": c.limit.text(),
                "basis": c.clause.basis.overall,
                "verified": bool(c.verified),
                "reported": c.reported,
                "missing": [str(i) for i in c.missing],
            }
            for c in self.clauses
        ]
        return pl.DataFrame(rows, schema_overrides={"missing": pl.List(pl.String), "value": pl.Float64})

    def __repr__(self) -> str:
        counted = ", ".join(f"{n} {STATUS_TEXT[s].en}" for s, n in self.counts().items())
        score = f", score {decimal_text(self.score, 6)}" if self.score is not None else ""
        what = f"{self.subject} {self.period} {self.pack.id}: {self.verdict}{score}"
        return f"Assessment({what}; {counted}; basis {self.basis()})"

    def _repr_html_(self) -> str:
        from html import escape

        title, name = escape(self.pack.title["en"]), escape(self.subject_name)
        head = f"<b>{title}</b> &middot; {name} {self.period}: <b>{self.verdict}</b>"
        if self.score is not None:
            head += f", score {decimal_text(self.score, 6)}"
        head += f" <small>(basis: {self.basis()})</small>"
        rows = "".join(
            f"<tr><td>{escape(c.clause.tail)}</td><td>{escape(c.clause.label['en'])}</td><td>{escape(c.value_text or '')}</td>"
            f"<td>{escape(c.clause.unit)}</td><td>{escape(c.limit.text())}</td><td>{STATUS_TEXT[c.status].en}</td>"
            f"<td>{escape(VERIFIED_TEXT.en if c.verified else c.clause.basis.overall)}</td></tr>"
            for c in self.clauses
        )
        return (
            f"{head}<table><tr><th>clause</th><th>indicator</th><th>value</th><th>unit</th><th>limit</th><th>status</th>"
            f"<th>basis</th></tr>{rows}</table>"
        )
