"""What a dossier says, whatever draws it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
import report_cast as cast

from ecopark.core.text import Text
from ecopark.reports.blocks import Fold, Heading, Table
from ecopark.reports.content import Evidence, Material, all_verified, basis_words, build, evidence_of, material
from ecopark.reports.sections import change_words, indicator_table, outward, relative_words
from ecopark.reports.words import formula_words, number, requirement, unit_words
from ecopark.standards.result import Change


def _texts(m: Material) -> str:
    document = build(m)
    cells = [c.text + " " + c.note for t in document.tables() for row in t.rows for c in row]
    return "\n".join([repr(document.blocks), *cells])


def test_every_clause_has_a_row_and_an_explanation(small: Material) -> None:
    document = build(small)
    folds = [b.title for b in document.blocks if isinstance(b, Fold)]
    for a in small.current:
        for c in a.clauses:
            assert any(t.startswith(c.clause.tail) and c.clause.label[small.lang] in t for t in folds)


def test_three_years_stand_side_by_side_and_a_missing_year_is_a_dash(small: Material) -> None:
    series = small.packs[0]
    table = indicator_table(small, series, series[-1].clauses)
    assert table.header[3:6] == cast.YEARS
    carbon = next(row for row in table.rows if row[0].text == "6")
    assert carbon[4].text == "—"
    assert carbon[3].text == "1.1098"


def test_the_word_official_appears_only_when_every_limit_is_verified() -> None:
    a = cast.assessments()[2]
    assert "official" not in basis_words(a, "en")
    assert "正式文本" not in basis_words(a, "zh")
    checked = replace(a, clauses=tuple(replace(c, verified="李工") for c in a.clauses))
    assert all_verified(checked)
    assert "official text by 李工" in basis_words(checked, "en")
    partly = replace(a, clauses=tuple(replace(c, verified="李工" if n else "") for n, c in enumerate(a.clauses)))
    assert "official" not in basis_words(partly, "en")


def test_the_cover_says_that_the_park_is_invented(small: Material) -> None:
    assert build(small).cover.label == small.say("invented")
    quiet = cast.facts()
    quiet.settings.clear()
    assert build(material(cast.assessments(), facts=quiet)).cover.label == ""


def test_a_change_of_scope_is_said_where_trends_are(small: Material) -> None:
    assert [year for year, _ in small.breaks] == [2022]
    assert small.say("break", year=2022, what=small.breaks[0][1][small.lang]) in _texts(small)


def test_findings_and_rows_set_aside_are_shown(small: Material) -> None:
    text = _texts(small)
    assert ("较上年变化 41 %" if small.lang == "zh" else "changed by 41 %") in text
    assert "demo,unknown_thing,2023,1,t" in text


def test_clauses_without_evidence_say_so_and_evidence_is_found_by_clause_or_figure() -> None:
    given = [
        Evidence("demo-eco-2015/b1", "platform.pdf", "3", "2023-05-01"),
        Evidence("energy_industrial_tce", "balance.pdf"),
    ]
    m = material(cast.assessments(), lang="en", facts=cast.facts(), evidence=given)
    heading = "List of evidence"
    blocks = build(m).blocks
    at = next(n for n, b in enumerate(blocks) if isinstance(b, Heading) and b.text == heading)
    table = blocks[at + 1]
    assert isinstance(table, Table)
    rows = [[c.text for c in row] for row in table.rows]
    assert next(r for r in rows if r[0].startswith("b1"))[2:] == ["platform.pdf", "3", "2023-05-01"]
    assert next(r for r in rows if r[0].startswith("1 "))[2] == "balance.pdf"
    assert next(r for r in rows if r[0].startswith("b2"))[2] == "none given"


def test_evidence_of_a_park_folder_is_understood() -> None:
    rows = [{"clause_or_quantity": "q", "file": "a.pdf", "page": "2", "date": "2024-01-01", "period": "2023"}]
    assert evidence_of({"evidence": rows}) == (Evidence("q", "a.pdf", "2", "2024-01-01", "2023"),)


def test_several_subjects_are_refused() -> None:
    first, second = cast.assessments()[:2]
    with pytest.raises(ValueError, match="one subject"):
        material([first, replace(second, subject="other")])
    with pytest.raises(ValueError, match="at least one"):
        material([])


def test_a_needed_value_is_never_rounded_to_the_wrong_side() -> None:
    up = Change("q", "2023", Text("量", "amount"), "t", Fraction(1), Fraction(10, 3))
    down = replace(up, now=Fraction(10), needed=Fraction(20, 3))
    assert outward(up) >= up.needed
    assert outward(down) <= down.needed
    assert "3.33334" in change_words(up, "en")
    assert "6.66666" in change_words(down, "en")
    assert relative_words(down) == "−33.3 %"


def test_numbers_are_never_rounded_onto_their_limit() -> None:
    assert number(Fraction("0.60000004"), beside=Fraction("0.6")) == "0.60000004"
    assert number(Fraction("0.6"), beside=Fraction("0.6")) == "0.6"
    assert number(Fraction(-12345678, 10)) == "-1,234,567.8"


def test_units_and_formulas_are_put_in_words() -> None:
    labels = {"a": Text("甲", "A"), "b": Text("乙", "B")}
    assert unit_words("10k tce", "zh") == "万吨标准煤"
    assert unit_words("tCO2/10k CNY", "en") == "tCO2/10k CNY"
    assert formula_words("growth(a) * (a + b) / b", labels, "zh") == "增长率(甲) × (甲 + 乙) ÷ 乙"
    assert formula_words("a if b > 0 else undefined('none')", labels, "en").startswith("if B > 0: A; otherwise")
    assert formula_words("a ++++ (", labels, "en") == "a ++++ ("
    assert requirement("<=", Fraction(3, 5), "1", "zh") == "≤ 0.6"
    assert requirement("==", True, "", "zh") == "是"


def test_deadlines_of_titles_are_told_on_the_given_day() -> None:
    facts = cast.facts()
    facts.settings["titles"] = [{"id": "national-eco-industrial-park", "step": "name", "date": "2018-05-01"}]
    m = material(cast.assessments(), lang="en", facts=facts, on=date(2024, 6, 30))
    text = _texts(m)
    assert "Life of the title" in text
    assert "As on 2024-06-30." in text
    assert material(cast.assessments()).on == date(2023, 12, 31)
