"""Standards as pages; a signature makes a clause verified in the next assessment, and taking it back unmakes it."""

from __future__ import annotations

from datetime import date

import pytest

from ecopark.packs.load import find_pack
from ecopark.packs.verify import verified_clauses
from ecopark.web.assess import keep
from ecopark.web.figures.as_known import facts_on
from ecopark.web.figures.facts import facts_of
from ecopark.web.rules import sign
from ecopark.web.rules.models import TitleStep, Verification
from ecopark.web.rules.notes import blocks

from .conftest import ROLES, World

INSIDE = ("admin", "office", "consultant", "reviewer", "firm", "keeper")
WIDE = ("admin", "office", "consultant", "reviewer")
PAGES = {
    "/p/alpha/rules/": INSIDE,
    "/p/alpha/rules/hj274-2015/": INSIDE,
    "/p/alpha/rules/eco-industrial-park-2026/": INSIDE,
    "/p/alpha/rules/hj274-2015/clause/32/": INSIDE,
    "/p/alpha/rules/reuse/": WIDE,
    "/p/alpha/rules/reuse/?show=missing&pack=hj274-2015&year=2022": WIDE,
    "/p/alpha/rules/editions/": WIDE,
    "/p/alpha/rules/editions/?first=hj274-2015&second=zero-carbon-park-2025": WIDE,
    "/p/alpha/rules/titles/": WIDE,
    "/p/alpha/assess/compare/": WIDE,
    "/p/alpha/assess/compare/?pack=hj274-2015&left=2023&right=2022&only=1": WIDE,
    "/p/alpha/assess/compare/?pack=hj274-2015&with=beta": ("admin",),
    "/p/alpha/assess/compare/?pack=hj274-2015&left=1999": (),
    "/p/alpha/rules/no-such-pack/": (),
    "/p/alpha/rules/hj274-2015/clause/99/": (),
    "/p/alpha/rules/editions/?first=hj274-2015&second=no-such": (),
    "/p/beta/rules/": ("admin",),
    "/p/beta/rules/reuse/": ("admin",),
}
DOCUMENT = {"document": "HJ 274-2015 正式出版本", "page": "表 1", "dated": "2024-03-01"}


@pytest.mark.parametrize("lang", ["zh-hans", "en"])
@pytest.mark.parametrize("role", ROLES)
def test_every_page_by_every_role(world: World, role: str, lang: str) -> None:
    client = world.client_of(role)
    client.cookies["django_language"] = lang
    for address, allowed in PAGES.items():
        answer = client.get(address)
        if role in allowed:
            assert answer.status_code == 200, (role, address)
        else:
            assert answer.status_code in (403, 404), (role, address, answer.status_code)
            if role in ("stranger", "anonymous") or "/p/beta/" in address:
                assert answer.status_code == 404, (role, address)


def _sign(world: World, role: str, **more: object) -> int:
    address = "/p/alpha/rules/hj274-2015/sign/"
    return int(world.client_of(role).post(address, {"clause": ["32"], **DOCUMENT, **more}).status_code)


def _clause(world: World) -> dict[str, object]:
    result = keep.assessed(world.park, "hj274-2015", "2023").result
    return next(c for c in result["clauses"] if c["tail"] == "32")


def test_a_signature_makes_the_clause_verified_and_taking_it_back_unmakes_it(world: World) -> None:
    assert _clause(world)["verified"] is False
    assert _sign(world, "consultant") == 302
    found = _clause(world)
    assert found["verified"] is True
    assert found["verified_by"] == "consultant, HJ 274-2015 正式出版本, 表 1, 2024-03-01"
    page = world.client_of("office").get("/p/alpha/assess/hj274-2015/2023/clause/32/").content.decode()
    assert "已核" in page
    made = Verification.objects.get()
    address = f"/p/alpha/rules/signature/{made.pk}/withdraw/"
    world.client_of("office").post(address, {"why": " "})
    assert _clause(world)["verified"] is True
    world.client_of("office").post(address, {"why": "页码有误"})
    assert _clause(world)["verified"] is False
    made.refresh_from_db()
    assert (made.withdrawn_by, made.withdrawn_why) == (world.people["office"], "页码有误")
    assert made.history.count() == 2
    assert "页码有误" in world.client_of("office").get("/p/alpha/rules/hj274-2015/clause/32/").content.decode()


def test_a_signature_of_another_edition_does_not_count(world: World) -> None:
    _sign(world, "office")
    Verification.objects.update(pack_hash="older")
    pack = find_pack("hj274-2015")
    assert "32" not in verified_clauses(pack, facts_of(world.park).settings["verified"])
    assert "已失效" in world.client_of("office").get("/p/alpha/rules/hj274-2015/clause/32/").content.decode()


def test_a_signature_touches_only_its_own_pack_and_park(world: World) -> None:
    before = keep.Current(world.park).key("zero-carbon-park-2025", "2023")
    other = keep.Current(world.other).key("hj274-2015", "2023")
    _sign(world, "office")
    assert keep.Current(world.park).key("zero-carbon-park-2025", "2023") == before
    assert keep.Current(world.other).key("hj274-2015", "2023") == other


def test_what_was_verified_on_an_earlier_day(world: World) -> None:
    _sign(world, "office")
    made = Verification.objects.get()
    sign.withdraw(made, world.people["office"], "误签")
    assert facts_on(world.park, made.at).settings["verified"]
    made.refresh_from_db()
    assert not facts_on(world.park, made.withdrawn).settings["verified"]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 302),
        ({"document": " "}, 422),
        ({"dated": ""}, 422),
        ({"dated": "2999-01-01"}, 422),
        ({"clause": []}, 422),
        ({"clause": ["no-such"]}, 422),
    ],
)
def test_what_a_signature_needs(world: World, fields: dict[str, object], status: int) -> None:
    assert _sign(world, "office", **fields) == status
    assert Verification.objects.exists() == (status == 302)


@pytest.mark.parametrize(
    ("alone", "still_chosen"),
    [
        ("10", '<input type="hidden" name="clause" value="10">'),
        ("", 'name="clause" value="10" checked'),
        ("no-such", "checked"),
    ],
)
def test_a_refused_signature_comes_back_where_and_as_it_was_typed(world: World, alone: str, still_chosen: str) -> None:
    given = {**DOCUMENT, "clause": ["10"], "alone": alone, "dated": "2999-01-01"}
    answer = world.client_of("office").post("/p/alpha/rules/hj274-2015/sign/", given)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert still_chosen in text
    assert DOCUMENT["document"] in text


@pytest.mark.parametrize(
    ("role", "status"), [("reviewer", 403), ("firm", 403), ("keeper", 403), ("stranger", 404), ("anonymous", 404)]
)
def test_who_may_not_sign(world: World, role: str, status: int) -> None:
    assert _sign(world, role) == status
    _sign(world, "office")
    made = Verification.objects.get()
    answer = world.client_of(role).post(f"/p/alpha/rules/signature/{made.pk}/withdraw/", {"why": "x"})
    assert answer.status_code == status


def test_a_frame_cannot_be_signed(world: World) -> None:
    answer = world.client_of("office").post(
        "/p/alpha/rules/eco-industrial-park-2026/sign/", {"clause": ["1"], **DOCUMENT}
    )
    assert answer.status_code == 403


def test_all_clauses_signed_make_the_assessment_verified(world: World) -> None:
    assert _sign(world, "office", all="1") == 302
    kept = keep.assessed(world.park, "hj274-2015", "2023")
    assert kept.verified is True


def test_comparing_two_years_says_what_differs(world: World) -> None:
    answer = world.client_of("office").get("/p/alpha/assess/compare/?pack=hj274-2015&left=2023&right=2022")
    rows = {r["left"]["tail"]: r for r in answer.context["rows"]}
    assert rows["32"]["differs"] is False
    assert answer.context["differing"] == sum(r["differs"] for r in rows.values()) > 0


def test_a_park_that_one_may_not_know_cannot_be_compared(world: World) -> None:
    answer = world.client_of("consultant").get("/p/alpha/assess/compare/?with=beta")
    assert answer.status_code == 404
    assert "beta" not in world.client_of("consultant").get("/p/alpha/assess/compare/").content.decode()


def test_the_life_of_a_title_reminds(world: World) -> None:
    client = world.client_of("office")
    fields = {"title": "eco_industrial_park", "step": "name", "dated": "2015-05-01"}
    client.post("/p/alpha/rules/titles/add/", fields)
    page = client.get("/p/alpha/rules/titles/")
    assert next(d["light"] for d in page.context["due"]) in ("red", "grey")
    assert facts_of(world.park).settings["titles"] == [
        {"id": "eco_industrial_park", "step": "name", "date": "2015-05-01"}
    ]
    step = TitleStep.objects.get()
    assert world.client_of("reviewer").post(f"/p/alpha/rules/titles/{step.pk}/withdraw/").status_code == 403
    client.post(f"/p/alpha/rules/titles/{step.pk}/withdraw/", {"why": "记错"})
    assert client.get("/p/alpha/rules/titles/").context["due"] == []
    client.post("/p/alpha/rules/titles/add/", fields | {"dated": "2015-13-01"})
    client.post("/p/alpha/rules/titles/add/", fields | {"until": "2014-01-01"})
    assert not TitleStep.objects.filter(withdrawn__isnull=True).exists()


def test_notes_are_shown_as_words_not_as_html() -> None:
    made = blocks("# How\n\n- **8**: `a / b`\n  goes on\n\nPlain <b>text</b>\nnext line")
    assert [b.kind for b in made] == ["heading", "list", "text"]
    assert made[1].lines == [[("strong", "8"), ("", ": "), ("code", "a / b"), ("", " goes on")]]
    assert made[2].lines == [[("", "Plain <b>text</b> next line")]]


def test_signing_alone_needs_a_day(world: World) -> None:
    with pytest.raises(sign.SignError):
        sign.sign(
            world.park, find_pack("hj274-2015"), ["32"], world.people["office"], document="x", dated=date(2024, 5, 2),
            today=date(2024, 5, 1),
        )  # fmt: skip
