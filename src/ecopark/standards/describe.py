"""A pack in words: what it asks, how each line is known, and what is not known."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ecopark.core.rounding import decimal_text
from ecopark.core.text import Text
from ecopark.core.trace import value_text
from ecopark.core.value import Scalar
from ecopark.core.words import OPERATORS, requirement, unit_words, with_unit
from ecopark.indicators.catalogue import indicators
from ecopark.observations.quantity import catalogue
from ecopark.packs.model import BASES, KNOWN_TEXT, Clause, Group, LimitCase, Pack, Requirement, Rule
from ecopark.packs.verify import verified_clauses
from ecopark.standards.verdict import KIND_TEXT
from ecopark.standards.wording import formula_words

PACK_STATUS_TEXT = {
    "draft": Text("草案：未经对照原文核对", "draft: not checked against the text of the standard"),
    "frame": Text("框架：标准原文未获得，由用户填写", "frame: the text is not available; to be filled in by its user"),
}
STATUS_WORD = {
    "draft": Text("草案", "draft"),
    "frame": Text("框架", "frame"),
    "verified": Text("已核", "verified"),
}
_HINT = re.compile(r"[（(][^（()）]*--\w+[^（()）]*[）)]")
NO_LIMIT_TEXT = Text("仅报告", "reported only")
TO_FILL_TEXT = Text("待填写", "to be filled in")


def pack_summary(pack: Pack) -> dict[str, Any]:
    """One line about a pack: id, titles, status, how many clauses, and how their limits are known.

    Returns
    -------
    summary
        ``basis`` counts the clauses by the weakest of name, formula and limit; a frame's clauses count as what they say.
    """
    counts = dict.fromkeys(BASES, 0)
    for clause in pack.clauses:
        counts[clause.basis.overall] += 1
    return {
        "id": pack.id,
        "title": _both(pack.title),
        "status": pack.status,
        "recorded": pack.recorded,
        "status_text": _both(STATUS_WORD.get(pack.status, Text(pack.status, pack.status))),
        "number": pack.number,
        "issuer": _both(pack.issuer),
        "clauses": len(pack.clauses),
        "basis": counts,
        "in_force": {"from": pack.in_force_from, "until": pack.in_force_until},
        "superseded_by": pack.superseded_by,
        "warning": _both(pack.warning),
    }


def pack_data(pack: Pack) -> dict[str, Any]:
    """Everything a pack says, as plain data; numbers are decimal texts."""
    return {
        **pack_summary(pack),
        "level": pack.level,
        "supersedes": list(pack.supersedes),
        "sources": list(pack.sources),
        "parameters": [{"id": p.id, "default": _plain(p.default), "label": _both(p.label)} for p in pack.parameters],
        "factors": [
            {"id": f.id, "value": decimal_text(f.value), "unit": f.unit, "source": f.source} for f in pack.factors
        ],
        "groups": [
            {"id": g.id, "label": _both(g.label), "weight": _plain(g.weight), "basis": g.basis} for g in pack.groups
        ],
        "option_sets": [
            {"id": o.id, "clauses": list(o.clauses), "need": o.need, "label": _both(o.label), "basis": o.basis}
            for o in pack.option_sets
        ],
        "footnotes": [
            {"id": f.id, "rule": f.rule, "text": _both(f.text), "basis": f.basis, **_settings(f.settings)}
            for f in pack.footnotes
        ],
        "verdict": [_rule_data(r) for r in pack.verdict],
        "score": None if pack.score is None else _rule_data(pack.score),
        "rules": [clause_data(c) for c in pack.clauses],
        "hash": pack.hash,
    }


def clause_data(clause: Clause) -> dict[str, Any]:
    """One clause as plain data."""
    return {
        "id": clause.id,
        "label": _both(clause.label),
        "group": clause.group,
        "kind": clause.kind,
        "option_set": clause.option_set,
        "unit": clause.unit or "1",
        "direction": clause.direction,
        "indicator": clause.indicator,
        "formula": formula_of(clause),
        "limits": [_case_data(case) for case in clause.limits],
        "benchmark": _plain(clause.benchmark),
        "weight": _plain(clause.weight),
        "rounding": clause.rounding,
        "allows_na": clause.allows_na,
        "basis": {"limit": clause.basis.limit, "name": clause.basis.name, "formula": clause.basis.formula},
        "reference": clause.reference,
        "sources": list(clause.sources),
        "footnotes": list(clause.footnotes),
        "note": _both(clause.note),
    }


def formula_of(clause: Clause) -> str:
    """The formula text of a clause: its own, or that of the indicator it names."""
    if clause.indicator in indicators():
        return indicators()[clause.indicator].formula
    return clause.formula


def _case_data(case: LimitCase) -> dict[str, Any]:
    require = case.require
    return {
        "op": require.op if require else None,
        "value": _plain(require.value) if require else None,
        "formula": require.formula if require else "",
        "partly": _plain(require.partly) if require else None,
        "when": case.when,
        "from": case.since,
        "until": case.until,
        "label": _both(case.label),
        "reason": _both(case.reason),
    }


def _rule_data(rule: Rule) -> dict[str, Any]:
    return {"rule": rule.name, **_settings(rule.settings), "basis": rule.basis, "text": _both(rule.text)}


def _settings(settings: tuple[tuple[str, Any], ...]) -> dict[str, Any]:
    return {key: _thawed(value) for key, value in settings}


def _thawed(value: Any) -> Any:
    """What the loader froze as tuples, as lists and mappings again."""
    if isinstance(value, tuple):
        if value and all(isinstance(v, tuple) and len(v) == 2 and isinstance(v[0], str) for v in value):
            return {k: _thawed(v) for k, v in value}
        return [_thawed(v) for v in value]
    return value


def _both(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _plain(value: Scalar | None) -> Any:
    return value if value is None or isinstance(value, bool | str) else decimal_text(value)


# -- text --------------------------------------------------------------------------------------------------------------


def requirement_text(
    require: Requirement,
    lang: str = "en",
    unit: str = "",
    labels: Mapping[str, Text] | None = None,
    *,
    spoken: bool = False,
) -> str:
    """``>= 30``, in Chinese and where it is `spoken` ≥ 30 with its unit; a computed limit as its formula."""
    spoken = (zh := lang == "zh") or spoken
    if require.formula:
        text = (
            f"{OPERATORS[require.op]} {_in_words(require.formula, labels, lang)}"
            if spoken
            else f"{require.op} {require.formula}"
        )
    elif spoken and require.value is not None:
        text = requirement(require.op, require.value, unit, lang)
    else:
        shown = value_text(require.value, lang) if require.value is not None else ""
        text = f"{require.op} {shown}"
    if require.partly is not None:
        text += f"（部分达标 {decimal_text(require.partly)}）" if zh else f" (partly: {decimal_text(require.partly)})"
    return text


def limit_text(
    case: LimitCase, lang: str = "en", unit: str = "", labels: Mapping[str, Text] | None = None, *, spoken: bool = False
) -> str:
    """One possible limit with the years and the condition under which it holds."""
    zh = lang == "zh"
    if case.require is None:
        text = (f"无标准值：{case.reason.zh}" if zh else f"no limit: {case.reason.en}") if case.reason else (
            "无标准值" if zh else "no limit"
        )  # fmt: skip
    else:
        text = requirement_text(case.require, lang, unit, labels, spoken=spoken)
    if case.since is not None or case.until is not None:
        span = f"{case.since or ''}-{case.until or ''}"
        text += f"，{span} 年" if zh else f", years {span}"
    if case.when:
        when = _in_words(case.when, labels, lang) if zh or spoken else case.when
        text += f"，当{when}" if zh else f", if {when}"
    return text


def limits_text(clause: Clause, lang: str = "en") -> str:
    """All limits of a clause, its benchmark where it has one; what it is where it has neither."""
    return "; ".join(_limits(clause, lang))


def _limits(
    clause: Clause, lang: str, unit: str = "", labels: Mapping[str, Text] | None = None, *, flags: bool = False
) -> list[str]:
    parts = [limit_text(case, lang, unit, labels) for case in clause.limits]
    if clause.benchmark is not None:
        told = with_unit(decimal_text(clause.benchmark), unit, lang)
        if flags and clause.direction == "flag":
            told = value_text(clause.benchmark == 1, lang)
        parts.append(("引领值 " if lang == "zh" else "benchmark ") + told)
    return parts or [_without_limit(clause)[lang]]


def _in_words(formula: str, labels: Mapping[str, Text] | None, lang: str) -> str:
    """A formula with the labels of its quantities, indicators and codes."""
    known = {q.id: q.label for q in catalogue().quantities.values()}
    known |= {i.id: i.label for i in indicators().values()}
    return _worded_codes(formula_words(formula, {**known, **(labels or {})}, lang), lang)


def _worded_codes(text: str, lang: str) -> str:
    """Codes in quotes (``'jing_jin_ji'``) by their labels."""
    for quantity in catalogue().quantities.values():
        for code in quantity.codes:
            text = text.replace(f"'{code.id}'", code.label[lang])
    return text


def _without_limit(clause: Clause) -> Text:
    return NO_LIMIT_TEXT if formula_of(clause) else TO_FILL_TEXT


def describe_pack(pack: Pack, lang: str = "en", verified: Mapping[str, str] | None = None) -> str:
    """A pack for the terminal: title, status, rules, clauses with limits and basis, sources.

    Parameters
    ----------
    verified
        Tail of a clause -> who verified it (`packs.verify.verified_clauses`); default: nobody.
    """
    zh = lang == "zh"
    verified = verified_clauses(pack, ()) if verified is None else verified
    lines = [f"{pack.id}  {pack.title[lang]}"]
    head = [part for part in (pack.number, pack.issuer[lang]) if part]
    lines += [", ".join(head)] if head else []
    lines.append(
        ("状态  " if zh else "status  ") + PACK_STATUS_TEXT.get(pack.status, Text(pack.status, pack.status))[lang]
    )
    if pack.is_partly_recorded:
        lines.append("录入  仅部分条款" if zh else "recorded  in part: the text has clauses that are not here")
    if pack.in_force_from or pack.in_force_until:
        lines.append(("实施  " if zh else "in force  ") + f"{pack.in_force_from} - {pack.in_force_until}".rstrip(" -"))
    if pack.supersedes:
        lines.append(("代替  " if zh else "supersedes  ") + ", ".join(pack.supersedes))
    if pack.superseded_by:
        lines.append(("被代替  " if zh else "superseded by  ") + pack.superseded_by)
    if pack.warning:
        lines += ["", ("注意：" if zh else "WARNING: ") + pack.warning[lang]]
    lines += ["", *_rules(pack, lang)]
    lines += ["", *_parameters(pack, lang)] if pack.parameters or pack.factors else []
    for group in _groups(pack):
        members = [c for c in pack.clauses if c.group == group.id]
        weight = f" ({decimal_text(group.weight)})" if group.weight is not None else ""
        lines += ["", f"{group.label[lang] or ('条款' if zh else 'clauses')}{weight}"]
        for clause in members:
            lines += _clause(pack, clause, lang, verified.get(clause.tail, ""))
    for footnote in pack.footnotes:
        note = f"脚注 {footnote.id}" if zh else f"footnote {footnote.id}"
        lines += ["", f"{note} [{KNOWN_TEXT[footnote.basis][lang]}]: {footnote.text[lang]}"]
    if pack.sources:
        lines += ["", "来源" if zh else "sources", *(f"  {source}" for source in pack.sources)]
    return "\n".join(lines)


def _groups(pack: Pack) -> list[Group]:
    used = dict.fromkeys(c.group for c in pack.clauses)
    known = [g for g in pack.groups if g.id in used]
    return known + [Group(g, Text(g, g)) for g in used if g not in {k.id for k in known}]


def _rules(pack: Pack, lang: str) -> list[str]:
    zh = lang == "zh"
    lines = []
    for rule in pack.verdict:
        lines.append(("判定  " if zh else "verdict  ") + _rule(rule, lang))
    if not pack.verdict:
        lines.append("判定  不作判定" if zh else "verdict  none: the pack passes no judgement")
    if pack.score is not None:
        lines.append(("评分  " if zh else "score  ") + _rule(pack.score, lang))
    for option in pack.option_sets:
        tails = ", ".join(c.split("/", 1)[1] for c in option.clauses)
        text = option.label[lang] or f"{option.need}: {tails}"
        lines.append(("可选组  " if zh else "option set  ") + f"{option.id} [{KNOWN_TEXT[option.basis][lang]}]: {text}")
    return lines


def _rule(rule: Rule, lang: str) -> str:
    return f"{rule.text[lang] or rule.name} [{KNOWN_TEXT[rule.basis][lang]}]"


def _parameters(pack: Pack, lang: str) -> list[str]:
    lines = []
    for p in pack.parameters:
        default = _plain(p.default)
        shown = "-" if default == "" else value_text(p.default, lang)
        lines.append(("参数  " if lang == "zh" else "parameter  ") + f"{pack.id}.{p.id} = {shown}: {p.label[lang]}")
    for f in pack.factors:
        name = "规定系数  " if lang == "zh" else "fixed factor  "
        lines.append(f"{name}{f.id} = {decimal_text(f.value)} {f.unit}" + (f"  {f.source}" if f.source else ""))
    return lines


def _clause(pack: Pack, clause: Clause, lang: str, verified: str) -> list[str]:
    zh = lang == "zh"
    kind = KIND_TEXT[clause.kind][lang] if clause.kind in KIND_TEXT else clause.kind
    words = unit_words(clause.unit, lang)
    unit = f" [{words}]" if words else ""
    known = f"{'已核' if zh else 'verified'}: {verified}" if verified else KNOWN_TEXT[clause.basis.overall][lang]
    marks = [m for m in (kind, clause.option_set, known) if m]
    said = f"（{'，'.join(marks)}）" if zh else f"  ({', '.join(marks)})"
    lines = [f"  {clause.tail}  {clause.label[lang]}{unit}{said}"]
    labels = {p.id: parameter_words(p.label) for p in pack.parameters if p.label}
    lines += [f"      {text}" for text in _limits(clause, lang, clause.unit, labels, flags=True)]
    if formula := " ".join(formula_of(clause).split()):
        told = _in_words(formula, labels, lang)
        ids = "" if told == formula else f"  [{formula}]"
        lines.append(("      公式 " if zh else "      formula ") + told + ids)
    return lines


def parameter_words(label: Text) -> Text:
    """The label of a parameter without the hint how to set it on a command line."""
    return Text(_HINT.sub("", label.zh).strip(), _HINT.sub("", label.en).strip())
