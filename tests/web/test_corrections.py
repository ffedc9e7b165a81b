"""An accepted figure counts until its correction is accepted: every step of that way, on page and API, and in two tabs."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from ecopark.core.period import Period
from ecopark.web.figures import facts as figure_facts
from ecopark.web.figures import submit
from ecopark.web.figures.as_known import facts_on
from ecopark.web.figures.change import Change, ConflictError, write
from ecopark.web.figures.corrections import HandedInError
from ecopark.web.figures.facts import facts_of
from ecopark.web.figures.models import Correction, Figure, Submission
from ecopark.web.parks.models import Park

from .api_calls import Api, good, refusal
from .conftest import World

WATER = "industrial_fresh_water_m3"
REUSED = "industrial_water_reused_m3"
FORM = "/p/alpha/data/theme/water/?year=2023"
STEP = "/p/alpha/data/submissions/step/"
P = "/parks/alpha"


def figure(quantity: str = WATER) -> Figure:
    rows = Figure.objects.select_related("correction")
    return rows.get(subject__key="alpha-1", quantity=quantity, period="2023")


def counts(world: World, quantity: str = WATER) -> object:
    """What the engines have."""
    found = facts_of(Park.objects.get(pk=world.park.pk)).get("alpha-1", quantity, Period(2023))
    return None if found is None else found.value


def type_in(world: World, given: str, role: str = "firm", quantity: str = WATER, **more: Any) -> Any:
    """Save one figure on the page, as it is loaded now unless `more` says otherwise."""
    client = world.client_of(role)
    address = FORM + ("" if role == "firm" else "&of=alpha-1")
    row = next(r for r in client.get(address).context["rows"] if r.quantity.id == quantity)
    fields = {f"given|{row.name}": given, f"unit|{row.name}": "m3", f"version|{row.name}": str(row.version)}
    return client.post(address, fields | {"reason": "更正"} | more, follow=True)


def step(world: World, role: str, name: str, reason: str = "", **more: str) -> str:
    """Take a step on the page; the page that follows."""
    fields = {"firm": "alpha-1", "period": "2023", "step": name, "reason": reason} | more
    return str(world.client_of(role).post(STEP, fields, follow=True).content.decode())


def state() -> str:
    return Submission.objects.get(subject__key="alpha-1", period="2023").state


def test_an_accepted_figure_counts_until_its_correction_is_accepted(world: World) -> None:
    type_in(world, "777", reason="水表读错")
    assert (figure().given, figure().state, figure().correction.given) == ("110", "accepted", "777")
    assert counts(world) == 110
    step(world, "firm", "submit")
    assert (state(), figure().correction.state, counts(world)) == ("submitted", "submitted", 110)
    before = timezone.now()
    step(world, "office", "accept")
    assert (state(), figure().correction.state, counts(world)) == ("accepted", "accepted", 777)
    assert figure().proposed is None
    assert figure().entered_by == world.people["firm"]
    past = facts_on(world.park, before).get("alpha-1", WATER, Period(2023))
    assert past is not None and past.value == 110


def test_a_figure_is_corrected_again_after_it_was_accepted(world: World) -> None:
    for given in ("777", "888"):
        type_in(world, given, reason="更正")
        step(world, "firm", "submit")
        step(world, "office", "accept")
        assert counts(world) == int(given)
    assert Correction.objects.count() == 1
    events = world.client_of("office").get(f"/p/alpha/data/figure/{figure().pk}/history/").content.decode()
    for said in ("110 m3", "777 m3", "888 m3", "更正（已提交）", "采用更正 / correction accepted: 更正"):
        assert said in events


def test_a_correction_says_why_or_is_not_handed_in(world: World) -> None:
    answer = type_in(world, "777", reason=" ")
    assert answer.status_code == 422 and "改动已采用的数须写明变更原因" in answer.content.decode()
    change = Change("alpha-1", WATER, "2023", "777", "m3")  # as an import brings it
    write(world.park, [change], world.people["firm"], "", state="draft")
    assert "更正已采用的数须写明理由" in step(world, "firm", "submit")
    assert figure().correction.state == "draft"
    step(world, "firm", "submit", "换了水表")
    assert (figure().correction.state, figure().correction.why) == ("submitted", "换了水表")


def test_an_open_correction_is_typed_again_without_saying_why_again(world: World) -> None:
    type_in(world, "777", reason="水表读错")
    assert type_in(world, "778", reason="").status_code == 200
    assert (figure().correction.given, figure().correction.why) == ("778", "水表读错")


def test_what_is_handed_in_is_locked_until_it_is_withdrawn(world: World) -> None:
    type_in(world, "777", reason="更正")
    type_in(world, "55", quantity=REUSED)
    step(world, "firm", "submit")
    page = world.client_of("firm").get(FORM)
    assert "园区办审核前不能修改" in page.content.decode()
    assert all(r.locked for r in page.context["rows"])
    for quantity in (WATER, REUSED):
        answer = type_in(world, "999", quantity=quantity)
        assert answer.status_code == 422
        assert "请先撤回" in answer.content.decode()
    with pytest.raises(HandedInError, match="2023"):
        write(world.park, [Change("alpha-1", WATER, "2023-01", "9", "m3")], world.people["firm"], "", state="draft")
    step(world, "firm", "withdraw")
    assert (state(), figure().correction.state, figure(REUSED).state) == ("draft", "draft", "draft")
    type_in(world, "999")
    assert (figure().correction.given, counts(world)) == ("999", 110)


def test_what_the_office_accepts_is_all_that_was_handed_in(world: World) -> None:
    type_in(world, "777", reason="更正")
    type_in(world, "55", quantity=REUSED)
    step(world, "firm", "submit")
    step(world, "office", "accept")
    assert not Figure.objects.filter(subject__key="alpha-1", state__in=("draft", "submitted", "returned")).exists()
    assert (counts(world), counts(world, REUSED)) == (777, 55)


def test_a_returned_correction_keeps_the_accepted_value_and_can_be_taken_back(world: World) -> None:
    type_in(world, "777", reason="更正")
    step(world, "firm", "submit")
    step(world, "office", "return", "没有发票")
    assert (state(), figure().correction.state, counts(world)) == ("returned", "returned", 110)
    assert "没有发票" in world.client_of("firm").get(FORM).content.decode()
    type_in(world, "110")
    assert figure().correction.state == "withdrawn"
    assert figure().proposed is None
    assert "如认为数据无误" in step(world, "firm", "submit")
    step(world, "firm", "submit", "原数无误")
    assert state() == "submitted"


def test_the_office_asks_for_a_correction_of_what_it_accepted(world: World) -> None:
    type_in(world, "777", reason="更正")
    step(world, "firm", "submit")
    step(world, "office", "accept")
    assert 'value="return"' in world.client_of("office").get("/p/alpha/data/submissions/?year=2023").content.decode()
    step(world, "office", "return", "请核对")
    assert (state(), counts(world)) == ("returned", 777)
    type_in(world, "778")
    step(world, "firm", "submit", "已核对")
    step(world, "office", "accept")
    assert counts(world) == 778


def test_nothing_to_hand_in_is_not_offered(world: World) -> None:
    type_in(world, "777", reason="更正")
    step(world, "firm", "submit")
    step(world, "office", "accept")
    page = world.client_of("firm").get("/p/alpha/data/submissions/?year=2023").content.decode()
    assert 'value="submit"' not in page
    assert "没有可提交的数" in step(world, "firm", "submit", "x")
    type_in(world, "778")
    assert 'value="submit"' in world.client_of("firm").get("/p/alpha/data/submissions/?year=2023").content.decode()


def test_a_day_that_has_passed(world: World) -> None:
    """What was accepted can be corrected at any time; what was not handed in in time needs more time."""
    type_in(world, "777", reason="更正")
    found = submit.of(world.park, world.park.subjects.get(key="alpha-1"), "2023")
    firm, office = world.people["firm"], world.people["office"]
    submit.ask(world.park, [found.subject], "2023", date(2024, 3, 1), office)
    on, late = date(2024, 3, 1), date(2024, 3, 2)
    submit.take(found, "submit", firm, today=on)
    with pytest.raises(submit.StepError, match="once withdrawn"):
        submit.take(found, "withdraw", firm, today=late)
    submit.take(found, "accept", office, today=late)
    type_in(world, "778", reason="再更正")
    submit.take(found, "submit", firm, today=late)
    submit.take(found, "withdraw", firm, today=late)
    assert found.state == "accepted"
    submit.take(found, "submit", firm, today=late)
    submit.take(found, "return", office, "发票", today=late)
    with pytest.raises(submit.StepError, match="more time"):
        submit.take(found, "submit", firm, today=late)


def test_figures_of_no_period_go_with_the_year(world: World) -> None:
    change = Change("alpha-1", "carbon_intensity_target", "", "0.5", "kgCO2/kWh")
    write(world.park, [change], world.people["firm"], "", state="draft")
    step(world, "firm", "submit")
    own = Figure.objects.get(subject__key="alpha-1", quantity="carbon_intensity_target", period="")
    assert own.state == "submitted"
    with pytest.raises(HandedInError):
        write(
            world.park,
            [Change("alpha-1", "carbon_intensity_target", "", "0.6", "kgCO2/kWh")],
            world.people["firm"],
            "",
            state="draft",
        )
    step(world, "office", "accept")
    own.refresh_from_db()
    assert own.state == "accepted"


# -- two tabs ----------------------------------------------------------------------------------------------------------


def test_two_tabs_of_a_firm(world: World) -> None:
    seen = {f"version|{WATER}|": str(figure().stamp)}
    type_in(world, "777")
    answer = type_in(world, "888", **seen)
    assert answer.status_code == 422
    assert "777 m3" in answer.content.decode()
    assert figure().correction.given == "777"
    with pytest.raises(ConflictError):
        write(
            world.park, [Change("alpha-1", WATER, "2023", "888", "m3", seen=1)], world.people["firm"], "", state="draft"
        )


def test_handed_in_in_one_tab_and_saved_in_the_other(world: World) -> None:
    type_in(world, "777", reason="更正")
    seen = {f"version|{WATER}|": str(figure().stamp)}
    step(world, "firm", "submit")
    answer = type_in(world, "888", **seen)
    assert answer.status_code == 422
    assert "请先撤回" in answer.content.decode()
    assert figure().correction.given == "777"


def test_the_office_accepts_only_what_it_has_seen(world: World) -> None:
    type_in(world, "777", reason="更正")
    step(world, "firm", "submit")
    address = "/p/alpha/data/submissions/changes/?of=alpha-1&year=2023"
    shown = world.client_of("office").get(address)
    assert all(said in shown.content.decode() for said in ("110 m3", "777 m3", "更正"))
    assert "/p/alpha/data/evidence/?of=alpha-1&amp;year=2023" in shown.content.decode()
    stamp = shown.context["row"]["stamp"]
    step(world, "firm", "withdraw")
    type_in(world, "9999999")
    step(world, "firm", "submit")
    assert "状态已变" in step(world, "office", "accept", seen=stamp)
    assert (state(), counts(world)) == ("submitted", 110)
    step(world, "office", "accept", seen=world.client_of("office").get(address).context["row"]["stamp"])
    assert counts(world) == 9999999


def test_the_office_changes_a_figure_that_has_a_correction(world: World) -> None:
    type_in(world, "777", reason="更正")
    page = world.client_of("office").get(FORM + "&of=alpha-1").content.decode()
    assert "企业更正" in page and 'value="110"' in page
    type_in(world, "120", role="office")
    assert (figure().given, figure().correction.given, counts(world)) == ("120", "777", 120)
    [row] = good(Api(world, "office").get(f"{P}/submissions/changes?firm=alpha-1&period=2023"))["items"]
    assert (row["before"], row["after"], row["is_correction"], row["why"]) == ("120", "777", True, "更正")


# -- by token ----------------------------------------------------------------------------------------------------------


def test_the_whole_way_by_token(world: World) -> None:
    firm, office = Api(world, "firm"), Api(world, "office")
    wanted = {"subject": "alpha-1", "quantity": WATER, "period": "2023", "value": "777", "unit": "m3", "seen": 1}
    body = {"reason": "水表读错", "figures": [wanted]}
    [now] = good(firm.send(f"{P}/figures", body, "put"))["figures"]
    assert (now["value"], now["correction"]["value"], now["correction"]["why"]) == ("110", "777", "水表读错")
    again = firm.send(f"{P}/figures", body, "put")
    assert again.status_code == 200 and again.json()["changed"] == 0
    late = body | {"figures": [wanted | {"value": "888"}]}
    told = firm.send(f"{P}/figures", late, "put")
    assert told.status_code == 409 and told.json()["theirs"]["correction"]["value"] == "777"
    take = {"firm": "alpha-1", "period": "2023"}
    handed = good(firm.send(f"{P}/submissions/step", take | {"step": "submit"}))
    locked = body | {"figures": [wanted | {"value": "888", "seen": now["version"] + 1}]}
    assert "撤回" in refusal(firm.send(f"{P}/figures", locked, "put"), 422)["zh"]
    assert firm.send(f"{P}/submissions/step", take | {"step": "accept"}).status_code == 403
    assert office.send(f"{P}/submissions/step", take | {"step": "accept", "seen": "2001"}).status_code == 422
    good(firm.send(f"{P}/submissions/step", take | {"step": "withdraw"}))
    handed = good(firm.send(f"{P}/submissions/step", take | {"step": "submit"}))
    good(office.send(f"{P}/submissions/step", take | {"step": "accept", "seen": handed["stamp"]}))
    past = good(firm.get(f"{P}/figures/{figure().pk}/history"))["items"]
    assert [(p["value"], p["state"], p["is_correction"]) for p in past] == [
        ("777", "accepted", False), ("777", "submitted", True), ("777", "draft", True), ("777", "submitted", True),
        ("777", "draft", True), ("110", "accepted", False),
    ]  # fmt: skip
    assert counts(world) == 777


@pytest.mark.parametrize(("role", "status"), [("office", 200), ("consultant", 200), ("reviewer", 200), ("firm", 200)])
def test_who_may_see_what_would_change(world: World, role: str, status: int) -> None:
    assert Api(world, role).get(f"{P}/submissions/changes?firm=alpha-1&period=2023").status_code == status


def test_who_may_not_see_what_would_change(world: World) -> None:
    type_in(world, "777", reason="更正")
    world.park.published = True
    world.park.save(update_fields=["published"])
    address = "/p/alpha/data/submissions/changes/?of=alpha-1&year=2023"
    assert world.client_of("firm").get(address.replace("alpha-1", "alpha-2")).status_code == 404
    for role in ("keeper", "stranger", "anonymous"):
        assert world.client_of(role).get(address).status_code in (302, 403, 404), role
        assert Api(world, role).get(f"{P}/submissions/changes?firm=alpha-1&period=2023").status_code in (401, 403, 404)


# -- facts -------------------------------------------------------------------------------------------------------------


def test_facts_brought_up_to_date_over_the_whole_way_are_those_read_anew(world: World) -> None:
    rng = random.Random(7)
    found = submit.of(world.park, world.park.subjects.get(key="alpha-1"), "2023")
    firm, office = world.people["firm"], world.people["office"]
    figure_facts.facts_of(world.park)
    taken = set()
    for _ in range(60):
        found.refresh_from_db()
        name = rng.choice(["write", "write", "office", *submit.STEPS[found.state]])
        try:
            if name in ("write", "office"):
                given = rng.choice(["", "110", "2.5", "900000"])
                change = Change("alpha-1", rng.choice([WATER, REUSED]), "2023", given, "m3")
                who, into = (firm, "draft") if name == "write" else (office, "accepted")
                write(Park.objects.get(pk=world.park.pk), [change], who, "x", state=into, why="x")
            else:
                submit.take(found, name, firm if name in ("submit", "withdraw") else office, "x")
            taken.add(name)
        except (submit.StepError, HandedInError):
            pass
        park = Park.objects.get(pk=world.park.pk)
        now = figure_facts.facts_of(park)
        figure_facts.forget()
        anew = figure_facts.facts_of(park)
        assert {o.key: o for o in now} == {o.key: o for o in anew}
        assert now.fingerprint("alpha") == anew.fingerprint("alpha")
        accepted = {
            (f.quantity, f.given)
            for f in Figure.objects.filter(subject__key="alpha-1", period="2023", state="accepted")
        }
        assert {q for q, given in accepted if given} == {
            o.quantity for o in now if o.subject == "alpha-1" and o.period == Period(2023)
        }
    assert taken == {"write", "office", "submit", "accept", "return", "withdraw"}
    later = facts_on(world.park, timezone.now() + timedelta(seconds=1))
    assert {o.key: o.value for o in later} == {o.key: o.value for o in facts_of(Park.objects.get(pk=world.park.pk))}
