"""The files of a dossier: valid, complete, harmless, in both languages."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
import report_cast as cast

from ecopark.reports.blocks import Cell
from ecopark.reports.charts import matrix, score_bars, small_multiples
from ecopark.reports.content import Material, material
from ecopark.reports.dossier import FORMATS, ReportError, write_dossier
from ecopark.reports.slides import Deck
from ecopark.reports.text import cell_width, summary
from ecopark.standards.result import VERDICT_TEXT

Written = Callable[[str], dict[str, Path]]


def test_every_format_is_written_and_nothing_else(written: Written, lang: str) -> None:
    paths = written(lang)
    assert set(paths) == set(FORMATS)
    folder = paths["html"].parent
    assert sorted(p.name for p in folder.iterdir()) == sorted(p.name for p in paths.values())
    assert all(p.stat().st_size > 1000 for p in paths.values())


def test_the_office_files_are_whole_archives(written: Written, lang: str) -> None:
    for kind in ("docx", "pptx", "xlsx"):
        with zipfile.ZipFile(written(lang)[kind]) as archive:
            assert archive.testzip() is None
            for name in archive.namelist():
                if name.endswith((".xml", ".rels")):
                    ElementTree.fromstring(archive.read(name))


def test_the_pdf_carries_its_chinese_type(written: Written) -> None:
    data = written("zh")["pdf"].read_bytes()
    assert data.startswith(b"%PDF-")
    assert data.rstrip().endswith(b"%%EOF")
    assert re.search(rb"/FontName ?/[A-Z]{6}\+NotoSansSC", data)


def test_the_page_stands_alone(written: Written, lang: str) -> None:
    page = written(lang)["html"].read_text(encoding="utf-8")
    assert f'<html lang="{"zh-CN" if lang == "zh" else "en"}">' in page
    assert "<script" not in page
    assert not re.search(r'(?:src|href)="(?!#)', page)
    assert not re.search(r"url\(|@import", page)
    assert all(f'"{scope}"' in page for scope in ("col", "row"))


def test_every_clause_is_in_every_document(written: Written, lang: str) -> None:
    paths = written(lang)
    page = paths["html"].read_text(encoding="utf-8")
    with zipfile.ZipFile(paths["docx"]) as archive:
        word = archive.read("word/document.xml").decode()
    with zipfile.ZipFile(paths["xlsx"]) as archive:
        book = archive.read("xl/sharedStrings.xml").decode()
    for a in cast.assessments():
        for c in a.clauses:
            label = c.clause.label[lang]
            assert label in page
            assert label in word
            assert label in book
    rows = json.loads(paths["json"].read_text(encoding="utf-8"))
    assert [len(row["clauses"]) for row in rows] == [10, 10, 10, 2, 2, 2]


def test_the_anchors_of_the_contents_exist(written: Written) -> None:
    page = written("zh")["html"].read_text(encoding="utf-8")
    targets = set(re.findall(r'\bid="([^"]+)"', page))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= targets


def test_text_from_outside_stays_text(tmp_path: Path) -> None:
    facts = cast.facts()
    name = '<script>alert(1)</script>&\'"\x07 #import "x"'
    hostile = [cast.replace_name(a, name) for a in cast.assessments()]
    paths = {p.suffix[1:]: p for p in write_dossier(hostile, tmp_path, lang="zh", facts=facts)}
    assert "<script>" not in paths["html"].read_text(encoding="utf-8")
    assert set(paths) == set(FORMATS)


def test_a_file_name_chooses_its_format(tmp_path: Path) -> None:
    (path,) = write_dossier(cast.assessments(), tmp_path / "report.html", facts=cast.facts())
    assert path == tmp_path / "report.html"
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_an_unknown_format_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="odt"):
        write_dossier(cast.assessments(), tmp_path / "out", formats=("html", "odt"))
    with pytest.raises(ReportError, match="doc"):
        write_dossier(cast.assessments(), tmp_path / "report.doc")
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_left_behind_when_a_format_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("ecopark.reports.slides.write_slides", broken)
    with pytest.raises(OSError, match="disk full"):
        write_dossier(cast.assessments(), tmp_path / "out", formats=("html", "json", "pptx"), facts=cast.facts())
    assert list(tmp_path.iterdir()) == []


def test_charts_are_svg_with_words(small: Material) -> None:
    charts = [matrix(small), score_bars(small.current[0], small.lang)]
    charts += [page.svg for page in small_multiples(small, small.packs[0])]
    for svg in charts:
        root = ElementTree.fromstring(svg)
        assert root.get("role") == "img"
        assert root.get("aria-label")
    for verdict in ("fail", "undetermined"):
        assert VERDICT_TEXT[verdict][small.lang] in charts[0]
    assert "1 3" in charts[2]  # the dotted line of the change of scope


def test_a_single_year_is_enough(tmp_path: Path) -> None:
    only = [a for a in cast.assessments() if a.period == "2023"]
    assert len(write_dossier(only, tmp_path, lang="en")) == len(FORMATS)


def test_the_terminal_text_tells_verdict_clauses_and_gaps(lang: str) -> None:
    a = cast.assessments()[2]
    text = summary(a, lang)
    assert VERDICT_TEXT["fail"][lang] in text
    assert all(c.clause.tail in text for c in a.clauses)
    assert "[jobs_green]" in text
    assert cell_width("中a") == 3


def test_the_slides_are_few(written: Written, lang: str) -> None:
    from pptx import Presentation

    show = Presentation(str(written(lang)["pptx"]))
    assert 5 <= len(show.slides) <= 7
    assert all(slide.shapes.title.text_frame.text for slide in show.slides)


def test_the_carried_fonts_hold_the_common_characters(small: Material) -> None:
    del small
    from importlib.resources import files

    fonts = files("ecopark.reports") / "fonts"
    assert "SIL Open Font License" in (fonts / "OFL.txt").read_text(encoding="utf-8")
    size = sum(len((fonts / f"NotoSansSC-{w}.ttf").read_bytes()) for w in ("Regular", "Bold"))
    assert size < 4_000_000
    assert material(cast.assessments()).title == "自评价报告"


def test_the_basis_stands_beside_every_verdict(written: Written, small: Material, lang: str) -> None:
    """Design, section 4: every place that shows a verdict shows how its limits are known."""
    from docx import Document as Word
    from pptx import Presentation

    paths = written(lang)
    short = [a.basis(lang) for a in small.current]
    show = Presentation(str(paths["pptx"]))
    slides = ["\n".join(_slide_texts(slide)) for slide in show.slides]
    for words in short:
        assert words in slides[2], "the overview of verdicts by year"
        assert words in paths["html"].read_text(encoding="utf-8"), "the matrix of the page"
    assert {"zh": "已核", "en": "verified"}[lang] in slides[1]
    head = next(table.rows[0] for slide in show.slides for table in _tables(slide) if len(table.columns) == 6)
    assert {"zh": "依据", "en": "Basis"}[lang] in [cell.text for cell in head.cells]
    tables = [[c.text for c in table.rows[0].cells] for table in Word(str(paths["docx"])).tables if table.rows]
    assert any({"zh": "依据", "en": "Basis"}[lang] in row for row in tables)
    for a in small.current:
        assert a.basis("en") in repr(a)
        assert a.basis("en") in a._repr_html_()


def _tables(slide: object) -> list:
    return [shape.table for shape in slide.shapes if shape.has_table]  # type: ignore[attr-defined]


def _slide_texts(slide: object) -> list[str]:
    found = [s.text_frame.text for s in slide.shapes if s.has_text_frame]  # type: ignore[attr-defined]
    return found + [cell.text for table in _tables(slide) for row in table.rows for cell in row.cells]


def test_a_row_of_a_slide_is_as_high_as_its_text(tmp_path: Path) -> None:
    from pptx import Presentation

    deck = Deck("en", "t", "f")
    cells = [Cell("short"), Cell("单独改变一项即可达标，由 2,217,970.6 变为 2,643,658 万元。" * 6)]
    deck.table(deck.slide("t"), ["a", "b"], [cells, [Cell("x"), Cell("y")]], [1, 1], 1.4, 12)
    deck.table(deck.slide("u"), ["a", "b"], [cells] * 6, [1, 1], 1.4, 12)
    deck.show.save(str(tmp_path / "d.pptx"))
    few, many = (
        next(s for s in slide.shapes if s.has_table) for slide in Presentation(str(tmp_path / "d.pptx")).slides
    )
    first, second = (row.height for row in list(few.table.rows)[1:])
    assert first > 2 * second
    assert few.table.cell(1, 1).text_frame.paragraphs[0].runs[0].font.size.pt == 12
    assert many.table.cell(1, 1).text_frame.paragraphs[0].runs[0].font.size.pt < 12
    assert sum(row.height for row in many.table.rows) <= 4.9 * 914400
