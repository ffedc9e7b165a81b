"""The NOTES.md of a pack as blocks a page can show: headings, paragraphs and lists. Nothing of it is taken for HTML."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from ecopark.packs.model import Pack

_MARKS = re.compile(r"\*\*(.+?)\*\*|`([^`]+)`")


@dataclass
class Block:
    """One block of a text: ``heading``, ``text`` or ``list``; every line is a list of (style, words)."""

    kind: str
    lines: list[list[tuple[str, str]]] = field(default_factory=list)


def notes_of(pack: Pack) -> list[Block]:
    """How unclear clauses of the pack were read; empty where it has no NOTES.md."""
    path = Path(pack.folder) / "NOTES.md"
    return blocks(path.read_text(encoding="utf-8")) if pack.folder and path.is_file() else []


def blocks(text: str) -> list[Block]:
    """Cut a text into blocks.

    Examples
    --------
    >>> [(b.kind, b.lines) for b in blocks("- **a**: b")]
    [('list', [[('strong', 'a'), ('', ': b')]])]
    """
    found: list[tuple[str, list[str]]] = []
    after_blank = True
    for line in text.splitlines():
        stripped = line.strip()
        if not stripped or stripped.startswith("|--") or set(stripped) <= {"-"}:
            after_blank = True
        elif stripped.startswith("#"):
            found.append(("heading", [stripped.lstrip("#").strip()]))
            after_blank = True
        elif stripped.startswith(("- ", "* ")):
            if not found or found[-1][0] != "list":
                found.append(("list", []))
            found[-1][1].append(stripped[2:])
            after_blank = False
        elif after_blank or not found or found[-1][0] == "heading":
            found.append(("text", [stripped]))
            after_blank = False
        else:
            found[-1][1][-1] += " " + stripped
    return [Block(kind, [_styled(line) for line in lines]) for kind, lines in found]


def _styled(line: str) -> list[tuple[str, str]]:
    parts: list[tuple[str, str]] = []
    at = 0
    for mark in _MARKS.finditer(line):
        if mark.start() > at:
            parts.append(("", line[at : mark.start()]))
        parts.append(("strong", mark.group(1)) if mark.group(1) else ("code", mark.group(2)))
        at = mark.end()
    if at < len(line):
        parts.append(("", line[at:]))
    return parts
