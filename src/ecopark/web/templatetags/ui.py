"""What templates say and draw: both languages side by side in the template, one of them shown."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.translation import get_language

register = template.Library()


def language() -> str:
    """``zh`` or ``en``: the language of this request."""
    return "en" if (get_language() or "").startswith("en") else "zh"


@register.simple_tag
def t(zh: str, en: str) -> str:
    """``{% t "达标" "met" %}``: the text in the language of the request."""
    return en if language() == "en" else zh


@register.filter
def say(text: Any) -> str:
    """A core `Text`, or a mapping with ``zh`` and ``en``, in the language of the request."""
    if text is None:
        return ""
    if isinstance(text, dict):
        wanted, other = ("en", "zh") if language() == "en" else ("zh", "en")
        return str(text.get(wanted) or text.get(other) or "")
    return str(text[language()]) if hasattr(text, "zh") else str(text)
