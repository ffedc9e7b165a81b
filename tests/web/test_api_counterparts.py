"""What a page can do, a token can do: every address that takes a form has its operation of the API, or a reason why not.

A new page that takes a form fails here until it is in one of the two tables below.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.urls import get_resolver

from ecopark.web.api.main import api

from .api_calls import WIDE, Api, good, refusal, refused_as
from .conftest import ROLES, World

P = "/parks/alpha"
WATER = "industrial_fresh_water_m3"
PARK = "/parks/{slug}"

OPERATION_OF = {
    # name of the address: the operation that does the same
    "park-new": "POST /parks",
    "many-start": "POST /outcomes",
    "job-cancel": "POST /jobs/{number}/cancel",
    "token-revoke": "POST /tokens/{token}/revoke",
    "member-add": f"POST {PARK}/members",
    "member-change": f"PUT {PARK}/members/{{member}}",
    "department-dissolve": f"POST {PARK}/departments/{{key}}/dissolve",
    "offices-name": f"PUT {PARK}/offices",
    "member-remove": f"POST {PARK}/members/{{member}}/remove",
    "layer-put": f"POST {PARK}/map/layers",
    "layer-take": f"POST {PARK}/map/layers/{{name}}/remove",
    "park-settings-save": f"PUT {PARK}/settings/general, PUT {PARK}/settings/packs, PUT {PARK}/settings/factors, PUT {PARK}/settings/cases, PUT {PARK}/departments",
    "data-theme": f"PUT {PARK}/figures",
    "evidence": f"POST {PARK}/evidence",
    "evidence-withdraw": f"POST {PARK}/evidence/{{number}}/withdraw",
    "submission-step": f"POST {PARK}/submissions/step",
    "submission-ask": f"POST {PARK}/submissions/ask",
    "data-import": f"POST {PARK}/imports",
    "data-import-apply": f"POST {PARK}/imports/{{number}}/apply",
    "data-import-columns": f"POST {PARK}/imports/{{number}}/columns",
    "mapping-withdraw": f"POST {PARK}/mappings/{{number}}/withdraw",
    "what-if": f"POST {PARK}/assessments/{{pack}}/{{period}}/what-if, POST {PARK}/assessments/{{pack}}/{{period}}/scenarios",
    "dossier-start": f"POST {PARK}/dossiers",
    "dossier-mark": f"POST {PARK}/dossiers/{{number}}/mark",
    "comment-add": f"POST {PARK}/comments",
    "comment-reply": f"POST {PARK}/comments/{{number}}/replies",
    "hand-up": f"POST {PARK}/handed-up",
    "handed-step": f"POST {PARK}/handed-up/{{number}}/steps",
    "briefing-start": f"POST {PARK}/briefings",
    "rules-sign": f"POST {PARK}/signatures/{{pack}}",
    "signature-withdraw": f"POST {PARK}/signatures/{{number}}/withdraw",
    "title-add": f"POST {PARK}/titles/steps",
    "title-withdraw": f"POST {PARK}/titles/steps/{{step}}/withdraw",
    "task-new": f"POST {PARK}/tasks",
    "task-step": f"POST {PARK}/tasks/{{task}}/steps",
    "programmes": f"POST {PARK}/programmes",
    "case-report": f"POST {PARK}/cases",
    "case-step": f"POST {PARK}/cases/{{case}}/steps",
    "own-rule-new": f"POST {PARK}/rules",
    "own-rule": f"PUT {PARK}/rules/of/{{rule}}",
    "own-rule-drop": f"POST {PARK}/rules/of/{{rule}}/drop",
    "own-rules-back": f"POST {PARK}/rules/back",
    "own-parameter": f"PUT {PARK}/rules/parameters/{{parameter}}",
    "own-parameter-drop": f"POST {PARK}/rules/parameters/{{parameter}}/drop",
    "own-policies": f"POST {PARK}/{{kind}}/own",
    "own-policy-back": f"POST {PARK}/{{kind}}/own/{{edition}}/back",
    "own-methods": f"POST {PARK}/{{kind}}/own",
    "own-method-back": f"POST {PARK}/{{kind}}/own/{{edition}}/back",
    "project-policy": f"PUT {PARK}/policy",
    "project-new": f"POST {PARK}/projects",
    "project-check-new": f"POST {PARK}/projects/check",
    "project-check": f"POST {PARK}/projects/check",
    "project-upload": f"POST {PARK}/projects/form",
    "project-edit": f"PUT {PARK}/projects/{{project}}",
    "project-move": f"POST {PARK}/projects/{{project}}/move",
    "project-offer": f"POST {PARK}/projects/{{project}}/offer",
    "project-firm": f"POST {PARK}/projects/{{project}}/firm",
    "project-opinion": f"POST {PARK}/projects/{{project}}/opinions, POST {PARK}/projects/{{project}}/opinions/paper",
    "task-store": f"PUT {PARK}/figures",
    "project-decide": f"POST {PARK}/projects/{{project}}/decide",
    "decision-settle": f"POST {PARK}/decisions/{{decision}}/settle",
    "together": f"POST {PARK}/projects/together",
    "ledger-book": f"POST {PARK}/ledger",
    "firm-new": f"POST {PARK}/firms",
    "firm-edit": f"PUT {PARK}/firms/{{key}}",
    "firm-merge": f"POST {PARK}/merges",
    "firm-undo": f"POST {PARK}/merges/{{merge}}/undo",
    "audit-new": f"POST {PARK}/firms/{{key}}/audits",
    "audit-save": f"PATCH {PARK}/audits/{{audit}}",
    "retrofit-new": f"POST {PARK}/firms/{{key}}/retrofits",
    "retrofit-save": f"PATCH {PARK}/retrofits/{{retrofit}}",
    "grade-method": f"PUT {PARK}/method",
    "grade-run": f"POST {PARK}/gradings",
    "firms-import": f"POST {PARK}/registry-tables",
    "firms-columns": f"PUT {PARK}/registry-tables/{{number}}/columns",
    "firms-choose": f"POST {PARK}/registry-tables/{{number}}/decide",
    "firms-again": f"POST {PARK}/registry-tables/{{number}}/again",
    "firms-store": f"POST {PARK}/registry-tables/{{number}}/store",
    "firm-group-save": f"PUT {PARK}/groups",
    "firm-group-give": f"POST {PARK}/groups/{{key}}/firms",
    "care-step": f"POST {PARK}/care/{{kind}}/{{number}}/step",
    "care-attach": f"POST {PARK}/care/{{kind}}/{{number}}/files",
    "care-file-back": f"POST {PARK}/care/{{kind}}/{{number}}/files/{{file}}/withdraw",
    "appeal-file": f"POST {PARK}/gradings/{{run}}/firms/{{key}}/appeals",
    "appeal-decide": f"POST {PARK}/appeals/{{appeal}}",
    "appeal-correct": f"POST {PARK}/appeals/{{appeal}}/correct",
    "land-upload": f"POST {PARK}/land/table",
    "land-step": f"POST {PARK}/land/steps",
}
SIGNING_IN = "a program has its token; ways of signing in are a person's own, at a browser"
EXCEPTIONS = {
    # what a token cannot do, and why
    "login": SIGNING_IN, "login-code": SIGNING_IN, "logout": SIGNING_IN, "password": SIGNING_IN,
    "two-step": SIGNING_IN, "two-step-begin": SIGNING_IN, "two-step-confirm": SIGNING_IN, "two-step-codes": SIGNING_IN,
    "two-step-off": SIGNING_IN,
    "two-step-reset": "who was given another's token must not be able to weaken an account with it",
    "let-in": "who was given another's token must not be able to go on guessing passwords with it",
    "token-make": "a token that leaked must not be able to make others that outlive it",
    "rules-pack": "changes nothing: what was typed into `rules-sign` is shown again",
    "rules-clause": "changes nothing: what was typed into `rules-sign` is shown again",
    "task-split": "changes nothing: adds up what is being typed into `task-new`; `tasks/N` has it as `split`",
    "story-act": "the demonstration's own step, which a token takes by the figures it is about",
    "set_language": "answers of the API carry both languages",
}  # fmt: skip
OF_A_PAGE_THAT_IS_ONLY_READ = {"POST /parks/{slug}/gradings/{run}/simulate": "simulator"}
"""Operations that take more than an address can hold, and the page whose address does."""
NOT_WALKED = ("admin/", "api/v1/", "favicon.ico")
"""Django's administration (accounts and areas, for administrators at a browser), the API itself, and a picture."""


def addresses() -> Iterator[tuple[str, str, Callable[..., Any]]]:
    """Path, name and view of every address of the site."""

    def walk(patterns: Any, before: str) -> Iterator[tuple[str, str, Callable[..., Any]]]:
        for one in patterns:
            path = before + str(one.pattern)
            if path.startswith(NOT_WALKED):
                continue
            if hasattr(one, "url_patterns"):
                yield from walk(one.url_patterns, path)
            else:
                yield path, one.name or "", one.callback

    return walk(get_resolver().url_patterns, "")


def takes_forms(view: Callable[..., Any]) -> bool:
    """Whether a view answers a POST otherwise than a GET: by its decorator, its class, or what it or its helpers read."""
    if (made := getattr(view, "view_class", None)) is not None:
        return hasattr(made, "post")
    inside: Any = view
    while inside is not None:
        cells = [c.cell_contents for c in inside.__closure__ or ()]
        if any(isinstance(c, list) and "POST" in c for c in cells):
            return True
        view, inside = inside, getattr(inside, "__wrapped__", None)
    return _reads(view, set())


def _reads(function: Any, seen: set[Any]) -> bool:
    """Whether a function, or one of its module that it calls, asks for the method or for what was sent."""
    if function in seen:
        return False
    seen.add(function)
    source = inspect.getsource(function)
    if re.search(r"request\.(method\b|POST\b|FILES\b|body\b)", source):
        return True
    own = [
        found for name in re.findall(r"\b(\w+)\(", source)
        if inspect.isfunction(found := function.__globals__.get(name)) and found.__module__ == function.__module__
    ]  # fmt: skip
    return any(_reads(found, seen) for found in own)


def form_views() -> set[str]:
    return {name or path for path, name, view in addresses() if takes_forms(view)} - {"admin/login/"}


def test_every_page_that_takes_a_form_has_its_operation_or_a_reason() -> None:
    known = {*OPERATION_OF, *EXCEPTIONS}
    assert form_views() - known == set(), "give the page an operation of the API, or say here why it has none"
    assert set(OPERATION_OF) & set(EXCEPTIONS) == set()
    names = {name for _, name, _ in addresses()}
    assert {*known, *OF_A_PAGE_THAT_IS_ONLY_READ.values()} - names == set(), "these addresses are gone"


def test_every_operation_named_is_there() -> None:
    there = {
        f"{method.upper()} {path.removeprefix('/api/v1')}"
        for path, methods in api.get_openapi_schema()["paths"].items()
        for method in methods
    }
    named = {one for said in OPERATION_OF.values() for one in said.split(", ")}
    assert named - there == set()
    changing = {one for one in there if not one.startswith("GET ")}
    assert changing - named == set(OF_A_PAGE_THAT_IS_ONLY_READ), (
        "an operation that changes something and belongs to no page"
    )


def test_the_forms_of_the_templates_lead_to_addresses_that_are_known_to_take_them() -> None:
    """The other way round: no form leads to a view that was not recognised as taking one."""
    found = set()
    for path in (Path(settings.HERE) / "templates").rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        for tag in re.findall(r"<form\b[^>]*method=\"post\"[^>]*>", text.replace("%}", "").replace("{%", "")):
            found |= set(re.findall(r"action=\"\s*url ['\"]([\w-]+)", tag))
        found |= set(re.findall(r"hx-post=\"\{% url ['\"]([\w-]+)", text))
    assert len(found) > 30
    assert found - form_views() == set()


def test_a_view_that_takes_a_form_is_recognised() -> None:
    def helper_free(request: Any) -> Any:
        return request.GET

    def typed(request: Any) -> Any:
        return request.POST

    assert takes_forms(typed)
    assert not takes_forms(helper_free)


WHAT_IF = f"{P}/assessments/hj274-2015/2023"
CHANGE = {"name": "多搞几次宣传", "changes": [{"quantity": "publicity_events", "value": "9", "unit": "events/year"}]}


@pytest.mark.parametrize("role", ROLES)
def test_scenarios_by_every_role(world: World, role: str) -> None:
    share = good(Api(world, "office").send(f"{WHAT_IF}/scenarios", CHANGE))["share"]
    api = Api(world, role)
    status = 200 if role in WIDE else refused_as(role)
    assert api.send(f"{WHAT_IF}/scenarios", CHANGE).status_code == status
    assert api.get(f"{P}/scenarios").status_code == status
    assert api.get(f"{P}/scenarios/{share}").status_code == status
    assert api.get(f"{P}/reuse?pack=zero-carbon-park-2025&year=2022").status_code == status
    if role not in ("admin", "anonymous"):
        assert api.get(f"/parks/beta/scenarios/{share}").status_code == 404


def test_a_public_viewer_of_a_published_park_has_no_scenarios(world: World) -> None:
    world.park.published = True
    world.park.save()
    share = good(Api(world, "office").send(f"{WHAT_IF}/scenarios", CHANGE))["share"]
    stranger = Api(world, "stranger")
    for tail in ("scenarios", f"scenarios/{share}", "reuse"):
        refusal(stranger.get(f"{P}/{tail}"), 403)
    refusal(stranger.send(f"{WHAT_IF}/scenarios", CHANGE), 403)


def test_a_scenario_kept_by_a_token_opens_on_its_page_and_the_other_way_round(world: World) -> None:
    api, client = Api(world, "office"), world.client_of("office")
    firm = {"subject": "alpha-1", "quantity": WATER, "value": "1", "unit": "m3"}
    kept = good(api.send(f"{WHAT_IF}/scenarios", CHANGE | {"changes": [*CHANGE["changes"], firm]}))
    page = client.get(kept["url"])
    assert page.status_code == 200
    assert "alpha-1" in page.content.decode(), "what the form does not ask for is not dropped in silence"
    opened = good(api.get(f"{P}/scenarios/{kept['share']}"))
    assert [c["after"]["id"] for c in opened["changed"]] == [c["after"]["id"] for c in page.context["changed"]]
    assert opened["scenario"]["name"] == CHANGE["name"]
    again = client.post(
        kept["url"].partition("?")[0],
        {"scenario": kept["share"], "publicity_events|": "9", "save": "1", "scenario_name": "又一个"},
    )
    assert again.status_code == 302
    rows = good(api.get(f"{P}/scenarios?pack=hj274-2015&period=2023"))["items"]
    assert [row["name"] for row in rows] == ["又一个", CHANGE["name"]]
    assert {row["subject"] for row in rows[0]["changes"]} == {"alpha", "alpha-1"}
    assert good(api.get(f"{P}/scenarios?period=2022"))["count"] == 0


def test_a_scenario_that_cannot_be_read_is_not_kept(world: World) -> None:
    api = Api(world, "office")
    wrong = CHANGE | {"changes": [{"quantity": "publicity_events", "value": "many", "unit": "events/year"}]}
    assert refusal(api.send(f"{WHAT_IF}/scenarios", wrong), 422)["problems"]
    gone = CHANGE | {"changes": [CHANGE["changes"][0] | {"subject": "beta-1"}]}
    refusal(api.send(f"{WHAT_IF}/scenarios", gone), 404)
    assert good(api.get(f"{P}/scenarios"))["count"] == 0
    refusal(api.get(f"{P}/scenarios/none"), 404)


def test_one_firm_is_given_a_later_day_by_token(world: World) -> None:
    api = Api(world, "office")
    assert good(api.send(f"{P}/submissions/ask", {"period": "2024", "due": "2099-03-01"})) == {"asked": 3, "job": None}
    later = {"period": "2024", "due": "2099-04-01", "firm": "alpha-2"}
    assert good(api.send(f"{P}/submissions/ask", later)) == {"asked": 1, "job": None}
    rows = good(api.get(f"{P}/submissions?period=2024"))["items"]
    assert {r["firm"]: r["due"] for r in rows} == {
        "alpha-1": "2099-03-01", "alpha-2": "2099-04-01", "alpha-3": "2099-03-01"
    }  # fmt: skip
    refusal(api.send(f"{P}/submissions/ask", later | {"due": "2024-04-01"}), 422)
    for firm in ("beta-1", "alpha", "none"):
        refusal(api.send(f"{P}/submissions/ask", later | {"firm": firm}), 404)
    for role in ("consultant", "reviewer", "firm", "keeper"):
        refusal(Api(world, role).send(f"{P}/submissions/ask", later), 403)


def test_reuse_by_chosen_standards_and_year_is_that_of_the_page(world: World) -> None:
    api, client = Api(world, "office"), world.client_of("office")
    for query in ("", "pack=zero-carbon-park-2025", "pack=zero-carbon-park-2025&pack=hj274-2015&year=2022"):
        rows = client.get(f"/p/alpha/rules/reuse/?{query}").context["rows"]
        told = good(api.get(f"{P}/reuse?{query}"))
        assert len(told["quantities"]) == len(rows) > 0
    few = good(api.get(f"{P}/reuse?pack=zero-carbon-park-2025"))
    assert len(few["quantities"]) < len(good(api.get(f"{P}/reuse"))["quantities"])
    refusal(api.get(f"{P}/reuse?pack=none"), 404)
    refusal(api.get(f"{P}/reuse?year=1999"), 404)


def test_two_editions_are_compared_in_the_year_that_was_asked_for(world: World) -> None:
    api = Api(world, "office")
    address = "/compare/hj274-2015/zero-carbon-park-2025?park=alpha"
    latest, before = good(api.get(address)), good(api.get(f"{address}&year=2022"))
    assert latest == good(api.get(f"{address}&year=2023"))
    assert latest["parks"] != before["parks"]
    refusal(api.get(f"{address}&year=1999"), 404)
    refusal(Api(world, "keeper").get(f"{address}&year=2022"), 403)
