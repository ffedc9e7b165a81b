"""The dossier as PDF, set by typst; the Chinese type travels with the package."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import asdict
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from ecopark.reports.blocks import Block, Cards, Code, Document, Figure, Fold, Table
from ecopark.reports.labels import ACCENT, COLOURS, L


def write_pdf(document: Document, path: Path) -> None:
    """Write the document as PDF.

    Parameters
    ----------
    document
        What to set.
    path
        Where the file goes; its directory exists.
    """
    template = (files("ecopark.reports") / "templates" / "dossier.typ").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="ecopark-pdf-") as work:
        folder = Path(work)
        data = {
            "lang": document.lang,
            "accent": ACCENT,
            "tones": {tone: list(pair) for tone, pair in COLOURS.items()},
            "cover": asdict(document.cover),
            "landscape": document.landscape,
            "words": {key: L[key][document.lang] for key in ("contents", "period")},
            "blocks": _plain(document.blocks, folder),
        }
        (folder / "dossier.json").write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
        (folder / "dossier.typ").write_text(template, encoding="utf-8")
        path.write_bytes(compile_typst(folder / "dossier.typ", "pdf"))


def compile_typst(source: Path, kind: str, ppi: float = 200) -> bytes:
    """Run typst on a file with the fonts of the package.

    Raises
    ------
    ReportError
        typst refuses the document.
    """
    import typst

    with ExitStack() as stack:
        fonts = stack.enter_context(as_file(files("ecopark.reports") / "fonts"))
        options: dict[str, Any] = {"root": str(source.parent), "font_paths": [str(fonts)], "format": kind}
        if kind == "png":
            options["ppi"] = ppi
        made = typst.compile(str(source), **options)
    if isinstance(made, list):
        made = made[0]
    return bytes(made or b"")


def count_pages(source: Path) -> int:
    """How many pages typst makes of a file that labels its last page number ``<pages>``."""
    import typst

    with ExitStack() as stack:
        fonts = stack.enter_context(as_file(files("ecopark.reports") / "fonts"))
        found = typst.query(
            str(source), "<pages>", field="value", one=True, root=str(source.parent), font_paths=[str(fonts)]
        )
    return int(json.loads(found))


def svg_to_png(svg: str, ppi: float = 200) -> bytes:
    """A chart as a PNG picture, for documents that cannot hold SVG."""
    with tempfile.TemporaryDirectory(prefix="ecopark-svg-") as work:
        folder = Path(work)
        (folder / "chart.svg").write_text(svg, encoding="utf-8")
        page = '#set page(width: auto, height: auto, margin: 0pt, fill: white)\n#image("chart.svg")\n'
        (folder / "page.typ").write_text(page, encoding="utf-8")
        return compile_typst(folder / "page.typ", "png", ppi)


def _plain(blocks: Iterable[Block], folder: Path) -> list[dict[str, Any]]:
    """Blocks as plain data for the template; charts become files beside it."""
    rows: list[dict[str, Any]] = []
    for block in blocks:
        kind = type(block).__name__
        if isinstance(block, Figure):
            name = f"chart-{len(list(folder.glob('chart-*.svg')))}.svg"
            (folder / name).write_text(block.svg, encoding="utf-8")
            rows.append({"kind": kind, "file": name, "caption": block.caption, "alt": block.alt})
        elif isinstance(block, Fold):
            if block.paper:
                chip = asdict(block.chip) if block.chip else None
                rows.append({"kind": kind, "title": block.title, "chip": chip, "blocks": _plain(block.blocks, folder)})
        elif isinstance(block, Table):
            row = asdict(block)
            groups = {str(at): text for at, text in block.groups}
            widths = list(block.widths) or [1.0] * len(block.header)
            rows.append({**row, "kind": kind, "groups": groups, "widths": widths})
        elif isinstance(block, Cards | Code):
            rows.append({**asdict(block), "kind": kind})
        else:
            rows.append({**_renamed(asdict(block)), "kind": kind})
    return rows


def _renamed(data: dict[str, Any]) -> dict[str, Any]:
    """A paragraph's own kind under another name, since `kind` says which block it is."""
    return {("tone" if key == "kind" else key): value for key, value in data.items()}
