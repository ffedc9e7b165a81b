"""The one-page briefing: always one page, nothing dropped in silence, harmless whatever names it holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecopark.core.text import Text
from ecopark.reports.briefing import (
    Briefing,
    Cases,
    Change,
    Department,
    Gap,
    Gate,
    Grades,
    Indicator,
    OpenCase,
    OverdueTask,
    Quota,
    Tasks,
    Verdict,
)
from ecopark.reports.briefing_page import Room, clip, page
from ecopark.reports.briefing_slides import FIRST
from ecopark.reports.charts import display_width
from ecopark.workflows.write_briefing import write_briefing

ON = date(2026, 11, 28)
HOSTILE = '<b onload="x">#set page() $x$ *粗* `c` \\ @ref [1] </b>&amp;\x07'


def both(text: str) -> Text:
    return Text(text, f"{text} (en)")


def briefing(size: int, name: str = "云栖园区") -> Briefing:
    """A briefing with `size` lines in every part."""
    some = range(1, size + 1)
    basis = Text(
        "标准值共 3 条：推断 3 条；其中已核 0 条，待核 3 条。", "3 limits: inferred 3; 0 verified, 3 to be verified."
    )
    return Briefing(
        both(name), "2025", ON, name, "9.9.9", True,
        tuple(
            Verdict(f"pack-{n}", both(f"标准{n} {name}"), "2025", "fail", Text("不通过", "fail"), both("得分区间 0 – 100"), basis, 1, 2, 3, f"{n:08x}ff", "9.9.9")
            for n in some
        ),
        tuple(
            Indicator(both(f"指标{n} {name}"), both("标准"), "tce/10k CNY", "not_met", ("2023", "2024", "2025"), (1.0, None, 123456.0), (2.0, 2.0, 1.0))
            for n in some
        ),
        size,
        tuple(Department(both(f"部门{n} {name}"), tuple(Gap(both(f"数据{m} {name}"), "2025", m) for m in some)) for n in some),
        tuple(Change(both(f"称号{n} {name}"), "2026-11-01", ("2025", "2025"), "pass", "fail") for n in some),
        Tasks({"red": size, "amber": 0, "green": 0, "grey": 0}, tuple(OverdueTask(n, both(f"措施{n} {name}"), both("水务局"), ON - timedelta(days=n), "red") for n in some), size),
        Cases({"late": size, "soon": 0, "running": 0}, tuple(OpenCase(n, both(f"扬尘{n} {name}"), ON - timedelta(days=9), ON - timedelta(days=n), True) for n in some), size),
        Gate({"admit": 3, "refuse": size}, tuple(Quota(both(f"能耗{n}"), 2026, "10", "20", "tce") for n in some)),
        Grades("2025", both("亩均评价"), {f"级{n}": n for n in some} or {"A": 1}),
    )  # fmt: skip


def texts_of(path: Path) -> list[str]:
    """The text of every page or slide."""
    if path.suffix == ".pdf":
        from pypdf import PdfReader

        return [p.extract_text() for p in PdfReader(path).pages]
    from pptx import Presentation

    found = []
    for slide in Presentation(str(path)).slides:
        parts = [s.text_frame.text for s in slide.shapes if s.has_text_frame]
        parts += [c.text for s in slide.shapes if s.has_table for row in s.table.rows for c in row.cells]
        found.append("\n".join(parts))
    return found


@pytest.mark.parametrize("size", [0, 1, 5, 40])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_pdf_is_exactly_one_page_whatever_it_holds(tmp_path: Path, size: int, lang: str) -> None:
    write_briefing(briefing(size), tmp_path / "b.pdf", lang)
    [text] = texts_of(tmp_path / "b.pdf")
    for word in {"zh": ("领导简报", "虚构数据", "9.9.9"), "en": ("One-page briefing", "Invented", "9.9.9")}[lang]:
        assert word in text


def test_a_page_of_the_worst_names_is_one_page_too(tmp_path: Path) -> None:
    for name in ("W" * 4000, "园" * 4000, HOSTILE, "a\n" * 500):
        write_briefing(briefing(30, name), tmp_path / "b.pdf", "en")
        assert len(texts_of(tmp_path / "b.pdf")) == 1


def test_what_does_not_fit_is_counted(tmp_path: Path) -> None:
    write_briefing(briefing(40), tmp_path / "b.pdf", "zh")
    [text] = texts_of(tmp_path / "b.pdf")
    text = text.replace(" ", "")  # a reader of PDF sets spaces between Chinese and digits
    shown = sum(f"措施{n}云栖园区" in text for n in range(1, 41))
    assert 0 < shown < 40
    assert f"另有{40 - shown}项未列" in text
    verdicts = sum(f"标准{n}云栖园区" in text for n in range(1, 41))
    assert f"另有{40 - verdicts}项标准：不通过{40 - verdicts}" in text


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(size=st.integers(0, 30), lines=st.integers(1, 12), lang=st.sampled_from(["zh", "en"]))
def test_shown_and_counted_make_the_whole(size: int, lines: int, lang: str) -> None:
    room = replace(Room(), tasks=lines, cases=lines, missing=lines, changes=lines, verdicts=lines, quotas=lines)
    b = briefing(size)
    p = page(b, lang, room)
    rest = {"zh": "另有 {n} 项未列", "en": "{n} more not listed"}[lang]
    for name in ("tasks", "cases", "changes", "gate"):
        box = p.box(name)
        assert box is not None
        left = size - min(size, lines)
        assert box.rest == (rest.format(n=left) if left else "")
        assert len(box.lines) == max(min(size, lines), 1)
    missing = p.box("missing")
    assert missing is not None
    assert (str((size - lines) * size) in missing.rest) if size > lines else not missing.rest


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_first_slide_holds_what_the_page_holds(tmp_path: Path, lang: str) -> None:
    write_briefing(briefing(3), tmp_path / "b.pptx", lang)
    slides = texts_of(tmp_path / "b.pptx")
    assert 1 <= len(slides) <= 3
    words = {
        "zh": ("标准1", "不通过", "得分区间", "待核 3", "措施1", "逾期 1 天", "扬尘1", "部门1", "称号1", "不予准入", "级1", "00000001"),
        "en": ("标准1", "fail", "to be verified", "措施1", "1 d overdue", "扬尘1", "部门1", "称号1", "refused", "级1", "00000001"),
    }[lang]  # fmt: skip
    assert [w for w in words if w not in slides[0]] == []
    assert f"{3 - FIRST.tasks} " in slides[0]


def test_slides_lie_within_their_edges(tmp_path: Path) -> None:
    from pptx import Presentation

    write_briefing(briefing(40, "W" * 60), tmp_path / "b.pptx", "en")
    show = Presentation(str(tmp_path / "b.pptx"))
    for slide in show.slides:
        for shape in slide.shapes:
            assert shape.left >= 0
            assert shape.left + shape.width <= show.slide_width
            assert shape.top + shape.height <= show.slide_height


def test_hostile_names_are_text(tmp_path: Path) -> None:
    b = briefing(2, HOSTILE)
    write_briefing(b, tmp_path / "b.pdf", "zh")
    [text] = texts_of(tmp_path / "b.pdf")
    assert "#set page()" in text
    assert "\x07" not in text
    write_briefing(b, tmp_path / "b.pptx", "zh")
    assert any('<b onload="x">' in t for t in texts_of(tmp_path / "b.pptx"))
    for trend in page(b, "zh", Room()).trends:
        ElementTree.fromstring(trend.svg)


def test_a_part_that_is_left_out_is_named(tmp_path: Path) -> None:
    b = replace(
        briefing(1),
        tasks=None,
        cases=None,
        gate=None,
        grades=None,
        left_out=(Text("任务（没有登记）", "tasks (none)"),),
    )
    p = page(b, "zh", Room())
    assert {box.id for box in p.boxes} == {"missing", "changes"}
    assert p.foot[-1] == "未包括：任务（没有登记）"
    write_briefing(b, tmp_path / "b.pdf", "zh")
    assert "未包括：任务（没有登记）" in texts_of(tmp_path / "b.pdf")[0]


@given(st.text(max_size=80), st.floats(2, 40))
def test_a_clipped_line_is_one_line_of_its_width(text: str, ems: float) -> None:
    found = clip(text, ems)
    assert "\n" not in found
    assert display_width(found) <= ems


def test_an_unknown_format_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    from ecopark.errors import EcoparkError

    with pytest.raises(EcoparkError, match="docx"):
        write_briefing(briefing(1), tmp_path / "b.docx", "zh")
    assert list(tmp_path.iterdir()) == []


def test_facts_alone_make_a_briefing_that_says_what_it_lacks(tmp_path: Path, monkeypatch: Any) -> None:
    import report_cast as cast

    from ecopark.workflows import write_briefing as workflow

    monkeypatch.setattr(workflow, "assess_all", lambda *a, **k: cast.assessments())
    written = workflow.write_briefings(cast.facts(), ["small"], tmp_path, lang="en", on=ON, by="Zhou")
    assert {p.suffix for p in written} == {".pdf", ".pptx", ".csv"}  # rows were set aside
    [text] = texts_of(next(p for p in written if p.suffix == ".pdf"))
    assert "Not included: tasks, cases, projects and grades" in text
    assert "Zhou" in text
