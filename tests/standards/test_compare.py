"""What a new edition changes: clause by clause, and for a park."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecopark.packs.load import find_pack, load_pack
from ecopark.packs.model import Pack
from ecopark.standards.compare import compare_packs, same_standard
from ecopark.workflows.compare_editions import compare_editions
from tests.packs.samples import CLAUSES, PACK, write_pack

LIMIT = 'limit: {op: "<=", value: "0.5"}'
FORMULA = "energy_industrial_tce / industrial_value_added"
ROWS = [
    {"subject": "p", "quantity": "energy_industrial_tce", "period": "2023", "value": "4.5", "unit": "tce"},
    {"subject": "p", "quantity": "industrial_value_added", "period": "2023", "value": "10", "unit": "10k CNY"},
]


def edition(folder: Path, *changes: tuple[str, str], pack: str = PACK) -> Pack:
    text = CLAUSES
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return load_pack(write_pack(folder, text, pack))


def change_of(tmp_path: Path, *changes: tuple[str, str]) -> tuple[str, ...]:
    found = compare_packs(edition(tmp_path / "a"), edition(tmp_path / "b", *changes))
    return next(c.changes for c in found if c.first is not None and c.first.tail == "1")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ((LIMIT, LIMIT), ("same",)),
        ((LIMIT, 'limit: {op: "<=", value: "0.4"}'), ("stricter",)),
        ((LIMIT, 'limit: {op: "<=", value: "0.6"}'), ("looser",)),
        ((LIMIT, 'limit: {op: "<", value: "0.5"}'), ("stricter",)),
        ((LIMIT, 'limit: {op: ">=", value: "0.5"}'), ("limit_changed",)),
        ((LIMIT, "allows_na: false"), ("limit_removed",)),
        ((LIMIT, 'benchmark: "0.5"'), ("limit_to_benchmark",)),
        ((LIMIT, 'limit: {op: "<=", value: "0.5", from: 2030}'), ("dates",)),
        (("kind: mandatory", "kind: recommended"), ("kind",)),
        ((FORMULA, "energy_total_tce / industrial_value_added"), ("scope",)),
        ((FORMULA, "energy_industrial_tce / park_gdp"), ("formula",)),
    ],
)
def test_each_kind_of_change_is_told(tmp_path: Path, change: tuple[str, str], expected: tuple[str, ...]) -> None:
    assert change_of(tmp_path, change) == expected


def test_a_limit_in_another_unit_is_restated_before_it_is_compared(tmp_path: Path) -> None:
    unit = ("tce/10k CNY", "tce/100m CNY")
    assert change_of(tmp_path, unit, (LIMIT, 'limit: {op: "<=", value: "5000"}')) == ("unit",)
    assert change_of(tmp_path / "x", unit, (LIMIT, 'limit: {op: "<=", value: "4000"}')) == ("stricter", "unit")


def test_an_inverse_ratio_turns_the_comparison_round(tmp_path: Path) -> None:
    turned = [(FORMULA, "industrial_value_added / energy_industrial_tce"), ("tce/10k CNY", "10k CNY/tce")]
    assert change_of(tmp_path, *turned, (LIMIT, 'limit: {op: ">=", value: "2"}')) == ("inverse",)
    assert change_of(tmp_path / "x", *turned, (LIMIT, 'limit: {op: ">=", value: "3"}')) == ("inverse", "stricter")


def test_a_clause_that_moved_is_found_by_what_it_measures(tmp_path: Path) -> None:
    moved = compare_packs(edition(tmp_path / "a"), edition(tmp_path / "b", ('id: "1"', 'id: "8"')))
    pairs = [(c.first.tail if c.first else "", c.second.tail if c.second else "", c.matched_by) for c in moved]
    assert pairs == [("1", "8", "measure"), ("2", "2", "measure")]


def test_new_and_dropped_are_said_of_editions_only(tmp_path: Path) -> None:
    other = (
        ('id: "2"', 'id: "3"'),
        ("zh: 平台", "zh: 面积"),
        ("en: Platform", "en: Size"),
        ("direction: flag", "unit: km2"),
    )
    changes = (
        *other,
        ('formula: "green_info_platform_complete"', 'formula: "park_area_km2"'),
        ("value: true", 'value: "3"'),
    )
    first, second = edition(tmp_path / "a"), edition(tmp_path / "b", *changes)
    assert [c.changes for c in compare_packs(first, second)] == [("same",), ("dropped",), ("new",)]
    stranger = edition(tmp_path / "c", *changes, pack=PACK.replace("id: sample-2020", "id: other"))
    assert [c.changes for c in compare_packs(first, stranger)][1:] == [("only_first",), ("only_second",)]


def test_a_frame_drops_nothing_because_its_text_is_not_known() -> None:
    found = compare_editions("hj274-2015", "eco-industrial-park-2026")
    assert same_standard(found.first, found.second)
    assert "dropped" not in found.counts()
    assert "not available" in found.sentence("en")


def test_every_clause_of_both_packs_stands_in_the_table_once() -> None:
    first, second = find_pack("hj274-2015"), find_pack("miit-green-park-2016")
    found = compare_packs(first, second)
    assert [c.first.id for c in found if c.first] == [c.id for c in first.clauses]
    assert sorted(c.second.id for c in found if c.second) == sorted(c.id for c in second.clauses)
    assert not same_standard(first, second)


def test_a_pack_is_the_same_as_itself() -> None:
    for name in ("miit-green-park-2016", "eip-framework-v2", "zero-carbon-park-2025"):
        assert set(compare_editions(name, name).counts()) == {"same"}


def test_what_it_means_for_a_park(tmp_path: Path) -> None:
    first, second = edition(tmp_path / "a"), edition(tmp_path / "b", (LIMIT, 'limit: {op: "<=", value: "0.4"}'))
    found = compare_editions(first, second, ROWS, period="2023")
    assert [(a.verdict, b.verdict) for a, b in found.outcomes] == [("pass", "fail")]
    assert "verdict pass -> fail; 1 clause changes: sample-2020/1 met -> sample-2020/1 not met" in found.sentence("en")
    assert "通过 -> 不通过" in found.sentence("zh")
    assert found.rows_as_text("en")[1][-2:] == ("met", "not met")
    assert found.to_dict()["parks"][0]["clauses"][0]["statuses"] == ["met", "not_met"]


def test_many_parks_are_counted(tmp_path: Path) -> None:
    first, second = edition(tmp_path / "a"), edition(tmp_path / "b", (LIMIT, 'limit: {op: "<=", value: "0.4"}'))
    rows = [*ROWS, *({**row, "subject": "q", "value": "1"} for row in ROWS)]
    found = compare_editions(first, second, rows, period="2023")
    assert [a.subject for a, _ in found.changed_parks()] == ["p"]
    assert found.sentence("en").endswith("for 1 of 2 parks: p (pass -> fail)")


def test_what_is_absent_from_a_partly_recorded_text_is_not_called_dropped(tmp_path: Path) -> None:
    part = PACK.replace("status: draft", "status: draft\nrecorded: part")
    whole = edition(tmp_path / "a")
    some = load_pack(
        write_pack(
            tmp_path / "b",
            CLAUSES.split('  - id: "2"')[0],
            part.replace(
                'option_sets:\n  - {id: O1, clauses: ["2"], need: 1, zh: 一项, en: one of them}\n', "option_sets: []\n"
            ),
        )
    )
    assert some.is_partly_recorded
    by_tail = {c.first.tail: c.changes for c in compare_packs(whole, some) if c.first}
    assert by_tail["2"] == ("unrecorded",)
    by_tail = {c.second.tail: c.changes for c in compare_packs(some, whole) if c.second}
    assert by_tail["2"] == ("unrecorded",)


def test_the_newer_tianjin_text_is_known_in_part_only() -> None:
    found = compare_editions("tianjin-eco-city-2008", "tianjin-eco-city-2")
    assert "dropped" not in found.counts()
    assert "对方已录入部分中没有" in found.sentence("zh")
    assert "not in the recorded part" in found.sentence("en")
    assert "30 quantitative" in found.sentence("en")
