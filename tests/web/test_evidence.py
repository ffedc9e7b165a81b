"""Evidence at the figure's row, in its history, behind a clause and in pages; who took it back, when and why."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ecopark.web.assess import keep
from ecopark.web.figures import attach, evidence
from ecopark.web.figures.models import Evidence, Figure
from ecopark.web.firms import registry
from ecopark.web.parks.models import Subject

from .api_calls import Api, good, refusal
from .conftest import World

WATER = "industrial_fresh_water_m3"
LIST = "/p/alpha/data/evidence/"
P = "/parks/alpha"


def add(world: World, key: str = "alpha", about: str = WATER, name: str = "bill.pdf", **more: str) -> Evidence:
    subject = world.park.subjects.get(key=key)
    file = SimpleUploadedFile(name, b"%PDF-1.7 x")
    return attach.attach(subject, about, file, world.people["office"], **({"period": "2023"} | more))


def shown(world: World, role: str, address: str) -> str:
    answer = world.client_of(role).get(address)
    assert answer.status_code == 200, address
    return str(answer.content.decode())


def test_the_row_of_a_figure_counts_its_evidence_links_to_it_and_takes_more(world: World) -> None:
    add(world, "alpha-1")
    add(world, "alpha-1", period="2022")
    add(world, "alpha-2")
    form = "/p/alpha/data/theme/water/?year=2023"
    client = world.client_of("firm")
    page = client.get(form)
    row = next(r for r in page.context["rows"] if r.quantity.id == WATER)
    assert row.documents == 1
    link = f"{LIST}?about={WATER}&amp;of=alpha-1&amp;year=2023&amp;back="
    assert link in page.content.decode()
    address = f"{LIST}?about={WATER}&of=alpha-1&year=2023&back={form}"
    listed = client.get(address).content.decode()
    assert listed.count("bill.pdf") == 2 * 1  # the link and the name of the box to take it back
    assert f'name="back" value="{form}"' in listed
    fields = {
        "file": SimpleUploadedFile("more.pdf", b"%PDF-1.7 y"),
        "about": WATER,
        "subject": "alpha-1",
        "period": "2023",
    }
    answer = client.post(address, fields | {"back": form})
    assert (answer.status_code, answer["Location"]) == (302, form)
    assert next(r for r in client.get(form).context["rows"] if r.quantity.id == WATER).documents == 2
    away = client.post(
        address, fields | {"file": SimpleUploadedFile("z.pdf", b"%PDF-1.7 z"), "back": "//evil.example/"}
    )
    assert away["Location"].startswith("/p/alpha/data/evidence/")


def test_a_form_asks_for_the_counts_of_all_rows_at_once(world: World) -> None:
    client = world.client_of("office")
    address = "/p/alpha/data/theme/water/?year=2023&all=1"
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(address)
    for about in ("industrial_water_reused_m3", "water_total_m3", "reclaimed_water_used_m3"):
        add(world, about=about)
    client.get(address)
    with CaptureQueriesContext(connection) as more:
        client.get(address)
    assert len(more) == len(few)
    assert sum('"figures_evidence"' in q["sql"] and "COUNT" in q["sql"] and "GROUP BY" in q["sql"] for q in more) == 1


def test_the_history_of_a_figure_shows_its_evidence(world: World) -> None:
    found = add(world, "alpha-1", page="3")
    attach.take_back(add(world, "alpha-1", name="old.pdf"), world.people["office"], "扫描不清")
    figure = Figure.objects.get(subject__key="alpha-1", quantity=WATER, period="2023")
    page = shown(world, "firm", f"/p/alpha/data/figure/{figure.pk}/history/")
    assert f"{LIST}{found.pk}/" in page
    assert "old.pdf" in page and "扫描不清" in page


def test_the_drawer_of_a_clause_shows_what_stands_behind_its_figures(world: World) -> None:
    clause = "/p/alpha/assess/hj274-2015/2023/clause/14/"
    kept = keep.assessed(world.park, "hj274-2015", "2023")
    assert "还没有佐证材料" in shown(world, "office", clause)
    add(world, name="park.pdf")
    add(world, "alpha-2", name="theirs.pdf")
    add(world, about="hj274-2015/14", name="clause.pdf")
    add(world, period="2019", name="elsewhen.pdf")
    add(world, about="publicity_events", name="other.pdf")
    for role in ("office", "reviewer", "consultant"):
        page = shown(world, role, clause)
        assert all(name in page for name in ("park.pdf", "theirs.pdf", "clause.pdf")), role
        assert "elsewhen.pdf" not in page and "other.pdf" not in page
    past = shown(world, "office", f"{clause}?kept={kept.pk}")
    assert "park.pdf" not in past  # it was not there on that day
    world.park.published = True
    world.park.save(update_fields=["published"])
    for role in ("anonymous", "stranger", "keeper"):
        page = shown(world, role, clause)
        assert ".pdf" not in page, role
    own = shown(world, "firm", clause)
    assert "theirs.pdf" not in own and "park.pdf" not in own
    listed = good(Api(world, "office").get(f"{P}/evidence?clause=hj274-2015/14&period=2023"))
    assert {e["name"] for e in listed["items"]} == {"park.pdf", "theirs.pdf", "clause.pdf"}
    assert good(Api(world, "firm").get(f"{P}/evidence?clause=hj274-2015/14"))["count"] == 0
    refusal(Api(world, "office").get(f"{P}/evidence?clause=nothing/14"), 404)
    address = f"{LIST}?clause=hj274-2015/14&year=2023"
    assert f"{LIST}?clause=hj274-2015/14&amp;year=2023" in shown(world, "office", clause)
    assert all(name in shown(world, "office", address) for name in ("park.pdf", "theirs.pdf", "clause.pdf"))
    assert "park.pdf" not in shown(world, "firm", address) and "theirs.pdf" not in shown(world, "firm", address)
    assert world.client_of("office").get(f"{LIST}?clause=nothing/14").status_code == 404


def test_the_list_has_pages(world: World) -> None:
    office, subject = world.people["office"], world.park.subjects.get(key="alpha")
    Evidence.objects.bulk_create(
        Evidence(park=world.park, subject=subject, about=WATER, name=f"n{i}.pdf", by=office) for i in range(230)
    )
    client = world.client_of("office")
    sizes = [len(client.get(f"{LIST}?page={n}").context["rows"]) for n in (1, 2, 3)]
    assert sizes == [100, 100, 30]
    with CaptureQueriesContext(connection) as asked:
        client.get(LIST)
    assert len(asked) < 25


def test_taking_back_says_who_when_and_why(world: World) -> None:
    found = add(world, "alpha-1")
    client = world.client_of("firm")
    client.post(f"{LIST}{found.pk}/withdraw/", {"why": "扫描不清"})
    assert "已撤下" in client.post(f"{LIST}{found.pk}/withdraw/", {"why": "again"}, follow=True).content.decode()
    found.refresh_from_db()
    assert found.withdrawn_why == "扫描不清"
    assert "bill.pdf" not in shown(world, "firm", LIST)
    gone = shown(world, "office", f"{LIST}?withdrawn=1")
    assert "bill.pdf" in gone and "扫描不清" in gone
    told = shown(world, "office", f"{LIST}{found.pk}/history/")
    assert "扫描不清" in told and "firm" in told
    assert [h.history_change_reason for h in found.history.order_by("history_id")] == [None, "扫描不清"]
    api = Api(world, "office")
    [row] = good(api.get(f"{P}/evidence?withdrawn=true&subject=alpha-1"))["items"]
    assert (row["withdrawn_by"], row["withdrawn_why"]) == ("firm", "扫描不清")
    events = good(api.get(f"{P}/evidence/{found.pk}/history"))
    assert [(e["what"]["en"], e["who"], e["why"]) for e in events] == [
        ("taken back", "firm", "扫描不清"), ("added", "office", ""),
    ]  # fmt: skip


def test_who_may_see_and_who_may_take_back(world: World) -> None:
    found = add(world, "alpha-2")
    for role, status in (("firm", 404), ("keeper", 403), ("stranger", 404), ("reviewer", 200), ("office", 200)):
        assert world.client_of(role).get(f"{LIST}{found.pk}/history/").status_code == status, role
        assert Api(world, role).get(f"{P}/evidence/{found.pk}/history").status_code == status, role
    assert Api(world, "firm").get(f"{P}/evidence?subject=alpha-2").status_code == 404
    assert world.client_of("firm").get(f"{LIST}?of=alpha-2").status_code == 404
    assert world.client_of("reviewer").post(f"{LIST}{found.pk}/withdraw/", {"why": "x"}).status_code == 403
    assert "Take back" not in shown(world, "reviewer", LIST) and "撤下理由" not in shown(world, "reviewer", LIST)
    found.refresh_from_db()
    assert found.withdrawn is None


def test_a_merge_of_firms_keeps_the_way_of_a_document(world: World) -> None:
    found = add(world, "alpha-2")
    Subject.objects.filter(park=world.park, key__in=("alpha-1", "alpha-2")).update(credit_code="91350100M000100Y43")
    one, two = (world.park.subjects.get(key=k) for k in ("alpha-1", "alpha-2"))
    event = registry.merge(one, two, world.people["office"], "同一家")
    found.refresh_from_db()
    assert found.subject == one
    registry.undo(event, world.people["office"], "弄错")
    found.refresh_from_db()
    assert found.subject == two
    whys = [e.why for e in evidence.past(found)]
    assert whys[-1] == "" and [why.split("：")[0].split(": ")[0] for why in whys[:2]] == [
        "撤销合并 / merge undone",
        "并入 alpha-1 / merged into alpha-1",
    ]


def test_a_quantity_is_shown_of_the_firm_it_was_opened_from(world: World) -> None:
    add(world, "alpha-2")
    page = shown(world, "reviewer", f"/p/alpha/quantity/{WATER}/?of=alpha-2")
    assert f"{LIST}?about={WATER}&amp;of=alpha-2" in page
    assert world.client_of("firm").get(f"/p/alpha/quantity/{WATER}/?of=alpha-2").status_code == 404
    assert good(Api(world, "office").get(f"{P}/quantities/{WATER}?of=alpha-2"))["subject"] == "alpha-2"
    assert Api(world, "firm").get(f"{P}/quantities/{WATER}?of=alpha-2").status_code == 404


@pytest.mark.parametrize(("about", "kept"), [("hj274-2015/14", True), (WATER, True), ("nothing_like_it", False)])
def test_what_a_document_may_be_about(world: World, about: str, kept: bool) -> None:
    fields: dict[str, Any] = {"file": SimpleUploadedFile("a.pdf", b"%PDF-1.7 x"), "about": about, "subject": "alpha"}
    answer = world.client_of("office").post(LIST, fields)
    assert answer.status_code == (302 if kept else 422)
    assert Evidence.objects.exists() == kept
    if not kept:
        assert about in answer.content.decode()
        assert '<option value="hj274-2015/14">' in answer.content.decode()


def test_a_document_that_came_later_is_not_behind_an_earlier_day(world: World) -> None:
    found = add(world)
    Evidence.objects.filter(pk=found.pk).update(withdrawn=timezone.now())
    standing = evidence.Standing(world.people["office"], world.park, frozenset({"office"}), frozenset())
    behind = [
        evidence.of_clause(standing, "hj274-2015", "14", "2023", moment).count()
        for moment in (None, found.at - timedelta(hours=1), found.at)
    ]
    assert behind == [0, 0, 1]


def test_a_quantity_is_known_by_its_name_and_all_that_is_wrong_is_told_at_once(world: World) -> None:
    assert add(world, "alpha-1", about="工业新鲜水量", period="2023年").about == WATER
    assert Evidence.objects.get().period == "2023"
    fields = {"about": "胡写", "subject": "alpha-1", "period": "20255", "dated": "昨天", "page": "12"}
    answer = world.client_of("firm").post(f"{LIST}?of=alpha-1", fields)
    assert answer.status_code == 422
    said = " ".join(str(m) for m in answer.context["messages"])
    for part in ("“胡写”不是数据项或条款", "“20255”不是期间", "“昨天”不是日期", "请选择文件"):
        assert part in said
    assert 'value="20255"' in answer.text, "what was typed stays"
    assert Evidence.objects.count() == 1
