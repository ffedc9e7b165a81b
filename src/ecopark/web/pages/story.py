"""The story of the demonstration: one walk through the cycle, from a clause that fails to the clause that passes.

Served only where the demonstration is; every scene says who sees it and opens the very thing it tells of. The last one is
acted by the reader: the office reports the reclaimed water as any figure is reported, and the clause passes by it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from ecopark.core.text import Text
from ecopark.web import demo, demo_water
from ecopark.web.cases.models import Case
from ecopark.web.firms.models import Appeal
from ecopark.web.parks.models import Park
from ecopark.web.people.access import enter, standing
from ecopark.web.people.models import User
from ecopark.web.projects.models import Project
from ecopark.web.tasks.models import Task
from ecopark.web.templatetags.ui import t

PACK, CLAUSE = demo_water.PACK, demo_water.CLAUSE


@dataclass(frozen=True, slots=True)
class Scene:
    """One step of the walk: what happens, who sees it, where.

    Parameters
    ----------
    answer
        The clause as an assessment of that moment has it, if the scene is about it.
    more
        Other pages to open: label and address.
    acted
        Whether the reader acts it by a button.
    """

    title: Text
    text: Text
    account: str
    url: str
    answer: dict[str, Any] | None = None
    more: list[tuple[Text, str]] = field(default_factory=list)
    acted: bool = False


def story(request: HttpRequest) -> HttpResponse:
    """The walk, and the accounts to take it with."""
    park = _park_or_404()
    here = standing(request.user, park)
    water = demo_water.told(park)
    context = {
        "scenes": _scenes(park, water), "accounts": demo.accounts(), "told_park": park, "water": water,
        "may_act": here is not None and here.may("accept_figures"),
    }  # fmt: skip
    return render(request, "story.html", context)


@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """The last scene: report the reclaimed water; or take it back, so that the walk can begin anew."""
    park = _park_or_404()
    enter(request, park.slug, "accept_figures")
    passed = demo_water.told(park).passed
    done = demo_water.take_back(park, request.user) if passed else demo_water.report(park, request.user)
    if not done:
        words = t(
            "这两个数此后又改过，请在数据页修改。", "These figures were changed since: change them on the data page."
        )
        messages.error(request, words)
    elif passed:
        messages.success(
            request, t("已恢复原值，可以重新走一圈。", "The old figures are back: the walk can begin anew.")
        )
    else:
        messages.success(request, t("再生水替代量已填报。", "The reclaimed water was reported."))
    return redirect(f"{reverse('story')}#last")


def _park_or_404() -> Park:
    park = Park.objects.filter(slug=demo.SLUG, invented=True).first()
    names = {account.username for account in demo.accounts()}
    if park is None or User.objects.filter(username__in=names).count() < len(names):
        raise Http404
    return park


def _scenes(park: Park, water: demo_water.Told) -> list[Scene]:
    year = water.year

    def at(name: str, *more: Any) -> str:
        return reverse(name, args=[park.slug, *more])

    task = Task.objects.filter(park=park, clause=f"{PACK}/{CLAUSE}").order_by("number").first()
    back = Project.objects.filter(park=park, decisions__verdict="refuse", verdict__in=("admit", "conditional")).first()
    graded = Appeal.objects.filter(run__park=park).select_related("subject").order_by("pk").first()
    case = Case.objects.filter(park=park, status="closed", returned__gt=0).order_by("number").first()
    clause = at("assess-clause", PACK, year, CLAUSE)
    return [
        Scene(
            Text("一条不达标", "One clause fails"),
            Text(
                "新鲜水耗弹性系数超过标准值。打开条款，一直看到企业、文件和单元格：多出来的水来自新投产的集成电路工厂。",
                "The elasticity of fresh water is above its limit. Open the clause down to firm, file and cell: the water "
                "goes to the new chip plant.",
            ),
            "office", f"{clause}?kept={water.before.pk}" if water.before else clause, water.clause_before,
        ),
        Scene(
            Text("改什么才行", "What would mend it"),
            Text(
                "在“如果……会怎样”里少用一些新鲜水，看哪些条款随之变化；什么也不会存进园区数据。",
                "In 'what if', take less fresh water and see which clauses change. Nothing is stored among the figures.",
            ),
            "consultant", at("what-if", PACK, year),
        ),
        Scene(
            Text("分解成任务", "It becomes tasks"),
            Text(
                "牵头部门、配合部门、期限、措施、预期效果；灯按时间和数值亮起，月底打印调度清单。",
                "Lead, support, date, measure and expected effect; the light follows clock and figure, and the dispatch list "
                "is printed every month.",
            ),
            "office", at("task", task.number) if task else at("tasks"),
        ),
        Scene(
            Text("项目不予准入，改后再来", "A project is refused and comes back better"),
            Text(
                "每条理由都有条款；给出最小改动；改后联合会审通过，指标在台账中预留。",
                "Every reason has its clause, the smallest change is offered; changed, it passes the joint review and its "
                "quotas are reserved in the ledger.",
            ),
            "office", at("project", back.pk) if back else at("projects"),
        ),
        Scene(
            Text("企业重新评价", "A firm is regraded"),
            Text(
                "亩均评价逐项有分、有基准、有名次；企业看得到自己离上一类还差多少，也可以申诉。",
                "Every item has points, base and rank; a firm sees how far the next class is, and may appeal.",
            ),
            "office", at("grade-sheet", graded.run_id, graded.subject.key) if graded else at("grades"),
        ),
        Scene(
            Text("问题销号", "A case is closed"),
            Text(
                "网格员用手机上报；交办、整改、由他人核验、销号，每一步都有人和时间。",
                "A keeper reports it on a phone; assigned, rectified, verified by somebody else, closed: every step has a name "
                "and a time.",
            ),
            "keeper", at("case", case.number) if case else at("cases"),
        ),
        Scene(
            Text("条款达标，写进报告", "The clause passes, and the dossier says so"),
            Text(
                f"{water.firm}每年 {water.cut} m³ 新鲜水改用再生水。园区办填报后，条款和整个标准的判定在下一次打开页面时就变；"
                "两次评价都留存，可以对照；自评价报告一键生成。",
                f"{water.firm} replaces {water.cut} m³ of fresh water a year by reclaimed water. Once the office has reported "
                "it, the clause and the verdict of the standard change on the next page view; both assessments are kept, to be "
                "compared; the dossier is made in one step.",
            ),
            "office", clause, water.clause_after, [*_answers(water, at), (Text("自评价报告", "Dossier"), at("dossier"))], True,
        ),
    ]  # fmt: skip


def _answers(water: demo_water.Told, at: Any) -> list[tuple[Text, str]]:
    """The two kept assessments, as far as there are."""
    rows = (
        (Text("填报前的评价", "Assessed before"), water.before),
        (Text("填报后的评价", "Assessed after"), water.after),
    )
    return [
        (label, f"{at('assess-pack', PACK, water.year)}?kept={kept.pk}") for label, kept in rows if kept is not None
    ]
