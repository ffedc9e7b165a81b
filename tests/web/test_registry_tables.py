"""Many firms at once: a table is held against the registry, decided of, and stored all or none; groups are kept on the site."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from ecopark.grading.credit_code import check_character
from ecopark.web.figures.facts import facts_of
from ecopark.web.firms import bring_in, registry, tables
from ecopark.web.firms.models import FirmEvent, RegistryTable
from ecopark.web.jobs.models import Job
from ecopark.web.parks.models import MapLayer, Subject

from .api_calls import OFFICE, Api, good, refusal, refused_as
from .conftest import ROLES, World

HEADER = "企业名称,统一社会信用代码,编号,行业代码,组团,入园年份,退出年份,地块"


def code(number: int) -> str:
    """A credit code that is well formed."""
    first = f"91350100M{number:08d}"
    return first + check_character(first)


def sent(world: World, text: str, name: str = "firms.csv", role: str = "office") -> Any:
    """A table sent on the page; the answer."""
    return world.client_of(role).post("/p/alpha/firms/import/", {"file": SimpleUploadedFile(name, text.encode())})


def table(world: World, *rows: str, header: str = HEADER) -> RegistryTable:
    answer = sent(world, "\n".join([header, *rows]))
    assert answer.status_code == 302, answer.content.decode()[:500]
    return RegistryTable.objects.latest("pk")


def groups_of(found: RegistryTable) -> dict[str, str]:
    return {line.given.get("name") or line.key: line.group for line in found.lines.all()}


@pytest.fixture
def there(world: World, settings: Any, tmp_path: Any) -> World:
    """The park with a group, and codes for two of its firms."""
    settings.UPLOADS = tmp_path / "uploads"
    Subject.objects.create(park=world.park, key="G1", kind="group", name="北区", parent="alpha")
    office = world.people["office"]
    for number, name in ((1, "云栖机械有限公司"), (2, "湖光化工有限公司")):
        firm = world.park.subjects.get(key=f"alpha-{number}")
        registry.edit(firm, registry.fields_of(firm) | {"name": name, "credit_code": code(number)}, office, "x")
    FirmEvent.objects.all().delete()
    world.park.refresh_from_db()
    return world


def test_rows_are_sorted_by_what_they_are_to_the_registry(there: World) -> None:
    found = table(
        there,
        f"新企业有限公司,{code(10)},,2614,北区,2019,,",
        f"云栖机械有限公司,{code(1)},,C2614 有机化学原料制造,G1,2015,,V1",
        f"湖光化工有限公司,{code(2)},,,,,,",
        f"完全另名公司,{code(2)},,,,,,",
        "云栖机械（浙江）股份有限公司,,,,,,,",
        "某企业,91350100M000100Y44,,9999,西区,去年,,",
        "又一家,,,,,2020,2010,",
        "合计,,,,,,,",
    )
    assert groups_of(found) == {
        "新企业有限公司": "new", "云栖机械有限公司": "changed", "湖光化工有限公司": "same", "完全另名公司": "unusable",
        "云栖机械（浙江）股份有限公司": "conflicting", "某企业": "unusable", "又一家": "unusable",
    }  # fmt: skip
    changed = found.lines.get(group="changed")
    assert changed.after == {"industry_code": "2614", "parent": "G1", "since": 2015, "parcel": "V1"}
    assert changed.before == {"industry_code": "", "parent": "alpha", "since": None, "parcel": ""}
    wrong = found.lines.get(given__name="某企业")
    for part in ("校验位", "GB/T 4754", "西区", "去年"):
        assert part in wrong.problem.zh
    assert wrong.place == "firms.csv:7"
    alike = found.lines.get(group="conflicting")
    assert (alike.may, alike.like[0]["key"]) == (["update", "new"], "alpha-1")
    assert there.park.subjects.filter(kind="firm").count() == 3, "nothing is stored by looking"
    page = there.client_of("office").get(f"/p/alpha/firms/import/{found.pk}/?group=unusable")
    assert "西区" in page.content.decode()


def test_the_same_code_under_another_name_is_for_a_person(there: World) -> None:
    found = table(there, f"湖光新材料有限公司,{code(2)},,,,,,", f"云栖机械有限公司,{code(7)},,,,,,")
    first, second = found.lines.all()
    assert (first.group, first.may, first.like[0]["key"]) == ("conflicting", ["update"], "alpha-2")
    assert (second.group, second.may) == ("conflicting", ["update", "new"])
    double = there.park.subjects.get(key="alpha-3")
    registry.edit(double, registry.fields_of(double) | {"credit_code": code(2)}, there.people["office"], "x")
    found = table(there, f"湖光化工有限公司,{code(2)},,,,,,", f"x,{code(1)},alpha-2,,,,,")
    assert [(x.group, x.may) for x in found.lines.all()] == [("conflicting", []), ("conflicting", [])]


def test_all_is_stored_or_nothing_with_who_when_and_why(there: World) -> None:
    found = table(
        there, f"新企业有限公司,{code(10)},,2614,北区,2019,,", "无代码企业,,N-2,,,,,", f"云栖机械有限公司,{code(1)},,,北区,,,",
        "云栖机械（浙江）股份有限公司,,,,,,,", f"湖光新材料有限公司,{code(2)},,,,,,",
    )  # fmt: skip
    office, where = there.client_of("office"), f"/p/alpha/firms/import/{found.pk}/"
    office.post(f"{where}store/", {"group": ["new", "changed"], "why": " "})
    found.refresh_from_db()
    assert found.applied is None and there.park.subjects.filter(kind="firm").count() == 3
    alike, renamed = found.lines.filter(group="conflicting")
    office.post(f"{where}choose/", {f"choice-{alike.number}": "new", f"choice-{renamed.number}": "new"})
    assert not found.lines.exclude(choice="").filter(number=renamed.number).exists(), "that one can only be a change"
    office.post(f"{where}choose/", {f"choice-{alike.number}": "new", f"choice-{renamed.number}": "update"})
    before = facts_of(there.park)
    assert office.post(f"{where}store/", {"group": ["new", "changed"], "why": "2024 年名册"}).status_code == 302
    found.refresh_from_db()
    assert found.written == {"added": 3, "edited": 2} and found.why == "2024 年名册"
    made = there.park.subjects.get(key=code(10))
    assert registry.fields_of(made) == {
        "name": "新企业有限公司", "credit_code": code(10), "parent": "G1", "since": 2019, "until": None,
        "industry_code": "2614", "parcel": "",
    }  # fmt: skip
    assert there.park.subjects.get(key="N-2").parent == "alpha"
    assert there.park.subjects.get(key="云栖机械（浙江）股份有限公司").kind == "firm"
    assert there.park.subjects.get(key="alpha-2").name == "湖光新材料有限公司"
    events = FirmEvent.objects.filter(park=there.park)
    assert events.count() == 5
    edited = events.get(subject__key="alpha-2")
    assert (edited.kind, edited.by, edited.why) == ("edited", there.people["office"], "2024 年名册")
    assert edited.data["before"] == {"name": "湖光化工有限公司"} and edited.data["place"] == "firms.csv:6"
    there.park.refresh_from_db()
    assert code(10) in facts_of(there.park).subjects and code(10) not in before.subjects
    office.post(f"{where}store/", {"group": ["new"], "why": "again"})
    assert there.park.subjects.filter(kind="firm").count() == 6


def test_a_registry_that_has_moved_stores_nothing(there: World) -> None:
    found = table(there, f"新企业有限公司,{code(10)},,,,,,", f"云栖机械有限公司,{code(1)},,,,2015,,")
    firm = there.park.subjects.get(key="alpha-1")
    registry.edit(firm, registry.fields_of(firm) | {"since": 2014}, there.people["office"], "licence")
    office, where = there.client_of("office"), f"/p/alpha/firms/import/{found.pk}/"
    answer = office.post(f"{where}store/", {"group": ["new", "changed"], "why": "x"}, follow=True)
    assert "名册有变" in answer.content.decode()
    assert not there.park.subjects.filter(key=code(10)).exists()
    office.post(f"{where}again/")
    assert found.lines.get(key="alpha-1").before == {"since": 2014}
    office.post(f"{where}store/", {"group": ["new", "changed"], "why": "x"})
    assert there.park.subjects.get(key="alpha-1").since == 2015


def test_a_failure_in_the_middle_leaves_nothing(there: World, monkeypatch: Any) -> None:
    found = table(there, f"新企业有限公司,{code(10)},,,,,,", f"云栖机械有限公司,{code(1)},,,,2015,,")

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr(FirmEvent.objects, "bulk_create", broken)
    with pytest.raises(RuntimeError):
        bring_in.store(found, there.people["office"], ["new", "changed"], "x")
    assert there.park.subjects.filter(kind="firm").count() == 3
    assert RegistryTable.objects.get(pk=found.pk).applied is None


def test_own_titles_are_said_once_and_used_again(there: World) -> None:
    header = "户名,税号,坐落"
    answer = sent(there, f"{header}\n新企业,{code(10)},V1")
    assert answer.status_code == 302
    found = RegistryTable.objects.latest("pk")
    assert found.problems and "no column" in found.problems[0]["en"]
    office, where = there.client_of("office"), f"/p/alpha/firms/import/{found.pk}/"
    for fields in (["", "", ""], ["name", "name", ""], ["name", "nonsense", ""]):
        office.post(f"{where}columns/", {"title": header.split(","), "field": fields})
        assert set(RegistryTable.objects.get().columns.values()) == {""}
        assert found.lines.count() == 0
    office.post(f"{where}columns/", {"title": header.split(","), "field": ["name", "credit_code", "parcel"]})
    line = found.lines.get()
    assert (line.group, line.given) == ("new", {"name": "新企业", "credit_code": code(10), "parcel": "V1"})
    office.post(f"{where}store/", {"group": ["new"], "why": "x"})
    assert table(there, f"另一家,{code(11)},V2", header=header).lines.get().group == "new"


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [
        ("firms.csv", b"", 422),
        ("firms.exe", b"MZ", 422),
        ("firms.xlsx", b"no workbook", 422),
        ("firms.csv", b"a;b\n\n", 302),
    ],
)
def test_files_that_are_no_tables(there: World, name: str, content: bytes, status: int) -> None:
    answer = there.client_of("office").post("/p/alpha/firms/import/", {"file": SimpleUploadedFile(name, content)})
    assert answer.status_code == status
    if status == 302:
        found = RegistryTable.objects.get()
        assert found.problems
        office = there.client_of("office")
        assert office.get(f"/p/alpha/firms/import/{found.pk}/").status_code == 200
        office.post(f"/p/alpha/firms/import/{found.pk}/store/", {"group": ["new"], "why": "x"})
        assert RegistryTable.objects.get().applied is None


def test_parcels_of_the_map_are_known(there: World) -> None:
    square = {"type": "Polygon", "coordinates": [[[120, 30], [120.1, 30], [120.1, 30.1], [120, 30]]]}
    features = [{"type": "Feature", "geometry": square, "properties": {"id": p}} for p in ("V1", "V2")]
    MapLayer.objects.create(
        park=there.park, name="parcels", features={"type": "FeatureCollection", "features": features}
    )
    found = table(there, f"甲厂,{code(10)},,,,,,V1 V2", f"乙厂,{code(11)},,,,,,V9")
    assert groups_of(found) == {"甲厂": "new", "乙厂": "unusable"}
    bring_in.store(found, there.people["office"], ["new"], "x")
    assert registry.fields_of(there.park.subjects.get(key=code(10)))["parcel"] == "V1、V2"
    office = there.client_of("office")
    layers = office.get(f"/p/alpha/firms/of/{code(10)}/map.json").json()["layers"]
    assert [f["properties"]["id"] for x in layers if x["id"] == "parcels" for f in x["data"]["features"]] == [
        "V1",
        "V2",
    ]
    assert "甲厂" in office.get("/p/alpha/firms/?kind=parcels").content.decode()


def test_the_template_comes_back_as_it_went_out(there: World, tmp_path: Any) -> None:
    import openpyxl

    answer = there.client_of("office").get("/p/alpha/firms/import/template.xlsx")
    path = tmp_path / "t.xlsx"
    path.write_bytes(answer.content)
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    assert [tables.field_of(c.value) for c in sheet[1]] == list(tables.COLUMNS)
    sheet.append(["新企业有限公司", code(10), "", "2614", "北区", 2019, None, ""])
    book.save(path)
    there.client_of("office").post("/p/alpha/firms/import/", {"file": SimpleUploadedFile("t.xlsx", path.read_bytes())})
    line = RegistryTable.objects.get().lines.get()
    assert (line.group, line.place) == ("new", "t.xlsx!企业 firms!A2")
    assert line.after["since"] == 2019


def test_five_thousand_firms_come_by_the_worker(there: World) -> None:
    out = io.StringIO()
    sheet = csv.writer(out)
    sheet.writerow(HEADER.split(","))
    for n in range(5000):
        sheet.writerow([f"企业{n:05d}号有限公司", code(1000 + n), "", "2614", "北区", 2000 + n % 25, "", ""])
    answer = sent(there, out.getvalue())
    assert "?job=" in answer["Location"]
    found = RegistryTable.objects.get()
    assert bring_in.counts(found)["new"] == 5000
    where = f"/p/alpha/firms/import/{found.pk}/"
    office = there.client_of("office")
    stored = office.post(f"{where}store/", {"group": ["new", "changed"], "why": "名册"})
    assert Job.objects.get(kind="firms-store").state == "done"
    assert office.get(stored["Location"]).status_code == 200
    assert there.park.subjects.filter(kind="firm").count() == 5003
    assert FirmEvent.objects.filter(park=there.park, kind="added").count() == 5000


# -- groups ------------------------------------------------------------------------------------------------------------


def test_groups_are_added_renamed_and_given_to_firms(there: World) -> None:
    office = there.client_of("office")
    MapLayer.objects.create(
        park=there.park, name="groups",
        features={"features": [{"properties": {"id": "G1", "zh": "北区"}}, {"properties": {"id": "G2", "zh": "南区"}}]},
    )  # fmt: skip
    page = office.get("/p/alpha/firms/groups/")
    assert page.context["on_map"] == [("G2", "南区")]
    for given in (
        {"key": "G2", "name": "北区"}, {"key": "alpha-1", "name": "x"}, {"key": "G2", "name": " "}, {"key": "G1", "name": "新北区"}
    ):  # fmt: skip
        office.post("/p/alpha/firms/groups/save/", given)
    assert dict(there.park.subjects.filter(kind="group").values_list("key", "name")) == {"G1": "北区"}
    office.post("/p/alpha/firms/groups/save/", {"key": "G2", "name": "南区"})
    office.post("/p/alpha/firms/groups/save/", {"key": "G1", "name": "新北区", "why": "规划调整"})
    renamed = FirmEvent.objects.get(subject__key="G1")
    assert (renamed.why, renamed.data["before"], renamed.data["after"]) == (
        "规划调整",
        {"name": "北区"},
        {"name": "新北区"},
    )
    assert "南区" in office.get("/p/alpha/firms/new/").content.decode()
    give = {"parent": "G2", "like": "有限公司", "seen": "3", "why": "x"}
    office.post("/p/alpha/firms/groups/give/", give)
    assert not there.park.subjects.filter(parent="G2").exists(), "another number of firms than was seen"
    office.post("/p/alpha/firms/groups/give/", give | {"seen": "2"})
    assert set(there.park.subjects.filter(parent="G2").values_list("key", flat=True)) == {"alpha-1", "alpha-2"}
    there.park.refresh_from_db()
    assert facts_of(there.park).subjects["alpha-1"].parent == "G2"


# -- who may, and by token ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ROLES)
def test_only_the_office_brings_firms_in(there: World, role: str) -> None:
    found = table(there, f"新企业有限公司,{code(10)},,,,,,")
    there.park.published = True
    there.park.save()
    client, allowed = there.client_of(role), role in OFFICE
    for address in ("import/", "import/template.xlsx", f"import/{found.pk}/", "groups/"):
        assert (client.get(f"/p/alpha/firms/{address}").status_code == 200) == allowed
    posts = (
        "import/",
        f"import/{found.pk}/store/",
        f"import/{found.pk}/choose/",
        f"import/{found.pk}/columns/",
        f"import/{found.pk}/again/",
        "groups/save/",
        "groups/give/",
    )
    for address in posts:
        status = client.post(f"/p/alpha/firms/{address}", {}).status_code
        assert (status in (302, 422)) if allowed else status in (403, 404)
    if role != "admin":
        assert client.get(f"/p/beta/firms/import/{found.pk}/").status_code == 404
    there.park.published = False
    there.park.save()
    if role in ("anonymous", "stranger"):
        assert client.get("/p/alpha/firms/import/").status_code == 404


@pytest.mark.parametrize("role", ROLES)
def test_tables_and_groups_by_token(there: World, role: str) -> None:
    api, p = Api(there, role), "/parks/alpha"
    text = f"{HEADER}\n新企业有限公司,{code(10)},,,北区,,,\n云栖机械（浙江）公司,,,,,,,"
    file = SimpleUploadedFile("firms.csv", text.encode())
    answer = api.upload(f"{p}/registry-tables", {"file": file})
    if role not in OFFICE:
        refusal(answer, refused_as(role))
        refusal(api.get(f"{p}/registry-tables"), refused_as(role))
        refusal(api.get(f"{p}/groups"), refused_as(role))
        refusal(api.send(f"{p}/groups", {"key": "G2", "name": "南区"}, "put"), refused_as(role))
        refusal(api.send(f"{p}/groups/G1/firms", {"all": True, "why": "x"}), refused_as(role))
        return
    made = good(answer)
    assert (made["counts"]["new"], made["counts"]["conflicting"], made["applied"]) == (1, 1, None)
    where = f"{p}/registry-tables/{made['id']}"
    row = good(api.get(f"{where}/rows?group=conflicting"))["items"][0]
    refusal(api.send(f"{where}/decide", {"rows": [row["number"], 999], "choice": "new"}), 422)
    assert good(api.send(f"{where}/decide", {"rows": [row["number"]], "choice": "new"})) == {"rows": 1}
    refusal(api.send(f"{where}/store", {"why": ""}), 422)
    assert good(api.send(f"{where}/store", {"why": "名册"}))["written"] == {"added": 2, "edited": 0}
    refusal(api.send(f"{where}/store", {"why": "名册"}), 422)
    refusal(api.send(f"{where}/columns", {"columns": {"企业名称": "name"}}, "put"), 422)
    assert good(api.get(f"{p}/registry-tables"))["items"][0]["why"] == "名册"
    refusal(api.get(f"/parks/beta/registry-tables/{made['id']}"), 404)
    assert api.get(f"{p}/registry-tables/template.xlsx").content[:2] == b"PK"
    rows = good(api.send(f"{p}/groups", {"key": "G2", "name": "南区"}, "put"))
    assert {g["key"] for g in rows} == {"G1", "G2", "alpha"}
    refusal(api.send(f"{p}/groups/G2/firms", {"why": "x"}), 422)
    refusal(api.send(f"{p}/groups/G2/firms", {"firms": ["nobody"], "why": "x"}), 422)
    refusal(api.send(f"{p}/groups/G9/firms", {"firms": ["alpha-1"], "why": "x"}), 422)
    refusal(api.send(f"{p}/groups/G2/firms", {"all": True, "seen": 1, "why": "x"}), 409)
    assert good(api.send(f"{p}/groups/G2/firms", {"firms": ["alpha-1"], "why": "x"})) == {"moved": 1}
