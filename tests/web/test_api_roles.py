"""Every operation of the API that reads, by every role and by nobody: the answer that `people.access` says, never a 5xx.

As `test_every_role` does for the pages; what each operation is for stands below, who may do that in `people.access` alone.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.test import Client

from ecopark.web.api.main import described
from ecopark.web.assess.models import Scenario
from ecopark.web.cases.models import CaseFile
from ecopark.web.figures.models import Evidence, Import
from ecopark.web.firms.models import Appeal
from ecopark.web.parks.models import Park
from ecopark.web.people.access import ROLES_FOR, Standing, standing
from ecopark.web.people.models import ApiToken

from .api_calls import V1
from .test_every_role import CAST, WHILE_PUBLISHED, expected, people_of
from .test_firms import WATER, graded
from .test_leaks import Other, other

__all__ = ["graded", "other"]
P = "/parks/{slug}"
READS = {
    # what one must be allowed to do: the operations under a park's address
    "see_park": " /map /reminders /lately /quantities/{name} /search",
    "see_figures": (
        "/subjects /figures /figures/converted /completeness /completeness/firms /completeness/shares /completeness/missing"
        " /template.xlsx /submissions /submissions/changes"
    ),
    "see_history": "/figures/{number}/history",
    "import_own": "/imports /imports/{number} /imports/{number}/rows",
    "import_figures": "/imports/{number}/columns /mappings /mappings/{number} /mappings/{number}/history /mappings/{number}/mapping.yaml",
    "see_evidence": "/evidence /evidence/{number}/file /evidence/{number}/history",
    "see_assessments": "/assessments/{pack}/{period}",
    "see_values": "/assessments",
    "compare": "/compare/{pack} /reuse",
    "try_what_if": "/scenarios /scenarios/{share}",
    "make_dossier": "/dossiers /dossiers/{number}/files/{name}",
    "make_briefing": "/briefings /briefings/{number}/file",
    "comment": "/comments /handed-up",
    "see_signatures": "/signatures",
    "see_titles": "/titles /titles/steps",
    "see_tasks": "/tasks /tasks/dispatch /tasks/dispatch/file /tasks/effects /tasks/{task} /programmes /departments",
    "write_tasks": "/tasks/drafts /tasks/waiting",
    "see_cases": "/cases /cases/rules /cases/statistics /cases/places /cases/register /cases/{case} /cases/files/{file} /cases/{case}/map",
    "see_projects": (
        "/rules /rules/editions /rules/of/{rule} /rules/parameters /{kind}/own /{kind}/own/{edition}/file /policies /projects"
        " /projects/form.xlsx /projects/{project} /projects/{project}/answer /projects/{project}/opinions/{number}/file"
        " /projects/{project}/delivered /projects/{project}/map /places/free /decisions /decisions/counts /decisions/{decision}"
        " /decisions/{decision}/again /decisions/{decision}/minutes /ledger /ledger/{item}/{year}"
    ),
    "see_firms": "/firms /firms/{key} /firms/{key}/map /places /audits /retrofits /care/{kind}/{number} /care/{kind}/{number}/files/{file} /parcel /parcel/map",
    "write_firms": "/doubles /merges /registry-tables/template.xlsx /registry-tables /registry-tables/{number} /registry-tables/{number}/rows /groups",
    "see_grades": "/methods /gradings /gradings/{run}/grades /gradings/{run}/firms/{key} /gradings/{run}/firms/{key}/file /appeals /appeals/{appeal}/evidence",
    "see_land": "/land /land/table /land/map",
    "settings": "/map/layers /settings /settings/history /departments/{key} /members",
}  # fmt: skip
OF_NO_PARK = {
    # what one must be allowed to do in some park, empty where an account is enough
    "/me": "", "/parks": "", "/tokens": "", "/reminders": "", "/packs": "", "/packs/{pack}": "",
    "/packs/{pack}/clauses/{tail}": "", "/compare/{first}/{second}": "", "/quantities": "", "/quantities/{name}": "", "/search": "",
    "/waiting/handed-up": "return_assessment", "/waiting/comments": "return_assessment",
    "/outcomes": "compare", "/outcomes/totals": "compare", "/outcomes/table.csv": "compare",
}  # fmt: skip
ASKED = {
    # what has to be asked besides
    "/completeness": "period=2023", "/completeness/firms": "period=2023", "/completeness/shares": "period=2023",
    "/completeness/missing": "period=2023&subject=alpha-2", "/figures/converted": f"quantity={WATER}&value=1&of=alpha-2",
    "/submissions/changes": "firm=alpha-2&period=2023", "/compare/{pack}": "left=2022&right=2023", "/search": "q=alpha",
    "/tasks/drafts": "clause=hj274-2015/32&period=2023", "/places": "kind=parcels", "/parcel": "id=S1", "/parcel/map": "id=S1",
    "/outcomes": "period=2023", "/outcomes/totals": "period=2023", "/outcomes/table.csv": "period=2023",
    "/evidence": "subject=alpha-2", "/template.xlsx": "of=alpha-2", "/quantities/{name}": "of=alpha-2",
}  # fmt: skip
OF_THE_FIRM = frozenset({
    "/figures/{number}/history", "/imports/{number}", "/imports/{number}/rows", "/evidence/{number}/file",
    "/evidence/{number}/history", "/cases/{case}", "/cases/files/{file}", "/cases/{case}/map", "/care/{kind}/{number}",
    "/care/{kind}/{number}/files/{file}", "/parcel", "/parcel/map", "/gradings/{run}/firms/{key}/file", "/appeals/{appeal}/evidence",
})  # fmt: skip
"""About the second firm without its key in the address: for other firms there is no such thing."""
FOR_WHO_ASKED = "/jobs/{number}"
OF_ALL_FIRMS = {"/completeness/shares": 403, "/places": 404}
"""For who sees all firms, and what others get."""
NOT_MADE_HERE = frozenset({"/parks/{slug}/scenarios/{share}", "/parks/{slug}/projects/{project}/answer"})
"""Cannot be worked out in this small park (422), and says so to all who may ask."""


def reads() -> dict[str, str]:
    """The operations of a park, each with what one must be allowed to do."""
    return {tail.strip(): action for action, tails in READS.items() for tail in tails.split(" ")}


def test_every_operation_that_reads_has_its_line() -> None:
    there = {FOR_WHO_ASKED} ^ {
        path.removeprefix(V1) for path, methods in described()["paths"].items() if "get" in methods
    }
    assert there == {*OF_NO_PARK, *(P + tail for tail in reads())}
    assert {*READS} <= set(ROLES_FOR)
    assert set(reads()) >= OF_THE_FIRM
    assert {*reads(), *OF_NO_PARK} >= set(ASKED)


def numbers(other: Other, tail: str) -> dict[str, Any]:
    """What stands in an address: of the second firm where it is about one."""
    of = other.of
    first = tail.strip("/").partition("/")[0]
    number = {
        "figures": of["figure-history"]["pk"], "imports": Import.objects.exclude(subject=None).latest("pk").pk,
        "evidence": Evidence.objects.latest("pk").pk, "mappings": of["mapping-file"]["pk"], "care": of["care-entry"]["pk"],
        "registry-tables": of["firms-table"]["pk"], "dossiers": of["dossier-mark"]["pk"], "briefings": of["briefing-file"]["pk"],
        "jobs": of["job"]["pk"], "projects": 1,
    }  # fmt: skip
    if tail.endswith("/columns"):
        number["imports"] = of["data-import-columns"]["pk"]
    file = CaseFile.objects.latest("pk").pk if first == "cases" else of["care-file"]["number"]
    return {
        "slug": "alpha", "pack": "hj274-2015", "first": "hj274-2015", "second": "zero-carbon-park-2025", "period": "2023", "tail": "32",
        "name": "all.zip" if first == "dossiers" else WATER, "key": "alpha-2", "kind": "audits" if first == "care" else "policies",
        "number": number.get(first, 0), "file": file, "task": of["task"]["number"], "case": of["case"]["number"],
        "share": Scenario.objects.latest("pk").share, "rule": "tax_per_mu", "edition": 1, "item": "energy", "year": 2026,
        "project": of["project"]["pk"], "decision": 1, "run": of["grade-sheet"]["pk"], "appeal": Appeal.objects.get().pk,
    }  # fmt: skip


def test_every_operation_that_reads_answers_every_role_as_access_says(other: Other) -> None:
    park, wrong, counts = Park.objects.get(pk=other.world.park.pk), [], Counter[str]()
    people, of_admin = people_of(other.world), dict[str, int]()
    asked_for = {**{P + tail: action for tail, action in reads().items()}, **OF_NO_PARK, FOR_WHO_ASKED: ""}
    addresses = {path: V1 + path.format(**numbers(other, path.removeprefix(P))) for path in asked_for}
    for role in CAST:
        park.published = role in WHILE_PUBLISHED
        park.save()
        user = people.get(role)
        token = {"authorization": f"Bearer {ApiToken.issue(user, 'roles')[1]}"} if user else {}
        found = standing(user or AnonymousUser(), park)
        for path, action in asked_for.items():
            asked = ASKED.get(path.removeprefix(P), "")
            refused = 401 if user is None else _refused(found, role, path, action, asked)
            with transaction.atomic():
                answer: Any = Client().get(f"{addresses[path]}?{asked}", headers=token)
                if answer.streaming:
                    assert sum(len(part) for part in answer.streaming_content) > 0
                transaction.set_rollback(True)
            status = answer.status_code
            right = refused or of_admin.setdefault(path, status)
            counts[f"{role} {status}"] += 1
            if status != right or status >= 500 or (status == 422) != (refused is None and path in NOT_MADE_HERE):
                wrong.append(f"{role} {path}: {status} instead of {right}")
    assert wrong == []
    assert counts["admin 403"] == 0 and counts["admin 200"] > 110
    assert counts["anonymous 401"] == counts["public 401"] == len(asked_for)
    assert counts["viewer 200"] > counts["stranger 200"] > 8


def _refused(found: Standing | None, role: str, path: str, action: str, asked: str) -> int | None:
    tail = path.removeprefix(P)
    if path == FOR_WHO_ASKED:
        return None if role in ("admin", "office") else 404
    if path in OF_NO_PARK:
        able = ("admin", *ROLES_FOR[action]) if action else CAST
        return None if {"owner": "firm"}.get(role, role) in able else 403
    firm = "alpha-2" if "alpha-2" in asked or "/firms/{key}" in tail else ""
    said = expected(found, (action,), firm, about=tail in OF_THE_FIRM)
    if said is None and found is not None and not found.wide:
        return OF_ALL_FIRMS.get(tail)
    return said
