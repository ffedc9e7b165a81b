"""What changes between two packs: editions of one standard, or two standards that ask for some of the same things.

Clauses are matched by what they measure (`standards.measure`), then by name, then, between editions of one standard, by id. A
limit is called stricter or looser only where both are plain numbers and one can be restated in the other's unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from fractions import Fraction
from typing import Any

from ecopark.core.text import Text
from ecopark.core.words import counted
from ecopark.packs.model import Clause, LimitCase, Pack
from ecopark.standards.describe import limits_text
from ecopark.standards.measure import Measure, Relation, measures, relate
from ecopark.standards.result import STATUS_TEXT, VERDICT_TEXT, Assessment, ClauseResult, bounds_text
from ecopark.standards.reuse import carry, number
from ecopark.standards.verdict import KIND_TEXT

CHANGE_TEXT = {
    "same": Text("不变", "same"),
    "new": Text("新增", "new"),
    "dropped": Text("取消", "dropped"),
    "only_first": Text("仅前者有", "only in the first"),
    "only_second": Text("仅后者有", "only in the second"),
    "unknown": Text("对方文本未获得，无从比较", "the other text is not available"),
    "unrecorded": Text("对方已录入部分中没有", "not in the recorded part of the other"),
    "stricter": Text("标准值加严", "limit stricter"),
    "looser": Text("标准值放宽", "limit looser"),
    "limit_changed": Text("标准值改变", "limit changed"),
    "limit_added": Text("新设标准值", "limit added"),
    "limit_removed": Text("取消标准值", "limit removed"),
    "limit_to_benchmark": Text("标准值改为引领值", "benchmark instead of a limit"),
    "benchmark_to_limit": Text("引领值改为标准值", "limit instead of a benchmark"),
    "dates": Text("适用年份改变", "years of application changed"),
    "benchmark_stricter": Text("引领值加严", "benchmark stricter"),
    "benchmark_looser": Text("引领值放宽", "benchmark looser"),
    "kind": Text("类别改变", "kind changed"),
    "unit": Text("单位改变", "unit changed"),
    "formula": Text("算法改变", "formula changed"),
    "inverse": Text("改为倒数", "inverse"),
    "scope": Text("口径或价格基准不同", "scope or price basis differs"),
    "unclear": Text("算法无法比较", "formulas cannot be compared"),
}
NAME_LIKENESS = 0.6


@dataclass(frozen=True)
class ClauseChange:
    """One clause of either pack, or a pair that belongs together.

    Parameters
    ----------
    first, second
        None on the side that has no such clause.
    matched_by
        ``measure``, ``name``, ``id`` or empty.
    relation
        How the figures hang together, where they measure the same thing.
    changes
        Keys of `CHANGE_TEXT`; ``same`` alone where nothing changes.
    """

    first: Clause | None
    second: Clause | None
    matched_by: str
    relation: Relation | None
    changes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "first": self.first.id if self.first else None,
            "second": self.second.id if self.second else None,
            "matched_by": self.matched_by,
            "factor": str(self.relation.factor) if self.relation else None,
            "inverse": self.relation.is_inverse if self.relation else False,
            "changes": list(self.changes),
            "limits": [limits_text(c) if c else None for c in (self.first, self.second)],
            "kinds": [c.kind if c else None for c in (self.first, self.second)],
            "units": [(c.unit or "1") if c else None for c in (self.first, self.second)],
        }


def same_standard(first: Pack, second: Pack) -> bool:
    """Whether two packs are editions of one standard: one supersedes the other, or the ids differ in the year only."""
    linked = {second.id, *second.supersedes} & {first.superseded_by, first.id} or {first.id, *first.supersedes} & {
        second.superseded_by,
        second.id,
    }
    return bool(linked) or _stem(first.id) == _stem(second.id)


def _stem(pack_id: str) -> str:
    head, _, tail = pack_id.rpartition("-")
    return head if head and tail.isdigit() else pack_id


def compare_packs(first: Pack, second: Pack, year: int | None = None) -> tuple[ClauseChange, ...]:
    """Every clause of both packs, pairs first in the order of the first pack, then what is new.

    Parameters
    ----------
    first, second
        The older and the newer edition, or any two packs.
    year
        Limits are compared as they hold in this year; None compares all of them.
    """
    pairs = _pairs(first, second)
    editions = same_standard(first, second)
    gone = _absent(second) or ("dropped" if editions else "only_first")
    come = _absent(first) or ("new" if editions else "only_second")
    found = []
    for clause in first.clauses:
        pair = pairs.get(clause.id)
        if pair is None:
            found.append(ClauseChange(clause, None, "", None, (gone,)))
        else:
            other, how, relation, comparable = pair
            found.append(
                ClauseChange(clause, other, how, relation, _changes(clause, other, relation, comparable, year))
            )
    taken = {pair[0].id for pair in pairs.values()}
    found += [ClauseChange(None, c, "", None, (come,)) for c in second.clauses if c.id not in taken]
    return tuple(found)


def _absent(other: Pack) -> str:
    """What the lack of a clause in `other` means where not all of its text is there; empty where it is."""
    return "unknown" if other.is_frame else "unrecorded" if other.is_partly_recorded else ""


_Pair = tuple[Clause, str, Relation | None, bool]


def _pairs(first: Pack, second: Pack) -> dict[str, _Pair]:
    """Clause id of the first pack -> its partner in the second, how it was found, the relation of their figures."""
    mine, theirs = measures(first), measures(second)
    editions = same_standard(first, second)
    candidates: list[tuple[tuple[float, ...], int, Clause, Clause, str, Relation | None]] = []
    for place, a in enumerate(first.clauses):
        for b in second.clauses:
            relation = _relation(mine.get(a.id), theirs.get(b.id))
            alike = _likeness(a, b)
            tail = a.tail == b.tail
            if relation is not None:
                exact = 0 if not relation.differing else 1
                rank: tuple[float, ...] = (exact, not tail, -alike)
                candidates.append((rank, place, a, b, "measure", relation))
            elif alike == 1 or (editions and tail and alike >= NAME_LIKENESS):
                candidates.append(((2, not tail, -alike), place, a, b, "name" if alike == 1 else "id", None))
    found: dict[str, _Pair] = {}
    taken: set[str] = set()
    for _, _, a, b, how, relation in sorted(candidates, key=lambda c: (c[0], c[1])):
        if a.id not in found and b.id not in taken:
            comparable = a.id in mine and b.id in theirs
            found[a.id] = (b, how, relation, comparable)
            taken.add(b.id)
    return found


def _relation(a: Measure | None, b: Measure | None) -> Relation | None:
    return None if a is None or b is None else relate(a, b)


def _likeness(a: Clause, b: Clause) -> float:
    """How alike two clauses are called, 0 to 1, in the better of the two languages."""
    best = 0.0
    for x, y in ((a.label.zh, b.label.zh), (a.label.en.lower(), b.label.en.lower())):
        if x and y:
            best = max(best, 1.0 if x == y else SequenceMatcher(None, x, y, autojunk=False).ratio())
    return best


# -- what changed ------------------------------------------------------------------------------------------------------


def _changes(a: Clause, b: Clause, relation: Relation | None, comparable: bool, year: int | None) -> tuple[str, ...]:
    found = []
    if relation is None:
        found.append("formula" if comparable else "unclear")
    elif relation.is_inverse:
        found.append("inverse")
    if relation is not None and relation.differing:
        found.append("scope")
    found += _limit_changes(a, b, relation, year)
    if (a.kind, bool(a.option_set)) != (b.kind, bool(b.option_set)):
        found.append("kind")
    if (a.unit or "1") != (b.unit or "1") and not (relation and relation.is_inverse):
        found.append("unit")
    if found == ["unclear"] and a.formula == b.formula:
        found = []
    return tuple(found) or ("same",)


def _limit_changes(a: Clause, b: Clause, relation: Relation | None, year: int | None) -> list[str]:
    x, y = _active(a, year), _active(b, year)
    found = []
    if x and not y:
        found.append("limit_removed" if b.benchmark is None else "limit_to_benchmark")
    elif y and not x:
        found.append("limit_added" if a.benchmark is None else "benchmark_to_limit")
    elif x and y:
        change = _limit_change(x, y, relation)
        found += [change] if change else []
        if year is None and [(c.since, c.until) for c in x] != [(c.since, c.until) for c in y]:
            found.append("dates")
    if a.benchmark is not None and b.benchmark is not None:
        ops = ["<=" if c.direction == "lower" else ">=" for c in (a, b)]
        change = _number_change((ops[0], a.benchmark), (ops[1], b.benchmark), relation)
        found += [f"benchmark_{change}"] if change in ("stricter", "looser") else []
    return found


def _active(clause: Clause, year: int | None) -> tuple[LimitCase, ...]:
    """The limits that can hold in `year`."""
    return tuple(
        case
        for case in clause.limits
        if year is None or ((case.since or year) <= year and year <= (case.until or year))
    )


def _limit_change(x: Sequence[LimitCase], y: Sequence[LimitCase], relation: Relation | None) -> str:
    """``stricter``, ``looser``, ``limit_changed`` or empty; case by case where both sides have the same conditions."""
    if len(x) == len(y) and all(p.when == q.when for p, q in zip(x, y, strict=True)):
        found = {_case_change(p, q, relation) for p, q in zip(x, y, strict=True)} - {""}
        if len(found) <= 1:
            return found.pop() if found else ""
    return "limit_changed"


def _case_change(p: LimitCase, q: LimitCase, relation: Relation | None) -> str:
    r, s = p.require, q.require
    if r is None or s is None:
        return "" if r is s else "limit_changed"
    if isinstance(r.value, Fraction) and isinstance(s.value, Fraction) and not (r.formula or s.formula):
        change = _number_change((r.op, r.value), (s.op, s.value), relation)
        return change or ("limit_changed" if r.partly != s.partly and relation and relation.factor == 1 else "")
    return "" if (r.op, r.value, r.formula) == (s.op, s.value, s.formula) else "limit_changed"


def _number_change(first: tuple[str, Fraction], second: tuple[str, Fraction], relation: Relation | None) -> str:
    """How the second limit compares with the first, restated in the unit of the second."""
    if relation is None:
        return "" if first == second else "limit_changed"
    restated = carry(*first, relation.factor, relation.is_inverse)
    if restated is None:
        return "limit_changed"
    (op, old), (new_op, new) = restated, second
    if op[0] != new_op[0] or op[0] not in "<>":
        return "" if (op, old) == (new_op, new) else "limit_changed"
    if old == new:
        return "" if op == new_op else "looser" if new_op.endswith("=") else "stricter"
    return "stricter" if (new > old) == (op[0] == ">") else "looser"


# -- with a park -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Comparison:
    """Two packs side by side, and what that means for parks.

    Parameters
    ----------
    outcomes
        Per park (and period) the assessment under the first and under the second pack; empty without facts.
    """

    first: Pack
    second: Pack
    changes: tuple[ClauseChange, ...]
    outcomes: tuple[tuple[Assessment, Assessment], ...] = ()

    def counts(self) -> dict[str, int]:
        """How many clauses carry each change."""
        return {key: n for key in CHANGE_TEXT if (n := sum(key in c.changes for c in self.changes))}

    def moved(self, outcome: tuple[Assessment, Assessment]) -> list[tuple[ClauseChange, ClauseResult, ClauseResult]]:
        """The pairs of clauses whose status differs for one park."""
        found = []
        for change in self.changes:
            if change.first is not None and change.second is not None:
                a, b = outcome[0].clause(change.first.id), outcome[1].clause(change.second.id)
                if a.status != b.status:
                    found.append((change, a, b))
        return found

    def changed_parks(self) -> list[tuple[Assessment, Assessment]]:
        """Parks whose verdict differs."""
        return [(a, b) for a, b in self.outcomes if a.verdict != b.verdict]

    def rows_as_text(self, lang: str = "en") -> list[tuple[str, ...]]:
        """Clause by clause, the header first; with statuses where there is one park."""
        zh = lang == "zh"
        names = (self.first.id, self.second.id)
        head: tuple[str, ...] = (
            (*names, "名称", "变化", "原标准值", "新标准值")
            if zh
            else (*names, "name", "change", "limit before", "limit after")
        )
        one = self.outcomes[0] if len(self.outcomes) == 1 else None
        if one is not None:
            head += ("原状态", "新状态") if zh else ("status before", "status after")
        table = [head]
        for change in self.changes:
            a, b = change.first, change.second
            shown = b or a
            assert shown is not None
            row: tuple[str, ...] = (
                a.tail if a else "-",
                b.tail if b else "-",
                shown.label[lang],
                _change_text(change, lang),
                _limit(a, lang),
                _limit(b, lang),
            )
            if one is not None:
                row += (
                    STATUS_TEXT[one[0].clause(a.id).status][lang] if a else "-",
                    STATUS_TEXT[one[1].clause(b.id).status][lang] if b else "-",
                )
            table.append(row)
        return table

    def sentence(self, lang: str = "en") -> str:
        """How many clauses change in which way; per park the verdict and score under each and the clauses that move."""
        zh = lang == "zh"
        counted = self.counts()
        pairs = sum(c.first is not None and c.second is not None for c in self.changes)
        listed = ("、" if zh else ", ").join(f"{CHANGE_TEXT[k][lang]} {n}" for k, n in counted.items())
        if zh:
            lines = [
                f"{self.first.id}（{len(self.first.clauses)} 条）与 {self.second.id}（{len(self.second.clauses)} 条）："
            ]
            lines[0] += f"{pairs} 条对应。{listed}。"
        else:
            sizes = (
                f"{self.first.id} ({len(self.first.clauses)} clauses), {self.second.id} ({len(self.second.clauses)})"
            )
            lines = [f"{sizes}: {pairs} correspond. {listed}."]
        for pack in (self.first, self.second):
            if pack.is_frame or pack.is_partly_recorded:
                lines.append(f"{pack.id}: {pack.warning[lang]}")
        if self.outcomes:
            known = [f"{a.pack.id} {a.basis(lang)}" for a in self.outcomes[0]]
            lines.append(("依据：" if zh else "Basis: ") + ("　" if zh else "; ").join(known))
        if len(self.outcomes) > 1:
            moved = self.changed_parks()
            text = f"{len(self.outcomes)} 个园区中 {len(moved)} 个判定改变" if zh else (
                f"The verdict changes for {len(moved)} of {len(self.outcomes)} parks"
            )  # fmt: skip
            named = [
                f"{a.subject_name} ({VERDICT_TEXT[a.verdict][lang]} -> {VERDICT_TEXT[b.verdict][lang]})"
                for a, b in moved[:20]
            ]
            lines.append(text + (("：" if zh else ": ") + ", ".join(named) if named else ""))
        else:
            lines += [self._park(outcome, lang) for outcome in self.outcomes]
        return "\n".join(lines)

    def _park(self, outcome: tuple[Assessment, Assessment], lang: str) -> str:
        zh = lang == "zh"
        a, b = outcome
        verdicts = f"{VERDICT_TEXT[a.verdict][lang]} -> {VERDICT_TEXT[b.verdict][lang]}"
        text = f"{a.subject_name} {a.period}: " + ("判定 " if zh else "verdict ") + verdicts
        if a.score is not None or b.score is not None or a.score_bounds or b.score_bounds:
            text += (f"，得分 {_score(a)} -> {_score(b)}") if zh else f", score {_score(a)} -> {_score(b)}"
        moved = [
            f"{x.id} {STATUS_TEXT[x.status][lang]} -> {y.id} {STATUS_TEXT[y.status][lang]}"
            for _, x, y in self.moved(outcome)
        ]
        if not moved:
            return text + ("；对应条款状态均不变。" if zh else "; no corresponding clause changes its status.")
        head = (
            f"；{len(moved)} 条状态改变：" if zh else f"; {counted(len(moved), 'clause changes', 'clauses change')}: "
        )
        return text + head + "; ".join(moved)

    def to_dict(self) -> dict[str, Any]:
        """The comparison as plain data."""
        return {
            "first": self.first.id,
            "second": self.second.id,
            "counts": self.counts(),
            "clauses": [c.to_dict() for c in self.changes],
            "parks": [
                {
                    "subject": a.subject,
                    "period": a.period,
                    "verdicts": [a.verdict, b.verdict],
                    "scores": [None if x.score is None else number(x.score) for x in (a, b)],
                    "score_bounds": [bounds_text(x.score_bounds) for x in (a, b)],
                    "clauses": [
                        {"first": x.id, "second": y.id, "statuses": [x.status, y.status]}
                        for _, x, y in self.moved((a, b))
                    ],
                }
                for a, b in self.outcomes
            ],
        }


def _change_text(change: ClauseChange, lang: str) -> str:
    parts = []
    for key in change.changes:
        text = CHANGE_TEXT[key][lang]
        if key == "kind" and change.first and change.second:
            text += f" ({KIND_TEXT[change.first.kind][lang]} -> {KIND_TEXT[change.second.kind][lang]})"
        if key == "unit" and change.first and change.second:
            text += f" ({change.first.unit or '1'} -> {change.second.unit or '1'})"
        parts.append(text)
    return ("、" if lang == "zh" else ", ").join(parts)


def _limit(clause: Clause | None, lang: str) -> str:
    if clause is None:
        return "-"
    unit = f" {clause.unit}" if clause.unit not in ("", "1") and (clause.limits or clause.benchmark is not None) else ""
    return limits_text(clause, lang) + unit


def _score(assessment: Assessment) -> str:
    if assessment.score is not None:
        return f"{float(assessment.score):.4g}"
    bounds = assessment.score_bounds
    if not bounds:
        return "-"
    low, high = (("?" if end is None else f"{float(end):.4g}") for end in bounds)
    return f"[{low}, {high}]"
