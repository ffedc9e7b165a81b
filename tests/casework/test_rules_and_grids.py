"""Rules as data, grids and the statistics of cases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from ecopark.casework import statistics
from ecopark.casework.grids import Grids, suggest
from ecopark.casework.rules import read_clocks, read_rules, shipped_rules, with_clocks
from ecopark.casework.statistics import Row, Spot
from ecopark.errors import InputError, PackError
from ecopark.observations.quantity import catalogue

RULES = shipped_rules()
NOW = datetime(2024, 5, 1, tzinfo=UTC)


def square(name: str, x: float, y: float = 0.0, area: str = "A") -> dict[str, object]:
    ring = [[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1], [x, y]]
    return {
        "type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {"id": name, "area": area, "zh": f"{name}网格", "en": f"grid {name}"},
    }  # fmt: skip


def test_shipped_rules_speak_both_languages_and_name_known_departments() -> None:
    texts = [
        *(s.label for s in RULES.severities.values()),
        *(k.label for k in RULES.kinds.values()),
        *RULES.sources.values(),
    ]
    assert all(t.zh and t.en for t in texts)
    assert {k.department for k in RULES.kinds.values()} <= set(catalogue().departments)
    assert all(s.longest >= s.length("rectify") for s in RULES.severities.values())
    assert RULES.severity("gone").id in RULES.severities


def test_a_park_sets_clocks_of_its_own_and_keeps_the_others() -> None:
    own = read_clocks(RULES, {"urgent": {"assign": " 1 ", "source": "办法"}, "ordinary": {}})
    assert own == {"urgent": {"assign": 1, "rectify": 24, "verify": 24, "longest": 72, "source": "办法"}}
    rules = with_clocks(RULES, own)
    urgent = rules.severity("urgent")
    assert (urgent.length("assign"), urgent.length("rectify"), urgent.basis, urgent.source) == (1, 24, "own", "办法")
    assert rules.severity("ordinary") == RULES.severity("ordinary")
    assert read_clocks(RULES, {}) == {}
    assert with_clocks(RULES, {}) == RULES


def test_every_clock_that_cannot_be_is_told() -> None:
    given = {
        "urgent": {"assign": "0", "verify": "1.5"}, "ordinary": {"rectify": "400"}, "difficult": {"longest": "-1", "verify": "0087600"},
        "nobody": {},
    }  # fmt: skip
    with pytest.raises(InputError) as caught:
        read_clocks(RULES, given)
    assert [p.en for p in caught.value.problems] == [
        "nobody: there is no such severity.",
        "urgent: assigning is a whole number of hours from 1 to 8760.",
        "urgent: verifying is a whole number of hours from 1 to 8760.",
        "ordinary: the longest extension is shorter than the time to rectify.",
        "difficult: verifying is a whole number of hours from 1 to 8760.",
        "difficult: longest extension is a whole number of hours from 1 to 8760.",
    ]


def test_a_wrong_file_tells_every_problem_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "cases.yaml"
    path.write_text(
        "severities:\n"
        "  - {id: a, zh: 甲, en: a, hours: {assign: 1, rectify: 10, verify: x}, longest: 5}\n"
        "kinds:\n"
        "  - {id: k, zh: 乙, en: k, to: nobody, department: d, severity: zzz, colour: red}\n"
        "  - {id: k, zh: 乙, to: firm, department: d, severity: a}\n"
        "sources: []\n"
        "escalation:\n"
        "  - {after: '2', zh: 丙, en: c}\n"
        "  - {after: '1', zh: 丁, en: d}\n",
        encoding="utf-8",
    )
    with pytest.raises(PackError) as caught:
        read_rules(path)
    told = {(p.place.line, p.en) for p in caught.value.problems}
    assert (2, "longest is shorter than the time to rectify") in told
    assert (4, "unknown key 'colour'") in told
    assert (5, "the id 'k' is given twice") in told
    assert {line for line, _ in told} == {1, 2, 4, 5, 7}


def test_a_place_on_an_edge_belongs_to_one_grid_and_outside_to_none() -> None:
    grids = Grids({"features": [square("B", 1), square("A", 0), {"geometry": None, "properties": {"id": "C"}}]})
    assert [g.id for g in grids.grids] == ["A", "B"]
    assert grids.at(0.5, 0.5).id == "A"  # type: ignore[union-attr]
    assert grids.at(1.0, 0.5).id == "A"  # type: ignore[union-attr]
    assert grids.at(1.5, 0.5) == grids.named("B")
    assert grids.at(5, 5) is None
    assert Grids({"features": []}).at(0, 0) is None


def test_a_grid_of_several_parts_with_a_hole() -> None:
    outer = [[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]]
    hole = [[1, 1], [2, 1], [2, 2], [1, 2], [1, 1]]
    other = [[10, 0], [11, 0], [11, 1], [10, 1], [10, 0]]
    feature = {
        "geometry": {"type": "MultiPolygon", "coordinates": [[outer, hole], [other]]},
        "properties": {"id": "M"},
    }
    grids = Grids({"features": [feature]})
    assert grids.at(10.5, 0.5) is not None
    assert grids.at(0.5, 0.5) is not None
    assert grids.at(1.5, 1.5) is None


def test_whom_a_case_goes_to() -> None:
    grid = Grids({"features": [square("A", 0)]}).grids[0]
    assert suggest(RULES.kinds["dust"], grid, "F1").to == "firm:F1"
    assert suggest(RULES.kinds["dust"], grid).to == "keeper:A"
    assert suggest(RULES.kinds["drain"], grid, "F1").to == "office:construction"
    assert suggest(RULES.kinds["other"], None, "F1").to == "office:ecology_environment"
    outside = suggest(RULES.kinds["dust"], None)
    assert outside.to == "office:ecology_environment"
    assert "outside every grid" in outside.why.en


def row(days: float, ended: float | None = None, **more: object) -> Row:
    found = NOW - timedelta(days=days)
    more = {"kind": "dust", "severity": "ordinary", "keeper": "A"} | more
    return Row(found=found, ended=None if ended is None else found + timedelta(days=ended), **more)  # type: ignore[arg-type]


def test_ageing_counts_every_open_case_once() -> None:
    rows = [row(1), row(3), row(3.5), row(40), row(40, 2), row(10, severity="urgent")]
    assert statistics.ageing(rows, NOW) == {"ordinary": [2, 1, 0, 0, 1], "urgent": [0, 0, 1, 0, 0]}


def test_records_of_keepers() -> None:
    rows = [row(9, 1, in_time=True), row(9, 4, in_time=False), row(9, in_time=True), row(2, keeper="B", returned=2)]
    first, second = statistics.records(rows)
    assert (first.keeper, first.found, first.open, first.rectified, first.in_time) == ("A", 3, 1, 3, 2)
    assert first.median_days == Fraction(5, 2)
    assert (second.keeper, second.median_days, second.returned) == ("B", None, 2)
    assert statistics.most_frequent(rows) == [("dust", 4)]


def test_what_comes_back_at_a_place_within_a_year() -> None:
    here = Spot("dust", NOW, 120.0, 31.0)
    earlier = [
        Spot("dust", NOW - timedelta(days=30), 120.0002, 31.0),
        Spot("dust", NOW - timedelta(days=400), 120.0, 31.0),
        Spot("dust", NOW - timedelta(days=30), 120.01, 31.0),
        Spot("noise", NOW - timedelta(days=30), 120.0, 31.0),
        Spot("dust", NOW - timedelta(days=5), firm="F1"),
        Spot("dust", NOW - timedelta(days=5)),
    ]
    assert statistics.recurrences(here, earlier) == 1
    assert statistics.recurrences(Spot("dust", NOW, firm="F1"), earlier) == 1
    assert statistics.recurrences(Spot("dust", NOW), earlier) == 0
