"""The story of the demonstration: one walk through the cycle, from a clause that fails to the clause that passes.

Served only where the demonstration is; every step says who sees it and links to the page where it happens.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from ecopark.core.text import Text
from ecopark.web import demo
from ecopark.web.assess.keep import years_of
from ecopark.web.parks.models import Park
from ecopark.web.people.models import User

PACK, CLAUSE = "hj274-2015", "13"


@dataclass(frozen=True, slots=True)
class Scene:
    """One step of the walk: what happens, who sees it, where."""

    title: Text
    text: Text
    account: str
    url: str


def story(request: HttpRequest) -> HttpResponse:
    """The walk, and the accounts to take it with."""
    park = Park.objects.filter(slug=demo.SLUG, invented=True).first()
    names = {account.username for account in demo.accounts()}
    if park is None or User.objects.filter(username__in=names).count() < len(names):
        raise Http404
    context = {"scenes": _scenes(park), "accounts": demo.accounts(), "told_park": park}
    return render(request, "story.html", context)


def _scenes(park: Park) -> list[Scene]:
    year = str(years_of(park)[0])

    def at(name: str, *more: str) -> str:
        return reverse(name, args=[park.slug, *more])

    return [
        Scene(
            Text("一条不达标", "One clause fails"),
            Text(
                "新鲜水耗弹性系数超过标准值。打开条款，一直看到企业、文件和单元格：多出来的水来自新投产的集成电路工厂。",
                "The elasticity of fresh water is above its limit. Open the clause down to firm, file and cell: the water "
                "goes to the new chip plant.",
            ),
            "office", at("assess-clause", PACK, year, CLAUSE),
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
            "office", at("tasks"),
        ),
        Scene(
            Text("项目不予准入，改后再来", "A project is refused and comes back better"),
            Text(
                "每条理由都有条款；给出最小改动；改后联合会审通过，指标在台账中预留。",
                "Every reason has its clause, the smallest change is offered; changed, it passes the joint review and its "
                "quotas are reserved in the ledger.",
            ),
            "office", at("projects"),
        ),
        Scene(
            Text("企业重新评价", "A firm is regraded"),
            Text(
                "亩均评价逐项有分、有基准、有名次；企业看得到自己离上一类还差多少，也可以申诉。",
                "Every item has points, base and rank; a firm sees how far the next class is, and may appeal.",
            ),
            "office", at("firms"),
        ),
        Scene(
            Text("问题销号", "A case is closed"),
            Text(
                "网格员用手机上报；交办、整改、由他人核验、销号，每一步都有人和时间。",
                "A keeper reports it on a phone; assigned, rectified, verified by somebody else, closed: every step has a name "
                "and a time.",
            ),
            "keeper", at("cases"),
        ),
        Scene(
            Text("条款达标，写进报告", "The clause passes, and the dossier says so"),
            Text(
                "补报再生水替代量后，相关判定在下一次打开页面时就变；自评价报告一键生成。",
                "Once the reclaimed water is reported, every verdict it touches changes on the next page view; the dossier is "
                "made in one step.",
            ),
            "office", at("dossier"),
        ),
    ]  # fmt: skip
