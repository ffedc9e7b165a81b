"""A firm's sheet: what it says would reach the next class does, and a little less does not."""

from __future__ import annotations

import json
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from ecopark.errors import EcoparkError, InputError
from ecopark.grading import what_if
from ecopark.grading.appeals import appeal, log_appeal, read_log
from ecopark.grading.sheet import sheet_of
from ecopark.grading.simulate import simulate, stability
from ecopark.workflows.grade_firms import grade, method_with
from ecopark.workflows.write_grades import write_grades
from ecopark.workflows.write_sheet import sheet_document, sheet_text, write_sheet
from ecopark.workflows.write_simulation import (
    BORDERLINE,
    Study,
    change_rows,
    matrix_rows,
    move_rows,
    stability_rows,
    write_study,
)
from tests.grading.samples import HEAD, random_firms, written


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


def test_a_large_list_is_checked_in_columns_and_says_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = grade(random_firms(40, 3), written(tmp_path))
    firms = [f.firm.id for f in done.firms if f.by_rank in ("B", "C", "D")][:6]
    small = [sheet_of(done, f) for f in firms]
    monkeypatch.setattr(what_if, "EXACT_UP_TO", 0)
    assert [sheet_of(done, f) for f in firms] == small


def test_a_figure_that_would_change_the_group_is_no_way_up() -> None:
    def row(firm: str, revenue: str, rd: str, tax: str) -> dict[str, str]:
        figures = {"industrial_value_added": "900", "energy_industrial_tce": "300", "industrial_employees": "50"}
        return figures | {"firm": firm, "firm_revenue_10k_cny": revenue, "rd_expenditure": rd, "tax_paid_10k_cny": tax,
                          "land_area_mu": "10", "emission_cod_t": "1", "emission_nh3n_t": "1", "emission_so2_t": "1",
                          "emission_nox_t": "1", "electricity_consumption_kwh": "1000000"}  # fmt: skip

    rows = [row("a", "3000", "1", "900"), row("b", "2100", "1", "300"), row("c", "100", "9", "1")]
    sheet = sheet_of(grade(rows, method_with("huangyan-2022", cutoffs="A=50,D=50")), "b")
    needed = {c.id: c.needed for c in sheet.changes}
    assert needed["firm_revenue_10k_cny"] is None and needed["tax_paid_10k_cny"] is not None


def test_people_come_whole_and_the_margin_is_right(tmp_path: Path) -> None:
    rows = [
        {"firm": f, "group": "规上", "industrial_value_added": "100", "industrial_employees": n}
        for f, n in (("a", "7"), ("b", "9"), ("c", "11"), ("d", "13"))
    ]
    text = (
        HEAD
        + "groups:\n  - id: g\n    aliases: [规上]\n    items:\n      - {indicator: labour_productivity, base: '10', weight: '100'}\n"
    )
    cut = "cutoffs: {kind: shares, classes: [{id: A, to: '50'}, {id: B, to: '100'}]}\n"
    sheet = sheet_of(grade(rows, written(tmp_path, text + cut)), "c")
    assert [(c.id, c.needed) for c in sheet.changes if c.id == "industrial_employees"] == [("industrial_employees", 9)]
    assert sheet.gap == Fraction(1000, 9) - Fraction(1000, 11)
    best = sheet_of(grade(rows, written(tmp_path, text + cut)), "a")
    assert best.margin == Fraction(1000, 7) - Fraction(1000, 11)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_sheet_says_how_to_object_and_what_it_rests_on(lang: str) -> None:
    rows = [{"firm": f, "group": "规下", "tax_per_mu": v, "tax_per_power": "0.2"} for f, v in (("a", "9"), ("b", "5"))]
    sheet = sheet_of(grade(rows, method_with("huangyan-2022", cutoffs="A=50,D=50")), "b")
    text = sheet_text(sheet, lang)
    for word in {
        "zh": ("约 3 日", "凭记忆", "合计", "万元/亩", "0.3", "见于来源"),
        "en": ("about 3 days", "recalled", "Total", "0.3", "seen"),
    }[lang]:
        assert word in text, word
    cells = {c.text for t in sheet_document(sheet, lang).tables() for row in t.rows for c in row}
    assert {"0.3", "9", "2 / 2"} <= cells


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_study_shows_what_changed_who_moves_and_who_is_borderline(tmp_path: Path, lang: str) -> None:
    done = grade(random_firms(60, 5), written(tmp_path / "m"))
    changed = method_with(done.method, weights={"big.tax_per_mu": "20", "big.value_added_per_energy": "80"})
    study = Study(done, changed, draws=50)
    assert [r[1:] for r in change_rows(study, lang)[1:]] == [["60", "20"], ["40", "80"]]
    moved = sum(m.moved for m in study.moves)
    assert len(move_rows(study, lang)) == moved + 1 > 1
    matrix = matrix_rows(study, lang)[1:]
    assert sum(int(n) for row in matrix for n in row[1:]) == len(done.firms)
    assert sum(int(n) for i, row in enumerate(matrix) for j, n in enumerate(row[1:]) if i != j) == moved
    told = [r[-1] for r in stability_rows(study, lang)[1:]]
    assert told == [{"zh": "临界", "en": "borderline"}[lang] if s.kept < BORDERLINE else "" for s in study.stability]
    for suffix in ("html", "docx", "csv"):
        assert write_study(study, tmp_path / f"s.{suffix}", lang=lang).stat().st_size > 200
