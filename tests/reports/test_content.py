"""What a dossier says, whatever draws it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
import report_cast as cast

from ecopark.core.text import Text
from ecopark.observations.quantity import catalogue
from ecopark.packs.model import Basis, Rule
from ecopark.reports.advice import advice, change_words, outward, relative_words, sensible, wanted
from ecopark.reports.blocks import Fold, Heading, Pairs, Table
from ecopark.reports.content import Evidence, Material, all_verified, basis_words, build, evidence_of, material
from ecopark.reports.sections import indicator_table, limit_words, status_cell
from ecopark.reports.verdicts import only_basics, rests_on, verdict_words
from ecopark.reports.words import formula_words, number, requirement, unit_words
from ecopark.standards.result import Assessment, Change, ChosenLimit


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
    assert not any(r[0].startswith("b2") for r in rows)
    without = blocks[at + 3]
    assert isinstance(without, Pairs)
    assert "b2" in without.pairs[0][1]
    assert without.pairs[0][1].startswith("8 / 10")


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


def _change(quantity: str, now: str, needed: str, unit: str = "t") -> Change:
    return Change(quantity, "2023", Text(quantity, quantity), unit, Fraction(now), Fraction(needed))


def test_only_changes_that_somebody_would_make_are_advised() -> None:
    failed = next(c for c in cast.assessments()[2].clauses if c.status == "not_met")
    changes = (
        _change("industrial_value_added", "100", "20"),
        _change("industrial_fresh_water_m3", "100", "140"),
        _change("wastewater_treated_m3", "100", "90"),
        _change("reclaimed_water_used_m3", "100", "300"),
        _change("publicity_events", "1", "2", "count"),
        _change("energy_industrial_tce", "100", "70"),
    )
    told = [change.quantity for change in sensible(replace(failed, changes=changes))]
    assert told == ["energy_industrial_tce", "publicity_events"]
    assert advice(replace(failed, changes=changes[:4]), "zh") == ("须多项同时改进",)
    assert advice(replace(failed, changes=()), "en") == ("several inputs must improve together",)


def test_less_is_better_only_for_burdens() -> None:
    names = {
        n: wanted(catalogue()[n]) for n in ("water_total_m3", "emission_cod_t", "solid_waste_utilised_t", "park_gdp")
    }
    assert list(names.values()) == [-1, -1, 1, 1]
    assert wanted(catalogue()["pollutant_cap_t"]) == wanted(catalogue()["firms_total"]) == 0


def test_a_verdict_from_basic_requirements_says_so() -> None:
    a = _indexed()
    assert only_basics(a)
    assert verdict_words(a, "zh") == "基本要求满足"
    assert rests_on(a, "zh").startswith("基本要求满足，指数 137.2（引领值均未见原文，凭记忆）")
    assert "index 137.2" in rests_on(a, "en")
    assert rests_on(cast.assessments()[2], "zh") == ""
    text = _texts(material([a], facts=cast.facts()))
    assert "引领值" in text
    assert limit_words(next(c for c in a.clauses if c.clause.benchmark), "zh") == "引领值 3"


def _indexed() -> Assessment:
    """The small pack as an index: no limits but of basic requirements, benchmarks for the rest."""
    a = cast.assessments()[2]
    recalled = Basis("recalled", "seen", "seen")
    clauses = tuple(
        c
        if c.clause.kind == "basic"
        else replace(
            c,
            clause=replace(c.clause, limits=(), benchmark=Fraction(3), basis=recalled),
            limit=ChosenLimit(None, None),
            status="reported",
            changes=(),
        )
        for c in a.clauses
    )
    rules = (Rule("all_met", (("kinds", ("basic",)),)),)
    pack = replace(a.pack, verdict=rules, score=Rule("ratio_index"), clauses=tuple(c.clause for c in clauses))
    return replace(a, pack=pack, clauses=clauses, verdict="pass", score=Fraction("137.2"), verdict_reasons=())


def test_a_doubtful_figure_is_told_beside_the_status() -> None:
    c = replace(cast.assessments()[2].clauses[0], doubts=(Text("合计不符", "sums differ"),))
    assert (status_cell(c, "zh").text, status_cell(c, "zh").note) == ("达标（数据存疑）", "合计不符")
    assert status_cell(c, "en").text == "met (figures in doubt)"


def test_the_title_of_the_park_s_own_report_has_no_book_marks() -> None:
    cover = build(material(cast.assessments(), facts=cast.facts())).cover
    assert cover.title == "自评价报告"
    assert cover.packs[0].startswith("《")


def test_figures_typed_in_the_unit_of_use_are_no_conversions(small: Material) -> None:
    assert small.say("no_convert") in _texts(small)


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
