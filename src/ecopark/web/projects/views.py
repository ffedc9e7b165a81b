"""Projects: the pipeline, the form with the gate's answer while typing, the page of one project."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from ecopark.admission.industry import industries
from ecopark.core.text import Text
from ecopark.errors import EcoparkError, InputError
from ecopark.observations.quantity import catalogue
from ecopark.web.figures.facts import problems_of
from ecopark.web.pages.context import lang
from ecopark.web.pages.paging import paged
from ecopark.web.parks import places
from ecopark.web.people.access import Standing, enter
from ecopark.web.projects import form as forms
from ecopark.web.projects import gate, mend, opinions, policies, steps, wishes
from ecopark.web.projects.models import STAGES, Project
from ecopark.web.projects.told import told
from ecopark.web.projects.wishes import NONE, Asked, asked_in
from ecopark.web.templatetags.ui import t
from ecopark.web.typed import seen_in
from ecopark.workflows.admit_project import write_project_form
from ecopark.workflows.tell_decision import OPINIONS


def pipeline(request: HttpRequest, slug: str) -> HttpResponse:
    """All projects by stage, or those of one stage."""
    standing = standing_in(request, slug, "see_projects")
    park = standing.park
    stage, like = request.GET.get("stage", ""), request.GET.get("q", "").strip()
    rows = park.projects.filter(name__icontains=like) if like else park.projects.all()
    counts = dict(rows.values_list("stage").annotate(n=Count("pk")).order_by())
    if stage in STAGES:
        rows = rows.filter(stage=stage)
    page = paged(request, rows.order_by("-moved", "-pk"))
    context = {
        "page": page,
        "stages": [(k, label, counts.get(k, 0)) for k, label in STAGES.items()],
        "stage": stage,
        "like": like,
        "policy": policies.policy_of(park),
        "policies": policies.known_policies(park),
        "may_write": standing.may("decide_projects"),
        "any": bool(counts) or park.projects.exists(),
    }
    return render(request, "projects/pipeline.html", context)


@require_POST
def choose_policy(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose the admission policy the park works with."""
    standing = standing_in(request, slug, "settings")
    try:
        policies.choose_policy(standing.park, request.POST.get("policy", ""), request.user)
    except EcoparkError as error:
        messages.error(request, error.message(lang()))
    else:
        messages.success(request, t("准入政策已选定", "The policy was chosen"))
    return redirect("projects", slug)


def edit(request: HttpRequest, slug: str, pk: int | None = None) -> HttpResponse:
    """The form of a project; the answer of the gate stands beside it while typing."""
    standing = standing_in(request, slug, "decide_projects")
    project = None if pk is None else get_object_or_404(Project, park=standing.park, pk=pk)
    before = dict(project.given) if project else {}
    given, problems, status = before, [], 200
    policy = policies.policy_of(standing.park)
    if request.method == "POST":
        given = forms.given_of(request.POST, before, policy)
        why = request.POST.get("why", "")
        try:
            if project is None:
                project = steps.start(standing.park, given, request.user, why)
            else:
                seen = seen_in(request.POST.get("version", ""))
                steps.change(project, given, request.user, why, seen=seen)
        except EcoparkError as error:
            problems, status = _said(error), 422
            if project is not None:
                project.refresh_from_db()
        else:
            messages.success(request, t("已保存", "Saved"))
            return redirect("project", slug, project.pk)
    context = form_context(standing, given, policy) | {
        "project": project,
        "problems": problems,
        "version": project.version if project else 0,
        "answer": _answer(standing, given) if given.get("facts") else None,
    }
    return render(request, "projects/form.html", context, status=status)


def form_context(standing: Standing, given: dict[str, Any], policy: Any) -> dict[str, Any]:
    """What the form needs besides the project."""
    parcels, groups = gate.places_of(standing.park, timezone.localdate().year)
    wanted = str(given.get("parcel") or "")
    taken = wanted if wanted and wanted not in {name for name, _ in parcels} else ""
    return {
        "form": forms.form_of(given, policy),
        "kinds": forms.KINDS,
        "parcels": parcels,
        "groups": groups,
        "taken": taken,
        "holder": gate.held_parcels(standing.park).get(taken, ""),
        "policy": policy,
        "industries": industries(),
        "has_map": standing.park.layers.filter(name__in=("parcels", "groups")).exists(),
        "given": given,
    }


@require_POST
def check(request: HttpRequest, slug: str, pk: int | None = None) -> HttpResponse:
    """The gate's answer to what is typed; nothing is kept."""
    standing = standing_in(request, slug, "decide_projects")
    project = None if pk is None else get_object_or_404(Project, park=standing.park, pk=pk)
    given = forms.given_of(request.POST, project.given if project else {}, policies.policy_of(standing.park))
    given["name"] = given["name"] or t("未命名项目", "a project without a name")
    return render(request, "projects/answer.html", {"answer": _answer(standing, given)})


def _said(error: EcoparkError) -> list[str]:
    """What is wrong with what was typed, a line each: the figure is named, its place in the description means nothing here."""
    return problems_of(error, lang()) if isinstance(error, InputError) else error.message(lang()).splitlines()


def _answer(standing: Standing, given: dict[str, Any], wishes: Asked = NONE) -> dict[str, Any]:
    """A decision as plain data, or what is wrong with the description."""
    try:
        return told(gate.answer(standing.park, given, timezone.localdate(), wishes=wishes))
    except EcoparkError as error:
        return {"problems": _said(error)}


def one(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The page of a project: what it asks for, where it stands, what the offices said, what was decided."""
    standing = standing_in(request, slug, "see_projects")
    project = get_object_or_404(Project.objects.select_related("firm"), park=standing.park, pk=pk)
    return page_of(request, standing, project)


def page_of(
    request: HttpRequest, standing: Standing, project: Project, *, typed: Any = None, status: int = 200
) -> HttpResponse:
    """The page of a project, with what was typed into a form that was not taken."""
    policy, slug = policies.policy_of(standing.park), standing.park.slug
    asked = asked_in(request.GET) if standing.may("decide_projects") else NONE
    answer = _answer(standing, gate.with_opinions(project), asked) if project.stage in steps.OPEN and policy else None
    last = {o.office: o for o in project.opinions.select_related("by")}
    offices = [row | {"given": last.get(row["office"].id)} for row in opinions.offices_shown(standing)]
    follow = steps.NEXT[project.stage]
    holder = gate.held_parcels(standing.park, project.pk).get(str(project.given.get("parcel") or ""))
    context = {
        "project": project,
        "answer": answer,
        "asked": asked,
        "asked_fields": wishes.fields(asked),
        "wishes": wishes.rows(project.given, policy, asked),
        "holder": holder if project.stage in steps.OPEN else None,
        "policy": policy,
        "facts": forms.facts_said(project.given, policy),
        "offices": offices,
        "own_offices": [row for row in offices if row["own"]],
        "other_offices": [row for row in offices if not row["own"]],
        "scans": ",".join(f".{kind}" for kind in opinions.SCANS),
        "typed": typed or {},
        "opinions": OPINIONS,
        "stages": [(k, label) for k, label in STAGES.items() if k not in ("refused", "dropped")],
        "next": [(k, STAGES[k]) for k in follow],
        "may_write": standing.may("decide_projects"),
        "may_edit": standing.may("decide_projects") and project.stage in steps.OPEN,
        "decisions": project.decisions.select_related("by").defer("body"),
        "events": list(reversed(_events(project, slug))),
        "today": timezone.localdate(),
        "stage_label": STAGES[project.stage],
        "firms": _firms(standing) if project.stage == "operating" else [],
        "place": _place(standing, project),
    }
    return render(request, "projects/project.html", context, status=status)


def _place(standing: Standing, project: Project) -> dict[str, Any] | None:
    """What the map of a project shows, in words; None where its place is not on the map."""
    found = places.wanted_by(standing, project.given)
    if not found or not standing.park.layers.exists():
        return None
    name, parcel = places.name_of(found[0]), str(project.given.get("parcel") or "")
    if parcel:
        group = found[0]["properties"].get("group")
        names = {g["properties"].get("id"): places.name_of(g) for g in places.features_of(standing.park, "groups")}
        url = reverse("parcel", args=[standing.park.slug, parcel]) if standing.may("see_firms") else ""
        label = Text(f"{parcel} {name.zh}", f"{parcel} {name.en}")
        return {"name": label, "url": url, "area": places.area_of(found[0]), "group": names.get(group)}
    drawn = Text("图上划定的范围", "a piece drawn on the map")
    return {"name": drawn if not project.given.get("group") else name, "url": "", "area": None, "group": None}


def _firms(standing: Standing) -> Any:
    """Firms a project may have become."""
    return standing.subjects().filter(kind="firm", until__isnull=True).order_by("name")[:2000]


def _events(project: Project, slug: str) -> list[dict[str, Any]]:
    """The project's story for the timeline."""
    found = []
    for e in project.events.select_related("by"):
        event: dict[str, Any] = {
            "at": e.at,
            "who": e.by.shown_name,
            "why": e.why or None,
            "tone": "",
            "what": STAGES[e.stage],
        }
        if e.kind == "edited":
            event |= {"what": Text("申报内容已修改", "description changed"), "why": changed_words(e.data) or e.why}
        elif e.kind == "opinion":
            said = OPINIONS[e.data["opinion"]]
            office = e.data["label"]
            event["what"] = Text(f"会审意见：{office['zh']}{said.zh}", f"opinion: {office['en']} {said.en}")
        elif e.kind == "decided":
            verdict = e.data["verdict"]
            event["what"] = Text(f"判定：{VERDICT_WORDS[verdict].zh}", f"decided: {VERDICT_WORDS[verdict].en}")
            event["tone"] = {"admit": "good", "conditional": "partly", "refuse": "bad"}.get(verdict, "")
            event["url"] = reverse("decision", args=[slug, e.data["decision"]])
        elif e.kind == "booking":
            event["what"] = BOOKING_WORDS[e.data["step"]]
        found.append(event)
    return found


VERDICT_WORDS = {
    "admit": Text("准予", "admit"),
    "conditional": Text("有条件准入", "conditional"),
    "refuse": Text("不予准入", "refuse"),
    "undetermined": Text("待定", "undetermined"),
}
BOOKING_WORDS = {
    "confirm": Text("总量指标已确认", "quota confirmed"),
    "release": Text("总量指标已释放", "quota released"),
}


def _figures(given: dict[str, Any]) -> dict[tuple[str, str, str], str]:
    """The figures of a description as texts."""
    return {
        (f["quantity"], f.get("by", ""), f.get("period", "")): f"{f['value']} {f.get('unit', '')}".strip()
        for f in given.get("facts", ())
    }


def changed_words(data: dict[str, Any]) -> str:
    """What an edit changed, figure by figure."""
    before, after = (_figures(data[when]) for when in ("before", "after"))
    parts = []
    for key in {**before, **after}:
        if before.get(key) != after.get(key):
            known = catalogue().find(key[0])
            label = known.label[lang()] if known else key[0]
            parts.append(f"{label} {before.get(key, '—')} → {after.get(key, '—')}")
    for name in ("name", "industry_code", "kind", "start", "parcel", "group"):
        was, now = data["before"].get(name, "—"), data["after"].get(name, "—")
        if was != now:
            parts.append(f"{name} {was} → {now}")
    return ("；" if lang() == "zh" else "; ").join(parts)


@require_POST
def move(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Move a project to another stage."""
    standing = standing_in(request, slug, "decide_projects")
    project = get_object_or_404(Project, park=standing.park, pk=pk)
    try:
        steps.move(project, request.POST.get("stage", ""), request.user, request.POST.get("why", ""))
    except EcoparkError as error:
        messages.error(request, error.message(lang()))
    return redirect("project", slug, pk)


@require_POST
def take_offer(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Write the counter-offer into the description: the project comes back better."""
    standing = standing_in(request, slug, "decide_projects")
    project = get_object_or_404(Project, park=standing.park, pk=pk)
    try:
        why = t("采用最小调整", "the counter-offer was taken")
        seen = seen_in(request.POST.get("version", ""))
        steps.take_offer(project, request.user, why, seen=seen, wishes=asked_in(request.POST))
    except EcoparkError as error:
        messages.error(request, error.message(lang()))
    else:
        messages.success(request, t("已按最小调整修改", "The description was changed as offered"))
    return redirect("project", slug, pk)


@require_POST
def entered(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Say which firm a project has become."""
    standing = standing_in(request, slug, "decide_projects")
    project = get_object_or_404(Project, park=standing.park, pk=pk, stage="operating")
    firm = get_object_or_404(standing.subjects(), kind="firm", key=request.POST.get("firm", ""))
    steps.become(project, firm, request.user)
    return redirect("delivered", slug, pk)


# -- the Excel form ----------------------------------------------------------------------------------------------------


def excel_form(request: HttpRequest, slug: str) -> HttpResponse:
    """The empty form, with the park's free parcels and groups to choose from."""
    standing = standing_in(request, slug, "see_projects")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "project.xlsx"
        write_project_form(path, park=gate.folder_of(standing.park), held=gate.held_parcels(standing.park))
        data = path.read_bytes()
    answer = HttpResponse(data, content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    answer["Content-Disposition"] = f'attachment; filename="{slug}-project.xlsx"'
    return answer


@require_POST
def upload(request: HttpRequest, slug: str) -> HttpResponse:
    """A filled form in: a new lead, or what is wrong with it, cell by cell."""
    standing = standing_in(request, slug, "decide_projects")
    file = request.FILES.get("file")
    problems: list[str] = []
    if file is None:
        problems = [t("请选择填好的申报表。", "Choose the filled form.")]
    else:
        try:
            project = steps.start_from_form(standing.park, file, request.user)
        except EcoparkError as error:
            problems = error.message(lang()).splitlines()
        else:
            messages.success(request, t("申报表已读入", "The form was read"))
            return redirect("project", slug, project.pk)
    policy = policies.policy_of(standing.park)
    context = form_context(standing, {}, policy) | {"project": None, "problems": problems, "version": 0, "answer": None}
    return render(request, "projects/form.html", context, status=422)


def standing_in(request: HttpRequest, slug: str, action: str) -> Standing:
    """The standing, kept on the request for the frame of the page; a decision that was broken off is finished first."""
    standing = enter(request, slug, action)
    mend.look(standing.park)
    return standing
