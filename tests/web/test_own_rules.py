"""The zone's own rules: filled in on the site, kept as editions; decisions keep those they were made on."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from ecopark.admission.load import shipped_folder
from ecopark.errors import EcoparkError, InputError
from ecopark.web.projects import decide as decisions
from ecopark.web.projects import gate, own_rules, policies, steps
from ecopark.web.projects.models import PolicyEdition, RuleEdition

from .api_calls import Api, good, refusal, refused_as
from .conftest import ROLES, World, emptied
from .test_projects import given, ground

__all__ = ["ground"]
HOME = "/p/alpha/projects/"
FAR = {
    "zh": "容积率", "en": "Floor-area ratio", "ratio": "far", "clause": "管理办法第三条", "source": "管委会〔2026〕3号",
    "basis": "seen", "effect": "refuse", "row_at": [""], "row_op": [">="], "row_value": ["2.0"], "row_codes": ["C"],
    "row_from": ["2026"], "row_until": [""], "row_when": [""], "why": "新文件下发", "seen": "0",
}  # fmt: skip
DISTANCE = """\
id: setback_homes
kind: place
zh: 与居住区距离
en: Distance from homes
clause: 第七条
basis: recalled
aspect: setback
near: residential
distance_m: "300"
"""


@pytest.fixture
def anji(ground: World) -> World:
    """The small park with a policy that leaves most of its rules to be filled in."""
    policies.choose_policy(ground.park, "anji", ground.people["office"])
    return ground


def decided(world: World) -> Any:
    """A decision of today on a project that meets what Anji's policy says as it ships."""
    user = world.people["office"]
    project = steps.start(world.park, given(tax_paid_10k_cny=("2000", "10k CNY")), user)
    steps.move(project, "review", user)
    return decisions.decide(project, user, until=None)


def status_of(decision: Any, tail: str) -> str:
    return str(next(f["status"] for f in decision.told["decision"]["findings"] if f["rule"].endswith(f"/{tail}")))


def test_a_limit_filled_in_decides_from_then_on_and_old_decisions_stay(anji: World) -> None:
    office = anji.client_of("office")
    before = decided(anji)
    assert status_of(before, "far") == "to_fill"
    assert before.verdict == "admit"
    assert office.post(f"{HOME}rules/of/far/", FAR).status_code == 302
    after = decided(anji)
    assert (after.verdict, status_of(after, "far")) == ("refuse", "not_met")
    assert before.policy_hash != after.policy_hash
    register = gate.register_of(anji.park)
    for entry in (before, after):
        made, differs = register.reproduce(entry.entry)
        assert (made.verdict, differs) == (entry.verdict, ())
    kept = RuleEdition.objects.get()
    assert (kept.rule, kept.why, kept.by, kept.number) == ("far", "新文件下发", anji.people["office"], 1)
    assert "to_fill" in kept.before
    assert "管委会〔2026〕3号" in kept.after
    # going back is a new edition, and the decision in between can still be made again
    assert office.post(f"{HOME}rules/back/", {"number": "0", "seen": "1", "why": "文件撤回"}).status_code == 302
    assert [e.number for e in RuleEdition.objects.all()] == [2, 1]
    assert decided(anji).policy_hash == before.policy_hash
    assert register.reproduce(after.entry)[1] == ()
    assert office.post(f"{HOME}rules/back/", {"number": "1", "seen": "2", "why": "又恢复"}).status_code == 302
    assert decided(anji).policy_hash == after.policy_hash


def test_a_decision_between_two_editions_is_not_kept_on_the_wrong_one(anji: World) -> None:
    from django.utils import timezone

    from ecopark.workflows.admit_project import record

    answer = gate.answer(anji.park, given(), timezone.localdate())
    assert anji.client_of("office").post(f"{HOME}rules/of/far/", FAR).status_code == 302
    policies.policy_of(anji.park)
    with pytest.raises(InputError, match="rules were changed since"):
        record(answer, gate.folder_of(anji.park), by="x")


@pytest.mark.parametrize("role", ROLES)
def test_readers_see_the_rules_and_only_the_office_writes_them(anji: World, role: str) -> None:
    client = anji.client_of(role)
    pages = [f"{HOME}rules/", f"{HOME}rules/of/far/", f"{HOME}rules/of/far/?as=yaml", f"{HOME}policies/"]
    sees, writes = role in ("admin", "office", "reviewer"), role in ("admin", "office")
    hidden = 404 if role in ("stranger", "anonymous") else 403
    for lang in ("zh-hans", "en"):
        client.cookies["django_language"] = lang
        assert {client.get(p).status_code for p in pages} == ({200} if sees else {hidden})
        assert client.get(f"{HOME}rules/new/").status_code == (200 if writes else hidden)
    assert client.post(f"{HOME}rules/of/far/", FAR).status_code == (302 if writes else hidden)
    assert RuleEdition.objects.exists() == writes
    for address in ("rules/of/far/drop/", "rules/back/"):
        answer = client.post(HOME + address, {"why": "x", "seen": "1", "number": "0"})
        assert answer.status_code == (302 if writes else hidden)
    assert client.post(f"{HOME}policies/", {"why": "x"}).status_code == (422 if writes else hidden)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"row_value": ["two"]}, ("不是数字", "is no number")),
        ({"row_codes": ["C、9999"]}, ("没有行业代码 9999", "there is no industry code 9999")),
        ({"source": ""}, ("须写明来源文件", "needs its source")),
        ({"clause": " "}, ("没有写明出处", "where it is written")),
        ({"why": " "}, ("请写明原因", "Say why")),
        ({"ratio": "far_ratio"}, ("没有比率", "unknown ratio")),
        ({"ratio": "", "formula": "floor_area_m2 / land_area_mu", "unit": "t"}, ("公式", "formula")),
        ({"row_value": [""]}, ("缺 value", "has no value")),
        ({"row_from": ["next year"]}, ("应为年份或日期", "is a year or a date")),
        ({"row_until": ["2025"]}, ("早于 2026", "before it begins")),
        ({"seen": "7"}, ("刚才别人改过", "Somebody else")),
        ({"basis": "verified"}, ("无效", "is none of")),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_kept(anji: World, change: dict[str, Any], words: tuple[str, str]) -> None:
    office = anji.client_of("office")
    for lang, said in zip(("zh-hans", "en"), words, strict=True):
        office.cookies["django_language"] = lang
        answer = office.post(f"{HOME}rules/of/far/", FAR | change)
        assert answer.status_code == 422
        page = answer.content.decode()
        assert said in page
        assert "/tmp" not in page
    assert not RuleEdition.objects.exists()


def test_every_problem_of_a_form_is_told_at_its_row(anji: World) -> None:
    wrong = FAR | {
        "row_at": ["", "", ""], "row_op": [">="] * 3, "row_value": ["1", "", "viele"], "row_codes": ["39", "", "1"],
        "row_from": [""] * 3, "row_until": [""] * 3, "row_when": ["", "", "land_area_mu > unit(1, 't')"],
    }  # fmt: skip
    answer = anji.client_of("office").post(f"{HOME}rules/of/far/", wrong)
    told = [(p["where"]["zh"], p["what"].zh.split(" ")[0]) for p in answer.context["problems"]]
    assert [where for where, _ in told] == ["第 2 行"] * 3  # the empty row in the middle is none
    assert 'value="viele"' in answer.content.decode()


@pytest.mark.parametrize(
    ("text", "line", "code"),
    [
        (DISTANCE.replace("aspect: setback", "aspect: setbakc"), 7, "unknown-aspect"),
        (DISTANCE + "distanse: 3\n", 10, "unknown-key"),
        (DISTANCE + "  - [\n", 10, "not-yaml"),
        (DISTANCE.replace('"300"', "&a far"), 9, "yaml-alias"),
        (DISTANCE + "codes: [C, 0000]\n", 10, "unknown-code"),
        (DISTANCE + "codes: [!!bool maybe]\n", None, "not-yaml"),
        (DISTANCE + "codes: " + "[" * 60 + "]" * 60 + "\n", 10, "yaml-deep"),
        ("just a text\n", 1, "rule-shape"),
        (DISTANCE.replace("id: setback_homes", "id: ../up"), 1, "bad-id"),
        (DISTANCE + "# " + "x" * 20_000, None, "too-large"),
        (
            DISTANCE.replace("kind: place", "kind: threshold\nformula: " + "(" * 4000 + "1" + ")" * 4000),
            None,
            "formula",
        ),
    ],
)
def test_yaml_is_checked_with_its_line(anji: World, text: str, line: int | None, code: str) -> None:
    with pytest.raises(InputError) as caught:
        own_rules.save(anji.park, text, anji.people["office"], "试", seen=0)
    found = {p.code: p.place.line for p in caught.value.problems}
    assert code in found
    assert line is None or found[code] == line
    assert not RuleEdition.objects.exists()
    answer = anji.client_of("office").post(f"{HOME}rules/new/", {"yaml": text, "why": "试", "seen": "0"})
    assert answer.status_code == 422


def test_a_rule_of_its_own_is_added_changed_and_taken_away(anji: World) -> None:
    office = anji.client_of("office")
    fields = {"yaml": DISTANCE, "why": "第七条", "seen": "0"}
    assert office.post(f"{HOME}rules/new/", fields).status_code == 302
    rows = office.get(f"{HOME}rules/").context["rows"]
    assert (rows[-1][0].rule.tail, rows[-1][0].state) == ("setback_homes", "own")
    again = office.post(f"{HOME}rules/new/", fields | {"seen": "1"})
    assert again.context["problems"][0]["what"].en.startswith("there is a rule setback_homes")
    changed = {"yaml": DISTANCE.replace("300", "500"), "why": "加严", "seen": "1"}
    assert office.post(f"{HOME}rules/of/setback_homes/", changed).status_code == 302
    same = office.post(f"{HOME}rules/of/setback_homes/", changed | {"seen": "2"})
    assert same.status_code == 422
    policy = policies.policy_of(anji.park)
    assert policy is not None
    assert policy.rule("setback_homes").spec.distance == 500
    page = office.get(f"{HOME}rules/edition/2/").content.decode()
    assert "300" in page
    assert "500" in page
    assert office.post(f"{HOME}rules/of/setback_homes/drop/", {"why": "不需要", "seen": "2"}).status_code == 302
    assert [r[0].rule.tail for r in office.get(f"{HOME}rules/").context["rows"]][-1] == "control_unit"
    assert RuleEdition.objects.count() == 3


def test_a_list_is_filled_in_by_its_form(anji: World) -> None:
    fields = {
        "zh": "产业清单", "en": "Industries", "clause": "附件一", "basis": "recalled", "effect": "refuse", "row_at": ["", ""],
        "row_class": ["refused", "encouraged"], "row_codes": ["", "3973，26"], "row_words": ["电镀、含汞", ""],
        "row_zh": ["电镀", "集成电路"], "row_en": ["plating", "chips"], "row_clause": ["", ""], "only": "1", "why": "附件",
        "seen": "0",
    }  # fmt: skip
    assert anji.client_of("office").post(f"{HOME}rules/of/industry_list/", fields).status_code == 302
    policy = policies.policy_of(anji.park)
    assert policy is not None
    spec = policy.rule("industry_list").spec
    assert [(e.kind, e.codes, e.words) for e in spec.entries] == [
        ("refused", (), ("电镀", "含汞")), ("encouraged", ("3973", "26"), ()),
    ]  # fmt: skip
    assert spec.only
    assert status_of(decided(anji), "industry_list") == "met"


def test_what_the_form_does_not_show_stays(ground: World) -> None:
    policies.choose_policy(ground.park, "anji", ground.people["office"])
    office = ground.client_of("office")
    form = office.get(f"{HOME}rules/of/energy_intensity/").context["form"]
    fields = {k: v for k, v in form.fields.items()} | {"why": "改按产值", "seen": "0", "ratio": "energy_per_output"}
    for name in ("at", "op", "value", "codes", "from", "until", "when"):
        fields[f"row_{name}"] = [row[name] for row in form.rows]
    assert office.post(f"{HOME}rules/of/energy_intensity/", fields).status_code == 302
    policy = policies.policy_of(ground.park)
    assert policy is not None
    rule = policy.rule("energy_intensity")
    assert rule.spec.ratio.id == "energy_per_output"
    assert [o.id for o in rule.spec.others] == ["energy_per_output"]
    assert rule.spec.limits[0].text() == "<= 0.35"
    assert "报道未说明" in rule.note.zh


def test_rules_that_a_new_program_cannot_read_are_told_and_can_be_taken_back(anji: World) -> None:
    RuleEdition.objects.create(
        park=anji.park, policy="anji", number=1, rules={"far": "id: far\nkind: gone\n"}, rule="far", why="x",
        by=anji.people["office"],
    )  # fmt: skip
    office = anji.client_of("office")
    page = office.get(f"{HOME}rules/")
    assert page.context["broken"].startswith("policy/anji.yaml:4: 规则 far")
    elsewhere = office.get(HOME)
    assert elsewhere.status_code == 422
    assert "policy/anji.yaml:4" in elsewhere.content.decode()
    assert office.post(f"{HOME}rules/of/far/drop/", {"why": "不能用", "seen": "1"}).status_code == 302
    assert not office.get(f"{HOME}rules/").context["broken"]


# -- whole policies ----------------------------------------------------------------------------------------------------


def archive(files: dict[str, bytes | str], top: str = "my-zone/") -> io.BytesIO:
    """A zip as it would be sent."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in files.items():
            out.writestr(top + name, data)
    made.name = "my-zone.zip"
    made.seek(0)
    return made


def directory(name: str = "my-zone") -> dict[str, bytes | str]:
    """The invented policy under another id."""
    folder = shipped_folder() / "invented-park"
    found: dict[str, bytes | str] = {
        p.relative_to(folder).as_posix(): p.read_text(encoding="utf-8") for p in folder.rglob("*") if p.is_file()
    }
    found["policy.yaml"] = str(found["policy.yaml"]).replace("id: invented-park", f"id: {name}")
    return found


def test_a_policy_of_its_own_decides_and_each_edition_stays(ground: World) -> None:
    office = ground.client_of("office")
    files = directory()
    answer = office.post(f"{HOME}policies/", {"files": archive(files), "why": "本区办法"})
    assert answer.status_code == 302, answer.context["problems"]
    assert office.post(f"{HOME}policy/", {"policy": "my-zone"}).status_code == 302
    ground.park.refresh_from_db()
    first = decided(ground)
    assert first.policy == "my-zone"
    stricter = files | {"rules.yaml": str(files["rules.yaml"]).replace("zh: 亩均税收", "zh: 亩均税收（新）")}
    assert office.post(f"{HOME}policies/", {"files": archive(stricter), "why": "修订"}).status_code == 302
    second = decided(ground)
    assert first.policy_hash != second.policy_hash
    assert [gate.register_of(ground.park).reproduce(d.entry)[1] for d in (first, second)] == [(), ()]
    old = PolicyEdition.objects.get(number=1)
    assert office.post(f"{HOME}policies/{old.pk}/back/", {"why": "修订作废"}).status_code == 302
    assert decided(ground).policy_hash == first.policy_hash
    with zipfile.ZipFile(io.BytesIO(office.get(f"{HOME}policies/{old.pk}/directory.zip").content)) as out:
        assert out.read("my-zone/rules.yaml").decode() == files["rules.yaml"]
    assert office.get(f"{HOME}policies/").status_code == 200
    # and its own rules may be filled in like those of a policy that ships
    own_rules.save(ground.park, DISTANCE, ground.people["office"], "补充", seen=0)
    assert gate.register_of(ground.park).reproduce(decided(ground).entry)[1] == ()
    assert ground.client_of("admin").post("/p/beta/projects/policy/", {"policy": "my-zone"}).status_code == 302
    ground.other.refresh_from_db()
    assert policies.policy_of(ground.other) is None


def bomb() -> io.BytesIO:
    return archive({"policy.yaml": "id: my-zone\n", "rules.yaml": b"# " + b"x" * 60_000_000})


BROKEN = {
    "outside": (lambda: archive(directory() | {"../../evil.yaml": "x"}, ""), "path-outside"),
    "absolute": (lambda: archive({"/etc/policy.yaml": "x"}, ""), "path-outside"),
    "bomb": (bomb, "too-large"),
    "many": (lambda: archive({f"cases/{i}.yaml": "" for i in range(300)}), "too-large"),
    "other file": (lambda: archive(directory() | {"run.py": "import os"}), "file-unknown"),
    "shipped id": (lambda: archive(directory("invented-park")), "id-taken"),
    "quotas": (lambda: archive(directory("quotas")), "id-taken"),
    "bad id": (lambda: archive(directory("../up")), "bad-id"),
    "no head": (lambda: archive({"rules.yaml": "[]"}), "file-missing"),
    "not utf-8": (lambda: archive(directory() | {"rules.yaml": "规则".encode("gbk")}), "not-utf8"),
    "binary": (lambda: archive(directory() | {"NOTES.md": b"a\x00b"}), "not-utf8"),
    "alias": (lambda: archive(directory() | {"rules.yaml": "a: &a [x]\nb: *a\n"}), "yaml-alias"),
    "no yaml": (lambda: archive(directory() | {"rules.yaml": "- id: [\n"}), "not-yaml"),
    "unknown kind": (lambda: archive(directory() | {"rules.yaml": "- {id: ab, kind: tresh, zh: a, en: b}"}), "unknown-rule-kind"),
    "case fails": (
        lambda: archive(directory() | {"cases/x.yaml": "cases: [{id: x, day: '2026-01-01', project: {name: x, facts: []}, expect: {verdict: admit}}]"}),
        "case-fails",
    ),
    "case shape": (lambda: archive(directory() | {"cases/x.yaml": "cases: 5"}), "case-shape"),
    "case empty": (lambda: archive(directory() | {"cases/x.yaml": ""}), "case-shape"),
    "case reads a file": (
        lambda: archive(directory() | {"cases/x.yaml": "{id: x, day: '2026-01-01', project: /etc/hostname, expect: {}}"}),
        "case-shape",
    ),
    "case words": (
        lambda: archive(directory() | {"cases/x.yaml": "{id: x, day: '2026-01-01', project: {name: x, facts: []}, expect: {findings: {tax: met}}}"}),
        "case-fails",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_directory_that_cannot_be_used_is_told_and_not_kept(ground: World, name: str) -> None:
    make, code = BROKEN[name]
    with pytest.raises(InputError) as caught:
        policies.OWN.take_in(ground.park, [sent(make())], ground.people["office"], "x")
    assert code in {p.code for p in caught.value.problems}
    answer = ground.client_of("office").post(f"{HOME}policies/", {"files": make(), "why": "x"})
    assert answer.status_code == 422
    assert "/tmp" not in answer.content.decode()
    assert not PolicyEdition.objects.exists()


def sent(file: Any) -> SimpleUploadedFile:
    """A file as Django hands it over."""
    return SimpleUploadedFile(file.name, file.getvalue())


def test_no_zip_and_loose_files(ground: World) -> None:
    user = ground.people["office"]
    wrong = io.BytesIO(b"PK\x03\x04 no")
    wrong.name = "a.zip"
    cut = archive(directory())
    half = io.BytesIO(cut.getvalue()[:900])
    half.name = "half.zip"
    for file in (wrong, half):
        with pytest.raises(InputError) as caught:
            policies.OWN.take_in(ground.park, [sent(file)], user, "x")
        assert {p.code for p in caught.value.problems} == {"not-a-zip"}
    loose = []
    for name, text in directory().items():
        file = io.BytesIO(text.encode() if isinstance(text, str) else text)
        file.name = Path(name).name
        loose.append(sent(file))
    assert policies.OWN.take_in(ground.park, loose, user, "x").name == "my-zone"
    with pytest.raises(EcoparkError, match="Say why"):
        policies.OWN.take_in(ground.park, loose, user, " ")


@pytest.mark.django_db(transaction=True)
def test_a_backup_keeps_rules_policies_and_decisions(anji: World, settings: Any, tmp_path: Path) -> None:
    from ecopark.web import backup
    from ecopark.web.parks.models import Park

    office = anji.people["office"]
    policies.OWN.take_in(anji.park, [sent(archive(directory()))], office, "本区办法")
    own_rules.save(anji.park, DISTANCE, office, "补充", seen=0)
    made = decided(anji)
    kept = backup.backup(tmp_path / "site.zip")
    emptied()
    settings.DATA = tmp_path / "new"
    settings.UPLOADS = settings.DATA / "uploads"
    backup.restore(kept)
    park = Park.objects.get(slug="alpha")
    policy = policies.policy_of(park)
    assert policy is not None
    assert policy.hash == made.policy_hash
    assert policy.folder.startswith(str(shipped_folder()))
    assert gate.register_of(park).reproduce(made.entry)[1] == ()
    assert RuleEdition.objects.get().by.username == "office"
    own = policies.choose_policy(park, "my-zone", None)
    assert own.folder.startswith(str(settings.UPLOADS))
    assert own.hash == PolicyEdition.objects.get().hash


# -- the API -----------------------------------------------------------------------------------------------------------


def test_the_api_fills_in_and_goes_back(anji: World) -> None:
    office = Api(anji, "office")
    before = good(office.get("/parks/alpha/rules"))
    far = next(r for r in before["rules"] if r["rule"] == "far")
    assert (before["policy"], before["edition"], far["state"]) == ("anji", 0, "to_fill")
    text = 'id: far\nkind: threshold\nzh: 容积率\nen: FAR\nclause: c\nratio: far\nlimits: [{op: ">=", value: "2"}]\n'
    body = {"yaml": text, "why": "文件", "seen": 0}
    whole = good(office.send("/parks/alpha/rules/of/far", body, "put"))
    assert (whole["own"], whole["edition"], whole["yaml"]) == (True, 1, text)
    assert refusal(office.send("/parks/alpha/rules/of/far", body, "put"), 409)["code"] == "conflict"
    wrong = body | {"yaml": text.replace("ratio: far", "ratio: fra"), "seen": 1}
    problems = refusal(office.send("/parks/alpha/rules/of/far", wrong, "put"), 422)["problems"]
    assert problems[0]["place"] == "far:6"
    assert good(office.send("/parks/alpha/rules", {"yaml": DISTANCE, "why": "x", "seen": 1}))["rule"] == "setback_homes"
    states = {r["rule"]: (r["state"], r["limits"]) for r in good(office.get("/parks/alpha/rules"))["rules"]}
    assert states["far"] == ("filled", ["≥ 2"])
    assert states["setback_homes"][0] == "own"
    assert good(office.send("/parks/alpha/rules/of/far/drop", {"why": "x", "seen": 2}))["number"] == 3
    assert good(office.send("/parks/alpha/rules/back", {"number": 2, "why": "x", "seen": 3}))["back_to"] == 2
    assert [e["number"] for e in good(office.get("/parks/alpha/rules/editions"))["items"]] == [4, 3, 2, 1]
    assert office.get("/parks/alpha/rules/of/nothing").status_code == 404
    assert office.send("/parks/alpha/rules/of/nothing", body, "put").status_code == 404


@pytest.mark.parametrize("kind", ["policies", "methods"])
def test_the_api_takes_directories_in(ground: World, kind: str) -> None:
    from .test_own_methods import directory as method_directory

    office, home = Api(ground, "office"), f"/parks/alpha/{kind}/own"
    make = (lambda: archive(directory())) if kind == "policies" else method_directory
    made = good(office.upload(home, {"files": make(), "why": "x"}))
    assert (made["number"], made["last"]) == (1, True)
    assert office.get(f"{home}/{made['id']}/file").content[:2] == b"PK"
    assert good(office.send(f"{home}/{made['id']}/back", {"why": "x"}))["back_to"] == 1
    assert [d["last"] for d in good(office.get(home))] == [True, False]
    assert made["name"] in {p["id"] for p in good(office.get(f"/parks/alpha/{kind}"))}
    chosen = {"policies": ("policy", {"policy": "my-zone"}), "methods": ("method", {"method": "my-county"})}[kind]
    good(office.send(f"/parks/alpha/{chosen[0]}", chosen[1], "put"))
    assert refusal(office.upload(home, {"files": bomb(), "why": "x"}), 422)["problems"]
    for role in ("reviewer", "consultant", "firm", "keeper", "stranger", "anonymous"):
        other = Api(ground, role)
        assert other.upload(home, {"files": make(), "why": "x"}).status_code == refused_as(role)
        assert other.get(home).status_code == (200 if role == "reviewer" else refused_as(role))


def test_the_api_knows_policies_and_methods_only(ground: World) -> None:
    office = Api(ground, "office")
    assert refusal(office.get("/parks/alpha/figures/own"), 422)["code"] == "not-valid"
    made = good(office.upload("/parks/alpha/policies/own", {"files": archive(directory()), "why": "x"}))
    assert office.get(f"/parks/alpha/methods/own/{made['id']}/file").status_code == 404, "a policy is no method"


@pytest.mark.parametrize("role", ["reviewer", "consultant", "firm", "keeper", "stranger", "anonymous"])
def test_the_api_lets_nobody_else_write(anji: World, role: str) -> None:
    other = Api(anji, role)
    for path, body, way in (
        ("/rules", {"yaml": DISTANCE, "why": "x", "seen": 0}, "post"),
        ("/rules/of/far", {"yaml": "id: far", "why": "x", "seen": 0}, "put"),
        ("/rules/of/far/drop", {"why": "x", "seen": 0}, "post"),
        ("/rules/back", {"number": 0, "why": "x", "seen": 0}, "post"),
    ):
        refusal(other.send(f"/parks/alpha{path}", body, way), refused_as(role))
    assert other.get("/parks/alpha/rules").status_code == (200 if role == "reviewer" else refused_as(role))
