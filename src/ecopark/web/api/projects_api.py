"""Projects: the gate's answer, joint review, decisions with their minutes, promised against delivered, projects together."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import File, Form, Router
from ninja.files import UploadedFile

from ecopark.admission.ledger import Account
from ecopark.admission.ledger.checks import plain
from ecopark.admission.ledger.statement import Reservation
from ecopark.admission.policy import Policy
from ecopark.core.text import Text
from ecopark.errors import EcoparkError
from ecopark.observations.quantity import catalogue
from ecopark.web.api import shapes
from ecopark.web.api import shapes_projects as out
from ecopark.web.api.common import CONFLICT, REFUSED, come_in, cut, who
from ecopark.web.people.access import Standing
from ecopark.web.projects import decide as decisions
from ecopark.web.projects import follow, gate, opinions, review_views, steps, views
from ecopark.web.projects import policies as own
from ecopark.web.projects.models import STAGES, Decision, Opinion, Project
from ecopark.web.projects.told import pair, told
from ecopark.web.projects.wishes import Asked

router = Router()
ProjectPage, DecisionPage = shapes.page_of(out.ProjectOut), shapes.page_of(out.DecisionOut)
ANSWER = {200: dict[str, Any], **REFUSED}


@router.get("/parks/{slug}/policies", response={200: list[out.PolicyOut], **REFUSED}, summary="policies / 准入政策")
def policies(request: HttpRequest, slug: shapes.Name) -> Any:
    """The admission policies that ship and those of the park's own, and which of them the park works by."""
    park = come_in(request, slug, "see_projects").park
    chosen = str(park.settings.get("policy") or "")
    return [_policy(p, p.id == chosen) for p in own.known_policies(park)]


@router.put("/parks/{slug}/policy", response={200: out.PolicyOut, **REFUSED}, summary="choose a policy / 选定政策")
def choose_policy(request: HttpRequest, slug: shapes.Name, body: out.PolicyIn) -> Any:
    """Choose the policy the park works by from now on."""
    park = come_in(request, slug, "settings").park
    return _policy(own.choose_policy(park, body.policy, request.user), True)


@router.get("/parks/{slug}/projects", response={200: ProjectPage, **REFUSED}, summary="projects / 项目")
def projects(
    request: HttpRequest, slug: shapes.Name, stage: shapes.Name = "", like: shapes.Name = "", limit: shapes.Limit = 100,
    offset: shapes.Number = 0,
) -> Any:  # fmt: skip
    """Projects, the last moved first; `stage`: lead, talks, review, admitted, signed, building, operating, refused, dropped."""
    rows = come_in(request, slug, "see_projects").park.projects.select_related("firm").order_by("-moved", "-pk")
    if stage:
        rows = rows.filter(stage=stage)
    if like:
        rows = rows.filter(name__icontains=like)
    return cut(rows, limit, offset, _project)


@router.post("/parks/{slug}/projects", response={200: out.ProjectWhole, **REFUSED}, summary="a new lead / 新项目")
def start(request: HttpRequest, slug: shapes.Name, body: out.ProjectIn) -> Any:
    """Write a new lead down."""
    standing = come_in(request, slug, "decide_projects")
    return _whole(standing, steps.start(standing.park, _given(body.description), request.user, body.why))


@router.post("/parks/{slug}/projects/check", response=ANSWER, summary="ask the gate / 准入预判")
def check(request: HttpRequest, slug: shapes.Name, body: out.ToCheck) -> Any:
    """What the gate says to a description today: findings, counter-offer, places, quotas. Nothing is kept."""
    park = come_in(request, slug, "decide_projects").park
    return told(gate.answer(park, _given(body.description), timezone.localdate(), wishes=_asked(body.wishes)))


@router.get("/parks/{slug}/projects/form.xlsx", summary="the Excel form / 申报表")
def form(request: HttpRequest, slug: shapes.Name) -> HttpResponse:
    """The empty form, with the park's free parcels and groups to choose from."""
    return views.excel_form(request, slug)


@router.post(
    "/parks/{slug}/projects/form", response={200: out.ProjectWhole, **REFUSED}, summary="a filled form / 提交申报表"
)
def upload(request: HttpRequest, slug: shapes.Name, file: File[UploadedFile]) -> Any:
    """A filled form in: a new lead, or everything that is wrong with it, cell by cell."""
    standing = come_in(request, slug, "decide_projects")
    return _whole(standing, steps.start_from_form(standing.park, file, request.user))


@router.post(
    "/parks/{slug}/projects/together", response={200: out.TogetherOut, **REFUSED}, summary="together / 组合比选"
)
def together(request: HttpRequest, slug: shapes.Name, body: out.TogetherIn) -> Any:
    """Which of the waiting projects use quotas, parcels and carrying capacity best; nothing is kept."""
    park = come_in(request, slug, "see_projects").park
    asked = [p for p in follow.waiting(park) if not body.projects or p.pk in body.projects]
    if not asked or (body.projects and len(asked) != len(set(body.projects))):
        raise EcoparkError("name projects that wait for a decision.", zh="请选择待定的项目。")
    found = gate.together(park, asked, body.value, timezone.localdate()).to_dict()
    return {
        **{name: found[name] for name in ("value", "total", "gap", "shared")},
        "unit": catalogue()[body.value].unit, "taken": [asked[i].pk for i in found["taken"]],
        "left": [{"project": asked[row["project"]].pk, "held_back_by": row["held_back_by"]} for row in found["left"]],
        "refused": [asked[i].pk for i in found["refused"]],
    }  # fmt: skip


@router.get(
    "/parks/{slug}/projects/{project}", response={200: out.ProjectWhole, **REFUSED}, summary="one project / 项目"
)
def project(request: HttpRequest, slug: shapes.Name, project: shapes.Number) -> Any:
    """A project with its description, opinions, decisions and story."""
    standing = come_in(request, slug, "see_projects")
    return _whole(standing, _find(standing, project))


@router.put(
    "/parks/{slug}/projects/{project}", response={200: out.ProjectWhole, **CONFLICT}, summary="change it / 修改项目"
)
def change(request: HttpRequest, slug: shapes.Name, project: shapes.Number, body: out.ProjectChange) -> Any:
    """A new description; what the offices said of the old one no longer counts."""
    standing = come_in(request, slug, "decide_projects")
    found = _find(standing, project)
    steps.change(found, _given(body.description), request.user, body.why, seen=body.seen)
    return _whole(standing, _find(standing, project))


@router.get("/parks/{slug}/projects/{project}/answer", response=ANSWER, summary="the gate's answer / 准入预判")
def answer(request: HttpRequest, slug: shapes.Name, project: shapes.Number) -> Any:
    """What the gate says to the project as it stands today, with the opinions on it; nothing is kept."""
    standing = come_in(request, slug, "see_projects")
    found = _find(standing, project)
    return told(gate.answer(standing.park, gate.with_opinions(found), timezone.localdate(), project=found.pk))


@router.post(
    "/parks/{slug}/projects/{project}/move", response={200: out.ProjectWhole, **REFUSED}, summary="move on / 推进"
)
def move(request: HttpRequest, slug: shapes.Name, project: shapes.Number, body: out.Move) -> Any:
    """Move a project to another stage; `next` of the project names those that may follow."""
    standing = come_in(request, slug, "decide_projects")
    steps.move(_find(standing, project), body.stage, request.user, body.why)
    return _whole(standing, _find(standing, project))


@router.post(
    "/parks/{slug}/projects/{project}/offer",
    response={200: out.ProjectWhole, **CONFLICT},
    summary="take the offer / 采用调整",
)
def take_offer(request: HttpRequest, slug: shapes.Name, project: shapes.Number, body: out.ToTake) -> Any:
    """Write the gate's counter-offer into the description: the project comes back better."""
    standing = come_in(request, slug, "decide_projects")
    why = "采用最小调整 / the counter-offer was taken"
    steps.take_offer(_find(standing, project), request.user, why, seen=body.seen, wishes=_asked(body.wishes))
    return _whole(standing, _find(standing, project))


@router.post(
    "/parks/{slug}/projects/{project}/opinions",
    response={200: out.ProjectWhole, **CONFLICT},
    summary="an opinion / 会审意见",
)
def opinion(request: HttpRequest, slug: shapes.Name, project: shapes.Number, body: out.OpinionIn) -> Any:
    """Sign for your own department, or record from its paper what another office of the joint review says."""
    standing = come_in(request, slug, "decide_projects")
    found = _find(standing, project)
    if body.how == "account":
        opinions.sign(standing, found, body.office, body.opinion, seen=body.seen, note=body.note)
    else:
        given = body.dict(include={"signed_by", "signed_on", "reference", "seen", "note"})
        opinions.record(standing, found, body.office, body.opinion, **given)
    return _whole(standing, _find(standing, project))


@router.post(
    "/parks/{slug}/projects/{project}/opinions/paper",
    response={200: out.ProjectWhole, **CONFLICT},
    summary="an opinion on paper / 代录纸质意见",
)
def paper(
    request: HttpRequest, slug: shapes.Name, project: shapes.Number, form: Form[out.PaperIn], file: File[UploadedFile]
) -> Any:
    """Record what a paper of another office says, with a scan of it; as a form."""
    standing = come_in(request, slug, "decide_projects")
    given = form.dict(include={"signed_by", "signed_on", "reference", "seen", "note"})
    opinions.record(standing, _find(standing, project), form.office, form.opinion, file=file, **given)
    return _whole(standing, _find(standing, project))


@router.get("/parks/{slug}/projects/{project}/opinions/{number}/file", summary="the paper / 纸质意见扫描件")
def opinion_file(
    request: HttpRequest, slug: shapes.Name, project: shapes.Number, number: shapes.Number
) -> FileResponse | HttpResponse:
    """The scan an opinion was recorded from."""
    return review_views.paper(request, slug, project, number)


@router.post(
    "/parks/{slug}/projects/{project}/decide", response={200: out.DecisionWhole, **CONFLICT}, summary="decide / 判定"
)
def decide(request: HttpRequest, slug: shapes.Name, project: shapes.Number, body: out.DecideIn) -> Any:
    """Decide on a project under review, reserve what it needs, and keep all of it."""
    standing = come_in(request, slug, "decide_projects")
    until = decisions.held_until(body.until) if body.book else None
    made = decisions.decide(_find(standing, project), request.user, until=until, why=body.why, seen=body.seen)
    return _decision_whole(made)


@router.post(
    "/parks/{slug}/projects/{project}/firm", response={200: out.ProjectWhole, **REFUSED}, summary="it became / 关联企业"
)
def become(request: HttpRequest, slug: shapes.Name, project: shapes.Number, body: out.Became) -> Any:
    """Say which firm a project in operation has become."""
    standing = come_in(request, slug, "decide_projects")
    firm = get_object_or_404(standing.subjects(), kind="firm", key=body.firm)
    steps.become(_find(standing, project), firm, request.user)
    return _whole(standing, _find(standing, project))


@router.get(
    "/parks/{slug}/projects/{project}/delivered",
    response={200: out.DeliveredOut, **REFUSED},
    summary="delivered / 兑现",
)
def delivered(request: HttpRequest, slug: shapes.Name, project: shapes.Number) -> Any:
    """What an admitted project promised against what its firm reports, by year."""
    standing = come_in(request, slug, "see_projects")
    found = _find(standing, project)
    decision, promises = follow.delivered(found)
    return {
        "decision": decision.pk if decision else None, "firm": found.firm.key if found.firm else None,
        "promises": [
            p.to_dict() | {"label": pair(p.label), "status_said": pair(follow.PROMISE_TEXT[p.status][0])} for p in promises
        ],
    }  # fmt: skip


@router.get("/parks/{slug}/decisions", response={200: DecisionPage, **REFUSED}, summary="decisions / 判定登记")
def register(
    request: HttpRequest,
    slug: shapes.Name,
    verdict: shapes.Name = "",
    limit: shapes.Limit = 100,
    offset: shapes.Number = 0,
) -> Any:
    """Every decision, the last first; `verdict` is admit, conditional, refuse, undetermined."""
    rows = Decision.objects.filter(park=come_in(request, slug, "see_projects").park).select_related("by").defer("body")
    return cut(rows.filter(verdict=verdict) if verdict else rows, limit, offset, _decision)


@router.get(
    "/parks/{slug}/decisions/counts", response={200: out.RegisterOut, **REFUSED}, summary="refusals counted / 拒批统计"
)
def counts(request: HttpRequest, slug: shapes.Name) -> Any:
    """Refusals by reason and by size of investment, and all verdicts."""
    park = come_in(request, slug, "see_projects").park
    found = gate.register_of(park)
    counted = found.refusals()
    return {
        "by_reason": [_count(k, follow.rule_label(park, k), n) for k, n in counted["by_reason"].items()],
        "by_size": [_count(k, follow.SIZE_TEXT[k], n) for k, n in counted["by_size"].items()],
        "verdicts": found.verdicts(),
    }  # fmt: skip


@router.get(
    "/parks/{slug}/decisions/{decision}", response={200: out.DecisionWhole, **REFUSED}, summary="one decision / 判定书"
)
def decision(request: HttpRequest, slug: shapes.Name, decision: shapes.Number) -> Any:
    """A decision as it was made, whole, and what became of its reservations."""
    return _decision_whole(_decision_of(come_in(request, slug, "see_projects"), decision))


@router.get(
    "/parks/{slug}/decisions/{decision}/again", response={200: out.Again, **REFUSED}, summary="made again / 重做"
)
def again(request: HttpRequest, slug: shapes.Name, decision: shapes.Number) -> Any:
    """Make a decision again on the policy, map and quotas of its day."""
    standing = come_in(request, slug, "see_projects")
    found = _decision_of(standing, decision)
    made, differs = gate.register_of(standing.park).reproduce(found.entry)
    return {"entry": found.entry, "verdict": made.verdict, "differs": differs}


@router.post(
    "/parks/{slug}/decisions/{decision}/settle",
    response={200: out.DecisionWhole, **REFUSED},
    summary="settle / 确认或释放",
)
def settle(request: HttpRequest, slug: shapes.Name, decision: shapes.Number, body: out.Settle) -> Any:
    """Confirm or release what a decision has reserved."""
    standing = come_in(request, slug, "decide_projects")
    found = _decision_of(standing, decision)
    decisions.settle(found, body.step, request.user, body.why)
    return _decision_whole(_decision_of(standing, decision))


@router.get("/parks/{slug}/decisions/{decision}/minutes", summary="minutes / 会议纪要")
def minutes(
    request: HttpRequest, slug: shapes.Name, decision: shapes.Number, language: shapes.Language = "zh",
    ending: Literal["html", "docx"] = "docx",
) -> FileResponse | HttpResponse:  # fmt: skip
    """The minutes as they were written with the decision."""
    return review_views.minutes(request, slug, decision, language, ending)


def _given(description: dict[str, Any]) -> dict[str, Any]:
    """A description as it is kept: what the offices say is written down by them."""
    return {k: v for k, v in description.items() if k not in ("opinions", "id")}


def _find(standing: Standing, pk: int) -> Project:
    return get_object_or_404(Project.objects.select_related("firm", "park"), park=standing.park, pk=pk)


def _decision_of(standing: Standing, pk: int) -> Decision:
    return get_object_or_404(Decision.objects.select_related("project", "by", "park"), park=standing.park, pk=pk)


def _policy(policy: Policy, chosen: bool) -> dict[str, Any]:
    return {
        "id": policy.id, "title": pair(policy.title), "status": policy.status, "warning": pair(policy.warning),
        "hash": policy.hash, "chosen": chosen,
    }  # fmt: skip


def _project(p: Project) -> dict[str, Any]:
    fields = {name: getattr(p, name) for name in ("number", "name", "stage", "verdict", "version", "at", "moved")}
    return fields | {"id": p.pk, "stage_said": pair(STAGES[p.stage]), "firm": p.firm.key if p.firm else None}


def _whole(standing: Standing, p: Project) -> dict[str, Any]:
    said = list(p.opinions.select_related("by"))
    last = {o.office: o.pk for o in said if o.version == p.version}
    may = standing.may("decide_projects")
    return _project(p) | {
        "description": p.given, "next": list(steps.NEXT[p.stage]) if may else [], "may_edit": may and p.stage in steps.OPEN,
        "offices": [
            {
                "id": row["office"].id, "label": row["label"],
                "department": row["department"].key if row["department"] else "", "yours": row["own"],
            }
            for row in opinions.offices_shown(standing)
        ],
        "opinions": [_opinion(o, last.get(o.office) == o.pk) for o in said],
        "decisions": [_decision(d) for d in p.decisions.select_related("by").defer("body")],
        "events": [
            {name: getattr(e, name) for name in ("kind", "stage", "at", "why", "data")} | {"by": who(e.by)}
            for e in p.events.select_related("by")
        ],
    }  # fmt: skip


def _opinion(o: Opinion, counts: bool) -> dict[str, Any]:
    fields = ("office", "opinion", "note", "signed_by", "signed_on", "version", "at", "how", "department", "reference",
              "file_name")  # fmt: skip
    return {name: getattr(o, name) for name in fields} | {"id": o.pk, "by": who(o.by), "counts": counts}


def _decision(d: Decision) -> dict[str, Any]:
    fields = ("entry", "name", "verdict", "on", "policy", "policy_hash", "map_hash", "version", "until", "at")
    return {name: getattr(d, name) for name in fields} | {"id": d.pk, "project": d.project_id, "by": who(d.by)}


def _decision_whole(d: Decision) -> dict[str, Any]:
    held = [reserved(row["of"], row["reservation"], row["last_day"]) for row in decisions.reservations(d)]
    return {"decision": _decision(d), "told": d.told, "reservations": held}


def reserved(account: Account, reservation: Reservation, last_day: date) -> dict[str, Any]:
    """A reservation as the API shows it."""
    return {
        "account": account.key, "label": pair(account.label), "year": account.year, "unit": account.unit,
        "ref": reservation.ref, "amount": plain(reservation.amount), "state": reservation.state,
        "until": reservation.until, "last_day": last_day,
    }  # fmt: skip


def _count(name: str, label: Text, count: int) -> dict[str, Any]:
    return {"id": name, "label": pair(label), "count": count}


def _asked(given: out.Wishes) -> Asked:
    return Asked(given.weights, tuple(given.fixed), {name: (r.low, r.high) for name, r in given.ranges.items()})
