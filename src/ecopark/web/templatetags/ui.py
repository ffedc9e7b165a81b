"""What templates say and draw: both languages side by side, and the parts a page is built of.

The tags are built in: a template need not load them. `docs/how-to/build-a-page.md` shows each of them.
"""

from __future__ import annotations

import json
import re
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

from django import template
from django.conf import settings
from django.forms import BoundField
from django.template.base import NodeList, Parser, Token
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from ecopark.admission.wording import VERDICTS as DECISION_TEXT
from ecopark.casework.tasks import COLOUR_TEXT
from ecopark.core import words as core_words
from ecopark.core.text import Text
from ecopark.core.words import grouped, number, unit_words, with_unit
from ecopark.observations.quantity import catalogue
from ecopark.packs.load import find_pack, shipped_ids
from ecopark.reports.labels import SHORT_BASIS, STATUS_TONE, TO_VERIFY, VERDICT_TONE, VERDICT_WORDS
from ecopark.standards.result import STATUS_TEXT, VERIFIED_TEXT
from ecopark.web.figures.breakdowns import by_words

register = template.Library()

BUILT = Path(__file__).parent.parent / "static" / "built"

STATUS_ICON = {
    "met": "check-circle",
    "partly_met": "half",
    "not_met": "cross-circle",
    "undetermined": "question",
    "not_due": "clock",
    "not_applicable": "dash-circle",
    "reported": "file",
}
VERDICT_ICON = {"pass": "check-circle", "fail": "cross-circle", "undetermined": "question", "none": "dash-circle"}
DECISION_LOOK = {
    "admit": ("good", "check-circle"),
    "conditional": ("partly", "half"),
    "refuse": ("bad", "cross-circle"),
    "undetermined": ("open", "question"),
}
BASIS_ICON = {"verified": "shield", "seen": "eye", "inferred": "branch", "recalled": "cloud"}
DUE_LOOK = {
    "open": ("green", Text("未到期", "not due yet")),
    "soon": ("amber", Text("临近到期", "due soon")),
    "late": ("red", Text("逾期", "overdue")),
}
TONE_ICON = {"good": "check", "partly": "warning", "bad": "warning", "open": "info", "muted": "info"}
NUMBER = re.compile(r"-?[1-9]\d{4,}(\.\d+)?")
"""A plain number whose thousands are grouped for reading."""
FLAGS = {"是": True, "否": False, "true": True, "false": False}
MESSAGE_TONE = {"debug": "muted", "info": "open", "success": "good", "warning": "partly", "error": "bad"}


def language() -> str:
    """``zh`` or ``en``: the language of this request."""
    return "en" if (get_language() or "").startswith("en") else "zh"


def t(zh: str, en: str) -> str:
    """The text in the language of the request."""
    return en if language() == "en" else zh


class Said(template.Node):
    """Two fixed texts, of which one is shown, or kept under a name."""

    def __init__(self, zh: SafeString, en: SafeString, name: str) -> None:
        self.zh, self.en, self.name = zh, en, name

    def render(self, context: template.Context) -> SafeString:
        """The text in the language of the request, as it stands in the template."""
        text = self.en if language() == "en" else self.zh
        if not self.name:
            return text
        context[self.name] = text
        return SafeString("")


@register.tag("t")
def said(parser: Parser, token: Token) -> Said:
    """``{% t "达标" "met" %}``: the text in the language of the request; ``as name`` keeps it for an include.

    Raises
    ------
    TemplateSyntaxError
        Not two texts in quotation marks.
    """
    _, *words = token.split_contents()
    texts = [parser.compile_filter(word).var for word in words[:2]]
    if len(texts) != 2 or not all(isinstance(text, SafeString) for text in texts) or words[2:3] not in ([], ["as"]):
        raise template.TemplateSyntaxError(
            f'write {{% t "中文" "English" %}}, with "as name" behind it, not {token.contents}'
        )
    zh, en = texts
    return Said(zh, en, words[3] if len(words) == 4 else "")


@register.filter
def say(text: Any) -> str:
    """A core `Text`, or a mapping with ``zh`` and ``en``, in the language of the request."""
    if text is None:
        return ""
    if isinstance(text, dict):
        wanted, other = ("en", "zh") if language() == "en" else ("zh", "en")
        return str(text.get(wanted) or text.get(other) or "")
    return str(text[language()]) if hasattr(text, "zh") else str(text)


@register.filter
def layout(request: Any) -> str:
    """``{% extends request|layout %}``: the whole page, or only its content where it was asked for by the drawer."""
    htmx = getattr(request, "htmx", None)
    return "parts/drawer_page.html" if htmx and htmx.target == "drawer-body" else "base.html"


@register.filter
def brief(text: Any) -> str:
    """A value of a trace for reading: a long decimal is cut to a few digits, anything else stays."""
    if isinstance(text, bool):
        return t("是", "yes") if text else t("否", "no")
    try:
        return number(Fraction(str(text)))
    except (ValueError, ZeroDivisionError):
        return str(text)


class Capture(template.Node):
    """Renders what is inside once and keeps it under a name."""

    def __init__(self, nodelist: NodeList, name: str) -> None:
        self.nodelist = nodelist
        self.name = name

    def render(self, context: template.Context) -> SafeString:
        """Nothing is shown where it is captured."""
        context[self.name] = self.nodelist.render(context).strip()
        return SafeString("")


@register.tag
def capture(parser: Parser, token: Token) -> Capture:
    """``{% capture name %}...{% endcapture %}``: so that a block can be shown twice."""
    _, name = token.split_contents()
    nodelist = parser.parse(("endcapture",))
    parser.delete_first_token()
    return Capture(nodelist, name)


@lru_cache
def _fingerprint(stamp: float) -> str:
    return str(json.loads((BUILT / "build.json").read_text(encoding="utf-8"))["sources"])[:12]


@register.simple_tag
def built(name: str) -> str:
    """Address of a built page file; it changes with every build, so a browser never keeps an old one."""
    mark = BUILT / "build.json"
    try:
        return f"{static('built/' + name)}?v={_fingerprint(mark.stat().st_mtime)}"
    except FileNotFoundError:
        return static("built/" + name)


@register.simple_tag
@lru_cache(maxsize=512, typed=True)
def icon(name: str, css: str = "") -> SafeString:
    """A drawing of our own sprite (`parts/sprite.html`); the words beside it carry the meaning."""
    return format_html('<svg class="icon {}" aria-hidden="true"><use href="#i-{}"></use></svg>', css, name)


@register.filter
def tone_icon(tone: str) -> str:
    """The icon of a notice or message of this tone."""
    return TONE_ICON.get(tone, "info")


@register.filter
def message_tone(level: str) -> str:
    """The tone of one of Django's messages."""
    return MESSAGE_TONE.get(level, "open")


@register.simple_tag
def chip(tone: str, name: str, words: Any) -> SafeString:
    """Icon and words in a tone: good, partly, bad, open or muted."""
    return _chip(tone, name, say(words))


@lru_cache(maxsize=1024, typed=True)  # typed: words that are safe are not the same as equal ones that are to be escaped
def _chip(tone: str, name: str, words: str) -> SafeString:
    return format_html('<span class="chip {}">{}{}</span>', tone, icon(name), words)


@register.simple_tag
def status(name: str) -> SafeString:
    """The chip of a clause's status: 达标, 未达标, 待定 ..."""
    return chip(STATUS_TONE[name], STATUS_ICON[name], STATUS_TEXT[name])


@register.simple_tag
def counted(many: int, zh: str, one: str, more: str) -> str:
    """How many of something: `zh` stands behind any number, in English `one` or `more`."""
    return t(f"{many} {zh}", core_words.counted(many, one, more))


@register.simple_tag
def decision(name: str) -> SafeString:
    """The chip of the gate's answer: 准予, 有条件准入, 不予准入, 待定."""
    tone, drawing = DECISION_LOOK[name]
    return chip(tone, drawing, DECISION_TEXT[name])


@register.simple_tag
def basis(name: str, verified: bool = False) -> SafeString:
    """How a limit is known (依据): verified, or seen / inferred / recalled and still to be verified."""
    if verified:
        return format_html('<span class="basis verified">{}{}</span>', icon(BASIS_ICON["verified"]), say(VERIFIED_TEXT))
    words = format_html("{} · {}", say(SHORT_BASIS[name]), say(TO_VERIFY))
    return format_html('<span class="basis {}">{}{}</span>', name, icon(BASIS_ICON[name]), words)


@register.simple_tag
def light(name: str, words: Any = None) -> SafeString:
    """A light: a lamp of its own shape and why it is lit, else the colour's name. green, amber, red or grey."""
    shapes = {
        "green": '<circle cx="6" cy="6" r="5.5"/>',
        "amber": '<path d="M6 .5 12 11.5H0z"/>',
        "red": '<path d="M.8.8h10.4v10.4H.8z"/>',
        "grey": '<path d="M0 4.5h12v3H0z"/>',
    }
    lamp = mark_safe(shapes[name])  # one of the four literals above
    return format_html(
        '<span class="light {}"><svg class="lamp" viewBox="0 0 12 12" aria-hidden="true">{}</svg>{}</span>',
        name,
        lamp,
        say(words or COLOUR_TEXT[name]),
    )


@register.simple_tag
def due(when: str) -> SafeString:
    """The light of a day by which something is due: open, soon or late."""
    return light(*DUE_LOOK[when])


@register.inclusion_tag("parts/verdict.html")
def verdict(
    name: str,
    basis: str = "",
    verified: bool = False,
    score: Any = None,
    bounds: Any = None,
    small: bool = False,
) -> dict[str, Any]:
    """A verdict with its score or bounds and its basis. `bounds` are (lowest, highest)."""
    return {
        "tone": VERDICT_TONE[name],
        "icon": VERDICT_ICON[name],
        "words": VERDICT_WORDS[name],
        "basis": basis,
        "verified": verified,
        "score": score,
        "bounds": bounds,
        "small": small,
    }


@register.inclusion_tag("parts/field.html")
def field(
    bound: BoundField, unit: str = "", last: Any = None, last_period: Any = "", repairs: Any = None
) -> dict[str, Any]:
    """A field of a Django form: label, control, unit, help, last year's value, errors and how to mend them.

    `repairs` maps an error's code to what to do; an error with ``params["repair"]`` carries it itself.
    """
    errors = []
    for error in bound.errors.as_data() if bound.errors else []:
        text = error.messages[0]
        repair = (error.params or {}).get("repair") or (repairs or {}).get(error.code)
        errors.append({"text": text, "repair": repair})
    kind = getattr(bound.field.widget, "input_type", "")
    described = [f"{bound.auto_id}_{part}" for part, there in (("help", bound.help_text), ("error", errors)) if there]
    attributes = {"aria-invalid": "true"} if errors else {}
    if described:
        attributes["aria-describedby"] = " ".join(described)
    return {
        "bound": bound,
        "control": bound.as_widget(attrs=attributes),
        "errors": errors,
        "unit": unit,
        "last": last,
        "last_period": last_period,
        "box": kind == "checkbox" and not getattr(bound.field.widget, "allow_multiple_selected", False),
        "group": bool(getattr(bound.field.widget, "use_fieldset", False)),
        "help": bound.help_text,
    }


@register.simple_tag(takes_context=True)
def sort_head(context: template.Context, key: str, zh: str, en: str, css: str = "") -> SafeString:
    """A column head that sorts: ``?sort=key``, a second time ``?sort=-key``; other parts of the query stay."""
    query = context["request"].GET.copy()
    now = query.get("sort", "")
    query["sort"] = f"-{key}" if now == key else key
    query.pop("page", None)
    state = {key: "ascending", f"-{key}": "descending"}.get(now)
    arrow = icon("up" if state == "ascending" else "down") if state else ""
    return format_html(
        '<th scope="col" class="sorts {}"{}><a href="?{}">{}{}</a></th>',
        css,
        format_html(' aria-sort="{}"', state) if state else "",
        query.urlencode(),
        t(zh, en),
        arrow,
    )


@register.simple_tag
def languages() -> list[tuple[str, str, bool]]:
    """The languages one may switch to: (code, name, whether it is the one shown)."""
    here = get_language()
    return [(code, name, code == here) for code, name in settings.LANGUAGES]


@register.filter
def page_numbers(page: Any) -> list[int | None]:
    """The page numbers to link to; None stands for a gap."""
    return [n if isinstance(n, int) else None for n in page.paginator.get_elided_page_range(page.number, on_ends=1)]


@register.filter
def at(found: Any, key: Any) -> Any:
    """What a mapping holds under a key that the template only knows by a name of its own; None if nothing."""
    return found.get(key) if hasattr(found, "get") else None


@register.filter
def by_said(by: Any, quantity: Any) -> str:
    """What a figure is broken down by, in the words of this request's language: 原煤 for ``fuel=raw_coal``."""
    return by_words(str(quantity), str(by))[language()]


@register.filter
def unit_said(symbol: str) -> str:
    """A unit in the words of this request's language: 万元 for ``10k CNY``."""
    return unit_words(symbol, language())


@register.filter
def figure_said(text: str) -> str:
    """A value and its unit as stored, the unit in the words of this request's language: ``5 10k CNY`` is 5 万元."""
    value, _, unit = str(text).partition(" ")
    return with_unit(value, unit, language()) if unit else value


@register.filter
def given_said(text: Any) -> str:
    """A figure as it was typed, for reading: its thousands grouped and nothing rounded; a flag in this request's language."""
    given = str(text)
    if NUMBER.fullmatch(given):
        return grouped(given)
    flag = FLAGS.get(given.strip().lower())
    return given if flag is None else brief(flag)


@register.filter
def pack_said(name: str) -> str:
    """The title of a standard, for its id; the id itself where it no longer ships."""
    return say(find_pack(name).title) if name in shipped_ids() else name


@register.filter
def about_said(name: str) -> str:
    """A quantity or a clause in words, for its id: 工业新鲜水量, 国家生态工业示范园区标准 13; what is unknown stays."""
    return say(about_text(name))


def about_text(name: str) -> Text:
    """The same in both languages."""
    if name in catalogue():
        return catalogue()[name].label
    pack, _, tail = name.partition("/")
    if not tail or pack not in shipped_ids():
        return Text(name, name)
    title = find_pack(pack).title
    return Text(f"{title.zh} {tail}", f"{title.en} {tail}")
