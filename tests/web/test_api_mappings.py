"""Column mappings by token: a whole import by a saved one, every role, nothing of another park, bad input told at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from ecopark.observations.mapping import read_mapping
from ecopark.web.figures import imports
from ecopark.web.figures.models import Figure, Import, SavedMapping
from ecopark.web.uploads import stored_path

from .api_calls import OFFICE, Api, good, refusal, refused_as
from .conftest import ROLES, World
from .test_mappings import HEAD, TABLE, workbook

P = "/parks/alpha"
MAY = (*OFFICE, "consultant")
WATER = "industrial_fresh_water_m3"
LATER = [["2025年企业用水用能表"], ["填报部门：经发局"], HEAD[1:], ["企业 alpha-3", 7, 8, ""]]
RENAMED = [["2025年"], ["企业名称", "工业新鲜水用量（万立方米）", "工业综合能耗（吨标煤）"], ["企业 alpha-3", 7, 8]]


def upload(api: Api, rows: Sequence[Sequence[Any]], mapping: Any = "new", year: str = "2024") -> Any:
    file = SimpleUploadedFile("own.xlsx", workbook(rows))
    return api.upload(f"{P}/imports", {"file": file, "mapping": str(mapping), "year": year})


def saved(world: World, name: str = "用能年报") -> int:
    """A mapping that was suggested and saved as it was; its id."""
    api = Api(world, "office")
    number = good(upload(api, TABLE))["id"]
    mapping = good(api.get(f"{P}/imports/{number}/columns"))["mapping"]
    return int(good(api.send(f"{P}/imports/{number}/columns", {"name": name, "mapping": mapping}))["mapping"])


def test_a_table_of_ones_own_from_the_upload_to_next_years_by_token_alone(world: World) -> None:
    api = Api(world, "consultant")
    sent = good(upload(api, TABLE))
    here = f"{P}/imports/{sent['id']}"
    assert (sent["previewed"], sent["mapping"], sent["problems"], sum(sent["counts"].values())) == (False, None, [], 0)
    assert refusal(api.send(f"{here}/apply", {}), 422)["code"] == "refused"
    assert not Import.objects.get(pk=sent["id"]).applied
    offered = good(api.get(f"{here}/columns"))
    assert [(c["title"], c["role"], c["quantity"]) for c in offered["columns"]][2] == (
        "工业新鲜水量(万立方米)", "value", WATER,
    )  # fmt: skip
    assert (offered["saved"], offered["sheets"], offered["gone"], offered["problems"]) == (False, ["能耗"], [], [])
    assert offered["rows"][1] == {"number": 2, "cells": HEAD}
    mapping = offered["mapping"]
    mapping["values"] = [v for v in mapping["values"] if v["quantity"] == WATER]
    mapping["ignored"].append("工业综合能耗(吨标煤)")
    seen = good(api.send(f"{here}/columns", {"name": " 用水  年报 ", "mapping": mapping}))
    assert (seen["previewed"], seen["counts"]["new"], seen["counts"]["left"]) == (True, 2, 1)
    assert not Figure.objects.filter(period="2024").exists()
    rows = good(api.get(f"{here}/rows?group=new"))["items"]
    assert {(r["subject"], r["given"], r["place"]) for r in rows} == {
        ("alpha-1", "1.5", "own.xlsx!能耗!C3"), ("alpha-2", "3", "own.xlsx!能耗!C4"),
    }  # fmt: skip
    assert good(api.send(f"{here}/apply", {})) == {"written": 2, "job": None}
    assert Figure.objects.get(subject__key="alpha-1", quantity=WATER, period="2024").number == 15000.0
    for again in (api.get(f"{here}/columns"), api.send(f"{here}/columns", {"name": "x", "mapping": mapping})):
        assert refusal(again, 409)["code"] == "applied"

    [kept] = good(api.get(f"{P}/mappings?name=用水 年报"))["items"]
    assert (kept["by"], kept["mapping"]["period"], len(kept["mapping"]["values"])) == (
        "consultant", {"year": "", "column": "", "header": False}, 1,
    )  # fmt: skip
    next_year = good(upload(api, LATER, kept["id"], "2025"))
    assert (next_year["previewed"], next_year["mapping"], next_year["counts"]["new"]) == (True, kept["id"], 1)
    good(api.send(f"{P}/imports/{next_year['id']}/apply", {}))
    assert Figure.objects.get(subject__key="alpha-3", period="2025").given == "7"
    listed = good(api.get(f"{P}/imports"))
    assert [(i["id"], i["previewed"]) for i in listed["items"]] == [(next_year["id"], True), (sent["id"], True)]


def test_a_title_that_changed_is_told_and_mended_and_the_history_says_for_which_file(world: World) -> None:
    api, kept = Api(world, "office"), saved(world)
    sent = good(upload(api, RENAMED, kept, "2025"))
    assert (sent["previewed"], sent["mapping"]) == (False, kept)
    assert any("没有“工业新鲜水量(万立方米)”列" in p["zh"] for p in sent["problems"])
    assert all(p["en"] for p in sent["problems"])
    assert good(api.get(f"{P}/imports/{sent['id']}"))["problems"] == sent["problems"]
    offered = good(api.get(f"{P}/imports/{sent['id']}/columns"))
    assert (offered["saved"], offered["name"], offered["gone"]) == (True, "用能年报", ["工业新鲜水量(万立方米)"])
    assert [c["title"] for c in offered["columns"] if c["new"]] == ["工业新鲜水用量(万立方米)"]
    assert offered["problems"] == sent["problems"]
    mapping = offered["mapping"]
    mapping["values"][0]["column"] = "工业新鲜水用量(万立方米)"
    good(api.send(f"{P}/imports/{sent['id']}/columns", {"name": "用能年报", "mapping": mapping}))
    past = good(api.get(f"{P}/mappings/{kept}/history"))
    assert past["count"] == 2
    assert past["items"][0]["why"].startswith("own.xlsx")
    assert [p["mapping"]["values"][0]["column"] for p in past["items"]] == [
        "工业新鲜水用量(万立方米)", "工业新鲜水量(万立方米)",
    ]  # fmt: skip


def test_another_header_is_suggested_for_on_request(world: World) -> None:
    api, kept = Api(world, "office"), saved(world)
    sent = good(upload(api, RENAMED, kept, "2025"))
    anew = good(api.get(f"{P}/imports/{sent['id']}/columns?header=3&layout=subjects"))
    assert (anew["saved"], anew["mapping"]["header"], anew["mapping"]["period"]["year"]) == (False, 3, "2025")
    assert good(api.get(f"{P}/imports/{sent['id']}/columns?anew=true"))["mapping"]["header"] == 2
    assert good(api.get(f"{P}/imports/{sent['id']}/columns?header=999&header_rows=5"))["mapping"]["header"] == 200
    refusal(api.get(f"{P}/imports/{sent['id']}/columns?layout=upside-down"), 422)


def test_everything_wrong_with_a_mapping_is_told_at_once_and_nothing_is_saved(world: World) -> None:
    api = Api(world, "office")
    number = good(upload(api, TABLE))["id"]
    address = f"{P}/imports/{number}/columns"
    mapping = good(api.get(address))["mapping"]
    first, second = mapping["values"]
    wrong = mapping | {"values": [first | {"unit": "桶"}, second | {"quantity": "no_such_quantity"}]}
    error = refusal(api.send(address, {"name": " ", "mapping": wrong}), 422)
    said = " ".join(p["zh"] for p in error["problems"])
    assert error["code"] == "unusable"
    assert all(part in said for part in ("起个名字", "桶", "no_such_quantity"))
    for odd, says in (
        ({"values": []}, "没有一列"), ({"values": [first, second | {"quantity": WATER, "unit": "m3"}]}, "两列都对应到"),
        ({"subject": {"fixed": "beta-1"}}, "本园区没有对象"), ({"sheet": "别的"}, "别的"),
        ({"values": [first | {"column": "没有的列"}]}, "没有“没有的列”列"), ({"layout": "indicators"}, "指标名称"),
    ):  # fmt: skip
        error = refusal(api.send(address, {"name": "x", "mapping": mapping | odd}), 422)
        assert says in " ".join(p["zh"] for p in error["problems"]), (odd, error)
    for odd in (
        {"header": 0},
        {"header_rows": 6},
        {"layout": "?"},
        {"period": {"year": "24"}},
        {"subject": {"by": "?"}},
    ):
        refusal(api.send(address, {"name": "x", "mapping": mapping | odd}), 422)
    assert not SavedMapping.objects.exists()
    assert not imports.previewed(Import.objects.get(pk=number))


@pytest.mark.parametrize("mapping", ["0", "999", "x", "-1", "²"])
def test_a_mapping_there_is_none_of_is_not_read_by(world: World, mapping: str) -> None:
    refusal(upload(Api(world, "office"), TABLE, mapping), 404 if mapping.isdecimal() else 422)
    assert not Import.objects.exists()


def test_a_file_that_is_no_table_is_refused_at_the_door(world: World) -> None:
    api, kept = Api(world, "office"), saved(world)
    before = Import.objects.count()
    for chosen in ("new", "", kept):
        for name, data in (("own.csv", b"\n\n"), ("own.xlsx", b"x"), ("own.xlsx", workbook([]))):
            fields = {"file": SimpleUploadedFile(name, data), "mapping": str(chosen)}
            refusal(api.upload(f"{P}/imports", fields), 422)
    assert Import.objects.count() == before


def test_a_mapping_is_withdrawn_and_comes_back_under_its_name(world: World) -> None:
    api, kept = Api(world, "office"), saved(world)
    assert good(api.send(f"{P}/mappings/{kept}/withdraw", {}))["withdrawn"]
    assert good(api.get(f"{P}/mappings"))["count"] == 0
    assert good(api.get(f"{P}/mappings/{kept}"))["withdrawn"]
    refusal(api.send(f"{P}/mappings/{kept}/withdraw", {}), 404)
    refusal(upload(api, LATER, kept, "2025"), 404)
    assert saved(world) == kept
    assert [p["why"] for p in good(api.get(f"{P}/mappings/{kept}/history"))["items"]][1] == "withdrawn"
    assert good(api.get(f"{P}/mappings"))["count"] == 1


def test_it_comes_out_as_the_file_the_command_line_reads(world: World, tmp_path: Any) -> None:
    api, kept = Api(world, "office"), saved(world)
    answer = api.get(f"{P}/mappings/{kept}/mapping.yaml")
    path = tmp_path / "own.xlsx.mapping.yaml"
    path.write_bytes(answer.content)
    found, problems = read_mapping(path)
    assert not problems
    assert found is not None
    assert [v.quantity for v in found.values] == [WATER, "energy_industrial_tce"]


def test_a_mapping_of_an_older_program_is_suggested_anew(world: World) -> None:
    api, kept = Api(world, "office"), saved(world)
    SavedMapping.objects.update(body={"layout": "spiral"})
    assert good(api.get(f"{P}/mappings/{kept}"))["mapping"] is None
    sent = good(upload(api, TABLE, kept))
    assert (sent["previewed"], sent["problems"]) == (False, [])
    assert good(api.get(f"{P}/imports/{sent['id']}/columns"))["mapping"]["header"] == 2


@pytest.mark.parametrize("role", ROLES)
def test_every_endpoint_by_every_role(world: World, role: str) -> None:
    kept = saved(world)
    office = Api(world, "office")
    waiting = good(upload(office, TABLE))["id"]
    body = {"name": f"by {role}", "mapping": good(office.get(f"{P}/mappings/{kept}"))["mapping"]}
    body["mapping"]["period"]["year"] = "2024"
    api, status = Api(world, role), 200 if role in MAY else refused_as(role)
    before = (SavedMapping.history.count(), Import.objects.count())
    tails = (
        "imports",
        f"imports/{waiting}/columns",
        "mappings",
        *(f"mappings/{kept}{t}" for t in ("", "/history", "/mapping.yaml")),
    )
    for tail in tails:
        answer = api.get(f"{P}/{tail}")
        assert answer.status_code == (200 if (role, tail) == ("firm", "imports") else status), tail
        assert role in MAY or "能耗" not in answer.content.decode()
        other = api.get(f"/parks/beta/{tail}").status_code
        own = tail in ("imports", "mappings")
        assert other == (200 if role == "admin" and own else 401 if role == "anonymous" else 404), tail
    assert upload(api, TABLE).status_code == status
    assert api.send(f"{P}/imports/{waiting}/columns", body).status_code == status
    assert api.send(f"{P}/mappings/{kept}/withdraw", {}).status_code == status
    if role not in MAY:
        assert (SavedMapping.history.count(), Import.objects.count()) == before


def test_nothing_of_another_park_is_reached_through_ones_own(world: World) -> None:
    kept = saved(world)
    found = Import.objects.get()
    SavedMapping.objects.filter(pk=kept).update(park=world.other)
    Import.objects.filter(pk=found.pk).update(park=world.other)
    api = Api(world, "office")
    for tail in (
        f"mappings/{kept}",
        f"mappings/{kept}/history",
        f"mappings/{kept}/mapping.yaml",
        f"imports/{found.pk}/columns",
    ):
        refusal(api.get(f"{P}/{tail}"), 404)
    refusal(api.send(f"{P}/mappings/{kept}/withdraw", {}), 404)
    refusal(upload(api, TABLE, kept), 404)
    assert good(api.get(f"{P}/imports"))["count"] == good(api.get(f"{P}/mappings"))["count"] == 0
    assert found.stored not in api.get(f"{P}/imports").content.decode()
    assert stored_path(found.stored).exists()


def test_the_page_stores_nothing_of_a_file_without_a_preview(world: World) -> None:
    number = good(upload(Api(world, "office"), TABLE))["id"]
    client = world.client_of("office")
    assert client.post(f"/p/alpha/data/import/{number}/apply/", {"group": ["new"]}).status_code == 302
    assert not Import.objects.get(pk=number).applied
    with pytest.raises(imports.NotPreviewedError):
        imports.apply(Import.objects.get(pk=number), world.people["office"], ["new"])
