"""The parts of a page: both languages, tones that are never alone, fields with their repair, links that keep the query."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils.translation import override

from ecopark.core.text import Text
from ecopark.reports.labels import STATUS_TONE, VERDICT_TONE
from ecopark.web.templatetags import ui

UI = Path(__file__).parents[2] / "src" / "ecopark" / "web" / "ui" / "src"
"""What the pages are built from: an installed package carries only what was built."""
SPRITE = set(re.findall(r'id="i-([\w-]+)"', render_to_string("parts/sprite.html")))


def shown(source: str, **context: Any) -> str:
    return Template(source).render(Context(context))


def test_both_languages_stand_side_by_side() -> None:
    source = '{% t "达标" "met" %} {{ text|say }} {{ table|say }}'
    context = {"text": Text("园区", "park"), "table": {"zh": "指标", "en": ""}}
    with override("zh-hans"):
        assert shown(source, **context) == "达标 园区 指标"
    with override("en"):
        assert shown(source, **context) == "met park 指标"


def test_a_count_agrees_with_its_number_in_english() -> None:
    source = '{% counted n "条" "clause differs" "clauses differ" %}'
    for lang, n, said in (("en", 1, "1 clause differs"), ("en", 0, "0 clauses differ"), ("zh-hans", 1, "1 条")):
        with override(lang):
            assert shown(source, n=n) == said


@pytest.mark.parametrize("name", STATUS_TONE)
def test_a_status_has_an_icon_of_the_sprite_and_words(name: str) -> None:
    html = ui.status(name)
    assert re.search(r'href="#i-([\w-]+)"', html)[1] in SPRITE  # type: ignore[index]
    assert re.sub("<[^>]+>", "", html).strip()


@pytest.mark.parametrize("name", VERDICT_TONE)
def test_a_verdict_shows_score_or_bounds_and_its_basis(name: str) -> None:
    html = shown('{% verdict name score="92.5" basis="recalled" %}', name=name)
    assert "92.5" in html
    assert "待核" in html
    assert "87 – 94" in shown("{% verdict name bounds=bounds %}", name=name, bounds=("87", "94"))


def test_a_score_of_zero_is_shown() -> None:
    assert "得分 0" in shown('{% verdict "fail" score=0 %}')


def test_the_four_lights_differ_in_shape_and_word() -> None:
    drawn = [ui.light(name) for name in ui.COLOUR_TEXT]
    assert len({re.search(r"aria-hidden=.true.>(.*?)</svg>", html)[1] for html in drawn}) == 4  # type: ignore[index]
    assert len({re.sub("<[^>]+>", "", html) for html in drawn}) == 4


def test_a_red_light_is_not_said_to_be_overdue_unless_a_day_passed() -> None:
    assert "逾期" not in ui.light("red")
    assert "red" in (late := ui.due("late"))
    assert "逾期" in late


def test_verified_is_said_instead_of_how_it_was_known() -> None:
    assert "已核" in ui.basis("recalled", True)
    assert "凭记忆" not in ui.basis("recalled", True)


def test_every_icon_that_a_tag_draws_is_in_the_sprite() -> None:
    named = {*ui.STATUS_ICON.values(), *ui.VERDICT_ICON.values(), *ui.BASIS_ICON.values(), *ui.TONE_ICON.values()}
    assert {*named, *(icon for _, icon in ui.DECISION_LOOK.values())} <= SPRITE


def test_every_icon_that_a_template_draws_is_in_the_sprite() -> None:
    templates = UI.parents[1] / "templates"
    drawn = {
        (path.name, name)
        for path in templates.rglob("*.html")
        for name in re.findall(r'{%\s*icon "([\w-]+)"', path.read_text(encoding="utf-8"))
    }
    assert drawn
    assert not {(file, name) for file, name in drawn if name not in SPRITE}


class Late(forms.Form):
    due = forms.CharField(help_text="day")

    def clean_due(self) -> str:
        raise forms.ValidationError("too early", code="early")


def test_a_wrong_field_says_the_repair_and_is_described_by_it() -> None:
    form = Late({"due": "1999"})
    html = shown(
        '{% field form.due repairs=repairs last="7" last_period="2022" %}', form=form, repairs={"early": "a later day"}
    )
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_due_help id_due_error"' in html
    for name in ("help", "error"):
        assert f'id="id_due_{name}"' in html
    assert "a later day" in html
    assert "2022" in html


def test_a_missing_figure_of_last_year_is_not_a_zero() -> None:
    assert "未填报" in render_to_string("parts/last_value.html", {"last": None, "last_period": "2022"})
    assert "<b>0</b>" in render_to_string("parts/last_value.html", {"last": 0, "last_period": "2022"})


def test_a_missing_key_figure_is_said_and_zero_is_a_figure() -> None:
    assert "缺项" in render_to_string("parts/card.html", {"name": "x", "value": None})
    assert ">0<" in render_to_string("parts/card.html", {"name": "x", "value": 0})


def test_pages_keep_the_rest_of_the_query(rf: RequestFactory) -> None:
    request = rf.get("/?like=水&page=2")
    page = Paginator(range(500), 10).get_page(2)
    html = render_to_string("parts/pages.html", {"page": page}, request=request)
    assert "like=%E6%B0%B4&amp;page=3" in html
    assert 'aria-current="page">2<' in html


def test_a_column_sorts_one_way_then_the_other(rf: RequestFactory) -> None:
    source = '{% sort_head "name" "名称" "Name" %}'
    assert "sort=name" in shown(source, request=rf.get("/?page=4"))
    assert "page=" not in shown(source, request=rf.get("/?page=4"))
    again = shown(source, request=rf.get("/?sort=name"))
    assert "sort=-name" in again
    assert 'aria-sort="ascending"' in again
    styles = (UI / "css" / "parts.css").read_text(encoding="utf-8")
    assert 'class="sorts ' in again and ".cards-on-phone thead:has(.sorts)" in styles, "a phone sorts too"


def test_the_text_of_a_message_is_escaped() -> None:
    assert "<b>" not in ui.chip("good", "check", "<b>")


def test_no_template_has_inline_script_style_or_handler() -> None:
    templates = UI.parents[1] / "templates"
    for path in templates.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        for opening in re.findall(r"<script[^>]*>", text):
            assert "src=" in opening or 'type="application/json"' in opening, path
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|\shx-on|javascript:", text), path


def test_nothing_is_loaded_from_elsewhere() -> None:
    for path in [*UI.rglob("*.js"), *UI.rglob("*.css"), *(UI.parents[1] / "templates").rglob("*.html")]:
        for address in re.findall(r"https?://[^\s\"')]+", path.read_text(encoding="utf-8")):
            assert address == "http://www.w3.org/2000/svg", f"{path}: {address}"


def test_a_figure_as_typed_is_grouped_not_rounded_and_a_flag_is_said() -> None:
    with override("en"):
        said = [ui.given_said(text) for text in ("1475618.5", "2600", "-20000", "0012345", "是", "否", "Ⅲ", "12,345")]
        assert said == ["1,475,618.5", "2600", "-20,000", "0012345", "yes", "no", "Ⅲ", "12,345"]
        assert ui.figure_said("11 count") == "11"
        assert ui.figure_said("85 %") == "85%"
    with override("zh-hans"):
        assert (ui.given_said("是"), ui.figure_said("11 count")) == ("是", "11 个")
