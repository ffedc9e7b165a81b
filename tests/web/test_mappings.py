"""A department's own table on the site: its columns are said once, saved, used again, and told when they change."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from ecopark.errors import Place
from ecopark.observations.mapping import from_dict, read_mapping
from ecopark.web.figures import imports
from ecopark.web.figures.models import Figure, Import, SavedMapping
from ecopark.web.parks.models import Subject

from .conftest import ROLES, World

HEAD = ["序号", "企业名称", "工业新鲜水量（万立方米）", "工业综合能耗（吨标煤）", "备注"]
TABLE = [
    ["2024年企业用水用能表"],
    HEAD,
    [1, "企业 alpha-1", "1.5", "2,000", ""],
    [2, "企业 alpha-2", "3", "1.2万", "停产"],
    ["", "合计", 4.5, 14000, ""],
]
UPLOAD = "/p/alpha/data/import/"


def workbook(rows: Sequence[Sequence[Any]], sheet: str = "能耗") -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.title = sheet
    for row in rows:
        book.active.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def send(world: World, rows: Sequence[Sequence[Any]], mapping: str = "new", year: str = "2024", **more: Any) -> Any:
    file = SimpleUploadedFile("own.xlsx", workbook(rows, **more))
    return world.client_of("office").post(UPLOAD, {"file": file, "year": year, "mapping": mapping}, follow=True)


def form_of(answer: Any) -> dict[str, Any]:
    """What the form of the page would send."""
    page, m = answer.context["page"], answer.context["page"].mapping
    fields: dict[str, Any] = {
        "act": "save", "name": answer.context["name"], "sheet": m.sheet, "header": m.header, "header_rows": m.header_rows,
        "layout": m.layout, "period": m.period, "year": m.year, "fixed_subject": m.fixed_subject,
        "title": [line.title for line in page.columns], "role": [line.role for line in page.columns],
    }  # fmt: skip
    for what, lines in (("title", page.columns), ("row", page.indicators)):
        fields[f"{what}-quantity"] = [line.quantity for line in lines]
        fields[f"{what}-unit"] = [line.unit for line in lines]
        fields[f"{what}-by"] = [line.by for line in lines]
    fields["row"] = [line.title for line in page.indicators]
    return fields


def columns_of(found: Import) -> str:
    return f"{UPLOAD}{found.pk}/columns/"


def saved(world: World, name: str = "用能年报") -> SavedMapping:
    answer = send(world, TABLE)
    fields = form_of(answer) | {"name": name}
    made = world.client_of("office").post(columns_of(Import.objects.first()), fields, follow=True)  # type: ignore[arg-type]
    assert made.status_code == 200
    return SavedMapping.objects.get(name=name)


def lines_of(found: Import) -> dict[str, list[Any]]:
    groups: dict[str, list[Any]] = {}
    for line in imports.remembered(found):
        groups.setdefault(line.group, []).append(line)
    return groups


def test_a_table_is_suggested_saved_previewed_and_stored(world: World) -> None:
    answer = send(world, TABLE)
    m = answer.context["page"].mapping
    assert [(v.column, v.quantity) for v in m.values] == [
        ("工业新鲜水量(万立方米)", "industrial_fresh_water_m3"),
        ("工业综合能耗(吨标煤)", "energy_industrial_tce"),
    ]
    assert "企业 alpha-1" in answer.content.decode()
    found = Import.objects.get()
    assert Figure.objects.filter(period="2024").count() == 0
    preview = world.client_of("office").post(columns_of(found), form_of(answer) | {"name": "用能年报"}, follow=True)
    assert preview.redirect_chain[-1][0] == f"{UPLOAD}{found.pk}/"
    found.refresh_from_db()
    groups = lines_of(found)
    assert {(line.subject, line.given, line.unit) for line in groups["new"]} == {
        ("alpha-1", "1.5", "万立方米"), ("alpha-1", "2,000", "吨标煤"), ("alpha-2", "3", "万立方米"),
        ("alpha-2", "1.2万", "吨标煤"),
    }  # fmt: skip
    assert [line.place for line in groups["left"]] == ["own.xlsx!能耗!B5"]
    assert Figure.objects.filter(period="2024").count() == 0
    world.client_of("office").post(f"{UPLOAD}{found.pk}/apply/", {"group": ["new"]})
    water = Figure.objects.get(subject__key="alpha-1", quantity="industrial_fresh_water_m3", period="2024")
    assert (water.number, water.place) == (15000.0, "own.xlsx!能耗!C3")


def test_next_year_the_saved_mapping_is_enough(world: World) -> None:
    kept = saved(world)
    later = [["2025年企业用水用能表"], ["填报部门：经发局"], HEAD[1:], ["企业 alpha-3", 7, 8, ""]]
    answer = send(world, later, str(kept.pk), "2025")
    found = Import.objects.first()
    assert found is not None
    assert answer.redirect_chain[-1][0] == f"{UPLOAD}{found.pk}/"
    assert {(line.subject, line.period) for line in lines_of(found)["new"]} == {("alpha-3", "2025")}
    assert found.mapping == kept


def test_columns_that_no_longer_fit_are_told_and_can_be_mended(world: World) -> None:
    kept = saved(world)
    later = [
        ["2025年"],
        ["企业名称", "工业新鲜水用量（万立方米）", "工业综合能耗（吨标煤）", "税收"],
        ["企业 alpha-3", 7, 8, 1],
    ]
    answer = send(world, later, str(kept.pk), "2025")
    found = Import.objects.first()
    assert found is not None
    assert answer.redirect_chain[-1][0] == columns_of(found)
    text = answer.content.decode()
    assert "没有“工业新鲜水量(万立方米)”列" in text
    assert "是否指“工业新鲜水用量(万立方米)”" in text
    assert Figure.objects.filter(period="2025").count() == 0
    fields = form_of(answer)
    at = fields["title"].index("工业新鲜水用量(万立方米)")
    fields["role"][at], fields["title-quantity"][at], fields["title-unit"][at] = (
        "value", "industrial_fresh_water_m3", "万立方米",
    )  # fmt: skip
    world.client_of("office").post(columns_of(found), fields)
    found.refresh_from_db()
    assert len(lines_of(found)["new"]) == 2
    kept.refresh_from_db()
    assert kept.history.count() == 2
    assert kept.history.latest().history_change_reason.startswith("own.xlsx")


@pytest.mark.parametrize(
    ("rows", "year", "says"),
    [
        ([["2024年"], HEAD, [1, "别家甲公司", 1, 2, ""], [2, "别家乙公司", 1, 2, ""]], "2024", "另一个园区"),
        (TABLE, "2025", "2024 年，要导入的是 2025 年"),
        (TABLE, "", "哪一年"),
        (TABLE[2:4], "2024", "没有列对应所说的任何一列"),
        ([TABLE[0], [*HEAD[:3], HEAD[2], ""], TABLE[2]], "2024", "工业综合能耗(吨标煤)"),
    ],
)
def test_a_file_that_does_not_fit_is_not_read(world: World, rows: list[list[Any]], year: str, says: str) -> None:
    kept = saved(world)
    before = Figure.objects.count()
    answer = send(world, rows, str(kept.pk), year)
    assert says in answer.content.decode()
    assert Figure.objects.count() == before
    assert "lines" not in Import.objects.first().summary  # type: ignore[union-attr]


def test_what_is_wrong_with_a_mapping_is_told_at_once_and_nothing_is_saved(world: World) -> None:
    answer = send(world, TABLE)
    found, client = Import.objects.get(), world.client_of("office")
    fields = form_of(answer)
    unnamed = client.post(columns_of(found), fields)
    assert (unnamed.status_code, "起个名字" in unnamed.content.decode()) == (422, True)
    twice = fields | {"name": "x", "title-quantity": ["", "", "energy_industrial_tce", "energy_industrial_tce", ""]}
    text = client.post(columns_of(found), twice).content.decode()
    assert "两列都对应到" in text
    unit = fields | {"name": "x", "title-unit": ["", "", "桶", "吨标煤", ""]}
    text = client.post(columns_of(found), unit).content.decode()
    assert "桶" in text
    unknown = fields | {"name": "x", "title-quantity": ["", "", "no_such_quantity", "energy_industrial_tce", ""]}
    assert "no_such_quantity" in client.post(columns_of(found), unknown).content.decode()
    nobody = fields | {"name": "x", "role": ["ignored"] * 5, "fixed_subject": "nobody"}
    assert client.post(columns_of(found), nobody).status_code == 422
    assert not SavedMapping.objects.exists()


def test_one_unregistered_firm_and_a_formula_stand_at_their_cells(world: World) -> None:
    kept = saved(world)
    rows = [*TABLE[:4], [3, "企业 alpha-33", 1, 2, ""], [4, "企业 alpha-3", "=1+1", 5, ""]]
    send(world, rows, str(kept.pk))
    found = Import.objects.first()
    assert found is not None
    wrong = {line.place: line.problem_zh for line in lines_of(found)["unusable"]}
    assert set(wrong) == {"own.xlsx!能耗!B5", "own.xlsx!能耗!C6"}
    assert "企业alpha-3" in wrong["own.xlsx!能耗!B5"]


def test_firms_are_found_by_their_credit_code(world: World) -> None:
    Subject.objects.filter(park=world.park, key="alpha-2").update(credit_code="91320000100000002B")
    rows = [["统一社会信用代码", "单位", "工业新鲜水量（立方米）"], ["91320000100000002B", "改过名的公司", 9]]
    answer = send(world, rows)
    assert answer.context["page"].mapping.subject_by == "credit_code"
    found = Import.objects.get()
    world.client_of("office").post(columns_of(found), form_of(answer) | {"name": "x"})
    found.refresh_from_db()
    assert [line.subject for line in lines_of(found)["new"]] == ["alpha-2"]


def test_one_row_an_indicator_is_the_parks_own(world: World) -> None:
    rows = [
        ["指标名称", "单位", "2024年", "2025年"],
        ["工业增加值", "亿元", 90, 95],
        ["园区面积", "平方公里", 9, 9],
        ["亮点", "个", 1, 2],
    ]
    answer = send(world, rows, year="")
    fields = form_of(answer) | {"name": "主要指标"}
    assert fields["layout"] == "indicators"
    found = Import.objects.get()
    world.client_of("office").post(columns_of(found), fields)
    found.refresh_from_db()
    new = {(line.subject, line.quantity, line.period) for line in lines_of(found)["new"]}
    assert ("alpha", "industrial_value_added", "2025") in new
    assert {line.subject for line in lines_of(found)["new"]} == {"alpha"}


@pytest.mark.parametrize("called", ["工业新鲜水量", "Industrial fresh water", " industrial_fresh_water_m3 "])
def test_a_quantity_is_chosen_by_its_name(world: World, called: str) -> None:
    answer = send(world, TABLE)
    assert 'value="工业新鲜水量"' in answer.content.decode()
    fields = form_of(answer) | {"name": "用能年报"}
    at = fields["title-quantity"].index("industrial_fresh_water_m3")
    fields["title-quantity"][at] = called
    world.client_of("office").post(columns_of(Import.objects.get()), fields)
    kept = SavedMapping.objects.get()
    assert [v["quantity"] for v in kept.body["values"]] == ["industrial_fresh_water_m3", "energy_industrial_tce"]


def test_suggest_again_takes_the_chosen_header(world: World) -> None:
    answer = send(world, TABLE)
    found = Import.objects.get()
    fields = form_of(answer) | {"act": "again", "header": "3", "layout": "subjects"}
    again = world.client_of("office").post(columns_of(found), fields)
    assert again.status_code == 200
    assert again.context["page"].mapping.header == 3


@pytest.mark.parametrize("role", ROLES)
def test_only_who_may_import_sees_and_changes_mappings(world: World, role: str) -> None:
    kept = saved(world)
    found = Import.objects.first()
    assert found is not None
    may = role in ("admin", "office", "consultant")
    client = world.client_of(role)
    for address in (f"{UPLOAD}{found.pk}/columns/", f"/p/alpha/data/mappings/{kept.pk}.yaml"):
        status = client.get(address).status_code
        assert (status == 200) == may, address
        assert may or status in (403, 404)
    assert client.get(f"/p/beta/data/mappings/{kept.pk}.yaml").status_code == 404 or role == "admin"
    status = client.post(f"/p/alpha/data/mappings/{kept.pk}/withdraw/").status_code
    kept.refresh_from_db()
    assert (status == 302, kept.withdrawn is not None) == (may, may)


def test_a_mapping_of_another_park_is_not_used(world: World) -> None:
    kept = saved(world)
    SavedMapping.objects.filter(pk=kept.pk).update(park=world.other)
    answer = send(world, TABLE, str(kept.pk))
    assert answer.status_code == 422
    client = world.client_of("office")
    assert client.get(f"/p/alpha/data/mappings/{kept.pk}.yaml").status_code == 404


def test_a_saved_mapping_comes_out_as_yaml_and_is_understood(world: World, tmp_path: Any) -> None:
    kept = saved(world)
    text = world.client_of("office").get(f"/p/alpha/data/mappings/{kept.pk}.yaml").content
    path = tmp_path / "own.xlsx.mapping.yaml"
    path.write_bytes(text)
    found, problems = read_mapping(path)
    assert not problems
    assert found == from_dict(kept.body, Place("x"))[0]


def test_a_file_that_is_no_table_is_refused_at_the_door(world: World) -> None:
    file = SimpleUploadedFile("own.csv", b"\n\n")
    answer = world.client_of("office").post(UPLOAD, {"file": file, "mapping": "new"})
    assert answer.status_code == 422
    assert not Import.objects.exists()
