"""Every part of a page on one page, for looking at it. Served only while developing (`ECOPARK_DEBUG=1`).

The figures are invented; they show the longest words and the empty cases, not a park.
"""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path, reverse

from ecopark.core.text import Text
from ecopark.web.templatetags.ui import t


class Example(forms.Form):
    """A form with every kind of control, a mistake in it."""

    title = forms.CharField(max_length=80)
    reason = forms.CharField(widget=forms.Textarea)
    kind = forms.ChoiceField(choices=[("water", "Water"), ("air", "Air")])
    due = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))
    told = forms.BooleanField(required=False)
    light = forms.ChoiceField(choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        words = {
            "title": t("任务名称", "Title of the task"),
            "reason": t("退回理由", "Why it is returned"),
            "kind": t("类别", "Kind"),
            "due": t("完成时限", "To be done by"),
            "told": t("已告知责任部门", "The department has been told"),
            "light": t("方式", "Way"),
        }
        for name, label in words.items():
            self.fields[name].label = label
        self.fields["title"].help_text = t("写清对象和措施。", "Name the object and the measure.")

    def clean_due(self) -> Any:
        """A date in the past is a mistake, with its repair."""
        raise forms.ValidationError(
            t("时限早于今天。", "The date lies before today."),
            code="past",
            params={"repair": t("请改为今天以后的日期。", "Give a date after today.")},
        )


def _across(names: list[str], columns: list[list[int]]) -> list[list[Any]]:
    """A row for every name: the name, then its figure in each column."""
    return [[name, *(column[i] for column in columns)] for i, name in enumerate(names)]


def _charts() -> list[dict[str, Any]]:
    periods, energy = ["2021", "2022", "2023"], ["0.52", None, "0.42"]
    groups = [
        t("经济发展", "Economy"),
        t("物质减量与循环", "Materials"),
        t("污染控制", "Pollution"),
        t("园区管理", "Management"),
    ]
    statuses = [("达标", "met", "good"), ("未达标", "not met", "bad"), ("待定", "undetermined", "open")]
    counts = [[18, 14, 20], [3, 5, 2], [4, 6, 3]]
    packs = ["HJ 274-2015", t("绿色园区", "Green park"), t("零碳园区", "Zero-carbon park")]
    bands = ["0–3", "4–7", "8–15", "16–30", "> 30"]
    ages = [[12, 6, 3, 0, 0], [0, 2, 4, 1, 0], [0, 0, 0, 2, 3]]
    return [
        {
            "id": "chart-trend",
            "kind": "trend",
            "title": Text("单位工业增加值综合能耗", "Energy per industrial value added"),
            "data": {
                "unit": "tce/10k CNY",
                "periods": periods,
                "series": [{"name": t("综合能耗", "Energy"), "values": energy}],
                "limits": [{"value": "0.5"}, {"value": "0.4", "benchmark": True}],
            },
            "head": [Text("年度", "Year"), Text("数值", "Value")],
            "rows": list(zip(periods, energy)),
        },
        {
            "id": "chart-scores",
            "kind": "scores",
            "title": Text("分项得分（虚线为缺项时的区间）", "Score by group (dashed: what is still open)"),
            "data": {
                "groups": groups,
                "scores": ["22", "18.5", None, "9"],
                "low": ["22", "18.5", "12", "9"],
                "high": ["22", "18.5", "24", "9"],
                "full": ["25", "30", "30", "15"],
                "names": {"score": t("得分", "Score"), "open": t("待定", "Open")},
            },
            "head": [Text("分组", "Group"), Text("得分", "Score")],
            "rows": list(zip(groups, ["22", "18.5", "12–24", "9"])),
        },
        {
            "id": "chart-stacked",
            "kind": "stacked",
            "title": Text("各标准条款结果", "Clauses by status"),
            "data": {
                "categories": packs,
                "series": [
                    {"name": t(zh, en), "tone": tone, "values": values}
                    for (zh, en, tone), values in zip(statuses, counts)
                ],
            },
            "head": [Text("标准", "Standard"), *[Text(zh, en) for zh, en, _ in statuses]],
            "rows": _across(packs, counts),
        },
        {
            "id": "chart-ageing",
            "kind": "ageing",
            "title": Text("在办问题按天数", "Open cases by age in days"),
            "data": {
                "bands": bands,
                "series": [
                    {"name": t(zh, en), "tone": tone, "values": values}
                    for (zh, en, tone), values in zip(
                        (("正常", "on course", "green"), ("预警", "at risk", "amber"), ("逾期", "overdue", "red")),
                        ages,
                    )
                ],
            },
            "head": [Text("天数", "Days"), Text("正常", "on course"), Text("预警", "at risk"), Text("逾期", "overdue")],
            "rows": _across(bands, ages),
        },
    ]


def _events() -> list[dict[str, Any]]:
    def event(day: int, who: str, what: Text, tone: str, **more: Any) -> dict[str, Any]:
        return {"at": datetime(2024, 3, day, 9, 30, tzinfo=UTC), "who": who, "what": what, "tone": tone, **more}

    changed = {"before": "35100 tce", "after": "32000 tce", "why": Text("按审计数更正", "corrected after audit")}
    bill = Text("缺少用电发票", "the electricity bill is missing")
    return [
        event(15, t("李敏", "Li Min"), Text("修改填报值", "Figure changed"), "partly", **changed),
        event(14, t("王强", "Wang Qiang"), Text("退回企业", "Returned to the firm"), "bad", why=bill),
        event(12, t("企业填报人", "Firm reporter"), Text("提交", "Submitted"), "good"),
    ]


CLAUSES = (
    (
        "10",
        Text("单位工业增加值综合能耗", "Energy per industrial value added"),
        "met",
        "0.42",
        "tce/10k CNY",
        "≤ 0.5",
        "seen",
        True,
    ),
    ("11", Text("工业用水重复利用率", "Industrial water reuse"), "not_met", "71.4", "%", "≥ 75", "seen", False),
    (
        "14",
        Text("化学需氧量排放弹性系数", "Elasticity of COD discharge"),
        "undetermined",
        None,
        "1",
        "< 0.3",
        "recalled",
        False,
    ),
    (
        "15",
        Text("危险废物处理处置率", "Treatment of hazardous waste"),
        "partly_met",
        "99.6",
        "%",
        "= 100",
        "inferred",
        False,
    ),
    ("20", Text("公众满意度", "Public satisfaction"), "not_due", None, "%", "≥ 90", "recalled", False),
    ("21", Text("码头岸电使用率", "Shore power"), "not_applicable", None, "%", "≥ 60", "inferred", False),
    ("22", Text("绿色建筑比例", "Green buildings"), "reported", "48", "%", "", "seen", False),
)


def gallery(request: HttpRequest) -> HttpResponse:
    """Every part, with its name."""
    here = reverse("gallery")
    nav = [
        ("总览", "Overview", "home", True, None, None),
        ("数据", "Data", "table", False, None, None),
        ("评价", "Assess", "check-circle", False, None, None),
        ("任务", "Tasks", "task", False, 7, Text("督办", "Follow-up")),
        ("问题", "Cases", "case", False, 12, Text("督办", "Follow-up")),
        ("项目", "Projects", "project", False, None, Text("督办", "Follow-up")),
        ("企业", "Firms", "firm", False, None, Text("督办", "Follow-up")),
        ("标准库", "Rules", "rules", False, None, Text("资料", "Reference")),
    ]
    form = Example(
        {"title": t("提高再生水回用", "Reuse more reclaimed water"), "due": "2020-01-01", "reason": "", "kind": "water"}
    )
    if "message" in request.GET:
        messages.success(request, t("已保存，三个条款的结果随之更新。", "Saved. Three clauses were updated."))
        messages.error(request, t("导入未完成：第 12 行的年度不是 2023。", "Not imported: row 12 is not of 2023."))
    job = SimpleNamespace(
        pk=0,
        title=Text("导入 2023 年度数据表", "Import of the 2023 workbook"),
        state="running",
        percent=62,
        done=31,
        total=50,
        over=True,
        message="",
    )
    context = {
        "lang": t("zh", "en"),
        "version": "0",
        "park": SimpleNamespace(name=t("示例生态工业园（虚构）", "Example Eco-Industrial Park (invented)")),
        "nav": [
            {"label": Text(zh, en), "url": here, "icon": icon, "current": now, "count": count, "group": group}
            for zh, en, icon, now, count, group in nav
        ],
        "years_nav": [{"label": str(y), "url": f"{here}?year={y}", "current": y == 2023} for y in (2021, 2022, 2023)],
        "search_url": here,
        "charts": _charts(),
        "form": form,
        "clauses": CLAUSES,
        "statuses": [c[2] for c in CLAUSES],
        "page_of_list": Paginator(range(1, 2544), 50).get_page(request.GET.get("page", 7)),
        "job": job,
        "score_bounds": ("87.0", "94.5"),
        "tabs": [
            {"label": Text("条款", "Clauses"), "url": here, "current": True, "count": 32},
            {"label": Text("差距分析", "Gaps"), "url": here, "count": 9},
            {"label": Text("佐证材料", "Evidence"), "url": here, "count": 0},
            {"label": Text("数据溯源", "Trace"), "url": here},
        ],
        "events": _events(),
    }
    return render(request, "parts/gallery.html", context)


def gallery_drawer(request: HttpRequest) -> HttpResponse:
    """What the drawer shows; as a page when it is asked for by its address."""
    return render(request, "parts/gallery_drawer.html", {"lang": t("zh", "en"), "deep": "deep" in request.GET})


def gallery_map(request: HttpRequest) -> JsonResponse:
    """Invented places: a boundary, two groups, a street and firms."""

    def feature(kind: str, coordinates: Any, **more: str) -> dict[str, Any]:
        return {"type": "Feature", "properties": more, "geometry": {"type": kind, "coordinates": coordinates}}

    def box(x: float, y: float, w: float, h: float) -> list[list[list[float]]]:
        return [[[x, y], [x + w, y], [x + w, y + h], [x, y + h], [x, y]]]

    def layer(
        name: str, label: tuple[str, str], kind: str, features: list[dict[str, Any]], **more: Any
    ) -> dict[str, Any]:
        data = {"type": "FeatureCollection", "features": features}
        return {"id": name, "label": t(*label), "kind": kind, "data": data, **more}

    here = reverse("gallery-drawer")
    parcels = [
        feature("Polygon", box(120.605, 31.305, 0.03, 0.02), label=t("装备制造组团", "Machinery group"), url=here),
        feature("Polygon", box(120.64, 31.305, 0.03, 0.02), label=t("新材料组团", "Materials group"), url=here),
    ]
    firms = [
        feature(
            "Point", [120.61, 31.31], label=t("甲公司", "Firm A"), tone="good", text=t("A 类", "grade A"), url=here
        ),
        feature(
            "Point", [120.628, 31.32], label=t("乙公司", "Firm B"), tone="bad", text=t("D 类", "grade D"), url=here
        ),
        feature(
            "Point", [120.655, 31.312], label=t("丙公司", "Firm C"), tone="partly", text=t("C 类", "grade C"), url=here
        ),
    ]
    street = [
        feature("LineString", [[120.6, 31.302], [120.637, 31.303], [120.637, 31.33]], label=t("科技路", "Science Road"))
    ]
    edge = [feature("LineString", box(120.6, 31.3, 0.075, 0.03)[0])]
    layers = [
        layer("boundary", ("园区边界", "Boundary"), "line", edge, tone="muted", dashed=True),
        layer("groups", ("功能组团", "Groups"), "fill", parcels, tone="accent", labels=True),
        layer("roads", ("道路", "Roads"), "line", street, tone="open", labels=True),
        layer("firms", ("企业", "Firms"), "point", firms, tone="accent", tone_from="tone", labels=True),
    ]
    return JsonResponse({"layers": layers})


urlpatterns = [
    path("", gallery, name="gallery"),
    path("drawer/", gallery_drawer, name="gallery-drawer"),
    path("map.json", gallery_map, name="gallery-map"),
]
