"""What was known at the end of an earlier day: the answer that was kept and still held, else one of the figures of then."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ecopark.core.period import Period
from ecopark.web import background
from ecopark.web.assess import keep
from ecopark.web.assess.models import Kept
from ecopark.web.figures import as_known
from ecopark.web.figures import facts as figure_facts
from ecopark.web.figures.change import Change, write
from ecopark.web.figures.models import Evidence, Figure
from ecopark.web.firms import registry
from ecopark.web.firms.models import FirmEvent
from ecopark.web.parks import office as office_settings
from ecopark.web.parks.models import Department, Park
from ecopark.web.rules.sign import sign

from .api_calls import Api, good, refusal, refused_as
from .conftest import ROLES, World

PACK = "hj274-2015"
PAGE = f"/p/alpha/assess/{PACK}/2023/"
API = f"/parks/alpha/assessments/{PACK}/2023"
BEGUN, CHANGED = 10, 4
"""So many days ago the park came to the site, and a figure was changed."""


def day(back: int) -> date:
    return timezone.localdate() - timedelta(days=back)


def at(back: int) -> datetime:
    return timezone.now() - timedelta(days=back)


def change(world: World, value: str, back: int) -> None:
    """A figure changed so many days ago."""
    park = Park.objects.get(pk=world.park.pk)
    write(park, [Change("alpha", "publicity_events", "2023", value, "events/year")], world.people["office"], "test")
    rows = Figure.history.filter(seq=park.changed)
    assert rows.update(history_date=at(back)) == 1


@pytest.fixture
def earlier(world: World) -> World:
    """A park that came ten days ago; four days ago the clause on events went from met (3) to not met (1)."""
    for model in (Figure, Park, Department):
        model.history.update(history_date=at(BEGUN))
    change(world, "1", CHANGED)
    return world


@pytest.fixture
def office(earlier: World) -> Client:
    client = earlier.client_of("office")
    client.cookies["django_language"] = "en"
    return client


def status(answer: dict[str, object], tail: str = "32") -> str:
    [clause] = [c for c in answer["result"]["clauses"] if c["tail"] == tail]  # type: ignore[index]
    return str(clause["status"])


def test_figures_and_verdict_are_those_of_the_end_of_the_day(earlier: World) -> None:
    api = Api(earlier, "office")
    assert status(good(api.get(API))) == "not_met"
    before = good(api.get(f"{API}?on={day(CHANGED + 1)}"))
    assert status(before) == "met"
    assert before["as_known"]["computed"] and before["assessment"]["id"] is None
    assert "today" in before["as_known"]["said"][0]["en"] and before["result"]["pack_hash"][:8] in str(
        before["as_known"]
    )
    assert status(good(api.get(f"{API}?on={day(CHANGED)}"))) == "not_met"
    assert "as_known" not in good(api.get(f"{API}?on={day(0)}"))
    assert Kept.objects.count() == 1, "nothing is kept of a day that is looked at again"


def test_the_answer_that_was_kept_is_shown_as_long_as_it_held(earlier: World, office: Client) -> None:
    change(earlier, "3", 3)
    park = Park.objects.get(pk=earlier.park.pk)
    made = keep.assessed(park, PACK, "2023")
    Kept.objects.update(at=at(3), pack_hash="0" * 64, version="0.0.9")
    told = good(Api(earlier, "office").get(f"{API}?on={day(2)}"))
    assert (told["assessment"]["id"], told["as_known"]["computed"]) == (made.pk, False)
    text = office.get(f"{PAGE}?on={day(2)}").content.decode()
    assert "still held at the end of that day" in text and "ecopark 0.0.9" in text and "00000000" in text
    change(earlier, "2", 1)
    assert not good(Api(earlier, "office").get(f"{API}?on={day(2)}"))["as_known"]["computed"]
    assert good(Api(earlier, "office").get(f"{API}?on={day(1)}"))["as_known"]["computed"]
    assert good(Api(earlier, "office").get(f"{API}?on={day(CHANGED)}"))["as_known"]["computed"], "it was not there yet"


@pytest.mark.parametrize("what", ["signature", "settings", "registry"])
def test_a_kept_answer_does_not_hold_once_what_stands_beside_the_figures_has_changed(earlier: World, what: str) -> None:
    park = Park.objects.get(pk=earlier.park.pk)
    user = earlier.people["office"]
    keep.assessed(park, PACK, "2023")
    Kept.objects.update(at=at(3))
    api = Api(earlier, "office")
    assert not good(api.get(f"{API}?on={day(1)}"))["as_known"]["computed"]
    pack = keep.find_pack(PACK)
    if what == "signature":
        [row] = sign(park, pack, ["32"], user, document="HJ 274-2015", dated=day(2))
        type(row).objects.update(at=at(2))
    elif what == "settings":
        office_settings.general(park, user, "x", name=park.name, name_en="", base_year="2015", published=False)
        Park.history.filter(history_type="~").update(history_date=at(2))
    else:
        subject = park.subjects.get(key="alpha-1")
        registry.edit(subject, registry.fields_of(subject) | {"name": "改名厂", "parent": "alpha"}, user, "x")
        FirmEvent.objects.update(at=at(2))
    as_known.forget()
    good(api.get(f"{API}?on={day(3)}"))
    assert not as_known.past(park, day(3)).answers, "it still held then"
    good(api.get(f"{API}?on={day(1)}"))
    assert as_known.past(Park.objects.get(pk=park.pk), day(1)).answers, "it was worked out anew"


def test_what_stands_beside_the_figures_is_as_of_then(earlier: World) -> None:
    park = Park.objects.get(pk=earlier.park.pk)
    user = earlier.people["office"]
    moment = as_known.end_of(day(2))
    subject = park.subjects.get(key="alpha-1")
    fields = registry.fields_of(subject) | {"name": "改名厂", "parent": "alpha"}
    registry.edit(subject, fields, user, "x")
    registry.add(park, "alpha-9", fields | {"name": "新厂"}, user)
    office_settings.general(park, user, "x", name=park.name, name_en="", base_year="2015", published=False)
    subject_of = {"park": park, "subject": park.subjects.get(key="alpha"), "by": user, "about": "publicity_events"}
    Evidence.objects.create(name="旧.pdf", at=at(5), withdrawn=at(1), **subject_of)
    Evidence.objects.create(name="新.pdf", at=at(1), **subject_of)
    department = park.departments.create(key="own_office", name="新部门")
    Department.history.filter(id=department.pk).update(history_date=at(1))
    then, now = as_known.facts_on(park, moment), as_known.facts_on(park, timezone.now())
    assert (then.subjects["alpha-1"].name, now.subjects["alpha-1"].name) == ("企业 alpha-1", "改名厂")
    assert "alpha-9" not in then.subjects and "alpha-9" in now.subjects
    assert (then.settings["base_year"], now.settings["base_year"]) == (None, 2015)
    assert [[e["file"] for e in f.settings["evidence"]] for f in (then, now)] == [["旧.pdf"], ["新.pdf"]]
    assert "own_office" not in then.settings["departments"] and "own_office" in now.settings["departments"]


def test_a_merge_since_then_is_taken_back(earlier: World) -> None:
    park = Park.objects.get(pk=earlier.park.pk)
    user = earlier.people["office"]
    park.subjects.filter(key__in=("alpha-1", "alpha-2")).update(credit_code="91350100M000100Y43")
    kept, double = (park.subjects.get(key=k) for k in ("alpha-1", "alpha-2"))
    event = registry.merge(kept, double, user, "x")
    then, now = as_known.facts_on(park, as_known.end_of(day(1))), as_known.facts_on(park, timezone.now())
    assert (then.subjects["alpha-2"].kind, now.subjects["alpha-2"].kind) == ("firm", registry.MERGED)
    water = ("alpha-2", "industrial_fresh_water_m3", Period(2023))
    assert then.get(*water) is not None and now.get(*water) is None
    registry.undo(event, user, "x")
    FirmEvent.objects.exclude(kind="undone").update(at=at(3))
    assert as_known.facts_on(park, as_known.end_of(day(1))).subjects["alpha-2"].kind == registry.MERGED


def test_every_page_shows_the_day_says_so_and_leads_back(earlier: World, office: Client) -> None:
    asked = f"?on={day(CHANGED + 1)}"
    for address in (PAGE, f"{PAGE}clause/32/", "/p/alpha/assess/", "/p/alpha/data/theme/management/"):
        text = office.get(address + asked + "&year=2023").content.decode()
        assert f"As known at the end of {day(CHANGED + 1)}" in text, address
        assert "Back to today" in text and 'type="date" name="on"' in text + (
            "" if "clause/" not in address else 'type="date" name="on"'
        )
    text = office.get(PAGE + asked).content.decode()
    assert f"clause/32/{asked}" in text and "Hand up" not in text.partition('id="handed"')[2]
    assert f"cell/{asked}" in office.get(f"/p/alpha/assess/{asked}").content.decode()
    assert f"2023/{asked}" in office.get(f"{PAGE}cell/{asked}").content.decode()
    form = f"/p/alpha/data/theme/management/{asked}&year=2023"
    [row] = [r for r in office.get(form).context["rows"] if r.quantity.id == "publicity_events"]
    assert row.given == "3"
    assert "readonly" in office.get(form).content.decode()
    sent = {f"given|{row.name}": "9", f"version|{row.name}": str(row.version)}
    assert office.post(form, sent).status_code == 403
    assert Figure.objects.get(quantity="publicity_events", period="2023", park=earlier.park).given == "1"
    [figure] = good(
        Api(earlier, "office").get(f"/parks/alpha/figures{asked}&quantity=publicity_events&period=2023&subject=alpha")
    )["items"]
    assert (figure["value"], figure["id"]) == ("3", row.figure.pk)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2026-02-31", "is no day"),
        ("gestern", "is no day"),
        ("2999-01-01", "lies ahead"),
        ("2001-01-01", "came to the site on"),
    ],
)
def test_a_day_that_cannot_be_shown_is_told(earlier: World, office: Client, text: str, said: str) -> None:
    for address in (PAGE, f"{PAGE}clause/32/", f"{PAGE}cell/", "/p/alpha/assess/", "/p/alpha/data/theme/water/"):
        answer = office.get(f"{address}?on={text}")
        assert answer.status_code == 422 and said in answer.content.decode(), address
    for tail in (f"assessments/{PACK}/2023", "figures"):
        assert said in refusal(Api(earlier, "office").get(f"/parks/alpha/{tail}?on={text}"), 422)["en"]


@pytest.mark.parametrize("role", ROLES)
def test_an_earlier_day_is_for_whoever_may_see_the_values(earlier: World, role: str) -> None:
    wide, asked = role in ("admin", "office", "consultant", "reviewer"), f"?on={day(CHANGED + 1)}"
    Park.objects.filter(pk=earlier.park.pk).update(published=True)
    client, api = earlier.client_of(role), Api(earlier, role)
    for address in (PAGE, f"{PAGE}clause/32/", f"{PAGE}cell/", "/p/alpha/assess/", "/p/alpha/data/theme/water/"):
        assert client.get(address + asked).status_code == (200 if wide else 403), address
    for tail in (f"assessments/{PACK}/2023", "figures"):
        expected = 200 if wide else 401 if role == "anonymous" else 403
        assert api.get(f"/parks/alpha/{tail}{asked}").status_code == expected
    assert refused_as("stranger") == 404 == api.get(f"/parks/nowhere/figures{asked}").status_code or role == "anonymous"


def test_pages_without_a_day_ask_the_database_nothing_of_it(earlier: World, office: Client) -> None:
    for address in (PAGE, f"{PAGE}clause/32/", "/p/alpha/assess/"):
        office.get(address)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            office.get(address)
        assert not [q["sql"] for q in asked if "_historical" in q["sql"] or "firmevent" in q["sql"]], address


def test_the_history_of_a_large_park_is_read_in_the_background(
    earlier: World, office: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting: dict[object, object] = {}
    keep.assessed(Park.objects.get(pk=earlier.park.pk), PACK, "2023")
    monkeypatch.setattr(figure_facts, "MANY", 0)
    monkeypatch.setattr(background, "later", waiting.setdefault)
    monkeypatch.setattr(background, "somebody_waits", lambda: True)
    asked = f"?on={day(CHANGED + 1)}"
    answer = office.get(PAGE + asked)
    assert answer.status_code == 503 and answer["Retry-After"]
    assert office.get(f"{PAGE}cell/{asked}").status_code == 200
    assert office.get(f"/p/alpha/data/theme/management/{asked}").status_code == 200
    [do] = waiting.values()
    monkeypatch.setattr(background, "somebody_waits", lambda: False)
    do()  # type: ignore[operator]
    monkeypatch.setattr(background, "somebody_waits", lambda: True)
    assert office.get(PAGE + asked).status_code == 200
