"""The steps of a trace as a nested list.

Written in Python and not as a template that includes itself: the trace of a park with many firms has thousands of steps, and
each include costs the template engine a hundred times what the step itself does.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from ecopark.admission.ledger import ITEMS
from ecopark.core.text import Text
from ecopark.core.words import counted
from ecopark.indicators.catalogue import indicators
from ecopark.indicators.factors import table
from ecopark.observations.quantity import catalogue
from ecopark.packs.model import Pack
from ecopark.standards.wording import formula_words
from ecopark.web.rules.read import labels_of
from ecopark.web.templatetags.ui import brief, icon, language, say, t, unit_said

register = template.Library()

OPEN_TO = 5
"""Steps deeper than this are folded away."""
FIRMS_SHOWN = 50
FLAGS = {"true": Text("是", "yes"), "false": Text("否", "no")}


@register.filter
def formula_said(formula: str, pack: Pack) -> str:
    """A clause's formula with the names people use for its figures and parameters; empty where that says nothing new."""
    text = " ".join(str(formula).split())
    words = formula_words(text, labels_of(pack), language())
    return "" if words == text else words


@register.filter
def quota_said(left: str, quota: str) -> str:
    """What was left of a quota, with its unit."""
    unit = unit_said(ITEMS[quota][1]) if quota in ITEMS else ""
    return f"{left} {unit}".strip()


@register.filter
def grid_said(code: str) -> str:
    """A power grid, a region or a province, in words."""
    known = table().get("grid.average", {}).get(code)
    return t(known[-1].basis if known else code, code.replace("_", " ").title())


@lru_cache(maxsize=4096)
def _in_words(expression: str, lang: str) -> str:
    return formula_words(expression, _labels(), lang)


@lru_cache(maxsize=1)
def _labels() -> dict[str, Text]:
    return {q.id: q.label for q in catalogue().quantities.values()} | {i.id: i.label for i in indicators().values()}


@register.simple_tag
def trace(step: dict[str, Any]) -> SafeString:
    """``{% trace clause.trace %}``: a step with everything it was made of, down to cell, file or person."""
    return mark_safe(f'<ul class="trace">{"".join(_step(step, 0))}</ul>')


def _step(step: dict[str, Any], depth: int) -> Iterator[str]:
    yield f'<li><div class="step"><span class="what">{_what(step)}</span> <span class="value">{_value(step)}</span></div>'
    if step.get("reason"):
        yield f'<div class="quiet">{escape(say(step["reason"]))}</div>'
    if found := [escape(str(step[k])) for k in ("given", "place", "source") if step.get(k)]:
        if not step.get("given") and step.get("source"):
            found = [escape(str(step["source"]))]
        if step.get("given") or step.get("source"):
            yield f'<div class="from">{icon("file")} {" · ".join(found)}</div>'
    if step.get("note"):
        yield f'<div class="quiet">{escape(say(step["note"]))}</div>'
    inputs = [one for one in step.get("inputs", ()) if one["kind"] != "constant"]
    if inputs and depth < OPEN_TO:
        yield '<ul class="trace">'
        for one in inputs:
            yield from _step(one, depth + 1)
        yield "</ul>"
    elif inputs:
        words = t(f"由 {len(inputs)} 步得出", f"from {counted(len(inputs), 'step')}")
        yield f'<details><summary>{words}</summary><ul class="trace">'
        for one in inputs:
            yield from _step(one, depth + 1)
        yield "</ul></details>"
    if parts := step.get("parts"):
        yield f'<details><summary>{t("企业明细", "By firm")} ({len(parts)})</summary><ul class="trace">'
        for one in parts[:FIRMS_SHOWN]:
            yield from _step(one, OPEN_TO)
        if len(parts) > FIRMS_SHOWN:
            more = len(parts) - FIRMS_SHOWN
            yield f'<li class="quiet">{t(f"另有 {more} 家", f"and {more} more")}</li>'
        yield "</ul></details>"
    yield "</li>"


def _what(step: dict[str, Any]) -> str:
    name = f"<code>{escape(step['what'])}</code>"
    if step.get("label"):
        name = f"{escape(say(step['label']))} {name}"
    elif (words := _in_words(step["what"], language())) != step["what"]:
        name = f"{escape(words)} {name}"
    return name + (f' <span class="quiet">{escape(step["period"])}</span>' if step.get("period") else "")


def _value(step: dict[str, Any]) -> str:
    if step.get("value") is None or step.get("missing"):
        return t("缺项", "missing")
    if step["value"] in FLAGS:
        return say(FLAGS[step["value"]])
    unit = step.get("unit")
    return escape(brief(step["value"])) + (f" {escape(unit_said(unit))}" if unit and unit != "1" else "")
