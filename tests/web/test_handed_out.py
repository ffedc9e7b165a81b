"""The dispatch list and the register of cases as files: they say what the page says, to whom it says it, and no formula."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from docx import Document
from openpyxl import load_workbook

from ecopark.web.cases import lists as case_lists
from ecopark.web.cases.models import Case, CaseEvent
from ecopark.web.people.models import Membership
from ecopark.web.tasks.models import Task, TaskEvent
from ecopark.workflows import write_dispatch

from .api_calls import Api
from .conftest import World
from .test_cases import found, gridded, step
from .test_tasks import make

__all__ = ["gridded"]

LANGUAGES = {"zh-hans": "zh", "en": "en"}
DISPATCH, CASES = "/p/alpha/tasks/dispatch", "/p/alpha/cases/register"


def get(world: World, address: str, role: str = "office", lang: str = "zh-hans") -> Any:
    client = world.client_of(role)
    client.cookies["django_language"] = lang
    return client.get(address)


def table(answer: Any) -> list[list[Any]]:
    """The first sheet of a workbook."""
    assert answer.status_code == 200, answer.content[:300]
    return [list(row) for row in load_workbook(io.BytesIO(answer.content)).worksheets[0].iter_rows(values_only=True)]


def words_of(answer: Any) -> str:
    """All that stands in a Word document."""
    document = Document(io.BytesIO(answer.content))
    cells = [cell.text for one in document.tables for row in one.rows for cell in row.cells]
    return "\n".join([*(p.text for p in document.paragraphs), *cells])


def _busy(world: World) -> Task:
    """A task on the list, helped with by another department, with a word of its own."""
    soon = str(timezone.localdate() + timedelta(days=10))
    task = make(
        world, due=soon, target="", op="", quantity="", measure="=1+1 宣传", measure_en="=HYPERLINK(1) campaign"
    )
    water = world.park.departments.get(key="water")
    task.support = [{"key": water.key, "zh": water.name, "en": water.name_en}]
    task.save()
    said = {"kind": "progress", "share": "30", "note": "@已办三场"}
    assert world.client_of("office").post(f"/p/alpha/tasks/{task.number}/step/", said).status_code == 302
    return task


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_file_of_the_dispatch_list_says_what_the_page_says(world: World, lang: str) -> None:
    task, own = _busy(world), LANGUAGES[lang]
    page = get(world, f"{DISPATCH}/", lang=lang)
    sheet = page.context["sheet"]
    [row] = sheet.groups[0].rows
    assert (row.number, row.done, row.note, row.reasons) == (task.number, 30, "@已办三场", ("amber", "due"))
    said = [
        world.park.label[own], f"{sheet.on}", sheet.groups[0].label[own], row.measure[own], row.support[0][own], "30%",
        row.due.isoformat(), row.light.why[own], row.why[0][own], row.note, write_dispatch.W["sign"][own],
    ]  # fmt: skip
    shown = re.sub(r"\s+", " ", page.content.decode())
    assert [text for text in said[:-1] if text not in shown] == []
    answers = {ending: get(world, f"{DISPATCH}.{ending}", lang=lang) for ending in write_dispatch.FORMATS}
    assert {a.status_code for a in answers.values()} == {200}
    assert all("attachment" in a["Content-Disposition"] for a in answers.values())
    for text in (words_of(answers["docx"]), answers["html"].content.decode()):
        assert [one for one in said if one not in text] == []
    assert answers["pdf"].content.startswith(b"%PDF-")
    rows = table(answers["xlsx"])
    assert world.park.label[own] in rows[0][0]
    cells = rows[3]
    assert cells[0] == said[2]
    assert cells[1:3] == [task.number, row.measure[own]]
    assert (cells[4], cells[5].date(), cells[6], cells[10]) == (row.support[0][own], row.due, 30, "@已办三场")
    assert rows[-1][0] == write_dispatch.W["sign"][own]
    assert get(world, f"{DISPATCH}.exe").status_code == 404


def test_no_text_becomes_a_formula(gridded: World) -> None:
    _busy(gridded)
    found(gridded, text="=cmd|' /C calc'!A0", place="+1+1")
    for address, texts in (
        (f"{DISPATCH}.xlsx", {"=1+1 宣传", "@已办三场"}), (f"{CASES}.xlsx", {"=cmd|' /C calc'!A0", "+1+1"}),
    ):  # fmt: skip
        sheet = load_workbook(io.BytesIO(get(gridded, address).content)).worksheets[0]
        cells = [cell for row in sheet.iter_rows() for cell in row]
        assert {cell.data_type for cell in cells if cell.value in texts} == {"s"}
        assert texts <= {cell.value for cell in cells}
        assert not any(cell.data_type == "f" for cell in cells)
    lines = list(csv.reader(io.StringIO(get(gridded, f"{CASES}.csv").content.decode("utf-8-sig"))))
    assert lines[1][-1] == "'=cmd|' /C calc'!A0"


def test_a_month_without_tasks_says_so(world: World) -> None:
    _busy(world)
    for lang, own in LANGUAGES.items():
        nothing = write_dispatch.NOTHING[0][own]
        assert nothing in get(world, f"{DISPATCH}/?month=2020-01", lang=lang).content.decode()
        assert nothing in words_of(get(world, f"{DISPATCH}.docx?month=2020-01", lang=lang))
        rows = table(get(world, f"{DISPATCH}.xlsx?month=2020-01", lang=lang))
        assert [row for row in rows if row[0] == nothing]
        assert "2020-01-31" in rows[1][0]


def test_what_does_not_fit_on_paper_is_told_and_stands_in_the_sheet(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _many_tasks(world, 5)
    monkeypatch.setattr(write_dispatch, "MOST_ON_PAPER", 3)
    text = words_of(get(world, f"{DISPATCH}.docx"))
    assert "另有 2 项" in text
    assert [n for n in range(5) if f"任务{n}号" in text] == [0, 1, 2]
    assert len([row for row in table(get(world, f"{DISPATCH}.xlsx")) if "号" in str(row[2])]) == 5


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_register_as_a_sheet_is_what_the_filters_choose(gridded: World, lang: str) -> None:
    own = LANGUAGES[lang]
    dust, noise = found(gridded, firm=""), found(gridded, at=120.015, kind="noise", text="夜间施工", place="南门")
    assert step(gridded, "office", dust, "assigned") == 302
    assert step(gridded, "firm", dust, "rectified", note="已覆盖") == 302
    page = get(gridded, "/p/alpha/cases/?sort=number", lang=lang).context["rows"]
    head, *rows = table(get(gridded, f"{CASES}.xlsx?sort=number", lang=lang))
    assert [row[0] for row in rows] == [dust.number, noise.number] == [r["case"].number for r in page]
    by_name = [dict(zip(head, row, strict=True)) for row in rows]
    zh = own == "zh"
    for line, shown in zip(by_name, page, strict=True):
        case = shown["case"]
        assert line["类型" if zh else "Kind"] == shown["kind"][own]
        assert line["紧急程度" if zh else "Severity"] == shown["severity"].label[own]
        assert line["状态" if zh else "Status"] == shown["status"][own]
        assert line["网格" if zh else "Grid"] == shown["grid"][own]
        assert (line["整改单位" if zh else "Given to"] or "") == (shown["to"][own] if shown["to"] else "")
        assert line["问题描述" if zh else "Text"] == case.text
        assert line["发现时间" if zh else "Found"] == timezone.localtime(case.found).replace(
            tzinfo=None, second=0, microsecond=0
        )
        assert (line["经度 [°]" if zh else "Longitude [°]"], line["纬度 [°]" if zh else "Latitude [°]"]) == (
            case.lon, case.lat,
        )  # fmt: skip
    assert by_name[0]["整改是否按期" if zh else "Rectified in time"] == ("按期" if zh else "in time")
    for query, numbers in {"kind=noise": [2], "status=rectified": [1], "grid=G2": [2], "like=zzz": []}.items():
        assert [row[0] for row in table(get(gridded, f"{CASES}.xlsx?{query}"))[1:]] == numbers, query
    lines = list(
        csv.reader(io.StringIO(get(gridded, f"{CASES}.csv?kind=noise", lang=lang).content.decode("utf-8-sig")))
    )
    assert lines[0] == head
    assert lines[1][0] == "2"
    assert get(gridded, f"{CASES}.docx").status_code == 404


def test_everybody_gets_the_cases_they_know_and_no_other(gridded: World) -> None:
    of_one, of_two = (
        found(gridded, "office", firm="alpha-1"),
        found(gridded, "office", at=120.015, firm="alpha-2", text="绝密问题"),
    )
    Membership.objects.create(user=gridded.people["stranger"], role="firm", park=gridded.park, firm="alpha-2")
    for role, numbers in {
        "office": {1, 2}, "reviewer": {1, 2}, "keeper": {of_one.number}, "firm": {of_one.number}, "stranger": {of_two.number},
    }.items():  # fmt: skip
        for ending in ("xlsx", "csv"):
            page = get(gridded, f"{CASES}.{ending}", role)
            api: Any = Api(gridded, role).get(f"/parks/alpha/cases/register?ending={ending}")
            for answer in (page, api):
                if ending == "xlsx":
                    got = {row[0] for row in table(answer)[1:]}
                else:
                    got = {int(row[0]) for row in list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))[1:]}
                assert got == numbers, (role, ending)


@pytest.mark.parametrize("published", [False, True])
def test_who_may_not_see_the_page_gets_no_file(gridded: World, published: bool) -> None:
    _busy(gridded)
    found(gridded)
    gridded.park.published = published
    gridded.park.save()
    hidden = 403 if published else 404
    tasks = {"firm": 403, "keeper": 403, "stranger": hidden, "anonymous": hidden}
    for role, status in tasks.items():
        for ending in write_dispatch.FORMATS:
            assert get(gridded, f"{DISPATCH}.{ending}", role).status_code == status, (role, ending)
    for role in ("stranger", "anonymous"):
        for ending in ("xlsx", "csv"):
            assert get(gridded, f"{CASES}.{ending}", role).status_code == hidden, (role, ending)


def test_a_token_gets_the_same_files_in_the_language_it_asks_for(gridded: World) -> None:
    _busy(gridded)
    found(gridded, kind="noise")
    api = Api(gridded, "office")
    for own in ("zh", "en"):
        word: Any = api.get(f"/parks/alpha/tasks/dispatch/file?language={own}")
        lang = {v: k for k, v in LANGUAGES.items()}[own]
        assert words_of(word) == words_of(get(gridded, f"{DISPATCH}.docx", lang=lang))
        sheet: Any = api.get(f"/parks/alpha/cases/register?kind=noise&language={own}")
        assert table(sheet) == table(get(gridded, f"{CASES}.xlsx?kind=noise", lang=lang))
    assert "2020-01-31" in table(api.get("/parks/alpha/tasks/dispatch/file?month=2020-01&ending=xlsx"))[1][0]
    assert api.get("/parks/alpha/tasks/dispatch/file?ending=exe").status_code == 422
    assert api.get("/parks/alpha/cases/register?language=fr").status_code == 422


def _many_tasks(world: World, n: int) -> None:
    """So many tasks that are all on the list, with something to say."""
    today, office = timezone.localdate(), world.people["office"]
    first = Task.objects.filter(park=world.park).count()
    made = Task.objects.bulk_create(
        Task(
            park=world.park, number=first + i + 1, measure=f"任务{i}号", lead="ecology_environment", lead_name="生态环境局",
            support=[{"key": "water", "zh": "水务局", "en": "water"}], start=today, due=today + timedelta(days=9), by=office,
            due_now=today + timedelta(days=9), colour="amber",
        )
        for i in range(n)
    )  # fmt: skip
    TaskEvent.objects.bulk_create(TaskEvent(task=task, kind="made", on=today, by=office) for task in made)
    TaskEvent.objects.bulk_create(
        TaskEvent(task=task, kind="progress", on=today, note="推进中", share="20", by=office) for task in made
    )


def _many_cases(world: World, n: int) -> None:
    now, office = timezone.now(), world.people["office"]
    firms = list(world.park.subjects.filter(kind="firm"))
    first = Case.objects.filter(park=world.park).count()
    made = Case.objects.bulk_create(
        Case(
            park=world.park, number=first + i + 1, kind="dust", severity="ordinary", text="裸土", by=office, grid=f"G{i % 2 + 1}",
            firm=firms[i % 3], status="assigned", to=("firm:alpha-1", "firm:gone", "keeper:G1", "office:water", "office:gone")[i % 5],
            found=now - timedelta(days=1), due=now + timedelta(days=1),
        )
        for i in range(n)
    )  # fmt: skip
    CaseEvent.objects.bulk_create(CaseEvent(case=case, kind="found", by=office) for case in made)


def test_five_thousand_tasks_and_cases_are_asked_for_at_once(gridded: World) -> None:
    asked: dict[str, list[int]] = {}
    for n in (10, 4990):
        _many_tasks(gridded, n)
        _many_cases(gridded, n)
        get(gridded, f"{DISPATCH}/")  # the copies of the lights are brought up once a day
        for address in (f"{DISPATCH}.xlsx", f"{CASES}.xlsx", f"{CASES}.csv"):
            with CaptureQueriesContext(
                connection,
            ) as queries:
                answer = get(gridded, address)
            assert answer.status_code == 200
            asked.setdefault(address, []).append(len(queries))
    assert len(table(get(gridded, f"{CASES}.xlsx"))) == 5001
    assert len([row for row in table(get(gridded, f"{DISPATCH}.xlsx")) if isinstance(row[1], int)]) == 5000
    for address, (few, many) in asked.items():
        assert many <= few + 8, (address, few, many)  # what is read beside comes in bundles of keys


def test_a_register_that_is_too_long_says_what_is_left_out(gridded: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _many_cases(gridded, 5)
    monkeypatch.setattr(case_lists, "MOST_COUNTED", 3)
    rows = table(get(gridded, f"{CASES}.xlsx"))
    assert [row[0] for row in rows[1:4]] == [5, 4, 3]
    assert "另有 2 件" in rows[-1][0]
