"""A figure may be typed in any unit of its dimension; beside the field stands what it is in the catalogue's unit."""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ecopark.core.unit import unit
from ecopark.observations.quantity import catalogue
from ecopark.web.figures.change import Change, write
from ecopark.web.figures.form_rows import units_offered
from ecopark.web.figures.said import canonical_of

from .api_calls import Api, good, refusal
from .conftest import World

WATER, ADDED = "industrial_fresh_water_m3", "industrial_value_added"
FORM = "/p/alpha/data/theme/water/?year=2023"


def page(world: World, role: str, address: str, lang: str = "zh-hans") -> Any:
    client = world.client_of(role)
    client.cookies["django_language"] = lang
    return client.get(address)


def test_a_row_offers_the_units_of_its_dimension_and_rows_share_a_list(world: World) -> None:
    answer = page(world, "firm", FORM)
    text = answer.content.decode()
    row = next(r for r in answer.context["rows"] if r.quantity.id == WATER)
    offered = answer.context["units"][row.units_id]
    assert {"m³", "万m³"} <= set(offered) or {"m3", "10k m3"} <= set(offered)
    assert "tce" not in offered and "t" not in offered
    assert f'list="{row.units_id}"' in text
    lists = re.findall(r'<datalist id="([^"]+)"', text)
    assert len(lists) == len(set(lists)) == len(answer.context["units"])


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_unit_that_is_offered_can_be_typed(world: World, lang: str) -> None:
    """Each unit of each quantity is one the readers take for it."""
    for q in catalogue().quantities.values():
        canonical = canonical_of(q, "")
        for one in units_offered(canonical, lang):
            assert unit(one).compatible(unit(canonical)), (q.id, one)


def test_what_was_typed_in_another_unit_is_shown_in_the_catalogues(world: World) -> None:
    change = Change("alpha", ADDED, "2023", "9.5", "亿元")
    write(world.park, [change], world.people["office"], "")
    address = "/p/alpha/data/theme/economy/?year=2023"
    for lang, said in (("zh-hans", "= 95,000 万元"), ("en", "= 95,000 10k CNY")):
        assert said in page(world, "office", address, lang).content.decode()
    write(world.park, [Change("alpha", ADDED, "2023", "95000", "万元")], world.people["office"], "")
    assert "= 95,000" not in page(world, "office", address).content.decode()  # the same unit in other words


def typing(world: World, role: str, given: str, typed: str, **more: str) -> Any:
    """What the page asks while somebody types."""
    query = {"year": "2023", f"given|{WATER}|": given, f"unit|{WATER}|": typed} | more
    return page(world, role, f"/p/alpha/data/converted/?{urlencode(query)}")


def test_while_typing_the_row_says_what_it_comes_to_or_what_is_wrong(world: World) -> None:
    assert "= 12,000 " in typing(world, "firm", "1.2", "万立方米").content.decode()
    assert typing(world, "firm", "1.2", "m3").content.decode().strip() == ""
    assert typing(world, "firm", "", "L").content.decode().strip() == ""
    for given, typed in (("1.2", "吨标准煤"), ("1.2", "furlong"), ("abc", "L")):
        answer = typing(world, "firm", given, typed)
        assert answer.status_code == 200
        assert 'class="error"' in answer.content.decode(), (given, typed)
    assert typing(world, "firm", "1", "L", of="alpha-2").status_code == 404
    assert typing(world, "keeper", "1", "L").status_code == 403
    assert page(world, "firm", "/p/alpha/data/converted/").status_code == 404


def test_a_form_with_many_units_asks_nothing_more_of_the_database(world: World) -> None:
    address = "/p/alpha/data/theme/water/?year=2023&all=1"
    client = world.client_of("office")
    names = [
        q.id for q in catalogue().quantities.values() if q.theme == "water" and q.unit == "m3" and q.level == "park"
    ][:8]
    counts = []
    for typed in ("m3", "L"):
        write(world.park, [Change("alpha", n, "2023", "5000", typed) for n in names], world.people["office"], "")
        client.get(address)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address).content.decode().count("= 5 ") == (len(names) if typed == "L" else 0)
        counts.append(len(asked))
    assert counts[1] - counts[0] <= 2  # the park as the subject's whole is looked up once, however many rows there are


def test_the_same_by_token(world: World) -> None:
    base = "/parks/alpha/figures/converted"
    found = good(Api(world, "firm").get(f"{base}?quantity={WATER}&value=1.2&unit=10k m3"))
    assert (found["unit"], found["said"]["en"]) == ("m3", "= 12,000 m³")
    assert "10k m3" in found["units"]
    assert good(Api(world, "office").get(f"{base}?quantity={WATER}&value=3&unit=m3"))["said"] is None
    refusal(Api(world, "firm").get(f"{base}?quantity={WATER}&value=3&unit=tce"), 422)
    refusal(Api(world, "firm").get(f"{base}?quantity={WATER}&value=3&of=alpha-2"), 404)
    refusal(Api(world, "firm").get(f"{base}?quantity=nothing&value=3"), 404)
    refusal(Api(world, "keeper").get(f"{base}?quantity={WATER}&value=3"), 403)


def test_the_form_asks_for_its_own_year_and_firm_while_somebody_types(world: World) -> None:
    shown = page(world, "firm", "/p/alpha/data/theme/water/?year=2022").content.decode()
    found = re.search(r'hx-get="([^"]*converted/[^"]*)"', shown)
    assert found is not None
    assert parse_qs(urlsplit(html.unescape(found.group(1))).query) == {"of": ["alpha-1"], "year": ["2022"]}
