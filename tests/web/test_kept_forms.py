"""Every form that a person types into is kept on their machine until the site has taken it: the templates are walked."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

import ecopark.web

TEMPLATES = Path(ecopark.web.__file__).parent / "templates"
INSIDE = r"(?:\{%.*?%\}|\{\{.*?\}\}|[^>])*>"
"""The rest of a tag: a > within a template's tag does not end it."""
FORM = re.compile(rf"<form\b{INSIDE}", re.S)
FIELD = re.compile(rf"<(?:input|textarea)\b{INSIDE}", re.S)
INCLUDE = re.compile(r'\{% include "([^"]+)"[^%]*%\}')
LOOP = re.compile(r"\{% (for|endfor)\b")
NOT_TYPED = {"hidden", "file", "checkbox", "radio", "password", "submit", "button", "search", "range"}
EXCEPTIONS = {
    "admin/people/membership/delete_confirmation.html": "Django's administration, which loads no script of ours",
    "login.html": "name and password",
    "login_code.html": "a code that holds for half a minute",
    "account/password.html": "passwords",
    "account/two_step.html": "passwords and codes",
    "cases/report.html": "kept with its photographs by a store of its own (cases-offline.js)",
    "parts/gallery.html": "an example of the parts, sent nowhere",
}
"""Templates whose forms need not be kept, and why."""


@dataclass(frozen=True)
class Form:
    """A form of a template: its tag, all that stands in it, whether a loop goes around it."""

    file: str
    tag: str
    body: str
    repeated: bool

    @property
    def typed(self) -> bool:
        """Whether something is typed into it that is not in its address afterwards."""
        if not re.search(r'method="post"', self.tag, re.I):
            return False
        kinds = [(re.search(r'\btype="([^"]*)"', tag) or [None, "text"])[1] for tag in FIELD.findall(self.body)]
        return any(kind not in NOT_TYPED for kind in kinds) or "{% field " in self.body

    @property
    def keep(self) -> str:
        """The name it is kept under; empty if it is not."""
        found = re.search(r'\bdata-keep="((?:\{\{.*?\}\}|[^"])*)"', self.tag)
        return found[1] if found else ""


def _whole(text: str, depth: int = 0) -> str:
    assert depth < 5
    return INCLUDE.sub(lambda m: _whole((TEMPLATES / m[1]).read_text(encoding="utf-8"), depth + 1), text)


@cache
def forms() -> list[Form]:
    """All forms of all templates."""
    found = []
    for path in sorted(TEMPLATES.rglob("*.html")):
        text = path.read_text(encoding="utf-8")
        for tag in FORM.finditer(text):
            loops = Counter(LOOP.findall(text[: tag.start()]))
            body = _whole(text[tag.end() : text.index("</form>", tag.end())])
            name = path.relative_to(TEMPLATES).as_posix()
            found.append(Form(name, tag[0], body, loops["for"] > loops["endfor"]))
    return found


def test_the_walk_sees_forms_of_every_kind() -> None:
    typed = Counter(form.file for form in forms() if form.typed)
    assert typed["cases/case.html"] == 8
    assert typed["rules/pack.html"] == 1, "its fields come by an include"
    assert typed["account/password.html"] == 1, "its fields come from a Django form"
    assert typed["data/form.html"] == 1
    assert "assess/clauses.html" not in typed, "a filter is no form to lose"


def test_every_form_that_is_typed_into_is_kept() -> None:
    lost = [f"{f.file}: {f.tag}" for f in forms() if f.typed and not f.keep and f.file not in EXCEPTIONS]
    assert not lost, "give them data-keep (docs/how-to/build-a-page.md):\n" + "\n".join(lost)


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_an_exception_is_still_needed(name: str) -> None:
    assert any(f.typed and not f.keep for f in forms() if f.file == name)


def test_no_two_forms_are_kept_under_one_name() -> None:
    kept = [form for form in forms() if form.keep]
    twice = [name for name, times in Counter(form.keep for form in kept).items() if times > 1]
    assert not twice
    for form in kept:
        where = f"{form.file}: {form.keep}"
        assert not form.repeated or re.search(r"\{\{ (?!park\.slug)", form.keep), f"{where}: the same in every row"
        of_park = "park.slug" in form.tag.replace(form.keep, "")
        assert not of_park or "park.slug" in form.keep, f"{where}: the same in every park"
