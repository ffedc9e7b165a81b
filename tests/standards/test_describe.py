"""A pack in words and as plain data: nothing lost, and how each line is known beside it."""

from __future__ import annotations

import json

import pytest

from ecopark.packs.load import find_pack, shipped_ids
from ecopark.standards.compare import CHANGE_TEXT
from ecopark.standards.describe import describe_pack, limits_text, pack_data, pack_summary


@pytest.mark.parametrize("name", shipped_ids())
def test_a_summary_counts_every_clause_once_by_its_basis(name: str) -> None:
    found = pack_summary(find_pack(name))
    assert sum(found["basis"].values()) == found["clauses"] == len(find_pack(name).clauses)
    assert set(found["basis"]) == {"seen", "inferred", "recalled"}
    assert found["title"]["zh"]
    assert found["title"]["en"]


@pytest.mark.parametrize("name", shipped_ids())
def test_the_data_of_a_pack_is_json_and_keeps_every_clause(name: str) -> None:
    data = pack_data(find_pack(name))
    assert json.loads(json.dumps(data, ensure_ascii=False)) == data
    assert [c["id"] for c in data["rules"]] == [c.id for c in find_pack(name).clauses]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", shipped_ids())
def test_the_text_names_every_clause_source_and_the_warning(name: str, lang: str) -> None:
    pack = find_pack(name)
    text = describe_pack(pack, lang)
    for clause in pack.clauses:
        assert f"  {clause.tail}  {clause.label[lang]}" in text
    for source in pack.sources:
        assert source in text
    assert pack.warning[lang] in text


def test_conditions_and_years_of_limits_are_said() -> None:
    text = describe_pack(find_pack("hj274-2015"), "en")
    assert ">= 30, if water_region == 'jing_jin_ji'" in text
    assert "mandatory indicators, recalled" in text
    assert "option set  OS1 [inferred]" in text
    assert "<= 4, years 2020-" in limits_text(find_pack("tianjin-eco-city-2008").clause("2"))


def test_a_draft_is_never_called_official() -> None:
    assert "official" not in describe_pack(find_pack("hj274-2015")).split("WARNING")[0].replace("official text", "")


def test_a_verified_clause_names_who_verified_it() -> None:
    text = describe_pack(find_pack("hj274-2015"), "en", {"10": "A. Person, printed edition"})
    assert "verified: A. Person, printed edition" in text


def test_formulas_and_conditions_are_put_in_words_with_their_ids() -> None:
    text = describe_pack(find_pack("hj274-2015"), "zh")
    assert "工业综合能耗 ÷ 工业增加值（现价）  [energy_industrial_tce / industrial_value_added]" in text
    assert "≤ 0.5 吨标准煤/万元" in text
    assert "jing_jin_ji" not in text
    assert "草案" in text
    assert pack_summary(find_pack("eco-industrial-park-2026"))["status_text"] == {"zh": "框架", "en": "frame"}


def test_a_frame_is_to_be_filled_in() -> None:
    assert "to be filled in" in describe_pack(find_pack("green-park-general-2026"), "en")
    assert "不作判定" in describe_pack(find_pack("green-park-general-2026"), "zh")


def test_the_interface_says_limit_in_one_word() -> None:
    """TERMS: a limit is 标准值, a benchmark 引领值; 限值 is not used for either."""
    for name in shipped_ids():
        pack = find_pack(name)
        assert "限值" not in str(pack_data(pack)), name
        assert "限值" not in describe_pack(pack, "zh"), name
    assert not [t.zh for t in CHANGE_TEXT.values() if "限值" in t.zh]
