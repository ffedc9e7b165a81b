"""The dossier as one self-contained page: no script, nothing loaded from elsewhere, printable."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from ecopark.reports.blocks import Document
from ecopark.reports.labels import L
from ecopark.reports.words import printable


@cache
def _template() -> tuple[Any, str]:
    from jinja2 import Environment

    folder = files("ecopark.reports") / "templates"
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string((folder / "dossier.html.j2").read_text(encoding="utf-8"))
    return template, (folder / "dossier.css").read_text(encoding="utf-8")


def render_html(document: Document) -> str:
    """The page as text.

    Every text goes through the template's escaping; only our own SVG and style sheet do not, and the page forbids
    scripts and outside content by its own policy line.
    """
    template, css = _template()
    words = {key: L[key][document.lang] for key in ("contents", "period")}
    words["skip"] = "跳到正文" if document.lang == "zh" else "Skip to content"
    return printable(str(template.render(doc=document, css=css, words=words)))
