"""Assess three years side by side and write the dossier in every format."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from ecopark.core.whole import all_or_nothing
from ecopark.errors import EcoparkError
from ecopark.observations.model import Facts
from ecopark.observations.safe_text import safe_cell
from ecopark.packs.model import Pack
from ecopark.reports.dossier import FORMATS, write_dossier
from ecopark.workflows.assess_park import Options, assess_all


def write_dossiers(
    facts: Facts,
    packs: Sequence[str | Pack],
    out: Path,
    *,
    periods: Sequence[str | int] | None = None,
    subject: str | None = None,
    since: int | None = None,
    options: Options | None = None,
    years: int = 3,
    lang: str = "zh",
    on: date | None = None,
    step: Callable[[str], None] | None = None,
) -> list[Path]:
    """Write one dossier per park.

    Parameters
    ----------
    out
        A directory: every format is written there (in a sub-directory per park if there are several). A file: the one
        format that its suffix names.
    years
        How many years stand side by side, the assessed one being the last.
    on
        The day from which the clocks of titles are read; default: the end of the assessed year.

    Returns
    -------
    paths
        What was written, ``rejected.csv`` included where rows were set aside.
    """
    suffix = out.suffix.lstrip(".").lower()
    if suffix.isalpha() and len(suffix) <= 8 and suffix not in FORMATS and not out.is_dir():
        raise EcoparkError(
            f"'.{suffix}' is none of the formats {', '.join(FORMATS)}; for a directory choose a name without a suffix",
            zh=f"“.{suffix}”不在格式 {', '.join(FORMATS)} 之内；要写入文件夹，请用没有后缀的名称",
        )
    if suffix == "json" and not out.is_dir():
        return _write_json(facts, packs, out, periods, subject, since, options)
    results = assess_all(facts, packs, periods=periods, subject=subject, since=since, options=options, years=years)
    by_subject: dict[str, list] = {}
    for result in results:
        by_subject.setdefault(result.subject, []).append(result)
    one_file = out.suffix.lstrip(".").lower() in FORMATS and not out.is_dir()
    folder = out.parent if one_file else out
    written: list[Path] = []
    with all_or_nothing(folder) as work:
        place = work / out.name if one_file else work
        for name, assessments in by_subject.items():
            part = safe_name(name)
            target = (
                place if len(by_subject) == 1 else place.with_stem(f"{out.stem}-{part}") if one_file else place / part
            )
            written += write_dossier(assessments, target, lang=lang, facts=facts, on=on, on_progress=step)
        if facts.rejected:
            written.append(write_rejected(facts, work / "rejected.csv"))
    return [folder / path.relative_to(work) for path in written]


def safe_name(subject: str) -> str:
    """A subject's id as one part of a path: nothing in it leads elsewhere."""
    kept = re.sub(r"[^\w\-.]+", "-", subject).strip("-. ")
    return kept[:80] or "park"


def _write_json(
    facts: Facts,
    packs: Sequence[str | Pack],
    out: Path,
    periods: Sequence[str | int] | None,
    subject: str | None,
    since: int | None,
    options: Options | None,
) -> list[Path]:
    """One list over subjects, periods and packs, as on stdout."""
    results = assess_all(facts, packs, periods=periods, subject=subject, since=since, options=options)
    text = json.dumps([a.to_dict() for a in results], ensure_ascii=False, indent=1) + "\n"
    names = [out.name]
    with all_or_nothing(out.parent) as work:
        (work / out.name).write_text(text, encoding="utf-8")
        if facts.rejected:
            names.append(write_rejected(facts, work / "rejected.csv").name)
    return [out.parent / name for name in names]


def write_rejected(facts: Facts, path: Path) -> Path:
    """The rows set aside, each with its place and what is wrong with it."""
    scratch = path.with_suffix(".csv.part")
    with scratch.open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["place", "problem", "zh", "en", "repair_zh", "repair_en", "row"])
        for text, p in facts.rejected:
            row = (str(p.place), p.code, p.zh, p.en, p.repair_zh, p.repair_en, text)
            rows.writerow([safe_cell(cell) for cell in row])
    scratch.replace(path)
    return path
