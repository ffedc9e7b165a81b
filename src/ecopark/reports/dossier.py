"""The dossier: one set of results written as HTML, Word, PDF, slides, Excel and JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path

from ecopark.core.whole import all_or_nothing
from ecopark.errors import EcoparkError
from ecopark.observations.model import Facts
from ecopark.reports.blocks import Document
from ecopark.reports.content import Evidence, Material, build, material
from ecopark.standards.result import Assessment

FORMATS = ("html", "docx", "pdf", "pptx", "xlsx", "json")

Progress = Callable[[str], None]


class ReportError(EcoparkError):
    """A report cannot be written: an unknown format, or a library that is not installed."""


def write_dossier(
    assessments: Sequence[Assessment],
    out: Path | str,
    *,
    lang: str = "zh",
    formats: Iterable[str] = FORMATS,
    facts: Facts | None = None,
    evidence: Iterable[Evidence] = (),
    title: str = "",
    name: str = "",
    on: date | None = None,
    on_progress: Progress | None = None,
) -> list[Path]:
    """Write the dossier of one subject.

    Parameters
    ----------
    assessments
        Of one subject: several packs, up to three periods each. The latest period of a pack is the assessed one.
    out
        A directory (every format is written into it), or a file whose suffix names the one format.
    lang
        ``zh`` or ``en``.
    formats
        Which of `FORMATS`; not used when `out` is a file.
    facts
        For scopes, findings, evidence, rows set aside, and whether the park is invented.
    evidence
        Documents per clause or quantity; those of the facts' settings otherwise.
    title
        Title on the cover.
    name
        File name without suffix; by default subject and period.
    on
        The day of the report, from which deadlines of titles are told; by default the last day of the latest year.
    on_progress
        Called with each format before it is written.

    Returns
    -------
    paths
        The files, in the order of `formats`.

    Raises
    ------
    ReportError
        A format is unknown.
    ValueError
        No assessment, or assessments of several subjects.
    """
    target = Path(out)
    if suffix := target.suffix.lstrip(".").lower():
        if suffix in FORMATS and not target.is_dir():
            formats, name, target = (suffix,), target.stem, target.parent
        elif not target.is_dir() and suffix in ("doc", "ppt", "xls", "txt", "md", "htm"):
            raise ReportError(
                f"cannot write '.{suffix}'; the formats are {', '.join(FORMATS)}",
                zh=f"不能写成“.{suffix}”；现有格式：{', '.join(FORMATS)}",
            )
    wanted = list(dict.fromkeys(formats))
    if unknown := [f for f in wanted if f not in FORMATS]:
        raise ReportError(
            f"unknown format {', '.join(unknown)}; the formats are {', '.join(FORMATS)}",
            zh=f"没有格式 {', '.join(unknown)}；现有格式：{', '.join(FORMATS)}",
        )
    content = material(assessments, lang=lang, facts=facts, evidence=evidence, title=title, on=on)
    stem = name or _file_name(content)
    document = build(content)
    with all_or_nothing(target) as work:
        for kind in wanted:
            if on_progress:
                on_progress(kind)
            _write(kind, work / f"{stem}.{kind}", content, document, assessments)
    return [target / f"{stem}.{kind}" for kind in wanted]


def _write(kind: str, path: Path, content: Material, document: Document, assessments: Sequence[Assessment]) -> None:
    """One file; the libraries are imported only where they are needed."""
    if kind == "html":
        from ecopark.reports.html import render_html

        path.write_text(render_html(document), encoding="utf-8")
    elif kind == "json":
        rows = [a.to_dict() for a in assessments]
        path.write_text(json.dumps(rows, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    elif kind == "xlsx":
        from ecopark.reports.workbook import write_workbook

        write_workbook(content, path)
    elif kind == "docx":
        from ecopark.reports.word import write_word

        write_word(document, path)
    elif kind == "pdf":
        from ecopark.reports.pdf import write_pdf

        write_pdf(document, path)
    else:
        from ecopark.reports.slides import write_slides

        write_slides(content, path)


def _file_name(content: Material) -> str:
    """``dossier-<subject>-<period>``, without characters that a file system minds."""
    subject = re.sub(r"[^\w\-]+", "-", content.packs[0][-1].subject).strip("-") or "park"
    return f"dossier-{subject}-{content.periods[-1]}"
