"""What a person sees first: words in the language asked for, nothing that leads where they may not go."""

from __future__ import annotations

from ecopark.web.figures.change import Change, write
from ecopark.web.parks import office
from ecopark.web.parks.models import Park

from .conftest import World


def test_who_may_not_see_verdicts_is_not_sent_to_figures(world: World) -> None:
    Park.objects.filter(slug="alpha").update(packs=[])
    keeper = world.client_of("keeper").get("/p/alpha/").content.decode()
    assert "还没有数据可评价" not in keeper


def test_the_name_of_the_park_is_in_the_language_asked_for(world: World) -> None:
    Park.objects.filter(slug="alpha").update(name_en="Alpha park")
    client = world.client_of("office")
    client.cookies["django_language"] = "en"
    for page in ("", "data/", "data/theme/water/", "assess/compare/", "settings/"):
        text = client.get(f"/p/alpha/{page}").content.decode()
        assert "Alpha park" in text, page
        assert ">园区 alpha<" not in text, page


def test_last_years_flag_is_in_the_language_asked_for(world: World) -> None:
    write(world.park, [Change("alpha", "no_major_pollution_3y", "2022", "是", "")], world.people["office"], "typed")
    client = world.client_of("office")
    client.cookies["django_language"] = "en"
    text = client.get("/p/alpha/data/theme/basic_requirements/?year=2023&all=1").content.decode()
    assert '_last">yes <span' in text


def test_changes_of_settings_are_told_in_words(world: World) -> None:
    office.run_settings(
        world.park, world.people["office"], "", options="miit-green-park-2016.O1=8,9", grid="", confirm="", narrow="3"
    )
    text = world.client_of("office").get("/p/alpha/settings/history/").content.decode()
    assert "标准的选项：miit-green-park-2016：O1：8,9；缺项的范围：不超过往年的倍数：3" in text
    assert "{" not in text.split('class="timeline"')[1].split("</ol>")[0]


def test_limits_have_signs_in_both_languages(world: World) -> None:
    client = world.client_of("office")
    client.cookies["django_language"] = "en"
    text = client.get("/p/alpha/rules/hj274-2015/").content.decode()
    assert "≥ 30" in text
    assert "&gt;=" not in text


def test_the_year_asked_for_can_be_seen_where_there_is_no_figure_yet(world: World) -> None:
    text = world.client_of("office").get("/p/alpha/data/submissions/?year=2031").content.decode()
    assert "selected>2031</option>" in text
