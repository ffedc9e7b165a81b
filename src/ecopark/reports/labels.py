"""The fixed words of a dossier, in both languages."""

from __future__ import annotations

from ecopark.core.text import Text
from ecopark.standards.result import VERDICT_TEXT

L: dict[str, Text] = {
    "title": Text("自评价报告", "Self-evaluation report"),
    "subtitle": Text("园区评价结果、依据与差距", "Results, their basis, and what is left to do"),
    "period": Text("评价年度", "Assessed period"),
    "park": Text("园区", "Park"),
    "packs": Text("评价标准", "Standards"),
    "years": Text("数据年度", "Years of data"),
    "version": Text("程序版本", "Program version"),
    "invented": Text("虚构数据，仅供演示", "Invented figures, for demonstration only"),
    "contents": Text("目录", "Contents"),
    "s_summary": Text("判定摘要", "Verdict in brief"),
    "s_facts": Text("园区基本情况", "Basic facts"),
    "s_basic": Text("基本要求", "Basic requirements"),
    "s_indicators": Text("指标完成情况", "Indicators, three years side by side"),
    "s_explain": Text("指标说明与数据溯源", "Each indicator explained, down to its source"),
    "s_missing": Text("缺项清单（按部门）", "What is missing, by department"),
    "s_change": Text("差距分析：怎样达标", "Gaps: what would meet each clause"),
    "s_trend": Text("统计口径与趋势说明", "Statistical scope and trends"),
    "s_quality": Text("数据质量提示", "Data-quality findings"),
    "s_evidence": Text("佐证材料目录", "List of evidence"),
    "s_convert": Text("计量单位换算", "Conversions"),
    "s_promise": Text("真实性承诺", "Statement to be signed"),
    "s_appendix": Text("附录", "Appendix"),
    "verdict": Text("判定", "Verdict"),
    "score": Text("得分", "Score"),
    "score_between": Text("得分区间", "Score between"),
    "index": Text("指数", "Index"),
    "index_between": Text("指数区间", "Index between"),
    "rests_on": Text("判定依据", "Rests on"),
    "basics_pass": Text("基本要求满足", "basic requirements met"),
    "basics_fail": Text("基本要求未满足", "basic requirements not met"),
    "basics_undetermined": Text("基本要求待定", "basic requirements undetermined"),
    "doubtful": Text("数据存疑", "figures in doubt"),
    "benchmark": Text("引领值", "benchmark"),
    "limit_or_benchmark": Text("标准值或引领值", "Limit or benchmark"),
    "clause": Text("条款", "Clause"),
    "indicator": Text("指标", "Indicator"),
    "unit": Text("单位", "Unit"),
    "limit": Text("标准值", "Limit"),
    "status": Text("结果", "Status"),
    "basis": Text("依据", "Basis"),
    "value": Text("数值", "Value"),
    "reported_mark": Text("填报率（不可复算）", "reported, not recomputable"),
    "formula": Text("计算方法", "How it is computed"),
    "result": Text("结果", "Result"),
    "input": Text("数据项", "Input"),
    "given": Text("填报原值", "As given"),
    "place": Text("出处（文件!工作表!单元格）", "Place (file!sheet!cell)"),
    "source": Text("来源", "Source"),
    "why_limit": Text("标准值的适用", "Which limit, and why"),
    "why_status": Text("结果说明", "Why"),
    "between": Text("缺项时的区间", "Bounds while something is missing"),
    "changes": Text("怎样达标", "What would meet it"),
    "computed_changes": Text(
        "单独改变一项的计算结果（只是算式的解，未必可行）：",
        "What each input alone would have to be (arithmetic, not always advice):",
    ),
    "full_trace": Text("完整计算过程", "Every step of the calculation"),
    "department": Text("责任部门", "Department"),
    "item": Text("缺少的数据", "Missing datum"),
    "for_clauses": Text("涉及条款", "Clauses that need it"),
    "settles": Text("单独可定", "Settles alone"),
    "now": Text("现值", "Now"),
    "needed": Text("达标值", "Needed"),
    "relative": Text("变化", "Change"),
    "none_missing": Text("本期没有缺项。", "Nothing is missing in this period."),
    "none_change": Text("本期没有未达标条款。", "No clause is unmet in this period."),
    "no_single": Text("须多项同时改进", "several inputs must improve together"),
    "to_put_in_place": Text("须落实此项要求", "what is required must be put in place"),
    "reported_only": Text("以比率填报，须提供原始数据方可测算", "given as a rate: its inputs are needed to say"),
    "none_breaks": Text("数据年度内统计口径没有变化。", "The statistical scope did not change within these years."),
    "none_quality": Text("没有数据质量提示。", "There are no data-quality findings."),
    "file": Text("文件", "File"),
    "page": Text("页码", "Page"),
    "date": Text("日期", "Date"),
    "none_given": Text("未提供", "none given"),
    "incomplete": Text("填报不全", "incomplete"),
    "given_as": Text("填报单位", "Unit as given"),
    "converted": Text("换算后", "Converted"),
    "no_convert": Text("填报单位与计算单位一致，未作换算。", "All figures were given in the units of the calculation."),
    "rejected": Text("搁置的数据行（未参与计算）", "Rows set aside (not used)"),
    "row": Text("原始行", "Row"),
    "problem": Text("问题", "Problem"),
    "scale": Text("主要规模", "Size of the park"),
    "no_evidence": Text("未提供佐证材料的条款", "Clauses without evidence"),
    "single_points": Text("只有一个年度的数值、未绘图的指标：{names}。", "Not drawn, with one year only: {names}."),
    "rest_of_gaps": Text(
        "另有 {n} 项：用 --out 目录 写出完整清单，或用 --format json 查看",
        "and {n} more: --out DIRECTORY writes the whole list, --format json prints it",
    ),
    "key_figures": Text("评价所用基础数据", "Figures the assessment rests on"),
    "used_by": Text("用于条款数", "Clauses"),
    "scope_from": Text("{year} 年起统计口径：{what}", "Statistical scope from {year}: {what}"),
    "break": Text(
        "{year} 年统计口径变化：{what}。此前与此后的数值不可直接比较。",
        "The statistical scope changed in {year}: {what}. Figures before and after are not directly comparable.",
    ),
    "counts": Text("{n} 条", "{n}"),
    "evaluated": Text("共 {n} 条", "{n} clauses"),
    "chart_limits": Text(
        "各年数值与标准值（虚线为标准值；竖线为口径变化）",
        "Value against limit over the years (dashed: limit; vertical line: change of scope)",
    ),
    "chart_matrix": Text("评价标准 × 年度判定总览", "Verdicts, standards by years"),
    "chart_score": Text("分项得分（横线为缺项时的区间）", "Score by group (line: bounds while something is missing)"),
    "frame": Text(
        "该标准正文尚不可得，仅为框架，不作判定。",
        "The text of this standard is not available: a frame only, no verdict.",
    ),
    "draft": Text("标准包状态：草案（未核定）", "Pack status: draft (not verified)"),
    "pack_verified": Text("标准包状态：已核", "Pack status: verified"),
    "sources": Text("出处", "Sources"),
    "hash": Text("标准包校验值", "Pack hash"),
    "fingerprint": Text("数据指纹", "Fingerprint of the figures"),
    "options": Text("可选指标的选取", "Options chosen"),
    "settings": Text("参数", "Parameters"),
    "sign_legal": Text("单位负责人（签字）：", "Person in charge (signature):"),
    "sign_writer": Text("填报人（签字）：", "Prepared by (signature):"),
    "sign_date": Text("日期：　　　年　　月　　日", "Date:"),
    "sign_seal": Text("管委会（盖章）：", "Zone committee (seal):"),
    "promise": Text(
        "我单位已逐项核对本报告所列数据、统计口径和佐证材料，确认其来源真实、可以追溯；凡未填报、推断或者未经核对之处，"
        "均已在报告中如实注明。我单位对所提供材料的真实性负责，愿意配合核查并及时更正错误。",
        "We have checked the figures, the statistical scopes and the evidence in this report item by item. They are "
        "genuine and can be traced to their source; whatever is missing, inferred or not yet checked is marked as such. "
        "We answer for what we have supplied, will assist any inspection and will correct errors without delay.",
    ),
    "how_to_read": Text(
        "每个数值均可追溯到文件、工作表和单元格；未填报的数据不按零处理，缺少数据的条款为“待定”。标准值按全数值比较，不作修约。",
        "Every number can be traced to file, sheet and cell. A missing figure is never taken for zero: a clause "
        "that depends on one is undetermined. Values are compared with their limits unrounded.",
    ),
    "pre_result": Text(
        "本结果是园区自评价，不代表主管部门的认定结论。",
        "This is the park's own evaluation, not a decision of the authority.",
    ),
    "chosen_not": Text("未选用", "not chosen"),
    "not_recomputable": Text(
        "该数值以比率形式填报，没有提供计算所需的原始数据，不可复算。",
        "This rate was given as such, without its inputs; it cannot be recomputed.",
    ),
    "department_none": Text("未指定部门", "no department named"),
    "toc_hint": Text("点击指标名称可展开计算过程", "Open an indicator to see its calculation"),
    "quantity": Text("数据项", "Quantity"),
    "page_of": Text("第 {page} 页", "Page {page}"),
    "next": Text("下一步", "What next"),
    "fails": Text("未达标条款及原因", "What fails, and why"),
    "matrix": Text("总览", "At a glance"),
    "finding": Text("计算中的提示", "Findings of the calculation"),
    "note": Text("说明", "Note"),
    "reference": Text("条文位置", "Where it is written"),
    "title_life": Text("称号进程", "Life of the title"),
    "title_name": Text("称号", "Title"),
    "step": Text("步骤", "Step"),
    "due": Text("期限", "Due"),
    "on_day": Text("以 {day} 为准。", "As on {day}."),
}

KIND_TEXT: dict[str, Text] = {
    "basic": Text("基本要求", "basic"),
    "mandatory": Text("必选", "mandatory"),
    "optional": Text("可选", "optional"),
    "recommended": Text("推荐", "recommended"),
    "core": Text("核心", "core"),
    "guiding": Text("引导", "guiding"),
    "prerequisite": Text("前置条件", "prerequisite"),
    "scored": Text("计分", "scored"),
    "reference": Text("参考", "reference"),
    "frame": Text("框架", "frame"),
}

ATTRIBUTES: dict[str, Text] = {
    "base_year": Text("不变价基期", "Base year of constant prices"),
    "province": Text("所在省份", "Province"),
    "city": Text("所在城市", "City"),
    "credit_code": Text("统一社会信用代码", "Unified credit code"),
    "address": Text("地址", "Address"),
    "level": Text("级别", "Level"),
    "approved": Text("批准设立时间", "Approved"),
}

SHORT_BASIS: dict[str, Text] = {
    "seen": Text("见于来源", "seen"),
    "inferred": Text("推断", "inferred"),
    "recalled": Text("未见原文（凭记忆）", "recalled"),
}
TO_VERIFY = Text("待核", "to be verified")

STATUS_TONE = {
    "met": "good",
    "partly_met": "partly",
    "not_met": "bad",
    "undetermined": "open",
    "not_due": "muted",
    "not_applicable": "muted",
    "reported": "muted",
}
VERDICT_WORDS = {**VERDICT_TEXT, "none": Text("不作判定", "no verdict")}
VERDICT_TONE = {"pass": "good", "fail": "bad", "undetermined": "open", "none": "muted"}

COLOURS = {
    "good": ("#1f6b45", "#e4f1e9"),
    "partly": ("#8a5a00", "#fbf0d9"),
    "bad": ("#a12b23", "#f9e5e2"),
    "open": ("#3f5873", "#e6ecf3"),
    "muted": ("#5b6168", "#eef0f1"),
    "plain": ("#1d2227", "#ffffff"),
}
"""Tone: (ink, ground); ink on ground has a contrast of at least 4.5."""
ACCENT = "#17523c"


def say(key: str, lang: str, **parts: object) -> str:
    """The fixed words `key` in one language, its places filled."""
    text = L[key][lang]
    return text.format(**parts) if parts else text
