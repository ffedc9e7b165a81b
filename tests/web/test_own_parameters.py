"""Parameters of a policy: filled in by the park over the policy, with basis and source, kept in the editions of its rules."""

from __future__ import annotations

from typing import Any

import pytest

from ecopark.errors import EcoparkError, InputError
from ecopark.web.projects import gate, own_parameters, own_rules, policies
from ecopark.web.projects.models import RuleEdition

from .api_calls import Api, good, refusal, refused_as
from .conftest import ROLES, World
from .test_own_rules import DISTANCE, archive, decided, sent, status_of
from .test_projects import ground

__all__ = ["ground"]
HOME = "/p/alpha/projects/"
HEAD = """\
id: my-zone
title: {zh: 本区办法, en: Rules of the zone}
sources: [invented]
parameters:
  - {id: floor, default: "10", zh: 亩均税收底线倍数, en: factor of the tax floor}
  - {id: strict, default: false, zh: 从严, en: strict}
  - {id: grade, default: "", zh: 档次, en: grade}
"""
RULES = """\
- id: tax
  kind: threshold
  zh: 亩均税收
  en: Tax per mu
  clause: 第五条
  formula: tax_paid_10k_cny / (land_area_mu * floor)
  unit: 10k CNY/mu
  limits: [{op: ">=", value: "1"}]
"""
CASE = """\
cases:
  - id: refused
    day: "2026-01-01"
    project:
      name: 虚构项目
      facts:
        - {quantity: tax_paid_10k_cny, value: "1", unit: 10k CNY}
        - {quantity: land_area_mu, value: "45", unit: mu}
    expect: {verdict: refuse}
"""
FILES: dict[str, bytes | str] = {"policy.yaml": HEAD, "rules.yaml": RULES, "cases/refused.yaml": CASE}
FLOOR = {
    "value": "1000", "clause": "第五条", "source": "管委会〔2026〕8号", "basis": "seen", "why": "新文件", "seen": "0",
}  # fmt: skip
PAGE = f"{HOME}rules/parameters/floor/"


@pytest.fixture
def zone(ground: World) -> World:
    """The small park with a policy that has parameters."""
    policies.OWN.take_in(ground.park, [sent(archive(FILES))], ground.people["office"], "本区办法")
    policies.choose_policy(ground.park, "my-zone", ground.people["office"])
    return ground


def test_a_parameter_decides_from_then_on_and_old_decisions_stay(zone: World) -> None:
    office = zone.client_of("office")
    before = decided(zone)
    assert status_of(before, "tax") == "met"
    assert office.post(PAGE, FLOOR).status_code == 302
    after = decided(zone)
    assert (status_of(after, "tax"), after.verdict) == ("not_met", "refuse")
    assert before.policy_hash != after.policy_hash
    register = gate.register_of(zone.park)
    assert [register.reproduce(d.entry)[1] for d in (before, after)] == [(), ()]
    kept = RuleEdition.objects.get()
    assert (kept.parameter, kept.rule, kept.before, kept.number) == ("floor", "", "", 1)
    assert "管委会〔2026〕8号" in kept.after
    own = (gate.folder_of(zone.park) / "policy" / "my-zone.yaml").read_text(encoding="utf-8")
    assert own == "parameters:\n  # 第五条, 管委会〔2026〕8号, seen\n  floor: '1000'\n"


def test_rules_and_parameters_share_their_editions(zone: World) -> None:
    office, park, user = zone.client_of("office"), zone.park, zone.people["office"]
    own_rules.save(park, DISTANCE, user, "补充", seen=0)
    assert office.post(PAGE, FLOOR).status_code == 422  # somebody else has saved since
    assert office.post(PAGE, FLOOR | {"seen": "1"}).status_code == 302
    last = policies.last_rules(park, "my-zone")
    assert last is not None
    assert (set(last.rules), set(last.parameters)) == ({"setback_homes"}, {"floor"})
    page = office.get(f"{HOME}rules/")
    states = {row.shipped.id: (row.state, row.value) for row in page.context["parameters"]}
    assert states == {"floor": ("changed", "1000"), "strict": ("ships", "false"), "grade": ("to_fill", "")}
    assert (page.context["own"], page.context["to_fill"]) == (2, 1)
    assert [r[0].edition.number for r in page.context["rows"] if r[0].state == "own"] == [1]
    own_rules.drop(park, "setback_homes", user, "不需要", seen=2)
    assert office.post(f"{PAGE}drop/", {"why": "撤回", "seen": "3"}).status_code == 302
    assert policies.own_text(policies.last_rules(park, "my-zone")) == ""
    assert own_rules.go_back(park, 2, user, "恢复", seen=4).parameters == last.parameters
    for number in range(1, 6):
        assert office.get(f"{HOME}rules/edition/{number}/").status_code == 200
    shown = office.get(f"{HOME}rules/edition/2/").content.decode()
    assert "value: &#x27;1000&#x27;" in shown
    assert [e.number for e in office.get(PAGE).context["editions"]] == [4, 2]
    with pytest.raises(EcoparkError, match="Nothing was changed"):
        own_parameters.save(park, "floor", FLOOR, user, "x", seen=5)


def test_a_flag_and_a_text_are_filled_in(zone: World) -> None:
    office = zone.client_of("office")
    assert "<select" in office.get(f"{HOME}rules/parameters/strict/").content.decode()
    assert office.post(f"{HOME}rules/parameters/strict/", FLOOR | {"value": "true"}).status_code == 302
    text = FLOOR | {"value": "甲 # 类", "seen": "1", "source": "a:\u2028- b", "basis": "recalled"}
    assert office.post(f"{HOME}rules/parameters/grade/", text).status_code == 302
    policy = policies.policy_of(zone.park)
    assert policy is not None
    assert [p.default for p in policy.parameters] == [10, True, "甲 # 类"]
    rows = office.get(f"{HOME}rules/").context["parameters"]
    assert [row.state for row in rows] == ["ships", "changed", "filled"]


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"value": "ten"}, "value", ("不是数字", "is no number")),
        ({"value": " "}, "value", ("未填写数值", "no value is given")),
        ({"value": "true"}, "value", ("不是数字", "is no number")),
        ({"value": "1e9999999"}, "value", ("不是数字", "is no number")),
        ({"value": "9" * 201}, "value", ("超过 200 字符", "longer than 200")),
        ({"clause": ""}, "clause", ("没有写明出处", "where it is written")),
        ({"source": ""}, "source", ("须写明来源文件", "needs its source")),
        ({"source": "a\x01b"}, "source", ("不能保存的字符", "cannot be kept")),
        ({"basis": "verified"}, "basis", ("无效", "is none of")),
        ({"why": " "}, "", ("请写明原因", "Say why")),
        ({"seen": "7"}, "", ("刚才别人改过", "Somebody else")),
    ],
)
def test_what_is_wrong_is_told_at_its_field(
    zone: World, change: dict[str, str], field: str, words: tuple[str, str]
) -> None:
    office = zone.client_of("office")
    for lang, said in zip(("zh-hans", "en"), words, strict=True):
        office.cookies["django_language"] = lang
        answer = office.post(PAGE, FLOOR | change)
        assert answer.status_code == 422
        page = answer.content.decode()
        assert said in page
        assert set(answer.context["errors"]) == ({field} if field else set())
        assert not field or f'id="p-{field}-error"' in page
        assert "管委会〔2026〕8号" in page or field == "source"  # what was typed stays
    assert not RuleEdition.objects.exists()


def test_everything_wrong_is_told_together(zone: World) -> None:
    answer = zone.client_of("office").post(PAGE, FLOOR | {"value": "x", "clause": "", "source": ""})
    assert set(answer.context["errors"]) == {"value", "clause", "source"}


def test_a_value_that_no_formula_can_take_is_told(ground: World) -> None:
    rules = RULES.replace("land_area_mu * floor", "land_area_mu ** floor")
    files = FILES | {"policy.yaml": HEAD.replace('"10"', '"1"'), "rules.yaml": rules}
    policies.OWN.take_in(ground.park, [sent(archive(files))], ground.people["office"], "本区办法")
    policies.choose_policy(ground.park, "my-zone", ground.people["office"])
    answer = ground.client_of("office").post(PAGE, FLOOR | {"value": "2"})
    assert answer.status_code == 422
    assert set(answer.context["errors"]) == {"value"}
    assert not RuleEdition.objects.exists()
    with pytest.raises(InputError):
        own_parameters.save(ground.park, "floor", FLOOR, ground.people["office"], "x", seen=0)


def test_a_new_edition_of_the_policy_keeps_room_for_what_was_filled_in(zone: World) -> None:
    office = zone.client_of("office")
    assert office.post(PAGE, FLOOR).status_code == 302
    without = FILES | {
        "policy.yaml": HEAD.replace("id: floor", "id: bottom"), "rules.yaml": RULES.replace("floor", "bottom")
    }  # fmt: skip
    answer = office.post(f"{HOME}policies/", {"files": archive(without), "why": "修订"})
    assert answer.status_code == 422
    assert "unknown parameter" in answer.context["problems"][0]["what"].en


def test_a_policy_without_parameters_offers_none(ground: World) -> None:
    policies.choose_policy(ground.park, "anji", ground.people["office"])
    office = ground.client_of("office")
    assert office.get(f"{HOME}rules/").context["parameters"] == []
    assert office.get(PAGE).status_code == 404
    assert office.post(PAGE, FLOOR).status_code == 404


@pytest.mark.parametrize("role", ROLES)
def test_readers_see_parameters_and_only_the_office_writes_them(zone: World, role: str) -> None:
    client, api = zone.client_of(role), Api(zone, role)
    sees, writes = role in ("admin", "office", "reviewer"), role in ("admin", "office")
    hidden = 404 if role in ("stranger", "anonymous") else 403
    for lang in ("zh-hans", "en"):
        client.cookies["django_language"] = lang
        assert client.get(PAGE).status_code == (200 if sees else hidden)
    assert client.post(PAGE, FLOOR).status_code == (302 if writes else hidden)
    assert client.post(f"{PAGE}drop/", {"why": "x", "seen": "1"}).status_code == (302 if writes else hidden)
    assert RuleEdition.objects.count() == (2 if writes else 0)
    home = "/parks/alpha/rules/parameters"
    assert api.get(home).status_code == (200 if sees else refused_as(role))
    if not writes:
        refusal(api.send(f"{home}/floor", FLOOR | {"seen": 0}, "put"), refused_as(role))
        refusal(api.send(f"{home}/floor/drop", {"why": "x", "seen": 0}), refused_as(role))


def test_the_api_fills_in_and_drops(zone: World) -> None:
    office, home = Api(zone, "office"), "/parks/alpha/rules/parameters"
    body: dict[str, Any] = FLOOR | {"seen": 0}
    assert good(office.send(f"{home}/floor", body, "put"))["parameter"] == "floor"
    told = good(office.get(home))
    floor = told["parameters"][0]
    assert (told["edition"], floor["value"], floor["shipped"], floor["state"]) == (1, "1000", "10", "changed")
    assert (floor["label"]["en"], floor["source"], floor["kind"]) == (
        "factor of the tax floor",
        FLOOR["source"],
        "number",
    )
    assert refusal(office.send(f"{home}/floor", body, "put"), 409)["code"] == "conflict"
    wrong = body | {"value": "x", "clause": "", "seen": 1}
    problems = refusal(office.send(f"{home}/floor", wrong, "put"), 422)["problems"]
    assert [p["place"] for p in problems] == ["floor!value", "floor!clause"]
    assert good(office.send(f"{home}/floor/drop", {"why": "x", "seen": 1}))["after"] == ""
    assert [e["parameter"] for e in good(office.get("/parks/alpha/rules/editions"))["items"]] == ["floor", "floor"]
    assert office.send(f"{home}/nothing", body, "put").status_code == 404
    assert office.send(f"{home}/nothing/drop", {"why": "x", "seen": 2}).status_code == 404
