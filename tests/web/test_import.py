"""A workbook comes in by a preview; it is stored whole or not at all."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from ecopark.web.figures import imports
from ecopark.web.figures.change import Change, ConflictError, write
from ecopark.web.figures.models import Figure, Import

from .conftest import World

LONG = ["subject", "quantity", "period", "value", "unit"]


def workbook(*rows: tuple[Any, ...], head: tuple[str, ...] = tuple(LONG)) -> bytes:
    """A workbook in the long form."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(head)
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def send(world: World, data: bytes, name: str = "facts.xlsx", role: str = "office", year: str = "") -> Any:
    """Upload as a person would; the answer follows the redirect to the preview."""
    client = world.client_of(role)
    file = SimpleUploadedFile(name, data)
    return client.post("/p/alpha/data/import/", {"file": file, "year": year}, follow=True)


ROWS = (
    ("alpha", "publicity_events", "2023", 3, "events/year"),
    ("alpha", "publicity_events", "2022", 4, "events/year"),
    ("alpha", "publicity_events", "2021", 2, "events/year"),
    ("beta-1", "industrial_fresh_water_m3", "2023", 9, "m3"),
    ("alpha", "publicity_events", "2020", "five", "events/year"),
)


def test_a_preview_sorts_every_row_and_stores_nothing(world: World) -> None:
    world.park.figures.filter(quantity="publicity_events", period="2022").update(place="old.xlsx!A!B2")
    answer = send(world, workbook(*ROWS))
    assert answer.status_code == 200
    found = Import.objects.get()
    groups = {(line.period, line.subject): line.group for line in imports.remembered(found)}
    assert groups[("2023", "alpha")] == "same"
    assert groups[("2022", "alpha")] == "changed"
    assert groups[("2021", "alpha")] == "new"
    assert groups[("2023", "beta-1")] == "unusable"
    assert imports.counts(imports.remembered(found))["unusable"] == 2
    assert not Figure.objects.filter(park=world.park, period="2021").exists()


def test_what_was_typed_on_the_site_since_is_a_conflict_and_needs_a_tick(world: World) -> None:
    write(world.park, [Change("alpha", "publicity_events", "2022", "7", "events/year")], world.people["office"], "")
    send(world, workbook(ROWS[1]))
    found = Import.objects.get()
    assert [line.group for line in imports.remembered(found)] == ["conflicting"]
    assert imports.apply(found, world.people["office"], ["new", "changed"]) == 0


def test_stored_with_its_cell_and_its_reason(world: World) -> None:
    send(world, workbook(ROWS[2]))
    found = Import.objects.get()
    answer = world.client_of("office").post(f"/p/alpha/data/import/{found.pk}/apply/", {"group": ["new"]}, follow=True)
    assert answer.status_code == 200
    figure = Figure.objects.get(park=world.park, period="2021", quantity="publicity_events")
    assert figure.place == "facts.xlsx!Sheet!D2"
    assert figure.came_with == found
    assert "facts.xlsx" in figure.history.get().history_change_reason
    again = world.client_of("office").post(f"/p/alpha/data/import/{found.pk}/apply/", {"group": ["new"]}, follow=True)
    assert again.status_code == 200
    assert figure.history.count() == 1


def test_a_change_after_the_preview_stops_all_of_it(world: World) -> None:
    world.park.figures.filter(quantity="publicity_events").update(place="old.xlsx!A!B2")
    send(world, workbook(ROWS[1], ROWS[2]))
    write(world.park, [Change("alpha", "publicity_events", "2022", "8", "events/year")], world.people["consultant"], "")
    with pytest.raises(ConflictError):
        imports.apply(Import.objects.get(), world.people["office"], ["new", "changed"])
    assert not Figure.objects.filter(park=world.park, period="2021").exists()


def test_rows_of_another_year_are_set_apart(world: World) -> None:
    send(world, workbook(ROWS[2]), year="2023")
    assert [line.group for line in imports.remembered(Import.objects.get())] == ["other_year"]


def _macro() -> bytes:
    out = io.BytesIO(workbook(ROWS[0]))
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"x")
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("facts.xlsx", b"%PDF-1.7 not a workbook", "另存为"),
        ("facts.xlsx", b"", "空文件"),
        ("facts.exe", b"MZ", "不接受"),
        ("facts.xlsm", b"PK", "不接受"),
        ("empty.csv", b"\n\n", ""),
        ("macro.xlsx", _macro(), "宏"),
        ("cut.xlsx", workbook(ROWS[0])[:300], "另存为"),
    ],
)
def test_what_is_no_workbook_is_refused_with_the_repair(world: World, name: str, data: bytes, said: str) -> None:
    answer = send(world, data, name)
    assert answer.status_code in (200, 422)
    if answer.status_code == 422:
        assert said in answer.content.decode()
        assert not Import.objects.exists()


def test_a_big_file_is_refused(world: World, settings: Any) -> None:
    settings.MAX_UPLOAD = 1000
    answer = send(world, workbook(*ROWS))
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("role", "status"), [("keeper", 403), ("reviewer", 403), ("stranger", 404), ("anonymous", 404)]
)
def test_who_brings_no_workbooks_in(world: World, role: str, status: int) -> None:
    assert send(world, workbook(ROWS[2]), role=role).status_code == status


def test_the_template_that_goes_out_comes_back_in(world: World) -> None:
    client = world.client_of("office")
    book = openpyxl.load_workbook(io.BytesIO(client.get("/p/alpha/data/template.xlsx").content))
    first = " ".join(str(c.value) for row in book.worksheets[0].iter_rows() for c in row if c.value)
    assert "数据 › 导入" in first
    assert "ecopark check" not in first, "nobody who fills in the site's template has the command line"
    filled = 0
    for sheet in book.worksheets:
        column = next((c.column for row in sheet.iter_rows(max_row=6) for c in row if str(c.value) == "2024"), None)
        for row in sheet.iter_rows(min_row=2):
            if row[0].value == "publicity_events" and column is not None:
                sheet.cell(row[0].row, column, 6)
                filled += 1
    assert filled == 1
    out = io.BytesIO()
    book.save(out)
    send(world, out.getvalue(), "template.xlsx")
    lines = imports.remembered(Import.objects.get())
    assert [(line.group, line.quantity, line.period, line.given) for line in lines] == [
        ("new", "publicity_events", "2024", "6")
    ]


def test_a_note_that_is_too_long_is_told_in_its_row_and_the_others_come_in(world: World) -> None:
    long = ("alpha", "publicity_events", "2021", 2, "events/year", "长" * 501)
    send(world, workbook(long, (*ROWS[1], "短"), head=(*LONG, "note")))
    lines = {line.period: line for line in imports.remembered(Import.objects.get())}
    assert lines["2021"].group == "unusable"
    assert "备注有 501 个字，最多 500 个字" in lines["2021"].problem.zh
    assert len(lines["2021"].note) == 500
    assert lines["2022"].group in ("changed", "conflicting")
