"""The pages of a park, and those beside the parks, by the words that stand on them; each for who may open it."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from ecopark.core.text import Text
from ecopark.observations.quantity import catalogue
from ecopark.web.assess.keep import packs_of, year_of
from ecopark.web.firms.models import GradeRun
from ecopark.web.pages.context import NAVIGATION, user_links
from ecopark.web.parks.office_views import TABS
from ecopark.web.people.access import Standing
from ecopark.web.search.scope import MOST, Hit, Scope


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a park below those of the navigation.

    Parameters
    ----------
    name
        Its address among the park's.
    action
        What a person must be able to do.
    also
        Other words it is looked for by.
    """

    label: Text
    name: str
    action: str
    also: str = ""


PAGES = (
    Page(Text("导入工作簿", "Import a workbook"), "data-import", "import_figures", "上传 excel 模板 upload template"),
    Page(Text("企业填报", "Figures of the firms"), "submissions", "see_figures", "报送 退回 催报 submissions deadlines"),
    Page(Text("佐证材料", "Evidence"), "evidence", "see_evidence", "附件 证明 files proof"),
    Page(Text("并列对比", "Side by side"), "assess-compare", "compare", "比较 compare years parks editions"),
    Page(Text("自评价报告", "Dossier"), "dossier", "make_dossier", "报告 下载 self-evaluation report word pdf"),
    Page(Text("领导简报", "One-page briefing"), "briefing", "make_briefing", "一页 summary pdf slides"),
    Page(Text("月度调度单", "Monthly dispatch list"), "tasks-dispatch", "see_tasks", "督办 调度会 meeting"),
    Page(Text("办结成效", "What closed tasks did"), "tasks-effects", "see_tasks", "效果 effects"),
    Page(Text("行动方案与场景清单", "Programmes and scenario lists"), "programmes", "see_tasks", "action programme"),
    Page(Text("新任务", "New tasks"), "task-new", "write_tasks", "立项 责任分解 split"),
    Page(Text("问题统计", "Statistics of cases"), "case-statistics", "see_cases", "网格员 账龄 ageing keepers"),
    Page(Text("上报问题", "Report a case"), "case-report", "report_case", "拍照 随手拍 photo"),
    Page(Text("总量指标台账", "Quota ledger"), "ledger", "see_projects", "能耗 排污 指标 quotas"),
    Page(Text("判定登记簿", "Register of decisions"), "register", "see_projects", "不予准入 拒绝 记录 refusals"),
    Page(Text("组合比选", "Together"), "together", "see_projects", "择优 best use projects"),
    Page(Text("园区自有规则", "Own rules"), "own-rules", "see_projects", "准入 门槛 threshold"),
    Page(Text("自有政策", "Own policies"), "own-policies", "see_projects", "准入政策 admission policy"),
    Page(Text("新项目", "New project"), "project-new", "decide_projects", "申报 apply"),
    Page(Text("登记企业", "Register a firm"), "firm-new", "write_firms", "新增 add"),
    Page(Text("重复登记", "Doubles"), "firm-doubles", "write_firms", "合并 merge"),
    Page(Text("审核与改造", "Audits and retrofits"), "audits", "see_firms", "清洁生产 能源审计 cleaner production"),
    Page(Text("亩均效益评价", "Per-mu evaluation"), "grades", "see_grades", "分类 grades classes A B C D"),
    Page(Text("申诉", "Appeals"), "appeals", "see_grades", "异议 objection"),
    Page(Text("自有评价方法", "Own methods"), "own-methods", "simulate_grades", "亩均 grading method"),
    Page(Text("低效用地再开发", "Land renewal"), "land", "see_land", "地块 腾笼换鸟 plots"),
    Page(Text("一数多用", "Typed once, reported everywhere"), "rules-reuse", "compare", "复用 reuse"),
    Page(Text("对比标准", "Compare standards"), "rules-editions", "compare", "版本 editions"),
    Page(Text("称号", "Titles"), "titles", "see_titles", "命名 复核 申报 到期 named re-check"),
)  # fmt: skip
"""Pages whose address takes the park alone."""


def pages(scope: Scope, words: str) -> list[Hit]:
    """Pages whose name or other words fit, those named so first."""
    standing = scope.standing
    rows = _everywhere(scope) if standing is None else [*_of_park(standing), *_everywhere(scope)]
    low = words.lower()
    named = [hit for hit, _ in rows if low in hit.label.zh.lower() or low in hit.label.en.lower()]
    other = [hit for hit, also in rows if hit not in named and low in also.lower()]
    return [*named, *other][: MOST + 1]


def _of_park(standing: Standing) -> list[tuple[Hit, str]]:
    slug = standing.park.slug

    def hit(label: Text, under: Text, name: str, *more: str) -> Hit:
        return Hit(label, under, reverse(name, args=[slug, *more]))

    top = {name: label for label, name, _, _ in NAVIGATION}
    rows = [(hit(label, Text(), name), "") for label, name, _, action in NAVIGATION if standing.may(action)]
    rows += [(hit(p.label, Text(), p.name), p.also) for p in PAGES if standing.may(p.action)]
    if standing.may("see_figures"):
        themes = catalogue().themes.items()
        rows += [(hit(one.label, top["data"], "data-theme", name), "") for name, one in themes]
    if standing.may("settings"):
        rows += [(hit(label, top["park-settings"], "park-settings-tab", name), "") for name, label in TABS.items()]
    if standing.may("try_what_if") and (year := year_of(standing.park)):
        label = Text("如果……会怎样", "What if")
        rows.append((hit(label, Text(), "what-if", packs_of(standing.park)[0], year), "情景 模拟 scenario"))
    if standing.may("simulate_grades") and (run := GradeRun.objects.filter(park=standing.park).first()):
        label = Text("模拟", "Simulate")
        rows.append((hit(label, top["firms"], "simulator", str(run.pk)), "权重 亩均 weights grades"))
    return rows


def _everywhere(scope: Scope) -> list[tuple[Hit, str]]:
    """Pages that belong to no park."""
    rows = [(Hit(link["label"], Text(), link["url"]), "") for link in user_links(scope.user)]
    rows.append((Hit(Text("接口文档", "API"), Text(), reverse("api-docs")), "开发 developers token"))
    return rows
