"""A parameter of the park's policy on its page: the value that holds, where it is written, and what it was before."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from ecopark.core.text import Text
from ecopark.errors import EcoparkError, InputError
from ecopark.web.own_directory_views import told_problems
from ecopark.web.projects import own_parameters, own_rules, policies, rule_form
from ecopark.web.projects.rule_views import done
from ecopark.web.projects.views import standing_in
from ecopark.web.templatetags.ui import t
from ecopark.web.typed import seen_in


def parameter(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """One parameter: its form, and its editions; what is wrong is told at its field."""
    standing = standing_in(request, slug, "settings" if request.method == "POST" else "see_projects")
    policy = policies.base_of(standing.park)
    row = own_parameters.row_of(standing.park, policy, name) if policy else None
    if policy is None or row is None:
        raise Http404
    typed, why, seen = row.fields, request.POST.get("why", ""), request.POST.get("seen", "")
    errors: dict[str, list[dict[str, Text]]] = {}
    problems: list[dict[str, Any]] = []
    if request.method == "POST":
        typed = {k: request.POST.get(k, "") for k in own_parameters.FIELDS}
        try:
            own_parameters.save(standing.park, name, typed, request.user, why, seen=seen_in(seen))
        except InputError as error:
            for p in error.problems:
                repair = Text(p.repair_zh, p.repair_en)
                errors.setdefault(p.place.cell, []).append({"text": Text(p.zh, p.en), "repair": repair})
        except EcoparkError as error:
            problems = told_problems(error)
        else:
            messages.success(
                request, t("参数已保存，即日起按此判定", "The parameter was saved; decisions follow it from now on")
            )
            return redirect("own-rules", slug)
    context = {
        "policy": policy, "row": row, "typed": typed, "errors": errors, "problems": problems, "why": why,
        "bases": rule_form.BASES, "flags": own_parameters.FLAG_WORDS,
        "seen": seen or own_rules.number_of(standing.park, policy.id),
        "editions": own_rules.editions_of(standing.park, policy.id).filter(parameter=name),
        "may_write": standing.may("settings"),
    }  # fmt: skip
    return render(request, "projects/parameter.html", context, status=422 if errors or problems else 200)


@require_POST
def drop(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """Let a parameter be again as the policy has it."""
    standing = standing_in(request, slug, "settings")
    return done(request, slug, lambda seen, why: own_parameters.drop(standing.park, name, request.user, why, seen=seen))
