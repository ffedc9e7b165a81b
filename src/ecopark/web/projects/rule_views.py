"""The zone's own rules on pages: every rule of the policy, one rule's form, the editions, whole policies of its own."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from ecopark.admission.industry import industries
from ecopark.admission.policy import RULE_KINDS
from ecopark.admission.rules import Limit, List, Threshold
from ecopark.core.rounding import decimal_text
from ecopark.core.text import Text
from ecopark.core.words import counted, with_unit
from ecopark.errors import EcoparkError, InputError, PackError
from ecopark.packs.yaml_lines import Map
from ecopark.web.own_directory_views import bring_back, told_problems, with_last, zip_answer
from ecopark.web.pages.context import lang
from ecopark.web.pages.paging import paged
from ecopark.web.projects import own_parameters, own_rules, policies, rule_form
from ecopark.web.projects.models import PolicyEdition, RuleEdition
from ecopark.web.projects.views import standing_in
from ecopark.web.templatetags.ui import t
from ecopark.web.typed import seen_in

SIGNS = {">=": "≥", "<=": "≤", "==": "="}
NEW = 'id: \nkind: threshold\nzh: \nen: \nclause: \nbasis: recalled\nformula: \nunit: \nlimits:\n  - {op: ">=", value: ""}\n'


def rules(request: HttpRequest, slug: str) -> HttpResponse:
    """Every rule of the park's policy: clause, limit, basis, where it comes from; and the editions."""
    standing = standing_in(request, slug, "see_projects")
    base = policies.base_of(standing.park)
    policy, broken = base, ""
    try:
        policy = policies.policy_of(standing.park)
    except PackError as error:
        broken = error.message(lang())
    found = own_rules.rows_of(standing.park, policy) if policy else []
    parameters = own_parameters.rows_of(standing.park, base) if base else []
    states = [row.state for row in found] + [row.state for row in parameters]
    context = {
        "policy": policy,
        "broken": broken,
        "rows": [(row, limits_of(row.rule), own_rules.KINDS.get(row.rule.kind)) for row in found],
        "parameters": parameters,
        "to_fill": states.count("to_fill"),
        "own": sum(state in ("filled", "changed", "own") for state in states),
        "page": paged(request, own_rules.editions_of(standing.park, policy.id) if policy else [], 20),
        "seen": own_rules.number_of(standing.park, policy.id) if policy else 0,
        "may_write": standing.may("settings"),
    }
    return render(request, "projects/rules.html", context)


def limits_of(rule: Any) -> list[Text]:
    """What a rule asks for, in short."""
    spec = rule.spec
    if isinstance(spec, Threshold):
        return [Text(*(_limit(limit, spec.ratio.unit, language) for language in ("zh", "en"))) for limit in spec.limits]
    if isinstance(spec, List):
        return [Text(f"{len(spec.entries)} 条", counted(len(spec.entries), "line"))]
    return []


def _limit(limit: Limit, unit: str, language: str) -> str:
    sign = SIGNS.get(limit.op, limit.op)
    text = (
        limit.label[language] or "—"
        if limit.value is None
        else f"{sign} {with_unit(decimal_text(limit.value), unit, language)}"
    )
    span = f"{limit.since}–{limit.until}" if limit.since or limit.until else ""
    rest = [r for r in (", ".join(limit.codes), span, limit.when) if r]
    return f"{text} ({'; '.join(rest)})" if rest else text


def rule(request: HttpRequest, slug: str, tail: str = "") -> HttpResponse:
    """One rule: its form or its YAML, and what it was before."""
    standing = standing_in(request, slug, "settings" if request.method == "POST" or not tail else "see_projects")
    base = policies.base_of(standing.park)
    if base is None:
        raise Http404
    text = own_rules.text_of(standing.park, base, tail) if tail else NEW
    if not text:
        raise Http404
    before = own_rules.read_rule(text) if tail else Map()
    as_yaml = not tail or before.get("kind") not in rule_form.KINDS or request.GET.get("as") == "yaml"
    node: Any = before
    problems: list[dict[str, Any]] = []
    status = 200
    if request.method == "POST":
        if as_yaml:
            text = request.POST.get("yaml", "")
        else:
            node = rule_form.node_of(request.POST, before)
            text = own_rules.yaml_of(node)
        why, seen = request.POST.get("why", ""), request.POST.get("seen", "")
        try:
            own_rules.save(standing.park, text, request.user, why, seen=seen_in(seen), rule=tail)
        except EcoparkError as error:
            problems, status = _told_of_rule(error, None if as_yaml else text), 422
        else:
            messages.success(
                request, t("规则已保存，即日起按此判定", "The rule was saved; decisions follow it from now on")
            )
            return redirect("own-rules", slug)
    shipped = own_rules.shipped_text(base, tail) if tail else ""
    last = policies.last_rules(standing.park, base.id)
    context = {
        "tail": tail,
        "label": {k: str(before.get(k) or "") for k in ("zh", "en")},
        "policy": base,
        "node": node,
        "kind": own_rules.KINDS.get(str(before.get("kind") or "")),
        "kinds": [(k, own_rules.KINDS.get(k, Text(k, k))) for k in RULE_KINDS],
        "form": None if as_yaml else rule_form.form_of(node, base),
        "labels": {"bases": rule_form.BASES, "effects": rule_form.EFFECTS},
        "text": text,
        "lines": max(12, min(40, text.count("\n") + 3)),
        "has_form": before.get("kind") in rule_form.KINDS,
        "problems": problems,
        "why": request.POST.get("why", ""),
        "seen": request.POST.get("seen") or own_rules.number_of(standing.park, base.id),
        "shipped": shipped,
        "own": bool(last and tail in last.rules),
        "editions": [e for e in own_rules.editions_of(standing.park, base.id) if e.rule == tail] if tail else [],
        "industries": industries(),
        "may_write": standing.may("settings"),
    }
    return render(request, "projects/rule.html", context, status=status)


def _told_of_rule(error: EcoparkError, text: str | None) -> list[dict[str, Any]]:
    """Everything wrong with a rule; where it was filled into the form (`text` is its YAML), at the row of the form."""
    if text is None:
        return told_problems(error)
    try:
        node = own_rules.read_rule(text)
    except InputError:
        node = None
    return told_problems(error, lambda p: (node is not None and rule_form.where(p, node)) or Text("", ""))


@require_POST
def drop(request: HttpRequest, slug: str, tail: str) -> HttpResponse:
    """Let a rule be again as the policy has it."""
    standing = standing_in(request, slug, "settings")
    return done(request, slug, lambda seen, why: own_rules.drop(standing.park, tail, request.user, why, seen=seen))


@require_POST
def go_back(request: HttpRequest, slug: str) -> HttpResponse:
    """All own rules as in an earlier edition."""
    standing = standing_in(request, slug, "settings")
    number = seen_in(request.POST.get("number", ""))
    return done(request, slug, lambda seen, why: own_rules.go_back(standing.park, number, request.user, why, seen=seen))


def done(request: HttpRequest, slug: str, act: Any) -> HttpResponse:
    """What the office did to the own rules, told on their page."""
    try:
        act(seen_in(request.POST.get("seen", "")), request.POST.get("why", ""))
    except EcoparkError as error:
        messages.error(request, error.message(lang())[:1000])
    else:
        messages.success(request, t("已记为新版本", "Kept as a new edition"))
    return redirect("own-rules", slug)


def edition(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """One edition of the own rules: who, when, why, the rule before and after."""
    standing = standing_in(request, slug, "see_projects")
    base = policies.base_of(standing.park)
    found = get_object_or_404(
        RuleEdition.objects.select_related("by"), park=standing.park, policy=base.id if base else "", number=number
    )
    context = {
        "edition": found, "text": policies.own_text(found), "policy": base,
        "last": own_rules.number_of(standing.park, found.policy), "may_write": standing.may("settings"),
    }  # fmt: skip
    return render(request, "projects/rule_edition.html", context)


# -- whole policies ----------------------------------------------------------------------------------------------------


def own_policies(request: HttpRequest, slug: str) -> HttpResponse:
    """Policies of the zone's own: hand one in, take one away, bring an edition back."""
    standing = standing_in(request, slug, "settings" if request.method == "POST" else "see_projects")
    problems: list[dict[str, Any]] = []
    status = 200
    if request.method == "POST":
        try:
            made = policies.OWN.take_in(
                standing.park, request.FILES.getlist("files"), request.user, request.POST.get("why", "")
            )
        except EcoparkError as error:
            problems, status = told_problems(error), 422
        else:
            messages.success(
                request,
                t(
                    f"政策 {made.name} 已收下（第 {made.number} 版）",
                    f"Policy {made.name} was accepted (edition {made.number})",
                ),
            )
            return redirect("own-policies", slug)
    rows = PolicyEdition.objects.filter(park=standing.park).select_related("by")
    context = {
        "rows": with_last(rows), "problems": problems, "why": request.POST.get("why", ""),
        "may_write": standing.may("settings"), "chosen": standing.park.settings.get("policy"),
    }  # fmt: skip
    return render(request, "projects/own_policies.html", context, status=status)


def policy_zip(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """An edition of a policy as it was handed in."""
    standing = standing_in(request, slug, "see_projects")
    return zip_answer(get_object_or_404(PolicyEdition, park=standing.park, pk=pk))


@require_POST
def policy_back(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """An earlier edition of a policy as the new one."""
    standing = standing_in(request, slug, "settings")
    bring_back(request, standing.park, policies.OWN, pk)
    return redirect("own-policies", slug)
