"""A firm's template comes back: from the firm as drafts and corrections, from the office as its own word; nobody else's."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from ecopark.web.figures import imports, submit
from ecopark.web.figures.models import Figure, Import
from ecopark.web.people.models import Membership

from .api_calls import Api, good, refusal
from .conftest import World

WATER = "industrial_fresh_water_m3"
P = "/parks/alpha"


def filled(world: World, role: str = "firm", of: str = "", value: float = 777, year: int = 2023) -> bytes:
    """A firm's template with its water filled in."""
    answer = world.client_of(role).get(f"/p/alpha/data/template.xlsx{f'?of={of}' if of else ''}")
    assert answer.status_code == 200
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    for sheet in book.worksheets:
        rows = list(sheet.iter_rows())
        for at, row in enumerate(rows):
            if any(cell.value == WATER for cell in row):
                heads = {str(c.value): c.column for head in rows[:at] for c in head if str(c.value) == str(year)}
                sheet.cell(row[0].row, heads[str(year)], value)
                out = io.BytesIO()
                book.save(out)
                return out.getvalue()
    raise AssertionError("the template does not ask for water")


def send(world: World, role: str, data: bytes, name: str = "own.xlsx", **more: str) -> Any:
    fields = {"file": SimpleUploadedFile(name, data)} | more
    return world.client_of(role).post("/p/alpha/data/import/", fields, follow=True)


def store(world: World, role: str, found: Import) -> Any:
    fields = {"group": list(imports.USABLE)}
    return world.client_of(role).post(f"/p/alpha/data/import/{found.pk}/apply/", fields, follow=True)


def water(key: str = "alpha-1", year: str = "2023") -> Figure:
    return Figure.objects.select_related("correction").get(subject__key=key, quantity=WATER, period=year)


def test_a_firm_brings_its_own_template(world: World) -> None:
    answer = send(world, "firm", filled(world))
    found = Import.objects.get()
    assert found.subject is not None and found.subject.key == "alpha-1"
    assert "新值作为更正等待园区办采用" in answer.content.decode()
    [line] = imports.remembered(found)
    assert (line.subject, line.group, line.stored) == ("alpha-1", "changed", "110 m3")
    assert "已导入 1 项" in store(world, "firm", found).content.decode()
    assert (water().given, water().state, water().correction.given) == ("110", "accepted", "777")
    assert water("alpha-2").given == "210"


def test_what_is_new_comes_in_as_a_draft(world: World) -> None:
    Figure.objects.filter(subject__key="alpha-1", period="2023").delete()
    send(world, "firm", filled(world))
    store(world, "firm", Import.objects.get())
    assert (water().given, water().state) == ("777", "draft")


def test_a_firm_goes_on_from_its_own_correction(world: World) -> None:
    for value in (777, 778):
        send(world, "firm", filled(world, value=value))
        store(world, "firm", Import.objects.latest("pk"))
    assert (water().given, water().correction.given) == ("110", "778")
    send(world, "firm", filled(world, value=778))
    assert [line.group for line in imports.remembered(Import.objects.latest("pk"))] == ["same"]


def test_what_is_handed_in_takes_no_workbook(world: World) -> None:
    send(world, "firm", filled(world))
    found = Import.objects.get()
    data = filled(world, value=5)
    store(world, "firm", found)
    handed = submit.of(world.park, world.park.subjects.get(key="alpha-1"), "2023")
    submit.take(handed, "submit", world.people["firm"], "按发票")
    send(world, "firm", data)
    again = Import.objects.latest("pk")
    assert "请先撤回" in store(world, "firm", again).content.decode()
    again.refresh_from_db()
    assert (again.applied, water().correction.given) == (None, "777")
    refused = Api(world, "firm").send(f"{P}/imports/{again.pk}/apply", {"groups": ["changed", "conflicting"]})
    assert "撤回" in refusal(refused, 422)["zh"]


def test_the_office_brings_a_firms_template(world: World) -> None:
    send(world, "office", filled(world, "office", "alpha-2"))
    found = Import.objects.get()
    assert found.subject is not None and found.subject.key == "alpha-2"
    store(world, "office", found)
    assert (water("alpha-2").given, water("alpha-2").state, water().given) == ("777", "accepted", "110")
    assert world.client_of("firm").get(f"/p/alpha/data/import/{found.pk}/").status_code == 404


def test_a_reporter_of_two_firms_says_which(world: World) -> None:
    Membership.objects.create(user=world.people["firm"], role="firm", park=world.park, firm="alpha-3")
    rows = f"quantity,period,value,unit\n{WATER},2023,5,m3\n".encode()
    send(world, "firm", rows, "own.csv", firm="alpha-3")
    found = Import.objects.get()
    assert [line.subject for line in imports.remembered(found)] == ["alpha-3"]
    assert send(world, "firm", rows, "own.csv", firm="alpha-2").status_code == 404
    send(world, "firm", filled(world, of="alpha-3"))  # a template says itself whose it is
    assert Import.objects.latest("pk").subject == found.subject


def test_who_lost_the_firm_stores_nothing(world: World) -> None:
    send(world, "firm", filled(world))
    found = Import.objects.get()
    Membership.objects.filter(user=world.people["firm"]).update(firm="alpha-3")
    assert store(world, "firm", found).status_code == 404
    with pytest.raises(imports.PermissionDenied):
        imports.apply(found, world.people["firm"], ["conflicting"])
    assert water().proposed is None


def test_a_firm_says_no_columns_of_a_departments_table(world: World) -> None:
    assert send(world, "firm", b"a,b\n1,2\n", "own.csv", mapping="new").status_code == 403
    page = world.client_of("firm").get("/p/alpha/data/import/").content.decode()
    assert "import-mapping" not in page


def test_the_same_by_token(world: World) -> None:
    firm = Api(world, "firm")
    template = firm.get(f"{P}/template.xlsx?of=alpha-1")
    assert template.status_code == 200
    assert firm.get(f"{P}/template.xlsx?of=alpha-2").status_code == 404
    found = good(firm.upload(f"{P}/imports", {"file": SimpleUploadedFile("own.xlsx", filled(world))}))
    assert (found["firm"], found["counts"]["changed"]) == ("alpha-1", 1)
    assert [one["id"] for one in good(firm.get(f"{P}/imports"))["items"]] == [found["id"]]
    good(firm.send(f"{P}/imports/{found['id']}/apply", {"groups": ["changed"]}))
    assert (water().given, water().correction.given) == ("110", "777")
    theirs = SimpleUploadedFile("t.xlsx", filled(world, "office", "alpha-2"))
    assert refusal(firm.upload(f"{P}/imports", {"file": theirs}), 422)["problems"][0]["code"] == "firms-template"
    fields = {"file": SimpleUploadedFile("a.csv", b"a,b\n1,2\n"), "mapping": "new"}
    refusal(firm.upload(f"{P}/imports", fields), 403)


@pytest.mark.parametrize("role", ["reviewer", "keeper", "stranger", "anonymous"])
def test_who_may_bring_nothing(world: World, role: str) -> None:
    world.park.published = True
    world.park.save(update_fields=["published"])
    for path in ("import/", "template.xlsx?of=alpha-1"):
        if (role, path[:8]) != ("reviewer", "template"):
            assert world.client_of(role).get(f"/p/alpha/data/{path}").status_code in (302, 403, 404), path
    file = SimpleUploadedFile("a.csv", b"quantity,period,value,unit\n")
    assert Api(world, role).upload(f"{P}/imports", {"file": file}).status_code in (401, 403, 404)


@pytest.mark.parametrize("whose", ["alpha-2", "nobody", "alpha"])
def test_a_firm_that_is_not_theirs_is_not_there(world: World, whose: str) -> None:
    data = filled(world)
    assert world.client_of("firm").get(f"/p/alpha/data/import/?of={whose}").status_code == 404
    assert send(world, "firm", data, firm=whose).status_code == 404
    file = SimpleUploadedFile("own.xlsx", data)
    refusal(Api(world, "firm").upload(f"{P}/imports", {"file": file, "firm": whose}), 404)
    assert not Import.objects.exists()
