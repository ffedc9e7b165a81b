"""What is due or overdue is told on the pages of whom it concerns, and of nobody else."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils import timezone

from ecopark.web.figures import submit
from ecopark.web.figures.change import Change, write
from ecopark.web.figures.models import Submission
from ecopark.web.figures.reminders import reminders
from ecopark.web.pages.reminders import everywhere
from ecopark.web.people.access import standing
from ecopark.web.people.models import Membership

from .conftest import World

TODAY = date(2024, 3, 1)


def told(world: World, role: str, today: date = TODAY) -> list[tuple[str, str]]:
    found = standing(world.people[role], world.park)
    assert found is not None
    return [(r.tone, r.text.zh) for r in reminders(found, today)]


def ask(world: World, due: date, *keys: str) -> None:
    submit.ask(world.park, world.park.subjects.filter(key__in=keys), "2023", due, world.people["office"])


def test_a_reporter_is_told_of_their_own_firm_only(world: World) -> None:
    ask(world, TODAY + timedelta(days=30), "alpha-1", "alpha-2")
    [(tone, text)] = told(world, "firm")
    assert (tone, "企业 alpha-1" in text, "还有 30 天" in text) == ("open", True, True)
    ask(world, TODAY + timedelta(days=14), "alpha-1")
    assert [tone for tone, _ in told(world, "firm")] == ["partly"]
    ask(world, TODAY - timedelta(days=2), "alpha-1")
    [(tone, text)] = told(world, "firm")
    assert (tone, "已过 2 天" in text) == ("bad", True)


def test_returned_figures_are_told_with_their_reason_until_handed_in_again(world: World) -> None:
    write(
        world.park,
        [Change("alpha-1", "industrial_fresh_water_m3", "2023", "7", "m3")],
        world.people["firm"],
        "",
        state="draft",
    )
    found = submit.of(world.park, world.park.subjects.get(key="alpha-1"), "2023")
    submit.take(found, "submit", world.people["firm"], "按水费发票更正")
    assert told(world, "firm") == []
    submit.take(found, "return", world.people["office"], "缺发票")
    [(tone, text)] = told(world, "firm")
    assert (tone, "已退回：缺发票" in text) == ("bad", True)
    submit.take(found, "submit", world.people["firm"])
    assert told(world, "firm") == []


def test_the_office_is_told_how_many_wait_for_whom(world: World) -> None:
    ask(world, TODAY - timedelta(days=1), "alpha-1")
    ask(world, TODAY + timedelta(days=3), "alpha-2")
    ask(world, TODAY + timedelta(days=90), "alpha-3")
    Submission.objects.create(
        park=world.park, subject=world.park.subjects.get(key="alpha-1"), period="2022", state="submitted"
    )
    found = told(world, "office")
    assert [tone for tone, _ in found] == ["bad", "partly", "open"]
    assert "1 家企业逾期" in found[0][1]
    assert "最早 2024-03-04" in found[1][1]
    assert "2022 年数据：1 家企业已提交" in found[2][1]
    for role in ("consultant", "reviewer", "keeper"):
        assert told(world, role) == []


def test_it_stands_on_the_pages_a_person_opens_first(world: World) -> None:
    ask(world, timezone.localdate() - timedelta(days=5), "alpha-1", "alpha-2")
    firm, office = world.client_of("firm"), world.client_of("office")
    for address in ("/p/alpha/", "/p/alpha/data/"):
        text = firm.get(address).content.decode()
        assert "已过 5 天" in text
        assert "alpha-2" not in text
        assert "2 家企业逾期" in office.get(address).content.decode()
        assert "逾期" not in world.client_of("reviewer").get(address).content.decode()
    Membership.objects.create(user=world.people["firm"], role="viewer", park=world.other)
    home = firm.get("/").content.decode()
    assert "园区 alpha ·" in home
    assert "已过 5 天" in home
    assert [r.park.label.zh for r in everywhere(world.people["firm"], timezone.now()) if r.park] == ["园区 alpha"]
    assert everywhere(world.people["stranger"], timezone.now()) == []


def test_the_office_gives_one_firm_more_time(world: World) -> None:
    ask(world, TODAY, "alpha-1", "alpha-2")
    client = world.client_of("office")
    later = {"period": "2023", "due": "2099-05-01", "firm": "alpha-1"}
    assert client.post("/p/alpha/data/submissions/ask/", later).status_code == 302
    days = dict(Submission.objects.values_list("subject__key", "due"))
    assert days == {"alpha-1": date(2099, 5, 1), "alpha-2": TODAY}
    assert client.post("/p/alpha/data/submissions/ask/", later | {"firm": "beta-1"}).status_code == 404
    assert world.client_of("firm").post("/p/alpha/data/submissions/ask/", later).status_code == 403


def test_a_day_that_has_passed_is_told_on_the_form_itself(world: World) -> None:
    ask(world, timezone.localdate() - timedelta(days=3), "alpha-1")
    firm = world.client_of("firm")
    assert "已过 3 天" in firm.get("/p/alpha/data/theme/water/?year=2023").content.decode()
    assert "已过 3 天" not in firm.get("/p/alpha/data/theme/water/?year=2022").content.decode(), (
        "of the year shown only"
    )
    assert "已过 3 天" not in world.client_of("office").get("/p/alpha/data/theme/water/?year=2023").content.decode()


def test_a_reporter_of_two_firms_changes_between_them(world: World) -> None:
    one = world.client_of("firm").get("/p/alpha/data/?year=2023").content.decode()
    assert "?year=2023&amp;of=alpha-2" not in one and "data-goes" in one
    Membership.objects.create(user=world.people["firm"], role="firm", park=world.park, firm="alpha-2")
    for address in ("/p/alpha/data/?year=2023", "/p/alpha/data/theme/water/?year=2023"):
        page = world.client_of("firm").get(address).content.decode()
        assert "?year=2023&amp;of=alpha-1" in page and "?year=2023&amp;of=alpha-2" in page
        assert "alpha-3" not in page
        other = world.client_of("firm").get(f"{address}&of=alpha-2")
        assert other.context["subject"].key == "alpha-2"
    assert world.client_of("firm").get("/p/alpha/data/?of=alpha-3").status_code == 404
    assert "of=alpha-1" not in world.client_of("office").get("/p/alpha/data/theme/water/?year=2023").content.decode()
