"""A small park assessed against two small invented packs over three years; real traces, no engine needed."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from ecopark.core.period import ALWAYS, Period
from ecopark.core.rounding import exact
from ecopark.core.text import Text
from ecopark.core.trace import Trace
from ecopark.core.unit import unit
from ecopark.core.value import Missing, MissingItem, Result, not_given
from ecopark.errors import Place, Problem
from ecopark.expr.expand import expand
from ecopark.expr.fit import FLAG, fit
from ecopark.expr.nodes import Leaf
from ecopark.expr.parse import parse
from ecopark.expr.traced import compare, evaluate
from ecopark.observations.model import Facts, Observation, Subject
from ecopark.packs.model import Basis, Clause, Group, LimitCase, Pack, Requirement
from ecopark.standards.result import Assessment, Change, ChosenLimit, ClauseResult, Gap, ScorePart

QUANTITIES = {
    "energy_industrial_tce": ("工业综合能耗", "industrial energy use", "tce"),
    "industrial_value_added": ("工业增加值（不变价）", "industrial value added (constant prices)", "10k CNY"),
    "industrial_land_km2": ("工业用地面积", "industrial land", "km2"),
    "water_fresh": ("新鲜水取用量", "fresh water intake", "m3"),
    "water_reused": ("工业重复用水量", "industrial water reused", "m3"),
    "solid_waste_generated": ("一般工业固体废物产生量", "general industrial solid waste generated", "t"),
    "solid_waste_utilised": ("一般工业固体废物综合利用量", "general industrial solid waste utilised", "t"),
    "environment_platform": ("建有生态环境信息平台", "environmental information platform in place", ""),
    "major_accident": ("发生特别重大事故", "major accident happened", ""),
    "co2_t": ("二氧化碳排放量", "CO2 emissions", "tCO2"),
    "renewable_share": ("可再生能源使用比例", "share of renewable energy", "%"),
    "jobs_green": ("=cmd|' /C calc'!A0 绿色就业", "=cmd|' /C calc'!A0 green jobs", "person"),
}
YEARS = ("2021", "2022", "2023")
_VALUES = {
    "energy_industrial_tce": ("412000", "405300", "398760.5"),
    "industrial_value_added": ("820000", "871500", "925400"),
    "industrial_land_km2": ("9.8", "11.3", "11.4"),
    "water_fresh": ("5600000", "5450000", "5300000"),
    "water_reused": ("21000000", "22500000", "24100000"),
    "solid_waste_generated": ("182000", "0", "176400"),
    "solid_waste_utilised": ("171000", "0", "172900"),
    "co2_t": ("910000", None, "865000"),
    "renewable_share": ("18", "21", "24"),
}
_FLAGS = {"environment_platform": True, "major_accident": False}
SUBJECT = "demo"
NAME = "滨江示例产业园区"


def facts() -> Facts:
    rows = []
    for quantity, values in _VALUES.items():
        for column, (period, value) in enumerate(zip(YEARS, values, strict=True)):
            if value is not None:
                text = QUANTITIES[quantity][2]
                rows.append(
                    Observation(
                        SUBJECT,
                        quantity,
                        Period.parse(period),
                        exact(value),
                        text,
                        given=f"{value} {text}",
                        source="园区统计年报",
                        place=Place("data/园区数据.xlsx", "能源与水", f"{'EFG'[column]}{4 + len(rows) % 30}"),
                    )
                )
    for quantity, flag in _FLAGS.items():
        rows.append(
            Observation(
                SUBJECT,
                quantity,
                ALWAYS,
                flag,
                given="是" if flag else "否",
                place=Place("data/园区数据.xlsx", "管理", "E4"),
            )
        )
    scopes = ((2020, Text("老区范围", "the old area")), (2022, Text("并入东片区", "the eastern area joined")))
    subject = Subject(SUBJECT, NAME, scopes=scopes, attributes=(("credit_code", "12320000INVENTED0"),))
    place = Place("data/园区数据.xlsx", "能源与水", "G7")
    return Facts(
        rows,
        [subject],
        settings={"invented": True},
        warnings=[
            Problem(
                "jump",
                place,
                "较上年变化 41 %",
                "changed by 41 % from the year before",
                "请核对。",
                "Please check.",
                "warning",
            )
        ],
        rejected=[
            ("demo,unknown_thing,2023,1,t", Problem("unknown-quantity", place, "未知数据项", "unknown quantity"))
        ],
    )


class _Lookup:
    def __init__(self, given: Facts) -> None:
        self.given = given

    def resolve(self, leaf: Leaf, period: Period) -> Trace:
        zh, en, text = QUANTITIES[leaf.name]
        label = Text(zh, en)
        if leaf.name == "co2_t" and self.given.get(SUBJECT, leaf.name, period) is None:
            inner = evaluate(_fitted("energy_industrial_tce * unit(2.6, 'tCO2/tce')", "tCO2"), self, period)
            if period.year == 2022:
                inner = Trace("missing", leaf.name, not_given(leaf.name, period, label), text, label, str(period))
            return Trace("derived", leaf.name, inner.value, text, label, str(period), (inner,))
        found = self.given.get(SUBJECT, leaf.name, period)
        if found is None:
            missing = not_given(leaf.name, period, label)
            return Trace("missing", leaf.name, missing, text, label, str(period))
        kind = "reported" if leaf.name == "renewable_share" else "observation"
        return Trace(kind, leaf.name, found.value, text, label, str(period), (), found.given, found.place, found.source)


def _unit_of(leaf: Leaf) -> object:
    text = QUANTITIES[leaf.name][2]
    return unit(text) if text else FLAG


def _fitted(formula: str, target: str | None):
    return fit(expand(parse(formula)), _unit_of, target)  # type: ignore[arg-type]


def _clause(pack, tail, zh, en, kind, formula, unit_text, op, limit, *, group, basis="seen", direction="higher"):
    value = limit if isinstance(limit, bool) else exact(limit)
    return Clause(
        f"{pack}/{tail}",
        Text(zh, en),
        kind,
        formula,
        unit_text,
        direction,
        group,
        limits=(LimitCase(Requirement(op, value)),),
        basis=Basis(basis, "seen", "seen"),
        reference=f"表1 第{tail}项",
        sources=("https://example.invalid/standard",),
    )


def pack_one() -> Pack:
    p = "demo-eco-2015"
    return Pack(
        p,
        Text("示例生态园区标准", "Example eco-park standard"),
        Text("示例部", "Example ministry"),
        "EX 274-2015",
        "draft",
        (
            _clause(
                p,
                "b1",
                "建有环境信息平台",
                "information platform",
                "basic",
                "environment_platform",
                "",
                "==",
                True,
                group="basic",
                direction="flag",
            ),
            _clause(
                p,
                "b2",
                "无特别重大事故",
                "no major accident",
                "basic",
                "not major_accident",
                "",
                "==",
                True,
                group="basic",
                direction="flag",
            ),
            _clause(
                p,
                "1",
                "单位工业增加值综合能耗",
                "energy per value added",
                "mandatory",
                "energy_industrial_tce / industrial_value_added",
                "tce/10k CNY",
                "<=",
                "0.4",
                group="resource",
                basis="inferred",
                direction="lower",
            ),
            _clause(
                p,
                "2",
                "单位工业用地工业增加值",
                "value added per industrial land",
                "mandatory",
                "industrial_value_added / industrial_land_km2",
                "100m CNY/km2",
                ">=",
                "9",
                group="economy",
            ),
            _clause(
                p,
                "3",
                "工业用水重复利用率",
                "industrial water reuse rate",
                "mandatory",
                "water_reused / (water_reused + water_fresh)",
                "%",
                ">=",
                "75",
                group="resource",
            ),
            _clause(
                p,
                "4",
                "一般工业固体废物综合利用率",
                "solid waste utilisation",
                "mandatory",
                "share(solid_waste_utilised, solid_waste_generated)",
                "%",
                ">=",
                "70",
                group="resource",
                basis="recalled",
            ),
            _clause(
                p,
                "5",
                "工业增加值增长率",
                "growth of value added",
                "optional",
                "growth(industrial_value_added)",
                "%",
                ">=",
                "5",
                group="economy",
            ),
            _clause(
                p,
                "6",
                "单位工业增加值碳排放",
                "CO2 per value added",
                "optional",
                "co2_t / industrial_value_added",
                "tCO2/10k CNY",
                "<=",
                "0.95",
                group="resource",
                direction="lower",
            ),
            _clause(
                p,
                "7",
                "可再生能源使用比例",
                "renewable energy share",
                "optional",
                "renewable_share",
                "%",
                ">=",
                "9",
                group="resource",
            ),
            _clause(
                p,
                "8",
                "绿色就业岗位占比",
                "green jobs",
                "optional",
                "jobs_green",
                "person",
                ">=",
                "100",
                group="economy",
            ),
        ),
        groups=(
            Group("basic", Text("基本要求", "basic requirements")),
            Group("economy", Text("经济发展", "economy")),
            Group("resource", Text("资源与环境", "resources and environment")),
        ),
        sources=("https://example.invalid/standard",),
        warning=Text("官方文本尚未核对。", "The official text has not been checked."),
        hash="0f1e2d3c4b5a6978",
    )


def pack_two() -> Pack:
    p = "demo-zero-carbon-2025"
    return Pack(
        p,
        Text("示例零碳园区指标", "Example zero-carbon indicators"),
        Text("示例委", "Example commission"),
        "",
        "draft",
        (
            _clause(
                p,
                "1",
                "单位能耗碳排放",
                "CO2 per energy",
                "core",
                "co2_t / energy_industrial_tce",
                "tCO2/tce",
                "<=",
                "0.2",
                group="core",
                direction="lower",
            ),
            _clause(
                p,
                "2",
                "可再生能源使用比例",
                "renewable energy share",
                "guiding",
                "renewable_share",
                "%",
                ">=",
                "20",
                group="guiding",
            ),
        ),
        groups=(Group("core", Text("核心指标", "core")), Group("guiding", Text("引导指标", "guiding"))),
        hash="aa55aa55aa55aa55",
    )


def _result(clause: Clause, given: Facts, period: Period) -> ClauseResult:
    trace = evaluate(_fitted(clause.formula, clause.unit or None), _Lookup(given), period)
    require = clause.limits[0].require
    assert require is not None
    value: Result = trace.value
    limit = ChosenLimit(require, require.value, Text("表列标准值", "the printed limit"))
    changes: tuple[Change, ...] = ()
    if isinstance(value, Missing):
        status, reason = "undetermined", value.reason
    elif compare(require.op, value, require.value):  # type: ignore[arg-type]
        status, reason = "met", Text("满足标准值", "the limit is met")
    else:
        status, reason = "not_met", Text("未满足标准值", "the limit is not met")
        if clause.tail == "1" and clause.id.startswith("demo-eco"):
            changes = (
                Change(
                    "energy_industrial_tce",
                    str(period),
                    Text("工业综合能耗", "industrial energy use"),
                    "tce",
                    exact("398760.5"),
                    exact("370160"),
                ),
                Change(
                    "industrial_value_added",
                    str(period),
                    Text("工业增加值（不变价）", "industrial value added"),
                    "10k CNY",
                    exact("925400"),
                    exact("996901.25"),
                ),
            )
    reported = trace.kind == "reported"
    return ClauseResult(
        clause,
        status,
        value,
        limit,
        trace,
        reason,
        (Fraction(0), Fraction(100)) if status == "undetermined" else None,
        reported,
        changes=changes,
    )


def assess(pack: Pack, given: Facts, year: str) -> Assessment:
    results = tuple(_result(c, given, Period.parse(year)) for c in pack.clauses)
    counted = {s: sum(r.status == s for r in results) for s in ("met", "not_met", "undetermined")}
    verdict = "fail" if counted["not_met"] else "undetermined" if counted["undetermined"] else "pass"
    gaps = tuple(
        Gap(
            MissingItem(item.quantity, item.period),
            Text(*QUANTITIES[item.quantity][:2]),
            Text("经济发展局", "economy bureau"),
            QUANTITIES[item.quantity][2],
            (r.id,),
            1,
            Fraction(1),
        )
        for r in results
        for item in r.missing
    )
    parts = (
        ScorePart("economy", Text("经济发展", "economy"), Fraction(92), (Fraction(92), Fraction(92))),
        ScorePart("resource", Text("资源与环境", "resources"), None, (Fraction(70), Fraction(96))),
    )
    scored = pack.id.startswith("demo-eco")
    return Assessment(
        pack,
        SUBJECT,
        NAME,
        year,
        verdict,
        results,
        score_bounds=(Fraction(81), Fraction(94)) if scored else None,
        score_parts=parts if scored else (),
        verdict_reasons=(Text(f"未达标 {counted['not_met']} 条", f"{counted['not_met']} clauses are not met"),),
        gaps=gaps,
        findings=(Text("填报值与企业合计相差 3 %", "the park figure differs by 3 % from the sum of its firms"),),
        fingerprint="00112233",
        version="0.1.0",
    )


def assessments() -> list[Assessment]:
    given = facts()
    return [assess(pack, given, year) for pack in (pack_one(), pack_two()) for year in YEARS]


def replace_name(assessment: Assessment, name: str) -> Assessment:
    """The same result for a park with another name."""
    return replace(assessment, subject_name=name)
