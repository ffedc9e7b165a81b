"""What other weights, bases or cut-offs would do, and how firm every class is: as tables, HTML, Word or CSV."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path

from ecopark.core.rounding import decimal_text, round_to
from ecopark.core.text import Text
from ecopark.grading.method import Cutoffs, Item, LastYear, Method
from ecopark.grading.result import Grading
from ecopark.grading.simulate import Move, Stability, simulate, stability
from ecopark.reports.blocks import Block, Cell, Cover, Document, Heading, Paragraph, Table
from ecopark.reports.one_file import write_as, write_csv
from ecopark.workflows.write_grades import GRADE_TONE, figure, method_blocks, rounded

BORDERLINE = 0.9
"""A firm that keeps its class in fewer of the draws than this is called borderline."""


@dataclass
class Study:
    """A grading, the changed method held against it, and the draws of weights.

    Parameters
    ----------
    changed
        None: nothing is changed, only the firmness of the classes is asked for.
    draws
        0: it is not asked for.
    """

    grading: Grading
    changed: Method | None = None
    draws: int = 0
    spread: float = 0.1
    seed: int = 7

    @cached_property
    def moves(self) -> list[Move]:
        """Every firm under both methods, those that move first."""
        return [] if self.changed is None else simulate(self.grading, self.changed)

    @cached_property
    def stability(self) -> list[Stability]:
        """How often every firm keeps its class, most shaky first."""
        if not self.draws:
            return []
        return stability(self.grading, draws=self.draws, spread=self.spread, seed=self.seed)


def change_rows(study: Study, lang: str) -> list[list[str]]:
    """What was changed, from what to what, header first."""
    zh = lang == "zh"
    rows = [["改动", "原", "现"] if zh else ["Change", "From", "To"]]
    assert study.changed is not None
    old = study.grading.method
    for group, new_group in zip(old.groups, study.changed.groups):
        several = len(old.groups) > 1
        for item, new in zip(group.items, new_group.items):
            name = (f"{group.label[lang]} · " if several else "") + item.indicator.label[lang]
            if item.weight != new.weight:
                rows.append([f"{name} {'权重' if zh else 'weight'}", rounded(item.weight), rounded(new.weight)])
            if item.base != new.base:
                rows.append([f"{name} {'基准值' if zh else 'base'}", _base(item), _base(new)])
    if old.cutoffs != study.changed.cutoffs:
        rows.append(["分档" if zh else "classes", _shares(old.cutoffs), _shares(study.changed.cutoffs)])
    return rows


def _base(item: Item) -> str:
    if isinstance(item.base, Fraction):
        return figure(item.base)
    return "-" if isinstance(item.base, LastYear) else str(item.base or "-")


def _shares(cutoffs: Cutoffs | None) -> str:
    """``A 20, B 65, C 95, D``: where each class ends."""
    if cutoffs is None:
        return "-"
    return ", ".join(f"{c.id} {decimal_text(c.limit)}" if c.limit is not None else c.id for c in cutoffs.classes)


def matrix_rows(study: Study, lang: str) -> list[list[str]]:
    """How many firms went from which class to which, header first."""
    pairs = [(m.before.grade or "-", m.after.grade or "-") for m in study.moves]
    names = sorted({c for pair in pairs for c in pair}, key=lambda c: (c == "-", c))
    rows = [["原 \\ 现" if lang == "zh" else "was \\ is", *names]]
    return rows + [[a, *(str(pairs.count((a, b))) for b in names)] for a in names]


def move_rows(study: Study, lang: str) -> list[list[str]]:
    """The firms whose class changes and why, header first."""
    zh = lang == "zh"
    rows = [["企业", "原", "现", "原得分", "现得分", "原名次", "现名次", "原因"] if zh else
            ["firm", "was", "is", "score", "now", "rank", "now", "why"]]  # fmt: skip
    for m in study.moves:
        if m.moved:
            a, b = m.before, m.after
            name = a.firm.id if a.firm.name in ("", a.firm.id) else f"{a.firm.id} {a.firm.name}"
            ranks = [str(a.rank or "-"), str(b.rank or "-")]
            rows.append(
                [name, a.grade or "-", b.grade or "-", rounded(a.score), rounded(b.score), *ranks, m.why()[lang]]
            )
    return rows


def stability_rows(study: Study, lang: str) -> list[list[str]]:
    """How often every firm keeps its class, header first; borderline firms are named so."""
    zh = lang == "zh"
    rows = [["企业", "类别", "保持比例", "各类比例", "说明"] if zh else ["firm", "class", "kept", "shares", "remark"]]
    border = "临界" if zh else "borderline"
    names = {f.firm.id: f.firm.name for f in study.grading.firms}
    for s in study.stability:
        name = s.firm if names.get(s.firm, s.firm) == s.firm else f"{s.firm} {names[s.firm]}"
        shares = ", ".join(f"{c} {_percent(v)}" for c, v in s.shares)
        rows.append([name, s.grade, _percent(s.kept), shares, border if s.kept < BORDERLINE else ""])
    return rows


def _percent(part: float) -> str:
    return decimal_text(round_to(Fraction(part) * 100, 1)) + " %"


def _table(rows: list[list[str]], numbers: tuple[int, ...], widths: tuple[float, ...], tones: tuple[int, ...]) -> Table:
    body = tuple(
        tuple(
            Cell(t, number=at in numbers, tone=GRADE_TONE.get(t, "plain") if at in tones else "plain")
            for at, t in enumerate(row)
        )
        for row in rows[1:]
    )
    return Table(tuple(rows[0]), body, widths=widths)


def _moves_blocks(study: Study, lang: str) -> Iterator[Block]:
    zh = lang == "zh"
    moved = sum(m.moved for m in study.moves)
    yield Heading(1, "改了什么" if zh else "What was changed", "changed")
    rows = change_rows(study, lang)
    if len(rows) > 1:
        yield _table(rows, (1, 2), (3, 1.6, 1.6), ())
    else:
        yield Paragraph("没有改动。" if zh else "Nothing was changed.")
    yield Heading(1, "谁变动，为什么" if zh else "Who moves and why", "moves")
    told = (
        f"{len(study.moves)} 家企业中 {moved} 家类别变动。"
        if zh
        else f"{moved} of {len(study.moves)} firms change their class."
    )
    yield Paragraph(told, "lead")
    matrix = matrix_rows(study, lang)
    yield _table(matrix, tuple(range(1, len(matrix[0]))), (1.2, *(1.0 for _ in matrix[0][1:])), ())
    if moved:
        yield _table(move_rows(study, lang), (3, 4, 5, 6), (2.4, 0.7, 0.7, 1, 1, 0.8, 0.8, 3), (1, 2))


def _stability_blocks(study: Study, lang: str) -> Iterator[Block]:
    zh = lang == "zh"
    border = sum(s.kept < BORDERLINE for s in study.stability)
    within, limit = _percent(study.spread), _percent(BORDERLINE)
    yield Heading(1, "类别有多稳" if zh else "How firm every class is", "stability")
    yield Paragraph(
        f"各项权重在 ±{within} 内随机抽取 {study.draws} 次（组内合计不变，随机种子 {study.seed}），"
        f"{border} 家企业保持原类别的次数不足 {limit}，视为临界。"
        if zh
        else f"All weights were drawn {study.draws} times within ±{within} (their sum per group kept, seed {study.seed}). "
        f"{border} firms keep their class in fewer than {limit} of the draws: borderline.",
        "lead",
    )
    yield _table(stability_rows(study, lang), (2,), (2.6, 0.7, 1, 2.4, 1), (1,))


def study_document(study: Study, lang: str) -> Document:
    """The whole study as a document."""
    method = study.grading.method
    title = Text("分类评价模拟报告", "Grading: what if")[lang]
    cover = Cover(
        title, method.title[lang], method.place[lang], study.grading.table.period or method.year, (method.id,)
    )
    blocks: list[Block] = []
    if study.changed is not None:
        blocks += _moves_blocks(study, lang)
    if study.draws:
        blocks += _stability_blocks(study, lang)
    blocks += [Heading(1, "评价方法" if lang == "zh" else "Method", "method"), *method_blocks(method, lang)]
    return Document(lang, cover, tuple(blocks))


def write_study(study: Study, path: Path, *, lang: str = "zh") -> Path:
    """Write a study as .html, .docx or .csv (the firms that move, or else their keep-rates).

    Raises
    ------
    EcoparkError
        The suffix names none of them.
    """
    rows = move_rows if study.changed is not None else stability_rows
    return write_as(
        path,
        Text("测算报告", "a study"),
        lambda: study_document(study, lang),
        {".csv": lambda: write_csv(rows(study, lang), path)},
    )
