"""The zone's own rules: those filled in over a policy, and whole policies and grading methods of its own."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import File, Form, Router
from ninja.files import UploadedFile

from ecopark.admission.policy import Policy
from ecopark.web.api import shapes
from ecopark.web.api import shapes_own as out
from ecopark.web.api.common import CONFLICT, REFUSED, come_in, cut, who
from ecopark.web.firms import methods
from ecopark.web.firms.models import MethodEdition
from ecopark.web.own_directories import Kind
from ecopark.web.own_directory_views import with_last, zip_answer
from ecopark.web.parks.models import Park
from ecopark.web.projects import own_parameters, own_rules, policies
from ecopark.web.projects.models import PolicyEdition, RuleEdition
from ecopark.web.projects.rule_views import limits_of
from ecopark.web.projects.told import pair

router = Router()
KINDS: dict[str, tuple[Kind[Any], str]] = {
    "policies": (policies.OWN, "see_projects"),
    "methods": (methods.OWN, "simulate_grades"),
}
"""Directories that a zone hands in whole, and the right to see them."""
EditionPage = shapes.page_of(out.RuleEditionOut)


@router.get("/parks/{slug}/rules", response={200: out.OwnRulesOut, **REFUSED}, summary="its rules / 准入规则")
def rules(request: HttpRequest, slug: shapes.Name) -> Any:
    """Every rule of the park's policy: clause, limit, basis, and whether it ships, was filled in, or is to be."""
    park = come_in(request, slug, "see_projects").park
    policy = policies.policy_of(park)
    if policy is None:
        raise Http404
    return {
        "policy": policy.id, "hash": policy.hash, "edition": own_rules.number_of(park, policy.id),
        "rules": [_row(r) for r in own_rules.rows_of(park, policy)],
    }  # fmt: skip


@router.post("/parks/{slug}/rules", response={200: out.OwnRuleWhole, **CONFLICT}, summary="a new rule / 新增规则")
def add_rule(request: HttpRequest, slug: shapes.Name, body: out.OwnRuleIn) -> Any:
    """Put a rule of the park's own over its policy; every problem is told with its line."""
    park = come_in(request, slug, "settings").park
    made = own_rules.save(park, body.yaml, request.user, body.why, seen=body.seen)
    return _whole(park, made.rule)


@router.get("/parks/{slug}/rules/editions", response={200: EditionPage, **REFUSED}, summary="editions / 规则版本")
def rule_editions(request: HttpRequest, slug: shapes.Name, limit: shapes.Limit = 100, offset: shapes.Number = 0) -> Any:
    """Editions of the own rules of the policy the park works by, the last first."""
    park = come_in(request, slug, "see_projects").park
    return cut(own_rules.editions_of(park, _base(park).id), limit, offset, _edition)


@router.post("/parks/{slug}/rules/back", response={200: out.RuleEditionOut, **CONFLICT}, summary="go back / 恢复版本")
def back(request: HttpRequest, slug: shapes.Name, body: out.BackTo) -> Any:
    """All own rules as in an earlier edition, as a new one."""
    park = come_in(request, slug, "settings").park
    return _edition(own_rules.go_back(park, body.number, request.user, body.why, seen=body.seen))


@router.get("/parks/{slug}/rules/of/{rule}", response={200: out.OwnRuleWhole, **REFUSED}, summary="one rule / 一条规则")
def rule(request: HttpRequest, slug: shapes.Name, rule: shapes.Name) -> Any:
    """A rule as YAML."""
    return _whole(come_in(request, slug, "see_projects").park, rule)


@router.put("/parks/{slug}/rules/of/{rule}", response={200: out.OwnRuleWhole, **CONFLICT}, summary="fill in / 填写规则")
def fill_in(request: HttpRequest, slug: shapes.Name, rule: shapes.Name, body: out.OwnRuleIn) -> Any:
    """Fill in or change a rule of the park's policy; decisions follow it from now on."""
    park = come_in(request, slug, "settings").park
    _whole(park, rule)
    own_rules.save(park, body.yaml, request.user, body.why, seen=body.seen, rule=rule)
    return _whole(park, rule)


@router.post(
    "/parks/{slug}/rules/of/{rule}/drop",
    response={200: out.RuleEditionOut, **CONFLICT},
    summary="as it ships / 恢复原样",
)
def drop(request: HttpRequest, slug: shapes.Name, rule: shapes.Name, body: out.WhySeen) -> Any:
    """Let a rule be again as the policy has it; a rule of the park's own goes."""
    park = come_in(request, slug, "settings").park
    return _edition(own_rules.drop(park, rule, request.user, body.why, seen=body.seen))


@router.get(
    "/parks/{slug}/rules/parameters", response={200: out.OwnParametersOut, **REFUSED}, summary="parameters / 政策参数"
)
def parameters(request: HttpRequest, slug: shapes.Name) -> Any:
    """The numbers that the rules of the park's policy refer to, and whether each ships, was changed, or is to be filled in."""
    park = come_in(request, slug, "see_projects").park
    base = _base(park)
    rows = [_parameter(row) for row in own_parameters.rows_of(park, base)]
    return {"policy": base.id, "edition": own_rules.number_of(park, base.id), "parameters": rows}


@router.put(
    "/parks/{slug}/rules/parameters/{parameter}",
    response={200: out.RuleEditionOut, **CONFLICT},
    summary="set a parameter / 填写参数",
)
def set_parameter(request: HttpRequest, slug: shapes.Name, parameter: shapes.Name, body: out.OwnParameterIn) -> Any:
    """Fill in or change a parameter; what is wrong is told with its field. Decisions follow it from now on."""
    park = _park_with(request, slug, parameter)
    given = {name: getattr(body, name) for name in own_parameters.FIELDS}
    return _edition(own_parameters.save(park, parameter, given, request.user, body.why, seen=body.seen))


@router.post(
    "/parks/{slug}/rules/parameters/{parameter}/drop",
    response={200: out.RuleEditionOut, **CONFLICT},
    summary="as it ships / 恢复参数",
)
def drop_parameter(request: HttpRequest, slug: shapes.Name, parameter: shapes.Name, body: out.WhySeen) -> Any:
    """Let a parameter be again as the policy has it."""
    park = _park_with(request, slug, parameter)
    return _edition(own_parameters.drop(park, parameter, request.user, body.why, seen=body.seen))


@router.get(
    "/parks/{slug}/{kind}/own", response={200: list[out.DirectoryOut], **REFUSED}, summary="own / 自有政策与方法"
)
def directories(request: HttpRequest, slug: shapes.Name, kind: out.Kind) -> Any:
    """All editions of policies or grading methods of the zone's own."""
    own, see = KINDS[kind]
    rows = with_last(own.model._default_manager.filter(park=come_in(request, slug, see).park).select_related("by"))
    return [_directory(row["edition"], row["last"]) for row in rows]


@router.post(
    "/parks/{slug}/{kind}/own", response={200: out.DirectoryOut, **REFUSED}, summary="hand in / 提交政策或方法"
)
def hand_in(
    request: HttpRequest, slug: shapes.Name, kind: out.Kind, files: File[list[UploadedFile]], form: Form[out.WhyOnly]
) -> Any:
    """A directory in, as a zip or its files; nothing is kept unless all is right."""
    park = come_in(request, slug, "settings").park
    return _directory(KINDS[kind][0].take_in(park, files, request.user, form.why), True)


@router.get("/parks/{slug}/{kind}/own/{edition}/file", summary="the directory / 下载目录")
def directory_file(request: HttpRequest, slug: shapes.Name, kind: out.Kind, edition: shapes.Number) -> HttpResponse:
    """An edition as a zip."""
    own, see = KINDS[kind]
    return zip_answer(get_object_or_404(own.model, park=come_in(request, slug, see).park, pk=edition))


@router.post(
    "/parks/{slug}/{kind}/own/{edition}/back",
    response={200: out.DirectoryOut, **REFUSED},
    summary="bring back / 恢复版本",
)
def bring_back(
    request: HttpRequest, slug: shapes.Name, kind: out.Kind, edition: shapes.Number, body: out.WhyOnly
) -> Any:
    """An earlier edition as the new one."""
    park = come_in(request, slug, "settings").park
    own = KINDS[kind][0]
    old = get_object_or_404(own.model, park=park, pk=edition)
    return _directory(own.bring_back(park, old.name, old.number, request.user, body.why), True)


def _base(park: Park) -> Policy:
    found = policies.base_of(park)
    if found is None:
        raise Http404
    return found


def _park_with(request: HttpRequest, slug: str, parameter: str) -> Park:
    """The park, whose office asks, if its policy has the parameter."""
    park = come_in(request, slug, "settings").park
    if own_parameters.row_of(park, _base(park), parameter) is None:
        raise Http404
    return park


def _parameter(row: own_parameters.ParameterRow) -> dict[str, Any]:
    entry = row.entry or {}
    return {k: str(entry.get(k, "")) for k in ("clause", "source", "basis")} | {
        "parameter": row.shipped.id, "label": pair(row.label), "kind": row.kind, "value": row.value,
        "shipped": row.before, "state": row.state, "edition": row.edition.number if row.edition else None,
    }  # fmt: skip


def _row(row: own_rules.RuleRow) -> dict[str, Any]:
    r = row.rule
    fields = {name: getattr(r, name) for name in ("kind", "clause", "source", "basis")}
    return fields | {
        "rule": r.tail, "label": pair(r.label), "state": row.state, "limits": [t.en for t in limits_of(r)],
        "edition": row.edition.number if row.edition else None,
    }  # fmt: skip


def _whole(park: Park, rule: str) -> dict[str, Any]:
    base = _base(park)
    text, last = own_rules.text_of(park, base, rule), policies.last_rules(park, base.id)
    if not text:
        raise Http404
    return {
        "rule": rule, "yaml": text, "shipped": own_rules.shipped_text(base, rule),
        "own": bool(last and rule in last.rules), "edition": last.number if last else 0,
    }  # fmt: skip


def _edition(e: RuleEdition) -> dict[str, Any]:
    fields = ("number", "rule", "parameter", "before", "after", "back_to", "why", "at")
    return {name: getattr(e, name) for name in fields} | {"by": who(e.by)}


def _directory(e: PolicyEdition | MethodEdition, last: bool) -> dict[str, Any]:
    fields = ("name", "number", "title", "hash", "back_to", "why", "at")
    return {name: getattr(e, name) for name in fields} | {"id": e.pk, "last": last, "by": who(e.by)}
