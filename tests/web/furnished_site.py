"""Inside a real site (`tests.web.real_site`): the demonstration with something on every page, and where every page is.

The addresses are those of `urls.py` itself: a page that is added there is opened by `test_every_page` as soon as the numbers
it needs are in `addresses`, and until then that test fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

NOT_PAGES = frozenset({
    # only posted to
    "logout", "set_language", "token-make", "token-revoke", "two-step-begin", "two-step-confirm", "two-step-codes",
    "two-step-off", "two-step-reset", "let-in", "many-start", "job-cancel", "member-add", "member-remove", "layer-put", "layer-take",
    "park-settings-save", "evidence-withdraw", "submission-step", "submission-ask", "data-import-apply", "mapping-withdraw",
    "dossier-start", "briefing-start", "task-step", "case-step", "project-policy", "own-rules-back", "own-rule-drop",
    "own-parameter-drop", "own-policy-back", "project-check-new", "project-upload", "project-check", "project-move",
    "project-offer", "project-firm", "project-opinion", "project-decide", "decision-settle", "ledger-book", "firm-merge",
    "firm-undo", "audit-new", "audit-save", "retrofit-new", "retrofit-save", "grade-run", "grade-method", "own-method-back",
    "appeal-file", "appeal-decide", "appeal-correct", "land-upload", "land-step", "title-add", "title-withdraw",
    "signature-withdraw", "rules-sign", "comment-add", "comment-reply", "hand-up", "handed-step", "firms-choose", "firms-again",
    "firms-store", "firm-group-save", "firm-group-give", "task-store", "firms-columns",
    "care-step", "care-attach", "care-file-back", "story-act", "dossier-mark", "offices-name",
    "member-change",
    # files, pictures and data
    "care-file", "api-schema", "two-step-picture", "many-csv", "park-map", "evidence-file", "data-template", "mapping-file", "dossier-file",
    "briefing-file", "case-places", "case-worker", "case-ground", "case-file", "own-policy-zip", "project-excel", "minutes",
    "firm-map", "own-method-zip", "appeal-evidence", "land-table",
    "firms-template", "dispatch-file", "case-register", "case-map", "project-free", "project-map", "land-map", "parcel-map", "opinion-paper",
    # a part of a page
    "assess-cell", "job", "task-split", "data-converted",
})  # fmt: skip
"""What no person opens as a page of its own; `test_every_page` asks each whether that is so."""
BY = {
    "login": "", "login-code": "", "many": "admin", "park-new": "admin", "two-step-people": "admin", "own-parameter": "admin",
    "waiting": "reviewer",
}  # fmt: skip
"""Who opens a page, where it is not the park office."""
ASKED = {"submission-changes": "?of=F01&year=2025"}
"""What has to be asked behind the address of a page."""
ALSO = {
    # further sights of a page: name of a picture, name in `urls.py`, what is asked, who asks
    "home-nobody": ("home", "", ""), "home-admin": ("home", "", "admin"), "park-firm": ("park", "", "firm"),
    "park-keeper": ("park", "", "keeper"), "data-firm": ("data", "", "firm"),
    "data-theme-firm": ("data-theme", "", "firm"), "submissions-firm": ("submissions", "", "firm"),
    "firms-firm": ("firms", "", "firm"), "grade-sheet-firm": ("grade-sheet", "", "firm"), "cases-keeper": ("cases", "", "keeper"),
    "appeals-firm": ("appeals", "", "firm"), "search-found": ("search", "?q=水", "office"),
    "search-nothing": ("search", "?q=zzzzz", "office"), "tasks-nothing": ("tasks", "?like=zzzz", "office"),
    "cases-nothing": ("cases", "?like=zzzz", "office"), "firms-nothing": ("firms", "?q=zzzz", "office"),
    "firms-parcels": ("firms", "?kind=parcels", "office"), "task-new-clause": ("task-new", "?clause=hj274-2015/13&period=2025", "office"),
    "land-budget": ("land", "?budget=20000", "office"), "rules-editions-two": ("rules-editions", "?first=hj274-2015&second=eco-industrial-park-2026", "office"),
    "firms-table-conflicts": ("firms-table", "?group=conflicting", "office"), "audits-retrofits": ("audits", "?kind=retrofits", "office"),
    "care-entry-firm": ("care-entry", "", "firm"), "completeness-departments": ("completeness", "?by=department&year=2025", "office"),
    "completeness-firm": ("completeness", "?year=2025", "firm"), "data-missing-firm": ("data-missing", "?year=2025", "office"),
    "many-consultant": ("many", "", "consultant"),
    "together-nothing": ("together", "?project=0", "office"), "home-firm": ("home", "", "firm"), "park-reviewer": ("park", "", "reviewer"),
    "what-if-reviewer": ("what-if", "", "reviewer"), "comments-reviewer": ("comments", "", "reviewer"),
    "tasks-closed": ("tasks", "?state=closed", "office"), "together-asked": ("together", "?project=4", "office"),
}  # fmt: skip
TABS = ("packs", "factors", "departments", "members", "cases", "map", "history")
"""Tabs of a park's settings, besides the first."""
OWN = ("admin", "park-public", *(f"settings-{tab}" for tab in TABS))
"""Pages whose address has to be put together here: Django's administration, a park anybody may see, the tabs."""


def names(patterns: Any) -> Iterator[str]:
    """Every name of `urls.py`, but those of Django's administration and the API."""
    from django.urls import URLPattern, URLResolver

    for one in patterns:
        if isinstance(one, URLResolver):
            if one.namespace is None:
                yield from names(one.url_patterns)
        elif isinstance(one, URLPattern) and one.name:
            yield one.name


def pages() -> list[str]:
    """Every page a person opens, and some further sights of them."""
    from django.urls import get_resolver

    return [*dict.fromkeys(n for n in names(get_resolver().url_patterns) if n not in NOT_PAGES), *ALSO, *OWN]


SAME_AFTERWARDS = (
    "park", "assess", "assess-pack", "assess-clause", "assess-compare", "data", "data-theme", "evidence", "submissions",
    "figure-history", "data-import-preview", "tasks", "task", "tasks-effects", "programmes", "cases", "case", "case-statistics",
    "projects", "project", "decision", "register", "ledger", "ledger-account", "delivered", "own-rules", "own-rules-edition",
    "firms", "firm", "grades", "grade-sheet", "appeals", "audits", "land", "rules", "rules-pack", "rules-clause", "titles",
    "comments", "waiting", "settings-members", "settings-history", "quantity", "grade-sheet-firm", "cases-keeper", "submissions-firm",
)  # fmt: skip
"""Pages whose answers rest on everything a site keeps."""
SAME_FILES = (
    "evidence-file",
    "case-file",
    "appeal-evidence",
    "minutes",
    "own-policy-zip",
    "own-method-zip",
    "land-table",
    "mapping-file",
)
"""Files that are handed out."""


# -- inside the site ---------------------------------------------------------------------------------------------------


def furnish(firms: str) -> dict[str, Any]:
    """Make the demonstration and add what it lacks; where every page is, who opens it, and their sessions."""
    from django.conf import settings
    from django.core.management import call_command
    from django.test import Client
    from django.urls import NoReverseMatch, get_resolver, reverse

    from ecopark.web import demo
    from ecopark.web.parks.models import Park
    from ecopark.web.people.models import User

    call_command("migrate", interactive=False, verbosity=0)
    park = demo.make_demo(int(firms))
    clients: dict[str, Any] = {"": Client()}
    for account in demo.accounts():
        clients[account.username] = Client()
        clients[account.username].force_login(User.objects.get(username=account.username))
    made = addresses(park, clients)

    def address(name: str) -> str:
        keys = set(get_resolver().reverse_dict.getlist(name)[0][0][0][1])
        known = {"slug": park.slug} | made.get(name, {})
        try:
            return reverse(name, kwargs={k: v for k, v in known.items() if k in keys})
        except NoReverseMatch:
            return ""  # the test of this page says so

    known = names(get_resolver().url_patterns)
    places = {
        name: [address(name) + ASKED.get(name, ""), BY.get(name, "office")] for name in known if name not in NOT_PAGES
    }
    places |= {name: [address(of) + asked, who] for name, (of, asked, who) in ALSO.items()}
    places |= {f"settings-{tab}": [reverse("park-settings-tab", args=[park.slug, tab]), "office"] for tab in TABS}
    public = Park.objects.filter(published=True).order_by("slug")[0]
    places |= {"admin": [reverse("admin:index"), "admin"], "park-public": [reverse("park", args=[public.slug]), ""]}
    cookie = settings.SESSION_COOKIE_NAME
    sessions = {name: client.cookies[cookie].value for name, client in clients.items() if name}
    others = {n: address(n) for n in sorted(NOT_PAGES)}
    return {"places": places, "sessions": sessions, "others": others}


def addresses(park: Any, clients: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What stands in the address of each page: things the demonstration has, and some made here."""
    from django.core.files.uploadedfile import SimpleUploadedFile
    from django.utils import timezone

    from ecopark.web.assess.models import Dossier
    from ecopark.web.cases.models import Case, CaseFile
    from ecopark.web.comments.models import Comment, HandUp
    from ecopark.web.figures import submit
    from ecopark.web.figures.models import Evidence, Figure, Import, SavedMapping
    from ecopark.web.firms import care, methods
    from ecopark.web.firms.models import Appeal, Audit, GradeRun, RegistryTable, Retrofit
    from ecopark.web.jobs.models import Job
    from ecopark.web.people.models import Membership
    from ecopark.web.projects import own_parameters, own_rules, policies
    from ecopark.web.projects.models import Decision, Project
    from ecopark.web.rules.models import TitleStep, Verification
    from ecopark.web.tasks.models import Task
    from tests.web.test_held_parcels import FREE
    from tests.web.test_import import workbook
    from tests.web.test_mappings import TABLE
    from tests.web.test_mappings import workbook as own_table
    from tests.web.test_own_methods import directory as method_directory
    from tests.web.test_own_parameters import FILES, FLOOR
    from tests.web.test_own_rules import archive, sent

    office = clients["office"]
    here = f"/p/{park.slug}/"
    user = Membership.objects.get(role="office", park=park).user
    reporter = Membership.objects.get(role="firm", park=park)
    firm = park.subjects.get(key=reporter.firm)
    subjects = [firm, *park.subjects.filter(kind="firm").exclude(pk=firm.pk).order_by("key")[:3]]
    submit.ask(park, subjects, "2025", timezone.localdate() + timezone.timedelta(days=9), user)

    def ok(answer: Any) -> Any:
        assert answer.status_code == 302, (answer.status_code, answer.request["PATH_INFO"])
        return answer

    rows = [
        (park.key, "publicity_events", "2025", 41, "events/year"), (park.key, "publicity_events", "2026", 4, "events/year"),
        (firm.key, "industrial_fresh_water_m3", "2025", "viel", "m3"), ("no-such-firm", "industrial_fresh_water_m3", "2025", 9, "m3"),
    ]  # fmt: skip
    table = [
        [{"企业 alpha-1": firm.name, "企业 alpha-2": subjects[1].name}.get(str(c), c) for c in row] for row in TABLE
    ]
    for name, data, kind in (("facts.xlsx", workbook(*rows), ""), ("own.xlsx", own_table(table), "new")):
        sent_in = {"file": SimpleUploadedFile(name, data), "year": "2025", "mapping": kind}
        ok(office.post(f"{here}data/import/", sent_in))
    new = "企业名称,统一社会信用代码,行业代码,入园年份\n新到企业有限公司,,2614,2024\n"
    new += f"{subjects[1].name}（分部）,,,\n某厂,123,9999,去年\n{firm.name},,,2012\n"
    ok(office.post(f"{here}firms/import/", {"file": SimpleUploadedFile("firms.csv", new.encode())}))
    asked = {"pack": "hj274-2015", "period": "2025", "why": "请审阅"}
    ok(office.post(f"{here}comments/hand-up/", asked))
    ok(clients["reviewer"].post(f"{here}comments/add/", asked | {"clause": "13", "text": "请补说明"}))
    preview, columns = Import.objects.order_by("pk")
    mapping = SavedMapping.objects.create(park=park, name="用能年报", by=user, body={"name": "用能年报"})
    signed = {"clause": ["13"], "document": "HJ 274-2015 正式出版本", "page": "4", "dated": "2026-01-05"}
    ok(office.post(f"{here}rules/hj274-2015/sign/", signed))
    own_rules.save(park, FREE, user, "管委会会议纪要", seen=0)
    policy = policies.OWN.take_in(park, [sent(archive(FILES))], user, "本区办法")
    method = methods.OWN.take_in(park, [sent(method_directory())], user, "本县办法")
    other = Membership.objects.filter(user__username="consultant").exclude(park=park)[0].park
    policies.OWN.take_in(other, [sent(archive(FILES))], user, "本区办法")
    policies.choose_policy(other, "my-zone", user)
    own_parameters.save(other, "floor", FLOOR, user, "新文件", seen=0)
    ok(office.post(f"{here}rules/titles/add/", {"title": "eco_industrial_park", "step": "name", "dated": "2024-06-01"}))
    clause = {"pack": "hj274-2015", "period": "2025", "tail": "13"}
    job = Job.objects.create(
        kind="dossier", park=park, by=user, title_zh="自评价报告", title_en="dossier", state="done",
        result={"folder": "x", "files": ["report.pdf"]}, arguments={"period": "2025"},
    )  # fmt: skip
    Dossier.objects.create(
        job=job, park=park, period="2025", packs=["hj274-2015"], files=["report.pdf"], folder="x", by=user
    )
    one, run = {"pk": job.pk}, GradeRun.objects.get(park=park)
    project = {"pk": Project.objects.get(stage="review").pk}
    decided = Decision.objects.get(project__stage="operating")
    proof = {"subject": firm.key, "about": "industrial_fresh_water_m3", "period": "2025"}
    file = SimpleUploadedFile("水费发票.pdf", b"%PDF-1.7 invented")
    ok(office.post(f"{here}data/evidence/", proof | {"file": file}))
    grade, evidence = {"pk": run.pk, "key": firm.key}, Evidence.objects.exclude(stored="").latest("pk")
    task, case = Task.objects.filter(park=park)[0], Case.objects.filter(park=park).order_by("number")[0]
    retrofit = Retrofit.objects.create(
        park=park, subject=firm, name="冷却水回用", quantity="industrial_fresh_water_m3", expected="100", unit="m3",
        done=timezone.localdate().replace(year=2024), proposed={"achieved": "90"},
    )  # fmt: skip
    paper = care.attach(retrofit, SimpleUploadedFile("验收报告.pdf", b"%PDF-1.7 report"), user)
    cared = {"kind": "retrofits", "pk": retrofit.pk, "number": paper.pk}
    of: dict[str, dict[str, Any]] = {
        name: clause for name in ("assess-pack", "assess-cell", "assess-clause", "what-if")
    }
    of |= {name: clause for name in ("rules-pack", "rules-sign", "rules-clause")}
    of |= {name: {"tab": "general"} for name in ("park-settings-tab", "park-settings-save")}
    of |= {name: {"pk": preview.pk} for name in ("data-import-preview", "data-import-apply")}
    of |= {f"care-{name}": cared for name in ("entry", "step", "attach", "file", "file-back")}
    of |= {name: {"pk": mapping.pk} for name in ("mapping-file", "mapping-withdraw")}
    of |= {name: {"pk": evidence.pk} for name in ("evidence-file", "evidence-withdraw")}
    of |= {name: one for name in ("job", "job-cancel", "briefing-file")} | {"dossier-file": one | {"name": "all.zip"}}
    of |= {name: {"number": case.number} for name in ("case", "case-step")}
    of |= {name: {"number": task.number} for name in ("task", "task-step")}
    of |= {name: {"tail": "far"} for name in ("own-rule", "own-rule-drop")}
    of |= {name: {"slug": other.slug, "name": "floor"} for name in ("own-parameter", "own-parameter-drop")}
    of |= {name: {"pk": policy.pk} for name in ("own-policy-zip", "own-policy-back")}
    of |= {name: {"pk": method.pk} for name in ("own-method-zip", "own-method-back")}
    of |= {name: project for name in _starting("project-")} | {
        "project": project,
        "delivered": {"pk": decided.project_id},
    }
    of |= {
        name: {"pk": decided.pk, "language": "zh", "ending": "html"}
        for name in ("decision", "decision-settle", "minutes")
    }
    of |= {name: grade for name in ("grade-sheet", "appeal-file", "simulator")}
    of |= {
        name: {"pk": Appeal.objects.filter(run=run)[0].pk}
        for name in ("appeal-decide", "appeal-correct", "appeal-evidence")
    }
    of |= {name: {"key": firm.key} for name in ("firm", "firm-edit", "firm-map", "audit-new", "retrofit-new")}
    table = {"pk": RegistryTable.objects.get().pk}
    of |= {name: table for name in _starting("firms-")}
    of |= {"comment-reply": {"pk": Comment.objects.get().pk}, "handed-step": {"pk": HandUp.objects.get().pk}}
    parcel = next(f["properties"]["id"] for f in park.layers.get(name="parcels").features["features"])
    of |= {name: {"name": parcel} for name in ("parcel", "parcel-map")} | {"case-map": {"number": case.number}}
    of |= {"evidence-history": {"pk": evidence.pk}, "project-map": project}
    of |= {"dispatch-file": {"ending": "docx"}, "case-register": {"ending": "xlsx"}}
    of |= {"task-store": {"number": task.number}, "member-change": {"pk": reporter.pk}}
    of |= {"department-dissolve": {"key": park.departments.all()[0].key}, "opinion-paper": project | {"number": 1}}
    of |= {
        "data-theme": {"theme": "water"}, "quantity": {"name": "industrial_fresh_water_m3"}, "data-import-columns": {"pk": columns.pk},
        "figure-history": {"pk": Figure.objects.filter(park=park, subject=firm)[0].pk}, "case-file": {"pk": CaseFile.objects.all()[0].pk},
        "member-remove": {"pk": reporter.pk}, "layer-take": {"pk": park.layers.all()[0].pk}, "own-rules-edition": {"number": 1},
        "ledger-account": {"item": "energy", "year": 2026}, "firm-undo": {"pk": 1}, "title-withdraw": {"pk": TitleStep.objects.get().pk},
        "signature-withdraw": {"pk": Verification.objects.get().pk}, "token-revoke": {"pk": 1}, "two-step-reset": {"pk": user.pk}, "let-in": {"pk": user.pk},
        "dossier-mark": one,
        "audit-save": {"key": firm.key, "pk": Audit.objects.all()[0].pk}, "retrofit-save": {"key": firm.key, "pk": Retrofit.objects.all()[0].pk},
    }  # fmt: skip
    return of


def _starting(with_: str) -> list[str]:
    from django.urls import get_resolver

    return [n for n in names(get_resolver().url_patterns) if n.startswith(with_)]


def rows() -> dict[str, dict[str, str]]:
    """Every row a backup keeps, every uploaded file: what is in them, as digests."""
    import json
    from hashlib import sha256
    from pathlib import Path

    from django.apps import apps
    from django.conf import settings
    from django.core import serializers

    from ecopark.web.backup import LEFT_OUT

    found: dict[str, dict[str, str]] = {}
    for model in apps.get_models():
        label = model._meta.label_lower
        if label in LEFT_OUT or model._meta.app_label in LEFT_OUT:
            continue
        kept = serializers.serialize("python", model._default_manager.order_by("pk"))
        found[label] = {str(r["pk"]): json.dumps(r["fields"], sort_keys=True, default=str) for r in kept}
    folder = Path(settings.UPLOADS)
    files = (p for p in sorted(folder.rglob("*")) if p.is_file())
    found["files"] = {p.relative_to(folder).as_posix(): sha256(p.read_bytes()).hexdigest() for p in files}
    return found


def answers(told: str) -> dict[str, Any]:
    """What pages and files say (`told`: where `furnish` wrote what it found): their text without what is new on every call."""
    import json
    import re
    from hashlib import sha256
    from pathlib import Path

    from django.test import Client

    from ecopark.web.people.models import User

    found = json.loads(Path(told).read_text(encoding="utf-8"))
    asked = {name: found["places"][name] for name in SAME_AFTERWARDS}
    asked |= {name: [found["others"][name], "office"] for name in SAME_FILES}
    clients: dict[str, Client] = {}
    said = {}
    for name, (address, who) in asked.items():
        if who not in clients:
            clients[who] = Client()
            clients[who].force_login(User.objects.get(username=who))
        answer = clients[who].get(address)
        data = b"".join(answer.streaming_content) if answer.streaming else answer.content
        if name in SAME_FILES:
            said[name] = f"{answer.status_code} {len(data)} {sha256(data).hexdigest()}"
        else:
            text = re.sub(r'(csrfmiddlewaretoken" value=|X-CSRFToken": )"[^"]*"', "", data.decode())
            said[name] = f"{answer.status_code} {text}"
    return said


def goes_on() -> dict[str, Any]:
    """Report a case on the page and write a figure; the numbers of their rows, and the tables that count from too low a number."""
    from django.apps import apps
    from django.db import connection
    from django.db.models import AutoField, Max
    from django.test import Client

    from ecopark.web.cases.models import Case
    from ecopark.web.demo import SLUG
    from ecopark.web.figures.change import Change, write
    from ecopark.web.figures.models import Figure
    from ecopark.web.parks.models import Park
    from ecopark.web.people.models import User

    client, park = Client(), Park.objects.get(slug=SLUG)
    client.force_login(User.objects.get(username="keeper"))
    given = {"kind": "dust", "text": "恢复之后的问题", "place": "南门", "key": "00000000-0000-4000-8000-000000000001"}
    answer = client.post(f"/p/{SLUG}/cases/report/", given)
    assert answer.status_code in (200, 201, 302), answer.content[:300]
    change = Change(park.key, "publicity_events", "2019", "7", "events/year")
    write(park, [change], User.objects.get(username="office"), "恢复之后")
    behind = []
    if connection.vendor == "postgresql":
        for model in apps.get_models():
            if isinstance(model._meta.pk, AutoField):
                table, column = model._meta.db_table, model._meta.pk.column
                with connection.cursor() as cursor:
                    cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, %s))", [table, column])
                    number = cursor.fetchone()[0]
                if number <= (model._default_manager.aggregate(last=Max("pk"))["last"] or 0):
                    behind.append(table)
    return {
        "case": Case.objects.get(text="恢复之后的问题").pk,
        "figure": Figure.objects.get(park=park, subject__key=park.key, quantity="publicity_events", period="2019").pk,
        "behind": behind,
    }


def tell(firms: str, told: str) -> dict[str, Any]:
    """Furnish a site and write down where everything is."""
    import json
    from pathlib import Path

    Path(told).write_text(json.dumps(furnish(firms)), encoding="utf-8")
    return {}


ACTIONS = {"furnish": furnish, "tell": tell, "rows": rows, "answers": answers, "goes-on": goes_on}
