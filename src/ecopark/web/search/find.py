"""Search: every kind of thing that can be found, in one park or in all a person may know, each cut down to what they may.

Another part of the site adds its own kind to `SOURCES`: a function of (scope, words) that gives hits, best first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ecopark.core.text import Text
from ecopark.web.search import pages, sources
from ecopark.web.search.scope import MOST, Hit, Scope

LONGEST = 100
"""Characters that are looked for."""

Source = Callable[[Scope, str], list[Hit]]
SOURCES: dict[str, tuple[Text, str, Source]] = {
    "pages": (Text("页面", "Pages"), "home", pages.pages),
    "projects": (Text("项目", "Projects"), "project", sources.projects),
    "cases": (Text("问题", "Cases"), "case", sources.cases),
    "tasks": (Text("任务", "Tasks"), "task", sources.tasks),
    "firms": (Text("企业与对象", "Firms and subjects"), "firm", sources.firms),
    "quantities": (Text("数据项", "Quantities"), "table", sources.quantities),
    "standards": (Text("标准", "Standards"), "rules", sources.standards),
    "clauses": (Text("条款", "Clauses"), "check", sources.clauses),
    "parks": (Text("园区", "Parks"), "parks", sources.parks),
}


@dataclass(frozen=True, slots=True)
class Group:
    """The hits of one kind."""

    id: str
    label: Text
    icon: str
    hits: tuple[Hit, ...]
    more: bool = False


def search(scope: Scope, words: str) -> list[Group]:
    """Everything the person may know that fits the words, by kind; empty kinds are left out."""
    text = " ".join(words.split())[:LONGEST]
    if not text:
        return []
    found = []
    for name, (label, icon, look) in SOURCES.items():
        hits = look(scope, text)
        if hits:
            found.append(Group(name, label, icon, tuple(hits[:MOST]), len(hits) > MOST))
    return found
