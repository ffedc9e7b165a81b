"""A firm hands in, the office accepts or returns; evidence is handed out only to who may see it."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from ecopark.core.period import Period
from ecopark.web.figures import submit
from ecopark.web.figures.change import Change, write
from ecopark.web.figures.facts import facts_of
from ecopark.web.figures.models import Evidence, Figure
from ecopark.web.uploads import stored_path

from .conftest import World

WATER, RECLAIMED = "industrial_fresh_water_m3", "reclaimed_water_used_m3"


def _typed(world: World) -> submit.Submission:
    """A figure of its first year of reporting: none was accepted before."""
    Figure.objects.filter(subject__key="alpha-1", quantity=WATER, period="2023").delete()
    write(world.park, [Change("alpha-1", WATER, "2023", "777", "m3")], world.people["firm"], "", state="draft")
    return submit.of(world.park, world.park.subjects.get(key="alpha-1"), "2023")


def _water(world: World) -> object:
    found = facts_of(world.park).get("alpha-1", WATER, Period(2023))
    return None if found is None else found.value


def test_what_a_firm_types_counts_once_the_office_accepts_it(world: World) -> None:
    found = _typed(world)
    assert _water(world) is None
    submit.take(found, "submit", world.people["firm"])
    assert _water(world) is None
    submit.take(found, "accept", world.people["office"])
    world.park.refresh_from_db()
    assert _water(world) == 777
    assert [h.state for h in found.history.order_by("history_id")] == ["draft", "submitted", "accepted"]


def test_returned_with_a_reason_and_handed_in_again(world: World) -> None:
    found = _typed(world)
    submit.take(found, "submit", world.people["firm"])
    with pytest.raises(submit.StepError):
        submit.take(found, "return", world.people["office"], " ")
    submit.take(found, "return", world.people["office"], "缺水费发票")
    assert Figure.objects.get(subject__key="alpha-1", quantity=WATER, period="2023").state == "returned"
    submit.take(found, "submit", world.people["firm"])
    assert found.state == "submitted"


def test_a_passed_day_and_a_step_out_of_turn_are_told(world: World) -> None:
    found = _typed(world)
    submit.ask(world.park, [found.subject], "2023", date(2024, 3, 1), world.people["office"])
    with pytest.raises(submit.StepError, match="2024-03-01"):
        submit.take(found, "submit", world.people["firm"], today=date(2024, 3, 2))
    submit.take(found, "submit", world.people["firm"], today=date(2024, 3, 1))
    with pytest.raises(submit.StepError):
        submit.take(found, "submit", world.people["firm"], today=date(2024, 3, 1))
    assert submit.open_ones(world.park, date(2024, 3, 2), period="2023")["to_accept"] == 1


@pytest.mark.parametrize(
    ("role", "firm", "step", "status"),
    [
        ("firm", "alpha-1", "submit", 302),
        ("firm", "alpha-1", "accept", 403),
        ("firm", "alpha-2", "submit", 404),
        ("reviewer", "alpha-1", "accept", 403),
        ("office", "alpha-1", "accept", 302),
        ("office", "alpha-1", "vanish", 404),
        ("stranger", "alpha-1", "accept", 404),
    ],
)
def test_who_may_take_which_step(world: World, role: str, firm: str, step: str, status: int) -> None:
    _typed(world)
    answer = world.client_of(role).post(
        "/p/alpha/data/submissions/step/", {"firm": firm, "period": "2023", "step": step}
    )
    assert answer.status_code == status


def test_pages_of_submissions(world: World) -> None:
    _typed(world)
    assert "alpha-2" in world.client_of("office").get("/p/alpha/data/submissions/?year=2023").content.decode()
    own = world.client_of("firm").get("/p/alpha/data/submissions/?year=2023").content.decode()
    assert "alpha-1" in own
    assert "alpha-2" not in own


def _attach(world: World, role: str, subject: str, name: str = "bill.pdf", data: bytes = b"%PDF-1.7 x") -> int:
    file = SimpleUploadedFile(name, data)
    fields = {"file": file, "about": WATER, "subject": subject, "period": "2023", "page": "3"}
    return int(world.client_of(role).post("/p/alpha/data/evidence/", fields).status_code)


def test_evidence_is_kept_and_handed_out_to_who_may_see_it(world: World) -> None:
    assert _attach(world, "firm", "alpha-1") == 302
    found = Evidence.objects.get(stored__gt="")
    assert Path(stored_path(found.stored)).read_bytes() == b"%PDF-1.7 x"
    address = f"/p/alpha/data/evidence/{found.pk}/"
    for role, status in (("firm", 200), ("office", 200), ("reviewer", 200), ("keeper", 403), ("stranger", 404)):
        answer = world.client_of(role).get(address)
        assert answer.status_code == status, role
        if status == 200:
            assert answer["Content-Disposition"].startswith("attachment")
            assert b"".join(answer.streaming_content) == b"%PDF-1.7 x"


def test_a_reporter_reaches_no_other_firms_evidence(world: World) -> None:
    assert _attach(world, "office", "alpha-2") == 302
    found = Evidence.objects.get(stored__gt="")
    client = world.client_of("firm")
    assert client.get(f"/p/alpha/data/evidence/{found.pk}/").status_code == 404
    assert client.post(f"/p/alpha/data/evidence/{found.pk}/withdraw/").status_code == 404
    assert "bill.pdf" not in client.get("/p/alpha/data/evidence/").content.decode()
    assert _attach(world, "firm", "alpha-2") == 404


def test_a_file_that_is_not_what_its_name_says(world: World) -> None:
    assert _attach(world, "office", "alpha", "bill.pdf", b"MZ program") == 422
    assert not Evidence.objects.filter(stored__gt="").exists()


def test_what_is_taken_back_stays_on_file(world: World) -> None:
    _attach(world, "office", "alpha")
    found = Evidence.objects.get(stored__gt="")
    address = f"/p/alpha/data/evidence/{found.pk}/withdraw/"
    assert "请写明撤下理由" in world.client_of("office").post(address, follow=True).content.decode()
    world.client_of("office").post(address, {"why": "扫描不清"})
    found.refresh_from_db()
    assert found.withdrawn is not None
    assert (found.withdrawn_by, found.withdrawn_why) == (world.people["office"], "扫描不清")
    assert stored_path(found.stored).is_file()


def test_the_year_that_comes_next_can_be_asked_for_and_brought_in(world: World) -> None:
    client = world.client_of("office")
    for page in ("submissions/", "completeness/"):
        assert ">2024</option>" in client.get(f"/p/alpha/data/{page}").text, page
    assert "<option>2024</option>" in client.get("/p/alpha/data/import/").text


def test_a_number_without_a_unit_is_shown_in_the_catalogues(world: World) -> None:
    write(world.park, [Change("alpha-1", RECLAIMED, "2023", "55", "")], world.people["firm"], "", state="draft")
    assert (
        "<ins>55 m3</ins>"
        in world.client_of("office").get("/p/alpha/data/submissions/changes/?of=alpha-1&year=2023").text
    )
    next_year = world.client_of("firm").get("/p/alpha/data/theme/water/?year=2024").text
    assert re.search(r"55 <span class=\"unit\">m³</span>", next_year)


def test_a_locked_form_keeps_nothing_on_the_machine(world: World) -> None:
    firm = world.client_of("firm")
    address = "/p/alpha/data/theme/water/?year=2023"
    write(world.park, [Change("alpha-1", RECLAIMED, "2023", "55", "")], world.people["firm"], "", state="draft")
    assert 'data-keep="figures-' in firm.get(address).text
    submit.take(submit.of(world.park, world.park.subjects.get(key="alpha-1"), "2023"), "submit", world.people["firm"])
    assert 'data-keep="figures-' not in firm.get(address).text
