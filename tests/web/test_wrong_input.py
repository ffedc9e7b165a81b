"""Every wrong input that issue 4 names, in both languages: one clear report, nothing half-written, what was typed kept."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from ecopark.web.cases.models import Case
from ecopark.web.figures import imports, submit
from ecopark.web.figures.models import Evidence, Figure, Import, Submission

from .conftest import World
from .test_cases import JPG
from .test_import import ROWS, _macro, workbook
from .test_tasks import make as make_task

LANGUAGES = ("zh-hans", "en")
MB = 1024 * 1024
Said = dict[str, str]


def at(world: World, role: str, lang: str) -> Client:
    """Somebody reading one of the languages."""
    client = world.client_of(role)
    client.cookies["django_language"] = lang
    return client


def words(answer: Any) -> str:
    """What stands on a page, without its marks."""
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())))


def template(client: Client, slug: str, change: Callable[[Any], None] = lambda book: None, value: Any = 6) -> bytes:
    """A template as it goes out, with one figure typed in and something done to it."""
    answer = client.get(f"/p/{slug}/data/template.xlsx")
    assert answer.status_code == 200
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    for sheet in book.worksheets:
        year = next((c.column for row in sheet.iter_rows(max_row=6) for c in row if str(c.value) == "2024"), None)
        for row in sheet.iter_rows(min_row=2):
            if row[0].value in ("publicity_events", "industrial_fresh_water_m3") and year:
                sheet.cell(row[0].row, year, value)
    change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def sent(client: Client, data: bytes, name: str = "facts.xlsx", **more: str) -> Any:
    """Upload a workbook."""
    fields = {"file": SimpleUploadedFile(name, data)} | more
    return client.post("/p/alpha/data/import/", fields, follow=True)


def refused(answer: Any, *said: str) -> None:
    """The page says what is wrong, and nothing was kept."""
    assert answer.status_code == 422
    found = words(answer)
    for text in said:
        assert text in found, found[:1500]
    assert not Import.objects.exists()


# -- workbooks ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_template_of_another_park(world: World, lang: str) -> None:
    book = template(world.client_of("admin"), "beta")
    said = {
        "zh-hans": ("这是另一园区（beta）的模板", "请下载本园区的模板"),
        "en": ("the template of another park (beta)", "Download this park's"),
    }
    refused(sent(at(world, "office", lang), book), *said[lang])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_firm_brings_the_template_of_another_firm_or_of_the_park(world: World, lang: str) -> None:
    theirs = world.client_of("office").get("/p/alpha/data/template.xlsx?of=alpha-2").content
    said = {"zh-hans": "这是“alpha-2”的模板，您不能导入它的数", "en": "the template of 'alpha-2', whose figures you"}
    refused(sent(at(world, "firm", lang), theirs), said[lang])
    said = {"zh-hans": "这是园区的模板，不是贵企业的模板", "en": "the park's template, not the one of your firm"}
    refused(sent(at(world, "firm", lang), template(world.client_of("office"), "alpha")), said[lang])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_rows_of_another_park(world: World, lang: str) -> None:
    answer = sent(at(world, "office", lang), workbook(("beta", "publicity_events", "2023", 9, "events/year")))
    assert answer.status_code == 200
    said = {"zh-hans": ("“beta”不属于本园区", "不可用"), "en": ("'beta' is no part of this park", "unusable")}
    assert all(text in words(answer) for text in said[lang])
    found = Import.objects.get()
    assert imports.apply(found, world.people["office"], list(imports.GROUPS)) == 0


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_workbook_of_another_year(world: World, lang: str) -> None:
    client = at(world, "office", lang)
    answer = sent(client, workbook(ROWS[2]), year="2023")
    assert {"zh-hans": "其他年度 1", "en": "another year 1"}[lang] in words(answer)
    found = Import.objects.get()
    client.post(f"/p/alpha/data/import/{found.pk}/apply/", {"group": list(imports.TICKED)})
    assert not Figure.objects.filter(park=world.park, period="2021").exists()


def _columns_gone(first: int, count: int = 1) -> Callable[[Any], None]:
    def change(book: Any) -> None:
        for sheet in book.worksheets[1:]:
            sheet.delete_cols(first, count)

    return change


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("change", [_columns_gone(1), _columns_gone(8, 8)], ids=["ids", "years"])
def test_a_template_without_its_columns(world: World, lang: str, change: Callable[[Any], None]) -> None:
    client = at(world, "office", lang)
    said = {"zh-hans": ("没有找到表头", "请使用模板"), "en": ("no header found", "template")}
    refused(sent(client, template(client, "alpha", change)), *said[lang])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_template_without_columns_that_are_not_needed_is_read(world: World, lang: str) -> None:
    client = at(world, "office", lang)
    assert sent(client, template(client, "alpha", _columns_gone(2))).status_code == 200
    line = imports.remembered(Import.objects.get())[0]
    assert (line.group, line.quantity, line.given) == ("new", "publicity_events", "6")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_template_of_which_one_sheet_lost_its_ids_says_what_was_not_read(world: World, lang: str) -> None:
    client = at(world, "office", lang)

    def cut(book: Any) -> None:
        sheet = next(s for s in book.worksheets if any(r[0].value == "publicity_events" for r in s.iter_rows()))
        sheet.delete_cols(1)

    sent(client, template(client, "alpha", cut))
    found = Import.objects.get()
    assert {line.group: line.quantity for line in imports.remembered(found)} == {
        "new": "industrial_fresh_water_m3",
        "left": "",
    }
    page = words(client.get(f"/p/alpha/data/import/{found.pk}/?group=left"))
    assert {"zh-hans": "没有找到表头", "en": "no header found"}[lang] in page
    assert {"zh-hans": "未读取与提示 1", "en": "not read, and remarks 1"}[lang] in page


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_template_without_its_years_says_that_there_is_no_figure(world: World, lang: str) -> None:
    client = at(world, "office", lang)
    page = words(sent(client, template(client, "alpha", _columns_gone(8, 4))))
    assert {"zh-hans": "若删过列或工作表，请重新下载模板", "en": "if columns or sheets were deleted"}[lang] in page
    assert Import.objects.get().applied is None


def test_sheets_that_explain_are_not_told_where_others_lost_their_header(world: World) -> None:
    client = at(world, "office", "en")
    said = words(sent(client, template(client, "alpha", _columns_gone(1))))
    assert "Instructions: no header" not in said and "Management: no header" in said


MACROS = {"zh-hans": ("宏", "另存为"), "en": ("macros", "Save it without them")}
OTHERWISE = {"zh-hans": ("的内容与扩展名不符", "另存为"), "en": ("is not what its name says", "Save it as")}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("facts.xlsm", workbook(ROWS[0]), MACROS),
        ("facts.xlsb", b"PK", MACROS),
        ("facts.xlsx", _macro(), MACROS),
        ("facts.xlsx", b"%PDF-1.7", OTHERWISE),
        ("facts.xlsx", b"MZ\x90\x00", OTHERWISE),
        ("facts.csv", b"PK\x03\x04\x00\x00", OTHERWISE),
    ],
)
def test_macros_and_files_that_are_something_else(
    world: World, lang: str, name: str, data: bytes, said: dict[str, Any]
) -> None:
    refused(sent(at(world, "office", lang), data, name), *said[lang])


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("=SUM(1,2)", {"zh-hans": "没有保存计算结果", "en": "whose result was never stored"}),
        ("＝1+1", {"zh-hans": "是公式文字，不是数值", "en": "is formula text, not a value"}),
        ("'=1+2", {"zh-hans": "不是数值", "en": "is not a number"}),
    ],
)
def test_formulas_as_text(world: World, lang: str, value: str, said: Said) -> None:
    client = at(world, "office", lang)
    refused(sent(client, template(client, "alpha", value=value)), "!K5", said[lang])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_formulas_as_text_in_a_csv(world: World, lang: str) -> None:
    data = b"subject,quantity,period,value,unit\nalpha,publicity_events,2021,=1+2,events/year\n"
    refused(sent(at(world, "office", lang), data, "facts.csv"), "facts.csv:2")


# -- firms -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_firm_for_another(world: World, lang: str) -> None:
    client = at(world, "firm", lang)
    before = Figure.objects.filter(subject__key="alpha-2").values_list("given", "version")
    was = sorted(before)
    step = {"firm": "alpha-2", "period": "2023", "step": "submit"}
    evidence = {"file": SimpleUploadedFile("a.pdf", b"%PDF-1.7 x"), "about": "publicity_events", "subject": "alpha-2"}
    form = {
        "given|industrial_fresh_water_m3|": "1",
        "unit|industrial_fresh_water_m3|": "m3",
        "version|industrial_fresh_water_m3|": "1",
    }
    answers = [
        client.post("/p/alpha/data/submissions/step/", step),
        client.post("/p/alpha/data/evidence/", evidence),
        client.post("/p/alpha/data/theme/water/?year=2023&of=alpha-2", form),
        client.get("/p/alpha/data/theme/water/?year=2023&of=alpha-2"),
    ]
    for answer in answers:
        assert answer.status_code == 404
        assert "alpha-2" not in re.sub(r'(href|value)="[^"]*"', "", answer.content.decode())
    assert {"zh-hans": "没有这个页面", "en": "There is no such page"}[lang] in words(answers[0])
    assert sorted(Figure.objects.filter(subject__key="alpha-2").values_list("given", "version")) == was
    assert not Submission.objects.filter(subject__key="alpha-2").exists()
    assert not Evidence.objects.filter(subject__key="alpha-2").exists()


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("firm", ["", "alpha-1"])
def test_a_deadline_that_has_passed_is_not_set(world: World, lang: str, firm: str) -> None:
    day = timezone.localdate() - timedelta(days=1)
    client = at(world, "office", lang)
    answer = client.post(
        "/p/alpha/data/submissions/ask/", {"period": "2024", "due": str(day), "firm": firm}, follow=True
    )
    said = {"zh-hans": f"截止日期 {day} 已过，企业将无法提交", "en": f"The day {day} has passed"}
    assert said[lang] in words(answer)
    assert answer.context["period"] == "2024", "one is back at the year that was asked for"
    assert not Submission.objects.exists()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_after_the_deadline(world: World, lang: str) -> None:
    subject = world.park.subjects.get(key="alpha-1")
    Figure.objects.filter(subject=subject).update(state="draft")
    day = timezone.localdate() - timedelta(days=1)
    submit.ask(world.park, [subject], "2023", day, world.people["office"])
    client = at(world, "firm", lang)
    step = {"firm": "alpha-1", "period": "2023", "step": "submit"}
    answer = client.post("/p/alpha/data/submissions/step/", step, follow=True)
    said = {
        "zh-hans": f"填报截止日 {day} 已过，请联系园区办延期",
        "en": f"The day for these figures was {day}. Ask the park office",
    }
    assert said[lang] in words(answer)
    assert set(Figure.objects.filter(subject=subject).values_list("state", flat=True)) == {"draft"}


# -- sessions and tabs -------------------------------------------------------------------------------------------------


def _form(client: Client, address: str = "/p/alpha/data/theme/management/?year=2023") -> tuple[str, dict[str, str]]:
    row = next(r for r in client.get(address).context["rows"] if r.quantity.id == "publicity_events")
    fields = {f"given|{row.name}": "5", f"unit|{row.name}": row.unit, f"version|{row.name}": str(row.version)}
    return address, fields | {"reason": "重新核对"}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_session_ends_in_the_middle_of_a_form(world: World, lang: str) -> None:
    client = at(world, "office", lang)
    address, fields = _form(client)
    client.logout()
    client.cookies["django_language"] = lang
    answer = client.post(address, fields, headers={"referer": f"http://testserver{address}"})
    assert answer.status_code == 404
    assert {"zh-hans": "这次没有保存", "en": "Nothing was stored"}[lang] in words(answer)
    assert {"zh-hans": "<h1>登录已过期</h1>", "en": "<h1>Your session has ended</h1>"}[lang] in answer.content.decode()
    assert "data-keep-forms" in answer.content.decode()
    assert "?next=%2Fp%2Falpha%2Fdata%2Ftheme%2Fmanagement%2F%3Fyear%3D2023" in answer.content.decode()
    elsewhere = client.post(address, fields, headers={"referer": "https://elsewhere.example/x"})
    assert '?next=%2F"' in elsewhere.content.decode()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_signed_in_anew_in_another_window(world: World, lang: str) -> None:
    """A new login changes the form's token: the old window is told, and its form is not taken for something else."""
    client = Client(enforce_csrf_checks=True)
    client.cookies["django_language"] = lang
    client.force_login(world.people["office"])
    address, fields = _form(client)
    old = client.cookies["csrftoken"].value
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', client.get("/login/").content.decode())
    assert token is not None
    again = {"username": "office", "password": "x", "csrfmiddlewaretoken": token.group(1)}
    assert client.post("/login/", again).status_code == 302
    assert client.cookies["csrftoken"].value != old
    answer = client.post(address, fields | {"csrfmiddlewaretoken": old})
    assert answer.status_code == 403
    said = {
        "zh-hans": "您在别的窗口登录过，这次没有保存",
        "en": "signed in anew in another window; nothing was stored",
    }
    assert said[lang] in words(answer)
    assert "data-keep-forms" in answer.content.decode()
    assert Figure.objects.get(park=world.park, quantity="publicity_events", period="2023").given == "3"
    fresh = client.cookies["csrftoken"].value
    assert client.post(address, fields | {"csrfmiddlewaretoken": fresh}).status_code == 302


@pytest.mark.parametrize("lang", LANGUAGES)
def test_two_tabs_of_one_person(world: World, lang: str) -> None:
    client = at(world, "office", lang)
    address, fields = _form(client)
    name = next(k for k in fields if k.startswith("given"))
    assert client.post(address, fields).status_code == 302
    late = client.post(address, fields | {name: "9"})
    assert late.status_code == 422
    shown = late.content.decode()
    assert {"zh-hans": "这个数刚在别处改过", "en": "has just been changed elsewhere"}[lang] in shown
    assert 'value="9"' in shown and "<ins>5" in shown
    assert Figure.objects.get(park=world.park, quantity="publicity_events", period="2023").given == "5"


# -- cases and tasks ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_character_nul_is_refused_on_a_page(world: World, lang: str) -> None:
    """PostgreSQL keeps none: what SQLite takes would be an error of the server there."""
    client, said = at(world, "office", lang), {"zh-hans": "请求有误", "en": "That request cannot be used"}[lang]
    for address in ("cases/?like=%00", "data/import/?of=%00", "firms/of/a%00/"):
        answer = client.get(f"/p/alpha/{address}")
        assert (answer.status_code, said in words(answer)) == (400, True), address
    name = world.park.name
    answer = client.post("/p/alpha/settings/general/save/", {"name": "x\0", "reason": "y", "base_year": ""})
    assert answer.status_code == 400
    world.park.refresh_from_db()
    assert world.park.name == name


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_photograph_of_40_mb(world: World, lang: str) -> None:
    photo = SimpleUploadedFile("site.jpg", JPG + b"0" * (40 * MB), "image/jpeg")
    fields = {"kind": "dust", "text": "很大的照片", "place": "门口", "photos": photo}
    answer = at(world, "keeper", lang).post("/p/alpha/cases/report/", fields)
    assert answer.status_code == 422
    assert {"zh-hans": "超过 15 MB。请拆分或压缩后再传", "en": "more than 15 MB. Split or shrink it"}[lang] in words(
        answer
    )
    assert "很大的照片" in answer.content.decode()
    assert not Case.objects.exists()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_case_outside_every_grid(world: World, lang: str) -> None:
    fields = {"kind": "dust", "text": "道路扬尘", "lon": "100.0", "lat": "30.0"}
    answer = at(world, "keeper", lang).post("/p/alpha/cases/report/", fields, follow=True)
    assert answer.status_code == 200
    assert {"zh-hans": "地点不在任何网格内，由园区办直接交办", "en": "The place is outside every grid"}[lang] in words(
        answer
    )
    assert Case.objects.get().grid == ""


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_task_whose_department_is_gone(world: World, lang: str) -> None:
    task = make_task(world)
    world.park.departments.filter(key=task.lead).delete()
    client = at(world, "office", lang)
    page = client.get(f"/p/alpha/tasks/{task.number}/")
    assert {"zh-hans": "牵头部门", "en": "The lead department is gone"}[lang] in words(page)
    answer = client.post(
        f"/p/alpha/tasks/{task.number}/step/", {"kind": "moved", "lead": task.lead, "due": str(timezone.localdate())}
    )
    assert answer.status_code == 422
