"""A firm asks for another firm's data by every page there is: 404 or 403, and no trace of the other in any answer of 200.

The addresses are those of `urls.py` itself: a page that is added without an address here fails the first test.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from ecopark.web.assess.models import Dossier, Kept, Scenario
from ecopark.web.cases.models import Case, CaseFile
from ecopark.web.comments.models import Comment, HandUp
from ecopark.web.figures import facts, imports, submit
from ecopark.web.figures.change import Change, write
from ecopark.web.figures.models import Evidence, Figure, Import, SavedMapping
from ecopark.web.firms.care import attach as attach_report
from ecopark.web.firms.models import Appeal, Audit, FirmGrade, RegistryTable
from ecopark.web.jobs.models import Job
from ecopark.web.parks.models import MapLayer, Subject
from ecopark.web.people.models import Membership
from ecopark.web.projects import steps
from ecopark.web.uploads import keep

from .conftest import World
from .test_cases import PNG
from .test_cases import found as reported
from .test_firms import WATER, appeal_of, grade, graded
from .test_projects import given, square
from .test_tasks import make as make_task

__all__ = ["graded"]

NAME = "玄武机密材料厂"
SECRETS = (NAME, "alpha-2", "绝密", "98765.4321", "98,765", "91350100M000100Y43")
"""The other firm's name, key, notes, files, figure and credit code."""
NOT_OF_A_PARK = {
    "home", "story", "story-act", "login", "login-code", "logout", "set_language", "api-schema", "api-docs", "search-all", "account",
    "password", "token-make", "token-revoke", "many", "many-start", "many-csv", "two-step", "two-step-picture",
    "two-step-begin", "two-step-confirm", "two-step-codes", "two-step-off", "two-step-people", "two-step-reset", "let-in", "waiting",
}  # fmt: skip


@dataclass
class Other:
    """What the park knows of the other firm: for each page, what to put into its address and behind it."""

    world: World
    of: dict[str, dict[str, Any]]
    asked: dict[str, str]


def _names(patterns: Any) -> Iterator[str]:
    for one in patterns:
        if isinstance(one, URLResolver):
            if one.namespace is None:
                yield from _names(one.url_patterns)
        elif isinstance(one, URLPattern) and one.name:
            yield one.name


@pytest.fixture
def other(graded: World) -> Other:
    """The other firm with something of everything: figures, evidence, cases, grades, an appeal, a scenario, an import."""
    world, park = graded, graded.park
    office = world.people["office"]
    Subject.objects.filter(park=park, key="alpha-2").update(name=NAME, credit_code=SECRETS[-1])
    subject = Subject.objects.get(park=park, key="alpha-2")
    write(
        park,
        [Change("alpha-2", WATER, "2023", "98765.4321", "m3", note="绝密备注", source="绝密来源")],
        office,
        "绝密原因",
    )
    figure = Figure.objects.get(subject=subject, quantity=WATER, period="2023")
    submit.ask(park, [subject], "2023", timezone.localdate(), office)
    theirs = {
        "subject": "alpha-2",
        "about": WATER,
        "period": "2023",
        "file": SimpleUploadedFile("绝密.pdf", b"%PDF-1.7 x"),
    }
    assert world.client_of("office").post("/p/alpha/data/evidence/", theirs).status_code == 302
    case = reported(world, "office", firm="alpha-2", text="绝密问题", photos=SimpleUploadedFile("绝密.png", PNG))
    reporter = world.people["stranger"]
    Membership.objects.create(user=reporter, role="firm", park=park, firm="alpha-2")
    run = grade(world)
    assert appeal_of(world, run, role="stranger", key="alpha-2") == 302
    submission = submit.of(park, subject, "2023")
    Figure.objects.filter(pk=figure.pk).update(state="draft")
    submit.take(submission, "submit", office)
    submit.take(submission, "return", office, "绝密退回")
    stored = keep(SimpleUploadedFile("绝密.csv", b"subject,quantity\n"), f"imports/{park.pk}", ("csv",))
    made = Import.objects.create(park=park, name="绝密.csv", stored=stored.key, by=office, changed=park.changed)
    theirs = SimpleUploadedFile("绝密.csv", f"quantity,period,value,unit\n{WATER},2022,98765.4321,m3\n".encode())
    assert world.client_of("stranger").post("/p/alpha/data/import/", {"file": theirs}).status_code == 302
    brought = Import.objects.get(subject=subject)
    scenario = Scenario.objects.create(
        park=park, pack="hj274-2015", period="2023", name="绝密方案", by=office, share="abcdefgh"
    )
    job = Job.objects.create(
        kind="dossier", park=park, by=office, title_zh="绝密任务", title_en="绝密", state="done",
        result={"folder": "x", "files": ["report.pdf"]}, arguments={"period": "2023"},
    )  # fmt: skip
    Dossier.objects.create(
        job=job, park=park, period="2023", packs=["绝密标准"], files=["report.pdf"], folder="x", by=office
    )
    park.refresh_from_db()  # its count of changes above all
    park.settings = park.settings | {"policy": "invented-park"}
    park.save()
    layer = MapLayer.objects.create(
        park=park,
        name="parcels",
        features={"type": "FeatureCollection", "features": [square(120.0, id="S1", zh="绝密地块", firm="alpha-2")]},
    )
    registered = RegistryTable.objects.create(park=park, name="绝密名册.csv", stored=stored.key, by=office)
    audit = Audit.objects.create(park=park, subject=subject, kind="energy", findings="绝密结论", auditor="绝密机构")
    paper = attach_report(audit, SimpleUploadedFile("绝密报告.pdf", b"%PDF-1.7 x"), office)
    columns = SavedMapping.objects.create(park=park, name="绝密对照", by=office, body={"name": "绝密对照"})
    project = steps.start(park, given("绝密项目"), office)
    project.firm = subject
    project.save()
    task = make_task(world, measure="绝密措施")
    assert FirmGrade.objects.filter(run=run, subject=subject).exists()
    comment = Comment.objects.create(
        park=park, pack="hj274-2015", period="2023", clause="32", text="绝密意见", role="office", by=office
    )
    assert world.client_of("office").post(
        "/p/alpha/comments/hand-up/", {"pack": "hj274-2015", "period": "2023", "why": "绝密说明"}
    ).status_code == 302  # fmt: skip
    pack = {"pack": "hj274-2015", "period": "2023", "tail": "32"}
    of: dict[str, dict[str, Any]] = {
        "figure-history": {"pk": figure.pk}, "evidence-file": {"pk": Evidence.objects.latest("pk").pk},
        "evidence-history": {"pk": Evidence.objects.latest("pk").pk}, "evidence-withdraw": {"pk": Evidence.objects.latest("pk").pk}, "case": {"number": case.number},
        "case-step": {"number": case.number}, "case-file": {"pk": CaseFile.objects.latest("pk").pk},
        "data-import-preview": {"pk": brought.pk}, "data-import-apply": {"pk": brought.pk}, "dossier-file": {"pk": job.pk, "name": "all.zip"}, "dossier-mark": {"pk": job.pk},
        "job": {"pk": job.pk}, "job-cancel": {"pk": job.pk}, "grade-sheet": {"pk": run.pk, "key": "alpha-2"},
        "appeal-file": {"pk": run.pk, "key": "alpha-2"}, "simulator": {"pk": run.pk},
        "appeal-decide": {"pk": Appeal.objects.get().pk}, "appeal-evidence": {"pk": Appeal.objects.get().pk},
        "ledger-account": {"item": "energy", "year": 2026}, "minutes": {"pk": 1, "language": "zh", "ending": "html"},
        "own-rule": {"tail": "tax_per_mu"}, "own-rule-drop": {"tail": "tax_per_mu"}, "own-rules-edition": {"number": 1},
        "own-parameter": {"name": "floor"}, "own-parameter-drop": {"name": "floor"},
        "own-policy-zip": {"pk": 1}, "own-policy-back": {"pk": 1}, "own-method-zip": {"pk": 1}, "own-method-back": {"pk": 1},
        "appeal-correct": {"pk": Appeal.objects.get().pk},
        "member-change": {"pk": Membership.objects.get(user=reporter).pk}, "opinion-paper": {"pk": project.pk, "number": 1}, "decision": {"pk": 1}, "decision-settle": {"pk": 1}, "task": {"number": task.number}, "task-step": {"number": task.number},
        "task-store": {"number": task.number}, "dispatch-file": {"ending": "xlsx"}, "case-register": {"ending": "csv"},
        "quantity": {"name": WATER}, "data-theme": {"theme": "water"}, "park-settings-tab": {"tab": "members"},
        "park-settings-save": {"tab": "general"}, "member-remove": {"pk": Membership.objects.get(user=reporter).pk},
        "firm-undo": {"pk": 1}, "audit-save": {"pk": 1}, "retrofit-save": {"pk": 1}, "title-withdraw": {"pk": 1},
        "signature-withdraw": {"pk": 1}, "mapping-file": {"pk": columns.pk}, "mapping-withdraw": {"pk": columns.pk},
        **{f"firms-{step}": {"pk": registered.pk} for step in ("table", "again", "choose", "columns", "store")},
        **{f"care-{step}": {"kind": "audits", "pk": audit.pk} for step in ("entry", "step", "attach")},
        **{f"care-{step}": {"kind": "audits", "pk": audit.pk, "number": paper.pk} for step in ("file", "file-back")},
        "layer-take": {"pk": layer.pk}, "comment-reply": {"pk": comment.pk}, "handed-step": {"pk": HandUp.objects.get().pk},
        "parcel": {"name": "S1"}, "parcel-map": {"name": "S1"}, "case-map": {"number": case.number},
        "data-import-columns": {"pk": made.pk}, "briefing-file": {"pk": job.pk},
    }  # fmt: skip
    asked = {
        "data": "?of=alpha-2", "data-theme": "?of=alpha-2&year=2023&all=1", "search": "?q=玄武", "submissions": "?year=2023",
        "submission-changes": "?of=alpha-2&year=2023", "completeness": "?year=2023", "data-missing": "?of=alpha-2&year=2023",
        "data-converted": f"?of=alpha-2&year=2023&given|{WATER}|=1&unit|{WATER}|=L",
        "what-if": f"?scenario={scenario.share}", "data-template": "?of=alpha-2", "evidence": f"?about={WATER}",
        "cases": "?like=绝密", "case-register": "?like=绝密", "grades": "?year=2023&like=玄武", "firms": "?like=玄武&q=玄武", "audits": "?q=玄武",
        "quantity": "?of=alpha-2&year=2023", "projects": "?like=绝密", "tasks": "?like=绝密",
    }  # fmt: skip
    for name in set(_names(get_resolver().url_patterns)) - NOT_OF_A_PARK:
        keys = set(get_resolver().reverse_dict.getlist(name)[0][0][0][1])
        known = {"slug": "alpha", "key": "alpha-2"} | pack | {"project": None}
        if name.startswith(("project", "delivered")) and "pk" in keys:
            known["pk"] = project.pk
        of[name] = {k: v for k, v in (known | of.get(name, {})).items() if k in keys}
    return Other(world, of, asked)


def _text(answer: Any) -> str:
    """Everything an answer holds, packed files opened."""
    data = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            data = b"\n".join(archive.read(n) for n in archive.namelist())
    text = data.decode("utf-8", "replace")
    try:
        return json.dumps(json.loads(text), ensure_ascii=False)
    except ValueError:
        return text


def test_every_page_has_an_address_here(other: Other) -> None:
    for name, arguments in other.of.items():
        assert reverse(name, kwargs=arguments), name
    assert len(other.of) > 90


def _leaks(client: Client, other: Other, secrets: tuple[str, ...] = SECRETS) -> tuple[list[str], set[str]]:
    """Where secrets stand in what this client gets, and the pages that opened."""
    leaks, opened = [], set()
    for name, arguments in other.of.items():
        for query in {"", other.asked.get(name, "")}:
            answer = client.get(reverse(name, kwargs=arguments) + query)
            if answer.status_code in (302, 405):
                continue
            text = _text(answer)
            if answer.status_code == 200:
                opened.add(name)
            elif answer.status_code not in (403, 404, 422):
                leaks.append(f"{name}{query}: {answer.status_code}")
            # what was asked for stands in the address of the page itself
            for own in (reverse(name, kwargs=arguments), query, escape(query), quote(query, safe="")):
                text = text.replace(own, "") if own else text
            if answer.status_code != 200:
                text = text.replace("alpha-2", "")
            leaks += [
                f"{name}{query} ({answer.status_code}): {text[max(0, text.index(s) - 60) : text.index(s) + 40]}"
                for s in secrets
                if s in text
            ]
    return leaks, opened


@pytest.mark.parametrize("lang", ["zh-hans", "en"])
def test_a_reporter_finds_no_trace_of_another_firm_on_any_page(other: Other, lang: str) -> None:
    client = other.world.client_of("firm")
    client.cookies["django_language"] = lang
    leaks, opened = _leaks(client, other)
    assert not leaks, "\n".join(leaks)
    assert {"park", "data", "search", "firms", "grades", "cases", "submissions", "evidence", "quantity"} <= opened


PARKS_OWN = ("76543.21", "76,543.2", "1.2958")
"""A figure of the park itself and what comes of it: a park publishes its verdicts, not these."""
TYPED_BY = "office，"


@pytest.fixture
def published(other: Other) -> Other:
    """A park that publishes its verdicts, which rest on the other firm's figure and on one of the park's own."""
    park = other.world.park
    Figure.objects.filter(park=park, quantity=WATER, subject__kind="park").delete()
    Figure.objects.filter(subject__key="alpha-2", quantity=WATER).update(state="accepted")
    facts.forget()  # these rows were written past what tells of a change
    write(
        park,
        [Change("alpha", "industrial_value_added", "2023", "76543.21", "10k CNY")],
        other.world.people["office"],
        "x",
    )
    park.refresh_from_db()
    park.published = True
    park.save()
    office = _text(other.world.client_of("office").get(reverse("assess-clause", args=["alpha", *IN_QUESTION])))
    for secret in (NAME, "98,765", *PARKS_OWN):
        assert secret in office, "the trace of the office does hold what others must not find"
    return other


IN_QUESTION = ("hj274-2015", "2023", "14")


@pytest.mark.parametrize("role", ["anonymous", "firm", "keeper"])
def test_the_public_of_a_published_park_sees_verdicts_and_no_figure(published: Other, role: str) -> None:
    client = published.world.client_of(role)
    leaks, opened = _leaks(client, published, (*SECRETS, *PARKS_OWN, *([TYPED_BY] if role != "firm" else [])))
    assert not leaks, "\n".join(leaks)
    assert {"park", "assess", "assess-pack", "assess-clause", "rules"} <= opened
    assert "titles" not in opened
    kept = Kept.objects.filter(park=published.world.park, pack=IN_QUESTION[0], period=IN_QUESTION[1]).latest("pk")
    past = _text(client.get(reverse("assess-clause", args=["alpha", *IN_QUESTION]) + f"?kept={kept.pk}"))
    assert not [s for s in (*SECRETS, *PARKS_OWN) if s in past]


def test_a_workbook_that_names_another_firm_brings_nothing_of_it(other: Other) -> None:
    """A reporter sends rows for the other firm, under its key and its name: they are unusable, and say nothing of it."""
    rows = [f"{whom},{WATER},2023,1,m3" for whom in ("alpha-2", NAME, "alpha")] + [f"alpha-1,{WATER},2023,7,m3"]
    data = "\n".join(["subject,quantity,period,value,unit", *rows]).encode()
    client = other.world.client_of("firm")
    fields = {"file": SimpleUploadedFile("own.csv", data)}
    answer = client.post("/p/alpha/data/import/", fields, follow=True)
    found = Import.objects.latest("pk")
    assert (found.subject and found.subject.key, answer.status_code) == ("alpha-1", 200)
    lines = imports.remembered(found)
    assert sorted((line.group, line.subject) for line in lines) == [
        ("changed", "alpha-1"), ("unusable", "alpha"), ("unusable", "alpha-2"), ("unusable", NAME),
    ]  # fmt: skip
    shown = client.get(f"/p/alpha/data/import/{found.pk}/?group=unusable").content.decode()
    told = " ".join(p for line in lines for p in (line.stored, line.stored_by, line.subject_name, line.problem_en))
    for text in (shown, told):  # what the reporter typed stands in the file; nothing that they did not
        assert not any(s in text for s in SECRETS if s not in ("alpha-2", NAME))
    before = Figure.objects.get(subject__key="alpha-2", quantity=WATER, period="2023").version
    client.post(f"/p/alpha/data/import/{found.pk}/apply/", {"group": list(imports.GROUPS)})
    assert Figure.objects.get(subject__key="alpha-2", quantity=WATER, period="2023").version == before
    assert Figure.objects.get(subject__key="alpha-1", quantity=WATER, period="2023").correction.given == "7"
    assert not Figure.objects.filter(subject__key="alpha", quantity=WATER).exists()


def test_what_is_the_other_firms_alone_is_not_there(other: Other) -> None:
    client = other.world.client_of("firm")
    for name in (
        "care-entry", "care-file",
        "figure-history", "evidence-file", "evidence-history", "data-import-preview", "case", "case-file", "firm",
        "firm-map", "grade-sheet", "appeal-evidence", "job", "parcel", "parcel-map", "case-map",
    ):  # fmt: skip
        answer = client.get(reverse(name, kwargs=other.of[name]))
        assert answer.status_code == 404, name
    for name, query in (("data", "?of=alpha-2"), ("data-theme", "?of=alpha-2")):
        assert client.get(reverse(name, kwargs=other.of[name]) + query).status_code == 404
    for name in (
        "evidence-withdraw", "case-step", "appeal-file", "job-cancel", "audit-new", "retrofit-new", "comment-reply",
        "handed-step", "hand-up", "comment-add", "dossier-mark",
    ):  # fmt: skip
        assert client.post(reverse(name, kwargs=other.of[name]), {"kind": "rectified"}).status_code in (403, 404), name
    assert Case.objects.get().status == "found"


def test_the_secrets_are_there_to_be_found(other: Other) -> None:
    """The test above could find them: who may see the other firm does."""
    client: Client = other.world.client_of("office")
    shown = {
        name: _text(client.get(reverse(name, kwargs=other.of[name]) + other.asked.get(name, "")))
        for name in (
            "data-theme",
            "search",
            "firms",
            "grades",
            "cases",
            "submissions",
            "submission-changes",
            "evidence",
            "figure-history",
            "projects",
            "comments",
            "parcel",
            "parcel-map",
            "case-map",
            "project-map",
        )
    }
    for name, text in shown.items():
        assert any(s in text.replace(other.asked.get(name, "?"), "") for s in SECRETS), name
