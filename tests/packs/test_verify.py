"""Only a named person who checked a clause against a document makes it verified."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from ecopark.errors import EcoparkError, InputError
from ecopark.packs.load import find_pack
from ecopark.packs.verify import Verification, record, verified_clauses

PACK = find_pack("hj274-2015")
BY, DOCUMENT, DAY = "张三", 'HJ 274-2015 "printed", table 1', "2026-11-21"


def entries(folder: Path) -> list[dict]:
    return tomllib.loads((folder / "verified.toml").read_text(encoding="utf-8"))["verified"]


def test_a_record_verifies_its_clause_and_no_other(tmp_path: Path) -> None:
    record(tmp_path, PACK, ["hj274-2015/10"], BY, DOCUMENT, DAY)
    assert verified_clauses(PACK, entries(tmp_path)) == {"10": f"{BY}, {DOCUMENT}, {DAY}"}


def test_records_are_added_and_never_overwritten(tmp_path: Path) -> None:
    record(tmp_path, PACK, ["10"], BY, DOCUMENT, DAY)
    record(tmp_path, PACK, ["11", "012"], BY, DOCUMENT, DAY)
    assert [e["clause"] for e in entries(tmp_path)] == [f"hj274-2015/{n}" for n in (10, 11, 12)]


def test_a_star_verifies_every_clause(tmp_path: Path) -> None:
    record(tmp_path, PACK, ["hj274-2015/*"], BY, DOCUMENT, DAY)
    assert len(verified_clauses(PACK, entries(tmp_path))) == len(PACK.clauses)


def test_a_record_of_another_edition_does_not_count(tmp_path: Path) -> None:
    record(tmp_path, PACK, ["10"], BY, DOCUMENT, DAY)
    assert verified_clauses(replace(PACK, hash="0" * 16), entries(tmp_path)) == {}


@pytest.mark.parametrize("gone", ["by", "against"])
def test_a_record_without_name_or_document_does_not_count(gone: str) -> None:
    entry = {"clause": "hj274-2015/10", "by": BY, "against": DOCUMENT, "date": DAY, gone: ""}
    assert verified_clauses(PACK, [entry]) == {}


def test_a_record_of_another_pack_does_not_count() -> None:
    assert verified_clauses(PACK, [{"clause": "other/10", "by": BY, "against": DOCUMENT}]) == {}


@pytest.mark.parametrize(
    ("clauses", "by", "against"), [(["99"], BY, DOCUMENT), (["10"], " ", DOCUMENT), (["10"], BY, "")]
)
def test_nothing_is_written_when_something_is_wrong(tmp_path: Path, clauses: list[str], by: str, against: str) -> None:
    with pytest.raises(InputError):
        record(tmp_path, PACK, clauses, by, against, DAY)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(EcoparkError, match="is not a directory"):
        record(tmp_path / "nowhere", PACK, ["10"], BY, DOCUMENT, DAY)


def test_quotes_and_control_characters_survive_the_file(tmp_path: Path) -> None:
    made = Verification("hj274-2015/10", 'a "b" \\ c', "line\nbreak", DAY)
    assert tomllib.loads(made.to_toml())["verified"][0]["against"] == "line\nbreak"
