"""The small readers that every directory of rules is read with: a text, a number, a list; each problem with its line.

`packs.load` and `admission.load` add what is theirs. A reader never stops at the first problem: it notes it and goes on.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

from ecopark.core.rounding import exact
from ecopark.core.text import Text
from ecopark.core.value import Scalar
from ecopark.errors import Place, Problem, did_you_mean
from ecopark.packs.yaml_lines import Map


class DirectoryReader:
    """Reads one directory and keeps the problems.

    Parameters
    ----------
    folder
        The directory.
    name
        How it is called in places; its own name if empty.
    """

    def __init__(self, folder: Path, name: str = "") -> None:
        self.folder = folder
        self.name = name or folder.name
        self.file = ""
        self.problems: list[Problem] = []

    def place(self, line: int | None) -> Place:
        """A line of the file that is being read."""
        return Place(f"{self.name}/{self.file}".strip("/"), line=line or None)

    def problem(self, code: str, line: int, zh: str, en: str, repair_zh: str = "", repair_en: str = "") -> None:
        """Note what is wrong at a line."""
        self.problems.append(Problem(code, self.place(line), zh, en, repair_zh, repair_en))

    def text(self, node: Any) -> Text:
        """A mapping with zh and en, or one text for both languages."""
        if isinstance(node, dict):
            return Text(str(node.get("zh") or ""), str(node.get("en") or ""))
        return Text("", str(node)) if node else Text()

    def number(self, node: Any, line: int, what: str) -> Fraction | None:
        """An exact number; None if nothing is given."""
        if node is None or node == "":
            return None
        try:
            return exact(str(node))
        except (ValueError, ZeroDivisionError):
            self.problem(
                "limit-not-a-number", line, f"{what} {node!r} 不是数字", f"{what} {node!r} is no number",
                "写成十进制文本，例如 \"0.6\"。", 'Write a decimal text such as "0.6".',
            )  # fmt: skip
            return None

    def whole(self, node: Any, line: int, what: str, least: int, most: int) -> int | None:
        """A whole number within limits; None if nothing is given."""
        value = self.number(node, line, what)
        if value is None:
            return None
        if value.denominator != 1 or not least <= value <= most:
            zh, en = f"{what} 应为 {least} 至 {most} 的整数", f"{what} is a whole number of {least} to {most}"
            self.problem("limit-not-a-number", line, zh, en)
            return None
        return int(value)

    def strings(self, node: Any) -> tuple[str, ...]:
        """A list of texts, or one text as a list."""
        if node is None or node == "":
            return ()
        return tuple(str(n) for n in node) if isinstance(node, list) else (str(node),)

    def unknown_keys(self, node: Map, known: set[str], zh: str, en: str) -> None:
        """Note every key of a mapping that means nothing, with the nearest one that does."""
        for key in sorted(set(node) - known):
            hint = did_you_mean(key, sorted(known))
            said = f"{zh}中有未知的键 '{key}'", f"unknown key '{key}' in {en}."
            self.problem("unknown-key", node.line_of(key), *said, hint, hint)

    def entries(self, head: Map, key: str, ids: tuple[str, ...] = ("id",)) -> list[Map]:
        """The mappings of a list that have an id (under one of the keys `ids`); anything else is a problem."""
        found = []
        nodes = head.get(key) or []
        for node in nodes if isinstance(nodes, list) else [nodes]:
            if isinstance(node, Map) and any(str(node.get(name) or "") for name in ids):
                found.append(node)
            else:
                line = node.line if isinstance(node, Map) else head.line_of(key)
                zh, en = f"{key} 的每一项须有 id", f"every entry of {key} is a mapping with an id"
                self.problem("id-missing", line, zh, en)
        return found


def scalar(node: Any) -> Scalar:
    """A setting as it is typed: a flag, an exact number, or a text."""
    if isinstance(node, bool):
        return node
    try:
        return exact(str(node))
    except (ValueError, ZeroDivisionError):
        return str(node or "")
