"""Typed once, reported everywhere: the quantities a set of packs needs, and which of them a park already has. 一数多用。"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ecopark.core.period import Period
from ecopark.core.text import Text
from ecopark.core.value import Missing, MissingItem
from ecopark.errors import InputError, Place, Problem, did_you_mean
from ecopark.expr.nodes import Leaf
from ecopark.indicators.resolve import SubjectLookup
from ecopark.indicators.rollup import RollUp
from ecopark.observations.model import Facts
from ecopark.observations.quantity import catalogue
from ecopark.packs.load import find_pack
from ecopark.packs.model import Pack
from ecopark.standards.compile import run_parameters
from ecopark.standards.gaps import describe_item
from ecopark.standards.reuse import Conversion, Likeness, Need, Restated, Use, conversions, likenesses, needs, restated

THERE = ("given", "rolled_up", "computed", "reported", "not_applicable")
STATUS_TEXT = {
    "given": Text("已填报", "given"),
    "rolled_up": Text("汇总得出", "rolled up"),
    "computed": Text("可计算", "computed"),
    "reported": Text("已填报指标值", "rate reported"),
    "not_applicable": Text("不适用", "not applicable"),
    "missing": Text("缺", "missing"),
    "unknown": Text("无年度", "no year yet"),
}
_KINDS = {
    "observation": "given",
    "rollup": "rolled_up",
    "derived": "computed",
    "not_applicable": "not_applicable",
    "function": "given",
}
_WORST = ("missing", "unknown", "reported", "computed", "rolled_up", "given", "not_applicable")


@dataclass(frozen=True)
class ReuseRow:
    """One quantity: who needs it, for which years, and whether it is there.

    Parameters
    ----------
    status
        The weakest of the years: ``missing``, ``reported`` (every clause that needs it has its rate given as published),
        ``computed``, ``rolled_up``, ``given``.
    years
        (year, or ``t-1`` where no year is known; status) of every year needed.
    """

    need: Need
    department: Text
    status: str
    years: tuple[tuple[str, str], ...]

    @property
    def id(self) -> str:
        return self.need.quantity.id

    @property
    def missing_years(self) -> tuple[str, ...]:
        return tuple(y for y, s in self.years if s == "missing")

    def status_text(self, lang: str) -> str:
        """The status, with the years that are missing where others are there."""
        text = STATUS_TEXT[self.status][lang]
        some = self.missing_years
        return f"{text} {', '.join(some)}" if some and len(some) < len(self.years) else text

    def to_dict(self) -> dict[str, Any]:
        need = self.need
        return {
            "quantity": self.id,
            "name": {"zh": need.quantity.label.zh, "en": need.quantity.label.en},
            "unit": need.quantity.unit,
            "codes": list(need.codes),
            "computed_from": list(need.inputs),
            "packs": list(need.packs),
            "clauses": list(need.clauses),
            "years": dict(self.years),
            "status": self.status,
            "department": {"zh": self.department.zh, "en": self.department.en},
        }


@dataclass(frozen=True)
class ReuseTable:
    """What a set of packs needs of one park."""

    packs: tuple[Pack, ...]
    subject: str
    period: str
    rows: tuple[ReuseRow, ...]
    conversions: tuple[Conversion, ...]
    likenesses: tuple[Likeness, ...]
    restated: tuple[Restated, ...]

    def rows_as_text(self, lang: str = "en") -> list[tuple[str, ...]]:
        """The quantities as a table of texts, its header first."""
        zh = lang == "zh"
        head: tuple[str, ...] = (
            ("数据项", "编码", "单位", "标准数", "用于", "年份", "状态", "责任部门")
            if zh
            else ("quantity", "id", "unit", "packs", "used by", "years", "status", "department")
        )
        table = [head]
        for row in self.rows:
            need = row.need
            status = row.status_text(lang)
            if need.inputs and row.status == "missing":
                names = "、".join(catalogue()[i].label.zh for i in need.inputs) if zh else ", ".join(need.inputs)
                status += f"（或由{names}计算）" if zh else f" (or computed from {names})"
            name = row.id + (f" [{'; '.join(need.codes)}]" if need.codes else "")
            years = ", ".join(y for y, _ in row.years)
            table.append(
                (
                    need.quantity.label[lang],
                    name,
                    need.quantity.unit,
                    str(len(need.packs)),
                    ", ".join(need.clauses),
                    years,
                    status,
                    row.department[lang],
                )
            )
        return table

    def sentence(self, lang: str = "en") -> str:
        """What typing once saves, what is there and what is missing; then the conversions, one a line."""
        asked = sum(len({(c, y) for c in row.need.clauses for y, _ in row.years}) for row in self.rows)
        once = sum(len(row.years) for row in self.rows)
        shared = sum(len(row.need.packs) > 1 for row in self.rows)
        there = sum(row.status in THERE for row in self.rows)
        missing = sum(row.status == "missing" for row in self.rows)
        n = len(self.rows)
        if lang == "zh":
            text = (
                f"{len(self.packs)} 项标准共需 {n} 个数据项，{shared} 个为多项标准共用；一数多用只需填报 {once} 个年度值，"
                f"逐条填报须 {asked} 次。已有 {there} 个，缺 {missing} 个。"
            )
        else:
            text = (
                f"{len(self.packs)} pack(s) need {n} quantities, {shared} of them used by more than one pack: "
                f"{once} yearly figures typed once instead of {asked} clause by clause. "
                f"{there} are there, {missing} missing."
            )
        lines = [text]
        plain = [c for c in self.conversions if not (c.relation == "same" and c.factor == 1)]
        equal = len(self.conversions) - len(plain)
        if equal:
            text = f"{equal} pair(s) of clauses ask for the same figure."
            lines.append(f"有 {equal} 对条款数值完全相同。" if lang == "zh" else text)
        if plain:
            lines += ["", "标准之间的换算：" if lang == "zh" else "Conversions between packs:"]
            lines += [f"  {c.sentence(lang)}" for c in plain]
        if self.likenesses:
            head = (
                "同一主题、数值不可互相代用：" if lang == "zh" else "One subject, but no figure that could be copied:"
            )
            lines += ["", head]
            lines += [f"  {found.sentence(lang)}" for found in self.likenesses]
        if self.restated:
            lines += ["", "填报单位与条款单位：" if lang == "zh" else "From the unit typed to the unit of the clause:"]
            lines += [f"  {r.sentence(lang)}" for r in self.restated]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """The table as plain data."""
        return {
            "packs": [p.id for p in self.packs],
            "subject": self.subject,
            "period": self.period,
            "quantities": [row.to_dict() for row in self.rows],
            "conversions": [c.to_dict() for c in self.conversions],
            "likenesses": [found.to_dict() for found in self.likenesses],
            "restated": [r.to_dict() for r in self.restated],
        }

    def to_frame(self) -> Any:
        """One row per quantity, as a Polars data frame."""
        import polars as pl

        rows = [
            {
                "quantity": row.id,
                "name_zh": row.need.quantity.label.zh,
                "name_en": row.need.quantity.label.en,
                "unit": row.need.quantity.unit,
                "codes": list(row.need.codes),
                "computed_from": list(row.need.inputs),
                "packs": list(row.need.packs),
                "clauses": list(row.need.clauses),
                "years": [y for y, _ in row.years],
                "missing_years": list(row.missing_years),
                "status": row.status,
                "department_zh": row.department.zh,
                "department_en": row.department.en,
            }
            for row in self.rows
        ]
        lists = ("codes", "computed_from", "packs", "clauses", "years", "missing_years")
        return pl.DataFrame(rows, schema_overrides=dict.fromkeys(lists, pl.List(pl.String)))


def reuse_table(
    facts: Facts, pack_ids: Sequence[str | Pack], period: str | int | None = None, subject: str | None = None
) -> ReuseTable:
    """Which quantities a set of packs needs, which packs and clauses use each, and what is already there.

    Parameters
    ----------
    facts
        Facts of one park or several.
    pack_ids
        Ids of packs, their directories, or loaded packs.
    period
        Year; default: the latest with figures. A park without any gets years before the one to be assessed.
    subject
        Which park; default: the only one.

    Raises
    ------
    InputError
        No such subject, several parks and none named, or a period that is no year.
    """
    packs = tuple(dict.fromkeys(p if isinstance(p, Pack) else find_pack(p) for p in pack_ids))
    park = _park(facts, subject)
    year = _year(facts, park, period)
    options: Mapping[str, Mapping[str, Any]] = facts.settings.get("options") or {}
    parameters = {p.id: run_parameters(p, options.get(p.id)) for p in packs}
    rollup = RollUp(facts)
    lookups = {
        p.id: SubjectLookup(facts, park, pack_factors=p.factors, rollup=rollup, parameters=parameters[p.id])
        for p in packs
    }
    rows = [_row(n, facts, park, year, lookups, packs) for n in needs(packs, year, parameters)]
    rows.sort(key=lambda r: (-len(r.need.packs), r.status != "missing", -len(r.need.clauses), r.id))
    text = "" if year is None else str(year)
    found = conversions(packs)
    alike = likenesses(packs, found)
    return ReuseTable(packs, park, text, tuple(rows), tuple(found), tuple(alike), tuple(restated(packs)))


def _park(facts: Facts, subject: str | None) -> str:
    known = [s.id for s in facts.parks]
    if subject is None:
        if len(known) == 1:
            return known[0]
        names = ", ".join(known[:5])
        zh, en = f"有 {len(known)} 个园区（{names}），请指定", f"there are {len(known)} parks ({names}): say which"
        raise _input("which-subject", zh, en, "用 --subject 指定。", "Use --subject.")
    if subject in facts.subjects:
        return subject
    for found in facts.subjects.values():
        if found.name == subject:
            return found.id
    hint = did_you_mean(subject, list(facts.subjects))
    raise _input("unknown-subject", f"没有对象 '{subject}'", f"there is no subject '{subject}'.", "", hint)


def _year(facts: Facts, park: str, period: str | int | None) -> int | None:
    if period is not None:
        try:
            found = Period.parse(str(period))
        except ValueError as error:
            raise _input("bad-period", f"期间有误：{error}", f"{error}.", "写作 2023。", "Write 2023.") from None
        if found.kind != "year":
            raise _input("bad-period", "评价期间须为年度", "the period is a year.", "写作 2023。", "Write 2023.")
        return found.year
    years = facts.years(park) or [y for child in facts.children(park) for y in facts.years(child.id)]
    return max(years) if years else None


def _input(code: str, zh: str, en: str, repair_zh: str = "", repair_en: str = "") -> InputError:
    return InputError([Problem(code, Place(), zh, en, repair_zh, repair_en)])


def _row(
    need: Need, facts: Facts, park: str, year: int | None, lookups: Mapping[str, SubjectLookup], packs: Sequence[Pack]
) -> ReuseRow:
    department = describe_item(MissingItem(need.quantity.id), facts)[2]
    years = []
    for back in reversed(need.back):
        if year is None:
            years.append((f"t-{back}" if back else "t", "unknown"))
            continue
        period = Period(year - back)
        uses = [u for u in need.uses if u.back == back]
        found = [_status(u, facts, lookups[u.clause.split("/", 1)[0]], period, Period(year), packs) for u in uses]
        years.append((str(period), min(found, key=_WORST.index)))
    status = min((s for _, s in years), key=_WORST.index)
    return ReuseRow(need, department, status, tuple(years))


def _status(
    use: Use, facts: Facts, lookup: SubjectLookup, period: Period, assessed: Period, packs: Sequence[Pack]
) -> str:
    """Whether a figure is there for one use, and how it comes about."""
    found = _figure(use, lookup, period)
    if found != "missing":
        return found
    pack = next(p for p in packs if p.id == use.clause.split("/", 1)[0])
    clause = pack.clause(use.clause)
    for name in (clause.id, clause.indicator):
        if name and facts.get(lookup.subject, name, assessed) is not None:
            return "reported"
    return "missing"


def _figure(use: Use, lookup: SubjectLookup, period: Period) -> str:
    quantity = catalogue()[use.quantity]
    if use.by:
        trace = lookup.resolve(Leaf("part", (quantity.id, use.by)), period)
    elif use.whole:
        rows, lacking = lookup.breakdowns.rows(quantity, period)
        if not rows or lacking is not None or any(step.missing for _, step in rows):
            return "missing"
        return "given" if lookup.breakdowns.own(quantity, period) else "rolled_up"
    else:
        trace = lookup.resolve(Leaf("name", (quantity.id,)), period)
    if trace.kind == "not_applicable":
        return "not_applicable"
    return "missing" if isinstance(trace.value, Missing) else _KINDS.get(trace.kind, "computed")
