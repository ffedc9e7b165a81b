"""The leader's one-page briefing as PDF and slides, from a park's facts or from results that are kept.

Verdicts, indicators, missing figures and changes of verdicts come from assessments as plain data; tasks, cases, the gate and
grades are handed in by whoever has them (the site). What is not handed in is left out, and the page says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from ecopark import __version__
from ecopark.core.text import Text
from ecopark.core.whole import all_or_nothing
from ecopark.errors import EcoparkError
from ecopark.observations.model import Facts
from ecopark.packs.model import Pack
from ecopark.reports.briefing import Briefing, Change, Department, Gap, Indicator, verdicts_of
from ecopark.reports.content import material
from ecopark.reports.plain import key_indicators, missing_by_department, whole
from ecopark.workflows.assess_park import Options, assess_all
from ecopark.workflows.write_dossier import safe_name, write_rejected

FORMATS = ("pdf", "pptx")
YEARS = 3
DRAWN = 6
"""So many indicators are handed on; the page draws as many as fit."""
Series = Sequence[Mapping[str, Any]]

NO_TASKS = Text(
    "任务、问题、项目和亩均效益评价（只在网站上有记录）", "tasks, cases, projects and grades (kept on the site only)"
)


def briefing_of(
    park: Text,
    series: Sequence[Series],
    *,
    on: date,
    by: str = "",
    invented: bool = False,
    version: str = __version__,
) -> Briefing:
    """The briefing of what the assessments say; `dataclasses.replace` adds what else is known.

    Parameters
    ----------
    series
        Per pack its assessments as plain data (`reports.plain.whole`), oldest first; the last is the assessed year.
        Those without a verdict come last on the page.
    on
        The day it is made.
    by
        Who makes it.

    Raises
    ------
    ValueError
        A pack without any assessment.
    """
    if any(not one for one in series):
        raise ValueError("every pack needs at least one assessment")
    series = sorted(series, key=lambda one: one[-1]["verdict"] == "none")
    current = [one[-1] for one in series]
    numbered = key_indicators(current, sum(len(r["clauses"]) for r in current))
    by_pack = {one[-1]["pack"]: one for one in series}
    return Briefing(
        park,
        max((r["period"] for r in current), default=""),
        on,
        by,
        version,
        invented,
        verdicts_of(current),
        tuple(_indicator(by_pack[r["pack"]], c) for r, c in numbered[:DRAWN]),
        len(numbered),
        tuple(_department(group) for group in missing_by_department(current)),
        yearly_changes(series),
    )


def _indicator(series: Series, clause: Mapping[str, Any]) -> Indicator:
    points = [next((c for c in r["clauses"] if c["id"] == clause["id"]), None) for r in series[-YEARS:]]
    values, limits = (
        tuple(None if p is None or p[key] is None else float(f"{p[key]:.6g}") for p in points)
        for key in ("number", "limit_number")
    )
    periods = tuple(r["period"] for r in series[-YEARS:])
    return Indicator(
        _text(clause["name"]), _text(series[-1]["title"]), clause["unit"], clause["status"], periods, values, limits
    )


def _department(group: Mapping[str, Any]) -> Department:
    gaps = tuple(Gap(_gap_label(g), g["period"], g["settles"]) for g in group["gaps"])
    return Department(_text(group["department"]), gaps)


def _gap_label(gap: Mapping[str, Any]) -> Text:
    by = f" [{gap['by']}]" if gap["by"] else ""
    return Text(gap["label"]["zh"] + by, gap["label"]["en"] + by)


def yearly_changes(series: Sequence[Series]) -> tuple[Change, ...]:
    """Verdicts of the assessed year that differ from the year before."""
    found = []
    for one in series:
        if len(one) > 1 and one[-1]["verdict"] != one[-2]["verdict"]:
            periods = (one[-2]["period"], one[-1]["period"])
            found.append(Change(_text(one[-1]["title"]), "", periods, one[-2]["verdict"], one[-1]["verdict"]))
    return tuple(found)


def _text(pair: Mapping[str, str]) -> Text:
    return Text(pair["zh"], pair["en"])


def write_briefing(b: Briefing, out: Path, lang: str) -> None:
    """Write the briefing into one file, whole or not at all; its suffix names the format.

    Raises
    ------
    EcoparkError
        The suffix is none of `FORMATS`.
    """
    kind = out.suffix.lstrip(".").lower()
    if kind not in FORMATS:
        raise EcoparkError(
            f"'.{kind}' is none of the formats {', '.join(FORMATS)}", zh=f"“.{kind}”不在格式 {', '.join(FORMATS)} 之内"
        )
    with all_or_nothing(out.parent) as work:
        if kind == "pdf":
            from ecopark.reports.briefing_pdf import write_briefing_pdf

            write_briefing_pdf(b, work / out.name, lang)
        else:
            from ecopark.reports.briefing_slides import write_briefing_slides

            write_briefing_slides(b, work / out.name, lang)


def write_briefings(
    facts: Facts,
    packs: Sequence[str | Pack],
    out: Path,
    *,
    period: str | int | None = None,
    subject: str | None = None,
    since: int | None = None,
    options: Options | None = None,
    lang: str = "zh",
    on: date,
    by: str = "",
) -> list[Path]:
    """Write the briefing of every park among the facts, without tasks, cases, projects and grades: the page says so.

    Parameters
    ----------
    out
        A directory: PDF and slides are written there (per park if there are several). A file: the one format its suffix names.

    Returns
    -------
    paths
        What was written, ``rejected.csv`` included where rows were set aside.
    """
    periods = [period] if period is not None else None
    results = assess_all(facts, packs, periods=periods, subject=subject, since=since, options=options, years=YEARS)
    by_subject: dict[str, list[Any]] = {}
    for result in results:
        by_subject.setdefault(result.subject, []).append(result)
    one_file = bool(out.suffix) and not out.is_dir()
    folder = out.parent if one_file else out
    written: list[str] = []
    with all_or_nothing(folder) as work:
        for name, assessments in by_subject.items():
            found = {lang_: material(assessments, lang=lang_, facts=facts) for lang_ in ("zh", "en")}
            m = found[lang]
            park = Text(found["zh"].name, found["en"].name)
            series = [[whole(a) for a in one] for one in m.packs]
            b = replace(briefing_of(park, series, on=on, by=by, invented=m.invented), left_out=(NO_TASKS,))
            stem = out.stem if one_file else f"briefing-{safe_name(name)}-{b.period}"
            if one_file and len(by_subject) > 1:
                stem = f"{stem}-{safe_name(name)}"
            for suffix in (out.suffix,) if one_file else tuple(f".{kind}" for kind in FORMATS):
                write_briefing(b, work / f"{stem}{suffix}", lang)
                written.append(f"{stem}{suffix}")
        if facts.rejected:
            written.append(write_rejected(facts, work / "rejected.csv").name)
    return [folder / name for name in written]
