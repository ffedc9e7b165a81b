"""A firm's sheet: what it says would reach the next class does, and a little less does not."""

from __future__ import annotations

import json
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from ecopark.errors import EcoparkError, InputError
from ecopark.grading.appeals import appeal, log_appeal, read_log
from ecopark.grading.sheet import sheet_of
from ecopark.grading.simulate import simulate, stability
from ecopark.workflows.grade_firms import grade, method_with
from ecopark.workflows.write_grades import write_grades
from ecopark.workflows.write_sheet import sheet_text, write_sheet
from tests.grading.samples import random_firms, written


def test_the_smallest_change_reaches_the_next_class_and_a_little_less_does_not(tmp_path: Path) -> None:
    method = written(tmp_path)
    done = grade(random_firms(40, 3), method)
    tried = 0
    for firm in done.firms:
        if firm.by_rank not in ("B", "C", "D") or firm.grade != firm.by_rank:
            continue
        sheet = sheet_of(done, firm.firm.id)
        order = method.cutoffs.ids if method.cutoffs else ()
        for change in sheet.changes:
            if change.needed is None:
                continue
            tried += 1
            for value, wanted in (
                (change.needed, True),
                (change.now + (change.needed - change.now) * Fraction(99, 100), False),
            ):
                again = grade(done.table.replaced(firm.firm.with_values({change.id: value})), method).of(firm.firm.id)
                assert again.by_rank is not None
                reached = order.index(again.by_rank) <= order.index(sheet.next_class or "")
                assert reached is wanted or (not wanted and again.group != firm.group)
    assert tried > 10


def test_a_sheet_says_why_there_is_no_next_class(tmp_path: Path) -> None:
    done = grade(random_firms(40, 3), written(tmp_path))
    best = next(f for f in done.firms if f.grade == "A")
    assert "best" in sheet_of(done, best.firm.id).why_none.en
    exempt = next(f for f in done.firms if f.exempt)
    assert sheet_of(done, exempt.firm.id).next_class is None
    with pytest.raises(EcoparkError, match="there is no firm"):
        sheet_of(done, "nobody")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_sheets_and_lists_are_written_in_every_format(tmp_path: Path, lang: str) -> None:
    done = grade(random_firms(25, 3), written(tmp_path / "m"))
    firm = next(f for f in done.firms if f.by_rank == "C")
    sheet = sheet_of(done, firm.firm.id)
    assert firm.firm.id in sheet_text(sheet, lang)
    for suffix in ("html", "docx", "txt"):
        assert write_sheet(sheet, tmp_path / f"s.{suffix}", lang=lang).stat().st_size > 200
    for suffix in ("html", "docx", "xlsx", "csv"):
        assert write_grades(done, tmp_path / f"g.{suffix}", lang=lang).stat().st_size > 200
    with pytest.raises(EcoparkError):
        write_sheet(sheet, tmp_path / "s.pdf")


def test_an_appeal_is_graded_again_and_logged_for_good(tmp_path: Path) -> None:
    method = written(tmp_path / "m")
    frame = random_firms(30, 4)
    done = grade(frame, method)
    firm = next(f for f in done.firms if f.by_rank == "D" and f.grade == "D")
    proof = tmp_path / "tax.pdf"
    proof.write_bytes(b"paid")
    made, again = appeal(done, firm.firm.id, "tax_paid_10k_cny", "500", evidence=proof, by="Li", on=date(2026, 5, 1))
    assert made.after.score is not None and made.before.score is not None
    assert made.after.score > made.before.score
    assert firm.firm.id in made.moved
    log_appeal(tmp_path / "log", made, method)
    log_appeal(tmp_path / "log", made, method)
    entries = read_log(tmp_path / "log")
    assert len(entries) == 2
    assert entries[0]["evidence_sha256"] == made.evidence_hash
    assert grade(frame, method, appeals=tmp_path / "log").to_list() == again.to_list()
    for bad in ({"evidence": tmp_path / "none", "by": "Li"}, {"evidence": proof, "by": " "}):
        with pytest.raises(EcoparkError):
            appeal(done, firm.firm.id, "tax_paid_10k_cny", "1", on=date(2026, 5, 1), **bad)
    with pytest.raises(EcoparkError, match="negative"):
        appeal(done, firm.firm.id, "land_area_mu", "-1", evidence=proof, by="Li", on=date(2026, 5, 1))
    (tmp_path / "log" / "appeals.jsonl").write_text("{}\n", encoding="utf-8")
    with pytest.raises(InputError):
        read_log(tmp_path / "log")


def test_simulation_tells_who_moves_and_why(tmp_path: Path) -> None:
    method = written(tmp_path)
    done = grade(random_firms(60, 5), method)
    same = simulate(done, method)
    assert not any(m.moved for m in same)
    changed = method_with(method, weights={"big.tax_per_mu": "20", "big.value_added_per_energy": "80"})
    moves = simulate(done, changed)
    assert moves[0].moved
    assert moves[0].reasons
    assert json.dumps([m.to_dict() for m in moves])


def test_stability_is_seeded_and_a_lone_item_is_firm(tmp_path: Path) -> None:
    done = grade(random_firms(80, 6), written(tmp_path))
    first, second = stability(done, draws=100), stability(done, draws=100)
    assert first == second
    assert first[0].kept < 1
    groups = {f.firm.id: f.group for f in done.firms}
    assert all(s.kept == 1 for s in first if groups[s.firm] == "small")
    assert all(abs(sum(v for _, v in s.shares) - 1) < 1e-9 for s in first)
