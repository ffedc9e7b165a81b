"""A pack directory into a pack: every problem of shape with file and line, all of them together."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from ecopark.errors import PackError, Problem
from ecopark.packs.load import UnknownPackError, find_pack, load_pack, shipped_ids
from tests.packs.samples import CLAUSES, PACK, write_pack


def problems_of(folder: Path) -> list[Problem]:
    with pytest.raises(PackError) as caught:
        load_pack(folder)
    return list(caught.value.problems)


def line_of(text: str, piece: str) -> int:
    return text[: text.index(piece)].count("\n") + 1


def test_a_directory_becomes_a_pack(tmp_path: Path) -> None:
    pack = load_pack(write_pack(tmp_path))
    assert pack.id == "sample-2020"
    assert [c.id for c in pack.clauses] == ["sample-2020/1", "sample-2020/2"]
    require = pack.clause("1").limits[0].require
    assert require is not None
    assert require.value == Fraction(1, 2)
    assert pack.clause("sample-2020/1").basis.overall == "seen"
    assert not pack.is_frame


def test_leading_zeros_of_a_clause_do_not_matter(tmp_path: Path) -> None:
    assert load_pack(write_pack(tmp_path)).clause("01").tail == "1"


def test_a_limit_that_is_no_number_says_file_and_line(tmp_path: Path) -> None:
    text = CLAUSES.replace('"0.5"}', '"a half"}')
    (found,) = problems_of(write_pack(tmp_path, text))
    assert found.code == "limit-not-a-number"
    assert str(found.place) == f"sample-2020/clauses.yaml:{line_of(text, 'a half')}"
    assert "'a half' is no number" in found.message("en")
    assert "不是数字" in found.message("zh")


def test_an_unknown_key_says_file_and_line_and_the_nearest_one(tmp_path: Path) -> None:
    text = CLAUSES.replace("    direction: lower", "    directoin: lower")
    (found,) = problems_of(write_pack(tmp_path, text))
    assert found.code == "unknown-key"
    assert found.place.line == line_of(text, "directoin")
    assert "Did you mean 'direction'?" in found.message("en")


def test_all_problems_are_reported_together(tmp_path: Path) -> None:
    text = CLAUSES.replace('"0.5"}', "x}").replace("kind: optional", "kind: maybe").replace('"==", v', '"=", v')
    assert {p.code for p in problems_of(write_pack(tmp_path, text))} == {
        "limit-not-a-number",
        "unknown-kind",
        "unknown-operator",
    }


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("direction: lower", "direction: down", "unknown-direction"),
        ('id: "1"', 'id: ""', "id-missing"),
        ("basis: seen", "basis: heard", "unknown-basis"),
        ('{op: "<=", value: "0.5"}', '{op: "<="}', "limit-missing"),
        ('formula: "energy_industrial_tce / industrial_value_added"', "note: none", "formula-missing"),
        ('op: "<=", value: "0.5"', 'op: "<=", value: ".5.5"', "limit-not-a-number"),
        ('op: "<=", value: "0.5"', 'op: "<=", value: "1/0"', "limit-not-a-number"),
    ],
)
def test_wrong_shapes_of_a_clause(tmp_path: Path, old: str, new: str, code: str) -> None:
    found = problems_of(write_pack(tmp_path, CLAUSES.replace(old, new, 1)))
    assert code in {p.code for p in found}
    assert all(p.place.line for p in found)


def test_a_status_of_official_is_refused(tmp_path: Path) -> None:
    (found,) = problems_of(write_pack(tmp_path, pack=PACK.replace("status: draft", "status: official")))
    assert found.code == "unknown-status"


def test_a_key_given_twice_says_file_and_line(tmp_path: Path) -> None:
    text = CLAUSES.replace("    direction: lower", "    unit: tce\n    direction: lower")
    (found,) = problems_of(write_pack(tmp_path, text))
    assert (found.code, found.place.line) == ("not-yaml", line_of(text, "unit: tce\n"))


@pytest.mark.parametrize("text", ["clauses: [", "clauses: \x00", "\t- x"])
def test_what_is_no_yaml_is_a_problem(tmp_path: Path, text: str) -> None:
    (found,) = problems_of(write_pack(tmp_path, text))
    assert found.code == "not-yaml"
    assert found.place.file == "sample-2020/clauses.yaml"


def test_a_missing_file_is_a_problem(tmp_path: Path) -> None:
    folder = write_pack(tmp_path)
    (folder / "clauses.yaml").unlink()
    (found,) = problems_of(folder)
    assert found.code == "file-missing"


def test_numbers_and_dates_stay_texts(tmp_path: Path) -> None:
    text = CLAUSES.replace('value: "0.5"', "value: 0.35").replace('reference: "no. 1"', "reference: 2015-12")
    clause = load_pack(write_pack(tmp_path, text)).clause("1")
    require = clause.limits[0].require
    assert require is not None
    assert require.value == Fraction(35, 100)
    assert clause.reference == "2015-12"


def test_the_hash_changes_with_a_limit_and_not_with_a_line_end(tmp_path: Path) -> None:
    first = load_pack(write_pack(tmp_path / "a")).hash
    assert load_pack(write_pack(tmp_path / "b", CLAUSES.replace("0.5", "0.6"))).hash != first
    folder = write_pack(tmp_path / "c")
    (folder / "clauses.yaml").write_bytes(CLAUSES.replace("\n", "\r\n").encode())
    assert load_pack(folder).hash == first


def test_an_unknown_pack_offers_the_nearest() -> None:
    with pytest.raises(UnknownPackError, match="hj274-2015"):
        find_pack("hj274-2016")


def test_a_pack_is_found_by_its_directory_and_among_extra_ones(tmp_path: Path) -> None:
    folder = write_pack(tmp_path)
    assert find_pack(str(folder)).id == "sample-2020"
    assert find_pack("sample-2020", [tmp_path]).id == "sample-2020"
    assert "sample-2020" not in shipped_ids()


def test_a_frame_needs_no_formula(tmp_path: Path) -> None:
    text = "clauses:\n  - {id: a, kind: frame, zh: 待填, en: to be filled in, group: energy}\n"
    pack = load_pack(write_pack(tmp_path, text, PACK.replace("status: draft", "status: frame"), case=""))
    assert pack.is_frame
    assert pack.clause("a").kind == "frame"


def test_a_pack_says_how_much_of_the_text_it_holds(tmp_path):
    whole = load_pack(write_pack(tmp_path / "a"))
    part = load_pack(write_pack(tmp_path / "b", pack=PACK + "recorded: part\n"))
    assert (whole.is_partly_recorded, part.is_partly_recorded) == (False, True)
    with pytest.raises(PackError, match="none of whole, part"):
        load_pack(write_pack(tmp_path / "c", pack=PACK + "recorded: some\n"))
