"""Whose template a workbook is: the mark that goes out with it, and the refusal where it comes back to somebody else.

A template has no column for whom its figures are about. Filled in for another park, or for a firm, it would be read as this
park's own; so every one that goes out carries a mark among its properties, which spreadsheet programs keep.
"""

from __future__ import annotations

import re
import zipfile
from html import unescape
from pathlib import Path
from urllib.parse import quote, unquote

from ecopark.errors import InputError, Place, Problem
from ecopark.web.parks.models import Park

MARK = re.compile(rb"ecopark-template:([^/<\s]+)/([^<\s,;]+)")
PROPERTIES = "docProps/core.xml"


def mark(park: Park, subject: str) -> str:
    """What a template for this subject of this park carries."""
    return f"ecopark-template:{quote(park.slug, safe='')}/{quote(subject, safe='')}"


def check(park: Park, path: Path, name: str) -> None:
    """Refuse the template of another park, or of a firm.

    Raises
    ------
    InputError
        It is one.
    """
    found = _mark_of(path)
    if found is None:
        return
    slug, subject = found
    if slug != park.slug:
        zh, en = f"这是另一园区（{slug}）的模板", f"this is the template of another park ({slug})"
        repair = (
            "请下载本园区的模板，或到该园区导入；也可改用带“主体”列的长表。",
            "Download this park's template, or bring it in there; a table with a column 'subject' works too.",
        )
        raise InputError([Problem("another-park", Place(name), zh, en, *repair)])
    if subject != park.key:
        zh, en = (
            f"这是企业“{subject}”的模板，里面的数不是园区的数",
            f"this is the template of the firm '{subject}': its figures are not the park's",
        )
        repair = (
            "请由企业在网上填报，或改用带“主体”列的长表。",
            "Let the firm type them here, or send a table with a column 'subject'.",
        )
        raise InputError([Problem("firms-template", Place(name), zh, en, *repair)])


def _mark_of(path: Path) -> tuple[str, str] | None:
    """Park and subject of a template; None where there is no mark."""
    if path.suffix != ".xlsx":
        return None
    try:
        with zipfile.ZipFile(path) as archive, archive.open(PROPERTIES) as file:
            found = MARK.search(file.read(65536))
    except (KeyError, zipfile.BadZipFile, OSError):
        return None
    if found is None:
        return None
    slug, subject = (unquote(unescape(part.decode("utf-8", "replace"))) for part in found.groups())
    return slug, subject
