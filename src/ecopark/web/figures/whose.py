"""Whose template a workbook is: the mark that goes out with it, and the refusal where it comes back for somebody else.

A template has no column for whom its figures are about. So every one that goes out carries a mark among its properties, which
spreadsheet programs keep: a firm's template is read as that firm's figures and nothing else, another park's is refused.
"""

from __future__ import annotations

import re
import zipfile
from html import unescape
from pathlib import Path
from urllib.parse import quote, unquote

from ecopark.errors import InputError, Place, Problem
from ecopark.web.parks.models import Park, Subject
from ecopark.web.people.access import Standing

MARK = re.compile(rb"ecopark-template:([^/<\s]+)/([^<\s,;]+)")
PROPERTIES = "docProps/core.xml"


def mark(park: Park, subject: str) -> str:
    """What a template for this subject of this park carries."""
    return f"ecopark-template:{quote(park.slug, safe='')}/{quote(subject, safe='')}"


def subject_of(standing: Standing, path: Path, name: str, wanted: str = "") -> Subject | None:
    """Whose figures a workbook holds where its rows do not say: a firm; None for the park's own.

    Parameters
    ----------
    wanted
        Key of the firm a reporter of several means, where the workbook carries no mark.

    Raises
    ------
    InputError
        It is the template of another park, of a firm the person may not bring figures for, or, for a firm, the park's.
    """
    firms = standing.subjects().filter(kind="firm")
    found = _mark_of(path)
    if found is None:
        return None if standing.wide else firms.filter(key=wanted or min(standing.firms, default="")).first()
    slug, subject = found
    if slug != standing.park.slug:
        zh, en = f"这是另一园区（{slug}）的模板。", f"this is the template of another park ({slug})."
        repair = (
            "请下载本园区的模板，或到该园区导入；也可改用带“主体”列的长表。",
            "Download this park's template, or bring it in there; a table with a column 'subject' works too.",
        )
        raise InputError([Problem("another-park", Place(name), zh, en, *repair)])
    if subject == standing.park.key:
        if standing.wide:
            return None
        zh, en = "这是园区的模板，不是贵企业的模板。", "this is the park's template, not the one of your firm."
        repair = "请下载本企业的模板填报。", "Download the template of your firm."
        raise InputError([Problem("parks-template", Place(name), zh, en, *repair)])
    one = firms.filter(key=subject).first()
    if one is None:
        zh, en = (
            f"这是“{subject}”的模板，您不能导入它的数。",
            f"this is the template of '{subject}', whose figures you cannot bring.",
        )
        repair = (
            "请下载本园区或本企业的模板，或改用带“主体”列的长表。",
            "Download the template of this park or of your firm, or send a table with a column 'subject'.",
        )
        raise InputError([Problem("firms-template", Place(name), zh, en, *repair)])
    return one


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
