"""The one-page briefing as PDF: exactly one A4 page, whatever it holds."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Any

from ecopark.reports.briefing import Briefing
from ecopark.reports.briefing_page import Box, Page, Room, page
from ecopark.reports.labels import ACCENT, COLOURS
from ecopark.reports.pdf import compile_typst, count_pages


def write_briefing_pdf(b: Briefing, path: Path, lang: str) -> None:
    """Write the briefing as a PDF of one page.

    The lists are shortened until everything stands on one page; what was taken away is counted in the last line of its list.

    Parameters
    ----------
    path
        Where the file goes; its directory exists.
    """
    template = (files("ecopark.reports") / "templates" / "briefing.typ").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="ecopark-briefing-") as work:
        folder = Path(work)
        source = folder / "briefing.typ"
        source.write_text(template, encoding="utf-8")
        rooms = _rooms()
        low, high = 0, len(rooms) - 1
        _set(page(b, lang, rooms[0]), folder)
        if count_pages(source) > 1:
            while low < high:  # the widest room that fits
                middle = (low + high) // 2
                _set(page(b, lang, rooms[middle]), folder)
                low, high = (middle + 1, high) if count_pages(source) > 1 else (low, middle)
            _set(page(b, lang, rooms[low]), folder)
        path.write_bytes(compile_typst(source, "pdf"))


def _rooms() -> list[Room]:
    """Rooms from the widest to the narrowest."""
    found = [Room()]
    while (tighter := found[-1].tighter()) is not None:
        found.append(tighter)
    return found


def _set(p: Page, folder: Path) -> None:
    """Write the page as data for the template; its charts are files beside it."""
    trends: list[dict[str, Any]] = []
    for at, trend in enumerate(p.trends):
        name = f"trend-{at}.svg"
        (folder / name).write_text(trend.svg, encoding="utf-8")
        trends.append({"file": name, "alt": trend.alt})
    data = {
        "lang": p.lang, "accent": ACCENT, "tones": {tone: list(pair) for tone, pair in COLOURS.items()},
        "title": p.title, "park": p.park, "subtitle": p.subtitle, "label": p.label, "heads": dict(p.heads),
        "verdicts": [asdict(v) for v in p.verdicts], "verdicts_rest": p.verdicts_rest,
        "trends": trends, "trends_rest": p.trends_rest, "foot": list(p.foot),
        "columns": [[asdict(box) for box in column] for column in columns(p.boxes)],
    }  # fmt: skip
    (folder / "briefing.json").write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")


def columns(boxes: Sequence[Box]) -> tuple[list[Box], list[Box]]:
    """The parts of the page in two columns of about one length, each part in the one that is shorter so far."""
    left: list[Box] = []
    right: list[Box] = []
    lengths = [0.0, 0.0]
    for box in boxes:
        at = 0 if lengths[0] <= lengths[1] else 1
        (left, right)[at].append(box)
        lengths[at] += 2 + bool(box.counts) + bool(box.rest) + sum(1.2 + 1.5 * bool(line.note) for line in box.lines)
    return left, right
