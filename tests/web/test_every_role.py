"""Every address of `urls.py` by every role and by nobody, opened and sent: the answer that `people.access` says, no other.

What each page is for stands below, and what its form needs besides; who may do that stands in `people.access` alone. Whoever
may not know of the park or of the firm gets 404, whoever knows but may not gets 403, everybody else what the administrator
gets. A view that asks for less, or more, than is said here fails, and so does a page that is added without a line here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.test import Client
from django.urls import get_resolver, reverse

from ecopark.web.parks.models import Park
from ecopark.web.people.access import ROLES_FOR, Standing, standing
from ecopark.web.people.models import Membership, User

from .conftest import ROLES, World
from .furnished_site import names
from .test_api_counterparts import form_views
from .test_firms import graded
from .test_leaks import NOT_OF_A_PARK, Other, other

__all__ = ["graded", "other"]

CAST = (
    "admin",
    "office",
    "consultant",
    "reviewer",
    "firm",
    "owner",
    "keeper",
    "viewer",
    "public",
    "stranger",
    "anonymous",
)
"""`owner` reports for the firm that everything is about, `firm` for another one; `viewer` has the role of the public in the
park and `public` no account, both while the park is published; `stranger` has an account and nothing else."""
WHILE_PUBLISHED = frozenset({"viewer", "public"})
OPENS = {
    # what one must be allowed to do: the pages
    "see_park": "park park-map search quantity rules rules-pack rules-clause",
    "see_figures": "data data-theme data-template data-converted data-missing completeness submissions submission-changes submission-step",
    "see_history": "figure-history",
    "import_own": "data-import data-import-preview data-import-apply",
    "import_figures": "data-import-columns mapping-file mapping-withdraw",
    "accept_figures": "submission-ask",
    "see_evidence": "evidence evidence-file evidence-history evidence-withdraw",
    "see_assessments": "assess assess-pack assess-cell assess-clause",
    "compare": "assess-compare rules-reuse rules-editions",
    "try_what_if": "what-if",
    "make_dossier": "dossier dossier-start dossier-file",
    "make_briefing": "briefing briefing-start briefing-file",
    "comment": "comments comment-add comment-reply handed-step",
    "hand_up": "hand-up dossier-mark",
    "see_tasks": "tasks tasks-dispatch dispatch-file tasks-effects task task-step task-store programmes",
    "write_tasks": "task-new task-split",
    "see_cases": "cases case case-step case-file case-map case-places case-register case-statistics",
    "report_case": "case-report case-ground case-worker",
    "see_projects": (
        "projects project project-map project-free project-excel delivered opinion-paper decision minutes register together ledger"
        " ledger-account own-rules own-rule own-rules-edition own-parameter own-policies own-policy-zip"
    ),
    "decide_projects": (
        "project-new project-edit project-upload project-check project-check-new project-move project-offer project-firm"
        " project-opinion project-decide decision-settle ledger-book"
    ),
    "see_firms": "firms firm firm-map audits care-entry care-file care-step care-attach care-file-back parcel parcel-map",
    "write_firms": (
        "firm-new firm-edit firm-doubles firm-merge firm-undo firm-groups firm-group-save firm-group-give firms-template"
        " firms-import firms-table firms-columns firms-choose firms-again firms-store grade-run land-upload land-step"
    ),
    "enter_care": "audit-new audit-save retrofit-new retrofit-save",
    "see_grades": "grades grade-sheet appeals appeal-evidence",
    "simulate_grades": "simulator own-methods own-method-zip",
    "file_appeal": "appeal-file",
    "decide_appeals": "appeal-decide appeal-correct",
    "see_land": "land land-map land-table",
    "verify_clause": "rules-sign signature-withdraw",
    "see_titles": "titles",
    "settings": (
        "park-settings park-settings-tab park-settings-save member-add member-change member-remove department-dissolve offices-name"
        " layer-put layer-take title-add title-withdraw project-policy own-rule-new own-rule-drop own-rules-back"
        " own-parameter-drop own-policy-back own-method-back grade-method"
    ),
}  # fmt: skip
SENDS = {
    # what its form needs besides
    "data-theme": "write_figures", "evidence": "write_figures", "evidence-withdraw": "write_figures",
    "appeal-correct": "accept_figures", "handed-step": "return_assessment", "programmes": "write_tasks",
    "task-step": "write_tasks", "task-store": "write_tasks", "care-attach": "enter_care", "care-step": "write_firms",
    "care-file-back": "write_firms", "own-rule": "settings", "own-parameter": "settings", "own-policies": "settings",
    "own-methods": "settings",
}  # fmt: skip
OF_THE_FIRM = frozenset({
    # about one firm, whose other firms get 404 as for what is not there; the name of the firm stands in the address of more
    "figure-history", "data-import-preview", "data-import-apply", "evidence-file", "evidence-history", "evidence-withdraw",
    "case", "case-file", "case-map", "case-step", "care-entry", "care-file", "care-step", "care-attach", "care-file-back",
    "appeal-evidence", "parcel", "parcel-map",
})  # fmt: skip
FOR_WHO_ASKED = frozenset({"job", "job-cancel"})
"""Pages of a piece of work: for who asked for it and administrators."""
FIELDS = {"evidence": {"subject": "alpha-2"}}
"""What is sent where an empty form is about something else than that firm."""
OPEN_TO_ALL = frozenset(
    {"home", "login", "login-code", "logout", "set_language", "api-docs", "api-schema", "search-all"}
)
"""Pages of no park that one may open without an account."""
BY_MANY = {"many": "compare", "many-start": "compare", "many-csv": "compare", "waiting": "return_assessment"}
"""Pages of all of one's parks, with what one must be allowed to do in some park."""
FORMS = cache(form_views)
FOR_ADMINISTRATORS = frozenset({"park-new", "two-step-people", "two-step-reset", "let-in"})


def needs() -> dict[str, str]:
    """The pages, each with what one must be allowed to do to open it."""
    return {name: action for action, pages in OPENS.items() for name in pages.split()}


def test_every_page_has_its_line() -> None:
    found = [name for pages in OPENS.values() for name in pages.split()]
    assert len(found) == len(set(found))
    pages = set(names(get_resolver().url_patterns)) - NOT_OF_A_PARK - FOR_WHO_ASKED - FOR_ADMINISTRATORS
    assert set(found) == pages, "say in OPENS what one must be allowed to do to open the page"
    assert set(SENDS) <= form_views()
    assert {*OPENS, *SENDS.values()} <= set(ROLES_FOR)
    assert pages >= OF_THE_FIRM


def expected(found: Standing | None, asks: tuple[str, ...], firm: str, *, about: bool) -> int | None:
    """What people get who may not (404: not know, 403: not do); None: what the administrator gets.

    Parameters
    ----------
    asks
        What they must be allowed to do, all of it.
    firm
        Key of the firm the address names, empty where it names none.
    about
        Whether it is about something of that firm without naming it.
    """
    if found is None:
        return 404
    known = found.subjects().filter(key="alpha-2").exists()
    if firm and not known:
        return 404
    if not found.may(asks[0], firm or None):
        return 403
    if about and not known:
        return 404
    return None if all(found.may(action, firm or None) for action in asks) else 403


@dataclass(frozen=True)
class Visit:
    """One page asked for by one person, and what they are to get if they may not."""

    role: str
    method: str
    name: str
    address: str
    fields: dict[str, str]
    refused: int | None


def people_of(world: World) -> dict[str, User]:
    """Somebody of every role, but for those without an account."""
    people = dict(world.people) | {"owner": world.people["stranger"]}
    for name in ("viewer", "stranger"):
        people[name] = User.objects.create_user(f"another-{name}", password="x")
    Membership.objects.create(user=people["viewer"], role="viewer", park=world.park)
    return people


def clients(world: World) -> dict[str, Client]:
    """Everybody of the cast at a browser."""
    people, found = people_of(world), {role: Client() for role in CAST}
    for role in people:
        found[role].force_login(people[role])
    return found


def visits(park: Park, other: Other, role: str, user: User | AnonymousUser) -> Iterator[Visit]:
    """Every page, opened, and sent an empty form if it takes one."""
    forms, found = FORMS(), standing(user, park)
    for name, action in needs().items():
        arguments, asked = other.of[name], other.asked.get(name, "")
        firm = (
            "alpha-2"
            if (arguments.get("key") == "alpha-2" and name != "department-dissolve") or "of=alpha-2" in asked
            else ""
        )
        for method in ("get", "post") if name in forms else ("get",):
            fields = FIELDS.get(name, {}) if method == "post" else {}
            asks = (action, *([SENDS[name]] if method == "post" and name in SENDS else []))
            refused = expected(found, asks, firm, about=name in OF_THE_FIRM or bool(fields))
            yield Visit(role, method, name, reverse(name, kwargs=arguments) + asked, fields, refused)


def every_visit(other: Other, people: dict[str, Client]) -> Iterator[Visit]:
    """The visits of everybody, while the park is published to those to whom it is."""
    park = Park.objects.get(pk=other.world.park.pk)
    for role, client in people.items():
        park.published = role in WHILE_PUBLISHED
        park.save()
        user = get_user(client)
        yield from visits(park, other, role, User.objects.get(pk=user.pk) if user.is_authenticated else user)


def status_of(client: Client, visit: Visit) -> int:
    """The status of an answer that is read to its end and whose traces in the database are taken back."""
    with transaction.atomic():
        answer: Any = getattr(client, visit.method)(visit.address, visit.fields)
        if answer.streaming:
            assert sum(len(part) for part in answer.streaming_content) > 0
        transaction.set_rollback(True)
    return int(answer.status_code)


def test_whoever_may_not_is_refused(other: Other) -> None:
    people, wrong, asked = clients(other.world), [], Counter[str]()
    for visit in every_visit(other, people):
        if visit.refused is None:
            continue
        asked[visit.role] += 1
        status = status_of(people[visit.role], visit)
        # a page that takes nothing but a form says so to everybody who opens it
        if status != visit.refused and (status, visit.method, visit.name in FORMS()) != (405, "get", True):
            wrong.append(f"{visit.role} {visit.method} {visit.name}: {status} instead of {visit.refused}")
    assert wrong == []
    assert asked["anonymous"] == asked["stranger"] > 230
    assert asked["public"] == asked["viewer"] > 200
    assert asked["firm"] > asked["owner"] > asked["consultant"] > asked["office"] > 0 == asked["admin"]


@pytest.mark.slow
def test_whoever_may_gets_what_the_administrator_gets(other: Other) -> None:
    people, wrong, shown = clients(other.world), [], Counter[str]()
    of_admin: dict[tuple[str, str], int] = {}
    for visit in every_visit(other, people):
        if visit.refused is not None:
            continue
        status = status_of(people[visit.role], visit)
        same = of_admin.setdefault((visit.method, visit.name), status)
        if status != same or status in (401, 403) or status >= 500:
            wrong.append(f"{visit.role} {visit.method} {visit.name}: {status} instead of {same}")
        shown[visit.role] += status == 200
    assert wrong == []
    assert shown["admin"] > 90
    assert shown["office"] >= shown["consultant"] > shown["owner"] > shown["firm"] > shown["keeper"] > 10
    assert shown["public"] == shown["viewer"] > 5
    assert shown["stranger"] == shown["anonymous"] == 0


def test_a_piece_of_work_is_for_who_asked_for_it(other: Other) -> None:
    for role, client in clients(other.world).items():
        for name, method in (("job", "get"), ("job-cancel", "post")):
            visit = Visit(role, method, name, reverse(name, kwargs=other.of[name]), {}, None)
            assert status_of(client, visit) == (200 if role in ("admin", "office") else 404), (role, name)


def test_pages_of_no_park(world: World) -> None:
    """Open to all, to whoever has an account, to who has parks to compare or assessments to return, or to administrators."""
    numbers = {
        "token-revoke": {"pk": 1},
        **{name: {"pk": world.people["firm"].pk} for name in ("two-step-reset", "let-in")},
    }
    wrong, of_admin = [], {}
    for role in ROLES:
        for name in sorted(NOT_OF_A_PARK | FOR_ADMINISTRATORS):
            for method in ("get", "post") if name in FORMS() else ("get",):
                visit = Visit(role, method, name, reverse(name, kwargs=numbers.get(name, {})), {}, None)
                status = status_of(world.client_of(role), visit)
                same = of_admin.setdefault((name, method), status)
                if name in ("story", "story-act"):  # there is no demonstration here
                    right = status == 404
                elif name in OPEN_TO_ALL:
                    right = status in (200, 302)
                elif role == "anonymous":
                    right = status == (404 if name in FOR_ADMINISTRATORS | set(BY_MANY) else 302)
                elif name in FOR_ADMINISTRATORS and role != "admin":
                    right = status in (403, 404)
                elif name in BY_MANY and role not in ("admin", *ROLES_FOR[BY_MANY[name]]):
                    right = status == 403
                else:
                    right = status == same and status not in (401, 403) and status < 500
                if not right and (status, method, name in FORMS()) != (405, "get", True):
                    wrong.append(f"{role} {method} {name}: {status}")
    assert wrong == []
    assert of_admin["many", "get"] == of_admin["waiting", "get"] == of_admin["park-new", "get"] == 200
